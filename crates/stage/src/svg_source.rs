//! The text of an SVG file: unpacked and decoded as a browser does. See [`svg_text`].

use std::io::Read as _;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;

use super::svg::SvgError;

/// The most bytes of an SVG, packed or unpacked: a drawing over a photograph that is embedded in it.
pub const SVG_BYTES: u64 = 32 << 20;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Decodes an SVG, packed (`.svgz`) or not: in the encoding of its byte order mark, or of its XML declaration, or in UTF-8.
///
/// # Errors
/// When it is too large, a broken gzip file, or in an encoding that is unknown or another than it says.
pub(super) fn svg_text(bytes: &[u8]) -> Result<String, SvgError> {
    if bytes.len() as u64 > SVG_BYTES {
        return Err(SvgError::TooLarge);
    }
    if bytes.starts_with(&GZIP) {
        let mut unpacked = Vec::new();
        let read = MultiGzDecoder::new(bytes).take(SVG_BYTES + 1).read_to_end(&mut unpacked);
        if unpacked.len() as u64 > SVG_BYTES {
            return Err(SvgError::TooLarge);
        }
        read.map_err(|error| SvgError::Unread(format!("it is a packed file, and broken: {error}")))?;
        return decoded(&unpacked);
    }
    decoded(bytes)
}

fn decoded(bytes: &[u8]) -> Result<String, SvgError> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        // Without a mark, as some programs write UTF-16.
        None if bytes.starts_with(&[b'<', 0]) => (UTF_16LE, 0),
        None if bytes.starts_with(&[0, b'<']) => (UTF_16BE, 0),
        None => (declared(bytes)?, 0),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    let text = text.ok_or_else(|| {
        SvgError::Unread(format!("its letters are not all {}: save it again as UTF-8", encoding.name()))
    })?;
    Ok(text.into_owned())
}

/// The encoding that an XML declaration names.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, SvgError> {
    /// More than any declaration has.
    const LONGEST: usize = 512;
    let start = bytes.trim_ascii_start();
    let start = String::from_utf8_lossy(&start[..start.len().min(LONGEST)]);
    let Some(declaration) = start.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map(|(text, _)| text)
    else {
        return Ok(UTF_8);
    };
    let Some((_, value)) = declaration.split_once("encoding") else { return Ok(UTF_8) };
    let value = value.trim_start().trim_start_matches('=').trim_start();
    let label = value.trim_start_matches(['"', '\'']).split(['"', '\'']).next().unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        // It was just read a byte a letter, so it is none of UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(SvgError::Unread(format!("its encoding, `{label}`, is unknown: save it again as UTF-8"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_of_a_browser_is_read() {
        let of = |encoding: &str| format!("<?xml version='1.0' encoding = \"{encoding}\" ?><svg id=\"Fenêtre\"/>");
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let with_mark = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        let latin =
            |text: &str| text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect::<Vec<u8>>();
        let (utf8, utf16) = (of("UTF-8"), of("utf-16"));
        for bytes in [
            utf8.clone().into_bytes(),
            with_mark(b"\xef\xbb\xbf", utf8.clone().into_bytes()),
            with_mark(b"\xff\xfe", wide(&utf16, u16::to_le_bytes)),
            with_mark(b"\xfe\xff", wide(&utf16, u16::to_be_bytes)),
            wide(&utf16, u16::to_le_bytes),
            wide(&utf16, u16::to_be_bytes),
            utf16.clone().into_bytes(),
            latin(&of("ISO-8859-1")),
            packed(utf8.as_bytes()),
            packed(&latin(&of("latin1"))),
        ] {
            assert!(svg_text(&bytes).unwrap().ends_with("<svg id=\"Fenêtre\"/>"), "{bytes:?}");
        }
        let cyrillic = b"<?xml version=\"1.0\" encoding=\"windows-1251\"?><svg id=\"\xce\xea\xed\xee\"/>";
        assert!(svg_text(cyrillic).unwrap().contains("Окно"));
    }

    #[test]
    fn what_is_no_text_is_refused_and_no_more_unpacked_than_is_allowed() {
        for bytes in [&latin_without_a_word()[..], &packed(b"<svg/>")[..12], b"<?xml encoding='klingon'?><svg/>"] {
            assert!(matches!(svg_text(bytes), Err(SvgError::Unread(_))), "{bytes:?}");
        }
        let bomb = packed(&vec![b' '; SVG_BYTES as usize + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(svg_text(&bomb), Err(SvgError::TooLarge));
    }

    fn latin_without_a_word() -> Vec<u8> {
        b"<svg id=\"Fen\xeatre\"/>".to_vec()
    }
}
