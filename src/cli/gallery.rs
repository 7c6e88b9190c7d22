//! `tanba gallery`: look at a gallery, check it, change the status of records, count its matrix.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::audit::{audited, event};
use super::common::{grouped, today};
use super::expected::{self, ExpectedArgs};
use super::gallery_destroy::{self, DestroyArgs};
use super::gallery_finger::{self, RegisterInfo};
use super::gallery_person::{self, PersonArgs};
use super::gallery_status::{self, FeedArgs};
use super::matrix::{self, MatrixArgs};
use super::place::place;
use super::policy::{self, PolicyArgs};
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::column::status::{StatusChange, StatusEvent};
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::gallery::remote::shown;
use crate::gallery::{Gallery, commit};
use crate::language::{category, message, word};
use crate::plan::census::Side;

/// Arguments of `tanba gallery`.
#[derive(Debug, Args)]
pub(super) struct GalleryArgs {
    #[command(subcommand)]
    verb: GalleryVerb,
}

#[derive(Debug, Subcommand)]
enum GalleryVerb {
    /// Records by index and register: living, expired, blocked; prints by position; bytes
    Info(DirArgs),
    /// Check every file against its hash, every plane and print against its record
    Verify(DirArgs),
    /// The full and partial match matrix of an index as CSV
    Matrix(MatrixArgs),
    /// The matrix that chance lets expect beside the one counted, as CSV
    Expected(ExpectedArgs),
    /// Suspend records: they take part in no search (L40 1(7), 9(2))
    Block(StatusArgs),
    /// End the suspension of records
    Unblock(StatusArgs),
    /// Show no personal identifier for records any more (L40 1(9), 9(1)), or again
    Depersonalise(DepersonaliseArgs),
    /// Take in events of the penitentiary database and the special records
    Status(FeedArgs),
    /// Destroy records by an act and prove that nothing of them is left (L40 17, 23(4))
    Destroy(DestroyArgs),
    /// What is held on one person, for that person's request (L40 7(1))
    Person(PersonArgs),
    /// Show or set who may search the gallery, and on what ground
    Policy(PolicyArgs),
}

#[derive(Debug, Args)]
struct DirArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tanba gallery block registry --record C0000017 --reason 'breach review 12/2026'"
)]
struct StatusArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Record concerned; may be repeated
    #[arg(long, required = true, value_name = "ID")]
    record: Vec<String>,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tanba gallery depersonalise registry --record C0000017 --reason 'order 3/2026'"
)]
struct DepersonaliseArgs {
    #[command(flatten)]
    status: StatusArgs,
    /// Show the personal identifier again
    #[arg(long)]
    undo: bool,
}

/// Runs the verb.
pub(super) fn run(args: &GalleryArgs, ui: &Ui) -> Result<Outcome> {
    match &args.verb {
        GalleryVerb::Info(args) => info(args, ui),
        GalleryVerb::Verify(args) => verify(args, ui),
        GalleryVerb::Matrix(args) => matrix::run(args, ui),
        GalleryVerb::Expected(args) => expected::run(args, ui),
        GalleryVerb::Block(args) => change(args, StatusChange::Blocked, ui),
        GalleryVerb::Policy(args) => policy::run(args, ui),
        GalleryVerb::Unblock(args) => change(args, StatusChange::Unblocked, ui),
        GalleryVerb::Depersonalise(args) => {
            let undo = StatusChange::Repersonalised;
            let what = if args.undo { undo } else { StatusChange::Depersonalised };
            change(&args.status, what, ui)
        }
        GalleryVerb::Status(args) => gallery_status::run(args, ui),
        GalleryVerb::Destroy(args) => gallery_destroy::run(args, ui),
        GalleryVerb::Person(args) => gallery_person::run(args, ui),
    }
}

#[derive(Debug, Serialize)]
struct IndexInfo {
    index: &'static str,
    segments: usize,
    records: u64,
    living: u64,
    expired: u64,
    blocked: u64,
    bytes_per_record: f64,
}

#[derive(Debug, Serialize)]
struct GalleryInfo {
    r#type: &'static str,
    gallery: String,
    generation: u64,
    manifest_blake3: String,
    committed_at: String,
    indexes: Vec<IndexInfo>,
    registers: Vec<RegisterInfo>,
    family_members: usize,
    imports: usize,
}

fn info(args: &DirArgs, ui: &Ui) -> Result<Outcome> {
    let gallery = Gallery::open(&args.gallery)?;
    let statuses = gallery.statuses()?;
    let mut indexes = Vec::new();
    for index in Index::ALL {
        let side = Side::open(&gallery, index, &statuses, today())?;
        let records: u64 = side.segments.iter().map(|s| s.rows() as u64).sum();
        let bytes: f64 = side.segments.iter().map(|s| s.bytes_per_record() * s.rows() as f64).sum();
        indexes.push(IndexInfo {
            index: index.name(),
            segments: side.segments.len(),
            records,
            living: side.records,
            expired: side.left_out.expired,
            blocked: side.left_out.blocked,
            bytes_per_record: (bytes / records.max(1) as f64).abs(),
        });
    }
    let info = GalleryInfo {
        r#type: "gallery_info",
        gallery: shown(&args.gallery),
        generation: gallery.manifest().generation,
        manifest_blake3: gallery.manifest_hash().to_owned(),
        committed_at: gallery.manifest().committed_at.clone(),
        indexes,
        family_members: gallery.family_members()?.len(),
        registers: gallery_finger::registers(&gallery, &statuses, today())?,
        imports: gallery.manifest().imports.len() + gallery.manifest().finger_imports.len(),
    };
    ui.say(message!(
        "gallery-info",
        gallery = &info.gallery,
        generation = info.generation.to_string(),
        committed = &info.committed_at,
    ));
    let mut table = ui.titled(&[
        "column-index",
        "column-records",
        "column-living",
        "column-gallery-expired",
        "column-blocked",
        "column-segments",
        "column-bytes-per-record",
    ]);
    for line in &info.indexes {
        table.add_row([
            category(line.index, false).to_string(),
            grouped(line.records),
            grouped(line.living),
            grouped(line.expired),
            grouped(line.blocked),
            line.segments.to_string(),
            format!("{:.0}", line.bytes_per_record),
        ]);
    }
    ui.say(table.to_string());
    gallery_finger::tell(&info.registers, ui);
    ui.say(message!(
        "gallery-members",
        members = info.family_members.to_string(),
        imports = info.imports.to_string(),
    ));
    ui.document(&info);
    Ok(Outcome::Done)
}

fn verify(args: &DirArgs, ui: &Ui) -> Result<Outcome> {
    let gallery = Gallery::open(&args.gallery)?;
    let mut broken = gallery.verify();
    ui.document(&serde_json::json!({
        "type": "gallery_verify",
        "generation": gallery.manifest().generation,
        "files": gallery.manifest().files().count(),
        "broken": broken.iter().map(|(path, error)| serde_json::json!({
            "file": path.display().to_string(), "rule": error.to_string(),
        })).collect::<Vec<_>>(),
    }));
    if broken.is_empty() {
        let files = gallery.manifest().files().count();
        let generation = gallery.manifest().generation.to_string();
        ui.say(message!("gallery-verified", files = files.to_string(), generation = generation));
        return Ok(Outcome::Done);
    }
    for (_, error) in &broken {
        ui.note(message!("gallery-broken", error = error.to_string()));
    }
    let (path, error) = broken.swap_remove(0);
    Err(match error {
        integrity @ Error::Integrity { .. } => integrity,
        other => Error::integrity(&path, other.to_string(), "restore the file from a backup"),
    })
}

fn change(args: &StatusArgs, change: StatusChange, ui: &Ui) -> Result<Outcome> {
    let at = jiff::Timestamp::now().to_string();
    let events: Vec<StatusEvent> = args
        .record
        .iter()
        .map(|record_id| StatusEvent {
            record_id: record_id.clone(),
            change,
            reason: args.reason.clone(),
            at: at.clone(),
            news: None,
        })
        .collect();
    Gallery::open(&args.gallery)?;
    let verb = match change {
        StatusChange::Blocked => "gallery block",
        StatusChange::Unblocked => "gallery unblock",
        _ => "gallery depersonalise",
    };
    audited(&args.gallery, event(verb, Asker::default()), |account| {
        let generation = commit::record_status(&args.gallery, &events)?;
        account.count("records", events.len() as u64);
        account.count("generation", generation);
        tell_change(args, change, generation, ui);
        Ok(Outcome::Done)
    })
}

fn tell_change(args: &StatusArgs, change: StatusChange, generation: u64, ui: &Ui) {
    ui.say(message!(
        "gallery-changed",
        records = args.record.join(", "),
        change = word("change", change.name()),
        generation = generation.to_string(),
    ));
    ui.document(&serde_json::json!({
        "type": "record_status", "change": change.name(), "records": args.record, "generation": generation,
    }));
}
