//! A line between two network namespaces, which can be slow or cut; of this test alone.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Address of the far end.
pub(crate) const FAR: &str = "198.18.7.2";

/// An end of the line.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// 198.18.7.1.
    Near,
    /// [`FAR`].
    Far,
}

/// Two namespaces and the line; they go with the test.
pub(crate) struct Net {
    names: [String; 2],
}

fn does(args: &[&str]) -> bool {
    let done = Command::new(args[0]).args(&args[1..]).output();
    done.is_ok_and(|output| output.status.success())
}

impl Net {
    /// None, which is said, where this user may not make namespaces.
    #[allow(clippy::print_stdout, reason = "a skipped test says so")]
    pub(crate) fn new() -> Option<Net> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let id = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let names = [format!("tanba-a-{id}"), format!("tanba-b-{id}")];
        if !does(&["ip", "netns", "add", &names[0]]) {
            assert!(
                std::env::var_os("TANBA_REQUIRE_NETNS").is_none(),
                "network namespaces are not permitted: run as root, with the package iproute2"
            );
            println!("SKIPPED (no network namespaces): run as root");
            return None;
        }
        let net = Net { names };
        let (a, b) = (net.names[0].as_str(), net.names[1].as_str());
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
        ] {
            assert!(does(&args), "{args:?}");
        }
        Some(net)
    }

    /// What comes before a program that runs at an end.
    pub(crate) fn before(&self, end: End) -> Vec<String> {
        ["ip", "netns", "exec", &self.names[end as usize]].map(str::to_owned).to_vec()
    }

    /// A program that runs at an end.
    pub(crate) fn command(&self, end: End, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(&self.before(end)[1..]).arg(program);
        command
    }

    /// Takes the line away, or brings it back.
    pub(crate) fn line(&self, is_up: bool) {
        let state = if is_up { "up" } else { "down" };
        assert!(does(&["ip", "-n", &self.names[0], "link", "set", "va", state]));
    }

    /// Lets no more than `rate` through from the far end.
    #[allow(dead_code, reason = "not every test has a slow line")]
    pub(crate) fn slow(&self, rate: &str) {
        let far = ["ip", "netns", "exec", &self.names[1], "tc", "qdisc", "add", "dev", "vb"];
        let limit = ["root", "tbf", "rate", rate, "burst", "32kbit", "latency", "400ms"];
        assert!(does(&[&far[..], &limit].concat()));
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for name in &self.names {
            does(&["ip", "netns", "del", name]);
        }
    }
}
