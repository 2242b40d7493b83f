//! What becomes of a file's name on its way through spreadsheets, messengers and operating systems, undone.

use unicode_normalization::UnicodeNormalization as _;

/// Extensions of photographs: a row may say another than the file has.
const EXTENSIONS: [&str; 26] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "hif", "avif", "jxl",
    "dng", "nef", "cr2", "cr3", "arw", "raf", "orf", "rw2", "pef", "srw", "raw",
];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Months in other languages, where their first three letters are not the English ones.
const OTHER_MONTHS: [(&str, u64); 20] = [
    ("mär", 3),
    ("mrz", 3),
    ("mai", 5),
    ("okt", 10),
    ("dez", 12),
    ("fév", 2),
    ("fev", 2),
    ("avr", 4),
    ("jui", 6),
    ("aoû", 8),
    ("déc", 12),
    ("ene", 1),
    ("abr", 4),
    ("ago", 8),
    ("dic", 12),
    ("gen", 1),
    ("mag", 5),
    ("giu", 6),
    ("lug", 7),
    ("ott", 10),
];

/// Folds a name for comparison: lower case, decomposed (NFD), with plain spaces.
pub fn folded(name: &str) -> String {
    // Macs keep accents apart from their letters in file names, spreadsheets do not.
    name.nfd().flat_map(char::to_lowercase).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// Folds what programs change: compatibility forms (NFKC), case, all kinds of spaces, dashes and quotes, marks that are not
/// seen.
pub fn skeleton(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.nfkc().flat_map(char::to_lowercase).nfkc() {
        match c {
            'ß' => text.push_str("ss"),
            'ı' => text.push('i'),
            // What is left of the Turkish İ.
            '\u{307}' => {}
            '’' | '‘' | '‛' | 'ʼ' | '′' | '´' | '`' | 'ʻ' | 'ʹ' | '＇' => text.push('\''),
            '“' | '”' | '„' | '‟' | '«' | '»' | '″' => text.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '－' => text.push('-'),
            // Soft hyphen, joiners, directions, variation selectors, byte order mark.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' => {}
            c if c.is_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text.trim().replace(" .", ".").replace(" /", "/").replace("/ ", "/")
}

/// Folds further: letters and digits alone, without accents. Two names may well have the same.
pub fn letters(name: &str) -> String {
    skeleton(name).nfkd().filter(|c| c.is_alphanumeric() || *c == '/').collect()
}

/// A path without its last extension; `None` where it has none.
pub fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !stem.ends_with('/') && !extension.contains('/')).then_some(stem)
}

/// A path without its extension, where that is one of photographs.
pub fn photograph_stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_known = EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known));
    (is_known && !stem.is_empty() && !stem.ends_with('/')).then_some(stem)
}

/// A cell that a spreadsheet program has taken for a number or a date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mistaken {
    /// A number, written to so many digits after the point of its power of ten; `None` for all of them.
    Number { value: f64, decimals: Option<usize> },
    /// Day, month and year, where these are known.
    Date { day: Option<u64>, month: u64, year: Option<u64> },
}

impl Mistaken {
    /// Parses a cell, without the extension of a photograph.
    pub fn parse(cell: &str) -> Option<Self> {
        let plain = skeleton(photograph_stem(cell).unwrap_or(cell)).replace(',', ".");
        number(&plain).or_else(|| date(&plain))
    }

    /// Whether a file's name without its extension may have been taken for this.
    pub fn may_be(&self, stem: &str) -> bool {
        match *self {
            Self::Number { value, decimals } => {
                let Some(Self::Number { value: named, .. }) = number(&skeleton(stem)) else { return false };
                match decimals {
                    None => named == value,
                    Some(decimals) => format!("{named:.decimals$e}") == format!("{value:.decimals$e}"),
                }
            }
            Self::Date { day, month, year } => {
                let stem = skeleton(stem);
                let parts: Vec<&str> = stem.split(['-', '.', '_', ' ', '/']).filter(|part| !part.is_empty()).collect();
                let values: Vec<Option<u64>> =
                    parts.iter().map(|part| part.parse().ok().or_else(|| month_of(part))).collect();
                let Some(values) = values.into_iter().collect::<Option<Vec<u64>>>() else { return false };
                let is_year = |value: u64| year.is_none_or(|year| value == year || value == year % 100);
                let is_day = |value: u64| day.is_none_or(|day| value == day);
                match values[..] {
                    [a, b] => {
                        (is_day(a) && b == month) || (a == month && is_day(b))
                            // A month and a year become its first day.
                            || (day.is_none_or(|day| day == 1) && a == month && year.is_some() && is_year(b))
                    }
                    [a, b, c] => {
                        let day_month = |a, b| (is_day(a) && b == month) || (a == month && is_day(b));
                        (day_month(a, b) && is_year(c)) || (is_year(a) && day_month(b, c))
                    }
                    _ => false,
                }
            }
        }
    }
}

fn number(text: &str) -> Option<Mistaken> {
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(mantissa, power)| (mantissa, Some(power)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_power = |power: &str| {
        let digits = power.trim_start_matches(['+', '-']);
        digits.len() <= 3 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(mantissa) || mantissa.matches('.').count() > 1 || exponent.is_some_and(|power| !is_power(power)) {
        return None;
    }
    // Written by a power of ten, it is rounded to the digits that are there.
    let decimals = exponent.map(|_| mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len()));
    text.parse().ok().map(|value| Mistaken::Number { value, decimals })
}

fn month_of(word: &str) -> Option<u64> {
    let start: String = word.trim_end_matches('.').chars().take(3).collect();
    if !word.chars().all(|c| c.is_alphabetic() || c == '.') || start.chars().count() < 3 {
        return None;
    }
    let english = MONTHS.iter().position(|month| *month == start).map(|index| index as u64 + 1);
    english.or_else(|| OTHER_MONTHS.iter().find(|(month, _)| *month == start).map(|(_, number)| *number))
}

fn date(text: &str) -> Option<Mistaken> {
    // The time of day that some exports add.
    let text = text.split_once(['t', ' ']).filter(|(_, time)| time.contains(':')).map_or(text, |(date, _)| date);
    let parts: Vec<&str> = text.split(['-', '.', '/', ' ']).filter(|part| !part.is_empty()).collect();
    let named = parts.iter().position(|part| month_of(part).is_some());
    let number = |part: &str| part.parse::<u64>().ok();
    match (&parts[..], named) {
        ([a, b], Some(at)) => {
            let (month, other) = (month_of(parts[at])?, number(if at == 0 { b } else { a })?);
            // `Jan-26` is the 26th, or a month of 2026.
            Some(Mistaken::Date { day: (other <= 31).then_some(other), month, year: (other > 31).then_some(other) })
        }
        ([a, b, c], Some(at)) => {
            let month = month_of(parts[at])?;
            let others: Vec<u64> = [a, b, c]
                .into_iter()
                .enumerate()
                .filter(|(i, _)| *i != at)
                .map(|(_, p)| number(p))
                .collect::<Option<_>>()?;
            let (day, year) = if others[0] > 31 { (others[1], others[0]) } else { (others[0], others[1]) };
            Some(Mistaken::Date { day: Some(day), month, year: Some(year) })
        }
        ([a, b, c], None) => {
            let [a, b, c] = [number(a)?, number(b)?, number(c)?];
            let (day, month, year) = if a > 31 { (c, b, a) } else { (a, b, c) };
            if !(1..=31).contains(&day) || !(1..=31).contains(&month) || year < 1 {
                return None;
            }
            // Which of both is the month is not known: the other way round is tried by `may_be`.
            let (day, month) = if month > 12 { (month, day) } else { (day, month) };
            (month <= 12).then_some(Mistaken::Date { day: Some(day), month, year: Some(year) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_change_in_names_is_undone() {
        for (file, typed) in [
            ("Screenshot at 9.23.58\u{202f}AM.png", "Screenshot at 9.23.58 AM.png"),
            ("v\u{a0}13.05.05.png", "v 13.05.05.png"),
            ("Anna\u{3000}Sato.jpg", "Anna Sato.jpg"),
            ("double  space.jpg", "double space.jpg"),
            ("curly’s.jpg", "curly's.jpg"),
            ("dash–1.jpg", "dash-1.jpg"),
            ("Straße.jpg", "Strasse.jpg"),
            ("ﬁona.jpg", "fiona.jpg"),
            ("İnci.jpg", "inci.jpg"),
            ("\u{212b}NGSTRÖM.JPG", "ångström.jpg"),
            ("soft\u{ad}hyphen.jpg", "softhyphen.jpg"),
            ("ｆｕｌｌ.jpg", "full.jpg"),
        ] {
            assert_eq!(skeleton(file), skeleton(typed), "{file}");
        }
        assert_eq!(letters("José_Núñez (1).jpg"), letters("Jose Nunez 1.jpg"));
        assert_eq!((photograph_stem("a.HEIC"), photograph_stem("v1.5"), stem("v1.5")), (Some("a"), None, Some("v1")));
    }

    #[test]
    fn numbers_and_dates_are_names_again() {
        for (cell, file) in [
            ("42", "0042"),
            ("7.jpg", "007"),
            ("1.7E+12", "1699999999999"),
            ("1,70E+12", "1699999999999"),
            ("4.91511E+12", "4915112345678"),
            ("300000", "3e5"),
            ("02-Jan", "1-2"),
            ("2-Jan", "1-2"),
            ("Jan-02", "1-2"),
            ("02. Jan", "2.1"),
            ("2026-01-02", "1-2"),
            ("2026-01-02 00:00:00", "1-2"),
            ("1/2/2026", "1-2-2026"),
            ("1/2/2026", "2-1-26"),
            ("01. Mrz", "mar-1"),
        ] {
            let mistaken = Mistaken::parse(cell).unwrap_or_else(|| panic!("{cell}"));
            assert!(mistaken.may_be(file), "{cell} {file}: {mistaken:?}");
        }
        for (cell, file) in
            [("42", "421"), ("1.7E+12", "1799999999999"), ("02-Jan", "3-1"), ("300000", "3e6"), ("42", "p42")]
        {
            assert!(!Mistaken::parse(cell).unwrap().may_be(file), "{cell} {file}");
        }
        for cell in ["anna", "1.2.3.4", "IMG_0042", "a-1", "1e9999"] {
            assert_eq!(Mistaken::parse(cell), None, "{cell}");
        }
    }
}
