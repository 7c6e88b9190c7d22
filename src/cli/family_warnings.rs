//! Warnings about searches of relatives: loci that are linked, and families that are not searched.

use super::ui::Ui;
use crate::domain::linkage::linked_within;
use crate::domain::locus::{Locus, LocusSet};
use crate::error::Result;
use crate::language::{Message, message};
use crate::plan::census::Side;
use crate::plan::search::ReadySearch;

/// Warns of the linked pairs among `loci`; `what` was or is to be compared.
pub(super) fn warn_of_linked(what: Message, loci: LocusSet, ui: &Ui) {
    let linked = linked_within(loci);
    let pair =
        |[a, b]: &[Locus; 2]| message!("plan-locus-pair", a = a.to_string(), b = b.to_string());
    let pairs: Vec<Message> = linked.iter().map(pair).collect();
    if !pairs.is_empty() {
        let pairs = Message::List(pairs, ", ");
        ui.warn(message!("plan-loci-linked", what = what, pairs = pairs));
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
            ui.warn(message!(
                "plan-family-not-searched",
                search = search.spec.name.to_string(),
                family = family,
                reason = reason,
            ));
        }
    }
    let typed = |side: &Side| -> Result<LocusSet> {
        Ok(side.locus_sets()?.into_keys().fold(LocusSet::default(), LocusSet::union))
    };
    let loci = typed(&search.probes)?.intersection(typed(&search.gallery)?);
    warn_of_linked(message!("plan-searches-of-families"), loci, ui);
    Ok(())
}
