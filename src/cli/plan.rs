//! `tanba plan`: what a run would do, before it does it.

use std::path::PathBuf;

use clap::Args;

use super::common::{
    ExecutionArgs, PopulationArgs, RuleArgs, device, expectation, grouped, parameters,
};
use super::run::Preset;
use super::ui::{Outcome, Ui};
use crate::domain::likelihood::Population;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::plan::cost;
use crate::plan::job::Parameters;
use crate::plan::search::{ReadySearch, Sides, ready};
use crate::run::load;

/// Arguments of `tanba plan`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba plan nightly --gallery registry\n\n\
Takes the arguments of `tanba run`. The seconds are measured on a piece of this gallery by this\n\
machine.")]
pub(super) struct PlanArgs {
    /// What to plan
    #[arg(value_enum)]
    preset: Preset,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    /// Directory of the result; not written by `plan`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// As for `run`; without effect on a plan
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    population: PopulationArgs,
    #[command(flatten)]
    execution: ExecutionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &PlanArgs, ui: &Ui) -> Result<Outcome> {
    let searches = args.preset.searches()?;
    let table = args.population.table()?;
    let population = args.population.population(&table);
    let parameters = parameters(&args.population, &args.rule, &table)?;
    let gallery = Gallery::open(&args.gallery)?;
    let sides = load::sides(&gallery, &searches, true, parameters.as_of)?;
    let ready = searches
        .iter()
        .map(|spec| ready(spec, &sides, &parameters, &population))
        .collect::<Result<Vec<_>>>()?;
    show(&ready, &sides, args.execution.threads(), &parameters, &population, ui)?;
    Ok(Outcome::Done)
}

/// Shows what `searches` would do.
///
/// # Errors
/// A segment cannot be read, or as [`device`].
pub(super) fn show(
    searches: &[ReadySearch],
    sides: &Sides,
    threads: usize,
    parameters: &Parameters,
    population: &Population,
    ui: &Ui,
) -> Result<()> {
    let plan = cost::plan(searches, &device()?, threads, parameters, population)?;
    let mut shown = ui.table(&[
        "search",
        "article",
        "probes",
        "gallery",
        "comparisons",
        "MB read",
        "seconds",
        "threshold",
        "expected by chance",
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
    for refusal in &plan.refusals {
        ui.say(format!(
            "never compared: {} with {} ({})",
            refusal.probe, refusal.gallery, refusal.article
        ));
    }
    for (index, side) in &sides.by_index {
        let left_out = side.left_out;
        if left_out.expired + left_out.blocked > 0 {
            ui.say(format!(
                "left out: {} expired and {} blocked {index} records",
                grouped(left_out.expired),
                grouped(left_out.blocked)
            ));
        }
    }
    ui.document(&serde_json::json!({ "type": "plan", "threads": threads, "plan": plan }));
    Ok(())
}
