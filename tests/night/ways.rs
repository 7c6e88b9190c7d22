//! N:N searches by a join of keys and by all pairs give the same files, and the plan says which is taken.

use super::*;

const FILES: [&str; 3] = ["hits.parquet", "clusters.parquet", "histogram.parquet"];

#[test]
fn a_join_and_all_pairs_write_the_same_hits_clusters_and_histogram_byte_by_byte() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    for mismatches in ["0", "1", "3"] {
        let run = |way: &str, more: &[&str]| {
            let out = folder.path().join(format!("{way}-{mismatches}-{}", more.len()));
            let rule = ["--mismatches", mismatches, "--threshold", "-9", "--nn", way];
            let out_text = ["--gallery", text(&world.gallery), "--out", text(&out)];
            exits(0, &[&["run", "dedup"], &out_text[..], &rule, more].concat());
            let report = read_report(&out).unwrap();
            (out, report)
        };
        let (pairs, of_pairs) = run("pairs", &["--threads", "1"]);
        assert_eq!(of_pairs.searches[0].way.as_deref(), Some("pairs"));
        assert!(of_pairs.hits >= 5, "{mismatches}: {}", of_pairs.hits);
        let cut = ["--threads", "3", "--tile-probes", "5", "--tile-rows", "64"];
        for more in [&cut[..], &["--threads", "1"]] {
            let (join, of_join) = run("join", more);
            let (a, b) = (&of_join.searches[0], &of_pairs.searches[0]);
            assert_eq!(a.way.as_deref(), Some("join"));
            assert!(a.way_reason.as_ref().unwrap().starts_with("asked for; "), "{a:?}");
            assert_eq!((a.comparisons, a.survivors, a.hits), (b.comparisons, b.survivors, b.hits));
            assert_eq!(of_join.run_id, of_pairs.run_id, "the way is no part of a run's identity");
            for file in FILES {
                let [a, b] = [&join, &pairs].map(|out| fs::read(out.join(file)).unwrap());
                assert!(a == b, "{file} differs with {mismatches} mismatches and {more:?}");
            }
        }
    }
}

#[test]
fn the_plan_says_how_every_search_of_records_in_themselves_is_done_and_why() {
    let world = world();
    let plan = |way: &str| {
        let args = ["--json", "plan", "nightly", "--gallery", text(&world.gallery), "--nn", way];
        let said = tanba(&args).stdout;
        serde_json::from_slice::<serde_json::Value>(&said).unwrap()["plan"]["searches"].clone()
    };
    let of = |searches: &serde_json::Value, name: &str| {
        let all = searches.as_array().unwrap();
        all.iter().find(|search| search["search"] == name).unwrap()["way"].clone()
    };
    let searches = plan("join");
    let dedup = of(&searches, "dedup/convict");
    assert_eq!(dedup["way"], "join");
    let estimate = &dedup["estimate"];
    let [keyed, pool] = ["keyed", "pool"].map(|key| estimate[key].as_u64().unwrap());
    assert_eq!((keyed + pool, keyed > 400), (522, true), "{estimate}");
    assert_eq!(estimate["blocks"].as_array().unwrap().len(), 2);
    for name in ["cold-case/trace-trace", "missing-person/corpse-corpse"] {
        let way = of(&searches, name);
        assert_eq!(way["way"], "pairs");
        assert!(way["reason"].as_str().unwrap().contains("moderate stringency"), "{way}");
    }
    assert!(of(&searches, "cold-case/trace-convict").is_null());
    assert_eq!(of(&plan("pairs"), "dedup/convict")["reason"], "asked for");
    let said = exits(0, &["plan", "dedup", "--gallery", text(&world.gallery)]);
    assert!(said.contains("dedup/convict: ") && said.contains("all pairs"), "{said}");
    // More loci may fail than any record has: nobody has keys, and every pair is a survivor.
    let args = ["plan", "dedup", "--gallery", text(&world.gallery), "--mismatches", "64"];
    let said = exits(0, &[&args[..], &["--nn", "join"]].concat());
    assert!(said.contains("all pairs; no record is typed exactly at more loci"), "{said}");
    let said = exits(2, &["plan", "dedup", "--gallery", text(&world.gallery), "--nn", "hash"]);
    assert!(said.contains("auto, pairs or join"), "{said}");
}

#[test]
fn a_gallery_in_one_file_and_in_three_gives_the_same_hits() {
    let folder = tempfile::tempdir().unwrap();
    let registry = &world().registry;
    let content = fs::read_to_string(registry.join("convicts.csv")).unwrap();
    let (header, rows) = content.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    let run = |cut: usize, way: &str| {
        let gallery = folder.path().join(format!("gallery-{cut}-{way}"));
        for (number, some) in rows.chunks(cut).enumerate() {
            let file = folder.path().join(format!("{cut}-{number}.csv"));
            fs::write(&file, format!("{header}\n{}\n", some.join("\n"))).unwrap();
            let args = ["import", "--gallery", text(&gallery), "--index", "convict", text(&file)];
            exits(0, &args);
        }
        for (index, name) in [("trace", "traces.csv"), ("corpse", "corpses.csv")] {
            let file = registry.join(name);
            let args = ["import", "--gallery", text(&gallery), "--index", index, text(&file)];
            exits(0, &args);
        }
        let out = folder.path().join(format!("out-{cut}-{way}"));
        let args = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&out)];
        exits(0, &[&args[..], &["--nn", way, "--threshold", "-2"]].concat());
        let mut hits = read_hits(&out).unwrap();
        // Which generation brought a record, and with it the run, is all that may differ.
        for hit in &mut hits {
            hit.run_id.clear();
            hit.new_since = 0;
        }
        hits
    };
    let whole = run(rows.len(), "pairs");
    assert!(whole.len() > 50, "{} hits", whole.len());
    for way in ["pairs", "join"] {
        assert_eq!(run(rows.len() / 3, way), whole, "{way}");
    }
}

#[test]
fn under_a_limit_of_memory_every_pair_is_looked_at_and_the_files_are_the_same() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let args = ["run", "nightly", "--gallery", text(&world.gallery), "--out", text(&out)];
        exits(0, &[&args[..], more].concat());
        out
    };
    let (free, limited) = (run("free", &[]), run("limited", &["--memory", "160MiB"]));
    let report = read_report(&limited).unwrap();
    // Pages are given back above 64 MiB on two threads: they were, and it sufficed.
    let peak_mib = report.peak_resident_bytes.unwrap() >> 20;
    assert!((65..160).contains(&peak_mib), "{peak_mib} MiB");
    let reason = report.searches[0].way_reason.as_deref().unwrap();
    assert!(reason.starts_with("memory is limited"), "{reason}");
    for file in FILES {
        let [a, b] = [&free, &limited].map(|out| fs::read(out.join(file)).unwrap());
        assert!(a == b, "{file} differs");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "a file was left behind");
    let said = exits(
        2,
        &["run", "dedup", "--gallery", text(&world.gallery), "--out", "o", "--memory", "64MiB"],
    );
    assert!(said.contains("160 MiB or more"), "{said}");
}
