//! The catalogues against each other and against the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// The messages of a language with the variables that stand in them; a number that only decides on a form is none.
fn catalogue(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    let lines = language.messages().iter().flat_map(|text| text.lines());
    for line in lines.filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
            last = id.to_owned();
            assert!(messages.insert(last.clone(), BTreeSet::new()).is_none(), "{id} twice");
        }
        for (place, _) in line.match_indices("{ $") {
            let rest = &line[place + 3..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            if !rest[name.len()..].starts_with(" ->") {
                messages.get_mut(&last).unwrap().insert(name);
            }
        }
    }
    messages
}

/// Every message of a language with `<name>` for each variable.
fn said(language: Language) -> BTreeMap<String, String> {
    let bundle = bundle(language).unwrap();
    let said = catalogue(language).into_iter().map(|(id, variables)| {
        let mut arguments = FluentArgs::new();
        arguments.set("count", 7u64);
        for name in variables.iter().filter(|name| *name != "count") {
            arguments.set(name.clone(), format!("<{name}>"));
        }
        let said = pattern(&bundle, &id, &arguments).unwrap_or_else(|| panic!("{id}"));
        for name in variables.iter().filter(|name| *name != "count") {
            assert!(said.contains(&format!("<{name}>")), "{id}: {said}");
        }
        (id, said)
    });
    said.collect()
}

#[test]
fn every_language_has_every_message_with_the_same_variables() {
    let english = catalogue(Language::English);
    assert!(english.len() > 300);
    for language in [Language::Kazakh, Language::Russian] {
        assert_eq!(catalogue(language), english, "{}", language.code());
    }
}

#[test]
fn every_message_is_said_in_its_language() {
    let english = said(Language::English);
    for language in [Language::Kazakh, Language::Russian] {
        for (id, said) in said(language) {
            assert_ne!(said, english[&id], "{}: {id}", language.code());
        }
    }
}

#[test]
fn commands_are_the_same_in_every_language() {
    let quoted = |text: &str| -> BTreeSet<String> {
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let flags = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
    };
    let english = said(Language::English);
    for language in [Language::Kazakh, Language::Russian] {
        for (id, said) in said(language) {
            assert_eq!(quoted(&said), quoted(&english[&id]), "{}: {id}", language.code());
            assert_eq!(flags(&said), flags(&english[&id]), "{}: {id}", language.code());
        }
    }
}

/// A Kazakh letter that Russian lacks; a Russian letter that no Kazakh word but a loan has.
#[test]
fn kazakh_is_not_russian() {
    let (kazakh, russian) = (said(Language::Kazakh), said(Language::Russian));
    let long = kazakh.iter().filter(|(_, said)| said.chars().count() > 100);
    for (id, said) in long {
        assert_ne!(said, &russian[id], "{id}");
        assert!(said.contains(['ә', 'ғ', 'қ', 'ң', 'ө', 'ұ', 'ү', 'і', 'һ']), "{id}: {said}");
    }
}

#[test]
fn numbers_take_the_forms_of_the_language() {
    let russian = bundle(Language::Russian).unwrap();
    for (count, word) in [(1u64, "группа"), (3, "группы"), (5, "групп "), (21, "группа")]
    {
        let mut arguments = FluentArgs::new();
        arguments.set("count", count);
        arguments.set("shown", count.to_string());
        let said = pattern(&russian, "clusters", &arguments).unwrap();
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn the_language_of_a_locale_is_its_first_word() {
    assert_eq!(Language::of_locale("kk_KZ.UTF-8"), Some(Language::Kazakh));
    assert_eq!(Language::of_locale("RU"), Some(Language::Russian));
    assert_eq!(Language::of_locale("en-GB"), Some(Language::English));
    assert_eq!(Language::of_locale("C.UTF-8"), None);
    assert_eq!(Language::of_locale(""), None);
}

/// The texts of the sources and templates, without this folder.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "html")
            && !path.components().any(|part| part.as_os_str() == "language")
        {
            texts.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Verbs that speak English (docs/languages.md), and what is no verb.
const ENGLISH: [&str; 21] = [
    "config.rs",
    "demo.rs",
    "evaluate.rs",
    "evaluate_finger.rs",
    "expected.rs",
    "log.rs",
    "manual.rs",
    "matrix.rs",
    "metrics.rs",
    "mod.rs",
    "score.rs",
    "score_candidates.rs",
    "score_family.rs",
    "score_finger.rs",
    "score_lineage.rs",
    "score_lineages.rs",
    "score_mixture.rs",
    "synth.rs",
    "synth_figure.rs",
    "synth_finger.rs",
    "train.rs",
];

/// What is handed to `say`, `note`, `warn` and `table` as it stands there.
#[test]
fn no_verb_prints_words_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let mut calls = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if ENGLISH.contains(&name.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for call in ["ui.say(", "ui.note(", "ui.warn(", "ui.table(", "format!("] {
            for (place, _) in text.match_indices(call) {
                // A text that is made is judged where it is handed over.
                if call == "format!(" && !text[..place].trim_end().ends_with('(') {
                    continue;
                }
                calls += 1;
                let rest = text[place + call.len()..].trim_start();
                let rest = rest.strip_prefix("&[").unwrap_or(rest).trim_start();
                let Some(quoted) = rest.strip_prefix('"') else { continue };
                let quoted = quoted.split('"').next().unwrap();
                let outside = quoted.split('{').map(|p| p.split_once('}').map_or(p, |p| p.1));
                let outside: String = outside.collect::<Vec<_>>().join(" ");
                let words = outside.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() > 2);
                let is_handed = call != "format!("
                    || ["ui.say(", "ui.note(", "ui.warn("]
                        .iter()
                        .any(|call| text[..place].trim_end().ends_with(call));
                assert!(!is_handed || words.count() == 0, "{name}: {quoted}");
            }
        }
    }
    assert!(calls > 150);
}

/// Messages whose names are made of a word of the program: how they begin, and how they may end.
const DERIVED: [(&str, &str); 17] = [
    ("report-check-", "-advice"),
    ("report-caption-", ""),
    ("category-", "-register"),
    ("column-", ""),
    ("kin-", ""),
    ("stringency-", ""),
    ("position-", ""),
    ("impression-", ""),
    ("calibration-", ""),
    ("state-", ""),
    ("part-state-", ""),
    ("record-state-", ""),
    ("look-", ""),
    ("verdict-", ""),
    ("change-", ""),
    ("kind-", ""),
    ("error-", ""),
];

/// Heads of tables that are signs and no words.
const SIGNS: [&str; 7] = ["D", "P", "N", "R", "U", "dx", "dy"];

/// Every `words("id")` of the sources, however it is broken over lines.
#[test]
fn what_the_sources_say_is_in_the_catalogue_and_nothing_else_is() {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let known: BTreeSet<String> = catalogue(Language::English).into_keys().collect();
    for id in &known {
        let is_derived = DERIVED.iter().any(|(begin, end)| {
            let name = id.strip_prefix(begin).map(|rest| rest.strip_suffix(end).unwrap_or(rest));
            name.is_some_and(|name| {
                let quoted = [name.to_owned(), name.replace('-', "_"), name.replace('-', " ")]
                    .map(|n| format!("\"{n}\""));
                texts.iter().any(|text| quoted.iter().any(|quoted| text.contains(quoted)))
            })
        });
        let quoted = format!("\"{id}\"");
        let is_said = is_derived || texts.iter().any(|text| text.contains(&quoted));
        assert!(is_said, "nothing says {id}");
    }
    let mut said = BTreeSet::new();
    for text in &texts {
        let calls =
            ["words(", "words_with(", "words_counted(", "Message::new(", "message!(", "text("];
        let is_of_catalogue = text.contains("crate::language::") || text.contains("<main");
        for call in calls.into_iter().filter(|_| is_of_catalogue) {
            for (place, _) in text.match_indices(call) {
                let is_whole = !text[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let rest = text[place + call.len()..].trim_start();
                let id = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                let is_id = |id: &&str| is_whole && (call != "text(" || id.contains('-'));
                said.extend(id.filter(is_id).map(str::to_owned));
            }
        }
        for (place, _) in text.match_indices("titled(&[") {
            let header = text[place..].split(']').next().unwrap();
            let heads = header.split('"').skip(1).step_by(2).filter(|head| !SIGNS.contains(head));
            said.extend(heads.map(str::to_owned));
        }
        // Whatever is quoted and begins as messages of one subject do.
        for quoted in text.split('"') {
            let is_word = !quoted.is_empty()
                && quoted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                && !quoted.ends_with('-');
            let begins =
                ["report-", "column-", "chart-", "category-", "explain-", "picture-", "why-"];
            if is_word
                && begins.iter().any(|begin| quoted.starts_with(begin))
                && quoted != "why-not"
            {
                said.insert(quoted.to_owned());
            }
        }
    }
    let unknown: Vec<&String> = said.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
