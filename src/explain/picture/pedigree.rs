//! A pedigree: squares are men, circles women, diamonds persons of unknown sex; typed persons are filled, and the
//! place of the missing person bears a question mark.
//!
//! Drawn as the nomenclature of Bennett et al. (J Genet Couns 17, 2008) does, generations from top to bottom. Limits:
//! lines may cross where a family has several couples.

use std::collections::BTreeSet;

use svg::node::element::{Circle, Group, Polygon, Rectangle};

use super::{LINE, PROBE, Picture, legend, line, lines_at, picture, round, text, width_of};
use crate::explain::Explanation;
use crate::explain::dna::DnaExplanation;
use crate::explain::family::PedigreeRow;
use crate::language::{Message, word, words};

/// Half the width of a symbol, and room for a person.
const HALF: f64 = 16.0;
const COLUMN: f64 = 128.0;
const GENERATION: f64 = 128.0;
const TOP: f64 = 74.0;
const LEFT: f64 = 74.0;

/// Generation of every person: parents above children, both parents of a child beside each other.
fn generations(persons: &[PedigreeRow]) -> Vec<usize> {
    let mut of = vec![0; persons.len()];
    // A pedigree has no loops in time, so as many passes as persons are enough.
    for _ in 0..persons.len() {
        for person in persons {
            let parents: Vec<usize> = parents(person).filter(|p| *p < of.len()).collect();
            let above = parents.iter().map(|parent| of[*parent]).max();
            if let Some(above) = above {
                parents.iter().for_each(|parent| of[*parent] = above);
                of[person.number] = of[person.number].max(above + 1);
            }
        }
    }
    of
}

fn parents(person: &PedigreeRow) -> impl Iterator<Item = usize> + use<> {
    person.father.into_iter().chain(person.mother)
}

/// Column of every person: children beside their brothers and sisters, in the middle of their parents where there is
/// room, couples side by side.
fn columns(persons: &[PedigreeRow], generation: &[usize]) -> Vec<f64> {
    let mut column = vec![0.0; persons.len()];
    let deepest = generation.iter().copied().max().unwrap_or(0);
    let couples: BTreeSet<(usize, usize)> =
        persons.iter().filter_map(|p| p.father.zip(p.mother)).collect();
    for level in 0..=deepest {
        let mut members: Vec<usize> =
            (0..persons.len()).filter(|number| generation[*number] == level).collect();
        let wish = |number: &usize| {
            let of = |number: usize| {
                let above: Vec<f64> = parents(&persons[number]).map(|p| column[p]).collect();
                let count = above.len().max(1) as f64;
                (!above.is_empty()).then(|| above.iter().sum::<f64>() / count)
            };
            // Who has no parents here stands by the partner.
            let partner = couples.iter().find_map(|(a, b)| match *number {
                n if n == *a => Some(*b),
                n if n == *b => Some(*a),
                _ => None,
            });
            of(*number).or_else(|| partner.and_then(of)).unwrap_or(0.0)
        };
        let key = |number: &usize| {
            let couple = couples.iter().position(|(a, b)| a == number || b == number);
            let father = couples.iter().any(|(a, _)| a == number);
            (wish(number), couple.unwrap_or(usize::MAX), !father, *number)
        };
        members.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(a.cmp(b)));
        let middle = members.iter().map(wish).sum::<f64>() / members.len().max(1) as f64;
        let first = middle - (members.len() as f64 - 1.0) / 2.0;
        for (place, number) in members.iter().enumerate() {
            column[*number] = first + place as f64;
        }
    }
    let least = column.iter().copied().fold(f64::INFINITY, f64::min);
    column.iter_mut().for_each(|column| *column -= least);
    column
}

/// The pedigree of a comparison of a body with a family.
pub(super) fn draw(explanation: &Explanation, dna: &DnaExplanation) -> Picture {
    let persons = &dna.pedigree;
    let generation = generations(persons);
    let column = columns(persons, &generation);
    // What a person is stands below the symbol and needs its room.
    let role = |role| width_of(&word("kin", role).to_string(), 12.0) + 16.0;
    let room = persons.iter().filter_map(|person| person.role).map(role).fold(COLUMN, f64::max);
    let left = LEFT.max(room / 2.0);
    let at = |number: usize| {
        (left + room * column[number], TOP + GENERATION * generation[number] as f64)
    };
    let mut drawing = Group::new();
    let couples: BTreeSet<(Option<usize>, Option<usize>)> = persons
        .iter()
        .map(|person| (person.father, person.mother))
        .filter(|(father, mother)| father.is_some() || mother.is_some())
        .collect();
    for (place, couple) in couples.iter().enumerate() {
        let children = persons.iter().filter(|p| (p.father, p.mother) == *couple);
        let children: Vec<(f64, f64)> = children.map(|child| at(child.number)).collect();
        drawing = drawing.add(descent([couple.0.map(at), couple.1.map(at)], &children, place));
    }
    for person in persons {
        drawing = drawing.add(symbol(person, at(person.number)));
    }
    let right = column.iter().copied().fold(0.0, f64::max);
    let deepest = generation.iter().copied().max().unwrap_or(0) as f64;
    let family = explanation.family_id.as_ref();
    let family = family.map_or_else(|| Message::new("picture-the-family"), Message::from);
    let body = &explanation.probe.record_id;
    let title = Message::new("picture-pedigree").with("family", family).with("body", body);
    let heading = title.to_string();
    let width = (2.0 * left + room * right).max(560.0).max(24.0 + width_of(&heading, 14.0));
    let lines = legend(&words("picture-pedigree-legend"), width - 24.0);
    let height = TOP + GENERATION * deepest + 92.0 + LINE * lines.len() as f64;
    drawing = drawing.add(text(12.0, 22.0, &heading).set("font-size", 14)).add(lines_at(
        12.0,
        height - 12.0,
        &lines,
    ));
    let told = Message::List(persons.iter().map(told).collect(), "; ").to_string();
    picture("pedigree".into(), (title, told), (width, height), drawing)
}

/// A person in words.
fn told(person: &PedigreeRow) -> Message {
    let who = match (&person.record_id, person.is_missing) {
        (Some(id), true) => Message::new("picture-missing").with("record", id),
        (Some(id), false) => Message::new("picture-typed")
            .with("record", id)
            .with("role", word("kin", person.role.unwrap_or("relative"))),
        (None, _) => Message::new("picture-not-typed"),
    };
    let number = |number: usize| Message::data(number + 1);
    let parent = |id: &'static str, of: Option<usize>| {
        of.map(|parent| Message::new(id).with("number", number(parent)))
    };
    let parents =
        [parent("picture-father", person.father), parent("picture-mother", person.mother)];
    let person = Message::new("picture-person").with("number", number(person.number));
    let all = std::iter::once(person.with("who", who)).chain(parents.into_iter().flatten());
    Message::List(all.collect(), ", ")
}

/// The lines from parents to children.
fn descent(
    [father, mother]: [Option<(f64, f64)>; 2],
    children: &[(f64, f64)],
    place: usize,
) -> Group {
    let mut lines = Group::new();
    let from = match (father, mother) {
        (Some(a), Some(b)) => {
            let (left, right) = if a.0 < b.0 { (a, b) } else { (b, a) };
            lines = lines.add(line((left.0 + HALF, left.1), (right.0 - HALF, right.1)));
            ((left.0 + right.0) / 2.0, left.1)
        }
        (Some(one), None) | (None, Some(one)) => (one.0, one.1 + HALF),
        (None, None) => return lines,
    };
    // Couples of one generation at heights of their own, so that their lines are told apart.
    let Some(below) = children.first().map(|(_, y)| y - HALF - 14.0 - 5.0 * (place % 4) as f64)
    else {
        return lines;
    };
    let xs = children.iter().map(|(x, _)| *x).chain([from.0]);
    let (left, right) =
        xs.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, r), x| (l.min(x), r.max(x)));
    lines = lines.add(line(from, (from.0, below))).add(line((left, below), (right, below)));
    children.iter().fold(lines, |lines, (x, y)| lines.add(line((*x, below), (*x, y - HALF))))
}

/// A person.
fn symbol(person: &PedigreeRow, (x, y): (f64, f64)) -> Group {
    let is_typed = person.record_id.is_some() && !person.is_missing;
    let mut paint = vec![("stroke", "currentColor".to_owned()), ("stroke-width", "1.6".to_owned())];
    match is_typed {
        true => paint.extend(PROBE.fill()),
        false => paint.push(("fill", "none".to_owned())),
    }
    let group = Group::new();
    let group = match person.sex {
        Some("male") => {
            let square = Rectangle::new().set("x", round(x - HALF)).set("y", round(y - HALF));
            let square = square.set("width", 2.0 * HALF).set("height", 2.0 * HALF);
            group.add(paint.into_iter().fold(square, |node, (name, value)| node.set(name, value)))
        }
        Some(_) => {
            let circle = Circle::new().set("cx", round(x)).set("cy", round(y)).set("r", HALF);
            group.add(paint.into_iter().fold(circle, |node, (name, value)| node.set(name, value)))
        }
        None => {
            let corners = [(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)];
            let corner =
                |(dx, dy): (f64, f64)| format!("{},{}", round(x + dx * HALF), round(y + dy * HALF));
            let diamond = Polygon::new().set("points", corners.map(corner).join(" "));
            group.add(paint.into_iter().fold(diamond, |node, (name, value)| node.set(name, value)))
        }
    };
    let middle = |dy: f64, content: &str| text(x, y + dy, content).set("text-anchor", "middle");
    let mut group = group;
    if person.is_missing {
        group = group.add(middle(5.0, "?").set("font-size", 18).set("font-weight", "bold"));
    }
    if let Some(id) = &person.record_id {
        group = group.add(middle(HALF + 18.0, id));
    }
    let role = if person.is_missing { Some("body") } else { person.role };
    role.map_or(group.clone(), |role| {
        let role = word("kin", role).to_string();
        group.add(middle(HALF + 32.0, &role).set("font-style", "italic"))
    })
}
