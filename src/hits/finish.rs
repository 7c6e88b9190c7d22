//! The final order of hits: by search, probe, score descending, gallery record. It depends on
//! identifiers and scores alone, so the list is the same however the work was cut.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::column::hit::Hit;

/// Puts hits into their final order and ranks them; keeps the best `top` per probe and search if
/// given. Hits of one body with one family are reduced to the best relative first.
/// `searches`: names in the order of the run.
pub fn finish(mut hits: Vec<Hit>, searches: &[String], top: Option<u32>) -> Vec<Hit> {
    let places: HashMap<&str, usize> =
        searches.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    hits.sort_by(|a, b| key(a, &places).cmp(&key(b, &places)));
    let mut finished: Vec<Hit> = Vec::with_capacity(hits.len());
    let mut families: HashSet<String> = HashSet::new();
    let mut rank = 0;
    for mut hit in hits {
        let same_probe = finished
            .last()
            .is_some_and(|last| last.search == hit.search && last.probe_id == hit.probe_id);
        if !same_probe {
            rank = 0;
            families.clear();
        }
        // Sorted by score: the first hit of a family is its best relative.
        if let Some(family) = &hit.family_id
            && !families.insert(family.clone())
        {
            continue;
        }
        if top.is_some_and(|top| rank >= top) {
            continue;
        }
        rank += 1;
        hit.rank = rank;
        finished.push(hit);
    }
    finished
}

type Key<'a> = (usize, &'a str, Reverse<i32>, &'a str, &'a str);

fn key<'a>(hit: &'a Hit, places: &HashMap<&str, usize>) -> Key<'a> {
    (
        places.get(hit.search.as_str()).copied().unwrap_or(usize::MAX),
        &hit.probe_id,
        Reverse(hit.score_mban),
        &hit.gallery_id,
        hit.family_id.as_deref().unwrap_or(""),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::column::hit::DnaEvidence;
    use proptest::prelude::*;

    pub(in crate::hits) fn hit(search: &str, probe: &str, gallery: &str, score_mban: i32) -> Hit {
        Hit {
            hit_id: format!("{probe}-{gallery}"),
            run_id: "r".into(),
            search: search.into(),
            modality: "dna".into(),
            probe_id: probe.into(),
            probe_person: None,
            probe_index: "convict".into(),
            gallery_id: gallery.into(),
            gallery_person: Some("p".into()),
            gallery_index: "convict".into(),
            rank: 0,
            score_mban,
            expected_chance_hits: 0.1,
            calibration: "model".into(),
            rule: "high<=1".into(),
            family_id: None,
            kinship: None,
            posterior: None,
            purpose: "L40 18(1)1".into(),
            new_since: 1,
            device: "cpu".into(),
            dna: Some(DnaEvidence {
                log10_lr: f64::from(score_mban) / 1000.0,
                rule_class: None,
                loci_compared: 23,
                loci_full: 23,
                loci_partial: 0,
                loci_mismatched: 0,
                loci_excluding: 0,
                relation: "MZ".into(),
                frequencies: "t".into(),
                theta: 0.01,
            }),
            finger: None,
            lineage: None,
        }
    }

    #[test]
    fn ties_go_to_the_lower_gallery_id_and_top_cuts_after_them() {
        let hits = vec![hit("s", "P", "B", 5), hit("s", "P", "A", 5), hit("s", "P", "C", 9)];
        let finished = finish(hits, &["s".into()], Some(2));
        let order: Vec<(&str, u32)> =
            finished.iter().map(|h| (h.gallery_id.as_str(), h.rank)).collect();
        assert_eq!(order, [("C", 1), ("A", 2)]);
    }

    #[test]
    fn a_family_appears_once_per_body_with_its_best_relative() {
        let of_family = |relative: &str, family: &str, score| Hit {
            family_id: Some(family.into()),
            ..hit("s", "K1", relative, score)
        };
        let hits =
            vec![of_family("R1", "F1", 4), of_family("R2", "F1", 8), of_family("R1", "F2", 5)];
        let finished = finish(hits, &["s".into()], None);
        let order: Vec<(&str, &str)> = finished
            .iter()
            .map(|h| (h.gallery_id.as_str(), h.family_id.as_deref().unwrap()))
            .collect();
        assert_eq!(order, [("R2", "F1"), ("R1", "F2")]);
    }

    proptest! {
        #[test]
        fn the_order_does_not_depend_on_the_order_of_arrival(
            scores in prop::collection::vec((0u8..4, 0u8..6, 0i32..3), 0..30), seed: u64,
        ) {
            let mut hits: Vec<Hit> = scores
                .iter()
                .map(|(p, g, s)| hit("s", &format!("P{p}"), &format!("G{g}"), *s))
                .collect();
            let first = finish(hits.clone(), &["s".into()], None);
            let n = hits.len().max(1);
            hits.rotate_left(seed as usize % n);
            prop_assert_eq!(first, finish(hits, &["s".into()], None));
        }
    }
}
