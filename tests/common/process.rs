//! Processes that go beside a test, and what they say.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for a line.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that goes with the test, and what it says.
pub(crate) struct Process {
    pub(crate) child: Child,
    lines: Receiver<String>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        let errors = BufReader::new(child.stderr.take().unwrap());
        let other = sender.clone();
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        std::thread::spawn(move || {
            errors.lines().map_while(Result::ok).try_for_each(|l| other.send(l))
        });
        Process { child, lines }
    }

    /// Waits for a line with `words`; all lines until then.
    pub(crate) fn says(&self, words: &str) -> String {
        let mut said = String::new();
        while !said.contains(words) {
            let line = self.lines.recv_timeout(PATIENCE);
            said += &line.unwrap_or_else(|_| panic!("no word of {words:?} in:\n{said}"));
            said.push('\n');
        }
        said
    }

    /// Waits for the end: exit code, and what was said to the end.
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            said += &line;
            said.push('\n');
        }
        (self.child.wait().unwrap().code(), said)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
