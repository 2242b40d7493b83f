//! `millions ctl`: controls a wall that plays on this machine.

use clap::{Args, Subcommand};

use super::terminal::print_line;
use millions_base::printable_lines;
use millions_control::{Command, Status};
use millions_remote::ctl::{AddressInfo, Answer, Client, Request, Wanted};

#[derive(Debug, Args)]
pub struct CtlArgs {
    /// The wall: the number of its process, where several play.
    #[arg(long, value_name = "PID", global = true)]
    wall: Option<u32>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Says what plays, what comes next, and what is amiss.
    Status {
        /// All of it, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says what plays, again after each change.
    Watch {
        /// All of it, as JSON, a line for each change.
        #[arg(long)]
        json: bool,
    },
    /// Lists all addresses, and what they show now.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sends a command as JSON, such as '{"command": "hold", "on": true}'.
    Json {
        /// The command.
        command: String,
    },
    /// Sends an address and its value: `cue title`, `blackout 1`, `adjust contrast 0.2`.
    #[command(external_subcommand)]
    Send(Vec<String>),
}

pub fn run(CtlArgs { wall, what }: CtlArgs) -> anyhow::Result<()> {
    let mut client = Client::connect(wall)?;
    let request = match what {
        What::Watch { json } => {
            for status in client.watch()? {
                print_status(&status?, json)?;
            }
            return Ok(());
        }
        What::Status { json } => {
            if let Answer::Status(status) = ask(&mut client, &Request::Get(Wanted::Status))? {
                print_status(&status, json)?;
            }
            return Ok(());
        }
        What::List { json } => {
            if let Answer::Addresses(addresses) = ask(&mut client, &Request::Get(Wanted::Addresses))? {
                print_addresses(&addresses, json)?;
            }
            return Ok(());
        }
        What::Json { command } => {
            let command: Command =
                serde_json::from_str(&command).map_err(|error| anyhow::anyhow!("that is no command: {error}"))?;
            Request::Command(command)
        }
        What::Send(words) => {
            let Answer::Addresses(addresses) = ask(&mut client, &Request::Get(Wanted::Addresses))? else {
                return Ok(());
            };
            message(&words, &addresses)
        }
    };
    ask(&mut client, &request).map(drop)
}

/// Makes a message of words.
fn message(words: &[String], addresses: &[AddressInfo]) -> Request {
    let is_known =
        |path: &str| addresses.iter().any(|known| known.address.eq_ignore_ascii_case(&format!("/millions/{path}")));
    let (address, arguments) = millions_control::message(words, is_known);
    Request::Send { address, arguments }
}

fn ask(client: &mut Client, request: &Request) -> anyhow::Result<Answer> {
    match client.ask(request)? {
        Answer::Error(error) => Err(anyhow::anyhow!("{}", printable_lines(&error))),
        answer => Ok(answer),
    }
}

fn print_addresses(addresses: &[AddressInfo], json: bool) -> anyhow::Result<()> {
    if json {
        print_line!("{}", serde_json::to_string_pretty(addresses)?);
        return Ok(());
    }
    for AddressInfo { address, description, value, .. } in addresses {
        let value = value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
        print_line!("{}", printable_lines(&format!("{address}{value}   {description}")));
    }
    Ok(())
}

fn print_status(status: &Status, json: bool) -> anyhow::Result<()> {
    if json {
        print_line!("{}", serde_json::to_string(status)?);
        return Ok(());
    }
    let mut parts = vec![format!("{} plays", status.scene.name)];
    if status.blackout {
        parts.push("blackout".to_owned());
    }
    if status.held {
        parts.push("held".to_owned());
    }
    if status.open == Some(false) {
        parts.push("outside its hours".to_owned());
    }
    if let Some(next) = status.playlist.as_ref().and_then(|playlist| playlist.next.as_ref()) {
        let when = next.in_secs.map_or_else(|| "at GO".to_owned(), |secs| format!("in {secs:.0} s"));
        parts.push(format!("{} {when}", next.name));
    }
    parts.push(format!("{} people", status.people.count));
    parts.push(format!("speed ×{:.2}", status.speed));
    parts.push(format!("{:.0} frames a second, {} late", status.frames.hz, status.frames.late));
    if status.watchdog.supervised && status.watchdog.state != "alive" {
        parts.push(format!("watchdog: {}", status.watchdog.state));
    }
    if let Some(last) = status.watchdog.recoveries.last() {
        let count = status.watchdog.recoveries.len();
        parts.push(format!("recoveries: {count}, drawn: {}, the last: {}", status.watchdog.mode, last.text));
    }
    if let Some(notice) = status.notices.iter().rev().find(|notice| notice.level > millions_control::NoticeLevel::Info)
    {
        parts.push(format!("last notice: {}", notice.text));
    }
    print_line!("{}", printable_lines(&parts.join(" · ")));
    Ok(())
}
