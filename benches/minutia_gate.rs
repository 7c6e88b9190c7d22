//! Comparisons per second of `minutia_gate`, and of the gate with `minutia_pair` on the best 0.1 %.

#![allow(missing_docs, clippy::expect_used, reason = "a bench")]

#[path = "common/finger.rs"]
mod finger;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use finger::Prints;
use tanba::kernel::minutia::PrintView;
use tanba::kernel::minutia_gate::{
    Batch, PAIRS, best_partners, consistency, excess, gate, largest,
};
use tanba::kernel::minutia_pair;
use tanba::kernel::simd::SimdLevel;

/// Probes of a batch.
const PROBES: usize = 64;
/// Prints of the gallery: with their descriptors half of a second-level cache of 1 MiB.
const GALLERY: usize = 192;

fn bench(criterion: &mut Criterion) {
    for minutiae in [36, 54] {
        let (probes, gallery) =
            (Prints::new(1, PROBES, minutiae), Prints::new(2, GALLERY, minutiae));
        levels(criterion, minutiae, &probes.views(), &gallery.views());
        if minutiae == 36 {
            cascade(criterion, &probes.views(), &gallery.views());
        }
    }
    let (probes, gallery) = (Prints::new(1, PROBES, 36), Prints::new(2, GALLERY, 36));
    stages(criterion, &probes.views(), &gallery.views());
    end_to_end(criterion, &probes.views(), &gallery.views());
}

fn levels(
    criterion: &mut Criterion,
    minutiae: usize,
    probes: &[PrintView<'_>],
    gallery: &[PrintView<'_>],
) {
    let mut group = criterion.benchmark_group(format!("minutia_gate/{minutiae}-minutiae"));
    for level in SimdLevel::available() {
        let probes = if level == SimdLevel::Scalar { &probes[..1] } else { probes };
        let batch = Batch::new(level, probes);
        let mut scores = vec![0; probes.len() * gallery.len()];
        group.throughput(Throughput::Elements(scores.len() as u64));
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                gate(&batch, gallery, 0, &mut scores);
                black_box(scores.first().copied())
            })
        });
    }
}

/// The gate whose second stage is run for a quarter of the comparisons, those of the greatest excess.
fn cascade(criterion: &mut Criterion, probes: &[PrintView<'_>], gallery: &[PrintView<'_>]) {
    let pairs = probes.iter().flat_map(|probe| gallery.iter().map(move |print| (probe, print)));
    let mut excesses: Vec<i32> = pairs.map(|(probe, print)| excess(*probe, *print)).collect();
    excesses.sort_unstable_by(|a, b| b.cmp(a));
    let least = excesses[excesses.len() / 4];
    let mut group = criterion.benchmark_group("minutia_gate/36-minutiae-quarter");
    for level in SimdLevel::available().into_iter().filter(|level| *level != SimdLevel::Scalar) {
        let batch = Batch::new(level, probes);
        let mut scores = vec![0; probes.len() * gallery.len()];
        group.throughput(Throughput::Elements(scores.len() as u64));
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                gate(&batch, gallery, least, &mut scores);
                black_box(scores.first().copied())
            })
        });
    }
}

/// The stages of the definition, and what preparing a batch costs.
fn stages(criterion: &mut Criterion, probes: &[PrintView<'_>], gallery: &[PrintView<'_>]) {
    let mut group = criterion.benchmark_group("minutia_gate/stages");
    group.throughput(Throughput::Elements(gallery.len() as u64));
    group.bench_function("scalar/1", |bencher| {
        bencher.iter(|| {
            for print in gallery {
                black_box((best_partners(probes[0], *print), best_partners(*print, probes[0])));
            }
        })
    });
    let keys: Vec<_> =
        gallery.iter().map(|print| largest(&best_partners(probes[0], *print), PAIRS)).collect();
    group.bench_function("scalar/2", |bencher| {
        bencher.iter(|| {
            for (print, keys) in gallery.iter().zip(&keys) {
                // Both directions cost the same.
                black_box(consistency(probes[0], *print, keys));
                black_box(consistency(probes[0], *print, keys));
            }
        })
    });
    group.throughput(Throughput::Elements(probes.len() as u64));
    for level in SimdLevel::available() {
        group.bench_function(format!("{level}/prepare-a-probe"), |bencher| {
            bencher.iter(|| black_box(Batch::new(level, probes)))
        });
    }
}

/// Gate, choice of the best 0.1 %, and their full scores.
fn end_to_end(criterion: &mut Criterion, probes: &[PrintView<'_>], gallery: &[PrintView<'_>]) {
    let mut group = criterion.benchmark_group("minutia_gate/end-to-end");
    for level in SimdLevel::available().into_iter().filter(|level| *level != SimdLevel::Scalar) {
        let batch = Batch::new(level, probes);
        let mut scores = vec![0; probes.len() * gallery.len()];
        group.throughput(Throughput::Elements(scores.len() as u64));
        let best = scores.len() / 1000;
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                gate(&batch, gallery, 0, &mut scores);
                let mut order: Vec<(i32, usize)> = scores.iter().copied().zip(0..).collect();
                order.select_nth_unstable_by(best, |a, b| b.cmp(a));
                for (_, place) in &order[..best] {
                    let (probe, print) = (place / gallery.len(), place % gallery.len());
                    black_box(minutia_pair::score(level, probes[probe], gallery[print]));
                }
            })
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
