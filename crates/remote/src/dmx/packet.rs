//! Packets of Art-Net and sACN (E1.31): the two ways by which consoles send DMX over networks.

/// The levels of a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels<'a> {
    /// The universe.
    pub universe: u16,
    /// The levels, from channel 1; at most 512.
    pub levels: &'a [u8],
    /// Of several senders the one of the highest counts; Art-Net has none.
    pub priority: u8,
    /// Whether the sender says that it goes.
    pub ends: bool,
}

const ART_NET: &[u8; 8] = b"Art-Net\0";
const OP_DMX: u16 = 0x5000;
const ART_HEAD: usize = 18;

/// Reads an ArtDmx packet; none where it is something else.
pub fn art_net(bytes: &[u8]) -> Option<Levels<'_>> {
    let head = bytes.get(..ART_HEAD)?;
    let word = |at: usize| [head[at], head[at + 1]];
    // The version is 14, and may grow.
    let is_dmx =
        head.starts_with(ART_NET) && u16::from_le_bytes(word(8)) == OP_DMX && u16::from_be_bytes(word(10)) >= 14;
    let length = usize::from(u16::from_be_bytes(word(16)));
    if !is_dmx || !(1..=512).contains(&length) {
        return None;
    }
    // Net, sub-net and universe: 15 bits.
    let universe = u16::from_le_bytes(word(14)) & 0x7fff;
    Some(Levels { universe, levels: bytes.get(ART_HEAD..ART_HEAD + length)?, priority: 0, ends: false })
}

const ACN: &[u8; 12] = b"ASC-E1.17\0\0\0";
const SACN_HEAD: usize = 126;
/// Bits of the options: not to be shown; the sender goes.
const PREVIEW: u8 = 0x80;
const TERMINATED: u8 = 0x40;

/// Reads a data packet of sACN; none where it is something else, or only a preview.
pub fn sacn(bytes: &[u8]) -> Option<Levels<'_>> {
    let head = bytes.get(..SACN_HEAD)?;
    let word = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let long = |at: usize| u32::from(word(at)) << 16 | u32::from(word(at + 2));
    // Preamble, root vector, framing vector, property vector, address type, and the start code of dimmers.
    let is_data = word(0) == 0x10
        && head[4..16] == *ACN
        && long(18) == 4
        && long(40) == 2
        && (head[117], head[118], head[125]) == (2, 0xa1, 0)
        && head[112] & PREVIEW == 0;
    let length = usize::from(word(123)).checked_sub(1)?;
    if !is_data || length > 512 {
        return None;
    }
    Some(Levels {
        universe: word(113),
        levels: bytes.get(SACN_HEAD..SACN_HEAD + length)?,
        priority: head[108],
        ends: head[112] & TERMINATED != 0,
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn art_packet(universe: u16, levels: &[u8]) -> Vec<u8> {
        let length = u16::try_from(levels.len()).unwrap().to_be_bytes();
        [&ART_NET[..], &[0, 0x50, 0, 14, 1, 0], &universe.to_le_bytes(), &length, levels].concat()
    }

    pub fn sacn_packet(universe: u16, priority: u8, levels: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; SACN_HEAD];
        bytes[1] = 0x10;
        bytes[4..16].copy_from_slice(ACN);
        (bytes[21], bytes[43], bytes[108], bytes[117], bytes[118]) = (4, 2, priority, 2, 0xa1);
        bytes[113..115].copy_from_slice(&universe.to_be_bytes());
        bytes[123..125].copy_from_slice(&u16::try_from(levels.len() + 1).unwrap().to_be_bytes());
        bytes.extend(levels);
        bytes
    }

    #[test]
    fn levels_are_read_and_nothing_else_is() {
        let art = art_packet(0x0123, &[9, 8, 7, 6]);
        let levels = Levels { universe: 0x0123, levels: &[9, 8, 7, 6], priority: 0, ends: false };
        assert_eq!(art_net(&art), Some(levels));
        let stream = sacn_packet(7, 120, &[1, 2, 3]);
        assert_eq!(sacn(&stream), Some(Levels { universe: 7, levels: &[1, 2, 3], priority: 120, ends: false }));
        for (at, value) in [(112, PREVIEW), (125, 0xdd), (43, 1), (18, 1)] {
            let mut other = stream.clone();
            other[at] = value;
            assert_eq!(sacn(&other), None, "{at}");
        }
        let mut last = stream.clone();
        last[112] = TERMINATED;
        assert!(sacn(&last).unwrap().ends);
        assert!((0..stream.len()).all(|length| sacn(&stream[..length]).is_none()));
        assert!((0..art.len()).all(|length| art_net(&art[..length]).is_none()));
        let mut poll = art;
        poll[9] = 0x20;
        assert_eq!(art_net(&poll), None);
    }

    proptest! {
        #[test]
        fn no_packet_panics(bytes in prop::collection::vec(any::<u8>(), 0..700), at in 0_usize..700, value in any::<u8>()) {
            let mut damaged = [art_packet(1, &[0; 512]), sacn_packet(1, 100, &[0; 512])];
            for packet in &mut damaged {
                let at = at % packet.len();
                packet[at] = value;
                let _ = (art_net(packet), sacn(packet));
            }
            let _ = (art_net(&bytes), sacn(&bytes));
        }
    }
}
