//! Vector arithmetic shared by the kernels.
