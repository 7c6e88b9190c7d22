//! Importers against every sample file: what is read, what is refused and where, what a cut or a
//! changed byte may do, and that nothing goes in by halves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected fails"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tanba::domain::category::Index;
use tanba::domain::frequency::MinimumFrequency;
use tanba::domain::locus::Locus;
use tanba::domain::record::DnaRecord;
use tanba::domain::relation::Kinship;
use tanba::error::{Error, Position, Rejection};
use tanba::import::{Format, ImportOptions, Imported, frequency, import_bytes, import_file};
use tanba::import::{quarantine, sniff};

fn options(index: Index) -> ImportOptions {
    ImportOptions {
        index,
        owner: "laboratory".into(),
        registered_on: jiff::civil::date(2024, 1, 31),
        aliases: BTreeMap::new(),
        partial: false,
    }
}

fn partial(index: Index) -> ImportOptions {
    ImportOptions { partial: true, ..options(index) }
}

/// A sample of this repository.
fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats").join(name)
}

fn import_sample(name: &str, options: &ImportOptions) -> Imported {
    import_file(&sample(name), options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The alleles at a locus as text, `-` where it is not typed.
fn alleles(record: &DnaRecord, locus: &str) -> String {
    let typing = record.profile.get(Locus::parse(locus).unwrap());
    typing.map_or("-".to_owned(), |typing| {
        typing.alleles().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    })
}

fn record<'a>(imported: &'a Imported, id: &str) -> &'a DnaRecord {
    imported.records.iter().find(|record| record.record_id == id).expect(id)
}

fn refusal(result: Result<Imported, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => *rejection,
        other => panic!("not refused: {other:?}"),
    }
}

/// Every file under a folder, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// File, index, format, records, and alleles of some loci of the first and the last record.
type Read =
    (&'static str, Index, Format, usize, &'static [(&'static str, &'static str, &'static str)]);

const SHARED_READ: &[Read] = {
    use Format::{CodisCmf, CodisCsv, FamiliasFam, GeneMapper, LongTable};
    use Index::{Convict, Trace};
    &[
        ("codis-csv/database_codis_generated_10.csv", Convict, CodisCsv, 10, CODIS_10),
        ("codis-csv/database_codis_generated_10_2fields.csv", Convict, CodisCsv, 10, CODIS_10),
        ("codis-csv/database_codis_generated_10_3fields.csv", Convict, CodisCsv, 10, CODIS_10),
        ("codis-csv/database_codis_generated_10_6fields.csv", Convict, CodisCsv, 10, CODIS_10),
        (
            "codis-csv/database_codis_generated_44.csv",
            Convict,
            CodisCsv,
            44,
            &[
                ("EZTU0000LU#00", "PentaD", "12,13"),
                ("PBPJ0000FR#01", "TH01", "7"),
                ("WQQQ0000NL#02", "PentaD", "11"),
            ],
        ),
        (
            "codis-xml/Codis-Mix-Profile-With-BOM-Header.xml",
            Trace,
            CodisCmf,
            1,
            &[("DUMMYSPECIMENID", "D19S433", "2,9,10,17"), ("DUMMYSPECIMENID", "D3S1358", "5,9")],
        ),
        (
            "codis-xml/Codis-Single-Profile.xml",
            Trace,
            CodisCmf,
            1,
            &[("ABCD1234NL#01", "vWA", "16"), ("ABCD1234NL#01", "FGA", "10,11")],
        ),
        (
            "codis-xml/cmf-3.2-appendix-a.xml",
            Trace,
            CodisCmf,
            2,
            &[
                ("IMP_0001A", "CSF1PO", "10,11"),
                ("IMP_0001B", "CSF1PO", "8.2,<6"),
                ("IMP_0001B", "D16S539", "6,7,13.1,14.2"),
                ("IMP_0001B", "D21S11", "28,29,<25"),
                ("IMP_0001B", "Penta D", "7.3,>17"),
            ],
        ),
        (
            "codis-xml/sample.csv",
            Trace,
            LongTable,
            4,
            &[("AAAA0000NL#01Rep1", "vWA", "11,12,13,14,25")],
        ),
        (
            "euroformix/ESX17_evids_LTDNA.csv",
            Trace,
            LongTable,
            3,
            &[
                ("stain80", "D1S1656", "15.3,17,17.3"),
                ("stain80", "SE33", "-"),
                ("stain68", "D10S1248", "12,13,14,15"),
            ],
        ),
        (
            "euroformix/ESX17_refs_missing.csv",
            Convict,
            LongTable,
            3,
            &[("ref1", "TH01", "9,9.3"), ("ref1", "D10S1248", "-"), ("ref2", "TH01", "9.3")],
        ),
        ("euroformix/GF_refs.csv", Convict, LongTable, 4, &[("K29", "SE33", "18,25.2")]),
        (
            "euroformix/test_evids.csv",
            Trace,
            LongTable,
            2,
            &[("stain52", "TH01", "6,7,8,9.3"), ("stain52", "D2S1338", "18,19,22,24,25,26")],
        ),
        ("euroformix/test_refs.csv", Convict, LongTable, 2, &[("ref1", "D19S433", "13.2,15.2")]),
        (
            "familias/halfsib-test.fam",
            Convict,
            FamiliasFam,
            2,
            &[
                ("2023400031-DNA-AA-000984", "vWA", "14,19"),
                ("2023400031-DNA-AA-000984", "Penta D", "8,13"),
            ],
        ),
        (
            "familias/paternity.fam",
            Convict,
            FamiliasFam,
            2,
            &[("AF", "D3S1358", "17"), ("AF", "TH01", "6,9"), ("CH", "TH01", "6,9.3")],
        ),
        ("familias/sibship.fam", Convict, FamiliasFam, 2, &[("NN1", "vWA", "14,20")]),
        ("genemapper/GeneMapperExample.txt", Trace, GeneMapper, 4, GENEMAPPER),
        ("genemapper/GeneMapperExampleDifferentCaseNumbers.txt", Trace, GeneMapper, 4, &[]),
        ("genemapper/GeneMapperExampleWithHeights.txt", Trace, GeneMapper, 4, &[]),
        (
            "genemapper/GeneMapperExampleWithHeightsAndOL.txt",
            Trace,
            GeneMapper,
            1,
            &[
                ("1234567_20160928001_AAAA0000NL#01", "vWA", "OL,17"),
                ("1234567_20160928001_AAAA0000NL#01", "D16S539", "OL,11,12"),
            ],
        ),
        ("lrmix/suspect-utf8-bom.csv", Convict, LongTable, 1, SUSPECT),
        ("lrmix/suspect.csv", Convict, LongTable, 1, SUSPECT),
        ("lrmix/suspect.tsv", Convict, LongTable, 1, SUSPECT),
        ("lrmix/suspect2.csv", Convict, LongTable, 1, SUSPECT),
    ]
};

const CODIS_10: &[(&str, &str, &str)] = &[
    ("WMVX0000NO#00", "TH01", "6,9.3"),
    ("WMVX0000NO#00", "TPOX", "8,10"),
    ("WMVX0000NO#00", "PentaD", "12"),
    ("WMVX0000NO#00", "D7S820", "-"),
    ("GQTQ0000ES#03", "FGA", "23"),
];
const GENEMAPPER: &[(&str, &str, &str)] = &[
    ("0000001_00000000000_AAAA0000NL#01", "D2S1338", "10"),
    ("0000001_00000000000_AAAA0000NL#01", "D18S51", "11,12,13,14"),
];
const SUSPECT: &[(&str, &str, &str)] = &[
    ("OVXV0389BE#98", "FGA", "19,22"),
    ("OVXV0389BE#98", "TH01", "6,9.3"),
    ("OVXV0389BE#98", "vWA", "16"),
    ("OVXV0389BE#98", "SE33", "28.2,29.2"),
];

/// Files that hold no profiles, or damaged ones: position and a part of the rule or of what was found.
const SHARED_REFUSED: &[(&str, Index, Position, &str)] = &[
    ("codis-xml/cmf-2017.xsd", Index::Trace, Position::File, "an XML schema"),
    ("codis-xml/cmf-3.2-appendix-b.xsd", Index::Trace, Position::File, "an XML schema"),
    ("codis-xml/cmf-rapid-r16.xsd", Index::Trace, Position::File, "an XML schema"),
    ("euroformix/test_freq.csv", Index::Trace, Position::File, "an allele-frequency table"),
    ("familias/dvi-example.fam", Index::Corpse, Position::Line(43), "\"L1\""),
    ("familias/dvi-example.fam", Index::Relative, Position::Line(76), "\"L1\""),
    ("familias/dvi-example.fam", Index::Trace, Position::Line(35), "a DVI project holds"),
    ("familias/halfsib.fam", Index::Convict, Position::Line(111), "\\\"208\\\" at D11S554"),
    (
        "frequencies/STRBASE_frequencies_2015-02-09_Europe.csv",
        Index::Trace,
        Position::File,
        "an allele-frequency table",
    ),
    ("frequencies/frequencies_STRBASE.xml", Index::Trace, Position::File, "an allele-frequency"),
    ("genemapper/GeneMapperExampleBrokenHeader.txt", Index::Trace, Position::Line(1), "Smaple"),
    ("lrmix/suspect-broken.csv", Index::Convict, Position::Line(1), "Sam pleName"),
];

#[test]
fn every_shared_format_sample_is_read_or_refused_as_listed() {
    let Some(folder) = common::shared("data/formats/dna") else { return };
    for (name, index, format, count, typings) in SHARED_READ {
        let imported = import_file(&folder.join(name), &options(*index))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(imported.rejections, [], "{name}");
        assert_eq!((imported.format, imported.records.len()), (*format, *count), "{name}");
        for (id, locus, expected) in *typings {
            assert_eq!(alleles(record(&imported, id), locus), *expected, "{name} {id} {locus}");
        }
    }
    for (name, index, position, text) in SHARED_REFUSED {
        let rejection = match import_file(&folder.join(name), &options(*index)) {
            Err(Error::Rejected(rejection)) => *rejection,
            Err(other) => panic!("{name}: {other}"),
            Ok(imported) => {
                assert!(imported.records.is_empty(), "{name}: {imported:?}");
                imported.rejections.first().cloned().expect(name)
            }
        };
        assert_eq!(rejection.position, *position, "{name}: {rejection}");
        assert!(rejection.to_string().contains(text), "{name}: {rejection}");
        assert!(!rejection.help.is_empty(), "{name}");
    }
    let listed = |path: &Path| {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
        SHARED_READ.iter().any(|r| r.0 == name) || SHARED_REFUSED.iter().any(|r| r.0 == name)
    };
    let unlisted: Vec<_> = files_below(&folder).into_iter().filter(|path| !listed(path)).collect();
    assert!(unlisted.is_empty(), "no expectation for {unlisted:?}");
}

#[test]
fn cmf_keeps_required_alleles_partial_marks_cases_and_kits() {
    let imported = import_sample("cmf.xml", &options(Index::Trace));
    let first = record(&imported, "T-1");
    let required = first.profile.get(Locus::parse("CSF1PO").unwrap()).unwrap();
    assert_eq!((alleles(first, "CSF1PO").as_str(), required.required()), ("10,11", 0b01));
    assert_eq!(
        (alleles(first, "PentaD").as_str(), alleles(first, "TH01").as_str()),
        ("12,<5", "9.3")
    );
    assert!(first.partial && !record(&imported, "T-2").partial);
    assert_eq!(first.case_id.as_deref(), Some("C-9"));
    assert_eq!(first.kit.as_deref(), Some("Kit of the message"));
    assert_eq!(first.apart.get("AMEL"), Some(&vec!["X".to_owned(), "Y".to_owned()]));
    assert_eq!(alleles(record(&imported, "T-2"), "FGA"), "20,21,22.2,24");

    let rapid = import_sample("cmf-rapid.xml", &options(Index::Convict));
    assert_eq!(rapid.records[0].kit.as_deref(), Some("GlobalFiler Express"));
    assert_eq!(rapid.records[0].apart.keys().collect::<Vec<_>>(), ["DYS389I"]);
    let foreign = import_sample("cmf-no-namespace.xml", &options(Index::Trace));
    assert!(foreign.warnings[0].contains("Custom Category"), "{:?}", foreign.warnings);
}

#[test]
fn wide_tables_keep_metadata_microvariants_tri_alleles_wildcards_and_the_days_of_the_law() {
    let imported = import_sample("wide.csv", &options(Index::Convict));
    let first = &imported.records[0];
    for (locus, expected) in
        [("TH01", "6,9.3"), ("TPOX", "8,9,11"), ("FGA", "21,22.2"), ("PentaD", "12,13")]
    {
        assert_eq!(alleles(first, locus), expected, "{locus}");
    }
    assert_eq!(first.person_id.as_deref(), Some("P-0001"));
    assert_eq!(first.registered_on, jiff::civil::date(2023, 5, 17));
    assert_eq!(first.retain_until, Some(jiff::civil::date(2085, 2, 28)));
    assert!(first.retain_rule.contains("L40 29(1)"));
    let second = &imported.records[1];
    assert_eq!(
        ["D3S1358", "vWA", "TPOX", "PentaD", "FGA"].map(|locus| alleles(second, locus)),
        ["14", "17", "8", "12,<5", "*,24"]
    );
    let third = &imported.records[2];
    assert_eq!(third.registered_on, options(Index::Convict).registered_on);
    assert_eq!(
        ["vWA", "TH01", "PentaD", "FGA"].map(|locus| alleles(third, locus)),
        ["-", "OL,7", "14,>17", "*,20"]
    );
    assert_eq!(third.apart.get("AMEL"), Some(&vec!["X".to_owned(), "Y".to_owned()]));
    assert_eq!(imported.warnings, ["columns not stored: remark"]);
    let comma = import_sample("wide-decimal-comma.csv", &options(Index::Convict));
    assert_eq!(alleles(&comma.records[0], "TH01"), "6,9.3");
    assert_eq!(alleles(&comma.records[1], "D21S11"), "28,32.2");
}

#[test]
fn each_broken_sample_names_line_record_and_rule_of_every_fault() {
    let line = Position::Line;
    type Faults = [(u64, Option<&'static str>, &'static str)];
    let expected: [(&str, Index, &Faults); 5] = [
        (
            "wide-broken.csv",
            Index::Trace,
            &[
                (3, Some("B-2"), "an allele is"),
                (4, Some("B-3"), "a row has as many cells"),
                (5, Some("B-4"), "a profile has at least one locus"),
                (6, Some("B-1"), "a record id occurs once"),
                (7, None, "an identifier is not empty"),
                (8, Some("B-7"), "a date is"),
                (9, Some("B-8"), "the column partial"),
            ],
        ),
        (
            "long-broken.csv",
            Index::Trace,
            &[
                (3, Some("trace 1"), "a marker occurs once"),
                (4, Some("trace 2"), "an allele is"),
                (5, Some("trace 3"), "a marker is a known locus"),
                (6, Some("trace 4"), "a profile has at least one locus"),
            ],
        ),
        (
            "cmf-broken.xml",
            Index::Trace,
            &[
                (8, Some("X-1"), "belongs to the index convict"),
                (31, Some("X-2"), "a marker occurs once"),
                (43, Some("X-3"), "belongs to no index"),
                (57, Some("X-4"), "a marker is a known locus"),
                (67, Some("X-5"), "the attribute PARTIAL"),
            ],
        ),
        (
            "families-broken.csv",
            Index::Relative,
            &[
                (3, Some("REL-2"), "a family looks for one"),
                (4, Some("REL-3"), "a relation is"),
                (5, Some("REL-4"), "the column consent"),
                (6, Some("REL-1"), "a relative occurs once"),
                (7, Some("REL-5"), "an identifier is not empty"),
            ],
        ),
        ("cmf-rapid.xml", Index::Trace, &[(11, Some("R-1"), "belongs to the index convict")]),
    ];
    for (name, index, faults) in expected {
        let strict = import_sample(name, &options(index));
        let found: Vec<_> = strict.rejections.iter().map(|r| (r.position, &r.record_id)).collect();
        assert_eq!(found.len(), faults.len(), "{name}: {:#?}", strict.rejections);
        for (rejection, (at, id, rule)) in strict.rejections.iter().zip(faults) {
            assert_eq!(rejection.position, line(*at), "{name}: {rejection}");
            assert_eq!(rejection.record_id.as_deref(), *id, "{name}: {rejection}");
            assert!(rejection.rule.contains(rule), "{name}: {rejection}");
        }
        assert!(strict.records.is_empty() && strict.family_members.is_empty(), "{name}");
    }
    let kept = import_sample("wide-broken.csv", &partial(Index::Trace));
    assert_eq!(kept.records.len(), 1, "--partial keeps the good record");
}

#[test]
fn whole_files_are_refused_with_line_and_next_step() {
    for (name, position, rule, help) in [
        ("cmf-doctype.xml", Position::Line(2), "no document type", "remove the DOCTYPE"),
        ("genemapper-broken.txt", Position::Line(1), "the columns of a GeneMapper", "Sample File"),
        ("wide-unknown-locus.csv", Position::Line(1), "a marker is a known locus", "D16S539"),
        ("project-broken.fam", Position::Line(30), "counts in the allele list", "save the project"),
        ("unknown.csv", Position::Line(1), "the first line names", "SampleName"),
        ("strider.xml", Position::File, "profiles or families", "--frequencies"),
        ("frequencies-wide.csv", Position::File, "profiles or families", "--frequencies"),
        ("frequencies-long.csv", Position::File, "profiles or families", "--frequencies"),
    ] {
        let rejection = refusal(import_file(&sample(name), &options(Index::Trace)));
        assert_eq!(rejection.position, position, "{name}: {rejection}");
        assert!(rejection.rule.contains(rule), "{name}: {rejection}");
        assert!(rejection.help.contains(help), "{name}: {}", rejection.help);
    }
}

#[test]
fn an_alias_makes_an_unknown_locus_known() {
    let aliases = BTreeMap::from([("d16s593".to_owned(), Locus::parse("D16S539").unwrap())]);
    let options = ImportOptions { aliases, ..options(Index::Trace) };
    let imported = import_sample("wide-unknown-locus.csv", &options);
    assert_eq!(alleles(&imported.records[0], "D16S539"), "11,12");
}

#[test]
fn a_dvi_project_gives_corpses_or_relatives_with_the_kinship_of_its_pedigree() {
    let corpses = import_sample("dvi.fam", &options(Index::Corpse));
    assert_eq!(alleles(record(&corpses, "U-1"), "PentaD"), "9,12");
    assert_eq!((corpses.records.len(), corpses.family_members.len()), (2, 0));
    let relatives = import_sample("dvi.fam", &options(Index::Relative));
    let kinships: Vec<_> = relatives
        .family_members
        .iter()
        .map(|member| (member.relative_record_id.as_str(), member.kinship, member.consent))
        .collect();
    assert_eq!(
        kinships,
        [
            ("Family A/R-1", Kinship::Mother, false),
            ("Family A/R-2", Kinship::FullSibling, false),
            ("Family A/R-3", Kinship::Child, false),
        ]
    );
    assert_eq!(alleles(record(&relatives, "Family A/R-2"), "TH01"), "8,9.3");
}

#[test]
fn families_without_consent_are_kept_and_named() {
    let imported = import_sample("families.csv", &options(Index::Relative));
    let consents: Vec<_> = imported.family_members.iter().map(|m| m.consent).collect();
    assert_eq!(consents, [true, true, false]);
    assert!(imported.family_members.iter().all(|member| member.case_open));
    assert!(imported.warnings[0].contains("1 relatives without written consent"));
}

#[test]
fn utf16_and_byte_order_marks_change_nothing() {
    let text = std::fs::read_to_string(sample("wide.csv")).unwrap();
    let plain = import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Trace)).unwrap();
    let little: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for bytes in [little, big, marked] {
        let imported = import_bytes(Path::new("f"), &bytes, &options(Index::Trace)).unwrap();
        assert_eq!(imported.records, plain.records);
        assert_ne!(imported.file_hash, plain.file_hash);
    }
}

#[test]
fn the_same_bytes_give_the_same_import() {
    for path in files_below(&sample("")) {
        let read = || format!("{:?}", import_file(&path, &partial(Index::Trace)));
        assert_eq!(read(), read(), "{}", path.display());
    }
}

#[test]
fn a_column_that_looks_like_a_name_is_not_stored_and_is_warned_of() {
    let text = "record_id,Surname,FGA_1,FGA_2\nR-1,Somebody,21,22\n";
    let imported = import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Trace)).unwrap();
    assert!(imported.warnings.iter().any(|warning| warning.contains("no schema")));
    assert!(!format!("{:?}", imported.records).contains("Somebody"));
}

#[test]
fn a_specimen_without_category_and_a_cell_without_column_are_refused() {
    let cmf = "<CODISImportFile><SPECIMEN><SPECIMENID>S</SPECIMENID><LOCUS><LOCUSNAME>FGA\
               </LOCUSNAME><ALLELE><ALLELEVALUE>20</ALLELEVALUE></ALLELE></LOCUS></SPECIMEN>\
               </CODISImportFile>";
    let table = "record_id,FGA_1,FGA_2,\nS,20,21,22\n";
    for (text, rule) in [(cmf, "SPECIMENCATEGORY"), (table, "the name of its column")] {
        let imported = import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Trace));
        let rejections = imported.unwrap().rejections;
        assert!(rejections[0].rule.contains(rule), "{rejections:?}");
        assert_eq!(rejections[0].record_id.as_deref(), Some("S"));
    }
}

#[test]
fn nine_alleles_at_a_locus_refuse_the_record() {
    let text = "Sample Name,Marker,Allele 1,Allele 2,Allele 3,Allele 4,Allele 5,Allele 6,\
                Allele 7,Allele 8,Allele 9\nS,FGA,18,19,20,21,22,23,24,25,26\n";
    let imported = import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Trace)).unwrap();
    assert!(imported.rejections[0].rule.contains("1 to 8 distinct alleles"));
}

#[test]
fn the_quarantine_gives_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quarantine.parquet");
    let mut rejections = import_sample("wide-broken.csv", &options(Index::Trace)).rejections;
    rejections.push(refusal(import_file(&sample("strider.xml"), &options(Index::Trace))));
    rejections.push(refusal(import_bytes(Path::new("x"), b"a,\xff", &options(Index::Trace))));
    quarantine::write(&path, &rejections).unwrap();
    assert_eq!(quarantine::read(&path).unwrap(), rejections);
    quarantine::write(&path, &[]).unwrap();
    assert_eq!(quarantine::read(&path).unwrap(), []);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "no unfinished file stays: {files:?}");
    std::fs::write(&path, b"PAR1 and nothing else").unwrap();
    assert_eq!(quarantine::read(&path).unwrap_err().kind().exit_code(), 6);
}

#[test]
fn frequency_files_of_all_layouts_are_read() {
    let th01 = Locus::parse("TH01").unwrap();
    let six = tanba::domain::allele::Allele::parse("6").unwrap().unwrap();
    let rule = MinimumFrequency::UnseenOnly;
    for (name, origin, table_name) in [
        ("frequencies-wide.csv", None, "frequencies-wide"),
        ("frequencies-long.csv", None, "frequencies-long"),
        ("strider.xml", Some("region a"), "strider (Region A)"),
    ] {
        let table = frequency::read_frequencies(&sample(name), origin).unwrap();
        assert_eq!(table.frequency(th01, six, rule), Some(0.25), "{name}");
        assert_eq!(table.name(), table_name);
    }
    let wide = frequency::read_frequencies(&sample("frequencies-wide.csv"), None).unwrap();
    let sampled: Vec<_> = wide.loci().map(|(locus, f)| (locus.name(), f.sampled_alleles)).collect();
    assert_eq!(sampled, [("TH01", Some(400)), ("PentaD", Some(360))]);
    for (name, origin, text) in [
        ("strider.xml", None, "one origin"),
        ("strider.xml", Some("Atlantis"), "one origin"),
        ("frequencies-broken.csv", None, "a frequency is from 0 to 1"),
        ("cmf.xml", None, "a frequency file is"),
        ("wide.csv", None, "a frequency file is"),
    ] {
        let error = frequency::read_frequencies(&sample(name), origin).unwrap_err();
        assert!(error.to_string().contains(text), "{name}: {error}");
    }
    let Some(folder) = common::shared("data/formats/dna/frequencies") else { return };
    let strider = folder.join("frequencies_STRBASE.xml");
    let europe = frequency::read_frequencies(&strider, Some("Europe")).unwrap();
    let csv = folder.join("STRBASE_frequencies_2015-02-09_Europe.csv");
    let table = frequency::read_frequencies(&csv, None).unwrap();
    assert_eq!((europe.loci().count(), table.loci().count()), (16, 16));
    for (locus, entry) in table.loci() {
        for (allele, f) in &entry.alleles {
            let other = europe.frequency(locus, *allele, rule).unwrap();
            assert!((other - f).abs() < 1e-9, "{locus} {allele}: {other} {f}");
        }
    }
}

/// What holds of any bytes under any index: nothing goes in by halves, `--partial` changes nothing
/// else, and what is kept says something.
fn check_promises(bytes: &[u8], index: Index) {
    let strict = import_bytes(Path::new("f"), bytes, &options(index));
    let lenient = import_bytes(Path::new("f"), bytes, &partial(index));
    match (strict, lenient) {
        (Ok(strict), Ok(lenient)) => {
            assert_eq!(strict.rejections, lenient.rejections);
            if strict.rejections.is_empty() {
                assert_eq!(strict, lenient);
            } else {
                assert!(strict.records.is_empty() && strict.family_members.is_empty());
            }
            for record in &lenient.records {
                assert!(!record.profile.comparable_loci().is_empty());
                assert!(lenient.rejections.iter().all(|r| r.record_id.as_deref() != Some("")
                    || !record.record_id.is_empty()));
            }
        }
        (Err(strict), Err(lenient)) => assert_eq!(strict.to_string(), lenient.to_string()),
        (strict, lenient) => panic!("{strict:?}\n{lenient:?}"),
    }
}

/// What a cut file may give: an error, rejections and nothing else, or the records before the cut; only
/// the last record may differ, and where the format can tell (XML, Familias) none does.
fn check_cut(whole: &Imported, bytes: &[u8], length: usize, index: Index, name: &str) {
    check_promises(&bytes[..length], index);
    let Ok(cut) = import_bytes(Path::new("f"), &bytes[..length], &options(index)) else { return };
    if !cut.rejections.is_empty() {
        return;
    }
    let is_table = !matches!(whole.format, Format::CodisCmf | Format::FamiliasFam);
    let certain = cut.records.len().saturating_sub(usize::from(is_table));
    assert_eq!(cut.records[..certain], whole.records[..certain], "{name} cut at {length}");
    let certain = cut.family_members.len().saturating_sub(usize::from(is_table));
    assert_eq!(cut.family_members[..certain], whole.family_members[..certain], "{name} {length}");
    if !is_table {
        assert_eq!(cut.records.len(), whole.records.len(), "{name} cut at {length}");
    }
}

#[test]
fn every_truncation_of_every_sample_gives_all_before_the_cut_or_nothing() {
    let mut files = files_below(&sample(""));
    files.extend(common::shared("data/formats/dna").map(|f| files_below(&f)).unwrap_or_default());
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let indexes: &[Index] =
            if name.contains("dvi") { &[Index::Corpse, Index::Relative] } else { &[Index::Trace] };
        // All lengths of the small samples, about a thousand of the large ones.
        let step = if bytes.len() <= 3000 { 1 } else { bytes.len() / 1000 + 1 };
        for index in indexes {
            let whole = import_bytes(Path::new("f"), &bytes, &partial(*index));
            for length in (0..bytes.len()).step_by(step) {
                match &whole {
                    Ok(whole) => check_cut(whole, &bytes, length, *index, &name),
                    Err(_) => check_promises(&bytes[..length], *index),
                }
            }
        }
    }
}

/// A change of a file: where (in thousandths of its length), what to put there, how much to remove.
fn change() -> impl Strategy<Value = (usize, Vec<u8>, usize)> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        Just(b"\"".to_vec()),
        Just(b"\n".to_vec()),
        Just(b",".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just(b"<a>".to_vec()),
        Just("\u{feff}".as_bytes().to_vec()),
    ];
    (0..1000_usize, piece, 0..12_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn changed_samples_never_panic_and_never_go_in_by_halves(
        pick in 0..1000_usize,
        index in 0..4_usize,
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let files = files_below(&sample(""));
        let mut bytes = std::fs::read(&files[pick % files.len()]).unwrap();
        for (place, piece, removed) in changes {
            let start = bytes.len() * place / 1000;
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        check_promises(&bytes, Index::ALL[index]);
        let _ = frequency::frequencies_of_bytes(Path::new("f"), &bytes, Some("Region A"));
    }

    #[test]
    fn no_text_makes_recognition_panic(text in "\\PC{0,200}") {
        let _ = sniff::recognise(Path::new("f"), &text);
    }
}
