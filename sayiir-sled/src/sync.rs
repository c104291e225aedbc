//! The real fsync. On Linux sled 0.34 only asks for `sync_file_range`, which says nothing to the device's cache; this module
//! puts a function of that name into the program, which asks for `fdatasync` instead. sled calls it after each buffer it
//! writes and before it counts the buffer as stable, so that its own flush becomes a real one.
//!
//! The linker decides whether sled meets this function or the C library's. So every call is counted, and a flush that went
//! by without one is followed by `sync_data` on the file (see `syncer`). The replacement is good for the whole program:
//! `fdatasync` does all that `sync_file_range` promises, and more.
//!
//! sled's own thread syncs as well, twice a second, through the same handle, and only logs what fails. The system tells an error
//! once to each handle: so who wants to be told has one of his own, and asks ([`noted`]).
//!
//! This is the only module of the workspace with unsafe code, apart from the devices of the tests (`tests/device`, `tests/gate`,
//! `tests/late`).

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};

static CALLS: AtomicU64 = AtomicU64::new(0);

/// How often sled has waited for the device in this process, through this module.
pub(crate) fn calls() -> u64 {
    #[cfg(all(target_os = "linux", feature = "real-fsync"))]
    bound::keep();
    CALLS.load(Ordering::SeqCst)
}

/// Asks whether the system failed to write part of the file since this handle was told last. Where that cannot be asked, it is
/// a sync, which tells it too.
///
/// # Errors
/// The system's.
pub(crate) fn noted(file: &File) -> io::Result<()> {
    match bound::noted(file) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            file.sync_data()
        }
        answer => answer,
    }
}

#[cfg(not(all(target_os = "linux", feature = "real-fsync")))]
mod bound {
    use std::{fs::File, io};

    pub(super) fn noted(_file: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(target_os = "linux", feature = "real-fsync"))]
#[expect(
    unsafe_code,
    reason = "sled has no hook for its sync; the symbol it calls is the only way to make it a real one"
)]
mod bound {
    use std::ffi::{c_int, c_uint};
    use std::fs::File;
    use std::io;
    use std::sync::atomic::Ordering;

    /// Names the symbol, so that the linker takes this object file in.
    pub(super) fn keep() {
        std::hint::black_box(sync_file_range as unsafe extern "C" fn(_, _, _, _) -> _);
    }

    /// To wait for what is being written of the first byte tells what became of all the others.
    #[cfg(all(target_pointer_width = "64", any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(super) fn noted(file: &File) -> io::Result<()> {
        use std::os::fd::AsRawFd as _;
        let (from, length) = (0_i64, 1_i64);
        // SAFETY: the arguments are those of the system's call, which touches no memory of ours.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_sync_file_range,
                file.as_raw_fd(),
                from,
                length,
                libc::SYNC_FILE_RANGE_WAIT_BEFORE,
            )
        };
        if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The call has another form here.
    #[cfg(not(all(target_pointer_width = "64", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    pub(super) fn noted(_file: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    // SAFETY: the name and the signature are those of the C library, and the contract of that function, "what was written
    // to the range is handed to the device when this returns 0; -1 and errno otherwise", is kept: `fdatasync` hands over
    // all of the file and sets errno likewise.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn sync_file_range(
        file: c_int,
        _offset: libc::off64_t,
        _length: libc::off64_t,
        _flags: c_uint,
    ) -> c_int {
        super::CALLS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: any number may be given; one that is not an open file is answered with EBADF.
        unsafe { libc::fdatasync(file) }
    }
}
