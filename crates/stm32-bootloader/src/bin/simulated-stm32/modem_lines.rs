//! The modem lines, which a pseudo-terminal does not have: whoever plays the adapter's driver tells them here.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use crate::chip::Chip;
use crate::control;

/// A socket that takes the command `lines`, a datagram each, and answers each where it came from.
///
/// The lines are kept by the chip alone, so that a driver in several processes needs no memory of them. It waits for
/// the answer, so that what it does next happens to the chip after the change.
pub struct ModemLines {
    socket: UnixDatagram,
    path: PathBuf,
}

impl ModemLines {
    /// Listens at `path`.
    pub fn open(path: PathBuf) -> Result<Self, String> {
        let socket = UnixDatagram::bind(&path).and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        let socket = socket.map_err(|error| format!("cannot listen at {}: {error}", path.display()))?;
        Ok(Self { socket, path })
    }

    /// Carries out what has come.
    pub fn serve(&self, chip: &mut Chip) -> io::Result<()> {
        let mut buffer = [0; 256];
        loop {
            let (count, driver) = match self.socket.recv_from(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                received => received?,
            };
            let text = String::from_utf8_lossy(&buffer[..count]);
            let answer = match text.trim().strip_prefix("lines") {
                Some(wanted) => control::lines(wanted, chip),
                None => Err("only the modem lines are told here".into()),
            };
            let answer = answer.unwrap_or_else(|problem| format!("error: {problem}"));
            // A driver that does not wait for it is none of the chip's business.
            let _ = self.socket.send_to_addr(answer.as_bytes(), &driver);
        }
    }
}

impl AsFd for ModemLines {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for ModemLines {
    fn drop(&mut self) {
        // Whoever made the folder clears it away where this fails.
        let _ = std::fs::remove_file(&self.path);
    }
}
