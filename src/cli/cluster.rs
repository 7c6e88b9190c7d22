//! `tanba cluster`: the scheduler and the executors that runs with `--cluster` are done by.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand};

use super::begin::interrupt_flag;
use super::common::devices;
use super::place::open_to_read;
use super::run::RunArgs;
use super::ui::{Outcome, Ui};
use super::{Cli, Verb};
use crate::cluster::executor::State;
use crate::cluster::tls::{Tls, TlsFiles};
use crate::cluster::{Address, Prepare, executor, scheduler};
use crate::device::{DeviceChoice, Devices};
use crate::error::{Error, Result};
use crate::gallery::memory;
use crate::hits::bucket;
use crate::hits::job::Job;
use crate::language::message;
use crate::plan::tile::TileSize;
use crate::run::begin::Begin;
use crate::run::{Execution, RunInputs, serve};

/// Arguments of `tanba cluster`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba cluster scheduler --bind 127.0.0.1:50050\n  \
tanba cluster executor --scheduler 127.0.0.1:50050 --threads 4\n  \
tanba run nightly --gallery registry --out night-1 --cluster 127.0.0.1:50050\n\n\
Beyond one computer every process needs a certificate: --tls-cert, --tls-key, --tls-ca (docs/cluster.md).")]
pub(super) struct ClusterArgs {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Give the tiles of runs to executors
    Scheduler(SchedulerArgs),
    /// Do tiles
    Executor(ExecutorArgs),
}

/// Arguments of `tanba cluster scheduler`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba cluster scheduler --bind 127.0.0.1:50050")]
struct SchedulerArgs {
    /// Address to listen on; port 0 chooses a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050", value_parser = parse_address)]
    bind: Address,
    /// Seconds without a sign of life after which the tiles of an executor are given to others
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(LEAST_TIMEOUT..=3600))]
    executor_timeout: u64,
    #[command(flatten)]
    tls: TlsArgs,
}

/// A busy executor gives a sign of life every five seconds.
const LEAST_TIMEOUT: u64 = 7;

/// Arguments of `tanba cluster executor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tanba cluster executor --scheduler 127.0.0.1:50050 --threads 4"
)]
struct ExecutorArgs {
    /// Scheduler to ask for tiles
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    scheduler: Address,
    /// Worker threads [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Devices: auto (the processor and every graphics card), cpu, gpu (every adapter), gpu:N (`tanba
    /// devices` lists them)
    #[arg(long, default_value = "auto", value_name = "DEVICES")]
    device: DeviceChoice,
    /// Give tiles back when a graphics card fails, instead of doing them on the processor
    #[arg(long)]
    require_gpu: bool,
    /// Most memory to be resident, such as 512MiB or 4GiB
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Certificates, in PEM; all three or none.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct TlsArgs {
    /// Certificate of this process, PEM; needed where not all is on one computer
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "tls_ca"])]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "tls_ca"])]
    tls_key: Option<PathBuf>,
    /// Certificate of the authority that signed those of the whole cluster, PEM
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    tls_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// The certificates, if they are given.
    ///
    /// # Errors
    /// As [`Tls::read`].
    pub(super) fn read(&self) -> Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key, &self.tls_ca) {
            (Some(certificate), Some(key), Some(authority)) => {
                let (certificate, key) = (certificate.clone(), key.clone());
                let files = TlsFiles { certificate, key, authority: authority.clone() };
                Tls::read(&files).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// With paths that do not depend on the directory of work.
    ///
    /// # Errors
    /// The directory of work is gone.
    pub(super) fn absolute(&self) -> Result<TlsArgs> {
        let absolute = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| std::path::absolute(path).map_err(Error::io(path))).transpose()
        };
        Ok(TlsArgs {
            tls_cert: absolute(&self.tls_cert)?,
            tls_key: absolute(&self.tls_key)?,
            tls_ca: absolute(&self.tls_ca)?,
        })
    }
}

/// Reads a host and port on the command line.
pub(super) fn parse_address(text: &str) -> std::result::Result<Address, String> {
    text.parse()
}

/// Runs the verb.
pub(super) fn run(args: &ClusterArgs, ui: &Ui) -> Result<Outcome> {
    match &args.role {
        Role::Scheduler(args) => schedule(args, ui),
        Role::Executor(args) => execute(args, ui),
    }
}

fn schedule(args: &SchedulerArgs, ui: &Ui) -> Result<Outcome> {
    let setup = scheduler::Setup {
        bind: args.bind.clone(),
        tls: args.tls.read()?,
        executor_timeout_seconds: args.executor_timeout,
    };
    scheduler::run(&setup, &interrupt_flag(), &|address| {
        let id = if setup.tls.is_some() { "cluster-listens-tls" } else { "cluster-listens-clear" };
        ui.say(message!(id, address = address.to_string()));
        ui.document(&serde_json::json!({
            "type": "scheduler", "address": address.to_string(), "tls": setup.tls.is_some(),
        }));
    })?;
    Ok(Outcome::Done)
}

fn execute(args: &ExecutorArgs, ui: &Ui) -> Result<Outcome> {
    let tls = args.tls.read()?;
    if let Some(ByteSize(bytes)) = args.memory {
        memory::limit(bytes, &std::env::temp_dir())?;
    }
    let devices = Arc::new(devices(args.device, args.require_gpu)?);
    for note in &devices.notes {
        ui.note(note);
    }
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(all, usize::from);
    let slots = serve::slots(&devices, threads);
    let setup = executor::Setup { scheduler: args.scheduler.clone(), tls, slots };
    let prepare = Preparing { devices, threads, directory: Mutex::new(()) };
    let interrupt = interrupt_flag();
    let address = args.scheduler.to_string();
    executor::run(&setup, Arc::new(prepare), &interrupt, &|state| {
        let (name, text) = match &state {
            State::Waiting(reason) => ("waiting", message!("cluster-waits", reason = reason)),
            State::Connected => {
                let said = message!("cluster-asks", address = &address, slots = slots.to_string());
                ("connected", said)
            }
            State::Lost => ("lost", message!("cluster-lost", address = &address)),
        };
        ui.say(text);
        ui.document(&serde_json::json!({
            "type": "executor", "state": name, "scheduler": address, "slots": slots,
        }));
    })?;
    Ok(Outcome::Done)
}

/// Makes the inputs of runs from their command lines.
struct Preparing {
    devices: Arc<Devices>,
    threads: usize,
    /// Held while the directory of work is that of a run.
    directory: Mutex<()>,
}

impl Prepare for Preparing {
    fn prepared(
        &self,
        out: &Path,
        job: &Job,
        serve: &mut dyn FnMut(&RunInputs, &Execution) -> Result<()>,
    ) -> Result<()> {
        // Held while what the command line names is opened: that is noted for the process as a whole.
        let entered = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let args = arguments_of(job)?;
        let execution = Execution {
            out: out.to_owned(),
            overwrite: false,
            tile: TileSize { probes: args.execution.tile_probes, rows: args.execution.tile_rows },
            threads: self.threads,
            way: args.way(),
            devices: Arc::clone(&self.devices),
            begin: Begin::Resume(Box::new(job.clone())),
            wait_until: None,
            interrupt: Arc::default(),
            case: None,
            elsewhere: None,
        };
        open_to_read()?;
        match std::env::set_current_dir(&job.directory) {
            // The run may name nothing in it. If it does, its identity shows that something else was read.
            Err(error) if NO_DIRECTORY.contains(&error.kind()) => std::env::set_current_dir("/"),
            done => done,
        }
        .map_err(Error::io(&job.directory))?;
        let mut entered = Some(entered);
        let done = args.with_inputs(&execution, |inputs| {
            // What was fetched to make them is not read any more.
            bucket::close();
            entered = None;
            serve(inputs, &execution)
        });
        if entered.is_some() {
            bucket::close();
        }
        done
    }
}

/// Why a directory of the client cannot be entered here.
const NO_DIRECTORY: [std::io::ErrorKind; 3] = [
    std::io::ErrorKind::NotFound,
    std::io::ErrorKind::PermissionDenied,
    std::io::ErrorKind::NotADirectory,
];

/// The arguments of the run that `job` is of; the gallery under a path that holds from any directory.
fn arguments_of(job: &Job) -> Result<RunArgs> {
    match Cli::try_parse_from(&job.arguments).map(|cli| cli.verb) {
        Ok(Verb::Run(mut args)) => {
            args.make_absolute(&job.directory);
            Ok(args)
        }
        _ => Err(Error::usage(
            "this executor does not understand the command line of the run",
            "give every computer of the cluster the same release of tanba",
        )),
    }
}
