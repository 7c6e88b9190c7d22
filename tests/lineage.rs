//! Lineage markers through the whole program: haplotypes in at the import, statements out in the hit list, and
//! nothing else changed by them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use tanba::column::hit::Hit;
use tanba::column::lineage::{MitochondrialEvidence, YEvidence};
use tanba::hits::output::read_report;
use tanba::hits::read_hits;

#[path = "common/program.rs"]
mod program;
#[path = "common/world.rs"]
mod world;

use program::{exits, text};
use world::World;

/// Loci with the alleles of father, mother and their child, the body.
const LOCI: [(&str, [&str; 3]); 12] = [
    ("D3S1358", ["14,15", "16,17", "14,16"]),
    ("vWA", ["14,15", "18,19", "14,18"]),
    ("D16S539", ["9,10", "12,13", "9,12"]),
    ("D8S1179", ["10,11", "14,15", "10,14"]),
    ("D21S11", ["28,29", "30,31.2", "28,30"]),
    ("D18S51", ["12,13", "15,17", "12,15"]),
    ("D2S441", ["10,11", "14,15", "10,14"]),
    ("TH01", ["6,7", "8,9", "6,8"]),
    ("FGA", ["20,21", "23,24", "20,23"]),
    ("D13S317", ["8,9", "11,13", "8,11"]),
    ("D7S820", ["8,9", "11,12", "8,11"]),
    ("D2S1338", ["17,18", "23,25", "17,23"]),
];

const FATHER: Option<usize> = Some(0);
const MOTHER: Option<usize> = Some(1);
const BODY: Option<usize> = Some(2);

/// Amelogenin and Y-STR of the body; the father's differ by four repeats.
const Y_OF_BODY: &str = "X,Y|14|24|10";
const Y_OF_FATHER: &str = "X,Y|14|28|10";

/// A row of a wide table: whose alleles, or nobody's, and `AMEL|DYS19|DYS390|DYS391`.
struct Row(&'static str, Option<usize>, &'static str);

/// A wide table of `rows`, with the columns of lineage markers or without.
fn table(rows: &[Row], with_lineage: bool) -> String {
    let mut text = String::from("record_id,person_id");
    for (locus, _) in LOCI {
        text += &format!(",{locus}_1,{locus}_2");
    }
    text += if with_lineage { ",AMEL,DYS19,DYS390,DYS391\n" } else { "\n" };
    for Row(id, whose, lineage) in rows {
        let person =
            if id.starts_with(['K', 'T']) { String::new() } else { format!("P-{}", &id[..2]) };
        text += &format!("{id},{person}");
        for (_, alleles) in LOCI {
            text += &whose.map_or(",,".to_owned(), |whose| format!(",{}", alleles[whose]));
        }
        if with_lineage {
            let cells: Vec<String> = lineage.split('|').map(|cell| format!("\"{cell}\"")).collect();
            text += &format!(",{}", cells.join(","));
        }
        text.push('\n');
    }
    text
}

impl World {
    /// Imports `files` into the gallery; what the program said.
    fn import(&self, code: i32, index: &str, files: &[&str], more: &[&str]) -> String {
        let gallery = self.gallery();
        let paths: Vec<PathBuf> = files.iter().map(|name| self.path(name)).collect();
        let mut args = vec!["import", "--gallery", text(&gallery), "--index", index];
        args.extend(more);
        args.extend(paths.iter().map(|path| text(path)));
        exits(code, &args)
    }

    /// Runs the night; its hits, and what the program said.
    fn night(&self, out: &str) -> (Vec<Hit>, String) {
        let (gallery, out) = (self.gallery(), self.path(out));
        let args = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&out)];
        let said = exits(0, &[&args[..], &["--threshold", "1", "--device", "cpu"]].concat());
        (read_hits(&out).unwrap(), said)
    }
}

/// A body, its parents whose family looks for it, convicts and a trace.
fn world(with_lineage: bool) -> World {
    let world = World::empty();
    let write = |name: &str, rows: &[Row]| world.write(name, &table(rows, with_lineage));
    // C1 is the body's person; C2a and C2b are one person; C3 lacks a marker.
    write(
        "convicts.csv",
        &[
            Row("C1", BODY, Y_OF_BODY),
            Row("C2a", FATHER, "X,Y|15|24|10"),
            Row("C2b", FATHER, "X,Y|15|24|10"),
            Row("C3", MOTHER, "X,Y|14|24|"),
        ],
    );
    write("traces.csv", &[Row("T1", BODY, "X,X|||")]);
    write("corpses.csv", &[Row("K1", BODY, Y_OF_BODY), Row("K2", BODY, "X,Y|14|23|10")]);
    write("relatives.csv", &[Row("R1", FATHER, Y_OF_FATHER), Row("R2", MOTHER, "X,X|||")]);
    world.write(
        "families.csv",
        "family_id,missing_person_id,relative_record_id,relation,consent,case_open\n\
         F1,M1,R1,father,true,true\nF1,M1,R2,mother,true,true\n",
    );
    let haplotypes = |rows: &str| format!("id,ranges,variants\n{rows}");
    world.write(
        "convicts_mt.csv",
        &haplotypes("C1,73-340,263G 150T\nC2a,73-340,263G\nC3,100-340,263G\n"),
    );
    world.write("corpses_mt.csv", &haplotypes("K1,73-340,263G 150T 309.1C\nK2,73-340,263G 150T\n"));
    world.write(
        "relatives_mt.csv",
        &haplotypes("R1,73-340,152C\nR2,73-340 16024-16365,150T 263G 16126C\n"),
    );
    for (index, mut files) in [
        ("convict", vec!["convicts.csv", "convicts_mt.csv"]),
        ("trace", vec!["traces.csv"]),
        ("corpse", vec!["corpses.csv", "corpses_mt.csv"]),
        ("relative", vec!["relatives.csv", "families.csv", "relatives_mt.csv"]),
    ] {
        files.retain(|file| with_lineage || !file.ends_with("_mt.csv"));
        world.import(0, index, &files, &[]);
    }
    world
}

fn hit<'a>(hits: &'a [Hit], search: &str, probe: &str, gallery: &str) -> &'a Hit {
    let wanted = |hit: &&Hit| {
        hit.search.ends_with(search) && hit.probe_id == probe && hit.gallery_id == gallery
    };
    hits.iter().find(wanted).unwrap_or_else(|| panic!("no hit {search} {probe} {gallery}"))
}

fn y(hit: &Hit) -> &YEvidence {
    hit.lineage.as_ref().and_then(|lineage| lineage.y.as_ref()).unwrap()
}

fn mt(hit: &Hit) -> &MitochondrialEvidence {
    hit.lineage.as_ref().and_then(|lineage| lineage.mitochondrial.as_ref()).unwrap()
}

#[test]
fn a_body_whose_y_excludes_and_whose_mitochondrial_dna_includes_says_both_of_its_family() {
    let world = world(true);
    let (hits, said) = world.night("night");
    let family = hit(&hits, "corpse-pedigree", "K1", "R1");
    let (y, mt) = (y(family), mt(family));
    assert_eq!((y.y_record.as_str(), y.y_statement.as_str()), ("R1", "exclusion"));
    assert_eq!((y.y_loci_compared, y.y_loci_differing, y.y_steps), (3, 1, Some(4)));
    assert_eq!((y.y_frequency, y.y_database), (None, None));
    assert_eq!((mt.mt_record.as_str(), mt.mt_statement.as_str()), ("R2", "inclusion"));
    assert_eq!((mt.mt_range_bases, mt.mt_differences), (268, 0));
    // C1 has it, C2a not, C3 was not sequenced in all of the range: the bound of 1 in 2.
    assert_eq!(mt.mt_database, Some(2));
    assert!((mt.mt_frequency.unwrap() - 0.95_f64.sqrt()).abs() < 1e-9, "{mt:?}");
    assert!(family.lineage.as_ref().unwrap().amelogenin.is_none(), "no sample of one person");
    assert!(said.contains("corpse-pedigree: Y-STR: 2 excluded; mtDNA: 2 supported"), "{said}");
    let report = read_report(&world.path("night")).unwrap();
    let counts = |name: &str| {
        let search = report.searches.iter().find(|search| search.search.ends_with(name)).unwrap();
        search.lineage.as_deref().copied()
    };
    let pedigree = counts("corpse-pedigree").unwrap();
    assert_eq!((pedigree.y.exclusion, pedigree.mt.inclusion), (2, 2));
    assert!(counts("trace-trace").is_none());
}

#[test]
fn in_a_search_by_kinship_the_relative_of_the_row_speaks_and_only_of_its_line() {
    let (hits, _) = world(true).night("night");
    let mut seen = 0;
    for hit in hits.iter().filter(|hit| hit.search.ends_with("corpse-family")) {
        let lineage = hit.lineage.as_ref().unwrap();
        match hit.kinship.as_deref() {
            Some("father") => {
                assert_eq!(y(hit).y_statement, "exclusion");
                assert!(
                    lineage.mitochondrial.is_none(),
                    "a father's mitochondrial DNA is not his child's"
                );
            }
            _ => {
                assert_eq!(
                    (mt(hit).mt_record.as_str(), mt(hit).mt_statement.as_str()),
                    ("R2", "inclusion")
                );
                assert!(lineage.y.is_none());
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn records_of_one_person_state_how_frequent_their_haplotype_is_among_convicts() {
    let (hits, _) = world(true).night("night");
    let same = hit(&hits, "corpse-convict", "K1", "C1");
    assert_eq!((y(same).y_statement.as_str(), y(same).y_loci_compared), ("inclusion", 3));
    // C2a and C2b are one person, and C3 is not typed at all three.
    assert_eq!(y(same).y_database, Some(2));
    assert!((y(same).y_frequency.unwrap() - 0.95_f64.sqrt()).abs() < 1e-9);
    assert_eq!(same.lineage.as_ref().unwrap().amelogenin.as_deref(), Some("agrees"));
    let one_step = hit(&hits, "corpse-corpse", "K1", "K2");
    assert_eq!((y(one_step).y_statement.as_str(), y(one_step).y_steps), ("inconclusive", Some(1)));
    assert_eq!(mt(one_step).mt_statement, "inclusion", "lengths of C stretches do not count");
    let stain = hit(&hits, "trace-convict", "T1", "C1").lineage.as_ref().unwrap();
    assert_eq!(stain.amelogenin.as_deref(), Some("differs"));
    assert!(stain.y.is_none() && stain.mitochondrial.is_none());
}

#[test]
fn lineage_markers_change_no_hit_no_score_and_no_order() {
    let (with, _) = world(true).night("night");
    let (without, said) = world(false).night("night");
    assert!(!said.contains("lineage markers"), "{said}");
    assert!(without.iter().all(|hit| hit.lineage.is_none()));
    let stripped = |hits: &[Hit]| -> Vec<Hit> {
        let strip = |hit: &Hit| Hit { lineage: None, run_id: String::new(), ..hit.clone() };
        hits.iter().map(strip).collect()
    };
    assert!(with.iter().any(|hit| hit.lineage.is_some()));
    assert_eq!(stripped(&with), stripped(&without));
}

#[test]
fn a_haplotype_without_its_record_keeps_every_file_out_unless_the_rest_is_asked_for() {
    let world = World::empty();
    world.write("corpses.csv", &table(&[Row("K1", BODY, Y_OF_BODY)], true));
    world.write("mt.csv", "id,ranges,variants\nK1,73-340,263G\nK9,73-340,263G\nK8,73-340,999G\n");
    let said = world.import(3, "corpse", &["mt.csv", "corpses.csv"], &[]);
    assert!(said.contains("no file of this import goes in"), "{said}");
    let quarantined = fs::read_dir(world.path("gallery/quarantine")).unwrap().count();
    assert_eq!(quarantined, 1);
    let said = world.import(0, "corpse", &["mt.csv", "corpses.csv"], &["--partial"]);
    assert!(said.contains("1 haplotypes, 2 rejected"), "{said}");
    assert!(said.contains("1 corpse records added"), "{said}");
    // Without the table nothing is said about haplotypes, and with it nothing new.
    let again = world.import(0, "corpse", &["corpses.csv"], &[]);
    assert!(again.contains("0 corpse records added"), "{again}");
    let other = "id,ranges,variants\nK1,73-340,263G 150T\n";
    world.write("other.csv", other);
    let clash = world.import(3, "corpse", &["corpses.csv", "other.csv"], &[]);
    assert!(clash.contains("comes with the same content"), "{clash}");
    let alone = world.import(3, "corpse", &["other.csv"], &[]);
    assert!(alone.contains("belongs to a record of the same import"), "{alone}");
}

#[test]
fn bones_with_nothing_but_a_haplotype_are_kept_and_change_no_search() {
    let world = world(true);
    let (before, _) = world.night("before");
    world.write(
        "bones.csv",
        &table(&[Row("K7", None, "|||"), Row("K8", None, "X,Y|14|24|10")], true),
    );
    world.write("bones_mt.csv", "id,ranges,variants\nK7,73-340,263G 150T\n");
    let said = world.import(0, "corpse", &["bones.csv", "bones_mt.csv"], &[]);
    assert!(said.contains("2 records have no autosomal locus"), "{said}");
    world.write("empty.csv", &table(&[Row("K6", None, "X,Y|||")], true));
    let refused = world.import(3, "corpse", &["empty.csv"], &[]);
    assert!(
        refused.contains("at least one locus"),
        "amelogenin alone is nothing to keep: {refused}"
    );
    world.write("kin.csv", &table(&[Row("R7", None, "X,Y|14|24|10")], true));
    world.write(
        "kin_families.csv",
        "family_id,missing_person_id,relative_record_id,relation,consent,case_open\n\
         F7,M7,R7,father,true,true\n",
    );
    world.import(0, "relative", &["kin.csv", "kin_families.csv"], &[]);
    let (after, _) = world.night("after");
    let ids = |hits: &[Hit]| -> Vec<(String, i32)> {
        hits.iter().map(|hit| (hit.hit_id.clone(), hit.score_mban)).collect()
    };
    assert_eq!(ids(&before), ids(&after));
    let gallery = world.path("gallery");
    exits(0, &["gallery", "verify", text(&gallery)]);
    // By lineage alone the bones are found: K7 by the mother's line, K8 by the father of the other family.
    let (table, least) = (world.path("lineages.csv"), ["--min-y-loci", "3"]);
    let args = ["score", "lineages", "--gallery", text(&gallery), "--out", text(&table)];
    let said = exits(0, &[&args[..], &least].concat());
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|cell| cell == name).unwrap();
    let wanted =
        ["body", "family_id", "y_record", "y_statement", "mt_record", "mt_statement"].map(column);
    let rows: Vec<String> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| wanted.map(|place| row[place].to_owned()).join(" "))
        .collect();
    assert_eq!(rows, ["K1 F7 R7 inclusion  ", "K7 F1   R2 inclusion", "K8 F7 R7 inclusion  "]);
    // K1, K2 and K8 are excluded by the father of F1; K2 differs by one repeat from that of F7.
    assert!(
        said.contains("7 pairs compared along a certain line, 3 excluded, 1 undecided, 3 listed"),
        "{said}"
    );
    exits(1, &[&args[..], &["--min-mt-bases", "500"]].concat());
}

#[test]
fn a_table_of_haplotypes_alone_is_no_file_of_probes() {
    let world = world(true);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats/mitochondrial.csv");
    let gallery = world.path("gallery");
    let args = ["search", text(&sample), "--probe-index", "trace", "--gallery", text(&gallery)];
    let said = exits(3, &args);
    assert!(said.contains("profiles or families"), "{said}");
}
