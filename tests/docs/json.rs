//! `docs/json.md` against what the examples of the help write with `--json`: every key of every document, with its type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::examples::{examples, help, prepare, verbs};
use super::{document, shell};

/// Keys of a document by path, such as `searches[].name`, with the types seen there.
type Keys = BTreeMap<String, BTreeSet<&'static str>>;

fn collect(value: &Value, path: &str, keys: &mut Keys) {
    let mut add = |kind| {
        if !path.is_empty() {
            keys.entry(path.to_owned()).or_default().insert(kind);
        }
    };
    match value {
        Value::Null => add("null"),
        Value::Bool(_) => add("boolean"),
        Value::Number(_) => add("number"),
        Value::String(_) => add("string"),
        Value::Array(items) => {
            add("array");
            items.iter().for_each(|item| collect(item, &format!("{path}[]"), keys));
        }
        Value::Object(fields) => {
            add("object");
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                collect(field, &format!("{path}{dot}{name}"), keys);
            }
        }
    }
}

/// The documents that the examples write, by `type`: their keys.
fn written() -> BTreeMap<String, Keys> {
    let mut documents: BTreeMap<String, Keys> = BTreeMap::new();
    for verb in verbs(&[]) {
        for line in examples(&help(&verb)) {
            let folder = tempfile::tempdir().unwrap();
            prepare(&verb[0], folder.path());
            let output = shell(&line.replacen("tanba ", "tanba --json ", 1), folder.path());
            // What is CSV or a script is refused with an error, which is a document as well.
            for said in String::from_utf8(output.stdout).unwrap().lines() {
                let Ok(document) = serde_json::from_str::<Value>(said) else { continue };
                let kind = document["type"].as_str();
                let kind =
                    kind.unwrap_or_else(|| panic!("{line}: a document without a type: {said}"));
                collect(&document, "", documents.entry(kind.to_owned()).or_default());
            }
        }
    }
    documents
}

/// A row of a table: type and description.
struct Row {
    stated: String,
    what: String,
}

impl Row {
    /// Whether the row of `above` tells of `path` below it: a map has names of its own, and what `…` stands for is
    /// on another page or in the description.
    fn tells(&self, above: &str, path: &str) -> bool {
        let Some(below) = path.strip_prefix(above).filter(|below| !below.is_empty()) else {
            return false;
        };
        if !below.starts_with(['.', '[']) {
            return false;
        }
        let name = path.rsplit('.').next().unwrap().trim_end_matches("[]");
        let is_described = self.what.contains("](") || self.what.contains(&format!("`{name}`"));
        let is_element = below.chars().all(|c| matches!(c, '[' | ']'));
        self.stated.starts_with("map") || self.stated.contains('…') && (is_described || is_element)
    }
}

/// The tables of the page by type of document.
fn documented() -> BTreeMap<String, BTreeMap<String, Row>> {
    let text = document("docs/json.md");
    let mut documents: BTreeMap<String, BTreeMap<String, Row>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            let kind = heading.split('`').next().unwrap();
            current = Some(documents.entry(kind.to_owned()).or_default());
        } else if let (Some(rows), Some(row)) = (current.as_mut(), line.strip_prefix("| `")) {
            let (path, rest) = row.split_once("` | ").unwrap();
            let (stated, what) = rest.split_once(" | ").unwrap();
            rows.insert(path.to_owned(), Row { stated: stated.to_owned(), what: what.to_owned() });
        }
    }
    documents
}

/// What is wrong with the rows of one document.
fn faults(kind: &str, keys: &Keys, rows: &BTreeMap<String, Row>) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, seen) in keys {
        if path == "type" || rows.iter().any(|(above, row)| row.tells(above, path)) {
            continue;
        }
        // Elements of an array of plain values are told with the array.
        let plain = path.strip_suffix("[]").and_then(|array| rows.get(array));
        match rows.get(path).or(plain) {
            None => faults.push(format!("{kind}: `{path}` ({seen:?}) is not in docs/json.md")),
            Some(Row { stated, .. }) => {
                let known =
                    |of: &str| stated.contains(of) || of == "object" && stated.starts_with("map");
                let unknown: Vec<_> = seen.iter().filter(|of| !known(of)).collect();
                if !unknown.is_empty() {
                    faults.push(format!(
                        "{kind}: `{path}` is {seen:?}, and docs/json.md says {stated}"
                    ));
                }
            }
        }
    }
    let is_seen = |path: &&String| !keys.contains_key(*path);
    faults.extend(
        rows.keys().filter(is_seen).map(|path| format!("{kind}: no document has `{path}`")),
    );
    faults
}

/// Documents of the page that no example of the help writes; what they hold is not compared.
const SHOWN_BY_NO_EXAMPLE: [&str; 10] = [
    "audit_fault",
    "calibration",
    "difference",
    "executor",
    "finish",
    "gallery_info",
    "gallery_verify",
    "resume",
    "scheduler",
    "scores",
];

#[test]
fn every_key_of_every_document_that_the_examples_write_is_in_json_md() {
    let (written, documented) = (written(), documented());
    if let Ok(path) = std::env::var("TANBA_WRITE_JSON_KEYS") {
        std::fs::write(path, serde_json::to_string_pretty(&written).unwrap()).unwrap();
    }
    let none = BTreeMap::new();
    let mut found: Vec<String> = written
        .iter()
        .flat_map(|(kind, keys)| faults(kind, keys, documented.get(kind).unwrap_or(&none)))
        .collect();
    let unseen = documented
        .keys()
        .filter(|kind| written.contains_key(*kind) == SHOWN_BY_NO_EXAMPLE.contains(&kind.as_str()));
    found.extend(unseen.map(|kind| {
        format!("{kind}: written by an example or not, unlike SHOWN_BY_NO_EXAMPLE says")
    }));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
