//! CODIS Common Message Format 3.2 and 3.3, and its Rapid Import form.
//!
//! The root is `CODISImportFile` or `CODISRapidImportFile`, in its namespace, another or none. Read
//! are SPECIMEN, SPECIMENID, SPECIMENCATEGORY, CASEID, PARTIAL, KIT, LOCUS, LOCUSNAME, ALLELE,
//! ALLELEREQUIRED and ALLELEVALUE (the kit of a specimen is the message's, or else the first that one
//! of its loci names); everything else, comments and users among it, is passed over and
//! not stored. The dates of the format are readings and messages, not registrations, and are passed
//! over too.
//!
//! Why categories are checked: a record in the wrong index would be searched against the law, so a
//! specimen whose category belongs to another index than the operator's is refused.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::category::Index;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Call, Collector, Draft, parse_flag};
use crate::import::xml::{Element, Elements, Step};
use crate::import::{Format, ImportOptions, Imported, marker};
use crate::limits::{MAX_ALLELES_PER_LOCUS, MAX_CMF_LOCI, MAX_LISTED_NAMES};

/// Versions whose elements are those read here; another is read with a warning.
const VERSIONS: [&str; 2] = ["3.2", "3.3"];

/// Reads a CMF document.
///
/// # Errors
/// The file as a whole is refused: not well-formed, cut, another root, or a limit.
pub fn read(path: &Path, content: &str, options: &ImportOptions) -> Result<Imported> {
    let mut reader = Reader {
        path,
        options,
        collector: Collector::new(path, Format::CodisCmf, options),
        version: None,
        kit: None,
        categories: BTreeSet::new(),
        foreign: 0,
        specimen: None,
        locus: None,
        depth: 0,
    };
    let mut elements = Elements::new(path, content);
    loop {
        match elements.next()? {
            Step::End => break,
            Step::Open(element) => reader.opened(&element)?,
            Step::Close { name, text, line } => reader.closed(&name, text, line)?,
        }
    }
    if let Some(version) = reader.version.filter(|v| !VERSIONS.contains(&v.as_str())) {
        reader.collector.warn(format!("CMF version {:?} is read as 3.3", marker::cut(&version)));
    }
    if reader.foreign > 0 {
        let names: Vec<String> = std::mem::take(&mut reader.categories).into_iter().collect();
        reader.collector.warn(format!(
            "{} specimens are of categories that CODIS does not define and are taken as {}: {}",
            reader.foreign,
            options.index,
            names.join(", ")
        ));
    }
    reader.collector.finish()
}

/// A locus while it is read.
#[derive(Debug, Default)]
struct LocusDraft {
    line: u64,
    name: String,
    required: bool,
    /// Value and whether it is required.
    calls: Vec<(String, bool)>,
}

/// A specimen while it is read.
#[derive(Debug)]
struct Specimen {
    draft: Draft,
    loci: usize,
    has_category: bool,
}

struct Reader<'a> {
    path: &'a Path,
    options: &'a ImportOptions,
    collector: Collector<'a>,
    version: Option<String>,
    /// Kit of the whole message.
    kit: Option<String>,
    /// The first categories met that CODIS does not define.
    categories: BTreeSet<String>,
    /// Specimens of such categories.
    foreign: u64,
    /// The open specimen, its loci so far, and whether it stated its category.
    specimen: Option<Specimen>,
    locus: Option<LocusDraft>,
    depth: usize,
}

impl Reader<'_> {
    fn opened(&mut self, element: &Element) -> Result<()> {
        self.depth += 1;
        match element.name.as_str() {
            "CODISImportFile" | "CODISRapidImportFile" if self.depth == 1 => {}
            name if self.depth == 1 => {
                let rule = "the root element is CODISImportFile or CODISRapidImportFile";
                return Err(self.refuse(element.line, rule, name));
            }
            "SPECIMEN" => {
                if self.specimen.is_some() {
                    let rule = "a SPECIMEN does not hold another";
                    return Err(self.refuse(element.line, rule, "SPECIMEN"));
                }
                let draft = self.specimen_draft(element);
                self.specimen = Some(Specimen { draft, loci: 0, has_category: false });
            }
            "LOCUS" => {
                if self.specimen.is_none() || self.locus.is_some() {
                    let rule = "a LOCUS stands in a SPECIMEN";
                    return Err(self.refuse(element.line, rule, "LOCUS"));
                }
                if let (Some(Specimen { draft, .. }), Some(kit)) =
                    (&mut self.specimen, element.attribute("KIT").filter(|kit| !kit.is_empty()))
                {
                    draft.kit.get_or_insert_with(|| kit.to_owned());
                }
                self.locus = Some(LocusDraft { line: element.line, ..LocusDraft::default() });
            }
            "ALLELE" => {
                let required = self.flag(element, "ALLELEREQUIRED");
                if let Some(locus) = &mut self.locus {
                    locus.required = required;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn specimen_draft(&mut self, element: &Element) -> Draft {
        let mut draft = Draft::new(element.line, "");
        let stated = |name| element.attribute(name).filter(|text| !text.is_empty());
        draft.case_id = stated("CASEID").map(str::to_owned);
        draft.kit = self.kit.clone();
        match parse_flag(stated("PARTIAL").unwrap_or_default(), false) {
            Some(partial) => draft.partial = partial,
            None => draft.fault(self.bad_flag(element, "PARTIAL")),
        }
        draft
    }

    /// A true-or-false attribute; one that is neither becomes a fault of the specimen.
    fn flag(&mut self, element: &Element, name: &str) -> bool {
        let parsed = parse_flag(element.attribute(name).unwrap_or_default(), false);
        if parsed.is_none() {
            let rejection = self.bad_flag(element, name);
            if let Some(specimen) = &mut self.specimen {
                specimen.draft.fault(rejection);
            }
        }
        parsed.unwrap_or(false)
    }

    fn bad_flag(&self, element: &Element, name: &str) -> Rejection {
        Rejection::new(
            self.path,
            Position::Line(element.line),
            format!("the attribute {name} is true or false"),
            element.attribute(name).unwrap_or_default(),
            "write true or false",
        )
    }

    fn closed(&mut self, name: &str, text: String, line: u64) -> Result<()> {
        self.depth = self.depth.saturating_sub(1);
        match (name, &mut self.specimen, &mut self.locus) {
            ("LOCUSNAME", _, Some(locus)) if locus.name.is_empty() => locus.name = text,
            ("SPECIMENID", Some(specimen), None) if specimen.draft.id.is_empty() => {
                specimen.draft.id = text;
            }
            ("LOCUSNAME", _, Some(_)) | ("SPECIMENID", Some(_), None) => {
                return Err(self.refuse(line, "a specimen and a locus are named once", &text));
            }
            ("ALLELEVALUE", _, Some(locus)) => {
                let required = locus.required;
                locus.calls.push((text, required));
                if locus.calls.len() > MAX_ALLELES_PER_LOCUS {
                    let rule = "a LOCUS has at most 8 ALLELEs";
                    return Err(self.refuse(line, rule, "a ninth"));
                }
            }
            ("ALLELE", _, Some(locus)) => locus.required = false,
            ("LOCUS", Some(_), Some(_)) => self.close_locus()?,
            ("SPECIMENCATEGORY", Some(_), None) => self.check_category(text, line),
            ("SPECIMEN", Some(_), None) => self.close_specimen()?,
            ("HEADERVERSION", None, None) => self.version = Some(text),
            ("KIT", Some(specimen), Some(_)) if specimen.draft.kit.is_none() => {
                specimen.draft.kit = Some(text).filter(|text| !text.is_empty());
            }
            ("KIT", None, None) => self.kit = Some(text).filter(|text| !text.is_empty()),
            _ => {}
        }
        Ok(())
    }

    fn close_locus(&mut self) -> Result<()> {
        let (Some(locus), Some(specimen)) = (self.locus.take(), &mut self.specimen) else {
            return Ok(());
        };
        let Specimen { draft, loci, .. } = specimen;
        *loci += 1;
        if *loci > MAX_CMF_LOCI {
            let rule = "a SPECIMEN has at most 64 LOCUS elements";
            return Err(self.refuse(locus.line, rule, "a further one"));
        }
        let Some(marker) = marker::resolve(&locus.name, &self.options.aliases) else {
            draft.fault(marker::unknown(self.path, Position::Line(locus.line), &locus.name));
            return Ok(());
        };
        let calls: Vec<Call<'_>> =
            locus.calls.iter().map(|(text, required)| Call { text, required: *required }).collect();
        if draft.add(self.path, locus.line, marker, &calls) {
            let id = draft.id.clone();
            self.collector.note_repeated_marker(&id, locus.line);
        }
        Ok(())
    }

    fn close_specimen(&mut self) -> Result<()> {
        let Some(Specimen { mut draft, has_category, .. }) = self.specimen.take() else {
            return Ok(());
        };
        if !has_category {
            draft.fault(Rejection::new(
                self.path,
                Position::Line(draft.line),
                "a SPECIMEN states its SPECIMENCATEGORY",
                "none",
                "without a category nothing shows that the specimen belongs to this index",
            ));
        }
        self.collector.add(draft).map(drop)
    }

    /// Compares a specimen's category with the operator's index.
    fn check_category(&mut self, text: String, line: u64) {
        let wanted = self.options.index;
        let Some(Specimen { draft, has_category, .. }) = &mut self.specimen else { return };
        *has_category = true;
        let (rule, help) = match category_of(&text) {
            Category::Belongs(index) if index == wanted => return,
            Category::Belongs(index) => (
                format!("a specimen of this category belongs to the index {index}, not {wanted}"),
                format!("import it with --index {index}"),
            ),
            Category::NotRegistered => (
                "a specimen of this category belongs to no index of genomic registration".into(),
                "L40 18 registers convicts, traces, corpses and relatives of the missing only"
                    .into(),
            ),
            Category::Unknown => {
                self.foreign += 1;
                if self.categories.len() < MAX_LISTED_NAMES {
                    self.categories.insert(marker::cut(&text));
                }
                return;
            }
        };
        draft.fault(Rejection::new(self.path, Position::Line(line), rule, text, help));
    }

    fn refuse(&self, line: u64, rule: &str, found: &str) -> Error {
        let help = "the file breaks the CMF schema; export it again";
        Rejection::new(self.path, Position::Line(line), rule, found, help).into()
    }
}

/// Where a CODIS category belongs in the genomic registration of L40 18.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Category {
    Belongs(Index),
    /// Samples of persons the law does not register: victims, staff, elimination.
    NotRegistered,
    Unknown,
}

/// The categories of CMF 3.2, 3.3 and Rapid Import.
fn category_of(text: &str) -> Category {
    let folded: String =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    Category::Belongs(match folded.as_str() {
        "convictedoffender"
        | "arrestee"
        | "detainee"
        | "juvenile"
        | "legal"
        | "coduplicate"
        | "multiallelicoffender"
        | "unreviewedoffender" => Index::Convict,
        "forensicunknown" | "forensicmixture" | "forensicpartial" | "forensictargeted" => {
            Index::Trace
        }
        "unidentifiedperson" | "deceased" => Index::Corpse,
        "biologicalchild"
        | "biologicalfather"
        | "biologicalmother"
        | "biologicalsibling"
        | "maternalrelative"
        | "paternalrelative"
        | "spouse"
        | "missingperson"
        | "deducedmissingperson" => Index::Relative,
        "victimknown" | "suspectknown" | "deducedsuspect" | "eliminationknown" | "staff"
        | "volunteer" | "proficiency" | "population" | "allegedfather" | "allegedmother" => {
            return Category::NotRegistered;
        }
        _ => return Category::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_of_codis_map_to_the_indexes_of_the_law() {
        for (text, index) in [
            ("Convicted Offender", Index::Convict),
            ("Detainee", Index::Convict),
            ("Forensic, Unknown", Index::Trace),
            ("Forensic Mixture", Index::Trace),
            ("Unidentified Person", Index::Corpse),
            ("Biological Mother", Index::Relative),
        ] {
            assert_eq!(category_of(text), Category::Belongs(index), "{text}");
        }
        assert_eq!(category_of("Victim, Known"), Category::NotRegistered);
        assert_eq!(category_of("Other"), Category::Unknown);
    }
}
