//! The part of a pedigree that matters at one locus: who stays, and where each of two alleles comes from.
//!
//! Why apart from the pedigree: what an untyped parent means is a named convention ([`UntypedParent`]), and
//! it is applied here and nowhere else. A person who is not typed at the locus counts as untyped there, so a
//! locus gives the same ratio whatever else of the person was typed. Familias looks at the person as a whole
//! instead; the two differ only where a relative is typed at some loci.

use super::{Pedigree, Sex, UntypedParent};

/// Where one of a person's two alleles comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Drawn from the population.
    Population,
    /// Drawn from the population by an untyped founder without other children, and transmitted.
    UntypedFounder(Sex),
    /// Transmitted by another member.
    Member(usize, Sex),
}

/// One person that matters at the locus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Place in the pedigree.
    pub(super) person: usize,
    /// Origins of the paternal and the maternal allele.
    pub(super) origins: [Origin; 2],
}

impl Member {
    /// Whether both alleles are drawn from the population.
    pub(super) fn is_founder(&self) -> bool {
        self.origins == [Origin::Population; 2]
    }
}

/// The members, parents before their children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) members: Vec<Member>,
}

impl Shape {
    /// The shape of `pedigree` where the persons `is_typed` are typed.
    pub(super) fn new(pedigree: &Pedigree, is_typed: &[bool], convention: UntypedParent) -> Shape {
        let stays = staying(pedigree, is_typed, convention);
        let persons = pedigree.persons();
        let children = |of: usize| {
            let is_child =
                |p: &usize| stays[*p] && persons[*p].parents().any(|parent| parent == of);
            (0..persons.len()).filter(is_child).count()
        };
        let is_lone_founder = |person: usize| {
            !is_typed[person] && persons[person].parents().next().is_none() && children(person) == 1
        };
        let stays_as_member = |person: usize| {
            stays[person] && !(convention == UntypedParent::Explicit && is_lone_founder(person))
        };
        let mut members: Vec<Member> = Vec::new();
        for place in pedigree.order().iter().copied().filter(|place| stays_as_member(*place)) {
            let person = &persons[place];
            let has_parents = person.parents().next().is_some();
            let origin = |parent: Option<usize>, sex: Sex| {
                let member = parent.and_then(|p| members.iter().position(|m| m.person == p));
                match (member, convention) {
                    (Some(member), _) => Origin::Member(member, sex),
                    (None, UntypedParent::Explicit) if has_parents => Origin::UntypedFounder(sex),
                    (None, _) => Origin::Population,
                }
            };
            let origins = [origin(person.father, Sex::Male), origin(person.mother, Sex::Female)];
            members.push(Member { person: place, origins });
        }
        Shape { members }
    }

    /// The same with one person more, who is related to nobody. Its place in the pedigree is `person`.
    pub(super) fn with_unrelated(mut self, person: usize) -> Shape {
        self.members.push(Member { person, origins: [Origin::Population; 2] });
        self
    }
}

/// Who stays: an untyped person without children changes no likelihood; when pruning, an untyped person
/// without parents and with one child connects to nobody either.
fn staying(pedigree: &Pedigree, is_typed: &[bool], convention: UntypedParent) -> Vec<bool> {
    let persons = pedigree.persons();
    let mut stays = vec![true; persons.len()];
    loop {
        let leaves = (0..persons.len()).find(|&place| {
            let is_child = |p: &usize| stays[*p] && persons[*p].parents().any(|q| q == place);
            let children = (0..persons.len()).filter(is_child).count();
            let has_parents = persons[place].parents().any(|parent| stays[parent]);
            let connects_nobody =
                convention == UntypedParent::Pruned && !has_parents && children == 1;
            stays[place] && !is_typed[place] && (children == 0 || connects_nobody)
        });
        match leaves {
            Some(place) => stays[place] = false,
            None => return stays,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Person;
    use super::*;

    /// 0 and 1 have 2 (a son) and 3; 2 and 4 have 5.
    fn family() -> Pedigree {
        let person =
            |name: &str, sex, father, mother| Person { name: name.into(), sex, father, mother };
        Pedigree::new(vec![
            person("grandfather", Sex::Male, None, None),
            person("grandmother", Sex::Female, None, None),
            person("father", Sex::Male, Some(0), Some(1)),
            person("aunt", Sex::Female, Some(0), Some(1)),
            person("mother", Sex::Female, None, None),
            person("child", Sex::Female, Some(2), Some(4)),
        ])
        .unwrap()
    }

    fn typed(places: &[usize]) -> Vec<bool> {
        (0..6).map(|place| places.contains(&place)).collect()
    }

    fn persons(shape: &Shape) -> Vec<usize> {
        shape.members.iter().map(|member| member.person).collect()
    }

    #[test]
    fn pruning_takes_out_whoever_connects_nobody() {
        use Origin::{Member as Of, Population};
        let shape = |places: &[usize]| Shape::new(&family(), &typed(places), UntypedParent::Pruned);
        assert_eq!(persons(&shape(&[3, 5])), [0, 1, 2, 3, 5]);
        assert_eq!(shape(&[3, 5]).members[4].origins, [Of(2, Sex::Male), Population]);
        // The grandfather is linked through the father; the grandmother links nobody.
        let grandparent = shape(&[0, 5]);
        assert_eq!(persons(&grandparent), [0, 2, 5]);
        assert_eq!(grandparent.members[1].origins, [Of(0, Sex::Male), Population]);
        assert_eq!(persons(&shape(&[5])), [5]);
        assert!(shape(&[5]).members[0].is_founder());
        assert_eq!(persons(&shape(&[])), Vec::<usize>::new());
    }

    #[test]
    fn explicit_parents_stay_as_origins_of_what_they_transmit() {
        use Origin::{Member as Of, UntypedFounder};
        let explicit = |p: &[usize]| Shape::new(&family(), &typed(p), UntypedParent::Explicit);
        let uncle = explicit(&[3, 5]);
        assert_eq!(persons(&uncle), [0, 1, 2, 3, 5]);
        assert_eq!(uncle.members[4].origins, [Of(2, Sex::Male), UntypedFounder(Sex::Female)]);
        let alone = explicit(&[5]);
        assert_eq!(persons(&alone), [2, 5]);
        let [father, mother] = [Sex::Male, Sex::Female].map(UntypedFounder);
        assert_eq!(alone.members[0].origins, [father, mother]);
    }
}
