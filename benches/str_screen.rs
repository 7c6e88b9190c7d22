//! Pairs per second of `str_screen`: high stringency, two loci may fail, at least eight compared.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout, reason = "a bench")]

mod common;

use std::hint::black_box;

use common::{CACHED_ROWS, Gallery, STREAMED_ROWS, probes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tanba::domain::stringency::Stringency;
use tanba::kernel::simd::SimdLevel;
use tanba::kernel::str_screen::{Params, Query, run};

fn bench(criterion: &mut Criterion) {
    cached(criterion);
    streamed(criterion);
}

fn params(stringency: Stringency) -> Params {
    Params { stringency, max_failing: 2, min_compared: 8 }
}

fn cached(criterion: &mut Criterion) {
    let gallery = Gallery::new(CACHED_ROWS);
    println!("{} bytes per profile", gallery.map.bytes_per_profile());
    let mut group = criterion.benchmark_group("str_screen/cached");
    for level in SimdLevel::available() {
        let count = if level == SimdLevel::Scalar { 1 } else { 256 };
        let (probes, windows) = probes(count);
        let queries: Vec<Query> = probes.iter().map(|p| Query::compile(&gallery.map, p)).collect();
        group.throughput(Throughput::Elements((count * CACHED_ROWS) as u64));
        for stringency in [Stringency::High, Stringency::Moderate, Stringency::Low] {
            group.bench_function(format!("{level}/{}", stringency.name()), |bencher| {
                let params = params(stringency);
                bencher.iter(|| {
                    black_box(run(level, &params, &queries, &windows, gallery.view(), 1 << 20))
                })
            });
        }
    }
}

fn streamed(criterion: &mut Criterion) {
    let gallery = Gallery::new(STREAMED_ROWS);
    let level = SimdLevel::fastest();
    let mut group = criterion.benchmark_group("str_screen/streamed");
    for count in [1, 256] {
        let (probes, windows) = probes(count);
        let queries: Vec<Query> = probes.iter().map(|p| Query::compile(&gallery.map, p)).collect();
        group.throughput(Throughput::Elements((count * STREAMED_ROWS) as u64));
        for stringency in [Stringency::High, Stringency::Moderate, Stringency::Low] {
            group.bench_function(
                format!("{level}/{}/{count}-probes", stringency.name()),
                |bencher| {
                    let params = params(stringency);
                    bencher.iter(|| {
                        black_box(run(level, &params, &queries, &windows, gallery.view(), 1 << 20))
                    })
                },
            );
        }
    }
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
