//! Tier 4: the telephone's page in a browser, beside the wall that it operates.

#![cfg(target_os = "linux")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::browser::Browser;
use crate::desk::{Desk, Play, is_grey_wall};
use crate::program::{Picture, done, run};

const SHOW: &str = r#"
name = "Vigil"
[transition]
kind = "cut"
[keys]
1 = "rows.toml"
2 = "dark.toml"
[playlist]
autoplay = false
dwell = 500
entries = ["dark.toml", "rows.toml"]
"#;
const ROWS: &str = "name = \"Rows\"\nrows = 3\n";
const DARK: &str = "name = \"Dark\"\nkind = \"black\"\n";
const VIEW: &str = "view5555555555555555555555555555";
const OPERATE: &str = "operate5555555555555555555555555";

/// A wall that telephones may operate, and the address of their page.
fn begin<'d>(desk: &'d Desk, arguments: &str) -> (Play<'d>, String) {
    let home = desk.home.path();
    let tokens = format!("view {VIEW}\noperate {OPERATE}\n");
    for (name, text) in [("show.toml", SHOW), ("rows.toml", ROWS), ("dark.toml", DARK), ("tokens", &tokens)] {
        fs::write(home.join(name), text).unwrap();
    }
    done(home, "demo --count 14 --out photographs");
    let last = newest(&home.join("photographs"));
    fs::rename(last, home.join("newcomer.jpg")).unwrap();
    // A port that nobody has now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let http = format!("--http {address} --http-operate --http-token-file tokens");
    let play = desk.start(&format!("photographs --show show.toml --from 100s {http} {arguments}"));
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    (play, format!("http://{address}/"))
}

/// The last file of a folder, by name.
fn newest(folder: &Path) -> std::path::PathBuf {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).max().unwrap()
}

fn people(desk: &Desk) -> Value {
    let said = run(desk.home.path(), "ctl status --json");
    serde_json::from_str::<Value>(&said.out).map_or(Value::Null, |status| status["people"]["count"].clone())
}

#[test]
fn a_telephone_runs_the_wall_and_brings_somebody_to_it() {
    let Some(mut phone) = Browser::open() else {
        println!("no browser that can be driven (chromium): the telephone's page was not tried");
        return;
    };
    let desk = Desk::open();
    let (play, address) = begin(&desk, "--command-log phone.jsonl");
    play.until("13 people", || (people(&desk) == 13).then_some(()));

    // Who looks sees, and has nothing to press.
    phone.go_to(&format!("{address}#{VIEW}"));
    phone.until("it looks", "document.querySelector('#link').textContent === 'Looking'");
    assert_eq!(phone.value("document.querySelector('#operating').hidden"), true);
    phone.until("a picture of the wall", "document.querySelector('#preview').naturalWidth > 100");
    assert_eq!(phone.value("location.hash"), "", "the token is not left in the address");

    phone.go_to(&format!("{address}#{OPERATE}"));
    phone.until("it operates", "document.querySelector('#link').textContent === 'Operating'");
    phone.until("what is on", "document.querySelector('#scene').textContent === 'Rows'");
    let (wide, least) = (
        "document.documentElement.scrollWidth",
        "Math.min(...[...document.querySelectorAll('button')]\
        .filter(it => it.offsetParent).map(it => it.getBoundingClientRect().height))",
    );
    assert!(phone.value(wide).as_f64().unwrap() <= 390.0, "it fits a telephone");
    assert!(phone.value(least).as_f64().unwrap() >= 48.0, "its buttons fit a thumb");

    // Where a machine is so busy that the wall does not answer, the page says so, and has nothing to press.
    let operates = "document.querySelector('#link').textContent === 'Operating'";
    phone.until("it operates still", operates);
    phone.touch("#go", 0.05);
    play.sees("GO brings the next", Picture::is_black);
    phone.touch("[data-key=rows]", 0.05);
    play.sees("a scene's button brings it", is_grey_wall);
    phone.touch("#blackout", 0.2);
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_grey_wall(&desk.window()), "a touch in passing does not darken a building");
    phone.touch("#blackout", 0.9);
    play.sees("held, it does", Picture::is_black);
    phone.until("and says so", "document.querySelector('#blackout').textContent.startsWith('End blackout')");
    phone.touch("#blackout", 0.9);
    play.sees("and back", is_grey_wall);
    phone.touch("#hold", 0.05);
    play.stands_still("the wall is held");
    phone.touch("#hold", 0.05);
    play.moves("it goes on");

    // A portrait waits until it is admitted.
    phone.choose("#photograph", &desk.home.path().join("newcomer.jpg"));
    phone.until("it is sent", "document.querySelector('#sent').textContent.startsWith('Sent')");
    phone.until("it is seen", "document.querySelector('#waiting img').naturalWidth > 100");
    assert_eq!(people(&desk), 13);
    phone.touch("#waiting button", 0.05);
    play.until("somebody more", || (people(&desk) == 14).then_some(()));
    phone.until("nobody waits", "document.querySelector('#admission').hidden");

    // A telephone that was locked has lost its connection and may not know it; it is there again within a second.
    phone.value("(socket.onmessage = socket.onclose = null, heard -= 3000, socket.close())");
    phone.hide(Duration::from_secs(3));
    let secs = phone.value(
        "(async () => { const since = performance.now(); \
         while (socket.readyState !== 1 || document.querySelector('#link').textContent !== 'Operating') \
         await new Promise(done => setTimeout(done, 10)); return (performance.now() - since) / 1000; })()",
    );
    println!("{secs} s after it was unlocked");
    assert!(secs.as_f64().unwrap() < 10.0, "{secs} s: a busy machine, or never by itself");
    phone.touch("[data-key=dark]", 0.05);
    play.sees("and operates", Picture::is_black);

    let own = [address.as_str(), &address.replace("http", "ws"), "blob:", "data:", "about:"];
    let elsewhere: Vec<_> = phone.asked.iter().filter(|url| !own.iter().any(|own| url.starts_with(own))).collect();
    assert!(elsewhere.is_empty() && phone.asked.len() > 3, "nothing is from elsewhere: {elsewhere:?}");
    assert_eq!(phone.errors, Vec::<String>::new());
    play.quits();

    let log = fs::read_to_string(desk.home.path().join("phone.jsonl")).unwrap();
    let lines = log.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let commands: Vec<_> = lines.map(|line| line["command"].as_str().unwrap().to_owned()).collect();
    let sent = ["go", "cue", "blackout", "blackout", "hold", "hold", "admit", "cue", "quit"];
    assert_eq!(commands, sent);
}
