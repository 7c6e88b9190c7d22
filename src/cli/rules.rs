//! `tanba rules`: the rules of searches of identity.

use clap::{Args, Subcommand};

use super::common::rule_set;
use super::ui::{Outcome, Ui};
use crate::domain::rule_set::{NAMES, RuleSet, SearchKind};
use crate::error::Result;

/// Arguments of `tanba rules`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba rules list\n  tanba rules show pruem-2008-616\n\n\
docs/rules.md says where each number comes from and how to write a national set.")]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the built-in sets
    List,
    /// Show a set as TOML; of a file, after checking it
    Show {
        /// A built-in set or a TOML file
        #[arg(value_name = "NAME|FILE")]
        rules: String,
    },
}

/// Runs the verb.
pub(super) fn run(args: &RulesArgs, ui: &Ui) -> Result<Outcome> {
    match &args.command {
        Command::List => list(ui)?,
        Command::Show { rules } => {
            let rules = rule_set(rules)?;
            ui.say(rules.text.trim_end());
            ui.document(&serde_json::json!({
                "type": "rules", "rules": rules, "source": rules.source, "toml": rules.text,
            }));
        }
    }
    Ok(Outcome::Done)
}

fn list(ui: &Ui) -> Result<()> {
    let sets = NAMES.into_iter().map(rule_set).collect::<Result<Vec<RuleSet>>>()?;
    let mut table = ui.titled(&[
        "column-name",
        "report-parameter-version",
        "column-persons",
        "rules-traces",
        "rules-least-loci",
        "rules-source",
    ]);
    for rules in &sets {
        let rule = |kind| {
            let stated = rules.statement(kind);
            stated.rsplit(' ').next().unwrap_or_default().to_owned()
        };
        table.add_row([
            rules.name.clone(),
            rules.version.to_string(),
            rule(SearchKind::Persons),
            rule(SearchKind::Traces),
            rules.least_loci.to_string(),
            rules.source.clone(),
        ]);
    }
    ui.say(table.to_string());
    let sets: Vec<_> = sets
        .iter()
        .map(|rules| serde_json::json!({ "rules": rules, "source": rules.source }))
        .collect();
    ui.document(&serde_json::json!({ "type": "rule_sets", "sets": sets }));
    Ok(())
}
