//! Gallery and result in a bucket, tiles by executors that share nothing else: the list of one process.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::Process;
use super::*;

/// Small tiles, so that there are many.
const SIZE: [&str; 4] = ["--tile-probes", "20", "--tile-rows", "40"];

fn cluster(machine: &Machine, args: &[&str]) -> Process {
    Process::start(&mut machine.command(&[&["--json", "cluster"], args].concat()))
}

fn scheduler(machine: &Machine, bind: &str) -> (Process, String) {
    let process = cluster(machine, &["scheduler", "--bind", bind, "--executor-timeout", "7"]);
    let said = process.says("\"address\"");
    let line: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    (process, line["address"].as_str().unwrap().to_owned())
}

/// An executor on a machine of its own.
fn executor(world: &Path, name: &str, address: &str) -> Process {
    let machine = Machine::new(world, name);
    let args = ["executor", "--scheduler", address, "--threads", "1", "--device", "cpu"];
    let process = cluster(&machine, &args);
    process.says("\"connected\"");
    process
}

/// A run on the cluster some of whose tiles are committed.
fn begun(machine: &Machine, gallery: &str, url: &str, address: &str) -> Process {
    let run = ["--json", "run", "nightly", "--gallery", gallery, "--out", url, "--device", "cpu"];
    let args = [&run[..], &SIZE, &["--cluster", address]].concat();
    let client = Process::start(&mut machine.command(&args));
    client.says("\"advanced\"");
    client
}

/// Nothing but the result is left under its URL, and nothing of it on the machines.
fn assert_tidy(world: &Path, url: &str) {
    let below = Bucket::open(url).unwrap().list_after("attempts", "attempts").unwrap();
    assert!(below.is_empty(), "{below:?}");
    let is_of_run = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.contains("/work-") || name.contains("/read-")
    };
    let left: Vec<_> = files(world).into_iter().filter(is_of_run).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn executors_that_share_only_the_bucket_with_the_client_make_the_list_of_one_process() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let home = Machine::new(world.path(), "home");
    registry(&home, "gallery");
    let here = ["run", "nightly", "--gallery", "gallery", "--out", "here", "--device", "cpu"];
    let one = [&here[..], &SIZE].concat();
    assert!(home.command(&one).env("TANBA_SIMD", "scalar").status().unwrap().success());
    let wanted = lists(&home.path("here"));
    fs::remove_dir_all(home.path("gallery/audit")).unwrap();
    let gallery = "s3://registry/on-cluster/gallery";
    upload(&home.path("gallery"), gallery);
    let (mut of_scheduler, address) = scheduler(&home, "127.0.0.1:0");
    let mut first = executor(world.path(), "e1", &address);
    let _second = executor(world.path(), "e2", &address);

    // An executor is killed.
    let url = "s3://registry/on-cluster/killed";
    let client = begun(&home, gallery, url, &address);
    first.kill();
    let (code, said) = client.ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(lists_in(url) == wanted);
    assert_tidy(world.path(), url);

    // The gallery grows, and executors that have it open see what is new.
    let more = ["synth", "--out", "more", "--persons", "120", "--seed", "77"];
    home.exits(0, &more);
    let text = fs::read_to_string(home.path("more/convicts.csv")).unwrap();
    fs::write(home.path("more.csv"), text.replace("\nC0", "\nD0")).unwrap();
    let import = ["import", "--gallery", gallery, "--index", "convict", "--owner", "second"];
    home.exits(0, &[&import[..], &["more.csv"]].concat());
    let here = ["run", "nightly", "--gallery", gallery, "--out", "grown", "--device", "cpu"];
    assert!(home.command(&here).env("TANBA_SIMD", "scalar").status().unwrap().success());
    let wanted = lists(&home.path("grown"));
    let url = "s3://registry/on-cluster/grown";
    let (code, said) = begun(&home, gallery, url, &address).ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(lists_in(url) == wanted);

    // The scheduler dies; what is committed in the bucket counts, with a cluster and without.
    for (name, more) in [("resumed-there", &["--cluster", &*address][..]), ("resumed-here", &[])] {
        let url = format!("s3://registry/on-cluster/{name}");
        let client = begun(&home, gallery, &url, &address);
        wait_for_a_shard(&url);
        of_scheduler.kill();
        let (code, said) = client.ends();
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains(&format!("tanba resume --out {url}")), "{said}");
        (of_scheduler, _) = scheduler(&home, &address);
        harm_shards(&home, &url);
        let said = home.exits(0, &[&["resume", "--out", &url], more].concat());
        assert!(said.contains("is not what was committed"), "{said}");
        assert!(lists_in(&url) == wanted, "{name}");
        assert_tidy(world.path(), &url);
    }
}

/// The shards below a URL.
fn shards(bucket: &Bucket) -> Vec<String> {
    let below = bucket.list_after("attempts", "attempts").unwrap().into_iter();
    below.map(|object| object.path).filter(|path| path.ends_with(".parquet")).collect()
}

/// Waits until a shard lies in the bucket.
fn wait_for_a_shard(url: &str) {
    let bucket = Bucket::open(url).unwrap();
    let started = Instant::now();
    while shards(&bucket).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "no shard of {url}");
    }
}

/// Changes a byte of every shard in the bucket, and removes what was fetched of them.
fn harm_shards(machine: &Machine, url: &str) {
    let bucket = Bucket::open(url).unwrap();
    for shard in shards(&bucket) {
        let mut bytes = bucket.get(&shard).unwrap().unwrap().to_vec();
        bytes[10] ^= 1;
        bucket.put(&shard, &Bytes::from(bytes)).unwrap();
    }
    for path in files(&machine.cache()) {
        if path.to_string_lossy().contains("/attempts/") {
            fs::remove_file(path).unwrap();
        }
    }
}
