//! A device that fails when a test wants it to: the calls with which the standard library reads, writes and syncs files,
//! defined here under their own names, so that the linker gives them to the whole test program, sled included.
//!
//! The faults are those of one file or directory; everything else goes through to the system. There is one device for all
//! tests of a program: [`alone`] lets them take turns.
#![expect(unsafe_code, reason = "the calls of the C library have no safe names that could be taken")]

use std::ffi::{c_int, c_long, c_void};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a call does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Write,
    Sync,
}

/// Which calls fail, with EIO.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    /// The file, or the directory it lies in.
    pub(crate) file: PathBuf,
    /// Reads and writes that touch these bytes.
    pub(crate) bytes: Range<u64>,
    /// The first of those calls that fails, counted from 0.
    pub(crate) first: u64,
}

impl Fault {
    /// Of all calls that touch a file those from this one on, counted from 0. Not one alone: sled's own thread might take it.
    pub(crate) fn from(call: Call, file: impl Into<PathBuf>, number: u64) -> Self {
        Self { call, file: file.into(), bytes: 0..u64::MAX, first: number }
    }

    /// Every read of a sector.
    pub(crate) fn bad_sector(file: impl Into<PathBuf>, at: u64) -> Self {
        Self { bytes: at..at + 512, ..Self::from(Call::Read, file, 0) }
    }
}

/// The fault that is in force, and how many calls it has met.
static FAULT: Mutex<Option<(Fault, u64)>> = Mutex::new(None);
static TURN: Mutex<()> = Mutex::new(());

/// The device for this test alone.
pub(crate) fn alone() -> Device {
    Device { fault: &FAULT, _turn: locked(&TURN) }
}

/// It works, until something is broken.
#[derive(Debug)]
pub(crate) struct Device {
    fault: &'static Mutex<Option<(Fault, u64)>>,
    _turn: MutexGuard<'static, ()>,
}

impl Device {
    /// Breaks it.
    pub(crate) fn fails(&self, fault: Fault) {
        *locked(self.fault) = Some((fault, 0));
    }

    /// Mends it; gives the number of calls that the fault met, those that went through included.
    pub(crate) fn mend(&self) -> u64 {
        locked(self.fault).take().map_or(0, |(_, met)| met)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.mend();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a call is to fail; then the thread's errno says so.
fn fails(call: Call, file: c_int, bytes: Range<u64>) -> bool {
    let mut current = locked(&FAULT);
    let Some((fault, met)) = &mut *current else { return false };
    let touches = bytes.is_empty() || (bytes.start < fault.bytes.end && fault.bytes.start < bytes.end);
    if fault.call != call || !touches || !path(file).is_some_and(|path| path.starts_with(&fault.file)) {
        return false;
    }
    let number = *met;
    *met += 1;
    let fails = number >= fault.first;
    if fails {
        // SAFETY: the C library gives the place of this thread's errno.
        unsafe { *libc::__errno_location() = libc::EIO };
    }
    fails
}

fn path(file: c_int) -> Option<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{file}")).ok()
}

/// The bytes that a call at the file's own position touches.
fn here(file: c_int, count: usize) -> Range<u64> {
    // SAFETY: any number may be given; one that is not a file with a position is answered with -1.
    let at = unsafe { libc::lseek(file, 0, libc::SEEK_CUR) };
    there(at, count)
}

fn there(at: libc::off64_t, count: usize) -> Range<u64> {
    let at = u64::try_from(at).unwrap_or_default();
    at..at + count as u64
}

fn size(answer: c_long) -> isize {
    isize::try_from(answer).expect("they are of one size here")
}

fn status(answer: c_long) -> c_int {
    c_int::try_from(answer).expect("it is 0 or -1")
}

// SAFETY, of all below: the names and signatures are those of the C library. A call that is not to fail goes to the system as
// it came and its answer goes back, with errno as the system set it; one that is to fail touches nothing and answers as its
// contract says.

#[unsafe(no_mangle)]
unsafe extern "C" fn read(file: c_int, buffer: *mut c_void, count: usize) -> isize {
    if fails(Call::Read, file, here(file, count)) {
        return -1;
    }
    // SAFETY: as above.
    size(unsafe { libc::syscall(libc::SYS_read, file, buffer, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pread64(file: c_int, buffer: *mut c_void, count: usize, at: libc::off64_t) -> isize {
    if fails(Call::Read, file, there(at, count)) {
        return -1;
    }
    // SAFETY: as above.
    size(unsafe { libc::syscall(libc::SYS_pread64, file, buffer, count, at) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, buffer: *const c_void, count: usize) -> isize {
    if fails(Call::Write, file, here(file, count)) {
        return -1;
    }
    // SAFETY: as above.
    size(unsafe { libc::syscall(libc::SYS_write, file, buffer, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(file: c_int, buffer: *const c_void, count: usize, at: libc::off64_t) -> isize {
    if fails(Call::Write, file, there(at, count)) {
        return -1;
    }
    // SAFETY: as above.
    size(unsafe { libc::syscall(libc::SYS_pwrite64, file, buffer, count, at) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(file: c_int) -> c_int {
    if fails(Call::Sync, file, 0..0) {
        return -1;
    }
    // SAFETY: as above.
    status(unsafe { libc::syscall(libc::SYS_fsync, file) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    if fails(Call::Sync, file, 0..0) {
        return -1;
    }
    // SAFETY: as above.
    status(unsafe { libc::syscall(libc::SYS_fdatasync, file) })
}
