//! What the verbs say in Kazakh and Russian, by the real program: no sentence of the English catalogue, no line of English
//! words, and the same JSON as in English.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[path = "common/mod.rs"]
mod common;
#[path = "common/program.rs"]
mod program;

use program::{exits, tanba, text};

const SUBJECTS: [&str; 4] = ["run", "report", "explain", "verbs"];

/// The messages of a language, each as the text of its file.
fn catalogue(language: &str) -> BTreeMap<String, String> {
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    for subject in SUBJECTS {
        let file = format!("src/language/{language}/{subject}.ftl");
        let lines = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let mut last = String::new();
        for line in lines.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                Some((id, said)) => {
                    last = id.to_owned();
                    messages.insert(last.clone(), said.to_owned());
                }
                None => {
                    if let Some(message) = messages.get_mut(&last) {
                        let form = line.split_once("] ").map_or("", |(_, form)| form);
                        message.push('\n');
                        message.push_str(form);
                    }
                }
            }
        }
    }
    messages
}

/// What a message says between its variables, where that is more than a word or two.
fn sentences(message: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for form in message.lines() {
        let between = form.split('{').map(|piece| piece.split_once('}').map_or(piece, |p| p.1));
        let between = between.map(|piece| piece.trim_matches([' ', ',', ';', ':', '.', '(', ')']));
        pieces.extend(between.filter(|p| p.len() > 11 && p.contains(' ')).map(str::to_owned));
    }
    pieces
}

struct World {
    folder: PathBuf,
    hit: String,
    finger_hit: String,
    family_hit: String,
}

impl World {
    fn at(&self, name: &str) -> String {
        text(&self.folder.join(name)).to_owned()
    }
}

/// A night of profiles, one of fingerprints, and a decision.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let at = |name: &str| text(&folder.join(name)).to_owned();
        exits(0, &["demo", "--persons", "900", "--out", &at("demo")]);
        let size = ["--persons", "12", "--double-registrations", "2", "--traces", "4"];
        exits(0, &[&["synth", "finger", "--out", &at("fingers")], &size[..]].concat());
        for register in ["citizen", "trace"] {
            let list = at(&format!("fingers/{register}.csv"));
            let to = ["--gallery", &at("prints"), "--register", register, "--owner", "mvd", &list];
            exits(0, &[&["import"], &to[..]].concat());
        }
        let (prints, night) = (at("prints"), at("fingers-night"));
        exits(0, &["run", "dedup", "--gallery", &prints, "--out", &night]);
        let first = |night: &str, wanted: &str| {
            let hits = tanba::hits::read_hits(&folder.join(night)).unwrap();
            let hit = hits.into_iter().find(|hit| hit.search.starts_with(wanted)).unwrap();
            hit.hit_id
        };
        World {
            hit: first("demo/night", "cold-case/trace-convict"),
            family_hit: first("demo/night", "missing-person/corpse-pedigree"),
            finger_hit: first("fingers-night", "dedup"),
            folder,
        }
    })
}

/// Verbs that show something and change nothing, as one line each; `{NAME}` is a place of the world.
const VERBS: [&str; 22] = [
    "plan nightly --gallery {demo/gallery}",
    "plan nightly --gallery {prints}",
    "status --out {demo/night}",
    "hits list {demo/night} --top 3",
    "hits stats {demo/night}",
    "explain {HIT} --gallery {demo/gallery} --run {demo/night}",
    "explain {FAMILY_HIT} --gallery {demo/gallery} --run {demo/night} --svg {pictures}",
    "explain {FINGER_HIT} --gallery {prints} --run {fingers-night} --svg {pictures}",
    "why-not C0000001 C0000002 --gallery {demo/gallery} --run {demo/night}",
    "why-not R000001 C0000002 --gallery {demo/gallery} --run {demo/night}",
    "why-not nobody C0000002 --gallery {demo/gallery} --run {demo/night}",
    "why-not FP0000001 FP0000002 --gallery {prints} --run {fingers-night}",
    "adjudicate next --gallery {demo/gallery} --run {demo/night} --top 3",
    "adjudicate show {HIT} --gallery {demo/gallery} --run {demo/night} --examiner E1",
    "adjudicate show {FINGER_HIT} --gallery {prints} --run {fingers-night} --examiner E1",
    "adjudicate stats --gallery {demo/gallery}",
    "gallery info {demo/gallery}",
    "gallery info {prints}",
    "gallery verify {demo/gallery}",
    "gallery policy {demo/gallery}",
    "audit show {demo/gallery}",
    "import --check {fingers/citizen/000/FP0000001.iso} --svg {checked.svg} --overwrite",
];

fn arguments(line: &str) -> Vec<String> {
    let world = world();
    let argument = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        Some("HIT") => world.hit.clone(),
        Some("FAMILY_HIT") => world.family_hit.clone(),
        Some("FINGER_HIT") => world.finger_hit.clone(),
        Some(place) => world.at(place),
        None => word.to_owned(),
    };
    line.split(' ').map(argument).collect()
}

/// What a verb says in a language, standard output and standard error; 0 and 1 are both ends of a look.
fn said(language: &str, line: &str) -> String {
    let arguments = arguments(line);
    let mut all = vec!["--lang", language];
    all.extend(arguments.iter().map(String::as_str));
    let output = tanba(&all);
    let said = [&output.stdout[..], b"\n", &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{line}\n{said}");
    said
}

/// Lines that are data or a reason that stays English (docs/languages.md).
const ENGLISH: [&str; 3] = [
    "pixels from the top left corner",
    "angles in 1/256 of a turn",
    "directions counter-clockwise from the x axis",
];

/// Whether a text has four English words in a row.
fn english(said: &str) -> Option<String> {
    let is_word = |word: &str| {
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
            || matches!(word, "a" | "I")
    };
    let clean = |word: &str| word.trim_matches([',', ';', ':', '.', '(', ')']).to_owned();
    for line in said.lines().filter(|line| !ENGLISH.iter().any(|known| line.contains(known))) {
        let words: Vec<String> = line.split_whitespace().map(clean).collect();
        if words.windows(4).any(|four| four.iter().all(|word| is_word(word))) {
            return Some(line.to_owned());
        }
    }
    None
}

#[test]
fn no_verb_says_an_english_sentence_in_kazakh_or_russian() {
    let english_sentences: Vec<String> =
        catalogue("en").values().flat_map(|message| sentences(message)).collect();
    assert!(english_sentences.len() > 300);
    for line in VERBS {
        for language in ["kk", "ru"] {
            let said = said(language, line);
            for sentence in &english_sentences {
                assert!(!said.contains(sentence), "--lang {language} {line}: {sentence:?}\n{said}");
            }
            assert_eq!(english(&said), None, "--lang {language} {line}\n{said}");
            assert!(said.chars().any(|c| ('а'..='я').contains(&c)), "{line}\n{said}");
        }
        assert!(!said("en", line).chars().any(|c| ('а'..='я').contains(&c)), "{line}");
    }
}

#[test]
fn json_is_the_same_in_every_language() {
    for line in VERBS {
        let line = format!("--json {line}");
        // Acts and times of a log grow with every look.
        if line.contains("audit") || line.contains("gallery info") {
            continue;
        }
        let english =
            tanba(&arguments(&line).iter().map(String::as_str).collect::<Vec<_>>()).stdout;
        assert!(!english.is_empty(), "{line}");
        for language in ["kk", "ru"] {
            let line = format!("--lang {language} {line}");
            let arguments = arguments(&line);
            let other = tanba(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).stdout;
            let (other, english) =
                (String::from_utf8_lossy(&other), String::from_utf8_lossy(&english));
            // How long things take differs from look to look.
            if !line.contains("plan") {
                assert_eq!(other, english, "{line}");
            }
            assert!(!other.chars().any(|c| ('а'..='я').contains(&c)), "{line}: {other}");
        }
    }
}

#[test]
fn an_error_is_introduced_in_the_language() {
    for (language, words) in [
        ("kk", ["қате (команда дұрыс емес):", "не істеу керек:"]),
        ("ru", ["ошибка (неверная команда):", "что делать:"]),
    ] {
        let said = exits(2, &["--lang", language, "status", "--out", "nowhere"]);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[test]
fn the_words_of_pictures_are_in_the_language_and_none_has_a_style_of_its_own() {
    let world = world();
    for (language, title) in [("kk", "шындыққа ұқсастық"), ("ru", "Отношение правдоподобия")]
    {
        said(language, VERBS[6]);
        let picture = fs::read_to_string(
            world.folder.join(format!("pictures/{}-waterfall.svg", world.family_hit)),
        )
        .unwrap();
        assert!(picture.contains(title), "{picture}");
        // A style sheet for who opens the file by itself, and no style on an element.
        assert!(picture.contains("<style>") && !picture.contains("style=\""), "{picture}");
    }
}

/// The terms of docs/languages.md are those of the law.
#[test]
fn the_kazakh_terms_stand_in_the_law() {
    let Some(law) = common::shared("law") else { return };
    let mut texts = String::new();
    for entry in fs::read_dir(law).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".kk.txt") {
            texts += &fs::read_to_string(path).unwrap();
        }
    }
    let texts = texts.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/languages.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = page.lines().filter(|line| line.contains("| L40 ") || line.contains("| L510 "));
    let terms: Vec<&str> = rows.filter_map(|row| row.split('|').nth(2)).map(str::trim).collect();
    assert!(terms.len() > 15, "{terms:?}");
    for term in terms {
        assert!(texts.contains(&term.to_lowercase()), "{term}");
    }
}
