//! What holds for every descriptor of a USB device, whatever is in it.

use stm32_bootloader::dfuse::{MemoryLayout, Mode, interface, text};

/// Reads `bytes` as a configuration descriptor, as a string descriptor and as the name of an alternate setting.
pub fn holds(bytes: &[u8]) {
    for mode in [Mode::Dfu, Mode::Application] {
        match interface(bytes, mode) {
            Ok(found) => {
                assert!(!found.alternates.is_empty(), "an interface without settings");
                assert_ne!(found.functional.transfer_size, 0);
                assert_eq!(found.mode, mode);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let Ok(text) = text(bytes) {
        assert!(!text.contains(char::is_control));
        layout_holds(&text);
    }
    layout_holds(&String::from_utf8_lossy(bytes));
}

fn layout_holds(text: &str) {
    match MemoryLayout::parse(text) {
        Ok(layout) => {
            assert!(!layout.areas.is_empty(), "a memory without units");
            assert!(layout.areas.iter().all(|area| area.range().len() == area.count as usize * area.size as usize));
            let Some(geometry) = layout.geometry() else { return };
            let first = geometry.units().next().expect("a flash without units");
            assert_eq!(first.address, geometry.base);
            assert!(geometry.size > 0 && geometry.base.checked_add(geometry.size).is_some());
            let within = |address| layout.areas.iter().any(|area| area.range().contains(&address) && area.access.erase);
            assert!(within(geometry.base) && within(geometry.end() - 1));
            let last = geometry.units().last().expect("there is a first");
            assert_eq!(last.end(), geometry.end());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
