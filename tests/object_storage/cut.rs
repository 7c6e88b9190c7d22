//! A network that is cut in the middle of a transfer, in network namespaces of this test alone.

use std::process::Child;
use std::time::{Duration, Instant};

use super::*;

/// Two namespaces with a line between them, and a server in one; they go with the test.
struct Net {
    names: [String; 2],
    server: PathBuf,
    environment: Vec<(String, String)>,
}

const SERVER: &str = "198.18.7.2";

fn does(args: &[&str]) -> bool {
    let done = Command::new(args[0]).args(&args[1..]).output();
    done.is_ok_and(|output| output.status.success())
}

impl Net {
    /// None where this user may not make namespaces.
    fn new(world: &Path) -> Option<Net> {
        let id = std::process::id();
        let names = [format!("tanba-a-{id}"), format!("tanba-b-{id}")];
        if !does(&["ip", "netns", "add", &names[0]]) {
            assert!(
                std::env::var_os("TANBA_REQUIRE_NETNS").is_none(),
                "network namespaces are not permitted: run as root, with the package iproute2"
            );
            println!("SKIPPED (no network namespaces): run as root");
            return None;
        }
        let mut net = Net { names, server: world.join("server"), environment: Vec::new() };
        let [a, b] = net.names.clone();
        let (a, b) = (a.as_str(), b.as_str());
        for args in [
            vec!["ip", "netns", "add", b],
            vec![
                "ip", "link", "add", "va", "netns", a, "type", "veth", "peer", "name", "vb",
                "netns", b,
            ],
            vec!["ip", "-n", a, "addr", "add", "198.18.7.1/30", "dev", "va"],
            vec!["ip", "-n", b, "addr", "add", "198.18.7.2/30", "dev", "vb"],
            vec!["ip", "-n", a, "link", "set", "va", "up"],
            vec!["ip", "-n", b, "link", "set", "vb", "up"],
            vec!["ip", "-n", b, "link", "set", "lo", "up"],
            // 8 Mbit/s from the server: a file of megabytes takes seconds.
            vec![
                "ip", "netns", "exec", b, "tc", "qdisc", "add", "dev", "vb", "root", "tbf", "rate",
                "8mbit", "burst", "32kbit", "latency", "400ms",
            ],
        ] {
            assert!(does(&args), "{args:?}");
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/s3-server");
        let started = Command::new("ip")
            .args(["netns", "exec", b, script, "start"])
            .args([net.server.to_str().unwrap(), SERVER])
            .output()
            .unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let said = String::from_utf8(started.stdout).unwrap();
        let pairs = said.split_whitespace().filter_map(|word| word.split_once('='));
        net.environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(net)
    }

    /// A machine on the other end of the line.
    fn machine(&self, world: &Path, name: &str) -> Machine {
        let endpoint = self.environment.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL");
        Machine {
            endpoint: endpoint.unwrap().1.clone(),
            before: ["ip", "netns", "exec", &self.names[0]].map(str::to_owned).to_vec(),
            ..Machine::new(world, name)
        }
    }

    fn line(&self, state: &str) {
        assert!(does(&["ip", "-n", &self.names[0], "link", "set", "va", state]));
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/s3-server");
        does(&[script, "stop", self.server.to_str().unwrap()]);
        for name in &self.names {
            does(&["ip", "netns", "del", name]);
        }
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
    let Some(net) = Net::new(world.path()) else { return };
    let home = net.machine(world.path(), "home");
    let url = "s3://registry/cut/gallery";
    home.exits(0, &["synth", "--out", "registry", "--persons", "20000", "--convict-share", "1"]);
    home.exits(0, &["import", "--gallery", url, "--index", "convict", "registry/convicts.csv"]);
    home.exits(0, &["run", "dedup", "--gallery", url, "--out", "night"]);
    let run = ["run", "dedup", "--gallery", url, "--out", "night"];
    // Cut for five seconds: the run goes on.
    let near = net.machine(world.path(), "near");
    let mut child = near.command(&run).stdout(std::process::Stdio::null()).spawn().unwrap();
    in_the_middle(&near, &mut child);
    net.line("down");
    std::thread::sleep(Duration::from_secs(5));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    net.line("up");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(lists(&near.path("night")) == lists(&home.path("night")));
    // Cut for good: an error, and no result.
    let far = net.machine(world.path(), "far");
    let mut child = far
        .command(&[&run[..], &["--store-retry", "4"]].concat())
        .env("AWS_TIMEOUT", "2s")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    in_the_middle(&far, &mut child);
    net.line("down");
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
    net.line("up");
    far.exits(0, &run);
    assert!(lists(&far.path("night")) == lists(&home.path("night")));
}
