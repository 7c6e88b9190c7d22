//! Which devices a command works on: chosen by the caller, opened, tested, and watched while they work.
//!
//! What: `auto` takes the processor and every graphics card, `cpu` the processor alone, `gpu` every adapter
//! (also one that the processor plays) and `gpu:N` one of them. A device that fails or answers wrongly is
//! put out, what it was at is done by the processor, and the run says so; where the caller insists on the
//! device, the command ends instead.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::selftest::{self, SelfTestError};
use super::{CpuDevice, Device};

/// Devices that the caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The processor and every graphics card.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// Every adapter, or the one of this number.
    Gpu(Option<usize>),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceChoice, String> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "gpu" => Ok(DeviceChoice::Gpu(None)),
            other => other
                .strip_prefix("gpu:")
                .and_then(|number| number.parse().ok())
                .map(|number| DeviceChoice::Gpu(Some(number)))
                .ok_or_else(|| "is auto, cpu, gpu or gpu:N".to_owned()),
        }
    }
}

/// No device of those the caller wants can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDevice {
    /// The processor answers wrongly.
    #[error(transparent)]
    Cpu(#[from] SelfTestError),
    /// There is no adapter of the number, or none at all.
    #[error("{0}")]
    Gpu(String),
}

/// A device at work.
#[derive(Debug)]
pub struct Member {
    /// The device.
    pub device: Device,
    tiles: AtomicU64,
    comparisons: AtomicU64,
    put_out: Mutex<Option<String>>,
    /// Tiles in a row that it lacked memory for.
    refused: AtomicU32,
}

/// Tiles in a row that a device may lack memory for before it is put out.
const MAX_REFUSED: u32 = 8;

impl Member {
    fn new(device: Device) -> Member {
        Member {
            device,
            tiles: AtomicU64::new(0),
            comparisons: AtomicU64::new(0),
            put_out: Mutex::new(None),
            refused: AtomicU32::new(0),
        }
    }

    /// Notes a tile that the device lacked memory for; whether that is once too often.
    pub fn refuses(&self) -> bool {
        self.refused.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_REFUSED
    }

    /// Notes a tile that the device did.
    pub fn did(&self, comparisons: u64) {
        self.refused.store(0, Ordering::Relaxed);
        self.tiles.fetch_add(1, Ordering::Relaxed);
        self.comparisons.fetch_add(comparisons, Ordering::Relaxed);
    }

    /// Tiles it did, and their comparisons.
    pub fn work(&self) -> (u64, u64) {
        (self.tiles.load(Ordering::Relaxed), self.comparisons.load(Ordering::Relaxed))
    }

    /// Puts the device out; whether it was still in.
    pub fn put_out(&self, reason: &str) -> bool {
        let mut out = self.put_out.lock().unwrap_or_else(PoisonError::into_inner);
        let was_in = out.is_none();
        out.get_or_insert_with(|| reason.to_owned());
        was_in
    }

    /// Why the device was put out, if it was.
    pub fn reason(&self) -> Option<String> {
        self.put_out.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The devices of a command, each of which answered its self-test.
#[derive(Debug)]
pub struct Devices {
    /// The processor, which takes tiles of its own unless the caller wants adapters alone.
    pub cpu: Member,
    /// Whether the processor takes tiles of its own.
    pub cpu_compares: bool,
    /// Adapters.
    pub gpus: Vec<Member>,
    /// Whether the command is to end when an adapter fails.
    pub is_gpu_required: bool,
    /// What the caller should be told before the work begins.
    pub notes: Vec<String>,
}

impl Devices {
    /// The processor alone, untested.
    pub fn of_cpu(cpu: CpuDevice) -> Devices {
        Devices {
            cpu: Member::new(cpu.into()),
            cpu_compares: true,
            gpus: Vec::new(),
            is_gpu_required: false,
            notes: Vec::new(),
        }
    }

    /// Adapters alone, untested.
    #[cfg(feature = "gpu")]
    pub fn of_gpus(gpus: &[std::sync::Arc<super::gpu::GpuDevice>], cpu: CpuDevice) -> Devices {
        let gpus = gpus.iter().map(|gpu| Member::new(Device::gpu(gpu.clone(), cpu))).collect();
        Devices { cpu_compares: false, gpus, ..Devices::of_cpu(cpu) }
    }

    /// The first adapter, or else the processor: for work that is not shared.
    pub fn first(&self) -> &Device {
        self.gpus.first().map_or(&self.cpu.device, |member| &member.device)
    }

    /// The devices of `choice`, tested; `cpu` is the processor at the level to use.
    ///
    /// # Errors
    /// The processor answers wrongly, or an adapter asked for is not there; with `is_gpu_required` also if
    /// none is there or one answers wrongly.
    pub fn open(
        choice: DeviceChoice,
        is_gpu_required: bool,
        cpu: CpuDevice,
    ) -> Result<Devices, NoDevice> {
        selftest::check(&cpu.into())?;
        let mut devices = Devices { is_gpu_required, ..Devices::of_cpu(cpu) };
        match choice {
            DeviceChoice::Cpu if is_gpu_required => {
                return Err(NoDevice::Gpu("the processor alone is no graphics card".into()));
            }
            DeviceChoice::Cpu => {}
            _ => devices.add_adapters(choice, cpu)?,
        }
        devices.cpu_compares = devices.gpus.is_empty() || choice == DeviceChoice::Auto;
        Ok(devices)
    }

    #[cfg(not(feature = "gpu"))]
    fn add_adapters(&mut self, choice: DeviceChoice, _: CpuDevice) -> Result<(), NoDevice> {
        let without = "this tanba was built without the feature gpu";
        if choice != DeviceChoice::Auto || self.is_gpu_required {
            return Err(NoDevice::Gpu(without.into()));
        }
        self.notes.push(format!("{without}: everything runs on the processor"));
        Ok(())
    }

    #[cfg(feature = "gpu")]
    fn add_adapters(&mut self, choice: DeviceChoice, cpu: CpuDevice) -> Result<(), NoDevice> {
        use super::gpu::adapters::{AdapterKind, adapters};
        let all = adapters();
        let is_chosen = |number: usize, kind: AdapterKind| match choice {
            DeviceChoice::Gpu(Some(wanted)) => number == wanted,
            DeviceChoice::Gpu(None) => true,
            _ => kind != AdapterKind::Software,
        };
        let count = all.len();
        for adapter in all.into_iter().filter(|a| is_chosen(a.number, a.kind)) {
            match opened(&adapter, cpu) {
                Ok(device) => self.gpus.push(Member::new(device)),
                Err(reason) => self.leave_out(format!(
                    "gpu:{} ({}) takes no part: {reason}",
                    adapter.number, adapter.name
                ))?,
            }
        }
        if !self.gpus.is_empty() {
            return Ok(());
        }
        let found = match count {
            0 => "no Vulkan driver was found".to_owned(),
            _ => format!("none of the {count} adapters found is a graphics card to use"),
        };
        match choice {
            DeviceChoice::Gpu(Some(number)) if number >= count => {
                Err(NoDevice::Gpu(format!("there is no gpu:{number}; {count} adapters were found")))
            }
            DeviceChoice::Gpu(_) if self.notes.is_empty() => Err(NoDevice::Gpu(found)),
            _ => self.leave_out(format!("{found}: everything runs on the processor")),
        }
    }

    #[cfg(feature = "gpu")]
    fn leave_out(&mut self, note: String) -> Result<(), NoDevice> {
        if self.is_gpu_required {
            return Err(NoDevice::Gpu(note));
        }
        self.notes.push(note);
        Ok(())
    }
}

/// An adapter opened and tested.
#[cfg(feature = "gpu")]
fn opened(adapter: &super::gpu::adapters::Adapter, cpu: CpuDevice) -> Result<Device, String> {
    let gpu = super::gpu::GpuDevice::open(adapter).map_err(|error| error.to_string())?;
    let device = Device::gpu(std::sync::Arc::new(gpu), cpu);
    selftest::check(&device).map_err(|error| error.to_string())?;
    Ok(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_and_nonsense_is_refused() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("gpu:12".parse(), Ok(DeviceChoice::Gpu(Some(12))));
        assert_eq!("gpu".parse(), Ok(DeviceChoice::Gpu(None)));
        for wrong in ["", "gpu:", "gpu:-1", "gpu0", "GPU", "cpu:0"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_processor_alone_is_no_graphics_card() {
        let cpu = CpuDevice::detect().unwrap();
        assert!(matches!(Devices::open(DeviceChoice::Cpu, true, cpu), Err(NoDevice::Gpu(_))));
        let devices = Devices::open(DeviceChoice::Cpu, false, cpu).unwrap();
        assert!(devices.cpu_compares && devices.gpus.is_empty() && devices.notes.is_empty());
    }

    #[test]
    fn a_device_is_put_out_once_and_keeps_the_first_reason() {
        let member = Member::new(CpuDevice::detect().unwrap().into());
        assert_eq!(member.reason(), None);
        assert!(member.put_out("lost") && !member.put_out("again"));
        assert_eq!(member.reason().as_deref(), Some("lost"));
    }
}
