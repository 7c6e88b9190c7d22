//! One screen about a finished run.

use std::path::Path;

use super::common::{expectation, grouped};
use super::ui::Ui;
use crate::column::hit::{DnaEvidence, FingerEvidence, Hit};
use crate::gallery::memory;
use crate::hits::contested::{Contested, joint};
use crate::hits::output::HITS_FILE;
use crate::hits::report::{LineageCounts, RunReport, SearchReport, StatementCounts};
use crate::language::{words, words_counted, words_with};
use crate::plan::pedigree::PEDIGREE;

/// Hits shown of each search of a run whose list is kept.
const SHOWN: usize = 3;

/// Prints what a run found: its strongest hits and where the files lie, or, where nothing is `kept`,
/// every hit.
pub(super) fn show(report: &RunReport, hits: &[Hit], kept: Option<&Path>, ui: &Ui) {
    let mut table = ui.titled(&[
        "search",
        "comparisons",
        "left-out",
        "threshold",
        "expected-by-chance",
        "hits",
        "seconds",
        "pairs-per-second",
    ]);
    for search in &report.searches {
        table.add_row([
            search.search.clone(),
            grouped(search.comparisons),
            grouped(search.left_out_expired + search.left_out_blocked),
            format!("{:.1}", search.threshold_log10),
            expectation(search.expected_chance_hits),
            grouped(search.hits),
            format!("{:.2}", search.seconds),
            format!("{:.1e}", search.comparisons as f64 / search.seconds.max(1e-9)),
        ]);
    }
    ui.say(table.to_string());
    ui.say(legend(&report.searches));
    for s in &report.searches {
        let counts = (s.impressions_not_compared, s.records_not_compared);
        if let Some(line) = not_compared(&s.search, counts) {
            ui.say(line);
        }
    }
    say_bands(report, ui);
    say_lineages(&report.searches, ui);
    if report.clusters > 0 {
        ui.say(words_counted("clusters", report.clusters, &grouped(report.clusters)));
    }
    show_hits(report, hits, kept.map_or(usize::MAX, |_| SHOWN), ui);
    let joint = joint(hits.iter().filter(|hit| is_of_pedigree(hit)));
    say_contested("contested-bodies", &joint.bodies, ui);
    say_contested("contested-families", &joint.families, ui);
    let comparisons: u64 = report.searches.iter().map(|s| s.comparisons).sum();
    // Where nothing was to be compared no device did: those that would have are named.
    let did_all = report.devices.iter().all(|d| d.tiles == 0);
    let worked = report.devices.iter().filter(|d| did_all || d.tiles > 0);
    let worked: Vec<&str> = worked.map(|d| d.device.as_str()).collect();
    ui.say(words_with(
        "run-total",
        &[
            ("comparisons", &grouped(comparisons)),
            ("hits", &grouped(report.hits)),
            ("seconds", &format!("{:.1}", report.seconds)),
            ("devices", &worked.join(" + ")),
            ("threads", &report.threads.to_string()),
            ("run", &report.run_id),
        ],
    ));
    match kept {
        Some(out) => {
            let path = out.join(HITS_FILE).display().to_string();
            ui.say(words_with("hit-list-at", &[("path", &path)]));
            ui.document(&serde_json::json!({
                "type": "run", "out": out.display().to_string(), "report": report, "joint": joint,
            }));
        }
        None => ui.document(&serde_json::json!({
            "type": "run", "report": report, "hits": hits, "joint": joint,
        })),
    }
}

/// Warns of a limit of memory that was overrun.
pub(super) fn warn_of_memory(report: &RunReport, ui: &Ui) {
    let peak = report.peak_resident_bytes;
    if let (Some(limit), Some(peak)) = (memory::overrun(peak), peak) {
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        let (peak, limit) = (mib(peak).to_string(), (limit >> 20).to_string());
        ui.warn(words_with("memory-overrun", &[("peak", &peak), ("limit", &limit)]));
    }
}

/// Says of each search of profiles what chance lets expect and what was found, by bands of score.
fn say_bands(report: &RunReport, ui: &Ui) {
    let compared = report.searches.iter().filter(|s| s.comparisons > 0 && !s.bands.is_empty());
    let compared: Vec<&SearchReport> = compared.collect();
    let Some(first) = compared.first() else { return };
    let named = first.bands.iter().map(|band| {
        let above = |edge: f64| format!("{:.0}", edge - first.threshold_log10);
        let from = above(band.from_log10);
        match band.to_log10 {
            None => words_with("band-and-more", &[("from", &from)]),
            Some(to) => words_with("band-to", &[("from", &from), ("to", &above(to))]),
        }
    });
    let headers: Vec<String> = std::iter::once(words("expected-found")).chain(named).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut table = ui.table(&headers);
    for search in compared {
        let cells = search.bands.iter().map(|band| {
            format!("{} / {}", expectation(band.expected_chance_hits), grouped(band.hits))
        });
        table.add_row(std::iter::once(search.search.clone()).chain(cells));
    }
    ui.say(table.to_string());
    let theta = report.parameters.get("theta").and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    ui.say(words_with("bands-legend", &[("theta", &theta.to_string())]));
    let rules = report.parameters.get("rules");
    let word = |key: &str| rules.and_then(|rules| rules.get(key)).map(ToString::to_string);
    if let (Some(name), Some(version)) = (word("name"), word("version")) {
        let name = name.trim_matches('"');
        ui.say(words_with("rules-of-identity", &[("name", name), ("version", &version)]));
    }
}

/// Says what the lineage markers of the hits of each search say, where any were compared.
pub(super) fn say_lineages(searches: &[SearchReport], ui: &Ui) {
    let lines: Vec<String> = searches
        .iter()
        .filter_map(|search| lineage_line(&search.search, search.lineage.as_deref()?))
        .collect();
    if !lines.is_empty() {
        ui.say(format!("\n{}\n{}\n", words("lineage-heading"), lines.join("\n")));
    }
}

/// The hits of a search by statement, if there is any.
fn lineage_line(search: &str, counts: &LineageCounts) -> Option<String> {
    let statements = |marker: &str, counts: &StatementCounts| {
        let words = [
            (counts.exclusion, "lineage-excluded"),
            (counts.inconclusive, "lineage-inconclusive"),
            (counts.inclusion, "lineage-supported"),
            (counts.line_unknown, "lineage-unknown"),
        ];
        let words: Vec<String> = words
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, id)| words_with(id, &[("count", &grouped(*count))]))
            .collect();
        (!words.is_empty()).then(|| format!("{marker} {}", words.join(", ")))
    };
    let sex = counts.amelogenin_agrees + counts.amelogenin_differs;
    let parts = [
        statements("Y-STR:", &counts.y),
        statements("mtDNA:", &counts.mt),
        (sex > 0).then(|| {
            let (differ, all) = (grouped(counts.amelogenin_differs), sex.to_string());
            words_with("amelogenin", &[("differ", &differ), ("all", &all)])
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("  {search}: {}", parts.join("; ")))
}

/// Whether a hit is of a body and a whole family.
pub(super) fn is_of_pedigree(hit: &Hit) -> bool {
    hit.dna.as_ref().is_some_and(|evidence| evidence.relation == PEDIGREE)
}

/// Names what must be decided together.
fn say_contested(id: &str, list: &[Contested], ui: &Ui) {
    if list.is_empty() {
        return;
    }
    let named = list.iter().take(SHOWN).map(|contested| {
        let fits = contested.fits.iter().take(SHOWN);
        let fits = fits.map(|(id, mban)| format!("{id} 10^{:.1}", f64::from(*mban) / 1000.0));
        format!("{} ({})", contested.id, fits.collect::<Vec<_>>().join(", "))
    });
    let more = if list.len() > SHOWN { ", …" } else { "" };
    let named = named.collect::<Vec<_>>().join("; ");
    let count = grouped(list.len() as u64);
    let list = format!("{named}{more}");
    let what = words(id);
    ui.say(words_with("decide-together", &[("what", &what), ("count", &count), ("list", &list)]));
}

/// What a search of fingerprints by position does not compare, if anything.
pub(super) fn not_compared(search: &str, (impressions, records): (u64, u64)) -> Option<String> {
    (impressions + records > 0).then(|| {
        let (impressions, records) = (grouped(impressions), grouped(records));
        words_with(
            "not-compared",
            &[("search", search), ("impressions", &impressions), ("records", &records)],
        )
    })
}

/// What the columns mean; the unit of a threshold depends on what was compared.
fn legend(searches: &[SearchReport]) -> String {
    let has_fingers = searches.iter().any(|search| search.modality == "finger");
    let has_profiles = searches.iter().any(|search| search.modality != "finger");
    let (unit, chance) = match (has_profiles, has_fingers) {
        (true, true) => ("unit-both", "among-both"),
        (false, true) => ("unit-fmr", "among-different"),
        (_, false) => ("unit-lr", "among-unrelated"),
    };
    words_with("legend", &[("unit", &words(unit)), ("among", &words(chance))])
}

fn show_hits(report: &RunReport, hits: &[Hit], shown: usize, ui: &Ui) {
    if hits.is_empty() {
        ui.say(words("no-hits"));
        return;
    }
    let heading = if shown == SHOWN { "strongest-hits" } else { "all-hits" };
    ui.say(format!("\n{}", words(heading)));
    let mut dna = ui.titled(&[
        "probe",
        "gallery",
        "search",
        "log10-lr",
        "relation",
        "full-compared",
        "chance",
    ]);
    let mut finger = ui.titled(&[
        "probe",
        "gallery",
        "search",
        "log10-fmr",
        "rule",
        "fingers",
        "minutiae",
        "chance",
    ]);
    for search in &report.searches {
        let mut best: Vec<&Hit> = hits.iter().filter(|h| h.search == search.search).collect();
        best.sort_by_key(|h| (std::cmp::Reverse(h.score_mban), h.rank));
        for hit in best.into_iter().take(shown) {
            if let Some(evidence) = &hit.dna {
                dna.add_row(dna_row(hit, evidence));
            }
            if let Some(evidence) = &hit.finger {
                finger.add_row(finger_row(hit, evidence));
            }
        }
    }
    for table in [dna, finger] {
        if table.row_count() > 0 {
            ui.say(table.to_string());
        }
    }
    ui.say(format!("{}\n", words("lead-not-identification")));
}

fn dna_row(hit: &Hit, evidence: &DnaEvidence) -> [String; 7] {
    let lr = if evidence.loci_excluding > 0 {
        words_with("excluded-at", &[("loci", &evidence.loci_excluding.to_string())])
    } else {
        format!("{:.2}", evidence.log10_lr)
    };
    let relation = match (&hit.kinship, &hit.family_id) {
        (_, Some(family)) if is_of_pedigree(hit) => words_with("of-family", &[("family", family)]),
        (Some(kinship), Some(family)) => {
            words_with("kin-in-family", &[("kinship", kinship), ("family", family)])
        }
        _ => evidence.relation.clone(),
    };
    [
        hit.probe_id.clone(),
        hit.gallery_id.clone(),
        hit.search.clone(),
        lr,
        relation,
        match is_of_pedigree(hit) {
            // Alleles agree between two persons, not between a person and a family.
            true => format!("-/{}", evidence.loci_compared),
            false => format!("{}/{}", evidence.loci_full, evidence.loci_compared),
        },
        expectation(hit.expected_chance_hits),
    ]
}

fn finger_row(hit: &Hit, evidence: &FingerEvidence) -> [String; 8] {
    [
        hit.probe_id.clone(),
        hit.gallery_id.clone(),
        hit.search.clone(),
        format!("{:.2}", f64::from(hit.score_mban) / 1000.0),
        hit.rule.clone(),
        evidence.fingers.len().to_string(),
        evidence.minutiae_paired.to_string(),
        expectation(hit.expected_chance_hits),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_a_threshold_is_that_of_what_was_compared() {
        let of = |names: &[&str]| {
            let search =
                |m: &&str| SearchReport { modality: (*m).to_owned(), ..SearchReport::default() };
            legend(&names.iter().map(search).collect::<Vec<_>>())
        };
        let (lr, fmr) = ("log10 likelihood ratio", "-log10 false match rate");
        assert!(of(&["dna"]).contains(lr) && !of(&["dna"]).contains(fmr));
        assert!(of(&["finger"]).contains(fmr) && !of(&["finger"]).contains(lr));
        assert!(of(&["dna", "finger"]).contains(lr) && of(&["finger", "dna"]).contains(fmr));
    }
}
