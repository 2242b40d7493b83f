//! The JSON Schema of scene files.

use std::collections::BTreeMap;

use schemars::{Schema, json_schema};

use super::kinds::KindName;
use super::scene::SceneSection;
use millions_config::{alternatives, describe, entitle, object};

/// Returns the JSON Schema of scene files.
///
/// The properties are the keys of all kinds, so that an editor offers them; a condition for each kind then excludes
/// those of others and narrows those whose type differs. So an editor marks the very key or value, rather than the
/// whole file.
#[must_use]
pub fn scene_schema() -> Schema {
    let kinds = KindName::ALL.map(|kind| (kind, describe(SceneSection::new(kind, false))));
    let mut variants: BTreeMap<String, Vec<Schema>> = BTreeMap::new();
    for (key, variant) in kinds.iter().flat_map(|(_, schema)| properties(schema)) {
        let known = variants.entry(key).or_default();
        if !known.contains(&variant) {
            known.push(variant);
        }
    }
    let conditions: Vec<_> =
        kinds.iter().map(|(kind, schema)| condition(*kind, schema, &variants).to_value()).collect();
    let mut all = json_schema!({});
    for (key, mut variants) in variants {
        let schema = if variants.len() == 1 { variants.remove(0) } else { alternatives(variants) };
        all.insert(key, schema.to_value());
    }
    let mut schema = object(all);
    schema.insert("required".to_owned(), vec!["name"].into());
    schema.insert("allOf".to_owned(), conditions.into());
    entitle(&mut schema, "A scene of the wall", "What the wall shows between two cues, of one of six kinds.");
    schema
}

fn properties(schema: &Schema) -> Vec<(String, Schema)> {
    let all = schema.get("properties").and_then(|properties| properties.as_object()).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), Schema::try_from(value.clone()).ok()?))).collect()
}

/// Returns the condition of a kind, where the keys of all kinds have these variants.
fn condition(kind: KindName, schema: &Schema, variants: &BTreeMap<String, Vec<Schema>>) -> Schema {
    let own: BTreeMap<_, _> = properties(schema).into_iter().collect();
    let mut then = json_schema!({});
    for (key, variants) in variants {
        match own.get(key) {
            None => drop(then.insert(key.clone(), false.into())),
            Some(variant) if variants.len() > 1 => drop(then.insert(key.clone(), variant.clone().to_value())),
            Some(_) => {}
        }
    }
    let mut then = json_schema!({ "properties": then.to_value(), "required": schema.get("required") });
    if kind == KindName::Words {
        let quotes = json_schema!({
            "properties": { "source": { "const": "quotes" } }, "required": ["source"],
        });
        let texts = json_schema!({ "properties": { "source": { "const": "texts" } }, "required": ["texts"] });
        then.insert("anyOf".to_owned(), vec![quotes.to_value(), texts.to_value()].into());
    }
    // A file without a kind is of the default one.
    let required = if kind == KindName::default() { vec![] } else { vec!["kind"] };
    json_schema!({
        "if": { "properties": { "kind": { "const": kind.name() } }, "required": required },
        "then": then.to_value(),
    })
}
