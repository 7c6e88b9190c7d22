//! The chain and the files of the log under edits, cuts, crashes, other keys and many writers.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};

use super::chain::{Damage, Fault, Link, line};
use super::head::{HEAD_FILE, Head};
use super::*;

fn entry(verb: &str, number: u64) -> Entry {
    let mut account = Account { outcome: Some("done".into()), ..Account::default() };
    account.count("hits", number);
    let event = Event { verb: verb.into(), arguments: vec!["search".into()], ..Event::default() };
    Entry::of(&event, Phase::Whole, None, &account)
}

/// The lines of a log of `count` entries, and its head.
fn lines(count: u64) -> (Vec<String>, Head) {
    let mut last = Link::before_first();
    let lines = (0..count)
        .map(|number| {
            let body = serde_json::to_string(&entry("search", number)).unwrap();
            let (text, link) = line(&body, &last);
            last = link;
            text
        })
        .collect();
    (lines, Head::of(&last, "2026-11-21T00:00:00Z".into(), None))
}

fn faults(log: &[u8], head: &Head) -> Option<Fault> {
    review(log, Some(&head.to_bytes().unwrap()), None).err()
}

/// Lines hashed again from place `from` on, as somebody would who knows the rule.
fn relinked(lines: &[String], from: usize) -> Vec<String> {
    let mut last = match from.checked_sub(1) {
        Some(before) => chain::parts(lines[before].trim_end().as_bytes()).unwrap().link(),
        None => Link::before_first(),
    };
    let mut all = lines[..from].to_vec();
    for text in &lines[from..] {
        let body = serde_json::to_string(&Entry::read(text.as_bytes()).unwrap()).unwrap();
        let (text, link) = line(&body, &last);
        all.push(text);
        last = link;
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_edit_deletion_insertion_swap_and_cut_is_found(
        count in 2u64..10, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
        byte in any::<u8>(), kind in 0..8u8,
    ) {
        let (lines, head) = lines(count);
        let whole = lines.concat();
        prop_assert_eq!(faults(whole.as_bytes(), &head), None);
        let (i, j) = (a.index(lines.len()), b.index(lines.len()));
        let mut log = lines.clone();
        let bytes = match kind {
            0 => {
                let mut bytes = whole.clone().into_bytes();
                let place = a.index(bytes.len());
                prop_assume!(bytes[place] != byte);
                bytes[place] = byte;
                bytes
            }
            1 => { log.remove(i); log.concat().into_bytes() }
            2 => { prop_assume!(i != j); log.swap(i, j); log.concat().into_bytes() }
            3 => { log.truncate(i); log.concat().into_bytes() }
            4 => whole.as_bytes()[..a.index(whole.len())].to_vec(),
            5 => { log.insert(j, lines[i].clone()); log.concat().into_bytes() }
            // An entry forged with its hash, and all after it hashed again.
            6 => {
                let text = log[i].replace("\"search\"", "\"import\"");
                log[i] = text;
                relinked(&log, i).concat().into_bytes()
            }
            _ => { log.remove(i); relinked(&log, i).concat().into_bytes() }
        };
        let fault = faults(&bytes, &head);
        prop_assert!(fault.is_some(), "kind {} was not found", kind);
    }
}

#[test]
fn each_kind_of_damage_is_named_with_the_entry_it_begins_at() {
    let (lines, head) = lines(5);
    let log = |places: &[usize]| {
        places.iter().map(|place| lines[*place].as_str()).collect::<String>().into_bytes()
    };
    let found = |bytes: Vec<u8>| faults(&bytes, &head).map(|f| (f.sequence, f.damage));
    assert_eq!(found(log(&[0, 1, 3, 4])), Some((3, Damage::Deleted { found: 4 })));
    assert_eq!(found(log(&[0, 2, 1, 3, 4])), Some((2, Damage::Deleted { found: 3 })));
    assert_eq!(found(log(&[0, 1, 1, 2, 3, 4])), Some((3, Damage::OutOfOrder { found: 2 })));
    assert_eq!(found(log(&[0, 1, 2])), Some((4, Damage::Truncated { head: 5 })));
    assert_eq!(found(Vec::new()), Some((1, Damage::Truncated { head: 5 })));
    let edited = lines.concat().replacen("search", "sEarch", 3).into_bytes();
    assert_eq!(found(edited), Some((1, Damage::Edited)));
    let other = [lines[..2].concat(), relinked(&lines, 0)[2].clone()].concat();
    assert_eq!(found(other.into_bytes()), Some((4, Damage::Truncated { head: 5 })));
    let early = Head { sequence: 2, ..head.clone() };
    let beyond = faults(lines.concat().as_bytes(), &early).unwrap();
    assert_eq!((beyond.sequence, beyond.damage.name()), (3, "beyond_head"));
    let missing = review(lines.concat().as_bytes(), None, None).unwrap_err();
    assert_eq!(missing.damage.name(), "head");
}

#[test]
fn every_single_bit_of_a_small_log_and_of_its_head_is_watched() {
    let (lines, head) = lines(3);
    let good = (lines.concat().into_bytes(), head.to_bytes().unwrap());
    assert!(review(&good.0, Some(&good.1), None).is_ok());
    for bit in 0..8 * good.0.len() {
        let mut log = good.0.clone();
        log[bit / 8] ^= 1 << (bit % 8);
        assert!(review(&log, Some(&good.1), None).is_err(), "bit {bit} of the log");
    }
    let key = SigningKey::from_bytes(&[7; 32]);
    let last = Link { sequence: head.sequence, hash: head.hash.clone() };
    for head in [head.clone(), Head::of(&last, "2026-11-21T00:00:00Z".into(), Some(&key))] {
        let bytes = head.to_bytes().unwrap();
        assert!(review(&good.0, Some(&bytes), None).is_ok());
        for bit in 0..8 * bytes.len() {
            let mut head = bytes.clone();
            head[bit / 8] ^= 1 << (bit % 8);
            assert!(review(&good.0, Some(&head), None).is_err(), "bit {bit} of the head");
        }
    }
}

#[test]
fn a_hundred_thousand_random_bit_flips_are_all_found() {
    let (lines, head) = lines(60);
    let mut log = lines.concat().into_bytes();
    let head = head.to_bytes().unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20_261_121);
    for _ in 0..100_000 {
        let bit = rng.random_range(0..8 * log.len());
        log[bit / 8] ^= 1 << (bit % 8);
        assert!(review(&log, Some(&head), None).is_err(), "bit {bit}");
        log[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(review(&log, Some(&head), None).is_ok());
}

fn event(verb: &str) -> Event {
    Event { verb: verb.into(), ..Event::default() }
}

fn reviewed(gallery: &Path) -> Review {
    let (log, head) = bytes_of(gallery).unwrap();
    review(&log, head.as_deref(), None).unwrap()
}

fn log_path(gallery: &Path) -> std::path::PathBuf {
    gallery.join(AUDIT_FOLDER).join(LOG_FILE)
}

#[test]
fn an_act_has_a_start_and_an_end_and_one_without_its_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let act = begin(folder.path(), None, event("search")).unwrap();
    begin(folder.path(), None, event("run")).unwrap();
    let account = Account { outcome: Some("no hits".into()), ..Account::default() };
    assert_eq!(act.end(&account).unwrap(), 3);
    let review = reviewed(folder.path());
    let open: Vec<_> = review.open_acts().iter().map(|e| (e.sequence, e.verb.clone())).collect();
    assert_eq!(open, [(2, "run".to_owned())]);
    let end = &review.entries[2];
    assert_eq!((end.start, end.phase, &end.account), (Some(1), Phase::End, &account));
    assert_eq!(end.actor, Actor::current());
}

#[test]
fn an_entry_cut_short_by_a_crash_is_kept_aside_and_the_chain_goes_on() {
    let whole = {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), None, &event("a"), &Account::default()).unwrap();
        fs::read(log_path(folder.path())).unwrap()
    };
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        let folder = tempfile::tempdir().unwrap();
        for verb in ["a", "b"] {
            record(folder.path(), None, &event(verb), &Account::default()).unwrap();
        }
        let path = log_path(folder.path());
        let good = fs::read(&path).unwrap();
        fs::write(&path, [&good[..], &whole[..cut]].concat()).unwrap();
        assert_eq!(reviewed(folder.path()).torn_bytes, cut);
        assert_eq!(record(folder.path(), None, &event("c"), &Account::default()).unwrap(), 4);
        let review = reviewed(folder.path());
        let verbs: Vec<&str> = review.entries.iter().map(|e| e.verb.as_str()).collect();
        assert_eq!(verbs, ["a", "b", "audit recover", "c"]);
        let reason = review.entries[2].account.reason.clone().unwrap();
        let kept = reason.rsplit(' ').next().unwrap();
        assert_eq!(fs::read(folder.path().join(AUDIT_FOLDER).join(kept)).unwrap(), &whole[..cut]);
    }
}

#[test]
fn a_crash_between_an_entry_and_its_head_is_told_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let head = folder.path().join(AUDIT_FOLDER).join(HEAD_FILE);
    record(folder.path(), None, &event("a"), &Account::default()).unwrap();
    let first = fs::read(&head).unwrap();
    record(folder.path(), None, &event("b"), &Account::default()).unwrap();
    fs::write(&head, &first).unwrap();
    assert!(reviewed(folder.path()).is_ahead);
    record(folder.path(), None, &event("c"), &Account::default()).unwrap();
    let review = reviewed(folder.path());
    assert!(!review.is_ahead && review.last.sequence == 3);
    // Two entries without a head is no crash.
    fs::write(&head, &first).unwrap();
    let error = record(folder.path(), None, &event("d"), &Account::default()).unwrap_err();
    assert_eq!(error.kind().exit_code(), 6);
}

#[test]
fn two_crashes_in_a_row_before_the_head_do_not_leave_it_two_entries_behind() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join(AUDIT_FOLDER);
    record(folder.path(), None, &event("a"), &Account::default()).unwrap();
    let first = fs::read(audit.join(HEAD_FILE)).unwrap();
    record(folder.path(), None, &event("b"), &Account::default()).unwrap();
    fs::write(audit.join(HEAD_FILE), &first).unwrap();
    // This one ends after it saw the head and before it wrote its entry: the salt it needs is no salt.
    fs::write(audit.join("salt"), "short").unwrap();
    let names = [(pseudonym::Named::Record, "R-1".to_owned())].into();
    let named = Event { names, ..event("c") };
    record(folder.path(), None, &named, &Account::default()).unwrap_err();
    let head = Head::read(&fs::read(audit.join(HEAD_FILE)).unwrap()).unwrap();
    assert_eq!(head.sequence, 2);
}

#[test]
fn nothing_is_appended_to_a_log_whose_end_was_changed() {
    for change in [
        |log: &str| log.replace("\"b\"", "\"x\""),
        |log: &str| log.lines().next().unwrap().to_owned() + "\n",
        |_: &str| String::new(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for verb in ["a", "b"] {
            record(folder.path(), None, &event(verb), &Account::default()).unwrap();
        }
        let path = log_path(folder.path());
        let log = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(&log)).unwrap();
        let error = record(folder.path(), None, &event("c"), &Account::default()).unwrap_err();
        assert_eq!(error.kind().exit_code(), 6, "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), change(&log));
    }
}

#[test]
fn a_signed_log_takes_entries_of_its_key_alone_and_cannot_be_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.key");
    let public = key::generate(&file).unwrap();
    let own = key::read(&file).unwrap();
    assert_eq!(key::generate(&file).unwrap_err().kind().exit_code(), 2);
    let gallery = folder.path();
    for _ in 0..3 {
        record(gallery, Some(&own), &event("a"), &Account::default()).unwrap();
    }
    let other = SigningKey::from_bytes(&[9; 32]);
    for key in [None, Some(&other)] {
        let error = record(gallery, key, &event("b"), &Account::default()).unwrap_err();
        assert!(error.to_string().contains(&public), "{error}");
    }
    let (log, head) = bytes_of(gallery).unwrap();
    let kept = Head::read(&head.clone().unwrap()).unwrap();
    assert_eq!(kept.public_key, Some(public));
    let text = String::from_utf8(log).unwrap();
    let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    // Cut, with the signed head changed to fit.
    let last = chain::parts(lines[1].trim_end().as_bytes()).unwrap().link();
    let forged = Head { sequence: 2, hash: last.hash.clone(), ..kept.clone() };
    let cut = lines[..2].concat();
    let fault = faults(cut.as_bytes(), &forged).unwrap();
    assert!(matches!(&fault.damage, Damage::Head(what) if what.contains("signature")), "{fault}");
    // Cut, with an unsigned head made anew: a copy of the head kept elsewhere tells.
    let unsigned = Head::of(&last, kept.time.clone(), None).to_bytes().unwrap();
    assert!(review(cut.as_bytes(), Some(&unsigned), None).is_ok());
    let fault = review(cut.as_bytes(), Some(&unsigned), Some(&kept)).unwrap_err();
    assert_eq!(fault.damage, Damage::Truncated { head: 3 });
}

#[test]
fn a_key_that_others_may_read_is_refused_and_its_digits_are_never_quoted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("k");
    key::generate(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(key::read(&file).unwrap_err().to_string().contains("others"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let secret = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{}0\n", secret.trim())).unwrap();
    let error = key::read(&file).unwrap_err();
    assert!(!error.to_string().contains(&secret[..8]) && error.kind().exit_code() == 3);
}

#[test]
fn many_writers_at_once_keep_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let number = record(folder.path(), None, &event("a"), &Account::default());
                    numbers.lock().unwrap().push(number.unwrap());
                }
            });
        }
    });
    let distinct: HashSet<u64> = numbers.lock().unwrap().iter().copied().collect();
    assert_eq!((distinct.len(), reviewed(folder.path()).last.sequence), (40, 40));
}

#[test]
fn an_entry_longer_than_the_first_look_at_the_end_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let long = Event { arguments: vec!["x".repeat(200_000)], ..event("a") };
    for _ in 0..2 {
        record(folder.path(), None, &long, &Account::default()).unwrap();
    }
    assert_eq!(reviewed(folder.path()).last.sequence, 2);
}

#[test]
fn the_values_of_options_about_keys_are_left_out() {
    let given =
        ["search", "--audit-key", "a.key", "--key=abc", "--case", "K-1", "--password", "--json"];
    let kept = without_keys(&given.map(str::to_owned));
    let expected = [
        "search",
        "--audit-key",
        "(left out)",
        "--key=(left out)",
        "--case",
        "K-1",
        "--password",
        "--json",
    ];
    assert_eq!(kept, expected);
}
