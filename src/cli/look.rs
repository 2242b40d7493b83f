//! `millions look`: exposure and white-balance matching, measured and side by side.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::open_library::LibraryArgs;
use super::terminal::print_line;
use super::{progress, usage};
use crate::export;
use millions_base::printable_path;
use millions_library::Library;
use millions_wall::tile::planes::decode_level;
use millions_wall::tile::{PortraitNumber, TileSource as _};
use millions_wall::tone::relight::{SrgbPicture, quantile, rank_correlation, standard_deviation};
use millions_wall::tone::{FaceEdges, ToneFigures};

/// The tile side at which portraits are measured.
const SIDE: u32 = 64;
/// The tile side on the sheet.
const SHEET_SIDE: u32 = 128;
/// The least portraits of one folder before one background that count as a studio.
const MIN_STUDIO: usize = 20;
/// Backgrounds that differ by less than this, in encoded R, G, B, count as one.
const SAME_BACKGROUND: f32 = 0.1;
/// The most portraits that are relit; each costs forty measurements.
const MAX_RELIT: usize = 200;

/// A portrait to be measured.
struct Subject {
    folder: PathBuf,
    shot: SrgbPicture,
    face: Option<FaceEdges>,
    tone: ToneFigures,
}

/// The report's figures; in pairs, as shot and matched (at exposure_matching 1).
#[derive(Debug, Serialize)]
struct Report {
    portraits: usize,
    faces: usize,
    /// Share of portraits whose 2nd percentile lies below 6 %.
    black_below_6_percent: [f32; 2],
    /// Share of portraits whose 98th percentile lies above 85 %.
    white_above_85_percent: [f32; 2],
    /// Share of faces of which 5 % or more are white.
    clipped_faces: [f32; 2],
    /// The standard deviation of the portraits' mean luma.
    spread_of_means: [f32; 2],
    same_person_other_light: Option<Relighting>,
    other_person_same_light: Vec<Studio>,
}

/// The spread of a face's median luma over lights and exposures, matched, as a share of that as shot.
#[derive(Debug, Serialize)]
struct Relighting {
    portraits: usize,
    median: f32,
    ninety_percent_below: f32,
}

/// Portraits in one studio under one light.
#[derive(Debug, Serialize)]
struct Studio {
    folder: String,
    portraits: usize,
    /// Spearman's, of the faces' median luma, as shot against matched.
    rank_correlation: f32,
    /// The spread of the faces' luma, matched, as a share of that as shot.
    spread_kept: f32,
}

#[derive(Debug, Args)]
pub struct LookReportArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// Measures how well one light is made of all, and whether everybody stays themselves.
    #[arg(long)]
    report: bool,
    /// A picture of portraits as shot and, beside each, at exposure_matching 1.
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,
    /// Portraits on the sheet.
    #[arg(long, value_name = "N", default_value_t = 60)]
    count: usize,
    /// Prints the report as one JSON object.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &LookReportArgs) -> anyhow::Result<()> {
    if !args.report && args.sheet.is_none() {
        return Err(usage("say what you want: --report, --sheet FILE.png, or both"));
    }
    let library = args.source.open_complete()?;
    anyhow::ensure!(!library.is_empty(), "there is nobody in the library");
    if args.report {
        let report = report(&library)?;
        if args.json { print_line!("{}", serde_json::to_string(&report)?) } else { print(&report) }
    }
    if let Some(path) = &args.sheet {
        sheet(&library, path, args.count)?;
    }
    Ok(())
}

fn subject(library: &Library, number: PortraitNumber, side: u32) -> anyhow::Result<Subject> {
    let layout = library.layout();
    let side = side.min(layout.side());
    let mut bytes = vec![0; layout.prefix_bytes(side)];
    library.read_tile(number, &mut bytes)?;
    let portrait = library.portrait(number);
    let folder = portrait.as_ref().and_then(|portrait| portrait.sources.first()?.parent().map(PathBuf::from));
    Ok(Subject {
        folder: folder.unwrap_or_default(),
        shot: SrgbPicture { srgb: decode_level(&bytes, layout, side), side: side as usize },
        face: portrait
            .as_ref()
            .and_then(|portrait| portrait.detections.face_in_tile(library.aspect().into()))
            .map(|face| face.edges),
        tone: portrait.map(|portrait| portrait.tone).unwrap_or_default(),
    })
}

fn report(library: &Library) -> anyhow::Result<Report> {
    let numbers = library.portraits();
    let subjects = numbers.iter().map(|number| subject(library, *number, SIDE)).collect::<Result<Vec<_>, _>>()?;
    let corrected = |exposure_matching: f32| -> Vec<Vec<f32>> {
        subjects.iter().map(|subject| subject.shot.corrected_luma(&subject.tone.light, exposure_matching)).collect()
    };
    let luma = [corrected(0.0), corrected(1.0)];
    let share = |condition: &dyn Fn(&[f32]) -> bool| {
        luma.each_ref()
            .map(|luma| luma.iter().filter(|values| condition(values)).count() as f32 / subjects.len() as f32)
    };
    let with_faces: Vec<usize> = (0..subjects.len()).filter(|index| subjects[*index].face.is_some()).collect();
    let clipped_faces = luma.each_ref().map(|luma| {
        let is_clipped = |index: &&usize| {
            let subject = &subjects[**index];
            subject.face.is_some_and(|face| quantile(&subject.shot.in_face(&luma[**index], face), 0.95) > 0.985)
        };
        with_faces.iter().filter(is_clipped).count() as f32 / with_faces.len().max(1) as f32
    });
    let spread_of_means = luma.each_ref().map(|luma| {
        let means: Vec<f32> = luma.iter().map(|values| values.iter().sum::<f32>() / values.len() as f32).collect();
        standard_deviation(&means)
    });
    Ok(Report {
        portraits: subjects.len(),
        faces: with_faces.len(),
        black_below_6_percent: share(&|values| quantile(values, 0.02) < 0.06),
        white_above_85_percent: share(&|values| quantile(values, 0.98) > 0.85),
        clipped_faces,
        spread_of_means,
        same_person_other_light: relight(&subjects, &with_faces),
        other_person_same_light: studios(&subjects, &with_faces, &luma),
    })
}

fn relight(subjects: &[Subject], with_faces: &[usize]) -> Option<Relighting> {
    let step = with_faces.len().div_ceil(MAX_RELIT).max(1);
    let selected: Vec<_> = with_faces.iter().step_by(step).collect();
    let bar = progress::bar("portraits in other lights", selected.len() as u64);
    let mut ratios = Vec::new();
    for index in selected {
        let subject = &subjects[*index];
        if let Some([as_shot, matched]) = subject.face.and_then(|face| subject.shot.face_median_deviation(face)) {
            ratios.push(matched / as_shot.max(1e-6));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let [median, ninety_percent_below] = [0.5, 0.9].map(|share| quantile(&ratios, share));
    (!ratios.is_empty()).then_some(Relighting { portraits: ratios.len(), median, ninety_percent_below })
}

/// Returns the studios: the largest group of each folder before one background.
fn studios(subjects: &[Subject], with_faces: &[usize], luma: &[Vec<Vec<f32>>; 2]) -> Vec<Studio> {
    let mut folders: BTreeMap<&PathBuf, Vec<(usize, [f32; 3])>> = BTreeMap::new();
    for index in with_faces {
        let subject = &subjects[*index];
        folders.entry(&subject.folder).or_default().push((*index, background(&subject.shot)));
    }
    let mut studios = Vec::new();
    for (folder, members) in folders {
        let group_of = |background: &[f32; 3]| -> Vec<usize> {
            let is_same = |other: &[f32; 3]| background.iter().zip(other).all(|(a, b)| (a - b).abs() < SAME_BACKGROUND);
            members.iter().filter(|(_, other)| is_same(other)).map(|(index, _)| *index).collect()
        };
        let groups = members.iter().map(|(_, background)| group_of(background));
        let Some(group) = groups.max_by_key(Vec::len).filter(|group| group.len() >= MIN_STUDIO) else { continue };
        let [as_shot, matched] = luma.each_ref().map(|luma| -> Vec<f32> {
            let median = |index: &usize| {
                let Subject { shot, face, .. } = &subjects[*index];
                face.map_or(0.0, |face| shot.face_median(&luma[*index], face))
            };
            group.iter().map(median).collect()
        });
        studios.push(Studio {
            folder: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            portraits: group.len(),
            rank_correlation: rank_correlation(&as_shot, &matched),
            spread_kept: standard_deviation(&matched) / standard_deviation(&as_shot).max(1e-6),
        });
    }
    studios
}

/// Returns the colour of the background: the median of the two upper corners, encoded R, G, B.
fn background(shot: &SrgbPicture) -> [f32; 3] {
    let side = shot.side;
    let is_corner = |index: &usize| {
        let (x, y) = (index % side, index / side);
        y * 5 < side && (x * 7 < side || (side - 1 - x) * 7 < side)
    };
    let corner: Vec<usize> = (0..side * side).filter(is_corner).collect();
    [0, 1, 2].map(|channel| {
        let values: Vec<f32> = corner.iter().map(|index| f32::from(shot.srgb[index * 3 + channel]) / 255.0).collect();
        quantile(&values, 0.5)
    })
}

fn print(report: &Report) {
    let Report { portraits, faces, black_below_6_percent: black, white_above_85_percent: white, .. } = report;
    let percent = |[as_shot, matched]: [f32; 2]| format!("{:5.1} %  →  {:5.1} %", as_shot * 100.0, matched * 100.0);
    print_line!("{portraits} portraits, {faces} with a face; as shot → at exposure_matching 1");
    print_line!("black point below 6 %        {}", percent(*black));
    print_line!("white point above 85 %       {}", percent(*white));
    print_line!("faces burnt out              {}", percent(report.clipped_faces));
    let [as_shot, matched] = report.spread_of_means;
    print_line!(
        "spread of the mean luma      {as_shot:7.3}  →  {matched:7.3}  ({:.0} % of it)",
        matched / as_shot.max(1e-6) * 100.0
    );
    if let Some(Relighting { portraits, median, ninety_percent_below }) = &report.same_person_other_light {
        print_line!(
            "same person, other light     a face's luma spreads {:.0} % as wide (median of {portraits}; {:.0} % for nine in ten)",
            median * 100.0,
            ninety_percent_below * 100.0
        );
    }
    for Studio { folder, portraits, rank_correlation, spread_kept } in &report.other_person_same_light {
        print_line!(
            "other person, same light     {folder}: {portraits} portraits, rank correlation {rank_correlation:.3}, {:.0} % of the spread kept",
            spread_kept * 100.0
        );
    }
}

/// Draws a sheet of pairs: a portrait as shot, and matched as on the wall.
fn sheet(library: &Library, path: &std::path::Path, count: usize) -> anyhow::Result<()> {
    let numbers = library.portraits();
    let step = (numbers.len() as f64 / count.max(1) as f64).max(1.0);
    let selected: Vec<_> = (0..count.min(numbers.len())).map(|index| numbers[(index as f64 * step) as usize]).collect();
    let side = SHEET_SIDE.min(library.layout().side());
    let height = (side as f32 / library.aspect()).round() as usize;
    let (side, gap) = (side as usize, 4);
    // As many columns of pairs as give a sheet of about 16:10.
    let columns = ((selected.len() as f64 * 1.6 * height as f64 / (2.0 * side as f64)).sqrt().round() as usize).max(1);
    let (pair, row) = (2 * side + 3 * gap, height + gap);
    let (width, full_height) = (columns * pair, selected.len().div_ceil(columns) * row);
    let mut picture = vec![0; width * full_height * 4];
    for (index, number) in selected.into_iter().enumerate() {
        let Subject { shot, tone, .. } = subject(library, number, SHEET_SIDE)?;
        let (left, top) = (index % columns * pair, index / columns * row);
        for (half, exposure_matching) in [(0, 0.0), (1, 1.0)] {
            let values = shot.corrected_luma(&tone.light, exposure_matching);
            for y in 0..height {
                for x in 0..side {
                    // The tile is anamorphic: its rows are stretched to the aspect, by nearest neighbour.
                    let value = values[(y * side / height) * side + x];
                    let at = ((top + y) * width + left + half * (side + gap / 2) + x) * 4;
                    let grey = (value * 255.0).round().clamp(0.0, 255.0) as u8;
                    picture[at..at + 4].copy_from_slice(&[grey, grey, grey, 255]);
                }
            }
        }
    }
    export::write_png(path, &picture, width as u32, full_height as u32)?;
    print_line!("{}", printable_path(path));
    Ok(())
}
