//! JSON Schemas of sections, for editors.

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::{Key, KeyVisitor, Section, ValueType};

/// Collects the schemas of visited keys.
struct Describer {
    properties: Schema,
    required: Vec<&'static str>,
}

impl KeyVisitor for Describer {
    fn key<T>(&mut self, key: Key, value: &mut T, value_type: &impl ValueType<T>) {
        let mut schema = value_type.describe((!key.required).then_some(&*value));
        schema.insert("description".to_owned(), key.description.trim().into());
        self.properties.insert(key.name.to_owned(), schema.to_value());
        if key.required {
            self.required.push(key.name);
        }
    }
}

/// Returns the schema of a section, which has no other keys.
pub fn describe(mut section: impl Section) -> Schema {
    let mut describer = Describer { properties: json_schema!({}), required: Vec::new() };
    section.keys(&mut describer);
    let Describer { properties, required } = describer;
    let mut schema = object(properties);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// Returns the schema of an object of these properties and no others.
pub fn object(properties: Schema) -> Schema {
    json_schema!({ "type": "object", "properties": properties.to_value(), "additionalProperties": false })
}

/// Returns the schema of a value that one of `schemas` accepts.
pub fn alternatives(schemas: impl IntoIterator<Item = Schema>) -> Schema {
    let all: Vec<_> = schemas.into_iter().map(Schema::to_value).collect();
    json_schema!({ "anyOf": all })
}

/// Adds a default to a schema, where there is one.
pub fn with_default<T: Serialize>(mut schema: Schema, default: Option<&T>) -> Schema {
    if let Some(default) = default
        && let Some(default) = json_schema!({ "default": default }).remove("default")
    {
        schema.insert("default".to_owned(), default);
    }
    schema
}

/// Makes a schema that of a whole file.
pub fn entitle(schema: &mut Schema, title: &str, description: &str) {
    let draft = "https://json-schema.org/draft/2020-12/schema";
    for (key, value) in [("$schema", draft), ("title", title), ("description", description)] {
        schema.insert(key.to_owned(), value.into());
    }
}
