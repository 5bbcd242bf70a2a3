//! How a payload is compressed for a client that asks for it (RFC 9110, section 12.5.3).

use std::io::{self, Read};

use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Of 0 to 11; the two above take several times as long for one or two percent.
const BROTLI_QUALITY: u32 = 9;
/// The window in bits: 4 MiB, which is more than most payloads have.
const BROTLI_WINDOW: u32 = 22;
/// Bytes that are read at a time.
const BLOCK: usize = 64 << 10;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name in HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// How much an `Accept-Encoding` likes it, in thousandths; 0 if not at all.
    pub fn weight(self, header: &str) -> u16 {
        weight(header, self.name()).unwrap_or(0)
    }

    /// The coding that an `Accept-Encoding` likes best; of two that it likes as much, the smaller one.
    pub fn liked_best(header: &str) -> Option<Self> {
        let plain = weight(header, "identity").unwrap_or(0);
        let best = Self::ALL.into_iter().rev().max_by_key(|coding| coding.weight(header))?;
        let weight = best.weight(header);
        (weight > 0 && weight >= plain).then_some(best)
    }

    /// Compresses all of `source`.
    pub fn compress(self, mut source: impl Read) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let mut writer = CompressorWriter::new(Vec::new(), BLOCK, BROTLI_QUALITY, BROTLI_WINDOW);
                io::copy(&mut source, &mut writer)?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer = GzEncoder::new(Vec::new(), Compression::best());
                io::copy(&mut source, &mut writer)?;
                writer.finish()
            }
        }
    }
}

/// The weight that an `Accept-Encoding` gives to a coding, in thousandths, if it names it.
fn weight(header: &str, name: &str) -> Option<u16> {
    header.split(',').find_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
        let Some(parameter) = parts.next() else { return is_named.then_some(1000) };
        // What cannot be read is not wanted.
        let quality = parameter.strip_prefix("q=").and_then(|quality| quality.trim().parse::<f32>().ok());
        let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0);
        is_named.then_some((quality * 1000.0) as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coding_that_is_liked_best_is_chosen() {
        for (header, coding) in [
            ("gzip, deflate, br, zstd", Some(Coding::Brotli)),
            ("gzip", Some(Coding::Gzip)),
            ("GZIP ; q=0.5 , br;q=0.1", Some(Coding::Gzip)),
            ("br;q=0, gzip", Some(Coding::Gzip)),
            ("gzip;q=0.5, identity", None),
            ("br;q=0", None),
            ("br;q=x", None),
            ("identity", None),
            ("*", None),
            ("brotli, x-gzip", None),
            ("", None),
        ] {
            assert_eq!(Coding::liked_best(header), coding, "{header}");
        }
    }

    #[test]
    fn what_is_compressed_comes_out_as_it_went_in() {
        let bytes: Vec<u8> = (0..300_000u32).map(|place| (place / 100 % 251) as u8).collect();
        let mut brotli = Vec::new();
        let compressed = Coding::Brotli.compress(&bytes[..]).unwrap();
        assert!(compressed.len() < bytes.len() / 4);
        brotli::BrotliDecompress(&mut &compressed[..], &mut brotli).unwrap();
        let mut gzip = Vec::new();
        let compressed = Coding::Gzip.compress(&bytes[..]).unwrap();
        assert!(compressed.len() < bytes.len() / 4);
        flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut gzip).unwrap();
        assert!(brotli == bytes && gzip == bytes);
    }
}
