//! The files of `deploy` for clusters, run with the real program: SLURM with an `sbatch` that runs what it is given, Spark
//! as it is or, where it is not installed, with the three calls that the example makes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::root;
use crate::python::python;

/// An `sbatch` that runs the tasks of an array at once, the dependent job after them, and prints a number.
const SBATCH: &str = r#"#!/bin/bash
tasks=none
while [[ $1 == --* ]]; do
    case $1 in
    --array=*) tasks=$(seq "${1#--array=1-}") ;;
    --dependency=afterok:*) [[ -e failed-${1##*:} ]] && { echo 8; exit 0; } ;;
    esac
    shift
done
number=7
[[ $tasks == none ]] && number=8
for task in $tasks; do
    [[ $task == none ]] || export SLURM_ARRAY_TASK_ID=$task
    { bash "$@" >>"log-$number" 2>&1 || touch "failed-$number"; } &
done
wait
echo "$number;cluster"
"#;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let world = World { folder: tempfile::tempdir().unwrap() };
        let bin = world.path("bin");
        fs::create_dir(&bin).unwrap();
        let sbatch = bin.join("sbatch");
        fs::write(&sbatch, SBATCH).unwrap();
        fs::set_permissions(&sbatch, fs::Permissions::from_mode(0o755)).unwrap();
        world.does(0, "tanba synth --out registry --persons 300");
        for (index, file) in [("convict", "convicts"), ("trace", "traces")] {
            world.does(0, &format!("tanba import --gallery g --index {index} registry/{file}.csv"));
        }
        world.does(0, "tanba run nightly --gallery g --out one");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_tanba")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let bin = self.path("bin");
        let mut command = Command::new("bash");
        command.args(["-c", line]).current_dir(self.folder.path()).env("PAUSE", "0");
        command.env("PATH", format!("{}:{}:{path}", bin.display(), program.display()));
        command.output().unwrap()
    }

    fn does(&self, code: i32, line: &str) -> String {
        let output = self.run(line);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}\n{said}");
        said
    }

    fn is_the_list_of_one_run(&self, out: &str) {
        for file in ["hits.parquet", "clusters.parquet", "histogram.parquet"] {
            let read = |out: &str| fs::read(self.path(out).join(file)).unwrap();
            assert!(read(out) == read("one"), "{file}");
        }
    }
}

#[test]
fn the_script_for_slurm_makes_one_list_of_an_array_of_parts() {
    let world = World::new();
    let script = root().join("scripts/deploy/slurm/tanba-night");
    let script = script.display();
    world.does(0, &format!("bash -n {script}"));
    let said = world.does(0, &format!("{script} night 3 nightly --gallery g"));
    assert_eq!(said.trim(), "parts: 7, list: 8");
    world.is_the_list_of_one_run("night");
    // Given again it says so, and changes nothing; the parts refuse what has ended.
    let list = fs::read_to_string(world.path("log-8")).unwrap();
    world.does(0, &format!("STEP=list {script} night"));
    assert!(list.contains("hit list: "), "{list}");
    // A part that cannot work: no list is made.
    world.does(0, &format!("{script} other 2 nightly --gallery nowhere"));
    assert!(world.path("failed-7").exists() && !world.path("other/run.json").exists());
    assert!(fs::read_to_string(world.path("log-7")).unwrap().contains("nowhere holds no gallery"));
}

/// `pyspark` with what the example uses of it, in one process.
const STUB: &str = r"
class Numbers(list):
    def map(self, function): return Numbers(map(function, self))
    def collect(self): return list(self)
class Context:
    def parallelize(self, numbers, slices): return Numbers(numbers)
class SparkSession:
    sparkContext = Context()
    def appName(self, name): return self
    def config(self, name, value): return self
    def getOrCreate(self): return self
    def stop(self): pass
SparkSession.builder = SparkSession()
";

#[test]
fn the_example_for_spark_makes_one_list_of_its_tasks() {
    let spark = std::env::var_os("TANBA_SPARK_PYTHON").map(PathBuf::from);
    let is_real = spark.is_some();
    let Some(python) = spark.or_else(|| python("the example for Spark")) else { return };
    let world = World::new();
    if !is_real {
        println!("SKIPPED (no pyspark; scripts/deploy-check installs it): a stub takes its place");
        fs::create_dir_all(world.path("stub/pyspark")).unwrap();
        fs::write(world.path("stub/pyspark/__init__.py"), "").unwrap();
        fs::write(world.path("stub/pyspark/sql.py"), STUB).unwrap();
    }
    let example = root().join("scripts/deploy/spark/tanba_night.py");
    let call = format!("PYTHONPATH=stub {} {}", python.display(), example.display());
    world.does(0, &format!("{call} --parts 3 --out night nightly --gallery g"));
    world.is_the_list_of_one_run("night");
    let said = world.does(2, &format!("{call} --parts 2 --out other nightly --gallery nowhere"));
    assert!(said.contains("nowhere holds no gallery"), "{said}");
    assert!(!world.path("other/run.json").exists());
}
