//! What keeps memory flat: a budget of bytes for the photographs in work, and a window on how far the quick ones may
//! run ahead of a slow one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that all workers together may hold for decoding.
#[derive(Debug)]
pub struct Budget {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// A part of a [`Budget`], given back when dropped.
#[derive(Debug)]
pub struct BudgetShare<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of `total` bytes.
    pub const fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), freed: Condvar::new() }
    }

    /// Waits until `bytes` are free and takes them. Who wants more than there is in all gets all, alone.
    pub fn take(&self, bytes: u64) -> BudgetShare<'_> {
        let bytes = bytes.min(self.total);
        let mut free = lock(&self.free);
        while *free < bytes {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        BudgetShare { budget: self, bytes }
    }
}

impl Drop for BudgetShare<'_> {
    fn drop(&mut self) {
        *lock(&self.budget.free) += self.bytes;
        self.budget.freed.notify_all();
    }
}

/// How many photographs may be done and waiting behind one that is not. The writer takes them in the order of the
/// scan, so that the same folder gets the same numbers on every machine.
#[derive(Debug)]
pub struct Window {
    width: u64,
    /// The first that the writer has not taken; `u64::MAX` when it takes no more.
    head: Mutex<u64>,
    moved: Condvar,
}

impl Window {
    /// A window of `width` photographs.
    pub const fn new(width: u64) -> Self {
        Self { width, head: Mutex::new(0), moved: Condvar::new() }
    }

    /// Waits until `place` lies in the window.
    pub fn wait_for(&self, place: u64) {
        let mut head = lock(&self.head);
        while place >= head.saturating_add(self.width) {
            head = self.moved.wait(head).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Everything before `place` has been taken.
    pub fn advance(&self, place: u64) {
        *lock(&self.head) = place;
        self.moved.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
