//! The scheduler: takes plans of clients and gives their tasks to executors that ask.
//!
//! It reads no gallery and writes no result. What it knows is in its memory alone; nothing that was committed is lost
//! with it. It serves nothing but the calls of Ballista's scheduler: no pages, no results.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::node::TilesCodec;
use super::tls::{Tls, check_address, unusable};
use super::{Address, MAX_MESSAGE_BYTES, chain, lost, runtime};
use crate::error::{Error, Result};

/// Threads that answer.
const THREADS: usize = 2;
/// Times a task may fail before its job does.
const MAX_FAILURES: usize = 8;
/// How long finished jobs are remembered.
const REMEMBERED_SECONDS: u64 = 60;
/// How often the signs of life are looked at.
const LOOKED_AT_SECONDS: u64 = 1;
/// How often it is looked at whether to end.
const TICK: Duration = Duration::from_millis(100);

/// How a scheduler runs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where it listens; port 0 chooses a free one.
    pub bind: Address,
    /// Certificates.
    pub tls: Option<Tls>,
    /// Seconds without a sign of life after which an executor counts as lost.
    pub executor_timeout_seconds: u64,
}

/// Schedules until `interrupt` is set; `listening` is told where.
///
/// # Errors
/// The address is not this computer's or is in use, or the certificates cannot be used.
pub fn run(
    setup: &Setup,
    interrupt: &Arc<AtomicBool>,
    listening: &dyn Fn(SocketAddr),
) -> Result<()> {
    check_address(&setup.bind, setup.tls.as_ref())?;
    let unusable_address = |error: std::io::Error| {
        let what = format!("{}: {error}", setup.bind);
        Error::usage(what, "give --bind an address of this computer whose port is free")
    };
    let mut addresses =
        (setup.bind.host(), setup.bind.port()).to_socket_addrs().map_err(unusable_address)?;
    let address = addresses
        .next()
        .ok_or_else(|| unusable_address(std::io::ErrorKind::AddrNotAvailable.into()))?;
    let runtime = runtime(THREADS)?;
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(unusable_address)?;
        let bound = listener.local_addr().map_err(unusable_address)?;
        let config = Arc::new(config(setup, bound));
        let failed = |error: ballista_core::error::BallistaError| lost(error.to_string());
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
        let scheduler =
            create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::clone(&config))
                .await
                .map_err(failed)?;
        let service = SchedulerGrpcServer::new(scheduler)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let mut server = Server::builder().tcp_nodelay(true);
        if let Some(tls) = &setup.tls {
            server = server.tls_config(tls.server()).map_err(|e| unusable(&e))?;
        }
        listening(bound);
        let interrupt = Arc::clone(interrupt);
        let until = async move {
            while !interrupt.load(Ordering::Relaxed) {
                tokio::time::sleep(TICK).await;
            }
        };
        let serving = server.add_service(service).serve_with_incoming(TcpIncoming::from(listener));
        // Not until the last caller hangs up: executors do so only when this process ends.
        tokio::select! {
            done = serving => done.map_err(|e| lost(chain(&e))),
            () = until => Ok(()),
        }
    });
    runtime.shutdown_background();
    ended
}

fn config(setup: &Setup, bound: SocketAddr) -> SchedulerConfig {
    SchedulerConfig {
        external_host: setup.bind.host().to_owned(),
        bind_host: bound.ip().to_string(),
        bind_port: bound.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        finished_job_data_clean_up_interval_seconds: REMEMBERED_SECONDS,
        finished_job_state_clean_up_interval_seconds: REMEMBERED_SECONDS,
        executor_termination_grace_period: 0,
        executor_timeout_seconds: setup.executor_timeout_seconds,
        expire_dead_executor_interval_seconds: LOOKED_AT_SECONDS,
        no_executors_grace_period_seconds: setup.executor_timeout_seconds.max(60),
        task_max_failures: MAX_FAILURES,
        stage_max_failures: MAX_FAILURES,
        override_physical_codec: Some(Arc::new(TilesCodec::default())),
        ..SchedulerConfig::default()
    }
}
