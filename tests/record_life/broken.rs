//! A broken part does not stop the rest: what is found without a broken segment is what a gallery that never had it gives.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::gallery::file::FileEntry;

use super::*;

/// Rows of a hit list without what names the run.
fn rows(out: &Path) -> Vec<Value> {
    let hits = read_hits(out).unwrap().into_iter();
    let rows = hits.map(|hit| serde_json::to_value(hit).unwrap());
    rows.map(|mut row| {
        row.as_object_mut().unwrap().remove("run_id");
        row
    })
    .collect()
}

fn flip(path: &Path, random: &mut ChaCha8Rng) {
    let mut bytes = fs::read(path).unwrap();
    let bit = random.random_range(0..bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
}

/// A gallery of two convicts of one profile and two cards of one person; with `more` another of each, in a segment of
/// its own.
fn gallery(more: bool) -> World {
    let world = World::empty();
    convicts(&world);
    world.import("convict", "twice.csv", &[&format!("C3,P7,2021-01-01,1990-05-01,{ALLELES}")]);
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let card = tanba::import::finger::write_iso2005(&super::destroy::card(&mut random)).unwrap();
    fs::write(world.path("card.fmr"), card).unwrap();
    cards(&world, "first.csv", &["F1", "F2"]);
    if more {
        world.import("convict", "more.csv", &[&format!("C9,P9,2021-01-01,1990-05-01,{ALLELES}")]);
        cards(&world, "more_cards.csv", &["F9"]);
    }
    world
}

fn cards(world: &World, name: &str, ids: &[&str]) {
    let lines = ids.iter().map(|id| format!("{id},card.fmr,P-{id},1990-05-01,2024-01-31\n"));
    let header = "record_id,file,person_id,born_on,registered_on\n";
    let list = world.write(name, &(header.to_owned() + &lines.collect::<String>()));
    let gallery = world.gallery();
    exits(0, &["import", "--gallery", text(&gallery), "--register", "resident", text(&list)]);
}

/// The commands that search, into the folder `name`.
fn commands(world: &World, name: &str) -> [(Vec<String>, PathBuf); 2] {
    let gallery = world.gallery();
    let night = world.path(&format!("{name}-night"));
    let search = world.path(&format!("{name}-search"));
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let of = ["--gallery", text(&gallery), "--threshold", "3"];
    let run = ["run", "dedup", "--min-loci", "7", "--out", text(&night)];
    let who = ["search", "--record", "F1", "--out", text(&search)];
    [(owned(&[&run[..], &of].concat()), night), (owned(&[&who[..], &of].concat()), search)]
}

fn call(code: i32, args: &[String], more: &[&str]) -> String {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    exits(code, &[&args[..], more].concat())
}

#[test]
fn without_a_broken_segment_everything_else_is_found_as_if_it_had_never_been_there() {
    let (reference, world) = (gallery(false), gallery(true));
    let expected = commands(&reference, "reference").map(|(args, out)| {
        call(0, &args, &[]);
        rows(&out)
    });
    let whole = commands(&world, "whole").map(|(args, out)| {
        call(0, &args, &["--without-broken"]);
        let run: Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
        assert_eq!(run["parameters"].get("set_aside"), None, "nothing is broken");
        (rows(&out), run["run_id"].clone(), out)
    });
    let root = world.gallery();
    let manifest = Gallery::open(&root).unwrap().manifest().clone();
    let (dna, finger) = (manifest.segments.last().unwrap(), &manifest.finger_segments[1]);
    let kinds: [(usize, &str, &str, &FileEntry); 4] = [
        (0, &dna.id, "convict", &dna.records),
        (0, &dna.id, "convict", &dna.planes),
        (1, &finger.id, "resident", &finger.records),
        (1, &finger.id, "resident", &finger.prints),
    ];
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for (number, (which, segment, of, file)) in kinds.into_iter().enumerate() {
        let path = root.join(&file.path);
        let good = fs::read(&path).unwrap();
        flip(&path, &mut random);
        let (args, out) = &commands(&world, &format!("broken-{number}"))[which];
        let said = call(6, args, &["--overwrite"]);
        assert!(said.contains(segment) && said.contains("--without-broken"), "{said}");
        if which == 0 {
            let plan = ["plan", "dedup", "--gallery", text(&root)];
            let said = exits(6, &plan);
            assert!(said.contains(segment) && said.contains("--without-broken"), "{said}");
            let said = exits(0, &[&plan[..], &["--without-broken"]].concat());
            assert!(said.contains("NOT SEARCHED: 1 convict records"), "{said}");
        }
        let said = call(0, args, &["--without-broken", "--overwrite"]);
        let told = format!("NOT SEARCHED: 1 {of} records of segment {segment}");
        assert_eq!(said.matches(&told).count(), 2, "{said}");
        // A night compares cards too, and theirs are whole.
        let of_kind = |rows: &[Value]| -> Vec<Value> {
            let modality = ["dna", "finger"][which];
            rows.iter().filter(|row| row["modality"] == modality).cloned().collect()
        };
        assert!(!of_kind(&expected[which]).is_empty());
        assert_eq!(of_kind(&rows(out)), of_kind(&expected[which]));
        assert_ne!(expected[which], whole[which].0, "the whole gallery has more hits");
        let run: Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
        let set_aside = &run["parameters"]["set_aside"];
        assert_eq!(set_aside.as_array().unwrap().len(), 1);
        assert_eq!((&set_aside[0]["segment"], &set_aside[0]["of"]), (&segment.into(), &of.into()));
        assert_eq!(
            (&set_aside[0]["records"], &set_aside[0]["file"]),
            (&1.into(), &(*file.path).into())
        );
        assert_ne!(run["run_id"], whole[which].1, "it is another run");
        let log = fs::read_to_string(root.join("audit/log.jsonl")).unwrap();
        assert!(log.lines().last().unwrap().contains("\"records_set_aside\":1"));
        fs::write(&path, good).unwrap();
        if which == 0 {
            // With the segment back, the night after such a run compares everything again.
            let (args, next) = &commands(&world, &format!("next-{number}"))[0];
            let said = call(0, args, &["--since", text(out)]);
            assert!(said.contains("parameter set_aside"), "{said}");
            let pairs = |rows: Vec<Value>| rows.len();
            assert_eq!(pairs(rows(next)), pairs(whole[0].0.clone()));
        }
    }
}

#[test]
fn a_broken_status_file_is_not_set_aside_because_it_says_who_takes_part() {
    let world = gallery(false);
    let root = world.gallery();
    exits(0, &["gallery", "block", text(&root), "--record", "C2", "--reason", "r"]);
    let manifest = Gallery::open(&root).unwrap().manifest().clone();
    flip(&root.join(&manifest.statuses[0].path), &mut ChaCha8Rng::seed_from_u64(1));
    for (args, _) in commands(&world, "out") {
        let said = call(6, &args, &["--without-broken"]);
        assert!(said.contains("status/"), "{said}");
    }
}
