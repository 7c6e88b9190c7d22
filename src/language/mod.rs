//! What the program says to people, in Kazakh, Russian or English: a catalogue of messages (Project Fluent).
//!
//! The language is chosen once per process. Messages are short and whole: numbers and names are put into them, never
//! glued to them, because word order and plurals differ. What a language lacks is said in English.
//!
//! Limits: data are never translated (names of searches, rules, statements, columns of files, articles of law), nor is
//! JSON, so that a program reads the same everywhere. Texts of errors and the help of flags are English
//! (docs/languages.md).

mod message;

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

pub(crate) use message::message;
pub use message::{Message, Value};

/// The catalogue of a language, a file for each subject.
macro_rules! catalogue {
    ($language:literal) => {
        [
            include_str!(concat!($language, "/run.ftl")),
            include_str!(concat!($language, "/report.ftl")),
            include_str!(concat!($language, "/explain.ftl")),
            include_str!(concat!($language, "/verbs.ftl")),
        ]
    };
}

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

    fn messages(self) -> &'static [&'static str] {
        match self {
            Language::English => &catalogue!("en"),
            Language::Kazakh => &catalogue!("kk"),
            Language::Russian => &catalogue!("ru"),
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
static BUNDLES: OnceLock<[Option<Bundle>; 3]> = OnceLock::new();

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
    for messages in language.messages() {
        // A message that cannot be read is missing, and a test finds it.
        let resource = FluentResource::try_new((*messages).to_owned());
        bundle.add_resource(resource.unwrap_or_else(|(resource, _)| resource)).ok()?;
    }
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
    formatted(chosen(), id, &arguments)
}

/// A message whose form depends on a number: `count` decides on it, `shown` stands in it.
pub fn words_counted(id: &str, count: u64, shown: &str) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("count", count);
    arguments.set("shown", shown);
    formatted(chosen(), id, &arguments)
}

/// A category of the law by its word on the command line: an index of genomic information, or a register of
/// fingerprints, in which `convict` is also who was detained or arrested (L510 12(3)2). Any other word is data.
pub fn category(word: &str, is_of_fingers: bool) -> Message {
    let register = if is_of_fingers && word == "convict" { "-register" } else { "" };
    vocabulary("category", word, register)
}

/// A word of a standing list of the program, such as `kin` with `full-sibling`; any other word is data.
pub fn word(list: &'static str, word: &str) -> Message {
    vocabulary(list, word, "")
}

fn vocabulary(list: &str, word: &str, form: &str) -> Message {
    let id = format!("{list}-{word}{form}");
    let english = formatted(Language::English, &id, &FluentArgs::new());
    if english == id { Message::data(word) } else { Message::new(id) }
}

fn formatted(language: Language, id: &str, arguments: &FluentArgs) -> String {
    let bundles = BUNDLES.get_or_init(|| Language::ALL.map(bundle));
    let of = |language: Language| bundles.get(language as usize)?.as_ref();
    let found = [of(language), of(Language::English)].into_iter().flatten();
    found
        .into_iter()
        .find_map(|bundle| pattern(bundle, id, arguments))
        .unwrap_or_else(|| id.to_owned())
}

fn pattern(bundle: &Bundle, id: &str, arguments: &FluentArgs) -> Option<String> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

#[cfg(test)]
mod tests;
