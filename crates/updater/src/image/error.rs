//! Why a payload is no image.

/// Why a payload is no image. The texts are for the person who made the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is of a kind that cannot be written to flash as it is.
    #[error("this is {0}; needed is a raw binary, Intel HEX, Motorola S-record, ELF or DFU file of the whole firmware")]
    WrongKind(&'static str),
    /// A line of a text file (Intel HEX, S-record) is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A place of a binary file (ELF, DFU) is wrong.
    #[error("at byte {offset} of the file: {reason}")]
    At {
        /// Where, in bytes from the file's beginning.
        offset: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The file lacks what every file of its kind ends with: an end record (Intel HEX, S-record) or a suffix (DfuSe).
    #[error("the file is cut off: its end is missing")]
    CutOff,
    /// Two parts of the file claim the same address.
    #[error("two parts of the file overlap at 0x{address:08X}")]
    Overlap {
        /// The first address that is claimed twice.
        address: u32,
    },
    /// The bytes would run past the end of the address space.
    #[error("the file does not fit at 0x{address:08X}")]
    PastEnd {
        /// Where the bytes begin.
        address: u32,
    },
}
