//! `tanba explain`: what a hit is made of, counted once more.

use std::path::{Path, PathBuf};

use clap::Args;

use super::audit::{audited, event};
use super::given_probes::GivenArgs;
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::explain::account::FinishedRun;
use crate::explain::dna::DnaExplanation;
use crate::explain::finger::{CorrespondenceType, FingerExplanation, FingerRow, MinutiaRow};
use crate::explain::loci::{AlleleFrequency, LocusRow};
use crate::explain::{Convention, Evidence, Explanation, RecordFacts, explain};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;
use crate::language::{Message, category, word, words, words_with};

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
            ui.say(words_with("explain-drawn", &[("file", &picture.display().to_string())]));
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
        write_new(folder, &name, picture.alone().as_bytes())?;
        written.push(folder.join(name));
    }
    Ok(written)
}

fn facts(record: &RecordFacts, is_of_fingers: bool) -> Message {
    let said = Message::new("explain-record")
        .with("record", &record.record_id)
        .with("category", category(&record.category, is_of_fingers))
        .with("owner", &record.owner)
        .with("day", &record.registered_on);
    let said = match &record.kit {
        Some(kit) => Message::new("explain-record-kit").with("record", said).with("kit", kit),
        None => said,
    };
    match record.is_partial {
        true => Message::new("explain-record-partial").with("record", said),
        false => said,
    }
}

/// The explanation as text.
fn say(explanation: &Explanation, ui: &Ui) {
    let Explanation { hit_id, search, purpose, rule, .. } = explanation;
    let hit = Message::new("explain-hit").with("hit", hit_id).with("search", search);
    ui.say(hit.with("article", purpose).with("rule", rule));
    let is_of_fingers = matches!(explanation.evidence, Evidence::Finger(_));
    ui.say(facts(&explanation.probe, is_of_fingers));
    ui.say(facts(&explanation.gallery, is_of_fingers));
    if let (Some(family), Some(kinship)) = (&explanation.family_id, &explanation.kinship) {
        let kin = Message::new("explain-kin").with("record", &explanation.gallery.record_id);
        ui.say(kin.with("kinship", word("kin", kinship)).with("family", family));
    }
    match &explanation.evidence {
        Evidence::Dna(dna) => say_loci(dna, ui),
        Evidence::Finger(finger) => say_fingers(finger, ui),
    }
    let score = f64::from(explanation.score_mban) / 1000.0;
    let chance = super::common::expectation(explanation.expected_chance_hits);
    ui.say(
        Message::new("explain-score")
            .with("score", format!("{score:.3}"))
            .with("threshold", format!("{:.3}", explanation.threshold_log10))
            .with("chance", chance)
            .with("calibration", word("calibration", &explanation.calibration)),
    );
    if let Some(posterior) = explanation.posterior {
        ui.say(Message::new("explain-posterior").with("posterior", Message::data(posterior)));
    }
    let checked = explanation.checks.iter().map(|check| check.what.clone()).collect();
    ui.say(Message::new("explain-checked").with("list", Message::List(checked, ", ")));
    for Convention { name, value } in &explanation.conventions {
        let said = Message::new("explain-convention").with("name", name.clone());
        ui.say(said.with("value", value.clone()));
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
        let role = role(&person.role);
        ui.say(Message::new("explain-typed").with("record", &person.record_id).with("role", role));
    }
    let ids = dna.persons.iter().map(|person| person.record_id.as_str());
    let rest = ["agree", "frequency", "lr", "log10", "sum", "note"];
    let column = |name: &str| word("column", name).to_string();
    let header: Vec<String> = std::iter::once(column("locus"))
        .chain(ids.map(str::to_owned))
        .chain(rest.map(column))
        .collect();
    let mut table = ui.table(&header.iter().map(String::as_str).collect::<Vec<_>>());
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
            row.agreement.map_or_else(|| "-".into(), |of| word("stringency", of).to_string()),
            frequencies(row),
            ratio,
            number(row.score_log10),
            number(row.running_log10),
            row.note.as_ref().or(row.formula.as_ref()).map(ToString::to_string).unwrap_or_default(),
        ]);
        table.add_row(cells);
    }
    ui.say(table.to_string());
    if dna.loci.iter().flat_map(|row| &row.frequencies).any(|of| of.is_minimum) {
        ui.say(words("explain-raised"));
    }
    match dna.log10_lr {
        Some(log10) => {
            let said = Message::new("explain-log10").with("relation", &dna.relation);
            ui.say(said.with("log10", format!("{log10:.3}")));
        }
        None => ui.say(Message::new("explain-zero").with("relation", &dna.relation)),
    }
}

/// Each pair of impressions with its pairs of minutiae.
pub(super) fn say_fingers(finger: &FingerExplanation, ui: &Ui) {
    ui.say(format!("{}: {}", finger.correspondence, finger.score));
    let mut table = ui.titled(&[
        "column-probe-position",
        "column-gallery-position",
        "column-minutiae",
        "column-paired",
        "D",
        "P",
        "N",
        "R",
        "U",
        "column-similarity",
        "column-evidence",
        "column-after-tries",
        "column-counts",
    ]);
    for row in &finger.fingers {
        let minutiae = || row.probe_minutiae.iter().chain(&row.gallery_minutiae);
        let of = |code: CorrespondenceType| {
            minutiae().filter(|m: &&MinutiaRow| m.correspondence == code).count().to_string()
        };
        let mut cells = vec![
            position(row.probe_position),
            position(row.gallery_position),
            format!("{}/{}", row.probe_minutiae.len(), row.gallery_minutiae.len()),
            row.pairs.len().to_string(),
        ];
        cells.extend(CorrespondenceType::ALL.map(of));
        cells.extend([
            row.similarity.to_string(),
            mban(row.evidence_mban),
            mban(row.score_mban),
            words(if row.is_counted { "yes" } else { "no" }),
        ]);
        table.add_row(cells);
    }
    ui.say(table.to_string());
    for row in &finger.fingers {
        say_pairs(row, ui);
    }
}

fn position(name: &str) -> String {
    word("position", name).to_string()
}

/// What a typed person is: an index, or a relation to the missing person.
fn role(role: &str) -> Message {
    match Index::parse(role) {
        Some(_) => category(role, false),
        None => word("kin", role),
    }
}

fn mban(value: i32) -> String {
    format!("{:.3}", f64::from(value) / 1000.0)
}

fn say_pairs(row: &FingerRow, ui: &Ui) {
    let turned = match row.quarter_turns {
        0 => Message::new("explain-turned"),
        turns => Message::new("explain-turned-after").with("turns", Message::data(turns)),
    };
    ui.say(
        turned
            .with("probe", word("position", row.probe_position))
            .with("gallery", word("position", row.gallery_position))
            .with("degrees", format!("{:.0}", row.rotation_deg)),
    );
    let mut table = ui.titled(&[
        "column-pair",
        "column-type",
        "column-probe-xy",
        "column-direction",
        "column-gallery-xy",
        "column-direction",
        "dx",
        "dy",
        "column-apart",
        "column-turned",
        "column-weight",
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
