//! What a kernel could do on a device on paper, to say how much of it was measured.
//!
//! The figures are those of the project's design (design.md, section 4): operations of a pair over operations
//! of the device. Limits: the processor's are of one core with AVX-512; of cards only the Hopper generation
//! (H100, H200, GH200) is known; `minutia_pair` and `select` have no figure for a card.

use super::Device;
use crate::kernel::simd::SimdLevel;
use crate::kernel::{
    Spec, genotype_screen, kin_screen, minutia_gate, minutia_pair, str_counts, str_screen,
};

/// Pairs per second of one core with AVX-512.
const CORE: [(Spec, f64); 6] = [
    (genotype_screen::SPEC, 5e7),
    (str_screen::SPEC, 1e10),
    (str_counts::SPEC, 7e8),
    (kin_screen::SPEC, 1e9),
    (minutia_gate::SPEC, 5e6),
    (minutia_pair::SPEC, 3e5),
];

/// Pairs per second of a card of the Hopper generation; the gate by `dot4I8Packed`.
#[cfg(feature = "gpu")]
const HOPPER: [(Spec, f64); 4] = [
    (str_screen::SPEC, 1e12),
    (str_counts::SPEC, 2e11),
    (kin_screen::SPEC, 1e11),
    (minutia_gate::SPEC, 1e8),
];

/// What `kernel` could do on `device`, if anybody has worked it out.
pub(super) fn pairs_per_second(device: &Device, kernel: &Spec) -> Option<f64> {
    let of = |table: &[(Spec, f64)]| {
        table.iter().find(|(spec, _)| spec.name == kernel.name).map(|(_, rate)| *rate)
    };
    #[cfg(feature = "gpu")]
    if let Some(name) = device.adapter_name() {
        return is_hopper(name).then(|| of(&HOPPER)).flatten();
    }
    (device.cpu().level() == SimdLevel::Avx512).then(|| of(&CORE)).flatten()
}

#[cfg(feature = "gpu")]
fn is_hopper(name: &str) -> bool {
    ["H100", "H200"].iter().any(|card| name.contains(card))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::CpuDevice;
    use crate::kernel::{SPECS, select};

    #[test]
    fn only_a_core_with_wide_vectors_has_figures() {
        for level in SimdLevel::available() {
            let device = Device::from(CpuDevice::new(level).unwrap());
            let known = SPECS.iter().filter(|spec| pairs_per_second(&device, spec).is_some());
            assert_eq!(known.count(), if level == SimdLevel::Avx512 { 6 } else { 0 }, "{level}");
            assert_eq!(pairs_per_second(&device, &select::SPEC), None);
        }
    }

    #[cfg(feature = "gpu")]
    #[test]
    fn a_card_is_known_by_its_name() {
        assert!(is_hopper("NVIDIA H200") && is_hopper("NVIDIA H100 80GB HBM3"));
        assert!(!is_hopper("NVIDIA A100") && !is_hopper("llvmpipe (LLVM 15.0.6, 256 bits)"));
    }
}
