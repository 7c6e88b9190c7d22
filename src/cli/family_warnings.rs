//! Warnings about searches of relatives: loci that are linked, and families that are not searched.

use super::ui::Ui;
use crate::domain::linkage::linked_within;
use crate::domain::locus::LocusSet;
use crate::error::Result;
use crate::plan::census::Side;
use crate::plan::search::ReadySearch;

/// Warns of the linked pairs among `loci`; `what` was or is to be compared.
pub(super) fn warn_of_linked(what: &str, loci: LocusSet, ui: &Ui) {
    let pairs: Vec<String> =
        linked_within(loci).iter().map(|[a, b]| format!("{a} and {b}")).collect();
    if !pairs.is_empty() {
        ui.warn(format!(
            "{what}: loci are multiplied as independent, and these lie near each other: {}. Between relatives \
             their product is not exact; docs/kinship.md says more",
            pairs.join(", ")
        ));
    }
}

/// Warns of the linked loci that bodies and relatives of searches of families are both typed at, and of families
/// that are not searched.
///
/// # Errors
/// A stored profile cannot be read.
pub(super) fn warn_of_searches(searches: &[ReadySearch], ui: &Ui) -> Result<()> {
    let of_families = |search: &&ReadySearch| search.spec.comparator.is_of_families();
    let Some(search) = searches.iter().find(of_families) else { return Ok(()) };
    for search in searches {
        for (family, reason) in &search.pedigrees.left_out {
            ui.warn(format!("{}: family {family} is not searched: {reason}", search.spec.name));
        }
    }
    let typed = |side: &Side| -> Result<LocusSet> {
        Ok(side.locus_sets()?.into_keys().fold(LocusSet::default(), LocusSet::union))
    };
    let loci = typed(&search.probes)?.intersection(typed(&search.gallery)?);
    warn_of_linked("searches of families", loci, ui);
    Ok(())
}
