//! One open adapter: buffers, pipelines, dispatches, and what goes wrong with them.
//!
//! Why apart from the kernels' hosts: whatever wgpu reports (a lost device, no memory, a refused call) must
//! become an error of this call and never a panic or a silent wrong answer. The only file but `adapters`
//! that knows how wgpu is spoken to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytemuck::Pod;

use super::interface::{Access, Shader, Workgroup};
use super::spent::Account;

/// Why an adapter did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// The driver gave the device up: switched off, reset, or crashed.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// A buffer could not be had.
    #[error("no device memory for {bytes} bytes of {what}")]
    OutOfMemory {
        /// What the buffer is for.
        what: &'static str,
        /// Its size.
        bytes: u64,
    },
    /// A dispatch did not end in time.
    #[error("a dispatch of {kernel} did not end within {seconds} s")]
    Timeout {
        /// The kernel.
        kernel: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// A print that no device can compare.
    #[error("print {print} cannot be compared: {reason}")]
    Print {
        /// Its place among the prints given.
        print: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is not one place for the score of each pair.
    #[error("room for {given} scores where {needed} are computed")]
    Scores {
        /// Places given.
        given: usize,
        /// Pairs.
        needed: usize,
    },
    /// Prints were prepared for another device.
    #[error("the prints were prepared for another device")]
    Foreign,
    /// The driver or wgpu refused a call.
    #[error("a call was refused: {0}")]
    Refused(String),
}

/// Longest wait for one dispatch; one is meant to take less than a tenth of a second, on a processor that
/// plays a graphics card somewhat longer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a shader needs of an adapter.
pub(super) const FEATURES: wgpu::Features = wgpu::Features::IMMEDIATES;

/// An open adapter.
pub(super) struct Context {
    /// No other one of this process has it.
    number: u64,
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    /// The first thing that went wrong outside a call that could say so.
    fault: Arc<Mutex<Option<GpuError>>>,
    /// What it spent its time on.
    pub(super) account: Account,
}

/// A shader ready to run.
pub(super) struct Pipeline {
    kernel: &'static str,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// Work of one pipeline, ready to be run.
pub(super) struct Dispatch<'p> {
    pipeline: &'p Pipeline,
    group: wgpu::BindGroup,
    /// The bytes of its call.
    call: Vec<u8>,
    /// Workgroups in two dimensions.
    grid: [u32; 2],
}

impl Context {
    /// Opens `adapter`, which must offer [`FEATURES`].
    pub(super) fn open(adapter: &wgpu::Adapter) -> Result<Context, GpuError> {
        let limits = adapter.limits();
        let description = wgpu::DeviceDescriptor {
            label: Some("tanba"),
            required_features: FEATURES,
            required_limits: limits.clone(),
            experimental_features: wgpu::ExperimentalFeatures::disabled(),
            memory_hints: wgpu::MemoryHints::Performance,
            trace: wgpu::Trace::Off,
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&description))
            .map_err(|error| GpuError::Refused(error.to_string()))?;
        let fault = Arc::new(Mutex::new(None));
        let noted = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            note(&noted, GpuError::Refused(error.to_string()));
        }));
        let noted = fault.clone();
        device.set_device_lost_callback(move |reason, message| {
            note(&noted, GpuError::Lost(format!("{reason:?}: {message}")));
        });
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        Ok(Context { number, device, queue, limits, fault, account: Account::default() })
    }

    /// What tells it from every other one of this process.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Gives the device up, as a driver does that resets.
    pub(super) fn lose(&self) {
        self.device.destroy();
        note(&self.fault, GpuError::Lost("given up".into()));
    }

    /// The pipeline of `shader`, whose whole text is `source`.
    pub(super) fn pipeline(
        &self,
        shader: &Shader,
        source: &'static str,
    ) -> Result<Pipeline, GpuError> {
        let entries: Vec<wgpu::BindGroupLayoutEntry> = shader
            .bindings
            .iter()
            .enumerate()
            .map(|(place, binding)| wgpu::BindGroupLayoutEntry {
                binding: place as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage {
                        read_only: binding.access == Access::Read,
                    },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let label = Some(shader.name);
        let layout = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label,
            entries: &entries,
        });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: shader.call_bytes as u32,
        });
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: shader.workgroup == Workgroup::Nothing,
                ..Default::default()
            },
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(GpuError::Refused(error.to_string())),
            None => Ok(Pipeline { kernel: shader.name, pipeline, layout }),
        }
    }

    /// A buffer of `bytes` for a shader to write, zeroed.
    pub(super) fn output(&self, what: &'static str, bytes: u64) -> Result<wgpu::Buffer, GpuError> {
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        self.buffer(what, bytes, usage)
    }

    /// A buffer with `values` for shaders to read.
    pub(super) fn input<T: Pod>(
        &self,
        what: &'static str,
        values: &[T],
    ) -> Result<wgpu::Buffer, GpuError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        // A binding may not be empty.
        let buffer = self.buffer(what, (bytes.len() as u64).max(16), usage)?;
        self.queue.write_buffer(&buffer, 0, bytes);
        self.account.sent(bytes.len());
        Ok(buffer)
    }

    /// A buffer with `values` that a shader replaces by its answers.
    pub(super) fn exchange<T: Pod>(
        &self,
        what: &'static str,
        values: &[T],
    ) -> Result<wgpu::Buffer, GpuError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.output(what, (bytes.len() as u64).max(16))?;
        self.queue.write_buffer(&buffer, 0, bytes);
        self.account.sent(bytes.len());
        Ok(buffer)
    }

    fn buffer(
        &self,
        what: &'static str,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<wgpu::Buffer, GpuError> {
        self.check()?;
        let refused = GpuError::OutOfMemory { what, bytes };
        let is_bound = usage.contains(wgpu::BufferUsages::STORAGE);
        let most = if is_bound { self.most_bound_bytes() } else { self.limits.max_buffer_size };
        if bytes > most {
            return Err(refused);
        }
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(what),
            size: bytes,
            usage,
            mapped_at_creation: false,
        });
        let internal = pollster::block_on(internal.pop());
        if pollster::block_on(memory.pop()).is_some() || internal.is_some() {
            return Err(refused);
        }
        self.check()?;
        Ok(buffer)
    }

    /// Most bytes of a buffer that a shader sees.
    pub(super) fn most_bound_bytes(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// Makes `workgroups` of `pipeline` over `buffers` ready to be run. `call` is made for the width of the
    /// grid, of which the last row may be longer than the work.
    pub(super) fn dispatch<'p, C: Pod>(
        &self,
        pipeline: &'p Pipeline,
        buffers: &[&wgpu::Buffer],
        workgroups: u64,
        call: impl FnOnce(u32) -> C,
    ) -> Result<Dispatch<'p>, GpuError> {
        self.check()?;
        let widest = u64::from(self.limits.max_compute_workgroups_per_dimension);
        let width = workgroups.clamp(1, widest);
        let height = workgroups.div_ceil(width);
        if height > widest {
            return Err(GpuError::Refused(format!("a grid of {workgroups} workgroups")));
        }
        let entries: Vec<wgpu::BindGroupEntry> = buffers
            .iter()
            .enumerate()
            .map(|(place, buffer)| wgpu::BindGroupEntry {
                binding: place as u32,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(pipeline.kernel),
            layout: &pipeline.layout,
            entries: &entries,
        });
        self.refused(scope)?;
        let call = bytemuck::bytes_of(&call(width as u32)).to_vec();
        Ok(Dispatch { pipeline, group, call, grid: [width as u32, height as u32] })
    }

    /// Zeroes `cleared`, if any, runs `dispatches` one after the other, each seeing what the last one wrote,
    /// waits for their end and returns the time it took.
    pub(super) fn run(
        &self,
        dispatches: &[Dispatch<'_>],
        cleared: Option<&wgpu::Buffer>,
    ) -> Result<Duration, GpuError> {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let mut encoder = self.device.create_command_encoder(&Default::default());
        if let Some(cleared) = cleared {
            encoder.clear_buffer(cleared, 0, None);
        }
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for dispatch in dispatches {
                pass.set_pipeline(&dispatch.pipeline.pipeline);
                pass.set_bind_group(0, &dispatch.group, &[]);
                pass.set_immediates(0, &dispatch.call);
                let [width, height] = dispatch.grid;
                pass.dispatch_workgroups(width, height, 1);
            }
        }
        let started = Instant::now();
        let submission = self.queue.submit([encoder.finish()]);
        self.refused(scope)?;
        self.wait(dispatches.last().map_or("nothing", |d| d.pipeline.kernel), submission)?;
        let time = started.elapsed();
        self.account.dispatched(time);
        Ok(time)
    }

    /// What the calls since `scope` was opened were refused for; a lost device outweighs it.
    fn refused(&self, scope: wgpu::ErrorScopeGuard) -> Result<(), GpuError> {
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(self.check().err().unwrap_or(GpuError::Refused(error.to_string()))),
            None => Ok(()),
        }
    }

    /// Waits until everything written to buffers has reached the device, which frees the processor's copies.
    pub(super) fn settle(&self, what: &'static str) -> Result<(), GpuError> {
        let submission = self.queue.submit([]);
        self.wait(what, submission)
    }

    fn wait(
        &self,
        kernel: &'static str,
        submission: wgpu::SubmissionIndex,
    ) -> Result<(), GpuError> {
        let poll =
            wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(TIMEOUT) };
        let polled = or_lost(&self.fault, kernel, || self.device.poll(poll))?;
        self.check()?;
        polled.map(|_| ()).map_err(|error| match error {
            wgpu::PollError::Timeout => GpuError::Timeout { kernel, seconds: TIMEOUT.as_secs() },
            other => GpuError::Refused(other.to_string()),
        })
    }

    /// The first `count` values of `buffer`.
    pub(super) fn read<T: Pod>(
        &self,
        buffer: &wgpu::Buffer,
        count: usize,
    ) -> Result<Vec<T>, GpuError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let started = Instant::now();
        // Copies are of whole words of four bytes, as every structure is.
        let bytes = (count * size_of::<T>()) as u64;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.buffer("results on their way back", bytes, usage)?;
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |mapped| {
            // The receiver may have given up on a lost device.
            let _ = sender.send(mapped.map_err(|error| error.to_string()));
        });
        self.wait("a copy", submission)?;
        let refused = |error: String| GpuError::Refused(error);
        receiver
            .recv_timeout(TIMEOUT)
            .map_err(|error| refused(error.to_string()))?
            .map_err(refused)?;
        let view = staging.get_mapped_range(..).map_err(|error| refused(error.to_string()))?;
        let values = bytemuck::pod_collect_to_vec(&view);
        self.account.read(bytes, started.elapsed());
        Ok(values)
    }

    /// What went wrong outside a call that could say so.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone().map_or(Ok(()), Err)
    }
}

/// What `poll` gives, or that the device was lost if it panics.
///
/// Why: wgpu 30 panics in `Device::poll`, and there alone, when the driver lost the device
/// (`handle_error_fatal`); elsewhere it reports an error. A run of a night must go on with another device.
fn or_lost<T>(
    fault: &Mutex<Option<GpuError>>,
    kernel: &str,
    poll: impl FnOnce() -> T,
) -> Result<T, GpuError> {
    catch_unwind(AssertUnwindSafe(poll)).map_err(|_| {
        let lost = GpuError::Lost(format!("it did not answer to {kernel}"));
        note(fault, lost.clone());
        lost
    })
}

/// Keeps the first fault; a lost device outweighs what it caused.
fn note(place: &Mutex<Option<GpuError>>, error: GpuError) {
    let mut fault = place.lock().unwrap_or_else(PoisonError::into_inner);
    if fault.is_none() || matches!(error, GpuError::Lost(_)) {
        *fault = Some(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_wgpu_while_it_waits_is_a_lost_device() {
        let fault = Mutex::new(Some(GpuError::Refused("before".into())));
        assert_eq!(or_lost(&fault, "a kernel", || 1), Ok(1));
        let lost = or_lost(&fault, "a kernel", || panic!("as wgpu does"));
        assert!(matches!(lost, Err::<(), _>(GpuError::Lost(_))), "{lost:?}");
        assert_eq!(fault.into_inner().unwrap(), lost.err());
    }
}
