//! Archives of the web: a folder that the server lists, with all below it, or a list of addresses, one a line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, stream};
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE,
    RETRY_AFTER,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

use super::super::scan::is_read;
use super::super::source::Stamp;
use super::client::{self, Failed, failed, repeated};
use super::page::{self, Links, decoded};
use super::{CHANGED, Fault, Item, Part, Remote, Snapshot, Stopped};

/// Requests at a time: for folders, and for what each file is.
const PAGES_AT_A_TIME: usize = 8;
const LOOKS_AT_A_TIME: usize = 16;
/// After so many files of which nothing can be had, and none of which something can, the server is not asked for the others.
const MOST_IN_VAIN: usize = 32;
/// The most bytes of a page or a list, the most folders, and how deep they lie.
const MOST_PAGE_BYTES: u64 = 64 << 20;
const MOST_FOLDERS: usize = 100_000;
const MOST_DEPTH: usize = 32;
/// What a query says that is nobody's name but a key: it is used, and not kept.
const SECRET_QUERIES: &str = "signature|sig|token|expires|key|policy|credential|auth|secret|password|pass|pwd|session|se|sp|sv|sr|st|skoid|sktid";

/// Photographs of a web server.
#[derive(Debug)]
pub struct Web {
    root: PathBuf,
    /// Without name and password.
    url: Url,
    login: Option<(String, String)>,
    is_list: bool,
}

/// Opens `https://host/folder/` or `https://host/list.txt`.
pub fn open(address: &str) -> Result<(PathBuf, Web), String> {
    let wrong = || "it is no address: write it as https://HOST/FOLDER/ or https://HOST/LIST.txt".to_owned();
    let mut url = Url::parse(address).map_err(|_| wrong())?;
    if !url.has_host() {
        return Err(wrong());
    }
    let lower = url.path().to_ascii_lowercase();
    if [".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"].iter().any(|end| lower.ends_with(end)) {
        return Err("archives in one file are not read: unpack it into a folder".into());
    }
    let is_list = lower.ends_with(".txt");
    url.set_query(None);
    let login = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        (plain(url.username()), plain(url.password().unwrap_or_default()))
    });
    let _ = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    if !is_list && !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    let root = path_of(&url);
    Ok((root.clone(), Web { root, url, login, is_list }))
}

/// The path by which a file is known: its address with plain names, and without what is secret.
fn path_of(url: &Url) -> PathBuf {
    let parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    let mut path = format!("{}://{}", url.scheme(), authority(url));
    for part in parts {
        path.push('/');
        path.push_str(&decoded(part));
    }
    path.push_str(&kept_query(url));
    PathBuf::from(path)
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What of a query tells a file from others. Where the path names a photograph nothing does.
fn kept_query(url: &Url) -> String {
    let is_secret = |name: &str| {
        let lower = name.to_ascii_lowercase();
        lower.starts_with("x-amz-")
            || lower.starts_with("x-goog-")
            || SECRET_QUERIES.split('|').any(|word| lower == word || (word.len() > 2 && lower.contains(word)))
    };
    if super::super::rejections::is_photograph_name(url.path()) {
        return String::new();
    }
    let kept: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| !is_secret(name))
        .map(|(name, value)| format!("{name}={value}").replace(['/', '\\'], "%2F"))
        .collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

impl Web {
    fn request(&self, client: &Client, method: Method, url: &Url) -> RequestBuilder {
        let request = client.request(method, url.clone());
        match &self.login {
            Some((user, password)) if url.origin() == self.url.origin() => request.basic_auth(user, Some(password)),
            _ => request,
        }
    }

    /// Fetches a page or a list.
    async fn page(&self, url: &Url) -> Result<String, Fault> {
        let client = client::following()?;
        let bytes = repeated(|| async {
            let response = answer(self.request(client, Method::GET, url).send().await?)?;
            if !is_same_place(response.url(), url) {
                let reason = "it leads to another address, which may be a page to log in: give the address to which it leads, if that is right";
                return Err(Fault::Unreadable(reason.into()).into());
            }
            body(response, MOST_PAGE_BYTES).await
        });
        Ok(String::from_utf8_lossy(&bytes.await?).into_owned())
    }

    async fn links(&self, url: &Url) -> Result<Links, Fault> {
        let html = self.page(url).await?;
        page::links(&html, url).map_err(|reason| Fault::Unreadable(reason.into()))
    }

    /// Lists the folders, and all below them.
    async fn walk(&self) -> Result<Snapshot, Fault> {
        let mut snapshot = Snapshot::default();
        snapshot.add_folder(&self.root, &self.root);
        let mut level = vec![(self.root.clone(), self.url.clone())];
        let (mut known, mut is_first) = (BTreeSet::from([self.url.to_string()]), true);
        for _ in 0..MOST_DEPTH {
            let pages = level.into_iter().map(|(path, url)| async move { (self.links(&url).await, path) });
            let pages: Vec<_> = stream::iter(pages).buffered(PAGES_AT_A_TIME).collect().await;
            level = Vec::new();
            for (links, path) in pages {
                let Links { files, folders } = match links {
                    Err(fault) if is_first => return Err(fault),
                    Err(fault) => {
                        snapshot.bad_folders.push((path, format!("cannot read the folder: {}", fault.reason())));
                        continue;
                    }
                    Ok(links) => links,
                };
                for (name, url) in files {
                    snapshot.add(&self.root, path.join(name), Item { address: url.into(), ..Item::default() });
                }
                for (name, url) in folders {
                    let inner = path.join(&name);
                    snapshot.add_folder(&self.root, &inner);
                    if is_read(&name, true) && known.insert(url.to_string()) {
                        level.push((inner, url));
                    }
                }
            }
            is_first = false;
            if level.is_empty() || known.len() > MOST_FOLDERS {
                break;
            }
        }
        let deeper = "cannot read the folder: there are more folders, or deeper ones, than are read";
        snapshot.bad_folders.extend(level.into_iter().map(|(path, _)| (path, deeper.to_owned())));
        Ok(snapshot)
    }

    /// Reads a list of addresses.
    async fn list_of_addresses(&self) -> Result<Snapshot, Fault> {
        let text = self.page(&self.url).await?;
        let mut snapshot = Snapshot::default();
        snapshot.add_folder(&self.root, &self.root);
        let folder = path_of(&self.url.join(".").unwrap_or_else(|_| self.url.clone()));
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('<') {
                return Err(Fault::Unreadable("a page is there and no list of addresses, one a line".into()));
            }
            let url = self.url.join(line).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            let Some(mut url) = url.filter(|url| url.username().is_empty() && url.password().is_none()) else {
                let line: String = line.chars().filter(|c| !c.is_control() && *c != '/').take(60).collect();
                snapshot.unusable.push((self.root.join(line), "this line of the list is no address of a photograph"));
                continue;
            };
            url.set_fragment(None);
            let path = path_of(&url);
            // Below the list, so that a file that is in it no more is known to be gone.
            let inner = match path.strip_prefix(&folder) {
                Ok(inner) => self.root.join(inner),
                Err(_) => {
                    let text = path.to_string_lossy();
                    self.root.join(text.split_once("://").map_or(&*text, |(_, rest)| rest))
                }
            };
            if inner != self.root {
                snapshot.add(&self.root, inner, Item { address: url.into(), ..Item::default() });
            }
        }
        if snapshot.items.is_empty() {
            return Err(Fault::Unreadable("the list has no addresses".into()));
        }
        Ok(snapshot)
    }

    /// Asks what each file is.
    async fn look(&self, snapshot: &mut Snapshot) -> Result<(), Fault> {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let items = snapshot.items_mut().filter(|(path, _)| is_read(&name(path), false));
        let looked = items.map(|(path, item)| async move {
            match self.inspect(&item.address).await {
                Ok(Some(known)) => {
                    *item = Item { address: std::mem::take(&mut item.address), ..known };
                    (None, true)
                }
                Ok(None) => (Some(path.clone()), true),
                Err(fault) => {
                    item.fault = Some(fault.reason());
                    (None, false)
                }
            }
        });
        let mut looked = stream::iter(looked).buffer_unordered(LOOKS_AT_A_TIME);
        let (mut gone, mut in_vain, mut has_any) = (Vec::new(), 0, false);
        while let Some((path, is_known)) = looked.next().await {
            gone.extend(path);
            has_any |= is_known;
            in_vain = if is_known { 0 } else { in_vain + 1 };
            if in_vain >= MOST_IN_VAIN && !has_any || in_vain >= MOST_IN_VAIN * 8 {
                return Err(Fault::Unreadable(
                    "the server lists photographs and gives none of them: ingest again later".into(),
                ));
            }
        }
        drop(looked);
        for path in gone {
            snapshot.remove(&path);
        }
        Ok(())
    }

    /// Asks what a file is; `None` where it is gone.
    async fn inspect(&self, address: &str) -> Result<Option<Item>, Fault> {
        let url = Url::parse(address).map_err(|_| Fault::Unreadable(super::GONE.into()))?;
        let client = client::following()?;
        repeated(|| async {
            let response = self.request(client, Method::HEAD, &url).send().await?;
            let status = response.status();
            // Servers that know no HEAD, and addresses that were signed for GET.
            let response = match status.as_u16() {
                400 | 403 | 405 | 501 => {
                    self.request(client, Method::GET, &url).header(RANGE, "bytes=0-0").send().await?
                }
                _ => response,
            };
            if matches!(response.status().as_u16(), 404 | 410) {
                return Ok(None);
            }
            if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
                return Ok(Some(Item { stamp: Stamp::of_remote(0, ""), ..Item::default() }));
            }
            let response = answer(response)?;
            if is_page(response.headers()) {
                return Err(Fault::Unreadable(A_PAGE.into()).into());
            }
            let size = total(&response).unwrap_or(0);
            let tag = header(response.headers(), ETAG).map(str::to_owned);
            let time = header(response.headers(), LAST_MODIFIED);
            let version = tag.as_deref().or(time).unwrap_or_default();
            Ok(Some(Item { stamp: Stamp::of_remote(size, version), tag, ..Item::default() }))
        })
        .await
    }

    async fn get(&self, item: &Item, from: u64, length: u64, most: u64) -> Result<Part, Fault> {
        let url = Url::parse(&item.address).map_err(|_| Fault::Unreadable(super::GONE.into()))?;
        let client = client::following()?;
        repeated(|| async {
            let last = from.saturating_add(length).saturating_sub(1);
            let mut request = self.request(client, Method::GET, &url).header(RANGE, format!("bytes={from}-{last}"));
            // With another version comes all of it, which is noticed by its tag.
            if let Some(tag) = item.tag.as_deref().filter(|tag| !tag.starts_with("W/")) {
                request = request.header(IF_RANGE, tag);
            }
            let response = request.send().await?;
            if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && from == 0 {
                return Ok(Part { bytes: Vec::new(), total: 0 });
            }
            let response = answer(response)?;
            if is_page(response.headers()) {
                return Err(Fault::Unreadable(A_PAGE.into()).into());
            }
            let tag = header(response.headers(), ETAG);
            if item
                .tag
                .as_deref()
                .zip(tag)
                .is_some_and(|(known, tag)| known.trim_start_matches("W/") != tag.trim_start_matches("W/"))
            {
                return Err(Fault::Unreadable(CHANGED.into()).into());
            }
            if response.status() == StatusCode::PARTIAL_CONTENT {
                let range = header(response.headers(), CONTENT_RANGE).and_then(parse_range);
                let Some((_, total)) = range.filter(|(start, _)| *start == from) else {
                    return Err(
                        Fault::Unreadable("the server gives other parts of files than it is asked for".into()).into()
                    );
                };
                let bytes = body(response, length).await?;
                let wanted = length.min(total - from);
                return if bytes.len() as u64 == wanted {
                    Ok(Part { bytes, total })
                } else {
                    Err(Failed::Passing(client::BROKEN_OFF.into(), None))
                };
            }
            if from > 0 {
                return Err(Fault::Unreadable(CHANGED.into()).into());
            }
            let bytes = body(response, most).await?;
            let total = bytes.len() as u64;
            Ok(Part { bytes, total })
        })
        .await
    }
}

impl Remote for Web {
    fn probe(&self, stopped: Stopped<'_>) -> Result<bool, Fault> {
        let first = async {
            if self.is_list {
                return self.page(&self.url).await.map(|_| true);
            }
            self.links(&self.url).await.map(|links| !links.files.is_empty() || !links.folders.is_empty())
        };
        client::wait(first, stopped)
    }

    fn list(&self, stopped: Stopped<'_>) -> Result<Snapshot, Fault> {
        let listed = async {
            let mut snapshot = if self.is_list { self.list_of_addresses().await? } else { self.walk().await? };
            self.look(&mut snapshot).await?;
            Ok(snapshot)
        };
        client::wait(listed, stopped)
    }

    fn read(&self, item: &Item, from: u64, length: u64, most: u64, stopped: Stopped<'_>) -> Result<Part, Fault> {
        client::wait(self.get(item, from, length, most), stopped)
    }
}

const A_PAGE: &str = "the server gives a page in the photograph's place: is a login needed, or is it gone?";

/// A response of success, or why there is none.
fn answer(response: Response) -> Result<Response, Failed> {
    let status = response.status();
    if status.is_success() { Ok(response) } else { Err(failed(status, header(response.headers(), RETRY_AFTER))) }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a response is a page for people.
fn is_page(headers: &HeaderMap) -> bool {
    header(headers, CONTENT_TYPE).is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/html"))
}

/// How long a file is, by the head of a response.
fn total(response: &Response) -> Option<u64> {
    let headers = response.headers();
    match response.status() {
        StatusCode::PARTIAL_CONTENT => header(headers, CONTENT_RANGE).and_then(parse_range).map(|(_, total)| total),
        _ => header(headers, CONTENT_LENGTH).and_then(|text| text.parse().ok()),
    }
}

/// The start and the total of `bytes 0-9/100`.
fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end, total): (u64, u64, u64) =
        (start.trim().parse().ok()?, end.trim().parse().ok()?, total.trim().parse().ok()?);
    (start <= end && end < total).then_some((start, total))
}

/// Reads a body of at most so many bytes.
async fn body(mut response: Response, most: u64) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if (bytes.len() + chunk.len()) as u64 > most {
            let reason = super::super::error::too_costly(None, most);
            return Err(Fault::Rejected(reason).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether a redirection has led to the same folder, with another scheme at most.
fn is_same_place(found: &Url, asked: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    found.host_str() == asked.host_str() && path(found) == path(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_plain_names_and_nothing_secret() {
        let path = |address: &str| path_of(&Url::parse(address).unwrap()).display().to_string();
        assert_eq!(path("HTTPS://Host:443/a%20b/Z%C3%BCrich.jpg"), "https://host/a b/Zürich.jpg");
        assert_eq!(path("http://h:81/a.jpg?X-Amz-Signature=secret&id=1"), "http://h:81/a.jpg");
        assert_eq!(
            path("http://h/img.php?id=3&sig=secret&access_token=secret&size=a/b"),
            "http://h/img.php?id=3&size=a%2Fb"
        );
        let (root, web) = open("https://anna:p%40ss@h/photos?x=1#y").unwrap();
        assert_eq!(root, Path::new("https://h/photos"));
        assert_eq!(web.login.unwrap().1, "p@ss");
        assert!(open("https://h/a.zip").is_err() && open("https://").is_err());
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(parse_range("bytes 0-9/100"), Some((0, 100)));
        for wrong in ["bytes */100", "bytes 5-4/100", "bytes 0-100/100", "items 0-9/100", "bytes 0-9/*", ""] {
            assert_eq!(parse_range(wrong), None, "{wrong}");
        }
    }
}
