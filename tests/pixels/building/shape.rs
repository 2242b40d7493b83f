//! What the building is made of: flat walls, a column, windows. See [`Building`].

use glam::{DVec2, DVec3};

/// An upright wall, as seen from above: x to the right, z towards the street; in metres.
#[derive(Clone, Copy, Debug)]
pub enum Plan {
    /// From its left end to its right one, as seen from the street.
    Flat { from: DVec2, to: DVec2 },
    /// A part of a cylinder that bulges towards the street: its axis, the direction of its middle, how far it goes to
    /// either side of it (radians).
    Round { centre: DVec2, radius: f64, middle: DVec2, half: f64 },
}

/// A wall and where it is along the unrolled building.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub name: &'static str,
    pub plan: Plan,
    /// From where to where along the building, in metres.
    pub along: [f64; 2],
}

/// What stays dark: a rectangle, or one with a half circle on top of it.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Along the building, in metres.
    pub along: [f64; 2],
    /// Heights of its sill and of its highest point, in metres.
    pub height: [f64; 2],
    pub is_arched: bool,
}

/// A place on the building.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Which part.
    pub part: usize,
    /// Metres along the unrolled building, and height.
    pub at: DVec2,
    pub point: DVec3,
    /// Outward, of length 1.
    pub normal: DVec3,
    /// Metres from where the ray begins.
    pub distance: f64,
}

/// The walls from left to right, all of one height. Unrolled, they are a rectangle: metres along, metres high.
#[derive(Clone, Debug)]
pub struct Building {
    pub parts: Vec<Part>,
    pub windows: Vec<Window>,
    /// In metres.
    pub height: f64,
}

/// A quarter turn from a direction: towards the street from one to the right.
fn outward(direction: DVec2) -> DVec2 {
    DVec2::new(-direction.y, direction.x)
}

impl Part {
    pub fn length(&self) -> f64 {
        self.along[1] - self.along[0]
    }

    /// Point and outward normal at metres along the building and height.
    pub fn point(&self, at: DVec2) -> (DVec3, DVec3) {
        let share = (at.x - self.along[0]) / self.length();
        let (place, normal) = match self.plan {
            Plan::Flat { from, to } => (from.lerp(to, share), outward((to - from).normalize())),
            Plan::Round { centre, radius, middle, half } => {
                let turn = (share * 2.0 - 1.0) * half;
                let normal = middle * turn.cos() - outward(middle) * turn.sin();
                (centre + normal * radius, normal)
            }
        };
        (DVec3::new(place.x, at.y, place.y), DVec3::new(normal.x, 0.0, normal.y))
    }

    /// Where a ray meets the wall, thought infinitely high: how far, and how far along the building.
    fn meets(&self, from: DVec2, way: DVec2, out: &mut Vec<(f64, f64)>) {
        match self.plan {
            Plan::Flat { from: start, to } => {
                let line = to - start;
                let across = way.perp_dot(line);
                if across.abs() < 1e-12 {
                    return;
                }
                let distance = (start - from).perp_dot(line) / across;
                let share = (start - from).perp_dot(way) / across;
                if (0.0..=1.0).contains(&share) {
                    out.push((distance, self.along[0] + share * self.length()));
                }
            }
            Plan::Round { centre, radius, middle, half } => {
                let to_start = from - centre;
                let (a, b) = (way.length_squared(), to_start.dot(way));
                let root = b * b - a * (to_start.length_squared() - radius * radius);
                if root < 0.0 {
                    return;
                }
                for distance in [(-b - root.sqrt()) / a, (-b + root.sqrt()) / a] {
                    let normal = (to_start + way * distance) / radius;
                    let turn = (-normal.dot(outward(middle))).atan2(normal.dot(middle));
                    if turn.abs() <= half {
                        out.push((distance, self.along[0] + (turn / half + 1.0) / 2.0 * self.length()));
                    }
                }
            }
        }
    }
}

impl Window {
    /// Whether a place (metres along, height) is in it, made larger by `grown` metres on every side.
    pub fn holds(&self, at: DVec2, grown: f64) -> bool {
        let [left, right] = self.along;
        let [sill, top] = self.height;
        let half = (right - left) / 2.0;
        if self.is_arched && at.y > top - half {
            return at.distance(DVec2::new(left + half, top - half)) <= half + grown;
        }
        let low = DVec2::new(left, sill) - grown;
        let high = DVec2::new(right, top) + grown;
        at.cmpge(low).all() && at.cmple(high).all()
    }
}

impl Building {
    /// Metres along, all of it.
    pub fn length(&self) -> f64 {
        self.parts.last().map_or(0.0, |part| part.along[1])
    }

    /// Width of the unrolled building over its height.
    pub fn aspect(&self) -> f64 {
        self.length() / self.height
    }

    /// From metres along and height to the wall: 1 high, from the upper left corner.
    pub fn wall_from_place(&self, at: DVec2) -> DVec2 {
        DVec2::new(at.x, self.height - at.y) / self.height
    }

    /// The way back.
    pub fn place_from_wall(&self, at: DVec2) -> DVec2 {
        DVec2::new(at.x, 1.0 - at.y) * self.height
    }

    /// Point and outward normal at metres along and height.
    pub fn point(&self, at: DVec2) -> (DVec3, DVec3) {
        let part = self.parts.iter().find(|part| at.x <= part.along[1]).or(self.parts.last());
        part.expect("a building has parts").point(at)
    }

    pub fn is_window(&self, at: DVec2, grown: f64) -> bool {
        self.windows.iter().any(|window| window.holds(at, grown))
    }

    /// What a ray meets first, further away than `nearest` metres. `way` is of length 1.
    pub fn hit(&self, from: DVec3, way: DVec3, nearest: f64) -> Option<Hit> {
        let mut best: Option<(f64, usize, f64)> = None;
        let mut found = Vec::with_capacity(2);
        for (index, part) in self.parts.iter().enumerate() {
            found.clear();
            part.meets(DVec2::new(from.x, from.z), DVec2::new(way.x, way.z), &mut found);
            for &(distance, along) in &found {
                let high = from.y + way.y * distance;
                let is_wall = distance > nearest && (0.0..=self.height).contains(&high);
                if is_wall && best.is_none_or(|(nearer, ..)| distance < nearer) {
                    best = Some((distance, index, along));
                }
            }
        }
        best.map(|(distance, part, along)| {
            let at = DVec2::new(along, from.y + way.y * distance);
            let (_, normal) = self.parts[part].point(at);
            Hit { part, at, point: from + way * distance, normal, distance }
        })
    }

    /// Whether nothing is between a place on the building and a point, which the place faces.
    pub fn sees(&self, point: DVec3, normal: DVec3, other: DVec3) -> bool {
        let way = other - point;
        let distance = way.length();
        way.dot(normal) > 0.0 && self.hit(point, way / distance, 1e-4).is_none_or(|hit| hit.distance > distance)
    }
}
