//! The orientation in a photograph's metadata: EXIF as cameras, programs and messengers write it, XMP where there is none.
//!
//! The first block that says an orientation counts, and in it the first tag, as in every viewer. Programs write the number
//! with any integer type, the block with JPEG's prefix where there should be none, and, into PNG, as text.

use image::metadata::Orientation;

use super::ifd::{Directories, tag};

/// The most bytes of compressed EXIF that are unpacked; JPEG's segments hold no more.
const MAX_UNPACKED: usize = 1 << 20;

/// The orientation that a block of EXIF says, with or without the prefix that it has in JPEG.
pub fn orientation(exif: &[u8]) -> Option<Orientation> {
    let mut exif = exif;
    while let Some(rest) = exif.strip_prefix(b"Exif\0") {
        exif = rest.get(1..)?;
    }
    let directories = Directories::open(exif)?;
    let first = directories.read(directories.first)?;
    let value = directories.value(&first, tag::ORIENTATION)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

/// The orientation that XMP says: an attribute or an element `tiff:Orientation`.
pub fn xmp_orientation(xmp: &[u8]) -> Option<Orientation> {
    let name = b"tiff:Orientation";
    let at = xmp.windows(name.len()).position(|window| window == name)? + name.len();
    let rest = xmp.get(at..(at + 16).min(xmp.len()))?;
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim_start().trim_start_matches(['=', '>']).trim_start().trim_start_matches(['"', '\'']);
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Orientation::from_exif(digits.parse().ok()?)
}

/// The orientation in a PNG's chunks: `eXIf` wherever it stands, or else text in which other programs keep a profile.
pub fn png_orientation(bytes: &[u8]) -> Option<Orientation> {
    let chunks = || png_chunks(bytes);
    let exif = chunks().filter(|(name, _)| *name == b"eXIf").find_map(|(_, body)| orientation(body));
    let texts = || chunks().filter_map(|(name, body)| png_text(name, body));
    exif.or_else(|| {
        texts().find_map(|(keyword, text)| {
            let kind = keyword.strip_prefix("Raw profile type ")?;
            let body = hex_profile(&text).filter(|_| kind == "exif" || kind == "APP1")?;
            orientation(&body)
        })
    })
    .or_else(|| {
        texts().filter(|(keyword, _)| keyword == "XML:com.adobe.xmp").find_map(|(_, xmp)| xmp_orientation(&xmp))
    })
}

/// A PNG's chunks, as far as they are whole.
fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, after) = rest.split_first_chunk::<8>()?;
        let [length, name] = [head.first_chunk::<4>()?, head.last_chunk::<4>()?];
        let length = u32::from_be_bytes(*length) as usize;
        let body = after.get(..length)?;
        rest = after.get(length.checked_add(4)?..).unwrap_or_default();
        Some((name, body))
    })
}

/// The keyword and the bytes of a chunk of text, unpacked.
fn png_text(name: &[u8; 4], body: &[u8]) -> Option<(String, Vec<u8>)> {
    let to_null = |bytes: &[u8]| bytes.iter().position(|byte| *byte == 0);
    let unpack = |packed: &[u8]| miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, MAX_UNPACKED).ok();
    let end = to_null(body)?;
    let (keyword, rest) = (String::from_utf8_lossy(&body[..end]).into_owned(), &body[end + 1..]);
    let text = match name {
        b"tEXt" => rest.to_vec(),
        b"zTXt" => unpack(rest.get(1..)?)?,
        b"iTXt" => {
            let (is_packed, mut rest) = (*rest.first()? == 1, rest.get(2..)?);
            // A language and the keyword in it.
            for _ in 0..2 {
                rest = &rest[to_null(rest)? + 1..];
            }
            if is_packed { unpack(rest)? } else { rest.to_vec() }
        }
        _ => return None,
    };
    Some((keyword, text))
}

/// The bytes of a profile as ImageMagick writes it into text: a name, a length and hexadecimal digits, in lines.
fn hex_profile(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace().skip(1);
    let length: usize = words.next()?.parse().ok()?;
    let digits: Vec<u8> =
        words.flat_map(str::bytes).filter_map(|c| char::from(c).to_digit(16)).map(|d| d as u8).collect();
    let bytes: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
    Some(bytes).filter(|bytes| bytes.len() >= length.min(16))
}

/// The orientation in a WebP's chunks: `EXIF` wherever it stands, or else `XMP `.
pub fn webp_orientation(bytes: &[u8]) -> Option<Orientation> {
    let chunks = |wanted: &'static [u8; 4]| webp_chunks(bytes).filter(move |(name, _)| *name == wanted);
    let exif = chunks(b"EXIF").find_map(|(_, body)| orientation(body));
    exif.or_else(|| chunks(b"XMP ").find_map(|(_, body)| xmp_orientation(body)))
}

/// A WebP's chunks, as far as they are whole. One of odd length is padded, but by some programs not.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, after) = rest.split_first_chunk::<8>()?;
        let [name, length] = [head.first_chunk::<4>()?, head.last_chunk::<4>()?];
        let length = u32::from_le_bytes(*length) as usize;
        let body = after.get(..length)?;
        let is_padded = length % 2 == 1 && after.get(length).is_none_or(|pad| *pad == 0);
        rest = after.get(length + usize::from(is_padded)..).unwrap_or_default();
        Some((name, body))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF with tags of one number each.
    fn exif(is_big_endian: bool, tags: &[(u16, u16, u32)]) -> Vec<u8> {
        let short = |n: u16| if is_big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if is_big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut bytes = if is_big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        bytes.extend(long(8));
        bytes.extend(short(tags.len() as u16));
        for (tag, kind, value) in tags {
            bytes.extend([&short(*tag)[..], &short(*kind), &long(1)].concat());
            let value = match kind {
                1 | 6 => [*value as u8, 0, 0, 0],
                3 | 8 => [&short(*value as u16)[..], &[0, 0]].concat().try_into().unwrap(),
                _ => long(*value),
            };
            bytes.extend(value);
        }
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn every_integer_type_says_an_orientation_and_the_first_counts() {
        for is_big_endian in [false, true] {
            for kind in [1, 3, 4, 6, 8, 9] {
                let block = exif(is_big_endian, &[(0x10F, 3, 7), (0x112, kind, 6), (0x112, 3, 1)]);
                for prefix in [&b""[..], b"Exif\0\0", b"Exif\0\0Exif\0\0"] {
                    let block = [prefix, &block].concat();
                    assert_eq!(orientation(&block), Some(Orientation::Rotate90), "{kind} {is_big_endian}");
                }
            }
            assert_eq!(orientation(&exif(is_big_endian, &[(0x112, 3, 9)])), None);
            assert_eq!(orientation(&exif(is_big_endian, &[(0x112, 3, 262)])), None);
            assert_eq!(orientation(&exif(is_big_endian, &[(0x112, 11, 6)])), None);
        }
    }

    #[test]
    fn png_says_it_anywhere_and_as_text() {
        let block = exif(true, &[(0x112, 3, 8)]);
        let chunk =
            |name: &[u8; 4], body: &[u8]| [&(body.len() as u32).to_be_bytes()[..], name, body, &[0; 4]].concat();
        let hex = |prefix: &[u8]| {
            let bytes = [prefix, &block].concat();
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let lines: Vec<&str> =
                digits.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("\nexif\n{:8}\n{}\n", bytes.len(), lines.join("\n"))
        };
        let text = hex(b"Exif\0\0");
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 6);
        let xmp = b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='8'/>";
        let bodies = [
            chunk(b"eXIf", &block),
            chunk(b"eXIf", &[&b"Exif\0\0"[..], &block].concat()),
            chunk(b"tEXt", &[b"Raw profile type exif\0", text.as_bytes()].concat()),
            chunk(b"tEXt", &[b"Raw profile type APP1\0", hex(b"").as_bytes()].concat()),
            chunk(b"zTXt", &[b"Raw profile type exif\0\0", &packed[..]].concat()),
            chunk(b"iTXt", &[b"Raw profile type APP1\0\x01\0en\0\0", &packed[..]].concat()),
            chunk(b"iTXt", &[b"Raw profile type APP1\0\0\0\0\0", text.as_bytes()].concat()),
            chunk(b"iTXt", xmp),
        ];
        for (index, body) in bodies.iter().enumerate() {
            let file = [b"\x89PNG\r\n\x1a\n", &chunk(b"IDAT", b"...")[..], body, &chunk(b"IEND", b"")].concat();
            assert_eq!(png_orientation(&file), Some(Orientation::Rotate270), "{index}");
            for end in 0..file.len() {
                let _ = png_orientation(&file[..end]);
            }
        }
    }

    #[test]
    fn webp_says_it_after_foreign_chunks() {
        let block = exif(false, &[(0x112, 4, 3)]);
        let chunk = |name: &[u8; 4], body: &[u8], pad: bool| {
            let padding: &[u8] = if pad && body.len() % 2 == 1 { &[0] } else { &[] };
            [&name[..], &(body.len() as u32).to_le_bytes(), body, padding].concat()
        };
        for (foreign, pad) in [(&b"12345"[..], true), (b"12345", false), (b"123456", true)] {
            for prefix in [&b""[..], b"Exif\0\0"] {
                let exif = [prefix, &block].concat();
                let file = [b"RIFF....WEBP", &chunk(b"PSAI", foreign, pad)[..], &chunk(b"EXIF", &exif, true)].concat();
                assert_eq!(webp_orientation(&file), Some(Orientation::Rotate180));
            }
        }
        let xmp = chunk(b"XMP ", b"<tiff:Orientation>3</tiff:Orientation>", true);
        assert_eq!(webp_orientation(&[b"RIFF....WEBP", &xmp[..]].concat()), Some(Orientation::Rotate180));
    }
}
