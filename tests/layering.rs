//! The layers of `src/lib.rs`, and the rooms of `wgpu`, `parquet`, `unsafe` and printing, read from
//! the sources. Comments and texts in quotes do not count.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules by layer; a module imports only from lower numbers.
const LAYERS: [&[&str]; 9] = [
    &["error", "limits", "ident", "language", "score"],
    &["domain", "law"],
    &["kernel", "column"],
    &["device", "gallery"],
    &["import", "synth", "plan", "hits"],
    &["run", "evaluate", "audit", "destroy", "explain"],
    &["report"],
    &["cluster"],
    &["cli"],
];

/// Imports between two modules of one layer that are allowed, with the reason.
const SAME_LAYER: [(&str, &str, &str); 3] = [
    ("law", "domain", "the rules are about the indexes of the domain"),
    ("explain", "run", "a hit is explained by the code that made it"),
    ("error", "limits", "a rejection quotes a limited number of characters"),
];

/// Lines a file may have: beyond that nobody reads it in one sitting.
const MAX_LINES: usize = 600;

/// One source file, as the rules see it.
struct Source {
    /// Path below `src`, with `/`.
    path: String,
    text: String,
    /// The text without comments and quoted texts, line for line.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned(), code: code_of(text) }
    }

    /// Top-level module the file belongs to; none for `lib.rs` and `main.rs`.
    fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next().unwrap_or_default();
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (!matches!(name, "lib" | "main")).then_some(name)
    }

    /// Number of `super` that leads from the file to the crate root.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("mod.rs") { parts - 1 } else { parts }
    }

    fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// `text` with comments and the insides of quotes blanked; line breaks stay.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let blank = |code: &mut Vec<u8>, from: usize, to: usize| {
        let to = to.min(code.len());
        code[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    };
    let find = |from: usize, what: &str| {
        text.as_bytes()[from.min(bytes.len())..]
            .windows(what.len())
            .position(|w| w == what.as_bytes())
            .map_or(bytes.len(), |place| from + place)
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let is_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let end = if rest.starts_with(b"//") {
            find(at, "\n")
        } else if rest.starts_with(b"/*") {
            find(at + 2, "*/") + 2
        } else if !is_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#")) {
            let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
            if rest.get(1 + hashes) == Some(&b'"') {
                let close = format!("\"{}", "#".repeat(hashes));
                find(at + 2 + hashes, &close) + close.len()
            } else {
                at
            }
        } else if rest[0] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            end + 1
        } else if rest.starts_with(b"'\\") {
            find(at + 3, "'") + 1
        } else if rest.len() > 2 && rest[0] == b'\'' && rest[2] == b'\'' {
            at + 3
        } else {
            at
        };
        if end > at {
            blank(&mut code, at, end);
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8_lossy(&code).into_owned()
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Places where `word` stands in `code` as a whole word.
fn places(code: &str, word: &str) -> Vec<usize> {
    code.match_indices(word)
        .map(|(place, _)| place)
        .filter(|place| {
            let before = place.checked_sub(1).map(|p| code.as_bytes()[p]);
            let after = code.as_bytes().get(place + word.len()).copied();
            !before.is_some_and(is_word_byte) && !after.is_some_and(is_word_byte)
        })
        .collect()
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.bytes().position(|b| !is_word_byte(b)).unwrap_or(text.len());
    &text[..end]
}

/// The first words inside a brace list: `{a::x, b::{c, d}}` names `a` and `b`.
fn heads_of_list(list: &str) -> Vec<&str> {
    let mut heads = Vec::new();
    let mut depth = 0;
    for (place, byte) in list.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(byte, b'{' | b',') {
            heads.push(first_word(&list[place + 1..]));
        }
    }
    heads
}

/// Top-level modules that `source` names by `crate::…` or by enough `super::`, with their lines.
fn references(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut add = |place: usize, path: &str| {
        let line = source.code[..place].matches('\n').count() + 1;
        let path = path.trim_start();
        let heads =
            if path.starts_with('{') { heads_of_list(path) } else { vec![first_word(path)] };
        found.extend(heads.into_iter().map(|head| (line, head.to_owned())));
    };
    for place in places(&source.code, "crate") {
        if let Some(path) = source.code[place + 5..].trim_start().strip_prefix("::") {
            add(place, path);
        }
    }
    for place in places(&source.code, "super") {
        let mut rest = &source.code[place..];
        let mut steps = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, steps) = (after, steps + 1);
        }
        let starts_chain = !source.code[..place].ends_with("super::");
        if starts_chain && steps >= source.depth() {
            add(place, rest);
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Every rule `source` breaks, as `path:line: rule`.
fn violations(source: &Source) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(module) = source.module() {
        let Some(own) = layer(module) else {
            return vec![format!("{}:1: {module} has no layer in tests/layering.rs", source.path)];
        };
        for (line, other) in references(source) {
            let Some(theirs) = layer(&other) else { continue };
            let allowed = other == module
                || theirs < own
                || SAME_LAYER.iter().any(|(from, to, _)| *from == module && *to == other);
            if !allowed {
                list.push(format!("{}:{line}: {module} imports {other}", source.path));
            }
        }
    }
    let is_unsafe_room = source.path.starts_with("kernel/")
        && source.path.rsplit('/').next().is_some_and(|name| name.starts_with("lanes"))
        || matches!(source.path.as_str(), "kernel/simd.rs" | "gallery/map.rs");
    let storage = ["column/", "gallery/", "hits/", "import/"];
    let rooms: [(&str, bool); 12] = [
        ("wgpu", source.is_in(&["device/gpu"])),
        ("parquet", source.is_in(&storage)),
        ("arrow", source.is_in(&storage) || source.is_in(&["cluster/"])),
        ("datafusion", source.is_in(&["cluster/"])),
        ("ballista_core", source.is_in(&["cluster/"])),
        ("tonic", source.is_in(&["cluster/"])),
        ("unsafe", is_unsafe_room),
        ("print!", source.is_in(&["cli/"])),
        ("println!", source.is_in(&["cli/"])),
        ("eprint!", source.is_in(&["cli/"])),
        ("eprintln!", source.is_in(&["cli/"])),
        ("dbg!", false),
    ];
    for (word, is_room) in rooms {
        for place in places(&source.code, word).into_iter().filter(|_| !is_room) {
            let is_crate = !matches!(word, "parquet" | "arrow")
                || source.code[place + word.len()..].starts_with("::");
            if is_crate {
                let line = source.code[..place].matches('\n').count() + 1;
                list.push(format!("{}:{line}: {word} outside its room", source.path));
            }
        }
    }
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        list.push(format!("{}:{lines}: a file has at most {MAX_LINES} lines", source.path));
    }
    list
}

fn sources_below(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources_below(&path, root, sources);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source::new(&relative, &fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    sources_below(&root, &root, &mut sources);
    sources
}

#[test]
fn every_source_keeps_to_its_layer_and_its_rooms() {
    let sources = sources();
    assert!(sources.len() > 50, "only {} sources were found", sources.len());
    let list: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(list.is_empty(), "{}", list.join("\n"));
}

#[test]
fn the_layers_are_those_that_lib_rs_declares() {
    let lib = sources().into_iter().find(|s| s.path == "lib.rs").unwrap();
    let mut declared: Vec<&str> =
        lib.code.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut known: Vec<&str> = LAYERS.concat();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
    for (number, modules) in LAYERS.iter().enumerate() {
        let line = lib.text.lines().find(|l| l.starts_with(&format!("//! {number}. "))).unwrap();
        for module in *modules {
            assert!(line.contains(&format!("[`{module}`]")), "layer {number} lacks {module}");
        }
    }
}

#[test]
fn an_allowed_import_within_a_layer_is_one_that_exists() {
    let sources = sources();
    for (from, to, reason) in SAME_LAYER {
        let is_used = sources
            .iter()
            .filter(|s| s.module() == Some(from))
            .any(|s| references(s).iter().any(|(_, other)| other == to));
        assert!(is_used, "{from} no longer imports {to} ({reason}): take the row out");
    }
}

#[test]
fn a_planted_violation_is_found() {
    let broken = |path: &str, text: &str| violations(&Source::new(path, text));
    for (path, text) in [
        ("domain/dna.rs", "use crate::gallery::Gallery;"),
        ("domain/dna.rs", "use crate::{error::Error, column::{dna, hit}};"),
        ("domain/dna.rs", "fn f() { super::super::run::execute() }"),
        ("plan/job.rs", "fn f() -> crate::hits::Hit { todo() }"),
        ("hits/mod.rs", "use super::plan;"),
        ("plan/job.rs", "use parquet::file::properties::WriterProperties;"),
        ("run/tile.rs", "use arrow::array::Array;"),
        ("device/cpu.rs", "use wgpu::Device;"),
        ("run/serve.rs", "use datafusion::error::Result;"),
        ("cluster/mod.rs", "use crate::cli::ui::Ui;"),
        ("kernel/planes.rs", "fn f() { unsafe { g() } }"),
        ("run/mod.rs", "fn f() { println!(\"x\"); }"),
        ("run/mod.rs", "fn f() { let c = '\"'; eprintln!(\"x\"); }"),
        ("novel/mod.rs", "fn f() {}"),
    ] {
        assert_eq!(broken(path, text).len(), 1, "{path}: {text}");
    }
    assert_eq!(broken("domain/dna.rs", &"\n".repeat(MAX_LINES + 1)).len(), 1);
    for (path, text) in [
        ("domain/dna.rs", "/// See [`crate::gallery`].\nuse crate::limits::MAX_LOCI; // unsafe"),
        (
            "domain/dna.rs",
            "const A: &str = \"unsafe \\\" println!(crate::run)\"; const B: char = '\"';",
        ),
        ("domain/dna.rs", "const A: &str = r#\"crate::run \" unsafe\"#; fn f<'a>(x: &'a str) {}"),
        ("law/purpose.rs", "use crate::domain::category::Index;"),
        ("hits/finish.rs", "mod tests { use super::super::finish; use crate::gallery::file; }"),
        ("kernel/str_screen/lanes.rs", "#![allow(unsafe_code)] fn f() { unsafe { g() } }"),
        ("cli/ui.rs", "fn f() { println!(\"x\"); }"),
        ("main.rs", "fn main() { tanba::cli::main() }"),
    ] {
        assert_eq!(broken(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}
