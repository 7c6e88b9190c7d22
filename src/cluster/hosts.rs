//! The runs an executor has ready: a thread for each, which made its inputs and does tiles for whoever asks.
//!
//! Why a thread and not a value: the inputs borrow from one another, so they live on the stack of the thread that made
//! them. Limits: [`MAX_HOSTS`] runs are kept ready; one that nobody asks for is given up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use datafusion::error::DataFusionError;
use tokio::sync::{Semaphore, oneshot};

use super::node::DoesTiles;
use super::{Prepare, Reference, lost};
use crate::error::{Error, Kind, Result};
use crate::hits::commit::{Attempts, Problem, wait};
use crate::hits::job::Job;
use crate::run::serve::{Request, Served, Server, serve};

/// Runs that are kept ready.
const MAX_HOSTS: usize = 2;

/// Buckets whose connections are kept open.
const MAX_BUCKETS: usize = 16;

/// How long an executor takes no tiles after it could not do one: others get them meanwhile. It doubles each time, and
/// stays below what a scheduler waits for a sign of life.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));

/// A run that is ready, or is being made so.
struct Host {
    seal: String,
    requests: Sender<Request>,
    used: Instant,
}

/// The runs an executor has ready.
pub(super) struct Hosts {
    prepare: Arc<dyn Prepare>,
    server: Server,
    ready: Mutex<Vec<Host>>,
    /// Those in buckets, whose connections are kept open, by place and seal.
    attempts: Mutex<BTreeMap<(PathBuf, String), Attempts>>,
    slots: Arc<Semaphore>,
    slots_total: u32,
    next_pause: Mutex<Duration>,
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hosts of {}", self.server.executor)
    }
}

impl Hosts {
    /// None yet; `slots` are taken away while tiles cannot be done.
    pub(super) fn new(prepare: Arc<dyn Prepare>, server: Server, slots: Arc<Semaphore>) -> Hosts {
        let slots_total = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
        let (ready, attempts) = (Mutex::default(), Mutex::default());
        let next_pause = Mutex::new(PAUSES.0);
        Hosts { prepare, server, ready, attempts, slots, slots_total, next_pause }
    }

    /// The attempts of a run.
    fn attempts(&self, reference: &Reference) -> Result<Attempts> {
        let mut known = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (reference.out.clone(), reference.seal.clone());
        if let Some(attempts) = known.get(&key) {
            return Ok(attempts.clone());
        }
        let attempts = Attempts::of(&reference.out, &reference.seal)?;
        if attempts.is_in_bucket() {
            if known.len() >= MAX_BUCKETS {
                known.pop_first();
            }
            known.insert(key, attempts.clone());
        }
        Ok(attempts)
    }

    /// Gives up runs that nobody has asked for since.
    pub(super) fn forget_idle(&self, idle: Duration) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.retain(|host| host.used.elapsed() < idle);
    }

    /// Has a tile done by the host of its run, which is made if it is not ready.
    async fn served(&self, reference: &Reference, tile: u64) -> Result<Served> {
        for _ in 0..2 {
            let (sender, receiver) = oneshot::channel();
            let reply = Box::new(move |done| drop(sender.send(done)));
            let sent = self.requests(reference)?.send(Request { tile, reply });
            if sent.is_err() {
                // The host could not be made, and whoever asked before was told why: it is tried anew.
                self.give_up(&reference.seal);
                continue;
            }
            return receiver.await.unwrap_or_else(|_| {
                self.give_up(&reference.seal);
                Err(lost("the thread that did the tile ended without saying why"))
            });
        }
        Err(lost("the run could not be made ready"))
    }

    fn give_up(&self, seal: &str) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.retain(|host| host.seal != seal);
    }

    fn requests(&self, reference: &Reference) -> Result<Sender<Request>> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = ready.iter_mut().find(|host| host.seal == reference.seal) {
            host.used = Instant::now();
            return Ok(host.requests.clone());
        }
        if ready.len() >= MAX_HOSTS {
            ready.sort_by_key(|host| host.used);
            ready.remove(0);
        }
        let (requests, receiver) = channel();
        let (prepare, server) = (Arc::clone(&self.prepare), self.server.clone());
        let of_run = reference.clone();
        std::thread::Builder::new()
            .name(format!("run {}", reference.seal.get(..8).unwrap_or_default()))
            .spawn(move || host(&*prepare, &server, &of_run, receiver))
            .map_err(|e| lost(format!("no thread could be started: {e}")))?;
        ready.push(Host {
            seal: reference.seal.clone(),
            requests: requests.clone(),
            used: Instant::now(),
        });
        Ok(requests)
    }

    async fn done(
        &self,
        reference: &Reference,
        attempts: &Attempts,
        tile: u64,
        attempt: &str,
    ) -> Result<Option<(u64, u64)>> {
        if attempts.is_committed(tile).await? {
            return Ok(None);
        }
        let Served { entry, shard, made } = self.served(reference, tile).await?;
        let brought = (entry.comparisons, entry.written);
        let is_first = attempts.commit(attempt, entry, shard, made).await?;
        tracing::debug!(search = reference.search, tile, is_first, "tile");
        Ok(is_first.then_some(brought))
    }

    /// Takes no tiles for a while, so that others get them.
    fn pause(&self) {
        let mut next = self.next_pause.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = *next;
        *next = (pause * 2).min(PAUSES.1);
        let (slots, all) = (Arc::clone(&self.slots), self.slots_total);
        tokio::spawn(async move {
            if let Ok(_all) = slots.acquire_many(all).await {
                tokio::time::sleep(pause).await;
            }
        });
    }
}

/// The life of a host.
fn host(
    prepare: &dyn Prepare,
    server: &Server,
    reference: &Reference,
    receiver: Receiver<Request>,
) {
    let requests = Mutex::new(receiver);
    let made = job_of(reference).and_then(|job| {
        prepare.prepared(&reference.out, &job, &mut |inputs, execution| {
            serve(inputs, execution, (&job, server), &requests)
        })
    });
    if let Err(error) = made {
        tracing::error!(search = reference.search, %error, "a run could not be made ready");
        let problem = Problem::of(&error, 0, &reference.search, &server.executor);
        let requests = requests.into_inner().unwrap_or_else(PoisonError::into_inner);
        while let Ok(request) = requests.try_recv() {
            (request.reply)(Err(problem.error()));
        }
    }
}

/// Whether this computer sees the job: if not, another may.
async fn is_seen(attempts: &Attempts) -> bool {
    attempts.job().await.is_ok_and(|job| job.is_some())
}

/// The job of a run, if it is still the one that was begun.
fn job_of(Reference { out, seal, .. }: &Reference) -> Result<Job> {
    // Not by connections that are kept open: those belong to the threads of the network.
    let job = wait(Attempts::of(out, seal)?.job())?;
    job.ok_or_else(|| Error::Conflict { what: format!("the job in {}", out.display()) })
}

#[async_trait]
impl DoesTiles for Hosts {
    async fn tile(
        &self,
        reference: &Reference,
        tile: u64,
    ) -> datafusion::error::Result<Option<(u64, u64)>> {
        let attempt = format!("{}-{}", self.server.executor, uuid::Uuid::new_v4().simple());
        let attempts = self.attempts(reference);
        let tried = match &attempts {
            Ok(attempts) => match attempts.is_current(&reference.submission).await {
                Ok(true) => self.done(reference, attempts, tile, &attempt).await,
                Ok(false) if !is_seen(attempts).await => Err(lost(format!(
                    "{} does not hold the job here; look at the mounts, or the AWS_ variables, of this executor",
                    reference.out.display()
                ))),
                Ok(false) => {
                    let what =
                        format!("nobody waits for submission {} any more", reference.submission);
                    return Err(DataFusionError::Execution(what));
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(lost(error.to_string())),
        };
        let error = match tried {
            Ok(done) => {
                *self.next_pause.lock().unwrap_or_else(PoisonError::into_inner) = PAUSES.0;
                return Ok(done);
            }
            Err(error) => error,
        };
        let problem = Problem::of(&error, tile, &reference.search, &self.server.executor);
        tracing::warn!(
            search = reference.search,
            tile,
            what = problem.what,
            "a tile could not be done"
        );
        if let Ok(attempts) = &attempts {
            // Where the store itself fails nobody can be told but by the error.
            let _ = attempts.note(&reference.submission, &attempt, &problem).await;
        }
        if problem.can_retry {
            self.pause();
        }
        Err(of_engine(&problem, &error))
    }
}

/// What the engine makes of an error: only an error of I/O is tried again, elsewhere.
pub(super) fn of_engine(problem: &Problem, error: &Error) -> DataFusionError {
    match error.kind() {
        Kind::Incomplete => DataFusionError::IoError(std::io::Error::other(problem.to_string())),
        _ => DataFusionError::Execution(problem.to_string()),
    }
}
