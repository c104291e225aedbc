//! Compaction: sled's files never shrink, so the live keys are copied into the next generation, which then counts.
//!
//! Until the file `current` is renamed, the old generation counts and the new one is removed by the next opening; from then
//! on it is the other way round. So a crash at any point leaves one whole database. The counters of places are not copied but
//! counted anew: that repairs one that was wrong.

use std::fs;

use sayiir_core::backend::BackendError;

use crate::error::{caught, from_sled};
use crate::frame;
use crate::fresh::{Finished, Fresh};
use crate::keys;
use crate::layout::Layout;
use crate::options::Options;
use crate::places::Moves;
use crate::recovery::keep;

/// Copies what is live in `db`, which nobody writes to meanwhile, and lets the copy count. The old generation is still there.
///
/// # Errors
/// `Damaged` if a value does not hold its checksum, and what sled and the system say; then the old generation counts.
pub(crate) fn compact(
    layout: &Layout,
    options: &Options,
    db: &sled::Db,
    sequence: u64,
) -> Result<Finished, BackendError> {
    let latest = layout.generations()?.into_iter().max().unwrap_or_default();
    let number = latest + 1;
    let directory = layout.generation(number);
    let copied = copy(layout, options, db, sequence, number);
    if copied.is_err() && layout.current()? != Some(number) {
        // The next opening would remove it as well.
        let _ = fs::remove_dir_all(&directory);
    }
    copied
}

fn copy(
    layout: &Layout,
    options: &Options,
    db: &sled::Db,
    sequence: u64,
    number: u64,
) -> Result<Finished, BackendError> {
    let mut fresh = Fresh::create(&layout.generation(number), options)?;
    caught(|| {
        for pair in db.range(keys::RUNS..keys::PLACES) {
            let (key, value) = pair.map_err(from_sled)?;
            if key.starts_with(keys::RUNS) {
                frame::decode(&key, &value)?;
            }
            fresh.put(key, value)?;
        }
        Moves::counted(db)?.pairs().try_for_each(|(key, value)| fresh.put(key, value))
    })?;
    let Finished { db, log, live } = fresh.finish(layout, sequence)?;
    let (db, ()) = keep(db, |_| layout.switch(number))?;
    Ok(Finished { db, log, live })
}
