//! Live help: two browsers, the customer's and support's, that speak to each other through the station.
//!
//! What they say is encrypted from one end to the other with keys that the station does not have (`docs/security.md`); here
//! it is passed on, and neither stored nor logged.

mod rooms;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::{interval, sleep_until, timeout};

use crate::attempts::Attempts;
use crate::peer::Client;
use crate::{Refusal, Station};

use rooms::{Place, Reason, Rooms, Sent, Way};

/// Where rooms are, each below it by its name.
pub const PATH: &str = "/api/v0/fieldflash/live/";
/// Letters of a room's name; the rest of a code never comes here.
const NAME: usize = 4;
/// The longest message.
const LARGEST: usize = 64 << 10;
/// Connections at a time.
const CONNECTIONS: usize = 2048;
/// How long someone may take to say what they want.
const SAYS_WITHIN: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is still there: browsers answer by themselves.
const STILL_THERE: Duration = Duration::from_secs(5);
/// After so long without any word the client is away, whatever its connection still looks like.
const SILENCE: Duration = Duration::from_secs(15);
/// Messages and bytes that one may send within a second.
const MESSAGES: u32 = 200;
const BYTES: usize = 1 << 20;
/// How often a client may come into rooms in a minute, whether it is let in or not: a name is soon guessed.
const TRIES: u32 = 20;

/// What all of it needs.
#[derive(Debug)]
pub(crate) struct Live {
    rooms: Rooms,
    connections: Arc<Semaphore>,
    tries: Attempts,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            rooms: Rooms::default(),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            tries: Attempts::new(TRIES, Duration::from_secs(60)),
        }
    }
}

/// What a client says to the station itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Said {
    Open,
    Join,
    Return(String),
    Ping,
    End,
}

/// Answers [`PATH`] with a room's name: a WebSocket.
pub(crate) async fn live(
    State(station): State<Station>,
    client: Client,
    Path(room): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let is_name = room.len() == NAME && room.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_name {
        return Err(Refusal::NotFound);
    }
    let upgrade = upgrade.map_err(|reason| Refusal::BadRequest(format!("a WebSocket is spoken here: {reason}")))?;
    let live = station.live;
    live.tries.check(client)?;
    live.tries.count(client);
    let place = Arc::clone(&live.connections).try_acquire_owned().map_err(|_| Refusal::Unavailable)?;
    let upgrade = upgrade.max_message_size(LARGEST).max_frame_size(LARGEST);
    Ok(upgrade.on_upgrade(move |socket| async move {
        visit(&live.rooms, &room, socket).await;
        drop(place);
    }))
}

/// One connection, from the first word to its end.
async fn visit(rooms: &Rooms, room: &str, mut socket: WebSocket) {
    let said = timeout(SAYS_WITHIN, socket.recv()).await;
    let Ok(Some(Ok(Message::Text(said)))) = said else { return };
    let way = match serde_json::from_str(&said) {
        Ok(Said::Open) => Way::Open,
        Ok(Said::Join) => Way::Join,
        Ok(Said::Return(token)) => Way::Return(token),
        _ => return,
    };
    let mut place = match rooms.enter(room, &way) {
        Ok(place) => place,
        Err(reason) => {
            let _ = socket.send(text(&json!({ "refused": reason.word() }))).await;
            let _ = socket.send(Message::Close(None)).await;
            return;
        }
    };
    let hello = text(&json!({ "token": place.token }));
    if socket.send(hello).await.is_ok() {
        pass(rooms, &mut place, &mut socket).await;
    }
    rooms.leave(&place);
    let _ = socket.send(Message::Close(None)).await;
}

/// Passes on what is said, both ways, until the connection or the room ends.
async fn pass(rooms: &Rooms, place: &mut Place, socket: &mut WebSocket) {
    let mut pace = Pace::default();
    let mut still_there = interval(STILL_THERE);
    let mut heard = Instant::now();
    loop {
        let sent = tokio::select! {
            sent = place.receiver.recv() => sent,
            said = socket.recv() => {
                heard = Instant::now();
                match said {
                    Some(Ok(Message::Binary(bytes))) => {
                        if !pace.allows(bytes.len()) {
                            rooms.close(place, Reason::TooMuch);
                        } else if rooms.say(place, bytes) {
                            continue;
                        }
                        // What closed the room waits to be told.
                        place.receiver.recv().await
                    }
                    Some(Ok(Message::Text(said))) => match serde_json::from_str(&said) {
                        Ok(Said::Ping) if pace.allows(said.len()) => {
                            if socket.send(text(&json!({ "pong": true }))).await.is_err() {
                                return;
                            }
                            continue;
                        }
                        Ok(Said::End) => {
                            rooms.close(place, Reason::Left);
                            return;
                        }
                        _ => return,
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) if pace.allows(0) => continue,
                    _ => return,
                }
            }
            _ = still_there.tick() => {
                if heard.elapsed() > SILENCE || socket.send(Message::Ping(Default::default())).await.is_err() {
                    return;
                }
                continue;
            }
            () = sleep_until(place.until.into()) => {
                rooms.close(place, Reason::Time);
                Some(Sent::Ended(Reason::Time))
            }
        };
        let (message, ends) = match sent {
            Some(Sent::Said(bytes)) => (Message::Binary(bytes), false),
            Some(Sent::Peer(is_there)) => (text(&json!({ "peer": is_there })), false),
            Some(Sent::Ended(reason)) => (text(&json!({ "ended": reason.word() })), true),
            None => return,
        };
        if socket.send(message).await.is_err() || ends {
            return;
        }
    }
}

fn text(value: &serde_json::Value) -> Message {
    Message::Text(value.to_string().into())
}

/// How much someone sends.
#[derive(Debug)]
struct Pace {
    since: Instant,
    messages: u32,
    bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Instant::now(), messages: 0, bytes: 0 }
    }
}

impl Pace {
    /// Counts a message. Whether it is one that may be sent.
    fn allows(&mut self, bytes: usize) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::default();
        }
        self.messages += 1;
        self.bytes += bytes;
        self.messages <= MESSAGES && self.bytes <= BYTES
    }
}
