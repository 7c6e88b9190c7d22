//! The plan of a search: one node that does tiles, over the numbers of the tiles as data.
//!
//! Why numbers as data: the scheduler gives each task a slice of the input, and within a task the partitions are
//! numbered from 0 again. The node is pure but for the commits of [`crate::hits::commit`]: doing a tile twice changes
//! nothing.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::arrow::array::{Array, AsArray, RecordBatch, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    SendableRecordBatchStream,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use futures::{StreamExt, TryStreamExt};

use super::{MAX_TASKS, Reference};

/// What begins the bytes of a node.
const TAG: &[u8] = b"tanba tiles 1\n";

/// Tiles of a task that are in work at the same time: while one is committed the next is compared.
const IN_WORK: usize = 2;

/// Does one tile where the plan is executed.
#[async_trait]
pub trait DoesTiles: fmt::Debug + Send + Sync {
    /// Does tile `number` and commits it; how many pairs were compared and hits written. None of a tile that was
    /// done before.
    async fn tile(&self, reference: &Reference, number: u64) -> Result<Option<(u64, u64)>>;
}

fn schema_of(names: &[&str]) -> SchemaRef {
    let field = |name: &&str| Field::new(*name, DataType::UInt64, false);
    Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}

/// Numbers of tiles, ascending, as ranges of a first tile and how many.
pub(super) fn ranges(tiles: &[u64]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for tile in tiles {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == *tile => *count += 1,
            _ => ranges.push((*tile, 1)),
        }
    }
    ranges
}

/// The numbers of tiles cut into at most [`MAX_TASKS`] tasks of equal length.
fn tasks(tiles: &[u64]) -> Vec<Vec<(u64, u64)>> {
    let per_task = tiles.len().div_ceil(MAX_TASKS).max(1);
    tiles.chunks(per_task).map(ranges).collect()
}

/// The plan that does `tiles` of a search.
///
/// # Errors
/// DataFusion refuses the numbers.
pub(super) fn plan(reference: Reference, tiles: &[u64]) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = schema_of(&["first", "count"]);
    let batch = |ranges: Vec<(u64, u64)>| -> Result<Vec<RecordBatch>> {
        let (first, count): (Vec<u64>, Vec<u64>) = ranges.into_iter().unzip();
        let columns: Vec<Arc<dyn Array>> =
            vec![Arc::new(UInt64Array::from(first)), Arc::new(UInt64Array::from(count))];
        Ok(vec![RecordBatch::try_new(Arc::clone(&schema), columns)?])
    };
    let partitions = tasks(tiles).into_iter().map(batch).collect::<Result<Vec<_>>>()?;
    let numbers = MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&schema), None)?;
    Ok(Arc::new(TilesExec::new(numbers, reference, None)))
}

/// Does the tiles whose numbers its input names; a row for each.
#[derive(Debug)]
pub struct TilesExec {
    input: Arc<dyn ExecutionPlan>,
    reference: Reference,
    does: Option<Arc<dyn DoesTiles>>,
    properties: Arc<PlanProperties>,
}

impl TilesExec {
    fn new(
        input: Arc<dyn ExecutionPlan>,
        reference: Reference,
        does: Option<Arc<dyn DoesTiles>>,
    ) -> TilesExec {
        let partitions = input.output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema_of(&["tile", "comparisons", "hits"])),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        TilesExec { input, reference, does, properties: Arc::new(properties) }
    }
}

impl DisplayAs for TilesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "TilesExec: {} of {}", self.reference.search, self.reference.out.display())
    }
}

impl ExecutionPlan for TilesExec {
    fn name(&self) -> &'static str {
        "TilesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = one(&children)?;
        Ok(Arc::new(TilesExec::new(input, self.reference.clone(), self.does.clone())))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let does = self.does.clone().ok_or_else(|| {
            DataFusionError::Internal("tiles are done by executors of tanba alone".into())
        })?;
        let numbers = self.input.execute(partition, context)?;
        let (reference, schema) = (Arc::new(self.reference.clone()), self.schema());
        let tiles = numbers.map_ok(|batch| {
            futures::stream::iter(numbers_of(&batch).map(Ok::<u64, DataFusionError>))
        });
        let rows = tiles.try_flatten().map_ok(move |number| {
            let (does, reference) = (Arc::clone(&does), Arc::clone(&reference));
            async move { Ok((number, does.tile(&reference, number).await?)) }
        });
        let rows = rows.try_buffered(IN_WORK);
        let stream_schema = Arc::clone(&schema);
        let rows = rows.map(move |row| {
            let (number, done) = row?;
            let (comparisons, hits) = done.unwrap_or_default();
            let columns = [number, comparisons, hits]
                .map(|value| Arc::new(UInt64Array::from(vec![value])) as Arc<dyn Array>);
            Ok(RecordBatch::try_new(Arc::clone(&schema), columns.to_vec())?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(stream_schema, rows)))
    }
}

/// Every tile of the ranges in a batch.
fn numbers_of(batch: &RecordBatch) -> impl Iterator<Item = u64> + use<> {
    let column = |place: usize| batch.column(place).as_primitive::<UInt64Type>().values().clone();
    let (first, count) = (column(0), column(1));
    (0..first.len()).flat_map(move |row| first[row]..first[row].saturating_add(count[row]))
}

fn one(inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    match inputs {
        [input] => Ok(Arc::clone(input)),
        _ => Err(DataFusionError::Internal(format!("{} inputs of a TilesExec", inputs.len()))),
    }
}

/// Writes and reads the node in plans; everything else is Ballista's.
#[derive(Debug, Default)]
pub struct TilesCodec {
    /// Does the tiles of plans that are read; none where plans are only passed on.
    pub does: Option<Arc<dyn DoesTiles>>,
    others: BallistaPhysicalExtensionCodec,
}

impl TilesCodec {
    /// One whose plans are executed.
    pub fn of(does: Arc<dyn DoesTiles>) -> TilesCodec {
        TilesCodec { does: Some(does), ..TilesCodec::default() }
    }
}

impl PhysicalExtensionCodec for TilesCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(reference) = bytes.strip_prefix(TAG) else {
            return self.others.try_decode(bytes, inputs, context, converter);
        };
        let reference = serde_json::from_slice(reference)
            .map_err(|e| DataFusionError::Internal(format!("the plan of a search: {e}")))?;
        Ok(Arc::new(TilesExec::new(one(inputs)?, reference, self.does.clone())))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(tiles) = node.downcast_ref::<TilesExec>() else {
            return self.others.try_encode(node, bytes, converter);
        };
        let reference = serde_json::to_vec(&tiles.reference)
            .map_err(|e| DataFusionError::Internal(format!("the plan of a search: {e}")))?;
        bytes.extend_from_slice(TAG);
        bytes.extend_from_slice(&reference);
        Ok(())
    }
}
