//! `tanba gallery policy`: who may search a gallery, and on what ground.

use std::path::PathBuf;

use clap::Args;

use super::ask::POLICY_FILE;
use super::audit::{audited, event};
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;
use crate::import::cases::cases_of_bytes;
use crate::import::policy::{policy_of_bytes, read_policy};
use crate::language::{message, words};
use crate::law::access::{AccessPolicy, Ground, Role, documented_default};

/// Arguments of `tanba gallery policy`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba gallery policy registry\n  \
tanba gallery policy registry --set policy.toml --cases cases.csv\n\n\
Once a gallery has a policy, an ad-hoc search must state --role, --ground and --case, and is refused with exit\n\
code 5 where the policy does not allow it. docs/access.md describes the file and what it cannot do.")]
pub(super) struct PolicyArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Policy to put into the gallery, in place of the one there
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    /// Registry of cases to put beside it, under the name the policy gives
    #[arg(long, value_name = "FILE", requires = "set")]
    cases: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &PolicyArgs, ui: &Ui) -> Result<Outcome> {
    let Some(file) = &args.set else { return show(args, ui) };
    Gallery::open(&args.gallery)?;
    audited(&args.gallery, event("gallery policy", Asker::default()), |account| {
        let bytes = std::fs::read(file).map_err(Error::input(file))?;
        let target = args.gallery.join(POLICY_FILE);
        // Read as the file it will be: its registry of cases lies beside it.
        let read = policy_of_bytes(&target, &bytes)?;
        match (&args.cases, &read.case_registry) {
            (Some(cases), Some(place)) => {
                let bytes = std::fs::read(cases).map_err(Error::input(cases))?;
                account.count("cases", cases_of_bytes(cases, &bytes)?.len() as u64);
                let inside = place.strip_prefix(&args.gallery).ok().and_then(|p| p.to_str());
                let inside = inside.filter(|name| !name.contains('/')).ok_or_else(|| {
                    Error::usage(
                        "the policy names a registry of cases outside the gallery",
                        "leave --cases out and keep that file up to date",
                    )
                })?;
                write_new(&args.gallery, inside, &bytes)?;
            }
            (Some(_), None) => {
                return Err(Error::usage(
                    "the policy has case_registry = \"none\"",
                    "leave --cases out, or name a file in the policy",
                ));
            }
            (None, Some(place)) if !place.exists() => {
                return Err(Error::usage(
                    format!("the registry of cases {} does not exist", place.display()),
                    "add --cases FILE: without it every search would be refused",
                ));
            }
            (None, _) => {}
        }
        write_new(&args.gallery, POLICY_FILE, &bytes)?;
        account.result_blake3 = Some(read.blake3.clone());
        ui.say(message!("policy-set", name = &read.policy.name, hash = &read.blake3));
        ui.document(&serde_json::json!({
            "type": "policy", "name": read.policy.name, "blake3": read.blake3,
        }));
        Ok(Outcome::Done)
    })
}

/// Shows the policy in force, or the default that applies where one only states a role.
fn show(args: &PolicyArgs, ui: &Ui) -> Result<Outcome> {
    let path = args.gallery.join(POLICY_FILE);
    let (policy, is_in_force) = match path.exists() {
        true => (read_policy(&path)?.policy, true),
        false => (documented_default(), false),
    };
    if is_in_force {
        ui.say(message!("policy-in-force", name = &policy.name));
    } else {
        ui.say(message!("policy-none"));
    }
    let role = words("report-case-role");
    let mut header = vec![role.as_str()];
    header.extend(Ground::ALL.map(Ground::name));
    let mut table = ui.table(&header);
    for role in Role::all() {
        let cells = Ground::ALL.map(|ground| cell(&policy, role, ground));
        table.add_row([role.name().to_owned()].into_iter().chain(cells));
    }
    ui.say(table.to_string());
    ui.say(message!("policy-legend"));
    ui.document(&serde_json::json!({
        "type": "policy",
        "name": policy.name,
        "is_in_force": is_in_force,
        "grants": policy.grants.keys().map(|(r, g)| [r.name(), g.name()]).collect::<Vec<_>>(),
    }));
    Ok(Outcome::Done)
}

fn cell(policy: &AccessPolicy, role: Role, ground: Ground) -> String {
    policy.grants.get(&(role, ground)).map_or_else(
        || "-".to_owned(),
        |scope| {
            format!("{}+{}+{}", scope.profiles.len(), scope.fingers.len(), scope.verification.len())
        },
    )
}
