//! A message as a value: a table, a chart or an explanation carries it, and whoever shows it says it in a language.
//!
//! Why: what is counted once is shown as text and written as JSON. Shown, it is in the language of the process; written
//! as JSON, it is English whatever the language, so that a program reads the same everywhere.

use std::borrow::Cow;
use std::fmt;

use fluent_bundle::FluentArgs;
use serde::{Serialize, Serializer};

use super::{Language, chosen, formatted};

/// Something said to people, not yet in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A message of the catalogue with its variables.
    Of {
        /// Its name in the catalogue.
        id: Cow<'static, str>,
        /// Its variables.
        variables: Vec<(&'static str, Value)>,
    },
    /// Text that no language changes: an identifier, a number, the text of an error.
    Data(String),
    /// Several, and what stands between them.
    List(Vec<Message>, &'static str),
}

/// A variable of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number that decides on the form of the words.
    Count(u64),
    /// What stands in its place.
    Said(Message),
}

impl Message {
    /// A message of the catalogue.
    pub fn new(id: impl Into<Cow<'static, str>>) -> Message {
        Message::Of { id: id.into(), variables: Vec::new() }
    }

    /// Text that no language changes.
    pub fn data(text: impl fmt::Display) -> Message {
        Message::Data(text.to_string())
    }

    /// The same with a variable.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Message>) -> Message {
        self.given(name, Value::Said(value.into()))
    }

    /// The same in the form of a number, the variable `count`.
    #[must_use]
    pub fn counted(self, count: u64) -> Message {
        self.given("count", Value::Count(count))
    }

    /// The message in English, for data and for errors.
    pub fn english(&self) -> String {
        self.in_language(Language::English)
    }

    fn given(mut self, name: &'static str, value: Value) -> Message {
        if let Message::Of { variables, .. } = &mut self {
            variables.push((name, value));
        }
        self
    }

    /// The message in a language.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Message::Data(text) => text.clone(),
            Message::List(list, between) => {
                let said: Vec<String> = list.iter().map(|one| one.in_language(language)).collect();
                said.join(between)
            }
            Message::Of { id, variables } => {
                let mut arguments = FluentArgs::new();
                for (name, value) in variables {
                    match value {
                        Value::Count(count) => arguments.set(*name, *count),
                        Value::Said(message) => arguments.set(*name, message.in_language(language)),
                    }
                }
                formatted(language, id, &arguments)
            }
        }
    }
}

/// A message with its variables: `message!("id", name = value)`.
macro_rules! message {
    ($id:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::language::Message::new($id)$(.with(stringify!($name), $value))*
    };
}
pub(crate) use message;

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(chosen()))
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::Data(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Message {
        Message::Data(text.to_owned())
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Message {
        Message::Data(text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_within_a_message_is_in_its_language_and_json_is_english() {
        let inner = Message::new("category-corpse");
        let message = Message::new("kin-in-family").with("kinship", inner).with("family", "F1");
        assert_eq!(message.in_language(Language::Russian), "неопознанный труп, семья F1");
        assert_eq!(message.in_language(Language::Kazakh), "танылмаған мәйіт, F1 отбасы");
        assert_eq!(serde_json::to_string(&message).unwrap(), "\"corpse in F1\"");
        let list = Message::List(vec![Message::new("yes"), Message::data(7)], "; ");
        assert_eq!(list.in_language(Language::Russian), "да; 7");
    }
}
