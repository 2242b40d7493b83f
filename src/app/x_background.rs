//! The background of windows of an X server, which it paints before the first frame and wherever a window grows.

use winit::event_loop::ActiveEventLoop;
use winit::platform::x11::ActiveEventLoopExtX11 as _;
use winit::window::Window;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _};

/// Makes the background of a window black. Without one, the server leaves there whatever was on the screen.
pub fn make_black(event_loop: &ActiveEventLoop, window: &Window) {
    if !event_loop.is_x11() {
        return;
    }
    let blacken = || -> Result<(), String> {
        let id = u32::try_from(u64::from(window.id())).map_err(|error| error.to_string())?;
        let (connection, _) = x11rb::connect(None).map_err(|error| error.to_string())?;
        let black = ChangeWindowAttributesAux::new().background_pixel(0);
        let changed = connection.change_window_attributes(id, &black).map_err(|error| error.to_string())?;
        changed.check().map_err(|error| error.to_string())
    };
    if let Err(error) = blacken() {
        tracing::debug!("the window's background is not black: {error}");
    }
}
