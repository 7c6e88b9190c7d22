//! `tanba gallery matrix`: the figure a national database publishes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::civil::Date;

use super::common::{devices, grouped, living_day, parse_index};
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::device::{Device, DeviceChoice};
use crate::domain::category::Index;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::kernel::str_counts::{AgreementHistogram, CountMatrix};
use crate::law::purpose;
use crate::plan::census::Side;
use crate::run::matrix::PackedIndex;

/// Arguments of `tanba gallery matrix`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba gallery matrix registry > matrix.csv\n  \
tanba gallery matrix registry --index trace --stringency --out histogram.csv\n\n\
Rows are loci in full agreement, columns loci in partial agreement (an allele shared, sets not\n\
equal); the layout is that of DNAtools' dbCompare. Records of relatives of missing citizens are never\n\
counted: their use is limited to identifying corpses (L40 28(2)).")]
pub(super) struct MatrixArgs {
    #[command(flatten)]
    counted: CountedArgs,
    /// Pairs by loci compared and agreeing at high, moderate and low stringency instead
    #[arg(long)]
    stringency: bool,
}

/// Which records of a gallery are counted, on what, and where the table goes.
#[derive(Debug, Args)]
pub(super) struct CountedArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Indexes to count together, separated by commas [default: all but relatives]
    #[arg(long, value_delimiter = ',', value_parser = parse_index)]
    index: Vec<Index>,
    /// Device: auto (a graphics card if there is one), cpu, gpu, gpu:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
    /// File to write instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Day on which records must be alive, not before today [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

/// The records that are counted.
pub(super) struct Counted {
    indexes: BTreeSet<Index>,
    pub(super) side: Arc<Side>,
    packed: PackedIndex,
}

impl CountedArgs {
    /// Opens and packs the living records of the indexes asked for.
    ///
    /// # Errors
    /// The law forbids counting an index, or the gallery cannot be read.
    pub(super) fn open(&self) -> Result<Counted> {
        let indexes = countable(&self.index)?;
        let gallery = Gallery::open(&self.gallery)?;
        let statuses = gallery.statuses()?;
        let day = living_day(self.as_of)?;
        let mut segments = Vec::new();
        for index in &indexes {
            segments.extend(Side::open(&gallery, *index, &statuses, day)?.segments);
        }
        let side = Arc::new(Side::new(segments, &statuses, day));
        let packed = PackedIndex::new(&side)?;
        Ok(Counted { indexes, side, packed })
    }

    /// What `count` gives on the device asked for, or on the processor where that one fails, which is
    /// said.
    ///
    /// # Errors
    /// No device can be used, or a stored profile cannot be read.
    pub(super) fn count<T>(
        &self,
        counted: &Counted,
        count: impl Fn(&PackedIndex, &Device) -> Result<T>,
        ui: &Ui,
    ) -> Result<T> {
        let devices = devices(self.device, false)?;
        devices.notes.iter().for_each(|note| ui.note(note));
        match count(&counted.packed, devices.first()) {
            Err(Error::Device { device, fault, .. }) => {
                ui.warn(format!("{device}: {fault}; counting again on the processor"));
                count(&counted.packed, &devices.cpu.device)
            }
            other => other,
        }
    }
}

impl Counted {
    /// Says which records were counted.
    pub(super) fn say(&self, ui: &Ui) {
        let n = self.packed.records() as u64;
        ui.note(format!(
            "{} records ({}), {} pairs, {} loci; {} expired and {} blocked records left out",
            grouped(n),
            self.indexes.iter().map(|i| i.name()).collect::<Vec<_>>().join(", "),
            grouped(n * n.saturating_sub(1) / 2),
            self.packed.loci(),
            self.side.left_out.expired,
            self.side.left_out.blocked,
        ));
    }
}

/// Runs the verb.
pub(super) fn run(args: &MatrixArgs, ui: &Ui) -> Result<Outcome> {
    let counted = args.counted.open()?;
    let text = args.counted.count(
        &counted,
        |packed, device| {
            Ok(if args.stringency {
                stringency_csv(&packed.by_stringency(device)?)
            } else {
                matrix_csv(&packed.matrix(device)?)
            })
        },
        ui,
    )?;
    counted.say(ui);
    ui.csv(args.counted.out.as_deref(), &text)?;
    Ok(Outcome::Done)
}

/// The indexes asked for, or all that may be counted.
fn countable(asked: &[Index]) -> Result<BTreeSet<Index>> {
    let wanted: BTreeSet<Index> = if asked.is_empty() {
        [Index::Convict, Index::Trace, Index::Corpse].into()
    } else {
        asked.iter().copied().collect()
    };
    for index in &wanted {
        purpose::require(*index, Index::Convict)?;
    }
    Ok(wanted)
}

/// The matrix with quoted row and column names.
fn matrix_csv(matrix: &CountMatrix) -> String {
    let mut text = String::from("\"\"");
    for partial in 0..matrix.side {
        let _ = write!(text, ",\"{partial}\"");
    }
    text.push('\n');
    for full in 0..matrix.side {
        let _ = write!(text, "\"{full}\"");
        for partial in 0..matrix.side {
            let _ = write!(text, ",{}", matrix.pairs(full, partial));
        }
        text.push('\n');
    }
    text
}

fn stringency_csv(histogram: &AgreementHistogram) -> String {
    let mut rows: Vec<_> = histogram.iter().collect();
    rows.sort_by_key(|(a, _)| (a.compared, a.high, a.moderate, a.low));
    let mut text = String::from("loci_compared,high,moderate,low,pairs\n");
    for (a, pairs) in rows {
        let _ = writeln!(text, "{},{},{},{},{pairs}", a.compared, a.high, a.moderate, a.low);
    }
    text
}
