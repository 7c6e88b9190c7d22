//! What a device spent its time on, and how many bytes it was sent and read.

use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time and bytes since a device was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// In dispatches, from their submission to their end; what they were sent is moved in it.
    pub dispatching: Duration,
    /// In bringing results back.
    pub reading: Duration,
    /// Bytes sent to the device.
    pub bytes_sent: u64,
    /// Bytes brought back.
    pub bytes_read: u64,
}

impl Sub for Spent {
    type Output = Spent;

    fn sub(self, earlier: Spent) -> Spent {
        Spent {
            dispatching: self.dispatching.saturating_sub(earlier.dispatching),
            reading: self.reading.saturating_sub(earlier.reading),
            bytes_sent: self.bytes_sent.saturating_sub(earlier.bytes_sent),
            bytes_read: self.bytes_read.saturating_sub(earlier.bytes_read),
        }
    }
}

/// The running account of a device.
#[derive(Default)]
pub(super) struct Account {
    dispatching_ns: AtomicU64,
    reading_ns: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_read: AtomicU64,
}

impl Account {
    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn dispatched(&self, time: Duration) {
        self.dispatching_ns.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self, bytes: u64, time: Duration) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        self.reading_ns.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(super) fn so_far(&self) -> Spent {
        Spent {
            dispatching: Duration::from_nanos(self.dispatching_ns.load(Ordering::Relaxed)),
            reading: Duration::from_nanos(self.reading_ns.load(Ordering::Relaxed)),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
        }
    }
}
