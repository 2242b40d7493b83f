//! The bundled fonts: the same text looks the same on every machine.
//!
//! All are subsets of Noto, under the SIL Open Font License; `assets/fonts/README.md` says how they were made.

/// Noto Sans: all of Latin-1 and Latin Extended-A, and the Cyrillic and Greek of the demo's phrases.
pub const SANS: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Regular.ttf");
/// [`SANS`] in bold.
pub const SANS_BOLD: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Bold.ttf");

/// The family name of [`SANS`] and [`SANS_BOLD`].
pub const SANS_FAMILY: &str = "Noto Sans";

/// The fonts of the demo's signs besides [`SANS`] and [`SANS_BOLD`].
pub const SIGNS: [&[u8]; 18] = [
    include_bytes!("../../../assets/fonts/NotoSerif-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansArabic-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansHebrew-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansDevanagari-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansBengali-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansGurmukhi-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansGujarati-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansTamil-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansTelugu-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansThai-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansKhmer-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansEthiopic-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansGeorgian-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansArmenian-Bold.ttf"),
    include_bytes!("../../../assets/fonts/NotoSansCJKJP-Bold.otf"),
    include_bytes!("../../../assets/fonts/NotoSansCJKKR-Bold.otf"),
    include_bytes!("../../../assets/fonts/NotoSansCJKSC-Bold.otf"),
    include_bytes!("../../../assets/fonts/NotoSansCJKTC-Bold.otf"),
];

/// The fonts of texts on the wall, in bold and for whole scripts, in the order of fallback: Latin, Greek and Cyrillic
/// first; of Han characters simplified Chinese, traditional Chinese, Japanese, Korean, in another order for texts in these.
pub const DISPLAY: [&[u8]; 18] = [
    include_bytes!("../../../assets/fonts/display/NotoSans-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansArabic-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansHebrew-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansDevanagari-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansBengali-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansGurmukhi-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansGujarati-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansTamil-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansTelugu-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansThai-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansKhmer-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansEthiopic-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansGeorgian-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansArmenian-Bold.ttf"),
    include_bytes!("../../../assets/fonts/display/NotoSansCJKSC-Bold.otf"),
    include_bytes!("../../../assets/fonts/display/NotoSansCJKTC-Bold.otf"),
    include_bytes!("../../../assets/fonts/display/NotoSansCJKJP-Bold.otf"),
    include_bytes!("../../../assets/fonts/display/NotoSansCJKKR-Bold.otf"),
];
