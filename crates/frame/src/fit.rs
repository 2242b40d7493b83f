//! Fill of letters and fit of pictures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What letters are filled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// The letters are windows onto the moving wall.
    #[default]
    Faces,
    /// Light.
    Solid,
}

/// How a picture fills the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// The wall is full; what stands out is cut.
    #[default]
    Cover,
    /// All of the picture is seen, black beside it.
    Contain,
}
