//! Single flipped bits, one at a time, in every kind of stored file: each must be found by what reads the file.
//!
//! `TANBA_FLIPS` is the number of flips over all kinds, `TANBA_FLIP_SEED` the seed; `scripts/flip-campaign` runs many.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::gallery::manifest;
use tanba::hits::histogram::Histogram;
use tanba::hits::journal::{self, Journal, TileEntry};
use tanba::hits::shard::Shards;

use super::*;

const FLIPS: usize = 4_400;
const SEED: u64 = 20_261_122;

/// A file, and whether what reads it finds fault with it as it now lies on disk.
struct Kind<'a> {
    name: &'static str,
    path: PathBuf,
    is_found: Box<dyn Fn() -> bool + 'a>,
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// A gallery with a file of each kind, a finished run, and an output folder with a shard and a journal.
fn stored() -> (World, PathBuf) {
    let world = World::empty();
    convicts(&world);
    world.import("convict", "twice.csv", &[&format!("C3,P7,2021-01-01,1990-05-01,{ALLELES}")]);
    world.import("relative", "relatives.csv", &[&format!("R1,P9,2020-01-01,,{OTHERS}")]);
    world.families("families.csv", &["F1,M1,R1,father,true,true"]);
    world.feed(0, &["C1,,died,2024-02-02,s,"], &[]);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let card = tanba::import::finger::write_iso2005(&super::destroy::card(&mut random)).unwrap();
    fs::write(world.path("card.fmr"), card).unwrap();
    let list =
        "record_id,file,person_id,born_on,registered_on\nF1,card.fmr,P5,1990-05-01,2024-01-31\n";
    let (list, gallery) = (world.write("list.csv", list), world.gallery());
    exits(0, &["import", "--gallery", text(&gallery), "--register", "citizen", text(&list)]);
    let night = world.path("night");
    let args = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&night)];
    exits(0, &[&args[..], &["--min-loci", "7", "--threshold", "3"]].concat());
    let hits = read_hits(&night).unwrap();
    let out = world.path("going-on");
    let shards = Shards::create(&out).unwrap();
    let mut journal = Journal::create(&out, "run").unwrap();
    for tile in 0..4 {
        let shard = (tile == 0).then(|| shards.write(tile, &hits).unwrap());
        let entry = TileEntry {
            tile,
            shard,
            comparisons: 1_000 + tile,
            survivors: tile,
            written: tile,
            splits: 0,
            stages: [tile, 1],
            histogram: Histogram::default(),
        };
        journal.append(&[entry]).unwrap();
    }
    (world, out)
}

#[test]
fn every_flipped_bit_of_every_kind_of_stored_file_is_found() {
    let (flips, seed) = (number("TANBA_FLIPS", FLIPS as u64), number("TANBA_FLIP_SEED", SEED));
    let (world, out) = stored();
    let root = world.gallery();
    let gallery = Gallery::open(&root).unwrap();
    let of = gallery.manifest();
    let (dna, finger) = (&of.segments[0], &of.finger_segments[0]);
    let (shards, recorded) = (Shards::open(&out).unwrap(), journal::read(&out, "run").unwrap());
    let shard = recorded.tiles[0].shard.as_ref().unwrap();
    let newest = root.join(format!("manifest/g{:010}.json", of.generation));
    let profiles = || gallery.open_segment(dna).is_err();
    let fingers = || gallery.open_finger_segment(finger).is_err();
    let log = || {
        let (log, head) = tanba::audit::bytes_of(&root).unwrap();
        tanba::audit::review(&log, head.as_deref(), None).is_err()
    };
    let lines = || {
        // A line that is not as written is no tile; what is left must be as it was.
        let left = journal::read(&out, "run").unwrap().tiles;
        left.len() < recorded.tiles.len() && left.iter().all(|tile| recorded.tiles.contains(tile))
    };
    let kinds: Vec<Kind<'_>> = vec![
        Kind {
            name: "records, profiles",
            path: root.join(&dna.records.path),
            is_found: Box::new(profiles),
        },
        Kind { name: "planes", path: root.join(&dna.planes.path), is_found: Box::new(profiles) },
        Kind {
            name: "records, fingerprints",
            path: root.join(&finger.records.path),
            is_found: Box::new(fingers),
        },
        Kind { name: "prints", path: root.join(&finger.prints.path), is_found: Box::new(fingers) },
        Kind {
            name: "status",
            path: root.join(&of.statuses[0].path),
            is_found: Box::new(|| gallery.statuses().is_err()),
        },
        Kind {
            name: "families",
            path: root.join(&of.families[0].path),
            is_found: Box::new(|| gallery.family_members().is_err()),
        },
        Kind {
            name: "manifest",
            path: newest,
            is_found: Box::new(|| manifest::latest(&root).is_err()),
        },
        Kind {
            name: "shard",
            path: out.join(&shard.path),
            is_found: Box::new(|| !shards.is_sound(shard).unwrap()),
        },
        Kind { name: "journal", path: out.join("journal"), is_found: Box::new(lines) },
        Kind { name: "audit log", path: root.join("audit/log.jsonl"), is_found: Box::new(log) },
        Kind {
            name: "head of the audit log",
            path: root.join("audit/head.json"),
            is_found: Box::new(log),
        },
    ];
    println!("{flips} flips, seed {seed}");
    let each = usize::try_from(flips).unwrap().div_ceil(kinds.len());
    for (place, kind) in kinds.iter().enumerate() {
        let good = fs::read(&kind.path).unwrap();
        assert!(!(kind.is_found)(), "{}: fault is found with a good file", kind.name);
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(place as u64));
        for _ in 0..each {
            let bit = random.random_range(0..good.len() * 8);
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(&kind.path, &bad).unwrap();
            assert!((kind.is_found)(), "seed {seed}, {}: bit {bit} was not found", kind.name);
        }
        fs::write(&kind.path, &good).unwrap();
        assert!(!(kind.is_found)(), "{}: fault is found with the file put back", kind.name);
        println!("{:>24}: {each} flips over {} bits, all found", kind.name, good.len() * 8);
    }
    exits(0, &["gallery", "verify", text(&root)]);
    exits(0, &["audit", "verify", text(&root)]);
}
