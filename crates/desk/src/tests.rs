use egui::epaint::Primitive;
use egui::{
    Context, Event, FullOutput, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, TextureId, Vec2, accesskit,
};

use super::*;
use millions_control::{
    CueStatus, CueTransition, EntryStatus, FrameStatus, LookChoice, LookStatus, LookValue, NextCue, Notice,
    NoticeLevel, ObeyedCommand, OutputStatus, PeopleStatus, PlaylistStatus, SceneStatus, Source, StageStatus,
    SurfaceStatus,
};
use millions_stage::{EditCommand, OutputId, SurfaceId};
use millions_wall::tone::LookParameter;

fn status() -> Status {
    let cue = |id: &str, name: &str, key| CueStatus { scene: id.into(), name: name.into(), key, transition_secs: 2.0 };
    let next = NextCue { entry: 1, scene: "title".into(), name: "Title".into(), in_secs: None };
    let output = |id, name: &str| OutputStatus {
        output: OutputId(id),
        name: name.into(),
        lit: true,
        size: [1920, 1080],
        ..OutputStatus::default()
    };
    let value = |parameter: LookParameter| LookValue {
        parameter: parameter.name().into(),
        value: parameter.get(&millions_wall::tone::Look::default()),
        adjusted: false,
    };
    Status {
        secs: 1_000_000.0,
        show: "Vigil".into(),
        scene: SceneStatus { scene: "slow".into(), name: "Slow".into(), ..SceneStatus::default() },
        cues: vec![cue("slow", "Slow", Some(1)), cue("title", "Title", Some(2)), cue("ten", "Ten", Some(10))],
        playlist: Some(PlaylistStatus {
            entries: vec![EntryStatus { scene: "slow".into(), name: "Slow".into(), dwell_secs: 60.0 }; 2],
            entry: Some(0),
            next: Some(next),
            playing: false,
        }),
        speed: 1.0,
        intensity: 1.0,
        look: LookStatus {
            shown: None,
            looks: vec![LookChoice { look: "silver".into(), name: "Silver".into() }],
            values: LookParameter::ALL.map(value).into(),
        },
        people: PeopleStatus { count: 9, newcomers: vec![3, 4], ..PeopleStatus::default() },
        stage: StageStatus {
            editing: true,
            values: vec![["gamma".into(), "2.2".into()], ["delay".into(), "0".into()]],
            surfaces: vec![SurfaceStatus {
                surface: SurfaceId(5),
                name: "gable".into(),
                output: "left".into(),
                selected: false,
            }],
            ..StageStatus::default()
        },
        outputs: vec![output(1, "left"), output(2, "right")],
        frames: FrameStatus { hz: 60.0, cpu_ms: 2.0, gpu_ms: Some(3.0), ..FrameStatus::default() },
        notices: vec![Notice {
            secs: 999_000.0,
            level: NoticeLevel::Warning,
            origin: "test".into(),
            text: "the lamp of the left projector is old".into(),
            repeats: 2,
        }],
        obeyed: Some(ObeyedCommand { text: "blackout".into(), source: Source::Osc, secs: 999_990.0 }),
        ..Status::default()
    }
}

/// People whose crops are doubtful: by number, while there is nothing decided about them.
#[derive(Default)]
struct People {
    doubtful: Vec<u32>,
    answers: Vec<Answer>,
    photographs: Vec<Photograph>,
}

impl PeopleDirectory for People {
    fn ask(&mut self, question: Question) {
        let person = |number: &u32| PersonEntry {
            number: *number,
            name: format!("Person {number}"),
            doubts: "no face found".into(),
            ..PersonEntry::default()
        };
        let people: Vec<_> = match question {
            Question::Doubtful => self.doubtful.iter().map(person).collect(),
            _ => Vec::new(),
        };
        self.answers.push(Answer { question, total: people.len(), people });
    }

    fn answer(&mut self) -> Option<Answer> {
        self.answers.pop()
    }

    fn ask_photograph(&mut self, number: u32) {
        // Twice as wide as high, and its crop a half of its height.
        self.photographs.push(Photograph {
            number,
            size: [40, 20],
            rgb: vec![90; 2400],
            crop: [0.4, 0.25, 0.2, 0.5],
            tile_aspect: 0.8,
            ..Photograph::default()
        });
    }

    fn photograph(&mut self) -> Option<Photograph> {
        self.photographs.pop()
    }
}

/// A desk, a context, and a screen reader's view of the last frame.
struct Bench {
    desk: Desk,
    ctx: Context,
    status: Status,
    size: Vec2,
    secs: f64,
    people: People,
    nodes: Vec<(accesskit::NodeId, accesskit::Node)>,
}

impl Bench {
    fn new(side: Side) -> Self {
        let mut desk = Desk::new(Theme::Night);
        desk.show(side);
        let ctx = Context::default();
        ctx.enable_accesskit();
        desk.prepare(&ctx);
        let mut bench = Self {
            desk,
            ctx,
            status: status(),
            size: Vec2::new(1280.0, 720.0),
            secs: 0.0,
            people: People::default(),
            nodes: Vec::new(),
        };
        bench.frame(Vec::new());
        bench.frame(Vec::new());
        bench
    }

    fn run(&mut self, events: Vec<Event>) -> (FullOutput, Vec<Command>) {
        self.secs += 0.05;
        let raw = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.secs),
            focused: true,
            events,
            ..RawInput::default()
        };
        let Self { desk, ctx, status, people, .. } = self;
        desk.frame(ctx, raw, status, &Pictures::default(), people)
    }

    fn frame(&mut self, events: Vec<Event>) -> Vec<Command> {
        let (mut output, commands) = self.run(events);
        if let Some(update) = output.platform_output.accesskit_update.take() {
            self.nodes = update.nodes;
        }
        output.drop_without_applying_deltas();
        commands
    }

    /// Where what a screen reader calls so is.
    fn place(&self, name: &str) -> Pos2 {
        let is_it = |text: &str| text == name || text.starts_with(&format!("{name}:"));
        // Of a plain text a screen reader reads the value.
        let named = |node: &accesskit::Node| node.label().is_some_and(is_it) || node.value().is_some_and(is_it);
        let found = self.nodes.iter().filter(|(_, node)| named(node) && node.bounds().is_some());
        // A button, rather than a text that says the same.
        let found = found.max_by_key(|(_, node)| node.role() == accesskit::Role::Button);
        let names: Vec<_> = self.nodes.iter().filter_map(|(_, node)| node.label().or(node.value())).collect();
        let (_, node) = found.unwrap_or_else(|| panic!("nothing is called {name:?}: {names:?}"));
        let bounds = node.bounds().unwrap();
        Pos2::new(((bounds.x0 + bounds.x1) / 2.0) as f32, ((bounds.y0 + bounds.y1) / 2.0) as f32)
    }

    fn click_at(&mut self, pos: Pos2) -> Vec<Command> {
        let button =
            |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        let mut commands = self.frame(vec![Event::PointerMoved(pos)]);
        commands.extend(self.frame(vec![button(true)]));
        commands.extend(self.frame(vec![button(false)]));
        commands.extend(self.frame(Vec::new()));
        commands
    }

    fn click(&mut self, name: &str) -> Vec<Command> {
        self.click_at(self.place(name))
    }

    fn key(&mut self, key: Key, modifiers: Modifiers) -> Vec<Command> {
        let event = |pressed| Event::Key { key, physical_key: Some(key), pressed, repeat: false, modifiers };
        let mut commands = self.frame(vec![event(true)]);
        commands.extend(self.frame(vec![event(false)]));
        commands
    }
}

fn cue(scene: &str, transition: Option<CueTransition>) -> Command {
    Command::Cue { scene: scene.into(), transition, at: None }
}

#[test]
fn each_button_sends_its_command() {
    let mut bench = Bench::new(Side::Look);
    assert_eq!(bench.click("GO"), [Command::Go]);
    assert_eq!(bench.click("BACK"), [Command::Back]);
    assert_eq!(bench.click("HOLD"), [Command::Hold { on: true }]);
    assert_eq!(bench.click("BLACKOUT"), [Command::Blackout { on: true, secs: 0.0 }]);
    assert_eq!(bench.click("2 Title next"), [cue("title", None)]);
    assert_eq!(bench.click("Silver"), [Command::Look { look: Some("silver".into()) }]);
    assert_eq!(bench.click("The scene's own look, rows and speed again"), [Command::Reset]);
    bench.status.held = true;
    bench.status.blackout = true;
    bench.frame(Vec::new());
    assert_eq!(bench.click("HELD"), [Command::Hold { on: false }]);
    assert_eq!(bench.click("BLACK AT ONCE"), [Command::Blackout { on: true, secs: 0.0 }], "in the midst of a fade");
    assert_eq!(bench.click("FADE OUT 5 s"), [Command::Blackout { on: true, secs: 5.0 }], "never the other way");
    bench.status.intensity = 0.0;
    bench.frame(Vec::new());
    assert_eq!(bench.click("BLACK: lights again"), [Command::Blackout { on: false, secs: 0.0 }]);
    assert_eq!(bench.click("FADE IN 5 s"), [Command::Blackout { on: false, secs: 5.0 }]);
    bench.status.playlist = None;
    bench.frame(Vec::new());
    assert_eq!(bench.click("GO"), [], "there is nothing to go to");
}

#[test]
fn a_long_press_that_slips_is_a_click() {
    let mut bench = Bench::new(Side::Look);
    let at = bench.place("HOLD");
    let button = |pressed, pos| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    bench.frame(vec![Event::PointerMoved(at)]);
    bench.frame(vec![button(true, at)]);
    // The desk of a busy machine lays its next frame out much later.
    bench.secs += 2.0;
    let slipped = at + Vec2::new(9.0, 0.0);
    assert_eq!(bench.frame(vec![Event::PointerMoved(slipped), button(false, slipped)]), [Command::Hold { on: true }]);
}

#[test]
fn several_clicks_between_two_frames_are_each_where_they_were() {
    let mut bench = Bench::new(Side::Look);
    let click = |pos| {
        let button =
            |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        [Event::PointerMoved(pos), button(true), button(false)]
    };
    let slider = bench.place("clarity") - Vec2::new(120.0, 0.0);
    let places = [bench.place("BLACKOUT"), slider, bench.place("HOLD"), bench.place("BACK")];
    let elsewhere = Event::PointerMoved(bench.place("GO"));
    let commands = bench.frame(places.into_iter().flat_map(click).chain([elsewhere]).collect());
    let [blackout, Command::Adjust { parameter, .. }, hold, back] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(parameter, "clarity");
    assert_eq!([blackout, hold], [&Command::Blackout { on: true, secs: 0.0 }, &Command::Hold { on: true }]);
    assert_eq!(back, &Command::Back);
}

#[test]
fn the_other_panels_send_their_commands() {
    let mut bench = Bench::new(Side::Playlist);
    assert_eq!(bench.click("Play on"), [Command::Resume]);
    assert_eq!(bench.click("› 2. Slow — 1:00"), [Command::Entry { entry: 1 }]);
    bench.click("Stage");
    // High enough for the whole panel: what is scrolled out of it cannot be clicked.
    bench.size.y = 2000.0;
    bench.frame(Vec::new());
    bench.frame(Vec::new());
    let edit = |edit| Command::Edit { edit };
    assert_eq!(bench.click("gable (left)"), [edit(EditCommand::SelectSurface(SurfaceId(5)))]);
    assert_eq!(bench.click("Identify"), [Command::Identify { on: true }]);
    // What shows on the wall at once is locked, until somebody means it, and again when the panel was left; a still changes nothing.
    bench.status.stage.editing = false;
    bench.frame(Vec::new());
    assert_eq!(bench.click("Identify"), []);
    assert_eq!(bench.click("white"), []);
    assert!(matches!(bench.click("still")[..], [Command::Still { .. }]));
    bench.click("Unlock");
    assert_eq!(bench.click("Identify"), [Command::Identify { on: true }]);
    bench.click("Health");
    bench.click("Stage");
    assert_eq!(bench.click("Identify"), []);
    bench.status.outputs[0].test = millions_control::TestMode::White;
    bench.frame(Vec::new());
    let ended = bench.click("none");
    assert!(matches!(ended[..], [Command::Test { test: millions_control::TestMode::None, .. }]), "{ended:?}");
    bench.click("Health");
    bench.place("frame times of two minutes");
    bench.click("Notices !");
    bench.click("People");
    bench.place("Newcomers");
}

#[test]
fn the_last_line_says_what_was_done_and_what_is_amiss() {
    let bench = Bench::new(Side::Look);
    bench.place("blackout");
    bench.place("by OSC, 10 s ago");
    bench.place("! 16:40 ago, 3 times");
}

#[test]
fn keys_are_those_of_the_wall_and_fire_once_until_they_are_let_go() {
    let mut bench = Bench::new(Side::Look);
    assert_eq!(bench.key(Key::Num2, Modifiers::NONE), [cue("title", None)]);
    assert_eq!(bench.key(Key::Num2, Modifiers::SHIFT), [cue("title", Some(CueTransition::CUT))]);
    assert_eq!(bench.key(Key::Num0, Modifiers::NONE), [cue("ten", None)]);
    assert_eq!(bench.key(Key::Num5, Modifiers::NONE), [], "no scene is on it");
    assert_eq!(bench.key(Key::Space, Modifiers::NONE), [Command::Hold { on: true }]);
    assert_eq!(bench.key(Key::B, Modifiers::NONE), [Command::Blackout { on: true, secs: 0.0 }]);
    assert_eq!(bench.key(Key::Backspace, Modifiers::NONE), [Command::Back]);
    assert_eq!(bench.key(Key::ArrowRight, Modifiers::NONE), [Command::Go]);
    assert_eq!(bench.key(Key::ArrowLeft, Modifiers::NONE), [Command::Previous]);
    for key in [Key::Escape, Key::Q, Key::F, Key::Enter, Key::H] {
        assert_eq!(bench.key(key, Modifiers::NONE), [], "{key:?} does nothing to the wall");
    }
    assert_eq!(bench.key(Key::B, Modifiers::CTRL), []);
    let down = || Event::Key {
        key: Key::ArrowRight,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    assert_eq!(bench.frame(vec![down()]), [Command::Go]);
    for _ in 0..5 {
        assert_eq!(bench.frame(vec![down()]), [], "a key that is held repeats");
    }
    // By keyboard alone: Tab to a button, Enter presses it, and Space still holds.
    let mut bench = Bench::new(Side::Look);
    let mut pressed = Vec::new();
    for _ in 0..8 {
        bench.key(Key::Tab, Modifiers::NONE);
        assert_eq!(bench.key(Key::Space, Modifiers::NONE), [Command::Hold { on: true }]);
        pressed.extend(bench.key(Key::Enter, Modifiers::NONE));
    }
    for wanted in [Command::Go, Command::Back, Command::Blackout { on: true, secs: 0.0 }] {
        assert!(pressed.contains(&wanted), "{wanted:?} is not among {pressed:?}");
    }
}

#[test]
fn a_text_field_owns_its_keys_and_what_is_typed_is_sent() {
    let mut bench = Bench::new(Side::Stage);
    let label = bench.place("delay");
    // The field is to the right of its name; the panel may have scrolled it out of sight.
    let field = Pos2::new(label.x + 180.0, label.y);
    if field.y > 690.0 {
        let wheel = Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: Vec2::new(0.0, -4000.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        bench.frame(vec![Event::PointerMoved(Pos2::new(label.x, 500.0))]);
        bench.frame(vec![wheel]);
        (0..40).for_each(|_| drop(bench.frame(Vec::new())));
    }
    let label = bench.place("delay");
    bench.click_at(Pos2::new(label.x + 180.0, label.y));
    assert!(bench.ctx.text_edit_focused());
    let typed = |bench: &mut Bench, key: Key, text: &str| {
        let event =
            |pressed| Event::Key { key, physical_key: Some(key), pressed, repeat: false, modifiers: Modifiers::NONE };
        bench.frame(vec![event(true), Event::Text(text.into()), event(false)])
    };
    assert_eq!(typed(&mut bench, Key::Num2, "2"), [], "a digit in a text cues nothing");
    assert_eq!(typed(&mut bench, Key::B, "b"), [], "and a letter makes nothing black");
    assert_eq!(bench.key(Key::Space, Modifiers::NONE), []);
    assert_eq!(bench.key(Key::Escape, Modifiers::NONE), [], "Esc leaves the field");
    assert!(!bench.ctx.text_edit_focused());
    let label = bench.place("delay");
    bench.click_at(Pos2::new(label.x + 180.0, label.y));
    bench.key(Key::A, Modifiers::COMMAND);
    typed(&mut bench, Key::Num7, "7");
    let sent = bench.key(Key::Enter, Modifiers::NONE);
    let [Command::StageValue { name, text }] = &sent[..] else { panic!("{sent:?}") };
    assert!(name == "delay" && text.contains('7'), "{name} {text}");
    assert_eq!(bench.key(Key::Num2, Modifiers::NONE), [cue("title", None)], "and then digits are the show's again");
}

#[test]
fn a_slider_moves_the_look_live() {
    let mut bench = Bench::new(Side::Look);
    let from = bench.place("exposure");
    // The rail is to the left of the name.
    let pos = Pos2::new(980.0, from.y);
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    bench.frame(vec![Event::PointerMoved(pos)]);
    let mut commands = bench.frame(vec![button(pos, true)]);
    for step in 1..6 {
        commands.extend(bench.frame(vec![Event::PointerMoved(pos + Vec2::new(6.0 * step as f32, 0.0))]));
    }
    let is_exposure = |command: &Command| matches!(command, Command::Adjust { parameter, fade: false, .. } if parameter == "exposure");
    assert!(commands.len() >= 3 && commands.iter().all(is_exposure), "{commands:?}");
}

#[test]
fn the_night_lights_no_face() {
    for side in Side::ALL.map(|(_, side)| side) {
        let mut bench = Bench::new(side);
        bench.status.held = true;
        bench.status.blackout = true;
        for pointer in [Pos2::new(100.0, 90.0), Pos2::new(1100.0, 200.0)] {
            bench.frame(vec![Event::PointerMoved(pointer)]);
            bench.key(Key::Tab, Modifiers::NONE);
            let (mut output, _) = bench.run(Vec::new());
            let shapes = std::mem::take(&mut output.shapes);
            let mut brightest = 0;
            for primitive in bench.ctx.tessellate(shapes, 1.0) {
                let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
                assert!(matches!(mesh.texture_id, TextureId::Managed(_)), "there are no pictures here");
                let channels = mesh.vertices.iter().flat_map(|vertex| vertex.color.to_array().into_iter().take(3));
                brightest = brightest.max(channels.max().unwrap_or(0));
            }
            output.drop_without_applying_deltas();
            assert!((40..=NIGHT_BRIGHTEST).contains(&brightest), "{side:?}: {brightest}");
        }
    }
    assert!(Theme::Night.palette().picture.to_array()[..3].iter().all(|channel| *channel <= NIGHT_BRIGHTEST));
}

#[test]
fn a_code_for_telephones_is_shown_to_whoever_asks_and_not_for_longer() {
    let mut bench = Bench::new(Side::Phone);
    let is_shown = |bench: &Bench| {
        let mut texts = bench.nodes.iter().filter_map(|(_, node)| node.label().or(node.value()));
        texts.any(|text| text.contains("secret") || text.contains("a code to scan"))
    };
    let address = PhoneAddress {
        allows: "operate the wall".into(),
        url: "http://192.168.1.5:8080/#secret".into(),
        code: vec![vec![true; 25]; 25],
        is_local: false,
    };
    bench.desk.invite(vec![address]);
    bench.frame(Vec::new());
    assert!(!is_shown(&bench));
    assert_eq!(bench.click("Show the code"), []);
    assert!(is_shown(&bench));
    assert_eq!(bench.click("Hide the code"), []);
    assert!(!is_shown(&bench));
    bench.click("Show the code");
    bench.click("Health");
    bench.click("Phone");
    assert!(!is_shown(&bench), "who comes back asks again");
}

/// A bench with the crop of the first of three people open.
fn crop_bench() -> Bench {
    let mut bench = Bench::new(Side::People);
    bench.people.doubtful = vec![7, 8, 9];
    assert_eq!(bench.click("Doubtful crops"), []);
    bench.size.y = 1400.0;
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    assert_eq!(bench.click("Crop"), []);
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    bench
}

/// The number of the person whose crop is open.
fn open_crop(bench: &Bench) -> Option<u32> {
    let texts = bench.nodes.iter().filter_map(|(_, node)| node.label().or(node.value()));
    texts.into_iter().find_map(|text| text.strip_prefix("Crop of Person ")?.parse().ok())
}

#[test]
fn doubtful_crops_are_accepted_one_after_the_other_by_keys_alone() {
    let mut bench = crop_bench();
    let accepted = |person| Command::AcceptCrop { person };
    let first = open_crop(&bench).unwrap();
    assert_eq!(bench.key(Key::Enter, Modifiers::NONE), [accepted(first)]);
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    let second = open_crop(&bench).unwrap();
    assert_ne!(first, second);
    assert_eq!(bench.key(Key::Delete, Modifiers::NONE), [], "who is hidden is asked about first");
    assert_eq!(bench.key(Key::Delete, Modifiers::NONE), [Command::Hide { person: second }]);
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    let third = open_crop(&bench).unwrap();
    assert!(third != first && third != second);
    assert_eq!(bench.key(Key::Escape, Modifiers::NONE), []);
    (0..2).for_each(|_| drop(bench.frame(Vec::new())));
    assert_eq!(open_crop(&bench), None, "Esc leaves it as it was");
    assert_eq!(bench.key(Key::ArrowRight, Modifiers::NONE), [Command::Go], "and the arrows are the show's again");
}

#[test]
fn a_crop_is_moved_turned_and_sent() {
    let mut bench = crop_bench();
    let person = open_crop(&bench).unwrap();
    assert_eq!(bench.key(Key::ArrowRight, Modifiers::NONE), [], "the arrows are the crop's");
    bench.key(Key::ArrowUp, Modifiers::SHIFT);
    bench.key(Key::Minus, Modifiers::NONE);
    assert_eq!(bench.key(Key::Space, Modifiers::NONE), [Command::Hold { on: true }], "and Space still holds");
    let commands = bench.key(Key::Enter, Modifiers::NONE);
    let [Command::Crop { person: cropped, area: [left, top, width, height], degrees: 0 }] = commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(cropped, person);
    let near = |a: f64, b: f64| (a - b).abs() < 2e-3;
    // One to the right, five up, a little smaller about its middle; at the tile's aspect.
    assert!(near(left + width / 2.0, 0.51) && near(top + height / 2.0, 0.45), "{commands:?}");
    assert!(near(height, 0.5 / 1.06) && near(width, height * 0.4), "{commands:?}");
    // Turned and left alone, the program finds the crop.
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    let person = open_crop(&bench).unwrap();
    bench.key(Key::R, Modifiers::NONE);
    assert_eq!(bench.click("Crop so"), [Command::Turn { person, degrees: 90 }]);
    // By the mouse: the rectangle follows, and its corner.
    (0..3).for_each(|_| drop(bench.frame(Vec::new())));
    let person = open_crop(&bench).unwrap();
    let middle = bench.place("Photograph");
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let drag = |bench: &mut Bench, from: Pos2, by: Vec2| {
        bench.frame(vec![Event::PointerMoved(from)]);
        bench.frame(vec![button(from, true)]);
        (1..=4).for_each(|step| drop(bench.frame(vec![Event::PointerMoved(from + by * step as f32 / 4.0)])));
        bench.frame(vec![button(from + by, false)]);
    };
    drag(&mut bench, middle, Vec2::new(40.0, 0.0));
    let commands = bench.click("Crop so");
    let [Command::Crop { person: cropped, area: [left, top, _, height], degrees: 0 }] = commands[..] else {
        panic!("{commands:?}")
    };
    assert!(cropped == person && left > 0.45 && near(top, 0.25) && near(height, 0.5), "{commands:?}");
}

#[test]
fn it_fits_from_720_lines_up() {
    for size in [Vec2::new(1280.0, 720.0), Vec2::new(1920.0, 1080.0), Vec2::new(3840.0, 2160.0)] {
        let mut bench = Bench::new(Side::Look);
        bench.size = size;
        (0..3).for_each(|_| drop(bench.frame(Vec::new())));
        let screen = Rect::from_min_size(Pos2::ZERO, size);
        for name in ["GO", "BACK", "HOLD", "BLACKOUT", "1 Slow on", "The wall", "left", "Look", "Notices !", "Day"] {
            assert!(screen.contains(bench.place(name)), "{name} at {size:?}");
        }
    }
}

#[test]
fn every_control_has_a_name() {
    for side in Side::ALL.map(|(_, side)| side) {
        let mut bench = Bench::new(side);
        for _ in 0..3 {
            assert_eq!(bench.frame(Vec::new()), [], "{side:?}: who touches nothing commands nothing");
        }
        let acts = |node: &accesskit::Node| node.supports_action(accesskit::Action::Click);
        let nameless: Vec<_> = bench
            .nodes
            .iter()
            .filter(|(_, node)| acts(node) && node.role() == accesskit::Role::Button)
            .filter(|(_, node)| node.label().is_none_or(|label| label.trim().is_empty()))
            .collect();
        assert!(nameless.is_empty(), "{side:?}: {nameless:?}");
        assert!(bench.nodes.iter().filter(|(_, node)| acts(node)).count() > 10);
    }
}
