//! `tanba import --check`: what fingerprint files hold, without a gallery: format, conventions,
//! templates, images, warnings, refusals, and a drawing to lay beside the image of the print.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::import::file_name;
use super::ui::{Outcome, Ui};
use crate::domain::finger::Template;
use crate::error::{Error, Rejection, Result};
use crate::import::finger::{FingerFile, FingerFormat, ImageReference, draw, kinds, read_bytes_as};
use crate::language::{message, word, words};
use crate::limits::MAX_FINGER_FILE_BYTES;

/// Arguments of `tanba import` that concern fingerprint files alone.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Look at fingerprint files and import nothing: formats, conventions, warnings, and a drawing
    #[arg(long)]
    pub(super) check: bool,
    /// Where --check draws a single file [default: FILE.svg in the working directory]
    #[arg(long, value_name = "FILE", requires = "check")]
    svg: Option<PathBuf>,
    /// Replace drawings that exist
    #[arg(long, requires = "check")]
    overwrite: bool,
    /// Format of fingerprint files that content does not tell: xyt-nist, xyt-m1, iso-2005-compact
    #[arg(long = "as", value_name = "FORMAT", value_parser = parse_format, conflicts_with = "index")]
    pub(super) format: Option<FingerFormat>,
}

/// Reads the word of a format.
fn parse_format(text: &str) -> std::result::Result<FingerFormat, String> {
    FingerFormat::parse(text).ok_or_else(|| {
        let words: Vec<&str> = FingerFormat::ALL.iter().map(|format| format.word()).collect();
        format!("is one of {}", words.join(", "))
    })
}

#[derive(Debug, Serialize)]
struct TemplateReport {
    position: &'static str,
    impression: &'static str,
    view: u8,
    quality: Option<u8>,
    units_per_metre_x: u32,
    units_per_metre_y: u32,
    width: Option<u32>,
    height: Option<u32>,
    endings: usize,
    bifurcations: usize,
    others: usize,
}

impl TemplateReport {
    fn new(template: &Template) -> Self {
        let [endings, bifurcations, others] = kinds(template);
        TemplateReport {
            position: template.position.name(),
            impression: template.impression.name(),
            view: template.view,
            quality: template.quality,
            units_per_metre_x: template.units_per_metre_x,
            units_per_metre_y: template.units_per_metre_y,
            width: template.width,
            height: template.height,
            endings,
            bifurcations,
            others,
        }
    }
}

#[derive(Debug, Serialize)]
struct ImageReport {
    record_type: u8,
    idc: u16,
    positions: Vec<&'static str>,
    impression: Option<&'static str>,
    algorithm: String,
    width_px: u32,
    height_px: u32,
    pixels_per_metre: Option<u32>,
}

impl ImageReport {
    fn new(image: &ImageReference) -> Self {
        ImageReport {
            record_type: image.record_type,
            idc: image.idc,
            positions: image.positions.iter().map(|position| position.name()).collect(),
            impression: image.impression.map(|impression| impression.name()),
            algorithm: image.algorithm.clone(),
            width_px: image.width_px,
            height_px: image.height_px,
            pixels_per_metre: image.pixels_per_metre,
        }
    }
}

#[derive(Debug, Serialize)]
struct CheckReport {
    r#type: &'static str,
    file: String,
    format: Option<&'static str>,
    transaction: Option<String>,
    conventions: Vec<String>,
    templates: Vec<TemplateReport>,
    images: Vec<ImageReport>,
    warnings: Vec<String>,
    rejections: Vec<String>,
    svg: Option<String>,
}

/// Looks at every file; the first refusal is the error the command ends with.
pub(super) fn run(args: &CheckArgs, files: &[PathBuf], ui: &Ui) -> Result<Outcome> {
    if args.svg.is_some() && files.len() > 1 {
        return Err(Error::usage(
            "--svg names one drawing, and several files are checked",
            "leave --svg out: each drawing is named after its file",
        ));
    }
    let targets = targets(args, files)?;
    let mut first_refusal: Option<Rejection> = None;
    for (path, target) in files.iter().zip(targets) {
        let (found, refusals) = match read_bytes_as(path, &read_bounded(path)?, args.format) {
            Ok(mut file) => {
                let refusals = std::mem::take(&mut file.rejections);
                (Some(file), refusals)
            }
            Err(Error::Rejected(rejection)) => (None, vec![*rejection]),
            Err(error) => return Err(error),
        };
        let svg = match &found {
            Some(file) if !file.templates.is_empty() => {
                std::fs::write(&target, draw(file, &file_name(path)))
                    .map_err(Error::io(&target))?;
                Some(target)
            }
            _ => None,
        };
        tell(path, found.as_ref(), refusals.is_empty(), svg.as_deref(), ui);
        for (number, refusal) in refusals.iter().enumerate() {
            // The very first is shown as the error at the end.
            if number > 0 || first_refusal.is_some() {
                ui.rejection(refusal);
            }
        }
        ui.document(&report(path, found.as_ref(), &refusals, svg.as_deref()));
        first_refusal = first_refusal.or_else(|| refusals.into_iter().next());
    }
    match first_refusal {
        Some(refusal) => Err(refusal.into()),
        None => Ok(Outcome::Done),
    }
}

/// Where each file is drawn.
///
/// # Errors
/// A usage error, before any work, where a drawing exists and is not to be replaced.
fn targets(args: &CheckArgs, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut taken = HashSet::new();
    let named = |path: &PathBuf| args.svg.clone().unwrap_or_else(|| free_name(path, &mut taken));
    let targets: Vec<PathBuf> = files.iter().map(named).collect();
    match targets.iter().find(|target| !args.overwrite && target.exists()) {
        Some(present) => Err(Error::usage(
            format!("{} exists, and a check does not replace it", present.display()),
            "choose another drawing with --svg, or add --overwrite to replace it",
        )),
        None => Ok(targets),
    }
}

/// A file's bytes, one more than the limit at most: the reader says what is wrong with a larger one.
fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(Error::input(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_FINGER_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    Ok(bytes)
}

/// The file's name and `.svg`, numbered where an earlier file of this command has the same name.
fn free_name(path: &Path, taken: &mut HashSet<String>) -> PathBuf {
    let name = file_name(path);
    let mut free = format!("{name}.svg");
    for number in 2.. {
        if taken.insert(free.clone()) {
            break;
        }
        free = format!("{name}-{number}.svg");
    }
    PathBuf::from(free)
}

fn report(
    path: &Path,
    found: Option<&FingerFile>,
    refusals: &[Rejection],
    svg: Option<&Path>,
) -> CheckReport {
    let found = found.as_slice();
    CheckReport {
        r#type: "check",
        file: path.display().to_string(),
        format: found.iter().map(|file| file.format.name()).next(),
        transaction: found.iter().find_map(|file| file.subject.transaction.clone()),
        conventions: found.iter().flat_map(|file| file.conventions.clone()).collect(),
        templates: found.iter().flat_map(|f| &f.templates).map(TemplateReport::new).collect(),
        images: found.iter().flat_map(|file| &file.images).map(ImageReport::new).collect(),
        warnings: found.iter().flat_map(|file| file.warnings.clone()).collect(),
        rejections: refusals.iter().map(ToString::to_string).collect(),
        svg: svg.map(|path| path.display().to_string()),
    }
}

fn tell(path: &Path, found: Option<&FingerFile>, is_whole: bool, svg: Option<&Path>, ui: &Ui) {
    let Some(file) = found else {
        ui.say(message!("check-refused", file = path.display().to_string()));
        return;
    };
    let held = match file.templates.len() {
        _ if !is_whole => message!("check-held-refused"),
        count => message!("check-templates", shown = count.to_string()).counted(count as u64),
    };
    let shown = path.display().to_string();
    ui.say(message!("check-file", file = shown, format = file.format.to_string(), held = held));
    if let Some(transaction) = &file.subject.transaction {
        ui.say(format!(
            "  {}",
            message!("check-transaction", transaction = transaction.to_string())
        ));
    }
    for convention in &file.conventions {
        ui.say(format!("  {convention}"));
    }
    if !file.templates.is_empty() {
        ui.say(templates(&file.templates, ui));
    }
    for image in &file.images {
        ui.say(format!("  {}", image_line(image)));
    }
    if let Some(svg) = svg {
        ui.say(format!("  {}", message!("check-drawn", file = svg.display().to_string())));
    }
    for warning in &file.warnings {
        ui.warn(format!("{}: {warning}", path.display()));
    }
}

fn templates(templates: &[Template], ui: &Ui) -> String {
    let columns = ["position", "impression", "view", "quality", "dpi", "size", "endings"];
    let heads = columns.into_iter().chain(["bifurcations", "other"]);
    let mut heads: Vec<String> = heads.map(|name| word("column", name).to_string()).collect();
    if let Some(first) = heads.first_mut() {
        first.insert_str(0, "  ");
    }
    let mut table = ui.table(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for template in templates {
        let [endings, bifurcations, others] = kinds(template);
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let size = template.width.zip(template.height).map(|(w, h)| format!("{w} x {h}"));
        table.add_row([
            format!("  {}", word("position", template.position.name())),
            word("impression", template.impression.name()).to_string(),
            template.view.to_string(),
            or_dash(template.quality.map(|quality| quality.to_string())),
            dpi(template),
            or_dash(size),
            endings.to_string(),
            bifurcations.to_string(),
            others.to_string(),
        ]);
    }
    table.to_string()
}

/// Units per inch, both where they differ.
fn dpi(template: &Template) -> String {
    let per_inch = |units: u32| (u64::from(units) * 254 + 5_000) / 10_000;
    let (x, y) = (per_inch(template.units_per_metre_x), per_inch(template.units_per_metre_y));
    if x == y { x.to_string() } else { format!("{x} x {y}") }
}

fn image_line(image: &ImageReference) -> String {
    let position = |name: &str| word("position", name).to_string();
    let positions: Vec<String> = image.positions.iter().map(|of| position(of.name())).collect();
    let positions = match positions.is_empty() {
        true => position("unknown"),
        false => positions.join(&format!(" {} ", words("check-or"))),
    };
    let image = message!(
        "check-image",
        kind = image.record_type.to_string(),
        idc = image.idc.to_string(),
        positions = positions,
        algorithm = image.algorithm.to_string(),
        width = image.width_px.to_string(),
        height = image.height_px.to_string(),
    );
    image.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_of_files_of_one_name_do_not_overwrite_each_other() {
        let mut taken = HashSet::new();
        let mut name = |path: &str| free_name(Path::new(path), &mut taken).display().to_string();
        assert_eq!(name("a/1.fmr"), "1.fmr.svg");
        assert_eq!(name("b/1.fmr"), "1.fmr-2.svg");
        assert_eq!(name("c/1.fmr"), "1.fmr-3.svg");
        assert_eq!(name("c/2.fmr"), "2.fmr.svg");
    }
}
