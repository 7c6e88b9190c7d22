//! Every kernel on every device of this machine, in one run: how an adapter compares with a core.

#![allow(missing_docs, clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tanba::device::gpu::GpuDevice;
use tanba::device::gpu::adapters::adapters;
use tanba::device::workload::{Survival, Workload, size};
use tanba::device::{CpuDevice, Device};
use tanba::kernel::SPECS;

/// Times as many probes as the first call of `tanba devices --bench` has: enough to fill a card.
const MORE: usize = 16;

fn bench(criterion: &mut Criterion) {
    let cpu = CpuDevice::detect().expect("the processor");
    let mut devices = vec![("cpu".to_owned(), Device::from(cpu))];
    for adapter in adapters().into_iter().filter(|adapter| adapter.unsuitable.is_none()) {
        let gpu = GpuDevice::open(&adapter).expect("an adapter");
        devices.push((format!("gpu:{}", adapter.number), Device::gpu(Arc::new(gpu), cpu)));
    }
    let workload = Workload::new().expect("the workload");
    let loaded: Vec<_> = devices
        .iter()
        .map(|(name, device)| (name, workload.load(device).expect("the gallery")))
        .collect();
    for kernel in SPECS {
        let (range, gallery) = size(&kernel);
        let probes = (MORE * range.start()).min(*range.end());
        let mut group = criterion.benchmark_group(format!("devices/{}", kernel.name));
        group.sample_size(10).throughput(Throughput::Elements((probes * gallery) as u64));
        for (name, loaded) in &loaded {
            group.bench_function(name.as_str(), |bencher| {
                let ask = || loaded.ask(&kernel, probes, Survival::Few).expect("an answer");
                bencher.iter(|| black_box(ask()))
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
