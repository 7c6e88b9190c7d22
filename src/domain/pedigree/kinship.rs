//! The pedigree of a family of which only words are known: father, mother, full sibling, child.
//!
//! Why: a registry knows what each relative is to the missing person, not who is whose parent. Father, mother,
//! full siblings and children fix a pedigree, with one assumption: all children are of one other parent. A
//! grandparent or an uncle may be of either side, so beside those it is left out; where nobody else is typed the
//! closest of the others stands alone, and its side does not matter.
//!
//! Limits: sexes of persons other than the parents are not known; where another transmits, both sexes must
//! mutate alike. When not to use it: a family whose pedigree is known ([`super::missing`] takes it as it is).

use super::{Pedigree, PedigreeError, Person, Sex};
use crate::domain::relation::Kinship;

/// A pedigree made of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyPedigree {
    /// The persons.
    pub pedigree: Pedigree,
    /// Place of the missing person.
    pub missing: usize,
    /// Members that are in it, by their number, and their places.
    pub members: Vec<(usize, usize)>,
    /// The sex of everybody who transmits is known. Of words those of parents alone are.
    pub are_sexes_known: bool,
}

/// The pedigree of members that are `kinships` to the missing person; `None` where no member is a relative
/// other than the person's own sample. Of two fathers or two mothers the first counts.
///
/// # Errors
/// More members than a pedigree may have persons.
pub fn of_kinships(kinships: &[Kinship]) -> Result<Option<FamilyPedigree>, PedigreeError> {
    let mut builder = Builder::default();
    let is_joint = |kinship: &Kinship| {
        matches!(kinship, Kinship::Father | Kinship::Mother | Kinship::FullSibling | Kinship::Child)
    };
    let is_of_parents = kinships.iter().any(is_joint);
    if is_of_parents {
        builder.joint(kinships);
    } else {
        let others = kinships.iter().enumerate();
        let others = others.filter(|(_, k)| !matches!(k, Kinship::Own | Kinship::Unrelated));
        let Some((member, kinship)) = others.min_by_key(|(_, kinship)| **kinship) else {
            return Ok(None);
        };
        builder.alone(member, *kinship);
    }
    let Builder { persons, missing, members } = builder;
    let are_sexes_known = is_of_parents && !kinships.contains(&Kinship::Child);
    let pedigree = Pedigree::new(persons)?;
    Ok(Some(FamilyPedigree { pedigree, missing, members, are_sexes_known }))
}

#[derive(Debug, Default)]
struct Builder {
    persons: Vec<Person>,
    missing: usize,
    members: Vec<(usize, usize)>,
}

impl Builder {
    fn add(&mut self, sex: Sex, parents: Option<[usize; 2]>) -> usize {
        let name = self.persons.len().to_string();
        let [father, mother] = parents.map_or([None; 2], |parents| parents.map(Some));
        self.persons.push(Person { name, sex, father, mother });
        self.persons.len() - 1
    }

    fn couple(&mut self) -> [usize; 2] {
        [self.add(Sex::Male, None), self.add(Sex::Female, None)]
    }

    /// A child of `parent`, who is male, and somebody new.
    fn child_of(&mut self, parent: usize) -> usize {
        let other = self.add(Sex::Female, None);
        self.add(Sex::Male, Some([parent, other]))
    }

    fn joint(&mut self, kinships: &[Kinship]) {
        let parents = self.couple();
        self.missing = self.add(Sex::Male, Some(parents));
        let numbered = |wanted: Kinship| {
            let of = move |(_, kinship): &(usize, &Kinship)| **kinship == wanted;
            kinships.iter().enumerate().filter(of).map(|(member, _)| member)
        };
        for (kinship, place) in [Kinship::Father, Kinship::Mother].into_iter().zip(parents) {
            self.members.extend(numbered(kinship).next().map(|member| (member, place)));
        }
        for member in numbered(Kinship::FullSibling) {
            let place = self.add(Sex::Male, Some(parents));
            self.members.push((member, place));
        }
        let mut partner = None;
        for member in numbered(Kinship::Child) {
            let partner = *partner.get_or_insert_with(|| self.add(Sex::Female, None));
            let place = self.add(Sex::Male, Some([self.missing, partner]));
            self.members.push((member, place));
        }
    }

    /// One relative of the missing person.
    fn alone(&mut self, member: usize, kinship: Kinship) {
        let (missing, place) = match kinship {
            Kinship::Grandparent | Kinship::Grandchild => {
                let eldest = self.add(Sex::Male, None);
                let parent = self.child_of(eldest);
                let youngest = self.child_of(parent);
                if kinship == Kinship::Grandparent {
                    (youngest, eldest)
                } else {
                    (eldest, youngest)
                }
            }
            Kinship::HalfSibling => {
                let parent = self.add(Sex::Male, None);
                (self.child_of(parent), self.child_of(parent))
            }
            Kinship::UncleAunt | Kinship::NephewNiece => {
                let parents = self.couple();
                let [uncle, parent] = [(); 2].map(|()| self.add(Sex::Male, Some(parents)));
                let nephew = self.child_of(parent);
                if kinship == Kinship::UncleAunt { (nephew, uncle) } else { (uncle, nephew) }
            }
            _ => {
                let parents = self.couple();
                let mut pair = [(); 2].map(|()| self.add(Sex::Male, Some(parents)));
                let generations = if kinship == Kinship::SecondCousin { 2 } else { 1 };
                for _ in 0..generations {
                    pair = pair.map(|parent| self.child_of(parent));
                }
                (pair[0], pair[1])
            }
        };
        self.missing = missing;
        self.members.push((member, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allele::Allele;
    use crate::domain::dna::{Profile, Typing};
    use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
    use crate::domain::likelihood::Population;
    use crate::domain::locus::Locus;
    use crate::domain::mutation::Mutation;
    use crate::domain::mutation::rates::MutationTable;
    use crate::domain::pedigree::UntypedParent;
    use crate::domain::pedigree::locus_model::LocusModel;
    use crate::domain::pedigree::missing::MissingPersonCase;

    fn typing(tenths: &[u16]) -> Typing {
        let alleles: Vec<Allele> = tenths.iter().filter_map(|t| Allele::repeat(*t)).collect();
        Typing::new(&alleles).unwrap()
    }

    #[test]
    fn one_relative_alone_has_the_ratio_of_the_pair() {
        let text = "locus,allele,frequency\nTH01,6,0.2\nTH01,7,0.3\nTH01,8,0.1\nTH01,9,0.4\n";
        let frequencies = &FrequencyTable::from_csv("t", text).unwrap();
        let locus = Locus::parse("TH01").unwrap();
        for theta in [0.0, 0.02] {
            let population =
                Population { frequencies, theta, minimum: MinimumFrequency::UnseenOnly };
            let table = MutationTable::uniform(Mutation::NONE);
            let model = LocusModel::new(&population, locus, [], &table, 0.0).unwrap().unwrap();
            let related = Kinship::ALL.into_iter().filter_map(|k| Some((k, k.relation()?)));
            for (kinship, relation) in related.filter(|(k, _)| *k != Kinship::Own) {
                let family = of_kinships(&[Kinship::Own, kinship]).unwrap().unwrap();
                assert_eq!(family.members.iter().map(|(m, _)| *m).collect::<Vec<_>>(), [1]);
                for (a, b) in [([60, 70], [60, 90]), ([60, 60], [60, 60]), ([60, 80], [60, 80])] {
                    let (a, b) = (typing(&a), typing(&b));
                    let mut profiles = vec![None; family.pedigree.persons().len()];
                    profiles[family.members[0].1] = Some(Profile::from_iter([(locus, a)]));
                    let case = MissingPersonCase::new(
                        family.pedigree.clone(),
                        family.missing,
                        profiles,
                        UntypedParent::Pruned,
                    );
                    let found = case.unwrap().ratio(&model, model.pair(&b).unwrap()).unwrap();
                    let profile = |t| Profile::from_iter([(locus, t)]);
                    let pairs = population.locus_ratios(&profile(a), &profile(b), relation);
                    assert!((found / pairs[0].1 - 1.0).abs() < 1e-12, "{kinship:?} {theta}");
                }
            }
        }
    }

    #[test]
    fn parents_siblings_and_children_make_one_family_and_others_stay_out() {
        use Kinship::{Child, Father, FullSibling, Mother, UncleAunt, Unrelated};
        let kinships = [UncleAunt, Child, Mother, FullSibling, Father, Child, Father, Unrelated];
        let family = of_kinships(&kinships).unwrap().unwrap();
        let mut members: Vec<usize> = family.members.iter().map(|(member, _)| *member).collect();
        members.sort_unstable();
        assert_eq!(members, [1, 2, 3, 4, 5], "not the uncle, a second father or a spouse");
        let persons = family.pedigree.persons();
        let place = |member: usize| family.members.iter().find(|(m, _)| *m == member).unwrap().1;
        let missing = &persons[family.missing];
        assert_eq!((missing.father, missing.mother), (Some(place(4)), Some(place(2))));
        assert_eq!(persons[place(3)].father, Some(place(4)));
        let children = [1, 5].map(|member| &persons[place(member)]);
        assert!(children.iter().all(|child| child.father == Some(family.missing)));
        assert_eq!(children[0].mother, children[1].mother);
        assert_eq!(of_kinships(&[Kinship::Own, Unrelated]), Ok(None));
    }
}
