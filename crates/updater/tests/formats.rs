//! Files made by programs that are not ours; `files/README.md` says how.

use updater::{Image, ImageError, LeftOut, UsbId};

const BASE: u32 = 0x0800_0000;

macro_rules! file {
    ($name:literal) => {
        ($name, include_bytes!(concat!("files/", $name)).as_slice())
    };
}

const PROGRAM: &[u8] = include_bytes!("files/program.bin");
const FILES: &[(&str, &[u8])] = &[
    file!("program.bin"),
    file!("program.elf"),
    file!("program.hex"),
    file!("program.srec"),
    file!("program.dfu"),
    file!("srecord.hex"),
    file!("srecord.s19"),
    file!("dfuse-pack.dfu"),
    file!("fwupd.dfu"),
];

fn image(name: &str) -> Image {
    let (_, file) = FILES.iter().find(|(other, _)| *other == name).expect("the file is in the list");
    Image::parse(file, BASE).expect("the file is in order")
}

#[test]
fn one_program_gives_the_same_segments_in_every_format() {
    for (name, file) in FILES {
        let image = Image::parse(file, BASE).unwrap_or_else(|error| panic!("{name}: {error}"));
        let segments: Vec<_> = image.segments().iter().map(|segment| (segment.address, &segment.bytes[..])).collect();
        assert_eq!(segments, [(BASE, PROGRAM)], "{name}");
    }
}

#[test]
fn no_image_is_larger_than_what_the_name_and_the_size_of_its_file_let_expect() {
    for (name, file) in FILES {
        let most = Image::size_at_most(name, file.len());
        assert!(most >= PROGRAM.len(), "{name}: {most}");
        let is_text = matches!(name.rsplit_once('.'), Some((_, "hex" | "srec" | "s19")));
        assert_eq!(most < file.len() / 2, is_text, "{name}: {most}");
    }
    // Lines of 32 bytes, as in srecord.hex, but so many that neither the first line nor the last one counts.
    assert!((32_000..33_000).contains(&Image::size_at_most("APPLICATION.V2.HEX", 76_000)));
    assert_eq!(Image::size_at_most("", 76_000), 76_000);
}

#[test]
fn only_a_raw_binary_is_placed_at_the_base() {
    for (name, file) in FILES {
        let raw = matches!(*name, "program.bin" | "program.dfu");
        let start = Image::parse(file, 0x0800_8000).unwrap().start();
        assert_eq!(start, if raw { 0x0800_8000 } else { BASE }, "{name}");
    }
}

#[test]
fn the_file_says_what_it_is_for() {
    let rom = Some(UsbId { vendor: Some(0x0483), product: Some(0xDF11) });
    for name in ["program.dfu", "dfuse-pack.dfu", "fwupd.dfu"] {
        assert_eq!(image(name).made_for(), rom, "{name}");
    }
    for name in ["program.bin", "program.elf", "program.hex", "program.srec"] {
        assert_eq!(image(name).made_for(), None, "{name}");
    }
}

#[test]
fn option_bytes_are_left_out_and_told() {
    let option_bytes = LeftOut { alternate: 1, name: "Option Bytes".into(), size: 8 };
    assert_eq!(image("fwupd.dfu").left_out(), [option_bytes]);
    assert_eq!(image("dfuse-pack.dfu").left_out(), []);
}

#[test]
fn an_elf_file_whose_first_segment_holds_its_headers_begins_with_the_program() {
    let image = Image::parse(include_bytes!("files/after-boot.elf"), BASE).unwrap();
    let segments: Vec<_> = image.segments().iter().map(|segment| (segment.address, &segment.bytes[..])).collect();
    assert_eq!(segments, [(BASE + 0x200, include_bytes!("files/after-boot.bin").as_slice())]);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_never_taken_for_a_part_of_it() {
    for (name, file) in FILES.iter().filter(|(name, _)| !matches!(*name, "program.bin" | "program.dfu")) {
        for length in 1..file.len() {
            // The first bytes alone tell no kind; of an ELF file the end is not needed.
            match Image::parse(&file[..length], BASE) {
                Err(_) => {}
                Ok(image) if image.segments() == self::image(name).segments() => {}
                Ok(image) => assert!(length < 5 && image.size() == length, "{name} cut off after {length} bytes"),
            }
        }
    }
}

#[test]
fn a_damaged_dfu_file_is_refused_wherever_it_is_damaged() {
    for (name, file) in FILES.iter().filter(|(name, _)| name.ends_with(".dfu")) {
        // Without its last 16 bytes as they must be, a file has no suffix at all.
        for at in 0..file.len() - 16 {
            let mut damaged = file.to_vec();
            damaged[at] ^= 1;
            let result = Image::parse(&damaged, BASE);
            assert!(matches!(result, Err(ImageError::At { .. })), "{name} damaged at {at}: {result:?}");
        }
    }
}
