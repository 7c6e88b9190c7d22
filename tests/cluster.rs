//! Runs on a cluster of separate processes on loopback: their bytes are those of one process, whatever happens to the
//! processes. `scripts/cluster-campaign` does the same over many seeds and kills.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says where it is skipped"
)]

#[path = "common/failing_card.rs"]
mod failing_card;
#[path = "common/net.rs"]
mod net;
#[path = "common/process.rs"]
mod process;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use net::{End, Net};
use process::Process;
use program::{exits, tanba, text};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::hits::output::read_report;

const FILES: [&str; 3] = ["hits.parquet", "clusters.parquet", "histogram.parquet"];
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    command.args(arguments);
    command
}

/// A scheduler, and where it listens.
fn scheduler(bind: &str, more: &[&str]) -> (Process, String) {
    let arguments = ["--json", "cluster", "scheduler", "--bind", bind, "--executor-timeout", "7"];
    let process = Process::start(&mut command(&[&arguments, more].concat()));
    let said = process.says("\"address\"");
    let line: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let address = line["address"].as_str().unwrap().to_owned();
    (process, address)
}

fn executor_command(address: &str, more: &[&str]) -> Command {
    let arguments = [
        "--json",
        "cluster",
        "executor",
        "--scheduler",
        address,
        "--threads",
        "1",
        "--device",
        "cpu",
    ];
    command(&[&arguments, more].concat())
}

fn executor(address: &str, more: &[&str]) -> Process {
    let process = Process::start(&mut executor_command(address, more));
    process.says("\"connected\"");
    process
}

/// A gallery of a few hundred records, made once.
fn world() -> &'static Path {
    static WORLD: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        registry(folder.path(), 1, 600);
        folder
    });
    folder.path()
}

fn registry(folder: &Path, seed: u64, persons: u64) -> PathBuf {
    let (registry, gallery) = (folder.join("registry"), folder.join("gallery"));
    let (seed, persons) = (seed.to_string(), persons.to_string());
    exits(0, &["synth", "--out", text(&registry), "--persons", &persons, "--seed", &seed]);
    for (index, files) in [
        ("convict", &["convicts.csv"][..]),
        ("trace", &["traces.csv"]),
        ("corpse", &["corpses.csv"]),
        ("relative", &["relatives.csv", "families.csv"]),
    ] {
        let files: Vec<PathBuf> = files.iter().map(|name| registry.join(name)).collect();
        let import = ["import", "--gallery", text(&gallery), "--index", index];
        let files: Vec<&str> = files.iter().map(|path| text(path)).collect();
        exits(0, &[&import[..], &files].concat());
    }
    gallery
}

/// The cores are few: one cluster at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run<'a>(gallery: &'a Path, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "nightly", "--gallery", text(gallery), "--out", text(out), "--device", "cpu"];
    [&run[..], more].concat()
}

/// Small tiles, so that there are many.
const SIZE: [&str; 4] = ["--tile-probes", "20", "--tile-rows", "40"];

/// The run in one process, by the definitions of the kernels.
fn single(gallery: &Path, folder: &Path, more: &[&str]) -> PathBuf {
    let out = folder.join("single");
    let done = command(&run(gallery, &out, more)).env("TANBA_SIMD", "scalar").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn assert_same(out: &Path, single: &Path, what: &str) {
    for file in FILES {
        let (found, wanted) =
            (fs::read(out.join(file)).unwrap(), fs::read(single.join(file)).unwrap());
        assert!(found == wanted, "{file} of {what} is not that of one process");
    }
    let names = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(out), names(single), "{what}");
    let (whole, one) = (read_report(out).unwrap(), read_report(single).unwrap());
    let counted = |report: &tanba::hits::report::RunReport| {
        let searches = report.searches.iter();
        searches.map(|s| (s.comparisons, s.survivors, s.hits)).collect::<Vec<_>>()
    };
    assert_eq!(
        (whole.run_id.clone(), counted(&whole)),
        (one.run_id.clone(), counted(&one)),
        "{what}"
    );
    let by_devices: u64 = whole.devices.iter().map(|device| device.comparisons).sum();
    let by_searches: u64 = whole.searches.iter().map(|search| search.comparisons).sum();
    assert_eq!(by_devices, by_searches, "{what}: {:?}", whole.devices);
}

#[test]
fn two_executors_make_the_bytes_of_one_process_whatever_the_seed_and_the_size_of_tiles() {
    let _alone = alone();
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let _executors = [executor(&address, &[]), executor(&address, &[])];
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for seed in 1..=2 {
        let folder = tempfile::tempdir().unwrap();
        let gallery = registry(folder.path(), seed, random.random_range(150..300));
        let single = single(&gallery, folder.path(), &[]);
        let (probes, rows) = (random.random_range(5..60), random.random_range(5..200));
        let (probes, rows) = (probes.to_string(), rows.to_string());
        let size = ["--tile-probes", &*probes, "--tile-rows", &*rows, "--cluster", &*address];
        let out = folder.path().join("cluster");
        exits(0, &run(&gallery, &out, &size));
        assert_same(&out, &single, &format!("seed {seed}, tiles of {probes} and {rows}"));
        let report = read_report(&out).unwrap();
        assert!(
            report.devices.iter().all(|device| device.device.contains(" on ")),
            "{:?}",
            report.devices
        );
        assert!(report.searches.iter().all(|search| search.predicted_seconds.is_none()));
    }
}

/// Begins a run on the cluster and waits until some of its tiles are committed.
fn begun(out: &Path, address: &str) -> Process {
    let gallery = world().join("gallery");
    let arguments =
        [&["--json"][..], &run(&gallery, out, &[&SIZE[..], &["--cluster", address]].concat())]
            .concat();
    let client = Process::start(&mut command(&arguments));
    client.says("\"advanced\"");
    client
}

#[test]
fn an_executor_that_is_killed_loses_nothing_and_doubles_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let (mut first, _second) = (executor(&address, &[]), executor(&address, &[]));
    let out = folder.path().join("cluster");
    let client = begun(&out, &address);
    first.kill();
    let (code, said) = client.ends();
    assert_eq!(code, Some(0), "{said}");
    assert_same(&out, &single, "a run whose executor was killed");
}

#[test]
fn a_killed_scheduler_ends_the_run_with_exit_code_4_and_it_goes_on_with_and_without_a_cluster() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let (mut scheduler_process, address) = scheduler("127.0.0.1:0", &[]);
    let _executors = [executor(&address, &[]), executor(&address, &[])];
    for goes_on_cluster in [true, false] {
        let out = folder.path().join(format!("cluster-{goes_on_cluster}"));
        let client = begun(&out, &address);
        scheduler_process.kill();
        let (code, said) = client.ends();
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("tanba resume --out"), "{said}");
        (scheduler_process, _) = scheduler(&address, &[]);
        let mut resume = vec!["resume", "--out", text(&out)];
        if goes_on_cluster {
            resume.extend(["--cluster", &address]);
        }
        exits(0, &resume);
        assert_same(&out, &single, "a run whose scheduler was killed");
    }
}

#[test]
fn a_killed_client_leaves_a_run_that_goes_on_while_late_attempts_change_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let _executors = [executor(&address, &[]), executor(&address, &[])];
    for goes_on_cluster in [true, false] {
        let out = folder.path().join(format!("cluster-{goes_on_cluster}"));
        begun(&out, &address).kill();
        let mut resume = vec!["resume", "--out", text(&out)];
        if goes_on_cluster {
            resume.extend(["--cluster", &address]);
        }
        exits(0, &resume);
        assert_same(&out, &single, "a run whose client was killed");
    }
}

#[test]
fn an_interrupted_client_ends_with_exit_code_4_and_the_executors_stop() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let _executor = executor(&address, &[]);
    let out = folder.path().join("cluster");
    let client = begun(&out, &address);
    let id = client.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let (code, said) = client.ends();
    assert_eq!(code, Some(4), "{said}");
    let attempts = fs::read_dir(out.join("attempts")).unwrap().next().unwrap().unwrap().path();
    assert!(!attempts.join("submission").exists(), "nobody may try any more");
    exits(0, &["resume", "--out", text(&out), "--cluster", &address]);
    assert_same(&out, &single, "a run that was interrupted");
}

#[test]
fn a_broken_gallery_stops_the_run_at_once_with_its_cause_and_the_exit_code_of_one_process() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let gallery = registry(folder.path(), 4, 150);
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let out = folder.path().join("cluster");
    let client = Process::start(&mut command(
        &[&["--json"][..], &run(&gallery, &out, &["--cluster", &address])].concat(),
    ));
    client.says("\"search_started\"");
    let mut folders = vec![gallery.join("segments")];
    let mut segments = Vec::new();
    while let Some(folder) = folders.pop() {
        let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let (below, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
        folders.extend(below);
        segments.extend(files);
    }
    for path in segments {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    let _executor = executor(&address, &[]);
    let (code, said) = client.ends();
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("BLAKE3") && said.contains("dedup/convict"), "{said}");
}

/// The library of scripts/faults.c, which makes writes fail.
fn faults(folder: &Path) -> PathBuf {
    let library = folder.join("faults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/faults.c");
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o", text(&library), text(&source), "-ldl"])
        .status();
    assert!(built.unwrap().success());
    library
}

#[test]
fn tiles_that_an_executor_cannot_write_are_done_by_another_and_the_operator_is_told() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let library = faults(folder.path());
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let out = folder.path().join("cluster");
    let staging = fs::canonicalize(folder.path()).unwrap().join("cluster");
    // The disk of the first stays full, so that it cannot say so; the second fails once, and says so.
    let sick = ["1", "0"].map(|stays| {
        let mut sick = executor_command(&address, &[]);
        sick.env("LD_PRELOAD", &library).env("FAULT_UNDER", &staging);
        sick.envs([("FAULT_AT", "5"), ("FAULT_KEEP", stays), ("FAULT_ERRNO", "28")]);
        let sick = Process::start(&mut sick);
        sick.says("\"connected\"");
        sick
    });
    let gallery = world().join("gallery");
    let arguments =
        [&["--json"][..], &run(&gallery, &out, &[&SIZE[..], &["--cluster", &address]].concat())]
            .concat();
    let client = Process::start(&mut command(&arguments));
    client.says("\"search_started\"");
    std::thread::sleep(Duration::from_secs(1));
    let _well = executor(&address, &[]);
    let (code, said) = client.ends();
    drop(sick);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("No space left") && said.contains("done elsewhere"), "{said}");
    assert_same(&out, &single, "a run with an executor whose disk is full");
}

#[test]
fn tiles_of_a_graphics_card_that_is_lost_are_done_by_another_executor() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let devices = exits(0, &["devices", "--json"]);
    if !devices.contains("\"gpu:0\"") {
        println!("SKIPPED (no Vulkan driver): an executor whose card is lost");
        return;
    }
    failing_card::build(folder.path());
    let single = single(&world().join("gallery"), folder.path(), &SIZE);
    let (_scheduler, address) = scheduler("127.0.0.1:0", &[]);
    let on_card = [
        "--json",
        "cluster",
        "executor",
        "--scheduler",
        &address,
        "--device",
        "gpu",
        "--require-gpu",
    ];
    let mut sick = command(&on_card);
    failing_card::fails(&mut sick, folder.path(), "lost", 100);
    let sick = Process::start(&mut sick);
    sick.says("\"connected\"");
    let out = folder.path().join("cluster");
    let client = begun(&out, &address);
    let _well = executor(&address, &[]);
    let (code, said) = client.ends();
    drop(sick);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the device was lost") && said.contains("done elsewhere"), "{said}");
    assert_same(&out, &single, "a run with an executor whose card was lost");
    let by_card =
        read_report(&out).unwrap().devices.into_iter().filter(|d| d.device.contains("gpu:0"));
    assert!(by_card.map(|device| device.tiles).sum::<u64>() > 0, "the card did tiles before");
}

/// Makes an authority and certificates in `folder`, as docs/cluster.md says.
fn certificates(folder: &Path, authority: &str, names: &[&str]) {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{arguments}: {}", String::from_utf8_lossy(&done.stderr));
    };
    openssl(&format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={authority} \
         -addext basicConstraints=critical,CA:TRUE -keyout {authority}.key -out {authority}.pem"
    ));
    for name in names {
        openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={name} \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:198.18.7.2 \
             -CA {authority}.pem -CAkey {authority}.key -keyout {name}.key -out {name}.pem"
        ));
    }
}

#[test]
fn with_certificates_only_those_of_the_authority_are_spoken_with_on_either_side() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    certificates(folder.path(), "ca", &["scheduler", "executor", "client"]);
    certificates(folder.path(), "stranger", &["other"]);
    let files = |name: &str, authority: &str| {
        [
            ("--tls-cert", format!("{name}.pem")),
            ("--tls-key", format!("{name}.key")),
            ("--tls-ca", format!("{authority}.pem")),
        ]
        .map(|(flag, file)| [flag.to_owned(), text(&place(&file)).to_owned()])
        .concat()
    };
    let own = |name: &str| files(name, "ca");
    fn given(files: &[String]) -> Vec<&str> {
        files.iter().map(String::as_str).collect()
    }
    let (_scheduler, address) = scheduler("127.0.0.1:0", &given(&own("scheduler")));
    let _executors = [
        executor(&address, &given(&own("executor"))),
        executor(&address, &given(&own("executor"))),
    ];
    let gallery = world().join("gallery");
    let single = single(&gallery, folder.path(), &SIZE);
    let out = place("cluster");
    let on = |files: &[String]| {
        let mut on = vec!["--cluster".to_owned(), address.clone()];
        on.extend_from_slice(files);
        on.extend(SIZE.map(str::to_owned));
        on
    };
    // Without a certificate, with one of another authority, and with one whose holder trusts another authority.
    let strangers =
        [vec![], files("other", "ca"), files("other", "stranger"), files("client", "stranger")];
    for stranger in &strangers {
        let said = exits(2, &run(&gallery, &out, &given(&on(stranger))));
        assert!(said.contains("scheduler") && !out.join("job.json").exists(), "{said}");
    }
    for stranger in &strangers[1..] {
        let refused = Process::start(&mut executor_command(&address, &given(stranger)));
        let (code, said) = refused.ends();
        assert_eq!(code, Some(2), "{said}");
    }
    exits(0, &run(&gallery, &out, &given(&on(&own("client")))));
    assert_same(&out, &single, "a run with TLS");
}

#[test]
fn an_executor_that_is_cut_off_loses_nothing_and_comes_back_when_the_line_does() {
    let _alone = alone();
    let Some(net) = Net::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| text(&folder.path().join(name)).to_owned();
    certificates(folder.path(), "ca", &["scheduler", "executor", "client"]);
    let gallery = world().join("gallery");
    let single = single(&gallery, folder.path(), &SIZE);
    let at = |end, name: &str, arguments: &[&str]| {
        let mut command = net.command(end, env!("CARGO_BIN_EXE_tanba"));
        command.arg("--json").args(arguments).args(["--tls-cert", &place(&format!("{name}.pem"))]);
        command.args(["--tls-key", &place(&format!("{name}.key")), "--tls-ca", &place("ca.pem")]);
        Process::start(&mut command)
    };
    let bind = format!("{}:0", net::FAR);
    let schedule = ["cluster", "scheduler", "--bind", &bind, "--executor-timeout", "7"];
    let scheduler = at(End::Far, "scheduler", &schedule);
    let said = scheduler.says("\"address\"");
    let line: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let address = line["address"].as_str().unwrap();
    let execute = ["cluster", "executor", "--scheduler", address, "--threads", "1"];
    let execute = [&execute[..], &["--device", "cpu"]].concat();
    let cut_off = at(End::Near, "executor", &execute);
    let mut beside = at(End::Far, "executor", &execute);
    for executor in [&cut_off, &beside] {
        executor.says("\"connected\"");
    }
    let begin = |out: &Path| {
        let on = [&SIZE[..], &["--cluster", address]].concat();
        at(End::Far, "client", &run(&gallery, out, &on))
    };
    let out = folder.path().join("cut");
    let client = begin(&out);
    client.says("\"advanced\"");
    net.line(false);
    let (code, said) = client.ends();
    assert_eq!(code, Some(0), "{said}");
    assert_same(&out, &single, "a run whose executor was cut off");
    cut_off.says("\"lost\"");
    net.line(true);
    cut_off.says("\"connected\"");
    beside.kill();
    let out = folder.path().join("back");
    let (code, said) = begin(&out).ends();
    assert_eq!(code, Some(0), "{said}");
    assert_same(&out, &single, "a run on an executor that came back");
}

#[test]
fn without_certificates_nothing_but_loopback_is_spoken_to() {
    let gallery = text(&world().join("gallery")).to_owned();
    for arguments in [
        &["cluster", "scheduler", "--bind", "0.0.0.0:0"][..],
        &["cluster", "executor", "--scheduler", "192.0.2.1:50050", "--device", "cpu"],
        &["run", "dedup", "--gallery", &gallery, "--out", "never", "--cluster", "192.0.2.1:50050"],
    ] {
        let said = exits(2, arguments);
        assert!(said.contains("--tls-cert"), "{said}");
    }
    let said = exits(2, &["cluster", "scheduler", "--tls-cert", "a.pem"]);
    assert!(said.contains("--tls-key"), "{said}");
    assert!(!Path::new("never").exists());
    let nobody =
        ["run", "dedup", "--gallery", &gallery, "--out", "never", "--cluster", "127.0.0.1:1"];
    let said = exits(2, &nobody);
    assert!(said.contains("cannot be reached"), "{said}");
    let part = [&nobody[..], &["--part", "1/2"]].concat();
    assert!(String::from_utf8(tanba(&part).stderr).unwrap().contains("--part"));
}
