//! Status feeds of the penitentiary database and of the special records, as a table or as JSON Lines.
//!
//! Columns or keys: `record_id` or `person_id` (one of them), `event`, `date`, `source`, and where it is known
//! `birth_date`. The line is the unit: a bad one is refused with its number. What the events mean is decided by
//! [`crate::law::life_event`].

use std::borrow::Cow;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::life_event::{LifeEvent, ReportedEvent, Subject};
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{identifier_fault, parse_date};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::text;
use crate::limits::{MAX_LINE_BYTES, MAX_REJECTIONS_PER_FILE};

/// What one feed held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusFeed {
    /// Events in file order, each with its line.
    pub events: Vec<(u64, ReportedEvent)>,
    /// Everything that was refused, in file order.
    pub rejections: Vec<Rejection>,
    /// What the operator should know but need not act on.
    pub warnings: Vec<String>,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub file_hash: String,
}

/// The values of one line as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    record_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    person_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    birth_date: Option<Cow<'a, str>>,
}

/// Reads a feed; events after `today` are refused.
///
/// # Errors
/// The file cannot be read, is not text, or is refused as a whole: header, quotes or a limit.
pub fn read_status_feed(path: &Path, today: Date) -> Result<StatusFeed> {
    let bytes = super::read_bounded(path)?;
    let text = text::decode(path, &bytes)?;
    let mut feed = status_feed_of_text(path, &text, today)?;
    feed.file_hash = blake3::hash(&bytes).to_hex().to_string();
    Ok(feed)
}

/// The same for a text in memory, without the hash.
///
/// # Errors
/// As [`read_status_feed`], without input and output.
pub fn status_feed_of_text(path: &Path, text: &str, today: Date) -> Result<StatusFeed> {
    let mut reader = Reader {
        path,
        today,
        feed: StatusFeed {
            events: Vec::new(),
            rejections: Vec::new(),
            warnings: Vec::new(),
            file_hash: String::new(),
        },
    };
    reader.feed.warnings.extend(text::unfinished_line_warning(text));
    if text.trim_start().starts_with('{') {
        reader.json(text)?
    } else {
        reader.table(text)?
    }
    Ok(reader.feed)
}

struct Reader<'p> {
    path: &'p Path,
    today: Date,
    feed: StatusFeed,
}

impl Reader<'_> {
    fn table(&mut self, text: &str) -> Result<()> {
        let mut rows = Rows::new(self.path, text);
        let header = rows.header()?;
        let columns = self.columns(&header)?;
        let mut row = Row::default();
        while rows.read(&mut row)? {
            let cell = |place: usize| row.optional(columns[place]).to_owned();
            let line = Line {
                record_id: Some(cell(0).into()),
                person_id: Some(cell(1).into()),
                event: cell(2).into(),
                date: cell(3).into(),
                source: cell(4).into(),
                birth_date: Some(cell(5).into()),
            };
            match rows.ragged(&row) {
                Some(rejection) => self.refuse(rejection)?,
                None => self.take_in(row.line, &line)?,
            }
        }
        Ok(())
    }

    /// Places of the columns in the order of [`Line`].
    fn columns(&mut self, header: &Header) -> Result<[Option<usize>; 6]> {
        const NAMES: [&str; 6] =
            ["record id", "person id", "event", "date", "source", "birth date"];
        let refuse = |rule: String, found: String| -> Error {
            let help = "the columns are record_id, person_id, event, date, source, birth_date";
            Rejection::new(self.path, Position::Line(header.line), rule, found, help).into()
        };
        let columns = NAMES.map(|name| header.find(&[name]));
        let is_missing = |place: usize| columns[place].is_none();
        if is_missing(0) && is_missing(1) {
            let rule = "a status feed has a column record_id or person_id".to_owned();
            return Err(refuse(rule, header.names.join(",")));
        }
        if let Some(missing) = (2..5).find(|place| is_missing(*place)) {
            let rule = format!("a status feed has a column {}", NAMES[missing]);
            return Err(refuse(rule, header.names.join(",")));
        }
        let mut unknown = Vec::new();
        for (column, name) in header.names.iter().enumerate() {
            match NAMES.iter().position(|known| *known == fold(name)) {
                Some(place) if columns[place] != Some(column) => {
                    return Err(refuse("a column occurs once".into(), name.clone()));
                }
                Some(_) => {}
                None => unknown.extend(Some(name.as_str()).filter(|name| !name.is_empty())),
            }
        }
        self.feed.warnings.extend(unstored_warnings(&unknown));
        Ok(columns)
    }

    fn json(&mut self, text: &str) -> Result<()> {
        for (number, line) in (1_u64..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let refused = |rule: &str, found: &str, help: &str| {
                Rejection::new(self.path, Position::Line(number), rule, found, help)
            };
            if line.len() > MAX_LINE_BYTES {
                let help = "write one event per line";
                return Err(refused("a line is at most 1 MiB", "a longer one", help).into());
            }
            match serde_json::from_str::<Line<'_>>(line) {
                Ok(line) => self.take_in(number, &line)?,
                Err(error) => {
                    let rule = "a line of JSON Lines is one object with the keys record_id or person_id, event, \
                                date, source, birth_date, all of them text";
                    let help = "docs/retention.md has an example";
                    self.refuse(refused(rule, &error.to_string(), help))?;
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, rejection: Rejection) -> Result<()> {
        if self.feed.rejections.len() >= MAX_REJECTIONS_PER_FILE {
            return Err(Error::Limit {
                what: format!("the number of refused lines in {}", self.path.display()),
                limit: MAX_REJECTIONS_PER_FILE as u64,
                help: "check that this is a status feed".into(),
            });
        }
        self.feed.rejections.push(rejection);
        Ok(())
    }

    fn take_in(&mut self, number: u64, line: &Line<'_>) -> Result<()> {
        match event_of(self.path, number, line, self.today) {
            Ok(event) => self.feed.events.push((number, event)),
            Err(rejection) => {
                let id = line.record_id.as_deref().filter(|id| !id.trim().is_empty());
                let rejection = *rejection;
                self.refuse(match id {
                    Some(id) => rejection.of_record(id.trim()),
                    None => rejection,
                })?;
            }
        }
        Ok(())
    }
}

/// One line as an event.
fn event_of(
    path: &Path,
    number: u64,
    line: &Line<'_>,
    today: Date,
) -> std::result::Result<ReportedEvent, Box<Rejection>> {
    let refuse = |rule: &str, found: &str, help: &str| {
        Box::new(Rejection::new(path, Position::Line(number), rule, found, help))
    };
    let named = |id: &Option<Cow<'_, str>>| {
        id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned)
    };
    let subject = match (named(&line.record_id), named(&line.person_id)) {
        (Some(id), None) => Subject::Record(id),
        (None, Some(id)) => Subject::Person(id),
        (None, None) => {
            let help = "name the record or the person; for a missing person person_id";
            return Err(refuse("an event names a record or a person", "neither", help));
        }
        (Some(_), Some(_)) => {
            let help = "leave one empty: an event of a person concerns every record of that person";
            return Err(refuse("an event names a record or a person", "both", help));
        }
    };
    let (Subject::Record(id) | Subject::Person(id)) = &subject;
    if let Some((rule, help)) = identifier_fault(id) {
        return Err(refuse(rule, id, help));
    }
    let Some(event) = LifeEvent::parse(&line.event) else {
        let words = LifeEvent::ALL.map(LifeEvent::name).join(", ");
        let help = format!("write one of: {words}");
        return Err(refuse(
            "an event is one of the words of docs/retention.md",
            &line.event,
            &help,
        ));
    };
    let day = |text: &str| {
        parse_date(text).map_err(|found| {
            refuse("a date is YYYY-MM-DD, from 1850 to 2200", &found, "correct the date")
        })
    };
    let Some(on) = day(&line.date)? else {
        return Err(refuse("an event has a date", "none", "write the day it took force"));
    };
    if on > today {
        let help = "send the event when it has happened";
        return Err(refuse("an event has happened by today", &on.to_string(), help));
    }
    let born_on = day(line.birth_date.as_deref().unwrap_or(""))?;
    if born_on.is_some_and(|born| born > on) {
        let help = "correct one of the two dates";
        return Err(refuse("nobody is born after the event", &line.date, help));
    }
    let source = line.source.trim();
    if let Some((_, help)) = identifier_fault(source) {
        return Err(refuse("a source is a reference of 1 to 256 bytes in one line", source, help));
    }
    Ok(ReportedEvent { subject, event, on, born_on, source: source.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn read(text: &str) -> StatusFeed {
        status_feed_of_text(Path::new("feed"), text, date(2026, 11, 21)).unwrap()
    }

    #[test]
    fn a_table_and_json_lines_say_the_same() {
        let table = read(
            "record_id,person_id,event,date,source,birth_date\n\
             C1,,acquitted,2026-01-05,court 7/2026,\n\
             ,P2,Died,2026-02-01,death 9,1960-03-04\n",
        );
        let json = read(
            "{\"record_id\":\"C1\",\"event\":\"acquitted\",\"date\":\"2026-01-05\",\"source\":\"court 7/2026\"}\n\n\
             {\"person_id\":\"P2\",\"event\":\"died\",\"date\":\"2026-02-01\",\"source\":\"death 9\",\
             \"birth_date\":\"1960-03-04\"}\n",
        );
        assert!(table.rejections.is_empty() && json.rejections.is_empty());
        let events = |feed: StatusFeed| feed.events.into_iter().map(|(_, event)| event).collect();
        let (table, json): (Vec<_>, Vec<_>) = (events(table), events(json));
        assert_eq!(table, json);
        assert_eq!(table[1].born_on, Some(date(1960, 3, 4)));
    }

    #[test]
    fn every_bad_line_is_named_with_its_rule() {
        let feed = read(
            "record_id,person_id,event,date,source,birth_date\n\
             ,,died,2026-01-01,s,\n\
             C1,P1,died,2026-01-01,s,\n\
             C1,,vanished,2026-01-01,s,\n\
             C1,,died,,s,\n\
             C1,,died,01.02.2026,s,\n\
             C1,,died,2026-11-22,s,\n\
             C1,,died,2026-01-01,,\n\
             C1,,died,2026-01-01,s,2026-01-02\n\
             C1,,died,2026-01-01,s\n\
             C1,,died,2026-01-01,s,\n",
        );
        let lines: Vec<Position> = feed.rejections.iter().map(|r| r.position).collect();
        assert_eq!(lines, (2..=10).map(Position::Line).collect::<Vec<_>>());
        assert!(feed.rejections.iter().all(|r| !r.help.is_empty()));
        assert_eq!(feed.events.len(), 1);
        let json = read("{\"record_id\":7}\n{\"surname\":\"x\"}\n{\n");
        assert_eq!((json.rejections.len(), json.events.len()), (3, 0));
    }

    #[test]
    fn a_table_without_a_needed_column_is_refused_whole() {
        let today = date(2026, 11, 21);
        for header in
            ["event,date,source", "record_id,date,source", "record_id,event,event,date,source"]
        {
            assert!(status_feed_of_text(Path::new("f"), &format!("{header}\n1\n"), today).is_err());
        }
    }
}
