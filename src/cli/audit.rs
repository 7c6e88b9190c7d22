//! `tanba audit`: shows and verifies the log of a gallery; and how the other verbs write it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ask::POLICY_FILE;
use super::common::grouped;
use super::config::effective_arguments;
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::audit::chain::Fault;
use crate::audit::head::Head;
use crate::audit::pseudonym::{Named, SALT_VERB, Salt};
use crate::audit::{self, AUDIT_FOLDER, Account, Asker, Entry, Event, LOG_FILE, Phase, Review};
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::remote::shown;
use crate::hits::decision;
use crate::hits::decision::rewrite::successor;
use crate::hits::output::HITS_FILE;
use crate::language::{Message, message, words};
use crate::run::RunOutcome;

/// Verbs whose result is a file of decisions.
const DECIDING: [&str; 2] = ["decision", "decision import"];

/// Environment variable that names the key file.
pub(super) const KEY_VARIABLE: &str = "TANBA_AUDIT_KEY_FILE";

/// Arguments of `tanba audit`.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    verb: AuditVerb,
}

#[derive(Debug, Subcommand)]
enum AuditVerb {
    /// The entries as a table
    Show(ShowArgs),
    /// Check every entry, and that none is missing; exit code 6 if one was changed
    Verify(VerifyArgs),
    /// Make a key that signs the head of logs
    Keygen(KeygenArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba audit show registry\n  \
tanba audit show registry --since 2026-11-01 --verb search\n  \
tanba audit show registry --record C0000017")]
struct ShowArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// First day shown, UTC
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Verb shown, such as search or import
    #[arg(long, value_name = "VERB")]
    verb: Option<String>,
    /// Only entries that name this record, which the log knows by its pseudonym alone
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Only entries that name this person
    #[arg(long, value_name = "ID")]
    person: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba audit verify registry\n\n\
Without a signed head and without a copy of a head it cannot be found that the log was cut and its head made\n\
anew, or that it was written anew from some entry to its end; the result says so.")]
struct VerifyArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Copy of an earlier head.json, kept elsewhere: the entry it names must still be there
    #[arg(long, value_name = "FILE")]
    known_head: Option<PathBuf>,
    /// Public key that must have signed the head: a file of `keygen`, or its 64 digits
    #[arg(long, value_name = "FILE|HEX")]
    public_key: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba audit keygen audit.key")]
struct KeygenArgs {
    /// New file of the key, readable by its owner alone; FILE.public gets the public half
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Where the key that signs logs lies, as the command line says; set once, before any verb.
static KEY_FILE: OnceLock<PathBuf> = OnceLock::new();

/// Remembers the key file of `--audit-key`.
pub(super) fn use_key(file: Option<&Path>) {
    if let Some(file) = file {
        let _ = KEY_FILE.set(file.to_owned());
    }
}

/// The key that signs logs, if one is named.
///
/// # Errors
/// The file named holds no key.
fn signing_key() -> Result<Option<SigningKey>> {
    let named = KEY_FILE.get().cloned().or_else(|| std::env::var_os(KEY_VARIABLE).map(Into::into));
    named.map(|file| audit::key::read(&file)).transpose()
}

/// The event of this process's command line, with what a file or the environment added to it.
pub(super) fn event(verb: &str, asker: Asker) -> Event {
    let arguments = effective_arguments().into_iter().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    Event { verb: verb.to_owned(), arguments, asker, ..Event::default() }
}

/// Does `act` between its two entries in the log of `gallery`. `act` fills the account of what it did; how it
/// ended is filled from its result. Where `gallery` is no gallery nothing is written, and `act` will say so.
///
/// # Errors
/// Those of `act`, or the log cannot be written: nothing was begun, or what was done could not be recorded.
pub(super) fn audited(
    gallery: &Path,
    event: Event,
    act: impl FnOnce(&mut Account) -> Result<Outcome>,
) -> Result<Outcome> {
    let mut account = Account::default();
    if !Gallery::is_at(gallery)? {
        return act(&mut account);
    }
    in_log(gallery, event, act)
}

/// As [`audited`], also where the act makes the gallery.
///
/// # Errors
/// As [`audited`].
pub(super) fn in_log(
    gallery: &Path,
    event: Event,
    act: impl FnOnce(&mut Account) -> Result<Outcome>,
) -> Result<Outcome> {
    let mut account = Account::default();
    let key = signing_key()?;
    let begun = audit::begin(gallery, key.as_ref(), event)?;
    let done = act(&mut account);
    match &done {
        Ok(Outcome::Done) => account.outcome = Some("done".into()),
        Ok(Outcome::NoHits) => account.outcome = Some("no hits".into()),
        Err(error) => account.fail(error),
    }
    begun.end(&account)?;
    done
}

/// Fills in what a run did, and the hash of the hit list it wrote into `out`.
///
/// # Errors
/// The list cannot be read.
pub(super) fn account_of_run(
    outcome: &RunOutcome,
    out: &Path,
    account: &mut Account,
) -> Result<()> {
    let report = &outcome.report;
    account.run_id = Some(report.run_id.clone());
    account.result_blake3 = Some(hash_of(&out.join(HITS_FILE))?);
    account.count("comparisons", report.searches.iter().map(|search| search.comparisons).sum());
    account.count("hits", report.hits);
    account.count("generation", report.gallery_generation);
    let set_aside = report.parameters.get("set_aside").and_then(serde_json::Value::as_array);
    if let Some(segments) = set_aside {
        let records = segments.iter().filter_map(|segment| segment["records"].as_u64());
        account.count("records_set_aside", records.sum());
    }
    Ok(())
}

/// BLAKE3 of a file, hexadecimal.
///
/// # Errors
/// It cannot be read.
pub(super) fn hash_of(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
    std::io::copy(&mut file, &mut hasher).map_err(Error::io(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Runs the verb.
pub(super) fn run(args: &AuditArgs, ui: &Ui) -> Result<Outcome> {
    match &args.verb {
        AuditVerb::Show(args) => show(args, ui),
        AuditVerb::Verify(args) => verify(args, ui),
        AuditVerb::Keygen(args) => {
            let public = audit::key::generate(&args.file)?;
            ui.say(message!("audit-key", file = args.file.display().to_string()));
            ui.say(message!("audit-public-key", key = public.to_string()));
            ui.document(&serde_json::json!({
                "type": "audit_key", "file": args.file.display().to_string(), "public_key": public,
            }));
            Ok(Outcome::Done)
        }
    }
}

/// The error of a damaged log.
fn damaged(gallery: &Path, fault: &Fault) -> Error {
    Error::integrity(
        &gallery.join(AUDIT_FOLDER).join(LOG_FILE),
        fault.to_string(),
        "keep the gallery as it is and find out who changed the log; what stands before that entry is as written",
    )
}

/// Reads and checks the log; a damaged one is an error, and with `--json` a document.
fn reviewed(gallery: &Path, known: Option<&Head>, ui: &Ui) -> Result<Review> {
    let (log, head) = audit::bytes_of(gallery)?;
    audit::review(&log, head.as_deref(), known).map_err(|fault| {
        ui.document(&serde_json::json!({
            "type": "audit_fault", "sequence": fault.sequence, "damage": fault.damage.name(),
        }));
        damaged(gallery, &fault)
    })
}

fn verify(args: &VerifyArgs, ui: &Ui) -> Result<Outcome> {
    let known = args.known_head.as_deref().map(read_head).transpose()?;
    let review = reviewed(&args.gallery, known.as_ref(), ui)?;
    let signer = review.head.as_ref().and_then(|head| head.public_key.clone());
    if let Some(wanted) = &args.public_key {
        let file = Path::new(wanted);
        let wanted = match file.exists() {
            true => std::fs::read_to_string(file).map_err(Error::io(file))?.trim().to_owned(),
            false => wanted.clone(),
        };
        if signer.as_deref() != Some(wanted.as_str()) {
            let by = signer.as_deref().unwrap_or("nobody");
            return Err(Error::integrity(
                &args.gallery.join(AUDIT_FOLDER),
                format!("the head of the log is signed by {by}, not by {wanted}"),
                "the log may have been written anew; compare it with copies of its head",
            ));
        }
    }
    beside_the_log(&args.gallery, &review)?;
    ui.say(message!(
        "audit-verified",
        entries = grouped(review.last.sequence),
        hash = &review.last.hash,
    ));
    for note in notes(&review, &signer, known.as_ref()) {
        ui.say(note);
    }
    let open: Vec<u64> = review.open_acts().iter().map(|entry| entry.sequence).collect();
    ui.document(&serde_json::json!({
        "type": "audit_verify",
        "entries": review.last.sequence,
        "hash": review.last.hash,
        "signed_by": signer,
        "is_signer_checked": args.public_key.is_some(),
        "is_known_head_checked": known.is_some(),
        "is_ahead_of_head": review.is_ahead,
        "torn_bytes": review.torn_bytes,
        "open_acts": open,
    }));
    Ok(Outcome::Done)
}

/// Compares with the log what lies beside it: the files of decisions, and the policy.
///
/// # Errors
/// One of them is not as its entry says, is missing, or was not made by an act of the log.
fn beside_the_log(gallery: &Path, review: &Review) -> Result<()> {
    let acts = |verbs: &'static [&'static str]| {
        let is_of = move |entry: &&Entry| verbs.contains(&entry.verb.as_str());
        review.entries.iter().filter(is_of)
    };
    let changed = |path: &Path, rule: String| {
        Error::integrity(path, rule, "restore the file from a backup, and find out who changed it")
    };
    let mut left: BTreeSet<PathBuf> = decision::files(gallery)?.into_iter().collect();
    let replaced = acts(&["gallery destroy"]).flat_map(|entry| entry.account.replaced.clone());
    let replaced = replaced.collect();
    for entry in acts(&DECIDING) {
        let Some(hash) = &entry.account.result_blake3 else { continue };
        // What an act destroyed whole has no successor.
        let Some(hash) = successor(&replaced, hash) else { continue };
        let path = decision::file_of(gallery, &hash);
        left.remove(&path);
        if !path.exists() || hash_of(&path)? != hash {
            let rule =
                format!("the decisions of entry {} are missing or were changed", entry.sequence);
            return Err(changed(&path, rule));
        }
    }
    // A command that was cut short may have written its file and not its end.
    let open = review.open_acts();
    let cut_short = open.iter().filter(|entry| DECIDING.contains(&entry.verb.as_str())).count();
    if let Some(path) = left.first().filter(|_| left.len() > cut_short) {
        return Err(changed(path, "no entry of the log tells of these decisions".into()));
    }
    let salt = Salt::path(gallery);
    if let Some(entry) = acts(&[SALT_VERB]).next_back()
        && (!salt.exists() || Some(hash_of(&salt)?) != entry.account.result_blake3)
    {
        let rule = format!("the salt is not the one of entry {}, or is gone", entry.sequence);
        return Err(changed(&salt, rule));
    }
    let set = acts(&["gallery policy"]).rfind(|entry| entry.account.result_blake3.is_some());
    let path = gallery.join(POLICY_FILE);
    if let Some(entry) = set
        && (!path.exists() || Some(hash_of(&path)?) != entry.account.result_blake3)
    {
        let rule = format!("the policy is not the one that entry {} set", entry.sequence);
        return Err(changed(&path, rule));
    }
    Ok(())
}

fn read_head(path: &Path) -> Result<Head> {
    let bytes = std::fs::read(path).map_err(Error::input(path))?;
    let help = "give a copy of audit/head.json as tanba wrote it";
    Head::read(&bytes).map_err(|what| Error::integrity(path, what, help))
}

/// What the verification could not find, and what it found that is no damage.
fn notes(review: &Review, signer: &Option<String>, known: Option<&Head>) -> Vec<Message> {
    let mut notes = Vec::new();
    notes.push(match (signer, known) {
        (Some(key), _) => message!("audit-signed", key = key),
        (None, Some(head)) => message!("audit-known-head", entry = head.sequence.to_string()),
        (None, None) => message!("audit-unsigned"),
    });
    if review.torn_bytes > 0 {
        notes.push(message!("audit-torn", bytes = review.torn_bytes.to_string()));
    }
    for entry in review.open_acts() {
        notes.push(message!(
            "audit-open",
            entry = entry.sequence.to_string(),
            verb = &entry.verb,
            time = &entry.time,
            user = &entry.actor.user,
        ));
    }
    notes
}

fn show(args: &ShowArgs, ui: &Ui) -> Result<Outcome> {
    let review = reviewed(&args.gallery, None, ui)?;
    let since = args.since.map(|day| day.to_zoned(TimeZone::UTC).map(|time| time.timestamp()));
    let since =
        since.transpose().map_err(|e| Error::usage(e.to_string(), "write --since 2026-11-21"))?;
    let named = pseudonyms(args)?;
    let is_wanted = |entry: &&Entry| {
        let is_late = since
            .is_none_or(|since| entry.time.parse::<Timestamp>().is_ok_and(|time| time >= since));
        let is_named = || named.iter().all(|name| entry.texts().any(|text| text.contains(name)));
        is_late && is_named() && args.verb.as_ref().is_none_or(|verb| *verb == entry.verb)
    };
    let mut table = ui.titled(&[
        "column-entry",
        "column-time",
        "column-user",
        "column-verb",
        "report-case-role",
        "report-case-ground",
        "report-case",
        "column-outcome",
        "column-audit-counts",
    ]);
    let mut shown = 0;
    for entry in review.entries.iter().filter(is_wanted) {
        shown += 1;
        // Numbers come first in a document, as in the log.
        ui.document(&serde_json::json!({ "type": "audit_entry", "sequence": entry.sequence, "entry": entry }));
        table.add_row(row(entry));
    }
    if shown > 0 {
        ui.say(table.to_string());
    }
    let all = grouped(review.last.sequence);
    ui.say(message!("audit-shown", shown = grouped(shown), all = all));
    Ok(Outcome::Done)
}

/// What stands in the log for the record and the person asked for.
fn pseudonyms(args: &ShowArgs) -> Result<Vec<String>> {
    let named = [(Named::Record, &args.record), (Named::Person, &args.person)];
    let named: Vec<_> =
        named.iter().filter_map(|(kind, id)| Some((*kind, (*id).as_ref()?))).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    match Salt::read(&args.gallery)? {
        Some(salt) => Ok(named.iter().map(|(kind, id)| salt.pseudonym(*kind, id)).collect()),
        None => Err(Error::usage(
            format!(
                "the log of {} has no salt, so no entry of it names a record",
                shown(&args.gallery)
            ),
            "entries of releases before this one may hold identifiers in clear: search the log for them as text",
        )),
    }
}

fn row(entry: &Entry) -> [String; 9] {
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".into());
    let counts = entry.account.counts.iter().map(|(what, number)| format!("{what} {number}"));
    let outcome = match (entry.phase, entry.start) {
        (Phase::Start, _) => words("audit-begins"),
        (_, Some(start)) => {
            let outcome = word(&entry.account.outcome);
            message!("audit-of", outcome = outcome, entry = start.to_string()).to_string()
        }
        _ => word(&entry.account.outcome),
    };
    let outcome = match &entry.account.article {
        Some(article) => format!("{outcome}, {article}"),
        None => outcome,
    };
    [
        entry.sequence.to_string(),
        entry.time.get(..19).unwrap_or(&entry.time).to_owned(),
        entry.actor.user.clone(),
        entry.verb.clone(),
        word(&entry.asker.role),
        word(&entry.asker.ground),
        word(&entry.asker.case),
        outcome,
        counts.collect::<Vec<_>>().join(", "),
    ]
}
