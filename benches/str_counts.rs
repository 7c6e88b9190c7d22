//! Pairs per second of `str_counts`: the match matrix, and the histogram by agreement.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout, reason = "a bench")]

mod common;

use std::hint::black_box;

use common::{CACHED_ROWS, Gallery, STREAMED_ROWS, probes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tanba::kernel::simd::SimdLevel;
use tanba::kernel::str_counts::{Query, run, run_by_agreement};

fn bench(criterion: &mut Criterion) {
    let gallery = Gallery::new(CACHED_ROWS);
    println!("{} bytes per profile", gallery.map.bytes_per_profile());
    for level in SimdLevel::available() {
        let count = if level == SimdLevel::Scalar { 1 } else { 64 };
        measure(criterion, "str_counts/cached", &gallery, level, count);
    }
    let gallery = Gallery::new(STREAMED_ROWS);
    for count in [1, 32] {
        let group = format!("str_counts/streamed-{count}");
        measure(criterion, &group, &gallery, SimdLevel::fastest(), count);
    }
}

fn measure(
    criterion: &mut Criterion,
    group: &str,
    gallery: &Gallery,
    level: SimdLevel,
    count: usize,
) {
    let (probes, windows) = probes(count);
    let queries: Vec<Query> = probes.iter().map(|p| Query::compile(&gallery.map, p)).collect();
    let view = gallery.view();
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements((count * view.rows()) as u64));
    group.bench_function(format!("{level}/matrix"), |bencher| {
        bencher.iter(|| black_box(run(level, &queries, &windows, view)))
    });
    group.bench_function(format!("{level}/by-agreement"), |bencher| {
        bencher.iter(|| black_box(run_by_agreement(level, &queries, &windows, view)))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = bench
}
criterion_main!(benches);
