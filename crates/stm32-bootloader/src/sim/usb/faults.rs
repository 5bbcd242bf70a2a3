//! What a bad connection does to transfers, by number: for tests of what a host makes of it.

use core::time::Duration;

/// The faults of a pipe; the default has none. Transfers are numbered from 0 since the device was plugged in, SET_INTERFACE
/// included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PipeFaults {
    /// The numbers of the transfers that never reach the device.
    pub lost: Vec<u64>,
    /// The numbers of those that reach it, and whose end does not reach the host.
    pub unanswered: Vec<u64>,
    /// The numbers of those that are stalled, though the device did not.
    pub stalled: Vec<u64>,
    /// The numbers of those that take so much longer.
    pub delayed: Vec<(u64, Duration)>,
    /// The number of the transfer with which the device is pulled out, and how long after its begin: without delay the
    /// device does not see it; with one it may be amid the work that it was given.
    pub unplug_at: Option<(u64, Duration)>,
}
