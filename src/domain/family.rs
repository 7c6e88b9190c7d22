//! A family that looks for a missing person: which record is which relative.

use std::collections::BTreeMap;

use super::relation::Kinship;

/// One line of a family: a relative's record and what it is to the missing person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FamilyMember {
    /// The family's identifier.
    pub family_id: String,
    /// Identifier of the missing person in the special record.
    pub missing_person_id: String,
    /// The relative's genomic record (index `relative`).
    pub relative_record_id: String,
    /// What the relative is to the missing person.
    pub kinship: Kinship,
    /// Written consent of the relative (L40 18(2)); without it the record takes part in nothing.
    pub consent: bool,
    /// The search for the missing person is open; a closed case ends the search (L40 29(3)).
    pub case_open: bool,
}

/// Families by identifier, each with its members ascending.
pub fn by_family(members: &[FamilyMember]) -> BTreeMap<&str, Vec<&FamilyMember>> {
    let mut families: BTreeMap<&str, Vec<&FamilyMember>> = BTreeMap::new();
    for member in members {
        families.entry(&member.family_id).or_default().push(member);
    }
    for list in families.values_mut() {
        list.sort();
        list.dedup();
    }
    families
}
