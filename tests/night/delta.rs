//! Nights after an earlier run compare what is new, and find what a full run finds of it.

use std::collections::{BTreeMap, BTreeSet};

use tanba::column::hit::Hit;

use super::*;

/// Identifiers in the first column of a table.
fn ids(path: &Path) -> BTreeSet<String> {
    let content = fs::read_to_string(path).unwrap();
    content.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

fn run(
    preset: &str,
    gallery: &Path,
    out: &Path,
    more: &[&str],
) -> (Vec<Hit>, BTreeMap<String, u64>) {
    let common = ["run", preset, "--gallery", text(gallery), "--out", text(out), "--device", "cpu"];
    let output = tanba(&[&common[..], more].concat());
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let searches = read_report(out).unwrap().searches;
    let comparisons = searches.into_iter().map(|s| (s.search, s.comparisons)).collect();
    (read_hits(out).unwrap(), comparisons)
}

/// A hit without what differs between two runs that find it.
fn bare(hit: &Hit) -> Hit {
    Hit { run_id: String::new(), rank: 0, ..hit.clone() }
}

/// The night after `first` must find those hits of `full` that have a new side.
fn assert_is_the_rest(
    delta: &(Vec<Hit>, BTreeMap<String, u64>),
    full: &(Vec<Hit>, BTreeMap<String, u64>),
    first: &BTreeMap<String, u64>,
    is_old: impl Fn(&str) -> bool,
) {
    let is_new = |hit: &&Hit| !(is_old(&hit.probe_id) && is_old(&hit.gallery_id));
    let expected: Vec<Hit> = full.0.iter().filter(is_new).map(bare).collect();
    assert!(!expected.is_empty() && expected.len() < full.0.len());
    assert_eq!(delta.0.iter().map(bare).collect::<Vec<_>>(), expected);
    for (search, comparisons) in &delta.1 {
        let before = first.get(search).copied().unwrap_or(0);
        assert_eq!(*comparisons, full.1[search] - before, "{search}");
    }
}

#[test]
fn a_night_after_another_finds_what_a_full_run_finds_of_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (gallery, registry) = (folder.path().join("gallery"), &world().registry);
    let import = |index: &str, files: &[&str]| {
        let files: Vec<PathBuf> = files.iter().map(|name| registry.join(name)).collect();
        let mut args = vec!["import", "--gallery", text(&gallery), "--index", index];
        args.extend(files.iter().map(|file| text(file)));
        exits(0, &args);
    };
    import("convict", &["convicts-1.csv"]);
    import("trace", &["traces.csv"]);
    import("corpse", &["corpses.csv"]);
    import("relative", &["relatives.csv", "families.csv"]);
    let corpses = ids(&registry.join("corpses.csv"));
    // A body that is blocked while the first run works is new to the second.
    let blocked = corpses.iter().next().unwrap();
    let block = |verb: &str| {
        let args = ["gallery", verb, text(&gallery), "--record", blocked, "--reason", "breach"];
        exits(0, &args);
    };
    let out = |name: &str| folder.path().join(name);
    block("block");
    let rule = ["--threshold", "3"];
    let first = run("nightly", &gallery, &out("first"), &rule);
    block("unblock");
    import("convict", &["convicts-2.csv"]);
    let full = run("nightly", &gallery, &out("full"), &rule);
    let (from, after) = (out("first"), out("full"));
    let small = ["--tile-probes", "17", "--tile-rows", "100"];
    let since = [&rule[..], &["--since", text(&from)], &small].concat();
    let delta = run("nightly", &gallery, &out("delta"), &since);
    let newer = ids(&registry.join("convicts-2.csv"));
    assert_is_the_rest(&delta, &full, &first.1, |id| !newer.contains(id) && id != blocked);
    // A night after one that compared everything has nothing to do, and says so.
    let nothing = run(
        "nightly",
        &gallery,
        &out("nothing"),
        &[&rule[..], &["--since", text(&after)]].concat(),
    );
    assert!(nothing.0.is_empty() && nothing.1.values().all(|comparisons| *comparisons == 0));
    let again = out("again");
    let args = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&again)];
    let other = [&args[..], &["--threshold", "4", "--since", text(&from)]].concat();
    let output = tanba(&other);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("parameter threshold") && said.contains("compared again"), "{said}");
    let report = read_report(&again).unwrap();
    assert_eq!(report.searches[0].comparisons, full.1["dedup/convict"]);
    assert_eq!(report.searches[0].since_generation, None);
}

#[test]
fn a_family_that_changes_is_asked_again_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let out = |name: &str| folder.path().join(name);
    let rule = ["--threshold", "3"];
    let first = run("missing-person", &gallery, &out("first"), &rule);
    let families = fs::read_to_string(world().registry.join("families.csv")).unwrap();
    let (header, rows) = families.split_once('\n').unwrap();
    let hit = first.0.iter().find(|h| h.search == "missing-person/corpse-pedigree").unwrap();
    let family = hit.family_id.clone().unwrap();
    // One relative of it withdraws consent.
    let own: Vec<&str> =
        rows.lines().filter(|row| row.starts_with(&format!("{family},"))).collect();
    let changed = own[0].replacen("true", "false", 1);
    assert_ne!(changed, own[0]);
    let path = out("families.csv");
    fs::write(&path, format!("{header}\n{changed}\n")).unwrap();
    exits(0, &["import", "--gallery", text(&gallery), "--index", "relative", text(&path)]);
    let full = run("missing-person", &gallery, &out("full"), &rule);
    let from = out("first");
    let delta = run(
        "missing-person",
        &gallery,
        &out("delta"),
        &[&rule[..], &["--since", text(&from)]].concat(),
    );
    let of_family = |hits: &[Hit]| -> Vec<Hit> {
        let pedigrees = hits.iter().filter(|h| h.search == "missing-person/corpse-pedigree");
        pedigrees.filter(|h| h.family_id.as_ref() == Some(&family)).map(bare).collect()
    };
    assert_eq!(of_family(&delta.0), of_family(&full.0));
    assert_eq!(delta.0.len(), of_family(&full.0).len(), "nothing else is new");
    let bodies = delta.1["missing-person/corpse-pedigree"];
    let families_asked = full.1["missing-person/corpse-pedigree"] / bodies.max(1);
    assert!(own.len() == 1 || families_asked > 5, "{bodies} of {full:?}");
}

#[test]
fn a_night_of_fingerprints_after_another_finds_what_a_full_run_finds_of_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (gallery, registry) = (folder.path().join("gallery"), folder.path().join("fingers"));
    let size = ["--persons", "40", "--double-registrations", "12", "--traces", "6", "--seed", "8"];
    exits(0, &[&["synth", "finger", "--out", text(&registry)], &size[..]].concat());
    let (first_half, second_half) = split(&registry.join("citizen.csv"));
    let import = |register: &str, list: &Path| {
        let args = ["import", "--gallery", text(&gallery), "--register", register];
        exits(0, &[&args[..], &["--owner", "mvd", text(list)]].concat());
    };
    import("citizen", &first_half);
    import("trace", &registry.join("trace.csv"));
    import("convict", &registry.join("convict.csv"));
    let out = |name: &str| folder.path().join(name);
    let rule = ["--threshold", "2"];
    let first = run("nightly", &gallery, &out("first"), &rule);
    import("citizen", &second_half);
    let full = run("nightly", &gallery, &out("full"), &rule);
    let from = out("first");
    let since = [&rule[..], &["--since", text(&from), "--tile-probes", "7"]].concat();
    let delta = run("nightly", &gallery, &out("delta"), &since);
    let newer = ids(&second_half);
    assert_is_the_rest(&delta, &full, &first.1, |id| !newer.contains(id));
}
