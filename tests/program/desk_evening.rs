//! Tier 4: an evening by the desk alone, with a mouse: what is clicked is found by the name that a screen reader reads.

#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use egui::accesskit::{Node, NodeId, Role};
use egui::{Context, Pos2, RawInput, Rect, Vec2};

use crate::desk::{Desk, MONITOR, Play, is_grey_wall};
use crate::program::{Picture, done};
use millions_control::{Command, CueTransition, Source, Status};
use millions_desk::{NobodyKnown, Pictures, Side, Theme};

const SHOW: &str = r#"
name = "Vigil"
[transition]
kind = "fade"
secs = 3
[keys]
1 = "rows.toml"
2 = "night.toml"
"#;

fn status(desk: &Desk) -> Status {
    serde_json::from_str(&done(desk.home.path(), "ctl status --json").out).unwrap()
}

/// The hand on the desk's mouse.
struct Hand<'d> {
    desk: &'d Desk,
    /// A desk that is laid out as the one on the screen is, for the same status and the same size: what is on it is where it is there.
    layout: millions_desk::Desk,
    ctx: Context,
    /// The upper left corner of its window, and its size.
    origin: Pos2,
    size: Vec2,
}

impl<'d> Hand<'d> {
    fn on(desk: &'d Desk, play: &Play<'_>) -> Self {
        let place = || {
            let text = desk.xdotool("search --name ^millions:.desk$ getwindowgeometry --shell");
            let number = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse::<f32>().ok())
            };
            let (origin, size) =
                (Pos2::new(number("X")?, number("Y")?), Vec2::new(number("WIDTH")?, number("HEIGHT")?));
            (origin.x >= MONITOR.0 as f32).then_some((origin, size))
        };
        let (origin, size) = play.until("the desk is on the other monitor", place);
        let mut layout = millions_desk::Desk::new(Theme::Night);
        let ctx = Context::default();
        ctx.enable_accesskit();
        layout.prepare(&ctx);
        Self { desk, layout, ctx, origin, size }
    }

    /// The point of a control that is `part` of its width from the left, on the screen.
    fn find(&mut self, name: &str, role: Role, part: f32) -> Pos2 {
        let status = status(self.desk);
        let mut nodes: Vec<(NodeId, Node)> = Vec::new();
        // What is as wide as its text settles in the second frame.
        for frame in 0..3 {
            let raw = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
                time: Some(f64::from(frame)),
                focused: true,
                ..RawInput::default()
            };
            let (mut output, _) = self.layout.frame(&self.ctx, raw, &status, &Pictures::default(), &mut NobodyKnown);
            nodes = output.platform_output.accesskit_update.take().unwrap().nodes;
            output.drop_without_applying_deltas();
        }
        // A slider is called by the text beside it.
        let text_of = |id: &NodeId| nodes.iter().find(|(known, _)| known == id)?.1.value();
        let label_of = |node: &Node| {
            let own = node.label().map(str::to_owned);
            own.or_else(|| Some(text_of(node.labelled_by().first()?)?.to_owned()))
        };
        let is_it = |node: &Node| node.role() == role && label_of(node).is_some_and(|label| label.contains(name));
        let names: Vec<_> = nodes.iter().filter_map(|(_, node)| Some((node.role(), node.label()?))).collect();
        let Some((_, node)) = nodes.iter().find(|(_, node)| is_it(node)) else {
            panic!("nothing on the desk is called {name:?}: {names:?}");
        };
        let bounds = node.bounds().unwrap();
        let x = bounds.x0 + (bounds.x1 - bounds.x0) * f64::from(part);
        let at = Pos2::new(x as f32, ((bounds.y0 + bounds.y1) / 2.0) as f32);
        assert!(Rect::from_min_size(Pos2::ZERO, self.size).contains(at), "{name} is out of sight at {at}");
        self.origin + at.to_vec2()
    }

    fn press(&mut self, name: &str, role: Role, part: f32) {
        let Pos2 { x, y } = self.find(name, role, part);
        self.desk.xdotool("search --name ^millions:.desk$ windowfocus --sync");
        self.desk.xdotool(&format!("mousemove {x:.0} {y:.0}"));
        // The desk is drawn at a rate of its own, and knows then over what the pointer is.
        std::thread::sleep(Duration::from_millis(200));
        self.desk.xdotool("click 1");
    }

    fn click(&mut self, name: &str) {
        self.press(name, Role::Button, 0.5);
    }

    /// Clicks a cue with Shift, which is held until that was obeyed: the desk is drawn at a rate of its own.
    fn cut_to(&mut self, play: &Play<'_>, cue: &str) {
        // Of a window without the keyboard nobody knows what is held.
        self.desk.xdotool("search --name ^millions:.desk$ windowfocus --sync");
        self.desk.xdotool("keydown shift");
        self.click(cue);
        let wanted = format!("cut: {cue}");
        let is_obeyed = || status(self.desk).obeyed.is_some_and(|obeyed| obeyed.text == wanted).then_some(());
        play.until(&wanted, is_obeyed);
        self.desk.xdotool("keyup shift");
    }

    fn turn_to(&mut self, side: &str) {
        self.click(side);
        self.layout.show(Side::named(side).unwrap());
    }
}

#[test]
fn an_evening_by_the_desk_alone_is_its_commands_and_they_make_it_again() {
    let desk = Desk::with_monitors(2);
    let home = desk.home.path();
    for (name, text) in [
        ("show.toml", SHOW),
        ("rows.toml", "name = \"Rows\"\nrows = 4\nspeed = 0.4\n"),
        ("night.toml", "name = \"Night\"\nkind = \"black\"\n"),
    ] {
        fs::write(home.join(name), text).unwrap();
    }
    desk.invent_people();
    let play = desk.start(
        "--library library --show show.toml --desk --fullscreen --output 1 --from 100s --stills stills --command-log desk.jsonl",
    );
    let wall = |what: &str, is_seen: fn(&Picture) -> bool| {
        play.until(what, || is_seen(&desk.monitor(0)).then_some(()));
        // Commands in the middle of a transition are another test's.
        std::thread::sleep(Duration::from_millis(300));
    };
    wall("people are on the wall", is_grey_wall);
    let mut hand = Hand::on(&desk, &play);
    hand.cut_to(&play, "Night");
    wall("the scene without people", Picture::is_black);
    hand.cut_to(&play, "Rows");
    wall("the wall again", is_grey_wall);
    hand.turn_to("Stage");
    hand.click("still");
    play.until("a still of it", || (play.stills().len() == 1).then_some(()));
    hand.click("BLACKOUT");
    wall("black", Picture::is_black);
    hand.click("BLACK: lights again");
    wall("and light", is_grey_wall);
    hand.click("HOLD");
    let status = || status(&desk);
    play.until("held", || status().held.then_some(()));
    hand.turn_to("Look");
    hand.press("clarity", Role::Slider, 0.9);
    let value = |name: &str| status().look.values.into_iter().find(|value| value.parameter == name).unwrap();
    play.until("with clarity", || value("clarity").adjusted.then_some(()));
    hand.press("color", Role::Slider, 0.97);
    wall("colour", |now| now.coloured() > 1000);
    hand.turn_to("Stage");
    hand.click("still");
    play.until("a still of that", || (play.stills().len() == 2).then_some(()));
    let output = status().outputs[0].output;
    let obeyed = status().obeyed.unwrap();
    assert_eq!((obeyed.text.as_str(), obeyed.source), ("a still of wall", Source::Desk));
    let (saved, [clarity, color]) = (play.stills(), ["clarity", "color"].map(|name| value(name).value));
    done(home, "ctl quit");
    let mut play = play;
    assert_eq!(play.ends(), Some(0), "{}", play.log());

    let log = desk.command_log("desk.jsonl");
    let commands: Vec<Command> =
        log.iter().map(|(command, _)| serde_json::from_value(command.clone()).unwrap()).collect();
    let still = Command::Still { output: Some(output) };
    let adjust = |parameter: &str, value| Command::Adjust { parameter: parameter.to_owned(), value, fade: false };
    let cut = |scene: &str| Command::Cue { scene: scene.into(), transition: Some(CueTransition::CUT), at: None };
    let wanted = [
        cut("night"),
        cut("rows"),
        still.clone(),
        Command::Blackout { on: true, secs: 0.0 },
        Command::Blackout { on: false, secs: 0.0 },
        Command::Hold { on: true },
        adjust("clarity", clarity),
        adjust("color", color),
        still,
        Command::Quit,
    ];
    assert_eq!(commands, wanted);

    // The log alone makes its pictures.
    let last = log.iter().rfind(|(command, _)| command["command"] == "still").unwrap().1;
    for ((path, _), at) in saved.iter().zip([saved[0].1 - 100.0, last]) {
        let (width, height) = MONITOR;
        let size = format!("--at {at}s --size {width}x{height} --out again.png");
        done(home, &format!("render --library library --show show.toml --replay desk.jsonl {size}"));
        let [still, again] = [path, "again.png"].map(|path| Picture::read(&home.join(path)));
        let most = still.pixels.iter().flatten().zip(again.pixels.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "at {at}: {most:?}");
    }
}
