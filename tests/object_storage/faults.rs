//! What a network and a store do wrong.

use std::time::Instant;

use super::proxy::{Harm, Proxy};
use super::*;

/// A small gallery in a bucket, and the lists of a night over it.
fn gallery(home: &Machine, url: &str) -> [Vec<u8>; 3] {
    home.exits(0, &["synth", "--out", "registry", "--persons", "300"]);
    for (index, file) in [("convict", "convicts"), ("trace", "traces")] {
        let file = format!("registry/{file}.csv");
        home.exits(0, &["import", "--gallery", url, "--index", index, &file]);
    }
    home.exits(0, &["run", "nightly", "--gallery", url, "--out", "night"]);
    lists(&home.path("night"))
}

fn behind(world: &Path, name: &str, proxy: &Proxy) -> Machine {
    Machine { endpoint: proxy.endpoint.clone(), ..Machine::new(world, name) }
}

#[test]
fn refusals_to_serve_broken_bodies_and_lost_answers_change_nothing() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    let url = "s3://registry/faults/gallery";
    gallery(&home, url);
    for (name, harm) in [
        ("slow", Harm::SlowDown),
        ("short", Harm::CutShort),
        ("flip", Harm::Flip),
        ("lost", Harm::LoseAnswer),
    ] {
        // The first request of each kind is harmed; flips only where a hash is known beforehand.
        let proxy = Proxy::start(&endpoint(), move |method, path, before| {
            let is_hashed = path.contains("/segments/") || path.contains("hits.parquet");
            let is_hit = before == 0 && (harm != Harm::Flip || (method == "GET" && is_hashed));
            if is_hit { harm } else { Harm::None }
        });
        let machine = behind(world.path(), name, &proxy);
        let out = format!("s3://registry/faults/{name}");
        // The identity of a run is that of its generation, and every round makes two.
        home.exits(0, &["run", "nightly", "--gallery", url, "--out", name]);
        let expected = lists(&home.path(name));
        machine.exits(0, &["run", "nightly", "--gallery", url, "--out", &out]);
        assert!(lists_in(&out) == expected, "{name}");
        let harmed = proxy.harmed.load(std::sync::atomic::Ordering::Relaxed);
        assert!(harmed >= 4, "{name}: {harmed} requests were harmed");
        let record = ["--record", "C0000002", "--reason", name];
        machine.exits(0, &[&["gallery", "block", url], &record[..]].concat());
        machine.exits(0, &["gallery", "unblock", url, "--record", "C0000002", "--reason", "end"]);
    }
    let shown = home.exits(0, &["audit", "verify", url]);
    // Two imports and a night; then per fault two nights, a blocking and its end: each two entries; and the salt.
    assert!(shown.contains("39 entries hold together"), "no entry twice: {shown}");
}

#[test]
fn bytes_that_stay_wrong_are_never_searched() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    let url = "s3://registry/wrong/gallery";
    gallery(&home, url);
    let run = |machine: &Machine, code: i32, more: &[&str]| {
        let args = ["run", "nightly", "--gallery", url, "--out", "night"];
        machine.exits(code, &[&args[..], more].concat())
    };
    // On the way, each time.
    let proxy = Proxy::start(&endpoint(), |method, path, _| {
        if method == "GET" && path.ends_with("planes.arrow") { Harm::Flip } else { Harm::None }
    });
    let said = run(&behind(world.path(), "way", &proxy), 6, &[]);
    assert!(said.contains("fetched 3 times") && said.contains("BLAKE3"), "{said}");
    // An upload that arrives otherwise than it was sent: no generation names it.
    let proxy = Proxy::start(&endpoint(), |method, path, _| {
        if method == "GET" && path.contains("/status/") { Harm::Flip } else { Harm::None }
    });
    let machine = behind(world.path(), "up", &proxy);
    let block = ["gallery", "block", url, "--record", "C0000001", "--reason", "r"];
    assert!(machine.exits(6, &block).contains("written and read back 3 times"));
    assert!(home.exits(0, &["gallery", "info", url, "--json"]).contains("\"generation\":2"));
    // In the bucket: another content, a shorter one, none.
    let bucket = Bucket::open(url).unwrap();
    let objects = bucket.list_after("segments", "segments").unwrap();
    let planes = &objects.iter().find(|object| object.path.ends_with("planes.arrow")).unwrap().path;
    let sound = bucket.get(planes).unwrap().unwrap();
    let mut flipped = sound.to_vec();
    flipped[100] ^= 1;
    let short = sound.slice(..sound.len() - 1);
    for (name, content) in
        [("flipped", Some(Bytes::from(flipped))), ("short", Some(short)), ("none", None)]
    {
        match &content {
            Some(content) => bucket.put(planes, content).unwrap(),
            None => bucket.remove(planes).unwrap(),
        }
        let machine = Machine::new(world.path(), name);
        let said = run(&machine, 6, &[]);
        assert!(said.contains(planes), "{name}: {said}");
        assert_eq!(content.is_none(), said.contains("missing"), "{name}: {said}");
        let verified = machine.exits(6, &["gallery", "verify", url]);
        assert!(verified.contains("planes.arrow"), "{verified}");
        // Going on without it is said.
        let said = said_of_any(
            &machine,
            &["run", "nightly", "--gallery", url, "--out", "rest", "--without-broken"],
        );
        assert!(said.contains("NOT SEARCHED"), "{name}: {said}");
    }
    bucket.put(planes, &sound).unwrap();
    let manifest = "manifest/g0000000002.json";
    let text = bucket.get(manifest).unwrap().unwrap();
    let edited = String::from_utf8(text.to_vec()).unwrap().replace("\"rows\": 1", "\"rows\": 2");
    bucket.put(manifest, &Bytes::from(edited)).unwrap();
    let said = run(&home, 6, &["--overwrite"]);
    assert!(said.contains("body_blake3"), "{said}");
}

fn said_of_any(machine: &Machine, args: &[&str]) -> String {
    let output = machine.command(args).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_result_that_cannot_be_put_there_waits_on_its_machine_and_resume_puts_it_there() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    let (url, out) = ("s3://registry/waits/gallery", "s3://registry/waits/night");
    let expected = gallery(&home, url);
    let proxy = Proxy::start(&endpoint(), |method, path, _| {
        if method == "PUT" && path.contains("histogram") { Harm::SlowDown } else { Harm::None }
    });
    let mut machine = behind(world.path(), "m", &proxy);
    let run = ["run", "nightly", "--gallery", url, "--out", out, "--store-retry", "2"];
    let said = machine.exits(4, &run);
    assert!(
        said.contains("SlowDown") && said.contains(&format!("tanba resume --out {out}")),
        "{said}"
    );
    assert!(
        Bucket::open(out).unwrap().get("run.json").unwrap().is_none(),
        "no finished run is there"
    );
    assert!(machine.exits(2, &["hits", "stats", out]).contains("holds no finished run"));
    assert!(machine.exits(2, &run).contains("is not in the bucket yet"));
    // The folder of a result is known by its server: the way round the proxy is another name of it.
    let work = fs::read_dir(machine.cache()).unwrap().map(|entry| entry.unwrap().path());
    let work = work.into_iter().find(|path| path.to_str().unwrap().contains("work-")).unwrap();
    machine.endpoint = endpoint();
    machine.exits(2, &["resume", "--out", out]);
    let there = fs::read_dir(machine.cache()).unwrap().map(|entry| entry.unwrap().path());
    let there =
        there.into_iter().find(|p| p.to_str().unwrap().contains("work-") && *p != work).unwrap();
    fs::remove_dir_all(&there).unwrap();
    fs::rename(&work, &there).unwrap();
    assert!(machine.exits(0, &["resume", "--out", out]).contains("had ended"));
    assert!(lists_in(out) == expected);
    assert!(!there.exists());
}

#[test]
fn whoever_may_not_or_names_nothing_is_told_what_to_do() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    let url = "s3://registry/denied/gallery";
    gallery(&home, url);
    let with = |code: i32, variables: &[(&str, &str)], args: &[&str]| {
        let mut command = home.command(args);
        command.envs(variables.iter().copied());
        said(code, args, command.output().unwrap())
    };
    let info = ["gallery", "info", url, "--store-retry", "2"];
    let denied = with(4, &[("AWS_SECRET_ACCESS_KEY", "not-the-one")], &info);
    assert!(
        denied.contains("access denied") && denied.contains("AWS_SECRET_ACCESS_KEY"),
        "{denied}"
    );
    // Who may only read cannot search: the log could not be written.
    let reader = [("AWS_ACCESS_KEY_ID", "READERTANBATESTACCESS")];
    with(0, &reader, &info);
    let run = ["run", "nightly", "--gallery", url, "--out", "reader"];
    assert!(with(4, &reader, &run).contains("access denied"));
    assert!(!home.path("reader/hits.parquet").exists(), "no search without its entry");
    let none = with(2, &[], &["gallery", "info", "s3://no-such-bucket/g", "--store-retry", "2"]);
    assert!(none.contains("s3://no-such-bucket/g: there is no such bucket"), "{none}");
    let begun = Instant::now();
    let nobody = with(4, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")], &info);
    assert!(nobody.contains("AWS_ENDPOINT_URL"), "{nobody}");
    assert!(begun.elapsed().as_secs() < 60, "--store-retry is an end");
    let inside = "s3://name:hunter2@registry/gallery";
    let refused = with(2, &[], &["gallery", "info", inside]);
    assert!(refused.contains("is refused") && !refused.contains("hunter2"), "{refused}");
    let plain = with(2, &[("AWS_ALLOW_HTTP", "false")], &info);
    assert!(plain.contains("AWS_ALLOW_HTTP"), "{plain}");
}

#[test]
fn no_credential_is_in_anything_that_is_written() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    let (url, out) = ("s3://registry/secret/gallery", "s3://registry/secret/night");
    gallery(&home, url);
    let log = ["--log-format", "json"];
    let run = ["run", "nightly", "--gallery", url, "--out", out];
    let mut text = home.exits(0, &[&run[..], &log].concat());
    let part =
        ["run", "nightly", "--gallery", url, "--out", "s3://registry/secret/part", "--part", "1/2"];
    let mut loud = home.command(&[&part[..], &log].concat());
    loud.env("TANBA_LOG", "trace");
    text += &said(0, &part, loud.output().unwrap());
    let mut denied = home.command(&["gallery", "info", url]);
    denied.env("AWS_ACCESS_KEY_ID", "READERTANBATESTACCESSWRONG");
    text += &said(4, &[], denied.output().unwrap());
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY").unwrap();
    let mut searched = vec![("output".to_owned(), text.into_bytes())];
    for path in files(world.path()) {
        searched.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    let bucket = Bucket::open("s3://registry/secret").unwrap();
    for object in bucket.list_after("", "").unwrap() {
        let bytes = bucket.get(&object.path).unwrap().unwrap().to_vec();
        searched.push((object.path, bytes));
    }
    assert!(searched.iter().any(|(name, _)| name.ends_with("job.json")), "a job was written");
    assert!(searched.iter().any(|(name, _)| name.contains("audit/entries")));
    assert!(searched.len() > 40, "{}", searched.len());
    for (name, bytes) in searched {
        let is_in = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_in, "{name} holds the secret key");
    }
}
