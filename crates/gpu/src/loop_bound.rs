//! A bound on the loops of shaders that people write. See [`bounded`].

/// The most steps of loops that a pixel takes, of all its loops together. Raymarchers take a few hundred.
pub const MOST_LOOP_STEPS: u32 = 4096;

/// Returns a shader's text with a bound on its loops: a pixel that has taken [`MOST_LOOP_STEPS`] leaves each function in a loop with a
/// zero, which is black. A loop without an end would hang the graphics card, and with it the thread that draws; wgpu's own bound is 2⁶⁴.
///
/// Lines stay where they are. In the text, a body begins at the first brace after `loop`, `while` or `for`, for no expression has one. Text
/// without loops is returned as it is.
#[must_use]
pub fn bounded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 512);
    let mut rest = text;
    // What a function returns, between `->` and its body; none before the first.
    let mut returns: Option<String> = None;
    let mut state = State::Outside;
    let mut is_bounded = false;
    while let Some(c) = rest.chars().next() {
        let token = token(rest, c);
        let (word, after) = rest.split_at(token);
        let is_comment = word.starts_with("//") || word.starts_with("/*");
        state = match (state, word) {
            (_, "fn") => State::Header(None),
            (State::Header(_), "->") => State::Header(Some(String::new())),
            (State::Header(kind), "{") => {
                returns = kind.map(|kind| kind.trim().to_owned());
                State::Outside
            }
            (State::Header(Some(mut kind)), part) if !is_comment => {
                kind.push_str(part);
                State::Header(Some(kind))
            }
            (_, "loop" | "while" | "for") => State::BeforeBody,
            (State::BeforeBody, "{") => {
                out.push_str(word);
                let value =
                    returns.as_deref().map_or_else(String::new, |kind| format!(" {}()", without_attributes(kind)));
                out.push_str(&format!(" if millions_loop_is_spent() {{ return{value}; }}"));
                (rest, is_bounded, state) = (after, true, State::Outside);
                continue;
            }
            (state, _) => state,
        };
        out.push_str(word);
        rest = after;
    }
    if is_bounded {
        out.push_str(&format!(
            "\nvar<private> millions_loop_steps: u32;\nfn millions_loop_is_spent() -> bool {{ millions_loop_steps += 1u; return millions_loop_steps > {MOST_LOOP_STEPS}u; }}\n"
        ));
    }
    out
}

/// Where in a text its reader is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Outside,
    /// Between `fn` and the body, with what stands after `->`.
    Header(Option<String>),
    /// Between the word of a loop and its body.
    BeforeBody,
}

/// The length of the first token: a comment, a word, an arrow, or one character.
fn token(text: &str, first: char) -> usize {
    let length = |of: fn(char) -> bool| text.find(|c: char| !of(c)).unwrap_or(text.len());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    match first {
        '-' if text.starts_with("->") => 2,
        c if c.is_alphanumeric() || c == '_' => length(|c| c.is_alphanumeric() || c == '_'),
        c => c.len_utf8(),
    }
}

/// The length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let here = &text[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// A function's type without what is said of where it goes, such as `@location(0)`.
fn without_attributes(kind: &str) -> &str {
    let mut kind = kind.trim();
    while let Some(attribute) = kind.strip_prefix('@') {
        let end = match attribute.find(|c: char| !(c.is_alphanumeric() || c == '_')) {
            Some(word) if attribute[word..].trim_start().starts_with('(') => {
                attribute[word..].find(')').map_or(attribute.len(), |close| word + close + 1)
            }
            Some(word) => word,
            None => attribute.len(),
        };
        kind = attribute[end..].trim_start();
    }
    kind
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::shaders::{ALL, check_parts};
    use super::*;

    #[test]
    fn every_kind_of_loop_is_bounded_and_stays_valid() {
        let cases = [
            ("fn f() -> f32 { loop { } return 1.0; }", 1),
            (
                "fn f() -> f32 { var a = 0.0; loop { a += 1.0; if a > 3.0 { break; } continuing { a += 0.5; } } return a; }",
                1,
            ),
            (
                "fn f() -> f32 {\n  var a = 0.0;\n  for (var i = 0; i < 1000000000; i++) { a += 1.0; }\n  return a;\n}",
                1,
            ),
            ("fn f() { var i = 0; while (i < 5) /* { */ { i++; // for {\n for (;;) { i--; } } }", 2),
            ("struct S { a: f32, } fn f() -> S { for (;;) { } return S(); }", 1),
            (
                "fn g(i: i32) -> array<vec3<f32>, 2> { loop { if i > 2 { break; } } return array<vec3<f32>, 2>(); } fn f() {}",
                1,
            ),
            (
                "/* loop { /* nested */ for { */ fn f() -> vec3f { let looped = 1.0; let for_me = looped; return vec3f(for_me); }",
                0,
            ),
            ("@fragment fn f() -> @location(0) @interpolate(flat) vec4f { loop { } return vec4f(); }", 1),
        ];
        for (text, loops) in cases {
            let made = bounded(text);
            assert_eq!(made.matches("if millions_loop_is_spent()").count(), loops, "{made}");
            if loops == 0 {
                assert_eq!(made, text);
            }
            assert!(made.lines().count() >= text.lines().count());
            check_parts(Path::new("own.wgsl"), "", &made, "").unwrap_or_else(|error| panic!("{error}\n{made}"));
        }
        for shader in ALL {
            let made = format!("{}\n{}", bounded(shader.text), shader.shared());
            check_parts(Path::new(shader.name), "", &made, "").unwrap_or_else(|error| panic!("{error}\n{made}"));
        }
    }
}
