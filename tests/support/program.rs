//! Running the program itself, and looking at the pictures that it makes.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;
use std::process::{Command, Output};

/// The program, with a home of its own: nothing that it keeps lands with the person who runs the tests.
pub fn millions(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millions"));
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        .env_remove("RUST_LOG")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the program to its end, its arguments as a shell would split them at spaces.
pub fn run(home: &Path, arguments: &str) -> Run {
    run_args(home, &arguments.split_whitespace().collect::<Vec<_>>())
}

/// Runs the program to its end in `home`.
pub fn run_args(home: &Path, arguments: &[&str]) -> Run {
    let Output { status, stdout, stderr } = millions(home).current_dir(home).args(arguments).output().unwrap();
    Run {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// As [`run`], and asserts that it was done.
pub fn done(home: &Path, arguments: &str) -> Run {
    let run = run(home, arguments);
    assert_eq!(run.code, Some(0), "millions {arguments}: {run:#?}");
    run
}

/// A picture: red, green and blue by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<[u8; 3]>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}, light {:.1}, {} coloured", self.width, self.height, self.light(), self.coloured())
    }
}

impl Picture {
    pub fn read(path: &Path) -> Self {
        let picture = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_rgb8();
        let (width, height) = picture.dimensions();
        Self { width, height, pixels: picture.pixels().map(|pixel| pixel.0).collect() }
    }

    /// Red, green and blue of one pixel.
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[(y * self.width + x) as usize]
    }

    /// The mean of all channels of all pixels.
    pub fn light(&self) -> f64 {
        self.pixels.iter().flatten().map(|value| f64::from(*value)).sum::<f64>() / self.values()
    }

    /// Pixels that are not grey.
    pub fn coloured(&self) -> usize {
        self.pixels.iter().filter(|[r, g, b]| r != g || g != b).count()
    }

    pub fn is_black(&self) -> bool {
        self.pixels.iter().all(|pixel| *pixel == [0; 3])
    }

    /// The mean difference of the channels of two pictures of one size; infinite where the sizes differ.
    pub fn difference(&self, other: &Self) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return f64::INFINITY;
        }
        let pairs = self.pixels.iter().flatten().zip(other.pixels.iter().flatten());
        pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / self.values()
    }

    fn values(&self) -> f64 {
        self.pixels.len() as f64 * 3.0
    }

    /// Asserts that this is a wall in black and white: people in much of it, and grey everywhere.
    pub fn assert_grey_wall(&self) {
        assert_eq!(self.coloured(), 0, "grey only: {self:?}");
        assert!((15.0..240.0).contains(&self.light()), "neither dark nor glaring: {self:?}");
        let shades = self.pixels.iter().map(|[r, ..]| r).collect::<std::collections::HashSet<_>>().len();
        assert!(shades > 100, "photographs have many greys, this has {shades}: {self:?}");
    }
}
