//! Where units begin and end, for every chip that a die is sold as and every state of its option bits.

use super::*;
use crate::chip::Geometry;

/// The sizes of flash, in KiB, that each die is sold with: ST's device family packs, and AN2606 for what they lack.
#[rustfmt::skip]
const SOLD: &[(u16, &[u32])] = &[
    (0x443, &[16, 32]), (0x44C, &[32, 64]), (0x44D, &[128, 256]), (0x453, &[16, 32]), (0x493, &[64, 128]),
    (0x44E, &[512]), (0x44F, &[256]), (0x45A, &[1024]),
    (0x440, &[16, 32, 64]), (0x442, &[128, 256]), (0x444, &[16, 32]), (0x445, &[16, 32]), (0x448, &[64, 128]),
    (0x410, &[64, 128]), (0x412, &[16, 32]), (0x414, &[256, 384, 512]), (0x418, &[64, 128, 256]),
    (0x420, &[16, 32, 64, 128]), (0x428, &[256, 384, 512]), (0x430, &[768, 1024]), (0x641, &[128]),
    (0x411, &[128, 256, 512, 768, 1024]),
    (0x422, &[128, 256]), (0x432, &[64, 128, 256]), (0x438, &[16, 32, 64]), (0x439, &[32, 64]), (0x446, &[384, 512]),
    (0x413, &[512, 1024]), (0x419, &[512, 1024, 2048]), (0x421, &[256, 512]), (0x423, &[128, 256]), (0x431, &[256, 512]),
    (0x433, &[384, 512]), (0x434, &[512, 1024, 2048]), (0x441, &[512, 1024]), (0x458, &[64, 128]), (0x463, &[1024, 1536]),
    (0x449, &[64, 512, 1024]), (0x451, &[1024, 2048]), (0x452, &[64, 256, 512]),
    (0x456, &[32, 64]), (0x460, &[32, 64, 128]), (0x466, &[16, 32, 64]), (0x467, &[128, 256, 512]),
    (0x468, &[32, 64, 128]), (0x469, &[128, 256, 512]), (0x479, &[256, 512]),
    (0x474, &[128]), (0x478, &[256, 512]), (0x47A, &[3072, 4096]), (0x484, &[1024, 2048]),
    (0x450, &[128, 1024, 2048]), (0x480, &[128, 1024, 2048]), (0x483, &[128, 512, 1024]), (0x485, &[64]),
    (0x417, &[32, 64]), (0x425, &[16, 32]), (0x447, &[64, 128, 192]), (0x457, &[8, 16]),
    (0x416, &[32, 64, 128]), (0x427, &[256]), (0x429, &[32, 64, 128]), (0x436, &[384]), (0x437, &[512]),
    (0x415, &[256, 512, 1024]), (0x435, &[128, 256]), (0x461, &[512, 1024]), (0x462, &[256, 512]), (0x464, &[64, 128]),
    (0x470, &[1024, 2048]), (0x471, &[512, 1024]), (0x472, &[256, 512]),
    (0x03, &[160]), (0x06, &[512]), (0x2F, &[256]), (0x3B, &[192]), (0x3F, &[256]), (0x5F, &[256]),
    (0x459, &[16, 32, 64]), (0x489, &[64, 128, 256]), (0x42A, &[2048]), (0x454, &[512, 1024]),
    (0x455, &[128, 256, 512]), (0x476, &[2048, 4096]), (0x481, &[2048, 4096]), (0x482, &[1024, 2048]),
    (0x9A8, &[128]), (0x9B0, &[256]), (0x494, &[320]), (0x495, &[256, 512, 640, 1024]),
    (0x492, &[512, 1024]), (0x4B0, &[1024, 2048]), (0x4B2, &[512]), (0x497, &[64, 128, 256]),
];

/// Every geometry that a chip of the table can have, with what tells it apart.
fn geometries() -> impl Iterator<Item = (String, Geometry)> {
    SOLD.iter().flat_map(|&(id, sizes)| sizes.iter().map(move |kib| (chip(id), kib << 10))).flat_map(|(chip, size)| {
        let geometry = chip.geometry.with_size(size);
        let states: &[Option<bool>] = match chip.layout(size) {
            Some(layout) if layout.bit.is_some() => &[None, Some(false), Some(true)],
            _ => &[None],
        };
        states.iter().map(move |&set| {
            let runs = chip.layout(size).map_or(geometry.runs, |layout| layout.runs(set));
            (format!("{} with {} KiB, option bit {set:?}", chip.name, size >> 10), Geometry { runs, ..geometry })
        })
    })
}

#[test]
fn every_die_is_there_with_its_sizes_and_none_is_larger_than_its_row() {
    let ids: Vec<_> = SOLD.iter().map(|(id, _)| ProductId(*id)).collect();
    assert!(TABLE.iter().all(|chip| ids.contains(&chip.product_id)));
    assert_eq!(ids.len(), TABLE.len());
    for &(id, sizes) in SOLD {
        assert_eq!(sizes.last().map(|kib| kib << 10), Some(chip(id).geometry.size), "{}", chip(id).name);
    }
}

#[test]
fn the_units_come_to_the_size_and_no_number_is_there_twice() {
    for (name, geometry) in geometries() {
        let units: Vec<Unit> = geometry.units().collect();
        assert_eq!(units.iter().map(|unit| unit.size).sum::<u32>(), geometry.size, "{name}");
        assert_eq!(units.first().map(|unit| (unit.number, unit.address)), Some((0, geometry.base)), "{name}");
        assert_eq!(units.last().map(|unit| unit.end()), Some(geometry.end()), "{name}");
        assert!(units.windows(2).all(|two| two[0].number < two[1].number), "{name}");
    }
}

#[test]
fn the_first_and_the_last_byte_of_every_unit_lie_in_it_and_the_next_byte_in_the_next_unit() {
    for (name, geometry) in geometries() {
        let units: Vec<Unit> = geometry.units().collect();
        let at = |address: u32| {
            let index = units.partition_point(|unit| unit.end() <= address);
            units.get(index).filter(|unit| unit.address <= address).map(|unit| unit.number)
        };
        for (index, unit) in units.iter().enumerate() {
            assert_eq!([at(unit.address), at(unit.end() - 1)], [Some(unit.number); 2], "{name}: {unit:?}");
            assert!(geometry.contains(unit.address) && geometry.contains(unit.end() - 1), "{name}: {unit:?}");
            // Behind the last there is nothing, nor behind the last before a gap.
            let next = units.get(index + 1).filter(|next| next.address == unit.end()).map(|next| next.number);
            assert_eq!(at(unit.end()), next, "{name}: {unit:?}");
            assert_eq!(geometry.contains(unit.end()), next.is_some(), "{name}: {unit:?}");
        }
    }
}

#[test]
fn two_banks_are_apart_only_where_a_smaller_chip_leaves_a_gap() {
    let apart = geometries().filter(|(_, geometry)| {
        let units: Vec<Unit> = geometry.units().collect();
        units.windows(2).any(|two| two[0].end() != two[1].address)
    });
    let apart: BTreeSet<_> = apart.map(|(name, _)| name).collect();
    let gap = "STM32G471/473/474/483/484";
    let expected = [
        "STM32H742/743/745/747/750/753/755/757 with 1024 KiB, option bit None".to_owned(),
        "STM32H7A3/7B0/7B3 with 1024 KiB, option bit None".to_owned(),
        format!("{gap} with 128 KiB, option bit None"),
        format!("{gap} with 128 KiB, option bit Some(true)"),
        format!("{gap} with 256 KiB, option bit None"),
        format!("{gap} with 256 KiB, option bit Some(true)"),
    ];
    assert_eq!(apart, BTreeSet::from(expected));
}
