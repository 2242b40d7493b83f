//! The desktop's portal: its chooser of folders, over the session bus.
//!
//! The interface is that of <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html>.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::chooser::Closer;

const SERVICE: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";

/// The longest that the portal may take to begin: where it has no desktop behind it, it waits for one for half a minute.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects to the session's bus.
pub(super) fn session() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(PATIENCE).build()
}

/// Asks for a folder; none where nothing was chosen.
///
/// # Errors
/// Where the portal does not show a chooser.
pub(super) fn choose_folder(title: &str, closer: &Closer) -> zbus::Result<Option<PathBuf>> {
    let connection = session()?;
    let name = connection.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_")).unwrap_or_default();
    // The answer comes at a path that is known before, so that one that comes at once is not missed.
    let token = "millions_folder";
    let request = format!("{PATH}/request/{name}/{token}");
    let request = Proxy::new(&connection, SERVICE, request, "org.freedesktop.portal.Request")?;
    let mut responses = request.receive_signal("Response")?;
    let portal = Proxy::new(&connection, SERVICE, PATH, "org.freedesktop.portal.FileChooser")?;
    let options = HashMap::from([
        ("handle_token", Value::from(token)),
        ("directory", Value::from(true)),
        ("accept_label", Value::from("Play")),
    ]);
    let _: OwnedObjectPath = portal.call("OpenFile", &("", title, options))?;
    // The portal closes the chooser of a connection that is gone.
    let open = connection.clone();
    closer.set(Some(Box::new(move || drop(open.close()))));
    let Some(response) = responses.next() else { return Ok(None) };
    closer.set(None);
    let (_, results): (u32, HashMap<String, OwnedValue>) = response.body().deserialize()?;
    let uris = results.get("uris").and_then(|uris| Vec::<String>::try_from(uris.try_clone().ok()?).ok());
    Ok(uris.into_iter().flatten().find_map(|uri| path_of_uri(&uri)))
}

/// Returns the path of a file URI.
fn path_of_uri(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    Some(PathBuf::from(OsString::from_vec(percent_decode_str(path).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_uri_names_a_path_of_any_bytes() {
        assert_eq!(path_of_uri("file:///srv/the%20wall"), Some("/srv/the wall".into()));
        assert_eq!(path_of_uri("file://host/srv/%C3%A4"), Some("/srv/ä".into()));
        let latin = path_of_uri("file:///srv/%E4").unwrap();
        assert_eq!(latin.into_os_string().into_vec(), b"/srv/\xE4");
        assert_eq!(path_of_uri("https://example.org/srv"), None);
        assert_eq!(path_of_uri("file://"), None);
    }
}
