//! The ICC profiles that files carry: sRGB, and grey with the same encoding. See [`profile`].

use moxcms::{ColorDateTime, ColorProfile, LocalizableString, ProfileText};

use super::rows::Channels;

/// Returns the profile of a picture's channels; none where it cannot be made. The same every time: it carries no date of its own.
#[must_use]
pub fn profile(channels: Channels) -> Option<Vec<u8>> {
    let srgb = ColorProfile::new_srgb();
    let mut profile = match channels {
        Channels::Rgb => srgb,
        Channels::Grey => {
            let mut grey = ColorProfile::new_gray_with_gamma(2.2);
            grey.gray_trc = srgb.red_trc;
            let name = LocalizableString::new("en".to_owned(), "US".to_owned(), "Grey with sRGB's encoding".to_owned());
            grey.description = Some(ProfileText::Localizable(vec![name]));
            grey
        }
    };
    profile.creation_date_time =
        ColorDateTime { year: 2025, month: 1, day_of_the_month: 1, hours: 0, minutes: 0, seconds: 0 };
    profile.encode().ok()
}
