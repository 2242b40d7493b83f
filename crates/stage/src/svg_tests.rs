//! Tests of masks from SVGs.

use super::*;
use crate::{MaskTexel, NoMaskImages, Output, Stage};
use glam::UVec2;
use proptest::prelude::*;

/// The middles of the tests' 20 × 10 fields.
const FIELDS: UVec2 = UVec2::new(20, 10);

fn read(text: &str) -> Result<Vec<Mask>, SvgError> {
    let space = SvgSpace { over: [DVec2::ZERO, DVec2::ONE], decimals: 8 };
    svg_masks(FilePath::new("windows.svg"), text.as_bytes(), space)
}

fn document(body: &str) -> String {
    let names = r#"xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink""#;
    format!(r#"<svg {names} viewBox="0 0 200 100">{body}</svg>"#)
}

fn masks(body: &str) -> Result<Vec<Mask>, SvgError> {
    read(&document(body))
}

/// What a stage with an SVG as its only mask hides: for each field of 10 × 10 units a letter, `#` where all of its middle is
/// dark, `.` where it is lit, `+` in between.
fn dark(masks: &[Mask]) -> Vec<String> {
    let mut stage = Stage::side_by_side(vec![Output::new("wall", FIELDS * 20)]);
    stage.surfaces[0].masks = masks.iter().map(|mask| Mask { feather: 0.0, ..mask.clone() }).collect();
    let output = &stage.outputs[0];
    let resolved = stage.resolve(output.id, output.size, &NoMaskImages).unwrap();
    assert_eq!(resolved.faults, []);
    let mask = resolved.surfaces[0].mask.clone().unwrap();
    let gain = |x: u32, y: u32| MaskTexel::unpack(mask.texels[(y * mask.size.x + x) as usize]).gain;
    let field = |x: u32, y: u32| {
        let all: Vec<f32> = (6..14).flat_map(|dy| (6..14).map(move |dx| gain(x * 20 + dx, y * 20 + dy))).collect();
        match all {
            all if all.iter().all(|gain| *gain < 0.01) => '#',
            all if all.iter().all(|gain| *gain > 0.99) => '.',
            _ => '+',
        }
    };
    (0..FIELDS.y).map(|y| (0..FIELDS.x).map(|x| field(x, y)).collect()).collect()
}

/// The fields that are dark, by the rectangles x, y, width and height that they are to be.
fn fields(rectangles: &[[u32; 4]]) -> Vec<String> {
    let is_dark = |x, y| {
        rectangles
            .iter()
            .any(|[left, top, width, height]| (*left..left + width).contains(&x) && (*top..top + height).contains(&y))
    };
    (0..FIELDS.y).map(|y| (0..FIELDS.x).map(|x| if is_dark(x, y) { '#' } else { '.' }).collect()).collect()
}

fn points(mask: &Mask) -> &[MaskPoint] {
    match &mask.shape {
        MaskShape::Path(points) => points,
        other => panic!("{other:?}"),
    }
}

/// Whether every point is where it is expected, by a millionth.
fn are_at(mask: &Mask, expected: &[[f64; 2]]) -> bool {
    let points = points(mask);
    points.len() == expected.len()
        && points.iter().zip(expected).all(|(point, at)| point.at.distance(DVec2::from_array(*at)) < 1e-6)
}

#[test]
fn shapes_become_masks_in_parts_of_the_picture() {
    let found = masks(r#"<rect id="door" x="20" y="10" width="40" height="50"/><polygon points="0,0 200,0 200,100"/>"#);
    let found = found.unwrap();
    assert_eq!(found.iter().map(|mask| mask.name.as_str()).collect::<Vec<_>>(), ["door", "shape 2"]);
    assert!(are_at(&found[0], &[[0.1, 0.1], [0.3, 0.1], [0.3, 0.6], [0.1, 0.6]]), "{found:?}");
    assert!(are_at(&found[1], &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), "{found:?}");
    assert!(found.iter().all(|mask| mask.kind == MaskKind::Hide));
}

#[test]
fn transforms_units_and_the_view_box_count() {
    let text = r#"<svg xmlns="http://www.w3.org/2000/svg" width="10mm" height="5mm" viewBox="100 100 200 100">
        <g transform="translate(100 100)"><g transform="scale(2)"><path d="M10 10 h20 v20 z"/></g></g></svg>"#;
    let space = SvgSpace { over: [DVec2::ZERO, DVec2::splat(1000.0)], decimals: 1 };
    let found = svg_masks(FilePath::new("a.svg"), text.as_bytes(), space).unwrap();
    let at: Vec<_> = points(&found[0]).iter().map(|point| point.at.round()).collect();
    assert_eq!(at, [DVec2::new(100.0, 200.0), DVec2::new(300.0, 200.0), DVec2::new(300.0, 600.0)]);
}

#[test]
fn curves_stay_curves() {
    let found = masks(r#"<circle cx="100" cy="50" r="50"/><path d="M0 0 Q 100 100 200 0 z"/>"#).unwrap();
    assert_eq!(points(&found[0]).len(), 4);
    assert!(points(&found[0]).iter().all(|point| point.before.is_some() && point.after.is_some()));
    // One curve and its chord: cut in the middle, so that they are at least three points.
    let lens = points(&found[1]);
    assert!(lens.len() >= 3 && lens.iter().any(|point| point.at.distance(DVec2::new(0.5, 0.5)) < 1e-6), "{lens:?}");
}

#[test]
fn holes_show_by_the_rule_of_their_shape() {
    let kinds = |body: &str| masks(body).unwrap().iter().map(|mask| mask.kind).collect::<Vec<_>>();
    let (hide, show) = (MaskKind::Hide, MaskKind::Show);
    let inner_first = "M30 20h10v10h-10z M20 10h40v40h-40z M32 22h4v4h-4z";
    assert_eq!(kinds(&format!(r#"<path fill-rule="evenodd" d="{inner_first}"/>"#)), [hide, show, hide]);
    assert_eq!(kinds(&format!(r#"<path d="{inner_first}"/>"#)), [hide], "all the same way round");
    assert_eq!(kinds(r#"<path d="M20 10h40v40h-40z M30 20v10h10v-10z"/>"#), [hide, show]);
    assert_eq!(kinds(r#"<path d="M20 10h40v40h-40z M120 10h40v40h-40z"/>"#), [hide, hide]);
}

/// A picture of 1 × 1 px, opaque.
fn pixel() -> String {
    let mut pixmap = Pixmap::new(1, 1).unwrap();
    pixmap.fill(tiny_skia::Color::WHITE);
    format!("data:image/png;base64,{}", base64(&pixmap.encode_png().unwrap()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| -> String {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        (0..4)
            .map(|at| if at <= chunk.len() { char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]) } else { '=' })
            .collect()
    };
    bytes.chunks(3).map(group).collect()
}

/// The window that most drawings have beside what is tried.
const WINDOW: &str = r#"<rect x="20" y="20" width="40" height="30"/>"#;
const LEFT: [u32; 4] = [2, 2, 4, 3];
const RIGHT: [u32; 4] = [12, 2, 4, 3];

#[test]
fn what_is_not_seen_hides_nothing() {
    let all = r#"width="200" height="100""#;
    for nothing in [
        format!(r#"<rect {all} opacity="0"/>"#),
        format!(r#"<rect {all} fill-opacity="0"/>"#),
        format!(r#"<g opacity="0%"><rect {all}/></g>"#),
        format!(r#"<rect {all} visibility="hidden"/>"#),
        format!(r#"<g style="display:none"><rect {all}/><text y="9">no</text></g>"#),
        format!(r#"<rect {all} fill="none"/>"#),
        format!(r#"<style>.c{{fill:none}} /* .d{{}} */ @font-face{{src:url(a.ttf)}}</style><rect class="c" {all}/>"#),
        format!(r##"<rect {all} fill="transparent"/><rect {all} fill="rgba(0,0,0,0)"/><rect {all} fill="#0000"/>"##),
        format!(r#"<defs><rect {all}/></defs><symbol id="s"><rect {all}/></symbol><clipPath id="c"/>"#),
        format!(r#"<clipPath id="c"><rect x="500" width="9" height="9"/></clipPath><rect {all} clip-path="url(#c)"/>"#),
        format!(r##"<mask id="m"><rect {all} fill="#000"/></mask><rect {all} mask="url(#m)"/>"##),
        format!(r#"<g transform="scale(0)"><rect {all}/></g><rect x="300" {all}/><rect width="0" height="9"/>"#),
        r#"<switch><foreignObject requiredExtensions="http://x/"><p/></foreignObject><g/></switch>"#.to_owned(),
        r#"<style>text{fill:red}</style><text y="20"> </text><line x1="0" y1="0" x2="50" y2="50"/>"#.to_owned(),
    ] {
        let found = masks(&format!("{nothing}{WINDOW}")).unwrap_or_else(|error| panic!("{nothing}: {error}"));
        assert_eq!(dark(&found), fields(&[LEFT]), "{nothing}");
        assert_eq!(masks(&nothing), Err(SvgError::Empty), "{nothing}");
    }
}

#[test]
fn what_is_seen_is_dark_of_whatever_colour_and_kind() {
    let pixel = pixel();
    for right in [
        r#"<path d="M140 20V50" stroke="white" stroke-width="40"/>"#.to_owned(),
        r#"<g transform="translate(120 20) scale(40 30)"><rect width="1" height="1" fill="white"/></g>"#.to_owned(),
        format!(r#"<image x="120" y="20" width="40" height="30" preserveAspectRatio="none" href="{pixel}"/>"#),
        r#"<clipPath id="c"><rect x="120" y="20" width="40" height="30"/></clipPath>
            <rect x="100" width="100" height="100" clip-path="url(#c)"/>"#
            .to_owned(),
        r#"<mask id="m"><rect x="120" y="20" width="40" height="30" fill="white"/></mask>
            <rect x="100" width="100" height="100" mask="url(#m)"/>"#
            .to_owned(),
        r#"<svg x="120" y="20" width="40" height="30" viewBox="0 0 1 1" preserveAspectRatio="none">
            <rect width="2" height="2"/></svg>"#
            .to_owned(),
        r##"<symbol id="w" viewBox="0 0 4 3"><rect width="4" height="3"/></symbol>
            <use xlink:href="#w" x="120" y="20" width="40" height="30"/>"##
            .to_owned(),
        r##"<linearGradient id="g"><stop stop-color="#fff"/></linearGradient>
            <rect x="120" y="20" width="40" height="30" fill="url(#g)"/>"##
            .to_owned(),
        r#"<style>.q{fill:red} @media print{.q{display:none}}</style>
            <rect class="q" x="120" y="20" width="40" height="30"/>"#
            .to_owned(),
        r#"<filter id="f" x="0" y="0" width="1" height="1"><feFlood/></filter>
            <rect x="120" y="20" width="40" height="30" opacity="1" filter="url(#f)"/>"#
            .to_owned(),
        // A star that covers its own middle, and two areas in one path.
        r#"<path d="M120 20h40v30h-40v-30h40v30h-40z"/>"#.to_owned(),
        r#"<path d="M120 20h25v30h-25z M135 20h25v30h-25z"/>"#.to_owned(),
        // A ring over what its hole would light.
        r#"<rect x="120" y="20" width="40" height="30"/>
            <path fill-rule="evenodd" d="M120 20h40v30h-40z M125 25h30v20h-30z"/>"#
            .to_owned(),
        r#"<path fill-rule="evenodd" d="M120 20h40v30h-40z M125 25h10v20h-10z"/>
            <path fill-rule="evenodd" d="M120 20h40v30h-40z M140 25h10v20h-10z"/>"#
            .to_owned(),
    ] {
        let found = masks(&format!("{right}{WINDOW}")).unwrap_or_else(|error| panic!("{right}: {error}"));
        assert_eq!(dark(&found), fields(&[LEFT, RIGHT]), "{right}");
    }
    // Only the line of an outline without a fill, and half of what is half seen.
    let line = masks(r#"<rect x="22" y="22" width="36" height="26" fill="none" stroke="red"/>"#).unwrap();
    assert_eq!(dark(&line), fields(&[]));
    let MaskShape::Drawing(drawing) = &line[0].shape else { panic!("{line:?}") };
    assert_eq!(drawing.unfilled(), 1, "and it is said");
    let half = dark(&masks(r#"<rect x="20" y="20" width="40" height="30" opacity=".5"/>"#).unwrap());
    assert_eq!(half, fields(&[LEFT]).iter().map(|row| row.replace('#', "+")).collect::<Vec<_>>());
}

#[test]
fn the_page_is_stretched_with_what_the_browser_leaves_beside_the_drawing() {
    // The drawing is in the middle of a page that is twice as high.
    let page = document(WINDOW).replace("<svg ", "<svg width=\"200\" height=\"200\" ");
    assert_eq!(dark(&read(&page).unwrap())[4].trim_end_matches('.'), "..####");
    let unknown = document(WINDOW).replace("viewBox=\"0 0 200 100\"", "width=\"100%\" height=\"100%\"");
    assert!(matches!(read(&unknown), Err(SvgError::Unsupported(why)) if why.starts_with("has no size")));
    let sized = unknown.replace("100%\" height=\"100%", "200px\" height=\"100");
    assert_eq!(dark(&read(&sized).unwrap()), fields(&[LEFT]));
}

#[test]
fn what_cannot_be_followed_is_refused_with_words() {
    for (wrong, why) in [
        (r#"<text x="9" y="9">window</text>"#, "has text"),
        (r#"<g><text><tspan fill="red">w</tspan></text></g>"#, "has text"),
        (r#"<foreignObject width="9" height="9"><p/></foreignObject>"#, "has text"),
        (r#"<image width="9" height="9" href="window.png"/>"#, "shows another file, `window.png`"),
        (r#"<image width="9" height="9" xlink:href="file:///etc/passwd"/>"#, "shows another file"),
        (r#"<image width="9" height="9" href="data:image/png;base64,iVBORw0K"/>"#, "has an embedded picture"),
        (r#"<image width="9" height="9" href="data:image/svg+xml,%3Csvg/%3E"/>"#, "has an embedded picture"),
        (r#"<use href="other.svg#a"/>"#, "shows another file"),
        (r##"<use href="#gone"/>"##, "refers to `#gone`"),
        (r#"<rect width="9" height="9" fill="url(#gone)"/>"#, "refers to `#gone`"),
        (r#"<rect width="9" height="9" style="clip-path: url('#gone')"/>"#, "refers to `#gone`"),
        (r#"<rect width="9" height="9" clip-path="circle(3px)"/>"#, "has a style"),
        (r#"<script>go()</script>"#, "has a script"),
        (r#"<rect width="9" height="9"><animate attributeName="x" to="9"/></rect>"#, "is animated"),
        (r#"<style>@import url("a.css");</style>"#, "has a style that cannot be followed, `@import"),
        (r#"<style>@media (min-width:9px){.a{fill:none}}</style>"#, "has a style that cannot be followed, `@media"),
        (r#"<style>.a:not(.b){fill:none}</style>"#, "has a style whose `.a:not(.b)`"),
        (r#"<style>rect{width:9px}</style>"#, "has a style that cannot be followed, `width: 9px`"),
        (r#"<rect width="9" height="9" style="transform:rotate(9deg)"/>"#, "has a style that"),
        (r#"<rect width="9" height="9" style="fill:var(--a)"/>"#, "has a style that"),
    ] {
        let error = masks(&format!("{wrong}{WINDOW}")).expect_err(wrong).to_string();
        assert!(error.starts_with(why), "{wrong}: {error}");
    }
    assert!(matches!(read("no"), Err(SvgError::Unread(_))));
    let entities = "<!DOCTYPE svg [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;\">]>";
    assert!(matches!(read(&format!("{entities}{}", document("<desc>&a;</desc>"))), Err(SvgError::Unread(_))));
}

#[test]
fn there_is_a_bound_to_points_and_places() {
    let many: String = (0..=SVG_POINTS).map(|i| format!("L{} {}", i % 7, i % 11)).collect();
    let found = masks(&format!("{WINDOW}<path d=\"M0 0{many}z\"/>")).unwrap();
    assert!(matches!(found[..], [Mask { shape: MaskShape::Drawing(_), .. }]), "{found:?}");
    let far = masks(r#"<path d="M-9e3 0 H9e3 V100 H-9e3z"/>"#).unwrap();
    assert_eq!(dark(&far), fields(&[[0, 0, 20, 10]]));
    assert_eq!(masks(r#"<path d="M-9e9 0 H9e9 V100 H-9e9z"/>"#), Err(SvgError::TooMuch));
    let shapes: String = (0..20_000).map(|i| format!("<rect x='{}' width='1' height='90'/>", i % 100)).collect();
    assert_eq!(dark(&masks(&shapes).unwrap())[0], fields(&[[0, 0, 10, 9]])[0]);
}

#[test]
fn what_is_made_to_be_too_much_comes_to_an_end() {
    let deep = format!("{}<rect width=\"9\" height=\"9\"/>{}", "<g>".repeat(50_000), "</g>".repeat(50_000));
    let _ = masks(&deep);
    let itself = r##"<g id="a"><rect width="9" height="9"/><use href="#a"/></g>"##;
    let _ = masks(itself);
    // Each level twice the one before.
    let level = |i: usize| format!("<g id=\"a{i}\"><use href=\"#a{}\"/><use href=\"#a{}\"/></g>", i - 1, i - 1);
    let levels: String = (1..30).map(level).collect();
    let doubled = format!("<defs><g id=\"a0\"><rect width=\"9\" height=\"9\"/></g>{levels}</defs><use href=\"#a29\"/>");
    let _ = masks(&doubled);
    // Layers over layers, each as large as the picture.
    let layers = format!("{}{WINDOW}{}", "<g opacity='.9'>".repeat(900), "</g>".repeat(900));
    let _ = masks(&layers);
    let filters = r#"<filter id="f" x="-9" y="-9" width="19" height="19"><feMorphology radius="5000"/>
        <feTurbulence numOctaves="9999" baseFrequency="9"/></filter>"#;
    let _ = masks(&format!("{filters}<g filter='url(#f)'><g filter='url(#f)'>{WINDOW}</g></g>"));
    let _ = read(&document(WINDOW).replace("0 0 200 100", "0 0 2e9 1e9"));
    let dashes = r#"<circle r="50" fill="none" stroke="red" stroke-dasharray=".001"/>"#.repeat(500);
    assert_eq!(masks(&dashes), Err(SvgError::TooMuch));
    let layers = r#"<g opacity=".9"><rect width="90" height="90"/></g>"#.repeat(20_000);
    assert_eq!(masks(&layers), Err(SvgError::TooMuch));
}

proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_masks_or_an_error(
        path in "[MLHVCSQTAZmlhvcsqtaz0-9 .,e-]{0,60}", rest in "[<>/a-z=\" ]{0,30}", rule: bool,
    ) {
        let rule = if rule { "evenodd" } else { "nonzero" };
        for body in [format!("<path fill-rule=\"{rule}\" d=\"M1 1 {path}\"/>"), rest] {
            let Ok(found) = masks(&body) else { continue };
            for mask in found.iter().filter(|mask| matches!(mask.shape, MaskShape::Path(_))) {
                prop_assert!(points(mask).len() >= 3);
                prop_assert!(points(mask).iter().all(|point| point.at.is_finite()));
            }
        }
    }
}
