//! The wish to end what is under way.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::Rc;

/// A wish that can be told once and is seen by all who hold a copy.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Rc<Wish>);

#[derive(Debug, Default)]
struct Wish {
    told: Cell<bool>,
    /// Of all that it would end.
    wakers: RefCell<Vec<Waker>>,
}

impl Cancel {
    /// Tells it.
    pub fn tell(&self) {
        self.0.told.set(true);
        self.0.wakers.take().into_iter().for_each(Waker::wake);
    }

    /// Whether it was told.
    pub fn is_told(&self) -> bool {
        self.0.told.get()
    }

    /// The future's output, or `None` as soon as the wish is told.
    pub async fn or<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.is_told() {
                return Poll::Ready(None);
            }
            let mut wakers = self.0.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
            drop(wakers);
            future.as_mut().poll(context).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use core::future::{pending, ready};
    use core::task::Context;

    use super::*;

    #[test]
    fn a_wish_ends_what_would_wait_for_ever() {
        let cancel = Cancel::default();
        let mut waiting = pin!(cancel.or(pending::<()>()));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        cancel.clone().tell();
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(None));
    }

    #[test]
    fn what_is_ready_comes_through() {
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(pin!(Cancel::default().or(ready(7))).poll(&mut context), Poll::Ready(Some(7)));
    }
}
