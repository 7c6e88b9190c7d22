//! Results in a bucket: whole or not at all; parts without a folder that others see.

use super::*;

#[test]
fn a_result_in_a_bucket_is_that_on_disk_and_every_verb_reads_it() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let [machine, other] = ["m", "other"].map(|name| Machine::new(world.path(), name));
    registry(&machine, "gallery");
    let gallery = machine.path("gallery");
    let gallery = gallery.to_str().unwrap();
    let url = "s3://registry/result/night-1";
    machine.exits(0, &["run", "nightly", "--gallery", gallery, "--out", "here"]);
    let said = machine.exits(0, &["run", "nightly", "--gallery", gallery, "--out", url]);
    assert!(said.contains("hit list: s3://registry/result/night-1/hits.parquet"), "{said}");
    assert!(lists_in(url) == lists(&machine.path("here")));
    assert!(files(&machine.cache()).is_empty(), "nothing stays on the machine");
    // A finished run is not replaced unless that is said.
    let again = ["run", "nightly", "--gallery", gallery, "--out", url];
    assert!(machine.exits(2, &again).contains("already holds a finished run"));
    let before = Bucket::open(url).unwrap().get("run.json").unwrap();
    machine.exits(0, &[&again[..], &["--overwrite"]].concat());
    assert!(lists_in(url) == lists(&machine.path("here")));
    assert_ne!(Bucket::open(url).unwrap().get("run.json").unwrap(), before);
    // Verbs that read a run, on another machine.
    let hits = other.exits(0, &["hits", "list", url, "--json"]);
    let hit = hits.split("\"hit_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    other.exits(0, &["explain", &hit, "--gallery", gallery, "--run", url]);
    other.exits(0, &["hits", "stats", url]);
    other.exits(0, &["hits", "diff", url, machine.path("here").to_str().unwrap()]);
    other.exits(0, &["hits", "export", url, "leads.csv", "--gallery", gallery]);
    other.exits(0, &["report", url, "--output", "page.html"]);
    other.exits(2, &["report", url]);
    assert!(other.exits(0, &["status", "--out", url]).contains("finished"));
    assert!(other.exits(2, &["resume", "--out", url]).contains("finished run"));
    other.exits(1, &["run", "nightly", "--gallery", gallery, "--out", "b", "--since", url]);
    assert!(files(&other.cache()).is_empty(), "what was fetched to be read is gone");
    // A URL where none is understood is refused, and makes no folder of that name.
    other.exits(2, &["synth", "--out", "s3://registry/result/synth"]);
    assert!(!other.path("s3:").exists());
    let probe = machine.path("registry/traces.csv");
    let probe = probe.to_str().unwrap();
    let search = ["search", probe, "--probe-index", "trace", "--gallery", gallery, "--out"];
    let found = "s3://registry/result/search";
    machine.exits(0, &[&search[..], &[found]].concat());
    machine.exits(0, &[&search[..], &["there"]].concat());
    assert!(lists_in(found) == lists(&machine.path("there")));
}

#[test]
fn parts_on_machines_that_share_only_the_bucket_make_the_list_of_one_run() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    registry(&home, "gallery");
    fs::remove_dir_all(home.path("gallery/audit")).unwrap();
    let (gallery, url) = ("s3://registry/parts/gallery", "s3://registry/parts/night");
    upload(&home.path("gallery"), gallery);
    home.exits(0, &["run", "nightly", "--gallery", gallery, "--out", "whole"]);
    let tiles = ["--tile-rows", "512", "--tile-probes", "32"];
    let run = |machine: &Machine, part: &str| {
        let args = ["run", "nightly", "--gallery", gallery, "--out", url, "--part", part];
        machine.exits(0, &[&args[..], &tiles].concat())
    };
    home.exits(2, &["finish", "--out", url]);
    // Two begin at once; one part is done by two machines at once.
    std::thread::scope(|scope| {
        for (name, part) in [("m1", "1/3"), ("m2", "2/3"), ("m3", "2/3")] {
            let machine = Machine::new(world.path(), name);
            scope.spawn(move || run(&machine, part));
        }
    });
    let said = home.exits(4, &["finish", "--out", url]);
    assert!(said.contains("3/3 is not begun"), "{said}");
    assert!(home.exits(0, &["status", "--out", url]).contains("part 1/3: done"));
    let m4 = Machine::new(world.path(), "m4");
    assert!(run(&m4, "1/3").contains("had been done before"), "an end is known everywhere");
    run(&m4, "3/3");
    let finisher = Machine::new(world.path(), "finisher");
    finisher.exits(0, &["finish", "--out", url]);
    assert!(lists_in(url) == lists(&home.path("whole")));
    let left = Bucket::open(url).unwrap();
    assert!(left.list_after("parts", "parts").unwrap().is_empty(), "what parts left is gone");
    assert!(left.get("job.json").unwrap().is_none());
    let again = finisher.exits(0, &["finish", "--out", url]);
    assert!(again.contains("had been finished before"), "{again}");
    assert!(files(&finisher.cache()).iter().all(|file| !file.ends_with("hits.parquet")));
}

#[test]
fn a_damaged_file_of_a_part_is_found_before_it_counts() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    home.exits(0, &["synth", "--out", "registry", "--persons", "300"]);
    home.exits(0, &["import", "--gallery", "g", "--index", "convict", "registry/convicts.csv"]);
    let url = "s3://registry/damaged/night";
    home.exits(0, &["run", "dedup", "--gallery", "g", "--out", url, "--part", "1/1"]);
    let bucket = Bucket::open(url).unwrap();
    let shard = bucket.list_after("parts", "parts").unwrap();
    let shard = shard.iter().find(|object| object.path.ends_with(".parquet")).unwrap();
    let mut bytes = bucket.get(&shard.path).unwrap().unwrap().to_vec();
    bytes[10] ^= 1;
    bucket.put(&shard.path, &Bytes::from(bytes)).unwrap();
    let other = Machine::new(world.path(), "other");
    let said = other.exits(6, &["finish", "--out", url]);
    assert!(said.contains("fetched 3 times") && said.contains(&shard.path), "{said}");
}
