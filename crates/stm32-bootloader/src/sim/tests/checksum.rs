//! Get Checksum.

use super::*;

fn with_checksum() -> Host {
    Host::synced(with_quirks(G0, |quirks| quirks.more_commands = vec![0xA1]).with_flash(FLASH, &[0; 4]))
}

#[test]
fn four_blocks_are_acknowledged_and_the_crc_follows() {
    let mut host = with_checksum();
    assert_eq!(host.say(&[0x00, 0xFF])[14], 0xA1, "it is listed");
    assert_eq!(host.at(0xA1, FLASH), [ACK]);
    assert_eq!(host.say(&sealed(&[0, 0, 0, 1])), [ACK]);
    assert_eq!(host.say(&sealed(&0x04C1_1DB7_u32.to_be_bytes())), [ACK]);
    // Of one word of zeros: 0xC704DD7B.
    let crc = sealed(&[0xC7, 0x04, 0xDD, 0x7B]);
    assert_eq!(host.say(&sealed(&[0xFF; 4])), [&[ACK], &crc[..]].concat());
}

#[test]
fn a_length_of_zero_or_beyond_the_memory_is_refused() {
    let mut host = with_checksum();
    for words in [0, 0x8001, u32::MAX] {
        assert_eq!(host.at(0xA1, FLASH), [ACK]);
        assert_eq!(host.say(&sealed(&words.to_be_bytes())), [NACK]);
        assert_eq!(*host.last(), Event::Nacked(Nack::BadLength { len: words }));
    }
    assert_eq!(host.at(0xA1, FLASH), [ACK]);
    assert_eq!(host.say(&[0, 0, 0, 1, 0]), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::Checksum));
}
