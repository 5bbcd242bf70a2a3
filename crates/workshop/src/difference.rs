//! Where two stretches of bytes differ.

/// Differences that are so close are one: a person reads stretches, not bytes.
const APART: usize = 16;
/// So many bytes of each are shown.
const SHOWN: usize = 8;

/// Bytes that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The address of the first one that differs.
    pub address: u32,
    /// How many bytes there are to the last one that does.
    pub bytes: u32,
    /// The first few bytes that were expected.
    pub expected: Vec<u8>,
    /// Those that were found.
    pub found: Vec<u8>,
}

/// Where `found` is not as `expected`, both from `address` on and equally long.
pub fn differences(address: u32, expected: &[u8], found: &[u8]) -> Vec<Difference> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    let differ = expected.iter().zip(found).enumerate().filter(|(_, (expected, found))| expected != found);
    for (index, _) in differ {
        match stretches.last_mut().filter(|(_, end)| index < *end + APART) {
            Some((_, end)) => *end = index + 1,
            None => stretches.push((index, index + 1)),
        }
    }
    let beginning = |bytes: &[u8], start: usize, end: usize| bytes[start..end.min(start + SHOWN)].to_vec();
    let difference = |(start, end): (usize, usize)| Difference {
        address: address + start as u32,
        bytes: (end - start) as u32,
        expected: beginning(expected, start, end),
        found: beginning(found, start, end),
    };
    stretches.into_iter().map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(expected: &[u8], found: &[u8]) -> Vec<(u32, u32)> {
        differences(0x100, expected, found).iter().map(|it| (it.address, it.bytes)).collect()
    }

    #[test]
    fn what_is_the_same_has_no_differences() {
        assert_eq!(places(&[1; 64], &[1; 64]), []);
    }

    #[test]
    fn differences_are_told_with_their_address_and_what_is_there() {
        let mut found = vec![0; 100];
        found[10] = 0xAA;
        let told = differences(0x100, &[0; 100], &found);
        assert_eq!(told, [Difference { address: 0x10A, bytes: 1, expected: vec![0], found: vec![0xAA] }]);
    }

    #[test]
    fn those_that_are_close_are_one_and_others_are_not() {
        let mut found = vec![0; 100];
        for index in [10, 20, 60] {
            found[index] = 1;
        }
        assert_eq!(places(&[0; 100], &found), [(0x10A, 11), (0x13C, 1)]);
    }

    #[test]
    fn of_a_long_one_only_the_beginning_is_shown() {
        let told = differences(0, &[0; 100], &[1; 100]);
        assert_eq!((told[0].bytes, told[0].expected.len(), told[0].found.len()), (100, SHOWN, SHOWN));
    }
}
