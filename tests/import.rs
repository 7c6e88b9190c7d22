mod common;
use std::collections::BTreeMap;
use tanba::domain::category::Index;
use tanba::import::*;
fn options(index: Index) -> ImportOptions {
    ImportOptions {
        index,
        owner: "lab".into(),
        registered_on: jiff::civil::date(2024, 1, 1),
        aliases: BTreeMap::new(),
        partial: true,
    }
}
#[test]
fn dump() {
    let root = std::path::PathBuf::from("datasets");
    let mut files = Vec::new();
    for d in std::fs::read_dir(&root).unwrap() {
        for f in std::fs::read_dir(d.unwrap().path()).unwrap() {
            files.push(f.unwrap().path());
        }
    }
    files.sort();
    for f in files {
        for index in Index::ALL {
            if index != Index::Trace && !f.to_string_lossy().contains("dvi") {
                continue;
            }
            println!("== {} {index}", f.strip_prefix(&root).unwrap().display());
            match import_file(&f, &options(index)) {
                Err(e) => println!("   ERR {e}\n   help {}", e.help()),
                Ok(i) => {
                    println!(
                        "   {} records {} families {} rejections {} warnings {:?}",
                        i.format,
                        i.records.len(),
                        i.family_members.len(),
                        i.rejections.len(),
                        i.warnings
                    );
                    for r in i.rejections.iter().take(3) {
                        println!("   REJ {r}\n     help {}", r.help);
                    }
                    for m in &i.family_members {
                        println!("   {m:?}");
                    }
                    if let Some(r) = i.records.first() {
                        println!(
                            "   {} loci {} apart {:?} case {:?} kit {:?} partial {} first {:?}",
                            r.record_id,
                            r.profile.len(),
                            r.apart,
                            r.case_id,
                            r.kit,
                            r.partial,
                            r.profile
                                .iter()
                                .take(2)
                                .map(|(l, t)| (
                                    l.name(),
                                    t.alleles().iter().map(|a| a.to_string()).collect::<Vec<_>>()
                                ))
                                .collect::<Vec<_>>()
                        );
                    }
                }
            }
        }
    }
}
