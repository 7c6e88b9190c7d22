//! Destruction by an act: nothing is left, what others have stays as it was, and every interruption can be completed.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use tanba::column::hit::Hit;
use tanba::domain::finger::{Impression, Minutia, MinutiaKind, Position, Template};
use tanba::gallery::absence::{Sentinels, files, search};
use tanba::gallery::purge::{Condemned, commit};
use tanba::gallery::words::Words;

use super::*;

/// Every file below a folder with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = files(folder).unwrap().into_iter();
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn restore(folder: &Path, files: &[(PathBuf, Vec<u8>)]) {
    fs::remove_dir_all(folder).unwrap();
    for (path, bytes) in files {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Identifier, numbers and alleles that nothing else has.
const SENTINEL: &str = "SENTINEL-7f3a";
const PERSON: &str = "PERSON-77aa01";
const CASE: &str = "CASE-9911-bb";
const SENTINEL_ALLELES: &str = "11,19,5,10,24.2,38,9,26,7,16,15,6,6,14,15,5";

/// A gallery in which the sentinel is everywhere, and what was made with it.
struct Planted {
    world: World,
    /// Runs: a night, one that goes on from it, and one that has not ended.
    runs: Vec<PathBuf>,
    /// Biometric values as they are stored.
    biometrics: Vec<Vec<u8>>,
}

impl Planted {
    fn new() -> Planted {
        let world = World::empty();
        convicts(&world);
        let columns = LOCI.iter().flat_map(|locus| [1, 2].map(|n| format!("{locus}_{n}")));
        let columns: Vec<String> = columns.collect();
        let header =
            format!("record_id,person_id,case_id,registered_on,birth_date,{}", columns.join(","));
        let line = format!("{SENTINEL},{PERSON},{CASE},2020-01-01,1990-05-01,{SENTINEL_ALLELES}");
        let beside = format!("C5,P5,,2020-01-01,1990-05-01,{}", OTHERS.replace("16,17", "16,18"));
        let file = world.write("sentinel.csv", &format!("{header}\n{line}\n{beside}\n"));
        let gallery = world.gallery();
        let gallery = text(&gallery);
        exits(0, &["import", "--gallery", gallery, "--index", "convict", text(&file)]);
        let near = SENTINEL_ALLELES.replace("11,19", "11,12");
        world.import("convict", "again.csv", &[&format!("C9,P78,2020-01-01,1990-05-01,{near}")]);
        world.import("convict", "twice.csv", &[&format!("C3,P7,2021-01-01,1990-05-01,{ALLELES}")]);
        world.families("families.csv", &[&format!("F1,M1,{SENTINEL},father,true,true")]);
        let reason = format!("{SENTINEL} and C2 were mixed up, see {PERSON}");
        exits(0, &["gallery", "block", gallery, "--record", "C2", "--reason", &reason]);
        let of = ["--record", SENTINEL, "--reason", "r"];
        exits(0, &[&["gallery", "depersonalise", gallery], &of[..]].concat());
        exits(0, &[&["gallery", "depersonalise", gallery, "--undo"], &of[..]].concat());
        world.feed(3, &[&format!("{SENTINEL},,vanished,2026-01-01,s,")], &[]);
        world.feed(0, &[&format!("{SENTINEL},,released,2026-01-01,prison of {SENTINEL},")], &[]);
        let mut planted = Planted { world, runs: Vec::new(), biometrics: Vec::new() };
        let night = planted.run("night", &[]);
        fs::write(night.join("night.log"), format!("a\nhit of {SENTINEL}\nb\n")).unwrap();
        planted.world.import(
            "convict",
            "late.csv",
            &[&format!("C8,P8,2021-01-01,1990-05-01,{near}")],
        );
        let after = planted.run("after", &["--since", text(&night)]);
        planted.decide(&night);
        planted.unfinished(&night);
        for out in [&night, &after] {
            assert!(read_hits(out).unwrap().iter().any(is_of_sentinel), "{}", out.display());
        }
        let gallery = planted.world.gallery();
        exits(0, &["gallery", "person", text(&gallery), "--person", PERSON]);
        let held = Gallery::open(&gallery).unwrap().find_records(&[SENTINEL].into()).unwrap();
        let mut profile = Vec::new();
        tanba::column::dna::encode_profile(&held[SENTINEL].profile, &mut profile);
        planted.biometrics.push(profile);
        planted.act(&format!("{SENTINEL},court:7/2026"));
        planted
    }

    fn run(&mut self, name: &str, more: &[&str]) -> PathBuf {
        let (out, gallery) = (self.world.path(name), self.world.gallery());
        let args = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)];
        exits(0, &[&args[..], &["--min-loci", "7", "--threshold", "3"], more].concat());
        exits(0, &["report", text(&out), "--gallery", text(&gallery)]);
        assert!(fs::read_to_string(out.join("report.html")).unwrap().contains(SENTINEL));
        self.runs.push(out.clone());
        out
    }

    /// Decisions on a hit of the sentinel and on one of others, whose reason names the sentinel.
    fn decide(&self, night: &Path) {
        let gallery = self.world.gallery();
        let hits = read_hits(night).unwrap();
        for is_theirs in [true, false] {
            let hit = hits.iter().find(|hit| is_of_sentinel(hit) == is_theirs).unwrap();
            let reason = format!("unlike {SENTINEL}");
            let args = ["adjudicate", "decide", &hit.hit_id, "--gallery", text(&gallery)];
            let said = ["--run", text(night), "--verdict", "exclusion", "--examiner", "E1"];
            exits(0, &[&args[..], &said, &["--reason", &reason]].concat());
        }
    }

    /// A run that was killed: its shard, its journal and its job.
    fn unfinished(&mut self, night: &Path) {
        let out = self.world.path("unfinished");
        fs::create_dir_all(out.join("shards")).unwrap();
        fs::copy(night.join("hits.parquet"), out.join("shards/tile-0.parquet")).unwrap();
        fs::write(out.join("journal"), format!("tile 0 {SENTINEL}\n")).unwrap();
        fs::write(out.join("job.json"), format!("[\"--record\",\"{SENTINEL}\"]")).unwrap();
        fs::write(out.join("x.7-0-77.staged"), b"PAR1 cut short").unwrap();
        self.runs.push(out);
    }

    fn act(&self, lines: &str) {
        fs::create_dir_all(self.world.path("acts")).unwrap();
        self.world.write("acts/act.csv", &format!("record_id,ground\n{lines}\n"));
    }

    fn arguments(&self) -> Vec<String> {
        let (act, gallery) = (self.world.path("acts/act.csv"), self.world.gallery());
        let args = ["gallery", "destroy", text(&gallery), "--act", text(&act)];
        let args = [&args[..], &["--approved-by", "unit-7", "--runs"]].concat();
        let runs = self.runs.iter().map(|run| text(run).to_owned());
        args.into_iter().map(str::to_owned).chain(runs).collect()
    }

    fn destroy(&self, code: i32) -> String {
        let args = self.arguments();
        exits(code, &args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn folders(&self) -> Vec<PathBuf> {
        let runs = self.runs.iter().filter(|run| run.exists()).cloned();
        runs.chain([self.world.gallery()]).collect()
    }

    fn sentinels(&self) -> Sentinels {
        let words = |words: &[&str]| Words::new(words.iter().map(|w| (*w).to_owned())).unwrap();
        let hashes = self.biometrics.iter().map(|b| blake3::hash(b).to_hex().to_string());
        let (records, numbers) = (words(&[SENTINEL]), words(&[PERSON, CASE]));
        Sentinels::new(records, numbers, hashes.collect(), &self.biometrics).unwrap()
    }

    fn report(&self) -> Value {
        let report = fs::read_to_string(self.world.path("acts/act.csv.report.json")).unwrap();
        serde_json::from_str(&report).unwrap()
    }

    /// No byte of the sentinel: raw, without regard to where words end, and in decoded columns.
    fn nothing_is_left(&self) {
        for folder in self.folders() {
            let (_, _, findings) = search(&folder, &self.sentinels()).unwrap();
            assert!(findings.is_empty(), "{findings:?}");
            for (path, bytes) in content(&folder) {
                let name = path.to_str().unwrap().as_bytes();
                for word in [SENTINEL, PERSON, CASE] {
                    let stands = |bytes: &[u8]| {
                        bytes.windows(word.len()).any(|part| part == word.as_bytes())
                    };
                    assert!(!stands(&bytes) && !stands(name), "{word} in {}", path.display());
                }
            }
        }
        let gallery = self.world.gallery();
        exits(0, &["gallery", "verify", text(&gallery)]);
        exits(0, &["audit", "verify", text(&gallery)]);
        let report = self.report();
        assert_eq!((&report["state"], &report["approved_by"]), (&"done".into(), &"unit-7".into()));
        assert_eq!(report["search"]["found_in"], serde_json::json!([]));
        let written = report.to_string();
        for word in [SENTINEL, PERSON, CASE] {
            assert!(!written.contains(word), "{word} in {written}");
        }
    }
}

fn is_of_sentinel(hit: &Hit) -> bool {
    [&hit.probe_id, &hit.gallery_id].contains(&&SENTINEL.to_owned())
}

#[test]
fn a_destroyed_record_leaves_no_byte_and_the_search_for_it_can_fail() {
    let planted = Planted::new();
    let gallery = planted.world.gallery();
    let kinds: BTreeSet<String> = planted
        .folders()
        .iter()
        .flat_map(|folder| search(folder, &planted.sentinels()).unwrap().2)
        .map(|found| found.path.strip_prefix(planted.world.folder.path()).unwrap().to_owned())
        .map(|path| path.iter().take(2).map(|p| p.to_str().unwrap()).collect::<Vec<_>>().join("/"))
        .collect();
    let everywhere = [
        "after/clusters.parquet",
        "after/hits.parquet",
        "after/report.html",
        "gallery/decisions",
        "gallery/families",
        "gallery/quarantine",
        "gallery/segments",
        "gallery/status",
        "night/clusters.parquet",
        "night/hits.parquet",
        "night/night.log",
        "night/report.html",
        "unfinished/job.json",
        "unfinished/journal",
        "unfinished/shards",
        // Cut short: nobody can tell what it holds.
        "unfinished/x.7-0-77.staged",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), everywhere);
    let hits = |run: usize| read_hits(&planted.runs[run]).unwrap();
    let before = [hits(0), hits(1)];
    let said = planted.destroy(0);
    assert!(said.contains("1 records destroyed") && said.contains("nothing of them"), "{said}");
    planted.nothing_is_left();
    for (run, before) in before.into_iter().enumerate() {
        let kept: Vec<Hit> = before.into_iter().filter(|hit| !is_of_sentinel(hit)).collect();
        assert!(!kept.is_empty() && hits(run) == kept, "hits of others stay as they were");
    }
    let opened = Gallery::open(&gallery).unwrap();
    assert_eq!(opened.find_records(&["C1", "C2", "C3", "C5", "C8", "C9"].into()).unwrap().len(), 6);
    let statuses = opened.statuses().unwrap();
    assert!(statuses.is_blocked("C2"));
    let reasons: Vec<String> =
        opened.status_events().unwrap().into_iter().map(|event| event.reason).collect();
    assert_eq!(reasons, ["destroyed-record and C2 were mixed up, see destroyed-record"]);
    assert_eq!(fs::read_to_string(planted.runs[0].join("night.log")).unwrap(), "a\nb\n");
    let decisions = tanba::hits::decision::read(&gallery).unwrap();
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].reason, "unlike destroyed-record");
    let generation = opened.manifest().destructions[0].purged[0].generation;
    let error = Gallery::open_at(&gallery, generation).unwrap_err();
    assert!(error.to_string().contains("L40 17"), "{error}");
    // Given again, the act finds nothing to do and changes nothing, its proof included.
    let generation = planted.world.generation();
    let proof = fs::read(planted.world.path("acts/act.csv.report.json")).unwrap();
    assert!(planted.report()["search"]["biometrics_by_bytes"] != 0);
    planted.destroy(0);
    planted.nothing_is_left();
    assert_eq!(planted.world.generation(), generation);
    assert_eq!(fs::read(planted.world.path("acts/act.csv.report.json")).unwrap(), proof);
}

#[test]
fn after_a_destruction_the_log_still_tells_who_has_the_identifier_what_was_done_with_the_record() {
    let planted = Planted::new();
    let gallery = planted.world.gallery();
    let verbs = |option: &str, id: &str| -> Vec<String> {
        let args = ["audit", "show", text(&gallery), option, id, "--json"];
        let output = tanba(&args);
        let entries = String::from_utf8(output.stdout).unwrap();
        let entries = entries.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.map(|entry| entry["entry"]["verb"].as_str().unwrap().to_owned()).collect()
    };
    let before = verbs("--record", SENTINEL);
    for verb in ["gallery block", "gallery depersonalise", "gallery status", "decision"] {
        assert!(before.iter().any(|other| other == verb), "{verb}: {before:?}");
    }
    assert_eq!(verbs("--person", PERSON).last().unwrap(), "gallery person");
    planted.destroy(0);
    let after = verbs("--record", SENTINEL);
    assert_eq!(after, [&before[..], &["gallery destroy".to_owned()]].concat());
    assert!(verbs("--record", "C404").is_empty());
    // The night after compares everything again and says why.
    let out = planted.world.path("next");
    let args = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)];
    let since = ["--min-loci", "7", "--threshold", "3", "--since", text(&planted.runs[1])];
    let said = exits(0, &[&args[..], &since].concat());
    assert!(said.contains("an act destroyed"), "{said}");
    assert_eq!(read_hits(&out).unwrap().len(), read_hits(&planted.runs[0]).unwrap().len() + 1);
}

#[test]
fn a_destruction_killed_at_any_moment_is_completed_by_the_same_act() {
    let planted = Planted::new();
    let before: Vec<_> = planted.folders().iter().map(|f| (f.clone(), content(f))).collect();
    let report = planted.world.path("acts/act.csv.report.json");
    let args = planted.arguments();
    let mut killed = 0;
    // From the moment on at which the report says what will be destroyed; nothing is changed before.
    for milliseconds in [0, 1, 3, 6, 10, 15, 25, 40, 60] {
        before.iter().for_each(|(folder, files)| restore(folder, files));
        let _ = fs::remove_file(&report);
        let mut program = Command::new(env!("CARGO_BIN_EXE_tanba"))
            .args(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !report.exists() && program.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = program.kill();
        killed += usize::from(!program.wait().unwrap().success());
        planted.destroy(0);
        planted.nothing_is_left();
    }
    assert!(killed > 2, "only {killed} kills came between the first change and the end");
}

#[test]
fn a_destruction_that_was_interrupted_between_any_two_files_is_completed_by_the_same_act() {
    let planted = Planted::new();
    let (gallery, report_path) =
        (planted.world.gallery(), planted.world.path("acts/act.csv.report.json"));
    let before: Vec<_> = planted.folders().iter().map(|f| (f.clone(), content(f))).collect();
    let of_gallery = before.iter().find(|(folder, _)| *folder == gallery).unwrap().1.clone();
    // The report as it is before anything is changed: the command is stopped by a run that cannot be read.
    let broken = planted.runs[0].join("run.json");
    let good = fs::read(&broken).unwrap();
    fs::write(&broken, b"{").unwrap();
    planted.destroy(6);
    fs::write(&broken, good).unwrap();
    let begun = fs::read(&report_path).unwrap();
    assert_eq!(planted.report()["state"], "begun");
    planted.destroy(0);
    planted.nothing_is_left();
    let newest = content(&gallery);
    // Before the commit; and after it, at each file that was to be removed.
    let is_gone = |path: &PathBuf| newest.iter().all(|(other, _)| other != path);
    let gone: Vec<_> = of_gallery
        .iter()
        .filter(|(path, _)| is_gone(path) && !path.starts_with(gallery.join("audit")))
        .collect();
    assert!(gone.len() > 5);
    for kept in (0..gone.len()).step_by(3) {
        before.iter().for_each(|(folder, files)| restore(folder, files));
        restore(&gallery, &newest);
        for (path, bytes) in &gone[kept..] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        // What a killed import leaves: a segment that no manifest names, and a half file.
        let segment = gone.iter().find(|(path, _)| path.ends_with("records.parquet")).unwrap();
        let orphan = gallery.join("segments/0123456789abcdef");
        fs::create_dir_all(&orphan).unwrap();
        fs::write(orphan.join("records.parquet"), &segment.1).unwrap();
        fs::write(orphan.join("planes.arrow"), b"planes").unwrap();
        fs::write(gallery.join("status/x.1-2-3.staged"), &segment.1[..segment.1.len() / 2])
            .unwrap();
        fs::write(&report_path, &begun).unwrap();
        planted.destroy(0);
        planted.nothing_is_left();
        assert!(!orphan.exists() && !gallery.join("status/x.1-2-3.staged").exists());
    }
}

#[test]
fn what_may_not_be_destroyed_refuses_the_whole_act_before_anything_changes() {
    let planted = Planted::new();
    let gallery = planted.world.gallery();
    let of_gallery = || -> Vec<_> {
        let all = content(&gallery).into_iter();
        all.filter(|(path, _)| !path.starts_with(gallery.join("audit"))).collect()
    };
    let before = of_gallery();
    for (lines, code, word) in [
        ("C1,term-ended", 5, "L40 29(1)"),
        (&*format!("{SENTINEL},court:7\nC2,court:7"), 5, "blocked"),
        ("C1,acquitted", 5, "kept until 2090-05-01"),
        ("C404,court:7", 2, "no record C404"),
        ("C1,because", 3, "court:REFERENCE"),
        (",court:7", 3, "not empty"),
        ("C1,court:7\nC1,court:8", 3, "once"),
    ] {
        planted.act(lines);
        let said = planted.destroy(code);
        assert!(said.contains(word), "{said}");
        assert!(of_gallery() == before, "{lines}");
    }
    let log = fs::read_to_string(gallery.join("audit/log.jsonl")).unwrap();
    let refused = log.lines().filter(|l| l.contains("gallery destroy") && l.contains("refused"));
    assert_eq!(refused.count(), 3);
    assert!(
        !log.contains("C404") && !log.contains("record C1") && !log.contains("\"C1\""),
        "{log}"
    );
    planted.act(&format!("{SENTINEL},court:7"));
    let act = planted.world.path("acts/act.csv");
    let args = ["gallery", "destroy", text(&gallery), "--act", text(&act)];
    exits(2, &args);
    exits(2, &[&args[..], &["--approved-by", " "]].concat());
    exits(2, &[&args[..], &["--approved-by", "u", "--runs", "nowhere"]].concat());
    // Folders that are no run's would lose lines: the gallery's own log among them.
    let above = planted.world.folder.path();
    let desk = tempfile::tempdir().unwrap();
    let paper = desk.path().join("act.csv");
    fs::copy(&act, &paper).unwrap();
    let of_desk = ["gallery", "destroy", text(&gallery), "--act", text(&paper)];
    for (folder, word) in
        [(above, "holds the gallery"), (&gallery.join("audit"), "holds the gallery")]
    {
        let said =
            exits(2, &[&of_desk[..], &["--approved-by", "u", "--runs", text(folder)]].concat());
        assert!(said.contains(word), "{said}");
    }
    let other = planted.world.path("notes");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.txt"), format!("{SENTINEL}\n")).unwrap();
    let said = exits(2, &[&args[..], &["--approved-by", "u", "--runs", text(&other)]].concat());
    assert!(said.contains("holds no run"), "{said}");
    assert_eq!(fs::read_to_string(other.join("notes.txt")).unwrap(), format!("{SENTINEL}\n"));
    exits(0, &["audit", "verify", text(&gallery)]);
    // The act of one gallery is not completed in another.
    planted.destroy(0);
    let other = World::empty();
    convicts(&other);
    let elsewhere = other.gallery();
    let args = ["gallery", "destroy", text(&elsewhere), "--act", text(&act), "--approved-by", "u"];
    let said = exits(2, &args);
    assert!(said.contains("another gallery"), "{said}");
    let inside = gallery.join("act.csv");
    fs::write(&inside, "record_id,ground\nC1,court:7\n").unwrap();
    let args = ["gallery", "destroy", text(&gallery), "--act", text(&inside)];
    let said = exits(2, &[&args[..], &["--approved-by", "unit-7"]].concat());
    assert!(said.contains("folder of their own"), "{said}");
}

#[test]
fn a_record_blocked_after_the_act_was_checked_is_not_destroyed() {
    let planted = Planted::new();
    let gallery = planted.world.gallery();
    let words = Words::new(["C2".to_owned()]).unwrap();
    let condemned = Condemned { records: ["C2".to_owned()].into(), words };
    let generation = planted.world.generation();
    // C2 is blocked; the check of the act is passed by.
    let error = commit(&gallery, &condemned, &[7; 32]).unwrap_err();
    assert_eq!(error.kind().exit_code(), 5, "{error}");
    assert_eq!(planted.world.generation(), generation);
    let opened = Gallery::open(&gallery).unwrap();
    assert_eq!(opened.find_records(&["C2"].into()).unwrap().len(), 1);
}

#[test]
fn in_an_encrypted_gallery_the_proof_reads_what_is_encrypted() {
    let world = World::empty();
    let keys = world.path("keys");
    exits(0, &["keys", "new", text(&keys)]);
    let gallery = world.gallery();
    let with_keys =
        |code: i32, args: &[&str]| exits(code, &[args, &["--keys", text(&keys)]].concat());
    let columns = LOCI.iter().flat_map(|locus| [1, 2].map(|n| format!("{locus}_{n}")));
    let header = format!("record_id,person_id,{}", columns.collect::<Vec<_>>().join(","));
    let lines = format!(
        "{SENTINEL},{PERSON},{SENTINEL_ALLELES}\nC1,P1,{SENTINEL_ALLELES}\nC2,P2,{OTHERS}\n"
    );
    let file = world.write("convicts.csv", &format!("{header}\n{lines}"));
    with_keys(0, &["import", "--gallery", text(&gallery), "--index", "convict", text(&file)]);
    let out = world.path("night");
    with_keys(
        0,
        &["run", "dedup", "--gallery", text(&gallery), "--out", text(&out), "--threshold", "3"],
    );
    // Nor is what was decrypted written to a file so that it need not stay in memory.
    let limited = world.path("limited");
    let run = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&limited)];
    let said = with_keys(2, &[&run[..], &["--memory", "1GiB"]].concat());
    assert!(said.contains("decrypted into memory"), "{said}");
    let segments = content(&gallery.join("segments"));
    fs::copy(out.join("hits.parquet"), out.join("hits-copy.parquet")).unwrap();
    let planted = Planted { world, runs: vec![out.clone()], biometrics: Vec::new() };
    planted.act(&format!("{SENTINEL},court:7"));
    let destroy = |code: i32| {
        let args = planted.arguments();
        let runs = args.iter().map(String::as_str).collect::<Vec<_>>();
        exits(code, &[&["--keys", text(&keys)], &runs[..]].concat())
    };
    // A copy of the hit list that no run knows is found, named, and not passed over.
    let said = destroy(4);
    assert!(said.contains("hits-copy.parquet"), "{said}");
    fs::remove_file(out.join("hits-copy.parquet")).unwrap();
    // What a killed command left of the old segment is found though it is encrypted.
    for (path, bytes) in &segments {
        let orphan =
            path.parent().unwrap().with_file_name("orphan").join(path.file_name().unwrap());
        fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        fs::write(orphan, bytes).unwrap();
    }
    let said = destroy(0);
    assert!(said.contains("nothing of them"), "{said}");
    assert!(!gallery.join("segments/orphan").exists());
    // Without its key nobody can tell what a file holds.
    fs::write(out.join("other.parquet"), [&b"PARE"[..], &[7; 100], &b"PARE"[..]].concat()).unwrap();
    planted.world.write("acts/act.csv", "record_id,ground\nC2,court:8\n");
    fs::remove_file(planted.world.path("acts/act.csv.report.json")).unwrap();
    assert!(destroy(4).contains("other.parquet"));
}

#[test]
fn the_name_of_a_file_that_is_the_record_s_goes_with_it() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(12);
    let world = World::empty();
    let gallery = world.gallery();
    for name in ["FPX77", "FPX771"] {
        let file = world.path(&format!("{name}.iso"));
        let card = tanba::import::finger::write_iso2005(&card(&mut random)).unwrap();
        fs::write(&file, card).unwrap();
        exits(0, &["import", "--gallery", text(&gallery), "--register", "resident", text(&file)]);
    }
    let planted = Planted { world, runs: Vec::new(), biometrics: Vec::new() };
    planted.act("FPX77,court:7");
    let args = planted.arguments();
    let args: Vec<&str> = args.iter().map(String::as_str).filter(|a| *a != "--runs").collect();
    exits(0, &args);
    for (path, bytes) in content(&gallery.join("manifest")) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("FPX77.iso") && text.contains("FPX771.iso"), "{}", path.display());
    }
}

#[test]
fn a_card_in_the_archive_is_kept_and_a_card_a_court_orders_destroyed_leaves_no_byte() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let world = World::empty();
    fs::create_dir(world.path("files")).unwrap();
    let first = card(&mut random);
    let cards = [
        ("A1", card(&mut random)),
        ("F1", first.clone()),
        ("F2", card(&mut random)),
        (SENTINEL, first),
    ];
    let mut list = "record_id,file,person_id,born_on,registered_on\n".to_owned();
    for (number, (id, card)) in cards.iter().enumerate() {
        let file = format!("files/{number}.fmr");
        fs::write(world.path(&file), tanba::import::finger::write_iso2005(card).unwrap()).unwrap();
        let person = if *id == SENTINEL { PERSON.to_owned() } else { format!("P{number}") };
        let registered = if *id == "A1" { "2012-01-31" } else { "2020-01-31" };
        list += &format!("{id},{file},{person},1990-05-01,{registered}\n");
    }
    let list = world.write("residents.csv", &list);
    let gallery = world.gallery();
    let register = ["import", "--gallery", text(&gallery), "--register", "resident", text(&list)];
    exits(0, &register);
    let mut planted = Planted { world, runs: Vec::new(), biometrics: Vec::new() };
    let out = planted.world.path("who");
    let args = ["search", "--record", SENTINEL, "--gallery", text(&gallery), "--out", text(&out)];
    exits(0, &[&args[..], &["--threshold", "3"]].concat());
    assert!(read_hits(&out).unwrap().iter().any(is_of_sentinel));
    planted.runs.push(out);
    // Its term ended after ten years; the archive keeps the card for forty more.
    planted.act("A1,term-ended");
    let said = planted.destroy(5);
    assert!(said.contains("2062-01-31") && said.contains("L40 15"), "{said}");
    let person = json(0, &["gallery", "person", text(&gallery), "--person", "P0"]);
    assert_eq!(person["records"][0]["state"], "archived");
    planted.act(&format!("{SENTINEL},court:7/2026"));
    let said = planted.destroy(0);
    // Another record has the very same card, which stays.
    assert!(said.contains("another record has the same biometrics"), "{said}");
    planted.nothing_is_left();
    let kept = Gallery::open(&gallery).unwrap();
    assert_eq!(kept.find_finger_records(&["A1", "F1", "F2"].into()).unwrap().len(), 3);
    assert!(read_hits(&planted.runs[0]).unwrap().iter().all(|hit| !is_of_sentinel(hit)));
}

/// A card of ten fingers.
pub(super) fn card(random: &mut rand_chacha::ChaCha8Rng) -> Vec<Template> {
    let mut template = |position: u8| Template {
        position: Position::from_code(position).unwrap(),
        impression: Impression::LIVE_PLAIN,
        view: 0,
        quality: Some(70),
        width: Some(500),
        height: Some(500),
        units_per_metre_x: 19_700,
        units_per_metre_y: 19_700,
        minutiae: (0..36)
            .map(|_| Minutia {
                x: random.random_range(20..480),
                y: -random.random_range(20..480),
                direction: random.random_range(0..256) * 45,
                kind: MinutiaKind::Ending,
                quality: None,
            })
            .collect(),
    };
    (1..=10).map(&mut template).collect()
}
