//! The values of arguments: times, sizes, frame rates.

use std::str::FromStr;

/// Seconds, 0 or more: `3.5s`, `3.5`, `250ms`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds(pub f64);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("", 1.0)];
        let number = |(unit, secs): &(&str, f64)| Some(text.strip_suffix(unit)?.trim().parse::<f64>().ok()? * secs);
        units
            .iter()
            .find_map(number)
            .filter(|secs| secs.is_finite() && *secs >= 0.0)
            .map(Self)
            .ok_or_else(|| "write a time such as 3.5s, 250ms or 2m".to_owned())
    }
}

/// The duration of a film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FilmDuration {
    /// Seconds, above 0.
    Secs(f64),
    /// One period of the wall.
    Loop,
}

impl FromStr for FilmDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "loop" {
            return Ok(Self::Loop);
        }
        match text.parse() {
            Ok(Seconds(secs)) if secs > 0.0 => Ok(Self::Secs(secs)),
            _ => Err("write a time such as 10s or 2m, or `loop`".to_owned()),
        }
    }
}

/// Width and height in pixels: `1920x1080`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (width, height) = text.split_once(['x', 'X', '×'])?;
            Some(Self { width: width.trim().parse().ok()?, height: height.trim().parse().ok()? })
        };
        parse()
            .filter(|size| (1..=65_536).contains(&size.width) && (1..=65_536).contains(&size.height))
            .ok_or_else(|| "write width and height in pixels, such as 1920x1080".to_owned())
    }
}

/// Bytes, of which a tile cache needs some: `512M`, `2G`; a number alone is megabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches(['B', 'b']).trim();
        let units = [('k', 1e3), ('K', 1e3), ('m', 1e6), ('M', 1e6), ('g', 1e9), ('G', 1e9)];
        let unit = units.iter().find_map(|(letter, unit)| Some((text.strip_suffix(*letter)?, *unit)));
        let (number, unit) = unit.unwrap_or((text, 1e6));
        let bytes = number.trim().parse::<f64>().ok().map(|number| number * unit);
        bytes
            .filter(|bytes| (64e6..1e12).contains(bytes))
            .map(|bytes| Self(bytes as u64))
            .ok_or_else(|| "write 64M or more, such as 512M or 2G".to_owned())
    }
}

/// A length on paper, 0 to 100 mm: `3mm`, `3`, `0.3cm`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Millimetres(pub f64);

impl FromStr for Millimetres {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let units = [("mm", 1.0), ("cm", 10.0), ("", 1.0)];
        let length = |(unit, mm): &(&str, f64)| Some(text.strip_suffix(unit)?.trim().parse::<f64>().ok()? * mm);
        units
            .iter()
            .find_map(length)
            .filter(|mm| (0.0..=100.0).contains(mm))
            .map(Self)
            .ok_or_else(|| "write a length from 0 to 100 mm, such as 3mm".to_owned())
    }
}

/// Parses pixels an inch, 20 to 1200.
pub fn dpi(text: &str) -> Result<f64, String> {
    let dpi = text.trim().trim_end_matches("dpi").trim().parse().ok().filter(|dpi: &f64| (20.0..=1200.0).contains(dpi));
    dpi.ok_or_else(|| "write pixels an inch from 20 to 1200, such as 150 or 300".to_owned())
}

/// Parses frames a second, 0.01 to 1000.
pub fn fps(text: &str) -> Result<f64, String> {
    let fps = text.parse().ok().filter(|fps: &f64| (0.01..=1000.0).contains(fps));
    fps.ok_or_else(|| "write frames a second from 0.01 to 1000, such as 60 or 23.976".to_owned())
}

/// Parses an aspect, width:height, 1:10 to 10:1.
pub fn aspect(text: &str) -> Result<f32, String> {
    let aspect = text
        .split_once([':', '/'])
        .and_then(|(width, height)| Some(width.trim().parse::<f32>().ok()? / height.trim().parse::<f32>().ok()?));
    aspect
        .filter(|aspect| (0.1..=10.0).contains(aspect))
        .ok_or_else(|| "write width:height, such as 4:5 or 1:1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_as_people_write_them() {
        for (text, secs) in [("3.5s", 3.5), ("3.5", 3.5), ("250ms", 0.25), ("2m", 120.0), (" 1 h", 3600.0)] {
            assert_eq!(text.parse(), Ok(Seconds(secs)), "{text}");
        }
        for wrong in ["", "s", "-1s", "soon", "nan", "infs"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
        assert_eq!("loop".parse(), Ok(FilmDuration::Loop));
        assert!("0s".parse::<FilmDuration>().is_err());
        for (text, bytes) in [("512M", 512e6), ("2G", 2e9), ("1.5 GB", 1.5e9), ("700", 700e6), ("64000k", 64e6)] {
            assert_eq!(text.parse(), Ok(Bytes(bytes as u64)), "{text}");
        }
        for wrong in ["", "0", "1M", "-2G", "much", "G"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
        assert_eq!("1920x1080".parse(), Ok(Size { width: 1920, height: 1080 }));
        for wrong in ["1920", "0x5", "x", "1e9x3", "100000x2"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
        assert_eq!((aspect("4:5"), aspect("1:1"), aspect("3/4")), (Ok(0.8), Ok(1.0), Ok(0.75)));
        for wrong in ["", "4", "0:1", "1:0", "-4:5", "1:11", "nan:1"] {
            assert!(aspect(wrong).is_err(), "{wrong}");
        }
        assert_eq!(("3mm".parse(), "0.3 cm".parse()), (Ok(Millimetres(3.0)), Ok(Millimetres(3.0))));
        assert!("-1".parse::<Millimetres>().is_err() && "3in".parse::<Millimetres>().is_err());
        assert!(dpi("300dpi") == Ok(300.0) && dpi("150") == Ok(150.0) && dpi("0").is_err() && dpi("many").is_err());
        assert!(fps("0").is_err() && fps("nan").is_err() && fps("23.976").is_ok());
    }
}
