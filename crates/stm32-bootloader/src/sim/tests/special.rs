//! Special and Extended Special.

use super::*;

fn with_special() -> Host {
    Host::synced(with_quirks(G4, |quirks| {
        quirks.more_commands = vec![0x50, 0x51];
        quirks.special_code = Some(0x0082);
    }))
}

#[test]
fn special_takes_a_code_and_a_packet_and_answers_two_packets() {
    let mut host = with_special();
    host.begin(0x50);
    assert_eq!(host.say(&[0x00, 0x82, 0x82]), [ACK]);
    assert_eq!(host.say(&sealed(&[0, 2, 0xAA, 0xBB])), [ACK, 0, 2, 0xAA, 0xBB, 0, 1, 0, ACK]);
}

#[test]
fn extended_special_takes_two_packets_and_answers_one() {
    let mut host = with_special();
    host.begin(0x51);
    assert_eq!(host.say(&[0x00, 0x82, 0x82]), [ACK]);
    assert_eq!(host.say(&sealed(&[0, 0])), [ACK]);
    assert_eq!(host.say(&sealed(&[&[4, 0], &[7; 1024][..]].concat())), [ACK, 0, 1, 0, ACK]);
}

#[test]
fn unknown_codes_and_long_packets_are_refused() {
    let mut host = with_special();
    host.begin(0x50);
    assert_eq!(host.say(&sealed(&[1, 0])), [NACK]);
    host.begin(0x50);
    assert_eq!(host.say(&[0x00, 0x82, 0x82]), [ACK]);
    assert_eq!(host.say(&[0, 129]), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::BadLength { len: 129 }));
}
