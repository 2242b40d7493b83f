//! Decoding a spreadsheet's bytes to text, in the encodings that spreadsheet programs write.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::Note;

/// Decodes UTF-8 with or without a byte order mark, UTF-16 with one ("Unicode text"), and everything else as Windows-1252;
/// returns the text with a note on its encoding.
///
/// # Errors
/// A text, for a workbook or another binary file.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Note>), String> {
    // .xlsx and .ods are zip files, .xls is an OLE file.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err("a workbook with the name of a CSV file: save it as \"CSV UTF-8\"".into());
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, had_errors) = encoding.decode_without_bom_handling(&bytes[mark..]);
        let note =
            had_errors.then(|| Note::whole(format!("not all of it is {}: some letters are lost", encoding.name())));
        return Ok((text, note));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        return Ok((Cow::Borrowed(text), None));
    }
    if bytes.contains(&0) {
        return Err("not a text: save it as \"CSV UTF-8\"".into());
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let note = "not UTF-8, and taken as Windows-1252: where letters are wrong, save it as \"CSV UTF-8\"";
    Ok((text, Some(Note::whole(note))))
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
        ] {
            assert_eq!(decode(&bytes).unwrap(), (Cow::Borrowed(text), None));
        }
        let (text, note) = decode(b"file;quote\nM\xFCller;\x84So\x93").unwrap();
        assert_eq!(text, "file;quote\nMüller;„So“");
        assert!(note.unwrap().text.contains("Windows-1252"));
        let (_, note) = decode(b"\xEF\xBB\xBFfile\nM\xFCller").unwrap();
        assert!(note.unwrap().text.contains("UTF-8"));
    }

    #[test]
    fn what_is_no_text_is_said() {
        assert!(decode(b"PK\x03\x04\x14\0").unwrap_err().contains("workbook"));
        assert!(decode(b"file\0name").unwrap_err().contains("not a text"));
    }
}
