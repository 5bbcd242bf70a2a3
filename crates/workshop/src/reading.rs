//! What was read out of a flash so far, so that it can go on after the cable was pulled out.

/// A part of a device's flash that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The device's unique id; empty where it has none that can be read.
    pub device: String,
    /// The address of the first byte.
    pub start: u32,
    /// The address after the last byte.
    pub end: u32,
    /// What was read, from the first byte on.
    pub bytes: Vec<u8>,
}

impl Reading {
    /// Nothing was read yet.
    pub const fn new(device: String, start: u32, end: u32) -> Self {
        Self { device, start, end, bytes: Vec::new() }
    }

    /// Address and length of what is to be read next, `block` bytes at most; `None` where all is there.
    pub fn next(&self, block: u32) -> Option<(u32, u32)> {
        let address = self.start + self.bytes.len() as u32;
        (address < self.end).then(|| {
            // Blocks of the flash: the first one may be a shorter one.
            let end = (address / block + 1).saturating_mul(block).min(self.end);
            (address, end - address)
        })
    }

    /// The part that is there, in percent.
    pub const fn percent(&self) -> u32 {
        (self.bytes.len() as u64 * 100 / (self.end - self.start) as u64) as u32
    }

    /// Whether some is there, some is not, and the rest can be read from this device: one that says which it is.
    pub fn goes_on_with(&self, device: &str) -> bool {
        !device.is_empty() && self.device == device && !self.bytes.is_empty() && self.next(1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_order_up_to_the_last_byte() {
        let mut reading = Reading::new("A".into(), 0x10F, 0x301);
        let mut asked = Vec::new();
        while let Some((address, length)) = reading.next(256) {
            asked.push((address, length));
            reading.bytes.resize(reading.bytes.len() + length as usize, 0);
        }
        assert_eq!(asked, [(0x10F, 0xF1), (0x200, 0x100), (0x300, 1)]);
        assert_eq!(reading.percent(), 100);
    }

    #[test]
    fn it_goes_on_with_the_same_device_and_no_other() {
        let mut reading = Reading::new("A".into(), 0, 1000);
        assert!(!reading.goes_on_with("A"), "there is nothing to go on with");
        reading.bytes = vec![0; 500];
        assert!(reading.goes_on_with("A") && !reading.goes_on_with("B"));
        assert_eq!(reading.percent(), 50);
        reading.device = String::new();
        assert!(!reading.goes_on_with(""), "it could be any");
        reading.device = "A".into();
        reading.bytes = vec![0; 1000];
        assert!(!reading.goes_on_with("A"), "it is whole");
    }
}
