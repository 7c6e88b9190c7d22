//! `tanba hits list`: the hits of a run as a table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::common::{expectation, grouped};
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::column::hit::Hit;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::hits::decision::{self, Standing, State, standings};
use crate::hits::read_hits;
use crate::hits::select::Selection;
use crate::language::{words, words_with};

/// Arguments of `tanba hits list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba hits list night\n  \
tanba hits list night --search dedup --min-score 12 --top 0\n  \
tanba hits list night --gallery registry --undecided\n\n\
In the order of the list: by search, probe, score. Scores are shown, also those of hits whose second examiner is to \
look without them: examiners work with `tanba adjudicate`. Exit code 1: no hit.")]
pub(super) struct ListArgs {
    /// Directory of a finished run
    #[arg(value_name = "RUN", value_parser = finished())]
    run: PathBuf,
    #[command(flatten)]
    select: SelectArgs,
    /// Directory of the gallery: shows what examiners decided
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: Option<PathBuf>,
    /// Only hits that are not decided by two examiners who agree
    #[arg(long, requires = "gallery")]
    undecided: bool,
    /// Hits shown; 0: all
    #[arg(long, default_value_t = 50, value_name = "K")]
    top: usize,
}

/// Which hits of a list.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which hits")]
pub(super) struct SelectArgs {
    /// Search, or the beginning of its name up to a slash; may be repeated
    #[arg(long, value_name = "NAME")]
    search: Vec<String>,
    /// Record that is the probe or was found
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Personal identifier of either side
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    /// Family that looks for a missing person
    #[arg(long, value_name = "ID")]
    family: Option<String>,
    /// Least score, log10
    #[arg(long, value_name = "LOG10")]
    min_score: Option<f64>,
    /// Only pairs that could not yet be compared in this generation of the gallery
    #[arg(long, value_name = "GENERATION")]
    newer_than: Option<u64>,
}

impl SelectArgs {
    /// What the arguments ask for.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            searches: self.search.clone(),
            record_id: self.record.clone(),
            person_id: self.person.clone(),
            family_id: self.family.clone(),
            // A score is a whole number of millibans; what lies between two of them is above the lower.
            least_score_mban: self.min_score.map(|log10| (log10 * 1000.0).ceil() as i32),
            newer_than: self.newer_than,
        }
    }
}

/// Runs the verb.
pub(super) fn run(args: &ListArgs, ui: &Ui) -> Result<Outcome> {
    let decisions = match &args.gallery {
        Some(gallery) => {
            Gallery::open(gallery)?;
            decision::read(gallery)?
        }
        None => Vec::new(),
    };
    let known = standings(&decisions);
    let is_open = |hit: &Hit| !matches!(state(hit, &known), Some(State::Decided(_)));
    let selection = args.select.selection();
    let all = read_hits(&args.run)?;
    let picked: Vec<&Hit> = all
        .iter()
        .filter(|hit| selection.picks(hit) && (!args.undecided || is_open(hit)))
        .collect();
    let top = if args.top == 0 { picked.len() } else { args.top.min(picked.len()) };
    show(&picked[..top], args.gallery.is_some().then_some(&known), ui);
    let [hits, in_list, shown] = [picked.len(), all.len(), top].map(|count| grouped(count as u64));
    let id = if picked.len() == all.len() { "hits-shown" } else { "hits-shown-of" };
    ui.say(words_with(id, &[("hits", &hits), ("all", &in_list), ("shown", &shown)]));
    if top < picked.len() {
        ui.note(words("more-hits"));
    }
    ui.document(&serde_json::json!({
        "type": "hit_list", "hits": picked.len(), "shown": top, "in_list": all.len(),
    }));
    Ok(if picked.is_empty() { Outcome::NoHits } else { Outcome::Done })
}

fn state(hit: &Hit, known: &BTreeMap<&str, Standing<'_>>) -> Option<State> {
    known.get(hit.hit_id.as_str()).map(Standing::state)
}

/// What the decisions on a hit amount to, in a word.
fn word(state: Option<State>) -> &'static str {
    match state {
        None => "open",
        Some(State::Single) => "one look",
        Some(State::Disputed) => "disputed",
        Some(State::Decided(verdict)) => verdict.name(),
    }
}

/// The word in the language of the process; a verdict is a word of the tables of decisions and stays.
fn shown_word(word: &str) -> String {
    match word {
        "open" => words("decision-open"),
        "one look" => words("decision-one-look"),
        "disputed" => words("decision-disputed"),
        verdict => verdict.to_owned(),
    }
}

/// The rows, with decisions where they are known.
fn show(hits: &[&Hit], known: Option<&BTreeMap<&str, Standing<'_>>>, ui: &Ui) {
    let mut header = vec!["hit", "search", "probe", "found", "rule", "agreement", "by-chance"];
    header.extend(known.map(|_| "decision"));
    header.push("score");
    let mut table = ui.titled(&header);
    for hit in hits {
        let decision = known.map(|known| word(state(hit, known)));
        let mut row = vec![
            hit.hit_id.clone(),
            hit.search.clone(),
            hit.probe_id.clone(),
            hit.gallery_id.clone(),
            hit.dna.as_ref().and_then(|d| d.rule_class.clone()).unwrap_or(hit.rule.clone()),
            agreement(hit),
            expectation(hit.expected_chance_hits),
        ];
        row.extend(decision.map(shown_word));
        row.push(format!("{:.2}", f64::from(hit.score_mban) / 1000.0));
        table.add_row(row);
        ui.document(&serde_json::json!({ "type": "hit", "hit": hit, "decision": decision }));
    }
    if !hits.is_empty() {
        ui.say(table.to_string());
    }
}

/// What agrees: loci, or fingers and minutiae.
pub(super) fn agreement(hit: &Hit) -> String {
    match (&hit.dna, &hit.finger) {
        (Some(dna), _) => {
            let (full, compared) = (dna.loci_full.to_string(), dna.loci_compared.to_string());
            words_with("agree-loci", &[("full", &full), ("compared", &compared)])
        }
        (_, Some(finger)) => {
            let minutiae = finger.minutiae_paired.to_string();
            let fingers = finger.fingers.len().to_string();
            words_with("agree-minutiae", &[("minutiae", &minutiae), ("fingers", &fingers)])
        }
        (None, None) => String::new(),
    }
}
