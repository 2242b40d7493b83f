//! Progress bars on a terminal; hidden where there is none.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Makes a bar with count, rate and remaining time, hidden where standard error is no terminal.
pub fn bar(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{prefix} {bar:30} {human_pos}/{human_len}  {per_sec}  {eta} left");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_prefix(what);
    bar
}
