//! Makes each shader of `shaders/` whole and refuses one that drifted from its host.
//!
//! `src/device/gpu/interface.rs` says what host and shader share. For each shader it lists this program
//! writes constants, structures and bindings in WGSL before the shader's text, has naga parse and validate
//! the whole, compares sizes and offsets with those of the Rust structures and the memory of a workgroup
//! with what is said of it, and leaves the text in `OUT_DIR`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "how a build script speaks to cargo")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use naga::valid::{Capabilities, ValidationFlags, Validator};

#[path = "src/device/gpu/interface.rs"]
#[allow(dead_code, reason = "the host uses the rest")]
#[allow(unreachable_pub, reason = "the host is a library")]
mod interface;

use interface::{Access, CONSTANTS, SHADERS, STRUCTURES, Shader};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[allow(clippy::print_stderr, reason = "cargo shows what a build that failed printed")]
fn main() -> ExitCode {
    match make() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // As it is: a shader's error has lines and an arrow.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn make() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=shaders");
    println!("cargo::rerun-if-changed=src/device/gpu/interface.rs");
    println!("cargo::rerun-if-changed=src/device/gpu/interface_shaders.rs");
    if env::var_os("CARGO_FEATURE_GPU").is_none() {
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for shader in SHADERS {
        let text = whole(shader)?;
        check(shader, &text).map_err(|error| format!("shaders/{}.wgsl: {error}", shader.name))?;
        fs::write(out.join(format!("{}.wgsl", shader.name)), text)?;
    }
    Ok(())
}

/// The text of a shader with everything it shares.
fn whole(shader: &Shader) -> Result<String> {
    let mut text = String::new();
    for constant in CONSTANTS {
        writeln!(text, "const {}: {} = {};", constant.name, constant.wgsl, constant.value)?;
    }
    for structure in STRUCTURES {
        writeln!(text, "struct {} {{", structure.name)?;
        for field in structure.fields {
            writeln!(text, "    {}: {},", field.name, field.wgsl)?;
        }
        writeln!(text, "}}")?;
    }
    writeln!(text, "var<immediate> call: {};", shader.call)?;
    for (place, binding) in shader.bindings.iter().enumerate() {
        let access = match binding.access {
            Access::Read => "read",
            Access::Write => "read_write",
        };
        let (name, element) = (binding.name, binding.element);
        writeln!(
            text,
            "@group(0) @binding({place}) var<storage, {access}> {name}: array<{element}>;"
        )?;
    }
    for shared in shader.shared {
        text.push_str(&read(&Path::new("shaders/shared").join(format!("{shared}.wgsl")))?);
    }
    for part in shader.parts {
        let folder = Path::new("shaders").join(shader.name);
        text.push_str(&read(&folder.join(format!("{part}.wgsl")))?);
    }
    text.push_str(&read(&Path::new("shaders").join(format!("{}.wgsl", shader.name)))?);
    Ok(text)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Parses and validates, and compares the structures with those of Rust.
fn check(shader: &Shader, text: &str) -> Result<()> {
    let module = naga::front::wgsl::parse_str(text)
        .map_err(|error| error.emit_to_string_with_path(text, shader.name))?;
    Validator::new(ValidationFlags::all(), Capabilities::IMMEDIATES)
        .validate(&module)
        .map_err(|error| error.emit_to_string_with_path(text, shader.name))?;
    if !module.entry_points.iter().any(|entry| entry.name == "main") {
        return Err("there is no entry point `main`".into());
    }
    let shared = module.global_variables.iter().filter_map(|(_, variable)| {
        let is_shared = variable.space == naga::AddressSpace::WorkGroup;
        is_shared.then(|| module.types[variable.ty].inner.size(module.to_ctx()) as usize)
    });
    let (shared, said) = (shared.sum::<usize>(), shader.workgroup.bytes());
    if shared != said {
        return Err(format!("it shares {shared} bytes in a workgroup, not {said}").into());
    }
    for structure in STRUCTURES {
        let found = module.types.iter().find_map(|(_, kind)| match &kind.inner {
            naga::TypeInner::Struct { members, span }
                if kind.name.as_deref() == Some(structure.name) =>
            {
                Some((members, *span as usize))
            }
            _ => None,
        });
        // naga leaves out what a shader does not use.
        let Some((members, span)) = found else { continue };
        if span != structure.size {
            let (name, size) = (structure.name, structure.size);
            return Err(format!("{name} has {span} bytes in WGSL and {size} in Rust").into());
        }
        for (member, field) in members.iter().zip(structure.fields) {
            if member.offset as usize != field.offset {
                let (name, field) = (structure.name, field.name);
                return Err(format!("{name}.{field} lies elsewhere in WGSL than in Rust").into());
            }
        }
    }
    Ok(())
}
