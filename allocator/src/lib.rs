//! Where the program's memory comes from: mimalloc, without huge pages, and what is free goes back to the system at once.
//!
//! Sessions and large requests come and go, often all at once, and a server may have nothing to do afterwards. After 30,000
//! sessions, of which 1,000 are kept, it has 109 MB; half as much again with huge pages, and 189 MB, still growing, with
//! glibc's own allocator. jemalloc takes a fifth more, and two minutes of a processor to compile; a stream to which nothing
//! happens is a page smaller with it, 8 KB instead of 12.

use std::ffi::{c_int, c_long};

use libmimalloc_sys::{mi_option_get, mi_option_set};
use mimalloc::MiMalloc;

/// To be named as the program's `#[global_allocator]`.
pub type Allocator = MiMalloc;

/// [`Allocator`]'s value.
pub const ALLOCATOR: Allocator = MiMalloc;

/// `mi_option_purge_delay` in `mimalloc.h` of mimalloc 3, in milliseconds; the binding does not name it.
const PURGE_DELAY: c_int = 15;

/// Free memory goes back to the system at once, from now on. To be called first in `main`, while there is one thread.
///
/// By itself the allocator waits for a second and then for the next thread that gives back something large, which may never
/// come: 40 MB stayed with a server after one large request. `MIMALLOC_PURGE_DELAY` in the environment says otherwise.
pub fn give_back_at_once() {
    // SAFETY: both read and write one number of a table that the allocator has from its start, and which has a place of that
    // number; they are not to be called by two threads at once, and there is one.
    unsafe {
        if mi_option_get(PURGE_DELAY) == USUAL_DELAY {
            mi_option_set(PURGE_DELAY, 0);
        }
    }
}

/// What mimalloc 3 does unless the environment says otherwise, in milliseconds.
const USUAL_DELAY: c_long = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static GLOBAL: Allocator = ALLOCATOR;

    /// Alone in its program, before and after: another version may number its settings in another way.
    #[test]
    fn the_delay_is_the_setting_of_that_number() {
        // SAFETY: nothing else changes settings here.
        let delay = || unsafe { mi_option_get(PURGE_DELAY) };
        assert_eq!(
            delay(),
            USUAL_DELAY,
            "of all settings only this one is a second"
        );
        give_back_at_once();
        assert_eq!(delay(), 0);
    }
}
