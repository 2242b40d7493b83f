//! The command line. Each command has a module with its arguments and its `run`.

mod bench;
mod bench_stage;
mod check;
mod crops;
mod ctl;
mod demo;
mod doctor;
mod gpu_args;
mod ingest;
#[cfg(target_os = "linux")]
mod kiosk;
mod library;
mod look;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(feature = "midi")]
mod midi;
mod open_library;
mod passphrase;
mod play;
pub(crate) mod player;
mod progress;
mod remote_args;
mod render;
mod restart;
mod schema;
mod sheet;
mod soak;
#[cfg(unix)]
mod supervise;
pub(crate) mod terminal;
mod values;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use millions_base::printable_lines;
use millions_library::WorkerProgram;
use terminal::report_line;

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
    Play(play::PlayArgs),
    /// Brings photographs into a library, ready to play.
    ///
    /// Every photograph is added, or rejected with a reason; the reasons are listed at the end and in the library's
    /// rejected.txt. Photographs that have not changed since the last time are neither read nor decoded. Photographs
    /// that are gone are taken out.
    #[command(
        after_help = "Examples:\n  millions ingest ~/photographs\n  millions ingest ~/a ~/b --library /media/wall --tile \
                      512\n  millions ingest ~/photographs --json | jq .rejected"
    )]
    Ingest(ingest::IngestArgs),
    /// Draws how each photograph was cropped, for a person to review: those with a reason first.
    ///
    /// Each photograph is marked with the part that the wall shows, the faces (the kept ones thick) and the sign, and
    /// with the confidence of the crop and the reasons to review it. Commands accept a crop, set another, or take that back; they
    /// are kept in the library's crops.txt, and a wall that plays follows.
    #[command(
        after_help = "Examples:\n  millions crops ~/photographs --out crops.png\n  millions crops --library /media/wall --only \
                      review --out crops.png\n  millions crops accept nobody.jpg --library /media/wall\n  millions crops set 12 --rect \
                      0.1,0.05,0.5,0.6 --turn 90 --library /media/wall\n  millions crops reset 12 --library /media/wall"
    )]
    Crops(crops::CropsArgs),
    /// Draws stills, posters, films or frames without a window: the same pictures as the window at the same time.
    ///
    /// A picture larger than the card draws at once is drawn in parts. Films and frames that were cut short go on where they stopped
    /// when the same command is given again. FILE.json beside them says how to make them again.
    #[command(
        after_help = "Examples:\n  millions render ~/photographs --scene slow --at 3.5s --size 1920x1080 --out wall.png\n  \
                      millions render --scene march --duration 10s --fps 60 --size 3840x2160 --out wall.mp4\n  millions \
                      render --scene multitude --for a0 --bleed 3mm --out poster.pdf\n  millions render --scene journey --duration \
                      60s --for 4k --codec hap --out journey.mov\n  millions render --library wall --scene faces --duration \
                      loop --size 1280x720 --out frames/\n  millions render --show show.toml --duration 10m --fps 30 --size \
                      1280x720 --out show.mp4"
    )]
    Render(render::RenderArgs),
    /// Says how alike the light of all portraits becomes, and shows it.
    #[command(
        after_help = "Examples:\n  millions look ~/photographs --report\n  millions look --library /media/wall --sheet \
                      before-and-after.png"
    )]
    Look(look::LookReportArgs),
    /// Invents people: photographs of nobody, to try the wall with.
    #[command(
        after_help = "Examples:\n  millions demo --count 200 --out ~/nobody\n  millions demo --count 100000 --library \
                      /tmp/crowd --seed 7"
    )]
    Demo(demo::DemoArgs),
    /// Checks show, scene, look and stage files and shaders, without a graphics card: says all that is wrong, with
    /// file, line, column and what to do.
    #[command(
        after_help = "Examples:\n  millions check                 (the scenes and shaders that the program carries)\n  \
                      millions check show.toml shaders/ripple.wgsl people.csv"
    )]
    Check(check::CheckArgs),
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
    Doctor(doctor::DoctorArgs),
    /// Measures a frame of the wall against a plain full-screen blit, in the same run.
    #[command(
        after_help = "Examples:\n  millions bench\n  millions bench --library /tmp/crowd --size 3840x2160 --json"
    )]
    Bench(bench::BenchArgs),
    /// Plays weeks in minutes, without a window: a rehearsal of this machine for a long run.
    ///
    /// The whole program on a clock of its own, with invented people who come and go, keys at random, monitors that are pulled, devices that
    /// are lost, a disk that is full, a clock that is set. The table says what memory, handles and threads came to; the exit status is 1 where anything
    /// went wrong, with what happened last. -v says what the program itself says meanwhile.
    #[command(
        after_help = "Examples:\n  millions soak --hours 24\n  millions soak --hours 720 --seed 7 --json\n  millions soak --replay \
                      soak.jsonl"
    )]
    Soak(soak::SoakArgs),
    /// Controls a wall that plays on this machine: the commands of its keys, and what it says of itself.
    ///
    /// `list` says all addresses. A scene, a look or an output is named by its id, its name, or its place from 1.
    #[command(
        after_help = "Examples:\n  millions ctl cue title\n  millions ctl blackout 1\n  millions ctl fade-out 3\n  millions ctl \
                      adjust contrast 0.2\n  millions ctl status --json | jq .scene\n  millions ctl watch"
    )]
    Ctl(ctl::CtlArgs),
    /// Makes this machine play the wall by itself, from power to picture.
    ///
    /// `install` writes a unit of systemd that starts the wall with the machine, and again whenever it ends. What follows the options of `install` are
    /// those of `play`.
    #[cfg(target_os = "linux")]
    #[command(
        after_help = "Examples:\n  millions kiosk install --library ~/wall --show ~/show.toml\n  millions kiosk install --dry-run --system \
                      --account wall --library /srv/wall\n  millions kiosk status\n  millions kiosk remove"
    )]
    Kiosk(kiosk::KioskArgs),
    /// Learns which control of a MIDI device does what.
    #[cfg(feature = "midi")]
    #[command(
        after_help = "Examples:\n  millions midi list\n  millions midi learn dimmer\n  millions midi learn cue/title\n  millions play \
                            --midi midi.toml"
    )]
    Midi(midi::MidiArgs),
    /// Lists the people in a library, takes them down, shows them again, and checks what is on the disk.
    ///
    /// Who is removed goes from the wall and from the disk at once, also while another `millions` plays this library with its
    /// folder, and stays away under any file name, format or size.
    #[command(
        after_help = "Examples:\n  millions library list ~/photographs\n  millions library remove \"Anna Example\" \
                      --library /media/wall\n  millions library removals export taken-down.txt --library /media/wall"
    )]
    Library(library::LibraryCommandArgs),
    /// Decodes photographs for another `millions`, which starts it.
    #[command(hide = true, after_help = "Started by millions itself; there is nothing to do by hand.")]
    Worker,
    /// Draws small frames with shaders, for the wall that runs: the protocol is its own.
    #[command(hide = true, after_help = "Started by millions itself; there is nothing to do by hand.")]
    TryShaders,
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

/// The look and the stage.
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

/// Runs the program on its own command line: 0 done, 1 failed, 2 wrong usage.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { command, verbose } = Cli::parse();
    if matches!(command, Command::Worker) {
        // Before any thread is started, for what restricts it counts for one.
        return worker();
    }
    if let Ok(program) = WorkerProgram::this(["worker"]) {
        millions_library::decode_in_processes(program);
    }
    start_log(verbose, matches!(command, Command::Soak(_)));
    let done = match command {
        #[cfg(unix)]
        Command::Play(args) if args.is_to_be_supervised() => match supervise::run(&args) {
            Ok(code) => {
                terminal::flush_log();
                return ExitCode::from(code);
            }
            Err(error) => Err(error),
        },
        Command::Play(args) => play::run(args),
        Command::Ingest(args) => ingest::run(args),
        Command::Crops(args) => crops::run(&args),
        Command::Ctl(args) => ctl::run(args),
        #[cfg(target_os = "linux")]
        Command::Kiosk(args) => kiosk::run(args),
        #[cfg(feature = "midi")]
        Command::Midi(args) => midi::run(args),
        Command::Library(args) => library::run(args),
        Command::Render(args) => render::run(args),
        Command::Look(args) => look::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Schema { kind } => schema::run(kind),
        Command::Doctor(args) => doctor::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Worker => Ok(()),
        Command::TryShaders => crate::app::shader_trial::serve(),
        Command::Soak(args) => soak::run(args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "millions", &mut terminal::Out);
            Ok(())
        }
        Command::Man { out } => man(out),
    };
    let done = done.and_then(|()| match terminal::out_error() {
        Some(error) => Err(anyhow::anyhow!("the standard output cannot be written: {error}")),
        None => Ok(()),
    });
    terminal::flush_log();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() => {
            report_line!("millions: {}", printable_lines(&error.to_string()));
            ExitCode::from(2)
        }
        Err(error) => {
            report_line!("millions: {}", printable_lines(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// Decodes photographs for the process that started this one.
fn worker() -> ExitCode {
    match millions_library::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report_line!("millions: {error}");
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
        None => clap_mangen::Man::new(Cli::command()).render(&mut terminal::Out)?,
    }
    Ok(())
}

/// Starts the log; a command that is `quiet` has none without -v.
fn start_log(verbose: u8, quiet: bool) {
    use millions_control::Notices;
    use tracing_subscriber::EnvFilter;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let level = match verbose {
        0 if quiet => "off",
        0 => "warn,millions=info",
        1 => "info,millions=debug",
        _ => "debug",
    };
    // What speaks to storage logs addresses and headers, which may be signed.
    const NETWORK: &str = "object_store=off,reqwest=off,hyper=off,hyper_util=off,h2=off,rustls=off";
    // wgpu logs each step of a lost surface as an error; `app` reports the loss itself.
    let others = if level == "off" { "" } else { ",wgpu_core=error,wgpu_hal=off,naga=error,zbus=off,winit=error" };
    let quiet = format!("{level}{others}");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    let directives = NETWORK.split(',').filter_map(|directive| directive.parse().ok());
    let filter = directives.fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(terminal::LogWriter)
        .log_internal_errors(false)
        .with_ansi(terminal::error_is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(filter).with(lines).with(Notices::of_process().layer()).init();
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
