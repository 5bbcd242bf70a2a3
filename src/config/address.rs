//! Addresses and sizes in `fieldflash.json`: as numbers, or as people write them.

use core::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A number of 32 bits, in JSON either `134217728` or `"0x08000000"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub u32);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a text such as \"0x08000000\"")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Address, E> {
                u32::try_from(number).map(Address).map_err(|_| E::custom(format!("{number} is more than 32 bits")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Address, E> {
                let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
                let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                number.map(Address).ok_or_else(|| E::custom(format!("{text:?} is no address such as \"0x08000000\"")))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_number_or_hexadecimal_digits() {
        let read = |text| serde_json::from_str::<Address>(text).map_err(|error| error.to_string());
        assert_eq!(read("134217728"), Ok(Address(0x0800_0000)));
        assert_eq!(read(r#""0x08000000""#), Ok(Address(0x0800_0000)));
        assert!(read(r#""08000000""#).unwrap_err().contains("08000000"));
        assert!(read("4294967296").unwrap_err().contains("32 bits"));
    }
}
