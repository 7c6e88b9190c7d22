//! The log through the binary: what is entered, what tampering is named, keys, crashes, many processes.

use super::*;

fn verify(code: i32, world: &World, more: &[&str]) -> String {
    let gallery = world.gallery();
    exits(code, &[&["audit", "verify", text(&gallery)], more].concat())
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
    let entries = world.entries();
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
    assert!(said.contains("12 entries hold together") && said.contains("cannot find"), "{said}");
    let shown = exits(0, &["audit", "show", text(&gallery), "--verb", "search"]);
    assert!(shown.contains("4 of 12 entries") && shown.contains("L40 28(2)"), "{shown}");
    let shown = exits(0, &["audit", "show", text(&gallery), "--since", "2999-01-01"]);
    assert!(shown.contains("0 of 12"), "{shown}");
    assert_eq!(documents(&["audit", "show", text(&gallery)], "audit_entry").len(), 12);
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
    assert!(said.contains("21 entries") && said.contains("entry 5 (search"), "{said}");
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
    verify(0, &world, &[]);
    let decided = fs::read_dir(gallery.join("decisions")).unwrap().next().unwrap().unwrap().path();
    for (path, bad) in [
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
