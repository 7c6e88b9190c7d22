//! Who may ask, what is recorded of it, and what examiners decide: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "access/adjudicate.rs"]
mod adjudicate;
#[path = "access/audit.rs"]
mod audit;
#[path = "access/encryption.rs"]
mod encryption;
#[path = "access/policy.rs"]
mod policy;
#[path = "common/program.rs"]
mod program;
#[path = "common/world.rs"]
mod world;

use program::{exits, tanba, text};
use world::World;

const LOCI: [&str; 8] =
    ["D3S1358", "TH01", "D21S11", "D18S51", "D5S818", "D13S317", "D7S820", "D16S539"];
const FIRST: &str = "14,15,6,9.3,28,30,12,13,11,12,8,11,9,10,11,12";
const SECOND: &str = "16,17,7,8,29,31,14,15,9,10,9,12,8,11,9,13";

impl World {
    fn new() -> World {
        let world = World::empty();
        world.table("convicts.csv", &[("C1", FIRST), ("C2", FIRST), ("C3", SECOND)]);
        world.table("traces.csv", &[("T1", FIRST), ("T2", SECOND)]);
        world.table("stain.csv", &[("S1", FIRST)]);
        for (index, file) in [("convict", "convicts.csv"), ("trace", "traces.csv")] {
            let gallery = world.gallery();
            let args = ["import", "--gallery", text(&gallery), "--index", index];
            exits(0, &[&args[..], &[text(&world.path(file))]].concat());
        }
        world
    }

    /// A wide table of few loci.
    fn table(&self, name: &str, lines: &[(&str, &str)]) {
        let columns: Vec<String> =
            LOCI.iter().flat_map(|l| [1, 2].map(|n| format!("{l}_{n}"))).collect();
        let rows: Vec<String> = lines.iter().map(|(id, calls)| format!("{id},{calls}\n")).collect();
        self.write(name, &format!("record_id,{}\n{}", columns.join(","), rows.concat()));
    }

    /// `tanba search` of the stain in `index`, with more arguments.
    fn search(&self, code: i32, index: &str, more: &[&str]) -> String {
        let (stain, gallery) = (self.path("stain.csv"), self.gallery());
        let args = ["search", text(&stain), "--probe-index", "trace", "--gallery", text(&gallery)];
        let index = if index.is_empty() { vec![] } else { vec!["--index", index] };
        exits(code, &[&args[..], &index, &["--threshold", "3"], more].concat())
    }

    /// A finished deduplication.
    fn night(&self, name: &str) -> PathBuf {
        let (out, gallery) = (self.path(name), self.gallery());
        let args = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&out)];
        exits(0, &[&args[..], &["--threshold", "3"]].concat());
        out
    }

    /// Entries of the log.
    fn entries(&self) -> Vec<serde_json::Value> {
        let log = fs::read_to_string(self.gallery().join("audit/log.jsonl")).unwrap();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

proptest::proptest! {
    #[test]
    fn foreign_bytes_are_refused_and_never_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        text in "[ -~\n]{0,200}",
    ) {
        let path = Path::new("file");
        for bytes in [&bytes[..], text.as_bytes()] {
            let _ = tanba::import::policy::policy_of_bytes(path, bytes);
            let _ = tanba::import::cases::cases_of_bytes(path, bytes);
            let _ = tanba::hits::decision::csv::from_csv(path, bytes);
            assert!(tanba::audit::head::Head::read(bytes).is_err());
            let _ = tanba::audit::review(bytes, Some(bytes), None);
        }
    }
}

/// The documents a command wrote with `--json`, by type.
fn documents(args: &[&str], kind: &str) -> Vec<serde_json::Value> {
    let output = tanba(&[args, &["--json"]].concat());
    let stdout = String::from_utf8(output.stdout).unwrap();
    let all = stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    all.filter(|document| document["type"] == kind).collect()
}
