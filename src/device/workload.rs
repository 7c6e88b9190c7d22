//! The galleries and probes that devices are measured with and compared on.
//!
//! What: profiles of 23 loci and prints of 36 minutiae made by arithmetic, all against all of a gallery. Why
//! apart: an operator, a bench and the search for a kernel that errs ask the same questions.

use std::ops::RangeInclusive;

use super::selftest::{Numbers, SelfTestError};
use super::{Device, DeviceError, Prints, selftest_finger};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::domain::stringency::Stringency;
use crate::kernel::genotype_screen::{GenotypeCodes, GenotypeMap};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::planes::{PlaneError, PlaneMap, PlaneView, new_number, pack};
use crate::kernel::{
    Spec, Window, genotype_screen, kin_screen, minutia_gate, minutia_pair, select, str_counts,
    str_screen,
};

/// Rows compared with.
const ROWS: usize = 1 << 16;
/// Probes of the first call, and most of any.
const PROBES: RangeInclusive<usize> = 32..=8192;
/// Prints compared with, and probes of the first and most of any call with them.
const PRINTS: usize = 4096;
const PRINT_PROBES: RangeInclusive<usize> = 1..=2048;
/// Pairs of prints of the first and most of any call of `minutia_pair`.
const PAIRS: RangeInclusive<usize> = 256..=1 << 20;
/// Minutiae of a print: the kernels' figures are of this number.
const MINUTIAE: u16 = 36;
/// Questions of the first and most of any call of `genotype_screen`: their tables are large.
const QUESTIONS: RangeInclusive<usize> = 8..=64;
/// Different alleles of a locus.
const ALLELES: u16 = 12;
/// Loci that may fail, and least log10 likelihood ratios, that few strangers and many reach: a search wants
/// few survivors, a comparison of two devices many.
const FEW_FAIL: u32 = 2;
const MANY_FAIL: u32 = 21;
const FEW_KIN: f64 = 6.0;
const MANY_KIN: f64 = -3.0;
/// Rows that no list of survivors comes near.
const CAPACITY: usize = 1 << 22;

/// How many pairs survive a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// As in a search.
    Few,
    /// As a comparison of two devices wants it.
    Many,
}

/// The numbers of an answer.
pub type Answers = Result<Vec<u32>, DeviceError>;

/// The galleries and probes that devices are measured with.
#[derive(Debug)]
pub struct Workload {
    map: PlaneMap,
    words: Vec<u64>,
    number: u64,
    windows: Vec<Window>,
    queries: Vec<str_screen::Query>,
    kin_queries: Vec<kin_screen::KinQuery>,
    prints: Vec<Print>,
    print_probes: Vec<Print>,
    scores: Vec<i32>,
    codes: GenotypeCodes,
    questions: Vec<genotype_screen::Query>,
}

impl Workload {
    /// Makes it, the same one each time.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn new() -> Result<Workload, SelfTestError> {
        let mut numbers = Numbers(20_261_123);
        let gallery: Vec<Profile> = (0..ROWS).map(|_| profile(&mut numbers)).collect();
        let map = PlaneMap::from_profiles(&gallery)?;
        let words = pack(&map, &gallery)?;
        let probes: Vec<Profile> = (0..*PROBES.end()).map(|_| profile(&mut numbers)).collect();
        let table = frequencies()?;
        let population =
            Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
        let siblings = Relation::FullSiblings;
        let kin = |p| kin_screen::KinQuery::compile(&map, p, siblings, &population);
        let kin_queries = probes.iter().map(kin).collect();
        let queries = probes.iter().map(|p| str_screen::Query::compile(&map, p)).collect();
        let mut prints = |count: usize| -> Vec<Print> {
            (0..count).map(|_| selftest_finger::print(&mut numbers, MINUTIAE)).collect()
        };
        let (prints, print_probes) = (prints(PRINTS), prints(*PRINT_PROBES.end()));
        let mut score = || i32::from(numbers.below(1000)) << 10 | i32::from(numbers.below(1024));
        let scores = (0..PRINTS * *PRINT_PROBES.end()).map(|_| score()).collect();
        let genotypes = GenotypeMap::from_profiles(&gallery);
        let relation = |p: &Profile| {
            genotype_screen::Query::compile(&genotypes, |locus, typing| {
                let one = |typing: Typing| Profile::from_iter([(locus, typing)]);
                let ratios = population.locus_ratios(&one(*p.get(locus)?), &one(*typing), siblings);
                ratios.first().map(|(_, ratio)| *ratio)
            })
        };
        Ok(Workload {
            codes: GenotypeCodes::new(&genotypes, &gallery),
            questions: probes.iter().take(*QUESTIONS.end()).map(relation).collect(),
            map,
            words,
            number: new_number(),
            windows: vec![Window::ALL; *PROBES.end()],
            queries,
            kin_queries,
            prints,
            print_probes,
            scores,
        })
    }

    fn view(&self) -> Result<PlaneView<'_>, PlaneError> {
        Ok(PlaneView::new(&self.map, &self.words, ROWS)?.of_segment(self.number))
    }

    /// The same with what `device` is brought once.
    ///
    /// # Errors
    /// The device fails.
    pub fn load<'w>(&'w self, device: &'w Device) -> Result<Loaded<'w>, SelfTestError> {
        let views: Vec<PrintView<'_>> = self.prints.iter().map(Print::view).collect();
        let gallery = device.minutia_gallery(&views)?;
        Ok(Loaded { workload: self, device, view: self.view()?, views, gallery })
    }
}

/// A workload on a device.
#[derive(Debug)]
pub struct Loaded<'w> {
    workload: &'w Workload,
    device: &'w Device,
    view: PlaneView<'w>,
    views: Vec<PrintView<'w>>,
    gallery: Prints<'w>,
}

/// Probes a kernel may be asked about at once, the first call having the fewest; and what each is compared
/// with.
pub fn size(kernel: &Spec) -> (RangeInclusive<usize>, usize) {
    match kernel.name {
        name if name == genotype_screen::SPEC.name => (QUESTIONS, ROWS),
        name if name == minutia_pair::SPEC.name => (PAIRS, 1),
        name if name == minutia_gate::SPEC.name || name == select::SPEC.name => {
            (PRINT_PROBES, PRINTS)
        }
        _ => (PROBES, ROWS),
    }
}

impl Loaded<'_> {
    /// The device.
    pub fn device(&self) -> &Device {
        self.device
    }

    /// Asks a kernel of `SPECS` about the first `count` probes, at most as many as [`size`] says.
    ///
    /// # Errors
    /// The device fails.
    pub fn ask(&self, kernel: &Spec, count: usize, survival: Survival) -> Answers {
        match kernel.name {
            name if name == str_screen::SPEC.name => self.screen(count, survival),
            name if name == str_counts::SPEC.name => self.counts(count),
            name if name == kin_screen::SPEC.name => self.kin(count, survival),
            name if name == genotype_screen::SPEC.name => self.genotypes(count, survival),
            name if name == minutia_gate::SPEC.name => self.gate(count),
            name if name == minutia_pair::SPEC.name => self.pairs(count),
            _ => self.select(count, survival),
        }
    }

    fn screen(&self, count: usize, survival: Survival) -> Answers {
        let max_failing = if survival == Survival::Few { FEW_FAIL } else { MANY_FAIL };
        let stringency = Stringency::High;
        let params = str_screen::Params { stringency, max_failing, min_compared: 8 };
        let work = self.workload;
        let (queries, windows) = (&work.queries[..count], &work.windows[..count]);
        let found = self.device.str_screen(&params, queries, windows, self.view, CAPACITY)?;
        Ok(found.into_iter().flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    fn counts(&self, count: usize) -> Answers {
        let work = self.workload;
        let (queries, windows) = (&work.queries[..count], &work.windows[..count]);
        let matrix = self.device.str_counts(queries, windows, self.view)?;
        Ok(matrix.counts.into_iter().flat_map(|n| [n as u32, (n >> 32) as u32]).collect())
    }

    fn kin(&self, count: usize, survival: Survival) -> Answers {
        let threshold_log10 = if survival == Survival::Few { FEW_KIN } else { MANY_KIN };
        let params = kin_screen::Params { threshold_log10 };
        let work = self.workload;
        let (queries, windows) = (&work.kin_queries[..count], &work.windows[..count]);
        let found = self.device.kin_screen(&params, queries, windows, self.view, CAPACITY)?;
        Ok(found.into_iter().flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    fn genotypes(&self, count: usize, survival: Survival) -> Answers {
        let least = if survival == Survival::Few { FEW_KIN } else { MANY_KIN };
        let params = genotype_screen::Params { least_mban: (1000.0 * least) as i32 };
        let work = self.workload;
        let queries: Vec<&genotype_screen::Query> = work.questions.iter().take(count).collect();
        let (windows, rows) = (&work.windows[..count], work.codes.rows());
        let found = self.device.genotype_screen(&params, &queries, windows, &rows, CAPACITY)?;
        Ok(found.into_iter().flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    fn gate(&self, count: usize) -> Answers {
        let probes = self.workload.print_probes[..count].iter().map(Print::view);
        let batch = self.device.minutia_batch(&probes.collect::<Vec<_>>())?;
        let mut scores = vec![0; count * PRINTS];
        self.device.minutia_gate(&batch, &self.gallery, 0, &mut scores)?;
        Ok(scores.into_iter().map(|score| score as u32).collect())
    }

    fn pairs(&self, count: usize) -> Answers {
        let pairs: Vec<(u32, u32)> =
            (0..count).map(|n| ((n / PRINTS % PRINTS) as u32, (n % PRINTS) as u32)).collect();
        let found = self.device.minutia_pairs(&self.views, &self.views, &pairs)?;
        Ok(found.into_iter().flat_map(|s| [s.similarity as u32, s.paired]).collect())
    }

    /// Of numbers without order one in a thousand or half, and the largest of each probe.
    fn select(&self, count: usize, survival: Survival) -> Answers {
        let least = if survival == Survival::Few { 999 << 10 } else { 500 << 10 };
        let params = select::Params { least, best: 1 };
        let scores = &self.workload.scores[..count * PRINTS];
        let found = self.device.select(&params, scores, PRINTS, CAPACITY)?;
        let both = found.survivors.into_iter().chain(found.best);
        Ok(both.flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }
}

fn profile(numbers: &mut Numbers) -> Profile {
    let mut allele = || Allele::repeat(80 + 10 * numbers.below(ALLELES));
    let both = Locus::core().filter_map(|locus| {
        let alleles: Vec<Allele> = [allele(), allele()].into_iter().flatten().collect();
        Some((locus, Typing::new(&alleles).ok()?))
    });
    both.collect()
}

fn frequencies() -> Result<FrequencyTable, SelfTestError> {
    let mut text = String::from("locus,allele,frequency\n");
    for locus in Locus::core() {
        for allele in 8..8 + ALLELES {
            text.push_str(&format!("{},{allele},{}\n", locus.name(), 1.0 / f64::from(ALLELES)));
        }
    }
    FrequencyTable::from_csv("measure", &text)
        .map_err(|error| SelfTestError::Setup(error.to_string()))
}
