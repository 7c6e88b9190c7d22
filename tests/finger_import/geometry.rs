//! How often the warnings about geometry are raised for sound prints, and how often for distorted ones.

use std::collections::BTreeMap;

use tanba::domain::finger::{Impression, Position, Template};
use tanba::import::finger::write_iso2005;

use crate::writers::{self, print};
use crate::{accept, common, files_in, read, says};

const NEIGHBOURS: &str = "neighbouring minutiae are";
const SPREAD: &str = "times as far across as down, in prints";
const POOLED_NEIGHBOURS: &str = "pixels apart at 500 dpi, in prints they are 14 to 31";
const POOLED: &str = "times as far across as down on average";
const ANGLES: &str = "in the last 30 % of the circle";

/// All templates of the public databases, by extractor, database, finger and impression.
fn prints() -> Option<BTreeMap<[String; 4], Template>> {
    let root = common::shared("data/fvc")?;
    let mut prints = BTreeMap::new();
    for extractor in ["leader", "mindtct", "secugen"] {
        for database in ["fvc2002_db1", "fvc2002_db2", "fvc2002_db3", "fvc2004_db1", "fvc2004_db2"]
        {
            for path in files_in(&root.join(extractor).join(database)) {
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                let (finger, impression) = stem.split_once('_').unwrap();
                let [template] =
                    accept(&std::fs::read(&path).unwrap()).templates.try_into().unwrap();
                let key = [extractor, database, finger, impression].map(str::to_owned);
                prints.insert(key, template);
            }
        }
    }
    assert_eq!(prints.len(), 1200);
    Some(prints)
}

fn warnings(templates: &[Template]) -> Vec<String> {
    accept(&write_iso2005(templates).unwrap()).warnings
}

/// Share of templates with at least `least` minutiae that are warned about in `words` after `change`.
fn share<'a>(
    templates: impl Iterator<Item = &'a Template>,
    least: usize,
    words: &str,
    change: fn(&mut Template),
) -> f64 {
    let (mut count, mut warned) = (0, 0);
    for template in templates.filter(|template| template.minutiae.len() >= least) {
        let mut changed = template.clone();
        change(&mut changed);
        count += 1;
        warned += usize::from(says(&warnings(&[changed]), words));
    }
    assert!(count > 500, "{count}");
    warned as f64 / f64::from(count)
}

fn squeeze(template: &mut Template, x: f64, y: f64) {
    for minutia in &mut template.minutiae {
        minutia.x = (f64::from(minutia.x) * x).round() as i32;
        minutia.y = (f64::from(minutia.y) * y).round() as i32;
    }
}

/// The bounds of `src/import/finger/geometry.rs`, whose table says these figures; they are printed.
#[test]
#[allow(clippy::print_stdout, reason = "the figures of the documentation")]
fn sound_prints_are_rarely_warned_about_and_distorted_ones_often() {
    let Some(prints) = prints() else { return };
    let of = |least, words, change: fn(&mut Template)| share(prints.values(), least, words, change);
    let shares = [
        ("neighbours, sound", of(20, NEIGHBOURS, |_| ()), 0.0..0.01),
        ("2.54 times too large", of(20, NEIGHBOURS, |t| resolution(t, 78)), 0.96..1.0),
        ("2.54 times too small", of(20, NEIGHBOURS, |t| resolution(t, 500)), 0.96..1.0),
        ("twice too large", of(20, NEIGHBOURS, |t| resolution(t, 98)), 0.84..1.0),
        ("half", of(20, NEIGHBOURS, |t| resolution(t, 394)), 0.70..1.0),
        ("spread, sound", of(20, SPREAD, |_| ()), 0.0..0.013),
        ("width to 57 %", of(20, SPREAD, |t| squeeze(t, 0.57, 1.0)), 0.48..1.0),
        ("height to 57 %", of(20, SPREAD, |t| squeeze(t, 1.0, 0.57)), 0.35..1.0),
        ("angles, sound", of(15, ANGLES, |_| ()), 0.0..f64::MIN_POSITIVE),
        ("angles of 2 degrees", of(15, ANGLES, two_degrees), 0.999..1.1),
    ];
    for (what, share, bounds) in shares {
        println!("{what}: {share:.4}");
        assert!(bounds.contains(&share), "{what}: {share:.4}");
    }
}

fn resolution(template: &mut Template, per_centimetre: u32) {
    template.units_per_metre_x = per_centimetre * 100;
    template.units_per_metre_y = per_centimetre * 100;
}

/// Writes angles in units of 2 degrees where 1/256 of a turn is meant.
fn two_degrees(template: &mut Template) {
    for minutia in &mut template.minutiae {
        minutia.direction = minutia.direction / 64 * 45;
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures of the documentation")]
fn a_file_of_several_squeezed_prints_or_of_a_wrong_resolution_is_mostly_found() {
    let Some(prints) = prints() else { return };
    // Eight impressions of a finger, and one impression of ten fingers, as files of several views.
    let mut files: BTreeMap<String, Vec<Template>> = BTreeMap::new();
    for ([extractor, database, finger, impression], template) in prints {
        if template.minutiae.len() < 20 {
            continue;
        }
        for key in [format!("finger {finger}"), format!("impression {impression}")] {
            files
                .entry(format!("{extractor} {database} {key}"))
                .or_default()
                .push(template.clone());
        }
    }
    files.retain(|_, templates| templates.len() >= 5);
    let share = |words: &str, change: &dyn Fn(&mut Template)| {
        let is_warned = |templates: &Vec<Template>| {
            let mut templates = templates.clone();
            for (view, template) in (0..).zip(&mut templates) {
                template.view = view;
                change(template);
            }
            says(&warnings(&templates), words)
        };
        files.values().filter(|templates| is_warned(templates)).count() as f64 / files.len() as f64
    };
    assert!(files.len() > 200, "{}", files.len());
    for ((x, y), bounds) in
        [((1.0, 1.0), 0.0..0.015), ((0.57, 1.0), 0.80..1.0), ((1.0, 0.57), 0.48..1.0)]
    {
        let share = share(POOLED, &|template| squeeze(template, x, y));
        println!("file squeezed {x} {y}: {share:.4}");
        assert!(bounds.contains(&share), "{x} {y}: {share:.4}");
    }
    for (per_centimetre, bounds) in
        [(None, 0.0..0.015), (Some(98), 0.95..1.0), (Some(394), 0.95..1.0)]
    {
        let share = share(POOLED_NEIGHBOURS, &|template| {
            if let Some(per_centimetre) = per_centimetre {
                resolution(template, per_centimetre);
            }
        });
        println!("file at {per_centimetre:?} pixels per centimetre: {share:.4}");
        assert!(bounds.contains(&share), "{per_centimetre:?}: {share:.4}");
    }
}

/// The evidence by which an `.xyt` file is taken for one of `mindtct -m1`.
#[test]
fn no_real_print_has_all_directions_in_one_half_of_the_circle() {
    let Some(prints) = prints() else { return };
    let enough = |t: &&Template| t.minutiae.len() >= 15;
    assert_eq!(prints.values().filter(enough).count(), 1168);
    for template in prints.values().filter(enough) {
        let lower = |direction: u16| direction < 5760;
        let count = template.minutiae.iter().filter(|m| lower(m.direction)).count();
        assert!(count > 0 && count < template.minutiae.len());
    }
}

/// The warnings of one made-up print after a change.
fn warned(change: impl Fn(&mut Template)) -> Vec<String> {
    let mut template = print(2, 1);
    change(&mut template);
    warnings(&[template])
}

#[test]
fn what_a_user_should_look_at_is_warned_about_and_kept() {
    assert_eq!(warned(|_| ()), Vec::<String>::new());
    for (change, words) in [
        ((|t| t.minutiae.clear()) as fn(&mut Template), "holds no minutiae"),
        (|t| t.minutiae.push(t.minutiae[0]), "1 minutiae a second time"),
        (|t| t.minutiae[0].x = 400, "1 minutiae outside its image"),
        (|t| t.units_per_metre_y = 30_000, "scanners have one resolution"),
        (|t| t.height = Some(60_000), "its size or resolution is wrong"),
        (
            |t| {
                (0..120).for_each(|n| {
                    let copy = tanba::domain::finger::Minutia { x: n, ..t.minutiae[0] };
                    t.minutiae.push(copy);
                })
            },
            "the best 128 are matched",
        ),
    ] {
        let list = warned(change);
        assert!(says(&list, words), "{words}: {list:?}");
    }
    let twice = warnings(&[print(2, 1), print(2, 3)]);
    assert!(says(&twice, "2 templates are view 0 of right-index"), "{twice:?}");
}

#[test]
fn a_print_that_could_never_be_matched_is_refused_with_its_file() {
    for (change, found) in [
        ((|t| resolution(t, 0)) as fn(&mut Template), "resolution of 0"),
        (|t| resolution(t, 5000), "resolution of 500000"),
        (|t| t.minutiae[0].x = 16_000, "minutiae 15"),
    ] {
        let mut template = print(7, 2);
        change(&mut template);
        let mut other = print(2, 1);
        (other.units_per_metre_x, other.units_per_metre_y) =
            (template.units_per_metre_x, template.units_per_metre_y);
        let file = read(&write_iso2005(&[other, template]).unwrap());
        assert!(file.templates.is_empty());
        let last = file.rejections.last().unwrap();
        assert!(last.found.contains("template 2 (left-index"), "{}", last.found);
        assert!(last.found.contains(found), "{found}: {}", last.found);
    }
}

#[test]
fn more_minutiae_than_a_byte_counts_are_read_where_the_format_allows_them() {
    let mut many = print(21, 1);
    many.impression = Impression(11);
    for copy in 1..16 {
        let moved = print(21, copy).minutiae.into_iter();
        many.minutiae.extend(moved.map(|mut m| {
            m.x += 250 * (copy as i32 % 4);
            m.y -= 320 * (copy as i32 / 4);
            m
        }));
    }
    assert_eq!(many.minutiae.len(), 384);
    let bytes = writers::transaction(&[(9, 1, writers::type9(1, 11, writers::m1(&many)))]);
    let file = accept(&bytes);
    assert_eq!(file.templates[0].minutiae, many.minutiae);
    assert_eq!(file.templates[0].position, Position::parse("right-full-palm").unwrap());
    assert!(write_iso2005(&[many]).is_err());
}
