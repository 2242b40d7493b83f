//! Rejected files by reason, so that the reason that matters is seen among many.

use millions_base::printable;

use super::ingest::Rejection;

/// The files that are rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionGroup<'a> {
    /// The reason; where they differ by a number, that of the file with the largest.
    pub reason: &'a str,
    /// The files, in the order given.
    pub files: Vec<&'a Rejection>,
    /// Whether each is probably somebody's photograph, and not something else that lies in the folder.
    pub are_photographs: bool,
}

/// Extensions of what people send when they send a photograph.
const PHOTOGRAPHS: &str = "jpg|jpeg|jpe|jfif|heic|heif|hif|avif|jxl|png|webp|gif|bmp|tif|tiff|dng|nef|nrw|cr2|cr3|crw|arw|sr2|raf|orf|rw2|\
     pef|srw|x3f|mpo|icloud|owncloud|nextcloud|crdownload|part|partial|download";

/// Whether a name is one of a photograph.
pub(super) fn is_photograph_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| PHOTOGRAPHS.split('|').any(|known| known == extension))
}

/// Groups files by reason: photographs before other files, then by their number.
#[must_use]
pub fn by_reason(rejected: &[Rejection]) -> Vec<RejectionGroup<'_>> {
    let mut groups: Vec<(String, RejectionGroup<'_>)> = Vec::new();
    for rejection in rejected {
        let is_other = rejection.reason.contains("not a photograph") || rejection.reason.contains("not a picture");
        let are_photographs = !is_other || is_photograph_name(&rejection.path);
        // Figures differ from file to file.
        let key: String = rejection.reason.chars().filter(|c| !c.is_ascii_digit()).collect();
        let known = groups.iter_mut().find(|(known, group)| *known == key && group.are_photographs == are_photographs);
        match known {
            Some((_, group)) => {
                group.files.push(rejection);
                if last_number(&rejection.reason) > last_number(group.reason) {
                    group.reason = &rejection.reason;
                }
            }
            None => {
                let group = RejectionGroup { reason: &rejection.reason, files: vec![rejection], are_photographs };
                groups.push((key, group));
            }
        }
    }
    let mut groups: Vec<_> = groups.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.are_photographs, group.files.len())));
    groups
}

fn last_number(reason: &str) -> Option<u64> {
    reason.split(|c: char| !c.is_ascii_digit()).rfind(|digits| !digits.is_empty())?.parse().ok()
}

impl RejectionGroup<'_> {
    /// How many files for which reason, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let (count, reason) = (self.files.len(), printable(self.reason));
        let what = match (self.are_photographs, count) {
            (true, 1) => "photograph",
            (true, _) => "photographs",
            (false, 1) => "other file",
            (false, _) => "other files",
        };
        format!("{count} {what}: {reason}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_that_matters_comes_first() {
        let rejection = |path: &str, reason: &str| Rejection { path: path.into(), reason: reason.into() };
        let large = |n: u32| format!("the limit is 268 million: start again with --max-megapixels {n}");
        let rejected = [
            rejection("a.txt", "a text, not a picture"),
            rejection("b.txt", "a text, not a picture"),
            rejection("c.txt", "a text, not a picture"),
            rejection("page.jpg", "a web page, not a picture"),
            rejection("x.tif", &large(300)),
            rejection("y.tif", &large(1200)),
            rejection("z.tif", &large(400)),
        ];
        let groups = by_reason(&rejected);
        let headlines: Vec<_> = groups.iter().map(RejectionGroup::headline).collect();
        assert_eq!(headlines[0], format!("3 photographs: {}", large(1200)));
        assert_eq!(headlines[1], "1 photograph: a web page, not a picture");
        assert_eq!(headlines[2], "3 other files: a text, not a picture");
        assert_eq!(groups.iter().map(|group| group.files.len()).sum::<usize>(), rejected.len());
    }
}
