//! Makes checksums and signatures right, so that what is fuzzed gets past them to what they protect.

/// An Intel HEX file whose lines' checksums are right.
pub fn hex(file: &[u8]) -> Vec<u8> {
    lines(file, 1, |sum| sum.wrapping_neg())
}

/// An S-record file whose lines' checksums are right.
pub fn s_record(file: &[u8]) -> Vec<u8> {
    lines(file, 2, |sum| !sum)
}

/// The last two digits of each line become what `checksum` makes of the sum of the bytes after the first `skip` characters.
fn lines(file: &[u8], skip: usize, checksum: impl Fn(u8) -> u8) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mended = file.split(|&byte| byte == b'\n').map(|line| {
        let line = line.trim_ascii_end();
        let Some((body, _)) = line.split_last_chunk::<2>().filter(|(body, _)| body.len() >= skip) else {
            return line.to_vec();
        };
        let sum = body[skip..]
            .chunks_exact(2)
            .try_fold(0u8, |sum, pair| Some(sum.wrapping_add(digit(pair[0])? << 4 | digit(pair[1])?)));
        match sum {
            Some(sum) => [body, format!("{:02X}", checksum(sum)).as_bytes()].concat(),
            None => line.to_vec(),
        }
    });
    mended.collect::<Vec<_>>().join(&b'\n')
}

/// A file that begins as an ELF program for ARM does.
pub fn elf(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (at, bytes) in [(0, b"\x7fELF\x01\x01\x01".as_slice()), (16, &[2, 0, 40, 0, 1]), (42, &[32, 0]), (46, &[40, 0])]
    {
        if let Some(field) = file.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    }
    file
}

/// A file that ends with a DFU suffix whose CRC is right.
pub fn dfu(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = file.len().saturating_sub(16);
    file.resize(at + 16, 0);
    file[at + 8..at + 12].copy_from_slice(b"UFD\x10");
    let crc = file[..at + 12].iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    file[at + 12..].copy_from_slice(&crc.to_le_bytes());
    file
}
