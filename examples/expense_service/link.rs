//! Links for mails: each names one decision of one approver on one expense, and says until when.
//!
//! A link is the decision as JSON and its HMAC-SHA256 under a key that only the service has. Nothing of it is stored: that it counts
//! once comes from the run, which waits for that decision once.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE;
use hmac::{Hmac, KeyInit, Mac};
use sayiir::Timestamp;
use sayiir::clock::Clock;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// One decision that its bearer may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// The expense.
    pub(crate) run: String,
    /// The signal that is sent.
    pub(crate) signal: String,
    /// Who sends it.
    pub(crate) approver: String,
    /// Yes or no.
    pub(crate) approve: bool,
    /// When the link ends.
    pub(crate) expires: Timestamp,
}

/// Why a link is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// It was not signed here, or not so.
    #[error("this is not a link of this service")]
    Forged,
    /// Its time is over.
    #[error("this link expired at {0}")]
    Expired(Timestamp),
}

/// Signs links and opens them.
#[derive(Clone)]
pub(crate) struct Links {
    key: [u8; KEY],
    clock: Arc<dyn Clock>,
}

/// Bytes of a key: as many as of a SHA-256.
const KEY: usize = 32;

impl Links {
    /// With the key that a file holds; one that is not there is made, with a new key.
    pub(crate) fn open(path: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        if !path.try_exists()? {
            let mut key = [0; KEY];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            write_secret(path, &key)?;
        }
        let key = fs::read(path)?.try_into().map_err(|_| io::Error::other("a key has 32 bytes"))?;
        Ok(Self { key, clock })
    }

    /// When something ends that begins now.
    pub(crate) fn in_time(&self, limit: Duration) -> Timestamp {
        self.clock.now().checked_add(limit).unwrap_or(Timestamp::MAX)
    }

    /// The link as it stands in a URL.
    pub(crate) fn sign(&self, link: &Link) -> String {
        let words = serde_json::to_vec(link).expect("text and numbers encode");
        let mac = self.mac(&words).finalize().into_bytes();
        format!("{}.{}", URL_SAFE.encode(&words), URL_SAFE.encode(mac))
    }

    /// What a link permits, if it was signed here and its time is not over.
    pub(crate) fn open_link(&self, text: &str) -> Result<Link, LinkError> {
        let forged = |_| LinkError::Forged;
        let (words, mac) = text.split_once('.').ok_or(LinkError::Forged)?;
        let words = URL_SAFE.decode(words).map_err(forged)?;
        let mac = URL_SAFE.decode(mac).map_err(forged)?;
        // In constant time: how long it takes says nothing about the right one.
        self.mac(&words).verify_slice(&mac).map_err(|_| LinkError::Forged)?;
        let link: Link = serde_json::from_slice(&words).map_err(|_| LinkError::Forged)?;
        if link.expires <= self.clock.now() {
            return Err(LinkError::Expired(link.expires));
        }
        Ok(link)
    }

    fn mac(&self, words: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key may have any length");
        mac.chain_update(words)
    }
}

/// Without the key.
impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// Writes a file that only its owner reads, whole or not at all.
fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use sayiir::testing::VirtualClock;

    use super::*;

    fn links(clock: &VirtualClock, key: u8) -> Links {
        Links { key: [key; KEY], clock: Arc::new(clock.clone()) }
    }

    fn of(links: &Links) -> Link {
        Link {
            run: "exp-1".into(),
            signal: "manager_approval".into(),
            approver: "bob".into(),
            approve: true,
            expires: links.in_time(Duration::from_hours(48)),
        }
    }

    #[test]
    fn a_link_opens_until_it_expires() {
        let clock = VirtualClock::default();
        let links = links(&clock, 7);
        let link = of(&links);
        let text = links.sign(&link);
        assert_eq!(links.open_link(&text), Ok(link.clone()));
        clock.set(link.expires - Duration::from_millis(1));
        assert_eq!(links.open_link(&text), Ok(link.clone()));
        clock.set(link.expires);
        assert_eq!(links.open_link(&text), Err(LinkError::Expired(link.expires)));
    }

    #[test]
    fn a_link_whose_words_key_or_signature_are_others_is_forged() {
        let clock = VirtualClock::default();
        let links = links(&clock, 7);
        let link = of(&links);
        let text = links.sign(&link);
        let (words, mac) = text.split_once('.').expect("two parts");

        let other = |link: Link| URL_SAFE.encode(serde_json::to_vec(&link).expect("it encodes"));
        for words in [
            other(Link { run: "exp-2".into(), ..link.clone() }),
            other(Link { signal: "director_approval".into(), ..link.clone() }),
            other(Link { approver: "eve".into(), ..link.clone() }),
            other(Link { approve: false, ..link.clone() }),
            other(Link { expires: Timestamp::MAX, ..link.clone() }),
        ] {
            assert_eq!(links.open_link(&format!("{words}.{mac}")), Err(LinkError::Forged), "{words}");
        }
        for text in
            [format!("{words}."), format!("{words}.{}", &mac[..10]), words.into(), ".".into(), String::new()]
        {
            assert_eq!(links.open_link(&text), Err(LinkError::Forged), "{text}");
        }
        assert_eq!(super::tests::links(&clock, 8).open_link(&text), Err(LinkError::Forged));
    }

    #[test]
    fn the_key_is_made_once_and_read_by_its_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("link.key");
        let open = || Links::open(&path, Arc::new(VirtualClock::default())).expect("it opens");
        let first = open();
        let text = first.sign(&of(&first));
        assert!(open().open_link(&text).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
