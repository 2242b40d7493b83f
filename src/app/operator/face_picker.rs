//! Numbers on the faces of the wall, to hide somebody at once, or to have them come forward. See [`FacePicker`].

use glam::DVec2;

use super::super::keys::{KeyPress, digit};
use millions_frame::{FramePlan, Layer};
use millions_gpu::Label;
use millions_stage::{OutputId, Stage};
use millions_wall::EMPTY_CELL;
use millions_wall::tile::PortraitNumber;
use winit::keyboard::{Key, NamedKey};

/// The least height of a tile that is numbered, in heights of the output: less has no room for a number.
const LEAST_TILE: f64 = 0.046;
/// Sprites that are fainter are not numbered.
const LEAST_OPACITY: f32 = 0.3;
/// The most digits of a number.
const MOST_DIGITS: usize = 4;

/// The effect of a key on a picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// None beyond what the screen says.
    Nothing,
    /// This portrait is to be hidden.
    Hide(PortraitNumber),
    /// This portrait is to come forward.
    Introduce(PortraitNumber),
    /// The picker ends.
    End,
}

/// Numbers on the faces, and the number that is being typed. A face keeps its number while it moves; those that come into view
/// get the next ones.
#[derive(Debug, Default)]
pub struct FacePicker {
    /// The portraits with the numbers from 1 on.
    numbered: Vec<PortraitNumber>,
    typed: String,
    /// Whether the last frame had faces that are too small.
    has_small: bool,
    /// Those that were hidden, whom a plan may still have for a moment.
    hidden: Vec<PortraitNumber>,
}

impl FacePicker {
    /// Numbers the faces that an output shows of a plan.
    pub fn label(&mut self, plan: &FramePlan, stage: &Stage, output: OutputId) -> Vec<Label> {
        let Some(height) = stage.output(output).map(|output| f64::from(output.size.y)) else { return Vec::new() };
        self.has_small = false;
        let mut labels = Vec::new();
        for Face { portrait, centre, height: high } in faces(plan) {
            let project = |p| stage.output_from_wall(output, p);
            let Some(at) = project(centre) else { continue };
            let edge = project(centre - DVec2::Y * high / 2.0).or_else(|| project(centre + DVec2::Y * high / 2.0));
            let is_small = edge.is_none_or(|edge| at.distance(edge) * 2.0 < LEAST_TILE * height);
            self.has_small |= is_small;
            if is_small || self.hidden.contains(&portrait) {
                continue;
            }
            let index = self.numbered.iter().position(|other| *other == portrait).unwrap_or_else(|| {
                self.numbered.push(portrait);
                self.numbered.len() - 1
            });
            labels.push(Label { text: (index + 1).to_string(), at });
        }
        labels
    }

    /// Applies a key; `None` where it is none of a picker's.
    pub fn press(&mut self, pressed: KeyPress) -> Option<Picked> {
        if let Some(key) = digit(pressed) {
            if self.typed.len() < MOST_DIGITS {
                self.typed.push_str(&((key + 1) % 10).to_string());
            }
            return Some(Picked::Nothing);
        }
        match pressed.logical {
            Key::Named(NamedKey::Backspace) => drop(self.typed.pop()),
            Key::Named(NamedKey::Escape) => return Some(Picked::End),
            Key::Named(NamedKey::Enter) => {
                let chosen = self.chosen();
                self.typed.clear();
                if let Some(portrait) = chosen {
                    self.hidden.push(portrait);
                    return Some(Picked::Hide(portrait));
                }
            }
            Key::Named(NamedKey::Tab) => {
                let chosen = self.chosen();
                self.typed.clear();
                return Some(chosen.map_or(Picked::Nothing, Picked::Introduce));
            }
            _ => return None,
        }
        Some(Picked::Nothing)
    }

    /// The portrait whose number is typed.
    pub fn chosen(&self) -> Option<PortraitNumber> {
        let number: usize = self.typed.parse().ok()?;
        let portrait = self.numbered.get(number.checked_sub(1)?)?;
        (!self.hidden.contains(portrait)).then_some(*portrait)
    }

    /// The operator's text; `name` is that of the chosen portrait.
    pub fn caption(&self, name: &str) -> Vec<[String; 2]> {
        let line = |left: &str, right: &str| [left.to_owned(), right.to_owned()];
        let mut lines = vec![line(
            "type a face's number; Enter hides that person at once and for good",
            "Tab: they come forward; N or Esc ends",
        )];
        if self.has_small {
            lines.push(line("some faces are too small to be numbered: fewer rows with Down", ""));
        }
        if !self.typed.is_empty() {
            let who = if self.chosen().is_some() { name } else { "there is no such number" };
            lines.push(line(&format!("hide {}", self.typed), who));
        }
        if !self.hidden.is_empty() {
            lines.push(line(&format!("{} hidden; `millions library restore` takes it back", self.hidden.len()), ""));
        }
        lines
    }
}

/// A face on the wall.
struct Face {
    portrait: PortraitNumber,
    /// In wall coordinates.
    centre: DVec2,
    /// In wall heights.
    height: f64,
}

/// The faces of a plan: sprites, which lie in front, then the rows in the order of reading; each portrait once.
fn faces(plan: &FramePlan) -> Vec<Face> {
    let mut faces: Vec<Face> = Vec::new();
    let mut add = |portrait, centre, height| {
        if portrait != EMPTY_CELL && !faces.iter().any(|face: &Face| face.portrait == portrait) {
            faces.push(Face { portrait, centre, height });
        }
    };
    for layer in plan.scene.layers.iter().rev() {
        match layer {
            Layer::Sprites(layer) => {
                let seen = layer.sprites.iter().filter(|sprite| sprite.opacity * sprite.intensity > LEAST_OPACITY);
                for sprite in seen {
                    let [near, far] = sprite.corners;
                    add(sprite.person, (near + far) / 2.0, far.y - near.y);
                }
            }
            Layer::Rows(layer) => {
                for row in &layer.wall.rows {
                    // Beyond this no number would have room: a million are not looked through.
                    if row.height < LEAST_TILE / 8.0 {
                        continue;
                    }
                    for column in 0..row.columns {
                        // Who is not in their cell now has no number there: it may be another who is seen in it.
                        if layer.presence.get(row.first + column).is_some_and(|presence| *presence < LEAST_OPACITY) {
                            continue;
                        }
                        add(row.cell(column), layer.wall.middle(row, column), row.height);
                    }
                }
            }
            Layer::Words(_) | Layer::Still(_) => {}
        }
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::Keys;
    use glam::UVec2;
    use millions_show::{Player, Scene, TimePoint};
    use millions_stage::Output;
    use winit::keyboard::{NativeKeyCode, PhysicalKey};

    fn type_keys(picker: &mut FacePicker, keys: &[Key]) -> Option<Picked> {
        let physical = PhysicalKey::Unidentified(NativeKeyCode::Unidentified);
        keys.iter().fold(None, |_, logical| picker.press(KeyPress { logical, physical, shift: false }))
    }

    fn text(text: &str) -> Key {
        Key::Character(text.into())
    }

    #[test]
    fn a_number_stays_with_its_face_and_hides_it() {
        let scene = Scene::embedded().unwrap().into_iter().find(|scene| scene.id == "slow").unwrap();
        let player = Player::new((0..500).collect(), 0.8, 16.0 / 9.0, scene).unwrap();
        let stage = Stage::side_by_side(vec![Output::new("wall", UVec2::new(1920, 1080))]);
        let output = stage.outputs[0].id;
        let mut picker = FacePicker::default();
        let plan_at = |secs| player.frame(TimePoint { show_secs: secs, real_secs: secs });
        let first = picker.label(&plan_at(0.0), &stage, output);
        assert!(first.len() > 10 && first[0].text == "1");
        let who = picker.numbered.clone();
        let later = picker.label(&plan_at(20.0), &stage, output);
        assert_eq!(picker.numbered[..who.len()], who, "numbers stay");
        let moved = later.iter().find(|label| first.iter().any(|other| other.text == label.text));
        let before = first.iter().find(|label| Some(&label.text) == moved.map(|label| &label.text));
        assert!(moved.is_some_and(|now| now.at != before.unwrap().at), "and move with the faces");
        // 1, 2, backspace, 3: number 13.
        let keys = [text("1"), text("2"), Key::Named(NamedKey::Backspace), text("3")];
        assert_eq!(type_keys(&mut picker, &keys), Some(Picked::Nothing));
        let chosen = picker.chosen().unwrap();
        assert_eq!(chosen, picker.numbered[12]);
        assert_eq!(type_keys(&mut picker, &[Key::Named(NamedKey::Enter)]), Some(Picked::Hide(chosen)));
        let labels = picker.label(&plan_at(20.0), &stage, output);
        assert!(labels.iter().all(|label| label.text != "13"));
        let again = [text("1"), text("3"), Key::Named(NamedKey::Enter)];
        assert_eq!(type_keys(&mut picker, &again), Some(Picked::Nothing));
        assert_eq!(type_keys(&mut picker, &[text("9"), text("9"), text("9"), text("9")]), Some(Picked::Nothing));
        assert!(picker.chosen().is_none() && picker.caption("").iter().any(|line| line[1].contains("no such number")));
        assert_eq!(type_keys(&mut picker, &[Key::Named(NamedKey::Tab)]), Some(Picked::Nothing), "there is no 9999");
        let introduced = type_keys(&mut picker, &[text("2"), Key::Named(NamedKey::Tab)]);
        assert_eq!(introduced, Some(Picked::Introduce(picker.numbered[1])));
        assert_eq!(type_keys(&mut picker, &[text("b")]), None, "the show's other keys stay what they are");
        assert_eq!(type_keys(&mut picker, &[Key::Named(NamedKey::Escape)]), Some(Picked::End));
        assert!(Keys::default().help().iter().any(|row| row[0] == "N"));
    }

    #[test]
    fn faces_without_room_for_a_number_have_none() {
        let scene = Scene::embedded().unwrap().into_iter().find(|scene| scene.id == "multitude").unwrap();
        let player = Player::new((0..500).collect(), 0.8, 16.0 / 9.0, scene).unwrap();
        let stage = Stage::side_by_side(vec![Output::new("wall", UVec2::new(1920, 1080))]);
        let mut picker = FacePicker::default();
        let plan = player.frame(TimePoint { show_secs: 0.0, real_secs: 0.0 });
        assert!(picker.label(&plan, &stage, stage.outputs[0].id).is_empty());
        assert!(picker.caption("").iter().any(|line| line[0].contains("fewer rows")));
    }
}
