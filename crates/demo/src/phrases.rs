//! The phrases on the signs.
//!
//! The fonts in `assets/fonts` hold the glyphs of this file and no others: after adding a phrase run
//! `assets/fonts/subset.sh`. A test fails when it was forgotten.

use std::sync::LazyLock;

/// A sign's words, with the language they are in (BCP 47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// The language, which also selects the font, and so the regional forms of Han characters.
    pub(super) language: &'static str,
    /// The words, in reading order.
    pub(super) words: &'static str,
}

/// The phrases by language.
const BY_LANGUAGE: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "We are millions",
            "WE ARE MILLIONS",
            "I am one of millions",
            "TRUTH",
            "Truth is not a crime",
            "Courage",
            "PRIVACY IS A RIGHT",
            "Speak up",
            "Listen",
            "No one is free until all are free",
            "FREE PRESS",
            "I was here",
        ],
    ),
    ("es", &["Somos millones", "SOMOS MILLONES", "La verdad", "¡Libertad!", "La privacidad es un derecho"]),
    ("fr", &["Nous sommes des millions", "Vérité", "LIBERTÉ", "Écoutez"]),
    ("pt", &["Somos milhões", "Coragem", "A VERDADE"]),
    ("de", &["Wir sind Millionen", "Mut", "Wahrheit ist kein Verbrechen", "Privatsphäre ist ein Recht"]),
    ("it", &["Siamo milioni", "VERITÀ"]),
    ("nl", &["Waarheid"]),
    ("sv", &["Vi är miljoner"]),
    ("fi", &["Totuus"]),
    ("is", &["Sannleikurinn"]),
    ("pl", &["Prawda", "Są nas miliony"]),
    ("cs", &["Pravda"]),
    ("hu", &["Igazság"]),
    ("ro", &["Adevăr"]),
    ("tr", &["Gerçek", "Milyonlarız"]),
    ("vi", &["Sự thật", "TỰ DO", "Can đảm"]),
    ("id", &["Kebenaran", "Keberanian", "Kami jutaan"]),
    ("fil", &["Katotohanan", "Kalayaan", "Milyon kami"]),
    ("sw", &["Ukweli", "Uhuru", "Sisi ni mamilioni"]),
    ("ha", &["Gaskiya"]),
    ("yo", &["Òtítọ́"]),
    ("zu", &["Iqiniso", "Inkululeko"]),
    ("qu", &["Chiqaq"]),
    ("ru", &["Правда", "Нас миллионы"]),
    ("uk", &["Нас мільйони", "ВОЛЯ"]),
    ("bg", &["Истина"]),
    ("sr", &["Слобода"]),
    ("kk", &["Шындық"]),
    ("el", &["Αλήθεια", "Είμαστε εκατομμύρια", "ΘΑΡΡΟΣ"]),
    ("ar", &["نحن الملايين", "الحقيقة", "حرية", "الخصوصية حق"]),
    ("fa", &["آزادی", "حقیقت"]),
    ("ur", &["سچ", "ہم کروڑوں ہیں"]),
    ("he", &["אנחנו מיליונים", "אמת", "אומץ"]),
    ("hi", &["सत्य", "हम करोड़ों हैं", "निजता एक अधिकार है"]),
    ("mr", &["धैर्य"]),
    ("bn", &["সত্য", "সাহস"]),
    ("pa", &["ਸੱਚ"]),
    ("gu", &["સત્ય"]),
    ("ta", &["உண்மை"]),
    ("te", &["నిజం"]),
    ("th", &["ความจริง", "เสรีภาพ"]),
    ("km", &["សេរីភាព"]),
    ("am", &["እውነት", "ድፍረት", "ሚሊዮኖች ነን"]),
    ("ka", &["სიმართლე"]),
    ("hy", &["Ճշմարտություն"]),
    ("zh-Hans", &["真相", "勇气", "我们是千百万人"]),
    ("zh-Hant", &["自由"]),
    ("ja", &["真実", "勇気", "声を上げよう"]),
    ("ko", &["진실", "용기", "우리는 수백만이다"]),
];

/// All phrases, each by its number.
pub(super) static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let phrases = |(language, all): &(&'static str, &'static [&str])| {
        let language = *language;
        all.iter().map(move |words| Phrase { language, words })
    };
    BY_LANGUAGE.iter().flat_map(phrases).collect()
});
