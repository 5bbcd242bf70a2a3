use crate::chip::Run;
use crate::dfuse::{Access, Area, LayoutError, MemoryLayout};

const ALL: Access = Access { read: true, erase: true, write: true };

fn layout(text: &str) -> MemoryLayout {
    MemoryLayout::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn reason(text: &str) -> &'static str {
    match MemoryLayout::parse(text) {
        Err(LayoutError::Part { reason, .. }) => reason,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_flash_of_an_f4_is_read_as_its_sectors() {
    let layout = layout("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
    assert_eq!(layout.name, "Internal Flash");
    let area = |address, count, kib: u32| Area { address, count, size: kib << 10, access: ALL };
    assert_eq!(layout.areas, [area(0x0800_0000, 4, 16), area(0x0801_0000, 1, 64), area(0x0802_0000, 7, 128)]);
    let geometry = layout.geometry().expect("it can be written");
    let run = |count, kib: u32| Run { count, size: kib << 10 };
    assert_eq!((geometry.base, geometry.size), (0x0800_0000, 1 << 20));
    assert_eq!(*geometry.runs, [run(4, 16), run(1, 64), run(7, 128)]);
}

/// As dfu-util lists them for devices of all kinds: name, number of units, their size in all.
#[test]
fn strings_as_they_are_found_on_devices_are_read() {
    for (text, units, size) in [
        ("@Internal Flash  /0x08000000/128*0002Kg", 128, 256 << 10),
        ("@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg", 8, 512 << 10),
        ("@Internal Flash   /0x08000000/16*128Kg", 16, 2 << 20),
        ("@Internal Flash   /0x08000000/256*08Kg", 256, 2 << 20),
        ("@Internal Flash  /0x08000000/512*0004Kg", 512, 2 << 20),
        ("@Internal Flash  /0x08000000/1536*128g", 1536, 192 << 10),
        ("@Internal Flash  /0x08000000/1024*256 g", 1024, 256 << 10),
        ("@Internal Flash /0x08000000/8*128Kg/0x08100000/8*128Kg", 16, 2 << 20),
        ("@Internal Flash /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg", 24, 2 << 20),
        ("@External Flash /0x90000000/998*128Kg,1*128Kg,4*128Kg,21*128Ka", 1003, 1003 << 17),
        ("@Flash /0x90000000/64*4Kg/0x90040000/60*64Kg/0x90400000/60*64Kg", 184, 31 << 18),
        ("@Internal Flash  /0x08000000/04 * 016 K g", 4, 64 << 10),
        ("@Internal Flash /0x08000000/2*1Mg", 2, 2 << 20),
        ("@Internal Flash\0\0 /0x08000000/32*001Kg\u{FFFF}\0", 32, 32 << 10),
        ("@/0X08000000/1*16Bg,", 1, 16),
    ] {
        let geometry = layout(text).geometry().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((geometry.units().count(), geometry.size), (units, size), "{text}");
    }
}

#[test]
fn memories_that_are_no_flash_are_read_and_have_no_units_to_erase() {
    for (text, address, size) in [
        ("@Option Bytes  /0x1FFFC000/01*016 e", 0x1FFF_C000, 16),
        ("@Option Bytes   /0x1FFF7800/01*40Be", 0x1FFF_7800, 40),
        ("@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e", 0x1FFF_C000, 16),
        ("@OTP Memory /0x1FFF7800/01*512 e,01*016 e", 0x1FFF_7800, 512),
        ("@OTP Memory /0x1FF07800/01*528e", 0x1FF0_7800, 528),
        ("@Device Feature/0xFFFF0000/01*004 e", 0xFFFF_0000, 4),
    ] {
        let layout = layout(text);
        let access = Access { read: true, erase: false, write: true };
        assert_eq!(layout.areas[0], Area { address, count: 1, size, access }, "{text}");
        assert_eq!(layout.geometry(), None);
    }
}

#[test]
fn a_boot_sector_that_cannot_be_erased_is_left_out_and_keeps_its_number() {
    // TouchGFX and CubeMX projects keep their own bootloader in the first sectors like this.
    let layout = layout("@Internal Flash   /0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg");
    let units: Vec<_> = layout.geometry().expect("the rest can be written").units().collect();
    assert_eq!((units[0].number, units[0].address, units.len()), (3, 0x0800_C000, 9));
}

#[test]
fn units_beyond_a_gap_or_a_protected_one_are_left_out() {
    for text in ["@Flash/0x08000000/2*1Kg/0x08001000/2*1Kg", "@Flash/0x08000000/2*1Kg,1*1Ka,1*1Kg"] {
        assert_eq!(layout(text).geometry().map(|geometry| geometry.size), Some(2048), "{text}");
    }
}

#[test]
fn letters_mean_what_st_says() {
    let access = |letter: char| layout(&format!("@F/0x0/1*1K{letter}")).areas[0].access;
    let bits = "abcdefg".chars().map(access).map(|access| [access.read, access.erase, access.write]);
    let expected = (1..8).map(|bits| [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0]);
    assert!(bits.eq(expected));
}

#[test]
fn what_is_no_layout_is_told_with_the_part_that_is_wrong() {
    assert!(matches!(MemoryLayout::parse("DFU"), Err(LayoutError::NoLayout(_))));
    assert!(matches!(MemoryLayout::parse(""), Err(LayoutError::NoLayout(_))));
    assert_eq!(reason("@Flash"), "names no units");
    assert_eq!(reason("@Flash/0x08000000/"), "names no units");
    assert_eq!(reason("@Flash/0x08000000"), "is an address with nothing there");
    assert_eq!(reason("@Flash/08000000/1*1Kg"), "is not an address");
    assert_eq!(reason("@Flash/0x108000000/1*1Kg"), "is not an address");
    assert_eq!(reason("@Flash/0x08000000/1-1Kg"), "has no *");
    assert_eq!(reason("@Flash/0x08000000/x*1Kg"), "has no count");
    assert_eq!(reason("@Flash/0x08000000/1*Kg"), "has no size");
    assert_eq!(reason("@Flash/0x08000000/1*1"), "does not end with a multiplier and a letter");
    assert_eq!(reason("@Flash/0x08000000/1*1Kgg"), "does not end with a multiplier and a letter");
    assert_eq!(reason("@Flash/0x08000000/1*1Kh"), "does not end with a letter from a to g");
    assert_eq!(reason("@Flash/0x08000000/0*1Kg"), "has no bytes");
    assert_eq!(reason("@Flash/0x08000000/4*1Gg"), "is larger than the address space");
    assert_eq!(reason("@Flash/0xFFFFFF00/1*1Kg"), "is larger than the address space");
    let error = MemoryLayout::parse("@Flash/0x08000000/1*1Kg,x*2Kg").unwrap_err();
    assert_eq!(error.to_string(), r#""x*2Kg" in the memory layout "@Flash/0x08000000/1*1Kg,x*2Kg" has no count"#);
}
