//! OSCQuery: the addresses as a tree of JSON, from which other programs build panels by themselves.
//!
//! Triggers are of the type `I` (it happens) and cannot be read; which scene is on is told by `/millions/status/scene`.

use serde_json::{Map, Value as Json, json};

use crate::ListenAddress;
use millions_control::{Argument, Leaf, Value};

/// What a node of a query tells.
pub const ATTRIBUTES: [&str; 7] = ["FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION"];

/// The answer to `?HOST_INFO`.
pub fn host_info(osc: Option<ListenAddress>) -> Json {
    let mut info = json!({
        "NAME": "millions",
        "EXTENSIONS": {
            "ACCESS": true, "VALUE": true, "RANGE": true, "DESCRIPTION": true,
            "LISTEN": true, "PATH_ADDED": true, "PATH_REMOVED": true,
        },
    });
    if let Some(ListenAddress(address)) = osc {
        info["OSC_PORT"] = address.port().into();
        info["OSC_TRANSPORT"] = "UDP".into();
        if !address.ip().is_unspecified() {
            info["OSC_IP"] = address.ip().to_string().into();
        }
    }
    info
}

/// Returns the node of a path, with all that lies below it; none where there is none.
pub fn node(leaves: &[Leaf], path: &str) -> Option<Json> {
    let path = path.trim_end_matches('/');
    let is_below =
        |leaf: &&Leaf| leaf.address.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let below: Vec<_> = leaves.iter().filter(is_below).collect();
    if below.is_empty() {
        return None;
    }
    let mut root = container(if path.is_empty() { "/" } else { path });
    for leaf in below {
        let rest = leaf.address[path.len()..].trim_start_matches('/');
        let mut full_path = path.to_owned();
        let mut node = &mut root;
        for part in rest.split('/').filter(|part| !part.is_empty()) {
            full_path = format!("{full_path}/{part}");
            // Indexing makes what is not there.
            node = &mut node["CONTENTS"][part];
            if node.is_null() {
                *node = container(&full_path);
            }
        }
        if let Json::Object(map) = node {
            describe(leaf, map);
        }
    }
    Some(root)
}

fn container(path: &str) -> Json {
    json!({ "FULL_PATH": path, "ACCESS": 0 })
}

fn describe(leaf: &Leaf, node: &mut Map<String, Json>) {
    let is_read = leaf.current.is_some() && leaf.value != Value::Trigger;
    let access = u8::from(is_read) + 2 * u8::from(leaf.commands);
    node.insert("ACCESS".into(), access.into());
    node.insert("DESCRIPTION".into(), leaf.description.into());
    node.insert("TYPE".into(), kind(leaf).into());
    if let Some(value) = leaf.current.as_ref().filter(|_| is_read) {
        node.insert("VALUE".into(), json!([value]));
    }
    let range = match (leaf.value, leaf.range) {
        (Value::Choice(words), _) => Some(json!([{ "VALS": words }])),
        (_, Some(range)) => Some(json!([{ "MIN": range.low, "MAX": range.high }])),
        _ => None,
    };
    if let Some(range) = range {
        node.insert("RANGE".into(), range);
    }
}

/// The OSC type of an address.
fn kind(leaf: &Leaf) -> &'static str {
    match (leaf.value, &leaf.current) {
        (Value::Trigger, _) => "I",
        (Value::Switch, Some(Argument::Switch(true))) => "T",
        (Value::Switch, _) => "F",
        (Value::Whole(_), _) => "i",
        (Value::Number(_) | Value::OfTarget, _) => "f",
        (Value::Choice(_), _) => "s",
        (Value::Text, Some(Argument::Switch(_))) => "T",
        (Value::Text, Some(Argument::Whole(_))) => "i",
        (Value::Text, Some(Argument::Number(_))) => "f",
        (Value::Text, _) => "s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wall;
    use millions_control::leaves;

    #[test]
    fn the_tree_has_every_address_once_with_its_type_and_limits() {
        let leaves = leaves(&test_wall::status());
        let tree = node(&leaves, "/").unwrap();
        let mut found = 0;
        let mut walk = vec![&tree];
        while let Some(node) = walk.pop() {
            found += usize::from(node.get("TYPE").is_some());
            assert!(node["FULL_PATH"].as_str().unwrap().starts_with('/'));
            if let Some(Json::Object(contents)) = node.get("CONTENTS") {
                walk.extend(contents.values());
            }
        }
        assert_eq!(found, leaves.len());
        let speed = node(&leaves, "/millions/speed").unwrap();
        assert_eq!((&speed["TYPE"], &speed["VALUE"], &speed["ACCESS"]), (&json!("f"), &json!([1.0]), &json!(3)));
        assert_eq!(speed["RANGE"], json!([{ "MIN": 0.03125, "MAX": 32.0 }]));
        let test = node(&leaves, "/millions/test/left wall").unwrap();
        assert_eq!((&test["TYPE"], &test["RANGE"][0]["VALS"][1]), (&json!("s"), &json!("muted")));
        let scene = node(&leaves, "/millions/cue/title").unwrap();
        assert_eq!((&scene["TYPE"], &scene["ACCESS"], scene.get("VALUE")), (&json!("I"), &json!(2), None));
        assert_eq!(node(&leaves, "/millions/status/people").unwrap()["ACCESS"], 1);
        assert!(["/nobody", "/mill", "/millions/cue/tit"].iter().all(|path| node(&leaves, path).is_none()));
    }
}
