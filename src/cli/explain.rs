//! `tanba explain`: what a hit is made of, counted once more.

use std::path::{Path, PathBuf};

use clap::Args;

use super::audit::{audited, event};
use super::given_probes::GivenArgs;
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::error::{Error, Result};
use crate::explain::account::FinishedRun;
use crate::explain::dna::DnaExplanation;
use crate::explain::finger::{CorrespondenceType, FingerExplanation, FingerRow, MinutiaRow};
use crate::explain::loci::{AlleleFrequency, LocusRow};
use crate::explain::{Evidence, Explanation, RecordFacts, explain};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;

/// Arguments of `tanba explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba explain 365feabf38eeab16505cb1829423753c --gallery registry --run night\n  \
tanba explain 365feabf38eeab16505cb1829423753c --gallery registry --run night --svg pictures\n\n\
The pair is compared again with the parameters of the run; where the score is not that of the list the command\n\
ends with exit code 6. A record that is blocked or has expired is not shown. The look is recorded in the audit log.")]
pub(super) struct ExplainArgs {
    /// The hit, as the hit list names it
    #[arg(value_name = "HIT_ID")]
    hit_id: String,
    /// Directory of the gallery
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Directory of the finished run that lists the hit
    #[arg(long, value_name = "DIR|URL", value_parser = finished())]
    run: PathBuf,
    #[command(flatten)]
    given: GivenArgs,
    /// Write the pictures into this folder
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &ExplainArgs, ui: &Ui) -> Result<Outcome> {
    let gallery = Gallery::open(&args.gallery)?;
    audited(&args.gallery, event("explain", Asker::default()), |account| {
        let mut run = FinishedRun::open(&args.run)?;
        run.given = args.given.read(&gallery, &run, ui)?;
        account.run_id = Some(run.report.run_id.clone());
        let hit = run.hits()?.into_iter().find(|hit| hit.hit_id == args.hit_id);
        let hit = hit.ok_or_else(|| {
            Error::usage(
                format!("the run in {} does not list the hit {}", args.run.display(), args.hit_id),
                "copy the id from the column hit_id of its hit list",
            )
        })?;
        let explanation = explain(&gallery, &run, &hit)?;
        let pictures = match &args.svg {
            Some(folder) => write_pictures(&explanation, folder)?,
            None => Vec::new(),
        };
        say(&explanation, ui);
        for picture in &pictures {
            ui.say(format!("drawn: {}", picture.display()));
        }
        let names: Vec<String> = pictures.iter().map(|path| path.display().to_string()).collect();
        ui.document(&serde_json::json!({
            "type": "explanation", "explanation": explanation, "pictures": names,
        }));
        Ok(Outcome::Done)
    })
}

fn write_pictures(explanation: &Explanation, folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let mut written = Vec::new();
    for picture in explanation.pictures() {
        let name = format!("{}-{}.svg", explanation.hit_id, picture.name);
        write_new(folder, &name, picture.svg.as_bytes())?;
        written.push(folder.join(name));
    }
    Ok(written)
}

fn facts(record: &RecordFacts) -> String {
    let kit = record.kit.as_ref().map_or_else(String::new, |kit| format!(", kit {kit}"));
    let partial = if record.is_partial { ", partial" } else { "" };
    let RecordFacts { record_id, category, owner, registered_on, .. } = record;
    format!("{record_id}: {category} of {owner}, registered {registered_on}{kit}{partial}")
}

/// The explanation as text.
fn say(explanation: &Explanation, ui: &Ui) {
    let Explanation { hit_id, search, purpose, rule, .. } = explanation;
    ui.say(format!("hit {hit_id}: {search}, {purpose}; rule: {rule}"));
    ui.say(facts(&explanation.probe));
    ui.say(facts(&explanation.gallery));
    if let (Some(family), Some(kinship)) = (&explanation.family_id, &explanation.kinship) {
        let id = &explanation.gallery.record_id;
        ui.say(format!("{id} is {kinship} of the missing person of family {family}"));
    }
    match &explanation.evidence {
        Evidence::Dna(dna) => say_loci(dna, ui),
        Evidence::Finger(finger) => say_fingers(finger, ui),
    }
    let score = f64::from(explanation.score_mban) / 1000.0;
    let Explanation { threshold_log10, expected_chance_hits, calibration, checks, .. } =
        explanation;
    ui.say(format!(
        "score {score:.3}, threshold {threshold_log10:.3}; {} chance hits expected at this score ({calibration})",
        super::common::expectation(*expected_chance_hits)
    ));
    if let Some(posterior) = explanation.posterior {
        ui.say(format!("posterior of the list: {posterior}"));
    }
    let checked: Vec<&str> = checks.iter().map(|check| check.what).collect();
    ui.say(format!("counted again and equal to the list: {}", checked.join(", ")));
    for convention in &explanation.conventions {
        ui.say(format!("{}: {}", convention.name, convention.value));
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.3}"))
}

fn frequencies(row: &LocusRow) -> String {
    let one = |of: &AlleleFrequency| {
        let mark = if of.is_minimum { "*" } else { "" };
        format!("{} {:.4}{mark}", of.allele, of.frequency)
    };
    row.frequencies.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The table of loci. Every value of it is in the JSON, too.
pub(super) fn say_loci(dna: &DnaExplanation, ui: &Ui) {
    for person in &dna.persons {
        ui.say(format!("typed: {}, {}", person.record_id, person.role));
    }
    let ids = dna.persons.iter().map(|person| person.record_id.as_str());
    let rest = ["agree", "frequency", "LR", "log10", "sum", "note"];
    let header: Vec<&str> = std::iter::once("locus").chain(ids).chain(rest).collect();
    let mut table = ui.table(&header);
    for row in &dna.loci {
        let ratio = row.likelihood_ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.4}"));
        let mut cells = vec![row.locus.to_owned()];
        cells.extend(
            row.typings.iter().map(
                |calls| {
                    if calls.is_empty() { "-".to_owned() } else { calls.clone() }
                },
            ),
        );
        cells.extend([
            row.agreement.unwrap_or("-").to_owned(),
            frequencies(row),
            ratio,
            number(row.score_log10),
            number(row.running_log10),
            row.note.clone().or_else(|| row.formula.map(str::to_owned)).unwrap_or_default(),
        ]);
        table.add_row(cells);
    }
    ui.say(table.to_string());
    if dna.loci.iter().flat_map(|row| &row.frequencies).any(|of| of.is_minimum) {
        ui.say("* the table has less or nothing: raised by the rule for rare alleles");
    }
    match dna.log10_lr {
        Some(log10) => {
            ui.say(format!("log10 of the likelihood ratio ({}): {log10:.3}", dna.relation))
        }
        None => ui.say(format!("the likelihood ratio ({}) is 0: a locus excludes", dna.relation)),
    }
}

/// Each pair of impressions with its pairs of minutiae.
pub(super) fn say_fingers(finger: &FingerExplanation, ui: &Ui) {
    ui.say(format!("{}: {}", finger.correspondence, finger.score));
    let mut table = ui.table(&[
        "probe",
        "gallery",
        "minutiae",
        "paired",
        "D",
        "P",
        "N",
        "R",
        "U",
        "similarity",
        "evidence",
        "after tries",
        "counts",
    ]);
    for row in &finger.fingers {
        let minutiae = || row.probe_minutiae.iter().chain(&row.gallery_minutiae);
        let of = |code: CorrespondenceType| {
            minutiae().filter(|m: &&MinutiaRow| m.correspondence == code).count().to_string()
        };
        let mut cells = vec![
            row.probe_position.to_owned(),
            row.gallery_position.to_owned(),
            format!("{}/{}", row.probe_minutiae.len(), row.gallery_minutiae.len()),
            row.pairs.len().to_string(),
        ];
        cells.extend(CorrespondenceType::ALL.map(of));
        cells.extend([
            row.similarity.to_string(),
            mban(row.evidence_mban),
            mban(row.score_mban),
            if row.is_counted { "yes" } else { "no" }.to_owned(),
        ]);
        table.add_row(cells);
    }
    ui.say(table.to_string());
    for row in &finger.fingers {
        say_pairs(row, ui);
    }
}

fn mban(value: i32) -> String {
    format!("{:.3}", f64::from(value) / 1000.0)
}

fn say_pairs(row: &FingerRow, ui: &Ui) {
    let turned = match row.quarter_turns {
        0 => String::new(),
        turns => format!(" after {turns} quarter turns"),
    };
    ui.say(format!(
        "{} and {}: turned by {:.0} degrees{turned}; paired minutiae (pixels at 500 dpi, degrees):",
        row.probe_position, row.gallery_position, row.rotation_deg
    ));
    let mut table = ui.table(&[
        "pair",
        "type",
        "probe x, y",
        "direction",
        "gallery x, y",
        "direction",
        "dx",
        "dy",
        "apart",
        "turned",
        "weight",
    ]);
    for pair in &row.pairs {
        let (a, b) = (&row.probe_minutiae[pair.probe], &row.gallery_minutiae[pair.gallery]);
        let place = |m: &MinutiaRow| format!("{}, {}", m.x_px, m.y_px);
        table.add_row([
            pair.number.to_string(),
            pair.correspondence.code().to_owned(),
            place(a),
            format!("{:.0}", a.direction_deg),
            place(b),
            format!("{:.0}", b.direction_deg),
            format!("{:.1}", pair.dx_px),
            format!("{:.1}", pair.dy_px),
            format!("{:.1}", pair.distance_px),
            format!("{:.0}", pair.direction_difference_deg),
            pair.weight.to_string(),
        ]);
    }
    ui.say(table.to_string());
}
