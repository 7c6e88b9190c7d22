//! What the program says to people, in Kazakh, Russian or English: a catalogue of messages (Project Fluent).
//!
//! The language is chosen once per process. Messages are short and whole: numbers and names are put into them, never
//! glued to them, because word order and plurals differ. What a language lacks is said in English.
//!
//! Limits: data are never translated (names of searches, rules, statements, columns of files, articles of law), nor is
//! JSON, so that a program reads the same everywhere. Texts of errors and the help of flags are English.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Kazakh.
    Kazakh,
    /// Russian.
    Russian,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 3] = [Language::English, Language::Kazakh, Language::Russian];

    /// Its code (ISO 639-1).
    pub const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Kazakh => "kk",
            Language::Russian => "ru",
        }
    }

    const fn messages(self) -> &'static str {
        match self {
            Language::English => include_str!("en.ftl"),
            Language::Kazakh => include_str!("kk.ftl"),
            Language::Russian => include_str!("ru.ftl"),
        }
    }

    /// The language of a locale such as `kk_KZ.UTF-8`; none for any other.
    pub fn of_locale(locale: &str) -> Option<Language> {
        let code = locale.split(['_', '-', '.', '@']).next()?;
        Language::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }
}

type Bundle = FluentBundle<FluentResource>;

static CHOSEN: OnceLock<Language> = OnceLock::new();
static BUNDLES: OnceLock<[Option<Bundle>; 2]> = OnceLock::new();

/// Chooses the language of the process; a second call changes nothing.
pub fn choose(language: Language) {
    let _ = CHOSEN.set(language);
}

/// The language of the process.
pub fn chosen() -> Language {
    CHOSEN.get().copied().unwrap_or(Language::English)
}

fn bundle(language: Language) -> Option<Bundle> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.code().parse().ok()?]);
    // Marks of direction around every number would be seen in logs and files.
    bundle.set_use_isolating(false);
    // A message that cannot be read is missing, and a test finds it.
    let resource = FluentResource::try_new(language.messages().to_owned());
    bundle.add_resource(resource.unwrap_or_else(|(resource, _)| resource)).ok()?;
    Some(bundle)
}

/// A message without variables.
pub fn words(id: &str) -> String {
    words_with(id, &[])
}

/// A message with its variables.
pub fn words_with(id: &str, variables: &[(&str, &str)]) -> String {
    let mut arguments = FluentArgs::new();
    variables.iter().for_each(|(name, value)| arguments.set(*name, *value));
    formatted(id, &arguments)
}

/// A message whose form depends on a number: `count` decides on it, `shown` stands in it.
pub fn words_counted(id: &str, count: u64, shown: &str) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("count", count);
    arguments.set("shown", shown);
    formatted(id, &arguments)
}

fn formatted(id: &str, arguments: &FluentArgs) -> String {
    let bundles = BUNDLES.get_or_init(|| [bundle(chosen()), bundle(Language::English)]);
    let found = bundles.iter().flatten().find_map(|bundle| message(bundle, id, arguments));
    found.unwrap_or_else(|| id.to_owned())
}

fn message(bundle: &Bundle, id: &str, arguments: &FluentArgs) -> Option<String> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// The messages of a language with their variables.
    fn catalogue(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut last = String::new();
        for line in language.messages().lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                last = id.to_owned();
                assert!(messages.insert(last.clone(), BTreeSet::new()).is_none(), "{id} twice");
            }
            for (place, _) in line.match_indices("{ $") {
                let name: String =
                    line[place + 3..].chars().take_while(char::is_ascii_alphanumeric).collect();
                messages.get_mut(&last).unwrap().insert(name);
            }
        }
        messages
    }

    #[test]
    fn every_language_has_every_message_with_the_same_variables() {
        let english = catalogue(Language::English);
        assert!(english.len() > 60);
        for language in [Language::Kazakh, Language::Russian] {
            assert_eq!(catalogue(language), english, "{}", language.code());
        }
    }

    #[test]
    fn every_message_is_said_in_its_language_and_leaves_no_variable_out() {
        for language in Language::ALL {
            let bundle = bundle(language).unwrap();
            for (id, variables) in catalogue(language) {
                let mut arguments = FluentArgs::new();
                for name in &variables {
                    match name.as_str() {
                        "count" => arguments.set("count", 7u64),
                        name => arguments.set(name.to_owned(), format!("<{name}>")),
                    }
                }
                let said = message(&bundle, &id, &arguments).unwrap_or_else(|| panic!("{id}"));
                for name in variables.iter().filter(|name| *name != "count") {
                    assert!(said.contains(&format!("<{name}>")), "{id}: {said}");
                }
            }
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
            let said = message(&russian, "clusters", &arguments).unwrap();
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

    /// Every `words("id")` of the sources, however it is broken over lines.
    #[test]
    fn what_the_sources_say_is_in_the_catalogue_and_nothing_else_is() {
        fn sources(folder: &std::path::Path, texts: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, texts);
                } else if path.extension().is_some_and(|end| end == "rs")
                    && !path.ends_with("language/mod.rs")
                {
                    texts.push(std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        let mut texts = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
        texts.retain(|text| text.contains("use crate::language::") || text.contains("titled(&["));
        assert!(texts.len() > 5);
        for id in catalogue(Language::English).keys() {
            let quoted = format!("\"{id}\"");
            assert!(texts.iter().any(|text| text.contains(&quoted)), "nothing says {id}");
        }
        let mut said = BTreeSet::new();
        for text in texts.iter().filter(|text| text.contains("use crate::language::")) {
            for call in ["words(", "words_with(", "words_counted("] {
                for (place, _) in text.match_indices(call) {
                    let rest = text[place + call.len()..].trim_start();
                    let id = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                    said.extend(id.map(str::to_owned));
                }
            }
        }
        for text in &texts {
            for (place, _) in text.match_indices("titled(&[") {
                let header = text[place..].split(']').next().unwrap();
                said.extend(header.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
        let known: BTreeSet<String> = catalogue(Language::English).into_keys().collect();
        assert!(said.is_subset(&known), "{:?}", said.difference(&known));
    }
}
