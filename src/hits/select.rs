//! Which hits of a list an analyst asks for.

use crate::column::hit::Hit;

/// What a hit must be to be picked; everything left out picks all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Names of searches, or beginnings of them up to a `/`: `dedup` is every search of a deduplication.
    pub searches: Vec<String>,
    /// A record that is one of the two.
    pub record_id: Option<String>,
    /// A personal identifier that is one of the two.
    pub person_id: Option<String>,
    /// The family that is searched for.
    pub family_id: Option<String>,
    /// Least score, millibans.
    pub least_score_mban: Option<i32>,
    /// Generation of the gallery that is too old: the pair could not be compared in it.
    pub newer_than: Option<u64>,
}

impl Selection {
    /// Whether it asks for `hit`.
    pub fn picks(&self, hit: &Hit) -> bool {
        let is_search = |name: &String| {
            hit.search
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || name.ends_with('/'))
        };
        let is_either = |wanted: &Option<String>, one: Option<&String>, other: Option<&String>| {
            wanted.is_none() || one == wanted.as_ref() || other == wanted.as_ref()
        };
        (self.searches.is_empty() || self.searches.iter().any(is_search))
            && is_either(&self.record_id, Some(&hit.probe_id), Some(&hit.gallery_id))
            && is_either(&self.person_id, hit.probe_person.as_ref(), hit.gallery_person.as_ref())
            && (self.family_id.is_none() || self.family_id == hit.family_id)
            && self.least_score_mban.is_none_or(|least| hit.score_mban >= least)
            && self.newer_than.is_none_or(|generation| hit.new_since > generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::finish::tests::hit as made;

    #[test]
    fn each_wish_leaves_out_what_does_not_fulfil_it() {
        let hit = Hit {
            search: "dedup/convict".into(),
            probe_person: Some("P1".into()),
            score_mban: 9000,
            new_since: 4,
            ..made("dedup/convict", "A", "B", 0)
        };
        let text = |text: &str| Some(text.to_owned());
        let all = Selection::default();
        assert!(all.picks(&hit));
        for (wish, is_picked) in [
            (Selection { searches: vec!["dedup".into()], ..all.clone() }, true),
            (Selection { searches: vec!["dedup/convict".into()], ..all.clone() }, true),
            (Selection { searches: vec!["dedup/con".into()], ..all.clone() }, false),
            (Selection { record_id: Some(hit.probe_id.clone()), ..all.clone() }, true),
            (Selection { record_id: Some(hit.gallery_id.clone()), ..all.clone() }, true),
            (Selection { record_id: text("none"), ..all.clone() }, false),
            (Selection { person_id: text("P1"), ..all.clone() }, true),
            (Selection { person_id: text("P2"), ..all.clone() }, false),
            (Selection { family_id: text("no such family"), ..all.clone() }, false),
            (Selection { least_score_mban: Some(9000), ..all.clone() }, true),
            (Selection { least_score_mban: Some(9001), ..all.clone() }, false),
            (Selection { newer_than: Some(3), ..all.clone() }, true),
            (Selection { newer_than: Some(4), ..all.clone() }, false),
        ] {
            assert_eq!(wish.picks(&hit), is_picked, "{wish:?}");
        }
    }
}
