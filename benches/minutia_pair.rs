//! Comparisons per second of `minutia_pair`: of mates, and of strangers.

#![allow(missing_docs, clippy::expect_used, reason = "a bench")]

#[path = "common/finger.rs"]
mod finger;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use finger::Prints;
use tanba::kernel::minutia_pair::score;
use tanba::kernel::simd::SimdLevel;

/// Pairs compared.
const PAIRS: usize = 64;

fn bench(criterion: &mut Criterion) {
    for minutiae in [36, 54] {
        let prints = Prints::new(1, PAIRS, minutiae);
        let views = prints.views();
        let mut group = criterion.benchmark_group(format!("minutia_pair/{minutiae}-minutiae"));
        group.throughput(Throughput::Elements(PAIRS as u64));
        for level in SimdLevel::available() {
            group.bench_function(format!("{level}/mates"), |bencher| {
                bencher.iter(|| {
                    for (print, mate) in views.iter().zip(&prints.mates) {
                        black_box(score(level, *print, mate.view()));
                    }
                })
            });
            group.bench_function(format!("{level}/strangers"), |bencher| {
                bencher.iter(|| {
                    for (print, other) in views.iter().zip(views.iter().rev()) {
                        black_box(score(level, *print, *other));
                    }
                })
            });
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
