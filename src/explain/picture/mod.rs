//! Pictures of an explanation as SVG: a waterfall of the loci, the pedigree, two impressions side by side.
//!
//! What is drawn takes the colour of the text around it (`currentColor`) and accents that a page may set
//! (`--tanba-probe`, `--tanba-gallery`), so that a picture is readable on light and dark pages and in print. Nothing
//! is told by colour alone, no font is fetched, and each has a title and a description for those who do not see it.

mod pedigree;
mod prints;
mod waterfall;

use svg::Document;
use svg::node::element::{Description, Group, Line, Text, Title};

use super::{Evidence, Explanation};

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Name, fit for a file.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The whole SVG document.
    pub svg: String,
}

/// Accents, as a variable of the page and what stands where it sets none: tell apart on light and dark, and by
/// people of any colour vision (Okabe and Ito, 2008).
const PROBE: Accent = Accent { variable: "--tanba-probe", fallback: "#0072b2" };
const GALLERY: Accent = Accent { variable: "--tanba-gallery", fallback: "#d55e00" };

/// A colour that a page may replace.
#[derive(Debug, Clone, Copy)]
struct Accent {
    variable: &'static str,
    fallback: &'static str,
}

impl Accent {
    /// The attribute for programs that know no variables, and the style for those that do.
    fn paint(self, property: &'static str) -> [(&'static str, String); 2] {
        let Accent { variable, fallback } = self;
        [
            (property, fallback.to_owned()),
            ("style", format!("{property}:var({variable},{fallback})")),
        ]
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
    (title, description): (String, String),
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
        .add(Title::new(clean(&title)))
        .add(description)
        .add(drawing)
        .to_string();
    Picture { name, title, svg }
}

/// Text without characters that XML forbids.
fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ")
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
