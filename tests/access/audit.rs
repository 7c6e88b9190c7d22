//! The log through the binary: what is entered, what tampering is named, keys, crashes, many processes.

use super::*;

fn verify(code: i32, world: &World, more: &[&str]) -> String {
    let gallery = world.gallery();
    exits(code, &[&["audit", "verify", text(&gallery)], more].concat())
}

#[test]
fn an_identifier_with_a_stroke_or_in_a_gallery_that_cannot_be_read_is_not_in_the_log() {
    let world = World::new();
    world.table("more.csv", &[("12/2026 b", FIRST)]);
    let gallery = world.gallery();
    let more = world.path("more.csv");
    exits(0, &["import", "--gallery", text(&gallery), "--index", "convict", text(&more)]);
    let reason = "same person as 12/2026 b, not C2";
    exits(0, &["gallery", "block", text(&gallery), "--record", "C1", "--reason", reason]);
    let log = || fs::read_to_string(gallery.join("audit/log.jsonl")).unwrap();
    assert!(log().contains("same person as record:"), "{}", log());
    for id in ["12/2026", "C1", "C2"] {
        assert!(!log().contains(id), "{id} in {}", log());
    }
    // A segment that is gone: nobody can tell whether a text names a record.
    let manifest = fs::read_dir(gallery.join("manifest")).unwrap().count();
    fs::write(gallery.join(format!("manifest/g{manifest:010}.json")), "{").unwrap();
    let block = ["gallery", "block", text(&gallery), "--record", "C3", "--reason", "unlike C2"];
    let output = tanba(&block);
    assert!(!output.status.success());
    assert!(!log().contains("C2"), "{}", log());
}

#[test]
fn every_act_is_entered_before_and_after_with_who_why_and_what_came_of_it() {
    let world = World::new();
    let out = world.path("out");
    world.search(0, "convict", &["--out", text(&out), "--case", "K-1", "--purpose-note", "who"]);
    world.search(5, "relative", &[]);
    let gallery = world.gallery();
    exits(0, &["gallery", "block", text(&gallery), "--record", "C2", "--reason", "r"]);
    world.night("night");
    let mut entries = world.entries();
    assert_eq!(entries.len(), 13, "the salt of the pseudonyms has an entry of its own");
    entries.retain(|entry| entry["verb"] != "audit salt");
    let verbs: Vec<&str> = entries.iter().map(|e| e["verb"].as_str().unwrap()).collect();
    let acts = ["import", "import", "search", "search", "gallery block", "run"];
    assert_eq!(verbs, acts.iter().flat_map(|act| [*act; 2]).collect::<Vec<_>>());
    for pair in entries.chunks(2) {
        assert_eq!((&pair[0]["phase"], &pair[1]["phase"]), (&"start".into(), &"end".into()));
        assert_eq!(pair[1]["start"], pair[0]["sequence"]);
        assert!(pair[0]["uid"].is_u64() && !pair[0]["host"].as_str().unwrap().is_empty());
    }
    let found = &entries[5];
    let hits = fs::read(out.join("hits.parquet")).unwrap();
    assert_eq!(found["result_blake3"], blake3::hash(&hits).to_hex().to_string());
    assert_eq!(found["counts"]["hits"], 2);
    assert_eq!((&found["case"], &found["ground"]), (&"K-1".into(), &"not stated".into()));
    assert_eq!((&found["purpose"], &found["outcome"]), (&"who".into(), &"done".into()));
    assert_eq!(
        (&entries[7]["outcome"], &entries[7]["article"]),
        (&"refused".into(), &"L40 28(2)".into())
    );
    assert_eq!(entries[11]["ground"], "standing");
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!((&run["case"]["case"], &run["run_id"]), (&"K-1".into(), &found["run_id"]));
    let said = verify(0, &world, &[]);
    assert!(said.contains("13 entries hold together") && said.contains("cannot find"), "{said}");
    let shown = exits(0, &["audit", "show", text(&gallery), "--verb", "search"]);
    assert!(shown.contains("4 of 13 entries") && shown.contains("L40 28(2)"), "{shown}");
    let shown = exits(0, &["audit", "show", text(&gallery), "--since", "2999-01-01"]);
    assert!(shown.contains("0 of 13"), "{shown}");
    assert_eq!(documents(&["audit", "show", text(&gallery)], "audit_entry").len(), 13);
}

#[test]
fn tampering_ends_with_exit_code_6_and_names_the_entry_and_stops_what_would_write() {
    let world = World::new();
    let path = world.gallery().join("audit/log.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 4);
    for (bad, said) in [
        (good.replacen("convicts.csv", "convicts.csw", 1), "entry 1: edited"),
        ([lines[0], lines[2], lines[3]].concat(), "entry 2: deleted"),
        ([lines[0], lines[1], lines[1], lines[2], lines[3]].concat(), "entry 3: out of order"),
        ([lines[0], lines[1], lines[3], lines[2]].concat(), "entry 3: deleted"),
        (lines[..3].concat(), "entry 4: truncated"),
    ] {
        fs::write(&path, &bad).unwrap();
        let told = verify(6, &world, &[]);
        assert!(told.contains(said), "{said}: {told}");
        let gallery = world.gallery();
        let fault = documents(&["audit", "verify", text(&gallery)], "audit_fault");
        assert_eq!(fault.len(), 1);
    }
    // The end of the log is cut: nothing is searched that could not be recorded.
    fs::write(&path, lines[..3].concat()).unwrap();
    world.search(6, "convict", &[]);
    fs::write(&path, &good).unwrap();
    verify(0, &world, &[]);
    fs::remove_file(&path).unwrap();
    verify(6, &world, &[]);
}

#[test]
fn a_signed_log_wants_its_key_and_tells_who_signed_it() {
    let world = World::new();
    let (gallery, key) = (world.gallery(), world.path("audit.key"));
    let said = exits(0, &["audit", "keygen", text(&key)]);
    exits(2, &["audit", "keygen", text(&key)]);
    let public = fs::read_to_string(world.path("audit.key.public")).unwrap();
    assert!(said.contains(public.trim()));
    let secret = fs::read_to_string(&key).unwrap();
    assert!(!said.contains(secret.trim()));
    let block = ["gallery", "block", text(&gallery), "--record", "C1", "--reason", "r"];
    exits(0, &[&block[..], &["--audit-key", text(&key)]].concat());
    let said = exits(2, &block);
    assert!(said.contains("TANBA_AUDIT_KEY_FILE"), "{said}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    let output = command.args(block).env("TANBA_AUDIT_KEY_FILE", &key).output().unwrap();
    assert!(output.status.success());
    let said = verify(0, &world, &["--public-key", text(&world.path("audit.key.public"))]);
    assert!(said.contains(public.trim()), "{said}");
    verify(6, &world, &["--public-key", &"0".repeat(64)]);
    let head = world.path("head-copy.json");
    fs::copy(gallery.join("audit/head.json"), &head).unwrap();
    exits(0, &[&block[..], &["--audit-key", text(&key)]].concat());
    verify(0, &world, &["--known-head", text(&head)]);
    let log = fs::read_to_string(gallery.join("audit/log.jsonl")).unwrap();
    assert!(!log.contains("audit.key") && log.contains("(left out)"));
    // Log and head put back to an earlier state: only a copy of the later head tells.
    let earlier = World::new();
    for name in ["log.jsonl", "head.json"] {
        let from = earlier.gallery().join("audit").join(name);
        fs::copy(from, gallery.join("audit").join(name)).unwrap();
    }
    verify(0, &world, &[]);
    verify(6, &world, &["--known-head", text(&head)]);
}

#[test]
fn an_act_that_was_killed_is_told_and_eight_processes_keep_one_chain() {
    let world = World::new();
    let gallery = world.gallery();
    let act = tanba::audit::Event { verb: "search".into(), ..Default::default() };
    let begun = tanba::audit::begin(&gallery, None, act).unwrap();
    drop(begun);
    let running: Vec<_> = (0..8)
        .map(|_| {
            let args = ["gallery", "block", text(&gallery), "--record", "C1", "--reason", "r"];
            let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
            command.args(args).stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let said = verify(0, &world, &[]);
    assert!(said.contains("22 entries") && said.contains("entry 5 (search"), "{said}");
}

#[test]
fn decisions_and_a_policy_that_are_not_as_the_log_says_are_tampering() {
    let world = World::new();
    let (gallery, night) = (world.gallery(), world.night("night"));
    let next = ["adjudicate", "next", "--gallery", text(&gallery), "--run", text(&night)];
    let hit = documents(&next, "queued_hit")[0]["hit_id"].as_str().unwrap().to_owned();
    let decide = ["adjudicate", "decide", &hit, "--gallery", text(&gallery), "--run", text(&night)];
    let said = ["--verdict", "exclusion", "--reason", "r", "--examiner", "E"];
    exits(0, &[&decide[..], &said].concat());
    let policy = "version = 1\nname = \"n\"\ncase_registry = \"none\"\n";
    let file = world.write("p.toml", policy);
    exits(0, &["gallery", "policy", text(&gallery), "--set", text(&file)]);
    let block = ["gallery", "block", text(&gallery), "--record", "C1", "--reason", "r"];
    exits(0, &block);
    verify(0, &world, &[]);
    let salt = gallery.join("audit/salt");
    let decided = fs::read_dir(gallery.join("decisions")).unwrap().next().unwrap().unwrap().path();
    for (path, bad) in [
        (salt.clone(), None),
        (salt.clone(), Some(vec![7; 32])),
        (decided.clone(), None),
        (decided.clone(), Some(b"PAR1".to_vec())),
        (decided.with_file_name("more.parquet"), Some(fs::read(&decided).unwrap())),
        (gallery.join("policy.toml"), None),
        (gallery.join("policy.toml"), Some(policy.replace("\"n\"", "\"m\"").into_bytes())),
    ] {
        let good = fs::read(&path).ok();
        match &bad {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let told = verify(6, &world, &[]);
        assert!(told.contains(path.file_name().unwrap().to_str().unwrap()), "{told}");
        match good {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    verify(0, &world, &[]);
    // Without the salt nothing is done that would have to be entered under another one.
    fs::remove_file(&salt).unwrap();
    let generation = tanba::gallery::Gallery::open(&gallery).unwrap().manifest().generation;
    assert!(exits(6, &block).contains("salt"));
    let after = tanba::gallery::Gallery::open(&gallery).unwrap().manifest().generation;
    assert_eq!(after, generation);
}

/// Records of the gallery and of no gallery.
const SENTINELS: [&str; 3] = ["SENTINEL-1", "NOBODY-2", "PERSONAL-3"];

#[test]
fn no_verb_that_is_given_a_record_or_quotes_one_writes_its_identifier_into_the_log() {
    let world = World::new();
    let columns: Vec<String> =
        LOCI.iter().flat_map(|l| [1, 2].map(|n| format!("{l}_{n}"))).collect();
    let table = |line: &str| {
        let header = format!("record_id,person_id,{}", columns.join(","));
        world.write("more.csv", &format!("{header}\n{line}\n"))
    };
    let gallery = world.gallery();
    let import = |code: i32, line: &str| {
        let file = table(line);
        let args = ["import", "--gallery", text(&gallery), "--index", "convict", text(&file)];
        exits(code, &args)
    };
    import(0, &format!("SENTINEL-1,PERSONAL-3,{FIRST}"));
    // The same record with another content, a record that cannot be read, and one that is fine.
    import(3, &format!("SENTINEL-1,PERSONAL-3,{SECOND}"));
    import(3, &format!("NOBODY-2,,{}", FIRST.replace("9.3", "no allele of NOBODY-2")));
    let night = world.night("night");
    let run = ["--gallery", text(&gallery), "--run", text(&night)];
    let next = documents(&[&["adjudicate", "next"], &run[..]].concat(), "queued_hit");
    let hit = next.iter().find(|hit| hit.to_string().contains("SENTINEL-1")).unwrap();
    let hit = hit["hit_id"].as_str().unwrap();
    let stain = world.path("stain.csv");
    let probe = world.write("probe.iso", "x");
    let feed = world.write("feed.csv", "record_id,event,date,source\nNOBODY-2,died,2026-01-01,s\n");
    let of_person = "person_id,event,date,source\nPERSONAL-4,died,2026-01-01,s\n";
    let of_person = world.write("person.csv", of_person);
    let act = world.write("act.csv", "record_id,ground\nSENTINEL-1,term-ended\n");
    let unknown = world.write("unknown.csv", "record_id,ground\nNOBODY-2,court:7\n");
    let g = text(&gallery);
    let from = ["--gallery", g, "--run", text(&night), "--examiner", "E1"];
    let verdict = ["--verdict", "exclusion", "--reason", "not SENTINEL-1, seen (PERSONAL-3)."];
    let calls: Vec<(i32, Vec<&str>)> = vec![
        (0, vec!["gallery", "block", g, "--record", "SENTINEL-1", "--reason", "see SENTINEL-1"]),
        (0, vec!["gallery", "unblock", g, "--record=SENTINEL-1", "--reason=SENTINEL-1/2026"]),
        (2, vec!["gallery", "block", g, "--record", "NOBODY-2", "--reason", "NOBODY-2 is unknown"]),
        (0, vec!["gallery", "depersonalise", g, "--record", "SENTINEL-1", "--reason", "r"]),
        (0, vec!["gallery", "person", g, "--person", "PERSONAL-3"]),
        (1, vec!["gallery", "person", g, "--person", "NOBODY-2"]),
        (3, vec!["gallery", "status", g, text(&feed)]),
        (3, vec!["gallery", "status", g, text(&of_person)]),
        (5, vec!["gallery", "destroy", g, "--act", text(&act), "--approved-by", "U"]),
        (2, vec!["gallery", "destroy", g, "--act", text(&unknown), "--approved-by", "U"]),
        (2, vec!["search", "--record", "SENTINEL-1", "--gallery", g]),
        (2, vec!["verify", "--probe", text(&probe), "--claimed", "NOBODY-2", "--gallery", g]),
        (
            0,
            vec![
                "search",
                text(&stain),
                "--probe-index",
                "trace",
                "--gallery",
                g,
                "--threshold",
                "3",
                "--purpose-note",
                "is it SENTINEL-1?",
            ],
        ),
        (0, [&["adjudicate", "decide", hit], &from[..], &verdict].concat()),
        (0, [&["adjudicate", "show", hit], &from[..]].concat()),
    ];
    for (code, call) in calls {
        exits(code, &call);
    }
    let log = fs::read_to_string(gallery.join("audit/log.jsonl")).unwrap();
    for sentinel in SENTINELS {
        let line = log.lines().find(|line| line.contains(sentinel));
        assert_eq!(line, None, "{sentinel}");
    }
    assert!(!log.contains("PERSONAL-4"), "{log}");
    let of =
        |option: &str, id: &str| documents(&["audit", "show", g, option, id], "audit_entry").len();
    assert!(of("--record", "SENTINEL-1") > 12, "{}", of("--record", "SENTINEL-1"));
    assert!(of("--record", "NOBODY-2") > 5 && of("--person", "PERSONAL-3") > 1);
    assert_eq!(of("--record", "SENTINEL"), 0);
    verify(0, &world, &[]);
}

#[test]
fn a_search_of_a_folder_without_a_gallery_leaves_no_log_behind() {
    let world = World::new();
    let nowhere = world.path("nowhere");
    let stain = world.path("stain.csv");
    exits(2, &["search", text(&stain), "--probe-index", "trace", "--gallery", text(&nowhere)]);
    assert!(!nowhere.exists());
    exits(2, &["audit", "verify", text(Path::new(&nowhere))]);
}
