//! The words of people that are not shown, for they have letters that no font here has; told before the night.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use millions_base::printable;
use millions_lettering::Fonts;
use millions_library::{Library, Person};

/// The fonts of this machine, which are looked through once for all words.
static FONTS: LazyLock<Mutex<Fonts>> = LazyLock::new(|| Mutex::new(Fonts::new()));

/// Says why a text would not be shown on this machine; `None` for one that is.
pub fn fault(text: &str) -> Option<String> {
    let mut fonts = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = fonts.missing(text, None);
    if missing.is_empty() {
        return None;
    }
    let (letters, help) = (missing.letters(), missing.help());
    Some(format!("has letters that no font here has ({letters}): it will not be shown; {help}"))
}

/// Returns what is not shown of the people on the wall of a library, each with the file of a photograph; the words of as many as
/// `most` are looked at.
pub fn unshown(library: &Library, most: usize) -> Vec<String> {
    let mut made = Vec::new();
    for number in library.portraits() {
        let Some(Person { name, place, quote, .. }) = library.person(number) else { continue };
        for (kind, text) in [("name", name), ("place", place), ("quote", quote)] {
            let Some(why) = Some(&text).filter(|text| !text.is_ascii()).and_then(|text| fault(text)) else { continue };
            if made.len() == most {
                return made;
            }
            let sources = library.portrait(number).map(|portrait| portrait.sources).unwrap_or_default();
            let file =
                sources.first().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
            let text: String = text.chars().take(40).collect();
            let line = format!("{}: the {kind} `{text}` {why}", file.unwrap_or_else(|| format!("portrait {number}")));
            made.push(printable(&line).into_owned());
        }
    }
    made
}

/// Logs how many words of a library's people are not shown, on a thread of its own: to look through fonts takes a moment.
pub fn log_unshown(library: &Arc<Library>) {
    let library = Arc::clone(library);
    let count = move || {
        let unshown = unshown(&library, usize::MAX);
        if let Some(first) = unshown.first() {
            let count = unshown.len();
            tracing::warn!(
                "{count} names, places and quotes have letters that no font here has, and are not shown: {first}"
            );
        }
    };
    if let Err(error) = thread::Builder::new().name("words".into()).spawn(count) {
        tracing::warn!("the words of people were not held against the fonts: {error}");
    }
}
