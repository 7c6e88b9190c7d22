//! Runs in parts: the list of all is that of one run, byte for byte, whatever happened to the parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tanba::hits::output::read_report;

use super::{own_gallery, world};
use crate::program::{exits, tanba, text};

/// Tiles of a size that makes a few dozen of them.
const SIZE: [&str; 4] = ["--tile-probes", "40", "--tile-rows", "100"];
const FILES: [&str; 3] = ["hits.parquet", "clusters.parquet", "histogram.parquet"];

fn arguments<'a>(
    preset: &'a str,
    gallery: &'a Path,
    out: &'a Path,
    more: &[&'a str],
) -> Vec<&'a str> {
    let run = ["run", preset, "--gallery", text(gallery), "--out", text(out), "--device", "cpu"];
    [&run[..], more].concat()
}

/// Runs one part, which must end well.
fn part(
    preset: &str,
    gallery: &Path,
    out: &Path,
    number: usize,
    of: usize,
    more: &[&str],
) -> String {
    let part = format!("{number}/{of}");
    exits(0, &arguments(preset, gallery, out, &[&["--part", &part], more].concat()))
}

fn single(preset: &str, folder: &Path, gallery: &Path, more: &[&str]) -> PathBuf {
    let out = folder.join(format!("single-{preset}"));
    exits(0, &arguments(preset, gallery, &out, more));
    out
}

fn assert_same_files(out: &Path, single: &Path, what: &str) {
    for file in FILES {
        assert!(
            fs::read(out.join(file)).unwrap() == fs::read(single.join(file)).unwrap(),
            "{file} of {what} is not that of the single run"
        );
    }
    let (whole, one) = (read_report(out).unwrap(), read_report(single).unwrap());
    let counted = |report: &tanba::hits::report::RunReport| {
        let searches = report.searches.iter();
        searches.map(|s| (s.comparisons, s.survivors, s.tiles, s.hits)).collect::<Vec<_>>()
    };
    assert_eq!(counted(&whole), counted(&one), "{what}");
}

/// Names of what lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn any_number_of_parts_in_any_order_makes_the_bytes_of_the_single_run() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    for (preset, numbers) in [("nightly", &[3][..]), ("cold-case", &[1, 2, 7])] {
        let single = single(preset, folder.path(), gallery, &SIZE);
        let tiles: u64 = read_report(&single).unwrap().searches.iter().map(|s| s.tiles).sum();
        assert!(tiles > 7, "{tiles} tiles are not enough to divide");
        for &of in numbers {
            let out = folder.path().join(format!("{preset}-of-{of}"));
            for number in (1..=of).rev() {
                let said = part(preset, gallery, &out, number, of, &SIZE);
                assert!(said.contains(&format!("part {number}/{of} of run ")), "{said}");
            }
            exits(0, &["finish", "--out", text(&out)]);
            assert_same_files(&out, &single, &format!("{of} parts of {preset}"));
            let account = fs::read(out.join("run.json")).unwrap();
            let again = exits(0, &["finish", "--out", text(&out)]);
            assert!(again.contains("had been finished before"), "{again}");
            assert_eq!(fs::read(out.join("run.json")).unwrap(), account, "nothing was changed");
            assert_eq!(names(&out), names(&single), "nothing of the parts is left");
            let whole = read_report(&out).unwrap();
            let by_devices: u64 = whole.devices.iter().map(|device| device.comparisons).sum();
            let compared: u64 = whole.searches.iter().map(|search| search.comparisons).sum();
            assert_eq!(by_devices, compared, "the devices of all parts are added up");
        }
    }
}

#[test]
fn what_is_no_run_in_parts_cannot_be_finished() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let out = folder.path().join("out");
    let said = exits(2, &["finish", "--out", text(&out)]);
    assert!(said.contains("holds no run in parts") && said.contains("tanba run --part"), "{said}");
    part("dedup", gallery, &out, 2, 2, &SIZE);
    let said = exits(4, &["finish", "--out", text(&out)]);
    assert!(said.contains("1/2 is not begun") && said.contains("tanba finish --out"), "{said}");
}

#[test]
fn more_parts_than_tiles_are_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let size = ["--tile-probes", "1000000", "--tile-rows", "1000000"];
    let single = single("missing-person", folder.path(), gallery, &size);
    let tiles: u64 = read_report(&single).unwrap().searches.iter().map(|s| s.tiles).sum();
    let of = usize::try_from(tiles).unwrap() + 2;
    let out = folder.path().join("parts");
    for number in 1..=of {
        part("missing-person", gallery, &out, number, of, &size);
    }
    exits(0, &["resume", "--out", text(&out)]);
    assert_same_files(&out, &single, "more parts than tiles");
}

#[test]
fn parts_that_begin_at_once_agree_on_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let single = single("dedup", folder.path(), gallery, &SIZE);
    let out = folder.path().join("parts");
    let spawn = |number: u32| -> Child {
        let part = format!("{number}/4");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
        command.args(arguments("dedup", gallery, &out, &[&["--part", &part][..], &SIZE].concat()));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for child in (1..=4).map(spawn).collect::<Vec<_>>() {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    exits(0, &["resume", "--out", text(&out)]);
    assert_same_files(&out, &single, "four parts at once");
}

#[test]
fn missing_parts_and_parts_of_other_runs_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let out = folder.path().join("out");
    part("cold-case", gallery, &out, 2, 3, &SIZE);
    let resume = ["resume", "--out", text(&out)];
    let said = exits(4, &resume);
    assert!(
        said.contains("2 of 3 parts have not ended: 1/3 is not begun, 3/3 is not begun"),
        "{said}"
    );
    let status = exits(0, &["status", "--out", text(&out)]);
    assert!(
        status.contains("part 2/3: done") && status.contains("2 parts have not ended"),
        "{status}"
    );
    for (wrong, why) in [
        (&["--part", "1/3", "--expect-false", "0.5"][..], "is not of the run"),
        (&["--part", "1/3", "--tile-probes", "99"][..], "probes and"),
        (&["--part", "1/4"][..], "in 3 parts, not 4"),
        (&["--part", "4/3"][..], "parts are numbered from 1"),
        (&["--part", "1/3", "--overwrite"][..], "cannot be used with"),
        (&[][..], "holds a run that was interrupted"),
    ] {
        let size = if wrong.contains(&"--tile-probes") { &SIZE[2..] } else { &SIZE[..] };
        let said = exits(2, &arguments("cold-case", gallery, &out, &[wrong, size].concat()));
        assert!(said.contains(why), "{wrong:?}: {said}");
    }
    part("cold-case", gallery, &out, 1, 3, &SIZE);
    let again = part("cold-case", gallery, &out, 2, 3, &SIZE);
    assert!(again.contains("had been done before"), "{again}");
    part("cold-case", gallery, &out, 3, 3, &SIZE);
    // A part of another run that was put there is not taken for this one's.
    let report = out.join("part-3-of-3/part.json");
    let content = fs::read_to_string(&report).unwrap();
    let other = content.replacen("\"run_id\": \"", "\"run_id\": \"0", 1);
    fs::write(&report, other).unwrap();
    assert!(exits(6, &resume).contains("not part 3/3 of run"));
    fs::write(&report, content).unwrap();
    exits(0, &resume);
    let said =
        exits(2, &arguments("cold-case", gallery, &out, &[&["--part", "1/3"][..], &SIZE].concat()));
    assert!(said.contains("already holds a finished run"), "{said}");
}

#[test]
fn a_part_that_was_killed_goes_on_and_later_changes_of_the_gallery_change_no_part() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let small = ["--tile-probes", "10", "--tile-rows", "60", "--threads", "1"];
    let single = single("nightly", folder.path(), &gallery, &small);
    let out = folder.path().join("parts");
    for round in 0..2 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
        command.args(arguments(
            "nightly",
            &gallery,
            &out,
            &[&["--part", "1/2"][..], &small].concat(),
        ));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let journal = out.join("part-1-of-2/journal");
        let before = fs::metadata(&journal).map_or(0, |journal| journal.len());
        while fs::metadata(&journal).map_or(0, |journal| journal.len()) <= before {
            assert!(child.try_wait().unwrap().is_none(), "the part ended before it was killed");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let said = exits(4, &["resume", "--out", text(&out)]);
        assert!(said.contains("1/2 is interrupted, 2/2 is not begun"), "round {round}: {said}");
    }
    // A new generation: a trace that the run does not know.
    let traces = fs::read_to_string(world().registry.join("traces.csv")).unwrap();
    let mut lines = traces.lines();
    let (header, row) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, rest) = row.split_once(',').unwrap();
    let late = folder.path().join("late.csv");
    fs::write(&late, format!("{header}\nT-LATE,{rest}\n")).unwrap();
    exits(0, &["import", "--gallery", text(&gallery), "--index", "trace", text(&late)]);
    part("nightly", &gallery, &out, 2, 2, &small);
    // A part goes on by its own folder as well as by its own command.
    exits(0, &["resume", "--out", text(&out.join("part-1-of-2"))]);
    exits(0, &["resume", "--out", text(&out)]);
    assert_same_files(&out, &single, "a killed part");
}

#[test]
fn what_is_damaged_in_a_part_that_has_ended_is_named_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let single = single("dedup", folder.path(), gallery, &SIZE);
    let out = folder.path().join("parts");
    part("dedup", gallery, &out, 1, 2, &SIZE);
    part("dedup", gallery, &out, 2, 2, &SIZE);
    let shards = out.join("part-2-of-2/shards");
    let shard = shards.join(&names(&shards)[0]);
    let mut bytes = fs::read(&shard).unwrap();
    bytes[40] ^= 4;
    fs::write(&shard, bytes).unwrap();
    let journal = out.join("part-1-of-2/journal");
    let mut bytes = fs::read(&journal).unwrap();
    bytes[100] ^= 4;
    fs::write(&journal, bytes).unwrap();
    let output = tanba(&["resume", "--out", text(&out)]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("part 1/2: journal: the line at byte 0 is damaged"), "{told}");
    assert!(told.contains("is not what was written; it was put into quarantine/"), "{told}");
    for file in FILES {
        assert_eq!(
            fs::read(out.join(file)).unwrap(),
            fs::read(single.join(file)).unwrap(),
            "{file}"
        );
    }
    assert_eq!(fs::read_dir(out.join("quarantine")).unwrap().count(), 1);
}

#[test]
fn parts_with_and_without_a_limit_of_memory_are_parts_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let pairs = [&SIZE[..], &["--nn", "pairs"]].concat();
    let single = single("dedup", folder.path(), gallery, &pairs);
    for limited in [1, 2] {
        let out = folder.path().join(format!("parts-{limited}"));
        for number in [1, 2] {
            let limit = if number == limited { &["--memory", "1GiB"][..] } else { &[] };
            part("dedup", gallery, &out, number, 2, &[&pairs[..], limit].concat());
        }
        exits(0, &["resume", "--out", text(&out)]);
        // Not the number of tiles: they are those of the part that began first.
        for file in FILES {
            let [parts, whole] = [&out, &single].map(|out| fs::read(out.join(file)).unwrap());
            assert!(parts == whole, "{file} where part {limited} is under a limit");
        }
    }
}
