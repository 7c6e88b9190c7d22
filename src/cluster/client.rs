//! The client: submits the tiles of a search, waits, and takes what was committed.
//!
//! Results do not come over the network: the client looks into the folder of the run. So a scheduler that forgot a job
//! and a job that ended early look alike: tiles are missing, and are asked for again or the run is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ballista_core::config::{BALLISTA_JOB_NAME, BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK};
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::execute_query_result::Result as Submitted;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelJobParams, ExecuteQueryParams, GetJobStatusParams, KeyValuePair, RemoveSessionParams,
};
use ballista_core::version::insert_version_header;
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

use super::node::{TilesCodec, plan, ranges};
use super::tls::{Tls, connected, endpoint};
use super::{Address, MAX_MESSAGE_BYTES, MAX_RANGES, Reference, lost, runtime, told};
use crate::error::{Error, Result};
use crate::hits::commit::{Attempts, Found, Wanted, wait};
use crate::run::elsewhere::{Elsewhere, Errand};

/// How long a connection may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// How often the scheduler is asked.
const TICK: Duration = Duration::from_millis(50);
/// How often commits are looked for at most; where that takes long, more rarely.
const LOOK: Duration = Duration::from_millis(250);
/// Times in a row the scheduler may not answer before it counts as lost.
const MAX_SILENCES: u32 = 3;

pub(super) type Scheduler = SchedulerGrpcClient<Channel>;

/// A connection to a scheduler.
#[derive(Debug)]
pub struct Client {
    address: Address,
    endpoint: Endpoint,
    runtime: Runtime,
    session: String,
}

/// Connects, and makes a call that changes nothing, to see that the other side accepts this one's certificate.
///
/// # Errors
/// It cannot be reached, does not accept the certificate, or is no scheduler.
pub(super) async fn accepted(endpoint: &Endpoint, address: &Address) -> Result<Scheduler> {
    let mut scheduler = SchedulerGrpcClient::new(connected(endpoint, address).await?)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    match scheduler.get_job_status(GetJobStatusParams { job_id: "none".into() }).await {
        Ok(_) => Ok(scheduler),
        // What a scheduler says of a job that it does not know.
        Err(status) if status.message().starts_with("Error getting status") => Ok(scheduler),
        Err(status) => Err(Error::usage(
            format!("the scheduler {address} does not accept this process: {}", told(&status)),
            "check that it is a scheduler of tanba, and the certificates of both sides",
        )),
    }
}

/// Whether a connection failed by the certificates, which waiting does not change.
pub(super) fn is_of_certificates(error: &Error) -> bool {
    let text = error.to_string().to_lowercase();
    ["certificate", "handshake", "alert"].iter().any(|word| text.contains(word))
}

impl Client {
    /// Connects to the scheduler at `address`.
    ///
    /// # Errors
    /// There are no certificates and it is not on this computer; it cannot be reached; or the certificates are not
    /// accepted by both sides.
    pub fn connect(address: &Address, tls: Option<&Tls>) -> Result<Client> {
        let endpoint = endpoint(address, tls)?;
        let runtime = runtime(1)?;
        let session = uuid::Uuid::new_v4().to_string();
        let client = Client { address: address.clone(), endpoint, runtime, session };
        client.runtime.block_on(accepted(&client.endpoint, &client.address))?;
        Ok(client)
    }

    fn gone(&self, what: &str) -> Error {
        let what = format!("the scheduler {} is lost: {what}", self.address);
        Error::Incomplete { what, help: "see that the scheduler and its executors run".into() }
    }

    async fn submit(&self, scheduler: &mut Scheduler, job: &Job<'_>) -> Result<String> {
        let broken = |e: datafusion::error::DataFusionError| lost(e.to_string());
        let plan = plan(job.reference.clone(), job.tiles).map_err(broken)?;
        let node = PhysicalPlanNode::try_from_physical_plan(plan, &TilesCodec::default());
        let mut bytes = Vec::new();
        node.map_err(broken)?.try_encode(&mut bytes).map_err(broken)?;
        let setting = |key: &str, value: &str| KeyValuePair {
            key: key.into(),
            value: Some(value.to_owned()),
        };
        let mut request = tonic::Request::new(ExecuteQueryParams {
            session_id: self.session.clone(),
            settings: vec![
                setting(BALLISTA_JOB_NAME, &job.reference.search),
                // A task takes one slot of its executor; with several partitions it would take one as well.
                setting(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, "1"),
            ],
            operation_id: job.reference.submission.clone(),
            query: Some(Query::PhysicalPlan(bytes)),
        });
        insert_version_header(request.metadata_mut());
        let answer = scheduler.execute_query(request).await;
        let answer = answer.map_err(|status| self.gone(&told(&status)))?.into_inner();
        match answer.result {
            Some(Submitted::Success(submitted)) => Ok(submitted.job_id),
            other => Err(self.gone(&format!("it does not take the search: {other:?}"))),
        }
    }

    /// Waits until a job has ended, and gives every commit to `found`.
    fn wait(
        &self,
        scheduler: &mut Scheduler,
        job: (&str, &Job),
        found: &mut dyn FnMut(Found) -> Result<()>,
        interrupt: &AtomicBool,
    ) -> Result<()> {
        let (id, Job { attempts, .. }) = job;
        let mut wanted = Wanted::These(job.1.tiles.iter().copied().collect());
        let (mut looked, mut look) = (Instant::now(), LOOK);
        let mut silences = 0;
        loop {
            if interrupt.load(Ordering::Relaxed) {
                let cancel = CancelJobParams { job_id: id.to_owned() };
                // Whether it is heard or not: executors stop because the submission is withdrawn.
                let _ = self.runtime.block_on(scheduler.cancel_job(cancel));
                return Err(lost("the run was interrupted"));
            }
            let asked = GetJobStatusParams { job_id: id.to_owned() };
            let status = self.runtime.block_on(scheduler.get_job_status(asked));
            let is_over = match status {
                Ok(answer) => {
                    silences = 0;
                    match answer.into_inner().status.and_then(|status| status.status) {
                        Some(Status::Successful(_)) => true,
                        Some(Status::Failed(failed)) => {
                            return Err(self.failed(job.1, &failed.error));
                        }
                        Some(_) => false,
                        None => {
                            return Err(
                                self.gone("it was started anew and knows nothing of the job")
                            );
                        }
                    }
                }
                Err(_) if silences < MAX_SILENCES => {
                    silences += 1;
                    false
                }
                Err(status) => return Err(self.gone(&told(&status))),
            };
            if is_over || looked.elapsed() >= look {
                let started = Instant::now();
                found(wait(attempts.committed(&mut wanted))?)?;
                (looked, look) = (Instant::now(), LOOK.max(10 * started.elapsed()));
            }
            if is_over {
                return Ok(());
            }
            std::thread::sleep(TICK);
        }
    }

    /// The cause of a job that failed, as the executor noted it.
    fn failed(&self, job: &Job, text: &str) -> Error {
        let problems = wait(job.attempts.problems(&job.reference.submission));
        match problems.ok().and_then(|problems| problems.into_iter().next()) {
            Some(problem) => {
                let what = problem.to_string();
                crate::hits::commit::Problem { what, ..problem }.error()
            }
            None => lost(format!("the cluster could not do {}: {text}", job.reference.search)),
        }
    }

    fn run_some(
        &self,
        job: &Job,
        found: &mut dyn FnMut(Found) -> Result<()>,
        notes: &mut dyn FnMut(String),
        interrupt: &AtomicBool,
    ) -> Result<()> {
        let submission = &job.reference.submission;
        wait(job.attempts.announce(submission))?;
        let done = self
            .runtime
            .block_on(async {
                let scheduler = accepted(&self.endpoint, &self.address).await;
                let mut scheduler = scheduler.map_err(|e| self.gone(&e.to_string()))?;
                let id = self.submit(&mut scheduler, job).await?;
                Ok((scheduler, id))
            })
            .and_then(|(mut scheduler, id)| {
                let done = self.wait(&mut scheduler, (&id, job), found, interrupt);
                let session = RemoveSessionParams { session_id: self.session.clone() };
                // A session that stays costs the scheduler some memory, no more.
                let _ = self.runtime.block_on(scheduler.remove_session(session));
                done
            });
        // Whatever came of it nobody goes on; what is being committed now is found by who goes on with the run.
        let withdrawn = wait(job.attempts.withdraw());
        done?;
        withdrawn?;
        for problem in wait(job.attempts.problems(submission))? {
            notes(format!("{problem}; the tile was done elsewhere"));
        }
        Ok(())
    }
}

/// Tiles that are submitted at once.
struct Job<'a> {
    attempts: Attempts,
    reference: Reference,
    tiles: &'a [u64],
}

impl Elsewhere for Client {
    fn run(
        &self,
        errand: &Errand,
        found: &mut dyn FnMut(Found) -> Result<()>,
        notes: &mut dyn FnMut(String),
        interrupt: &AtomicBool,
    ) -> Result<()> {
        let out = std::path::absolute(errand.out).map_err(Error::io(errand.out))?;
        let mut left = errand.tiles;
        while !left.is_empty() {
            let tiles = first_ranges(left);
            left = &left[tiles.len()..];
            let attempts = Attempts::of(&out, errand.seal)?;
            let job = Job {
                reference: Reference {
                    out: attempts.place(),
                    seal: errand.seal.to_owned(),
                    search: errand.search.to_owned(),
                    submission: uuid::Uuid::new_v4().simple().to_string(),
                },
                attempts,
                tiles,
            };
            self.run_some(&job, found, notes, interrupt)?;
        }
        Ok(())
    }
}

/// The first of `tiles`, as many as make [`MAX_RANGES`] ranges at most.
fn first_ranges(tiles: &[u64]) -> &[u64] {
    let all = ranges(tiles);
    let count: u64 = all.iter().take(MAX_RANGES).map(|(_, count)| count).sum();
    &tiles[..(count as usize).min(tiles.len())]
}

/// A connection that a run can have its tiles done by.
///
/// # Errors
/// As [`Client::connect`].
pub fn elsewhere(address: &Address, tls: Option<&Tls>) -> Result<Arc<dyn Elsewhere>> {
    Ok(Arc::new(Client::connect(address, tls)?))
}
