//! Runs kernels on a device.
