//! Galleries and hit lists of releases before (`datasets/old_versions`): verified, searched, gone on with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tanba::hits::output::{read_hits, read_report};

use super::{exits, text};

/// Folders of releases, with the layout version of their galleries and their hit lists, and the records of the
/// gallery.
const RELEASES: [(&str, u32, u32, u64); 2] =
    [("gallery-1-hits-1", 1, 1, 48), ("gallery-2-hits-2", 2, 2, 61)];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Search, both records and score of every hit of profiles.
fn pairs(night: &Path) -> BTreeSet<(String, String, String, i32)> {
    let hits = read_hits(night).unwrap().into_iter().filter(|hit| hit.modality == "dna");
    hits.map(|hit| (hit.search, hit.probe_id, hit.gallery_id, hit.score_mban)).collect()
}

#[test]
fn what_releases_before_wrote_is_verified_searched_and_gone_on_with() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/old_versions");
    let folders =
        fs::read_dir(&all).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), RELEASES.len(), "a release is not in the table of this test");
    for (name, gallery_version, hits_version, records) in RELEASES {
        let folder = tempfile::tempdir().unwrap();
        copy(&all.join(name), folder.path());
        let gallery = folder.path().join("gallery");
        let stated = |generation: u32| -> serde_json::Value {
            let manifest = gallery.join(format!("manifest/g{generation:010}.json"));
            serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap()
        };
        assert!((1..=9).any(|g| stated(g)["version"] == gallery_version), "{name}");
        exits(0, &["gallery", "verify", text(&gallery)]);
        assert_eq!(records_of(&gallery), records, "{name}");
        let old = folder.path().join("night");
        assert_eq!(read_report(&old).unwrap().hit_schema_version, hits_version, "{name}");
        // A night of today finds all that the night of that release found, with the same scores.
        let new = folder.path().join("new");
        let args = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&new)];
        exits(0, &[&args[..], &["--threshold", "3"]].concat());
        let (before, now) = (pairs(&old), pairs(&new));
        assert!(before.len() >= 5 && before.is_subset(&now), "{name}: {before:?}\n{now:?}");
        // And it can be changed: the next generation is of today's layout.
        let record = &before.first().unwrap().1;
        exits(0, &["gallery", "block", text(&gallery), "--record", record, "--reason", "test"]);
        exits(0, &["gallery", "verify", text(&gallery)]);
        let again = folder.path().join("again");
        let args = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&again)];
        exits(0, &[&args[..], &["--threshold", "3"]].concat());
        assert!(pairs(&again).iter().all(|pair| pair.1 != *record && pair.2 != *record), "{name}");
    }
}

/// Records of a gallery, as `gallery info` counts them.
fn records_of(gallery: &Path) -> u64 {
    let said = super::tanba(&["--json", "gallery", "info", text(gallery)]).stdout;
    let info: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let all = ["indexes", "registers"].map(|key| info[key].as_array().unwrap().clone()).concat();
    all.iter().map(|line| line["records"].as_u64().unwrap()).sum()
}

#[test]
fn the_script_of_old_versions_names_every_folder() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/old-versions")).unwrap();
    for (name, ..) in RELEASES {
        assert!(script.contains(&format!("\"{name} ")), "{name}");
    }
}
