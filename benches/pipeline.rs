//! The pipeline from files to hits: import, N:N, 1:N, match matrix, each against the scalar
//! reference of the same run. Prints pairs per second (criterion's `elem/s`) and bytes per profile.
//!
//! `cargo bench --bench pipeline`; `TANBA_BENCH_PERSONS` sets the size of the registry (default
//! 20,000 persons, some 7,000 convicts).

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench"
)]

use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tanba::device::Devices;
use tanba::device::cpu::CpuDevice;
use tanba::domain::builtin_frequencies::{DEFAULT_NAME, builtin};
use tanba::domain::calibration;
use tanba::domain::category::Index;
use tanba::domain::frequency::{FrequencyTable, MinimumFrequency};
use tanba::domain::likelihood::Population;
use tanba::domain::rule_set;
use tanba::gallery::Gallery;
use tanba::gallery::commit::{self, ImportOutcome, Intake};
use tanba::import::{ImportOptions, import_file};
use tanba::kernel::simd::SimdLevel;
use tanba::plan::job::{Parameters, SearchSpec, Sweep, Threshold, searches};
use tanba::plan::search::ready;
use tanba::plan::tile::TileSize;
use tanba::plan::way::WayChoice;
use tanba::run::begin::{Begin, CommandLine};
use tanba::run::matrix::PackedIndex;
use tanba::run::progress::Silent;
use tanba::run::{Execution, RunInputs, execute, load};
use tanba::synth::{SynthOptions, generate, write_registry};

fn import(registry: &Path, gallery: &Path, index: Index, name: &str) -> u64 {
    let options = ImportOptions {
        index,
        owner: "bench".into(),
        registered_on: jiff::civil::date(2026, 11, 21),
        today: jiff::civil::date(2026, 11, 21),
        aliases: Default::default(),
        partial: false,
        lineage_only: false,
        haplotypes: Default::default(),
    };
    let imported =
        import_file(&registry.join(name), &options).expect("a synthetic file is readable");
    let intake = Intake {
        file_hash: imported.file_hash,
        file_name: name.into(),
        rejected: imported.rejections.len() as u64,
        records: imported.records,
        family_members: imported.family_members,
        pedigree_persons: imported.pedigree_persons,
    };
    match commit::import(gallery, index, "bench", &[intake]).expect("the gallery is writable") {
        ImportOutcome::Committed(committed) => committed.added,
        ImportOutcome::Clashes(clashes) => panic!("{clashes:?}"),
    }
}

struct World {
    folder: tempfile::TempDir,
    table: FrequencyTable,
    parameters: Parameters,
}

fn world() -> World {
    let persons = std::env::var("TANBA_BENCH_PERSONS").ok().and_then(|p| p.parse().ok());
    let table = builtin(DEFAULT_NAME).expect("built in").expect("readable");
    let options = SynthOptions::new(persons.unwrap_or(20_000), table.clone());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = generate(&options).expect("default options are valid");
    write_registry(&folder.path().join("registry"), &registry).expect("writable");
    let parameters = Parameters {
        as_of: options.as_of,
        frequencies: table.name().into(),
        frequencies_id: table.content_id(),
        theta: 0.01,
        minimum_frequency: MinimumFrequency::FiveObservations,
        threshold: Threshold::ExpectFalse(1.0),
        rules: rule_set::builtin("tanba").expect("built in").expect("readable"),
        mismatches: 1,
        min_loci: 6,
        top: None,
        across_owners: false,
        transmission: None,
        prior: None,
        since: None,
        calibration: Arc::new(calibration::BUILTIN),
        set_aside: Vec::new(),
    };
    World { folder, table, parameters }
}

fn run(world: &World, gallery: &Gallery, spec: &SearchSpec, level: SimdLevel) -> u64 {
    let population = Population {
        frequencies: &world.table,
        theta: world.parameters.theta,
        minimum: world.parameters.minimum_frequency,
    };
    let specs = std::slice::from_ref(spec);
    let sides = load::sides(gallery, specs, true, world.parameters.as_of).expect("readable");
    let search = ready(spec, &sides, &world.parameters, &population).expect("readable");
    let inputs = RunInputs {
        gallery_generation: gallery.manifest().generation,
        gallery_manifest_blake3: gallery.manifest_hash().to_owned(),
        probe_blake3: String::new(),
        searches: vec![search],
        finger_searches: Vec::new(),
        parameters: &world.parameters,
        population,
    };
    let execution = Execution {
        out: world.folder.path().join("out"),
        overwrite: true,
        tile: TileSize::default(),
        threads: 1,
        way: WayChoice::Auto,
        devices: Arc::new(Devices::of_cpu(CpuDevice::new(level).expect("available"))),
        begin: Begin::New(CommandLine::default()),
        wait_until: None,
        interrupt: Arc::default(),
        case: None,
        elsewhere: None,
    };
    let outcome = execute(&inputs, &execution, &Silent).expect("a run of a sound gallery");
    outcome.report.searches[0].comparisons
}

fn pipeline(c: &mut Criterion) {
    let world = world();
    let (registry, gallery) =
        (world.folder.path().join("registry"), world.folder.path().join("gallery"));
    let convicts = import(&registry, &gallery, Index::Convict, "convicts.csv");
    import(&registry, &gallery, Index::Trace, "traces.csv");
    let opened = Gallery::open(&gallery).expect("just made");
    let segment = opened.open_segment(&opened.manifest().segments[0]).expect("just made");
    println!("{convicts} convicts, {:.0} bytes per profile in memory", segment.bytes_per_record());

    let mut group = c.benchmark_group("import");
    group.sample_size(10).throughput(Throughput::Elements(convicts));
    group.bench_function("wide CSV to committed segment", |b| {
        b.iter(|| {
            let fresh = tempfile::tempdir().expect("a temporary folder");
            import(&registry, fresh.path(), Index::Convict, "convicts.csv")
        });
    });
    group.finish();

    let levels = [SimdLevel::Scalar, SimdLevel::fastest()];
    for (name, sweep) in
        [("N:N dedup", Sweep::Dedup), ("1:N traces against convicts", Sweep::ColdCase)]
    {
        let spec = searches(sweep).expect("lawful").swap_remove(0);
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for level in levels {
            let comparisons = run(&world, &opened, &spec, level);
            group.throughput(Throughput::Elements(comparisons));
            group.bench_with_input(
                BenchmarkId::from_parameter(level.name()),
                &level,
                |b, level| {
                    b.iter(|| run(&world, &opened, &spec, *level));
                },
            );
        }
        group.finish();
    }

    let specs = [searches(Sweep::Dedup).expect("lawful").swap_remove(0)];
    let sides = load::sides(&opened, &specs, true, world.parameters.as_of).expect("readable");
    let packed = PackedIndex::new(&sides.by_index[&Index::Convict]).expect("readable");
    let pairs = packed.records() as u64 * (packed.records() as u64 - 1) / 2;
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut group = c.benchmark_group("match matrix");
    group.sample_size(10).throughput(Throughput::Elements(pairs));
    for level in levels {
        let device = CpuDevice::new(level).expect("available");
        group.bench_with_input(BenchmarkId::from_parameter(level.name()), &device, |b, device| {
            b.iter(|| {
                one_thread
                    .install(|| packed.matrix(&(*device).into()).expect("sound planes").total())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
