//! The evaluation as tables for people.

use comfy_table::{CellAlignment, Table, presets};

use super::{DEPTHS, Filter, FingerEvaluation, Rate, Rates, StageEvaluation, Training};

/// Marks a rate that rests on too few non-mated comparisons.
const SPARSE_MARK: &str = "*";

/// The evaluation as text.
pub fn render(evaluation: &FingerEvaluation) -> String {
    let options = &evaluation.options;
    let mut text = format!(
        "{}: protocol {}, rotation {}, {}\n\n{}\n\n{}\n\n{}\n",
        evaluation.source,
        options.protocol.word(),
        options.rotation.word(),
        evaluation.kernels.join(", "),
        databases(evaluation),
        verification(evaluation),
        identification(evaluation),
    );
    if let Some(filter) = &evaluation.filter {
        text.push_str(&format!("\n{}\n", recall(filter)));
    }
    text.push_str(&remarks(evaluation));
    text
}

fn databases(evaluation: &FingerEvaluation) -> Table {
    let mut table =
        empty(&["database", "projection", "fingers", "impressions", "empty", "minutiae"]);
    for d in &evaluation.databases {
        let seen = match d.training {
            Training::Unseen => "",
            Training::Seen => " SEEN IN TRAINING",
            Training::Unknown => " of unknown training",
        };
        table.add_row([
            d.database.clone(),
            format!(
                "{} {}{seen}",
                d.projection,
                &d.projection_hash[..8.min(d.projection_hash.len())]
            ),
            d.fingers.to_string(),
            d.impressions.to_string(),
            d.without_minutiae.to_string(),
            format!("{:.1}", d.minutiae_mean),
        ]);
    }
    aligned(table, 2)
}

fn verification(evaluation: &FingerEvaluation) -> Table {
    let mut table = empty(&[
        "score",
        "database",
        "mated",
        "non-mated",
        "EER %",
        "FMR100 %",
        "FMR1000 %",
        "FMR10000 %",
        "ZeroFMR %",
    ]);
    for (name, stage) in stages(evaluation) {
        let names = evaluation.databases.iter().map(|d| d.database.as_str());
        let rows = std::iter::once(("pooled", &stage.pooled)).chain(names.zip(&stage.by_database));
        for (database, rates) in rows {
            if let Some(rates) = rates {
                table.add_row(verification_row(name, database, rates));
            }
        }
    }
    aligned(table, 2)
}

fn verification_row(stage: &str, database: &str, rates: &Rates) -> Vec<String> {
    let mut row = vec![
        stage.to_owned(),
        database.to_owned(),
        rates.mated.to_string(),
        rates.non_mated.to_string(),
    ];
    let list = [&rates.eer, &rates.fmr100, &rates.fmr1000, &rates.fmr10000, &rates.zero_fmr];
    row.extend(list.map(percent));
    row
}

/// A rate in per cent with its interval and mark.
fn percent(rate: &Rate) -> String {
    let mark = if rate.is_sparse { SPARSE_MARK } else { "" };
    let interval = rate.interval.map_or_else(String::new, |interval| {
        format!(" [{:.1} {:.1}]", 100.0 * interval.low, 100.0 * interval.high)
    });
    format!("{:.2}{mark}{interval}", 100.0 * rate.rate)
}

fn identification(evaluation: &FingerEvaluation) -> Table {
    let mut table = empty(&["score", "searches", "others", "rank 1 %", "rank 10 %", "rank 100 %"]);
    for (name, stage) in stages(evaluation) {
        let Some(found) = &stage.identification else { continue };
        let share = |rank: u64| {
            let within = found.cmc.iter().take_while(|(at, _)| *at <= rank);
            within.last().map_or(0.0, |(_, share)| 100.0 * share)
        };
        let interval = found.rank1_interval.map_or_else(String::new, |interval| {
            format!(" [{:.1} {:.1}]", 100.0 * interval.low, 100.0 * interval.high)
        });
        table.add_row([
            name.to_owned(),
            found.searches.to_string(),
            found.others.to_string(),
            format!("{:.2}{interval}", 100.0 * found.rank1),
            format!("{:.2}", share(10)),
            format!("{:.2}", share(100)),
        ]);
    }
    aligned(table, 1)
}

fn recall(filter: &Filter) -> Table {
    let depths = DEPTHS.map(|depth| format!("top {depth} %"));
    let mut header = vec!["gate", "searches", "others", "of them distractors"];
    header.extend(depths.iter().map(String::as_str));
    let mut table = empty(&header);
    for (name, recall) in [("one finger", &filter.single), ("two fingers", &filter.fused)] {
        let Some(recall) = recall else { continue };
        let mut row = vec![
            name.to_owned(),
            recall.searches.to_string(),
            recall.others.to_string(),
            filter.distractors.count.to_string(),
        ];
        row.extend(recall.at_depth.map(|share| format!("{:.2}", 100.0 * share)));
        table.add_row(row);
    }
    aligned(table, 1)
}

fn remarks(evaluation: &FingerEvaluation) -> String {
    let mut text = String::new();
    let bootstrap = evaluation.options.bootstrap;
    if bootstrap.resamples > 0 {
        text.push_str(&format!(
            "\n[low high]: middle 95 % of {} resamples of the fingers, seed {}",
            bootstrap.resamples, bootstrap.seed
        ));
    }
    let is_sparse = |rates: &Rates| {
        [&rates.fmr100, &rates.fmr1000, &rates.fmr10000].iter().any(|rate| rate.is_sparse)
    };
    let sets =
        stages(evaluation).into_iter().flat_map(|(_, s)| s.by_database.iter().chain([&s.pooled]));
    if sets.flatten().any(is_sparse) {
        text.push_str(&format!(
            "\n{SPARSE_MARK}: fewer than {} false matches are allowed at this rate; more fingers are needed",
            super::MIN_FALSE_MATCHES
        ));
    }
    text
}

fn stages(evaluation: &FingerEvaluation) -> [(&'static str, &StageEvaluation); 2] {
    [("full", &evaluation.full), ("gate", &evaluation.gate)]
}

fn empty(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(header.iter().copied());
    table
}

/// Right-aligns the columns from `first`.
fn aligned(mut table: Table, first: usize) -> Table {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
