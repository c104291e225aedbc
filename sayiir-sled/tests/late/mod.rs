//! A device whose `fdatasync` comes late: it begins when an `fsync` of the same file, which sled's own thread makes twice a
//! second, has come and gone. What the system could not write is thus told to that thread, and what stood in its way can be
//! taken away then. Both are defined here under their own names, so that the linker gives them to the whole test program.
#![expect(unsafe_code, reason = "the calls of the C library have no safe names that could be taken")]

use std::collections::HashMap;
use std::ffi::c_int;
use std::io::{self, ErrorKind};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For an `fsync` that does not come, since sled's own thread has ended.
const LONGEST: Duration = Duration::from_secs(2);

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
static CHANGED: Condvar = Condvar::new();

#[derive(Default)]
struct State {
    late: bool,
    /// What to do once an `fsync` has said that there was no room.
    told: Option<Box<dyn FnOnce() + Send>>,
    /// How often each descriptor was synced by `fsync`, to the end.
    synced: HashMap<c_int, u64>,
}

/// From now on. What is given is done when `fsync` says for the first time that there was no room for what was written.
pub(crate) fn begin(told: impl FnOnce() + Send + 'static) {
    let mut state = locked();
    state.late = true;
    state.told = Some(Box::new(told));
}

fn locked() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: the name and signature are those of the C library, and the system gets the call as it came, with errno as it set it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    let state = locked();
    // The second from now began after now.
    let enough = state.synced.get(&file).copied().unwrap_or(0) + 2;
    let waits =
        |state: &mut State| state.late && state.synced.get(&file).is_none_or(|synced| *synced < enough);
    drop(CHANGED.wait_timeout_while(state, LONGEST, waits).unwrap_or_else(PoisonError::into_inner));
    // SAFETY: as above.
    let answer = unsafe { libc::syscall(libc::SYS_fdatasync, file) };
    c_int::try_from(answer).expect("it is 0 or -1")
}

// SAFETY: as above.
#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(file: c_int) -> c_int {
    // SAFETY: as above.
    let answer = unsafe { libc::syscall(libc::SYS_fsync, file) };
    // Not that the entry of its directory was not written, for which there is another word.
    let unwritten = answer != 0 && io::Error::last_os_error().kind() == ErrorKind::StorageFull;
    let mut state = locked();
    if let Some(told) = state.told.take_if(|_| unwritten) {
        told();
    }
    *state.synced.entry(file).or_default() += 1;
    drop(state);
    CHANGED.notify_all();
    c_int::try_from(answer).expect("it is 0 or -1")
}
