//! Encrypted galleries and hit lists: what they show without their keys, and that nothing shows a key.

use std::collections::BTreeMap;

use super::*;

/// A world whose gallery was made with the key file `keys`.
fn encrypted() -> World {
    let world = World { folder: tempfile::tempdir().unwrap() };
    exits(0, &["keys", "new", text(&world.path("keys")), "--name", "first"]);
    world.table("convicts.csv", &[("SENTINEL-C1", FIRST), ("SENTINEL-C2", SECOND)]);
    world.table("traces.csv", &[("SENTINEL-T1", FIRST), ("SENTINEL-T2", SECOND)]);
    world.table("stain.csv", &[("S1", FIRST)]);
    for (index, file) in [("convict", "convicts.csv"), ("trace", "traces.csv")] {
        exits_of(0, &world.with_keys(&world.import(index, file)));
    }
    world
}

impl World {
    fn import(&self, index: &str, file: &str) -> Vec<String> {
        let (gallery, file) = (self.gallery(), self.path(file));
        let args = ["import", "--gallery", text(&gallery), "--index", index, text(&file)];
        args.map(str::to_owned).to_vec()
    }

    fn run_into(&self, name: &str) -> Vec<String> {
        let (out, gallery) = (self.path(name), self.gallery());
        let args = ["run", "nightly", "--gallery", text(&gallery), "--threshold", "3"];
        [&args[..], &["--out", text(&out)]].concat().iter().map(|s| (*s).to_owned()).collect()
    }

    fn with_keys(&self, args: &[String]) -> Vec<String> {
        [args, &["--keys".to_owned(), text(&self.path("keys")).to_owned()]].concat()
    }

    /// The digits of every key of the key file.
    fn secrets(&self) -> Vec<String> {
        let keys = fs::read_to_string(self.path("keys")).unwrap();
        keys.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    /// Every file below `folder` with its bytes.
    fn files(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                World::files(&path, files);
            } else {
                files.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
}

fn exits_of(code: i32, args: &[String]) -> String {
    exits(code, &args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The hits of the stain's search, as JSON.
fn found(world: &World, more: &[&str]) -> serde_json::Value {
    let (stain, gallery) = (world.path("stain.csv"), world.gallery());
    let args = ["search", text(&stain), "--probe-index", "trace", "--gallery", text(&gallery)];
    let args = [&args[..], &["--index", "convict", "--threshold", "3"], more].concat();
    let runs = documents(&args, "run");
    let mut hits = runs[0]["hits"].clone();
    for hit in hits.as_array_mut().unwrap() {
        hit.as_object_mut().unwrap().retain(|key, _| !key.contains("run_id") && key != "hit_id");
    }
    hits
}

#[test]
fn an_encrypted_gallery_and_its_hit_lists_show_no_record_and_no_key() {
    let world = encrypted();
    exits_of(0, &world.with_keys(&world.run_into("out")));
    let mut files = BTreeMap::new();
    World::files(&world.gallery(), &mut files);
    World::files(&world.path("out"), &mut files);
    let (mut parquet, mut sealed) = (0, 0);
    for (path, bytes) in &files {
        let name = path.display();
        match path.extension().and_then(|end| end.to_str()) {
            Some("parquet") => {
                assert!(bytes.starts_with(b"PARE"), "{name} is plain");
                parquet += 1;
            }
            Some("arrow") => {
                assert!(bytes.starts_with(b"TANBASEA"), "{name} is plain");
                sealed += 1;
            }
            _ => {}
        }
        assert!(
            !contains(bytes, "SENTINEL") && !contains(bytes, "D21S11"),
            "{name} shows a record"
        );
        for secret in world.secrets() {
            assert!(!contains(bytes, &secret), "{name} shows a key");
        }
    }
    assert!(parquet >= 5 && sealed == 2, "{parquet} {sealed}");
}

#[test]
fn what_is_found_with_keys_is_what_is_found_in_a_plain_gallery() {
    let world = encrypted();
    let plain = World { folder: tempfile::tempdir().unwrap() };
    for name in ["convicts.csv", "traces.csv", "stain.csv"] {
        fs::copy(world.path(name), plain.path(name)).unwrap();
    }
    for (index, file) in [("convict", "convicts.csv"), ("trace", "traces.csv")] {
        exits_of(0, &plain.import(index, file));
    }
    let keys = world.path("keys");
    let hits = found(&world, &["--keys", text(&keys)]);
    assert_eq!(hits, found(&plain, &[]));
    assert_eq!(hits.as_array().unwrap().len(), 1);
    let command = format!("cat {}", text(&keys));
    assert_eq!(hits, found(&world, &["--keys-command", &command]));
    exits_of(
        0,
        &world.with_keys(&["gallery".into(), "verify".into(), text(&world.gallery()).into()]),
    );
}

#[test]
fn without_its_key_an_encrypted_gallery_is_neither_read_nor_written() {
    let world = encrypted();
    let other = world.path("other");
    exits(0, &["keys", "new", text(&other), "--name", "other"]);
    let mut before = BTreeMap::new();
    World::files(&world.gallery().join("segments"), &mut before);
    world.table("more.csv", &[("SENTINEL-C3", FIRST)]);
    let said = exits_of(2, &world.import("convict", "more.csv"));
    assert!(said.contains("is encrypted") && said.contains("--keys FILE"), "{said}");
    exits_of(2, &world.run_into("out"));
    exits(2, &["gallery", "info", text(&world.gallery())]);
    let with_other =
        |args: Vec<String>| [args, vec!["--keys".into(), text(&other).into()]].concat();
    let said = exits_of(2, &with_other(world.import("convict", "more.csv")));
    assert!(said.contains("the key \"first\""), "{said}");
    exits_of(2, &with_other(world.run_into("out")));
    let mut after = BTreeMap::new();
    World::files(&world.gallery().join("segments"), &mut after);
    assert_eq!(before, after);
}

#[test]
fn a_new_key_in_front_encrypts_what_is_new_and_the_old_one_still_opens_the_rest() {
    let world = encrypted();
    exits(0, &["keys", "new", text(&world.path("keys")), "--name", "second"]);
    exits(2, &["keys", "new", text(&world.path("keys")), "--name", "second"]);
    world.table("more.csv", &[("SENTINEL-C3", FIRST)]);
    exits_of(0, &world.with_keys(&world.import("convict", "more.csv")));
    let hits = found(&world, &["--keys", text(&world.path("keys"))]);
    assert_eq!(hits.as_array().unwrap().len(), 2);
    let keys = fs::read_to_string(world.path("keys")).unwrap();
    let old: Vec<&str> = keys.lines().filter(|line| line.starts_with("first")).collect();
    let alone = world.path("old");
    fs::copy(world.path("keys"), &alone).unwrap();
    fs::write(&alone, old.concat()).unwrap();
    let said =
        exits_of(2, &[world.run_into("out"), vec!["--keys".into(), text(&alone).into()]].concat());
    assert!(said.contains("the key \"second\""), "{said}");
}

#[test]
fn a_key_file_that_others_may_read_is_refused_and_a_failing_command_too() {
    use std::os::unix::fs::PermissionsExt;
    let world = encrypted();
    let keys = world.path("keys");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o640)).unwrap();
    let said = exits_of(2, &world.with_keys(&world.run_into("out")));
    assert!(said.contains("chmod 600"), "{said}");
    let secret = &world.secrets()[0];
    for command in ["exit 3".to_owned(), format!("echo first {secret}0")] {
        let args = ["--keys-command".to_owned(), command];
        let output = tanba(
            &[world.run_into("out"), args.to_vec()]
                .concat()
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        );
        assert!([Some(2), Some(3)].contains(&output.status.code()));
        assert!(!contains(&output.stderr, secret) && !contains(&output.stdout, secret));
    }
}

#[test]
fn the_key_of_one_file_is_given_out_by_itself() {
    let world = encrypted();
    exits_of(0, &world.with_keys(&world.run_into("out")));
    let key_of = |name: &str| {
        let file = world.path("out").join(name);
        let (file, keys) = (text(&file).to_owned(), world.path("keys"));
        let output = tanba(&["keys", "of-file", &file, "--keys", text(&keys)]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (hits, clusters) = (key_of("hits.parquet"), key_of("clusters.parquet"));
    assert!(hits.len() == 64 && clusters.len() == 64 && hits != clusters);
    assert!(!world.secrets().contains(&hits));
    exits(2, &["keys", "of-file", text(&world.path("stain.csv"))]);
}
