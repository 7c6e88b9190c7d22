//! The evaluation as text for people.

use comfy_table::{CellAlignment, Table, presets};

use super::{Evaluation, Modality, SearchEvaluation};
use crate::language::{Language, chosen};

/// Observed chance hits less likely than this are pointed out.
const SURPRISING: f64 = 0.001;

/// The evaluation as tables, and a line for everything that should be looked at.
pub fn render(evaluation: &Evaluation) -> String {
    let searches = match evaluation.modality {
        Modality::Dna => searches(evaluation),
        Modality::Finger => finger_searches(evaluation),
    };
    let mut text = format!("{searches}\n\n{}\n", kinds(evaluation));
    for search in &evaluation.searches {
        for remark in remarks(search) {
            text.push_str(&format!("\n{}: {remark}", search.search));
        }
    }
    text
}

fn searches(evaluation: &Evaluation) -> Table {
    let mut table = empty(&[
        "search",
        "comparisons",
        "mated",
        "found",
        "missed",
        "hits",
        "same",
        "twin",
        "relative",
        "chance",
        "expected",
        "unlawful",
    ]);
    for s in &evaluation.searches {
        table.add_row([
            s.search.clone(),
            s.comparisons.to_string(),
            s.mated.to_string(),
            s.found.to_string(),
            s.missed().to_string(),
            s.hits.to_string(),
            s.hits_true.to_string(),
            s.hits_twin.to_string(),
            s.hits_relative.values().sum::<u64>().to_string(),
            s.hits_chance.to_string(),
            expectation(s.expected_chance_hits),
            s.hits_unlawful.to_string(),
        ]);
    }
    aligned(table, 1)
}

/// Fingerprints tell twins apart and know no relatives; what counts is the recall.
fn finger_searches(evaluation: &Evaluation) -> Table {
    let mut table = empty(&[
        "search",
        "comparisons",
        "mated",
        "found",
        "missed",
        "recall %",
        "hits",
        "same",
        "chance",
        "expected",
        "unlawful",
    ]);
    for s in &evaluation.searches {
        table.add_row([
            s.search.clone(),
            s.comparisons.to_string(),
            s.mated.to_string(),
            s.found.to_string(),
            s.missed().to_string(),
            s.recall_percent().map_or("-".into(), |recall| format!("{recall:.1}")),
            s.hits.to_string(),
            s.hits_true.to_string(),
            s.hits_chance.to_string(),
            expectation(s.expected_chance_hits),
            s.hits_unlawful.to_string(),
        ]);
    }
    aligned(table, 1)
}

fn kinds(evaluation: &Evaluation) -> Table {
    let mut table = empty(&["search", "kind of pair", "mated", "found", "found %"]);
    for search in &evaluation.searches {
        for (kind, count) in &search.by_kind {
            let share = 100.0 * count.found as f64 / count.mated.max(1) as f64;
            table.add_row([
                search.search.clone(),
                kind.clone(),
                count.mated.to_string(),
                count.found.to_string(),
                format!("{share:.1}"),
            ]);
        }
    }
    aligned(table, 2)
}

fn remarks(search: &SearchEvaluation) -> Vec<String> {
    let mut remarks = Vec::new();
    if search.hits_unlawful > 0 {
        remarks.push(format!("hits that must not exist: {}", search.hits_unlawful));
    }
    if !search.hits_relative.is_empty() {
        let parts: Vec<String> =
            search.hits_relative.iter().map(|(relation, n)| format!("{relation} {n}")).collect();
        remarks.push(format!("hits of relatives: {}", parts.join(", ")));
    }
    let chance = format!(
        "{} chance hits where {} were expected",
        search.hits_chance,
        expectation(search.expected_chance_hits)
    );
    if search.probability_of_at_least < SURPRISING {
        let p = search.probability_of_at_least;
        remarks.push(format!("{chance}: more than the model says (p = {p:.1e})"));
    } else if search.probability_of_at_most < SURPRISING {
        let p = search.probability_of_at_most;
        remarks.push(format!("{chance}: fewer than the model says (p = {p:.1e})"));
    }
    remarks
}

/// A number of expected hits: plain where that is readable, else in scientific notation.
pub fn expectation(value: f64) -> String {
    if value == 0.0 || (0.01..1e6).contains(&value) {
        format!("{value:.2}")
    } else {
        format!("{value:.1e}")
    }
}

/// A count in groups of three digits: with commas in English, and with no-break spaces where a comma is the decimal
/// mark.
pub fn grouped(count: u64) -> String {
    let between = match chosen() {
        Language::English => ',',
        Language::Kazakh | Language::Russian => '\u{a0}',
    };
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(between);
        }
        text.push(digit);
    }
    text
}

fn empty(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(header.iter().copied());
    table
}

/// Right-aligns the columns from `first`.
fn aligned(mut table: Table, first: usize) -> Table {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
