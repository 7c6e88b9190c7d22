//! Importers against every sample file: what is read, what is refused and where, what a cut or a
//! changed byte may do, and that nothing goes in by halves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected fails"
)]

mod common;
#[path = "import/laws.rs"]
mod laws;
#[path = "import/robustness.rs"]
mod robustness;
#[path = "import/shared_samples.rs"]
mod shared_samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tanba::domain::category::Index;
use tanba::domain::frequency::MinimumFrequency;
use tanba::domain::locus::Locus;
use tanba::domain::record::DnaRecord;
use tanba::domain::relation::Kinship;
use tanba::error::{Error, Position, Rejection};
use tanba::import::{ImportOptions, Imported, frequency, import_bytes, import_file, quarantine};

fn options(index: Index) -> ImportOptions {
    ImportOptions {
        index,
        owner: "laboratory".into(),
        registered_on: jiff::civil::date(2024, 1, 31),
        today: jiff::civil::date(2026, 11, 21),
        aliases: BTreeMap::new(),
        partial: false,
        lineage_only: false,
        haplotypes: Default::default(),
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
fn a_profile_registered_on_a_day_to_come_is_refused_and_one_of_today_is_not() {
    let text = "record_id,registered_on,TH01_1,TH01_2\nA,2026-11-21,6,7\nB,2026-11-22,6,7\n";
    let imported = import_bytes(Path::new("f"), text.as_bytes(), &partial(Index::Trace)).unwrap();
    assert_eq!(imported.records.iter().map(|r| &r.record_id).collect::<Vec<_>>(), ["A"]);
    let [refused] = &imported.rejections[..] else { panic!("{:?}", imported.rejections) };
    assert_eq!((refused.position, refused.record_id.as_deref()), (Position::Line(3), Some("B")));
    assert!(refused.rule.contains("day of its import"), "{refused}");
    let later =
        ImportOptions { registered_on: jiff::civil::date(2026, 11, 22), ..options(Index::Trace) };
    let imported =
        import_bytes(Path::new("f"), b"record_id,TH01_1,TH01_2\nA,6,7\n", &later).unwrap();
    assert_eq!(imported.rejections.len(), 1, "what --registered-on says is checked too");
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
    let expected: [(&str, Index, &Faults); 6] = [
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
        (
            "pedigrees-broken.csv",
            Index::Relative,
            &[
                (2, Some("F-1"), "the rows of a family make a pedigree"),
                (4, Some("father"), "a sex is"),
                (5, Some("F-3"), "the rows of a family make a pedigree"),
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
        assert!(strict.pedigree_persons.is_empty(), "{name}");
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
        ("mitochondrial.csv", Position::File, "profiles or families", "together with"),
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
    // The missing person has a child and, in this format, no sex: the pedigree is not kept.
    assert!(relatives.pedigree_persons.is_empty());
    let text = std::fs::read_to_string(sample("dvi.fam")).unwrap();
    let childless = text
        .replace("nRelations= 5", "nRelations= 4")
        .replace("Parent= Missing person\r\nChild= R-3\r\n", "");
    assert_ne!(text, childless);
    let read = import_bytes(Path::new("f"), childless.as_bytes(), &options(Index::Relative));
    let stated: Vec<_> = read
        .unwrap()
        .pedigree_persons
        .into_iter()
        .map(|p| (p.person, p.father.unwrap_or_default(), p.mother.unwrap_or_default()))
        .collect();
    let row = |person: &str, father: &str, mother: &str| {
        (person.to_owned(), father.to_owned(), mother.to_owned())
    };
    let missing = "Family A/Missing person";
    for parents in [row(missing, "Family A/G-1", "Family A/R-1"), row("Family A/R-1", "", "")] {
        assert!(stated.contains(&parents), "{stated:?}");
    }
}

#[test]
fn a_table_of_pedigrees_is_read_by_families_and_a_bad_row_refuses_its_family() {
    let whole = import_sample("pedigrees.csv", &options(Index::Relative));
    let names: Vec<_> = whole.pedigree_persons.iter().map(|p| p.person.as_str()).collect();
    assert_eq!(names, ["M-2", "father", "mother", "REL-3"]);
    assert_eq!(whole.pedigree_persons[1].mother.as_deref(), Some("REL-3"));
    let broken = import_sample("pedigrees-broken.csv", &partial(Index::Relative));
    let families: Vec<_> = broken.pedigree_persons.iter().map(|p| p.family_id.as_str()).collect();
    assert_eq!(families, ["F-4"]);
}

#[test]
fn pedigrees_that_disagree_state_no_kinship_and_a_family_occurs_once() {
    let text = std::fs::read_to_string(sample("dvi.fam")).unwrap();
    let other = "[[[[[Pedigree 3]]]]]\r\nName= Other\r\nnRelations= 1\r\nParent= Missing person\r\n\
                 Child= R-1\r\n[Prior]";
    let disputed = text.replace("nPedigrees= 2", "nPedigrees= 3").replace("[Prior]", other);
    let read =
        |text: &str| import_bytes(Path::new("f"), text.as_bytes(), &options(Index::Relative));
    let kinships: Vec<_> =
        read(&disputed).unwrap().family_members.iter().map(|member| member.kinship).collect();
    assert_eq!(kinships, [Kinship::Unrelated; 3]);
    let (start, end) = (text.find("[[[Family 1 ]]]").unwrap(), text.find("[Prior]").unwrap());
    let twice = format!("{}{}{}", &text[..end], &text[start..end], &text[end..]).replace(
        "[[Reference Families]]\r\nnFamilies= 1",
        "[[Reference Families]]\r\nnFamilies= 2",
    );
    assert!(refusal(read(&twice)).rule.contains("a family occurs once"));
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(tanba::limits::MAX_INPUT_BYTES + 1).unwrap();
    let error = import_file(file.path(), &options(Index::Trace)).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    assert!(import_file(Path::new("absent.csv"), &options(Index::Trace)).is_err());
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
    let twice = cmf.replace("</LOCUSNAME>", "</LOCUSNAME><LOCUSNAME>vWA</LOCUSNAME>");
    let rejection = refusal(import_bytes(Path::new("f"), twice.as_bytes(), &options(Index::Trace)));
    assert!(rejection.rule.contains("named once"), "{rejection}");
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
    let refused = |text: &[u8]| {
        frequency::frequencies_of_bytes(Path::new("f"), text, None).unwrap_err().to_string()
    };
    assert!(refused(b"Allele,FGA\n20,0.6\n21,0.6\n").contains("sum to about 1"));
    assert!(refused(b"Allele,FGA\n20,0.6\n20,0.1\n").contains("an allele occurs once"));
    assert!(refused(b"Allele,FGA,fga\n20,0.6,0.1\n").contains("a locus has one column"));
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
