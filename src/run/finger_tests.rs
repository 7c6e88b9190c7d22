//! Tiles of fingerprints: the screen finds the mates, and how a tile is cut changes nothing.

use std::sync::Arc;

use super::*;
use crate::device::CpuDevice;
use crate::domain::calibration::{self, Scale};
use crate::domain::finger::{Minutia, Position, Rotation, Template};
use crate::domain::finger_fusion::best_of_mban;
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::domain::rule_set::{RuleSet, builtin as builtin_rules};
use crate::gallery::finger_segment::FingerSegment;
use crate::kernel::Survivor;
use crate::kernel::select::Selected;
use crate::law::finger_purpose::Policy;
use crate::plan::finger_job::FingerSearchSpec;
use crate::plan::finger_screen::Penetration;
use crate::plan::finger_search::{FingerSides, ready_finger};
use crate::plan::finger_side::Unplaced;
use crate::plan::job::{Parameters, Threshold};
use crate::run::finger_compare::records;
use crate::run::finger_first::spot_check;
use crate::run::finger_probes::Described;
use crate::synth::finger::{ImpressionOptions, Person};

/// How a record shows its person's hands.
#[derive(Debug, Clone, Copy)]
enum Hands {
    Whole,
    Exchanged,
    /// Right index and left middle finger at each other's place.
    Misplaced,
    /// Only these fingers.
    Few(&'static [u8]),
}

fn impressions(person: u32, time: u64, hands: Hands) -> Vec<Template> {
    let person = Person::new(7, person);
    let shown = |position: &Position| match hands {
        Hands::Few(codes) => codes.contains(&position.code()),
        _ => true,
    };
    let print = |position: &Position| {
        let own = match (hands, position.code()) {
            (Hands::Exchanged, code) => mirror(code),
            (Hands::Misplaced, 2) => 8,
            (Hands::Misplaced, 8) => 2,
            (_, code) => code,
        };
        let master = person.master(Position::from_code(own).unwrap()).unwrap();
        let template = master.impression(&ImpressionOptions::plain(), time);
        Template { position: *position, ..template }
    };
    Position::FINGERS.iter().filter(|p| shown(p)).map(print).collect()
}

fn record(id: &str, register: Register, templates: Vec<Template>) -> FingerRecord {
    FingerRecord {
        record_id: id.into(),
        person_id: None,
        case_id: None,
        register,
        owner: "mvd".into(),
        registered_on: jiff::civil::date(2026, 1, 1),
        retain_until: None,
        retain_rule: String::new(),
        templates,
    }
}

/// Twenty persons, five of them registered again in some other way; and marks of four of them.
fn sides() -> FingerSides {
    let again = [
        Hands::Whole,
        Hands::Exchanged,
        Hands::Misplaced,
        Hands::Few(&[3, 9]),
        Hands::Few(&[1, 4, 10]),
    ];
    let mut citizens: Vec<FingerRecord> = (0..20)
        .map(|n| record(&format!("A{n:02}"), Register::Citizen, impressions(n, 0, Hands::Whole)))
        .collect();
    citizens.extend(again.iter().enumerate().map(|(n, hands)| {
        record(&format!("B{n:02}"), Register::Citizen, impressions(n as u32, 1, *hands))
    }));
    let marks: Vec<FingerRecord> = (0..4)
        .map(|n| {
            let mut mark = impressions(10 + n, 2, Hands::Few(&[2, 7])).swap_remove(0);
            mark.position = Position::UNKNOWN;
            record(&format!("T{n:02}"), Register::Trace, vec![mark])
        })
        .collect();
    let mut sides = FingerSides::default();
    for (register, records) in [(Register::Citizen, citizens), (Register::Trace, marks)] {
        let segment = FingerSegment::in_memory(register, "mvd", &records).unwrap();
        let day = jiff::civil::date(2026, 11, 21);
        let side = FingerSide::new(vec![Arc::new(segment)], &Default::default(), day);
        sides.by_register.insert(register, Arc::new(side));
    }
    sides
}

fn search(sides: &FingerSides, probe: Register, threshold: Threshold) -> ReadyFingerSearch {
    let spec = FingerSearchSpec::new("s", probe, Register::Citizen, Policy::default()).unwrap();
    let parameters = Parameters {
        as_of: jiff::civil::date(2026, 11, 21),
        frequencies: String::new(),
        frequencies_id: String::new(),
        theta: 0.0,
        minimum_frequency: crate::domain::frequency::MinimumFrequency::UnseenOnly,
        threshold,
        rules: RuleSet { most_failing: 0, ..builtin_rules("tanba").unwrap().unwrap() },
        mismatches: 0,
        min_loci: 1,
        top: None,
        across_owners: false,
        transmission: None,
        prior: None,
        since: None,
        calibration: Arc::new(calibration::BUILTIN),
        set_aside: Vec::new(),
    };
    // A screen even of so few: one comparison in ten passes each stage.
    let penetration = Penetration {
        excess: 0.5,
        first_across: 0.2,
        first_fingers: 0.1,
        across_fingers: 0.1,
        three_fingers: 0.1,
        five_fingers: 0.1,
        all_fingers: 0.1,
        mark: 0.1,
        always: 0.0,
    };
    ready_finger(&spec, sides, &parameters, penetration, &CpuDevice::detect().unwrap())
}

fn run(search: &ReadyFingerSearch, tile: &Tile, capacity: usize) -> TileOutput {
    let device = CpuDevice::detect().unwrap();
    let context = FingerContext { search, device: device.into(), run_id: "r", kept: None };
    let mut output = run_within(&context, tile, capacity).unwrap();
    output.hits.sort_by(|a, b| a.hit_id.cmp(&b.hit_id));
    output
}

fn whole(search: &ReadyFingerSearch) -> Tile {
    Tile {
        probe_segment: 0,
        probes: 0..search.probes.records.len(),
        gallery_segment: 0,
        rows: 0..search.gallery.records.len(),
        diagonal: search.spec.triangle,
        part: Default::default(),
    }
}

#[test]
fn the_screen_keeps_doubles_however_their_fingers_were_recorded() {
    let sides = sides();
    let search = search(&sides, Register::Citizen, Threshold::Log10(5.0));
    let output = run(&search, &whole(&search), usize::MAX);
    assert_eq!(output.comparisons, search.comparisons);
    assert!(output.stages.first_fingers < search.comparisons / 3, "{:?}", output.stages);
    let mut found: Vec<(&str, &str, &str)> = output
        .hits
        .iter()
        .map(|h| (h.probe_id.as_str(), h.gallery_id.as_str(), h.rule.as_str()))
        .collect();
    found.sort_unstable();
    let expected = [
        ("A00", "B00", "equal positions"),
        ("A01", "B01", "sequence error"),
        ("A02", "B02", "sequence error"),
        ("A03", "B03", "equal positions"),
        ("A04", "B04", "equal positions"),
    ];
    assert_eq!(found, expected);
    let misplaced = output.hits.iter().find(|hit| hit.probe_id == "A02").unwrap();
    let fingers = &misplaced.finger.as_ref().unwrap().fingers;
    let elsewhere: Vec<(u8, u8)> = fingers
        .iter()
        .filter(|f| f.probe_position != f.gallery_position)
        .map(|f| (f.probe_position, f.gallery_position))
        .collect();
    assert_eq!(elsewhere, [(2, 8), (8, 2)]);
    let few = output.hits.iter().find(|hit| hit.probe_id == "A03").unwrap();
    assert_eq!(few.finger.as_ref().unwrap().fingers.len(), 2);
}

#[test]
fn a_mark_names_the_finger_that_left_it() {
    let sides = sides();
    let search = search(&sides, Register::Trace, Threshold::Log10(2.0));
    let output = run(&search, &whole(&search), usize::MAX);
    assert_eq!(output.comparisons, 4 * 25);
    for n in 0..4 {
        let (mark, person) = (format!("T{n:02}"), format!("A{}", 10 + n));
        let hit = output.hits.iter().find(|h| h.probe_id == mark && h.gallery_id == person);
        let fingers = &hit.unwrap().finger.as_ref().unwrap().fingers;
        assert_eq!(fingers.len(), 1);
        assert_eq!((fingers[0].probe_position, fingers[0].gallery_position), (0, 2));
    }
}

/// The four fingers of a right hand pressed down together: one impression.
fn slap(person: u32) -> Template {
    let fingers = impressions(person, 3, Hands::Few(&[2, 3, 4, 5]));
    let mut slap = Template { position: Position::from_code(13).unwrap(), ..fingers[0].clone() };
    slap.minutiae.clear();
    for (place, finger) in fingers.into_iter().enumerate() {
        let aside = 450 * place as i32;
        let moved = finger.minutiae.into_iter().map(|m| Minutia { x: m.x + aside, ..m });
        slap.minutiae.extend(moved);
    }
    slap
}

#[test]
fn a_mark_is_searched_in_slaps_and_deduplication_counts_them_as_not_compared() {
    let mut sides = sides();
    let records = [
        record("S10", Register::Citizen, vec![slap(10)]),
        record(
            "S11",
            Register::Citizen,
            [impressions(15, 3, Hands::Whole), vec![slap(15)]].concat(),
        ),
        record("S12", Register::Citizen, vec![slap(12)]),
    ];
    let segment = FingerSegment::in_memory(Register::Citizen, "mvd", &records).unwrap();
    let day = jiff::civil::date(2026, 11, 21);
    let side = FingerSide::new(vec![Arc::new(segment)], &Default::default(), day);
    sides.by_register.insert(Register::Citizen, Arc::new(side));
    let marks = search(&sides, Register::Trace, Threshold::Log10(3.0));
    assert_eq!(marks.unplaced, Unplaced::default(), "marks are compared with everything");
    let output = run(&marks, &whole(&marks), usize::MAX);
    let mut found: Vec<(&str, &str)> =
        output.hits.iter().map(|h| (h.probe_id.as_str(), h.gallery_id.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("T00", "S10"), ("T02", "S12")]);
    let dedup = search(&sides, Register::Citizen, Threshold::Log10(3.0));
    assert_eq!(dedup.unplaced, Unplaced { impressions: 3, records: 2 });
    assert_eq!(dedup.comparisons, 0);
}

#[test]
fn a_slap_costs_a_mark_as_many_tries_as_it_shows_fingers() {
    let device = CpuDevice::detect().unwrap();
    let mark = Described::of(&impressions(10, 2, Hands::Few(&[2]))).unwrap();
    let score = |code| {
        let print = Template { position: Position::from_code(code).unwrap(), ..slap(10) };
        let print = Described::of(&[print]).unwrap();
        records(
            &device,
            (&mark.placed(), &print.placed()),
            Scale { rotation: Rotation::Any, calibration: &calibration::BUILTIN },
            0,
        )
        .score_mban
    };
    assert!(score(0) > 3000);
    assert_eq!((score(13), score(15)), (best_of_mban(score(0), 4), best_of_mban(score(0), 2)));
}

#[test]
fn an_overflowing_tile_of_fingerprints_is_redone_in_halves_and_loses_no_hit() {
    let sides = sides();
    // So low that many pairs are hits.
    for probe in [Register::Citizen, Register::Trace] {
        let search = search(&sides, probe, Threshold::Log10(0.0));
        let all = run(&search, &whole(&search), usize::MAX);
        assert!(all.hits.len() > 10 && all.splits == 0, "{}", all.hits.len());
        for capacity in [1, 5] {
            let cut = run(&search, &whole(&search), capacity);
            assert!(cut.splits > 0);
            assert_eq!((cut.comparisons, cut.survivors), (all.comparisons, all.survivors));
            assert_eq!(cut.histogram, all.histogram);
            assert_eq!(cut.hits, all.hits, "{probe} at capacity {capacity}");
        }
    }
}

#[test]
fn a_device_that_answers_wrongly_is_caught() {
    let device = CpuDevice::detect().unwrap().into();
    let of = |row, value| Survivor { probe: 1, row, value };
    let selected = |survivors: &[Survivor], best: &[Survivor]| Selected {
        survivors: survivors.to_vec(),
        best: best.to_vec(),
    };
    let check = |selected: &Selected, score| {
        spot_check(&device, (2, 9, 50), selected, Some(&|_: &Survivor| score))
    };
    assert!(check(&selected(&[of(3, 70)], &[of(3, 70)]), 70).is_ok());
    assert!(check(&selected(&[], &[of(3, 49)]), 49).is_ok());
    for (survivors, best, score) in [
        (&[of(3, 71)][..], &[of(3, 71)][..], 70),
        (&[], &[of(3, 70)], 70),
        (&[of(3, 49)], &[of(3, 49)], 49),
        (&[], &[], 49),
        (&[of(9, 70)], &[of(3, 70)], 70),
        (&[], &[Survivor { probe: 2, ..of(3, 49) }], 49),
    ] {
        let wrong = check(&selected(survivors, best), score).unwrap_err();
        assert_eq!(wrong.kind().exit_code(), 6, "{survivors:?} {best:?}");
    }
    // Unchecked answers must still name what is there.
    let elsewhere = selected(&[of(9, 70)], &[]);
    assert!(spot_check(&device, (2, 9, 50), &elsewhere, None).is_err());
    assert!(spot_check(&device, (2, 9, 50), &selected(&[of(8, 70)], &[]), None).is_ok());
}

/// Faults of each of four kinds that each kernel sees in each of two searches.
#[cfg(feature = "gpu")]
const FAULTS: u64 = 26;

#[cfg(feature = "gpu")]
#[test]
fn no_fault_of_a_device_loses_or_doubles_a_hit_of_fingerprints() {
    use crate::device::gpu::{Fault, tests::device};
    use crate::kernel::{minutia_gate, minutia_pair, select};

    if device().is_none() {
        return;
    }
    let sides = sides();
    for probe in [Register::Citizen, Register::Trace] {
        let search = search(&sides, probe, Threshold::Log10(1.0));
        let all = run(&search, &whole(&search), usize::MAX);
        let missed = all.survivors - all.written;
        assert!(all.hits.len() > 3 && missed > 3, "{} hits, {missed} others", all.hits.len());
        for kernel in [minutia_gate::SPEC, select::SPEC, minutia_pair::SPEC] {
            for fault in Fault::ALL {
                survives(&search, &all, kernel, fault);
            }
        }
    }
}

/// Runs tiles of a search with some calls of a kernel going wrong until enough did.
#[cfg(feature = "gpu")]
fn survives(
    search: &ReadyFingerSearch,
    all: &TileOutput,
    kernel: crate::kernel::Spec,
    fault: crate::device::gpu::Fault,
) {
    use crate::device::Devices;
    use crate::device::gpu::{Fault, FaultPlan, tests::device};
    use crate::run::progress::Silent;
    use crate::run::work::Work;
    use crate::run::workers::Workers;

    let cpu = CpuDevice::detect().unwrap();
    let halves = |tile: &Tile| tile.halves().unwrap();
    let tiles: Vec<Tile> = halves(&whole(search)).iter().flat_map(halves).collect();
    let is_fatal = matches!(fault, Fault::Lost | Fault::WrongAnswer);
    let (mut injected, mut seed) = (0, 0);
    let mut gpu = Arc::new(device().unwrap());
    while injected < FAULTS {
        seed += 1;
        let what = format!("{}: {fault:?}, seed {seed}", kernel.name);
        gpu.set_faults(Some(FaultPlan::new(seed, 0.5, &[fault]).of(kernel)));
        let devices = Devices::of_gpus(std::slice::from_ref(&gpu), cpu);
        let workers = Workers {
            devices: &devices,
            threads: 2,
            observer: &Silent,
            interrupt: &Default::default(),
        };
        let work =
            Work::Finger(FingerContext { search, device: cpu.into(), run_id: "r", kept: None });
        let mut found = workers.run(&work, &tiles, |_, output| Ok(output)).unwrap();
        found.hits.sort_by(|a, b| a.hit_id.cmp(&b.hit_id));
        assert_eq!(found.hits, all.hits, "{what}");
        assert_eq!(found.histogram, all.histogram, "{what}");
        assert_eq!(found.comparisons, all.comparisons, "{what}");
        let is_out = devices.gpus[0].reason().is_some();
        assert_eq!(is_out, is_fatal && gpu.faults_injected() > 0, "{what}");
        injected += gpu.faults_injected();
        if fault == Fault::Lost && is_out {
            gpu = Arc::new(device().unwrap());
        }
    }
}
