//! Opening: from a directory in whatever state a crash left it to a database that is known to be whole, or an error that
//! says what is wrong.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use sayiir_core::backend::BackendError;

use crate::error::{At, caught, from_sled};
use crate::frame::{self, Header};
use crate::keys;
use crate::layout::{Layout, sync_directory};
use crate::options::Options;
use crate::readable;
use crate::sync;
use crate::tip::Tip;
use crate::watch;

/// The format of the whole store that is written.
pub(crate) const FORMAT: u32 = 1;
const MAGIC: &[u8] = b"sayiir";

/// How long sled may take to close.
const LONGEST_CLOSE: Duration = Duration::from_mins(1);

/// A database that is open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) db: sled::Db,
    /// A second handle on the log: for where sled's flush is not a sync, and to be told what sled's own thread keeps to itself.
    pub(crate) log: File,
    pub(crate) tip: Tip,
    /// Of the last group that was written.
    pub(crate) sequence: u64,
    /// About how many bytes of keys and values are live.
    pub(crate) live: u64,
}

/// Opens the generation that counts, or the first.
///
/// # Errors
/// `Damaged`, `NewerFormat`, or what the system says.
pub(crate) fn open(layout: &Layout, options: &Options) -> Result<Opened, BackendError> {
    let tip = Tip::open(&layout.tip())?;
    let current = layout.current()?;
    let generation = match current {
        Some(number) => number,
        None => the_only(layout, &tip)?,
    };
    let directory = layout.generation(generation);
    if current.is_some() && !directory.join("db").is_file() {
        return Err(BackendError::Damaged {
            detail: format!("{} is missing", directory.join("db").display()),
        });
    }
    let log = open_log(&directory)?;
    let (db, (sequence, live)) = keep(open_sled(&directory, options)?, |db| {
        let (sequence, live) = caught(|| check_format(db))?;
        check_tip(&tip, sequence, options)?;
        sync_files(layout, &directory, &log)?;
        if current.is_none() {
            layout.switch(generation)?;
        }
        layout.remove_others()?;
        Ok((sequence, live))
    })?;
    Ok(Opened { db, log, tip, sequence, live })
}

/// A handle on the log beside sled's, which creates a new one. It is opened before sled's: an error that somebody was told
/// already is not told to a handle that is opened later.
///
/// # Errors
/// What the system says.
pub(crate) fn open_log(directory: &Path) -> Result<File, BackendError> {
    fs::create_dir_all(directory).at("creating", directory)?;
    let path = directory.join("db");
    let log = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    log.at("opening", &path)
}

/// Which generation to take where none is named: a crash during creation leaves one or none.
fn the_only(layout: &Layout, tip: &Tip) -> Result<u64, BackendError> {
    match layout.generations()?[..] {
        [] if tip.read()? == 0 => Ok(1),
        [number] => Ok(number),
        [] | [_, _, ..] => Err(BackendError::Damaged {
            detail: format!("{} is missing", layout.root().join("current").display()),
        }),
    }
}

/// Opens sled's own directory; if it reports corruption, once more without its snapshots, which its log replaces. Whoever has
/// opened it closes it with [`close`].
///
/// # Errors
/// `Damaged` or what the system says.
pub(crate) fn open_sled(directory: &Path, options: &Options) -> Result<sled::Db, BackendError> {
    // A snapshot that was being written when the process was killed makes every later open fail.
    remove_snapshots(directory, |name| name.ends_with(".generating"))?;
    let config = sled::Config::new()
        .path(directory)
        .cache_capacity(options.cache_capacity)
        // The thread behind it also collects garbage.
        .flush_every_ms(Some(u64::try_from(options.collect_every.as_millis()).unwrap_or(u64::MAX)));
    let attempt = || {
        readable::check(directory)?;
        let db = caught(|| config.open().map_err(from_sled))?;
        let (db, ()) = keep(db, |db| watch::begin(db).at("watching", directory))?;
        Ok(db)
    };
    match attempt_while_locked(directory, attempt) {
        Err(BackendError::Damaged { detail }) => {
            let aside = set_aside(directory)?;
            tracing::error!(%detail, aside = %aside.display(), "opening again without sled's snapshots");
            remove_snapshots(directory, |_| true)?;
            attempt_while_locked(directory, attempt)
        }
        answer => answer,
    }
}

/// A database with what was done with it; if that failed, it is let go.
///
/// # Errors
/// That of `work`.
pub(crate) fn keep<T>(
    db: sled::Db,
    work: impl FnOnce(&sled::Db) -> Result<T, BackendError>,
) -> Result<(sled::Db, T), BackendError> {
    match work(&db) {
        Ok(value) => Ok((db, value)),
        Err(error) => {
            close(Some(db));
            Err(error)
        }
    }
}

/// Lets a database go, on another thread, since sled panics if its last sync fails. Sled's own thread is waited for, but not
/// for ever: one that met damage may have died, and sled would wait for it.
pub(crate) fn close(db: Option<sled::Db>) {
    let Some(db) = db else { return };
    watch::end(&db);
    let (done, closed) = channel();
    let closing = thread::Builder::new().name("sayiir-sled-close".into()).spawn(move || {
        drop(db);
        // Nobody listens any more if it took too long.
        let _ = done.send(());
    });
    match closing.map(|_| closed.recv_timeout(LONGEST_CLOSE)) {
        Ok(Ok(())) => {}
        Ok(Err(RecvTimeoutError::Disconnected)) => tracing::error!("sled panicked while it closed its files"),
        Ok(Err(RecvTimeoutError::Timeout)) | Err(_) => {
            tracing::error!("sled did not close its files; they stay locked until this process ends");
        }
    }
}

/// Within this process the last handle may still be going away; another process is kept out by our own lock.
fn attempt_while_locked(
    directory: &Path,
    attempt: impl Fn() -> Result<sled::Db, BackendError>,
) -> Result<sled::Db, BackendError> {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match attempt() {
            Err(BackendError::Io { detail, .. }) if detail.contains("could not acquire lock") => {
                if Instant::now() > patience {
                    return Err(BackendError::InUse { path: directory.display().to_string() });
                }
                thread::sleep(Duration::from_millis(2));
            }
            answer => return answer,
        }
    }
}

fn remove_snapshots(directory: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), BackendError> {
    for (name, path) in files(directory)? {
        if name.starts_with("snap.") && wanted(&name) {
            fs::remove_file(&path).at("removing", &path)?;
        }
    }
    Ok(())
}

/// Copies the files as they are, for whoever wants to look.
fn set_aside(directory: &Path) -> Result<PathBuf, BackendError> {
    let free = (1..).map(|number| directory.with_extension(format!("damaged-{number}")));
    let aside = free.into_iter().find(|path| !path.exists()).expect("some number is free");
    fs::create_dir(&aside).at("creating", &aside)?;
    for (name, path) in files(directory)? {
        if path.is_file() {
            fs::copy(&path, aside.join(name)).at("copying", &path)?;
        }
    }
    Ok(aside)
}

/// What lies in a directory, if there is one.
///
/// # Errors
/// What the system says.
pub(crate) fn files(directory: &Path) -> Result<Vec<(String, PathBuf)>, BackendError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("reading", directory),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.at("reading", directory)?;
        found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(found)
}

/// Reads the format, or writes it into an empty database; gives the sequence and the live bytes.
///
/// # Errors
/// `NewerFormat`, or `Damaged` if it is not a database of ours.
pub(crate) fn check_format(db: &sled::Db) -> Result<(u64, u64), BackendError> {
    let Some(bytes) = db.get(keys::FORMAT).map_err(from_sled)? else {
        return match db.first().map_err(from_sled)? {
            None => {
                write_format(db)?;
                Ok((0, 0))
            }
            Some(_) => Err(BackendError::Damaged {
                detail: "it is not a database of sayiir's, or its first page is gone".into(),
            }),
        };
    };
    let (header, magic) = frame::decode(keys::FORMAT, &bytes)?;
    if magic != MAGIC {
        return Err(BackendError::Damaged { detail: "it is not a database of sayiir's".into() });
    }
    if header.sequence > u64::from(FORMAT) {
        return Err(BackendError::NewerFormat {
            found: u32::try_from(header.sequence).unwrap_or(u32::MAX),
            supported: FORMAT,
        });
    }
    match db.get(keys::SEQUENCE).map_err(from_sled)? {
        Some(bytes) => {
            let (header, live) = frame::decode(keys::SEQUENCE, &bytes)?;
            let live = postcard::from_bytes(live).unwrap_or_default();
            Ok((header.sequence, live))
        }
        None => Ok((0, 0)),
    }
}

/// Marks a database as ours.
///
/// # Errors
/// What sled says.
pub(crate) fn write_format(db: &sled::Db) -> Result<(), BackendError> {
    let header = Header { pieces: 0, sequence: FORMAT.into() };
    let before = sync::calls();
    db.insert(keys::FORMAT, frame::encode(keys::FORMAT, header, MAGIC)).map_err(from_sled)?;
    db.flush().map_err(from_sled)?;
    if sync::calls() == before {
        tracing::info!("sled's flush is not a sync on this platform: the log is synced after each");
    }
    Ok(())
}

/// Compares with what was acknowledged.
fn check_tip(tip: &Tip, sequence: u64, options: &Options) -> Result<(), BackendError> {
    let acknowledged = tip.read()?;
    if acknowledged == 0 {
        // Takes its place on the disk now, so that a full one does not matter later.
        return tip.reset(sequence);
    }
    if acknowledged <= sequence {
        return Ok(());
    }
    let detail = format!(
        "commits are missing: group {acknowledged} was acknowledged, the log ends with group {sequence}"
    );
    if !options.accept_loss {
        return Err(BackendError::Damaged { detail });
    }
    tracing::error!(%detail, "opening with what is left, as asked");
    tip.reset(sequence)
}

/// Makes durable what sled creates and does not sync: its log, its configuration, its directories, their names.
pub(crate) fn sync_files(layout: &Layout, directory: &Path, log: &File) -> Result<(), BackendError> {
    log.sync_all().at("syncing", &directory.join("db"))?;
    let path = directory.join("conf");
    let configuration = File::options().read(true).write(true).open(&path);
    configuration.and_then(|file| file.sync_all()).at("syncing", &path)?;
    sync_directory(&directory.join("blobs"))?;
    sync_directory(directory)?;
    sync_directory(layout.root())?;
    match layout.root().canonicalize().ok().as_deref().and_then(Path::parent) {
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}
