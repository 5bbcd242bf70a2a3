//! How often a client may do something.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Refusal;
use crate::peer::Client;

/// Clients that are counted at a time. When there are more, those that were counted first are forgotten.
const CLIENTS: usize = 10_000;

/// A limit for each client, over windows of time that begin with its first attempt.
#[derive(Debug)]
pub(crate) struct Attempts {
    most: u32,
    window: Duration,
    counted: Mutex<BTreeMap<Client, (Instant, u32)>>,
}

impl Attempts {
    /// At most `most` in a `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        Self { most, window, counted: Mutex::default() }
    }

    /// Refuses a client that has no attempt left.
    pub fn check(&self, client: Client) -> Result<(), Refusal> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(&(begun, count)) = counted.get(&client) else { return Ok(()) };
        let left = self.window.saturating_sub(begun.elapsed());
        if count < self.most || left.is_zero() { Ok(()) } else { Err(Refusal::TooMany { wait: left }) }
    }

    /// Counts an attempt.
    pub fn count(&self, client: Client) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= CLIENTS && !counted.contains_key(&client) {
            counted.retain(|_, (begun, _)| begun.elapsed() < self.window);
            let first = counted.iter().min_by_key(|(_, (begun, _))| *begun).map(|(&client, _)| client);
            if let Some(first) = first.filter(|_| counted.len() >= CLIENTS) {
                counted.remove(&first);
            }
        }
        let (begun, count) = counted.entry(client).or_insert_with(|| (Instant::now(), 0));
        if begun.elapsed() >= self.window {
            (*begun, *count) = (Instant::now(), 0);
        }
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(last: u32) -> Client {
        IpAddr::from((0x0A00_0000 | last).to_be_bytes()).into()
    }

    #[test]
    fn who_has_no_attempt_left_is_told_how_long_to_wait_and_others_are_not_in_the_way() {
        let attempts = Attempts::new(2, Duration::from_secs(60));
        for _ in 0..2 {
            attempts.check(client(1)).unwrap();
            attempts.count(client(1));
        }
        let Err(Refusal::TooMany { wait }) = attempts.check(client(1)) else { panic!("it was not refused") };
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60));
        attempts.check(client(2)).unwrap();
    }

    #[test]
    fn a_window_that_is_over_counts_no_more() {
        let attempts = Attempts::new(1, Duration::ZERO);
        attempts.count(client(1));
        attempts.check(client(1)).unwrap();
    }

    #[test]
    fn no_number_of_clients_fills_the_memory() {
        let attempts = Attempts::new(1, Duration::from_secs(60));
        for last in 0..=CLIENTS as u32 {
            attempts.count(client(last));
        }
        assert_eq!(attempts.counted.lock().unwrap().len(), CLIENTS);
        attempts.check(client(0)).unwrap();
        assert!(attempts.check(client(1)).is_err());
    }
}
