//! Properties of synthetic fingers and of whole fingerprint registries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use proptest::prelude::*;

use super::selection::select;
use super::*;
use crate::domain::finger::{Position, Template};
use crate::domain::register::Register;
use crate::error::Kind;

fn position(code: u8) -> Position {
    Position::from_code(code).unwrap()
}

/// Bytes that differ where templates do: this layer knows no file format.
fn encode(templates: &[Template]) -> crate::error::Result<Vec<u8>> {
    Ok(format!("{templates:?}").into_bytes())
}

fn within<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn minutiae_lie_on_the_finger_at_their_distance(
        seed in any::<u64>(),
        number in any::<u32>(),
        finger in 1u8..=10,
    ) {
        let master = Person::new(seed, number).master(position(finger)).unwrap();
        let count = master.minutiae.len();
        prop_assert!((30..=255).contains(&count), "{count} minutiae");
        let (half_width, half_height) = master.half_axes_px();
        let least = MasterParameters::default().least_spacing_px;
        for (place, a) in master.minutiae.iter().enumerate() {
            let (u, v) = (a.x_px / half_width, a.y_px / half_height);
            prop_assert!(u * u + v * v <= 1.0 + 1e-9);
            prop_assert!((0.0..1.0).contains(&a.turns));
            for b in &master.minutiae[..place] {
                prop_assert!((a.x_px - b.x_px).hypot(a.y_px - b.y_px) >= least - 1e-9);
            }
        }
    }

    #[test]
    fn every_impression_fits_its_image_and_knows_its_minutiae(
        seed in any::<u64>(),
        stream in any::<u64>(),
        manner in 0usize..4,
    ) {
        let options = [
            ImpressionOptions::plain(),
            ImpressionOptions::rolled(),
            ImpressionOptions::latent(),
            ImpressionOptions::corpse(),
        ][manner];
        let master = Person::new(seed, 3).master(position(7)).unwrap();
        let made = master.traced_impression(&options, stream);
        prop_assert_eq!(&made.template, &master.impression(&options, stream));
        prop_assert_eq!(made.sources.len(), made.template.minutiae.len());
        let (width, height) = options.image_px;
        for minutia in &made.template.minutiae {
            prop_assert!((0..width as i32).contains(&minutia.x));
            prop_assert!((0..height as i32).contains(&-minutia.y));
            prop_assert!(minutia.direction % 45 == 0 && minutia.direction < 11520);
            prop_assert!(minutia.quality.is_some_and(|q| (1..=100).contains(&q)));
        }
        let known: Vec<u32> = made.sources.iter().flatten().copied().collect();
        let distinct: BTreeSet<u32> = known.iter().copied().collect();
        prop_assert_eq!(known.len(), distinct.len());
        prop_assert!(distinct.iter().all(|source| (*source as usize) < master.minutiae.len()));
        prop_assert!(made.template.print().is_ok());
    }
}

#[test]
fn palms_slaps_and_unknown_positions_are_not_made() {
    let person = Person::new(1, 1);
    for code in [0, 13, 14, 15, 20, 33] {
        assert_eq!(person.master(position(code)), None);
    }
    assert_eq!(person.master(position(11)), person.master(position(1)));
}

#[test]
fn fingers_of_one_person_go_together_and_thumbs_are_larger() {
    let mut own = 0.0;
    let mut others = 0.0;
    let (mut thumbs, mut littles) = (0.0, 0.0);
    let people: Vec<Vec<f64>> = (0..200)
        .map(|number| {
            let person = Person::new(9, number);
            Position::FINGERS.map(|p| person.master(p).unwrap().scale).to_vec()
        })
        .collect();
    for (place, person) in people.iter().enumerate() {
        own += (person[1] - person[6]).abs();
        others += (person[1] - people[(place + 1) % people.len()][6]).abs();
        thumbs += person[0];
        littles += person[9];
    }
    assert!(own * 1.5 < others, "{own} {others}");
    assert!(thumbs > 1.2 * littles);
}

#[test]
fn the_same_finger_is_found_again_where_it_was_after_a_rigid_motion() {
    let fingers = training_prints(31, 8, 2, &ImpressionOptions::plain());
    let (mut residuals, mut again, mut possible) = (Vec::new(), 0, 0);
    for finger in &fingers {
        let pairs = finger.correspondences(0, 1);
        let at = |impression: usize, place: usize| {
            let m = finger.impressions[impression].template.minutiae[place];
            (f64::from(m.x), f64::from(m.y))
        };
        let points: Vec<_> = pairs.iter().map(|(a, b)| (at(0, *a), at(1, *b))).collect();
        if points.len() < 6 {
            continue;
        }
        residuals.extend(rigid_residuals(&points));
        again += points.len();
        possible += finger.impressions[0].sources.iter().flatten().count();
    }
    residuals.sort_by(f64::total_cmp);
    let median = residuals[residuals.len() / 2];
    let worst = residuals[residuals.len() * 95 / 100];
    assert!((1.5..5.0).contains(&median), "median residual {median} px");
    assert!((5.0..14.0).contains(&worst), "residual of the worst twentieth {worst} px");
    // What the second impression does not cover is lost as well.
    assert!(again * 10 > possible * 6, "{again} of {possible}");
}

/// Places of one minutia in two impressions.
type Places = ((f64, f64), (f64, f64));

/// Distances left after the best rotation and translation.
fn rigid_residuals(points: &[Places]) -> Vec<f64> {
    let n = points.len() as f64;
    let mean = |f: &dyn Fn(&Places) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (ax, ay) = (mean(&|p| p.0.0), mean(&|p| p.0.1));
    let (bx, by) = (mean(&|p| p.1.0), mean(&|p| p.1.1));
    let moved = |p: &((f64, f64), (f64, f64))| (p.0.0 - ax, p.0.1 - ay, p.1.0 - bx, p.1.1 - by);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for point in points {
        let (x, y, u, v) = moved(point);
        cosine += x * u + y * v;
        sine += x * v - y * u;
    }
    let (sine, cosine) = (sine / sine.hypot(cosine), cosine / sine.hypot(cosine));
    let residual = |p| {
        let (x, y, u, v) = moved(p);
        (cosine * x - sine * y - u).hypot(sine * x + cosine * y - v)
    };
    points.iter().map(residual).collect()
}

#[test]
fn marks_are_smaller_and_worse_than_plain_impressions() {
    let master = |number| Person::new(4, number).master(position(2)).unwrap();
    let mean = |options: ImpressionOptions| {
        let of = |n| master(n).traced_impression(&options, 0);
        let made: Vec<_> = (0..200).map(of).collect();
        let count: usize = made.iter().map(|m| m.sources.len()).sum();
        let spurious = made.iter().flat_map(|m| &m.sources).filter(|s| s.is_none()).count();
        (count as f64 / 200.0, spurious as f64 / count as f64)
    };
    let (plain, latent) = (mean(ImpressionOptions::plain()), mean(ImpressionOptions::latent()));
    let rolled = mean(ImpressionOptions::rolled());
    assert!(
        (30.0..44.0).contains(&plain.0) && (60.0..120.0).contains(&rolled.0),
        "{plain:?} {rolled:?}"
    );
    assert!((9.0..24.0).contains(&latent.0), "{latent:?}");
    assert!(latent.1 > 2.0 * plain.1, "{latent:?} {plain:?}");
}

#[test]
fn training_prints_do_not_depend_on_threads_nor_on_how_many_are_made() {
    let options = ImpressionOptions::plain();
    let one = within(1, || training_prints(5, 6, 2, &options));
    let four = within(4, || training_prints(5, 6, 2, &options));
    assert_eq!(one, four);
    let fewer = training_prints(5, 2, 1, &options);
    for (some, all) in fewer.iter().zip(&one) {
        assert_eq!(some.impressions[0], all.impressions[0]);
    }
    assert_ne!(training_prints(6, 2, 1, &options), fewer);
}

#[test]
fn a_seed_gives_the_prints_it_always_gave() {
    // Arithmetic of our own, so the same on every machine; a change of the model changes it.
    let mut hasher = blake3::Hasher::new();
    for options in [ImpressionOptions::plain(), ImpressionOptions::latent()] {
        for finger in training_prints(1, 4, 2, &options) {
            hasher.update(format!("{finger:?}").as_bytes());
        }
    }
    assert_eq!(&hasher.finalize().to_hex()[..16], "c658d8585400c4bd");
}

#[test]
fn correspondences_are_the_minutiae_both_impressions_show() {
    let fingers = training_prints(5, 1, 2, &ImpressionOptions::plain());
    let finger = fingers.iter().max_by_key(|finger| finger.correspondences(0, 1).len()).unwrap();
    let pairs = finger.correspondences(0, 1);
    assert!(pairs.len() > 8);
    for (a, b) in &pairs {
        let source = finger.impressions[0].sources[*a];
        assert!(source.is_some() && source == finger.impressions[1].sources[*b]);
    }
    let sources = |n: usize| -> BTreeSet<u32> {
        finger.impressions[n].sources.iter().flatten().copied().collect()
    };
    assert_eq!(pairs.len(), sources(0).intersection(&sources(1)).count());
    assert_eq!(finger.correspondences(0, 2), []);
}

fn files_of(dir: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_registry_is_the_same_bytes_whatever_the_number_of_threads_and_reads_back() {
    let options = FingerRegistryOptions { seed: 3, ..FingerRegistryOptions::new(120) };
    let make = |threads| {
        let dir = tempfile::tempdir().unwrap();
        let description =
            within(threads, || write_finger_registry(dir.path(), &options, &encode)).unwrap();
        (files_of(dir.path()), description, read_finger_truth(dir.path()).unwrap())
    };
    let (one, four) = (make(1), make(4));
    assert!(one == four);
    let planned: Vec<_> = select(&options).unwrap().into_iter().map(|d| d.truth).collect();
    assert_eq!(one.2, planned);
    assert_eq!(one.1.records.values().sum::<u64>() as usize, planned.len());
}

#[test]
fn a_registry_has_what_was_asked_and_its_truth_says_who_is_who() {
    let options = FingerRegistryOptions {
        double_registrations: 60,
        traces: 80,
        corpses: 40,
        expired: 7,
        convict_share: 0.3,
        ..FingerRegistryOptions::new(400)
    };
    let drafts = select(&options).unwrap();
    let count = |test: &dyn Fn(&super::selection::Draft) -> bool| {
        drafts.iter().filter(|draft| test(draft)).count()
    };
    let of = |register| count(&|d| d.truth.register == register);
    // 120 convicts, half of them citizens too; 18 of the 60 second registrations are of convicts.
    assert_eq!(of(Register::Convict), 120 + 18);
    assert_eq!(of(Register::Citizen), 280 + 60 + 42 + 7);
    assert_eq!((of(Register::Trace), of(Register::Corpse)), (80, 40));
    assert_eq!(count(&|d| d.truth.expired), 7);
    assert!(count(&|d| d.truth.expired == d.died_on.is_some()) == drafts.len());
    for kind in FingerRecordKind::ALL {
        assert!(count(&|d| d.truth.kind == kind) > 0, "no {kind}");
    }
    let ids: BTreeSet<_> = drafts.iter().map(|d| &d.truth.record_id).collect();
    assert_eq!(ids.len(), drafts.len());
    for draft in &drafts {
        check_draft(draft, options.persons, &drafts);
    }
}

/// The truth of one record agrees with what the record shows.
fn check_draft(draft: &super::selection::Draft, persons: u32, drafts: &[super::selection::Draft]) {
    let truth = &draft.truth;
    let same = |d: &&super::selection::Draft| {
        d.truth.person == truth.person
            && d.truth.register == truth.register
            && d.truth.kind == FingerRecordKind::Registration
    };
    let moved = truth.fingers.0.iter().filter(|(recorded, own)| recorded != own).count();
    use FingerRecordKind::*;
    match truth.kind {
        Registration => assert!(draft.person_id.is_some() && moved == 0),
        Mark | MarkOfNobody => {
            assert_eq!(truth.fingers.0.len(), 1);
            assert_eq!((truth.fingers.0[0].0, draft.person_id.as_ref()), (Position::UNKNOWN, None));
        }
        Corpse | CorpseOfNobody => {
            assert!(truth.fingers.0.len() >= 3 && draft.person_id.is_none() && moved == 0);
        }
        _ => {
            let first = drafts.iter().find(same).unwrap();
            assert_ne!(first.person_id, draft.person_id);
            match truth.kind {
                DoubleRegistrationSwappedHands => assert_eq!(moved, truth.fingers.0.len()),
                DoubleRegistrationSwappedFingers => assert_eq!(moved, 2),
                DoubleRegistrationFewFingers => assert!(truth.fingers.0.len() <= 5),
                _ => assert_eq!(moved, 0),
            }
        }
    }
    let nobody = matches!(truth.kind, MarkOfNobody | CorpseOfNobody);
    assert_eq!(nobody, truth.person >= persons);
    assert!(truth.fingers.0.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

#[test]
fn swapped_fingers_are_pressed_from_the_finger_the_truth_names() {
    let options = FingerRegistryOptions {
        double_registrations: 30,
        traces: 0,
        corpses: 0,
        ..FingerRegistryOptions::new(60)
    };
    let written = Mutex::new(Vec::new());
    let keep = |templates: &[Template]| {
        written.lock().unwrap().push(templates.to_vec());
        Ok(Vec::new())
    };
    let dir = tempfile::tempdir().unwrap();
    within(1, || write_finger_registry(dir.path(), &options, &keep)).unwrap();
    let truth = read_finger_truth(dir.path()).unwrap();
    let written = written.into_inner().unwrap();
    assert_eq!(written.len(), truth.len());
    let mut moved = 0;
    for (stream, (templates, truth)) in (0u64..).zip(written.iter().zip(&truth)) {
        let person = Person::new(options.seed, truth.person);
        for (template, (recorded, own)) in templates.iter().zip(&truth.fingers.0) {
            let master = person.master(*own).unwrap();
            let manner = match truth.register {
                Register::Convict => options.convict,
                _ => options.citizen,
            };
            assert_eq!(template.position, *recorded);
            assert_eq!(template.minutiae, master.impression(&manner, stream).minutiae);
            moved += u32::from(recorded != own);
        }
    }
    assert!(moved > 0);
}

#[test]
fn options_without_meaning_and_more_than_the_persons_can_give_are_refused() {
    let good = FingerRegistryOptions::new(100);
    let dir = tempfile::tempdir().unwrap();
    for bad in [
        FingerRegistryOptions { convict_share: 1.5, ..good.clone() },
        FingerRegistryOptions { traces_of_nobody_share: f64::NAN, ..good.clone() },
        FingerRegistryOptions { double_registrations: 150, ..good.clone() },
        FingerRegistryOptions { as_of: jiff::civil::date(-9999, 1, 2), ..good.clone() },
    ] {
        let out = dir.path().join("out");
        let error = write_finger_registry(&out, &bad, &encode).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(!out.exists());
    }
    write_finger_registry(dir.path(), &FingerRegistryOptions::new(0), &encode).unwrap();
    let error = write_finger_registry(dir.path(), &good, &encode).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    std::fs::remove_file(dir.path().join("registry.json")).unwrap();
    assert_eq!(read_finger_truth(dir.path()).unwrap_err().kind(), Kind::Usage);
}
