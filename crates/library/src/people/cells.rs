//! Parsers of a spreadsheet's cells.

use super::super::edit::{Crop, Length};

/// What spreadsheet programs and people write for yes, in lower case.
const YES: &str = "true yes y x 1 on ✓ ✔ ☑ ja j wahr oui vrai sí si s verdadero sim verdadeiro vero да д истина tak prawda \
                   ano igen igaz evet ναι כן نعم 是 はい हाँ";
/// The same for no; an empty cell means no, too.
const NO: &str = "false no n 0 off - – ☐ nein falsch non faux falso não nao нет н ложь nie fałsz ne nem hamis hayır όχι לא لا 否 \
                  いいえ नहीं";

/// Cleans a cell of the blanks around it, invisible marks, and Excel's `="…"`.
pub fn clean(cell: &str) -> String {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    let cell = cell.trim_matches(blank);
    let inner = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let cell = inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""));
    cell.trim_matches(blank).replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{b}'], "\n")
}

/// A text for the wall of at most `max_chars` characters, and whether it was cut off.
pub fn caption(cell: &str, max_chars: usize, one_line: bool) -> (String, bool) {
    let is_visible = |c: &char| *c == '\n' || !c.is_control();
    let text: String = cell.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(is_visible).collect();
    let text = if one_line { text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ") } else { text };
    match text.char_indices().nth(max_chars) {
        None => (text, false),
        Some((end, _)) => (format!("{}…", text[..end].trim_end()), true),
    }
}

/// What a cell says about hiding somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hiding {
    /// Nothing, or a dash.
    Unsaid,
    /// A clear no.
    No,
    Yes,
    /// No clear no, and so a yes.
    TakenAsYes,
}

/// Parses whether somebody is hidden: everything that is not a clear no hides.
pub fn hiding(cell: &str) -> Hiding {
    let word = cell.to_lowercase();
    let plain = word.trim_end_matches(['.', '!', ' ', '\u{a0}']);
    let is_one_of = |words: &str, word: &str| words.split(' ').any(|known| known == word);
    if word.is_empty() || matches!(word.as_str(), "-" | "–" | "—") {
        Hiding::Unsaid
    } else if is_one_of(NO, plain) && !plain.is_empty() {
        Hiding::No
    } else if is_one_of(YES, plain) {
        Hiding::Yes
    } else {
        Hiding::TakenAsYes
    }
}

/// Parses yes or no.
///
/// # Errors
/// The values that it may have.
pub fn flag(cell: &str) -> Result<bool, String> {
    let word = cell.to_lowercase();
    let is_one_of = |words: &str| words.split(' ').any(|known| known == word);
    if is_one_of(YES) {
        Ok(true)
    } else if word.is_empty() || is_one_of(NO) {
        Ok(false)
    } else {
        Err("it may be `yes`, `no` or empty".into())
    }
}

/// Parses degrees clockwise into quarter turns, 0 to 3.
///
/// # Errors
/// The values that it may have.
pub fn quarter_turns(cell: &str) -> Result<u8, String> {
    let degrees = number(cell.trim_end_matches(['°', 'º']).trim_end()).filter(|degrees| degrees.abs() <= 36_000.0);
    let turns = degrees.map(|degrees| degrees / 90.0).filter(|turns| turns.fract() == 0.0);
    turns
        .map(|turns| turns.rem_euclid(4.0) as u8)
        .ok_or_else(|| "it may be 90, 180, 270 or -90: degrees clockwise".into())
}

/// Parses stops of light, −3 to 3.
///
/// # Errors
/// The values that it may have.
pub fn stops(cell: &str) -> Result<f32, String> {
    let stops = number(cell).filter(|stops| (-3.0..=3.0).contains(stops));
    stops.map(|stops| stops as f32).ok_or_else(|| "it may be from -3 to 3: stops of light".into())
}

/// Parses `x, y, width, height` in pixels or, with `%`, in percent of the photograph.
///
/// # Errors
/// The values that it may have.
pub fn crop(cell: &str) -> Result<Crop, String> {
    let fault =
        || "it may be x, y, width and height, such as `120 80 400 500` in pixels or `10% 5% 50% 60%`".to_owned();
    let parts: Vec<&str> = if cell.contains(';') {
        cell.split(';').collect()
    } else if cell.split_whitespace().filter(|part| *part != "%").count() == 4 {
        // Where blanks separate, a comma ends a number or is its decimal sign.
        cell.split_whitespace().filter(|part| *part != "%").map(|part| part.trim_end_matches(',')).collect()
    } else {
        cell.split(',').collect()
    };
    let [x, y, width, height] = parts[..] else { return Err(fault()) };
    let has_sign = |part: &str| part.trim_end().ends_with('%');
    // One sign at the very end applies to all four.
    let all_percent = cell.ends_with('%') && ![x, y, width].into_iter().any(has_sign);
    let length = |part: &str| {
        let is_percent = has_sign(part) || all_percent;
        let value = number(part.trim().trim_end_matches('%').trim_end())?;
        let max = if is_percent { 100.0 } else { 1_000_000.0 };
        (0.0..=max).contains(&value).then(|| Length { thousandths: (value * 1000.0).round() as u32, is_percent })
    };
    let [Some(x), Some(y), Some(width), Some(height)] = [x, y, width, height].map(length) else { return Err(fault()) };
    if width.thousandths == 0 || height.thousandths == 0 {
        return Err(fault());
    }
    Ok(Crop { x, y, width, height })
}

/// Parses a number with a decimal point or comma, and a hyphen, minus or dash as its sign.
fn number(cell: &str) -> Option<f64> {
    let plain: String = cell.trim().replace(['\u{2212}', '\u{2013}'], "-").replace(',', ".");
    // Excludes exponents, `inf` and `nan`, which `parse` accepts.
    let is_plain = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    plain.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lose_what_nobody_meant() {
        assert_eq!(clean("\u{a0} Anna\u{a0}Schmidt \t"), "Anna\u{a0}Schmidt");
        assert_eq!(clean("=\"0171\""), "0171");
        assert_eq!(clean("=\"say \"\"no\"\"\""), "say \"no\"");
        assert_eq!(clean("“quoted”"), "“quoted”");
        assert_eq!(clean("one\r\ntwo\rthree"), "one\ntwo\nthree");
        assert_eq!(clean("\u{feff}file"), "file");
    }

    #[test]
    fn captions_are_lines_of_bounded_length() {
        assert_eq!(caption("one\ntwo\u{7}", 99, true), ("one two".into(), false));
        assert_eq!(caption("one\ntwo\tthree", 99, false), ("one\ntwo three".into(), false));
        assert_eq!(caption("नमस्ते दुनिया", 3, true), ("नमस…".into(), true));
        assert_eq!(caption("four", 4, true), ("four".into(), false));
    }

    #[test]
    fn yes_and_no_in_the_languages_of_spreadsheets() {
        for yes in ["TRUE", "WAHR", "Vrai", "x", "1", "Sí", "да", "ДА", "✓"] {
            assert_eq!(flag(yes), Ok(true), "{yes}");
        }
        for no in ["", "FALSE", "Falsch", "faux", "0", "нет", "-"] {
            assert_eq!(flag(no), Ok(false), "{no}");
        }
        assert!(flag("perhaps").is_err());
    }

    #[test]
    fn whatever_is_no_clear_no_hides() {
        for no in ["no", "No.", "FALSE", "nein", "0", "нет", "☐", "off"] {
            assert_eq!(hiding(no), Hiding::No, "{no}");
        }
        for unsaid in ["", "-", "–"] {
            assert_eq!(hiding(unsaid), Hiding::Unsaid, "{unsaid}");
        }
        for yes in ["yes", "Yes.", "X!", "x", "1", "WAHR"] {
            assert_eq!(hiding(yes), Hiding::Yes, "{yes}");
        }
        for doubt in ["please remove", "2026-05-01", "?", ".", "!", "no idea", "not sure", "hidden", "2", "n/a", "none"]
        {
            assert_eq!(hiding(doubt), Hiding::TakenAsYes, "{doubt}");
        }
    }

    #[test]
    fn turns_are_quarters() {
        for (cell, turns) in [("90", 1), ("-90", 3), ("270°", 3), ("−180", 2), ("90,0", 1), ("0", 0), ("360 °", 0)]
        {
            assert_eq!(quarter_turns(cell), Ok(turns), "{cell}");
        }
        for wrong in ["45", "left", "90 90", "inf", "1e9", "NaN"] {
            assert!(quarter_turns(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn stops_are_few() {
        assert_eq!(stops("-0,5"), Ok(-0.5));
        assert_eq!(stops("+1.25"), Ok(1.25));
        for wrong in ["4", "bright", "1.2.3", "NaN"] {
            assert!(stops(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn crops_in_every_way_that_people_write_them() {
        let pixels = |values: [u32; 4]| values.map(|value| Length { thousandths: value, is_percent: false });
        let percent = |values: [u32; 4]| values.map(|value| Length { thousandths: value, is_percent: true });
        let lengths = |cell: &str| crop(cell).map(|Crop { x, y, width, height }| [x, y, width, height]);
        for cell in ["10,20,30,40", "10, 20, 30, 40", "10 20 30 40", "10;20;30;40", " 10 ; 20 ; 30 ; 40 "] {
            assert_eq!(lengths(cell), Ok(pixels([10_000, 20_000, 30_000, 40_000])), "{cell}");
        }
        for cell in ["10%,20%,30%,40%", "10% 20% 30% 40%", "10 20 30 40%", "10,20,30,40%", "10 20 30 40 %"] {
            assert_eq!(lengths(cell), Ok(percent([10_000, 20_000, 30_000, 40_000])), "{cell}");
        }
        assert_eq!(lengths("12,5% 0 50,25% 40,0%").unwrap()[2], percent([50_250; 4])[2]);
        assert!(!lengths("12,5% 0 50,25% 40,0%").unwrap()[1].is_percent);
        assert_eq!(lengths("1,5;2;3;4"), Ok(pixels([1500, 2000, 3000, 4000])));
        for wrong in ["10,20,30", "10203040", "a b c d", "1,2,0,4", "-1 2 3 4", "1 2 3 4 5", "0 0 200% 10%", "", ";;;"]
        {
            assert!(crop(wrong).is_err(), "{wrong}");
        }
    }
}
