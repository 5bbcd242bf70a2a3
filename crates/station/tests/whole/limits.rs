//! What clients may take of the station.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use station::Limits;

use crate::elsewhere::Elsewhere;
use crate::server::{Listening, Server};

fn server(limits: Limits) -> Server {
    Server::start_as(tempfile::tempdir().unwrap(), Elsewhere::fresh(), |_, _| Listening { certificate: None, limits })
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// All that comes until the connection is closed, and how long that took.
fn until_closed(mut stream: TcpStream) -> (Vec<u8>, Duration) {
    let (begun, mut all) = (Instant::now(), Vec::new());
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("it is still open: {error}"),
        }
    }
    (all, begun.elapsed())
}

const REQUEST: &[u8] = b"GET /fieldflash.json HTTP/1.1\r\nHost: x\r\n\r\n";
const SHORT: Duration = Duration::from_millis(400);

#[test]
fn a_client_that_sends_its_request_too_slowly_is_left() {
    let server = server(Limits { head: SHORT, ..Limits::default() });
    let mut drip = connect(&server);
    let writer = drip.try_clone().unwrap();
    // A byte at a time, so that something always moves.
    std::thread::spawn(move || {
        for byte in REQUEST {
            std::thread::sleep(SHORT / 8);
            if (&writer).write_all(&[*byte]).is_err() {
                break;
            }
        }
    });
    drip.flush().unwrap();
    let (_, took) = until_closed(drip);
    assert!(took < SHORT * 5, "{took:?}");
}

#[test]
fn a_connection_that_is_kept_without_a_request_is_closed() {
    let server = server(Limits { head: SHORT, ..Limits::default() });
    let mut kept = connect(&server);
    kept.write_all(REQUEST).unwrap();
    let (answer, _) = until_closed(kept);
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
}

#[test]
fn a_client_that_takes_nothing_of_what_it_asked_for_is_left() {
    let server = server(Limits { silence: SHORT, ..Limits::default() });
    server.add("1.2.0", Some("default"), &vec![7; 32 << 20]);
    let path = server.payload_path();
    let mut stalled = connect(&server);
    write!(stalled, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // Nothing is read until the station has given up: then what was on its way is all there is.
    std::thread::sleep(SHORT * 4);
    let (answer, _) = until_closed(stalled);
    assert!(answer.starts_with(b"HTTP/1.1 200 OK") && answer.len() < 32 << 20, "{}", answer.len());
}

#[test]
fn there_are_so_many_connections_and_the_next_is_served_when_one_ends() {
    let server = server(Limits { connections: 2, ..Limits::default() });
    let served = |stream: &mut TcpStream| {
        stream.write_all(REQUEST).unwrap();
        let mut begin = [0; 15];
        stream.read_exact(&mut begin).map(|()| assert_eq!(&begin, b"HTTP/1.1 200 OK"))
    };
    let (mut first, mut second, mut third) = (connect(&server), connect(&server), connect(&server));
    served(&mut first).unwrap();
    served(&mut second).unwrap();
    third.set_read_timeout(Some(SHORT)).unwrap();
    assert!(served(&mut third).is_err(), "it is to wait");
    drop(first);
    third.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut begin = [0; 15];
    third.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let server = server(Limits::default());
    let mut long = connect(&server);
    let _ = write!(long, "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let (answer, _) = until_closed(long);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
}
