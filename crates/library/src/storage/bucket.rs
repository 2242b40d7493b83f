//! Buckets of S3-compatible object storage.
//!
//! Where the storage is and who asks is said by the usual variables of the environment (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`
//! …). Nothing of them is printed or written: what the storage says of an error may repeat them, and is not passed on.

use std::error::Error as _;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, Error, GetOptions, GetRange, ObjectStore as _, RetryConfig};
use quick_xml::escape::unescape;
use reqwest::header::CONTENT_RANGE;
use reqwest::{Client, StatusCode, Url};

use super::super::source::Stamp;
use super::client::{self, BROKEN_OFF, NO_CONNECTION, SILENT, refused, troubled};
use super::{CHANGED, Fault, GONE, Item, Part, Remote, Snapshot, Stopped};

/// How often a request is repeated, and for how long.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(250),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    },
    max_retries: 6,
    retry_timeout: Duration::from_secs(60),
};
/// How often a range is fetched whose connection broke off in its midst.
const TRIES: u32 = 4;
/// Where machines of a cloud are given their credentials, and how long that takes to answer.
const METADATA: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 169, 254)), 80);
const MOST_METADATA: Duration = Duration::from_secs(1);

/// Photographs below a prefix in a bucket.
#[derive(Debug)]
pub struct Bucket {
    root: PathBuf,
    name: String,
    prefix: Key,
    store: AmazonS3,
    /// Keys of the last listing that no path can have.
    odd_keys: Arc<Mutex<Vec<String>>>,
}

/// Opens `s3://bucket/prefix`.
pub fn open(address: &str) -> Result<(PathBuf, Bucket), String> {
    let (_, rest) = address.split_once("://").unwrap_or_default();
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/');
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(
            "write it as s3://BUCKET/PREFIX; keys and endpoints are said by the environment (AWS_ACCESS_KEY_ID, \
                    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL)"
                .into(),
        );
    }
    let key = Key::parse(prefix).map_err(|_| "its prefix has empty parts, or dots alone".to_owned())?;
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(endpoint) = set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL"))
        && !Url::parse(&endpoint).is_ok_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
    {
        return Err("AWS_ENDPOINT_URL is no address: write it as https://HOST or http://HOST:PORT".into());
    }
    if set("AWS_ACCESS_KEY_ID").is_some() != set("AWS_SECRET_ACCESS_KEY").is_some() {
        return Err(NO_KEYS.into());
    }
    let said = ["AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let given =
        ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_METADATA_ENDPOINT"];
    if said.into_iter().chain(given).all(|name| set(name).is_none())
        && TcpStream::connect_timeout(&METADATA, MOST_METADATA).is_err()
    {
        return Err(NO_KEYS.into());
    }
    let odd_keys = Arc::default();
    let client = client::plain().map_err(Fault::reason)?.clone();
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(name)
        .with_retry(RETRY)
        .with_http_connector(Connector(Checked { client, odd_keys: Arc::clone(&odd_keys) }))
        .build()
        .map_err(|_| "what the environment says of it (AWS_…) is incomplete or wrong".to_owned())?;
    let root = if prefix.is_empty() { format!("s3://{name}") } else { format!("s3://{name}/{prefix}") };
    let root = PathBuf::from(root);
    Ok((root.clone(), Bucket { root, name: name.to_owned(), prefix: key, store, odd_keys }))
}

impl Bucket {
    async fn list_all(&self) -> Result<Snapshot, Fault> {
        self.odd_keys.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut snapshot = Snapshot::default();
        snapshot.add_folder(&self.root, &self.root);
        let mut objects = self.store.list(Some(&self.prefix));
        while let Some(object) = objects.try_next().await.map_err(|error| fault(&error, true))? {
            let key = object.location.to_string();
            let time = object.last_modified.to_string();
            let stamp = Stamp::of_remote(object.size, object.e_tag.as_deref().unwrap_or(&time));
            let path = PathBuf::from(format!("s3://{}/{key}", self.name));
            let item = Item { address: key, stamp, tag: object.e_tag, fault: None };
            if !snapshot.add(&self.root, path, item) {
                return Err(Fault::Unreadable(
                    "the storage lists a photograph twice: its list is not to be trusted".into(),
                ));
            }
        }
        for key in self.odd_keys.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            snapshot.unusable.push((PathBuf::from(format!("s3://{}/{key}", self.name)), ODD_KEY));
        }
        Ok(snapshot)
    }

    async fn get(&self, item: &Item, range: std::ops::Range<u64>) -> Result<Vec<u8>, Fault> {
        let location = Key::parse(&item.address).map_err(|_| Fault::Unreadable(ODD_KEY.into()))?;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            // Listings of some have tags without their quotation marks.
            let if_match =
                item.tag.as_ref().map(|tag| if tag.contains('"') { tag.clone() } else { format!("\"{tag}\"") });
            let range = Some(GetRange::Bounded(range.clone()));
            let options = GetOptions { range, if_match, ..GetOptions::default() };
            let got = self.store.get_opts(&location, options).await.map_err(|error| fault(&error, false))?;
            // Some look at no condition.
            let plain = |tag: &str| tag.trim_start_matches("W/").trim_matches('"').to_owned();
            if item.tag.as_deref().zip(got.meta.e_tag.as_deref()).is_some_and(|(known, tag)| plain(known) != plain(tag))
            {
                return Err(Fault::Unreadable(CHANGED.into()));
            }
            match got.bytes().await {
                Ok(bytes) => return Ok(bytes.into()),
                Err(error) if tries == 0 => return Err(fault(&error, false)),
                Err(_) => {}
            }
        }
    }
}

impl Remote for Bucket {
    fn probe(&self, stopped: Stopped<'_>) -> Result<bool, Fault> {
        let first = async { self.store.list(Some(&self.prefix)).try_next().await.map_err(|error| fault(&error, true)) };
        client::wait(first, stopped).map(|first| first.is_some())
    }

    fn list(&self, stopped: Stopped<'_>) -> Result<Snapshot, Fault> {
        client::wait(self.list_all(), stopped)
    }

    fn read(&self, item: &Item, from: u64, length: u64, _: u64, stopped: Stopped<'_>) -> Result<Part, Fault> {
        let total = item.stamp.size;
        let end = from.saturating_add(length).min(total);
        if from >= end {
            return Ok(Part { bytes: Vec::new(), total });
        }
        let bytes = client::wait(self.get(item, from..end), stopped)?;
        Ok(Part { bytes, total })
    }
}

const NO_KEYS: &str = "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true where \
     everybody may read the bucket";
const NO_BUCKET: &str = "there is no such bucket: are its name and AWS_ENDPOINT_URL right?";
const ODD_KEY: &str = "its key has empty parts, dots alone or signs that no name of a file has: copy it to another key";

/// What is wrong, by the kind of an error; its text may say more than anybody should see.
fn fault(error: &Error, is_listing: bool) -> Fault {
    let reason = match error {
        Error::NotFound { .. } if is_listing => NO_BUCKET.to_owned(),
        Error::NotFound { .. } => GONE.to_owned(),
        Error::PermissionDenied { .. } => refused(403),
        Error::Unauthenticated { .. } => refused(401),
        Error::Precondition { .. } => CHANGED.to_owned(),
        error => {
            let mut source = error.source();
            let mut kind = None;
            while let Some(inner) = source {
                kind = kind.or_else(|| inner.downcast_ref::<HttpError>().map(HttpError::kind));
                source = inner.source();
            }
            let text = error.to_string();
            let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
            match (kind, status) {
                (_, Some(301 | 307 | 308)) => "the bucket is in another region: set AWS_REGION".to_owned(),
                (_, Some(404)) => if is_listing { NO_BUCKET } else { GONE }.to_owned(),
                (_, Some(code @ (401 | 403))) => refused(code),
                (_, Some(code)) => troubled(code),
                (Some(HttpErrorKind::Connect), _) => NO_CONNECTION.to_owned(),
                (Some(HttpErrorKind::Timeout), _) => SILENT.to_owned(),
                (Some(HttpErrorKind::Decode), _) => UNSOUND.to_owned(),
                _ if text.contains("bare redirect") => "the bucket is in another region: set AWS_REGION".to_owned(),
                _ if text.to_lowercase().contains("credential") => "the credentials cannot be had".to_owned(),
                _ => BROKEN_OFF.to_owned(),
            }
        }
    };
    Fault::Unreadable(reason)
}

/// Makes the client that holds listings against what a whole one has.
#[derive(Clone, Debug)]
struct Connector(Checked);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// A client that lets no listing pass that is not whole, and takes keys out of them that `object_store` stumbles over.
#[derive(Clone, Debug)]
struct Checked {
    client: Client,
    odd_keys: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl HttpService for Checked {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut response = self.client.call(request).await?;
        // Some give the part that was asked for, and call it all.
        if response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if !query.contains("list-type=2") || !response.status().is_success() {
            return Ok(response);
        }
        let (mut parts, body) = response.into_parts();
        // One that breaks off is asked for again.
        let bytes = body.bytes().await.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))?;
        let unsound = || HttpError::new(HttpErrorKind::Interrupted, std::io::Error::other(UNSOUND));
        let text = std::str::from_utf8(&bytes).map_err(|_| unsound())?;
        let (text, mut odd) = sound(text).ok_or_else(unsound)?;
        let token = element(&text, "NextContinuationToken").unwrap_or_default();
        let asked = Url::parse(&format!("s3://x?{query}")).ok();
        let asked = asked
            .and_then(|url| url.query_pairs().find(|(name, _)| name == "continuation-token").map(|t| t.1.into_owned()));
        if !token.is_empty() && asked.is_some_and(|asked| Ok(asked) == unescape(token).map(|token| token.into_owned()))
        {
            return Err(HttpError::new(HttpErrorKind::Decode, std::io::Error::other(UNSOUND)));
        }
        self.odd_keys.lock().unwrap_or_else(PoisonError::into_inner).append(&mut odd);
        parts.headers.remove("content-length");
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(text)))
    }
}

const UNSOUND: &str = "the storage gives no whole list of what it has: what is there is not known";

/// A page of a listing without the keys that `object_store` does not take, and those; folders that are marked by an object are neither.
/// `None` where the page is not whole, or does not say how the next is asked for.
fn sound(page: &str) -> Option<(String, Vec<String>)> {
    let end = "</ListBucketResult>";
    let is_empty = page.trim_end().ends_with("/>") && !page.contains("<Contents>");
    if !page.contains("<ListBucketResult") || !(page.trim_end().ends_with(end) || is_empty) {
        return None;
    }
    let is_truncated = element(page, "IsTruncated").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
    if is_truncated && element(page, "NextContinuationToken").is_none_or(str::is_empty) {
        return None;
    }
    let (mut kept, mut odd, mut rest) = (String::with_capacity(page.len()), Vec::new(), page);
    while let Some(at) = rest.find("<Contents>") {
        let length = rest[at..].find("</Contents>")? + "</Contents>".len();
        let (before, object) = (&rest[..at], &rest[at..at + length]);
        kept.push_str(before);
        rest = &rest[at + length..];
        let key = unescape(element(object, "Key")?).ok()?.into_owned();
        if Key::parse(&key).is_ok_and(|parsed| parsed.as_ref() == key) {
            kept.push_str(object);
        } else if !key.ends_with('/') {
            odd.push(key);
        }
    }
    kept.push_str(rest);
    Some((kept, odd))
}

/// The text of the first element of this name.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_that_is_not_whole_is_none() {
        let object = |key: &str| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
        let page =
            |inside: &str| format!("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\">{inside}</ListBucketResult>");
        let keys = ["a.jpg", "b//c.jpg", "d/", "e&amp;f.jpg", "g/../h.jpg"].map(object).join("");
        let (kept, odd) = sound(&page(&keys)).unwrap();
        assert_eq!(kept, page(&["a.jpg", "e&amp;f.jpg"].map(object).join("")));
        assert_eq!(odd, ["b//c.jpg", "g/../h.jpg"]);
        let whole = page(&keys);
        for length in 0..whole.len() {
            assert!(sound(&whole[..length]).is_none(), "{length}");
        }
        let more = |token: &str| page(&format!("<IsTruncated>true</IsTruncated>{token}{keys}"));
        assert!(sound(&more("")).is_none());
        assert!(sound(&more("<NextContinuationToken></NextContinuationToken>")).is_none());
        assert!(sound(&more("<NextContinuationToken>2</NextContinuationToken>")).is_some());
        assert!(sound("<html><body>Maintenance</body></html>").is_none());
    }
}
