//! HEIC, HEIF and AVIF, the formats of telephones: decoded by the machine's libheif, which orients and crops by the file's
//! properties.
//!
//! The EXIF orientation is ignored: in these files it repeats those properties, and a picture rotated by both lies on its
//! side.

use serde::{Deserialize, Serialize};

use super::colour::{self, ColourModel};
use super::decode::{Decoded, Limits, check_size};
use super::error::too_costly;
use super::hdr;
use super::libheif::{CodePoints, Codec, Failure, LibHeif, Pixels, Primary, libheif};
use super::resample::{Depth, Raster};
use super::worker_process::workers;

/// The brands of each kind of picture that libheif reads.
const AVIF_BRANDS: [&[u8; 4]; 2] = [b"avif", b"avis"];
const HEIC_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"];
const HEIF_BRANDS: [&[u8; 4]; 4] = [b"mif1", b"mif2", b"msf1", b"miaf"];

/// The kind of a picture, by the brands of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeifKind {
    Avif,
    Heic,
    /// Another picture in the same container.
    Heif,
}

impl HeifKind {
    /// Reads the brands at a file's beginning; `None` where they are of no such picture.
    pub fn of(head: &[u8]) -> Option<Self> {
        let (first, kind) = (head.get(..4)?, head.get(4..8)?);
        if kind != b"ftyp" {
            return None;
        }
        let length = u32::from_be_bytes(first.try_into().ok()?) as usize;
        let own = head.get(8..12)?;
        // The version stands between the major brand and the compatible ones.
        let compatible = head.get(16..length.min(head.len())).unwrap_or_default();
        let among = |brands: &[&[u8; 4]], brand: &[u8]| brands.iter().any(|known| *known == brand);
        let has = |brands: &[&[u8; 4]]| {
            among(brands, own) || compatible.as_chunks::<4>().0.iter().any(|brand| among(brands, brand))
        };
        let kinds: [(&[_], Self); 3] =
            [(&AVIF_BRANDS, Self::Avif), (&HEIC_BRANDS, Self::Heic), (&HEIF_BRANDS, Self::Heif)];
        kinds.into_iter().find(|(brands, _)| has(brands)).map(|(_, kind)| kind)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Avif => "an AVIF picture",
            Self::Heic => "a HEIC picture",
            Self::Heif => "a HEIF picture",
        }
    }

    /// libheif's error, in our words.
    fn failure(self, Failure(reason): &Failure, limits: Limits) -> String {
        let (name, reason) = (self.name(), reason.to_lowercase());
        if reason.contains("limit") || reason.contains("memory") {
            return format!("{name}: {}", too_costly(None, limits.max_alloc_bytes));
        }
        if reason.contains("unsupported") || reason.contains("not supported") || reason.contains("not implemented") {
            return format!("{name} of a kind that this machine's libheif cannot read: save it as a JPEG");
        }
        format!("{name} that is damaged or breaks off: copy it again, or save it as a JPEG")
    }
}

/// What this machine's libheif can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeifSupport {
    /// Such as 1.15.1.
    pub version: String,
    /// Whether HEIC can be decoded.
    pub hevc: bool,
    /// Whether AVIF can be decoded.
    pub av1: bool,
}

impl HeifSupport {
    /// Reads the capabilities of the machine's libheif; where there are worker processes, one of those loads it.
    ///
    /// # Errors
    /// The linker's text, when there is none.
    pub fn of_this_machine() -> Result<Self, String> {
        workers().map_or_else(Self::of_this_process, |workers| workers.ready()?.heif)
    }

    /// Loads the machine's libheif into this process and reads its capabilities.
    ///
    /// # Errors
    /// The linker's text, when there is none.
    pub(super) fn of_this_process() -> Result<Self, String> {
        let heif = libheif().map_err(str::to_owned)?;
        Ok(Self { version: heif.version(), hevc: heif.decodes(Codec::Hevc), av1: heif.decodes(Codec::Av1) })
    }

    /// A text that changes when the readable files may change.
    pub(super) fn fingerprint() -> String {
        Self::of_this_machine().map_or_else(|_| "none".into(), |support| format!("{support:?}"))
    }

    /// How to install libheif here.
    #[must_use]
    pub const fn how_to_install() -> &'static str {
        if cfg!(target_os = "macos") {
            "`brew install libheif`"
        } else if cfg!(windows) {
            "put heif.dll (from vcpkg or MSYS2) on the PATH"
        } else {
            "`apt install libheif1` (Fedora: `dnf install libheif`, Arch: `pacman -S libheif`)"
        }
    }

    /// How to install its decoder for HEIC here.
    #[must_use]
    pub const fn how_to_install_hevc() -> &'static str {
        if cfg!(target_os = "linux") {
            "`apt install libheif-plugin-libde265` (Fedora: libheif-freeworld of RPM Fusion, Arch: libde265)"
        } else {
            "install a libheif that is built with libde265"
        }
    }

    /// How to install its decoder for AVIF here.
    #[must_use]
    pub const fn how_to_install_av1() -> &'static str {
        if cfg!(target_os = "linux") {
            "`apt install libheif-plugin-dav1d` or `libheif-plugin-aomdec` (Arch: dav1d)"
        } else {
            "install a libheif that is built with dav1d or aom"
        }
    }
}

/// A picture whose header is read.
pub struct Decoder<'a> {
    kind: HeifKind,
    primary: Primary<'a>,
    width: u32,
    height: u32,
    code_points: Option<CodePoints>,
    limits: Limits,
}

impl<'a> Decoder<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// A text, also when libheif or one of its codecs is missing on this machine.
    pub fn new(bytes: &'a [u8], kind: HeifKind, limits: Limits) -> Result<Self, String> {
        let heif = libheif().map_err(|_| {
            let install = HeifSupport::how_to_install();
            format!("{}, and libheif is not on this machine: {install}, then start again", kind.name())
        })?;
        let Limits { max_pixels, max_alloc_bytes } = limits;
        let primary = Primary::open(heif, bytes, max_pixels, max_alloc_bytes)
            .map_err(|failure| kind.failure(&failure, limits))?;
        let (width, height) = primary.size();
        check_size(width, height, limits)?;
        let (coded_width, coded_height) = primary.coded_size();
        check_size(coded_width, coded_height, limits)?;
        if let Some(missing) = missing_codec(heif, bytes, kind) {
            return Err(missing);
        }
        let code_points = primary.code_points();
        Ok(Self { kind, primary, width, height, code_points, limits })
    }

    /// The bytes that decoding allocates at most, for a picture coded in one piece: tiled ones take less.
    pub fn decode_bytes(&self) -> u64 {
        let (coded_width, coded_height) = self.primary.coded_size();
        let pixels = u64::from(coded_width) * u64::from(coded_height);
        let pixels = pixels.max(u64::from(self.width) * u64::from(self.height));
        let values = if self.primary.has_alpha() { 4 } else { 3 };
        // The codec's picture, libheif's planes and its RGB picture, and our copy, not all at once. Measured with libheif
        // 1.15 and 1.23 and 12 megapixels: 6 to 8 bytes per pixel, 12 for more than 8 bits.
        let pixel_thirds = if self.primary.bits() > 8 { values * 12 } else { values * 8 };
        pixels * pixel_thirds / 3
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// A text, when the picture cannot be read.
    pub fn decode(self) -> Result<Decoded, String> {
        let failed = |failure: Failure| self.kind.failure(&failure, self.limits);
        let bits = self.primary.bits();
        let icc = self.primary.icc();
        // Where the code points are in the bitstream only, the picture is decoded twice; such files are rare.
        let is_hdr = self.code_points.is_some_and(|points| hdr::is_hdr(points.transfer));
        let mut pixels = self.primary.decode(is_hdr && bits > 8).map_err(failed)?;
        let code_points = self.code_points.or_else(|| if icc.is_none() { pixels.code_points() } else { None });
        if !is_hdr && bits > 8 && code_points.is_some_and(|points| hdr::is_hdr(points.transfer)) {
            drop(pixels);
            pixels = self.primary.decode(true).map_err(failed)?;
        }
        check_size(pixels.width, pixels.height, self.limits)?;
        let alpha = self.primary.has_alpha();
        let curve = code_points.and_then(|points| hdr::TransferCurve::of(points.transfer, pixels.bits()));
        let profile = match (icc, code_points) {
            // An ICC profile does not describe HDR; the code points do.
            (_, Some(points)) if curve.is_some() => colour::icc_from_code_points(points.primaries, hdr::SRGB_TRANSFER),
            (Some(icc), _) => Some(icc),
            (None, Some(points)) => colour::icc_from_code_points(points.primaries, points.transfer),
            (None, None) => None,
        };
        // libheif expands grey pictures to RGB.
        let grey = profile.as_deref().is_some_and(colour::is_grey_profile);
        Ok(Decoded::upright(raster(&pixels, alpha, grey, curve.as_ref()), profile))
    }
}

/// Copies libheif's pixels to 8 bits per value, through the tone `curve` for HDR pictures.
fn raster(pixels: &Pixels, alpha: bool, grey: bool, curve: Option<&hdr::TransferCurve>) -> Raster {
    let Pixels { width, height, .. } = *pixels;
    let bits = pixels.bits();
    let values = if alpha { 4 } else { 3 };
    let model = if grey { ColourModel::Grey } else { ColourModel::Rgb };
    let kept = model.channels();
    let mut bytes = Vec::with_capacity(width as usize * height as usize * (kept + values - 3));
    for row in pixels.rows() {
        if bits == 8 && curve.is_none() && !grey {
            bytes.extend_from_slice(row);
            continue;
        }
        let value_at = |index: usize| match bits {
            8 => u16::from(row[index]),
            _ => u16::from_le_bytes([row[index * 2], row[index * 2 + 1]]),
        };
        let last = (1u32 << bits) - 1;
        let to_8_bits = |value: u16| ((u32::from(value) * 255 + last / 2) / last).min(255) as u8;
        for pixel in 0..width as usize {
            for colour in 0..kept {
                let value = value_at(pixel * values + colour);
                bytes.push(curve.map_or_else(|| to_8_bits(value), |curve| curve.to_srgb(value)));
            }
            if alpha {
                bytes.push(to_8_bits(value_at(pixel * values + 3)));
            }
        }
    }
    Raster { width, height, model, alpha, depth: Depth::U8, bytes }
}

/// The reason for which this machine cannot decode the file's codec, if so.
fn missing_codec(heif: &LibHeif, bytes: &[u8], kind: HeifKind) -> Option<String> {
    let codec = codec(bytes, kind)?;
    let (name, install) = match codec {
        Codec::Hevc => ("HEVC", HeifSupport::how_to_install_hevc()),
        Codec::Av1 => ("AV1", HeifSupport::how_to_install_av1()),
    };
    (!heif.decodes(codec)).then(|| {
        let picture = kind.name();
        format!("{picture}, and this machine's libheif has no {name} decoder: {install}, then start again")
    })
}

/// The codec of the file's pictures: by the item types in its boxes, or else by its brands.
fn codec(bytes: &[u8], kind: HeifKind) -> Option<Codec> {
    let mut at = 0;
    while let Some((box_type, body, next)) = next_box(bytes, at) {
        if box_type == *b"meta" || box_type == *b"moov" {
            let names = |name: &[u8; 4]| body.windows(4).any(|window| window == name);
            return match (names(b"hvc1") || names(b"hev1"), names(b"av01")) {
                (true, _) => Some(Codec::Hevc),
                (false, true) => Some(Codec::Av1),
                (false, false) => None,
            };
        }
        at = next;
    }
    match kind {
        HeifKind::Avif => Some(Codec::Av1),
        HeifKind::Heic => Some(Codec::Hevc),
        HeifKind::Heif => None,
    }
}

/// Reads the box at `at`: its type, its body as far as the file goes, and the offset of the next box.
fn next_box(bytes: &[u8], at: usize) -> Option<([u8; 4], &[u8], usize)> {
    let header = bytes.get(at..at.checked_add(8)?)?;
    let [a, b, c, d, box_type @ ..] = *<&[u8; 8]>::try_from(header).ok()?;
    let (header_length, length) = match u32::from_be_bytes([a, b, c, d]) {
        // To the end of the file.
        0 => (8, bytes.len() - at),
        1 => {
            let long = bytes.get(at + 8..at + 16)?.try_into().ok()?;
            (16, usize::try_from(u64::from_be_bytes(long)).ok()?)
        }
        length => (8, length as usize),
    };
    let next = at.checked_add(length.max(header_length))?;
    let body = bytes.get(at + header_length..next.min(bytes.len()))?;
    Some((box_type, body, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_say_what_a_file_is() {
        let file = |own: &[u8; 4], others: &[&[u8; 4]]| {
            let others: Vec<u8> = others.iter().flat_map(|brand| **brand).collect();
            let length = 16 + others.len() as u32;
            [&length.to_be_bytes()[..], b"ftyp", own, &[0; 4], &others, b"heicheic"].concat()
        };
        assert_eq!(HeifKind::of(&file(b"heic", &[b"mif1"])), Some(HeifKind::Heic));
        assert_eq!(HeifKind::of(&file(b"mif1", &[b"mif1", b"heic"])), Some(HeifKind::Heic));
        assert_eq!(HeifKind::of(&file(b"mif1", &[b"miaf", b"avif"])), Some(HeifKind::Avif));
        assert_eq!(HeifKind::of(&file(b"msf1", &[])), Some(HeifKind::Heif));
        assert_eq!(HeifKind::of(&file(b"isom", &[b"mp42"])), None, "a film, and what follows its brands is none");
        assert_eq!(HeifKind::of(&file(b"qt  ", &[])), None);
        let whole = file(b"heic", &[b"mif1"]);
        for end in 0..whole.len() {
            let _ = HeifKind::of(&whole[..end]);
        }
    }

    #[test]
    fn boxes_say_what_pictures_are_compressed_with() {
        let boxed = |kind: &[u8; 4], body: &[u8]| [&(8 + body.len() as u32).to_be_bytes()[..], kind, body].concat();
        let hevc = [boxed(b"ftyp", b"mif1"), boxed(b"free", b"av01"), boxed(b"meta", b"..hvc1..")].concat();
        assert_eq!(codec(&hevc, HeifKind::Heif), Some(Codec::Hevc));
        let av1 = [boxed(b"ftyp", b"mif1"), boxed(b"meta", b"..av01..")].concat();
        assert_eq!(codec(&av1, HeifKind::Heic), Some(Codec::Av1));
        let long = [&1u32.to_be_bytes()[..], b"mdat", &24u64.to_be_bytes(), &[0; 8], &av1].concat();
        assert_eq!(codec(&long, HeifKind::Heif), Some(Codec::Av1));
        assert_eq!(codec(&boxed(b"meta", b"jpeg"), HeifKind::Heic), None, "JPEG in such a file needs neither");
        assert_eq!(codec(&[0, 0, 0, 8], HeifKind::Avif), Some(Codec::Av1));
        for end in 0..long.len() {
            let _ = codec(&long[..end], HeifKind::Heif);
        }
        let huge = [&1u32.to_be_bytes()[..], b"mdat", &u64::MAX.to_be_bytes(), &[0; 8]].concat();
        assert_eq!(codec(&huge, HeifKind::Heif), None);
    }
}
