//! The page: facts as HTML, through templates that escape every value.
//!
//! The page has no script, loads nothing, and says so to the browser (`Content-Security-Policy`). Every number on it
//! stands in an element that names where it comes from: `data-answer` of a table, `data-cell` of a single number of
//! one, `data-run` of a value of `run.json`; `data-value` is the value itself, as JSON.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Unit};
use super::checks::{Check, Weight};
use super::facts::{Chart, Facts, Table};
use super::pictured::Pictured;
use crate::error::{Error, Result};
use crate::evaluate::{expectation, grouped};

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
    title: &'static str,
    class: &'static str,
}

/// A table as the page shows it.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    caption: &'a str,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    sql: Option<&'a str>,
    charts: &'a [Chart],
}

/// A check as the page shows it.
#[derive(Serialize)]
struct ShownCheck<'a> {
    id: &'a str,
    what: &'a str,
    advice: &'a str,
    part: &'a str,
    count: Cell,
    class: &'static str,
    sql: Option<&'a str>,
}

/// A value of `run.json`.
#[derive(Serialize)]
struct Named {
    name: &'static str,
    pointer: &'static str,
    cell: Cell,
}

/// A number of the table of the whole run.
#[derive(Serialize)]
struct Figure {
    name: &'static str,
    column: &'static str,
    cell: Cell,
}

/// What the templates are filled with.
#[derive(Serialize)]
struct View<'a> {
    style: &'static str,
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
    figures: Vec<Figure>,
    run: Vec<Named>,
    parameters: Vec<Named>,
    case: Vec<Named>,
    pictured: &'a [Pictured],
    /// Tables by name.
    tables: BTreeMap<&'a str, Shown<'a>>,
}

/// What a run says of itself: name, place in `run.json`, kind of value.
const RUN: [(&str, &str, Unit); 15] = [
    ("run", "/run_id", Unit::Identifier),
    ("began (UTC)", "/started_at", Unit::Text),
    ("seconds", "/seconds", Unit::Seconds),
    ("records alive on", "/parameters/as_of", Unit::Text),
    ("generation of the gallery", "/gallery_generation", Unit::Count),
    ("BLAKE3 of its manifest", "/gallery_manifest_blake3", Unit::Identifier),
    ("goes on from run", "/parameters/since", Unit::Identifier),
    ("release of tanba", "/tanba_version", Unit::Text),
    ("version of the hit schema", "/hit_schema_version", Unit::Count),
    ("instruction set", "/simd_level", Unit::Text),
    ("threads", "/threads", Unit::Count),
    ("probes per tile", "/tile_probes", Unit::Count),
    ("gallery rows per tile", "/tile_rows", Unit::Count),
    ("most memory resident, bytes", "/peak_resident_bytes", Unit::Count),
    ("comparators", "/kernels", Unit::Text),
];

/// The parameters of a run.
const PARAMETERS: [(&str, &str, Unit); 15] = [
    ("threshold chosen by", "/parameters/threshold/kind", Unit::Text),
    ("its value", "/parameters/threshold/value", Unit::Expected),
    ("rules of identity", "/parameters/rules/name", Unit::Text),
    ("version", "/parameters/rules/version", Unit::Count),
    ("BLAKE3 of the rules", "/parameters/rules/blake3", Unit::Identifier),
    ("loci that may fail", "/parameters/mismatches", Unit::Count),
    ("least loci compared", "/parameters/min_loci", Unit::Count),
    ("allele frequencies", "/parameters/frequencies", Unit::Text),
    ("theta", "/parameters/theta", Unit::Text),
    ("rare alleles", "/parameters/minimum_frequency", Unit::Text),
    ("hits kept per probe", "/parameters/top", Unit::Count),
    ("prior", "/parameters/prior", Unit::Text),
    ("transmission of alleles", "/parameters/transmission", Unit::Text),
    ("across owners", "/parameters/across_owners", Unit::Text),
    ("case purpose", "/case/purpose", Unit::Text),
];

/// The case a result is bound to.
const CASE: [(&str, &str, Unit); 5] = [
    ("case", "/case/case", Unit::Identifier),
    ("role", "/case/role", Unit::Text),
    ("ground", "/case/ground", Unit::Text),
    ("asked by", "/case/person_id", Unit::Identifier),
    ("unit", "/case/unit", Unit::Text),
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
    templates.add_template("parts.html", PARTS).map_err(broken)?;
    templates.add_template("page.html", PAGE).map_err(broken)?;
    let page = templates.get_template("page.html").map_err(broken)?;
    page.render(minijinja::value::Serde(view(facts))).map_err(broken)
}

fn view(facts: &Facts) -> View<'_> {
    let checks = |has: fn(&Check) -> bool| -> Vec<ShownCheck> {
        facts.checks.iter().filter(|check| has(check)).map(shown_check).collect()
    };
    let has = |is_of: fn(&str) -> bool| facts.run.searches.iter().any(|s| is_of(&s.modality));
    View {
        style: STYLE,
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
        pictured: &facts.pictured,
        tables: facts.tables().map(|table| (table.answer.id.as_str(), shown(table))).collect(),
    }
}

fn shown(table: &Table) -> Shown<'_> {
    let answer = &table.answer;
    let cells = |row: &Vec<Value>| -> Vec<Cell> {
        row.iter().zip(&answer.columns).map(|(value, column)| cell(value, column.unit)).collect()
    };
    let head = |column: &super::answer::Column| Head {
        title: column.title,
        class: if column.unit.is_number() { "n" } else { "w" },
    };
    Shown {
        id: &answer.id,
        caption: &answer.caption,
        heads: answer.columns.iter().map(head).collect(),
        rows: answer.rows.iter().map(cells).collect(),
        sql: answer.sql.as_deref(),
        charts: &table.charts,
    }
}

fn shown_check(check: &Check) -> ShownCheck<'_> {
    ShownCheck {
        id: &check.answer.id,
        what: check.what[usize::from(check.count() != 1)],
        advice: check.advice,
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

fn figures(facts: &Facts) -> Vec<Figure> {
    let columns = &facts.night.answer.columns;
    let figure = |column: &super::answer::Column| Figure {
        name: column.title,
        column: column.name,
        cell: first(&facts.night.answer, column.name),
    };
    columns.iter().map(figure).collect()
}

fn named(facts: &Facts, list: &[(&'static str, &'static str, Unit)]) -> Vec<Named> {
    let named = list.iter().filter_map(|(name, pointer, unit)| {
        let value = facts.account.pointer(pointer).filter(|value| !value.is_null())?;
        Some(Named { name, pointer, cell: cell(value, *unit) })
    });
    named.collect()
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
            Some(score) if score <= i64::from(i32::MIN) => "excluded".to_owned(),
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
        (_, Value::Bool(true)) => "yes".to_owned(),
        (_, Value::Bool(false)) => "no".to_owned(),
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
