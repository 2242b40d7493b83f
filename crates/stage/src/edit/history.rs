//! The files of a stage's history: their names, and which of them stay. See [`to_thin`].

/// A file of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number: the later, the greater.
    pub number: u64,
    /// When it was written, in seconds since 1970.
    pub unix_secs: u64,
}

/// So many of the last all stay.
const LAST: usize = 200;
/// Of those before, the last of each of so many hours in which there are any.
const HOURS: usize = 300;

/// The name of the history's file of that number.
#[must_use]
pub fn history_name(number: u64) -> String {
    format!("{number:06}.toml")
}

/// The number of a history's file, by its name; none for any other file.
#[must_use]
pub fn history_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".toml")?;
    let plain = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && history_name(*number) == name)
}

/// The numbers of the files that are no longer needed: of the last 200 none, of those before all but the last of each hour,
/// and of these all but the last 300. So the folder has 500 files at most.
#[must_use]
pub fn to_thin(files: &[Numbered]) -> Vec<u64> {
    let mut files = files.to_vec();
    files.sort_unstable_by_key(|file| std::cmp::Reverse(file.number));
    let mut hours = 0;
    let mut hour = None;
    let older = files.into_iter().skip(LAST);
    let gone = older.filter(|file| {
        let own = file.unix_secs / 3600;
        let stays = hour != Some(own) && hours < HOURS;
        if stays {
            hour = Some(own);
            hours += 1;
        }
        !stays
    });
    gone.map(|file| file.number).collect()
}
