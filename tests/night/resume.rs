//! Runs that are killed, interrupted or damaged, and go on.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::{Rng, SeedableRng};

use super::{own_gallery, world};
use crate::program::{exits, tanba, text};

/// Tiles so small that a night has a thousand, by one thread: there is time to end it.
const SMALL: [&str; 8] =
    ["--tile-probes", "10", "--tile-rows", "60", "--device", "cpu", "--threads", "1"];

fn spawn(gallery: &Path, out: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    command.args(["run", "nightly", "--gallery", text(gallery), "--out", text(out)]).args(SMALL);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

pub(super) fn signal(child: &Child, name: &str) {
    // A run that has ended cannot be told anything.
    let id = child.id().to_string();
    Command::new("kill").args(["-s", name, &id]).stderr(Stdio::null()).status().unwrap();
}

/// Waits until the run has done some tiles, or has ended.
pub(super) fn until_it_works(child: &mut Child, out: &Path, bytes: u64) -> bool {
    loop {
        if fs::metadata(out.join("journal")).is_ok_and(|journal| journal.len() >= bytes) {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn unbroken(folder: &Path, gallery: &Path) -> Vec<u8> {
    let out = folder.join("unbroken");
    assert!(spawn(gallery, &out).wait().unwrap().success());
    for left in ["job.json", "journal", "shards", "run.lock"] {
        assert!(!out.join(left).exists(), "{left} is left");
    }
    fs::read(out.join("hits.parquet")).unwrap()
}

/// What `resume` says; the run must end with hits.
fn resume(out: &Path) -> String {
    exits(0, &["resume", "--out", text(out)])
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_bytes_of_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let expected = unbroken(folder.path(), gallery);
    let seed: u64 =
        std::env::var("TANBA_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_121);
    println!("seed {seed}; set TANBA_SEED to replay another");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut killed = 0;
    for round in 0..8 {
        let out = folder.path().join(format!("killed-{round}"));
        let mut child = spawn(gallery, &out);
        let is_alive = until_it_works(&mut child, &out, rng.random_range(1..100_000));
        signal(&child, "KILL");
        child.wait().unwrap();
        if is_alive && !out.join("run.json").exists() {
            killed += 1;
            let status = exits(0, &["status", "--out", text(&out)]);
            assert!(status.contains("interrupted since"), "{status}");
            let again = tanba(&["run", "nightly", "--gallery", text(gallery), "--out", text(&out)]);
            assert_eq!(again.status.code(), Some(2), "an interrupted run is not begun again");
            resume(&out);
        }
        assert_eq!(fs::read(out.join("hits.parquet")).unwrap(), expected, "round {round}");
        assert!(exits(0, &["status", "--out", text(&out)]).contains("finished since"));
    }
    assert!(killed >= 4, "only {killed} of 8 runs were killed at work");
}

#[test]
fn a_limit_of_memory_given_or_taken_away_in_between_changes_no_tile() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let expected = unbroken(folder.path(), gallery);
    let limit = ["--memory", "1GiB"];
    for (first, then) in [(&[][..], &limit[..]), (&limit[..], &[][..])] {
        let out = folder.path().join(format!("limited-{}", first.len()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
        command.args(["run", "nightly", "--gallery", text(gallery), "--out", text(&out)]);
        command.args(SMALL).args(["--nn", "pairs"]).args(first);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        assert!(until_it_works(&mut child, &out, 2_000));
        signal(&child, "KILL");
        child.wait().unwrap();
        let tiles = fs::read_to_string(out.join("job.json")).unwrap();
        exits(0, &[&["resume", "--out", text(&out)], then].concat());
        assert_eq!(fs::read(out.join("hits.parquet")).unwrap(), expected, "{tiles}");
    }
}

#[test]
fn a_signal_ends_a_run_gently_and_nobody_resumes_what_the_law_has_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let expected = unbroken(folder.path(), &gallery);
    let out = folder.path().join("interrupted");
    let mut child = spawn(&gallery, &out);
    assert!(until_it_works(&mut child, &out, 1));
    signal(&child, "INT");
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(4), "{said}");
    assert!(
        said.contains("the run was interrupted") && said.contains("tanba resume --out"),
        "{said}"
    );
    let copy = folder.path().join("copy");
    copy_directory(&out, &copy);
    let block = ["gallery", "block", text(&gallery), "--record", "C0000001", "--reason", "breach"];
    exits(0, &block);
    let refused = exits(5, &["resume", "--out", text(&out)]);
    assert!(refused.contains("C0000001 has been blocked"), "{refused}");
    let unblock =
        ["gallery", "unblock", text(&gallery), "--record", "C0000001", "--reason", "none"];
    exits(0, &unblock);
    resume(&out);
    assert_eq!(fs::read(out.join("hits.parquet")).unwrap(), expected);
    // The copy goes on too: nothing in it says where it lay.
    resume(&copy);
    assert_eq!(fs::read(copy.join("hits.parquet")).unwrap(), expected);
}

#[test]
fn damage_to_what_an_interrupted_run_left_is_named_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let expected = unbroken(folder.path(), gallery);
    let interrupted = folder.path().join("interrupted");
    let mut child = spawn(gallery, &interrupted);
    assert!(until_it_works(&mut child, &interrupted, 20_000));
    signal(&child, "KILL");
    child.wait().unwrap();
    assert!(!interrupted.join("run.json").exists());
    let shard = fs::read_dir(interrupted.join("shards")).unwrap();
    let mut shards: Vec<_> = shard.map(|e| e.unwrap().path()).collect();
    shards.retain(|path| path.extension().is_some_and(|e| e == "parquet"));
    shards.sort();
    let name = shards[0].strip_prefix(&interrupted).unwrap().to_owned();
    for (damaged, place, said) in
        [(name.as_path(), 40, "is not what was written"), (Path::new("journal"), 100, "is damaged")]
    {
        let out = folder.path().join(format!("damaged-{place}"));
        copy_directory(&interrupted, &out);
        let mut file = fs::File::options().read(true).write(true).open(out.join(damaged)).unwrap();
        let mut byte = [0];
        file.seek(SeekFrom::Start(place)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&[byte[0] ^ 4]).unwrap();
        let output = tanba(&["resume", "--out", text(&out)]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains(said), "{damaged:?}: {told}");
        assert_eq!(fs::read(out.join("hits.parquet")).unwrap(), expected, "{damaged:?}");
    }
    let job = interrupted.join("job.json");
    let content = fs::read_to_string(&job).unwrap().replace("nightly", "dedup");
    fs::write(&job, content).unwrap();
    assert!(exits(6, &["resume", "--out", text(&interrupted)]).contains("body_blake3"));
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_directory(&path, &target)
        } else {
            fs::copy(&path, &target).map(drop).unwrap()
        }
    }
}
