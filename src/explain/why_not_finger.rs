//! What kept a pair of fingerprint records out of a search: an earlier run, the screen, the threshold.

use super::Evidence;
use super::finger::{FingerQuestion, no_bounds, screen_of};
use super::why_not::{Answer, Asked, Reason};
use super::why_not_dna::{below, watermark};
use crate::error::Result;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate;
use crate::kernel::minutia_pair::quarter_turns;
use crate::language::Message;
use crate::plan::finger_job::FingerComparator;
use crate::plan::finger_screen::{FIRST_MINUTIAE, Screen};
use crate::run::pair;

/// The answer of a search of fingerprints that does not list the pair.
///
/// # Errors
/// As [`super::why_not::why_not`].
pub(super) fn answer(asked: &Asked) -> Result<Answer> {
    let (run, ids) = (asked.run, asked.ids);
    let mut question = FingerQuestion::new(asked.records, run, asked.report, ids, false)?;
    if question.search.comparisons == 0 {
        return Ok(Answer::new(Reason::Rules, Message::new("why-no-finger")));
    }
    if screen_of(asked.report).is_none() {
        return Err(no_bounds());
    }
    if let Some(owner) = other_owner(asked, &question)? {
        return Ok(owner);
    }
    if let Some(generation) = asked.report.since_generation {
        question.search.mark(&watermark(asked, generation)?);
        if question.search.new_comparisons() == 0 {
            return Ok(asked.earlier(generation));
        }
    }
    let run_id = &run.report.run_id;
    let found = pair::fingers(&question.search, run_id)?;
    if let Some(hit) = found.hits.first() {
        return asked.unlisted(hit);
    }
    let screened = found.compared.is_empty();
    let fell = screened.then(|| screened_out(&question, found.first_fingers));
    let compared = match found.compared.into_iter().next() {
        Some(compared) => Some(compared),
        None => {
            // What the full comparison would have said.
            question.search.screen = Screen::open();
            pair::fingers(&question.search, run_id)?.compared.into_iter().next()
        }
    };
    let Some(compared) = compared else {
        return Ok(Answer::new(Reason::Rules, Message::new("why-no-skin")));
    };
    let (score, threshold) =
        (f64::from(compared.score_mban) / 1000.0, asked.report.threshold_log10);
    let score_text = match score < threshold {
        true => below(score, threshold),
        false => Message::new("why-full-reaches")
            .with("score", format!("{score:.3}"))
            .with("threshold", format!("{threshold:.3}")),
    };
    let (reason, text) = match fell {
        Some(fell) => (Reason::Screen, Message::List(vec![fell, score_text], "; ")),
        None => (Reason::Threshold, score_text),
    };
    let ids = match question.search.spec.triangle && ids.0 > ids.1 {
        true => (ids.1, ids.0),
        false => ids,
    };
    let evidence = Evidence::Finger(question.evidence(ids, &compared)?);
    Ok(Answer::new(reason, text).with_score(compared.score_mban, evidence))
}

/// A search within one owner's records does not see another's.
fn other_owner(asked: &Asked, question: &FingerQuestion) -> Result<Option<Answer>> {
    let Some((_, owner)) = asked.report.search.split_once('@') else { return Ok(None) };
    for id in [asked.ids.0, asked.ids.1] {
        let record = question.record(id)?;
        if record.owner != owner {
            let text = Message::new("why-other-owner")
                .with("record", id)
                .with("owner", &record.owner)
                .with("searched", owner);
            return Ok(Some(Answer::new(Reason::NoSearch, text)));
        }
    }
    Ok(None)
}

/// Where the pair fell in the screen, with the bound.
fn screened_out(question: &FingerQuestion, passed_first: u64) -> Message {
    let search = &question.search;
    let screen = &search.screen;
    let (Some(a), Some(b)) = (search.probes.records.first(), search.gallery.records.last()) else {
        return Message::new("why-not-passed");
    };
    if search.spec.comparator == FingerComparator::Marks {
        let best = search.probes.prints(a).flat_map(|(_, mark)| {
            let turns = quarter_turns(mark.to_print());
            let others = search.gallery.prints(b);
            others.map(move |(_, print)| best_turn(&turns, print)).collect::<Vec<_>>()
        });
        let best = best.max().unwrap_or(0);
        let text = Message::new("why-fell-mark").with("best", Message::data(best));
        return text.with("bound", Message::data(screen.mark));
    }
    let common: Vec<u8> = a.positions.common(b.positions).in_order().collect();
    if passed_first > 0 {
        let bound = common.len().clamp(1, screen.all_fingers.len());
        let text = Message::new("why-fell-all").with("fingers", Message::data(common.len()));
        return text.with("bound", Message::data(screen.all_fingers[bound - 1]));
    }
    let first: Vec<u8> = common.into_iter().take(2).collect();
    let of_finger = |place: &u8| {
        let a = search.probes.screened_print(a, *place, FIRST_MINUTIAE);
        let b = search.gallery.screened_print(b, *place, FIRST_MINUTIAE);
        minutia_gate::screened(a.view(), b.view(), screen.excess)
    };
    let sum: i32 = first.iter().map(of_finger).sum();
    let bound = screen.first_fingers[first.len().clamp(1, 2) - 1];
    Message::new("why-fell-first")
        .with("fingers", Message::data(first.len()))
        .with("sum", Message::data(sum))
        .with("bound", Message::data(bound))
}

fn best_turn(turns: &[Print; 4], print: PrintView<'_>) -> i32 {
    turns.iter().map(|turn| minutia_gate::screened(turn.view(), print, 0)).max().unwrap_or(0)
}
