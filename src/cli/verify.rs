//! `tanba verify`: is this the person it is said to be? One record against one, 1:1.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;

use super::ask::{AskArgs, Permit};
use super::audit::{audited, event};
use super::common::{CalibrationArgs, device, living_day, parse_register};
use super::place::place;
use super::score_finger::RotationArg;
use super::ui::{Outcome, Ui};
use crate::audit::Account;
use crate::domain::calibration::Scale;
use crate::domain::finger::Position;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::import::finger::pairs::read_templates;
use crate::language::{message, word, words};
use crate::law::access::Sight;
use crate::law::finger_purpose::verification;
use crate::law::purpose::Purpose;
use crate::run::finger_compare::{Comparison, records};
use crate::run::finger_probes::{Described, absent};

/// Arguments of `tanba verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba verify --probe border.iso --claimed FP0000012 --gallery registry\n  \
tanba verify --probe renewal.iso --reference passport.iso --fmr 1e-6\n\n\
Exit code 0: confirmed; 1: not confirmed. A refusal (exit code 5) says which article forbids it.")]
#[command(group(clap::ArgGroup::new("claim").required(true).args(["claimed", "reference"])))]
pub(super) struct VerifyArgs {
    /// File with the impressions of the person present
    #[arg(long, value_name = "FILE")]
    probe: PathBuf,
    /// The record the person claims
    #[arg(long, value_name = "RECORD_ID", requires = "gallery")]
    claimed: Option<String>,
    /// Directory of the gallery that holds the record
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: Option<PathBuf>,
    /// File with the impressions on record, instead of --claimed: of a document, for instance
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Register the document of --reference belongs to
    #[arg(long, value_parser = parse_register, default_value = "citizen", conflicts_with = "claimed")]
    register: Register,
    /// False match rate accepted
    #[arg(long, value_name = "RATE", default_value_t = 1e-4)]
    fmr: f64,
    /// Least score, -log10 of the false match rate, instead of --fmr
    #[arg(long, value_name = "LOG10", conflicts_with = "fmr")]
    threshold: Option<f64>,
    /// How the impressions may lie
    #[arg(long, value_enum, default_value = "any")]
    rotation: RotationArg,
    #[command(flatten)]
    calibration: CalibrationArgs,
    #[command(flatten)]
    ask: AskArgs,
}

impl VerifyArgs {
    /// The least score, millibans.
    fn threshold_mban(&self) -> Result<i32> {
        let log10 = self.threshold.unwrap_or_else(|| -self.fmr.log10());
        if !(log10.is_finite() && log10 >= 0.0) {
            return Err(Error::usage(
                "--fmr is a rate above 0 and at most 1, --threshold its -log10",
                "use --fmr 1e-4 for one impostor in ten thousand",
            ));
        }
        Ok((log10 * 1000.0).round().min(f64::from(i32::MAX)) as i32)
    }
}

/// Runs the verb.
pub(super) fn run(args: &VerifyArgs, ui: &Ui) -> Result<Outcome> {
    match &args.gallery {
        Some(gallery) if args.claimed.is_some() => {
            audited(gallery, event("verify", args.ask.asker()), |account| {
                let permit = args.ask.permit(gallery, account)?;
                compare(args, Some(&permit), account, ui)
            })
        }
        _ if !args.ask.is_empty() => Err(Error::usage(
            "role, ground and case belong to a verification against a gallery",
            "leave them out with --reference: nothing of a registry is looked at",
        )),
        _ => compare(args, None, &mut Account::default(), ui),
    }
}

fn compare(
    args: &VerifyArgs,
    permit: Option<&Permit>,
    account: &mut Account,
    ui: &Ui,
) -> Result<Outcome> {
    let threshold_mban = args.threshold_mban()?;
    let (claimed, purpose) = claimed(args, permit)?;
    account.count("comparisons", 1);
    let probe = Described::of(&read_templates(&args.probe, None)?)?;
    if probe.is_empty() || claimed.is_empty() {
        return Err(Error::usage(
            "one side has no impression with minutiae",
            "check that the templates were exported with the images",
        ));
    }
    let both = (&probe.placed()[..], &claimed.placed()[..]);
    let calibration = args.calibration.table()?;
    let scale = Scale { rotation: args.rotation.rotation(), calibration: &calibration };
    let found = records(&device()?, both, scale, threshold_mban);
    let is_confirmed = found.score_mban >= threshold_mban;
    show(&found, (is_confirmed, threshold_mban), purpose, ui);
    Ok(if is_confirmed { Outcome::Done } else { Outcome::NoHits })
}

/// The impressions on record and the article that allows looking at them.
fn claimed(args: &VerifyArgs, permit: Option<&Permit>) -> Result<(Described, Purpose)> {
    if let Some(path) = &args.reference {
        let purpose = verification(args.register)?;
        return Ok((Described::of(&read_templates(path, None)?)?, purpose));
    }
    let (Some(id), Some(gallery)) = (&args.claimed, &args.gallery) else {
        return Err(Error::usage("nothing to verify against", "give --claimed and --gallery"));
    };
    let gallery = Gallery::open(gallery)?;
    let found = gallery.find_finger_records(&HashSet::from([id.as_str()]))?;
    let record = found.get(id).ok_or_else(|| {
        Error::usage(
            format!("the gallery holds no fingerprint record {id}"),
            "check the id; genomic records are not verified",
        )
    })?;
    let purpose = verification(record.register)?;
    permit.map_or(Ok(()), |permit| permit.require(Sight::Verification(record.register)))?;
    if let Some((rule, article)) = absent(record, &gallery.statuses()?, living_day(None)?) {
        return Err(Error::Refused {
            what: format!("verification against record {id}"),
            rule: rule.into(),
            article,
            help: "a record that is blocked or has ended confirms nobody's identity".into(),
        });
    }
    Ok((Described::of(&record.templates)?, purpose))
}

fn show(
    found: &Comparison,
    (is_confirmed, threshold_mban): (bool, i32),
    purpose: Purpose,
    ui: &Ui,
) {
    let decision = if is_confirmed { "confirmed" } else { "not confirmed" };
    let fmr = 10f64.powf(-f64::from(found.score_mban) / 1000.0).min(1.0);
    let log10 = |mban: i32| format!("{:.2}", f64::from(mban) / 1000.0);
    ui.say(words(if is_confirmed { "verify-confirmed" } else { "verify-not-confirmed" }));
    ui.say(message!(
        "verify-score",
        score = log10(found.score_mban),
        threshold = log10(threshold_mban),
        rate = format!("{fmr:.1e}"),
        calibration = word("calibration", found.calibration()),
    ));
    let name = |code| Position::from_code(code).map_or("unknown", Position::name);
    for finger in found.fingers() {
        let said = message!(
            "verify-finger",
            probe = word("position", name(finger.probe_position)),
            gallery = word("position", name(finger.gallery_position)),
            score = log10(finger.score_mban),
        );
        ui.say(format!("  {said}"));
    }
    ui.say(message!(
        "verify-rule",
        rule = found.correspondence.rule(),
        purpose = purpose.text,
        article = purpose.article,
    ));
    ui.document(&serde_json::json!({
        "type": "verification",
        "decision": decision.replace(' ', "_"),
        "score_mban": found.score_mban,
        "threshold_mban": threshold_mban,
        "fmr": fmr,
        "calibration": found.calibration(),
        "rule": found.correspondence.rule(),
        "minutiae_paired": found.paired(),
        "fingers": found.fingers(),
        "purpose": purpose.article,
    }));
}
