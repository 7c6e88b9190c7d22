//! Every cell of the default policy, both ways, against tables written by hand; and cases.

use super::*;
use crate::law::finger_purpose;
use crate::law::purpose;

/// Role, crosses of the annex, and which of the six grounds it may state (annex columns 1 to 6).
const MATRIX: &str = "\
prosecutor                         6 ++++++
judge                              4 +++.+.
investigator-internal-affairs      2 +..+..
investigator-national-security     2 +..+..
investigator-financial-monitoring  2 +..+..
inquirer-internal-affairs          2 +.+...
inquirer-national-security         2 +.+...
inquirer-emergencies               2 +.+...
inquirer-state-guard               2 +.+...
officer-financial-monitoring       3 +.++..
military-police                    3 +.++..
penitentiary                       2 +..+..
emergencies                        2 .++...
national-security                  3 +.++..
bailiff                            1 .....+
state-guard                        2 .++...
administrative-police              1 ..+...
criminal-police                    3 +.++..
duty-unit                          1 ..+...
";

/// What a ground opens of profiles: rows and columns convict, trace, corpse, relative.
const PROFILES: [(Ground, [&str; 4]); 2] =
    [(Criminal, [".++.", "+++.", "+++.", "...."]), (Search, ["..+.", "..+.", "++++", "..+."])];

/// What a ground opens of fingerprints: rows and columns in the order of `Register::ALL`.
const FINGERS: [(Ground, [&str; 9]); 2] = [
    (
        Criminal,
        [
            "......+++",
            "......+++",
            "......+++",
            "......+++",
            "......+++",
            "......+++",
            "+++++++++",
            "+++++++++",
            "+++++++++",
        ],
    ),
    (
        Search,
        [
            "+.......+",
            "........+",
            "..+.....+",
            "...+....+",
            "....+...+",
            ".....+..+",
            "........+",
            "........+",
            "+++++++++",
        ],
    ),
];

/// Which registers may be verified against on a ground, in the order of `Register::ALL`.
const VERIFICATION: [(Ground, &str); 4] = [
    (Criminal, "+++++++.."),
    (Search, "+++++++.."),
    (AdministrativeCourt, "+.++++..."),
    (AdministrativeOffence, "+.++++..."),
];

fn cell(row: &str, column: usize) -> bool {
    row.as_bytes()[column] == b'+'
}

fn table<T: Copy>(rows: &[(Ground, T)], ground: Ground) -> Option<T> {
    rows.iter().find(|(of, _)| *of == ground).map(|(_, table)| *table)
}

#[test]
fn every_role_may_state_the_grounds_of_the_matrix_and_no_other() {
    let policy = documented_default();
    let rows: Vec<&str> = MATRIX.lines().collect();
    assert_eq!((rows.len(), Role::all().count()), (19, 19));
    for (row, role) in rows.iter().zip(Role::all()) {
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(role.name(), words[0]);
        let crosses: usize = words[1].parse().unwrap();
        assert_eq!((role.row().crosses, role.row().grounds.len()), (crosses, crosses), "{role}");
        for (column, ground) in Ground::ALL.into_iter().enumerate() {
            let stated = policy.ground(role, ground);
            assert_eq!(stated.is_ok(), cell(words[2], column), "{role} {ground}");
            if let Err(error) = stated {
                assert_eq!(error.kind().exit_code(), 5);
                assert_eq!(error.article(), Some("O34 annex 1"));
            }
        }
        assert_eq!(Role::parse(role.name()), Some(role));
    }
}

#[test]
fn every_role_sees_on_every_ground_what_the_tables_say_and_nothing_else() {
    let policy = documented_default();
    for role in Role::all() {
        for ground in Ground::ALL {
            let is_granted = policy.ground(role, ground).is_ok();
            let searches = is_granted && role.name() != "judge";
            for (a, probe) in Index::ALL.into_iter().enumerate() {
                for (b, gallery) in Index::ALL.into_iter().enumerate() {
                    let expected =
                        searches && table(&PROFILES, ground).is_some_and(|rows| cell(rows[a], b));
                    let seen = policy.sight(role, ground, Sight::Profiles(probe, gallery));
                    assert_eq!(seen.is_ok(), expected, "{role} {ground} {probe} {gallery}");
                    let is_lawful = purpose::require(probe, gallery).is_ok();
                    assert!(is_lawful || !expected, "the policy opens what the law forbids");
                }
            }
            for (a, probe) in Register::ALL.into_iter().enumerate() {
                for (b, gallery) in Register::ALL.into_iter().enumerate() {
                    let expected =
                        searches && table(&FINGERS, ground).is_some_and(|rows| cell(rows[a], b));
                    let seen = policy.sight(role, ground, Sight::Fingers(probe, gallery));
                    assert_eq!(seen.is_ok(), expected, "{role} {ground} {probe} {gallery}");
                }
                let expected =
                    is_granted && table(&VERIFICATION, ground).is_some_and(|row| cell(row, a));
                let seen = policy.sight(role, ground, Sight::Verification(probe));
                assert_eq!(seen.is_ok(), expected, "{role} {ground} verification {probe}");
                let is_lawful = finger_purpose::verification(probe).is_ok();
                assert!(is_lawful || !expected, "the policy opens what the law forbids");
            }
        }
    }
}

#[test]
fn a_refused_sight_names_the_article_of_its_kind() {
    let policy = documented_default();
    let police = Role::parse("criminal-police").unwrap();
    let article = |sight| policy.sight(police, Search, sight).unwrap_err().article().unwrap();
    assert_eq!(article(Sight::Profiles(Index::Trace, Index::Convict)), "L510 16-3(1), L40 28");
    assert_eq!(article(Sight::Fingers(Register::Trace, Register::Convict)), "L510 16-3(1), L40 16");
}

struct Cases(Vec<Case>);

impl CaseRegistry for Cases {
    fn find(&self, number: &str) -> Result<Vec<Case>> {
        Ok(self.0.iter().filter(|case| case.number == number).cloned().collect())
    }
}

#[test]
fn a_case_is_confirmed_if_it_exists_gives_the_ground_is_the_askers_and_is_open() {
    let day = |d| jiff::civil::date(2026, 11, d);
    let of = |owner: &str, open_to| Case {
        number: "K-1".into(),
        ground: Criminal,
        owner: owner.into(),
        open_from: day(10),
        open_to,
    };
    let registry = Cases(vec![of("P1", Some(day(20))), of("unit 7", None)]);
    let ask = |number, ground, askers: &[&str], d| {
        confirm_case(&registry, Claim { number, ground, askers }, day(d))
    };
    for d in [10, 15, 20] {
        ask("K-1", Criminal, &["P1"], d).unwrap();
    }
    ask("K-1", Criminal, &["P2", "unit 7"], 28).unwrap();
    for (number, ground, asker, d, said) in [
        ("K-2", Criminal, "P1", 15, "no such case"),
        ("K-1", Search, "P1", 15, "does not give the ground search"),
        ("K-1", Criminal, "P2", 15, "not that of P2"),
        ("K-1", Criminal, "P1", 9, "not open"),
        ("K-1", Criminal, "P1", 21, "not open"),
        ("K-1", Criminal, "unit 7", 9, "not open"),
    ] {
        let error = ask(number, ground, &[asker], d).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!((error.kind().exit_code(), error.article()), (5, Some("L510 16-2(3)")));
    }
}

#[test]
fn where_a_policy_lists_its_users_nobody_else_asks_and_nobody_in_another_role() {
    let police = Role::parse("criminal-police").unwrap();
    let judge = Role::parse("judge").unwrap();
    let mut policy = documented_default();
    assert_eq!(policy.user("anybody", judge).unwrap(), User::default());
    let user = User { roles: [police].into(), person_id: Some("P1".into()), unit: None };
    policy.users = Some(BTreeMap::from([("aida".to_owned(), user.clone())]));
    assert_eq!(policy.user("aida", police).unwrap(), user);
    for (name, role) in [("aida", judge), ("berik", police)] {
        let error = policy.user(name, role).unwrap_err();
        assert_eq!((error.kind().exit_code(), error.article()), (5, Some("O228 pt 144")));
    }
}
