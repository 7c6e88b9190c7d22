//! The plan of a search on its way through the scheduler, and what becomes of errors; processes are in
//! `tests/cluster.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt;
use proptest::prelude::*;

use super::hosts::of_engine;
use super::node::{DoesTiles, TilesCodec, plan, ranges};
use super::{Address, MAX_TASKS, Reference};
use crate::error::Error;
use crate::hits::commit::Problem;

/// Counts how often each tile is done.
#[derive(Debug, Default)]
struct Counting(Mutex<BTreeMap<u64, u32>>);

#[async_trait]
impl DoesTiles for Counting {
    async fn tile(
        &self,
        _: &Reference,
        number: u64,
    ) -> datafusion::error::Result<Option<(u64, u64)>> {
        *self.0.lock().unwrap().entry(number).or_default() += 1;
        Ok(Some((number, 1)))
    }
}

fn reference() -> Reference {
    let text = |text: &str| text.to_owned();
    Reference { out: "/out".into(), seal: text("ab"), search: text("a/b"), submission: text("s") }
}

/// A plan as another process reads it.
fn read_again(plan: &Arc<dyn ExecutionPlan>, does: &Arc<Counting>) -> Arc<dyn ExecutionPlan> {
    let node =
        PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), &TilesCodec::default()).unwrap();
    let mut bytes = Vec::new();
    node.try_encode(&mut bytes).unwrap();
    let node = PhysicalPlanNode::try_decode(&bytes).unwrap();
    let codec = TilesCodec::of(Arc::clone(does) as _);
    node.try_into_physical_plan(&TaskContext::default(), &codec).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_tile_of_a_plan_is_done_once_wherever_it_is_read(
        tiles in prop::collection::btree_set(0u64..3000, 1..900)
    ) {
        let tiles: Vec<u64> = tiles.into_iter().collect();
        let does = Arc::new(Counting::default());
        let plan = read_again(&plan(reference(), &tiles).unwrap(), &does);
        let partitions = plan.output_partitioning().partition_count();
        prop_assert!(partitions <= MAX_TASKS);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rows = 0;
        for partition in 0..partitions {
            let stream = plan.execute(partition, Arc::default()).unwrap();
            let batches: Vec<_> = runtime.block_on(stream.try_collect()).unwrap();
            rows += batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
        }
        let done = does.0.lock().unwrap();
        prop_assert_eq!(rows, tiles.len());
        prop_assert!(done.values().all(|times| *times == 1));
        prop_assert_eq!(done.keys().copied().collect::<Vec<_>>(), tiles);
    }

    #[test]
    fn ranges_hold_every_tile_and_none_touches_the_next(
        tiles in prop::collection::btree_set(0u64..200, 0..150)
    ) {
        let tiles: Vec<u64> = tiles.into_iter().collect();
        let ranges = ranges(&tiles);
        let all: Vec<u64> = ranges.iter().flat_map(|(first, count)| *first..first + count).collect();
        prop_assert_eq!(all, tiles);
        prop_assert!(ranges.windows(2).all(|pair| pair[0].0 + pair[0].1 < pair[1].0));
    }

    #[test]
    fn no_bytes_make_the_reader_of_plans_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(node) = PhysicalPlanNode::try_decode(&bytes) {
            let _ = node.try_into_physical_plan(&TaskContext::default(), &TilesCodec::default());
        }
    }
}

#[test]
fn a_plan_that_is_only_passed_on_is_not_executed() {
    let plan = plan(reference(), &[1, 2]).unwrap();
    assert!(plan.execute(0, Arc::default()).is_err());
}

#[test]
fn a_lost_device_short_memory_and_a_full_disk_are_tried_elsewhere_and_a_broken_rule_is_not() {
    let device = |is_final| Error::Device {
        device: "gpu:0".into(),
        fault: "lost".into(),
        is_final,
        help: "h".into(),
    };
    let memory = Error::Incomplete { what: "4 MiB are needed".into(), help: "h".into() };
    let disk = Error::Io { path: "/out".into(), source: std::io::ErrorKind::StorageFull.into() };
    let path = std::path::Path::new("/gallery/segments/a");
    let refused =
        Error::Refused { what: "w".into(), rule: "r".into(), article: "L40 29", help: "h".into() };
    for (error, can_retry) in [
        (device(true), true),
        (device(false), true),
        (memory, true),
        (disk, true),
        (Error::integrity(path, "r", "h"), false),
        (Error::usage("u", "h"), false),
        (refused, false),
    ] {
        let problem = Problem::of(&error, 7, "a/b", "e");
        let of_engine = of_engine(&problem, &error);
        assert_eq!(problem.can_retry, can_retry, "{error}");
        assert_eq!(matches!(of_engine, DataFusionError::IoError(_)), can_retry, "{error}");
        let text = of_engine.to_string();
        assert!(text.contains("tile 7 of a/b on executor e") && text.contains(&error.to_string()));
        assert_eq!(problem.error().kind(), error.kind(), "the client ends with the same exit code");
    }
}

#[test]
fn an_address_is_a_host_and_a_port() {
    let parsed = |text: &str| text.parse::<Address>();
    for (text, host) in [("a.kz:1", "a.kz"), ("10.0.0.5:50050", "10.0.0.5"), ("[::1]:80", "::1")] {
        let address = parsed(text).unwrap();
        assert_eq!((address.host(), address.to_string().as_str()), (host, text));
    }
    for wrong in ["", "host", ":1", "host:", "host:99999", "http://host:1", "a b:1", "a::b:c:1x:2"]
    {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
    assert!(parsed("127.0.0.1:1").unwrap().is_loopback());
    assert!(parsed("localhost:1").unwrap().is_loopback());
    assert!(!parsed("192.0.2.1:1").unwrap().is_loopback());
}
