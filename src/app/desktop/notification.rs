//! Notifications of the desktop. See [`notify`].

/// Says something in a notification that stays until it is read, or in a dialog where the desktop has no notifications. Without either
/// nobody is told.
///
/// It waits for the desktop, up to some seconds, and for the dialog's end.
pub(crate) fn notify(text: &str) {
    #[cfg(target_os = "linux")]
    if let Err(error) = notification(text) {
        tracing::debug!("there are no notifications: {error}");
        super::dialog::show_error(text);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = text;
}

/// By <https://specifications.freedesktop.org/notification-spec/>.
#[cfg(target_os = "linux")]
fn notification(text: &str) -> zbus::Result<()> {
    use std::collections::HashMap;

    use zbus::blocking::Proxy;
    use zbus::zvariant::Value;

    const SERVICE: &str = "org.freedesktop.Notifications";
    /// Critical: it stays.
    const URGENCY: u8 = 2;
    let connection = super::portal::session()?;
    let proxy = Proxy::new(&connection, SERVICE, "/org/freedesktop/Notifications", SERVICE)?;
    // The text may have markup in it.
    let body = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let hints = HashMap::from([("urgency", Value::from(URGENCY)), ("desktop-entry", Value::from("millions"))]);
    let _: u32 = proxy.call("Notify", &("millions", 0_u32, "millions", "The wall", body, [""; 0], hints, 0_i32))?;
    Ok(())
}
