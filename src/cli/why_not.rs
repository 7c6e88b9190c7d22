//! `tanba why-not`: what kept two records out of a hit list.

use std::path::PathBuf;

use clap::Args;

use super::audit::{audited, event};
use super::explain::{say_fingers, say_loci};
use super::given_probes::GivenArgs;
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::audit::pseudonym::Named;
use crate::error::Result;
use crate::explain::Evidence;
use crate::explain::why_not::{Answer, why_not};
use crate::gallery::Gallery;
use crate::language::Message;

/// Arguments of `tanba why-not`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba why-not C0000182 T000026 --gallery registry --run night\n  \
tanba why-not C0000182 C0000416 --gallery registry --run night\n\n\
Every search of the run that could have had the pair answers: law, status, screen, rules, threshold, not compared\n\
yet, or the hit it is. The look is recorded in the audit log.")]
pub(super) struct WhyNotArgs {
    /// One record
    #[arg(value_name = "A")]
    a: String,
    /// The other record
    #[arg(value_name = "B")]
    b: String,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Directory of a run; may be repeated, for a night and those it went on from
    #[arg(long, required = true, value_name = "DIR|URL", value_parser = finished())]
    run: Vec<PathBuf>,
    #[command(flatten)]
    given: GivenArgs,
}

/// Runs the verb.
pub(super) fn run(args: &WhyNotArgs, ui: &Ui) -> Result<Outcome> {
    let gallery = Gallery::open(&args.gallery)?;
    let mut event = event("why-not", Asker::default());
    event.names.extend([&args.a, &args.b].map(|id| (Named::Record, id.clone())));
    audited(&args.gallery, event, |_| {
        let answers = why_not(&gallery, &args.run, (&args.a, &args.b), |run| {
            args.given.read(&gallery, run, ui)
        })?;
        for answer in &answers {
            say(answer, ui);
        }
        ui.document(&serde_json::json!({
            "type": "why_not", "a": args.a, "b": args.b, "answers": answers,
        }));
        Ok(Outcome::Done)
    })
}

fn say(answer: &Answer, ui: &Ui) {
    let said = match &answer.search {
        Some(search) => Message::new("why-of-search").with("search", search),
        None => Message::new("why-of-run"),
    };
    ui.say(said.with("run", &answer.run).with("text", answer.text.clone()));
    match &answer.evidence {
        Some(Evidence::Dna(dna)) => say_loci(dna, ui),
        Some(Evidence::Finger(finger)) => say_fingers(finger, ui),
        None => {}
    }
}
