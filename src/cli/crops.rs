//! `millions crops`: contact sheets of how the photographs were cropped.

use std::path::{Path, PathBuf};

use clap::Args;

use super::sheet::{self, Card};
use super::terminal::print_line;
use super::{progress, usage};
use crate::export;
use millions_base::printable_path;
use millions_library::{AlikePair, Library, Limits, Portrait, Thumbnail, default_dir};

/// A selection of photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// Those whose crop a person should review.
    Review,
    /// Pairs that look the same, of which one is shown, and pairs that are nearly alike and dealt as two.
    Alike,
}

#[derive(Debug, Args)]
pub struct CropsArgs {
    /// Folders of photographs, whose library it is.
    folders: Vec<PathBuf>,
    /// The library's folder.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// FILE.png; when one sheet cannot hold all, FILE-2.png and so on follow.
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
    /// Only some of the photographs.
    #[arg(long, value_enum, value_name = "WHICH")]
    only: Option<Only>,
}

pub fn run(args: &CropsArgs) -> anyhow::Result<()> {
    let CropsArgs { folders, library, out, only } = args;
    let dir = match (library, &folders[..]) {
        (Some(dir), _) => dir.clone(),
        (None, []) => return Err(usage("say which photographs: FOLDER or --library DIR")),
        (None, folders) => default_dir(folders),
    };
    let library = Library::open(&dir)?;
    let chosen = match only {
        Some(Only::Alike) => alike(&library),
        Some(Only::Review) | None => review_order(&library, only.is_some()),
    };
    if chosen.is_empty() {
        print_line!("there are no such photographs in the library {}", printable_path(&dir));
        return Ok(());
    }
    let bar = progress::bar("crops", chosen.len() as u64);
    let mut renderer = sheet::SheetRenderer::new();
    let pages = chosen.chunks(sheet::CARDS);
    let count = pages.len();
    for (page, chosen) in pages.enumerate() {
        let cards = chosen.iter().map(|chosen| {
            bar.inc(1);
            card(chosen)
        });
        let (picture, [width, height]) = renderer.sheet(cards, chosen.len())?;
        export::write_png(&page_path(out, page), &picture, width, height)?;
    }
    bar.finish_and_clear();
    let (first, last) = (page_path(out, 0), page_path(out, count - 1));
    match count {
        1 => print_line!("{} photographs: {}", chosen.len(), printable_path(&first)),
        _ => print_line!(
            "{} photographs on {count} sheets: {} to {}",
            chosen.len(),
            printable_path(&first),
            printable_path(&last)
        ),
    }
    Ok(())
}

/// A portrait of a sheet, and what is to be said of it beyond its detections.
struct Chosen {
    portrait: Portrait,
    note: Option<String>,
}

/// Returns both portraits of each pair that looks the same or nearly so: first those that are nearly alike, which a person has
/// to decide about, the most similar first.
fn alike(library: &Library) -> Vec<Chosen> {
    let mut pairs = library.alike();
    pairs.sort_by_key(|pair| (pair.is_one, pair.different_bits, pair.numbers));
    let notes = |pair: &AlikePair| {
        let [shown, other] = pair.numbers;
        if pair.is_one {
            [format!("shown, also for {other}"), format!("a copy of {shown}: not so? `copy` = no in its row")]
        } else {
            let bits = pair.different_bits;
            let also = |other| format!("much like {other} ({bits} of 256 differ), dealt as two: one? `copy` = yes");
            [also(other), also(shown)]
        }
    };
    let chosen = |(number, note)| Some(Chosen { portrait: library.portrait(number)?, note: Some(note) });
    pairs.iter().flat_map(|pair| pair.numbers.into_iter().zip(notes(pair))).filter_map(chosen).collect()
}

/// Returns the portraits that have a photograph, or those of them to review: these first, by rising confidence.
fn review_order(library: &Library, only_review: bool) -> Vec<Chosen> {
    let all = library.portraits().into_iter().filter_map(|number| library.portrait(number));
    let is_selected = |portrait: &Portrait| {
        !portrait.sources.is_empty() && (!only_review || !portrait.detections.review_reasons.is_empty())
    };
    let mut portraits: Vec<Portrait> = all.filter(is_selected).collect();
    portraits.sort_by_key(|portrait| {
        (portrait.detections.review_reasons.is_empty(), portrait.detections.confidence, portrait.number)
    });
    portraits.into_iter().map(|portrait| Chosen { portrait, note: None }).collect()
}

fn card(Chosen { portrait, note }: &Chosen) -> Card {
    let path = portrait.sources.first().cloned().unwrap_or_default();
    let name = printable_path(path.file_name().unwrap_or_default());
    // It was within the limits of its ingest, which may have been higher.
    let Limits { max_pixels, max_alloc_bytes } = Limits::default();
    let limits = Limits { max_pixels: max_pixels * 8, max_alloc_bytes: max_alloc_bytes * 8 };
    let photograph = Thumbnail::read(&path, sheet::LONGEST, limits);
    Card { name, photograph, detections: portrait.detections.clone(), note: note.clone() }
}

/// Returns the path of a page: `crops.png`, `crops-2.png` …
fn page_path(out: &Path, page: usize) -> PathBuf {
    if page == 0 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let extension = out.extension().map_or("png".into(), |extension| extension.to_string_lossy());
    out.with_file_name(format!("{stem}-{}.{extension}", page + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_numbered_from_the_second() {
        assert_eq!(page_path("a/crops.png".as_ref(), 0), Path::new("a/crops.png"));
        assert_eq!(page_path("a/crops.png".as_ref(), 1), Path::new("a/crops-2.png"));
        assert_eq!(page_path("crops".as_ref(), 9), Path::new("crops-10.png"));
    }
}
