//! Every geometry of the table against stm32flash's own: what it erases and writes by its units is what lies there by ours.
//! Where it has none, stm32loader, which counts units and knows no sizes, erases them by their numbers.

use stm32_bootloader::chip::{Chip as Row, Geometry, ProductId, TABLE, Unit};

use super::*;

/// One chip of each kind of flash that stm32flash 0.7 knows and has as we do, in small pages.
const PAGES: [u16; 13] = [0x410, 0x414, 0x430, 0x440, 0x442, 0x444, 0x456, 0x460, 0x435, 0x468, 0x469, 0x415, 0x450];
/// In sectors, which differ in size.
const SECTORS: [u16; 9] = [0x413, 0x419, 0x421, 0x423, 0x458, 0x463, 0x449, 0x451, 0x452];
/// In pages that are erased to zero, and never all at once.
const ZEROED: [u16; 8] = [0x416, 0x417, 0x425, 0x427, 0x436, 0x437, 0x447, 0x457];
/// One of each kind that it does not know. Of these kinds it has one chip, the L4R (0x470), with 1 MiB in pages of 2 KiB;
/// ST's device family pack has 2 MiB in pages of 4 KiB.
const STRANGERS: [u16; 18] = [
    0x443, 0x44C, 0x44E, 0x44F, 0x45A, 0x474, 0x47A, 0x484, 0x480, 0x483, 0x485, 0x471, 0x472, 0x494, 0x4B2, 0x003,
    0x03B, 0x42A,
];

fn row(product_id: u16) -> &'static Row {
    Row::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

/// Whether two chips have the same units, that are erased and programmed in the same way.
fn same(one: &Row, other: &Row) -> bool {
    let kind = |row: &Row| {
        let Row { geometry: Geometry { base: _, runs, size }, erased_byte, mass_erase, write_alignment, .. } = *row;
        (runs, size, erased_byte, mass_erase, write_alignment)
    };
    kind(one) == kind(other)
}

#[test]
fn every_kind_of_flash_is_tried_or_unknown_to_stm32flash() {
    let named = || PAGES.iter().chain(&SECTORS).chain(&ZEROED).chain(&STRANGERS).map(|&id| row(id));
    for chip in TABLE {
        assert_eq!(named().filter(|named| same(chip, named)).count(), 1, "{}", chip.name);
    }
}

#[test]
fn stm32flash_erases_and_writes_pages_as_we_have_them() {
    PAGES.into_iter().for_each(erases_and_writes);
}

#[test]
fn stm32flash_erases_and_writes_sectors_as_we_have_them() {
    SECTORS.into_iter().for_each(erases_and_writes);
}

#[test]
fn stm32flash_erases_and_writes_pages_that_are_zeroed_as_we_have_them() {
    ZEROED.into_iter().for_each(erases_and_writes);
}

#[test]
fn stm32loader_erases_and_writes_what_stm32flash_does_not_know() {
    STRANGERS.into_iter().for_each(erases_and_writes_by_number);
}

/// A chip whose flash is full, and what is to be written into the last of its units.
struct Full {
    row: &'static Row,
    directory: Directory,
    chip: Chip,
    /// The last two units.
    before: Unit,
    last: Unit,
    image: Vec<u8>,
    /// The file that has it.
    written: PathBuf,
    /// What the flash should hold.
    expected: Vec<u8>,
}

impl Full {
    fn of(product_id: u16) -> Self {
        let row = row(product_id);
        let directory = Directory::new(&format!("geometry-{product_id:03x}"));
        let (full, written) = (directory.file("full.bin"), directory.file("image.bin"));
        let image = image(1008.min(row.geometry.unit_sizes().0));
        let expected = vec![0x5A; row.geometry.size as usize];
        fs::write(&full, &expected).expect("the target directory can be written");
        fs::write(&written, &image).expect("the target directory can be written");
        let chip = Chip::start(&format!("{product_id:#05x}"), &["--load", text(&full)]);
        let units: Vec<Unit> = row.geometry.units().collect();
        let [.., before, last] = units[..] else { panic!("{} has one unit", row.name) };
        Self { row, directory, chip, before, last, image, written, expected }
    }

    fn place(&self, unit: Unit) -> usize {
        (unit.address - self.row.geometry.base) as usize
    }

    /// The last two units are to be erased.
    fn expect_erased(&mut self) {
        let from = self.place(self.before);
        self.expected[from..].fill(self.row.erased_byte);
    }

    /// The image is to be in the last one.
    fn expect_image(&mut self) {
        let from = self.place(self.last);
        self.expected[from..][..self.image.len()].copy_from_slice(&self.image);
    }

    fn holds_what_is_expected(&mut self, else_says: &str) {
        assert!(self.chip.flash(&self.directory) == self.expected, "{}: {else_says}", self.row.name);
    }

    fn ends(mut self) {
        let log = self.chip.log(&self.directory);
        assert!(!log.contains("overrun") && !log.contains("did not"), "{}: {log}", self.row.name);
        self.chip.ends();
    }
}

/// Erases the last two units of a full flash and writes into the last one.
fn erases_and_writes_by_number(product_id: u16) {
    let mut it = Full::of(product_id);
    let python = std::env::var("STM32LOADER_PYTHON").expect(
        "stm32loader is needed for this test: STM32LOADER_PYTHON names a Python that has it; ./dev native installs it",
    );
    let output = Command::new(python)
        .args(["-c", include_str!("by_number.py"), &it.chip.port, text(&it.written)])
        .args([it.before.number, it.last.number].map(|number| number.to_string()))
        .arg(it.last.address.to_string())
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}: {}", it.row.name, String::from_utf8_lossy(&output.stderr));
    it.expect_erased();
    it.expect_image();
    it.holds_what_is_expected("the last two units differ");
    it.ends();
}

/// Erases the last two units of a full flash, writes into the last one, and erases all.
fn erases_and_writes(product_id: u16) {
    let mut it = Full::of(product_id);
    let (port, name) = (it.chip.port.clone(), it.row.name);
    let run = |arguments: &[&str]| {
        stm32flash(&port, arguments).unwrap_or_else(|said| panic!("{name} {arguments:?}: {said}"));
    };

    run(&["-o", "-S", &format!("{:#x}:{}", it.before.address, it.before.size + it.last.size)]);
    it.expect_erased();
    it.holds_what_is_expected("not the last two units are erased");

    run(&["-w", text(&it.written), "-v", "-S", &format!("{:#x}", it.last.address)]);
    it.expect_image();
    it.holds_what_is_expected("the last unit differs from the image");

    run(&["-o"]);
    it.expected.fill(it.row.erased_byte);
    it.holds_what_is_expected("not all is erased");
    it.ends();
}
