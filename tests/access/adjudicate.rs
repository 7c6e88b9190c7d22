//! Decisions through the binary: the queue, blindness, two examiners, files, what tomorrow shows.

use super::*;

struct Desk {
    world: World,
    night: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let world = World::new();
        let night = world.night("night");
        Desk { world, night }
    }

    fn from<'a>(&'a self, gallery: &'a Path) -> [&'a str; 4] {
        ["--gallery", text(gallery), "--run", text(&self.night)]
    }

    fn queue(&self, examiner: &str) -> Vec<serde_json::Value> {
        let gallery = self.world.gallery();
        let args = [&["adjudicate", "next", "--top", "1000"], &self.from(&gallery)[..]].concat();
        documents(&[&args[..], &["--examiner", examiner]].concat(), "queued_hit")
    }

    fn decide(&self, code: i32, hit: &str, verdict: &str, examiner: &str) -> String {
        let gallery = self.world.gallery();
        let args = [&["adjudicate", "decide", hit], &self.from(&gallery)[..]].concat();
        let said = ["--verdict", verdict, "--reason", "compared", "--examiner", examiner];
        exits(code, &[&args[..], &said].concat())
    }

    fn show(&self, code: i32, hit: &str, examiner: &str) -> String {
        let gallery = self.world.gallery();
        let args = [&["adjudicate", "show", hit], &self.from(&gallery)[..]].concat();
        exits(code, &[&args[..], &["--examiner", examiner]].concat())
    }

    fn stats(&self) -> serde_json::Value {
        let gallery = self.world.gallery();
        let args = ["adjudicate", "stats", "--gallery", text(&gallery)];
        documents(&args, "decision_stats").remove(0)["statistics"].clone()
    }
}

fn id(hit: &serde_json::Value) -> String {
    hit["hit_id"].as_str().unwrap().to_owned()
}

#[test]
fn the_queue_is_strongest_first_and_a_second_look_is_blind() {
    let desk = Desk::new();
    let queue = desk.queue("E1");
    let scores: Vec<i64> = queue.iter().map(|hit| hit["score_mban"].as_i64().unwrap()).collect();
    assert!(scores.len() >= 4 && scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let first = id(&queue[0]);
    let said = desk.show(0, &first, "E1");
    assert!(said.contains("score") && said.contains("TH01"), "{said}");
    desk.decide(0, &first, "exclusion", "E1");
    // Theirs is done for the first examiner, and last and blind for the second.
    assert!(desk.queue("E1").iter().all(|hit| id(hit) != first));
    let second = desk.queue("E2").pop().unwrap();
    assert_eq!((id(&second), &second["look"]), (first.clone(), &"second".into()));
    assert!(second["score_mban"].is_null());
    let said = desk.show(0, &first, "E2");
    let score = format!("{:.2}", scores[0] as f64 / 1000.0);
    assert!(!said.contains("exclusion") && !said.contains(&score), "{said}");
    assert!(said.contains("not shown"), "{said}");
    let own = desk.show(0, &first, "E1");
    assert!(own.contains("you decided exclusion") && own.contains(&score), "{own}");
}

#[test]
fn two_who_agree_decide_two_who_differ_dispute_and_tomorrow_says_what_was_decided() {
    let desk = Desk::new();
    let queue = desk.queue("E1");
    let (a, b, c) = (id(&queue[0]), id(&queue[1]), id(&queue[2]));
    for examiner in ["E1", "E2"] {
        desk.decide(0, &a, "identification", examiner);
    }
    desk.decide(0, &b, "identification", "E1");
    desk.decide(0, &b, "inconclusive", "E2");
    desk.decide(0, &c, "exclusion", "E1");
    let left = desk.queue("E3");
    assert!(left.iter().all(|hit| id(hit) != a));
    assert_eq!(
        (id(left.last().unwrap()), &left.last().unwrap()["look"]),
        (b.clone(), &"disputed".into())
    );
    let (out, gallery) = (desk.world.path("tomorrow"), desk.world.gallery());
    let run =
        ["run", "nightly", "--gallery", text(&gallery), "--out", text(&out), "--threshold", "3"];
    let said = exits(0, &run);
    assert!(
        said.contains("1 were decided before, 1 wait for a second examiner, 1 are disputed"),
        "{said}"
    );
    let hits = |run: &Path| fs::read(run.join("hits.parquet")).unwrap();
    assert!(hits(&out) == hits(&desk.night), "decisions change no hit list");
    // The dispute is settled by a later word of one of the two.
    let said = desk.decide(0, &b, "identification", "E2");
    assert!(said.contains("in place of the earlier"), "{said}");
    desk.decide(0, &c, "exclusion", "E2");
    let stats = desk.stats();
    let month = stats["months"].as_object().unwrap().values().next_back().unwrap().clone();
    assert_eq!((&month["confirmed"], &month["adventitious"]), (&2.into(), &1.into()));
    assert_eq!((&stats["disputed"], &stats["waiting"]), (&0.into(), &0.into()));
    assert!(month["median_days"].as_f64().unwrap() >= 0.0);
}

#[test]
fn decisions_go_out_and_come_back_as_csv_and_parquet() {
    let desk = Desk::new();
    let hit = id(&desk.queue("E1")[0]);
    desk.decide(0, &hit, "identification", "E1");
    desk.decide(0, &hit, "exclusion", "E2");
    let gallery = desk.world.gallery();
    for name in ["d.csv", "d.parquet"] {
        let (file, other) = (desk.world.path(name), World::new());
        exits(0, &["adjudicate", "export", text(&file), "--gallery", text(&gallery)]);
        let import = ["adjudicate", "import", text(&file), "--gallery"];
        let there = other.gallery();
        let said = exits(0, &[&import[..], &[text(&there)]].concat());
        assert!(said.contains("2 decisions added"), "{said}");
        let said = exits(0, &[&import[..], &[text(&there)]].concat());
        assert!(said.contains("0 decisions added, 2 were already there"), "{said}");
        let again = other.path(name);
        exits(0, &["adjudicate", "export", text(&again), "--gallery", text(&there)]);
        assert!(fs::read(&file).unwrap() == fs::read(&again).unwrap(), "{name}");
    }
    let bad = desk.world.write("bad.csv", "hit_id,verdict\nx,y\n");
    exits(3, &["adjudicate", "import", text(&bad), "--gallery", text(&gallery)]);
    let bad = desk.world.write("bad.parquet", "PAR1");
    exits(3, &["adjudicate", "import", text(&bad), "--gallery", text(&gallery)]);
    exits(2, &["adjudicate", "export", "d.txt", "--gallery", text(&gallery)]);
    let verbs: Vec<String> =
        desk.world.entries().iter().map(|e| e["verb"].as_str().unwrap().to_owned()).collect();
    assert!(verbs.contains(&"decision".into()) && verbs.contains(&"export".into()));
    exits(0, &["audit", "verify", text(&gallery)]);
}

#[test]
fn what_is_not_listed_not_in_use_or_not_reasoned_is_refused() {
    let desk = Desk::new();
    let hit = desk.queue("E1").remove(0);
    desk.decide(2, &"0".repeat(32), "exclusion", "E1");
    desk.decide(2, &id(&hit), "guilty", "E1");
    desk.decide(2, &id(&hit), "exclusion", " ");
    let gallery = desk.world.gallery();
    let record = hit["probe_id"].as_str().unwrap();
    exits(0, &["gallery", "block", text(&gallery), "--record", record, "--reason", "r"]);
    let said = desk.show(5, &id(&hit), "E1");
    assert!(said.contains("L40 1(7), 9(2)"), "{said}");
    assert_eq!(desk.world.entries().last().unwrap()["outcome"], "refused");
    assert!(!gallery.join("decisions").exists());
}
