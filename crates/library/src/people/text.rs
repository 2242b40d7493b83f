//! Decoding a spreadsheet's bytes to text, in the encodings that spreadsheet programs write.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_16BE, UTF_16LE};

use super::{Note, legacy};

/// How many bytes tell UTF-16 without a byte order mark.
const PROBED: usize = 4096;

/// A spreadsheet's text.
#[derive(Debug, PartialEq)]
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub note: Option<Note>,
    /// Whether it is not Unicode: bytes beyond ASCII were kept by [`legacy::keep`], to be read cell by cell.
    pub is_legacy: bool,
}

/// Decodes Unicode with or without a byte order mark, and ISO-2022-JP; the bytes of every other text are kept.
///
/// # Errors
/// A text, for a workbook or another binary file.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, String> {
    // .xlsx and .ods are zip files, .xls is an OLE file.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err("a workbook with the name of a CSV file: save it as \"CSV UTF-8\"".into());
    }
    let unicode = |text, note| Ok(Decoded { text, note, is_legacy: false });
    let lost = |encoding: &'static Encoding| {
        Note::whole(format!("not all of it is {}: some letters are lost", encoding.name()))
    };
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, had_errors) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return unicode(text, had_errors.then(|| lost(encoding)));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        let is_escaped = [&b"\x1b$"[..], b"\x1b("].iter().any(|escape| bytes.windows(2).any(|pair| pair == *escape));
        return match ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(japanese) if is_escaped => unicode(japanese, None),
            _ => unicode(Cow::Borrowed(text), None),
        };
    }
    if bytes.contains(&0) {
        let text = utf16(bytes).ok_or("not a text: save it as \"CSV UTF-8\"")?;
        return unicode(text, None);
    }
    // UTF-8 that was cut or joined with something else is broken in few places.
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if whole > 2 * broken {
        return unicode(String::from_utf8_lossy(bytes), Some(lost(encoding_rs::UTF_8)));
    }
    Ok(Decoded { text: legacy::keep(bytes).into(), note: None, is_legacy: true })
}

/// Decodes UTF-16 without a byte order mark: in one order of its bytes it begins as a spreadsheet of people does.
fn utf16(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let orders = [UTF_16LE, UTF_16BE].map(|encoding| encoding.decode_without_bom_handling(bytes));
    let is_sheet = |text: &str| {
        let begin: String = text.chars().take(PROBED).collect::<String>().to_lowercase();
        begin.contains("file") && !begin.contains('\0')
    };
    orders.into_iter().find(|(text, had_errors)| !had_errors && is_sheet(text)).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_that_spreadsheet_programs_write() {
        let text = "file;name\nä.jpg;Łucja Вера";
        let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            utf16([0xFF, 0xFE], u16::to_le_bytes),
            utf16([0xFE, 0xFF], u16::to_be_bytes),
            utf16([0xFF, 0xFE], u16::to_le_bytes)[2..].to_vec(),
            utf16([0xFE, 0xFF], u16::to_be_bytes)[2..].to_vec(),
        ] {
            let expected = Decoded { text: Cow::Borrowed(text), note: None, is_legacy: false };
            assert_eq!(decode(&bytes).unwrap(), expected);
        }
        for bytes in [&b"\xEF\xBB\xBFfile\nM\xFCller"[..], "file;name\na.jpg;Łucja Вера\nb.jpg;M\u{fc}".as_bytes()]
        {
            let bytes = bytes.strip_suffix(b"\xbc").unwrap_or(bytes);
            let Decoded { note, is_legacy, .. } = decode(bytes).unwrap();
            assert!(!is_legacy && note.unwrap().text.contains("UTF-8"));
        }
        let japanese = b"file,name\na.jpg,\x1b$B;3ED\x1b(B";
        assert_eq!(decode(japanese).unwrap().text, "file,name\na.jpg,山田");
        assert!(decode(b"file;quote\nM\xFCller;\x84So\x93").unwrap().is_legacy);
    }

    #[test]
    fn what_is_no_text_is_said() {
        assert!(decode(b"PK\x03\x04\x14\0").unwrap_err().contains("workbook"));
        assert!(decode(b"file\0name").unwrap_err().contains("not a text"));
    }
}
