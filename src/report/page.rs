//! The page: facts as HTML, through templates that escape every value.
//!
//! The page has no script, loads nothing, has one style sheet and no other style, and says so to the browser
//! (`Content-Security-Policy`, with the SHA-256 of the style sheet). Every number on it stands in an element that names
//! where it comes from: `data-answer` of a table, `data-cell` of a single number of one, `data-run` of a value of
//! `run.json`; `data-value` is the value itself, as JSON. Words are in the language of the process, values as they are.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, Value as Filled};
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior};
use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::Value;

use super::accuracy::band;
use super::answer::{Answer, Column, Unit};
use super::checks::{Check, Weight};
use super::facts::{Chart, Facts, Table};
use super::pictured::Pictured;
use crate::error::{Error, Result};
use crate::evaluate::{expectation, grouped};
use crate::language::{Message, category, chosen, words};

const PAGE: &str = include_str!("templates/page.html");
const PARTS: &str = include_str!("templates/parts.html");
const STYLE: &str = include_str!("templates/style.css");

/// A value as the page shows it.
#[derive(Serialize)]
struct Cell {
    /// The value as JSON.
    raw: String,
    shown: String,
    class: &'static str,
}

#[derive(Serialize)]
struct Head {
    title: String,
    class: &'static str,
}

/// A table as the page shows it.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    caption: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    sql: Option<&'a str>,
    charts: Vec<Drawn<'a>>,
}

/// A drawing as the page shows it.
#[derive(Serialize)]
struct Drawn<'a> {
    title: String,
    svg: &'a str,
}

/// A check as the page shows it.
#[derive(Serialize)]
struct ShownCheck<'a> {
    id: &'a str,
    what: String,
    advice: String,
    part: &'a str,
    count: Cell,
    class: &'static str,
    sql: Option<&'a str>,
}

/// A hit as the page shows it with its pictures.
#[derive(Serialize)]
struct ShownHit<'a> {
    search: &'a str,
    probe_id: &'a str,
    gallery_id: &'a str,
    family_id: Option<&'a str>,
    refused: Option<&'a str>,
    pictures: Vec<Drawn<'a>>,
}

/// A value with its name: of `run.json` by its place there, of the table of the whole run by its column.
#[derive(Serialize)]
struct Named {
    name: String,
    place: &'static str,
    cell: Cell,
}

/// What the templates are filled with.
#[derive(Serialize)]
struct View<'a> {
    language: &'static str,
    style: &'static str,
    /// What the browser may do, `Content-Security-Policy`.
    policy: String,
    version: &'static str,
    top: usize,
    previous: Option<&'a str>,
    is_bound: bool,
    is_delta: bool,
    has_fingers: bool,
    has_profiles: bool,
    /// Checks that found something to look at, something to know, and nothing.
    open: Vec<ShownCheck<'a>>,
    known: Vec<ShownCheck<'a>>,
    clear: Vec<ShownCheck<'a>>,
    figures: Vec<Named>,
    run: Vec<Named>,
    parameters: Vec<Named>,
    case: Vec<Named>,
    pictured: Vec<ShownHit<'a>>,
    /// Tables by name.
    tables: BTreeMap<&'a str, Shown<'a>>,
}

/// What a run says of itself: message of its name, place in `run.json`, kind of value.
const RUN: [(&str, &str, Unit); 15] = [
    ("report-run-id", "/run_id", Unit::Identifier),
    ("report-run-began", "/started_at", Unit::Text),
    ("seconds", "/seconds", Unit::Seconds),
    ("report-run-alive", "/parameters/as_of", Unit::Text),
    ("report-run-generation", "/gallery_generation", Unit::Count),
    ("report-run-manifest", "/gallery_manifest_blake3", Unit::Identifier),
    ("report-run-since", "/parameters/since", Unit::Identifier),
    ("report-run-release", "/tanba_version", Unit::Text),
    ("report-run-schema", "/hit_schema_version", Unit::Count),
    ("report-run-simd", "/simd_level", Unit::Text),
    ("report-run-threads", "/threads", Unit::Count),
    ("report-run-tile-probes", "/tile_probes", Unit::Count),
    ("report-run-tile-rows", "/tile_rows", Unit::Count),
    ("report-run-memory", "/peak_resident_bytes", Unit::Count),
    ("report-run-kernels", "/kernels", Unit::Text),
];

/// The parameters of a run.
const PARAMETERS: [(&str, &str, Unit); 15] = [
    ("report-parameter-kind", "/parameters/threshold/kind", Unit::Text),
    ("report-parameter-value", "/parameters/threshold/value", Unit::Expected),
    ("report-parameter-rules", "/parameters/rules/name", Unit::Text),
    ("report-parameter-version", "/parameters/rules/version", Unit::Count),
    ("report-parameter-rules-hash", "/parameters/rules/blake3", Unit::Identifier),
    ("report-parameter-mismatches", "/parameters/mismatches", Unit::Count),
    ("report-parameter-loci", "/parameters/min_loci", Unit::Count),
    ("report-parameter-frequencies", "/parameters/frequencies", Unit::Text),
    ("report-parameter-theta", "/parameters/theta", Unit::Text),
    ("report-parameter-rare", "/parameters/minimum_frequency", Unit::Text),
    ("report-parameter-top", "/parameters/top", Unit::Count),
    ("report-parameter-prior", "/parameters/prior", Unit::Text),
    ("report-parameter-transmission", "/parameters/transmission", Unit::Text),
    ("report-parameter-owners", "/parameters/across_owners", Unit::Text),
    ("report-parameter-purpose", "/case/purpose", Unit::Text),
];

/// The case a result is bound to.
const CASE: [(&str, &str, Unit); 5] = [
    ("report-case", "/case/case", Unit::Identifier),
    ("report-case-role", "/case/role", Unit::Text),
    ("report-case-ground", "/case/ground", Unit::Text),
    ("report-case-asker", "/case/person_id", Unit::Identifier),
    ("report-case-unit", "/case/unit", Unit::Text),
];

/// The page of `facts`, whole.
///
/// # Errors
/// The templates of this release are broken.
pub fn html(facts: &Facts) -> Result<String> {
    let broken = |error: minijinja::Error| {
        Error::usage(format!("the page cannot be made: {error:#}"), "report this")
    };
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.add_function("words", said);
    templates.add_function("text", plain);
    templates.add_template("parts.html", PARTS).map_err(broken)?;
    templates.add_template("page.html", PAGE).map_err(broken)?;
    let page = templates.get_template("page.html").map_err(broken)?;
    page.render(minijinja::value::Serde(view(facts))).map_err(broken)
}

/// What may be filled into a message of the page.
const FILLED: [&str; 10] =
    ["run", "began", "table", "search", "top", "probe", "gallery", "family", "reason", "version"];

/// A message as it is, with texts filled in.
fn plain(id: String, filled: Kwargs) -> std::result::Result<String, minijinja::Error> {
    let mut message = Message::new(id);
    for name in FILLED.into_iter().filter(|name| filled.has(name)) {
        message = message.with(name, filled.get::<String>(name)?);
    }
    filled.assert_all_used()?;
    Ok(message.to_string())
}

/// A message as HTML: what stands between backticks as code, and what is filled in as an element that names no source,
/// unless it is HTML already.
fn said(id: String, filled: Kwargs) -> std::result::Result<Filled, minijinja::Error> {
    let mut message = Message::new(id);
    let mut parts = Vec::new();
    // A character that no text has holds the place of what is filled in until what is around it is escaped.
    let places = '\u{e000}'..;
    for (name, place) in FILLED.into_iter().zip(places).filter(|(name, _)| filled.has(name)) {
        let value: Filled = filled.get(name)?;
        let html = match value.is_safe() {
            true => value.to_string(),
            false => format!("<span data-static>{}</span>", HtmlEscape(&value.to_string())),
        };
        message = message.with(name, place.to_string());
        parts.push((place, html));
    }
    filled.assert_all_used()?;
    let escaped = HtmlEscape(&message.to_string()).to_string();
    let mut html = String::new();
    for (number, part) in escaped.split('`').enumerate() {
        match number % 2 {
            0 => html.push_str(part),
            _ => html.push_str(&format!("<code>{part}</code>")),
        }
    }
    let html = parts.into_iter().fold(html, |html, (place, part)| html.replace(place, &part));
    Ok(Filled::from_safe_string(html))
}

/// What the browser may do with the page: apply its one style sheet, and draw what stands in it.
fn policy() -> String {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn view(facts: &Facts) -> View<'_> {
    let checks = |has: fn(&Check) -> bool| -> Vec<ShownCheck> {
        facts.checks.iter().filter(|check| has(check)).map(shown_check).collect()
    };
    let has = |is_of: fn(&str) -> bool| facts.run.searches.iter().any(|s| is_of(&s.modality));
    let fingers = facts.run.searches.iter().filter(|search| search.modality == "finger");
    let of_fingers: Vec<&str> = fingers.map(|search| search.search.as_str()).collect();
    let tables = facts.tables();
    View {
        language: chosen().code(),
        style: STYLE,
        policy: policy(),
        version: env!("CARGO_PKG_VERSION"),
        top: facts.top,
        previous: facts.previous.as_deref(),
        is_bound: facts.run.case.is_some(),
        is_delta: facts.run.searches.iter().any(|s| s.since_generation.is_some()),
        has_fingers: has(|modality| modality == "finger"),
        has_profiles: has(|modality| modality != "finger"),
        open: checks(|check| check.weight != Weight::Know && check.count() > 0),
        known: checks(|check| check.weight == Weight::Know && check.count() > 0),
        clear: checks(|check| check.count() == 0),
        figures: figures(facts),
        run: named(facts, &RUN),
        parameters: named(facts, &PARAMETERS),
        case: named(facts, &CASE),
        pictured: facts.pictured.iter().map(shown_hit).collect(),
        tables: tables.map(|table| (table.answer.id.as_str(), shown(table, &of_fingers))).collect(),
    }
}

fn drawn(charts: &[Chart]) -> Vec<Drawn<'_>> {
    charts.iter().map(|chart| Drawn { title: chart.title.to_string(), svg: &chart.svg }).collect()
}

fn shown_hit(hit: &Pictured) -> ShownHit<'_> {
    ShownHit {
        search: &hit.search,
        probe_id: &hit.probe_id,
        gallery_id: &hit.gallery_id,
        family_id: hit.family_id.as_deref(),
        refused: hit.refused.as_deref(),
        pictures: drawn(&hit.pictures),
    }
}

/// A table; `of_fingers` are the searches of fingerprints.
fn shown<'a>(table: &'a Table, of_fingers: &[&str]) -> Shown<'a> {
    let answer = &table.answer;
    let cells = |row: &Vec<Value>| -> Vec<Cell> {
        let is_of_fingers =
            row.first().and_then(Value::as_str).is_some_and(|s| of_fingers.contains(&s));
        let cells = row.iter().zip(&answer.columns);
        cells.map(|(value, column)| of_column(value, column, is_of_fingers)).collect()
    };
    let head = |column: &Column| Head {
        title: column.title.to_string(),
        class: if column.unit.is_number() { "n" } else { "w" },
    };
    Shown {
        id: &answer.id,
        caption: answer.caption.to_string(),
        heads: answer.columns.iter().map(head).collect(),
        rows: answer.rows.iter().map(cells).collect(),
        sql: answer.sql.as_deref(),
        charts: drawn(&table.charts),
    }
}

fn shown_check(check: &Check) -> ShownCheck<'_> {
    ShownCheck {
        id: &check.answer.id,
        what: check.counted().to_string(),
        advice: check.advice.to_string(),
        part: check.part,
        count: first(&check.answer, "count"),
        class: match check.weight {
            Weight::Wrong => "wrong",
            Weight::Look => "look",
            Weight::Know => "know",
        },
        sql: check.answer.sql.as_deref(),
    }
}

/// The cell of a column in the first row.
fn first(answer: &Answer, name: &str) -> Cell {
    let place = answer.columns.iter().position(|column| column.name == name);
    let value = place.and_then(|place| answer.rows.first()?.get(place));
    let unit = place.and_then(|place| answer.columns.get(place)).map_or(Unit::Text, |c| c.unit);
    cell(value.unwrap_or(&Value::Null), unit)
}

fn figures(facts: &Facts) -> Vec<Named> {
    let figure = |column: &Column| Named {
        name: column.title.to_string(),
        place: column.name,
        cell: first(&facts.night.answer, column.name),
    };
    facts.night.answer.columns.iter().map(figure).collect()
}

fn named(facts: &Facts, list: &[(&'static str, &'static str, Unit)]) -> Vec<Named> {
    let named = list.iter().filter_map(|(name, place, unit)| {
        let value = facts.account.pointer(place).filter(|value| !value.is_null())?;
        Some(Named { name: words(name), place, cell: cell(value, *unit) })
    });
    named.collect()
}

/// The cell of a column; categories of the law and bands of scores are said in words, and stay data beside them.
fn of_column(value: &Value, column: &Column, is_of_fingers: bool) -> Cell {
    let mut cell = cell(value, column.unit);
    if let Value::String(text) = value {
        match column.name {
            "probe_index" | "gallery_index" | "of" => {
                cell.shown = category(text, is_of_fingers).to_string();
            }
            "band" => cell.shown = band(text).to_string(),
            _ => {}
        }
    }
    cell
}

fn cell(value: &Value, unit: Unit) -> Cell {
    let class = match unit {
        Unit::Identifier => "i",
        Unit::Text => "w",
        _ => "n",
    };
    Cell { raw: value.to_string(), shown: written(value, unit), class }
}

/// A value as people read it.
fn written(value: &Value, unit: Unit) -> String {
    match (unit, value) {
        (_, Value::Null) => "–".to_owned(),
        (_, Value::String(text)) => text.clone(),
        (Unit::Count, Value::Number(count)) => {
            count.as_u64().map_or_else(|| count.to_string(), grouped)
        }
        (Unit::Millibans, Value::Number(score)) => match score.as_i64() {
            Some(score) if score <= i64::from(i32::MIN) => words("report-excluded"),
            score => format!("{:.1}", score.unwrap_or(0) as f64 / 1000.0),
        },
        (Unit::Log10, Value::Number(number)) => format!("{:.1}", number.as_f64().unwrap_or(0.0)),
        (Unit::Expected, Value::Number(number)) => expectation(number.as_f64().unwrap_or(0.0)),
        (Unit::Seconds, Value::Number(number)) => match number.as_f64().unwrap_or(0.0) {
            seconds if seconds < 0.1 => format!("{seconds:.3}"),
            seconds if seconds < 100.0 => format!("{seconds:.2}"),
            seconds => grouped(seconds.round() as u64),
        },
        (_, Value::Array(list)) => {
            list.iter().map(|item| written(item, Unit::Text)).collect::<Vec<_>>().join(", ")
        }
        (_, Value::Object(map)) => {
            let pairs =
                map.iter().map(|(key, item)| format!("{key} {}", written(item, Unit::Text)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        (_, Value::Bool(true)) => words("yes"),
        (_, Value::Bool(false)) => words("no"),
        (_, number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_people_read_them() {
        let all = [
            (json!(1234567), Unit::Count, "1,234,567"),
            (json!(18449), Unit::Millibans, "18.4"),
            (json!(i32::MIN), Unit::Millibans, "excluded"),
            (json!(5.9e-10), Unit::Expected, "5.9e-10"),
            (json!(0.0256), Unit::Seconds, "0.026"),
            (json!(7200.4), Unit::Seconds, "7,200"),
            (Value::Null, Unit::Count, "–"),
            (json!({"rule": "fixed", "value": 0.001}), Unit::Text, "rule fixed, value 0.001"),
        ];
        for (value, unit, expected) in all {
            assert_eq!(written(&value, unit), expected);
        }
    }
}
