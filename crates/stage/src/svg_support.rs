//! What a browser would show of an SVG, and the program cannot: refused with words, as something that is to be dark would
//! be lit. See [`unsupported`].

use std::collections::HashSet;

use resvg::usvg::roxmltree::{Document, Node};

/// The namespace of SVG.
const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// The namespace of the older `xlink:href`.
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// The ids of a document's elements.
type Ids<'a> = HashSet<&'a str>;

/// Says what of a document cannot be followed, as the rest of a sentence that begins with the file; none if all can.
pub(super) fn unsupported(document: &Document<'_>) -> Option<String> {
    let ids: Ids<'_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    document.descendants().find_map(|node| {
        if node.pi().is_some_and(|instruction| instruction.target == "xml-stylesheet") {
            return Some("takes its style from another file: put it into the drawing".to_owned());
        }
        if is_svg(&node) { element(&ids, &node) } else { None }
    })
}

/// Says that the size of a document's page is not known, where that is so: a browser takes its window's.
pub(super) fn unsized_page(document: &Document<'_>) -> Option<String> {
    let root = document.root_element();
    let numbers = |text: &str| {
        let numbers = text.split([' ', ',', '\t', '\n', '\r']).filter(|part| !part.is_empty());
        numbers.map(|part| part.parse::<f64>().ok()).collect::<Option<Vec<_>>>()
    };
    let has_view_box = root
        .attribute("viewBox")
        .and_then(numbers)
        .is_some_and(|numbers| numbers.len() == 4 && numbers[2] > 0.0 && numbers[3] > 0.0);
    let is_length = |name| {
        root.attribute(name).is_some_and(|text: &str| {
            let text = text.trim();
            text.starts_with(|first: char| first.is_ascii_digit() || ".+".contains(first)) && !text.ends_with('%')
        })
    };
    let is_known = has_view_box || (is_length("width") && is_length("height"));
    (!is_known).then(|| "has no size: give it a `viewBox`, or a width and a height in pixels".to_owned())
}

/// The text and the HTML of a document, each replaced by a shape; none where it has neither. What of them is drawn when the
/// document is, [`is_substitute`] tells, so that text on a hidden layer is no reason to refuse a drawing.
pub(super) fn with_substitutes(document: &Document<'_>) -> Option<String> {
    let source = document.input_text();
    let mut replaced = String::with_capacity(source.len());
    let mut done = 0;
    for node in document.descendants() {
        let range = node.range();
        let name = node.tag_name().name();
        let is_replaced = is_svg(&node) && matches!(name, "text" | "foreignObject") && range.start >= done;
        let has_content = || {
            name == "foreignObject"
                || node.descendants().any(|text| text.text().is_some_and(|text| !text.trim().is_empty()))
        };
        if !is_replaced || !has_content() {
            continue;
        }
        let whole = source.get(range.clone())?;
        // Its name may have a prefix.
        let name_end = 1 + whole.get(1..)?.find(|letter: char| letter.is_whitespace() || "/>".contains(letter))?;
        let open = whole.get(..name_end)?.strip_suffix(name)?;
        replaced.push_str(source.get(done..range.start)?);
        replaced.push_str(&format!("{open}path d=\"{SUBSTITUTE}\""));
        // Its attributes, up to the end of its first tag.
        let attributes_end = node.attributes().map(|attribute| attribute.range().end).max();
        let attributes_end = attributes_end.map_or(Some(name_end), |end| end.checked_sub(range.start))?;
        replaced.push_str(whole.get(name_end..attributes_end.max(name_end))?);
        replaced.push_str("/>");
        done = range.end;
    }
    if done == 0 {
        return None;
    }
    replaced.push_str(source.get(done..)?);
    Some(replaced)
}

/// The path of what stands for a text.
const SUBSTITUTE: &str = "M0 0h3v5h-7z";

/// Whether the points of a path are those of what stands for a text.
pub(super) fn is_substitute(mut points: impl Iterator<Item = (f32, f32)>) -> bool {
    [(0.0, 0.0), (3.0, 0.0), (3.0, 5.0), (-4.0, 5.0)].into_iter().all(|point| points.next() == Some(point))
        && points.next().is_none()
}

fn is_svg(node: &Node<'_, '_>) -> bool {
    node.is_element() && matches!(node.tag_name().namespace(), None | Some(SVG_NAMESPACE))
}

fn element(ids: &Ids<'_>, node: &Node<'_, '_>) -> Option<String> {
    let name = node.tag_name().name();
    match name {
        "script" => return Some("has a script, which is not run: take it out".to_owned()),
        "animate" | "animateTransform" | "animateMotion" | "animateColor" | "set" => {
            return Some("is animated: a mask stands still".to_owned());
        }
        "style" => {
            let media = node.attribute("media").unwrap_or("all").trim().to_lowercase();
            if !["", "all", "screen"].contains(&media.as_str()) {
                return Some(format!("has a style for `{media}` only: take it out"));
            }
            let css: String = node.descendants().filter_map(|text| text.is_text().then(|| text.text())?).collect();
            return style_sheet(ids, &css);
        }
        _ => {}
    }
    let is_root = node.parent_element().is_none();
    node.attributes().find_map(|attribute| {
        let value = attribute.value().trim();
        match (attribute.namespace(), attribute.name()) {
            (None, "style") => declarations(ids, value, is_root),
            (None | Some(XLINK), "href") => reference(ids, name, value),
            (None, "onload" | "onbegin") => Some("has a script, which is not run: take it out".to_owned()),
            (None, property) => declaration(ids, property, value, Place::Attribute),
            _ => None,
        }
    })
}

/// Says what is wrong with the target of a link that is drawn.
fn reference(ids: &Ids<'_>, element: &str, target: &str) -> Option<String> {
    if element == "a" || target.is_empty() {
        return None;
    }
    match target.strip_prefix('#') {
        Some("") => None,
        Some(id) => missing(ids, id),
        // What is wrong with an embedded picture is said where it is decoded.
        None if target.starts_with("data:") && matches!(element, "image" | "feImage") => None,
        None => Some(format!("shows another file, `{}`: embed it in the drawing", short(target))),
    }
}

fn missing(ids: &Ids<'_>, id: &str) -> Option<String> {
    (!ids.contains(id)).then(|| format!("refers to `#{}`, which is not in it", short(id)))
}

/// A text for a message.
fn short(text: &str) -> String {
    millions_config::escaped(text)
}

/// Where a property stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As an attribute of its own.
    Attribute,
    /// In a `style` of the root, whose size is the page's.
    Root,
    /// In any other `style`.
    Style,
}

/// Checks the declarations of a `style` attribute or of a rule.
fn declarations(ids: &Ids<'_>, css: &str, is_root: bool) -> Option<String> {
    let place = if is_root { Place::Root } else { Place::Style };
    without_comments(css).split(';').find_map(|one| {
        let (property, value) = one.split_once(':')?;
        declaration(ids, property.trim(), value.trim().trim_end_matches("!important").trim(), place)
    })
}

/// Says what of a property cannot be followed.
fn declaration(ids: &Ids<'_>, property: &str, value: &str, place: Place) -> Option<String> {
    let name = property.to_lowercase();
    let lower = value.to_lowercase();
    if place == Place::Attribute && !PRESENTED.contains(&name.as_str()) {
        return None;
    }
    let refuse = || Some(format!("has a style that cannot be followed, `{property}: {}`", short(value)));
    // Fonts, cursors and what programs note for themselves are not seen.
    if name.starts_with('-') || name.starts_with("font") || name == "cursor" || name == "src" {
        return None;
    }
    if ["var(", "calc(", "env(", "attr(", "min(", "max(", "clamp("].iter().any(|function| lower.contains(function)) {
        return refuse();
    }
    let nothing = matches!(lower.as_str(), "" | "none" | "auto" | "normal" | "initial" | "unset" | "inherit");
    let in_css = place != Place::Attribute;
    match name.as_str() {
        _ if nothing => None,
        name if name.starts_with("animation") => Some("is animated: a mask stands still".to_owned()),
        "transform" | "translate" | "rotate" | "scale" | "d" | "x" | "y" | "cx" | "cy" | "r" | "rx" | "ry" | "zoom"
            if in_css =>
        {
            refuse()
        }
        "width" | "height" if place == Place::Style => refuse(),
        name if name.starts_with("offset-") || name == "transform-box" || name == "content-visibility" => refuse(),
        "vector-effect" => refuse(),
        "background" | "background-image" if place == Place::Root && lower != "transparent" => refuse(),
        name @ ("clip-path" | "mask" | "mask-image") => {
            let is_alone = lower.starts_with("url(") && lower.ends_with(')') && name != "mask-image";
            if is_alone { urls(ids, value) } else { refuse() }
        }
        name if name.starts_with("mask-") && name != "mask-type" => refuse(),
        _ => urls(ids, value),
    }
}

/// The attributes that draw.
const PRESENTED: [&str; 10] = [
    "clip-path",
    "fill",
    "filter",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "stroke",
    "vector-effect",
];

/// Says which `url(…)` of a value is not in the document.
fn urls(ids: &Ids<'_>, value: &str) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.to_ascii_lowercase().find("url(") {
        rest = &rest[at + 4..];
        let (target, after) = rest.split_once(')').unwrap_or((rest, ""));
        let target = target.trim().trim_matches(['"', '\'']).trim();
        let wrong = match target.strip_prefix('#') {
            Some(id) => missing(ids, id),
            None => Some(format!("shows another file, `{}`: embed it in the drawing", short(target))),
        };
        if wrong.is_some() {
            return wrong;
        }
        rest = after;
    }
    None
}

fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        kept.push(' ');
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.replace("<!--", " ").replace("-->", " ")
}

/// Checks a style sheet.
fn style_sheet(ids: &Ids<'_>, css: &str) -> Option<String> {
    let css = without_comments(css);
    let mut rest = css.trim_start();
    while !rest.is_empty() {
        let end = rest.find(['{', ';', '}']).unwrap_or(rest.len());
        let head = rest[..end].trim();
        let has_block = rest[end..].starts_with('{');
        let (body, after) = if has_block { block(&rest[end + 1..]) } else { ("", rest.get(end + 1..).unwrap_or("")) };
        if let Some(rule) = head.strip_prefix('@') {
            let (name, condition) = rule.split_once(|letter: char| letter.is_whitespace()).unwrap_or((rule, ""));
            let is_followed = match name.to_lowercase().as_str() {
                "charset" | "namespace" | "font-face" | "page" | "keyframes" | "-webkit-keyframes" => true,
                "media" => condition.trim().eq_ignore_ascii_case("print"),
                _ => false,
            };
            if !is_followed {
                return Some(format!("has a style that cannot be followed, `@{}`", short(rule)));
            }
        } else if has_block {
            if !is_plain_selector(head) {
                return Some(format!("has a style whose `{}` cannot be followed", short(head)));
            }
            let is_root = head == "svg";
            if let Some(wrong) = declarations(ids, body, is_root) {
                return Some(wrong);
            }
            if body.contains('{') {
                return Some(format!("has a style whose `{}` cannot be followed", short(head)));
            }
        }
        rest = after.trim_start();
    }
    None
}

/// Splits a text after the brace that closes the block in which it begins.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

/// Whether a selector is one that the SVG library knows.
fn is_plain_selector(selector: &str) -> bool {
    const PSEUDO: [&str; 6] = ["first-child", "link", "visited", "hover", "active", "focus"];
    let known = |part: &str| {
        let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(part.len());
        PSEUDO.contains(&&part[..end])
    };
    !selector.contains(['~', '&', '|', '\\', '(']) && selector.split(':').skip(1).all(known)
}
