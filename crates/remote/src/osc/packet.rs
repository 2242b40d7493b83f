//! OSC packets to messages, and back.

use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, decoder, encoder};

use millions_control::Argument;

/// The depth to which bundles and arrays may lie in each other: the decoder calls itself for each.
const DEEPEST: usize = 8;
/// The messages of a packet; more than a bank of faders sends, and fewer than may wait for the show.
const MOST_MESSAGES: usize = 128;
/// The bytes of a bundle: it is not cut up on its way.
pub const MOST_BYTES: usize = 1400;
/// The bytes of a text: so that one message always fits.
const LONGEST_TEXT: usize = 1000;
/// A bundle's beginning: its name and its time.
const BUNDLE_BYTES: usize = 16;
/// At once.
const AT_ONCE: OscTime = OscTime { seconds: 0, fractional: 1 };

/// A message that came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its address.
    pub address: String,
    /// Its arguments, those that mean something here.
    pub arguments: Vec<Argument>,
}

/// Returns the messages of a packet, in their order. Bundles are obeyed at once, whatever their time says.
///
/// # Errors
/// What is wrong with it: then none of its messages counts.
pub fn decode(bytes: &[u8]) -> Result<Vec<Message>, String> {
    check_depth(bytes, 0)?;
    let (rest, packet) = decoder::decode_udp(bytes).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err("its end is not understood".to_owned());
    }
    let mut messages = Vec::new();
    collect(packet, &mut messages)?;
    Ok(messages)
}

fn collect(packet: OscPacket, messages: &mut Vec<Message>) -> Result<(), String> {
    match packet {
        OscPacket::Bundle(bundle) => bundle.content.into_iter().try_for_each(|packet| collect(packet, messages)),
        OscPacket::Message(_) if messages.len() == MOST_MESSAGES => {
            Err(format!("it has more than {MOST_MESSAGES} messages"))
        }
        OscPacket::Message(OscMessage { addr, args }) => {
            messages.push(Message { address: addr, arguments: args.into_iter().filter_map(argument).collect() });
            Ok(())
        }
    }
}

fn argument(value: OscType) -> Option<Argument> {
    match value {
        OscType::Int(number) => Some(Argument::Whole(number.into())),
        OscType::Long(number) => Some(Argument::Whole(number)),
        OscType::Float(number) => Some(Argument::Number(number.into())),
        OscType::Double(number) => Some(Argument::Number(number)),
        OscType::Bool(on) => Some(Argument::Switch(on)),
        // "Impulse" in OSC 1.1: it happens.
        OscType::Inf => Some(Argument::Switch(true)),
        OscType::String(text) => Some(Argument::Text(text)),
        OscType::Char(letter) => Some(Argument::Text(letter.into())),
        _ => None,
    }
}

/// Holds the nesting of a packet against its limit, before a decoder follows it.
fn check_depth(bytes: &[u8], depth: usize) -> Result<(), String> {
    let too_deep = || Err(format!("bundles or arrays lie in each other more than {DEEPEST} deep"));
    if depth > DEEPEST {
        return too_deep();
    }
    if let Some(mut rest) = bytes.strip_prefix(b"#bundle\0").and_then(|rest| rest.get(8..)) {
        while let Some((size, elements)) = rest.split_first_chunk::<4>() {
            let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
            let Some((element, others)) = elements.split_at_checked(size) else { break };
            check_depth(element, depth + 1)?;
            rest = others;
        }
        return Ok(());
    }
    // A message: its types follow its address, at the next multiple of four.
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let types = bytes.get((end + 1).next_multiple_of(4)..).unwrap_or_default();
    let mut open = 0_usize;
    for tag in types.iter().take_while(|byte| **byte != 0) {
        match tag {
            b'[' => open += 1,
            b']' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > DEEPEST {
            return too_deep();
        }
    }
    Ok(())
}

/// Returns packets with the values of addresses, each a bundle of at most 1400 bytes.
#[must_use]
pub fn bundles(values: &[(&str, &Argument)]) -> Vec<Vec<u8>> {
    let mut bundles = Vec::new();
    let mut bundle = OscBundle { timetag: AT_ONCE, content: Vec::new() };
    let mut bytes = BUNDLE_BYTES;
    let mut finish = |bundle: &mut OscBundle| {
        let whole = OscBundle { timetag: AT_ONCE, content: std::mem::take(&mut bundle.content) };
        if let Ok(packet) = encoder::encode(&OscPacket::Bundle(whole)) {
            bundles.push(packet);
        }
    };
    for (address, value) in values {
        let message = message(address, value);
        let Ok(length) = encoder::encode(&message).map(|packet| packet.len() + 4) else { continue };
        if BUNDLE_BYTES + length > MOST_BYTES {
            continue;
        }
        if bytes + length > MOST_BYTES {
            finish(&mut bundle);
            bytes = BUNDLE_BYTES;
        }
        bytes += length;
        bundle.content.push(message);
    }
    if !bundle.content.is_empty() {
        finish(&mut bundle);
    }
    bundles
}

/// Returns a packet with the value of one address.
#[must_use]
pub fn encode(address: &str, value: &Argument) -> Option<Vec<u8>> {
    encoder::encode(&message(address, value)).ok()
}

fn message(address: &str, value: &Argument) -> OscPacket {
    let value = match value {
        Argument::Switch(on) => OscType::Int((*on).into()),
        Argument::Whole(number) => i32::try_from(*number).map_or(OscType::Float(*number as f32), OscType::Int),
        Argument::Number(number) => OscType::Float(*number as f32),
        // A zero byte would end it.
        Argument::Text(text) => OscType::String(text[..text.floor_char_boundary(LONGEST_TEXT)].replace('\0', " ")),
    };
    OscPacket::Message(OscMessage { addr: address.to_owned(), args: vec![value] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(address: &str, args: Vec<OscType>) -> OscPacket {
        OscPacket::Message(OscMessage { addr: address.into(), args })
    }

    #[test]
    fn messages_of_bundles_come_in_their_order_whatever_their_time() {
        let later = OscTime { seconds: u32::MAX, fractional: 0 };
        let inner = OscBundle { timetag: later, content: vec![packed("/b", vec![OscType::Float(0.5)])] };
        let content =
            vec![packed("/a", vec![]), OscPacket::Bundle(inner), packed("/c", vec![OscType::Nil, "d".into()])];
        let bytes = encoder::encode(&OscPacket::Bundle(OscBundle { timetag: AT_ONCE, content })).unwrap();
        let message =
            |address: &str, arguments: &[Argument]| Message { address: address.into(), arguments: arguments.to_vec() };
        let expected = [message("/a", &[]), message("/b", &[0.5.into()]), message("/c", &["d".into()])];
        assert_eq!(decode(&bytes).unwrap(), expected);
        assert!(decode(&bytes[..bytes.len() - 4]).is_err(), "all or nothing");
    }

    #[test]
    fn what_lies_in_itself_is_refused_before_it_is_followed() {
        let mut bundle = encoder::encode(&packed("/go", vec![])).unwrap();
        while bundle.len() < 60_000 {
            let length = u32::try_from(bundle.len()).unwrap().to_be_bytes();
            bundle = [&b"#bundle\0\0\0\0\0\0\0\0\x01"[..], &length, &bundle].concat();
        }
        assert!(decode(&bundle).unwrap_err().contains("deep"));
        let arrays = [&b"/go\0,"[..], &[b'['; 25_000], &[b']'; 25_002], &[0]].concat();
        assert!(decode(&arrays).unwrap_err().contains("deep"));
        let many = OscBundle { timetag: AT_ONCE, content: vec![packed("/go", vec![]); MOST_MESSAGES + 1] };
        assert!(decode(&encoder::encode(&OscPacket::Bundle(many)).unwrap()).is_err());
    }

    #[test]
    fn values_go_out_as_numbers_and_texts_in_small_bundles() {
        let long = Argument::from("é".repeat(5000).as_str());
        let values: Vec<(String, Argument)> =
            (0..200).map(|n| (format!("/millions/adjust/value-{n}"), f64::from(n).into())).collect();
        let mut values: Vec<_> = values.iter().map(|(address, value)| (address.as_str(), value)).collect();
        values.extend([("/long", &long), ("/on", &Argument::Switch(true)), ("/far", &Argument::Whole(1 << 40))]);
        let packets = bundles(&values);
        assert!(packets.iter().all(|packet| packet.len() <= MOST_BYTES) && packets.len() < 10);
        let told: Vec<_> = packets.iter().flat_map(|packet| decode(packet).unwrap()).collect();
        assert_eq!(told.len(), values.len());
        assert_eq!(told[7].arguments, [Argument::Number(7.0)]);
        assert_eq!(told[201].arguments, [Argument::Whole(1)]);
        assert!(matches!(told[202].arguments[..], [Argument::Number(_)]));
    }

    proptest! {
        #[test]
        fn no_packet_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..64) {
            let _ = decode(&bytes);
            let _ = decode(&[b"#bundle\0", &bytes[..]].concat());
            let _ = decode(&[b"/millions/go\0\0\0\0,", &bytes[..]].concat());
            let mut damaged = bundles(&[("/millions/hold", &true.into()), ("/millions/name", &"a".into())]).remove(0);
            for (at, byte) in bytes.iter().enumerate().take(4) {
                let index = (usize::from(*byte) + at * 17) % damaged.len();
                damaged[index] ^= byte;
            }
            damaged.truncate(damaged.len().saturating_sub(cut));
            let _ = decode(&damaged);
        }
    }
}
