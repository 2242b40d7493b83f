//! People: newcomers, doubtful crops with their crop by hand, search by name. See [`PeoplePanel`].

use std::collections::HashMap;

use egui::{Button, ColorImage, RichText, TextEdit, TextureHandle, TextureOptions, Ui, Vec2};

use super::crop_editor::{CropEditor, Outcome, Photograph};
use super::widgets::PanelContext;
use millions_control::{Command, Status};

/// What the desk asks of the people in the library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Question {
    /// Those of these numbers.
    #[default]
    Nobody,
    /// The last newcomers, by number.
    Newcomers(Vec<u32>),
    /// Those whose crop somebody should look at.
    Doubtful,
    /// Those whose name or place has this text in it.
    Named(String),
}

/// Who was found.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The first of them.
    pub people: Vec<PersonEntry>,
    /// How many there are.
    pub total: usize,
}

/// A person, for the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonEntry {
    /// The number of the portrait.
    pub number: u32,
    /// The name; empty where it is not known.
    pub name: String,
    /// The place.
    pub place: String,
    /// Why somebody should look at the crop; empty where nobody has to.
    pub doubts: String,
    /// The portrait.
    pub face: Option<Face>,
}

/// A small square picture: R, G, B by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// Pixels a side.
    pub side: usize,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
    /// Width over height, as it is shown.
    pub aspect_thousandths: u32,
}

/// The people of the library. It answers on a thread of its own: the desk waits for nobody.
pub trait PeopleDirectory {
    /// Asks; what was asked before is no longer of interest.
    fn ask(&mut self, question: Question);
    /// Returns an answer that has come; another one, when those who are meant have changed.
    fn answer(&mut self) -> Option<Answer>;
    /// Asks for the photograph of a portrait.
    fn ask_photograph(&mut self, number: u32);
    /// Returns a photograph that has come.
    fn photograph(&mut self) -> Option<Photograph>;
}

/// A directory of nobody.
#[derive(Debug, Default)]
pub struct NobodyKnown;

impl PeopleDirectory for NobodyKnown {
    fn ask(&mut self, _: Question) {}

    fn answer(&mut self) -> Option<Answer> {
        None
    }

    fn ask_photograph(&mut self, _: u32) {}

    fn photograph(&mut self) -> Option<Photograph> {
        None
    }
}

/// Which people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum List {
    #[default]
    Newcomers,
    Doubtful,
    Search,
}

/// The panel.
#[derive(Default)]
pub struct PeoplePanel {
    list: List,
    search: String,
    asked: Question,
    answer: Answer,
    faces: HashMap<u32, TextureHandle>,
    /// Who is hidden if it is confirmed.
    hiding: Option<u32>,
    crop: CropEditor,
    /// Those about whom something was decided, and when: not listed until it is known what has become of it.
    decided: HashMap<u32, f64>,
}

/// How long somebody is not listed about whom something was decided, where nothing comes of it.
const DECIDED_SECS: f64 = 5.0;

impl PeoplePanel {
    pub fn ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, directory: &mut dyn PeopleDirectory) {
        let people = &context.status.people;
        context.fact(ui, "on the wall", people.count.to_string());
        let busy = if people.ingesting { ", photographs are being brought in" } else { "" };
        context.fact(ui, "this evening", format!("{} came, {} left{busy}", people.arrived, people.left));
        waiting(ui, context);
        let other = ui.add_enabled(!context.status.fullscreen, Button::new("Other photographs…"));
        if other.on_disabled_hover_text("Leave full screen first: the chooser would be seen on the wall.").clicked() {
            context.send(Command::ChooseFolder);
        }
        ui.horizontal_wrapped(|ui| {
            for (name, list) in
                [("Newcomers", List::Newcomers), ("Doubtful crops", List::Doubtful), ("Search", List::Search)]
            {
                if ui.selectable_label(self.list == list, name).clicked() {
                    self.list = list;
                }
            }
        });
        if self.list == List::Search {
            let label = ui.label("name or place");
            ui.add(TextEdit::singleline(&mut self.search).desired_width(f32::INFINITY).char_limit(80))
                .labelled_by(label.id);
        }
        self.follow(ui, context.status, directory);
        self.crop_ui(ui, context, directory);
        if self.answer.question != self.asked {
            ui.label("…");
        }
        let Answer { people, total, .. } = &self.answer;
        let mut opened = None;
        if people.is_empty() && self.answer.question == self.asked {
            ui.label(RichText::new("nobody").color(context.palette.faint));
        }
        for person in people {
            if self.decided.contains_key(&person.number) || self.crop.number() == Some(person.number) {
                continue;
            }
            let face = self.faces.get(&person.number);
            match row(ui, context, person, face, &mut self.hiding) {
                Some(Wish::Crop) => opened = Some(person.number),
                Some(Wish::Hidden) => {
                    self.decided.insert(person.number, context.status.secs);
                }
                None => {}
            }
        }
        if *total > people.len() {
            ui.label(format!("and {} more", total - people.len()));
        }
        if let Some(number) = opened {
            self.open(number, directory);
        }
    }

    fn open(&mut self, number: u32, directory: &mut dyn PeopleDirectory) {
        self.crop.open(number);
        directory.ask_photograph(number);
    }

    /// The open crop. After a decision the next of the list is opened.
    fn crop_ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, directory: &mut dyn PeopleDirectory) {
        while let Some(photograph) = directory.photograph() {
            self.crop.show(ui, photograph);
        }
        let Some(number) = self.crop.number() else { return };
        let at = self.answer.people.iter().position(|person| person.number == number);
        match self.crop.ui(ui, context, at.map(|at| &self.answer.people[at])) {
            Outcome::Open => {}
            Outcome::Left => self.crop.close(),
            Outcome::Decided(number) => {
                self.decided.insert(number, context.status.secs);
                self.crop.close();
                let next = at.filter(|_| self.list == List::Doubtful).and_then(|at| {
                    let mut after = self.answer.people[at + 1..].iter().chain(&self.answer.people[..at]);
                    after.find(|person| !self.decided.contains_key(&person.number))
                });
                if let Some(next) = next.map(|person| person.number) {
                    self.open(next, directory);
                }
            }
        }
    }

    /// Asks what is to be listed, and takes the answer.
    fn follow(&mut self, ui: &Ui, status: &Status, directory: &mut dyn PeopleDirectory) {
        self.decided.retain(|_, secs| (status.secs - *secs).abs() < DECIDED_SECS);
        let wanted = match self.list {
            List::Newcomers => Question::Newcomers(status.people.newcomers.iter().rev().copied().collect()),
            List::Doubtful => Question::Doubtful,
            List::Search if self.search.trim().is_empty() => Question::Nobody,
            List::Search => Question::Named(self.search.trim().to_lowercase()),
        };
        if wanted != self.asked {
            self.asked = wanted.clone();
            directory.ask(wanted);
        }
        while let Some(answer) = directory.answer() {
            self.faces.retain(|number, _| answer.people.iter().any(|person| person.number == *number));
            for person in &answer.people {
                let Some(face) = &person.face else { continue };
                if face.side == 0 || face.rgb.len() != face.side * face.side * 3 {
                    continue;
                }
                self.faces.entry(person.number).or_insert_with(|| {
                    let image = ColorImage::from_rgb([face.side; 2], &face.rgb);
                    ui.ctx().load_texture(format!("portrait {}", person.number), image, TextureOptions::LINEAR)
                });
            }
            self.answer = answer;
        }
    }
}

/// Portraits that wait for the operator.
fn waiting(ui: &mut Ui, context: &mut PanelContext<'_>) {
    let waiting = &context.status.people.waiting;
    if waiting.is_empty() {
        return;
    }
    context.heading(ui, &format!("{} wait for you", waiting.len()));
    for arrival in waiting {
        ui.horizontal(|ui| {
            ui.label(arrival);
            if ui.button("Admit").clicked() {
                context.send(Command::Admit { arrival: arrival.clone() });
            }
            if ui.button("Refuse").clicked() {
                context.send(Command::Refuse { arrival: arrival.clone() });
            }
        });
    }
}

/// What is wanted of a row.
enum Wish {
    Crop,
    Hidden,
}

fn row(
    ui: &mut Ui,
    context: &mut PanelContext<'_>,
    person: &PersonEntry,
    face: Option<&TextureHandle>,
    hiding: &mut Option<u32>,
) -> Option<Wish> {
    let PersonEntry { number, name, place, doubts, .. } = person;
    let mut wish = None;
    ui.push_id(number, |ui| {
        ui.horizontal(|ui| {
            let aspect = person.face.as_ref().map_or(1.0, |face| face.aspect_thousandths as f32 / 1000.0);
            let size = Vec2::new(64.0 * aspect, 64.0) * context.scale;
            match face {
                Some(face) => {
                    let image = egui::Image::new((face.id(), size)).tint(context.palette.picture);
                    ui.add(image.alt_text(if name.is_empty() { "portrait" } else { name }));
                }
                None => {
                    ui.allocate_space(size);
                }
            }
            ui.vertical(|ui| {
                let title = if name.is_empty() { format!("no name, number {number}") } else { name.clone() };
                ui.add(egui::Label::new(RichText::new(title).family(super::theme::bold())).truncate());
                let below = if place.is_empty() { format!("number {number}") } else { place.clone() };
                ui.add(egui::Label::new(RichText::new(below).color(context.palette.faint)).truncate());
                if !doubts.is_empty() {
                    ui.add(egui::Label::new(RichText::new(doubts).color(context.palette.warning)).wrap());
                }
                ui.horizontal(|ui| {
                    if *hiding != Some(*number) {
                        if ui.button("Crop").on_hover_text("Accept, crop or turn the photograph").clicked() {
                            wish = Some(Wish::Crop);
                        }
                        if ui.button("Hide").on_hover_text("At once and for good").clicked() {
                            *hiding = Some(*number);
                        }
                    } else {
                        // Under a second press of the same hand is what changes nothing.
                        if ui.button("Keep, as they are").clicked() {
                            *hiding = None;
                        }
                        if ui.button("Hide for good").clicked() {
                            context.send(Command::Hide { person: *number });
                            (*hiding, wish) = (None, Some(Wish::Hidden));
                        }
                    }
                });
            });
        });
        ui.separator();
    });
    wish
}
