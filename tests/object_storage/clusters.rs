//! Gallery and result in a bucket, tiles by executors that share nothing else: the list of one process.

use std::sync::atomic::Ordering;
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

/// An executor, whose cache is a folder below that in which it was started.
fn executor(machine: &Machine, address: &str) -> Process {
    let args = ["--json", "cluster", "executor", "--scheduler", address, "--threads", "1"];
    let mut command = machine.command(&[&args[..], &["--device", "cpu"]].concat());
    let process = Process::start(command.env("TANBA_GALLERY_CACHE", "cache"));
    process.says("\"connected\"");
    process
}

/// The run in one process, by the definitions of the kernels.
fn single(machine: &Machine, gallery: &str, out: &str, more: &[&str]) -> [Vec<u8>; 3] {
    let run = ["run", "nightly", "--gallery", gallery, "--out", out, "--device", "cpu"];
    let mut command = machine.command(&[&run[..], more].concat());
    let output = command.env("TANBA_SIMD", "scalar").output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    lists(&machine.path(out))
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
    let wanted = single(&home, "gallery", "here", &[]);
    fs::remove_dir_all(home.path("gallery/audit")).unwrap();
    let gallery = "s3://registry/on-cluster/gallery";
    upload(&home.path("gallery"), gallery);
    let (mut of_scheduler, address) = scheduler(&home, "127.0.0.1:0");
    let machines = ["e1", "e2"].map(|name| Machine::new(world.path(), name));
    let mut first = executor(&machines[0], &address);
    let _second = executor(&machines[1], &address);

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
    let since = ["--since", url];
    let wanted = single(&home, gallery, "new", &since);
    let url = "s3://registry/on-cluster/new";
    let run = ["run", "nightly", "--gallery", gallery, "--out", url, "--device", "cpu"];
    let delta = [&run[..], &since, &SIZE, &["--cluster", &address]].concat();
    assert!(matches!(home.command(&delta).status().unwrap().code(), Some(0 | 1)));
    assert!(lists_in(url) == wanted);
    assert_tidy(world.path(), url);
    let wanted = single(&home, gallery, "grown", &[]);
    let url = "s3://registry/on-cluster/grown";
    let (code, said) = begun(&home, gallery, url, &address).ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(lists_in(url) == wanted);
    let caches = machines.map(|machine| files(&machine.cache()).len());
    assert!(caches.iter().all(|files| *files > 0), "a cache stays where it was: {caches:?}");
    assert!(!home.path("cache/cache").exists());

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

#[test]
fn lost_answers_and_an_executor_that_sees_another_store_change_no_byte_of_a_cluster() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let mut home = Machine::new(world.path(), "home");
    registry(&home, "gallery");
    fs::remove_dir_all(home.path("gallery/audit")).unwrap();
    let (gallery, url) = ("s3://registry/harmed/gallery", "s3://registry/harmed/night");
    upload(&home.path("gallery"), gallery);
    let wanted = single(&home, gallery, "here", &[]);
    let (_scheduler, address) = scheduler(&home, "127.0.0.1:0");
    // One reads nothing of the run; another loses the answer to every third commit, the client to each first removal.
    let blind = proxy::Proxy::start(&endpoint(), |method, path, _| {
        let is_of_run = matches!(method, "GET" | "HEAD") && path.contains("/attempts/");
        if is_of_run { proxy::Harm::Missing } else { proxy::Harm::None }
    });
    let losing = proxy::Proxy::start(&endpoint(), |method, path, times| {
        let is_commit = method == "PUT" && path.contains("/commit/") && times == 0;
        if is_commit { proxy::Harm::LoseAnswer } else { proxy::Harm::None }
    });
    let removing = proxy::Proxy::start(&endpoint(), |method, _, times| {
        let is_removal = matches!(method, "POST" | "DELETE") && times == 0;
        if is_removal { proxy::Harm::LoseAnswer } else { proxy::Harm::None }
    });
    let on = |name: &str, proxy: &proxy::Proxy| {
        let endpoint = proxy.endpoint.clone();
        Machine { endpoint, ..Machine::new(world.path(), name) }
    };
    let _blind = executor(&on("blind", &blind), &address);
    home.endpoint.clone_from(&removing.endpoint);
    let run = ["--json", "run", "nightly", "--gallery", gallery, "--out", url, "--device", "cpu"];
    let client = [&run[..], &["--tile-probes", "60", "--tile-rows", "200", "--cluster", &address]];
    let client = Process::start(&mut home.command(&client.concat()));
    client.says("\"search_started\"");
    std::thread::sleep(Duration::from_secs(1));
    let _losing = executor(&on("losing", &losing), &address);
    let (code, said) = client.ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("does not hold the job here") && said.contains("done elsewhere"),
        "{said}"
    );
    let harmed = [&losing, &removing].map(|p| p.harmed.load(Ordering::Relaxed));
    assert!(harmed.iter().all(|harmed| *harmed > 0), "{harmed:?}");
    assert!(lists_in(url) == wanted);
    assert_tidy(world.path(), url);
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
