//! `tanba plan`: what a run would do, before it does it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::begin;
use super::common::{
    ExecutionArgs, PopulationArgs, RuleArgs, WayArgs, device, expectation, grouped, living_day,
    parameters,
};
use super::config;
use super::family_warnings::warn_of_searches;
use super::place::{finished, place};
use super::run::{Night, Preset, ReadySearches, warn_of_changes};
use super::summary;
use super::ui::{Outcome, Ui};
use crate::domain::likelihood::Population;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::language::{Message, category, message, words};
use crate::plan::cost::{self, Workers};
use crate::plan::job::{Comparator, Parameters};
use crate::plan::power::FamilyPower;
use crate::plan::way::Way;

/// Arguments of `tanba plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba plan nightly --gallery registry\n  \
tanba plan nightly --gallery registry --show-config\n\n\
Takes the arguments of `tanba run`, and reads its section of the configuration file. The seconds are\n\
measured on a piece of this gallery by this machine.")]
pub(super) struct PlanArgs {
    /// What to plan
    #[arg(value_enum)]
    preset: Preset,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Directory of the result; not written by `plan`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Plan only pairs with a side that is newer than this earlier run of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = finished())]
    since: Option<PathBuf>,
    /// As for `run`; without effect on a plan
    #[arg(long)]
    overwrite: bool,
    /// Show every flag of the run with its value and where it comes from, and plan nothing
    #[arg(long)]
    show_config: bool,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    population: PopulationArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
    #[command(flatten)]
    way: WayArgs,
}

/// Runs the verb.
pub(super) fn run(args: &PlanArgs, ui: &Ui) -> Result<Outcome> {
    if args.show_config {
        config::show(ui);
        return Ok(Outcome::Done);
    }
    let started = Instant::now();
    args.execution.limit_memory(&std::env::temp_dir())?;
    let table = args.population.table()?;
    let mut parameters =
        parameters(&args.population, &args.rule, &table, living_day(args.rule.as_of)?)?;
    let gallery = Gallery::open(&args.gallery)?;
    let gallery = begin::set_aside(gallery, args.rule.without_broken, &mut parameters, ui);
    let device = device()?;
    let night = Night {
        sweeps: args.preset.sweeps(),
        parameters: &parameters,
        table: &table,
        since: args.since.as_deref(),
    };
    let ready = night.ready(&gallery, &device);
    let ready = ready.map_err(|error| begin::or_without(error, &args.gallery))?;
    let workers = Workers { way: args.way.way, ..args.execution.workers(&device, started) };
    show(&ready, workers, &parameters, &night.population(), ui)?;
    Ok(Outcome::Done)
}

/// Families named as the weakest.
const WEAKEST: usize = 3;

/// Says in how many families a body of the missing person would be found, and which are the weakest.
fn say_powers(search: &str, families: &[FamilyPower], ui: &Ui) {
    if families.is_empty() {
        return;
    }
    let within = |range: std::ops::Range<f64>| {
        families.iter().filter(|family| range.contains(&family.found)).count()
    };
    ui.say(message!(
        "plan-powers",
        search = search,
        likely = within(0.95..f64::INFINITY).to_string(),
        all = families.len().to_string(),
        even = within(0.5..0.95).to_string(),
        weak = within(0.0..0.5).to_string(),
    ));
    let mut weakest: Vec<&FamilyPower> = families.iter().collect();
    weakest.sort_by(|a, b| a.found.total_cmp(&b.found).then_with(|| a.family_id.cmp(&b.family_id)));
    let named = weakest.iter().take(WEAKEST).map(|family| {
        let [_, median, _] = family.true_log10;
        message!(
            "plan-weak-family",
            family = &family.family_id,
            found = format!("{:.2}", family.found),
            score = format!("10^{median:.1}"),
        )
    });
    let list = Message::List(named.collect(), ", ");
    ui.say(format!("  {}", message!("plan-weakest", list = list)));
}

/// A side of a comparison that is never made: an index, or a register of fingerprints and perhaps its owner.
fn side(name: &str) -> Message {
    let Some((register, owner)) = name.split_once(" fingerprints") else {
        return category(name, false);
    };
    let register = category(register, true);
    match owner.strip_prefix(" of ") {
        Some(owner) => message!("plan-fingerprints-of", register = register, owner = owner),
        None => message!("plan-fingerprints", register = register),
    }
}

/// Shows what `searches` would do.
///
/// # Errors
/// A segment cannot be read.
pub(super) fn show(
    ready: &ReadySearches,
    workers: Workers<'_>,
    parameters: &Parameters,
    population: &Population,
    ui: &Ui,
) -> Result<()> {
    let searches = (&ready.searches[..], &ready.finger_searches[..]);
    warn_of_searches(&ready.searches, ui)?;
    warn_of_changes(&ready.changed, ui);
    let plan = cost::plan(searches, &ready.holdings, workers, parameters, population)?;
    let mut shown = ui.titled(&[
        "search",
        "column-article",
        "probes",
        "column-gallery-position",
        "comparisons",
        "plan-mb-read",
        "seconds",
        "threshold",
        "expected-by-chance",
    ]);
    for line in &plan.searches {
        shown.add_row([
            line.search.clone(),
            line.purpose.clone(),
            grouped(line.probes),
            grouped(line.gallery),
            grouped(line.comparisons),
            format!("{:.1}", line.plane_bytes as f64 / 1e6),
            format!("{:.3}", line.seconds),
            format!("{:.1}", line.threshold_log10),
            expectation(line.expected_chance_hits),
        ]);
    }
    ui.say(shown.to_string());
    ui.say(message!("plan-setup", seconds = format!("{:.1}", plan.setup_seconds)));
    for line in &plan.searches {
        let counts = (line.impressions_not_compared, line.records_not_compared);
        if let Some(line) = summary::not_compared(&line.search, counts) {
            ui.say(line);
        }
    }
    for line in &plan.searches {
        if let Some(planned) = &line.way {
            let way = match planned.way {
                Way::Pairs => words("plan-all-pairs"),
                Way::Join => words("plan-join"),
            };
            ui.say(format!("{}: {way}; {}", line.search, planned.reason));
        }
    }
    for line in &plan.searches {
        say_powers(&line.search, &line.families, ui);
    }
    if ready.searches.iter().any(|s| matches!(s.spec.comparator, Comparator::Identity { .. })) {
        let rules = &parameters.rules;
        ui.say(message!(
            "rules-of-identity",
            name = &rules.name,
            version = rules.version.to_string(),
        ));
    }
    for refusal in &plan.refusals {
        ui.say(message!(
            "plan-never",
            probe = side(&refusal.probe),
            gallery = side(&refusal.gallery),
            article = refusal.article,
        ));
    }
    let profiles =
        ready.sides.by_index.iter().map(|(index, s)| (category(index.name(), false), s.left_out));
    let fingers = ready.finger_sides.by_register.iter();
    let fingers = fingers.map(|(register, side)| (category(register.name(), true), side.left_out));
    for (category, left_out) in profiles.chain(fingers) {
        if left_out.expired + left_out.blocked > 0 {
            ui.say(message!(
                "plan-left-out",
                expired = grouped(left_out.expired),
                blocked = grouped(left_out.blocked),
                category = category,
            ));
        }
    }
    ui.document(&serde_json::json!({
        "type": "plan", "threads": workers.threads, "rules": parameters.rules, "plan": plan,
    }));
    Ok(())
}
