//! HEIC, HEIF and AVIF, what telephones take: by the machine's libheif, which turns and crops as the file says.
//!
//! What EXIF says of the orientation is not looked at: in these files it repeats what the file's own properties say, and
//! a picture turned by both lies on its side.

use super::colour::{self, ColourModel};
use super::decode::{Limits, Upright, check_size};
use super::hdr;
use super::libheif::{CodePoints, Codec, Failure, LibHeif, Pixels, Primary, libheif};
use super::resample::{Depth, Raster};

/// Brands of pictures that libheif reads, by what people call them.
const AVIF_BRANDS: [&[u8; 4]; 2] = [b"avif", b"avis"];
const HEIC_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"];
const HEIF_BRANDS: [&[u8; 4]; 4] = [b"mif1", b"mif2", b"msf1", b"miaf"];

/// What a file calls itself, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeifKind {
    Avif,
    Heic,
    /// Some other picture in the same kind of file.
    Heif,
}

impl HeifKind {
    /// Says what a file calls itself, if it is one of these.
    pub fn of(head: &[u8]) -> Option<Self> {
        let (first, kind) = (head.get(..4)?, head.get(4..8)?);
        if kind != b"ftyp" {
            return None;
        }
        let length = u32::from_be_bytes(first.try_into().ok()?) as usize;
        let own = head.get(8..12)?;
        // The version stands between a file's own brand and those that it is compatible with.
        let others = head.get(16..length.min(head.len())).unwrap_or_default();
        let among = |brands: &[&[u8; 4]], brand: &[u8]| brands.iter().any(|known| *known == brand);
        let says = |brands: &[&[u8; 4]]| {
            among(brands, own) || others.as_chunks::<4>().0.iter().any(|brand| among(brands, brand))
        };
        if says(&AVIF_BRANDS) {
            Some(Self::Avif)
        } else if says(&HEIC_BRANDS) {
            Some(Self::Heic)
        } else if says(&HEIF_BRANDS) {
            Some(Self::Heif)
        } else {
            None
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Avif => "an AVIF picture",
            Self::Heic => "a HEIC picture",
            Self::Heif => "a HEIF picture",
        }
    }

    fn failure(self, Failure(reason): &Failure) -> String {
        format!("{} that cannot be read: {reason}", self.name())
    }
}

/// What this machine's libheif can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeifSupport {
    /// Such as 1.15.1.
    pub version: String,
    /// Whether HEIC can be decoded.
    pub hevc: bool,
    /// Whether AVIF can be decoded.
    pub av1: bool,
}

impl HeifSupport {
    /// Asks the machine's libheif.
    ///
    /// # Errors
    /// In words, when there is none.
    pub fn of_this_machine() -> Result<Self, String> {
        let heif = libheif().map_err(str::to_owned)?;
        Ok(Self { version: heif.version(), hevc: heif.decodes(Codec::Hevc), av1: heif.decodes(Codec::Av1) })
    }

    /// A text that changes when other files may be readable.
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

/// A picture whose header was read.
pub struct Picture<'a> {
    family: HeifKind,
    primary: Primary<'a>,
    width: u32,
    height: u32,
    code_points: Option<CodePoints>,
    limits: Limits,
}

impl<'a> Picture<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// In words, also when libheif or a decoder of its is missing on this machine.
    pub fn open(bytes: &'a [u8], family: HeifKind, limits: Limits) -> Result<Self, String> {
        let heif = libheif().map_err(|_| {
            let install = HeifSupport::how_to_install();
            format!("{}, and libheif is not on this machine: {install}, then start again", family.name())
        })?;
        let Limits { max_pixels, max_alloc_bytes } = limits;
        let primary =
            Primary::open(heif, bytes, max_pixels, max_alloc_bytes).map_err(|failure| family.failure(&failure))?;
        let (width, height) = primary.size();
        check_size(width, height, limits)?;
        let (coded_width, coded_height) = primary.coded_size();
        check_size(coded_width, coded_height, limits)?;
        if let Some(missing) = missing_decoder(heif, bytes, family) {
            return Err(missing);
        }
        let code_points = primary.code_points();
        Ok(Self { family, primary, width, height, code_points, limits })
    }

    /// The bytes that decoding takes at most, with a picture that is coded in one piece: those in tiles take less.
    pub fn decode_bytes(&self) -> u64 {
        let (coded_width, coded_height) = self.primary.coded_size();
        let pixels = u64::from(coded_width) * u64::from(coded_height);
        let pixels = pixels.max(u64::from(self.width) * u64::from(self.height));
        let values = if self.primary.has_alpha() { 4 } else { 3 };
        // The decoder's own picture, its planes, what is made of them, and our copy: not all at once. Measured with
        // libheif 1.15 and 1.23 and 12 megapixels: 6 to 8 bytes a pixel, 12 for more than 8 bits.
        let pixel_thirds = if self.primary.bits() > 8 { values * 12 } else { values * 8 };
        pixels * pixel_thirds / 3
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// In words.
    pub fn decode(self) -> Result<Upright, String> {
        let failed = |failure: Failure| self.family.failure(&failure);
        let bits = self.primary.bits();
        let icc = self.primary.icc();
        // Only the first decoding knows what a file without boxes for it says, and such files are rare.
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
            // A profile cannot say how to show more light than there is; the code points can.
            (_, Some(points)) if curve.is_some() => colour::icc_of_code_points(points.primaries, hdr::SRGB_TRANSFER),
            (Some(icc), _) => Some(icc),
            (None, Some(points)) => colour::icc_of_code_points(points.primaries, points.transfer),
            (None, None) => None,
        };
        // libheif makes three values of one.
        let grey = profile.as_deref().is_some_and(colour::is_grey_profile);
        Ok(Upright { raster: raster(&pixels, alpha, grey, curve.as_ref()), icc: profile, remark: None })
    }
}

/// Copies what libheif decoded, 8 bits a value; `curve` takes what has more light than sRGB.
fn raster(pixels: &Pixels, alpha: bool, grey: bool, curve: Option<&hdr::TransferCurve>) -> Raster {
    let Pixels { width, height, .. } = *pixels;
    let bits = pixels.bits();
    let values = if alpha { 4 } else { 3 };
    let model = if grey { ColourModel::Grey } else { ColourModel::Rgb };
    let kept = if grey { 1 } else { 3 };
    let mut bytes = Vec::with_capacity(width as usize * height as usize * (kept + values - 3));
    for row in pixels.rows() {
        if bits == 8 && curve.is_none() && !grey {
            bytes.extend_from_slice(row);
            continue;
        }
        let value_at = |place: usize| match bits {
            8 => u16::from(row[place]),
            _ => u16::from_le_bytes([row[place * 2], row[place * 2 + 1]]),
        };
        let last = (1u32 << bits) - 1;
        let plain = |value: u16| ((u32::from(value) * 255 + last / 2) / last).min(255) as u8;
        for pixel in 0..width as usize {
            for colour in 0..kept {
                let value = value_at(pixel * values + colour);
                bytes.push(curve.map_or_else(|| plain(value), |curve| curve.sdr(value)));
            }
            if alpha {
                bytes.push(plain(value_at(pixel * values + 3)));
            }
        }
    }
    Raster { width, height, model, alpha, depth: Depth::U8, bytes }
}

/// Says which decoder this machine lacks for the file, if any.
fn missing_decoder(heif: &LibHeif, bytes: &[u8], family: HeifKind) -> Option<String> {
    let (codec, name, install) = match codec(bytes, family)? {
        Codec::Hevc => (Codec::Hevc, "HEVC", HeifSupport::how_to_install_hevc()),
        Codec::Av1 => (Codec::Av1, "AV1", HeifSupport::how_to_install_av1()),
    };
    (!heif.decodes(codec)).then(|| {
        let picture = family.name();
        format!("{picture}, and this machine's libheif has no {name} decoder: {install}, then start again")
    })
}

/// What the file's pictures are compressed with: by the types that its boxes name, or else by what it calls itself.
fn codec(bytes: &[u8], family: HeifKind) -> Option<Codec> {
    let mut at = 0;
    while let Some((kind, body, next)) = next_box(bytes, at) {
        if kind == *b"meta" || kind == *b"moov" {
            let names = |name: &[u8; 4]| body.windows(4).any(|window| window == name);
            return match (names(b"hvc1") || names(b"hev1"), names(b"av01")) {
                (true, _) => Some(Codec::Hevc),
                (false, true) => Some(Codec::Av1),
                (false, false) => None,
            };
        }
        at = next;
    }
    match family {
        HeifKind::Avif => Some(Codec::Av1),
        HeifKind::Heic => Some(Codec::Hevc),
        HeifKind::Heif => None,
    }
}

/// The box at `at`: its type, its body as far as there is any, and where the next one begins.
fn next_box(bytes: &[u8], at: usize) -> Option<([u8; 4], &[u8], usize)> {
    let header = bytes.get(at..at.checked_add(8)?)?;
    let [a, b, c, d, kind @ ..] = *<&[u8; 8]>::try_from(header).ok()?;
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
    Some((kind, body, next))
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
