//! Live help over real WebSockets: what is passed on, to whom, and when no more.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::{Server, text};

/// A client of one room.
struct Visitor<'a> {
    server: &'a Server,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl<'a> Visitor<'a> {
    /// Comes into `room`, saying `way`.
    fn come(server: &'a Server, room: &str, way: &Value) -> Self {
        let mut socket = server.wait(connect_async(address(server, room))).unwrap().0;
        server.wait(socket.send(Message::text(way.to_string()))).unwrap();
        Self { server, socket }
    }

    fn say(&mut self, what: impl Into<Message>) {
        self.server.wait(self.socket.send(what.into())).unwrap();
    }

    /// What comes next, but for pings; `None` once the connection is closed.
    fn next(&mut self) -> Option<Message> {
        loop {
            let next = async { timeout(Duration::from_secs(10), self.socket.next()).await };
            let next = self.server.wait(next).expect("nothing comes");
            match next {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(message)) => return Some(message),
            }
        }
    }

    /// What the station says next.
    fn told(&mut self) -> Value {
        let Some(Message::Text(said)) = self.next() else { panic!("the station says nothing") };
        serde_json::from_str(&said).unwrap()
    }
}

fn address(server: &Server, room: &str) -> String {
    format!("{}/api/v0/fieldflash/live/{room}", server.address.replacen("http", "ws", 1))
}

/// A customer and support in a room, both past the greetings.
fn both(server: &Server) -> (Visitor<'_>, Visitor<'_>) {
    let mut customer = Visitor::come(server, "ACDE", &json!("open"));
    customer.told();
    assert_eq!(customer.told(), json!({ "peer": false }));
    let mut support = Visitor::come(server, "ACDE", &json!("join"));
    support.told();
    assert_eq!(support.told(), json!({ "peer": true }));
    assert_eq!(customer.told(), json!({ "peer": true }));
    (customer, support)
}

#[test]
fn what_one_of_two_says_the_other_one_gets_as_it_was() {
    let server = Server::start();
    let (mut customer, mut support) = both(&server);
    customer.say(vec![0, 255, 7]);
    assert_eq!(support.next(), Some(Message::binary(vec![0, 255, 7])));
    support.say(vec![1; 60 << 10]);
    assert_eq!(customer.next(), Some(Message::binary(vec![1; 60 << 10])));
}

#[test]
fn a_third_one_and_one_without_a_room_are_not_let_in() {
    let server = Server::start();
    let _both = both(&server);
    for (room, way, why) in [
        ("ACDE", json!("join"), "full"),
        ("ACDE", json!("open"), "taken"),
        ("ACDE", json!({ "return": "0".repeat(32) }), "no-room"),
        ("ACDF", json!("join"), "no-room"),
    ] {
        let mut third = Visitor::come(&server, room, &way);
        assert_eq!(third.told(), json!({ "refused": why }));
        assert_eq!(third.next(), None);
    }
}

#[test]
fn who_lost_the_connection_comes_again_with_the_token_and_the_other_one_is_told() {
    let server = Server::start();
    let mut customer = Visitor::come(&server, "ACDE", &json!("open"));
    customer.told();
    customer.told();
    let mut support = Visitor::come(&server, "ACDE", &json!("join"));
    let token = support.told()["token"].clone();
    customer.told();
    drop(support);
    assert_eq!(customer.told(), json!({ "peer": false }));
    let mut support = Visitor::come(&server, "ACDE", &json!({ "return": token }));
    support.told();
    assert_eq!((support.told(), customer.told()), (json!({ "peer": true }), json!({ "peer": true })));
}

#[test]
fn one_of_the_two_ends_it_for_both() {
    let server = Server::start();
    let (mut customer, mut support) = both(&server);
    support.say(Message::text("\"end\""));
    assert_eq!((customer.told(), customer.next()), (json!({ "ended": "left" }), None));
    let mut late = Visitor::come(&server, "ACDE", &json!("join"));
    assert_eq!(late.told(), json!({ "refused": "no-room" }));
}

#[test]
fn who_sends_too_much_ends_it() {
    let server = Server::start();
    let (mut customer, mut support) = both(&server);
    for _ in 0..300 {
        // Once it is over, what is sent leads nowhere.
        let _ = server.wait(customer.socket.send(Message::binary(vec![0; 8])));
    }
    let told = std::iter::from_fn(|| support.next()).filter_map(|message| message.into_text().ok());
    assert_eq!(told.last().as_deref(), Some(r#"{"ended":"too-much"}"#));
}

#[test]
fn a_message_that_is_too_long_is_not_read() {
    let server = Server::start();
    let (mut customer, mut support) = both(&server);
    let _ = server.wait(customer.socket.send(Message::binary(vec![0; 100 << 10])));
    assert_eq!(support.told(), json!({ "peer": false }));
}

#[test]
fn whoever_goes_from_room_to_room_is_told_to_wait() {
    let server = Server::start();
    let refused = (0..100).find_map(|_| server.wait(connect_async(address(&server, "ACDE"))).err());
    assert!(matches!(refused, Some(Error::Http(answer)) if answer.status() == 429));
}

#[test]
fn what_is_no_room_or_no_websocket_is_refused_in_words() {
    let server = Server::start();
    let mut plain = server.get("/api/v0/fieldflash/live/ACDE", &[]);
    assert_eq!(plain.status().as_u16(), 400);
    assert!(text(&mut plain).contains("WebSocket"));
    for room in ["acde", "ACDEF", "A%2F.", "A"] {
        assert_eq!(server.get(&format!("/api/v0/fieldflash/live/{room}"), &[]).status().as_u16(), 404, "{room}");
    }
}
