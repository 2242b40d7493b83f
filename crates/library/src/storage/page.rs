//! Pages of web servers that list a folder, as nginx, Apache, Caddy, lighttpd and Python's server make them.

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// What a page lists: names in its folder, with their addresses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub files: Vec<(String, Url)>,
    pub folders: Vec<(String, Url)>,
}

/// Reads the links of a page to what lies in the folder at `base`, which ends with a slash.
///
/// # Errors
/// A text, for a page that breaks off or is no listing: whoever shows another page for a while has not taken the photographs away.
pub fn links(html: &str, base: &Url) -> Result<Links, &'static str> {
    // ASCII alone, so that places in it are places in the page.
    let lower = html.to_ascii_lowercase();
    if lower.contains("<html") && !lower.contains("</html>") {
        return Err("the list of the folder breaks off");
    }
    let (mut links, mut leads_up, mut at) = (Links::default(), false, 0);
    while let Some(found) = lower[at..].find("<a") {
        let start = at + found + 2;
        at = start;
        let Some(length) = lower[start..].find('>') else { break };
        let Some(href) = attribute(&html[start..start + length], "href") else { continue };
        let href = unescaped(href.trim());
        leads_up |= href == "../" || href == "..";
        let Ok(url) = base.join(&href) else { continue };
        let is_here = url.origin() == base.origin() && url.query().is_none() && url.fragment().is_none();
        let Some(rest) = url.path().strip_prefix(base.path()).filter(|rest| is_here && !rest.is_empty()) else {
            continue;
        };
        let (name, is_folder) = rest.strip_suffix('/').map_or((rest, false), |name| (name, true));
        if name.is_empty() || name.contains('/') {
            continue;
        }
        let kind = if is_folder { &mut links.folders } else { &mut links.files };
        let name = decoded(name);
        if kind.iter().rev().take(4).all(|(known, _)| *known != name) {
            kind.push((name, url));
        }
    }
    let is_listing =
        leads_up || ["index of", "directory listing", "listing of", "directory:"].iter().any(|t| lower.contains(t));
    if !is_listing && links.files.is_empty() && links.folders.is_empty() {
        return Err(
            "the page there lists no files: give the address of a folder that the server lists (autoindex), or of a list of addresses, \
                    one a line, whose name ends with .txt",
        );
    }
    for kind in [&mut links.files, &mut links.folders] {
        kind.sort();
        kind.dedup_by(|a, b| a.0 == b.0);
    }
    Ok(links)
}

/// The value of an attribute in a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    // What follows `<a` begins with a blank, or it is another tag.
    if !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        return None;
    }
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=')?;
        let (key, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            if rest.is_empty() {
                return None;
            }
            continue;
        };
        let after = after.trim_start();
        let (value, after) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote)?,
            _ => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// A text without the entities of HTML that stand in addresses.
fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        plain.push_str(before);
        let end = entity.find(';').filter(|end| *end <= 10);
        let letter = end.and_then(|end| match &entity[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            number => {
                let number = number.strip_prefix('#')?;
                let code =
                    number.strip_prefix(['x', 'X']).map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
                char::from_u32(code.ok()?)
            }
        });
        let (letter, taken) = letter.zip(end).map_or(('&', 1), |(letter, end)| (letter, end + 1));
        plain.push(letter);
        rest = &entity[taken..];
    }
    plain.push_str(rest);
    plain
}

/// The name that a part of an address stands for; the part itself where no file can have that name.
pub fn decoded(part: &str) -> String {
    let name = percent_decode_str(part).decode_utf8();
    let is_name = |name: &str| {
        !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0']) && !name.contains(char::is_control)
    };
    name.ok().filter(|name| is_name(name)).map_or_else(|| part.to_owned(), |name| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Result<(Vec<String>, Vec<String>), &'static str> {
        let links = links(html, &Url::parse("http://h/p%20q/").unwrap())?;
        let names = |kind: Vec<(String, Url)>| kind.into_iter().map(|(name, _)| name).collect();
        Ok((names(links.files), names(links.folders)))
    }

    #[test]
    fn pages_of_servers_are_read() {
        let nginx = "<html>\r\n<head><title>Index of /p q/</title></head>\r\n<body><h1>Index of /p q/</h1><hr><pre><a href=\"../\">../</a>\r\n\
                     <a href=\"b/\">b/</a>   28-Nov-2026 00:00   -\r\n<a href=\"Z%C3%BCrich%20%26.jpg\">Z..</a>  28-Nov-2026 00:00  5\r\n</pre></body></html>";
        assert_eq!(names(nginx).unwrap(), (vec!["Zürich &.jpg".to_owned()], vec!["b".to_owned()]));
        let apache = "<!DOCTYPE HTML><html><head><title>Index of /p q</title></head><body><table><tr><th><a href=\"?C=N;O=D\">Name</a></th></tr>\
                      <tr><td><a href=\"/\">Parent Directory</a></td></tr><tr><td><img src=x><A class=y HREF='a&amp;b.jpg'>a</A></td></tr>\
                      <tr><td><a href=/p%20q/c.jpg>c</a></td></tr></table></body></html>";
        assert_eq!(names(apache).unwrap().0, ["a&b.jpg", "c.jpg"]);
        let caddy = "<html><body><a href=\"./a.jpg\"><span>a</span></a><a href=\"./a.jpg\">a</a><a href=\"./d/\"></a><abbr href=\"no.jpg\">\
                     <a href=\"http://elsewhere/p%20q/e.jpg\">e</a><a href=\"f.jpg#g\">f</a><a name=top></a></body></html>";
        assert_eq!(names(caddy).unwrap(), (vec!["a.jpg".to_owned()], vec!["d".to_owned()]));
        assert_eq!(names("<html><title>Index of /</title></html>").unwrap(), (vec![], vec![]), "an empty folder");
    }

    #[test]
    fn what_is_no_whole_listing_is_none() {
        assert!(names("<html><body><h1>We are back soon</h1></body></html>").is_err());
        assert!(names("<html><body><a href='a.jpg'>").is_err(), "it breaks off");
        assert!(names("").is_err());
    }

    #[test]
    fn names_that_no_file_has_stay_encoded() {
        for part in ["a%2Fb.jpg", "%2E%2E", "%00", "%E9.jpg", "%0A", "a%5Cb"] {
            assert_eq!(decoded(part), part);
        }
        assert_eq!(decoded("100%25.jpg"), "100%.jpg");
    }
}
