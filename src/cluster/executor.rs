//! An executor: asks the scheduler for tiles and does them on the devices it finds.
//!
//! It listens on no port. While a tile is compared, on threads of its own, it goes on giving signs of life. A device that
//! is lost is put out as in a run on one computer; where that cannot be, and where memory is short, the tile is given
//! back and the executor takes none for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ballista_core::serde::protobuf::executor_resource::Resource;
use ballista_core::serde::protobuf::{
    ExecutorOperatingSystemSpecification, ExecutorRegistration, ExecutorResource,
    ExecutorSpecification, ExecutorStoppedParams,
};
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_core::utils::default_config_producer;
use ballista_core::{BALLISTA_PROTOCOL_VERSION, RuntimeProducer};
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor;
use ballista_executor::health::ExecutorHealth;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::sync::Semaphore;

use super::client::{Scheduler, accepted, is_of_certificates};
use super::hosts::Hosts;
use super::node::TilesCodec;
use super::tls::{Tls, endpoint};
use super::{Address, Prepare, lost, runtime};
use crate::error::{Error, Result};
use crate::run::serve::Server;

/// Threads that speak to the network and the disk.
const NETWORK_THREADS: usize = 2;
/// How often the state is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a run is kept ready that nobody asks for.
const IDLE: Duration = Duration::from_secs(120);
/// How long to wait before the scheduler is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// How long a scheduler has to take note that an executor ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// How an executor runs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The scheduler.
    pub scheduler: Address,
    /// Certificates.
    pub tls: Option<Tls>,
    /// Tiles done at the same time.
    pub slots: usize,
}

/// What an executor tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The scheduler cannot be reached; it is tried again.
    Waiting(String),
    /// The scheduler answers.
    Connected,
    /// The scheduler answers no more; it is asked again.
    Lost,
}

/// Does tiles until `interrupt` is set.
///
/// # Errors
/// The certificates cannot be used or are refused, or the threads of the network cannot be started.
pub fn run(
    setup: &Setup,
    prepare: Arc<dyn Prepare>,
    interrupt: &AtomicBool,
    tell: &dyn Fn(State),
) -> Result<()> {
    let work = tempfile::tempdir().map_err(Error::io(&std::env::temp_dir()))?;
    let server = Server { executor: uuid::Uuid::new_v4().simple().to_string(), host: host_name() };
    let slots = Arc::new(Semaphore::new(setup.slots.max(1)));
    let hosts = Arc::new(Hosts::new(prepare, server.clone(), Arc::clone(&slots)));
    let metadata = registration(&server, setup.slots);
    let work_dir = work.path().display().to_string();
    let codec: BallistaCodec<LogicalPlanNode, PhysicalPlanNode> = BallistaCodec::new(
        Arc::new(BallistaLogicalExtensionCodec::default()),
        Arc::new(TilesCodec::of(Arc::clone(&hosts) as _)),
    );
    let runtime = runtime(NETWORK_THREADS)?;
    let ended = runtime.block_on(async {
        let Some(mut client) = scheduler(setup, interrupt, tell).await? else { return Ok(()) };
        let environments: RuntimeProducer = Arc::new(|_| RuntimeEnvBuilder::new().build_arc());
        let executor = Arc::new(Executor::new_basic(
            metadata,
            &work_dir,
            environments,
            Arc::new(default_config_producer),
            setup.slots.max(1),
        ));
        let health = ExecutorHealth::new();
        let polling = poll_loop(client.clone(), executor, codec, None, Some(slots), health.clone());
        let polling = tokio::spawn(polling);
        let mut is_ready = false;
        while !interrupt.load(Ordering::Relaxed) && !polling.is_finished() {
            tokio::time::sleep(TICK).await;
            hosts.forget_idle(IDLE);
            if health.is_ready() != is_ready {
                is_ready = !is_ready;
                tell(if is_ready { State::Connected } else { State::Lost });
            }
        }
        if polling.is_finished() {
            return Err(lost("the executor stopped asking for tiles; start it again"));
        }
        polling.abort();
        let reason = "the executor was ended".to_owned();
        let farewell = ExecutorStoppedParams { executor_id: server.executor.clone(), reason };
        // Only spares the scheduler the wait until it misses this executor.
        let _ = tokio::time::timeout(FAREWELL, client.executor_stopped(farewell)).await;
        Ok(())
    });
    // Tiles in hand are not waited for: they are done again elsewhere.
    runtime.shutdown_background();
    ended
}

/// The scheduler, tried until it answers; none if `interrupt` was set meanwhile.
async fn scheduler(
    setup: &Setup,
    interrupt: &AtomicBool,
    tell: &dyn Fn(State),
) -> Result<Option<Scheduler>> {
    let endpoint = endpoint(&setup.scheduler, setup.tls.as_ref())?;
    let mut was_told = false;
    while !interrupt.load(Ordering::Relaxed) {
        match accepted(&endpoint, &setup.scheduler).await {
            Ok(client) => return Ok(Some(client)),
            Err(error) if setup.tls.is_some() && is_of_certificates(&error) => {
                return Err(error);
            }
            Err(error) if !was_told => {
                tell(State::Waiting(error.to_string()));
                was_told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY).await;
    }
    Ok(None)
}

fn host_name() -> String {
    let name = nix::unistd::gethostname();
    name.map_or_else(|_| "?".into(), |name| name.to_string_lossy().into_owned())
}

fn registration(server: &Server, slots: usize) -> ExecutorRegistration {
    let vcores = u32::try_from(slots.max(1)).unwrap_or(u32::MAX);
    ExecutorRegistration {
        id: server.executor.clone(),
        host: Some(server.host.clone()),
        port: 0,
        grpc_port: 0,
        specification: Some(ExecutorSpecification {
            resources: vec![ExecutorResource { resource: Some(Resource::Vcores(vcores)) }],
        }),
        os_info: Some(ExecutorOperatingSystemSpecification::default()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    }
}
