//! `tanba gallery status`: events of the penitentiary database and of the special records into a gallery.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::audit::{audited, event};
use super::common::{grouped, today};
use super::place::place;
use super::set_aside::SetAside;
use super::ui::{Outcome, Ui};
use crate::audit::{Account, Asker};
use crate::domain::life_event::{ReportedEvent, Subject};
use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::Gallery;
use crate::gallery::feed::{self, Recorded};
use crate::import::status_feed::{StatusFeed, read_status_feed};
use crate::language::{Message, message};

/// Arguments of `tanba gallery status`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba gallery status registry feed.csv\n\n\
A feed is a table or JSON Lines with record_id or person_id, event, date, source, and where it is known\n\
birth_date; docs/retention.md has the events and what each does. A feed with a bad line changes nothing\n\
unless --partial is given; every refused line goes to GALLERY/quarantine with its reason.")]
pub(super) struct FeedArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Status feeds
    #[arg(required = true, value_name = "FEED")]
    feeds: Vec<PathBuf>,
    /// Take in the good lines of a feed that also has bad ones
    #[arg(long)]
    partial: bool,
}

/// What one feed did.
#[derive(Debug, Serialize)]
struct FeedReport {
    r#type: &'static str,
    file: String,
    generation: u64,
    lines: u64,
    events: u64,
    retentions: u64,
    undated: u64,
    families_closed: u64,
    known: u64,
    rejected: u64,
    quarantine: Option<String>,
}

/// Runs the verb.
pub(super) fn run(args: &FeedArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    audited(&args.gallery, event("gallery status", Asker::default()), |account| {
        take_in_all(args, account, ui)
    })
}

fn take_in_all(args: &FeedArgs, account: &mut Account, ui: &Ui) -> Result<Outcome> {
    let set_aside = SetAside { gallery: &args.gallery, category: "status", ui };
    let mut first = None;
    let mut events = 0;
    for path in &args.feeds {
        match read_status_feed(path, today()) {
            Ok(read) => events += take_in(args, path, read, &set_aside, &mut first)?,
            Err(Error::Rejected(rejection)) => {
                let reasons = set_aside.whole_file(&rejection, &mut first)?;
                let file = path.display().to_string();
                ui.say(message!("feed-refused", file = file, reasons = reasons));
            }
            Err(error) => return Err(error),
        }
    }
    account.count("events", events);
    account.count("generation", Gallery::open(&args.gallery)?.manifest().generation);
    match first {
        Some(rejection) => Err(rejection.into()),
        None => Ok(Outcome::Done),
    }
}

/// Takes in one feed; returns the number of events recorded.
fn take_in(
    args: &FeedArgs,
    path: &Path,
    read: StatusFeed,
    set_aside: &SetAside<'_>,
    first: &mut Option<Rejection>,
) -> Result<u64> {
    let ui = set_aside.ui;
    for warning in &read.warnings {
        ui.warn(format!("{}: {warning}", path.display()));
    }
    let (lines, events): (Vec<u64>, Vec<ReportedEvent>) = read.events.into_iter().unzip();
    let mut rejections = read.rejections;
    let is_whole = rejections.is_empty() || args.partial;
    // A feed that is refused anyway is looked at as well, so that its reasons are complete.
    let recorded = if is_whole {
        feed::record(&args.gallery, &events, args.partial)?
    } else {
        feed::examine(&args.gallery, &events)?
    };
    for refused in &recorded.refused {
        let (line, event) = (lines[refused.place], &events[refused.place]);
        let found = format!("{} of {}", event.event, event.subject);
        let rejection =
            Rejection::new(path, Position::Line(line), &refused.rule, found, refused.help);
        rejections.push(match &event.subject {
            Subject::Record(id) => rejection.of_record(id),
            Subject::Person(_) => rejection,
        });
    }
    rejections.sort_by_key(|rejection| rejection.position);
    let quarantine = set_aside.of_file(&read.file_hash, &rejections, args.partial, first)?;
    let is_taken = args.partial || rejections.is_empty();
    let taken = if is_taken {
        recorded
    } else {
        Recorded { generation: recorded.generation, ..Recorded::default() }
    };
    tell(path, &taken, rejections.len() as u64, quarantine.as_deref(), ui);
    ui.document(&FeedReport {
        r#type: "status_feed",
        file: path.display().to_string(),
        generation: taken.generation,
        lines: lines.len() as u64,
        events: taken.events,
        retentions: taken.retentions,
        undated: taken.undated,
        families_closed: taken.families_closed,
        known: taken.known,
        rejected: rejections.len() as u64,
        quarantine,
    });
    Ok(taken.events)
}

fn tell(path: &Path, recorded: &Recorded, rejected: u64, quarantine: Option<&str>, ui: &Ui) {
    let below = |said: Message| ui.say(format!("  {said}"));
    ui.say(message!(
        "feed-recorded",
        file = path.display().to_string(),
        events = grouped(recorded.events),
        known = grouped(recorded.known),
        generation = recorded.generation.to_string(),
    ));
    if recorded.retentions > 0 {
        below(message!("feed-retentions", records = grouped(recorded.retentions)));
    }
    if recorded.undated > 0 {
        ui.warn(message!("feed-undated", events = grouped(recorded.undated)));
    }
    if recorded.families_closed > 0 {
        below(message!("feed-closed", families = grouped(recorded.families_closed)));
    }
    for (reason, records) in &recorded.noted {
        let reason = reason.to_string();
        below(message!("feed-noted", records = grouped(*records), reason = reason));
    }
    if rejected > 0 {
        let reasons = quarantine.map(Message::from).unwrap_or_else(|| message!("feed-none"));
        below(message!("feed-lines-refused", lines = grouped(rejected), reasons = reasons));
    }
}
