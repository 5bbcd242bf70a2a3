//! The picture of how a device gets into its update mode, as `fieldflash.json` says it.

use serde::Deserialize;

use super::BootMode;

/// `product.boot_drawing`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Drawing {
    /// Two buttons, BOOT and RESET.
    Buttons,
    /// A jumper, BOOT0.
    Jumper,
    /// The adapter does it.
    Automatic,
    /// The cable alone.
    Usb,
    /// The deployment's own: the address of a picture.
    Own(String),
}

impl From<String> for Drawing {
    fn from(text: String) -> Self {
        match text.as_str() {
            "buttons" => Self::Buttons,
            "jumper" => Self::Jumper,
            "automatic" => Self::Automatic,
            "usb" => Self::Usb,
            _ => Self::Own(text),
        }
    }
}

impl Drawing {
    /// The one that goes with a way into update mode.
    pub const fn of(boot_mode: &BootMode) -> Self {
        match boot_mode {
            BootMode::ByHand => Self::Buttons,
            BootMode::Find | BootMode::Wired { .. } | BootMode::Send(_) => Self::Automatic,
            BootMode::Touch => Self::Usb,
        }
    }

    /// Where the picture is.
    pub fn address(&self) -> &str {
        match self {
            Self::Buttons => "boot/buttons.svg",
            Self::Jumper => "boot/jumper.svg",
            Self::Automatic => "boot/automatic.svg",
            Self::Usb => "boot/usb.svg",
            Self::Own(address) => address,
        }
    }

    /// Whether the person has to do something that the picture shows.
    pub const fn is_by_hand(&self) -> bool {
        !matches!(self, Self::Automatic | Self::Usb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_the_address_of_a_picture() {
        let read = |text: &str| serde_json::from_str::<Drawing>(&format!("{text:?}")).unwrap();
        assert_eq!((read("jumper"), read("usb")), (Drawing::Jumper, Drawing::Usb));
        assert_eq!(read("pictures/fridge.png").address(), "pictures/fridge.png");
    }

    #[test]
    fn each_picture_that_is_the_pages_own_is_there() {
        for drawing in [Drawing::Buttons, Drawing::Jumper, Drawing::Automatic, Drawing::Usb] {
            let file = format!("{}/style/{}", env!("CARGO_MANIFEST_DIR"), drawing.address());
            assert!(std::fs::read_to_string(&file).is_ok_and(|svg| svg.contains("<svg")), "{file}");
        }
    }
}
