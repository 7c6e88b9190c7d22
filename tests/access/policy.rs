//! Policies through the binary: what must be stated, who is refused by which article, results bound to cases.

use super::*;

const CASES: &str = "case,ground,owner,open_from,open_to\n\
K-1,criminal,P1,2020-01-01,\n\
K-2,criminal,unit 7,2020-01-01,\n\
K-3,criminal,P1,2020-01-01,2020-12-31\n\
K-4,search,P1,2020-01-01,\n";

/// A world whose gallery demands the documented default, with `more` in its policy.
fn strict(more: &str) -> World {
    let world = World::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/policy/default.toml");
    let policy = fs::read_to_string(sample).unwrap() + more;
    let (policy, cases) = (world.write("p.toml", &policy), world.write("cases.csv", CASES));
    let gallery = world.gallery();
    let set = ["gallery", "policy", text(&gallery), "--set", text(&policy)];
    exits(2, &set);
    exits(0, &[&set[..], &["--cases", text(&cases)]].concat());
    world
}

const POLICE: [&str; 2] = ["--role", "criminal-police"];

#[test]
fn a_gallery_with_a_policy_refuses_who_does_not_say_role_ground_and_case() {
    let world = strict("");
    let full =
        ["--role", "criminal-police", "--ground", "criminal", "--case", "K-1", "--person-id", "P1"];
    world.search(0, "convict", &full);
    for missing in [0, 2, 4] {
        let less = [&full[..missing], &full[missing + 2..]].concat();
        let said = world.search(5, "convict", &less);
        assert!(said.contains(full[missing]) && said.contains("L510 16-2(3)"), "{said}");
    }
    let entries = world.entries();
    let done = entries.iter().find(|e| e["verb"] == "search" && e["phase"] == "end").unwrap();
    assert_eq!((&done["outcome"], &done["is_case_confirmed"]), (&"done".into(), &true.into()));
    let policy = blake3::hash(&fs::read(world.gallery().join("policy.toml")).unwrap());
    assert_eq!(done["policies"][0], policy.to_hex().to_string());
    let refused = entries.iter().filter(|e| e["outcome"] == "refused").count();
    assert_eq!(refused, 3);
}

#[test]
fn each_refusal_has_its_article_and_comes_before_any_result() {
    let world = strict("");
    let out = world.path("out");
    let ask = |ground: &str, case: &str, who: &[&str], index: &str, article: &str| {
        let args =
            [&POLICE[..], &["--ground", ground, "--case", case, "--out", text(&out)], who].concat();
        let said = world.search(5, index, &args);
        assert!(said.contains(article), "{article}: {said}");
        assert!(!out.exists());
    };
    let own = ["--person-id", "P1"];
    ask("civil", "K-1", &own, "convict", "O34 annex 1");
    ask("search", "K-4", &own, "convict", "L510 16-3(1), L40 28");
    ask("administrative-offence", "K-1", &own, "convict", "L510 16-2(3)");
    ask("criminal", "K-9", &own, "convict", "no such case");
    ask("criminal", "K-3", &own, "convict", "not open");
    ask("criminal", "K-2", &own, "convict", "not that of P1");
    ask("criminal", "K-1", &["--person-id", "P2"], "convict", "not that of P2");
    ask("criminal", "K-1", &own, "relative", "L40 28(2)");
    let unit =
        [&POLICE[..], &["--ground", "criminal", "--case", "K-2", "--unit", "unit 7"]].concat();
    world.search(0, "convict", &unit);
}

#[test]
fn a_search_that_names_no_index_goes_where_law_and_policy_allow_and_says_what_it_left_out() {
    let world = World::new();
    let police = [&POLICE[..], &["--ground", "search"]].concat();
    // No policy in the gallery: whoever states a role is held to the documented default.
    let said = world.search(1, "", &police);
    assert!(said.contains("left out: searching trace profiles in convict profiles"), "{said}");
    let judge = ["--role", "judge", "--ground", "criminal"];
    world.search(5, "", &judge);
    world.search(5, "convict", &["--role", "judge"]);
    world.search(0, "convict", &[]);
}

#[test]
fn a_policy_that_lists_users_lets_nobody_else_ask_and_nobody_under_another_name() {
    let me = tanba::audit::Actor::current().user;
    let listed = format!("\n[users.\"{me}\"]\nroles = [\"criminal-police\"]\nperson_id = \"P1\"\n");
    let world = strict(&listed);
    let ask = [&POLICE[..], &["--ground", "criminal", "--case", "K-1"]].concat();
    world.search(0, "convict", &ask);
    world.search(0, "convict", &[&ask[..], &["--person-id", "P1"]].concat());
    world.search(5, "convict", &[&ask[..], &["--person-id", "P2"]].concat());
    world.search(5, "convict", &[&ask[..], &["--unit", "unit 7"]].concat());
    let said = world.search(
        5,
        "convict",
        &["--role", "prosecutor", "--ground", "criminal", "--case", "K-1"],
    );
    assert!(said.contains("O228 pt 144"), "{said}");
    let world = strict("\n[users.nobody-here]\nroles = [\"criminal-police\"]\n");
    let said = world.search(5, "convict", &ask);
    assert!(said.contains("O228 pt 144"), "{said}");
}

#[test]
fn a_second_policy_can_only_narrow_that_of_the_gallery() {
    let world = strict("");
    let head = "version = 1\nname = \"n\"\ncase_registry = \"none\"\n[[grant]]\nroles = [\"criminal-police\", \
                \"duty-unit\"]\ngrounds = [\"criminal\"]\n";
    let wide = world.write("wide.toml", &format!("{head}profiles = [\"*-*\"]\n"));
    let narrow = world.write("narrow.toml", head);
    let ask = |role, policy: &Path| {
        let ask = ["--role", role, "--ground", "criminal", "--case", "K-1", "--person-id", "P1"];
        [&ask[..], &["--policy", text(policy)]]
            .concat()
            .iter()
            .map(|a| (*a).to_owned())
            .collect::<Vec<_>>()
    };
    let search = |code, args: Vec<String>| {
        world.search(code, "convict", &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    search(0, ask("criminal-police", &wide));
    search(5, ask("duty-unit", &wide));
    search(5, ask("criminal-police", &narrow));
    let broken = world.write("broken.toml", "version = 1\n");
    search(3, ask("criminal-police", &broken));
}

#[test]
fn candidates_of_a_mixture_are_a_search_too() {
    let world = strict("");
    let calls: Vec<&str> = FIRST.split(',').collect();
    let rows: Vec<String> = LOCI
        .iter()
        .zip(calls.chunks(2))
        .map(|(locus, pair)| format!("M,{locus},{},{}\n", pair[0], pair[1]))
        .collect();
    let table = format!("SampleName,Marker,Allele1,Allele2\n{}", rows.concat());
    let (evidence, gallery) = (world.write("mixture.csv", &table), world.gallery());
    let args = ["score", "candidates", "--evidence", text(&evidence), "--gallery", text(&gallery)];
    let args =
        [&args[..], &["--index", "convict", "--drop-out", "0.1", "--drop-in", "0.05"]].concat();
    exits(5, &args);
    let ask =
        ["--role", "criminal-police", "--ground", "criminal", "--case", "K-1", "--person-id", "P1"];
    exits(0, &[&args[..], &ask].concat());
    let entries = world.entries();
    assert_eq!(entries.last().unwrap()["verb"], "score candidates");
}

#[test]
fn a_verification_asks_the_policy_by_the_register_of_the_record() {
    let world = strict("");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats/finger/iso-2005.fmr");
    fs::copy(&sample, world.path("f.fmr")).unwrap();
    let gallery = world.gallery();
    for (register, id) in [("citizen", "F1"), ("convict", "F2")] {
        let list = world.write(
            &format!("{register}.csv"),
            &format!("record_id,file,person_id\n{id},f.fmr,P\n"),
        );
        let args = ["import", "--gallery", text(&gallery), "--register", register, text(&list)];
        exits(0, &args);
    }
    let probe = world.path("f.fmr");
    let verify = |code, id: &str, ask: &[&str]| {
        let args =
            ["verify", "--probe", text(&probe), "--claimed", id, "--gallery", text(&gallery)];
        let args = [&args[..], &["--threshold", "0"]].concat();
        exits(code, &[&args[..], ask].concat())
    };
    verify(5, "F1", &[]);
    // The sample's ground would need a case of its own; a policy that leaves cases to others tells the registers.
    let policy = fs::read_to_string(gallery.join("policy.toml")).unwrap();
    fs::write(gallery.join("policy.toml"), policy.replace("\"cases.csv\"", "\"none\"")).unwrap();
    let duty = ["--role", "duty-unit", "--ground", "administrative-offence", "--case", "A-1"];
    verify(0, "F1", &duty);
    let said = verify(5, "F2", &duty);
    assert!(said.contains("L510 16-3(1), L40 16"), "{said}");
    let reference =
        ["verify", "--probe", text(&probe), "--reference", text(&probe), "--threshold", "0"];
    exits(0, &reference);
    exits(2, &[&reference[..], &duty[..2]].concat());
}

#[test]
fn results_of_a_case_are_destroyed_with_it_and_others_are_left_alone() {
    let world = World::new();
    fs::create_dir(world.path("results")).unwrap();
    for (out, case) in
        [("results/a", Some("K-1")), ("results/b", Some("K-2")), ("c", Some("K-1")), ("d", None)]
    {
        let out = world.path(out);
        let bind = case.map_or(vec![], |case| vec!["--case", case]);
        world.search(0, "convict", &[&["--out", text(&out)], &bind[..]].concat());
    }
    fs::write(world.path("c/notes.txt"), "seen").unwrap();
    let (gallery, results, c, d) =
        (world.gallery(), world.path("results"), world.path("c"), world.path("d"));
    let args = ["hits", "expunge", "--case", "K-1", "--gallery", text(&gallery), "--runs"];
    let args = [&args[..], &[text(&results), text(&c), text(&d)]].concat();
    let said = exits(0, &args);
    assert!(said.contains("2 results of case K-1 destroyed: 9 files"), "{said}");
    assert!(said.contains("results/b is not bound") && said.contains("snapshots"), "{said}");
    assert!(!world.path("results/a").exists() && !c.exists());
    assert!(world.path("results/b/run.json").exists() && d.join("run.json").exists());
    let entry = world.entries().pop().unwrap();
    assert_eq!((&entry["verb"], &entry["case"]), (&"hits expunge".into(), &"K-1".into()));
    assert_eq!(entry["counts"]["results"], 2);
    exits(1, &[&args[..7], &[text(&results), text(&d)]].concat());
    exits(2, &[&args[..7], &[text(&gallery)]].concat());
}
