//! A run on several computers: a scheduler hands tiles to executors, which commit what they bring.
//!
//! The engine is Ballista, of Apache DataFusion. The client submits one [`TilesExec`](node::TilesExec) per search, whose
//! input is the numbers of the tiles, as data; the scheduler cuts it into tasks and gives each to an executor that asks for
//! one. Executors ask; nothing listens on them, so that nobody can hand them a plan but the scheduler whose certificate they
//! checked. What a tile brings goes into the folder of the run ([`crate::hits::commit`]) and not over the network; the
//! client takes it from there. The scheduler keeps no state that matters: if it dies, committed tiles stay.
//!
//! Limits: gallery and result lie on a file system that all see under the same paths, or in a bucket. When not to use
//! it: one computer has `tanba run`; several with a queue of their own (Kubernetes, SLURM) have `tanba run --part`.

pub mod client;
pub mod executor;
mod hosts;
pub mod node;
pub mod scheduler;
#[cfg(test)]
mod tests;
pub mod tls;

use std::fmt;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::hits::job::Job;
use crate::run::{Execution, RunInputs};

/// Largest message, in bytes: a plan of [`MAX_RANGES`] ranges of tiles is smaller.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// Ranges of tiles that are submitted at once.
const MAX_RANGES: usize = 100_000;

/// Tasks a search is cut into at most: many, so that a slow executor holds up little; each costs some milliseconds.
const MAX_TASKS: usize = 256;

/// Host and port of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Address, String> {
        let wrong = "is a host and a port, such as 10.0.0.5:50050";
        let (host, port) = text.rsplit_once(':').ok_or(wrong)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let is_host = !host.is_empty() && !host.contains(['/', '@', ' ', '[', ']']);
        let is_host = is_host && (!host.contains(':') || host.parse::<IpAddr>().is_ok());
        match port.parse() {
            Ok(port) if is_host => Ok(Address { host: host.into(), port }),
            _ => Err(wrong.into()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl Address {
    /// Its name or number.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it leads nowhere but to this computer.
    pub fn is_loopback(&self) -> bool {
        let Ok(addresses) = (self.host.as_str(), self.port).to_socket_addrs() else { return false };
        let mut addresses = addresses.map(|address| address.ip().is_loopback()).peekable();
        addresses.peek().is_some() && addresses.all(|is_loopback| is_loopback)
    }
}

/// Which tiles a plan is about; part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Folder of the run, or its URL.
    pub out: PathBuf,
    /// BLAKE3 of its job.
    pub seal: String,
    /// Search, for messages.
    pub search: String,
    /// Who asked: attempts of earlier submissions stop.
    pub submission: String,
}

/// Makes the inputs of a run again, where its job was begun by another process.
pub trait Prepare: Send + Sync {
    /// Calls `serve` with the inputs and the execution of `job`, whose folder or URL is `out`.
    ///
    /// # Errors
    /// The job cannot be understood, its gallery cannot be read, the law refuses to go on with it, or `serve` fails.
    fn prepared(
        &self,
        out: &Path,
        job: &Job,
        serve: &mut dyn FnMut(&RunInputs, &Execution) -> Result<()>,
    ) -> Result<()>;
}

/// An error of the network or of the engine.
fn lost(what: impl Into<String>) -> Error {
    Error::Incomplete { what: what.into(), help: String::new() }
}

/// What an error of the network says, with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !texts.last().is_some_and(|last| last.contains(&text)) {
            texts.push(text);
        }
        source = cause.source();
    }
    texts.join(": ")
}

/// What the answer to a call says, with its causes.
fn told(status: &tonic::Status) -> String {
    match std::error::Error::source(status) {
        Some(source) => format!("{}: {}", status.message(), chain(source)),
        None => status.message().to_owned(),
    }
}

/// The runtime that speaks to the network.
fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.map_err(|e| lost(format!("the threads of the network could not be started: {e}")))
}
