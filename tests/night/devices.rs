//! The same night on the processor and on an adapter (in CI the software adapter of Mesa).

use super::*;

/// Whether the tests of adapters were switched off by the one who runs them.
fn is_without_gpu() -> bool {
    let is = std::env::var_os("TANBA_WITHOUT_GPU").is_some();
    if is {
        println!("SKIPPED (TANBA_WITHOUT_GPU is set): nights on an adapter");
    }
    is
}

fn report(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_night_on_an_adapter_gives_the_same_bytes_of_hits_as_on_the_processor() {
    if is_without_gpu() {
        return;
    }
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("baseline");
    night(&world.gallery, &baseline, "scalar", &["--device", "cpu"]);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20_261_121);
    for round in 0..6 {
        let probes = rng.random_range(20..400u32).to_string();
        let rows = (1u32 << rng.random_range(5..12u32)).to_string();
        let options = ["--device", "gpu", "--tile-probes", &probes, "--tile-rows", &rows];
        let out = folder.path().join(format!("round-{round}"));
        night(&world.gallery, &out, SimdLevel::fastest().name(), &options[..2 + 2 * (round % 3)]);
        for file in ["hits.parquet", "clusters.parquet", "histogram.parquet"] {
            let (a, b) =
                (fs::read(baseline.join(file)).unwrap(), fs::read(out.join(file)).unwrap());
            assert!(a == b, "{file} differs with {options:?}");
        }
        let devices = report(&out)["devices"].clone();
        assert_eq!(devices[0]["tiles"], 0, "the processor took no tile: {devices}");
        assert!(devices[1]["tiles"].as_u64().unwrap() > 0 && devices[1]["put_out"].is_null());
        println!("GPU NIGHT: {}", devices[1]["device"]);
    }
}

#[test]
fn a_card_that_is_lost_or_has_no_memory_in_a_night_changes_no_byte_of_hits() {
    if is_without_gpu() {
        return;
    }
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    failing_card::build(folder.path());
    let baseline = folder.path().join("baseline");
    night(&world.gallery, &baseline, "scalar", &["--device", "cpu"]);
    let assert_same = |out: &Path, what: &str| {
        for file in ["hits.parquet", "clusters.parquet", "histogram.parquet"] {
            let (a, b) =
                (fs::read(baseline.join(file)).unwrap(), fs::read(out.join(file)).unwrap());
            assert!(a == b, "{file} differs: {what}");
        }
    };
    let (mut lost_at_work, mut interrupted) = (0, 0);
    // The self-test of the kernels takes some sixty submissions.
    for (fault, first) in
        [("memory", 1), ("lost", 1), ("lost", 75), ("lost", 90), ("lost", 110), ("lost", 140)]
    {
        for more in [&[][..], &["--require-gpu"]] {
            let what = format!("{fault} from call {first} on, {more:?}");
            let out = folder.path().join(format!("{fault}-{first}-{}", more.len()));
            let arguments = ["--device", "gpu", "--tile-probes", "30", "--tile-rows", "64"];
            let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
            command.args(["run", "nightly", "--gallery", text(&world.gallery)]);
            command.args(["--out", text(&out)]).args(arguments).args(more);
            failing_card::fails(&mut command, folder.path(), fault, first);
            let done = command.output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            match (done.status.code(), more.is_empty()) {
                (Some(0), _) => {}
                // Refused at the beginning, or interrupted in the middle.
                (Some(2), false) => continue,
                (Some(4), false) => {
                    interrupted += 1;
                    exits(0, &["resume", "--out", text(&out)]);
                }
                (code, _) => panic!("{what}: {code:?}\n{said}"),
            }
            assert_same(&out, &what);
            let devices = report(&out)["devices"].clone();
            let worked = |device: &serde_json::Value| {
                device["tiles"].as_u64() > Some(0) && !device["put_out"].is_null()
            };
            lost_at_work += u32::from(devices.as_array().unwrap().iter().any(worked));
        }
    }
    assert!(lost_at_work > 0 && interrupted > 0, "{lost_at_work} {interrupted}");
}

#[test]
fn the_devices_of_a_machine_are_listed_and_a_wrong_number_is_refused() {
    let listed = exits(0, &["devices"]);
    assert!(listed.contains("cpu") && listed.contains("passed"), "{listed}");
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = ["run", "dedup", "--gallery", text(&world.gallery), "--out", text(&out)];
    let refused = exits(2, &[&run[..], &["--device", "gpu:99"]].concat());
    assert!(refused.contains("there is no gpu:99"), "{refused}");
    let refused = exits(2, &[&run[..], &["--device", "cpu", "--require-gpu"]].concat());
    assert!(refused.contains("no graphics card"), "{refused}");
    assert!(!out.exists(), "nothing was written");
}

#[test]
fn a_machine_without_a_driver_says_so_and_runs_on_the_processor() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
        // No driver of any kind is to be found.
        command.env("VK_DRIVER_FILES", "/nowhere").env("VK_ICD_FILENAMES", "/nowhere");
        command.args(["run", "dedup", "--gallery", text(&world.gallery), "--out", text(&out)]);
        command.args(more).output().unwrap()
    };
    let output = run("auto", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let line = "no Vulkan driver was found: everything runs on the processor";
    assert_eq!(said.matches(line).count(), 1, "{said}");
    let output = run("required", &["--require-gpu"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_match_matrix_is_the_same_on_every_device() {
    if is_without_gpu() {
        return;
    }
    let world = world();
    for more in [&[][..], &["--stringency"][..]] {
        let matrix = |device: &str| {
            let args = ["gallery", "matrix", text(&world.gallery), "--device", device];
            let output = tanba(&[&args[..], more].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let on_cpu = matrix("cpu");
        assert!(on_cpu.lines().count() > 20, "{on_cpu}");
        assert_eq!(matrix("gpu"), on_cpu, "{more:?}");
    }
}

#[test]
fn a_night_of_fingerprints_on_an_adapter_gives_the_same_bytes_of_hits() {
    if is_without_gpu() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (registry, gallery) = (folder.path().join("registry"), folder.path().join("gallery"));
    let size = ["--persons", "110", "--double-registrations", "12", "--traces", "6"];
    exits(0, &[&["synth", "finger", "--out", text(&registry), "--seed", "3"], &size[..]].concat());
    for register in ["citizen", "convict", "trace"] {
        let list = registry.join(format!("{register}.csv"));
        let args = ["import", "--gallery", text(&gallery), "--register", register];
        exits(0, &[&args[..], &["--owner", "mvd", text(&list)]].concat());
    }
    let level = SimdLevel::fastest().name();
    let baseline = folder.path().join("baseline");
    night(&gallery, &baseline, level, &["--device", "cpu"]);
    assert!(read_hits(&baseline).unwrap().len() > 10);
    for tile in [&["--tile-probes", "37", "--tile-rows", "64"][..], &[]] {
        let out = folder.path().join(format!("gpu-{}", tile.len()));
        night(&gallery, &out, level, &[&["--device", "gpu"], tile].concat());
        for file in ["hits.parquet", "clusters.parquet", "histogram.parquet"] {
            let (a, b) =
                (fs::read(baseline.join(file)).unwrap(), fs::read(out.join(file)).unwrap());
            assert!(a == b, "{file} differs with {tile:?}");
        }
        let devices = report(&out)["devices"].clone();
        assert!(devices[1]["tiles"].as_u64().unwrap() > 0 && devices[1]["put_out"].is_null());
    }
}
