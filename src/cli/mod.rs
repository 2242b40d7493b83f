//! The command line: the commands and their arguments.

mod bench;
mod bench_stage;
mod check;
mod crops;
mod demo;
mod doctor;
mod ingest;
mod look;
mod open_library;
mod play;
mod player;
mod progress;
mod render;
mod schema;
mod sheet;
mod values;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use values::{FilmDuration, Seconds, Size};

/// Photographs of people become one moving black-and-white wall, projected on a building.
#[derive(Debug, Parser)]
#[command(
    name = "millions",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  millions play ~/photographs --fullscreen\n  millions render --scene slow --at 3.5s --size \
                  1920x1080 --out wall.png\n  millions doctor"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Say more on the terminal (twice: even more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays the wall in a window.
    ///
    /// FOLDERs of photographs are brought into a library first, while the wall already moves. Without a folder and
    /// without a library, a crowd of invented people plays. H in the window shows the keys.
    #[command(
        after_help = "Examples:\n  millions play\n  millions play ~/photographs --fullscreen --output 2\n  millions play \
                      --library /media/wall --scene multitude\n  millions play ~/photographs --scene my-scene.toml"
    )]
    Play(PlayArgs),
    /// Brings photographs into a library, ready to play.
    ///
    /// Every photograph is added, or rejected with a reason; the reasons are listed at the end and in the library's
    /// rejected.txt. Photographs that have not changed since the last time are neither read nor decoded. Photographs
    /// that are gone are taken out.
    #[command(
        after_help = "Examples:\n  millions ingest ~/photographs\n  millions ingest ~/a ~/b --library /media/wall --tile \
                      512\n  millions ingest ~/photographs --json | jq .rejected"
    )]
    Ingest(IngestArgs),
    /// Draws how each photograph was cropped, for a person to review: those with a reason first.
    ///
    /// Each photograph is marked with the part that the wall shows, the faces (the kept ones thick) and the sign, and with the
    /// confidence of the crop and the reasons to review it. The library stays as it is.
    #[command(
        after_help = "Examples:\n  millions crops ~/photographs --out crops.png\n  millions crops --library /media/wall --only \
                      review --out crops.png"
    )]
    Crops(CropsArgs),
    /// Draws stills, films or frames without a window: the same pictures as the window at the same time.
    #[command(
        after_help = "Examples:\n  millions render ~/photographs --scene slow --at 3.5s --size 1920x1080 --out wall.png\n  \
                      millions render --scene march --duration 10s --fps 60 --size 3840x2160 --out wall.mp4\n  millions \
                      render --library wall --scene faces --duration loop --size 1280x720 --out frames/\n  millions render --show \
                      show.toml --duration 10m --fps 30 --size 1280x720 --out show.mp4"
    )]
    Render(RenderArgs),
    /// Says how alike the light of all portraits becomes, and shows it.
    #[command(
        after_help = "Examples:\n  millions look ~/photographs --report\n  millions look --library /media/wall --sheet \
                      before-and-after.png"
    )]
    Look(LookReportArgs),
    /// Invents people: photographs of nobody, to try the wall with.
    #[command(
        after_help = "Examples:\n  millions demo --count 200 --out ~/nobody\n  millions demo --count 100000 --library \
                      /tmp/crowd --seed 7"
    )]
    Demo(DemoArgs),
    /// Checks show, scene, look and stage files and shaders, without a graphics card: says all that is wrong, with file, line,
    /// column and what to do.
    #[command(
        after_help = "Examples:\n  millions check                 (the scenes and shaders that the program carries)\n  \
                      millions check show.toml shaders/ripple.wgsl"
    )]
    Check(CheckArgs),
    /// Prints a JSON Schema, by which editors complete the files of a show and mark what is wrong in them.
    #[command(
        after_help = "Examples:\n  millions schema scene > scene.schema.json\n  millions schema show > show.schema.json\n\nIn \
                      VS Code (Even Better TOML) or any editor that knows it, the first line of a file then says\n  #:schema \
                      ./scene.schema.json"
    )]
    Schema {
        /// What kind of file.
        kind: schema::FileKind,
    },
    /// Says what works on this machine and what does not, and what to do about it.
    #[command(after_help = "Examples:\n  millions doctor\n  millions doctor --library ~/wall")]
    Doctor(DoctorArgs),
    /// Measures a frame of the wall against a plain full-screen blit, in the same run.
    #[command(
        after_help = "Examples:\n  millions bench\n  millions bench --library /tmp/crowd --size 3840x2160 --json"
    )]
    Bench(BenchArgs),
    /// Prints completions for a shell.
    #[command(
        after_help = "Example:\n  millions completions bash > ~/.local/share/bash-completion/completions/millions"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, or writes one for each command into a folder.
    #[command(after_help = "Examples:\n  millions man | man -l -\n  millions man --out ~/.local/share/man/man1")]
    Man {
        /// A folder for the pages of all commands.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// The library, or the photographs that it is made of.
#[derive(Debug, Args)]
struct LibraryArgs {
    /// Folders of photographs, searched with all that is below them.
    folders: Vec<PathBuf>,
    /// The library's folder [default: one for each set of folders, in the place where this platform keeps such data]
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PlayArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// The show: scenes on the number keys, a playlist, hours [default: the one that the program carries]
    #[arg(long, value_name = "FILE")]
    show: Option<PathBuf>,
    /// The scene to begin with: a name, or a file that ends in .toml. The number keys cue the others.
    #[arg(long)]
    scene: Option<String>,
    #[command(flatten)]
    picture: PictureArgs,
    /// Full screen from the start.
    #[arg(long)]
    fullscreen: bool,
    /// The monitor or projector, by its number in `millions doctor`.
    #[arg(long, value_name = "N")]
    output: Option<usize>,
    /// Plays on all projectors, the wall side by side on them: a first stage, which is kept and can be mapped with E.
    #[arg(long, conflicts_with_all = ["output", "fullscreen"])]
    all_outputs: bool,
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// The show's time at the start, such as 3.5s [default: the time of day, so that a restart goes on where the wall
    /// would be, and two machines show one wall]
    #[arg(long, value_name = "TIME")]
    from: Option<Seconds>,
    /// Where the S key saves stills.
    #[arg(long, value_name = "DIR", default_value = ".")]
    stills: PathBuf,
    /// Rehearses a driver's failure: loses the graphics device after so many seconds.
    #[arg(long, value_name = "TIME", hide = true)]
    lose_device_after: Option<Seconds>,
}

#[derive(Debug, Args)]
struct IngestArgs {
    /// Folders of photographs, searched with all that is below them.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// The library's folder [default: one for each set of folders, in the place where this platform keeps such data]
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    #[command(flatten)]
    tiles: TileArgs,
    /// Photographs decoded at a time [default: one a core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Megapixels above which a photograph is rejected unread.
    #[arg(long, value_name = "N")]
    max_megapixels: Option<u64>,
    /// Megabytes that decoding one photograph may take.
    #[arg(long, value_name = "N")]
    max_megabytes: Option<u64>,
    /// Prints one JSON object on the standard output instead of a summary.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct PictureArgs {
    /// A look in the place of the scene's own: silver, newsprint, street, stencil, or a file that ends in .toml.
    #[arg(long, value_name = "LOOK")]
    look: Option<String>,
    /// Where the wall lands: outputs, surfaces, masks, and what each projector needs of the picture; when playing, also
    /// where that is kept [default when playing: what was kept before]
    #[arg(long, value_name = "FILE")]
    stage: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct TileArgs {
    /// Texels of a tile's side: a power of two from 32 to 1024.
    #[arg(long, value_name = "N", default_value_t = 256)]
    tile: u32,
    /// Width and height of a portrait as shown, such as 4:5, 3:4 or 1:1.
    #[arg(long, value_name = "W:H", default_value = "4:5", value_parser = values::aspect)]
    aspect: f32,
}

#[derive(Debug, Args)]
struct CropsArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// FILE.png; when one sheet cannot hold all, FILE-2.png and so on follow.
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
    /// Only some of the photographs.
    #[arg(long, value_enum, value_name = "WHICH")]
    only: Option<crops::Only>,
}

#[derive(Debug, Args)]
struct RenderArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// The show, as it would play by itself: its playlist with all transitions. `default` is the one that the program carries.
    #[arg(long, value_name = "FILE")]
    show: Option<PathBuf>,
    /// The scene: a name, or a file that ends in .toml [default: slow, or what the show plays]
    #[arg(long)]
    scene: Option<String>,
    /// When the scene was cued: what it does by itself is counted from then.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    cued: Seconds,
    #[command(flatten)]
    picture: PictureArgs,
    /// The time of a still, or of a film's first frame, such as 3.5s.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    at: Seconds,
    /// How long a film is, such as 10s; `loop` for exactly one period of the wall.
    #[arg(long, value_name = "TIME")]
    duration: Option<FilmDuration>,
    /// Frames a second.
    #[arg(long, default_value_t = 60.0, value_parser = values::fps)]
    fps: f64,
    /// Width and height of the picture in pixels [default: those of the stage's output, or 1920x1080]
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// The stage's output to draw, by its name; of a stage with one output, that one.
    #[arg(long, value_name = "NAME", requires = "stage")]
    output: Option<String>,
    /// FILE.png for a still; FILE.mp4 or a FOLDER/ for numbered frames with --duration.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["out", "library"])))]
struct DemoArgs {
    /// How many people.
    #[arg(long, value_name = "N")]
    count: usize,
    /// A folder for photographs of them.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// A library for tiles of them, without photographs.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// Invents other people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Texels of a tile's side, with --library: a power of two from 32 to 1024.
    #[arg(long, value_name = "N")]
    tile: Option<u32>,
}

#[derive(Debug, Args)]
struct LookReportArgs {
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

#[derive(Debug, Args)]
struct CheckArgs {
    /// Files of a show (.toml) and shaders (.wgsl) [default: those that the program carries]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    /// A library to look at.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// A stage to look at.
    #[arg(long, value_name = "FILE")]
    stage: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct BenchArgs {
    /// The library to draw [default: the demo crowd]
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// Width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    size: Size,
    /// The scene: a name, or a file that ends in .toml.
    #[arg(long, default_value = "slow")]
    scene: String,
    /// Another scene: the middle of a transition to it is measured too.
    #[arg(long, value_name = "SCENE")]
    to: Option<String>,
    /// How that transition goes.
    #[arg(long, value_enum, default_value = "fade")]
    by: bench::TransitionArg,
    /// A stage: what its outputs cost is measured too, one of them against the wall alone, all against one.
    #[arg(long, value_name = "FILE")]
    stage: Option<PathBuf>,
    /// Frames to measure.
    #[arg(long, value_name = "N", default_value_t = 60)]
    frames: usize,
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the program on its own command line: 0 done, 1 failed, 2 wrong usage.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { command, verbose } = Cli::parse();
    start_log(verbose);
    let done = match command {
        Command::Play(args) => play::run(args),
        Command::Ingest(args) => ingest::run(args),
        Command::Crops(args) => crops::run(&args),
        Command::Render(args) => render::run(args),
        Command::Look(args) => look::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Schema { kind } => schema::run(kind),
        Command::Doctor(args) => doctor::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "millions", &mut std::io::stdout());
            Ok(())
        }
        Command::Man { out } => man(out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() => {
            eprintln!("millions: {error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("millions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Arguments that do not go together, or lack one: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}\nsee `millions --help`")]
struct Usage(String);

fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

fn man(out: Option<PathBuf>) -> anyhow::Result<()> {
    match out {
        Some(folder) => {
            std::fs::create_dir_all(&folder)?;
            clap_mangen::generate_to(Cli::command(), folder)?;
        }
        None => clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?,
    }
    Ok(())
}

fn start_log(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let level = match verbose {
        0 => "warn,millions=info",
        1 => "info,millions=debug",
        _ => "debug",
    };
    // wgpu logs each step of a lost surface as an error; `app` reports the loss itself.
    let quiet = format!("{level},wgpu_core=error,wgpu_hal=off,naga=error,zbus=off,winit=error");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("millions"), "{} has no example", command.get_name());
        }
    }
}
