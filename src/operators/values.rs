//! What the value of a key may be, in words, and an example of it: from the JSON Schema of its type.

use serde_json::Value as Json;

/// The definition that a reference names.
fn resolved<'a>(root: &'a Json, node: &'a Json) -> (&'a str, &'a Json) {
    let name = node["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    match name {
        Some(name) => (name, &root["$defs"][name]),
        None => ("", node),
    }
}

/// The alternatives of a schema, without `null`.
fn alternatives(node: &Json) -> Vec<&Json> {
    let all = ["anyOf", "oneOf"].iter().find_map(|key| node[*key].as_array());
    let all = all.map(|all| all.iter().collect()).unwrap_or_default();
    let is_null = |one: &&Json| one["type"] == "null";
    Vec::into_iter(all).filter(|one| !is_null(one)).collect()
}

/// The one type of a schema that is not `null`.
fn kind(node: &Json) -> &str {
    match &node["type"] {
        Json::Array(all) => {
            all.iter().filter_map(Json::as_str).find(|t| *t != "null").unwrap_or("")
        }
        one => one.as_str().unwrap_or(""),
    }
}

/// Whether the values are arrays of the file.
fn is_array(name: &str) -> bool {
    name.starts_with("ArrayParam")
}

/// What a value may be: `integer or list of integers`, `"hanning" or "none"`.
pub(super) fn words(root: &Json, node: &Json) -> String {
    let (name, node) = resolved(root, node);
    match name {
        _ if is_array(name) => return "array".into(),
        "NumberList" => return "nested list of numbers".into(),
        "ComplexNumber" => return "number".into(),
        _ => {}
    }
    if let Some(value) = node.get("const") {
        return value.to_string();
    }
    if let Some(all) = node["enum"].as_array() {
        let all: Vec<String> = all.iter().filter(|v| !v.is_null()).map(Json::to_string).collect();
        return all.join(" or ");
    }
    let several = alternatives(node);
    if !several.is_empty() {
        let mut all: Vec<String> = Vec::new();
        for one in several {
            let one = words(root, one);
            if !all.contains(&one) {
                all.push(one);
            }
        }
        return all.join(" or ");
    }
    match kind(node) {
        "array" => {
            let of = words(root, &node["items"]);
            match node["prefixItems"].as_array() {
                Some(parts) if of.is_empty() => format!("list of {}", parts.len()),
                _ if of.starts_with('"') || of.contains(" or ") => format!("list of {of}"),
                _ if of.starts_with("list of ") => format!("list of lists of {}", &of[8..]),
                _ if of.is_empty() => "list".into(),
                _ => format!("list of {of}s"),
            }
        }
        "object" => "table".into(),
        other => other.to_string(),
    }
}

/// An example of a value, as TOML.
pub(super) fn sample(root: &Json, node: &Json, key: &str) -> String {
    let (name, node) = resolved(root, node);
    match name {
        _ if is_array(name) => return format!("\"{}\"", key.to_lowercase()),
        "NumberList" => return "[1.0, 2.0]".into(),
        "ComplexNumber" => return "1.0".into(),
        _ => {}
    }
    if let Some(value) = node.get("const") {
        return value.to_string();
    }
    if let Some(first) = node["enum"].as_array().and_then(|all| all.first()) {
        return first.to_string();
    }
    let several = alternatives(node);
    // A list shows more than one value; a word more than a list.
    let listed = several.iter().find(|one| kind(resolved(root, one).1) == "array");
    if let Some(one) = listed.or(several.first()) {
        return sample(root, one, key);
    }
    match kind(node) {
        "integer" => "4".into(),
        "number" => "1.0".into(),
        "boolean" => "true".into(),
        "array" => {
            let item = &node["items"];
            let (inner, parts) = (sample(root, item, key), node["minItems"].as_u64());
            let n = parts.and_then(|n| usize::try_from(n).ok()).unwrap_or(2).max(2);
            match kind(resolved(root, item).1) {
                "integer" if n == 2 => "[40, 30]".into(),
                "number" if n == 2 => "[1.0, 2.0]".into(),
                "string" if n == 2 => "[\"A\", \"B\"]".into(),
                _ => format!("[{}]", vec![inner; n].join(", ")),
            }
        }
        "object" => "{}".into(),
        _ => "\"A\"".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::operators::ENTRIES;

    #[test]
    fn values_are_told_in_words() {
        let words_of = |operator: &str, key: &str| {
            let entry = ENTRIES.iter().find(|e| e.name == operator).unwrap();
            let key = entry.keys().into_iter().find(|k| k.name == key);
            key.unwrap_or_else(|| panic!("{operator} has no such key")).value
        };
        assert_eq!(words_of("Restriction", "dims"), "integer or list of integers");
        assert_eq!(words_of("Restriction", "iava"), "array");
        assert_eq!(words_of("Restriction", "axis"), "integer");
        assert_eq!(words_of("FirstDerivative", "sampling"), "number");
        assert_eq!(words_of("FirstDerivative", "edge"), "boolean");
        assert_eq!(words_of("VStack", "ops"), "list of strings");
        assert!(words_of("FirstDerivative", "kind").contains("\"centered\""));
        for entry in ENTRIES {
            for key in entry.keys() {
                assert!(!key.value.is_empty(), "{} of {} is anything", key.name, entry.name);
            }
        }
    }
}
