//! XML as a sequence of opened and closed elements with their lines; bounded, without entities of its
//! own.
//!
//! Why a document type is refused: entities declared in it can grow without bound and name files of
//! this machine; no exchange format of DNA profiles needs one.

use std::path::Path;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::{Error, Position, Rejection, Result};
use crate::limits::{MAX_LINE_BYTES, MAX_XML_ATTRIBUTES, MAX_XML_DEPTH};

/// An opened element. Names are without namespace prefix.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) line: u64,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim())
    }
}

/// One step through a document.
#[derive(Debug)]
pub(super) enum Step {
    /// An element opens.
    Open(Element),
    /// An element closes; `text` is its own text, trimmed.
    Close { name: String, text: String, line: u64 },
    /// The document is over, and its root was closed.
    End,
}

/// Walks through a document.
pub(super) struct Elements<'a> {
    path: &'a Path,
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Lines are counted up to this byte.
    counted_to: usize,
    line: u64,
    /// Own text of each open element, outermost first.
    open: Vec<String>,
    has_root: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Elements { path, text, reader, counted_to: 0, line: 1, open: Vec::new(), has_root: false }
    }

    /// The next step.
    ///
    /// # Errors
    /// The document is not well-formed, is cut, declares a document type, or passes a limit.
    pub(super) fn next(&mut self) -> Result<Step> {
        loop {
            // The line of what is read next, past the white space before it.
            let line = self.line_at(self.reader.buffer_position());
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let line = self.line_at(self.reader.error_position());
                    let help = "check that the file was not cut or edited by hand";
                    return Err(self.refuse(
                        line,
                        "the XML is well-formed",
                        &error.to_string(),
                        help,
                    ));
                }
            };
            match event {
                Event::Start(start) => return self.opened(&start, line).map(Step::Open),
                Event::End(end) => {
                    let name = end.local_name().as_ref().to_owned();
                    let text = self.open.pop().unwrap_or_default();
                    return Ok(Step::Close { name, text: text.trim().to_owned(), line });
                }
                Event::Text(text) => self.collect(&text.xml10_content(), line)?,
                Event::CData(text) => self.collect(&text.xml10_content(), line)?,
                Event::GeneralRef(reference) => {
                    let text = self.entity(&reference, line)?;
                    self.collect(&text, line)?;
                }
                Event::DocType(_) => {
                    return Err(self.refuse(
                        line,
                        "an import file declares no document type and no entities",
                        "DOCTYPE",
                        "remove the DOCTYPE; profiles need none",
                    ));
                }
                Event::Eof => return self.ended(line),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn opened(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Element> {
        if self.open.len() >= MAX_XML_DEPTH {
            return Err(self.limit("nesting of elements", MAX_XML_DEPTH));
        }
        if self.open.is_empty() && self.has_root {
            let help = "give each document a file of its own";
            return Err(self.refuse(line, "a document has one root element", "a second one", help));
        }
        self.has_root = true;
        self.open.push(String::new());
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let parsed = attribute.map_err(|error| error.to_string()).and_then(|attribute| {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|error| error.to_string())?;
                Ok((attribute.key.local_name().as_ref().to_owned(), value.into_owned()))
            });
            if attributes.len() >= MAX_XML_ATTRIBUTES {
                return Err(self.limit("attributes of one element", MAX_XML_ATTRIBUTES));
            }
            attributes.push(parsed.map_err(|found| {
                self.refuse(line, "the XML is well-formed", &found, "check this element")
            })?);
        }
        Ok(Element { name: start.local_name().as_ref().to_owned(), line, attributes })
    }

    fn entity(&self, reference: &BytesRef<'_>, line: u64) -> Result<String> {
        let unknown = |found: &str| {
            self.refuse(
                line,
                "an entity is one of the five of XML or a character number",
                found,
                "write &lt; &gt; &amp; &apos; &quot; or the character itself",
            )
        };
        match reference.resolve_char_ref() {
            Ok(Some(character)) => Ok(character.into()),
            Ok(None) => {
                let name = reference.xml10_content();
                resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| unknown(&name))
            }
            Err(error) => Err(unknown(&error.to_string())),
        }
    }

    fn collect(&mut self, text: &str, line: u64) -> Result<()> {
        let Some(own) = self.open.last_mut() else {
            if text.trim().is_empty() {
                return Ok(());
            }
            let help = "remove the text outside the root element";
            return Err(self.refuse(line, "text stands inside the root element", text, help));
        };
        if own.len() + text.len() > MAX_LINE_BYTES {
            return Err(self.limit("bytes of text in one element", MAX_LINE_BYTES));
        }
        own.push_str(text);
        Ok(())
    }

    fn ended(&self, line: u64) -> Result<Step> {
        if self.has_root && self.open.is_empty() {
            return Ok(Step::End);
        }
        let found = format!("{} elements still open at the end", self.open.len());
        Err(self.refuse(
            line,
            "every element is closed",
            &found,
            "the file was cut; transfer it again",
        ))
    }

    /// The line of byte `offset`; offsets are asked in ascending order, so that each byte is looked
    /// at once.
    fn line_at(&mut self, offset: u64) -> u64 {
        let until = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.counted_to..until) {
            self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.counted_to = until;
        }
        self.line
    }

    fn refuse(&self, line: u64, rule: &str, found: &str, help: &str) -> Error {
        Rejection::new(self.path, Position::Line(line), rule, found, help).into()
    }

    fn limit(&self, what: &str, limit: usize) -> Error {
        Error::Limit {
            what: format!("the number of {what} in {}", self.path.display()),
            limit: limit as u64,
            help: "this is not a file of profiles; check its origin".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(text: &str) -> Result<Vec<(String, String, u64)>> {
        let mut elements = Elements::new(Path::new("x"), text);
        let mut all = Vec::new();
        loop {
            match elements.next()? {
                Step::End => return Ok(all),
                Step::Open(_) => {}
                Step::Close { name, text, line } => all.push((name, text, line)),
            }
        }
    }

    #[test]
    fn text_entities_prefixes_and_lines_are_read() {
        assert_eq!(
            closes("<?xml version='1.0'?>\n<c:a>\n <b>&lt;8&#x20;x<!-- c -->y</b>\n <d/></c:a>\n")
                .unwrap(),
            [
                ("b".to_owned(), "<8 xy".to_owned(), 3),
                ("d".to_owned(), String::new(), 4),
                ("a".to_owned(), String::new(), 4)
            ]
        );
    }

    #[test]
    fn document_types_unknown_entities_cuts_and_depth_are_refused() {
        for (text, rule) in [
            ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "declares no document type"),
            ("<a>&e;</a>", "an entity is one of the five"),
            ("<a><b></b>", "every element is closed"),
            ("<a></b>", "well-formed"),
            ("<a></a><a></a>", "one root element"),
            ("<a></a>x", "inside the root element"),
            (&"<a>".repeat(MAX_XML_DEPTH + 1), "nesting of elements"),
        ] {
            let error = closes(text).unwrap_err().to_string();
            assert!(error.contains(rule), "{text}: {error}");
        }
    }
}
