//! `tanba adjudicate show`: both records of a hit side by side, blind for whoever looks second.

use std::collections::HashSet;

use clap::Args;
use serde_json::json;

use super::adjudicate::{FromArgs, asker, find};
use super::audit::{audited, event};
use super::common::today;
use super::ui::{Outcome, Ui};
use crate::column::hit::Hit;
use crate::domain::dna::{Profile, Typing};
use crate::domain::finger_record::FingerRecord;
use crate::domain::locus::Locus;
use crate::domain::record::DnaRecord;
use crate::domain::stringency::agreement;
use crate::error::{Error, Result};
use crate::gallery::{Absence, Gallery, absence};
use crate::hits::decision::{self, Standing, standings};
use crate::language::{Message, category, message, word, words};

/// Arguments of `tanba adjudicate show`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
tanba adjudicate show 365feabf38eeab16505cb1829423753c --gallery registry --run night --examiner E7\n\n\
Once another examiner has decided, neither their verdict nor the score is shown. A record that is blocked or has\n\
expired is not shown. The look is recorded in the audit log.")]
pub(super) struct ShowArgs {
    /// The hit, as the hit list names it
    #[arg(value_name = "HIT_ID")]
    hit_id: String,
    #[command(flatten)]
    from: FromArgs,
    /// Identifier of the examiner who looks
    #[arg(long, value_name = "ID")]
    examiner: String,
}

/// Runs the verb.
pub(super) fn run(args: &ShowArgs, ui: &Ui) -> Result<Outcome> {
    let gallery = Gallery::open(&args.from.gallery)?;
    audited(&args.from.gallery, event("adjudicate show", asker(&args.examiner)), |_| {
        let hit = find(&args.from.run, &args.hit_id)?.hit;
        let decisions = decision::read(&args.from.gallery)?;
        let known = standings(&decisions);
        let standing = known.get(hit.hit_id.as_str());
        let is_blind = standing.is_some_and(|standing| standing.is_by_another(&args.examiner));
        let own = standing.and_then(|s: &Standing<'_>| s.latest.get(args.examiner.as_str()));
        ui.say(message!(
            "adjudicate-hit",
            hit = &hit.hit_id,
            search = &hit.search,
            article = &hit.purpose,
        ));
        if let (Some(family), kinship) = (&hit.family_id, &hit.kinship) {
            let kinship = kinship.as_deref().map(|kinship| word("kin", kinship));
            ui.say(message!(
                "explain-kin",
                record = &hit.gallery_id,
                kinship = kinship.unwrap_or_else(|| message!("adjudicate-a-relative")),
                family = family,
            ));
        }
        let rows = match hit.modality.as_str() {
            "finger" => fingers(&gallery, &hit, ui)?,
            _ => profiles(&gallery, &hit, ui)?,
        };
        let score = (!is_blind).then_some(hit.score_mban);
        match score {
            Some(mban) => {
                let score = format!("{:.2}", f64::from(mban) / 1000.0);
                ui.say(message!("adjudicate-score", score = score));
            }
            None => ui.say(message!("adjudicate-blind")),
        }
        if let Some(own) = own {
            ui.say(message!(
                "adjudicate-own",
                verdict = word("verdict", own.verdict.name()),
                reason = &own.reason,
            ));
        }
        ui.document(&json!({
            "type": "side_by_side", "hit_id": hit.hit_id, "search": hit.search, "probe_id": hit.probe_id,
            "gallery_id": hit.gallery_id, "family_id": hit.family_id, "kinship": hit.kinship,
            "is_blind": is_blind, "score_mban": score, "rows": rows,
            "own_verdict": own.map(|own| own.verdict.name()),
        }));
        Ok(Outcome::Done)
    })
}

/// Refuses a record that takes part in nothing.
fn alive(gallery: &Gallery, id: &str, until: Option<jiff::civil::Date>) -> Result<()> {
    let (rule, article) = match absence(id, until, &gallery.statuses()?, today()) {
        None => return Ok(()),
        Some(Absence::Blocked) => ("its use is suspended", "L40 1(7), 9(2)"),
        Some(Absence::Expired) => ("its retention has ended", "L40 15, 29"),
    };
    Err(Error::Refused {
        what: format!("showing record {id}"),
        rule: format!("{rule} ({article})"),
        article,
        help: "decide the hit when the record is in use again, or leave it undecided".into(),
    })
}

/// Says which record is not in the gallery: a probe of a file, or one that was destroyed.
fn heading(id: &str, details: Option<Message>) -> Message {
    details.unwrap_or_else(|| message!("adjudicate-not-held", record = id))
}

fn profiles(gallery: &Gallery, hit: &Hit, ui: &Ui) -> Result<Vec<serde_json::Value>> {
    let ids = [hit.probe_id.as_str(), hit.gallery_id.as_str()];
    let found = gallery.find_records(&HashSet::from(ids))?;
    let sides: [Option<&DnaRecord>; 2] = ids.map(|id| found.get(id));
    for record in sides.iter().flatten() {
        alive(gallery, &record.record_id, record.retain_until)?;
    }
    for (id, record) in ids.iter().zip(sides) {
        let details = record.map(|r| {
            let kit = r.kit.as_ref().map(Message::from);
            let said = message!(
                "adjudicate-profile",
                record = *id,
                category = category(r.index.name(), false),
                day = r.registered_on.to_string(),
                kit = kit.unwrap_or_else(|| message!("adjudicate-kit-not-stated")),
            );
            if r.partial { message!("explain-record-partial", record = said) } else { said }
        });
        ui.say(heading(id, details));
    }
    let empty = Profile::new();
    let [a, b] = sides.map(|record| record.map_or(&empty, |record| &record.profile));
    let (locus, agreement) = (words("column-locus"), words("adjudicate-agreement"));
    let mut table = ui.table(&[&locus, &hit.probe_id, &hit.gallery_id, &agreement]);
    let mut rows = Vec::new();
    for locus in Locus::all() {
        let (left, right) = (a.get(locus), b.get(locus));
        if left.is_none() && right.is_none() {
            continue;
        }
        let agreed = agreed(left, right);
        rows.push(json!({
            "locus": locus.name(), "probe": calls(left), "gallery": calls(right), "agreement": agreed,
        }));
        let agreed = match agreed {
            NOT_COMPARED => words("agreed-not-compared"),
            stringency => word("stringency", stringency).to_string(),
        };
        table.add_row([locus.name().to_owned(), calls(left), calls(right), agreed]);
    }
    ui.say(table.to_string());
    Ok(rows)
}

/// What is said of two typings that cannot be compared.
const NOT_COMPARED: &str = "not compared";

/// Best stringency at which two typings agree.
fn agreed(a: Option<&Typing>, b: Option<&Typing>) -> &'static str {
    match (a, b) {
        (Some(a), Some(b)) if a.is_comparable() && b.is_comparable() => {
            agreement(a, b).map_or("none", |stringency| stringency.name())
        }
        _ => NOT_COMPARED,
    }
}

fn calls(typing: Option<&Typing>) -> String {
    let alleles = typing.map(Typing::alleles).unwrap_or_default();
    alleles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn fingers(gallery: &Gallery, hit: &Hit, ui: &Ui) -> Result<Vec<serde_json::Value>> {
    let ids = [hit.probe_id.as_str(), hit.gallery_id.as_str()];
    let found = gallery.find_finger_records(&HashSet::from(ids))?;
    let sides: [Option<&FingerRecord>; 2] = ids.map(|id| found.get(id));
    for record in sides.iter().flatten() {
        alive(gallery, &record.record_id, record.retain_until)?;
    }
    let mut table = ui.titled(&[
        "column-record",
        "column-position",
        "column-impression",
        "column-minutiae",
        "column-quality",
    ]);
    let mut rows = Vec::new();
    for (id, record) in ids.iter().zip(sides) {
        let details = record.map(|r| {
            message!(
                "adjudicate-prints",
                record = *id,
                category = category(r.register.name(), true),
                day = r.registered_on.to_string(),
            )
        });
        ui.say(heading(id, details));
        for template in record.map(|record| record.templates.as_slice()).unwrap_or_default() {
            let quality = template.quality.map_or_else(|| "-".into(), |q| q.to_string());
            let (position, impression) = (template.position.name(), template.impression.name());
            rows.push(json!({
                "record_id": id, "position": position, "impression": impression,
                "minutiae": template.minutiae.len(), "quality": template.quality,
            }));
            table.add_row([
                (*id).to_owned(),
                word("position", position).to_string(),
                word("impression", impression).to_string(),
                template.minutiae.len().to_string(),
                quality,
            ]);
        }
    }
    ui.say(table.to_string());
    ui.say(message!("adjudicate-no-images"));
    Ok(rows)
}
