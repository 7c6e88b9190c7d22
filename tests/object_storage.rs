//! Galleries and results in a bucket of a real S3 server, through the binary. `scripts/test-features` starts the
//! server, runs these tests and stops it.
#![cfg(feature = "object-storage")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says where it is skipped"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bytes::Bytes;
use tanba::gallery::bucket::Bucket;

#[cfg(feature = "distributed")]
#[path = "object_storage/clusters.rs"]
mod clusters;
#[path = "object_storage/cut.rs"]
mod cut;
#[path = "object_storage/faults.rs"]
mod faults;
#[path = "object_storage/galleries.rs"]
mod galleries;
#[path = "common/net.rs"]
mod net;
#[cfg(feature = "distributed")]
#[path = "common/process.rs"]
mod process;
#[path = "object_storage/proxy.rs"]
mod proxy;
#[path = "object_storage/results.rs"]
mod results;

/// Whether the server is there; if not, the test says so.
fn has_server() -> bool {
    if std::env::var_os("TANBA_TEST_S3").is_some() {
        return true;
    }
    assert!(
        std::env::var_os("TANBA_REQUIRE_S3").is_none(),
        "no S3 server: run scripts/test-features"
    );
    println!("SKIPPED (no S3 server): run scripts/test-features");
    false
}

/// The server's address.
fn endpoint() -> String {
    std::env::var("AWS_ENDPOINT_URL").unwrap()
}

/// A machine: a folder, a cache of its own, and a way to the server.
struct Machine {
    folder: PathBuf,
    endpoint: String,
    /// What is put before the program: `ip netns exec NAME`.
    before: Vec<String>,
}

impl Machine {
    fn new(world: &Path, name: &str) -> Machine {
        let folder = world.join(name);
        fs::create_dir_all(&folder).unwrap();
        Machine { folder, endpoint: endpoint(), before: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    fn command(&self, args: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_tanba").to_owned();
        let mut words = self.before.iter().cloned().chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args(args)
            .current_dir(&self.folder)
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("TANBA_GALLERY_CACHE", self.cache());
        command
    }

    /// Runs and asserts the exit code; returns standard output and standard error together.
    fn exits(&self, code: i32, args: &[&str]) -> String {
        said(code, args, self.command(args).output().unwrap())
    }
}

fn said(code: i32, args: &[&str], output: Output) -> String {
    let said = [&output.stdout[..], b"\n", &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "tanba {}\n{said}", args.join(" "));
    said
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Puts a folder into a bucket as it is.
fn upload(folder: &Path, url: &str) {
    let bucket = Bucket::open(url).unwrap();
    for path in files(folder) {
        let place = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        bucket.put(&place, &Bytes::from(fs::read(&path).unwrap())).unwrap();
    }
}

/// A registry of profiles and fingerprints, and a gallery of it on disk.
fn registry(machine: &Machine, gallery: &str) {
    machine.exits(0, &["synth", "--out", "registry", "--persons", "400"]);
    machine.exits(0, &["synth", "finger", "--out", "fingers", "--persons", "12", "--traces", "3"]);
    import(machine, gallery);
}

fn import(machine: &Machine, gallery: &str) {
    for (index, file) in [("convict", "convicts"), ("trace", "traces"), ("corpse", "corpses")] {
        let file = format!("registry/{file}.csv");
        machine.exits(0, &["import", "--gallery", gallery, "--index", index, &file]);
    }
    let relatives = ["registry/relatives.csv", "registry/families.csv"];
    machine.exits(
        0,
        &[&["import", "--gallery", gallery, "--index", "relative"], &relatives[..]].concat(),
    );
    for register in ["convict", "trace"] {
        let file = format!("fingers/{register}.csv");
        let args =
            ["import", "--gallery", gallery, "--register", register, "--owner", "mvd", &file];
        machine.exits(0, &args);
    }
}

/// The files of a run that do not depend on its time, byte for byte.
fn lists(out: &Path) -> [Vec<u8>; 3] {
    ["hits.parquet", "clusters.parquet", "histogram.parquet"]
        .map(|f| fs::read(out.join(f)).unwrap())
}

/// The lists of a run in a bucket.
fn lists_in(url: &str) -> [Vec<u8>; 3] {
    let bucket = Bucket::open(url).unwrap();
    ["hits.parquet", "clusters.parquet", "histogram.parquet"]
        .map(|file| bucket.get(file).unwrap().unwrap().to_vec())
}
