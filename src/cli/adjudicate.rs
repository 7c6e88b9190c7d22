//! `tanba adjudicate`: examiners decide on hits.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::adjudicate_show::{self, ShowArgs};
use super::audit::{audited, event};
use super::common::{grouped, today};
use super::place::{finished, place};
use super::summary::is_of_pedigree;
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::column::decision::{Decision, Verdict};
use crate::column::hit::Hit;
use crate::error::{Error, Position, Result};
use crate::gallery::Gallery;
use crate::hits::contested::joint;
use crate::hits::decision::{self, Standing, State, csv, standings, stats};
use crate::hits::output::{read_hits, read_report};
use crate::language::{message, word, words};

/// Arguments of `tanba adjudicate`.
#[derive(Debug, Args)]
pub(super) struct AdjudicateArgs {
    #[command(subcommand)]
    verb: AdjudicateVerb,
}

#[derive(Debug, Subcommand)]
enum AdjudicateVerb {
    /// The hits to look at next, in working order
    Next(NextArgs),
    /// Both records of a hit side by side
    Show(ShowArgs),
    /// Record an examiner's verdict on a hit
    Decide(DecideArgs),
    /// Take in decisions from a CSV or Parquet file
    Import(FileArgs),
    /// Write all decisions into a CSV or Parquet file
    Export(FileArgs),
    /// Decisions by month: confirmed, adventitious, time taken
    Stats(StatsArgs),
}

/// Which hits.
#[derive(Debug, Clone, Args)]
pub(super) struct FromArgs {
    /// Directory of the gallery; decisions are kept beside it
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    pub(super) gallery: PathBuf,
    /// Directory of a finished run; may be repeated
    #[arg(long, required = true, value_name = "DIR|URL", value_parser = finished())]
    pub(super) run: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba adjudicate next --gallery registry --run night\n  \
tanba adjudicate next --gallery registry --run night --examiner E7 --top 50\n\n\
First looks come first, the strongest first; hits to be decided together with others come after those that\n\
stand alone; then second looks, in an order that tells nothing, then disputed hits. Exit code 1: nothing to do.")]
struct NextArgs {
    #[command(flatten)]
    from: FromArgs,
    /// Identifier of the examiner: what they have decided is left out
    #[arg(long, value_name = "ID")]
    examiner: Option<String>,
    /// Hits shown
    #[arg(long, default_value_t = 10, value_name = "K")]
    top: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba adjudicate decide 365feabf38eeab16505cb1829423753c --gallery registry --run night --verdict exclusion \
--reason 'two loci differ' --examiner E7\n\n\
A later decision of the same examiner on the same hit replaces the earlier; both are kept.")]
struct DecideArgs {
    /// The hit, as the hit list names it
    #[arg(value_name = "HIT_ID")]
    hit_id: String,
    #[command(flatten)]
    from: FromArgs,
    /// identification, exclusion, inconclusive or insufficient
    #[arg(long, value_name = "VERDICT", value_parser = parse_verdict)]
    verdict: Verdict,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Identifier of the examiner
    #[arg(long, value_name = "ID")]
    examiner: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba adjudicate export decisions.csv --gallery registry\n  \
tanba adjudicate import verdicts.csv --gallery registry\n\n\
The name's ending says the format: .csv or .parquet. docs/decisions.md describes the columns.")]
struct FileArgs {
    /// File of decisions
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba adjudicate stats --gallery registry")]
struct StatsArgs {
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
}

fn parse_verdict(text: &str) -> std::result::Result<Verdict, String> {
    Verdict::parse(text)
        .ok_or_else(|| format!("is one of {}", Verdict::ALL.map(Verdict::name).join(", ")))
}

/// Runs the verb.
pub(super) fn run(args: &AdjudicateArgs, ui: &Ui) -> Result<Outcome> {
    match &args.verb {
        AdjudicateVerb::Next(args) => next(args, ui),
        AdjudicateVerb::Show(args) => adjudicate_show::run(args, ui),
        AdjudicateVerb::Decide(args) => decide(args, ui),
        AdjudicateVerb::Import(args) => import(args, ui),
        AdjudicateVerb::Export(args) => export(args, ui),
        AdjudicateVerb::Stats(args) => show_stats(args, ui),
    }
}

/// A hit of the runs given, once, with the start of the first run that lists it.
pub(super) struct Listed {
    pub(super) hit: Hit,
    found_at: Option<Timestamp>,
}

/// The hits of all runs, by id.
pub(super) fn listed(runs: &[PathBuf]) -> Result<BTreeMap<String, Listed>> {
    let mut all: BTreeMap<String, Listed> = BTreeMap::new();
    for run in runs {
        let found_at = read_report(run)?.started_at.parse::<Timestamp>().ok();
        for hit in read_hits(run)? {
            let known = all.get(&hit.hit_id);
            let is_earlier = known.is_none_or(|known| found_at < known.found_at);
            if is_earlier {
                all.insert(hit.hit_id.clone(), Listed { hit, found_at });
            }
        }
    }
    Ok(all)
}

/// The hit `id` of the runs.
///
/// # Errors
/// No run lists it.
pub(super) fn find(runs: &[PathBuf], id: &str) -> Result<Listed> {
    listed(runs)?.remove(id).ok_or_else(|| {
        Error::usage(
            format!("no run given lists the hit {id}"),
            "copy the id from `tanba adjudicate next`, and give the run with --run",
        )
    })
}

/// What an examiner has to do with a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    First,
    Second,
    Disputed,
}

/// A hit in the queue.
struct Queued<'a> {
    look: Look,
    is_contested: bool,
    hit: &'a Hit,
}

impl Queued<'_> {
    /// First looks by strength; second looks by an id that tells nothing of it.
    fn order(&self) -> (Look, bool, i64, &str) {
        let strength = match self.look {
            Look::First => -i64::from(self.hit.score_mban),
            Look::Second | Look::Disputed => 0,
        };
        (self.look, self.is_contested, strength, &self.hit.hit_id)
    }

    fn look(&self) -> &'static str {
        match self.look {
            Look::First => "first",
            Look::Second => "second",
            Look::Disputed => "disputed",
        }
    }
}

/// The queue in working order, and how many hits are left out: decided, and waiting for somebody else.
fn queue<'a>(
    hits: &'a BTreeMap<String, Listed>,
    known: &BTreeMap<&str, Standing<'_>>,
    examiner: Option<&str>,
) -> (Vec<Queued<'a>>, u64, u64) {
    let contested = joint(hits.values().map(|l| &l.hit).filter(|hit| is_of_pedigree(hit)));
    let ids = |list: &[crate::hits::contested::Contested]| -> HashSet<String> {
        list.iter().map(|contested| contested.id.clone()).collect()
    };
    let (bodies, families) = (ids(&contested.bodies), ids(&contested.families));
    let (mut queue, mut decided, mut waiting) = (Vec::new(), 0, 0);
    for Listed { hit, .. } in hits.values() {
        let standing = known.get(hit.hit_id.as_str());
        let look = match standing.map(Standing::state) {
            None => Look::First,
            Some(State::Decided(_)) => {
                decided += 1;
                continue;
            }
            Some(State::Disputed) => Look::Disputed,
            Some(State::Single) if standing.zip(examiner).is_some_and(|(s, e)| s.is_by(e)) => {
                waiting += 1;
                continue;
            }
            Some(State::Single) => Look::Second,
        };
        let is_contested = is_of_pedigree(hit)
            && (bodies.contains(&hit.probe_id)
                || hit.family_id.as_ref().is_some_and(|family| families.contains(family)));
        queue.push(Queued { look, is_contested, hit });
    }
    queue.sort_by(|a, b| a.order().cmp(&b.order()));
    (queue, decided, waiting)
}

fn next(args: &NextArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.from.gallery)?;
    let decisions = decision::read(&args.from.gallery)?;
    let hits = listed(&args.from.run)?;
    let (queue, decided, waiting) = queue(&hits, &standings(&decisions), args.examiner.as_deref());
    let mut table = ui.titled(&[
        "hit",
        "adjudicate-look",
        "search",
        "probe",
        "column-gallery-position",
        "adjudicate-together",
        "score",
    ]);
    for queued in queue.iter().take(args.top) {
        let hit = queued.hit;
        // Whoever looks second is not to know how strong the first look was made to seem.
        let score = (queued.look == Look::First).then_some(hit.score_mban);
        ui.document(&serde_json::json!({
            "type": "queued_hit", "hit_id": hit.hit_id, "look": queued.look(), "search": hit.search,
            "probe_id": hit.probe_id, "gallery_id": hit.gallery_id, "is_contested": queued.is_contested,
            "score_mban": score,
        }));
        table.add_row([
            hit.hit_id.clone(),
            word("look", queued.look()).to_string(),
            hit.search.clone(),
            hit.probe_id.clone(),
            hit.gallery_id.clone(),
            if queued.is_contested { words("yes") } else { String::new() },
            score.map_or_else(|| "-".into(), |mban| format!("{:.2}", f64::from(mban) / 1000.0)),
        ]);
    }
    let of = |look| grouped(queue.iter().filter(|queued| queued.look == look).count() as u64);
    if !queue.is_empty() {
        ui.say(table.to_string());
    }
    ui.say(message!(
        "adjudicate-queue",
        hits = grouped(queue.len() as u64),
        shown = grouped(queue.len().min(args.top) as u64),
        first = of(Look::First),
        second = of(Look::Second),
        disputed = of(Look::Disputed),
        decided = grouped(decided),
        waiting = grouped(waiting),
    ));
    ui.document(&serde_json::json!({
        "type": "queue", "hits": queue.len(), "shown": queue.len().min(args.top), "decided": decided,
        "waiting_for_another": waiting,
    }));
    Ok(if queue.is_empty() { Outcome::NoHits } else { Outcome::Done })
}

/// The examiner as the person who asks.
pub(super) fn asker(examiner: &str) -> Asker {
    Asker { person_id: Some(examiner.to_owned()), ..Asker::default() }
}

fn decide(args: &DecideArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.from.gallery)?;
    audited(&args.from.gallery, event("decision", asker(&args.examiner)), |account| {
        let Listed { hit, found_at } = find(&args.from.run, &args.hit_id)?;
        let made = Decision {
            hit_id: hit.hit_id,
            verdict: args.verdict,
            reason: args.reason.clone(),
            examiner: args.examiner.clone(),
            decided_at: Timestamp::now(),
            found_at,
            run_id: Some(hit.run_id),
            search: Some(hit.search),
            probe_id: Some(hit.probe_id),
            gallery_id: Some(hit.gallery_id),
        };
        if let Some((rule, found)) = decision::fault(&made) {
            return Err(Error::usage(format!("{rule}, found {found:?}"), "correct the argument"));
        }
        let known = decision::read(&args.from.gallery)?;
        let is_changed = standings(&known)
            .get(made.hit_id.as_str())
            .is_some_and(|standing| standing.is_by(&args.examiner));
        let file = decision::append(&args.from.gallery, std::slice::from_ref(&made))?;
        account.result_blake3 = Some(file.blake3);
        account.count("decisions", 1);
        ui.say(message!(
            if is_changed { "adjudicate-replaced" } else { "adjudicate-decided" },
            hit = &made.hit_id,
            verdict = word("verdict", made.verdict.name()),
            examiner = &made.examiner,
        ));
        ui.document(&serde_json::json!({
            "type": "decision", "decision_id": made.id(), "decision": made, "replaces": is_changed,
        }));
        Ok(Outcome::Done)
    })
}

/// Format of a file of decisions, by its name.
fn is_csv(path: &Path) -> Result<bool> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(true),
        Some("parquet") => Ok(false),
        _ => Err(Error::usage(
            format!("{} ends neither in .csv nor in .parquet", path.display()),
            "name the file so that its ending says the format",
        )),
    }
}

fn import(args: &FileArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    let is_csv = is_csv(&args.file)?;
    audited(&args.gallery, event("decision import", Asker::default()), |account| {
        let bytes = std::fs::read(&args.file).map_err(Error::input(&args.file))?;
        let offered = match is_csv {
            true => csv::from_csv(&args.file, &bytes)?,
            false => decision::read_file(&args.file).map_err(|error| {
                let rule = "the file is a Parquet table of decisions";
                decision::rejected(&args.file, Position::File, rule, &error.to_string())
            })?,
        };
        for one in &offered {
            let late = (one.decided_at > Timestamp::now())
                .then(|| ("a decision is not made in the future", one.decided_at.to_string()));
            if let Some((rule, found)) = decision::fault(one).or(late) {
                return Err(decision::rejected(&args.file, Position::File, rule, &found));
            }
        }
        let count = offered.len();
        let new = decision::new_ones(&decision::read(&args.gallery)?, offered);
        account.count("decisions", new.len() as u64);
        account.count("already_present", (count - new.len()) as u64);
        if !new.is_empty() {
            account.result_blake3 = Some(decision::append(&args.gallery, &new)?.blake3);
        }
        ui.say(message!(
            "adjudicate-added",
            added = grouped(new.len() as u64),
            present = grouped((count - new.len()) as u64),
        ));
        ui.document(&serde_json::json!({
            "type": "decision_import", "added": new.len(), "already_present": count - new.len(),
        }));
        Ok(Outcome::Done)
    })
}

fn export(args: &FileArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    let is_csv = is_csv(&args.file)?;
    audited(&args.gallery, event("export", Asker::default()), |account| {
        let decisions = decision::read(&args.gallery)?;
        let bytes = match is_csv {
            true => csv::to_csv(&decisions)?,
            false => decision::to_parquet(&args.file, &decisions)?,
        };
        std::fs::write(&args.file, &bytes).map_err(Error::io(&args.file))?;
        account.count("decisions", decisions.len() as u64);
        account.result_blake3 = Some(blake3::hash(&bytes).to_hex().to_string());
        let count = grouped(decisions.len() as u64);
        let file = args.file.display().to_string();
        ui.say(message!("adjudicate-exported", count = count, file = file));
        ui.document(&serde_json::json!({
            "type": "decision_export", "out": args.file.display().to_string(),
            "decisions": decisions.len(),
        }));
        Ok(Outcome::Done)
    })
}

fn show_stats(args: &StatsArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    let found = stats::statistics(&decision::read(&args.gallery)?);
    let mut table = ui.titled(&[
        "adjudicate-month",
        "adjudicate-decisions",
        "adjudicate-confirmed",
        "adjudicate-adventitious",
        "adjudicate-inconclusive",
        "adjudicate-insufficient",
        "adjudicate-median-days",
    ]);
    for (name, month) in &found.months {
        table.add_row([
            name.clone(),
            grouped(month.decisions),
            grouped(month.confirmed),
            grouped(month.adventitious),
            grouped(month.inconclusive),
            grouped(month.insufficient),
            month.median_days.map_or_else(|| "-".into(), |days| format!("{days:.1}")),
        ]);
    }
    if !found.months.is_empty() {
        ui.say(table.to_string());
    }
    ui.say(message!(
        "adjudicate-waiting",
        waiting = grouped(found.waiting),
        disputed = grouped(found.disputed),
        day = today().to_string(),
    ));
    ui.say(message!("adjudicate-legend"));
    ui.document(&serde_json::json!({ "type": "decision_stats", "statistics": found }));
    Ok(Outcome::Done)
}

/// Says how many hits of a run were decided before; nothing where nothing was ever decided.
pub(super) fn say_decided(gallery: &Path, hits: &[Hit], ui: &Ui) -> Result<()> {
    let decisions = decision::read(gallery)?;
    if decisions.is_empty() {
        return Ok(());
    }
    let known = standings(&decisions);
    let ids: HashSet<&str> = hits.iter().map(|hit| hit.hit_id.as_str()).collect();
    let count = |wanted: &dyn Fn(State) -> bool| {
        ids.iter().filter_map(|id| known.get(*id)).filter(|s| wanted(s.state())).count()
    };
    let decided = count(&|state| matches!(state, State::Decided(_)));
    let waiting = count(&|state| state == State::Single);
    let disputed = count(&|state| state == State::Disputed);
    let new = ids.len() - decided - waiting - disputed;
    ui.say(message!(
        "adjudicate-before",
        hits = grouped(ids.len() as u64),
        decided = grouped(decided as u64),
        waiting = grouped(waiting as u64),
        disputed = grouped(disputed as u64),
        new = grouped(new as u64),
    ));
    ui.document(&serde_json::json!({
        "type": "decided_before", "hits": ids.len(), "decided": decided, "waiting": waiting,
        "disputed": disputed, "new": new,
    }));
    Ok(())
}
