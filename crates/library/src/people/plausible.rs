//! How plausible a reading of a cell is: whether its words can be words of a language.
//!
//! A wrong encoding shows in single words: a symbol inside a word, a capital after a small letter, letters that no language
//! has together, a letter where its language never has it. The measure is a logarithm of odds, 0 for a plain reading.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_public_assigned;

/// What a word costs that no language has.
pub const IMPLAUSIBLE: f32 = -4.0;
/// What a letter costs that is rare in its character set, and one that is next to never used.
const RARE: f32 = -1.5;
const VERY_RARE: f32 = -3.0;

/// A language of an alphabet: its letters beyond ASCII, and the ASCII letters that its words do not have.
pub struct Language {
    letters: &'static str,
    lacks: &'static str,
    /// Whether a letter may stand here: the letter before it and the one after, `' '` at the ends of a word.
    allows: fn(char, char, char) -> bool,
}

macro_rules! languages {
    ($($name:ident: $letters:literal, $lacks:literal, $allows:expr;)*) => {
        $(pub static $name: Language = Language { letters: $letters, lacks: $lacks, allows: $allows };)*
    };
}

languages! {
    FRENCH: "àâæçèéêëîïôœùûüÿ", "", |before, c, after| match c {
        'œ' => before == ' ' || "utlc".contains(after),
        'æ' => after != ' ' && !is_vowel(before),
        'ï' | 'ÿ' => is_vowel(before) || is_vowel(after),
        'ç' => "aouâôéiy e".contains(after),
        _ => true,
    };
    GERMAN: "äöüßé", "", |before, c, _| c != 'ß' || is_vowel(before);
    SPANISH: "áéíñóúü", "", |_, c, after| c != 'ñ' || is_vowel(after);
    PORTUGUESE: "áàâãçéêíóôõúü", "", |_, c, after| match c {
        'ã' => "oesmz ".contains(after),
        'õ' => "es".contains(after),
        'ç' => is_vowel(after),
        _ => true,
    };
    ITALIAN: "àèéìíîòóù", "", |_, c, after| !"àèìòù".contains(c) || after == ' ';
    CATALAN: "àçèéíïòóúü", "w", |_, c, after| c != 'ç' || is_vowel(after) || after == ' ';
    DUTCH: "áéèëïíóöü", "", |_, _, _| true;
    NORDIC: "åæøéäöü", "", |before, c, _| c != 'æ' || !is_vowel(before);
    ICELANDIC: "áéíóúýþæöð", "cqwz", |before, c, _| match c {
        'þ' => before == ' ',
        'ð' => before != ' ',
        'æ' | 'ý' => !is_vowel(before),
        _ => true,
    };
    ALBANIAN: "çë", "w", |_, _, _| true;
    ESTONIAN: "äöõüšž", "cqwxy", |_, _, _| true;
    POLISH: "ąćęłńóśźż", "qvx", |before, c, after| match c {
        'ą' | 'ę' => before != ' ',
        'ć' | 'ń' | 'ś' | 'ź' => !is_vowel(after),
        _ => true,
    };
    CZECH: "áčďéěíňóřšťúůýž", "qwx", |before, c, _| match c {
        'ě' => "dtnbpvmf".contains(before),
        'ů' => before != ' ',
        'ý' => before != ' ' && !is_vowel(before),
        _ => true,
    };
    SLOVAK: "áäčďéíĺľňóôŕšťúýž", "qwx", |before, c, after| match c {
        'ĺ' | 'ŕ' => before != ' ' && !is_vowel(before) && !is_vowel(after) && after != ' ',
        'ý' => before != ' ' && !is_vowel(before),
        _ => true,
    };
    HUNGARIAN: "áéíóöőúüű", "qwx", |before, c, _| !"őű".contains(c) || before != ' ' || c == 'ő';
    ROMANIAN: "ăâîşţșț", "qwy", |_, c, after| c != 'ă' || !"aeoăâî".contains(after);
    SERBO_CROATIAN: "čćđšž", "qwxy", |_, _, _| true;
    TURKISH: "çğıöşüâîû", "qwx", |before, c, _| c != 'ğ' || is_vowel(before);
    LITHUANIAN: "ąčęėįšųūž", "qwx", |_, c, after| c != 'ų' || "s ".contains(after);
    LATVIAN: "āčēģīķļņšūž", "qwxy", |_, _, _| true;
    VIETNAMESE: "ăâđêôơưàáãèéìíòóùúýạảấầẩẫậắằẳẵặẹẻẽếềểễệỉĩịọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ", "fjwz", |_, c, after| match c {
        'ă' => "cmnpt".contains(after),
        _ => after == ' ' || "chmngptaeiouy".contains(after) || !after.is_ascii(),
    };
    RUSSIAN: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "", |before, c, _| !"ъыь".contains(c) || before != ' ';
    UKRAINIAN: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "", |before, c, _| c != 'ь' || before != ' ';
    BELARUSIAN: "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "", |before, c, _| !"ўыь".contains(c) || before != ' ';
    SERBIAN: "абвгдђежзијклљмнњопрстћуфхцчџш", "", |_, _, _| true;
    MACEDONIAN: "абвгдѓежзѕијклљмнњопрстќуфхцчџш", "", |_, _, _| true;
}

pub type Languages = &'static [&'static Language];
pub static WESTERN: Languages =
    &[&FRENCH, &GERMAN, &SPANISH, &PORTUGUESE, &ITALIAN, &CATALAN, &DUTCH, &NORDIC, &ICELANDIC, &ALBANIAN, &ESTONIAN];
pub static CENTRAL: Languages = &[&POLISH, &CZECH, &SLOVAK, &HUNGARIAN, &ROMANIAN, &SERBO_CROATIAN, &GERMAN];
pub static WITH_TURKISH: Languages =
    &[&TURKISH, &FRENCH, &GERMAN, &SPANISH, &PORTUGUESE, &ITALIAN, &CATALAN, &DUTCH, &NORDIC];
pub static BALTIC: Languages = &[&LITHUANIAN, &LATVIAN, &ESTONIAN, &GERMAN];
pub static VIETNAM: Languages = &[&VIETNAMESE];
pub static CYRILLIC: Languages = &[&RUSSIAN, &UKRAINIAN, &BELARUSIAN, &SERBIAN, &MACEDONIAN];
pub static ARABIC: Languages = &[&FRENCH];
pub static NONE: Languages = &[];

fn plain(c: char) -> char {
    match c {
        'æ' | 'œ' | 'ø' | 'ı' => 'o',
        c => std::iter::once(c).nfd().next().unwrap_or(c),
    }
}

fn is_vowel(c: char) -> bool {
    "aeiouyаеёиіоуыэюяєїўαεηιουω".contains(plain(c))
}

fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// The writing system of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Thai,
    /// Han, kana and hangul, which stand together.
    EastAsian,
    Other,
}

fn writing(c: char) -> Writing {
    match u32::from(c) {
        0x41..=0x24f | 0x300..=0x36f | 0x1e00..=0x1eff => Writing::Latin,
        0x370..=0x3ff => Writing::Greek,
        0x400..=0x52f => Writing::Cyrillic,
        0x590..=0x5ff => Writing::Hebrew,
        0x600..=0x6ff => Writing::Arabic,
        0xe00..=0xe7f => Writing::Thai,
        0x1100..=0x11ff
        | 0x3005..=0x3007
        | 0x3040..=0x318f
        | 0x3400..=0x9fff
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xff10..=0xff9f
        | 0x20000..=0x3ffff => Writing::EastAsian,
        _ => Writing::Other,
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, 'ª' | 'º')
        || matches!(u32::from(c), 0x300..=0x36f | 0xe30..=0xe4e | 0x5b0..=0x5c7 | 0x64b..=0x655)
}

/// Rates a reading of a cell; `None` where no text has such characters.
pub fn rate(text: &str, encoding: Option<&'static Encoding>, languages: Languages) -> Option<f32> {
    if text.chars().any(is_garbage) {
        return None;
    }
    let chars: Vec<char> = text.nfc().collect();
    let mut rating = 0.0;
    let mut start = 0;
    while start < chars.len() {
        let c = chars[start];
        if !is_letter(c) {
            if !c.is_ascii() {
                let before = start.checked_sub(1).map_or(' ', |before| chars[before]);
                rating += mark(before, c, chars.get(start + 1).copied().unwrap_or(' '));
            }
            start += 1;
            continue;
        }
        let length = chars[start..].iter().take_while(|c| is_letter(**c)).count();
        let word = &chars[start..start + length];
        if word.iter().any(|c| !c.is_ascii()) {
            rating += self::word(word, encoding, languages, start == 0);
            // A digit is no part of a word, but of its number.
            let touches = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| "ªº".contains(*c));
            if touches(Some(start + length)) || touches(start.checked_sub(1)) {
                rating += IMPLAUSIBLE;
            }
        }
        start += length;
    }
    Some(rating + surname(&chars, encoding))
}

/// Whether no text has this: control characters, what is lost, private or not assigned.
fn is_garbage(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || c == '\u{fffd}'
        || !is_public_assigned(c)
        || matches!(u32::from(c), 0xe000..=0xf8ff | 0xf_0000..)
}

/// Rates a sign that is no letter by what is beside it.
fn mark(before: char, c: char, after: char) -> f32 {
    let (is_after_letter, is_before_letter) = (is_letter(before), is_letter(after));
    let is_east_asian =
        |c: char| writing(c) == Writing::EastAsian || matches!(u32::from(c), 0x3000..=0x303f | 0xff00..=0xffef);
    let is_good = match c {
        '’' | '·' | '\u{a0}' | '…' | '–' | '—' => true,
        '“' | '‘' => !(is_after_letter && is_before_letter),
        '„' | '‚' | '«' | '¿' | '¡' | '‹' => !is_after_letter && is_before_letter,
        '”' | '»' | '›' => !is_before_letter,
        '،' | '؛' | '؟' => true,
        '°' | '€' | '£' | '©' | '®' | '™' | '§' | '•' | '½' | '№' => {
            !is_after_letter && !is_before_letter
        }
        'ª' | 'º' => before.is_ascii_digit() || before == '.',
        '\u{200c}'..='\u{200f}' => is_after_letter && matches!(writing(before), Writing::Arabic | Writing::Hebrew),
        c if is_east_asian(c) => [before, after].iter().all(|c| !is_letter(*c) || is_east_asian(*c)),
        _ => false,
    };
    if is_good { 0.0 } else { IMPLAUSIBLE }
}

fn word(word: &[char], encoding: Option<&'static Encoding>, languages: Languages, is_first: bool) -> f32 {
    let kind = writing(word[0]);
    if word.iter().any(|c| writing(*c) != kind) {
        return IMPLAUSIBLE;
    }
    let good = match kind {
        Writing::EastAsian => return word.iter().map(|c| everyday(*c, encoding)).sum(),
        Writing::Latin | Writing::Cyrillic => {
            is_cased_well(word) && languages.iter().any(|language| language.has(word))
        }
        Writing::Greek => is_cased_well(word) && is_greek(word),
        // Some letters have another form at the end of a word.
        Writing::Hebrew => !word[..word.len() - 1].iter().any(|c| "ךםןףץ".contains(*c)),
        Writing::Arabic => !word[..word.len() - 1].iter().any(|c| "ىة".contains(*c)),
        Writing::Thai => is_thai(word),
        Writing::Other => false,
    };
    if !good {
        return IMPLAUSIBLE;
    }
    // A reading in a wrong encoding is seldom capitalised as names and sentences are.
    match kind {
        Writing::Greek | Writing::Cyrillic if is_first && word.len() > 1 => {
            if !word[0].is_uppercase() {
                -1.5
            } else if word[1..].iter().all(|c| c.is_lowercase()) {
                (word.len() as f32 * 0.5).min(2.0)
            } else {
                0.0
            }
        }
        Writing::Hebrew if "ךםןףץ".contains(word[word.len() - 1]) => 1.0,
        _ => 0.0,
    }
}

/// Whether capitals stand where words have them: at the beginning, or throughout.
fn is_cased_well(word: &[char]) -> bool {
    if word.iter().all(|c| !c.is_lowercase()) {
        return true;
    }
    let capitals = word.iter().filter(|c| c.is_uppercase()).count();
    word.windows(2).enumerate().all(|(at, pair)| {
        // McÉtienne has one; but no capital beyond ASCII follows a letter in a word with small ones.
        (!pair[1].is_uppercase() || pair[1].is_ascii())
            && !(pair[0].is_uppercase() && pair[1].is_lowercase() && !pair[1].is_ascii() && at > 0 && capitals > 2)
    })
}

impl Language {
    fn has(&self, word: &[char]) -> bool {
        let letters: Vec<char> = word.iter().map(|c| lower(*c)).collect();
        let at = |index: Option<usize>| index.and_then(|index| letters.get(index)).copied().unwrap_or(' ');
        let is_own = |index: usize, c: char| {
            c.is_ascii()
                || (self.letters.contains(c) && (self.allows)(at(index.checked_sub(1)), c, at(Some(index + 1))))
        };
        if letters.iter().any(|c| self.lacks.contains(*c)) || !letters.iter().enumerate().all(|(i, c)| is_own(i, *c)) {
            return false;
        }
        let is_latin = writing(word[0]) == Writing::Latin;
        let (consonants, vowels) = if is_latin { (4, 4) } else { (6, 4) };
        let runs = letters.chunk_by(|a, b| is_vowel(*a) == is_vowel(*b));
        let mut has_vowel = false;
        for run in runs {
            let is_vowels = is_vowel(run[0]);
            has_vowel |= is_vowels;
            let limit = if is_vowels { vowels } else { consonants };
            if run.len() >= limit && run.iter().any(|c| !c.is_ascii()) {
                return false;
            }
        }
        has_vowel || letters.len() < 4
    }
}

fn is_greek(word: &[char]) -> bool {
    let letters: Vec<char> = word.iter().map(|c| lower(*c)).collect();
    let (last, before) = (letters[letters.len() - 1], &letters[..letters.len() - 1]);
    let is_small = word.iter().any(|c| c.is_lowercase());
    let accents = letters.iter().filter(|c| "άέήίόύώΐΰ".contains(**c)).count();
    let ends_well = letters.len() < 3 || is_vowel(last) || "νςρξψ".contains(last) || !is_small;
    accents <= 1
        && !before.contains(&'ς')
        && ends_well
        && (last != 'σ' || !is_small)
        && (letters.len() < 4 || letters.iter().any(|c| is_vowel(*c)))
}

fn is_thai(word: &[char]) -> bool {
    let is_leading = |c: char| ('เ'..='ไ').contains(&c);
    let is_following = |c: char| matches!(c, 'ะ'..='ู' | '็'..='๎');
    let is_consonant = |c: char| ('ก'..='ฮ').contains(&c);
    !is_following(word[0])
        && word.windows(2).all(|pair| !is_leading(pair[0]) || is_consonant(pair[1]))
        && word.iter().all(|c| is_leading(*c) || is_following(*c) || is_consonant(*c) || matches!(c, 'ๆ' | 'ฯ' | 'ๅ'))
        && !is_leading(word[word.len() - 1])
}

/// Rates a letter of East Asia by where its character set has it: the first level has those of every day.
fn everyday(c: char, encoding: Option<&'static Encoding>) -> f32 {
    let Some(encoding) = encoding else { return IMPLAUSIBLE };
    let mut buffer = [0; 4];
    let text = c.encode_utf8(&mut buffer);
    let (bytes, _, _) = encoding.encode(text);
    let (lead, trail) = (bytes[0], bytes.get(1).copied().unwrap_or(0));
    let is_kana = matches!(u32::from(c), 0x3041..=0x3096 | 0x30a1..=0x30fe);
    let is_hangul = matches!(u32::from(c), 0xac00..=0xd7a3);
    if encoding == SHIFT_JIS || encoding == EUC_JP {
        let first = if encoding == SHIFT_JIS { 0x88..=0x97 } else { 0xb0..=0xcf };
        match lead {
            _ if is_kana => 0.5,
            _ if bytes.len() < 2 => RARE,
            0x81..=0x83 if encoding == SHIFT_JIS => 0.0,
            lead if first.contains(&lead) => 0.0,
            0x98 if trail < 0x73 && encoding == SHIFT_JIS => 0.0,
            _ => RARE,
        }
    } else if is_kana {
        VERY_RARE
    } else if encoding == EUC_KR {
        match lead {
            0xb0..=0xc8 if is_hangul && trail >= 0xa1 => 0.6,
            _ => RARE,
        }
    } else if encoding == GB18030 {
        match (lead, trail) {
            (0xb0..=0xd7, 0xa1..) => 0.0,
            (0xd8..=0xf7, 0xa1..) => RARE,
            _ => VERY_RARE,
        }
    } else if encoding == BIG5 {
        match lead {
            0xa4..=0xc6 => 0.0,
            0xc9..=0xf9 => RARE,
            _ => VERY_RARE,
        }
    } else {
        IMPLAUSIBLE
    }
}

const KOREAN_SURNAMES: &str = "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국은편용";
const CHINESE_SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文\
張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧許呂蘇盧蔣賈葉閻鍾譚鄒陸顧龍萬錢湯喬賀賴龔";

/// Rates a cell of two to four letters by whether it begins as names do.
fn surname(chars: &[char], encoding: Option<&'static Encoding>) -> f32 {
    let surnames = match encoding {
        Some(encoding) if encoding == EUC_KR => KOREAN_SURNAMES,
        Some(encoding) if encoding == GB18030 || encoding == BIG5 => CHINESE_SURNAMES,
        _ => return 0.0,
    };
    let is_name = (2..=4).contains(&chars.len()) && chars.iter().all(|c| writing(*c) == Writing::EastAsian);
    if is_name && surnames.contains(chars[0]) { 2.5 } else { 0.0 }
}
