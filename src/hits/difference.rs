//! What a run found that another did not: the two lists compared by `hit_id`.
//!
//! Why: `hit_id` depends on the two records, the comparator, its version and the family alone, so the same finding has
//! one identity in every run and nothing else is needed to join two lists. Limits: why a hit is gone the lists do not
//! say: a record may have been blocked or destroyed, the threshold may be higher, a night after another compares new
//! pairs alone. [`parameter_changes`] and the generations say what could be the cause.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::column::hit::Hit;

/// Two lists of hits compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'h> {
    /// Hits of the later list alone, in its order.
    pub new: Vec<&'h Hit>,
    /// Hits of the earlier list alone, in its order.
    pub gone: Vec<&'h Hit>,
    /// Hits of both whose score is another: the earlier, the later; in the order of the later list.
    pub changed: Vec<(&'h Hit, &'h Hit)>,
    /// Hits of both with equal scores.
    pub same: u64,
}

/// A difference in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Hits of the later list alone.
    pub new: u64,
    /// Hits of the earlier list alone.
    pub gone: u64,
    /// Hits of both with another score.
    pub changed: u64,
    /// Hits of both with equal scores.
    pub same: u64,
}

/// Compares two lists.
pub fn difference<'h>(before: &'h [Hit], after: &'h [Hit]) -> Difference<'h> {
    let mut left: HashMap<&str, &Hit> = before.iter().map(|h| (h.hit_id.as_str(), h)).collect();
    let mut found = Difference { new: Vec::new(), gone: Vec::new(), changed: Vec::new(), same: 0 };
    for hit in after {
        match left.remove(hit.hit_id.as_str()) {
            None => found.new.push(hit),
            Some(old) if old.score_mban != hit.score_mban => found.changed.push((old, hit)),
            Some(_) => found.same += 1,
        }
    }
    found.gone = before.iter().filter(|hit| left.contains_key(hit.hit_id.as_str())).collect();
    found
}

impl Difference<'_> {
    /// Its numbers.
    pub fn counts(&self) -> Counts {
        Counts {
            new: self.new.len() as u64,
            gone: self.gone.len() as u64,
            changed: self.changed.len() as u64,
            same: self.same,
        }
    }
}

/// Names of the parameters that two runs do not have in common.
pub fn parameter_changes(before: &Value, after: &Value) -> Vec<String> {
    let empty = Map::new();
    let (before, after) =
        (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::finish::tests::hit as made;

    fn hit(id: &str, score_mban: i32) -> Hit {
        Hit { hit_id: id.into(), ..made("s", "A", "B", score_mban) }
    }

    #[test]
    fn every_hit_of_both_lists_is_counted_once() {
        let before = [hit("a", 5), hit("b", 6), hit("c", 7), hit("d", 8)];
        let after = [hit("d", 9), hit("b", 6), hit("e", 1), hit("f", 2)];
        let found = difference(&before, &after);
        let ids = |hits: &[&Hit]| hits.iter().map(|h| h.hit_id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&found.new), ["e", "f"]);
        assert_eq!(ids(&found.gone), ["a", "c"]);
        assert_eq!(found.changed, [(&before[3], &after[0])]);
        assert_eq!(found.counts(), Counts { new: 2, gone: 2, changed: 1, same: 1 });
        let back = difference(&after, &before);
        assert_eq!((ids(&back.new), ids(&back.gone)), (ids(&found.gone), ids(&found.new)));
        assert_eq!(difference(&before, &before).counts(), Counts { same: 4, ..Counts::default() });
    }

    #[test]
    fn a_parameter_that_only_one_run_has_is_a_change() {
        let (a, b) = (serde_json::json!({"x": 1, "y": 2}), serde_json::json!({"x": 1, "z": 2}));
        assert_eq!(parameter_changes(&a, &b), ["y", "z"]);
        assert!(parameter_changes(&a, &a).is_empty());
    }
}
