//! Domain to Arrow and back. The only place where schemas live.

pub mod hit;
