//! Who asks and on what ground: the arguments of ad-hoc searches, and whether the policies allow them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::common::today;
use super::ui::Ui;
use crate::audit::{Account, Actor, Asker};
use crate::error::{Error, Result};
use crate::hits::report::CaseBinding;
use crate::import::cases::CaseFile;
use crate::import::policy::{PolicyFile, read_policy};
use crate::language::message;
use crate::law::access::{
    AccessPolicy, Claim, Ground, REQUEST, Role, Sight, confirm_case, documented_default, refusal,
};

/// Name of the policy that a gallery demands.
pub(super) const POLICY_FILE: &str = "policy.toml";

/// Who asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Who asks (needed where the gallery has a policy)")]
pub(super) struct AskArgs {
    /// Role of the asker, such as criminal-police (docs/access.md lists them)
    #[arg(long, value_name = "ROLE", value_parser = parse_role)]
    role: Option<Role>,
    /// Ground: criminal, administrative-court, administrative-offence, search, civil or enforcement
    #[arg(long, value_name = "GROUND", value_parser = parse_ground)]
    ground: Option<Ground>,
    /// Number of the case; the result is bound to it
    #[arg(long, value_name = "NUMBER")]
    case: Option<String>,
    /// Identifier of the person who asks [default: the user of the operating system]
    #[arg(long, value_name = "ID")]
    person_id: Option<String>,
    /// Unit of the person who asks
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// What the result is for, in words
    #[arg(long, value_name = "TEXT")]
    purpose_note: Option<String>,
    /// Policy that must allow the search besides that of the gallery
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

fn parse_role(text: &str) -> std::result::Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Role::all().map(Role::name).collect();
        format!("is one of {}", names.join(", "))
    })
}

fn parse_ground(text: &str) -> std::result::Result<Ground, String> {
    Ground::parse(text)
        .ok_or_else(|| format!("is one of {}", Ground::ALL.map(Ground::name).join(", ")))
}

/// What an asker may do.
#[derive(Debug)]
pub(super) struct Permit {
    /// Role and ground, if they were stated or had to be.
    stated: Option<(Role, Ground)>,
    policies: Vec<AccessPolicy>,
    binding: Option<CaseBinding>,
}

impl AskArgs {
    /// Whether nothing of it was said.
    pub(super) fn is_empty(&self) -> bool {
        let words = [&self.case, &self.person_id, &self.unit, &self.purpose_note];
        self.role.is_none()
            && self.ground.is_none()
            && self.policy.is_none()
            && words.iter().all(|word| word.is_none())
    }

    /// What was stated, for the audit log.
    pub(super) fn asker(&self) -> Asker {
        Asker {
            role: self.role.map(|role| role.name().to_owned()),
            ground: Some(self.ground.map_or("not stated", Ground::name).to_owned()),
            case: self.case.clone(),
            person_id: self.person_id.clone(),
            unit: self.unit.clone(),
            purpose: self.purpose_note.clone(),
        }
    }

    /// What the asker may do by the policy of `gallery`, that of `--policy`, or, where there is neither and a
    /// role or ground is stated, the documented default. Without any of them everything lawful is allowed.
    ///
    /// # Errors
    /// A policy or a registry of cases cannot be read; [`Error::Refused`] where something is not stated, the
    /// role may not state the ground, the user may not claim the role, or the case is not confirmed.
    pub(super) fn permit(&self, gallery: &Path, account: &mut Account) -> Result<Permit> {
        let own = Some(gallery.join(POLICY_FILE)).filter(|path| path.exists());
        let files = own.iter().chain(&self.policy).map(|path| read_policy(path));
        let files = files.collect::<Result<Vec<PolicyFile>>>()?;
        account.policies = files.iter().map(|file| file.blake3.clone()).collect();
        let binding = || {
            self.case.as_ref().map(|case| CaseBinding {
                case: case.clone(),
                role: self.role.map(|role| role.name().to_owned()),
                ground: self.ground.map(|ground| ground.name().to_owned()),
                person_id: self.person_id.clone(),
                unit: self.unit.clone(),
                purpose: self.purpose_note.clone(),
            })
        };
        if files.is_empty() && self.role.is_none() && self.ground.is_none() {
            return Ok(Permit { stated: None, policies: Vec::new(), binding: binding() });
        }
        let stated = self.stated(!files.is_empty())?;
        let (role, ground) = stated;
        for file in &files {
            self.check(file, stated)?;
        }
        account.is_case_confirmed = files.iter().any(|file| file.case_registry.is_some());
        let mut policies: Vec<AccessPolicy> = files.into_iter().map(|file| file.policy).collect();
        if policies.is_empty() {
            policies.push(documented_default());
        }
        policies.iter().try_for_each(|policy| policy.ground(role, ground))?;
        Ok(Permit { stated: Some(stated), policies, binding: binding() })
    }

    /// Role and ground; a policy wants a case too.
    fn stated(&self, is_case_needed: bool) -> Result<(Role, Ground)> {
        let missing = [
            ("--role", self.role.is_none()),
            ("--ground", self.ground.is_none()),
            ("--case", is_case_needed && self.case.is_none()),
        ];
        let missing: Vec<&str> =
            missing.iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| *name).collect();
        match (self.role, self.ground) {
            (Some(role), Some(ground)) if missing.is_empty() => Ok((role, ground)),
            _ => Err(refusal(
                format!("a request without {}", missing.join(", ")),
                "a request states the circumstances that justify it",
                REQUEST,
                "state --role, --ground and --case; docs/access.md lists the words",
            )),
        }
    }

    /// Checks user and case against one policy.
    fn check(&self, file: &PolicyFile, (role, ground): (Role, Ground)) -> Result<()> {
        let system = Actor::current().user;
        let user = file.policy.user(&system, role)?;
        // Before the case: whether it is theirs is nobody's business who may not ask.
        file.policy.ground(role, ground)?;
        let is_listed = file.policy.users.is_some();
        // A listed user is who the policy says, whatever the command line claims.
        let person = match is_listed {
            true => user.person_id.as_deref().unwrap_or(&system),
            false => self.person_id.as_deref().unwrap_or(&system),
        };
        let unit = if is_listed { user.unit.as_deref() } else { self.unit.as_deref() };
        let claims_another = |stated: &Option<String>, known: Option<&str>| {
            is_listed && stated.as_deref().is_some_and(|stated| Some(stated) != known)
        };
        if claims_another(&self.person_id, Some(person)) || claims_another(&self.unit, unit) {
            return Err(refusal(
                format!("a request of user {system} in another's name"),
                "the policy knows this user as another person or of another unit",
                REQUEST,
                "leave --person-id and --unit out",
            ));
        }
        let (Some(path), Some(number)) = (&file.case_registry, &self.case) else { return Ok(()) };
        let askers: Vec<&str> = [Some(person), unit].into_iter().flatten().collect();
        let claim = Claim { number, ground, askers: &askers };
        confirm_case(&CaseFile { path: path.clone() }, claim, today())
    }
}

impl Permit {
    /// The case that results are bound to.
    pub(super) fn binding(&self) -> Option<CaseBinding> {
        self.binding.clone()
    }

    /// Whether the asker may see `sight`.
    ///
    /// # Errors
    /// [`Error::Refused`] with the article.
    pub(super) fn require(&self, sight: Sight) -> Result<()> {
        let Some((role, ground)) = self.stated else { return Ok(()) };
        self.policies.iter().try_for_each(|policy| policy.sight(role, ground, sight))
    }

    /// The searches the asker may make. One that was asked for by name is refused; of those that only follow
    /// from the law the others are left out, and said.
    ///
    /// # Errors
    /// [`Error::Refused`] for a search asked for by name, or where none is left.
    pub(super) fn keep<S>(
        &self,
        searches: Vec<S>,
        is_named: bool,
        sight: impl Fn(&S) -> Sight,
        ui: &Ui,
    ) -> Result<Vec<S>> {
        let mut kept = Vec::new();
        let mut refused: Option<Error> = None;
        for search in searches {
            match self.require(sight(&search)) {
                Ok(()) => kept.push(search),
                Err(error) if is_named => return Err(error),
                Err(error) => {
                    ui.warn(message!("ask-left-out", error = error.to_string()));
                    refused = refused.or(Some(error));
                }
            }
        }
        match refused {
            Some(error) if kept.is_empty() => Err(error),
            _ => Ok(kept),
        }
    }
}
