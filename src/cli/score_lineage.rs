//! `tanba score lineage`: two Y-STR or mitochondrial haplotypes in, a conclusion out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::common::file_records;
use super::score::exact;
use super::ui::{Outcome, Ui};
use crate::domain::lineage::Conclusion;
use crate::domain::lineage::frequency::HaplotypeCount;
use crate::domain::lineage::mitochondrial::MitochondrialDifference;
use crate::domain::lineage::y_chromosome::{YDifference, YHaplotype};
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::import::mitochondrial::read_haplotypes;

/// Repeats in all that can be mutation where nothing else is asked: more exclude a paternal line.
const DEFAULT_STEPS: u32 = 3;

/// What a lineage statement must not be taken for.
const CAUTION: &str = "this is said of a lineage: every relative of the line has the same haplotype. \
                       Its frequency stands by itself and is multiplied with no other ratio";

/// Arguments of `tanba score lineage`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba score lineage --marker y --evidence trace-y.csv --reference person-y.csv \
--database YHRD --database-size 350000 --database-count 4\n  \
tanba score lineage --marker mt --evidence trace-mt.csv --reference person-mt.csv\n\n\
Y: files in any format of `tanba import`; two-copy markers are unordered, DYS389II is compared without\n\
DYS389I. No difference: not excluded; up to --steps repeats in all: inconclusive; more: excluded.\n\
mt: a table id, ranges, variants (16024-16365 73-340; 16126C 263G 315.1C), compared in the common\n\
range without the lengths of C stretches; one difference is inconclusive, two exclude.\n\
A haplotype found X times among N has a frequency of at most the 95 % bound of Clopper and Pearson.")]
pub(super) struct LineageArgs {
    /// Which haplotypes the files hold
    #[arg(long, value_enum)]
    marker: Marker,
    /// File with the haplotype of the trace
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// Its record in the file [default: the only one]
    #[arg(long, value_name = "ID")]
    sample: Option<String>,
    /// File with the haplotype of the person
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// The record of the person in the file [default: the only one]
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    /// Repeats that two Y-STR haplotypes of one lineage may differ by in all [default: 3]
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// Name and release of the database in which the haplotype of the trace was counted
    #[arg(long, value_name = "NAME", requires_all = ["database_size", "database_count"])]
    database: Option<String>,
    /// Haplotypes in the database, typed at the markers compared
    #[arg(long, value_name = "N", requires = "database")]
    database_size: Option<u64>,
    /// Those equal to the haplotype of the trace
    #[arg(long, value_name = "X", requires = "database")]
    database_count: Option<u64>,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Marker {
    /// Y-STR
    Y,
    /// Mitochondrial DNA
    Mt,
}

/// What a comparison is reported with.
struct Compared {
    evidence: String,
    reference: String,
    /// Number of markers or positions.
    count: u64,
    /// Which they are.
    place: String,
    differences: String,
    remarks: String,
    conclusion: Conclusion,
    rule: String,
}

/// Runs the verb.
pub(super) fn run(args: &LineageArgs, ui: &Ui) -> Result<Outcome> {
    let count = args.database_count.zip(args.database_size);
    let count = count.map(|(found, size)| HaplotypeCount::new(found, size)).transpose()?;
    let compared = match args.marker {
        Marker::Y => compare_y(args, ui)?,
        Marker::Mt => compare_mitochondrial(args)?,
    };
    let text = csv_text(args, &compared, count)
        .map_err(|error| Error::usage(error.to_string(), "report this"))?;
    ui.note(format!("{}: {CAUTION}", compared.conclusion.name()));
    if count.is_some() && compared.conclusion != Conclusion::NotExcluded {
        ui.warn("no frequency is stated: it is the weight of haplotypes without a difference");
    }
    ui.csv(args.out.as_deref(), &String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}

/// The item called `id`, or the only one.
fn choose<T>(items: Vec<(String, T)>, id: Option<&str>, path: &Path) -> Result<(String, T)> {
    let count = items.len();
    let mut wanted = items.into_iter().filter(|(name, _)| id.is_none_or(|id| name == id));
    match (wanted.next(), wanted.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(Error::usage(
            match id {
                Some(id) => format!("{} has no record {id:?}", path.display()),
                None => format!("{} holds {count} haplotypes", path.display()),
            },
            "name one record of the file with --sample or --person",
        )),
    }
}

fn y_haplotypes(path: &Path, ui: &Ui) -> Result<Vec<(String, YHaplotype)>> {
    let haplotype =
        |record: DnaRecord| Ok((record.record_id, YHaplotype::from_apart(&record.apart)?));
    file_records(path, true, ui)?.into_iter().map(haplotype).collect()
}

fn compare_y(args: &LineageArgs, ui: &Ui) -> Result<Compared> {
    let of =
        |path: &Path, id: &Option<String>| choose(y_haplotypes(path, ui)?, id.as_deref(), path);
    let (evidence, a) = of(&args.evidence, &args.sample)?;
    let (reference, b) = of(&args.reference, &args.person)?;
    let comparison = a.compare(&b);
    let steps = args.steps.unwrap_or(DEFAULT_STEPS);
    let difference = |difference: &YDifference| {
        let steps = difference.steps.map_or_else(|| "other".to_owned(), |steps| steps.to_string());
        format!("{}:{steps}", difference.marker)
    };
    let differences: Vec<String> = comparison.differences.iter().map(difference).collect();
    let remarks = match comparison.not_compared.as_slice() {
        [] => String::new(),
        markers => format!("not typed on both sides: {}", markers.join(" ")),
    };
    Ok(Compared {
        evidence,
        reference,
        count: comparison.compared.len() as u64,
        place: comparison.compared.join(" "),
        differences: differences.join(" "),
        remarks,
        conclusion: comparison.conclusion(steps),
        rule: format!("inconclusive up to {steps} repeats"),
    })
}

fn compare_mitochondrial(args: &LineageArgs) -> Result<Compared> {
    if args.steps.is_some() {
        return Err(Error::usage("--steps is for Y-STR", "leave it out for mitochondrial DNA"));
    }
    let of = |path: &Path, id: &Option<String>| choose(read_haplotypes(path)?, id.as_deref(), path);
    let (evidence, a) = of(&args.evidence, &args.sample)?;
    let (reference, b) = of(&args.reference, &args.person)?;
    let comparison = a.compare(&b);
    let ranges: Vec<String> =
        comparison.ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    let differences: Vec<String> =
        comparison.differences.iter().map(MitochondrialDifference::to_string).collect();
    let listed = |what: &str, positions: &[u16]| {
        let positions: Vec<String> = positions.iter().map(u16::to_string).collect();
        (!positions.is_empty()).then(|| format!("{what}: {}", positions.join(" ")))
    };
    let remarks = [
        listed("length not counted", &comparison.not_counted),
        listed("several bases", &comparison.heteroplasmic),
    ];
    Ok(Compared {
        evidence,
        reference,
        count: u64::from(comparison.positions()),
        place: ranges.join(" "),
        differences: differences.join(" "),
        remarks: remarks.into_iter().flatten().collect::<Vec<_>>().join("; "),
        conclusion: comparison.conclusion(),
        rule: "inconclusive at 1 difference".to_owned(),
    })
}

fn csv_text(
    args: &LineageArgs,
    compared: &Compared,
    count: Option<HaplotypeCount>,
) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "marker",
        "evidence",
        "reference",
        "compared",
        "compared_where",
        "differences",
        "remarks",
        "rule",
        "conclusion",
        "database",
        "database_size",
        "database_count",
        "frequency",
        "frequency_upper_95",
        "lr_at_upper_95",
    ])?;
    let marker = match args.marker {
        Marker::Y => "y",
        Marker::Mt => "mt",
    };
    let database = [args.database_size, args.database_count]
        .map(|number| number.map_or_else(String::new, |number| number.to_string()));
    let weight = count.filter(|_| compared.conclusion == Conclusion::NotExcluded);
    let weight = weight.map_or_else(<[String; 3]>::default, |count| {
        let bound = count.upper_bound();
        [exact(count.frequency()), exact(bound), exact(1.0 / bound)]
    });
    let cells = [
        marker,
        &compared.evidence,
        &compared.reference,
        &compared.count.to_string(),
        &compared.place,
        &compared.differences,
        &compared.remarks,
        &compared.rule,
        compared.conclusion.name(),
        args.database.as_deref().unwrap_or_default(),
    ];
    writer.write_record(
        cells.into_iter().chain(database.iter().chain(&weight).map(String::as_str)),
    )?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: LineageArgs,
    }

    /// The answer to one question about two files, as cells by column.
    fn answer(marker: &str, files: [&str; 2], more: &str) -> BTreeMap<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let [evidence, reference] = ["e.csv", "r.csv"].map(|name| folder.path().join(name));
        std::fs::write(&evidence, files[0]).unwrap();
        std::fs::write(&reference, files[1]).unwrap();
        let mut words = vec!["lineage", "--marker", marker, "--evidence"];
        words.extend([evidence.to_str().unwrap(), "--reference", reference.to_str().unwrap()]);
        words.extend(more.split_whitespace());
        let args = Line::try_parse_from(words).unwrap().args;
        let compared = match args.marker {
            Marker::Y => compare_y(&args, &Ui { json: false }).unwrap(),
            Marker::Mt => compare_mitochondrial(&args).unwrap(),
        };
        let count = args.database_count.zip(args.database_size);
        let count = count.map(|(found, size)| HaplotypeCount::new(found, size).unwrap());
        let text = csv_text(&args, &compared, count).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let header = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        header.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    }

    const DATABASE: &str = "--database D --database-size 100 --database-count 5";

    #[test]
    fn a_frequency_is_stated_only_where_nothing_differs() {
        let y = |allele| format!("SampleName,Marker,Allele1\nT,DYS391,{allele}\nT,DYS19,14\n");
        let same = answer("y", [&y(10), &y(10)], DATABASE);
        assert_eq!((&*same["conclusion"], &*same["compared"]), ("not-excluded", "2"));
        assert!(same["frequency_upper_95"].starts_with("1.0225337"), "{same:?}");
        assert!(same["lr_at_upper_95"].starts_with("9.7796"), "{same:?}");
        let mutated = answer("y", [&y(10), &y(12)], DATABASE);
        assert_eq!((&*mutated["conclusion"], &*mutated["frequency"]), ("inconclusive", ""));
        assert_eq!((&*mutated["differences"], &*mutated["database"]), ("DYS391:2", "D"));
        let strict = answer("y", [&y(10), &y(12)], "--steps 1");
        assert_eq!(strict["conclusion"], "excluded");
    }

    #[test]
    fn mitochondrial_haplotypes_say_where_they_were_compared_and_what_was_not_counted() {
        let trace = "id,ranges,variants\nT,16024-16365 73-340,16126C 263G 315.1C\n";
        let person =
            "id,ranges,variants\nP,1-315 16024-16569,16126Y 150T 263G 309.1C 315.1C\nQ,400-500,\n";
        let one = answer("mt", [trace, person], "--person P");
        assert_eq!((&*one["conclusion"], &*one["differences"]), ("inconclusive", "150"));
        assert_eq!((&*one["compared_where"], &*one["compared"]), ("73-315 16024-16365", "585"));
        assert_eq!(one["remarks"], "length not counted: 309; several bases: 16126");
        let nothing = answer("mt", [trace, person], "--person Q");
        assert_eq!((&*nothing["conclusion"], &*nothing["compared"]), ("not-compared", "0"));
    }

    #[test]
    fn one_record_of_a_file_has_to_be_meant() {
        let list = || vec![("A".to_owned(), 1), ("B".to_owned(), 2)];
        let path = Path::new("x.csv");
        assert_eq!(choose(list(), Some("B"), path).unwrap().1, 2);
        assert!(choose(list(), None, path).unwrap_err().to_string().contains("2 haplotypes"));
        assert!(choose(list(), Some("C"), path).unwrap_err().to_string().contains("no record"));
    }
}
