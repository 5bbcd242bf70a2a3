//! Waiting for what somebody else does.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// Told by one side, waited for by the other.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    waker: RefCell<Option<Waker>>,
}

impl Signal {
    /// Tells it to who waits.
    pub(crate) fn tell(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until it is told.
    pub(crate) async fn told(&self) {
        let mut is_told = false;
        poll_fn(|context| {
            if is_told {
                return Poll::Ready(());
            }
            is_told = true;
            *self.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
