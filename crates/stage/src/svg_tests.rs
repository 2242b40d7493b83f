//! Tests of masks from SVGs.

use super::*;
use proptest::prelude::*;

const WHOLE: [DVec2; 2] = [DVec2::ZERO, DVec2::ONE];

fn masks(body: &str) -> Result<Vec<Mask>, SvgError> {
    let text = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">{body}</svg>"#);
    svg_masks(&text, WHOLE)
}

fn points(mask: &Mask) -> &[MaskPoint] {
    match &mask.shape {
        MaskShape::Path(points) => points,
        MaskShape::Picture(path) => panic!("{path:?}"),
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
    let over = [DVec2::new(0.0, 0.0), DVec2::new(1000.0, 1000.0)];
    let found = svg_masks(text, over).unwrap();
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

#[test]
fn what_is_not_drawn_or_has_no_inside_is_left_out() {
    let found = masks(
        r#"<rect width="9" height="9" display="none"/><rect width="9" height="9" visibility="hidden"/>
        <line x1="0" y1="0" x2="50" y2="50" stroke="red"/><text x="9" y="9">no</text>
        <image href="/etc/passwd" width="9" height="9"/><polyline points="0,0 20,0 20,20" fill="none" stroke="red"/>"#,
    );
    assert_eq!(found.unwrap().len(), 1, "the polyline, closed");
    assert_eq!(masks("<text>no</text>"), Err(SvgError::Empty));
    assert!(matches!(svg_masks("no", WHOLE), Err(SvgError::Unread(_))));
}

#[test]
fn there_is_a_bound_to_points_and_places() {
    let many: String = (0..=SVG_POINTS).map(|i| format!("L{} {}", i % 7, i % 11)).collect();
    assert_eq!(masks(&format!("<path d=\"M0 0{many}z\"/>")), Err(SvgError::TooManyPoints));
    let far = masks(r#"<path d="M-9e9 0 H9e9 V100 H-9e9z"/>"#).unwrap();
    assert!(points(&far[0]).iter().all(|point| point.at.abs().max_element() <= 6.0), "{far:?}");
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
}

proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_masks_or_an_error(
        path in "[MLHVCSQTAZmlhvcsqtaz0-9 .,e-]{0,60}", rest in "[<>/a-z=\" ]{0,30}", rule: bool,
    ) {
        let rule = if rule { "evenodd" } else { "nonzero" };
        for body in [format!("<path fill-rule=\"{rule}\" d=\"M1 1 {path}\"/>"), rest] {
            let Ok(found) = masks(&body) else { continue };
            for mask in &found {
                prop_assert!(points(mask).len() >= 3);
                prop_assert!(points(mask).iter().all(|point| point.at.is_finite()));
            }
        }
    }
}
