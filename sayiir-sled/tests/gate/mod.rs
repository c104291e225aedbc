//! A device that holds syncs or writes back while a test wants it to: `fdatasync` and `pwrite64`, defined here under their own
//! names, so that the linker gives them to the whole test program.
#![expect(unsafe_code, reason = "the calls of the C library have no safe names that could be taken")]

use std::ffi::{c_int, c_long, c_void};
use std::fs;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The two buffers of a batch are handed over together.
const NONE_COMES: Duration = Duration::from_millis(50);

/// What can be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Write,
    Sync,
}

static STATE: Mutex<State> = Mutex::new(State {
    call: Call::Sync,
    closed: false,
    broken: false,
    passed: 0,
    next: 0,
    waiting: Vec::new(),
    alone: None,
    thread: 0,
});
static CHANGED: Condvar = Condvar::new();
static TURN: Mutex<()> = Mutex::new(());

struct State {
    /// Others do not come by here.
    call: Call,
    closed: bool,
    /// Whether calls fail.
    broken: bool,
    /// How often those that waited were let through.
    passed: u64,
    /// The number of the next call.
    next: u64,
    /// Which wait, in the order in which they came.
    waiting: Vec<u64>,
    /// The one that is let through, until it is done.
    alone: Option<u64>,
    /// The thread that made it.
    thread: c_int,
}

/// There is one for all tests of a program. It opens when it is dropped.
pub(crate) struct Gate {
    state: &'static Mutex<State>,
    _turn: MutexGuard<'static, ()>,
}

/// For this test alone; it is open.
pub(crate) fn alone() -> Gate {
    Gate { state: &STATE, _turn: locked(&TURN) }
}

impl Gate {
    /// Lets no sync through.
    pub(crate) fn close(&self) {
        self.close_to(Call::Sync);
    }

    /// Lets no call of this kind through.
    pub(crate) fn close_to(&self, call: Call) {
        let mut state = locked(self.state);
        state.call = call;
        state.closed = true;
    }

    /// Waits until so many calls wait here.
    pub(crate) fn wait(&self, calls: usize) {
        let state = CHANGED.wait_while(locked(self.state), |state| state.waiting.len() < calls);
        drop(state.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until so many calls wait here at once. Fewer, behind which none comes, are let through.
    pub(crate) fn gather(&self, calls: usize) {
        loop {
            let fewer = |state: &mut State| state.waiting.len() < calls;
            let waited = CHANGED.wait_timeout_while(locked(self.state), NONE_COMES, fewer);
            if !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
                return;
            }
            self.pass();
        }
    }

    /// Lets those through that wait now.
    pub(crate) fn pass(&self) {
        let mut state = locked(self.state);
        state.passed += 1;
        state.waiting.clear();
        CHANGED.notify_all();
    }

    /// Lets one of those through that wait now, counted from 0 in the order in which they came, and waits until it is done and its
    /// thread rests: whoever made the call knows how it went.
    pub(crate) fn pass_alone(&self, place: usize) {
        let mut state = locked(self.state);
        state.alone = Some(state.waiting[place]);
        CHANGED.notify_all();
        let state = CHANGED.wait_while(state, |state| state.alone.is_some());
        let thread = state.unwrap_or_else(PoisonError::into_inner).thread;
        while !rests(thread) {
            thread::yield_now();
        }
    }

    /// Lets everything through.
    pub(crate) fn open(&self) {
        locked(self.state).closed = false;
        CHANGED.notify_all();
    }

    /// Lets everything through, and nothing fails.
    pub(crate) fn mend(&self) {
        self.open();
        locked(self.state).broken = false;
    }

    /// Lets everything through, and fail.
    pub(crate) fn break_down(&self) {
        locked(self.state).broken = true;
        self.open();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.mend();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a thread of this process waits for others, not for a processor or the device, or is gone.
fn rests(thread: c_int) -> bool {
    fs::read_to_string(format!("/proc/self/task/{thread}/stat"))
        .map_or(true, |status| status.contains(") S "))
}

/// A call comes by: it waits for its turn, and fails or goes to the system.
fn come_by(call: Call, go: impl FnOnce() -> c_long) -> c_long {
    let mut state = locked(&STATE);
    if state.call != call {
        drop(state);
        return go();
    }
    let passed = state.passed;
    let number = state.next;
    state.next += 1;
    state.waiting.push(number);
    CHANGED.notify_all();
    state = CHANGED
        .wait_while(state, |state| state.closed && state.passed == passed && state.alone != Some(number))
        .unwrap_or_else(PoisonError::into_inner);
    state.waiting.retain(|waiting| *waiting != number);
    // The one that is let through alone does not fail, whatever happens behind it.
    let fails = state.broken && state.alone != Some(number);
    drop(state);
    if fails {
        // SAFETY: the C library gives the place of this thread's errno.
        unsafe { *libc::__errno_location() = libc::EIO };
        return -1;
    }
    let answer = go();
    let mut state = locked(&STATE);
    if state.alone.take_if(|alone| *alone == number).is_some() {
        // SAFETY: it asks for a number.
        state.thread = unsafe { libc::gettid() };
    }
    drop(state);
    CHANGED.notify_all();
    answer
}

// SAFETY, of both: the names and signatures are those of the C library. A call that is not to fail goes to the system as it
// came, with errno as the system set it; one that is to fail touches nothing and answers as its contract says.

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    // SAFETY: as above.
    let answer = come_by(Call::Sync, || unsafe { libc::syscall(libc::SYS_fdatasync, file) });
    c_int::try_from(answer).expect("it is 0 or -1")
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(file: c_int, buffer: *const c_void, count: usize, at: libc::off64_t) -> isize {
    // SAFETY: as above.
    let answer =
        come_by(Call::Write, || unsafe { libc::syscall(libc::SYS_pwrite64, file, buffer, count, at) });
    isize::try_from(answer).expect("they are of one size here")
}
