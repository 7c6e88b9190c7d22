//! Synthetic fingers through the program, and beside real templates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tanba::domain::finger::{Minutia, MinutiaKind, Template};
use tanba::import::finger::read_bytes;
use tanba::synth::finger::{
    FINGER_REGISTERS, ImpressionOptions, finger_list_path, read_finger_truth, training_prints,
};

mod common;

/// Runs the program with so many threads.
fn tanba(threads: u32, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_tanba"))
        .args(args)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn files_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(dir).unwrap().into(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The templates of a file, and how many doubts the importer has about their geometry. That the best minutiae
/// of many are matched is no doubt.
fn read(path: &Path) -> (Vec<Template>, usize) {
    let file = read_bytes(path, &std::fs::read(path).unwrap()).unwrap();
    assert!(file.rejections.is_empty(), "{path:?}");
    let doubts = file.warnings.iter().filter(|warning| !warning.contains("are matched"));
    (file.templates, doubts.count())
}

#[test]
fn the_program_writes_a_registry_that_reads_back_as_its_truth_says() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| dir.path().join(name);
    for (name, threads) in [("one", 1), ("three", 3)] {
        let out = folder(name);
        let out = out.to_str().unwrap();
        let size = ["--persons", "40", "--seed", "11", "--double-registrations", "6"];
        tanba(threads, &[&["synth", "finger", "--out", out, "--corpses", "3"], &size[..]].concat());
    }
    let out = folder("one");
    assert!(files_of(&out) == files_of(&folder("three")), "threads changed the bytes");
    let truth: BTreeMap<String, _> =
        read_finger_truth(&out).unwrap().into_iter().map(|t| (t.record_id.clone(), t)).collect();
    let (mut seen, mut prints, mut remarked) = (0, 0, 0);
    for register in FINGER_REGISTERS {
        let mut list = csv::Reader::from_path(finger_list_path(&out, register)).unwrap();
        let header =
            ["record_id", "file", "person_id", "case_id", "registered_on", "born_on", "died_on"];
        assert_eq!(list.headers().unwrap(), &header[..]);
        for row in list.records() {
            let row = row.unwrap();
            let truth = &truth[&row[0]];
            assert_eq!(truth.register, register);
            assert_eq!(row[2].is_empty(), !row[3].is_empty());
            let (templates, remarks) = read(&out.join(&row[1]));
            remarked += remarks;
            prints += templates.len();
            let recorded: Vec<_> = templates.iter().map(|t| t.position).collect();
            let expected: Vec<_> = truth.fingers.0.iter().map(|(recorded, _)| *recorded).collect();
            assert_eq!(recorded, expected, "{}", &row[0]);
            seen += 1;
        }
    }
    assert_eq!(seen, truth.len());
    assert!(prints > 5 * seen);
    // A small and poor print by itself may look odd; a registration of ten fingers must not.
    assert!(remarked * 40 < seen, "{remarked} remarks on {seen} records");
}

#[test]
fn prints_are_written_as_the_competitions_name_them() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("prints");
    let args = ["--fingers", "12", "--impressions", "2", "--manner", "latent"];
    tanba(2, &[&["synth", "finger-prints", "--out", out.to_str().unwrap()], &args[..]].concat());
    let files = files_of(&out);
    assert_eq!(files.len(), 24);
    for name in ["db0001/101_1.iso", "db0001/110_2.iso", "db0002/102_1.iso"] {
        assert!(files.contains_key(Path::new(name)), "{name}");
    }
    assert!(files.keys().all(|name| read(&out.join(name)).0[0].impression.is_latent()));
}

/// What the fit is judged by, over a set of prints.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Minutiae per print.
    count: f64,
    /// Standard deviation of it.
    count_spread: f64,
    /// Median distance to the nearest neighbour, pixels.
    nearest_px: f64,
    /// The tenth of the nearest neighbours that is nearer.
    nearest_tenth_px: f64,
    /// Mean cosine of twice the angle between minutiae up to 30 px apart: do they follow one flow?
    flow_near: f64,
    /// The same from 130 to 220 px: how round the print is.
    flow_far: f64,
    /// Mean cosine of the angle between minutiae 20 to 50 px apart: do they point the same way?
    sense: f64,
    /// Share of endings.
    endings: f64,
}

fn figures(prints: &[Vec<Minutia>]) -> Figures {
    let counts: Vec<f64> = prints.iter().map(|p| p.len() as f64).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let count = mean(&counts);
    let variance = mean(&counts.iter().map(|c| (c - count).powi(2)).collect::<Vec<_>>());
    let (mut nearest, mut near, mut far, mut sense) = (vec![], vec![], vec![], vec![]);
    for print in prints {
        for (i, a) in print.iter().enumerate() {
            let mut least = f64::MAX;
            for (j, b) in print.iter().enumerate().filter(|(j, _)| *j != i) {
                let distance = f64::from(a.x - b.x).hypot(f64::from(a.y - b.y));
                least = least.min(distance);
                let turns = (f64::from(a.direction) - f64::from(b.direction)) / 11520.0;
                let angle = turns * std::f64::consts::TAU;
                match distance {
                    _ if j < i => {}
                    d if d < 30.0 => near.push((2.0 * angle).cos()),
                    d if (130.0..220.0).contains(&d) => far.push((2.0 * angle).cos()),
                    _ => {}
                }
                if (20.0..50.0).contains(&distance) {
                    sense.push(angle.cos());
                }
            }
            nearest.extend((least < f64::MAX).then_some(least));
        }
    }
    nearest.sort_by(f64::total_cmp);
    let endings = prints.iter().flatten().filter(|m| m.kind == MinutiaKind::Ending).count();
    Figures {
        count,
        count_spread: variance.sqrt(),
        nearest_px: nearest[nearest.len() / 2],
        nearest_tenth_px: nearest[nearest.len() / 10],
        flow_near: mean(&near),
        flow_far: mean(&far),
        sense: mean(&sense),
        endings: endings as f64 / counts.iter().sum::<f64>(),
    }
}

#[test]
fn plain_impressions_have_the_statistics_of_real_ones() {
    let Some(folder) = common::shared("data/fvc/leader") else { return };
    let real: Vec<Vec<Minutia>> = files_of(&folder)
        .into_iter()
        .filter(|(name, _)| name.extension().is_some_and(|e| e == "iso"))
        .map(|(name, bytes)| read_bytes(&name, &bytes).unwrap().templates.swap_remove(0).minutiae)
        .collect();
    let made: Vec<Vec<Minutia>> = training_prints(77, 40, 1, &ImpressionOptions::plain())
        .into_iter()
        .flat_map(|finger| finger.impressions)
        .map(|impression| impression.template.minutiae)
        .collect();
    assert_eq!((real.len(), made.len()), (400, 400));
    let (real, made) = (figures(&real), figures(&made));
    let close = |a: f64, b: f64, most: f64| (a - b).abs() <= most;
    let both = format!("real {real:?}\nmade {made:?}");
    assert!(close(real.count, made.count, 4.0), "{both}");
    assert!(close(real.count_spread, made.count_spread, 3.0), "{both}");
    assert!(close(real.nearest_px, made.nearest_px, 2.0), "{both}");
    assert!(close(real.nearest_tenth_px, made.nearest_tenth_px, 2.0), "{both}");
    assert!(close(real.flow_near, made.flow_near, 0.08), "{both}");
    assert!(close(real.flow_far, made.flow_far, 0.12), "{both}");
    assert!(close(real.sense, made.sense, 0.12), "{both}");
    assert!(close(real.endings, made.endings, 0.08), "{both}");
}
