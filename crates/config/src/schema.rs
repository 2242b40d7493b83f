//! Describes what a file may hold as a JSON Schema, from the keys that it declares.

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::{Key, KeyVisitor, Section, ValueType};

/// Walks over keys and notes them.
struct Describer {
    properties: Schema,
    required: Vec<&'static str>,
}

impl KeyVisitor for Describer {
    fn key<T>(&mut self, key: Key, value: &mut T, value_type: &impl ValueType<T>) {
        let mut schema = value_type.describe((!key.required).then_some(&*value));
        schema.insert("description".to_owned(), key.about.trim().into());
        self.properties.insert(key.name.to_owned(), schema.to_value());
        if key.required {
            self.required.push(key.name);
        }
    }
}

/// A table of these keys and no others.
pub fn describe(mut table: impl Section) -> Schema {
    let mut describer = Describer { properties: json_schema!({}), required: Vec::new() };
    table.keys(&mut describer);
    let Describer { properties, required } = describer;
    let mut schema = object(properties);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// A table of these properties and no others.
pub fn object(properties: Schema) -> Schema {
    json_schema!({ "type": "object", "properties": properties.to_value(), "additionalProperties": false })
}

/// One of several.
pub fn alternatives(schemas: impl IntoIterator<Item = Schema>) -> Schema {
    let all: Vec<_> = schemas.into_iter().map(Schema::to_value).collect();
    json_schema!({ "anyOf": all })
}

/// The same with what it is when it is left out.
pub fn with_default<T: Serialize>(mut schema: Schema, default: Option<&T>) -> Schema {
    if let Some(default) = default
        && let Some(default) = json_schema!({ "default": default }).remove("default")
    {
        schema.insert("default".to_owned(), default);
    }
    schema
}

/// Makes it the schema of a whole file.
pub fn entitle(schema: &mut Schema, title: &str, description: &str) {
    let all = [("$schema", "https://json-schema.org/draft/2020-12/schema"), ("title", title)];
    for (key, value) in all.into_iter().chain([("description", description)]) {
        schema.insert(key.to_owned(), value.into());
    }
}
