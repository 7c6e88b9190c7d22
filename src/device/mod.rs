//! Runs kernels on a device. The only device of this version is the processor itself.

pub mod cpu;
pub mod selftest;
mod selftest_finger;

pub use cpu::CpuDevice;
