//! Bodies that fit several families, and families that several bodies fit: hits that must be decided together.
//!
//! Why: each row of a hit list says "this body or a stranger". Where a body fits two families both rows may be
//! strong, and at most one is true; whoever reads one row alone would not know. When not to use it: for pairwise
//! kinship, where a relative of a relative fits as well.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::column::hit::Hit;

/// A body or a family with everything it fits, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contested {
    /// Identifier of the body, or of the family.
    pub id: String,
    /// Identifiers of the families, or of the bodies, with the score in millibans.
    pub fits: Vec<(String, i32)>,
}

/// What the hits of one search of families leave open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Joint {
    /// Bodies that fit more than one family, ascending.
    pub bodies: Vec<Contested>,
    /// Families that more than one body fits, ascending.
    pub families: Vec<Contested>,
}

/// What is to be decided together among `hits`, which are of one search.
pub fn joint<'h>(hits: impl IntoIterator<Item = &'h Hit>) -> Joint {
    let mut bodies: BTreeMap<&str, Vec<(&str, i32)>> = BTreeMap::new();
    let mut families: BTreeMap<&str, Vec<(&str, i32)>> = BTreeMap::new();
    for hit in hits {
        let Some(family) = hit.family_id.as_deref() else { continue };
        bodies.entry(&hit.probe_id).or_default().push((family, hit.score_mban));
        families.entry(family).or_default().push((&hit.probe_id, hit.score_mban));
    }
    Joint { bodies: several(bodies), families: several(families) }
}

fn several(all: BTreeMap<&str, Vec<(&str, i32)>>) -> Vec<Contested> {
    let contested = all.into_iter().filter(|(_, fits)| fits.len() > 1).map(|(id, mut fits)| {
        fits.sort_by_key(|(other, score_mban)| (std::cmp::Reverse(*score_mban), *other));
        let fits = fits.into_iter().map(|(other, score)| (other.to_owned(), score)).collect();
        Contested { id: id.to_owned(), fits }
    });
    contested.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::finish::tests::hit;

    #[test]
    fn a_body_with_two_families_and_a_family_with_two_bodies_are_named_best_first() {
        let of = |body: &str, family: Option<&str>, score_mban: i32| Hit {
            family_id: family.map(str::to_owned),
            ..hit("s", body, "R", score_mban)
        };
        let hits = [
            of("K1", Some("F1"), 4000),
            of("K1", Some("F2"), 9000),
            of("K2", Some("F2"), 5000),
            of("K3", Some("F3"), 5000),
            of("K4", None, 5000),
            of("K4", None, 6000),
        ];
        let fits = |id: &str, list: [(&str, i32); 2]| Contested {
            id: id.into(),
            fits: list.map(|(other, score)| (other.to_owned(), score)).to_vec(),
        };
        let expected = Joint {
            bodies: vec![fits("K1", [("F2", 9000), ("F1", 4000)])],
            families: vec![fits("F2", [("K1", 9000), ("K2", 5000)])],
        };
        assert_eq!(joint(&hits), expected);
        assert_eq!(joint(&[]), Joint::default());
    }
}
