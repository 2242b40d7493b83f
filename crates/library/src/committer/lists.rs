//! The lists that a person reads: `rejected.txt`, by reason, and `review.txt`; one photograph a line with its reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use millions_base::{printable, printable_path, replace_file};

use super::super::error::{LibraryError, io_error};
use super::super::files;
use super::super::ingest::Rejection;
use super::super::library::Library;
use super::super::rejections::by_reason;

/// Writes both lists, where they have changed; files that `is_removed` are counted and not named.
pub fn write(library: &Library, rejected: &[Rejection], is_removed: impl Fn(&str) -> bool) -> Result<(), LibraryError> {
    let named = |rejection: &Rejection| match is_removed(&rejection.path) {
        true => Rejection { path: UNNAMED.into(), reason: rejection.reason.clone() },
        false => rejection.clone(),
    };
    let rejected: Vec<Rejection> = rejected.iter().map(named).collect();
    write_list(&library.dir().join(files::REJECTED), &grouped(&rejected))?;
    write_review(library)?;
    // Earlier versions wrote the review list under this name.
    let old = library.dir().join(files::OLD_REVIEW);
    match fs::remove_file(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove the old list of photographs", &old)(error))
        }
        _ => Ok(()),
    }
}

/// Writes the photographs whose crop a person should review.
pub fn write_review(library: &Library) -> Result<(), LibraryError> {
    let mut review: Vec<String> =
        library.review_list().iter().map(|(path, reasons)| line(path, &reasons.to_string())).collect();
    review.sort();
    write_list(&library.dir().join(files::REVIEW), &review.concat())
}

/// In the place of the name of a removed person's file.
const UNNAMED: &str = "(a photograph that is not named here)";

fn line(path: &str, reason: &str) -> String {
    format!("{}\t{}\n", printable(path), printable(reason))
}

/// Rejected files by reason, what matters first: a line that begins with `#`, then one for each file.
fn grouped(rejected: &[Rejection]) -> String {
    let mut text = String::new();
    for group in by_reason(rejected) {
        text += &format!("# {}\n", group.headline());
        let mut lines: Vec<String> = group.files.iter().map(|file| line(&file.path, &file.reason)).collect();
        lines.sort();
        text.extend(lines);
    }
    text
}

/// Takes files out of both lists.
pub fn forget(dir: &Path, gone: &[PathBuf]) -> Result<(), LibraryError> {
    let names: Vec<String> = gone.iter().map(printable_path).collect();
    for list in [files::REJECTED, files::REVIEW, files::OLD_REVIEW] {
        let path = dir.join(list);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let is_gone = |line: &&str| line.split('\t').next().is_some_and(|name| names.iter().any(|gone| gone == name));
        let left = text.split_inclusive('\n').filter(|line| !is_gone(line));
        if list == files::REJECTED {
            let rejection = |line: &str| {
                let (path, reason) = line.trim_end_matches('\n').split_once('\t')?;
                Some(Rejection { path: path.into(), reason: reason.into() })
            };
            let left: Vec<Rejection> = left.filter(|line| !line.starts_with("# ")).filter_map(rejection).collect();
            write_list(&path, &grouped(&left))?;
        } else {
            write_list(&path, &left.collect::<String>())?;
        }
    }
    Ok(())
}

/// Writes a list, where it has changed.
fn write_list(path: &Path, text: &str) -> Result<(), LibraryError> {
    if fs::read(path).unwrap_or_default() == text.as_bytes() && (path.exists() || text.is_empty()) {
        return Ok(());
    }
    replace_file(path, text.as_bytes()).map_err(io_error("write a list of photographs", path))
}
