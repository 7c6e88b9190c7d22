//! Likelihood ratio bounds per second of `kin_screen`: threshold 10^3, theta 0.01. Full siblings
//! exclude nobody, so every sum is made; parenthood excludes nearly all.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout, reason = "a bench")]

mod common;

use std::hint::black_box;

use common::{CACHED_ROWS, Gallery, STREAMED_ROWS, frequencies, probes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tanba::domain::frequency::MinimumFrequency;
use tanba::domain::likelihood::Population;
use tanba::domain::relation::Relation;
use tanba::kernel::kin_screen::{KinQuery, Params, run};
use tanba::kernel::simd::SimdLevel;

fn bench(criterion: &mut Criterion) {
    let gallery = Gallery::new(CACHED_ROWS);
    println!("{} bytes per profile", gallery.map.bytes_per_profile());
    for level in SimdLevel::available() {
        let count = if level == SimdLevel::Scalar { 1 } else { 64 };
        measure(criterion, "kin_screen/cached", &gallery, level, count);
    }
    let gallery = Gallery::new(STREAMED_ROWS);
    for count in [1, 32] {
        let group = format!("kin_screen/streamed-{count}");
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
    let table = frequencies(gallery);
    let population =
        Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
    let (probes, windows) = probes(count);
    let view = gallery.view();
    let params = Params { threshold_log10: 3.0 };
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements((count * view.rows()) as u64));
    for relation in [Relation::FullSiblings, Relation::ParentChild] {
        let compile = |p| KinQuery::compile(&gallery.map, p, relation, &population);
        let queries: Vec<KinQuery> = probes.iter().map(compile).collect();
        group.bench_function(format!("{level}/{relation}"), |bencher| {
            bencher.iter(|| black_box(run(level, &params, &queries, &windows, view, 1 << 22)))
        });
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
