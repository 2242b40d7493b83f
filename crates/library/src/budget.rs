//! Bounds on the memory of an ingest: a budget of bytes for decoding, and a window on how far finished photographs may
//! run ahead of an unfinished one.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The bytes that all workers together may allocate for decoding.
#[derive(Debug)]
pub struct MemoryBudget {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// A part of a [`MemoryBudget`], returned when dropped.
#[derive(Debug)]
pub struct MemoryShare<B: Deref<Target = MemoryBudget>> {
    budget: B,
    bytes: u64,
}

/// A part of a [`MemoryBudget`] that goes from thread to thread.
pub type OwnedShare = MemoryShare<Arc<MemoryBudget>>;

/// Grants memory for decoding: of a budget here, or, in a worker process, of its parent's.
pub trait Allowance {
    /// Waits until `bytes` may be allocated, in the place of what was taken before.
    fn take(&mut self, bytes: u64);
}

/// What one photograph takes of a budget, returned when dropped.
#[derive(Debug)]
pub struct BudgetAllowance<'a> {
    budget: &'a MemoryBudget,
    share: Option<MemoryShare<&'a MemoryBudget>>,
}

impl Allowance for BudgetAllowance<'_> {
    fn take(&mut self, bytes: u64) {
        // Whoever waits holds nothing.
        self.share = None;
        self.share = Some(self.budget.take(bytes));
    }
}

impl MemoryBudget {
    /// A budget of `total` bytes.
    pub const fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), freed: Condvar::new() }
    }

    /// Waits until `bytes` are free and takes them. A request for more than the total takes the total, alone.
    pub fn take(&self, bytes: u64) -> MemoryShare<&Self> {
        MemoryShare { budget: self, bytes: self.wait_for(bytes) }
    }

    /// As [`Self::take`].
    pub fn take_owned(self: &Arc<Self>, bytes: u64) -> OwnedShare {
        OwnedShare { bytes: self.wait_for(bytes), budget: Arc::clone(self) }
    }

    /// What one photograph will take: nothing yet.
    pub const fn allowance(&self) -> BudgetAllowance<'_> {
        BudgetAllowance { budget: self, share: None }
    }

    fn wait_for(&self, bytes: u64) -> u64 {
        let bytes = bytes.min(self.total);
        let mut free = lock(&self.free);
        while *free < bytes {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        bytes
    }
}

impl<B: Deref<Target = MemoryBudget>> Drop for MemoryShare<B> {
    fn drop(&mut self) {
        *lock(&self.budget.free) += self.bytes;
        self.budget.freed.notify_all();
    }
}

/// How many finished photographs may wait behind an unfinished one. The committer takes them in the order of the scan, so
/// that the same folder gets the same numbers on every machine.
#[derive(Debug)]
pub struct ReorderWindow {
    width: u64,
    /// The first job that is not committed; `u64::MAX` once the ingest is stopped.
    head: Mutex<u64>,
    moved: Condvar,
}

impl ReorderWindow {
    /// A window of `width` photographs.
    pub const fn new(width: u64) -> Self {
        Self { width, head: Mutex::new(0), moved: Condvar::new() }
    }

    /// Waits until the job at `position` lies in the window.
    pub fn wait_for(&self, position: u64) {
        let mut head = lock(&self.head);
        while position >= head.saturating_add(self.width) {
            head = self.moved.wait(head).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Moves the window's start to `position`: all jobs before it are done.
    pub fn advance(&self, position: u64) {
        *lock(&self.head) = position;
        self.moved.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
