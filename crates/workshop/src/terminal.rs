//! What a device says at its serial port, as lines of text that a person reads.

use core::fmt::Write;
use core::time::Duration;
use std::collections::VecDeque;

/// So many lines are kept; the oldest go first.
pub const MOST_LINES: usize = 5000;
/// A line that is longer goes on in the next one.
const LONGEST: usize = 512;
/// Bytes a line where they are shown as numbers.
const A_LINE: usize = 16;

/// A line and when its first byte came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When that was, on the page's clock.
    pub at: Duration,
    /// Its bytes, without its end and without what colours it.
    pub bytes: Vec<u8>,
}

impl Line {
    /// As text; what is none is shown as a replacement character.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// As hexadecimal digits, with the characters behind them.
    pub fn hex(&self) -> String {
        let mut text = String::new();
        for (index, bytes) in self.bytes.chunks(A_LINE).enumerate() {
            text.push_str(if index == 0 { "" } else { "\n" });
            for byte in bytes {
                let _ = write!(text, "{byte:02X} ");
            }
            text.extend(core::iter::repeat_n(' ', (A_LINE - bytes.len()) * 3 + 1));
            text.extend(bytes.iter().map(|&byte| if (b' '..0x7F).contains(&byte) { byte as char } else { '.' }));
        }
        text
    }
}

/// Where in a sequence of control characters (ECMA-48, which ANSI's are) the last byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// In a control sequence, which ends with a byte from 0x40 on.
    Control,
    /// In a string such as a window's title, which ends with BEL or ESC and a backslash.
    Title,
    /// After ESC in such a string.
    TitleEscape,
}

/// The lines that came, the last of them unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terminal {
    lines: VecDeque<Line>,
    within: Within,
    /// The last line has not ended.
    open: bool,
    after_return: bool,
    /// How many lines had to go.
    pub dropped: usize,
}

impl Terminal {
    /// Takes in what came at this time. `raw`: nothing is a line's end or colours it, for who wants to see the bytes.
    pub fn take(&mut self, at: Duration, bytes: &[u8], raw: bool) {
        for &byte in bytes {
            if raw {
                self.push(at, byte, A_LINE);
                continue;
            }
            let Some(byte) = self.filtered(byte) else { continue };
            // Both together are one end.
            let is_end = byte == b'\n' || byte == b'\r';
            let is_second = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            match byte {
                _ if is_second => {}
                _ if is_end && self.open => self.open = false,
                _ if is_end => self.begin(at),
                b'\t' => self.push(at, byte, LONGEST),
                // Bells, backspaces and the like.
                0..0x20 | 0x7F => {}
                _ => self.push(at, byte, LONGEST),
            }
            if is_end {
                self.open = false;
            }
        }
    }

    /// The byte, where it belongs to the text.
    fn filtered(&mut self, byte: u8) -> Option<u8> {
        use Within::*;
        let (within, text) = match (self.within, byte) {
            (Text, 0x1B) => (Escape, None),
            (Text, byte) => (Text, Some(byte)),
            (Escape, b'[') => (Control, None),
            (Escape, b']' | b'P' | b'X' | b'^' | b'_') => (Title, None),
            // Some have a second byte, which follows these.
            (Escape, 0x20..=0x2F) => (Escape, None),
            (Escape, _) => (Text, None),
            (Control, 0x40..=0x7E) => (Text, None),
            // It was cut off: what follows is text again.
            (Control, b'\n' | b'\r') => (Text, Some(byte)),
            (Control, _) => (Control, None),
            (Title, 0x07) => (Text, None),
            (Title, 0x1B) => (TitleEscape, None),
            (Title, b'\n' | b'\r') => (Text, Some(byte)),
            (Title, _) => (Title, None),
            (TitleEscape, _) => (Text, None),
        };
        self.within = within;
        text
    }

    fn push(&mut self, at: Duration, byte: u8, longest: usize) {
        if !self.open || self.lines.back().is_some_and(|line| line.bytes.len() >= longest) {
            self.begin(at);
        }
        if let Some(line) = self.lines.back_mut() {
            line.bytes.push(byte);
        }
    }

    fn begin(&mut self, at: Duration) {
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(Line { at, bytes: Vec::new() });
        self.open = true;
    }

    /// Adds a line of the page's own: what was sent, or that the port was closed.
    pub fn say(&mut self, at: Duration, text: &str) {
        self.begin(at);
        if let Some(line) = self.lines.back_mut() {
            line.bytes.extend_from_slice(text.as_bytes());
        }
        self.open = false;
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// All of it as text, each line with its time where `stamped`, in hexadecimal digits where `hex`.
    pub fn text(&self, stamped: bool, hex: bool, last: usize) -> String {
        let mut text = String::new();
        for line in self.lines.iter().skip(self.lines.len().saturating_sub(last)) {
            if stamped {
                let ms = line.at.as_millis();
                let _ = write!(text, "{:>6}.{:03}  ", ms / 1000, ms % 1000);
            }
            text.push_str(&if hex { line.hex() } else { line.text() });
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut terminal = Terminal::default();
        pieces.iter().for_each(|piece| terminal.take(Duration::ZERO, piece, false));
        terminal.lines().map(Line::text).collect()
    }

    #[test]
    fn lines_end_with_either_or_both_and_wherever_a_piece_ends() {
        assert_eq!(lines(&[b"a\r\nb\nc\rd"]), ["a", "b", "c", "d"]);
        assert_eq!(lines(&[b"a\r", b"\nb"]), ["a", "b"]);
        assert_eq!(lines(&[b"a\n\nb", b"c\r\n\r\n"]), ["a", "", "bc", ""]);
    }

    #[test]
    fn what_colours_a_line_or_moves_about_is_left_out() {
        assert_eq!(lines(&[b"\x1b[1;32m<inf>\x1b[0m app: up\x07\n"]), ["<inf> app: up"]);
        assert_eq!(lines(&[b"\x1b[", b"2Jx\x1b]0;title\x07y\x1b]2;t\x1b\\z\x1b(Bw"]), ["xyzw"]);
        assert_eq!(lines(&[b"a\x1b[31\nb"]), ["a", "b"], "one that is cut off does not swallow what follows");
    }

    #[test]
    fn a_letter_that_came_in_two_pieces_is_whole() {
        assert_eq!(lines(&[b"gr\xC3", b"\xBCn \xFF"]), ["grün \u{FFFD}"]);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut terminal = Terminal::default();
        for _ in 0..MOST_LINES + 10 {
            terminal.take(Duration::ZERO, b"x\n", false);
        }
        assert_eq!((terminal.lines().count(), terminal.dropped), (MOST_LINES, 10));
        let mut terminal = Terminal::default();
        terminal.take(Duration::ZERO, &[b'x'; 3 * LONGEST], false);
        assert_eq!(terminal.lines().count(), 3, "a line has an end");
    }

    #[test]
    fn each_line_has_the_time_of_its_first_byte() {
        let mut terminal = Terminal::default();
        terminal.take(Duration::from_millis(1234), b"one", false);
        terminal.take(Duration::from_millis(2000), b" more\ntwo", false);
        assert_eq!(terminal.text(true, false, 10), "     1.234  one more\n     2.000  two\n");
        assert_eq!(terminal.text(false, false, 1), "two\n");
    }

    #[test]
    fn bytes_are_shown_as_they_are_to_who_wants_them() {
        let mut terminal = Terminal::default();
        terminal.take(Duration::ZERO, b"\x1b[0mAB\r\n", true);
        let text = terminal.text(false, true, 10);
        assert!(text.starts_with("1B 5B 30 6D 41 42 0D 0A ") && text.ends_with(" .[0mAB..\n"), "{text}");
        terminal.take(Duration::ZERO, &[0; 20], true);
        assert_eq!(terminal.lines().map(|line| line.bytes.len()).collect::<Vec<_>>(), [16, 12]);
    }

    #[test]
    fn what_the_page_says_is_a_line_of_its_own() {
        let mut terminal = Terminal::default();
        terminal.take(Duration::ZERO, b"> ", false);
        terminal.say(Duration::ZERO, "sent");
        terminal.take(Duration::ZERO, b"answer", false);
        assert_eq!(terminal.text(false, false, 9), "> \nsent\nanswer\n");
    }
}
