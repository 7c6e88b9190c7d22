//! A network that is cut in the middle of a transfer, in network namespaces of this test alone.

use std::process::Child;
use std::time::{Duration, Instant};

use super::net::{self, End, Net};
use super::*;

/// An S3 server at the other end of a line; it ends with the test.
struct Served {
    net: Net,
    server: PathBuf,
    environment: Vec<(String, String)>,
}

impl Served {
    /// None where this user may not make namespaces.
    fn new(world: &Path) -> Option<Served> {
        let net = Net::new()?;
        // 8 Mbit/s from the server: a file of megabytes takes seconds.
        net.slow("8mbit");
        let server = world.join("server");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/s3-server");
        let mut start = net.command(End::Far, script);
        let started = start.args(["start", server.to_str().unwrap(), net::FAR]).output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let said = String::from_utf8(started.stdout).unwrap();
        let pairs = said.split_whitespace().filter_map(|word| word.split_once('='));
        let environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Served { net, server, environment })
    }

    /// A machine on the near end of the line.
    fn machine(&self, world: &Path, name: &str) -> Machine {
        let endpoint = self.environment.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL");
        Machine {
            endpoint: endpoint.unwrap().1.clone(),
            before: self.net.before(End::Near),
            ..Machine::new(world, name)
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/s3-server");
        let _ = Command::new(script).args(["stop", self.server.to_str().unwrap()]).output();
    }
}

/// Waits until the process is in the middle of fetching a segment.
fn in_the_middle(machine: &Machine, child: &mut Child) {
    let begun = Instant::now();
    loop {
        let all = if machine.cache().exists() { files(&machine.cache()) } else { Vec::new() };
        let is_staged = |path: &&PathBuf| path.extension().is_some_and(|end| end == "staged");
        // It is empty while its only range is on the way, which takes the longest.
        if all.iter().filter(is_staged).any(|path| path.to_str().unwrap().contains("segments")) {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before the line was cut");
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was fetched");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_cut_network_is_survived_and_one_that_stays_cut_is_an_error_that_leaves_nothing_half() {
    if !has_server() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let Some(served) = Served::new(world.path()) else { return };
    let line = |is_up| served.net.line(is_up);
    let home = served.machine(world.path(), "home");
    let url = "s3://registry/cut/gallery";
    home.exits(0, &["synth", "--out", "registry", "--persons", "20000", "--convict-share", "1"]);
    home.exits(0, &["import", "--gallery", url, "--index", "convict", "registry/convicts.csv"]);
    home.exits(0, &["run", "dedup", "--gallery", url, "--out", "night"]);
    let run = ["run", "dedup", "--gallery", url, "--out", "night"];
    // Cut for five seconds: the run goes on.
    let near = served.machine(world.path(), "near");
    let mut child = near.command(&run).stdout(std::process::Stdio::null()).spawn().unwrap();
    in_the_middle(&near, &mut child);
    line(false);
    std::thread::sleep(Duration::from_secs(5));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    line(true);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(lists(&near.path("night")) == lists(&home.path("night")));
    // Cut for good: an error, and no result.
    let far = served.machine(world.path(), "far");
    let mut child = far
        .command(&[&run[..], &["--store-retry", "4"]].concat())
        .env("AWS_TIMEOUT", "2s")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    in_the_middle(&far, &mut child);
    line(false);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains(url) && said.contains("help: check the network"), "{said}");
    assert!(!far.path("night/run.json").exists());
    let half = files(&far.cache()).into_iter().filter(|path| {
        path.to_str().unwrap().contains("segments")
            && path.extension().is_some_and(|e| e == "staged")
    });
    assert_eq!(half.count(), 0, "nothing half is left");
    // Given again once the line is back, it ends with the same list.
    line(true);
    far.exits(0, &run);
    assert!(lists(&far.path("night")) == lists(&home.path("night")));
}
