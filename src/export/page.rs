//! Pages and screens that a picture is made for. See [`Purpose`].

use glam::UVec2;

/// Millimetres an inch.
pub const MM_PER_INCH: f64 = 25.4;

/// What a picture is for, which says its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A sheet of paper.
    Page {
        /// Its shorter side in millimetres.
        width_mm: u32,
        /// Its longer side.
        height_mm: u32,
        /// The resolution that it is looked at with: the larger the sheet, the farther away people stand.
        dpi: u32,
    },
    /// A screen, in pixels.
    Screen(UVec2),
}

/// A purpose by its name, and whether it lies on its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedPurpose {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub purpose: Purpose,
    /// Whether it is turned by 90°.
    pub is_turned: bool,
}

const fn page(width_mm: u32, height_mm: u32, dpi: u32) -> Purpose {
    Purpose::Page { width_mm, height_mm, dpi }
}

/// All purposes, upright as their name has them.
pub const PURPOSES: [(&str, Purpose); 10] = [
    ("a0", page(841, 1189, 200)),
    ("a1", page(594, 841, 250)),
    ("a2", page(420, 594, 300)),
    ("a3", page(297, 420, 300)),
    ("a4", page(210, 297, 300)),
    ("story", Purpose::Screen(UVec2::new(1080, 1920))),
    ("square", Purpose::Screen(UVec2::new(1080, 1080))),
    ("portrait", Purpose::Screen(UVec2::new(1080, 1350))),
    ("landscape", Purpose::Screen(UVec2::new(1920, 1080))),
    ("4k", Purpose::Screen(UVec2::new(3840, 2160))),
];

impl NamedPurpose {
    /// Reads a name; a page's may end in `-landscape` or `-portrait`.
    ///
    /// # Errors
    /// With the names that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = text.trim().to_lowercase();
        let (base, is_turned) = match wanted.rsplit_once('-') {
            Some((base, "landscape")) => (base, true),
            Some((base, "portrait")) => (base, false),
            _ => (wanted.as_str(), false),
        };
        let found = PURPOSES
            .iter()
            .find(|(name, purpose)| *name == wanted || (*name == base && matches!(purpose, Purpose::Page { .. })));
        let Some(&(name, purpose)) = found else {
            let names: Vec<_> = PURPOSES.iter().map(|(name, _)| *name).collect();
            return Err(format!("there are {}; a page on its side is a0-landscape", names.join(", ")));
        };
        Ok(Self { name, purpose, is_turned })
    }

    /// The sheet in millimetres, without bleed; none for a screen.
    #[must_use]
    pub const fn sheet_mm(&self) -> Option<[f64; 2]> {
        match self.purpose {
            Purpose::Page { width_mm, height_mm, .. } if self.is_turned => Some([height_mm as f64, width_mm as f64]),
            Purpose::Page { width_mm, height_mm, .. } => Some([width_mm as f64, height_mm as f64]),
            Purpose::Screen(_) => None,
        }
    }
}

/// A page's measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Width and height in millimetres, with the bleed.
    pub size_mm: [f64; 2],
    /// How far the picture goes on beyond each edge of the sheet.
    pub bleed_mm: f64,
}

impl Page {
    /// The page of a sheet with a bleed round it.
    #[must_use]
    pub fn of_sheet(sheet_mm: [f64; 2], bleed_mm: f64) -> Self {
        Self { size_mm: sheet_mm.map(|side| side + 2.0 * bleed_mm), bleed_mm }
    }

    /// The page that a picture fills at a resolution.
    #[must_use]
    pub fn of_pixels(size: UVec2, dpi: f64, bleed_mm: f64) -> Self {
        Self { size_mm: size.to_array().map(|side| f64::from(side) / dpi * MM_PER_INCH), bleed_mm }
    }

    /// The pixels that fill it.
    #[must_use]
    pub fn pixels(&self, dpi: f64) -> UVec2 {
        UVec2::from(self.size_mm.map(|side| (side / MM_PER_INCH * dpi).round().max(1.0) as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_pixels_that_a_print_shop_counts() {
        let pixels = |name: &str, dpi: f64, bleed: f64| {
            let purpose = NamedPurpose::parse(name).unwrap();
            Page::of_sheet(purpose.sheet_mm().unwrap(), bleed).pixels(dpi).to_array()
        };
        assert_eq!(pixels("a0", 300.0, 0.0), [9933, 14043]);
        assert_eq!(pixels("A0", 150.0, 0.0), [4967, 7022]);
        assert_eq!(pixels("a0-landscape", 150.0, 0.0), [7022, 4967]);
        assert_eq!(pixels("a4-portrait", 300.0, 0.0), [2480, 3508]);
        // 3 mm on each side are 35 pixels at 300 dpi.
        assert_eq!(pixels("a4", 300.0, 3.0), [2551, 3579]);
        for wrong in ["", "a5", "story-landscape", "landscape-a0", "a0-upright"] {
            assert!(NamedPurpose::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(NamedPurpose::parse("landscape").unwrap().sheet_mm(), None);
    }
}
