//! Of many attempts at a tile one counts, and what is not as it was written is found.

use super::*;
use crate::hits::histogram::Histogram;

/// A folder with a job, and the attempts at its tiles.
fn world() -> (tempfile::TempDir, Attempts) {
    let folder = tempfile::tempdir().unwrap();
    let day = jiff::civil::date(2026, 11, 22);
    Job::new("r".into(), Vec::new(), "/".into(), day).write(folder.path()).unwrap();
    let seal = Job::read(folder.path()).unwrap().unwrap().body_blake3.unwrap();
    let attempts = Attempts::of(folder.path(), &seal).unwrap();
    (folder, attempts)
}

fn all() -> Wanted {
    Wanted::AllBut(HashSet::new())
}

fn entry(tile: u64) -> TileEntry {
    TileEntry {
        tile,
        shard: None,
        comparisons: 10 + tile,
        survivors: 3,
        written: 1,
        splits: 0,
        stages: [0; 2],
        histogram: Histogram::default(),
    }
}

fn try_tile(attempts: &Attempts, attempt: &str, tile: u64, bytes: &[u8]) -> bool {
    let shard = (!bytes.is_empty()).then(|| bytes.to_vec());
    wait(attempts.commit(attempt, entry(tile), shard, Made::default())).unwrap()
}

fn staged(out: &Path) -> usize {
    fn files(folder: &Path) -> usize {
        let Ok(entries) = fs::read_dir(folder) else { return 0 };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
    }
    let jobs = fs::read_dir(out.join(DIRECTORY)).unwrap();
    jobs.map(|job| files(&job.unwrap().path().join("staging"))).sum()
}

#[test]
fn of_many_attempts_at_one_tile_one_counts_and_nothing_of_the_others_stays() {
    let (folder, attempts) = world();
    let wins = std::thread::scope(|scope| {
        let tries = |number: u64| {
            let attempts = &attempts;
            scope.spawn(move || {
                let bytes = vec![number as u8; 1000];
                (0..5)
                    .filter(|tile| try_tile(attempts, &format!("a{number}"), *tile, &bytes))
                    .count()
            })
        };
        let threads: Vec<_> = (1..=6).map(tries).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    let found = wait(attempts.committed(&mut all())).unwrap();
    assert_eq!((wins, found.commits.len(), found.broken.len()), (5, 5, 0));
    assert_eq!(staged(folder.path()), 5);
    for commit in &found.commits {
        let shard = commit.entry.shard.as_ref().unwrap();
        crate::gallery::file::verified(folder.path(), shard).unwrap();
        assert_eq!(TileEntry { shard: None, ..commit.entry.clone() }, entry(commit.entry.tile));
    }
    // A late attempt changes nothing.
    assert!(!try_tile(&attempts, "late", 2, b"other bytes"));
    assert_eq!(wait(attempts.committed(&mut all())).unwrap(), found);
    assert_eq!(staged(folder.path()), 5);
    let mut seen = Wanted::AllBut(HashSet::from([0, 1, 2, 3]));
    assert_eq!(wait(attempts.committed(&mut seen)).unwrap().commits.len(), 1);
    remove(folder.path()).unwrap();
    remove(folder.path()).unwrap();
}

#[test]
fn an_attempt_at_a_job_that_has_ended_or_was_begun_anew_leaves_nothing() {
    let (folder, attempts) = world();
    Job::remove(folder.path()).unwrap();
    assert!(!try_tile(&attempts, "late", 1, b"bytes"));
    assert!(!folder.path().join(DIRECTORY).exists());
    let day = jiff::civil::date(2026, 11, 23);
    Job::new("r".into(), Vec::new(), "/".into(), day).write(folder.path()).unwrap();
    assert!(!try_tile(&attempts, "late", 1, b"bytes"));
    assert!(!folder.path().join(DIRECTORY).exists());
}

#[test]
fn only_the_announced_submission_may_try_and_nobody_when_it_is_withdrawn() {
    let (_folder, attempts) = world();
    let is_current = |name: &str| wait(attempts.is_current(name)).unwrap();
    assert!(!is_current("a"));
    wait(attempts.announce("a")).unwrap();
    assert!(is_current("a"));
    wait(attempts.announce("b")).unwrap();
    assert!(!is_current("a") && is_current("b"));
    wait(attempts.withdraw()).unwrap();
    wait(attempts.withdraw()).unwrap();
    assert!(!is_current("b"));
}

#[test]
fn a_commit_that_is_not_what_was_written_is_found_and_its_tile_can_be_done_again() {
    let (folder, attempts) = world();
    assert!(try_tile(&attempts, "a", 4, b""));
    let path = folder.path().join(attempts.commit_path(4));
    let bytes = fs::read(&path).unwrap();
    for place in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        let found = wait(attempts.committed(&mut all())).unwrap();
        assert_eq!((found.commits.len(), found.broken), (0, vec![4]), "bit {place}");
    }
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(!try_tile(&attempts, "b", 4, b""));
    wait(attempts.take_back(4)).unwrap();
    assert!(!wait(attempts.is_committed(4)).unwrap());
    assert!(try_tile(&attempts, "b", 4, b""));
    assert_eq!(wait(attempts.committed(&mut all())).unwrap().commits.len(), 1);
}

#[test]
fn what_no_process_can_do_comes_before_what_another_may() {
    let (_folder, attempts) = world();
    let problem = |tile, error: &Error| Problem::of(error, tile, "a/b", "e");
    let full = Error::Incomplete { what: "full".into(), help: String::new() };
    let broken = Error::integrity(Path::new("x"), "broken", "restore it");
    wait(attempts.note("s", "1", &problem(1, &full))).unwrap();
    wait(attempts.note("s", "2", &problem(9, &broken))).unwrap();
    wait(attempts.note("t", "3", &problem(0, &broken))).unwrap();
    let found = wait(attempts.problems("s")).unwrap();
    assert_eq!(found.iter().map(|problem| problem.tile).collect::<Vec<_>>(), [9, 1]);
    assert_eq!(found[0].error().kind(), broken.kind());
}
