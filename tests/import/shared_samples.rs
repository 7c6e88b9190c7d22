//! The shared samples of other programs' files: each is read, or refused at the place listed.

use std::path::Path;

use tanba::domain::category::Index;
use tanba::error::{Error, Position};
use tanba::import::finger::is_finger;
use tanba::import::{Format, import_file};

use crate::{alleles, common, files_below, options, record};

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
fn fingerprints_are_refused_as_profiles_with_the_option_they_need() {
    let Some(folder) = common::shared("data/formats/finger") else { return };
    for path in files_below(&folder) {
        let error = import_file(&path, &options(Index::Trace)).unwrap_err();
        let is_template = is_finger(&std::fs::read(&path).unwrap());
        match error {
            Error::Usage { help, .. } => assert!(is_template && help.contains("--register")),
            Error::Rejected(_) => assert!(!is_template, "{}", path.display()),
            other => panic!("{}: {other}", path.display()),
        }
    }
}
