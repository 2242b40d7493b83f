//! `millions check`: what would be black, dark or missing at night is wrong by day.

use std::fs;
use std::path::Path;

use crate::program::{Run, done, run};

fn write(home: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Asserts that a file is wrong, and that these words are said of it.
fn wrong(home: &Path, file: &str, words: &[&str]) -> Run {
    let run = run(home, &format!("check {file}"));
    assert_eq!(run.code, Some(1), "{file}: {run:#?}");
    for word in words {
        assert!(run.err.contains(word), "{file}: {word}: {run:#?}");
    }
    assert!(!run.err.contains("panicked") && !run.out.contains("good"), "{file}: {run:#?}");
    run
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_a_show_would_show_is_opened() {
    let home = home();
    let home = home.path();
    let still =
        |name: &str, file: &str| write(home, name, format!("name = \"S\"\nkind = \"still\"\nfile = \"{file}\"\n"));
    let png = |path: &str| {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::from_pixel(8, 8, image::Luma([200])).save(path).unwrap();
    };
    write(home, "film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
    write(home, "page.pdf", b"%PDF-1.7\n");
    fs::create_dir(home.join("empty")).unwrap();
    write(home, "broken.png", b"\x89PNG\r\n\x1a\nno more");
    png("good.png");
    (1..=3).for_each(|frame| png(&format!("frames/{frame}.png")));
    (1..=3).for_each(|frame| png(&format!("torn/{frame}.png")));
    write(home, "torn/2.png", b"\x89PNG\r\n\x1a\n");
    for file in ["film.mp4", "page.pdf", "empty", "broken.png", "torn"] {
        still("still.toml", file);
        wrong(home, "still.toml", &["still.toml: scene `S` shows nothing", file]);
        // And by way of a show.
        write(home, "show.toml", "name = \"N\"\n[keys]\n1 = \"slow\"\n2 = \"still.toml\"\n");
        wrong(home, "show.toml", &["scene `S` shows nothing", file]);
    }
    for file in ["good.png", "frames"] {
        still("still.toml", file);
        assert!(done(home, "check still.toml show.toml").out.contains("show.toml: good"));
    }
    still("still.toml", "gone.png");
    wrong(home, "still.toml", &["`gone.png` is not there"]);
    write(home, "words.toml", "name = \"W\"\nkind = \"words\"\ntexts = [\"Wir\"]\nfont = \"x.ttf\"\n");
    write(home, "x.ttf", "no font");
    wrong(home, "words.toml", &["x.ttf"]);
    write(home, "nothing.toml", "# nothing\n\n");
    wrong(home, "nothing.toml", &["`name` is missing"]);
    write(home, "nothing.toml", "# nothing\nname = \"N\"\n");
    wrong(home, "nothing.toml", &["has nothing but a name"]);
    write(home, "keys.toml", "name = \"N\"\n[keys]\n");
    wrong(home, "keys.toml", &["nothing to show"]);
}

#[test]
fn what_a_stage_would_hide_is_said() {
    let home = home();
    let home = home.path();
    let stage = |mask: &str| {
        let head = "[[outputs]]\nname = \"wall\"\nsize = [64, 32]\n[[surfaces]]\nname = \"front\"\n";
        write(home, "stage.toml", format!("{head}[[surfaces.masks]]\nname = \"m\"\n{mask}\n"));
    };
    let picture = |name: &str, value: fn(u32) -> u8| {
        let picture = image::GrayImage::from_fn(64, 32, |x, _| image::Luma([value(x)]));
        picture.save_with_format(home.join(name), image::ImageFormat::Png).unwrap();
    };
    picture("half.PNG", |x| if x < 32 { 255 } else { 0 });
    picture("white.png", |_| 255);
    picture("black.png", |_| 0);
    write(home, "torn.png", &fs::read(home.join("half.PNG")).unwrap()[..40]);
    write(home, "jpeg.png", b"\xff\xd8\xff\xe0\0\x10JFIF");
    let svg = |body: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 10\">{body}</svg>");
    write(home, "half.SVG", svg("<rect width='10' height='10'/>"));
    write(home, "stroke.svg", svg("<path d='M5 0V10' stroke='#000' stroke-width='10'/>"));
    write(home, "white.svg", svg("<rect width='20' height='10' fill='#fff'/><rect x='2' width='4' height='4'/>"));
    write(home, "text.svg", svg("<text x='2' y='5'>w</text><rect width='10' height='10'/>"));
    for good in ["picture = \"half.PNG\"", "svg = \"half.SVG\"", "svg = \"stroke.svg\""] {
        stage(good);
        let run = done(home, "check stage.toml");
        assert_eq!(run.out, "stage.toml: good\n", "{good}");
    }
    for (mask, words) in [
        ("picture = \"torn.png\"", "its picture `torn.png` cannot be read"),
        ("picture = \"jpeg.png\"", "it is a Jpeg, whatever its name says, save it as PNG"),
        ("picture = \"gone.png\"", "`gone.png` is not there"),
        ("picture = \"white.png\"", "surface `front` stays dark"),
        ("kind = \"show\"\npicture = \"black.png\"", "surface `front` stays dark"),
        ("svg = \"white.svg\"", "surface `front` stays dark"),
        ("svg = \"text.svg\"", "has text, whose fonts are not known here: convert it to paths"),
    ] {
        stage(mask);
        wrong(home, "stage.toml", &[words]);
    }
    stage("picture = \"black.png\"");
    let run = done(home, "check stage.toml");
    assert!(run.out.contains("the masks of surface `front` hide nothing"), "{run:#?}");
    write(home, "line.svg", svg("<rect width='9' height='9' fill='none' stroke='red'/>"));
    stage("svg = \"line.svg\"");
    let run = done(home, "check stage.toml");
    assert!(run.out.contains("line.svg has 1 outlines without a fill"), "{run:#?}");
    // The scenes of surfaces and the stages on keys are opened, too.
    write(home, "film.mp4", b"\0\0\0\x18ftypmp42");
    write(home, "own.toml", "name = \"O\"\nkind = \"still\"\nfile = \"film.mp4\"\n");
    let head = "[[outputs]]\nname = \"wall\"\nsize = [64, 32]\n";
    write(home, "own-stage.toml", format!("{head}[[surfaces]]\nname = \"front\"\nscene = \"own.toml\"\n"));
    wrong(home, "own-stage.toml", &["own.toml: scene `O` shows nothing"]);
    write(home, "preset.toml", format!("{head}[[presets]]\nkey = \"F1\"\nfile = \"own-stage.toml\"\n"));
    wrong(home, "preset.toml", &["own.toml: scene `O` shows nothing"]);
    let surfaces: String = (0..20_000).map(|i| format!("[[surfaces]]\nname = \"s{i}\"\n")).collect();
    write(home, "many.toml", format!("{head}{surfaces}"));
    wrong(home, "many.toml", &["20000 tables of `surfaces` are too many: there may be 1000"]);
}

#[test]
fn many_mistakes_are_counted() {
    let home = home();
    let keys: String = (0..30_000).map(|i| format!("unknown{i} = {i}\n")).collect();
    write(home.path(), "many.toml", format!("name = \"N\"\n{keys}"));
    let run = wrong(home.path(), "many.toml", &["many.toml:2:1: ", "and 29900 more mistakes"]);
    assert!(run.err.lines().count() < 1000);
}

#[test]
fn what_a_mask_or_a_font_is_not_is_said_and_a_stage_has_bounds() {
    let home = home();
    let stage = "aspect = 1.7\n[[outputs]]\nname = \"wall\"\nsize = [192, 108]\n";
    let surface = |name: usize| {
        format!(
            "[[surfaces]]\nname = \"s{name}\"\noutput = \"wall\"\ncorners = [[0, 0], [192, 0], [192, 108], [0, 108]]\n"
        )
    };
    write(home.path(), "hole.png", "no picture");
    for owner in ["surfaces", "outputs"] {
        // The mask stands under its owner.
        let mask = format!("[[{owner}.masks]]\nname = \"hole\"\nkind = \"hide\"\npicture = \"hole.png\"\n");
        let text = if owner == "outputs" {
            format!("{stage}{mask}{}", surface(0))
        } else {
            format!("{stage}{}{mask}", surface(0))
        };
        write(home.path(), "masked.toml", text);
        wrong(home.path(), "masked.toml", &["mask `hole` of", "cannot be read", "hole.png"]);
        let doctor = run(home.path(), "doctor --stage gone.toml");
        assert!(doctor.code == Some(1) && doctor.out.contains("BAD   stage"), "{doctor:#?}");
    }
    let many: String = (0..20_000).map(surface).collect();
    write(home.path(), "many.toml", format!("{stage}{many}"));
    wrong(home.path(), "many.toml", &["20000 tables of `surfaces` are too many", "1000"]);
    for empty in ["", "name = \"N\"\n", "name = \"N\"\n[keys]\n", "[playlist]\n"] {
        write(home.path(), "empty.toml", empty);
        wrong(home.path(), "empty.toml", &[]);
    }
}

#[test]
fn what_people_csv_says_is_read_without_a_library() {
    let home = home();
    let home = home.path();
    image::GrayImage::new(8, 8).save(home.join("anna.png")).unwrap();
    write(home, "people.csv", "file,name,hidden\nanna.png,Anna,no\n");
    assert_eq!(done(home, "check people.csv").out, "people.csv: 1 row\npeople.csv: good\n");
    write(home, "people.csv", "file,name,hidden\nanna.png,Anna,\nberta.png,Berta,yes\n");
    wrong(home, "people.csv", &["people.csv: line 3: "]);
    write(home, "people.csv", "name\nAnna\n");
    wrong(home, "people.csv", &["file"]);
}

#[test]
fn keys_that_send_what_no_show_could_carry_out_are_wrong() {
    let home = home();
    let home = home.path();
    let show = |send: &str| {
        let text = format!("name = \"N\"\n[keys]\n1 = \"slow\"\n[[commands]]\nkey = \"f5\"\nsend = \"{send}\"\n");
        write(home, "show.toml", text);
    };
    for send in ["cue slow", "cut slow", "fade-out 5", "adjust contrast 0.2", "still left", "admit 7", "look silver"] {
        show(send);
        assert!(done(home, "check show.toml").out.contains("good"), "{send}");
    }
    for (send, word) in [
        ("cue nobody", "the show has no scene nobody"),
        ("speed 99", "from 0.03125 to 32, not 99"),
        ("frobnicate", "there is no address /millions/frobnicate"),
        ("hold", "1 or 0"),
    ] {
        show(send);
        wrong(home, "show.toml", &["[[commands]], key f5", word]);
    }
}
