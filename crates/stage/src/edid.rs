//! EDIDs, by which monitors identify themselves, and the names of their ports. See [`Edid::parse`].

/// The identity in the base block of an EDID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edid {
    /// The manufacturer's three letters; `?` for an invalid one.
    pub manufacturer: [char; 3],
    /// The product code.
    pub product: u16,
    /// The name of the product.
    pub name: Option<String>,
    /// The serial number: the descriptor's text, or else the number of the header.
    pub serial: Option<String>,
}

/// The length of the base block in bytes.
const BLOCK: usize = 128;
/// The offsets of its four descriptors of 18 bytes.
const DESCRIPTORS: [usize; 4] = [54, 72, 90, 108];
const NAME: u8 = 0xFC;
const SERIAL: u8 = 0xFF;

impl Edid {
    /// Parses the base block of an EDID (`/sys/class/drm/card1-HDMI-A-1/edid`); none of one that is too short, or has another
    /// header or a wrong checksum.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let block = bytes.get(..BLOCK)?;
        let sum = block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        if block[..8] != [0, 255, 255, 255, 255, 255, 255, 0] || sum != 0 {
            return None;
        }
        let packed = u16::from_be_bytes([block[8], block[9]]);
        let letter = |shift: u16| match (packed >> shift) & 31 {
            number @ 1..=26 => char::from(b'A' + number as u8 - 1),
            _ => '?',
        };
        let number = u32::from_le_bytes([block[12], block[13], block[14], block[15]]);
        // Placeholders of manufacturers that do not number their monitors.
        let number = (!matches!(number, 0 | 0x0101_0101 | u32::MAX)).then(|| number.to_string());
        Some(Self {
            manufacturer: [letter(10), letter(5), letter(0)],
            product: u16::from_le_bytes([block[10], block[11]]),
            name: text(block, NAME),
            serial: text(block, SERIAL).or(number),
        })
    }
}

/// The text of the first descriptor of a kind that is not empty.
fn text(block: &[u8], kind: u8) -> Option<String> {
    let descriptors = DESCRIPTORS.into_iter().filter_map(|at| block.get(at..at + 18));
    let mut texts = descriptors.filter(|descriptor| descriptor[..4] == [0, 0, 0, kind]).map(|descriptor| {
        let line = descriptor[5..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let printable = line.iter().filter(|byte| (b' '..=b'~').contains(*byte));
        printable.map(|byte| char::from(*byte)).collect::<String>().trim().to_owned()
    });
    texts.find(|text| !text.is_empty())
}

/// Whether two names denote the same port: the kernel's, `card1-HDMI-A-1`, and a window system's, `HDMI-A-1`, `HDMI-1`, or
/// `HDMI1`.
///
/// Names of old drivers that count from 0 (`HDMI-A-0`) match none of the kernel's.
#[must_use]
pub fn same_port(a: &str, b: &str) -> bool {
    a == b || port(a).is_some_and(|port_a| port(b) == Some(port_a))
}

/// Parses the name of a port into its kind and numbers; none of any other text.
fn port(name: &str) -> Option<(String, Vec<u32>)> {
    let name = name.trim().to_ascii_uppercase();
    let is_card = |part: &str| part.strip_prefix("CARD").is_some_and(|number| number.parse::<u32>().is_ok());
    let (mut kind, mut numbers) = (Vec::new(), Vec::new());
    for part in name.split('-').skip_while(|part| is_card(part)) {
        // `HDMI1` is `HDMI-1`.
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        if !letters.is_empty() {
            kind.push(letters);
        }
        if letters.len() < part.len() {
            numbers.push(part[letters.len()..].parse().ok()?);
        }
    }
    // Type A is the only HDMI connector in use.
    if kind == ["HDMI", "A"] {
        kind.pop();
    }
    let is_port = !kind.is_empty() && !numbers.is_empty();
    is_port.then(|| (kind.join("-").replace("DISPLAYPORT", "DP"), numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn descriptor(kind: u8, text: &str) -> [u8; 18] {
        let mut bytes = [b' '; 18];
        bytes[..5].copy_from_slice(&[0, 0, 0, kind, 0]);
        bytes[5..5 + text.len()].copy_from_slice(text.as_bytes());
        if text.len() < 13 {
            bytes[5 + text.len()] = b'\n';
        }
        bytes
    }

    fn edid(number: u32, descriptors: &[[u8; 18]]) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[1..7].fill(255);
        // S, E, C: 19, 5, 3.
        block[8..10].copy_from_slice(&(19_u16 << 10 | 5 << 5 | 3).to_be_bytes());
        block[10..12].copy_from_slice(&0xA123_u16.to_le_bytes());
        block[12..16].copy_from_slice(&number.to_le_bytes());
        for (at, descriptor) in DESCRIPTORS.into_iter().zip(descriptors) {
            block[at..at + 18].copy_from_slice(descriptor);
        }
        let sum = block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        block[127] = sum.wrapping_neg();
        block
    }

    #[test]
    fn the_identity_of_a_projector_is_parsed() {
        let descriptors = [descriptor(0x10, ""), descriptor(NAME, "EPSON PJ"), descriptor(SERIAL, "X4BK9300123AB")];
        let block = edid(7, &descriptors);
        let expected = Edid {
            manufacturer: ['S', 'E', 'C'],
            product: 0xA123,
            name: Some("EPSON PJ".to_owned()),
            serial: Some("X4BK9300123AB".to_owned()),
        };
        assert_eq!(Edid::parse(&block), Some(expected));
        let with_more = [&block[..], &[1, 2, 3]].concat();
        assert_eq!(Edid::parse(&with_more), Edid::parse(&block));
    }

    #[test]
    fn without_a_text_the_number_is_the_serial_unless_it_is_none() {
        let serial = |number| Edid::parse(&edid(number, &[descriptor(SERIAL, "   ")])).unwrap().serial;
        assert_eq!(serial(4711), Some("4711".to_owned()));
        assert_eq!([serial(0), serial(0x0101_0101), serial(u32::MAX)], [None, None, None]);
    }

    #[test]
    fn an_invalid_edid_is_none() {
        let block = edid(7, &[]);
        assert_eq!(Edid::parse(&block[..127]), None);
        assert_eq!(Edid::parse(&[]), None);
        for at in [0, 20, 127] {
            let mut wrong = block.clone();
            wrong[at] ^= 4;
            assert_eq!(Edid::parse(&wrong), None, "{at}");
        }
    }

    #[test]
    fn ports_are_the_same_however_they_are_written() {
        for name in ["HDMI-1", "HDMI-A-1", "card0-HDMI-A-1", "hdmi1"] {
            assert!(same_port("card1-HDMI-A-1", name), "{name}");
            assert!(same_port(name, "card1-HDMI-A-1"), "{name}");
        }
        for name in ["HDMI-2", "card1-HDMI-A-2", "DP-1", "HDMI", "", "1"] {
            assert!(!same_port("card1-HDMI-A-1", name), "{name}");
        }
        assert!(same_port("card0-eDP-1", "eDP-1") && !same_port("eDP-1", "DP-1"));
        assert!(same_port("DVI-D-1", "card2-DVI-D-1") && !same_port("DVI-D-1", "DVI-I-1"));
        assert!(same_port("card0-DP-1-2", "DP-1-2") && !same_port("DP-1-2", "DP-12"));
        assert!(same_port(r"\\.\DISPLAY1", r"\\.\DISPLAY1") && !same_port(r"\\.\DISPLAY1", r"\\.\DISPLAY2"));
        assert!(same_port("Built-in Retina", "Built-in Retina") && !same_port("", "HDMI-1"));
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_names_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300), at in 8_usize..127, to: u8, a: String, b: String,
        ) {
            let _ = Edid::parse(&bytes);
            let mut block = edid(1, &[descriptor(NAME, "x")]);
            block[127] = block[127].wrapping_add(block[at]).wrapping_sub(to);
            block[at] = to;
            prop_assert!(Edid::parse(&block).is_some());
            prop_assert_eq!(same_port(&a, &b), same_port(&b, &a));
            prop_assert!(same_port(&a, &a));
        }
    }
}
