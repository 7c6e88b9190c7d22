//! `tanba devices`: what can compare on this machine, whether it answers rightly, and how fast it is.

use clap::Args;
use serde::Serialize;

use super::common::processor;
use super::ui::{Outcome, Ui};
use crate::device::measure::{Agreement, Rate, agreement, rates};
use crate::device::workload::Workload;
use crate::device::{Device, selftest};
use crate::error::{Error, Result};
use crate::language::{message, words};

const EXAMPLES: &str = "Examples:
  tanba devices
  tanba devices --bench
  tanba devices --bisect";

/// Arguments of `tanba devices`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DevicesArgs {
    /// Measure how many pairs a second each kernel compares, in single calls on one thread
    #[arg(long)]
    bench: bool,
    /// Ask each kernel of each device apart, and say which answers otherwise than the processor
    #[arg(long)]
    bisect: bool,
}

/// A device as listed.
#[derive(Debug, Serialize)]
struct Listed {
    /// As `--device` takes it.
    device: String,
    name: String,
    kind: &'static str,
    driver: String,
    /// Most bytes of a gallery a kernel sees at once; null where there is no such limit.
    most_bound_bytes: Option<u64>,
    /// Whether it gives the right answers; the reason if it cannot be used.
    self_test: String,
    usable: bool,
    /// Pairs per second, with `--bench`.
    rates: Vec<ListedRate>,
    /// Kernels and how their answers differ from the processor's, with `--bisect`.
    kernels: Vec<ListedKernel>,
}

#[derive(Debug, Serialize)]
struct ListedRate {
    kernel: &'static str,
    pairs_per_second: f64,
    pairs: usize,
    seconds: f64,
    /// Per cent of what the kernel could do on paper; null where nobody has worked it out.
    of_paper_percent: Option<f64>,
    /// Of an adapter, per cent of the seconds in dispatches and in bringing results back, and bytes moved.
    dispatching_percent: Option<f64>,
    reading_percent: Option<f64>,
    bytes_sent: Option<u64>,
    bytes_read: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ListedKernel {
    kernel: &'static str,
    /// Numbers compared.
    numbers: usize,
    /// Null if none differs.
    difference: Option<String>,
}

/// What is asked of each device beside its self-test.
struct Questions {
    workload: Option<Workload>,
    bench: bool,
    bisect: bool,
}

/// Runs the verb.
pub(super) fn run(args: &DevicesArgs, ui: &Ui) -> Result<Outcome> {
    let cpu = processor()?;
    let is_asked = args.bench || args.bisect;
    let workload = is_asked.then(Workload::new).transpose();
    let workload = workload.map_err(|error| Error::usage(error.to_string(), "report this"))?;
    let questions = Questions { workload, bench: args.bench, bisect: args.bisect };
    let device = Device::from(cpu);
    let mut list = vec![listed(
        Listed {
            device: "cpu".into(),
            name: format!("processor, {}", cpu.level()),
            kind: "processor",
            driver: String::new(),
            most_bound_bytes: None,
            self_test: String::new(),
            usable: true,
            rates: Vec::new(),
            kernels: Vec::new(),
        },
        Ok(device),
        &questions,
    )];
    list.extend(adapters(cpu, &questions));
    show(&list, ui);
    if list.len() == 1 {
        ui.note(message!("devices-none"));
    }
    ui.document(&serde_json::json!({ "type": "devices", "devices": list }));
    Ok(Outcome::Done)
}

#[cfg(feature = "gpu")]
fn adapters(cpu: crate::device::CpuDevice, questions: &Questions) -> Vec<Listed> {
    use crate::device::gpu::{GpuDevice, adapters::adapters};
    let list = adapters().into_iter().map(|adapter| {
        let opened = GpuDevice::open(&adapter)
            .map(|gpu| Device::gpu(gpu.into(), cpu))
            .map_err(|error| error.to_string());
        let row = Listed {
            device: format!("gpu:{}", adapter.number),
            name: adapter.name,
            kind: adapter.kind.name(),
            driver: adapter.driver,
            most_bound_bytes: Some(adapter.most_bound_bytes),
            self_test: String::new(),
            usable: true,
            rates: Vec::new(),
            kernels: Vec::new(),
        };
        listed(row, opened, questions)
    });
    list.collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters(_: crate::device::CpuDevice, _: &Questions) -> Vec<Listed> {
    Vec::new()
}

/// The row with the answer of the self-test, and what else was asked.
fn listed(
    row: Listed,
    device: std::result::Result<Device, String>,
    questions: &Questions,
) -> Listed {
    let device = match device {
        Ok(device) => device,
        Err(reason) => return Listed { self_test: reason, usable: false, ..row },
    };
    let mut row = match selftest::check(&device) {
        Ok(()) => Listed { self_test: "passed".into(), ..row },
        Err(error) => Listed { self_test: error.to_string(), usable: false, ..row },
    };
    let Some(workload) = &questions.workload else { return row };
    if questions.bench && row.usable {
        match rates(workload, &device) {
            Ok(rates) => row.rates = rates.into_iter().map(listed_rate).collect(),
            Err(error) => row.self_test = error.to_string(),
        }
    }
    if questions.bisect {
        match agreement(workload, &device) {
            Ok(kernels) => row.kernels = kernels.into_iter().map(listed_kernel).collect(),
            Err(error) => row.self_test = error.to_string(),
        }
    }
    row
}

fn listed_rate(rate: Rate) -> ListedRate {
    ListedRate {
        kernel: rate.kernel,
        pairs_per_second: rate.pairs_per_second,
        pairs: rate.pairs,
        seconds: rate.seconds,
        of_paper_percent: rate.of_paper_percent,
        dispatching_percent: rate.spent.map(|spent| spent.dispatching_percent),
        reading_percent: rate.spent.map(|spent| spent.reading_percent),
        bytes_sent: rate.spent.map(|spent| spent.bytes_sent),
        bytes_read: rate.spent.map(|spent| spent.bytes_read),
    }
}

fn listed_kernel(Agreement { kernel, numbers, difference }: Agreement) -> ListedKernel {
    ListedKernel { kernel, numbers, difference }
}

fn show(list: &[Listed], ui: &Ui) {
    let mut table = ui.titled(&[
        "column-device",
        "column-name",
        "column-kind",
        "column-driver",
        "column-mib-bound",
        "column-self-test",
    ]);
    for row in list {
        let bound = row.most_bound_bytes.map_or(String::new(), |bytes| (bytes >> 20).to_string());
        table.add_row([
            &row.device,
            &row.name,
            row.kind,
            &row.driver,
            bound.as_str(),
            &row.self_test,
        ]);
    }
    ui.say(table.to_string());
    let rates = list.iter().flat_map(|row| row.rates.iter().map(move |rate| (row, rate)));
    let mut table = ui.titled(&[
        "column-device",
        "column-kernel",
        "column-pairs-per-second",
        "column-of-paper",
        "seconds",
        "column-dispatched",
        "column-read-back",
        "column-mb-sent",
        "column-mb-read",
    ]);
    let percent = |share: Option<f64>| share.map_or(String::new(), |share| format!("{share:.0}"));
    let megabytes = |bytes: Option<u64>| {
        bytes.map_or(String::new(), |bytes| format!("{:.1}", bytes as f64 / 1e6))
    };
    for (row, rate) in rates {
        table.add_row([
            row.device.clone(),
            rate.kernel.to_owned(),
            format!("{:.2e}", rate.pairs_per_second),
            percent(rate.of_paper_percent),
            format!("{:.2}", rate.seconds),
            percent(rate.dispatching_percent),
            percent(rate.reading_percent),
            megabytes(rate.bytes_sent),
            megabytes(rate.bytes_read),
        ]);
    }
    if !table.is_empty() {
        ui.say(format!("\n{table}"));
    }
    let kernels = list.iter().flat_map(|row| row.kernels.iter().map(move |kernel| (row, kernel)));
    let mut table = ui.titled(&[
        "column-device",
        "column-kernel",
        "column-numbers",
        "column-against-processor",
    ]);
    for (row, kernel) in kernels {
        let equal = words("devices-equal");
        let said = kernel.difference.as_deref().unwrap_or(&equal);
        table.add_row([row.device.as_str(), kernel.kernel, &kernel.numbers.to_string(), said]);
    }
    if !table.is_empty() {
        ui.say(format!("\n{table}"));
    }
}
