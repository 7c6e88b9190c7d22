//! Hand-made hits over a small hand-made truth, and a perfect run over a generated one.

use super::*;
use crate::column::hit::DnaEvidence;
use crate::domain::category::Index;
use crate::domain::finger::Position;
use crate::domain::relation::Kinship;
use crate::domain::stringency::compare;
use crate::synth::finger::{FingerRecordKind, RecordedFingers};
use crate::synth::{RecordKind, SynthOptions, TruthMissing, TruthPerson, TruthRecord, generate};

fn record(id: &str, person: u32, kind: RecordKind) -> TruthRecord {
    let index = match &id[..1] {
        "C" => Index::Convict,
        "T" => Index::Trace,
        "K" => Index::Corpse,
        _ => Index::Relative,
    };
    let expired = id.ends_with('x');
    TruthRecord { record_id: id.into(), index, person, kind, expired, note: String::new() }
}

/// 0 and 1 are the parents of 2, 3 and the twins 4 and 5; 6 and 7 are strangers.
fn truth() -> Truth {
    let child = |person, twin_of| TruthPerson { person, father: Some(0), mother: Some(1), twin_of };
    let founder = |person| TruthPerson { person, father: None, mother: None, twin_of: None };
    let persons = vec![
        founder(0),
        founder(1),
        child(2, None),
        child(3, None),
        child(4, None),
        child(5, Some(4)),
        founder(6),
        founder(7),
    ];
    use RecordKind::{
        Corpse, CorpseDegraded, CorpsePart, DoubleRegistration, Registration, Relative,
    };
    let records = vec![
        record("C1", 2, Registration),
        record("C2", 2, DoubleRegistration),
        record("C3", 3, Registration),
        record("C4", 4, Registration),
        record("C5", 5, Registration),
        record("C6", 6, Registration),
        record("C7x", 7, Registration),
        record("T1", 2, RecordKind::TracePartial),
        record("T2", 6, RecordKind::TraceFull),
        record("T3", 7, RecordKind::TraceFull),
        record("T4x", 6, RecordKind::TraceFull),
        record("K1", 3, Corpse),
        record("K2", 3, CorpsePart),
        record("K3", 7, CorpseDegraded),
        record("R1", 0, Relative),
        record("R2", 1, Relative),
        record("R3", 6, Relative),
    ];
    let missing = |family: &str, person| TruthMissing {
        family_id: family.into(),
        missing_person_id: format!("M{family}"),
        person,
    };
    Truth { records, persons, missing: vec![missing("F1", 3), missing("F2", 7)] }
}

fn families() -> Vec<FamilyMember> {
    let member = |family: &str, relative: &str, kinship, consent, case_open| FamilyMember {
        family_id: family.into(),
        missing_person_id: format!("M{family}"),
        relative_record_id: relative.into(),
        kinship,
        consent,
        case_open,
    };
    vec![
        member("F1", "R1", Kinship::Father, true, true),
        member("F1", "R2", Kinship::Mother, false, true),
        member("F2", "R3", Kinship::FullSibling, true, false),
    ]
}

fn hit(search: &str, probe: &str, gallery: &str, family: Option<&str>) -> Hit {
    Hit {
        hit_id: format!("{probe}/{gallery}"),
        run_id: "run".into(),
        search: search.into(),
        modality: "dna".into(),
        probe_id: probe.into(),
        probe_person: None,
        probe_index: String::new(),
        gallery_id: gallery.into(),
        gallery_person: None,
        gallery_index: String::new(),
        rank: 1,
        score_mban: 20_000,
        expected_chance_hits: 0.0,
        calibration: "model".into(),
        rule: "high<=1".into(),
        family_id: family.map(String::from),
        kinship: None,
        posterior: None,
        purpose: "L40".into(),
        new_since: 1,
        device: "scalar".into(),
        dna: Some(DnaEvidence {
            log10_lr: 20.0,
            rule_class: None,
            loci_compared: 23,
            loci_full: 23,
            loci_partial: 0,
            loci_mismatched: 0,
            loci_excluding: 0,
            relation: "MZ".into(),
            frequencies: "t".into(),
            theta: 0.0,
        }),
        finger: None,
        lineage: None,
    }
}

/// Evaluates one search with hits given as probe, gallery, family.
fn one(search: &str, pairs: &[(&str, &str, Option<&str>)], expected: f64) -> SearchEvaluation {
    let hits: Vec<Hit> = pairs.iter().map(|(p, g, f)| hit(search, p, g, *f)).collect();
    let input = SearchTruthInput {
        search: search.into(),
        comparisons: 100,
        expected_chance_hits: expected,
    };
    evaluate(&hits, &[input], &truth(), &families()).unwrap().searches.remove(0)
}

fn count(search: &SearchEvaluation, kind: &str) -> (u64, u64) {
    search.by_kind.get(kind).map_or((0, 0), |c| (c.mated, c.found))
}

#[test]
fn deduplication_tells_the_same_person_twins_siblings_and_chance_apart() {
    let s = one(
        "dedup/convict",
        &[("C2", "C1", None), ("C4", "C5", None), ("C1", "C3", None), ("C1", "C6", None)],
        0.5,
    );
    assert_eq!((s.mated, s.found, s.missed()), (1, 1, 0));
    assert_eq!(count(&s, "double_registration"), (1, 1));
    assert_eq!(count(&s, "twin"), (1, 1));
    assert_eq!((s.hits, s.hits_true, s.hits_twin, s.hits_chance), (4, 1, 1, 1));
    assert_eq!(s.hits_relative, BTreeMap::from([("FS".to_owned(), 1)]));
    assert_eq!(s.wrong_pairs.len(), 1);
    assert_eq!(
        (s.wrong_pairs[0].gallery_id.as_str(), s.wrong_pairs[0].kind.as_str()),
        ("C6", "chance")
    );
    assert!((s.probability_of_at_least - (1.0 - (-0.5f64).exp())).abs() < 1e-12);
}

#[test]
fn misses_are_counted_by_kind_and_listed() {
    let s = one("cold-case/trace-convict", &[("T1", "C1", None)], 0.0);
    // T1 of person 2 has two registrations, T2 one; T3's convict and T4 are expired.
    assert_eq!((s.mated, s.found, s.missed()), (3, 1, 2));
    assert_eq!(count(&s, "trace_partial"), (2, 1));
    assert_eq!(count(&s, "trace_full"), (1, 0));
    let missed: Vec<&str> = s.missed_pairs.iter().map(|p| p.kind.as_str()).collect();
    assert_eq!(missed, ["trace_partial", "trace_full"]);
}

#[test]
fn hits_of_expired_records_are_unlawful_although_the_person_is_the_same() {
    let s = one("cold-case/trace-convict", &[("T3", "C7x", None), ("T4x", "C6", None)], 0.0);
    assert_eq!((s.hits_unlawful, s.hits_true, s.hits_chance, s.found), (2, 0, 0, 0));
    assert!(s.wrong_pairs.iter().all(|pair| pair.kind == "expired"));
}

#[test]
fn relatives_are_never_lawful_outside_the_search_for_corpses() {
    let s = one("cold-case/trace-relative", &[("T2", "R3", None)], 0.0);
    assert_eq!((s.hits_unlawful, s.hits_true), (1, 0));
    let s = one("cold-case/trace-convict", &[("T2", "R3", None)], 0.0);
    assert_eq!(s.hits_unlawful, 1);
}

#[test]
fn a_family_is_found_by_any_lawful_relative_and_each_body_part_counts() {
    let f1 = Some("F1");
    let s = one("missing-person/corpse-family", &[("K1", "R1", f1), ("K1", "R1", f1)], 0.0);
    assert_eq!((s.mated, s.found), (2, 1), "the parts K1 and K2 belong to the missing person");
    assert_eq!(count(&s, "father"), (2, 1));
    assert_eq!(s.missed_pairs[0].gallery_id, "F1");
    let s = one("missing-person/corpse-family", &[("K1", "R2", f1), ("K3", "R3", Some("F2"))], 0.0);
    let reasons: Vec<&str> = s.wrong_pairs.iter().map(|p| p.kind.as_str()).collect();
    assert_eq!(reasons, ["no consent", "closed case"]);
    assert_eq!(s.found, 0, "an unlawful hit finds nobody");
    let s = one("missing-person/corpse-family", &[("K1", "R3", f1), ("K3", "R1", f1)], 0.0);
    let reasons: Vec<&str> = s.wrong_pairs.iter().map(|p| p.kind.as_str()).collect();
    assert_eq!(reasons, ["not a relative of this family", "chance"]);
}

#[test]
fn what_the_truth_does_not_know_is_an_error() {
    let input = |search: &str| SearchTruthInput {
        search: search.into(),
        comparisons: 1,
        expected_chance_hits: 0.0,
    };
    let dedup = "dedup/convict";
    let check = |hits: &[Hit], searches: &[SearchTruthInput], word: &str| {
        let error = evaluate(hits, searches, &truth(), &families()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(&[hit(dedup, "C1", "C99", None)], &[input(dedup)], "C99");
    check(&[hit("dedup/trace", "C1", "C2", None)], &[input(dedup)], "dedup/trace");
    check(&[], &[input("ad-hoc")], "ad-hoc");
    check(&[], &[input(dedup), input(dedup)], "twice");
    let family = "missing-person/corpse-family";
    check(&[hit(family, "K1", "R1", None)], &[input(family)], "family");
}

/// Every mated pair of a generated registry as a hit, found by brute force.
fn perfect_hits(registry: &crate::synth::Registry, search: &str, a: Index, b: Index) -> Vec<Hit> {
    let records = &registry.truth.records;
    let mut hits = Vec::new();
    for (place, probe) in records.iter().enumerate() {
        for (other, gallery) in records.iter().enumerate() {
            let sides = probe.index == a && gallery.index == b && (a != b || place < other);
            let alive = !probe.expired && !gallery.expired;
            if sides && alive && probe.person == gallery.person {
                hits.push(hit(search, &probe.record_id, &gallery.record_id, None));
            }
        }
    }
    hits
}

#[test]
fn a_perfect_run_over_a_generated_registry_finds_everything_and_nothing_else() {
    let options = SynthOptions::with_default_frequencies(3_000).unwrap();
    let registry = generate(&options).unwrap();
    use Index::{Convict, Corpse, Trace};
    let searches = [
        ("dedup/convict", Convict, Convict),
        ("cold-case/trace-convict", Trace, Convict),
        ("cold-case/trace-trace", Trace, Trace),
        ("cold-case/trace-corpse", Trace, Corpse),
        ("missing-person/corpse-convict", Corpse, Convict),
        ("missing-person/corpse-corpse", Corpse, Corpse),
    ];
    let mut hits = Vec::new();
    let mut inputs = Vec::new();
    for (search, a, b) in searches {
        hits.extend(perfect_hits(&registry, search, a, b));
        let search = search.into();
        inputs.push(SearchTruthInput { search, comparisons: 0, expected_chance_hits: 0.0 });
    }
    let evaluation = evaluate(&hits, &inputs, &registry.truth, &registry.family_members).unwrap();
    for s in &evaluation.searches {
        assert!(s.mated > 0, "{}", s.search);
        assert_eq!((s.found, s.hits_true), (s.mated, s.hits), "{}", s.search);
        assert_eq!((s.hits_chance, s.hits_unlawful), (0, 0), "{}", s.search);
        assert!(s.missed_pairs.iter().all(|p| p.kind == "twin"), "{}", s.search);
    }
    assert_eq!(evaluation.hits_unlawful(), 0);
    let text = render(&evaluation);
    assert!(text.contains("cold-case/trace-corpse") && text.contains("trace_degraded"), "{text}");
}

#[test]
fn the_text_points_out_surprising_numbers_of_chance_hits_and_unlawful_hits() {
    let evaluation = |expected| Evaluation {
        modality: Modality::Dna,
        searches: vec![one("dedup/convict", &[("C1", "C6", None), ("C1", "C7x", None)], expected)],
    };
    assert!(render(&evaluation(1e-9)).contains("more than the model says"));
    assert!(render(&evaluation(50.0)).contains("fewer than the model says"));
    let text = render(&evaluation(1.0));
    assert!(
        text.contains("hits that must not exist: 1") && !text.contains("the model says"),
        "{text}"
    );
}

#[test]
fn a_plain_matcher_on_a_generated_registry_misses_only_pairs_with_few_loci_in_common() {
    let options = SynthOptions::with_default_frequencies(2_000).unwrap();
    let registry = generate(&options).unwrap();
    let is_alive: BTreeMap<&str, bool> =
        registry.truth.records.iter().map(|r| (r.record_id.as_str(), !r.expired)).collect();
    let is_alive = &is_alive;
    let alive = |index: Index| {
        let records = registry.records.iter();
        records.filter(move |r| r.index == index && is_alive[r.record_id.as_str()])
    };
    let convicts: Vec<_> = alive(Index::Convict).collect();
    let mut hits = Vec::new();
    for (place, probe) in convicts.iter().enumerate() {
        for gallery in &convicts[..place] {
            let a = compare(&probe.profile, &gallery.profile);
            if a.compared >= 15 && a.high + 1 >= a.compared {
                hits.push(hit("dedup/convict", &probe.record_id, &gallery.record_id, None));
            }
        }
    }
    for probe in alive(Index::Trace) {
        for gallery in &convicts {
            let a = compare(&probe.profile, &gallery.profile);
            if a.compared >= 8 && a.moderate == a.compared {
                let search = "cold-case/trace-convict";
                hits.push(hit(search, &probe.record_id, &gallery.record_id, None));
            }
        }
    }
    let inputs = ["dedup/convict", "cold-case/trace-convict"].map(|search| SearchTruthInput {
        search: search.into(),
        comparisons: 0,
        expected_chance_hits: 0.0,
    });
    let evaluation = evaluate(&hits, &inputs, &registry.truth, &registry.family_members).unwrap();
    let profile = |id: &str| &registry.records.iter().find(|r| r.record_id == id).unwrap().profile;
    for search in &evaluation.searches {
        assert!(search.found > 0 && search.hits_unlawful == 0, "{}", render(&evaluation));
        for pair in &search.missed_pairs {
            let a = compare(profile(&pair.probe_id), profile(&pair.gallery_id));
            assert!(a.compared < 8 || pair.kind.contains("typing_error"), "{pair:?} {a:?}");
        }
    }
    let dedup = &evaluation.searches[0];
    assert_eq!((dedup.missed(), dedup.hits_chance), (0, 0), "{}", render(&evaluation));
    let (twins, found) = count(dedup, "twin");
    assert!(twins >= 2 && twins == found, "{twins} {found}");
}

fn finger_record(
    id: &str,
    person: u32,
    kind: FingerRecordKind,
    fingers: &[u8],
) -> FingerTruthRecord {
    let register = match &id[..2] {
        "FP" => Register::Citizen,
        "FC" => Register::Convict,
        _ => Register::Trace,
    };
    let position = |code: &u8| Position::from_code(*code).unwrap();
    let fingers = fingers.iter().map(|own| (Position::UNKNOWN, position(own))).collect();
    FingerTruthRecord {
        record_id: id.into(),
        register,
        person,
        kind,
        expired: id.ends_with('x'),
        note: String::new(),
        fingers: RecordedFingers(fingers),
    }
}

#[test]
fn searches_of_fingerprints_are_judged_by_the_registers_they_compare() {
    use FingerRecordKind::{
        DoubleRegistration, DoubleRegistrationFewFingers, Mark, MarkOfNobody, Registration,
    };
    let truth = [
        finger_record("FP1", 1, Registration, &[1, 2, 3]),
        finger_record("FP2", 1, DoubleRegistration, &[1, 2, 3]),
        finger_record("FP3", 1, DoubleRegistrationFewFingers, &[3]),
        finger_record("FP4", 2, Registration, &[1]),
        finger_record("FP5x", 2, DoubleRegistration, &[1]),
        finger_record("FC1", 1, Registration, &[1, 2, 3]),
        finger_record("FT1", 1, Mark, &[2]),
        finger_record("FT2", 9, MarkOfNobody, &[2]),
        finger_record("FT3", 1, Mark, &[4]),
    ];
    let input = |search: &str, registers| FingerSearchTruthInput {
        search: SearchTruthInput {
            search: search.into(),
            comparisons: 7,
            expected_chance_hits: 0.5,
        },
        registers,
    };
    let dedup = input("dedup/finger-citizen", (Register::Citizen, Register::Citizen));
    let marks = input("cold-case/finger-trace-convict", (Register::Trace, Register::Convict));
    let of = |input: &FingerSearchTruthInput, probe, gallery| {
        hit(&input.search.search, probe, gallery, None)
    };
    let hits = [
        of(&dedup, "FP2", "FP1"),
        of(&dedup, "FP1", "FP3"),
        of(&dedup, "FP1", "FP4"),
        of(&dedup, "FP4", "FP5x"),
        of(&dedup, "FP1", "FC1"),
        of(&marks, "FT2", "FC1"),
    ];
    let inputs = [dedup.clone(), marks.clone()];
    let evaluation = evaluate_finger_searches(&hits, &inputs, &truth).unwrap();
    let [s, m] = &evaluation.searches[..] else { unreachable!() };
    assert_eq!((s.mated, s.found, s.hits_true, s.hits_chance, s.hits_unlawful), (3, 2, 2, 1, 2));
    assert_eq!(s.missed_pairs.len(), 1);
    let missed = &s.missed_pairs[0];
    assert_eq!((&*missed.probe_id, &*missed.gallery_id), ("FP2", "FP3"));
    assert_eq!(count(s, "double_registration_few_fingers"), (2, 1));
    let reasons: Vec<&str> = s.wrong_pairs.iter().map(|pair| pair.kind.as_str()).collect();
    assert_eq!(reasons, ["chance", "expired", "registers other than the search's"]);
    assert_eq!((m.mated, m.found, m.hits_chance), (1, 0, 1));
    assert_eq!(count(m, "no_common_finger"), (1, 0), "the finger of FT3 is on no card");
    assert_eq!(m.missed_pairs.len(), 2);
    assert_eq!((s.recall_percent().unwrap().round(), m.recall_percent()), (67.0, Some(0.0)));
    let text = render(&evaluation);
    assert!(text.contains("recall %") && text.contains("66.7") && !text.contains("twin"), "{text}");
    let unknown = evaluate_finger_searches(&[of(&dedup, "FP1", "FP99")], &inputs, &truth);
    assert!(unknown.unwrap_err().to_string().contains("FP99"));
    let ad_hoc = input("search/finger-trace-convict", marks.registers);
    assert!(evaluate_finger_searches(&[], &[ad_hoc], &truth).is_err());
}
