//! Pictures of an explanation as SVG: a waterfall of the loci, the pedigree, two impressions side by side.
//!
//! What is drawn takes the colour of the text around it (`currentColor`) and accents by class (`probe`, `gallery`,
//! `gallery-line`) that the style sheet of a page may set; no element has a style of its own, so that a page can forbid
//! such (`Content-Security-Policy`). A picture that stands alone brings a style sheet for light and dark
//! ([`Picture::alone`]). Nothing is told by colour alone, no font is fetched, and each has a title and a description for
//! those who do not see it. Words are in the language of the process.

mod pedigree;
mod prints;
mod waterfall;

use svg::Document;
use svg::node::element::{Description, Group, Line, Text, Title};

use super::{Evidence, Explanation};
use crate::language::Message;

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Name, fit for a file.
    pub name: String,
    /// What it shows.
    pub title: Message,
    /// The whole SVG document, to stand in a page.
    pub svg: String,
}

/// Accents, as a class and the colour where no style sheet sets it: told apart on light and dark, and by people of any
/// colour vision (Okabe and Ito, 2008).
const PROBE: Accent = Accent { class: "probe", colour: "#0072b2" };
const GALLERY: Accent = Accent { class: "gallery", colour: "#d55e00" };

/// The style sheet of a picture that stands alone: ink and ground of the reader's choice, accents readable on both.
const ALONE: &str = "svg{color-scheme:light dark;color:CanvasText;background:Canvas}\
@media(prefers-color-scheme:dark){.probe{fill:#56b4e9}.gallery{fill:#ff8a4c}.gallery-line{stroke:#ff8a4c}}";

/// A colour that a style sheet may replace.
#[derive(Debug, Clone, Copy)]
struct Accent {
    class: &'static str,
    colour: &'static str,
}

impl Accent {
    /// The attributes of what is filled.
    fn fill(self) -> [(&'static str, String); 2] {
        [("fill", self.colour.to_owned()), ("class", self.class.to_owned())]
    }

    /// The attributes of what is outlined.
    fn stroke(self) -> [(&'static str, String); 2] {
        [("stroke", self.colour.to_owned()), ("class", format!("{}-line", self.class))]
    }
}

impl Picture {
    /// The picture as a file of its own.
    pub fn alone(&self) -> String {
        self.svg.replacen("<title>", &format!("<style>{ALONE}</style>\n<title>"), 1)
    }
}

impl Explanation {
    /// The pictures: of profiles a waterfall, and of families a pedigree; of fingerprints each pair of impressions.
    pub fn pictures(&self) -> Vec<Picture> {
        match &self.evidence {
            Evidence::Dna(dna) => {
                let waterfall = waterfall::draw(self, dna);
                let pedigree = (!dna.pedigree.is_empty()).then(|| pedigree::draw(self, dna));
                std::iter::once(waterfall).chain(pedigree).collect()
            }
            Evidence::Finger(finger) => {
                let pictures = finger.fingers.iter().enumerate();
                pictures.map(|(place, row)| prints::draw(self, row, place + 1)).collect()
            }
        }
    }
}

/// A picture of a drawing `width` by `height`.
fn picture(
    name: String,
    (title, description): (Message, String),
    (width, height): (f64, f64),
    drawing: Group,
) -> Picture {
    let drawing = drawing
        .set("font-family", "system-ui, sans-serif")
        .set("font-size", 12)
        .set("fill", "currentColor");
    let description = Description::new().add(svg::node::Text::new(clean(&description)));
    let svg = Document::new()
        .set("viewBox", (0.0, 0.0, width.ceil(), height.ceil()))
        .set("width", width.ceil())
        .set("height", height.ceil())
        .set("role", "img")
        .add(Title::new(clean(&title.to_string())))
        .add(description)
        .add(drawing)
        .to_string();
    Picture { name, title, svg }
}

/// Text without characters that XML forbids.
fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ")
}

/// Width of a text of a size, pixels: rather too much than too little, since fonts differ.
fn width_of(content: &str, size: f64) -> f64 {
    content.chars().count() as f64 * size * 0.58
}

/// Height of a line of a legend.
const LINE: f64 = 16.0;

/// A legend of parts between semicolons, as many on a line as fit into `width`.
fn legend(content: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in content.split("; ") {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line}; {part}"), 12.0) <= width => {
                line.push_str("; ");
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

/// The lines of a legend, the last of them at `y`.
fn lines_at(x: f64, y: f64, lines: &[String]) -> Group {
    let above = |place: usize| LINE * (lines.len() - 1 - place) as f64;
    let line = |(place, line): (usize, &String)| text(x, y - above(place), line);
    lines.iter().enumerate().map(line).fold(Group::new(), Group::add)
}

fn text(x: f64, y: f64, content: &str) -> Text {
    Text::new(clean(content)).set("x", round(x)).set("y", round(y))
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Line {
    Line::new()
        .set("x1", round(x1))
        .set("y1", round(y1))
        .set("x2", round(x2))
        .set("y2", round(y2))
        .set("stroke", "currentColor")
}

/// Tenths of a pixel are enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
