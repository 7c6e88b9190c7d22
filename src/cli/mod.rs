//! The command line: one file per verb. The only layer that prints.
//!
//! Exit codes: 0 done (a search: with hits), 1 done without hits, 2 usage, 3 input rejected,
//! 4 incomplete, 5 refused by law or policy, 6 integrity failure.

mod adjudicate;
mod adjudicate_show;
mod ask;
mod audit;
mod begin;
mod check;
#[cfg(feature = "distributed")]
mod cluster;
mod cluster_args;
mod common;
mod config;
mod config_file;
mod demo;
mod devices;
mod evaluate;
mod evaluate_finger;
mod expected;
mod explain;
mod family_warnings;
mod finish;
mod gallery;
mod gallery_destroy;
mod gallery_finger;
mod gallery_person;
mod gallery_status;
mod given_probes;
mod hits;
mod hits_diff;
mod hits_export;
mod hits_list;
mod hits_stats;
mod import;
mod import_finger;
mod keys;
mod log;
mod manual;
mod matrix;
mod metrics;
mod mixture_args;
mod operation;
mod pedigree_args;
mod place;
mod plan;
mod policy;
mod progress;
mod report;
mod resume;
mod rules;
mod run;
mod score;
mod score_candidates;
mod score_family;
mod score_finger;
mod score_lineage;
mod score_lineages;
mod score_mixture;
mod search;
mod search_finger;
mod set_aside;
mod status;
mod summary;
mod synth;
mod synth_figure;
mod synth_finger;
mod train;
pub mod ui;
mod verify;
mod why_not;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};
use crate::gallery::store;
use crate::hits::bucket;
use crate::language::{self, Language};
use ui::{Outcome, Ui};

/// Cross-matching of a national registry's DNA galleries: deduplication, cold cases, missing
/// persons. Compares only what the law allows and states with every hit how many chance hits to
/// expect.
#[derive(Debug, Parser)]
#[command(name = "tanba", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// Write JSON documents, one per line, instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Key that signs the audit log of the gallery [default: TANBA_AUDIT_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    audit_key: Option<PathBuf>,
    /// Keys that encrypt and decrypt galleries and hit lists [default: TANBA_KEYS_FILE]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "keys_command")]
    keys: Option<PathBuf>,
    /// Shell command that prints these keys [default: TANBA_KEYS_COMMAND]
    #[arg(long, global = true, value_name = "COMMAND")]
    keys_command: Option<String>,
    /// Folder that keeps files of galleries in buckets (docs/object_storage.md) [default: below the user's cache]
    #[arg(long, global = true, value_name = "DIR")]
    gallery_cache: Option<PathBuf>,
    /// How long to go on trying where a bucket does not answer, in seconds or such as 10m [default: 3m]
    #[arg(long, global = true, value_name = "TIME", value_parser = operation::parse_wait)]
    store_retry: Option<Duration>,
    /// Configuration file: flags that are not given here, a section per verb (docs/operating.md) [default:
    /// TANBA_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Log events of the run on standard error, in this form; TANBA_LOG filters them
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<log::LogFormat>,
    /// Language of what is said to people; JSON and the texts of errors stay as they are [default: that of the locale]
    #[arg(long, global = true, value_name = "LANG", value_parser = parse_language)]
    lang: Option<Language>,
    #[command(subcommand)]
    verb: Verb,
}

fn parse_language(text: &str) -> std::result::Result<Language, String> {
    let codes = || Language::ALL.map(Language::code).join(", ");
    let found = Language::ALL.into_iter().find(|language| language.code() == text);
    found.ok_or_else(|| format!("is one of {}", codes()))
}

/// The language of the locale, as POSIX says which variable counts.
fn of_locale() -> Option<Language> {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(std::env::var_os);
    let first = named.into_iter().find(|value| !value.is_empty())?;
    Language::of_locale(first.to_str()?)
}

const EXIT_CODES: &str = "Exit codes: 0 done (searches: with hits), 1 done without hits, 2 usage, \
3 input rejected,\n4 incomplete, 5 refused by law or policy, 6 integrity failure.\n\n\
Start with: tanba demo";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a registry, run a night over it, compare with the truth
    Demo(demo::DemoArgs),
    /// Write a synthetic registry with its truth
    Synth(synth::SynthArgs),
    /// Import files of other systems into a gallery
    Import(import::ImportArgs),
    /// Look at a gallery, check it, block records, count its match matrix
    Gallery(gallery::GalleryArgs),
    /// Show or verify the log of who did what with a gallery
    Audit(audit::AuditArgs),
    /// Say what a run would do: comparisons, time, expected chance hits, refusals
    Plan(plan::PlanArgs),
    /// Run a night or one of its sweeps
    Run(run::RunArgs),
    /// Go on with a run that was interrupted
    Resume(resume::ResumeArgs),
    /// Make the hit list of a run in parts, when every part has ended
    Finish(finish::FinishArgs),
    /// Say how far a run is
    Status(status::StatusArgs),
    /// Search the records of a file, or a record itself, in a gallery
    Search(Box<search::SearchArgs>),
    /// Make the keys that galleries and hit lists are encrypted with
    Keys(keys::KeysArgs),
    /// List the rules of searches of identity, or show one set
    Rules(rules::RulesArgs),
    /// Confirm by fingerprints that a person is who the record says
    Verify(verify::VerifyArgs),
    /// Decide on hits: the queue, two records side by side, verdicts, statistics
    Adjudicate(adjudicate::AdjudicateArgs),
    /// Explain a hit: every locus or every paired minutia, counted again
    Explain(explain::ExplainArgs),
    /// Say what kept two records out of the hit list
    WhyNot(why_not::WhyNotArgs),
    /// List, export, compare and count hits; destroy the results bound to a case
    Hits(hits::HitsArgs),
    /// Make one page of a run: what needs attention, what was found, how sure that is
    Report(report::ReportArgs),
    /// Score pairs of profiles or of fingerprints, as CSV
    Score(score::ScoreArgs),
    /// Compare a run with the truth, or the fingerprint matcher with labelled impressions
    Evaluate(evaluate::EvaluateArgs),
    /// List the processor and the graphics cards, test and measure them
    Devices(devices::DevicesArgs),
    /// Run the scheduler or an executor of a cluster
    #[cfg(feature = "distributed")]
    Cluster(cluster::ClusterArgs),
    /// Learn the projection of the minutia descriptor from impressions of known fingers
    Train(train::TrainArgs),
    /// Write the completions of a shell
    Completions(manual::CompletionsArgs),
    /// Write manual pages
    Man(manual::ManArgs),
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    // Whether errors are to be JSON is known before all else can be.
    let json = std::env::args_os().any(|argument| argument == "--json");
    let ended = |ui: &Ui, error: &Error| {
        ui.error(error);
        ExitCode::from(error.kind().exit_code())
    };
    let cli = match config::parsed() {
        Ok(cli) => cli,
        Err(error) => return ended(&Ui { json }, &error),
    };
    let ui = Ui { json: cli.json };
    language::choose(cli.lang.or_else(of_locale).unwrap_or(Language::English));
    audit::use_key(cli.audit_key.as_deref());
    if let Err(error) = log::start(cli.log_format) {
        return ended(&ui, &error);
    }
    let makes_keys = matches!(&cli.verb, Verb::Keys(args) if args.is_making());
    let have_keys = if makes_keys { Ok(()) } else { keys::load(&cli) };
    if let Some(patience) = cli.store_retry {
        store::use_patience(patience);
    }
    let done = have_keys
        .and_then(|()| place::open(&config::effective_arguments()))
        .and_then(|()| run_verb(&cli.verb, &ui));
    bucket::close();
    match done.and_then(|outcome| Ui::lost_output().map_or(Ok(outcome), Err)) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            log::failed(&error);
            ended(&ui, &error)
        }
    }
}

fn run_verb(verb: &Verb, ui: &Ui) -> Result<Outcome> {
    match verb {
        Verb::Demo(args) => demo::run(args, ui),
        Verb::Synth(args) => synth::run(args, ui),
        Verb::Import(args) => import::run(args, ui),
        Verb::Gallery(args) => gallery::run(args, ui),
        Verb::Audit(args) => audit::run(args, ui),
        Verb::Plan(args) => plan::run(args, ui),
        Verb::Run(args) => run::run(args, &begin::of_process(), ui),
        Verb::Resume(args) => resume::run(args, ui),
        Verb::Finish(args) => finish::run(args, ui),
        Verb::Status(args) => status::run(args, ui),
        Verb::Search(args) => search::run(args, &begin::of_process(), ui),
        Verb::Keys(args) => keys::run(args, ui),
        Verb::Rules(args) => rules::run(args, ui),
        Verb::Verify(args) => verify::run(args, ui),
        Verb::Adjudicate(args) => adjudicate::run(args, ui),
        Verb::Explain(args) => explain::run(args, ui),
        Verb::WhyNot(args) => why_not::run(args, ui),
        Verb::Hits(args) => hits::run(args, ui),
        Verb::Report(args) => report::run(args, ui),
        Verb::Score(args) => score::run(args, ui),
        Verb::Evaluate(args) => evaluate::run(args, ui),
        Verb::Devices(args) => devices::run(args, ui),
        #[cfg(feature = "distributed")]
        Verb::Cluster(args) => cluster::run(args, ui),
        Verb::Train(args) => train::run(args, ui),
        Verb::Completions(args) => manual::completions(args, ui),
        Verb::Man(args) => manual::man(args, ui),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Options that take the identifier of who asks or decides, or of a family, which is no person; and `--drop-out`, whose samples `--sample` names too.
    const OF_OTHERS: [&str; 5] =
        ["--examiner", "--person-id", "--approved-by", "--drop-out", "--family"];

    #[test]
    fn every_option_that_names_a_record_is_known_to_the_audit_log() {
        use crate::audit::pseudonym::NAMING;
        let mut commands = vec![Cli::command()];
        let mut naming = std::collections::BTreeSet::new();
        while let Some(command) = commands.pop() {
            for argument in command.get_arguments() {
                let values = argument.get_value_names().unwrap_or_default();
                let is_identifier = values.iter().any(|name| {
                    name.split(['|', '=', '_']).any(|word| word == "ID") && name != "HIT_ID"
                });
                let name = argument.get_long().map(|name| format!("--{name}"));
                if !is_identifier {
                    continue;
                }
                let name = name.expect("an identifier is given by an option");
                assert!(argument.get_num_args().is_none_or(|n| n.max_values() == 1), "{name}");
                if NAMING.iter().any(|(option, _)| *option == name) {
                    naming.insert(name);
                } else {
                    assert!(OF_OTHERS.contains(&name.as_str()), "{} {name}", command.get_name());
                }
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert_eq!(naming.len(), NAMING.len());
    }
}
