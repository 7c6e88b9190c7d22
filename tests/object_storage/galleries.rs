//! Galleries in a bucket: the same hits, the same checks, the same log as on disk.

use super::*;

#[test]
fn a_gallery_in_a_bucket_gives_the_hits_of_the_same_gallery_on_disk_byte_for_byte() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let machine = Machine::new(world.path(), "m");
    let url = "s3://registry/same/gallery";
    registry(&machine, "gallery");
    fs::remove_dir_all(machine.path("gallery/audit")).unwrap();
    upload(&machine.path("gallery"), url);
    machine.exits(0, &["run", "nightly", "--gallery", "gallery", "--out", "here"]);
    machine.exits(0, &["run", "nightly", "--gallery", url, "--out", "there"]);
    assert!(lists(&machine.path("here")) == lists(&machine.path("there")));
    // Files that are in the cache do not travel again; one that is not as committed does.
    let proxy = proxy::Proxy::start(&endpoint(), |_, _, _| proxy::Harm::None);
    let mut near = Machine::new(world.path(), "near");
    near.endpoint.clone_from(&proxy.endpoint);
    near.exits(0, &["run", "nightly", "--gallery", url, "--out", "first"]);
    let fetched = proxy.count("GET", "/segments/");
    assert!(fetched > 0);
    near.exits(0, &["run", "nightly", "--gallery", url, "--out", "second"]);
    assert_eq!(proxy.count("GET", "/segments/"), fetched, "nothing of a segment travels twice");
    let planes =
        files(&near.cache()).into_iter().find(|path| path.ends_with("planes.arrow")).unwrap();
    let mut bytes = fs::read(&planes).unwrap();
    let sound = bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&planes, &bytes).unwrap();
    near.exits(0, &["run", "nightly", "--gallery", url, "--out", "third"]);
    assert_eq!(proxy.count("GET", "/segments/"), fetched + 1);
    assert!(fs::read(&planes).unwrap() == sound, "the file was fetched again");
    for out in ["first", "second", "third"] {
        assert!(lists(&near.path(out)) == lists(&machine.path("here")), "{out}");
    }
}

#[test]
fn a_gallery_made_in_a_bucket_is_one_on_disk_when_it_is_copied_there() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let machine = Machine::new(world.path(), "m");
    let url = "s3://registry/made/gallery";
    registry(&machine, "ondisk");
    import(&machine, url);
    let again = ["import", "--gallery", url, "--index", "convict", "registry/convicts.csv"];
    assert!(machine.exits(0, &again).contains("generation 6"), "nothing new, no generation");
    machine.exits(0, &["gallery", "verify", url]);
    // Block a record: a night on another machine knows.
    machine
        .exits(0, &["gallery", "block", url, "--record", "C0000017", "--reason", "complaint 12"]);
    let other = Machine::new(world.path(), "other");
    let info = other.exits(0, &["gallery", "info", url, "--json"]);
    assert!(info.contains("\"generation\":7") && info.contains("\"blocked\":1"), "{info}");
    let bucket = Bucket::open(url).unwrap();
    let copy = machine.path("copy");
    for folder in ["manifest", "segments", "families", "status"] {
        for object in bucket.list_after(folder, folder).unwrap() {
            let path = copy.join(&object.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bucket.get(&object.path).unwrap().unwrap()).unwrap();
        }
    }
    machine.exits(0, &["gallery", "verify", "copy"]);
    machine.exits(0, &["run", "nightly", "--gallery", "copy", "--out", "here"]);
    other.exits(0, &["run", "nightly", "--gallery", url, "--out", "there"]);
    assert!(lists(&machine.path("here")) == lists(&other.path("there")));
    let refused = machine.exits(2, &["gallery", "info", "s3://registry/nothing-here"]);
    assert!(refused.contains("s3://registry/nothing-here holds no gallery"), "{refused}");
}

#[test]
fn decisions_policies_and_refusals_are_those_of_the_bucket_on_every_machine() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| Machine::new(world.path(), name));
    let url = "s3://registry/shared/gallery";
    here.exits(0, &["synth", "--out", "registry", "--persons", "300"]);
    here.exits(0, &["import", "--gallery", url, "--index", "convict", "registry/convicts.csv"]);
    here.exits(0, &["run", "dedup", "--gallery", url, "--out", "night"]);
    let hits = here.exits(0, &["hits", "list", "night", "--json"]);
    let hit = hits.split("\"hit_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let decide = ["adjudicate", "decide", "--gallery", url, "--run", "night", &hit];
    here.exits(
        0,
        &[&decide[..], &["--verdict", "identification", "--examiner", "e1", "--reason", "agrees"]]
            .concat(),
    );
    let night = here.path("night");
    let listed =
        there.exits(0, &["hits", "list", night.to_str().unwrap(), "--gallery", url, "--json"]);
    assert!(listed.contains("\"decision\":\"one look\""), "{listed}");
    // A policy set on one machine binds the other.
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/policy/default.toml");
    let text = fs::read_to_string(policy).unwrap();
    let without_cases: String = text
        .lines()
        .map(
            |line| {
                if line.starts_with("case_registry") { "case_registry = \"none\"" } else { line }
            },
        )
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(here.path("policy.toml"), without_cases).unwrap();
    here.exits(0, &["gallery", "policy", url, "--set", "policy.toml"]);
    let registry = here.path("registry/traces.csv");
    let search = ["search", registry.to_str().unwrap(), "--probe-index", "trace", "--gallery", url];
    assert!(there.exits(5, &search).contains("role"));
    // Destruction is not promised where copies and versions are out of reach.
    fs::write(here.path("act.csv"), "record_id,ground\nC0000001,court:1\n").unwrap();
    let destroy = ["gallery", "destroy", url, "--act", "act.csv", "--approved-by", "head"];
    assert!(here.exits(2, &destroy).contains("is in a bucket"));
    let verified = there.exits(0, &["audit", "verify", url]);
    assert!(verified.contains("entries hold together"), "{verified}");
}

#[test]
fn machines_that_commit_at_once_all_succeed_and_their_log_holds_together() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let url = "s3://registry/atonce/gallery";
    let first = Machine::new(world.path(), "first");
    first.exits(0, &["synth", "--out", "registry", "--persons", "300"]);
    first.exits(0, &["import", "--gallery", url, "--index", "convict", "registry/convicts.csv"]);
    std::thread::scope(|scope| {
        for number in 1..=6 {
            let machine = Machine::new(world.path(), &format!("m{number}"));
            let record = format!("C000000{number}");
            scope.spawn(move || {
                let args = ["gallery", "block", url, "--record", &record, "--reason", "at once"];
                machine.exits(0, &args);
            });
        }
    });
    let info = first.exits(0, &["gallery", "info", url, "--json"]);
    assert!(info.contains("\"generation\":7") && info.contains("\"blocked\":6"), "{info}");
    let shown = first.exits(0, &["audit", "verify", url]);
    // Import and six blockings, each with a begin and an end, and the salt.
    assert!(shown.contains("15 entries hold together"), "{shown}");
    // An entry that is taken away is found.
    Bucket::open(url).unwrap().remove("audit/entries/0000000004.json").unwrap();
    let other = Machine::new(world.path(), "other");
    assert!(other.exits(6, &["audit", "verify", url]).contains("deleted"));
}
