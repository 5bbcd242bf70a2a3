//! A connection on which something must move.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream that fails once nothing could be read from it or written to it for a while: the client is gone, waits for
/// nothing, or takes nothing of what it asked for.
pub(super) struct Moving<S> {
    stream: S,
    silence: Duration,
    /// When something last moved.
    moved: Instant,
    /// Set anew only when it rings, for that costs more than what moves in between.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Moving<S> {
    pub fn new(stream: S, silence: Duration) -> Self {
        let moved = Instant::now();
        Self { stream, silence, moved, alarm: Box::pin(sleep_until(moved + silence)) }
    }

    /// What came of reading or writing, or that it took too long.
    fn watched<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.moved = Instant::now();
            return result;
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            let end = self.moved + self.silence;
            if end <= Instant::now() {
                return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "nothing moved on the connection")));
            }
            self.alarm.as_mut().reset(end);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.watched(context, result)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watched(context, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(context, bytes);
        this.watched(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_flush(context);
        this.watched(context, result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_shutdown(context);
        this.watched(context, result)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const SILENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_left() {
        let (_client, server) = duplex(16);
        let begun = Instant::now();
        let error = Moving::new(server, SILENCE).read_u8().await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::TimedOut, 60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_left() {
        let (_client, server) = duplex(16);
        let error = Moving::new(server, SILENCE).write_all(&[0; 17]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_slow_is_waited_for() {
        let (mut client, server) = duplex(1);
        let mut server = Moving::new(server, SILENCE);
        let slow = async {
            for _ in 0..10 {
                tokio::time::sleep(SILENCE - Duration::from_secs(1)).await;
                client.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(server.write_all(&[0; 10]), slow);
        written.unwrap();
    }
}
