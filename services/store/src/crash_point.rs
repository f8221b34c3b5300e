//! Named places where the process can be made to end at once, for crash tests.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_ARMED: AtomicBool = AtomicBool::new(false);
static ARMED: Mutex<Option<(String, u32)>> = Mutex::new(None);

/// Makes the process abort when it passes the named point for the `countdown`th time (1 is the next).
///
/// Known points: `before-key-sync`, `before-write`, `before-sync`, `after-sync`, `mid-checkpoint`, `document-before-commit`,
/// `document-after-commit`, `document-removed`; callers may add their own.
/// Only the program's own command line arms it.
pub fn arm_crash_point(name: &str, countdown: u32) {
    let mut armed = ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *armed = Some((name.to_owned(), countdown));
    IS_ARMED.store(true, Ordering::Release);
}

/// Passes a named point: does nothing unless [`arm_crash_point`] named it.
pub fn crash_point(name: &str) {
    if !IS_ARMED.load(Ordering::Acquire) {
        return;
    }
    let mut armed = ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((wanted, countdown)) = armed.as_mut()
        && wanted == name
    {
        *countdown = countdown.saturating_sub(1);
        if *countdown == 0 {
            // No destructors, no flush: as close to pulling the plug as a process comes.
            std::process::abort();
        }
    }
}
