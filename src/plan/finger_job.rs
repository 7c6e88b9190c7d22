//! The searches of fingerprints a run makes: which registers, by which article, compared how.
//!
//! What is searched follows from what the gallery holds: a register without records makes no search.
//! Deduplication compares each register of persons with itself, and with the others of the same owner;
//! what different owners hold is compared only where the policy says so (L40 8(2)).

use std::collections::BTreeSet;

use super::job::Sweep;
use crate::domain::register::Register;
use crate::error::Result;
use crate::gallery::manifest::FingerSegmentEntry;
use crate::law::finger_purpose::{Holding, Policy, lawful_galleries, require, require_holdings};
use crate::law::purpose::{Purpose, Verdict};

/// How two fingerprint records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerComparator {
    /// Finger by finger: both records say which finger is which.
    Positions,
    /// Each impression with every one: one side does not know the finger, nor how it lay.
    Marks,
}

impl FingerComparator {
    /// Name in identities of hits.
    pub const fn name(self) -> &'static str {
        match self {
            FingerComparator::Positions => "finger-positions",
            FingerComparator::Marks => "finger-marks",
        }
    }
}

/// One search of fingerprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerSearchSpec {
    /// Unique in the run, such as `dedup/finger-citizen`.
    pub name: String,
    /// Searched side.
    pub probe: Register,
    /// Enrolled side.
    pub gallery: Register,
    /// Both sides are the records of this owner alone.
    pub owner: Option<String>,
    /// Article that allows it.
    pub purpose: Purpose,
    /// How records are compared.
    pub comparator: FingerComparator,
    /// Both sides are the same records: each pair once.
    pub triangle: bool,
}

impl FingerSearchSpec {
    /// A search of all records of `probe` in all of `gallery`.
    ///
    /// # Errors
    /// [`crate::error::Error::Refused`] where the law forbids it.
    pub fn new(name: &str, probe: Register, gallery: Register, policy: Policy) -> Result<Self> {
        let is_of_marks = probe == Register::Trace || gallery == Register::Trace;
        Ok(FingerSearchSpec {
            name: name.to_owned(),
            probe,
            gallery,
            owner: None,
            purpose: require(probe, gallery, policy)?,
            comparator: if is_of_marks {
                FingerComparator::Marks
            } else {
                FingerComparator::Positions
            },
            triangle: probe == gallery,
        })
    }
}

/// Whose records of which registers a gallery holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings(BTreeSet<(Register, String)>);

impl Holdings {
    /// The holdings behind the segments of a gallery.
    pub fn of(segments: &[FingerSegmentEntry]) -> Holdings {
        Holdings(segments.iter().map(|s| (s.register, s.owner.clone())).collect())
    }

    /// Registers with records, in the order of reports.
    pub fn registers(&self) -> impl Iterator<Item = Register> + '_ {
        Register::ALL.into_iter().filter(|register| self.owners(*register).next().is_some())
    }

    fn owners(&self, register: Register) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(r, _)| *r == register).map(|(_, owner)| owner.as_str())
    }
}

/// Whether the register names the person behind each record.
fn is_of_persons(register: Register) -> bool {
    !matches!(register, Register::Trace | Register::Corpse)
}

/// The searches of a sweep over what a gallery holds.
///
/// # Errors
/// [`crate::error::Error::Refused`] if the law table does not allow one of them.
pub fn finger_searches(
    sweep: Sweep,
    holdings: &Holdings,
    policy: Policy,
) -> Result<Vec<FingerSearchSpec>> {
    let has = |register| holdings.owners(register).next().is_some();
    let mut list = Vec::new();
    match sweep {
        Sweep::Dedup => {
            let persons: Vec<Register> =
                holdings.registers().filter(|r| is_of_persons(*r)).collect();
            for (place, first) in persons.iter().enumerate() {
                let name = format!("dedup/finger-{first}");
                list.push(FingerSearchSpec::new(&name, *first, *first, policy)?);
                for second in &persons[place + 1..] {
                    list.extend(across((*first, *second), holdings, policy)?);
                }
            }
        }
        Sweep::ColdCase if has(Register::Trace) => {
            let lawful = lawful_galleries(Register::Trace, policy);
            // Convicts first: they are where most marks are found.
            let order = [Register::Convict, Register::Trace, Register::Corpse];
            let rest = Register::ALL.into_iter().filter(|r| !order.contains(r));
            for gallery in order.into_iter().chain(rest) {
                if lawful.contains(&gallery) && has(gallery) {
                    let name = format!("cold-case/finger-trace-{gallery}");
                    list.push(FingerSearchSpec::new(&name, Register::Trace, gallery, policy)?);
                }
            }
        }
        Sweep::MissingPerson if has(Register::Corpse) => {
            let lawful = lawful_galleries(Register::Corpse, policy);
            for gallery in lawful.into_iter().filter(|r| *r != Register::Trace && has(*r)) {
                let name = format!("missing-person/finger-corpse-{gallery}");
                list.push(FingerSearchSpec::new(&name, Register::Corpse, gallery, policy)?);
            }
        }
        Sweep::ColdCase | Sweep::MissingPerson => {}
    }
    Ok(list)
}

/// The searches of one register of persons in another: within each owner that holds both, or in all
/// records where the policy merges them.
fn across(
    (first, second): (Register, Register),
    holdings: &Holdings,
    policy: Policy,
) -> Result<Vec<FingerSearchSpec>> {
    let name = format!("dedup/finger-{first}-{second}");
    if policy.across_owners {
        return Ok(vec![FingerSearchSpec::new(&name, first, second, policy)?]);
    }
    let is_lawful = |owner: &&str| {
        let [a, b] = [first, second].map(|register| Holding { register, owner });
        holdings.owners(second).any(|other| other == *owner)
            && require_holdings(a, b, policy).is_ok()
    };
    let both: Vec<&str> = holdings.owners(first).filter(is_lawful).collect();
    both.iter()
        .map(|owner| {
            let name = if both.len() > 1 { format!("{name}@{owner}") } else { name.clone() };
            let spec = FingerSearchSpec::new(&name, first, second, policy)?;
            Ok(FingerSearchSpec { owner: Some((*owner).to_owned()), ..spec })
        })
        .collect()
}

/// The searches of ad-hoc probes of `probe` in the registers `wanted` (every lawful one the gallery
/// holds, if none is named). `is_positioned`: every probe has an impression whose finger is known.
///
/// # Errors
/// [`crate::error::Error::Refused`] where the law forbids one; the refusal comes before any work.
pub fn ad_hoc_finger_searches(
    probe: Register,
    wanted: &[Register],
    holdings: &Holdings,
    policy: Policy,
    is_positioned: bool,
) -> Result<Vec<FingerSearchSpec>> {
    let wanted: BTreeSet<Register> = if wanted.is_empty() {
        let lawful = lawful_galleries(probe, policy);
        holdings.registers().filter(|register| lawful.contains(register)).collect()
    } else {
        wanted.iter().copied().collect()
    };
    let search = |gallery| {
        let name = format!("search/finger-{probe}-{gallery}");
        let mut spec = FingerSearchSpec::new(&name, probe, gallery, policy)?;
        spec.triangle = false;
        if !is_positioned {
            spec.comparator = FingerComparator::Marks;
        }
        Ok(spec)
    };
    wanted.into_iter().map(search).collect()
}

/// `specs`, made for records that `owner` keeps, without those for which another owner's leave is needed
/// (L40 8(2)): another register of persons is searched within the same owner's records only.
///
/// # Errors
/// [`crate::error::Error::Refused`] where a search is left with no owner it may look into and `is_asked`
/// for by name.
pub fn within_owner(
    specs: Vec<FingerSearchSpec>,
    owner: &str,
    holdings: &Holdings,
    policy: Policy,
    is_asked: bool,
) -> Result<Vec<FingerSearchSpec>> {
    let mut lawful = Vec::new();
    for spec in specs {
        let check = |other: &str| {
            let probe = Holding { register: spec.probe, owner };
            require_holdings(probe, Holding { register: spec.gallery, owner: other }, policy)
        };
        let owners: Vec<&str> = holdings.owners(spec.gallery).collect();
        let allowed = owners.iter().filter(|other| check(other).is_ok()).count();
        if allowed == owners.len() {
            lawful.push(spec);
        } else if allowed > 0 {
            lawful.push(FingerSearchSpec { owner: Some(owner.to_owned()), ..spec });
        } else if is_asked {
            owners.into_iter().try_for_each(|other| check(other).map(drop))?;
        }
    }
    Ok(lawful)
}

/// The pairs of registers that are never compared under `policy`, with the article.
pub fn finger_refusals(policy: Policy) -> Vec<(Register, Register, &'static str)> {
    let mut list = Vec::new();
    for probe in Register::ALL {
        for gallery in Register::ALL.into_iter().filter(|g| *g >= probe) {
            let verdict = crate::law::finger_purpose::verdict(probe, gallery, policy);
            if let Verdict::Forbidden { article, .. } = verdict {
                list.push((probe, gallery, article));
            }
        }
    }
    list
}

/// A register and whose records of it.
pub type Held = (Register, String);

/// The registers of two owners in `holdings` that are not compared under `policy` although the registers
/// themselves may be, with the article.
pub fn owner_refusals(holdings: &Holdings, policy: Policy) -> Vec<(Held, Held, &'static str)> {
    let mut list = Vec::new();
    for (place, first) in holdings.0.iter().enumerate() {
        for second in holdings.0.iter().skip(place + 1) {
            let is_of_owners = require(first.0, second.0, policy).is_ok();
            let refused = require_holdings(holding(first), holding(second), policy).err();
            if let Some(article) = refused.filter(|_| is_of_owners).and_then(|r| r.article()) {
                list.push((first.clone(), second.clone(), article));
            }
        }
    }
    list
}

fn holding((register, owner): &Held) -> Holding<'_> {
    Holding { register: *register, owner }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Policy = Policy { across_owners: false };

    fn holdings(list: &[(Register, &str)]) -> Holdings {
        Holdings(list.iter().map(|(register, owner)| (*register, (*owner).to_owned())).collect())
    }

    fn names(sweep: Sweep, holdings: &Holdings, policy: Policy) -> Vec<String> {
        finger_searches(sweep, holdings, policy).unwrap().into_iter().map(|s| s.name).collect()
    }

    #[test]
    fn a_gallery_without_fingerprints_makes_no_search_of_them() {
        for sweep in Sweep::NIGHTLY {
            assert!(names(sweep, &Holdings::default(), LAW).is_empty());
        }
    }

    #[test]
    fn registers_are_deduplicated_within_themselves_and_within_one_owner() {
        use Register::{Citizen, Seafarer, Visa};
        let held = holdings(&[(Citizen, "mvd"), (Visa, "mfa"), (Seafarer, "transport")]);
        let alone = ["dedup/finger-citizen", "dedup/finger-seafarer", "dedup/finger-visa"];
        assert_eq!(names(Sweep::Dedup, &held, LAW), alone);
        let held = holdings(&[(Citizen, "mvd"), (Visa, "mfa"), (Visa, "mvd")]);
        let across = finger_searches(Sweep::Dedup, &held, LAW).unwrap();
        assert_eq!(across[1].name, "dedup/finger-citizen-visa");
        assert_eq!(across[1].owner.as_deref(), Some("mvd"));
        let agreed = Policy { across_owners: true };
        let all = finger_searches(Sweep::Dedup, &held, agreed).unwrap();
        assert!(all.iter().all(|search| search.owner.is_none()));
    }

    #[test]
    fn what_two_owners_hold_and_is_not_compared_is_listed_with_its_article() {
        use Register::{Citizen, Seafarer, Trace, Visa};
        let held = [(Citizen, "mvd"), (Visa, "mfa"), (Visa, "mvd"), (Trace, "mvd")];
        let held = holdings(&[&held[..], &[(Seafarer, "transport")]].concat());
        let refused = owner_refusals(&held, LAW);
        // Seafarers are refused as a register; marks are searched in those of any owner.
        let expected = ((Citizen, "mvd".to_owned()), (Visa, "mfa".to_owned()), "L40 8(2)");
        assert_eq!(refused, [expected]);
        assert!(owner_refusals(&held, Policy { across_owners: true }).is_empty());
    }

    #[test]
    fn marks_are_searched_in_convicts_first_and_never_in_seafarers() {
        use Register::{Citizen, Convict, Corpse, Seafarer, Trace};
        let held = [Citizen, Convict, Corpse, Seafarer, Trace].map(|register| (register, "o"));
        let held = holdings(&held);
        let cold = ["trace-convict", "trace-trace", "trace-corpse", "trace-citizen"];
        let expected = cold.map(|name| format!("cold-case/finger-{name}"));
        assert_eq!(names(Sweep::ColdCase, &held, LAW), expected);
        let corpse = names(Sweep::MissingPerson, &held, LAW);
        assert!(corpse.contains(&"missing-person/finger-corpse-corpse".to_owned()));
        assert!(!corpse.iter().any(|name| name.contains("seafarer") || name.contains("trace")));
    }

    #[test]
    fn an_unlawful_ad_hoc_search_is_refused_before_any_work() {
        use Register::{Citizen, Seafarer, Trace};
        let held = holdings(&[(Citizen, "mvd"), (Seafarer, "transport")]);
        let refused = ad_hoc_finger_searches(Trace, &[Citizen, Seafarer], &held, LAW, true);
        assert_eq!(refused.unwrap_err().kind().exit_code(), 5);
        let lawful = ad_hoc_finger_searches(Trace, &[], &held, LAW, true).unwrap();
        assert_eq!(lawful.len(), 1);
        let unknown = ad_hoc_finger_searches(Citizen, &[Citizen], &held, LAW, false).unwrap();
        assert_eq!(unknown[0].comparator, FingerComparator::Marks);
        assert!(!unknown[0].triangle);
        assert_eq!(finger_refusals(LAW).len(), 8);
    }
}
