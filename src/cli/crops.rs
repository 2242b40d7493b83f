//! `millions crops`: contact sheets of how the photographs were cropped, and crops by hand.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::library::{Place, one};
use super::sheet::{self, Card};
use super::terminal::print_line;
use super::{progress, usage};
use crate::export;
use millions_base::printable_path;
use millions_library::{AlikePair, CropTakesEffect, Library, Limits, ManualCrop, Portrait, Thumbnail, default_dir};

/// A selection of photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// Those whose crop a person should review.
    Review,
    /// Pairs that look the same, of which one is shown, and pairs that are nearly alike and dealt as two.
    Alike,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CropsArgs {
    #[command(subcommand)]
    command: Option<CropCommand>,
    /// Folders of photographs, whose library it is.
    folders: Vec<PathBuf>,
    /// The library's folder.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// FILE.png; when one sheet cannot hold all, FILE-2.png and so on follow.
    #[arg(long, value_name = "FILE.png", required = true)]
    out: Option<PathBuf>,
    /// Only some of the photographs.
    #[arg(long, value_enum, value_name = "WHICH")]
    only: Option<Only>,
}

#[derive(Debug, Subcommand)]
enum CropCommand {
    /// Accepts crops as they are: nobody has to look at them again.
    Accept {
        /// Photographs' files, names, or numbers of `millions library list`.
        #[arg(required = true, value_name = "FILE|NAME|ID")]
        whom: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Crops or turns a photograph by hand.
    Set {
        /// A photograph's file, a name, or a number of `millions library list`.
        #[arg(value_name = "FILE|NAME|ID")]
        whom: String,
        /// Left, top, width and height in parts of the photograph as it is turned, from 0 to 1. Without, the program finds the
        /// crop.
        #[arg(long, value_name = "X,Y,W,H", value_parser = rect, required_unless_present = "turn")]
        rect: Option<[f64; 4]>,
        /// Degrees clockwise, from how its file is upright: 0, 90, 180 or 270.
        #[arg(long, value_name = "DEGREES", default_value_t = 0)]
        turn: u16,
        #[command(flatten)]
        place: Place,
    },
    /// Leaves crops to the spreadsheet and the program again.
    Reset {
        /// Photographs' files, names, or numbers of `millions library list`.
        #[arg(required = true, value_name = "FILE|NAME|ID")]
        whom: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Parses a rectangle; its limits are those of the crop.
fn rect(text: &str) -> Result<[f64; 4], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let rect = numbers.ok().and_then(|numbers| <[f64; 4]>::try_from(numbers).ok());
    rect.ok_or_else(|| "four numbers from 0 to 1, such as 0.1,0.05,0.5,0.6".to_owned())
}

/// Decides about crops by hand.
fn decide(command: &CropCommand) -> anyhow::Result<()> {
    let (whom, crop, place) = match command {
        CropCommand::Accept { whom, place } => (&whom[..], Some(ManualCrop::Accepted), place),
        CropCommand::Reset { whom, place } => (&whom[..], None, place),
        CropCommand::Set { whom, rect, turn, place } => {
            let crop = match rect {
                Some(rect) => ManualCrop::cropped(*rect, *turn),
                None => ManualCrop::turned(*turn),
            };
            (std::slice::from_ref(whom), Some(crop.map_err(usage)?), place)
        }
    };
    let library = Library::open(&place.dir())?;
    // All of them before anything is written.
    let portraits: Vec<Portrait> = whom.iter().map(|whom| one(&library, whom)).collect::<anyhow::Result<_>>()?;
    for portrait in portraits {
        let name = portrait.sources.first().map(printable_path).unwrap_or_default();
        let what = match crop {
            Some(ManualCrop::Accepted) => "accepted",
            Some(ManualCrop::Edited(_)) => "cropped by hand",
            None => "left to the spreadsheet and the program",
        };
        let when = match library.decide_crop(portrait.number, crop)? {
            CropTakesEffect::Soon => "",
            CropTakesEffect::WithNextIngest => {
                "; made with the next ingest of the photographs, or when a wall plays them"
            }
        };
        print_line!("{what}{when}: {name}");
    }
    Ok(())
}

pub fn run(args: &CropsArgs) -> anyhow::Result<()> {
    let CropsArgs { command, folders, library, out, only } = args;
    if let Some(command) = command {
        return decide(command);
    }
    let out = out.as_ref().ok_or_else(|| usage("say where to draw them: --out FILE.png"))?;
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
