//! `tanba devices`: what can compare on this machine, whether it answers rightly, and how fast it is.

use clap::Args;
use serde::Serialize;

use super::common::processor;
use super::ui::{Outcome, Ui};
use crate::device::measure::{Rate, rates};
use crate::device::{Device, selftest};
use crate::error::Result;

const EXAMPLES: &str = "Examples:
  tanba devices
  tanba devices --bench";

/// Arguments of `tanba devices`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DevicesArgs {
    /// Measure how many pairs a second each kernel of profiles compares, in single calls on one thread
    #[arg(long)]
    bench: bool,
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
}

#[derive(Debug, Serialize)]
struct ListedRate {
    kernel: &'static str,
    pairs_per_second: f64,
}

/// Runs the verb.
pub(super) fn run(args: &DevicesArgs, ui: &Ui) -> Result<Outcome> {
    let cpu = processor()?;
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
        },
        Ok(device),
        args.bench,
    )];
    list.extend(adapters(cpu, args.bench));
    show(&list, ui);
    if list.len() == 1 {
        ui.note("no Vulkan driver was found: everything runs on the processor");
    }
    ui.document(&serde_json::json!({ "type": "devices", "devices": list }));
    Ok(Outcome::Done)
}

#[cfg(feature = "gpu")]
fn adapters(cpu: crate::device::CpuDevice, bench: bool) -> Vec<Listed> {
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
        };
        listed(row, opened, bench)
    });
    list.collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters(_: crate::device::CpuDevice, _: bool) -> Vec<Listed> {
    Vec::new()
}

/// The row with the answer of the self-test, and what was measured.
fn listed(row: Listed, device: std::result::Result<Device, String>, bench: bool) -> Listed {
    let tested = device
        .and_then(|device| selftest::check(&device).map(|()| device).map_err(|e| e.to_string()));
    let measured = tested.and_then(|device| {
        if bench { rates(&device).map_err(|e| e.to_string()) } else { Ok(Vec::new()) }
    });
    match measured {
        Ok(rates) => {
            let rate =
                |r: Rate| ListedRate { kernel: r.kernel, pairs_per_second: r.pairs_per_second };
            Listed {
                self_test: "passed".into(),
                rates: rates.into_iter().map(rate).collect(),
                ..row
            }
        }
        Err(reason) => Listed { self_test: reason, usable: false, ..row },
    }
}

fn show(list: &[Listed], ui: &Ui) {
    let mut table = ui.table(&["device", "name", "kind", "driver", "MiB bound", "self-test"]);
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
    if list.iter().all(|row| row.rates.is_empty()) {
        return;
    }
    let mut table = ui.table(&["device", "kernel", "pairs per second"]);
    for row in list {
        for rate in &row.rates {
            table.add_row([
                row.device.as_str(),
                rate.kernel,
                &format!("{:.2e}", rate.pairs_per_second),
            ]);
        }
    }
    ui.say(format!("\n{table}"));
}
