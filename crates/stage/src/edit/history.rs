//! The files of a stage's history: their names, and which of them expire. See [`expired_history`].

/// A file of a stage's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryFile {
    /// Its sequence number.
    pub number: u64,
    /// When it was written, in seconds since 1970.
    pub unix_secs: u64,
}

/// How many of the newest are all kept.
const LAST: usize = 200;
/// For how many hours before those, of hours that have files, the last of each is kept.
const HOURS: usize = 300;

/// The name of the file of a number.
#[must_use]
pub fn history_name(number: u64) -> String {
    format!("{number:06}.toml")
}

/// The number of a file, by its name; none for any other file.
#[must_use]
pub fn history_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".toml")?;
    let plain = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && history_name(*number) == name)
}

/// The numbers of the files that expire: of the newest 200 none, of those before all but the last of each hour, and of these
/// all but the newest 300. So the folder holds at most 500 files.
#[must_use]
pub fn expired_history(files: &[HistoryFile]) -> Vec<u64> {
    let mut files = files.to_vec();
    files.sort_unstable_by_key(|file| std::cmp::Reverse(file.number));
    let mut hours = 0;
    let mut hour = None;
    let older = files.into_iter().skip(LAST);
    let expired = older.filter(|file| {
        let own = file.unix_secs / 3600;
        let keeps = hour != Some(own) && hours < HOURS;
        if keeps {
            hour = Some(own);
            hours += 1;
        }
        !keeps
    });
    expired.map(|file| file.number).collect()
}
