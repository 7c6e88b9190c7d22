//! Likelihoods of pedigrees without loops by peeling (Elston and Stewart 1971): with theta 0, or where at most
//! one couple of founders is untyped.
//!
//! Persons and nuclear families form a tree; each passes on what the part behind it says of one person's
//! genotypes. With theta 0 founders are independent, so the cost grows with the number of persons, and the
//! likelihoods of all genotypes of one person come out of one pass. The dearest step is a couple of which
//! neither is typed: the square of the number of genotypes, times the children (SE33 has 780 genotypes).
//! When not to use it: a loop, or theta above 0 and other untyped founders; [`super::gene_flow`] does those.

use super::Sex;
use super::locus_model::{AllelePair, LocusModel, pair_number, pairs_below};
use super::shape::{Origin, Shape};
use super::urn_couple::{Moments, UrnCouple};
use crate::domain::mutation::matrix::TransitionMatrix;

/// Children of a couple, or of one member with somebody who is no member.
#[derive(Debug)]
enum Family {
    Couple { father: usize, mother: usize, children: Vec<usize> },
    Single { parent: usize, sex: Sex, child: usize },
}

impl Family {
    fn members(&self) -> Vec<usize> {
        match self {
            Family::Couple { father, mother, children } => {
                [&[*father, *mother][..], children].concat()
            }
            Family::Single { parent, child, .. } => vec![*parent, *child],
        }
    }
}

/// A pedigree at one locus, ready to be peeled.
#[derive(Debug)]
pub(super) struct Peeling<'a> {
    shape: &'a Shape,
    model: &'a LocusModel,
    /// Per member what was typed.
    typed: Vec<Option<AllelePair>>,
    families: Vec<Family>,
    /// Per member the families it is in.
    families_of: Vec<Vec<usize>>,
    /// How the founders depend on one another; `None` with theta 0.
    urn: Option<UrnCouple>,
}

impl<'a> Peeling<'a> {
    /// The peeling of `shape` with `typed` per person of the pedigree; `None` if there is a loop, or if with
    /// theta above 0 more founders are untyped than one couple.
    pub(super) fn new(
        shape: &'a Shape,
        model: &'a LocusModel,
        typed: &[Option<AllelePair>],
    ) -> Option<Peeling<'a>> {
        let families = families(shape);
        let mut families_of = vec![Vec::new(); shape.members.len()];
        for (number, family) in families.iter().enumerate() {
            family.members().into_iter().for_each(|member| families_of[member].push(number));
        }
        let typed = shape.members.iter().map(|m| typed[m.person]).collect();
        let mut peeling = Peeling { shape, model, typed, families, families_of, urn: None };
        if !peeling.is_loop_free() {
            return None;
        }
        if model.theta() > 0.0 {
            peeling.urn = Some(peeling.urn_couple()?);
        }
        Some(peeling)
    }

    /// The founders with theta above 0, if all alleles drawn from the population are those of typed founders
    /// and of one couple without another family.
    fn urn_couple(&self) -> Option<UrnCouple> {
        let (mut typed, mut untyped) = (Vec::new(), Vec::new());
        for (place, member) in self.shape.members.iter().enumerate() {
            let is_drawn = |origin: &Origin| !matches!(origin, Origin::Member(..));
            match self.typed[place] {
                _ if !member.origins.iter().any(is_drawn) => {}
                _ if !member.is_founder() => return None,
                Some(pair) if self.model.genotypes(pair).len() == 1 => typed.push(pair),
                Some(_) => return None,
                None => untyped.push(place),
            }
        }
        let family = match untyped[..] {
            [] => None,
            [one, other] => match (&self.families_of[one][..], &self.families_of[other][..]) {
                ([a], [b]) if a == b => Some(*a),
                _ => return None,
            },
            _ => return None,
        };
        let is_couple = |family: usize| match &self.families[family] {
            Family::Couple { father, mother, .. } => {
                untyped.contains(father) && untyped.contains(mother)
            }
            Family::Single { .. } => false,
        };
        (family.is_none_or(is_couple)).then(|| UrnCouple::new(self.model, &typed, family))
    }

    /// The founders if `family` is that of the untyped couple with theta above 0.
    fn urn_of(&self, family: usize) -> Option<&UrnCouple> {
        self.urn.as_ref().filter(|urn| urn.family == Some(family))
    }

    /// Factor of all typed founders with theta above 0.
    fn correction(&self) -> f64 {
        self.urn.as_ref().map_or(1.0, |urn| urn.correction)
    }

    /// Whether persons and families form trees: no edge joins what is joined already.
    fn is_loop_free(&self) -> bool {
        let mut group: Vec<usize> = (0..self.shape.members.len()).collect();
        for family in &self.families {
            let groups: Vec<usize> = family.members().iter().map(|m| group[*m]).collect();
            for (place, one) in groups.iter().enumerate() {
                if groups[..place].contains(one) {
                    return false;
                }
            }
            for entry in &mut group {
                if groups.contains(entry) {
                    *entry = groups[0];
                }
            }
        }
        true
    }

    /// Probability of everything typed.
    pub(super) fn likelihood(&self) -> f64 {
        self.of_parts_without(None) * self.correction()
    }

    /// Product over the parts that are connected, without that of one member.
    fn of_parts_without(&self, member: Option<usize>) -> f64 {
        let roots = self.roots(member).into_iter();
        roots.map(|root| self.of_member(root, None).iter().sum::<f64>()).product()
    }

    /// Probability of everything typed and of an unrelated person, for each of the genotypes `bodies`.
    pub(super) fn with_unrelated(&self, bodies: &[AllelePair]) -> Vec<f64> {
        let Some(urn) = &self.urn else {
            let likelihood = self.likelihood();
            let p = self.model.frequencies();
            let chance = |[a, b]: AllelePair| if a == b { p[a] * p[a] } else { 2.0 * p[a] * p[b] };
            return bodies.iter().map(|body| likelihood * chance(*body)).collect();
        };
        let mut moments = Moments::new(self.model.size());
        match urn.family.map(|family| (family, &self.families[family])) {
            Some((family, Family::Couple { father, mother, children })) => {
                let through: Vec<Square> =
                    children.iter().map(|child| self.through(*child, family)).collect();
                let pair = [*father, *mother];
                self.for_each_couple(pair, &through, family, |one, other, probability| {
                    moments.add([one[0], one[1], other[0], other[1]], probability);
                });
                moments.times(self.of_parts_without(Some(*father)));
            }
            _ => moments.total = self.of_parts_without(None),
        }
        moments.times(urn.correction);
        bodies.iter().map(|body| urn.with_body(&moments, *body)).collect()
    }

    /// Probability of everything typed and of each genotype of `member`, by pair number.
    pub(super) fn genotypes_of(&self, member: usize) -> Vec<f64> {
        let others = self.of_parts_without(Some(member)) * self.correction();
        let mut joint = self.of_member(member, None);
        joint.iter_mut().for_each(|p| *p *= others);
        joint
    }

    /// One member of each part that is connected, but none of the part of `without`.
    fn roots(&self, without: Option<usize>) -> Vec<usize> {
        let mut is_seen = vec![false; self.shape.members.len()];
        let mut roots = Vec::new();
        for root in without.into_iter().chain(0..self.shape.members.len()) {
            if is_seen[root] {
                continue;
            }
            roots.extend(Some(root).filter(|root| Some(*root) != without));
            let mut open = vec![root];
            while let Some(member) = open.pop() {
                if !std::mem::replace(&mut is_seen[member], true) {
                    let families = self.families_of[member].iter();
                    open.extend(families.flat_map(|family| self.families[*family].members()));
                }
            }
        }
        roots
    }

    /// The genotypes that `member` can have, by what was typed.
    fn genotypes(&self, member: usize) -> Vec<AllelePair> {
        match self.typed[member] {
            Some(pair) => self.model.genotypes(pair),
            None => pairs_below(self.model.size()).collect(),
        }
    }

    /// What `member`, its typing and all its families but one say of its genotypes.
    fn of_member(&self, member: usize, but: Option<usize>) -> Vec<f64> {
        let size = self.model.size();
        let mut message = vec![0.0; size * (size + 1) / 2];
        let origins = self.shape.members[member].origins;
        let is_root = !origins.iter().any(|origin| matches!(origin, Origin::Member(..)));
        // The untyped couple's genotypes are weighed together, in its family.
        let is_in_urn = is_root
            && self.typed[member].is_none()
            && self.families_of[member].iter().any(|family| self.urn_of(*family).is_some());
        let gametes = (is_root && !is_in_urn).then(|| origins.map(|origin| self.gamete(origin)));
        for pair @ [a, b] in self.genotypes(member) {
            message[pair_number(pair)] = match &gametes {
                None => 1.0,
                Some([p, q]) if a == b => p[a] * q[a],
                Some([p, q]) => p[a] * q[b] + p[b] * q[a],
            };
        }
        for family in self.families_of[member].iter().filter(|family| Some(**family) != but) {
            let other = self.of_family(*family, member);
            message.iter_mut().zip(other).for_each(|(own, other)| *own *= other);
        }
        message
    }

    /// Distribution of an allele that no member transmits.
    fn gamete(&self, origin: Origin) -> Vec<f64> {
        let frequencies = self.model.frequencies();
        match origin {
            Origin::UntypedFounder(sex) => match self.model.transmission(sex) {
                Some(matrix) => matrix.after(frequencies),
                None => frequencies.to_vec(),
            },
            _ => frequencies.to_vec(),
        }
    }

    /// What everybody else in `family`, and all behind them, say of the genotypes of `to`.
    fn of_family(&self, family: usize, to: usize) -> Vec<f64> {
        match &self.families[family] {
            Family::Single { parent, sex, child } if to == *child => {
                let transmitted = self.transmitted(*parent, *sex, family);
                let other = self.gamete(self.other_origin(*child, *sex));
                self.by_genotype(|a, b| {
                    let one = transmitted[a] * other[b];
                    if a == b { one } else { one + transmitted[b] * other[a] }
                })
            }
            Family::Single { sex, child, .. } => {
                let child_message = self.of_member(*child, Some(family));
                let other = self.gamete(self.other_origin(*child, *sex));
                let per_allele: Vec<f64> = (0..self.model.size())
                    .map(|x| {
                        other
                            .iter()
                            .enumerate()
                            .map(|(y, p)| p * ordered(&child_message, x, y))
                            .sum()
                    })
                    .collect();
                let before = match self.model.transmission(*sex) {
                    Some(matrix) => matrix.before(&per_allele),
                    None => per_allele,
                };
                self.by_genotype(|a, b| (before[a] + before[b]) / 2.0)
            }
            Family::Couple { father, mother, children } => {
                let others = children.iter().copied().filter(|child| *child != to);
                let through: Vec<Square> = others.map(|c| self.through(c, family)).collect();
                if to == *father {
                    self.to_parent(*father, *mother, &through, family)
                } else if to == *mother {
                    let turned: Vec<Square> = through.iter().map(Square::transposed).collect();
                    self.to_parent(*mother, *father, &turned, family)
                } else {
                    self.to_child([*father, *mother], &through, family)
                }
            }
        }
    }

    /// Origin of the allele that `child` does not have of its parent of `sex`.
    fn other_origin(&self, child: usize, sex: Sex) -> Origin {
        self.shape.members[child].origins[usize::from(sex == Sex::Male)]
    }

    /// A value per genotype.
    fn by_genotype(&self, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        pairs_below(self.model.size()).map(|[a, b]| value(a, b)).collect()
    }

    /// Joint probability of the family's other side and of each allele that `parent` transmits.
    fn transmitted(&self, parent: usize, sex: Sex, family: usize) -> Vec<f64> {
        let mut gamete = vec![0.0; self.model.size()];
        for ([a, b], probability) in self.weighted(parent, family) {
            gamete[a] += probability / 2.0;
            gamete[b] += probability / 2.0;
        }
        match self.model.transmission(sex) {
            Some(matrix) => matrix.after(&gamete),
            None => gamete,
        }
    }

    /// The possible genotypes of `member` with what lies behind it, `family` left out.
    fn weighted(&self, member: usize, family: usize) -> Vec<(AllelePair, f64)> {
        let message = self.of_member(member, Some(family));
        let genotypes = self.genotypes(member).into_iter();
        genotypes
            .map(|pair| (pair, message[pair_number(pair)]))
            .filter(|(_, p)| *p != 0.0)
            .collect()
    }

    /// What `child` and all behind it say of the two alleles that were to be transmitted: rows the
    /// father's, columns the mother's.
    fn through(&self, child: usize, family: usize) -> Square {
        let message = self.of_member(child, Some(family));
        let child = Square::new(self.model.size(), |x, y| ordered(&message, x, y));
        let after_father = child.times_from_left(self.model.transmission(Sex::Male));
        after_father.transposed().times_from_left(self.model.transmission(Sex::Female)).transposed()
    }

    /// Every pair of genotypes of a couple, with the joint probability of it, of what lies behind the two and
    /// of the children of `through`, which has the alleles of the first as rows.
    fn for_each_couple(
        &self,
        [one, other]: [usize; 2],
        through: &[Square],
        family: usize,
        mut each: impl FnMut(AllelePair, AllelePair, f64),
    ) {
        let others = self.weighted(other, family);
        let urn = self.urn_of(family);
        for (pair, weight) in self.weighted(one, family) {
            let halves: Vec<Vec<f64>> = through.iter().map(|square| square.half(pair)).collect();
            for (other_pair @ [b, c], other_weight) in &others {
                let children: f64 = halves.iter().map(|half| (half[*b] + half[*c]) / 2.0).product();
                let joint = urn.map_or(1.0, |urn| urn.weight(pair, *other_pair));
                each(pair, *other_pair, weight * other_weight * children * joint);
            }
        }
    }

    /// The message to one parent; `through` has its alleles as rows.
    fn to_parent(&self, to: usize, other: usize, through: &[Square], family: usize) -> Vec<f64> {
        let size = self.model.size();
        let others = self.weighted(other, family);
        let urn = self.urn_of(family);
        let mut message = vec![0.0; size * (size + 1) / 2];
        for pair in self.genotypes(to) {
            let halves: Vec<Vec<f64>> = through.iter().map(|square| square.half(pair)).collect();
            let sum: f64 = others
                .iter()
                .map(|(other_pair @ [b, c], weight)| {
                    let joint = urn.map_or(1.0, |urn| urn.weight(pair, *other_pair));
                    let children = halves.iter().map(|half| (half[*b] + half[*c]) / 2.0);
                    weight * joint * children.product::<f64>()
                })
                .sum();
            message[pair_number(pair)] = sum;
        }
        message
    }

    /// The message to one child; `through` are its full siblings.
    fn to_child(&self, couple: [usize; 2], through: &[Square], family: usize) -> Vec<f64> {
        if through.is_empty() && self.urn_of(family).is_none() {
            // Without siblings the two gametes are independent.
            let p = self.transmitted(couple[0], Sex::Male, family);
            let q = self.transmitted(couple[1], Sex::Female, family);
            return self.by_genotype(
                |a, b| {
                    if a == b { p[a] * q[a] } else { p[a] * q[b] + p[b] * q[a] }
                },
            );
        }
        let mut gametes = Square::new(self.model.size(), |_, _| 0.0);
        self.for_each_couple(couple, through, family, |father, mother, probability| {
            for x in father {
                mother.into_iter().for_each(|y| gametes.add(x, y, probability / 4.0));
            }
        });
        let (male, female) =
            (self.model.transmission(Sex::Male), self.model.transmission(Sex::Female));
        let after = gametes.rows_after(female).transposed().rows_after(male);
        self.by_genotype(
            |a, b| {
                if a == b { after.at(a, a) } else { after.at(a, b) + after.at(b, a) }
            },
        )
    }
}

/// The value of the genotype of two alleles in any order.
fn ordered(message: &[f64], x: usize, y: usize) -> f64 {
    message[pair_number([x.min(y), x.max(y)])]
}

/// Nuclear families of `shape`.
fn families(shape: &Shape) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for (child, member) in shape.members.iter().enumerate() {
        match member.origins {
            [Origin::Member(father, _), Origin::Member(mother, _)] => {
                let known = families.iter_mut().find_map(|family| match family {
                    Family::Couple { father: f, mother: m, children } => {
                        (*f == father && *m == mother).then_some(children)
                    }
                    Family::Single { .. } => None,
                });
                match known {
                    Some(children) => children.push(child),
                    None => families.push(Family::Couple { father, mother, children: vec![child] }),
                }
            }
            [Origin::Member(parent, sex), _] | [_, Origin::Member(parent, sex)] => {
                families.push(Family::Single { parent, sex, child });
            }
            _ => {}
        }
    }
    families
}

/// A value per ordered pair of alleles.
#[derive(Debug, Clone)]
struct Square {
    size: usize,
    cells: Vec<f64>,
}

impl Square {
    fn new(size: usize, value: impl Fn(usize, usize) -> f64) -> Square {
        let value = &value;
        let cells = (0..size).flat_map(|a| (0..size).map(move |b| value(a, b))).collect();
        Square { size, cells }
    }

    fn at(&self, a: usize, b: usize) -> f64 {
        self.cells[a * self.size + b]
    }

    fn add(&mut self, a: usize, b: usize, value: f64) {
        self.cells[a * self.size + b] += value;
    }

    fn row(&self, a: usize) -> &[f64] {
        &self.cells[a * self.size..(a + 1) * self.size]
    }

    fn transposed(&self) -> Square {
        Square::new(self.size, |a, b| self.at(b, a))
    }

    /// Mean of the rows of a genotype's two alleles.
    fn half(&self, [a, b]: AllelePair) -> Vec<f64> {
        self.row(a).iter().zip(self.row(b)).map(|(x, y)| (x + y) / 2.0).collect()
    }

    /// The matrix times this square: rows become the alleles before transmission.
    fn times_from_left(&self, matrix: Option<&TransitionMatrix>) -> Square {
        let Some(matrix) = matrix else { return self.clone() };
        let mut product = Square::new(self.size, |_, _| 0.0);
        for inner in (0..self.size).filter(|inner| self.row(*inner).iter().any(|v| *v != 0.0)) {
            for a in 0..self.size {
                let factor = matrix.at(a, inner);
                let row = &mut product.cells[a * self.size..(a + 1) * self.size];
                row.iter_mut().zip(self.row(inner)).for_each(|(sum, v)| *sum += factor * v);
            }
        }
        product
    }

    /// Each row, a distribution over alleles to be transmitted, after the transmission.
    fn rows_after(&self, matrix: Option<&TransitionMatrix>) -> Square {
        let Some(matrix) = matrix else { return self.clone() };
        let cells = (0..self.size).flat_map(|a| matrix.after(self.row(a))).collect();
        Square { size: self.size, cells }
    }
}
