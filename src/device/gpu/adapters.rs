//! The adapters of this machine: which there are, which will do, and which the caller means.

use super::context::FEATURES;
use super::interface::SHADERS;

/// Kind of an adapter, the better ones for matching first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A graphics card.
    Discrete,
    /// A graphics unit that shares the processor's memory.
    Integrated,
    /// A card handed through to a virtual machine.
    Virtual,
    /// Unknown to the driver.
    Other,
    /// The processor playing a graphics card: right and slow.
    Software,
}

impl AdapterKind {
    /// As listed.
    pub fn name(self) -> &'static str {
        match self {
            AdapterKind::Discrete => "discrete",
            AdapterKind::Integrated => "integrated",
            AdapterKind::Virtual => "virtual",
            AdapterKind::Other => "other",
            AdapterKind::Software => "software",
        }
    }
}

/// An adapter that a driver offers.
#[derive(Debug, Clone)]
pub struct Adapter {
    pub(super) inner: wgpu::Adapter,
    /// Number among the adapters of this machine, as `--device gpu:N` counts them.
    pub number: usize,
    /// Name the driver gives.
    pub name: String,
    /// Driver and its version.
    pub driver: String,
    /// Kind.
    pub kind: AdapterKind,
    /// Most bytes of a gallery a kernel sees at once.
    pub most_bound_bytes: u64,
    /// Most bytes of one buffer.
    pub most_buffer_bytes: u64,
    /// Why it cannot be used, if it cannot.
    pub unsuitable: Option<String>,
}

/// Every adapter that Vulkan offers, the better ones first, numbered in that order. Empty on a machine
/// without a driver.
pub fn adapters() -> Vec<Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    let mut list: Vec<Adapter> = found.into_iter().map(described).collect();
    // The driver's order decides among equals; it is that of the cards' places.
    list.sort_by_key(|adapter| adapter.kind);
    for (number, adapter) in list.iter_mut().enumerate() {
        adapter.number = number;
    }
    list
}

fn described(inner: wgpu::Adapter) -> Adapter {
    let (info, limits) = (inner.get_info(), inner.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
        wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
        wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
        wgpu::DeviceType::Cpu => AdapterKind::Software,
        wgpu::DeviceType::Other => AdapterKind::Other,
    };
    Adapter {
        number: 0,
        name: info.name,
        driver: format!("{} {}", info.driver, info.driver_info),
        kind,
        most_bound_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        most_buffer_bytes: limits.max_buffer_size,
        unsuitable: unsuitable(&inner, &limits),
        inner,
    }
}

/// What an adapter lacks.
fn unsuitable(adapter: &wgpu::Adapter, limits: &wgpu::Limits) -> Option<String> {
    if !adapter.features().contains(FEATURES) {
        return Some("it has no immediates (push constants)".into());
    }
    let most = |number: fn(&super::interface::Shader) -> usize| SHADERS.iter().map(number).max();
    let immediates = most(|shader| shader.call_bytes).unwrap_or(0);
    if (limits.max_immediate_size as usize) < immediates {
        return Some(format!("it takes {} bytes of immediates", limits.max_immediate_size));
    }
    let buffers = most(|shader| shader.bindings.len()).unwrap_or(0);
    if (limits.max_storage_buffers_per_shader_stage as usize) < buffers {
        let found = limits.max_storage_buffers_per_shader_stage;
        return Some(format!("a shader may use {found} buffers"));
    }
    let shared = most(|shader| shader.workgroup.bytes()).unwrap_or(0);
    if (limits.max_compute_workgroup_storage_size as usize) < shared {
        let found = limits.max_compute_workgroup_storage_size;
        return Some(format!("a workgroup may share {found} bytes"));
    }
    None
}
