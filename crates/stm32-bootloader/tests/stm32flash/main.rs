//! An outsider proves the simulated chip: Debian's `stm32flash` writes, verifies and reads over a pseudo-terminal.

mod geometries;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How many times faster than real the chips live here.
const SPEED: &str = "100";

/// A directory of its own for each test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // What an earlier run left, if any.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the target directory can be written");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// A simulated chip in a process of its own.
struct Chip {
    process: Child,
    /// `None` once nobody gives it commands any more.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    port: String,
}

impl Chip {
    fn start(product_id: &str, options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_simulated-stm32"))
            .args(["--chip", product_id, "--speed", SPEED])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulated chip starts");
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut chip = Self { process, commands, answers, port: String::new() };
        chip.port = chip.answer();
        chip
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the simulated chip answers");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        let commands = self.commands.as_mut().expect("its input was not closed");
        writeln!(commands, "{command}").expect("the simulated chip listens");
        self.answer()
    }

    fn flash(&mut self, directory: &Directory) -> Vec<u8> {
        let path = directory.file("flash.bin");
        assert_eq!(self.ask(&format!("flash {}", path.display())), "ok");
        fs::read(path).expect("the flash was written to the file")
    }

    fn log(&mut self, directory: &Directory) -> String {
        let path = directory.file("log.txt");
        assert_eq!(self.ask(&format!("log {}", path.display())), "ok");
        fs::read_to_string(path).expect("the log was written to the file")
    }

    fn ends(mut self) {
        assert_eq!(self.ask("quit"), "ok");
        assert!(self.process.wait().expect("it is a child").success());
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        // Fails where it has ended already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs stm32flash on the chip's port, and gives what it said if it succeeded.
fn stm32flash(port: &str, arguments: &[&str]) -> Result<String, String> {
    // A pseudo-terminal carries no parity bit.
    let output =
        Command::new("stm32flash").args(["-b", "115200", "-m", "8n1"]).args(arguments).arg(port).output().expect(
            "stm32flash is needed for this test: install the package `stm32flash` (apt-get install stm32flash)",
        );
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// A program of `size` bytes, its vector table first, without a blank block.
fn image(size: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    bytes[..4].copy_from_slice(&0x2000_0800_u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&0x0800_0101_u32.to_le_bytes());
    bytes
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the target directory's name is text")
}

/// Writes and verifies `size` bytes, starts them, then resets the chip and reads them back.
fn writes_verifies_starts_and_reads(product_id: &str, size: u32) {
    let directory = Directory::new(&format!("write-{product_id}"));
    let (written, read) = (directory.file("image.bin"), directory.file("read.bin"));
    let image = image(size);
    fs::write(&written, &image).expect("the target directory can be written");
    let mut chip = Chip::start(product_id, &[]);
    let port = chip.port.clone();

    let said = stm32flash(&port, &["-w", text(&written), "-v", "-g", "0x0"]).unwrap_or_else(|said| panic!("{said}"));
    assert!(said.contains("Wrote and verified"), "{said}");
    assert!(chip.flash(&directory).starts_with(&image), "the flash does not hold the image");
    assert_eq!(chip.ask("wait application"), "application");

    assert_eq!(chip.ask("reset"), "ok");
    let range = format!("0x08000000:{size}");
    stm32flash(&port, &["-r", text(&read), "-S", &range]).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(fs::read(&read).expect("stm32flash wrote the file"), image);
    let log = chip.log(&directory);
    assert!(!log.contains("overrun") && !log.contains("did not"), "{log}");
    chip.ends();
}

#[test]
fn stm32flash_writes_verifies_and_reads_an_f103() {
    writes_verifies_starts_and_reads("0x410", 100 << 10);
}

#[test]
fn stm32flash_writes_verifies_and_reads_an_f405() {
    writes_verifies_starts_and_reads("0x413", 200 << 10);
}

#[test]
fn stm32flash_writes_verifies_and_reads_a_g071() {
    writes_verifies_starts_and_reads("0x460", 100 << 10);
}

#[test]
fn stm32flash_writes_verifies_and_reads_an_l073() {
    writes_verifies_starts_and_reads("0x447", 180 << 10);
}

#[test]
fn stm32flash_finds_a_chip_that_is_synced_already() {
    let chip = Chip::start("0x413", &["--quirk", "synced"]);
    let said = stm32flash(&chip.port, &[]).unwrap_or_else(|said| panic!("{said}"));
    assert!(said.contains("0x0413"), "{said}");
    chip.ends();
}

#[test]
fn a_latency_holds_each_answer_back() {
    // Five seconds of the chip, which are 50 ms here.
    let chip = Chip::start("0x410", &["--latency", "5000"]);
    let began = Instant::now();
    stm32flash(&chip.port, &[]).unwrap_or_else(|said| panic!("{said}"));
    // Sync, Get, Get Version, Get ID.
    assert!(began.elapsed() >= Duration::from_millis(4 * 50), "{:?}", began.elapsed());
    chip.ends();
}

#[test]
fn stm32flash_is_refused_by_a_read_protected_chip() {
    let directory = Directory::new("protected");
    let read = directory.file("read.bin");
    let chip = Chip::start("0x460", &["--quirk", "read-protected"]);
    let said = stm32flash(&chip.port, &["-r", text(&read), "-S", "0x08000000:256"]).expect_err("reading is refused");
    assert!(said.contains("Failed to read memory"), "{said}");
    chip.ends();
}

#[test]
fn an_unplugged_chip_hangs_up_and_is_written_once_plugged_in_again() {
    let directory = Directory::new("unplugged");
    let (written, link) = (directory.file("image.bin"), directory.file("port"));
    let image = image(40 << 10);
    fs::write(&written, &image).expect("the target directory can be written");
    let mut chip = Chip::start("0x460", &["--link", text(&link)]);

    assert_eq!(chip.ask("unplug-after 10000"), "ok");
    let said = stm32flash(text(&link), &["-w", text(&written)]).expect_err("the port is gone half-way");
    assert!(said.contains("Failed to write memory"), "{said}");
    assert_eq!(chip.ask("wait unplugged"), "unplugged");
    assert!(!link.is_symlink(), "the link is gone with the port");
    let flash = chip.flash(&directory);
    assert!(flash.starts_with(&image[..10_000]), "what was programmed stays");
    assert_eq!(flash[40 << 10 >> 1], 0xFF, "and no more was");

    let port = chip.ask("plug");
    assert_eq!(fs::read_link(&link).expect("the link is back"), Path::new(&port));
    stm32flash(text(&link), &["-w", text(&written), "-v"]).unwrap_or_else(|said| panic!("{said}"));
    assert!(chip.flash(&directory).starts_with(&image));
    chip.ends();
}

#[test]
fn commands_that_cannot_be_done_say_why_and_end_nothing() {
    let mut chip = Chip::start("0x410", &[]);
    assert_eq!(chip.ask("dance"), r#"error: there is no command "dance""#);
    assert!(chip.ask("load 0x08000000 /nowhere/at/all").starts_with("error: cannot read /nowhere/at/all"));
    assert_eq!(chip.ask("state"), "waiting");
    assert_eq!(chip.ask("reset app"), "ok");
    assert_eq!(chip.ask("state"), "fault", "there is nothing to start in erased flash");
    chip.ends();
}

#[test]
fn a_chip_without_commands_goes_on_and_is_written_to_a_file_when_it_is_terminated() {
    let directory = Directory::new("terminated");
    let (written, dump) = (directory.file("image.bin"), directory.file("dump.bin"));
    let image = image(4 << 10);
    fs::write(&written, &image).expect("the target directory can be written");
    let mut chip = Chip::start("0x410", &["--dump", text(&dump)]);

    chip.commands = None;
    stm32flash(&chip.port, &["-w", text(&written), "-v"]).unwrap_or_else(|said| panic!("{said}"));
    let signalled = Command::new("kill").args(["-TERM", &chip.process.id().to_string()]).status();
    assert!(signalled.expect("every system has `kill`").success());
    assert!(chip.process.wait().expect("it is a child").success());
    assert!(fs::read(dump).expect("the flash was written to the file").starts_with(&image));
}
