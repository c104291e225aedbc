//! What a process wrote, synced and said, read from the record that `strace` made of it, and the files that a power loss at
//! any moment could leave.
//!
//! The model: what was written before a sync of the file began, and that sync has ended, is there. Of everything written
//! later, up to the loss, any sector may be there or not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sayiir_core::testing::random::Random;

const SECTOR: u64 = 512;

/// Nanoseconds since the epoch.
pub(crate) type Moment = u128;

/// The arguments for `strace` that make the record.
pub(crate) const ARGUMENTS: [&str; 8] = [
    "-ff",
    "--absolute-timestamps=format:unix,precision:ns",
    "--syscall-times=ns",
    "--decode-fds=path",
    "--strings-in-hex=all",
    "--string-limit=16777216",
    "-e",
    "trace=pwrite64,write,lseek,fdatasync,fsync",
];

/// One write to a file.
#[derive(Debug)]
struct Write {
    at: u64,
    bytes: Vec<u8>,
    begin: Moment,
    end: Moment,
}

/// One sync of a file.
#[derive(Debug, Clone, Copy)]
struct Sync {
    begin: Moment,
    end: Moment,
}

/// What happened to one file.
#[derive(Debug, Default)]
struct Deeds {
    writes: Vec<Write>,
    syncs: Vec<Sync>,
}

/// A line on the standard output.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) begin: Moment,
    pub(crate) end: Moment,
}

/// The whole record.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    files: BTreeMap<PathBuf, Deeds>,
    pub(crate) said: Vec<Said>,
}

impl Trace {
    /// Reads the record of each thread: `<prefix>.<number>`.
    pub(crate) fn read(prefix: &Path) -> Self {
        let mut trace = Self::default();
        let directory = prefix.parent().expect("a directory");
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.file_stem() == prefix.file_name() {
                let mut places = BTreeMap::new();
                for line in fs::read_to_string(path).expect("a record").lines() {
                    trace.take(line, &mut places);
                }
            }
        }
        trace.said.sort_by_key(|said| said.begin);
        for deeds in trace.files.values_mut() {
            deeds.writes.sort_by_key(|write| write.begin);
            deeds.syncs.sort_by_key(|sync| sync.begin);
        }
        trace
    }

    /// Takes `<time> <call>(<fd><<path>>, <arguments>) = <result> <<seconds>>`.
    fn take(&mut self, line: &str, places: &mut BTreeMap<PathBuf, u64>) -> Option<()> {
        let (time, rest) = line.split_once(' ')?;
        let (call, rest) = rest.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(") = ")?;
        let (result, took) = result.split_once(' ')?;
        let begin = moment(time)?;
        let end = begin + moment(took.trim_matches(['<', '>']))?;
        let result: u64 = result.parse().ok()?;
        let (file, arguments) = arguments.split_once('<')?;
        let (path, arguments) = arguments.split_once('>')?;
        let path = PathBuf::from(String::from_utf8(unhex(path)).ok()?);
        let mut arguments = arguments.split(", ").skip(1);
        match call {
            "fdatasync" | "fsync" => self.files.entry(path).or_default().syncs.push(Sync { begin, end }),
            "lseek" => {
                places.insert(path, result);
            }
            "write" if file == "1" => {
                let text = String::from_utf8(unhex(arguments.next()?)).ok()?;
                let lines = text.lines().filter(|line| line.starts_with("@ "));
                self.said.extend(lines.map(|line| Said { text: line.into(), begin, end }));
            }
            "write" | "pwrite64" => {
                let bytes = unhex(arguments.next()?);
                let at = match call {
                    "pwrite64" => arguments.nth(1)?.parse().ok()?,
                    _ => *places.get(&path)?,
                };
                self.files.entry(path).or_default().writes.push(Write { at, bytes, begin, end });
            }
            _ => {}
        }
        Some(())
    }

    /// When the syncs of a file ended.
    pub(crate) fn syncs(&self, path: &Path) -> Vec<Moment> {
        let deeds = self.files.get(path).into_iter();
        deeds.flat_map(|deeds| &deeds.syncs).map(|sync| sync.end).collect()
    }

    /// Whether a sync of the file began and ended between the two.
    pub(crate) fn is_synced(&self, path: &Path, from: Moment, to: Moment) -> bool {
        let deeds = self.files.get(path).into_iter();
        deeds.flat_map(|deeds| &deeds.syncs).any(|sync| sync.begin >= from && sync.end <= to)
    }

    /// What a power loss at `loss` could leave of a file that was `base` at the start.
    pub(crate) fn after(&self, path: &Path, mut base: Vec<u8>, loss: Moment, random: &mut Random) -> Vec<u8> {
        let Some(deeds) = self.files.get(path) else {
            return base;
        };
        let ended = deeds.syncs.iter().filter(|sync| sync.end <= loss);
        let synced = ended.map(|sync| sync.begin).max().unwrap_or_default();
        for write in deeds.writes.iter().filter(|write| write.begin < loss) {
            let kept = write.end <= synced;
            let mut at = write.at;
            let mut bytes = write.bytes.as_slice();
            while !bytes.is_empty() {
                let length = usize::try_from(SECTOR - at % SECTOR).expect("small").min(bytes.len());
                let (sector, rest) = bytes.split_at(length);
                if kept || random.one_in(2) {
                    put(&mut base, at, sector);
                }
                at += length as u64;
                bytes = rest;
            }
        }
        base
    }
}

fn put(file: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = usize::try_from(at).expect("small");
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// `1700000000.123456789`.
fn moment(text: &str) -> Option<Moment> {
    let (seconds, nanos) = text.split_once('.')?;
    Some(seconds.parse::<Moment>().ok()? * 1_000_000_000 + nanos.parse::<Moment>().ok()?)
}

/// `"\x40\x20"`, or what is not written so as it is.
fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim_matches('"');
    if !text.starts_with("\\x") {
        return text.into();
    }
    let digits = text.split("\\x").skip(1);
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect()
}
