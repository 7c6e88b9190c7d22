//! One profile written in every format is one profile; and every cell of a foreign table arrives.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use tanba::domain::allele::Allele;
use tanba::domain::category::Index;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::locus::Locus;
use tanba::import::{Format, import_bytes, import_file};

use crate::{alleles, common, options, record};

/// A call as files write it.
fn call() -> impl Strategy<Value = Allele> {
    prop_oneof![
        12 => (5_u16..40, 0_u16..4).prop_map(|(n, tenth)| Allele::repeat(n * 10 + tenth).unwrap()),
        1 => Just(Allele::WILDCARD),
        1 => Just(Allele::OFF_LADDER),
        1 => Just(Allele::parse("<8").unwrap().unwrap()),
        1 => Just(Allele::parse(">17").unwrap().unwrap()),
    ]
}

/// One to six calls at some loci, the first of them comparable.
fn profile() -> impl Strategy<Value = BTreeMap<Locus, Vec<Allele>>> {
    let locus = (0..23_usize).prop_map(|place| Locus::core().nth(place).unwrap());
    let map =
        proptest::collection::btree_map(locus, proptest::collection::vec(call(), 1..6), 1..12);
    map.prop_map(|mut map| {
        map.insert(Locus::parse("SE33").unwrap(), vec![Allele::repeat(282).unwrap()]);
        map
    })
}

fn decimal_comma(allele: &Allele) -> String {
    allele.to_string().replace('.', ",")
}

fn wide(
    typings: &BTreeMap<Locus, Vec<Allele>>,
    separator: char,
    write: fn(&Allele) -> String,
) -> String {
    let (mut header, mut row) = ("record_id".to_owned(), "S".to_owned());
    for (locus, calls) in typings {
        for (place, call) in calls.iter().enumerate() {
            header.push_str(&format!("{separator}{locus}_{}", place + 1));
            row.push_str(&format!("{separator}{}", write(call)));
        }
    }
    format!("{header}\n{row}\n")
}

fn long(typings: &BTreeMap<Locus, Vec<Allele>>) -> String {
    let mut text = "SampleName\tMarker\tAllele1\tAllele2\tAllele3\tAllele4\tAllele5\n".to_owned();
    for (locus, calls) in typings {
        let mut cells: Vec<String> = calls.iter().map(ToString::to_string).collect();
        cells.resize(5, String::new());
        text.push_str(&format!("S\t{locus}\t{}\n", cells.join("\t")));
    }
    text
}

fn genemapper(typings: &BTreeMap<Locus, Vec<Allele>>) -> String {
    let names: Vec<&str> = typings.keys().map(|locus| locus.name()).collect();
    let cell =
        |calls: &Vec<Allele>| calls.iter().map(|call| format!("{call}, ")).collect::<String>();
    let cells: Vec<String> = typings.values().map(cell).collect();
    format!("Sample File\tSample Name\t{}\nf\tS\t{}\n", names.join("\t"), cells.join("\t"))
}

fn cmf(typings: &BTreeMap<Locus, Vec<Allele>>) -> String {
    let mut loci = String::new();
    for (locus, calls) in typings {
        loci.push_str(&format!("<LOCUS><LOCUSNAME>{locus}</LOCUSNAME>"));
        for call in calls {
            let value = call.to_string().replace('<', "&lt;").replace('>', "&gt;");
            loci.push_str(&format!("<ALLELE><ALLELEVALUE>{value}</ALLELEVALUE></ALLELE>"));
        }
        loci.push_str("</LOCUS>");
    }
    format!(
        "<CODISImportFile><SPECIMEN><SPECIMENID>S</SPECIMENID>\
         <SPECIMENCATEGORY>Forensic, Unknown</SPECIMENCATEGORY>{loci}</SPECIMEN></CODISImportFile>"
    )
}

proptest! {
    #[test]
    fn a_profile_is_the_same_in_every_format(typings in profile()) {
        let expected: Profile =
            typings.iter().map(|(l, calls)| (*l, Typing::new(calls).unwrap())).collect();
        for (text, format) in [
            (wide(&typings, ',', Allele::to_string), Format::WideCsv),
            (wide(&typings, ';', decimal_comma), Format::WideCsv),
            (wide(&typings, '\t', decimal_comma), Format::WideCsv),
            (long(&typings), Format::LongTable),
            (genemapper(&typings), Format::GeneMapper),
            (cmf(&typings), Format::CodisCmf),
        ] {
            let imported =
                import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Trace)).unwrap();
            prop_assert_eq!(&imported.rejections, &[], "{}", text);
            prop_assert_eq!(imported.format, format);
            prop_assert_eq!(&imported.records[0].profile, &expected, "{}", text);
        }
    }
}

/// Distinct calls of some cells in the order of alleles, `-` if there is none.
fn joined<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut calls: Vec<Allele> =
        cells.filter_map(|cell| Allele::parse(cell.trim()).unwrap()).collect();
    calls.sort_unstable();
    calls.dedup();
    let texts: Vec<String> = calls.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "-".to_owned() } else { texts.join(",") }
}

#[test]
fn every_allele_of_the_shared_tables_arrives_and_none_is_added() {
    let Some(folder) = common::shared("data/formats/dna") else { return };
    let mut cells = 0;
    for (name, separator, alleles_per_row) in [
        ("euroformix/ESX17_evids_LTDNA.csv", ';', 5),
        ("euroformix/ESX17_refs_missing.csv", ',', 2),
        ("euroformix/GF_refs.csv", ',', 2),
        ("euroformix/test_evids.csv", ',', 6),
        ("codis-xml/sample.csv", ',', 8),
        ("lrmix/suspect.tsv", '\t', 2),
    ] {
        let path = folder.join(name);
        let imported = import_file(&path, &options(Index::Trace)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
            let row: Vec<&str> = line.split(separator).collect();
            if Locus::parse(row[1]).is_some() {
                let expected = joined(row[2..].iter().take(alleles_per_row).copied());
                assert_eq!(alleles(record(&imported, row[0]), row[1]), expected, "{name}: {line}");
                cells += 1;
            }
        }
    }
    for (name, columns) in [
        ("codis-csv/database_codis_generated_10_6fields.csv", 6),
        ("codis-csv/database_codis_generated_44.csv", 4),
    ] {
        let path = folder.join(name);
        let imported = import_file(&path, &options(Index::Convict)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().trim().split(',').collect();
        for line in text.lines().skip(1) {
            let row: Vec<&str> = line.trim().split(',').collect();
            for (names, calls) in header[1..].chunks(columns).zip(row[1..].chunks(columns)) {
                let locus = names[0].trim_end_matches("_1");
                let expected = joined(calls.iter().copied());
                assert_eq!(alleles(record(&imported, row[0]), locus), expected, "{name} {locus}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 1496, "loci compared");
}
