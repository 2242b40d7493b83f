//! Commands of HTTP and WebSockets, and what became of them.

use std::time::Duration;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value as Json;

use millions_control::{Argument, Awaited, Command, Control, ParseError, Refused, Source, parse};

/// How long a command may take until it is answered.
const PATIENCE: Duration = Duration::from_secs(9);

/// A message of a page or a script.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A message to an address of the table.
    Send {
        /// The address.
        address: String,
        /// Its arguments.
        #[serde(default)]
        arguments: Vec<Argument>,
    },
    /// A command.
    Command(Command),
}

/// Carries out a message and waits for what became of it; false is the release of a button.
///
/// # Errors
/// The status of HTTP, and why.
pub async fn carry_out(action: Action, control: &Control) -> Result<bool, (StatusCode, String)> {
    end(begin(action, control)?).await
}

/// Sends what is asked for to the show; none where there is nothing to do.
///
/// # Errors
/// The status of HTTP, and why.
pub fn begin(action: Action, control: &Control) -> Result<Option<Awaited>, (StatusCode, String)> {
    let command = match action {
        Action::Command(command) => command,
        Action::Send { address, arguments } => match parse(&address, &arguments, &control.status()) {
            Ok(Some(command)) => command,
            Ok(None) => return Ok(None),
            Err(error) => {
                let status = match error {
                    ParseError::UnknownAddress(_) => StatusCode::NOT_FOUND,
                    ParseError::Invalid { .. } => StatusCode::BAD_REQUEST,
                };
                return Err((status, error.to_string()));
            }
        },
    };
    control.begin(command, Source::Http).map(Some).map_err(|Refused(reason)| (StatusCode::CONFLICT, reason))
}

/// Waits for what becomes of it; returns whether there was anything to do.
///
/// # Errors
/// The status of HTTP, and why.
pub async fn end(begun: Option<Awaited>) -> Result<bool, (StatusCode, String)> {
    let Some(awaited) = begun else { return Ok(false) };
    match tokio::task::spawn_blocking(move || awaited.wait(PATIENCE)).await {
        Ok(Ok(())) => Ok(true),
        Ok(Err(Refused(reason))) => Err((StatusCode::CONFLICT, reason)),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "the program ends".to_owned())),
    }
}

/// Reads the arguments of a body: nothing, a value, several, or `{"value": …}`.
///
/// # Errors
/// When it is nothing of that.
pub fn arguments(body: &[u8]) -> Result<Vec<Argument>, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let value: Json = serde_json::from_slice(body).map_err(|error| format!("a value is JSON: {error}"))?;
    let value = match value {
        Json::Object(mut map) => map.remove("value").or_else(|| map.remove("VALUE")).ok_or("it has no \"value\"")?,
        value => value,
    };
    let values = match value {
        Json::Array(values) => values,
        Json::Null => Vec::new(),
        value => vec![value],
    };
    let argument =
        |value: Json| serde_json::from_value(value).map_err(|_| "a value is a number, a text, true or false".into());
    values.into_iter().map(argument).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_nothing_a_value_or_several() {
        for (body, expected) in [
            ("", vec![]),
            (" \n", vec![]),
            ("null", vec![]),
            ("1", vec![1.into()]),
            ("0.5", vec![0.5.into()]),
            ("\"title\"", vec!["title".into()]),
            (r#"{"value": true}"#, vec![true.into()]),
            (r#"{"VALUE": [1, "a"]}"#, vec![1.into(), "a".into()]),
        ] {
            assert_eq!(arguments(body.as_bytes()).unwrap(), expected, "{body}");
        }
        for wrong in ["title", "{}", "[[1]]", "{\"value\": {}}", "\u{0}"] {
            assert!(arguments(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
