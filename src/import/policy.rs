//! Access policies: TOML files that say who may ask on what ground, and what they see then (docs/access.md).
//!
//! What a file does not grant is refused. Unknown keys and words are rejected, because a misspelt restriction
//! would be no restriction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{read_bounded, text};
use crate::domain::category::Index;
use crate::domain::register::Register;
use crate::error::{Error, Position, Rejection, Result};
use crate::law::access::{AccessPolicy, Ground, Role, Scope, User};

const HELP: &str = "docs/access.md has every key; datasets/policy/default.toml is a whole file";

/// A policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// The policy.
    pub policy: AccessPolicy,
    /// File of the registry of cases; none where the policy leaves the check to others.
    pub case_registry: Option<PathBuf>,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    name: String,
    case_registry: String,
    #[serde(default)]
    grant: Vec<GrantForm>,
    users: Option<BTreeMap<String, UserForm>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantForm {
    roles: Vec<String>,
    grounds: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    fingerprints: Vec<String>,
    #[serde(default)]
    verification: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserForm {
    roles: Vec<String>,
    person_id: Option<String>,
    unit: Option<String>,
}

/// Reads a policy file.
///
/// # Errors
/// The file cannot be read, is no TOML, or has a key or word that a policy does not have.
pub fn read_policy(path: &Path) -> Result<PolicyFile> {
    policy_of_bytes(path, &read_bounded(path)?)
}

/// The same for bytes in memory; `path` names the file, and its folder is where the registry of cases lies.
///
/// # Errors
/// As [`read_policy`], without input and output.
pub fn policy_of_bytes(path: &Path, bytes: &[u8]) -> Result<PolicyFile> {
    let content = text::decode(path, bytes)?;
    let form: Form = toml::from_str(&content).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = content.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() as u64 + 1;
        let found = content.lines().nth(before.matches('\n').count()).unwrap_or_default();
        let rule = error.message().to_owned();
        Error::from(Rejection::new(path, Position::Line(line), rule, found, HELP))
    })?;
    let refuse = |rule: &str, found: &str| -> Error {
        Rejection::new(path, Position::File, rule, found, HELP).into()
    };
    if form.version != 1 {
        return Err(refuse("this program reads version 1 of policies", &form.version.to_string()));
    }
    let mut policy = AccessPolicy { name: form.name, ..AccessPolicy::default() };
    for grant in &form.grant {
        let roles = words(&grant.roles, Role::parse, "a role is one of O34 annex 1", &refuse)?;
        let grounds =
            words(&grant.grounds, Ground::parse, "a ground is one of O34 annex 1", &refuse)?;
        let scope = scope(grant, &refuse)?;
        for role in &roles {
            for ground in &grounds {
                policy.grants.entry((*role, *ground)).or_default().add(scope.clone());
            }
        }
    }
    if let Some(users) = form.users {
        let read = users.into_iter().map(|(name, user)| {
            let roles = words(&user.roles, Role::parse, "a role is one of O34 annex 1", &refuse)?;
            let roles = roles.into_iter().collect();
            Ok((name, User { roles, person_id: user.person_id, unit: user.unit }))
        });
        policy.users = Some(read.collect::<Result<_>>()?);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let case_registry = match form.case_registry.as_str() {
        "" => return Err(refuse("case_registry is a file, or \"none\"", "nothing")),
        "none" => None,
        file => Some(folder.join(file)),
    };
    Ok(PolicyFile { policy, case_registry, blake3: blake3::hash(bytes).to_hex().to_string() })
}

/// Every word read, in order.
fn words<T>(
    words: &[String],
    parse: impl Fn(&str) -> Option<T>,
    rule: &str,
    refuse: &dyn Fn(&str, &str) -> Error,
) -> Result<Vec<T>> {
    words.iter().map(|word| parse(word).ok_or_else(|| refuse(rule, word))).collect()
}

fn scope(grant: &GrantForm, refuse: &dyn Fn(&str, &str) -> Error) -> Result<Scope> {
    let mut scope = Scope::default();
    for text in &grant.profiles {
        let pairs = pairs(text, Index::ALL, Index::parse);
        let rule = "profiles are pairs of indexes such as trace-convict or corpse-*";
        scope.profiles.extend(pairs.ok_or_else(|| refuse(rule, text))?);
    }
    for text in &grant.fingerprints {
        let pairs = pairs(text, Register::ALL, Register::parse);
        let rule = "fingerprints are pairs of registers such as trace-convict or corpse-*";
        scope.fingers.extend(pairs.ok_or_else(|| refuse(rule, text))?);
    }
    let rule = "verification lists registers such as citizen";
    scope.verification.extend(words(&grant.verification, Register::parse, rule, refuse)?);
    Ok(scope)
}

/// The pairs that `A-B` names, the lower first; `*` is every category.
fn pairs<T: Copy + Ord, const N: usize>(
    text: &str,
    all: [T; N],
    parse: impl Fn(&str) -> Option<T>,
) -> Option<BTreeSet<(T, T)>> {
    let (first, second) = text.split_once('-')?;
    let side = |word: &str| match word.trim() {
        "*" => Some(all.to_vec()),
        word => Some(vec![parse(word)?]),
    };
    let (first, second) = (side(first)?, side(second)?);
    let pair = |a: &T| second.iter().map(|b| (*a.min(b), *a.max(b))).collect::<Vec<_>>();
    Some(first.iter().flat_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::access::documented_default;

    fn read(text: &str) -> Result<PolicyFile> {
        policy_of_bytes(Path::new("folder/policy.toml"), text.as_bytes())
    }

    #[test]
    fn the_sample_file_is_the_documented_default() {
        let sample = include_str!("../../datasets/policy/default.toml");
        let file = read(sample).unwrap();
        assert_eq!(file.policy, documented_default());
        assert_eq!(file.case_registry.as_deref(), Some(Path::new("folder/cases.csv")));
    }

    #[test]
    fn what_a_policy_does_not_know_is_rejected_where_it_stands() {
        let head = "version = 1\nname = \"n\"\ncase_registry = \"none\"\n";
        assert_eq!(read(head).unwrap().case_registry, None);
        for (text, said) in [
            ("roles = 1\n", ":4: unknown field `roles`"),
            ("[[grant]]\nroles = [\"judge\"]\n", ":4: missing field `grounds`"),
            ("[[grant]]\nroles = [\"jugde\"]\ngrounds = []\n", "a role is one of"),
            ("[[grant]]\nroles = []\ngrounds = [\"crime\"]\n", "a ground is one of"),
            ("[[grant]]\nroles=[]\ngrounds=[]\nprofiles=[\"trace\"]\n", "pairs of indexes"),
            ("[[grant]]\nroles=[]\ngrounds=[]\nfingerprints=[\"a-*\"]\n", "pairs of registers"),
            ("[[grant]]\nroles=[]\ngrounds=[]\nverification=[\"*\"]\n", "lists registers"),
            ("[users.a]\nroles=[\"x\"]\n", "a role is one of"),
        ] {
            let error = read(&format!("{head}{text}")).unwrap_err();
            assert!(error.to_string().contains(said), "{text}: {error}");
            assert_eq!(error.kind().exit_code(), 3);
        }
        let error = read("version = 2\nname = \"n\"\ncase_registry = \"none\"\n").unwrap_err();
        assert!(error.to_string().contains("version 1"), "{error}");
    }
}
