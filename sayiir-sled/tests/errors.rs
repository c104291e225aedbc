//! The errors of files, in words: each says which database, file, run or line it is about, and leaves everything as it was.
//! Those of a device that fails are in `io_errors`, of a full one in `disk_full`.

mod files;
mod script;

use std::error::Error;
use std::path::Path;
use std::{fs, io};

use files::{data, tree};
use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::{ExportError, ImportError, SledBackend};
use script::Place;

/// Which error an answer is, and its words.
macro_rules! assert_error {
    ($answer:expr, $error:pat $(if $holds:expr)?, $words:expr $(,)?) => {{
        let words = $words;
        let Err(error) = $answer else { panic!("accepted, instead of: {words}") };
        assert_eq!(error.to_string(), words);
        assert!(matches!(&error, $error $(if $holds)?), "{error:?}");
    }};
}

/// A closed database with one run.
async fn filled(path: &Path) {
    let backend = SledBackend::open(path).expect("it opens");
    let change = script::change(&script::run(0), Place::default());
    backend.commit(&change.into()).await.expect("it commits");
}

async fn verify(path: &Path) {
    let backend = SledBackend::open(path).expect("it opens");
    assert_eq!(script::verify(&backend, &script::run(0)).await, Place::default().next());
    assert!(backend.check().expect("it reads").damage.is_empty());
}

/// A database and what is exported from it.
async fn exported(path: &Path) -> String {
    filled(path).await;
    let mut lines = Vec::new();
    SledBackend::open(path).expect("it opens").export(&mut lines).expect("it exports");
    String::from_utf8(lines).expect("JSON is text")
}

#[tokio::test]
async fn a_database_that_is_in_use() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let in_use = |path: &Path| {
        format!(
            "the database {} is in use by another process, or by another handle of this one",
            path.display()
        )
    };
    let backend = SledBackend::open(path).expect("it opens");
    assert_error!(SledBackend::open(path), BackendError::InUse { .. }, in_use(path));
    drop(backend);
    // Somebody has sled's own files open, past our lock.
    let files = tree(path);
    assert_error!(SledBackend::open(path), BackendError::InUse { .. }, in_use(&data(path)));
    drop(files);
    verify(path).await;
}

#[tokio::test]
async fn a_database_that_lost_its_files_or_is_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("store");
    filled(&path).await;
    let (log, aside) = (data(&path).join("db"), directory.path().join("aside"));
    fs::rename(&log, &aside).expect("it is moved");
    let missing = format!("the database is damaged: {} is missing", log.display());
    assert_error!(SledBackend::open(&path), BackendError::Damaged { .. }, missing);
    fs::rename(&aside, &log).expect("it is moved back");
    verify(&path).await;

    let file = directory.path().join("file");
    fs::write(&file, "no directory").expect("it is written");
    let error = SledBackend::open(&file).expect_err("it is a file");
    assert!(matches!(&error, BackendError::Io { .. }), "{error:?}");
    let words = format!("i/o error: creating {}: ", file.display());
    assert!(error.to_string().starts_with(&words), "{error}");
    assert!(error.source().is_some(), "the system's own error is kept");
    assert_eq!(fs::read_to_string(file).expect("it reads"), "no directory");
}

#[tokio::test]
async fn a_run_whose_history_has_a_hole() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let run = script::run(0);
    let id = run.as_str().as_bytes();
    let record = [&[1, u8::try_from(id.len()).expect("short")], id].concat();
    let entry = [record.as_slice(), &[1], &0_u64.to_be_bytes()].concat();
    tree(path).remove(entry).expect("it is removed").expect("it was there");
    let backend = SledBackend::open(path).expect("it opens");
    assert_error!(
        backend.record(&run).await,
        BackendError::Damaged { .. },
        "the database is damaged: the record of run run-0: its history has 0 entries, it says 1"
    );
    let damage = backend.check().expect("it reads").damage;
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert!(damage[0].to_string().contains("run run-0"), "{}", damage[0]);
}

#[tokio::test]
async fn an_import_that_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    let lines = exported(&old).await;
    let import = |lines: &str| SledBackend::import(&new, lines.as_bytes());
    assert_error!(
        SledBackend::import(&old, lines.as_bytes()),
        ImportError::NotEmpty { .. },
        format!("there is a database in {} already", old.display())
    );
    assert_error!(
        import("{\"format\":7}\n"),
        ImportError::NewerFormat { found: 7 },
        "the export has format 7, this version reads up to 1: import it with a newer one"
    );
    assert_error!(
        import(&lines.replacen("{\"record\"", "{\"rekord\"", 1)),
        ImportError::Line { number: 2, source } if source.to_string().starts_with("unknown variant `rekord`"),
        "line 2 of the export does not read"
    );
    let mut parts: Vec<&str> = lines.lines().collect();
    let end = parts.pop().expect("the end");
    assert_error!(
        import(&parts.join("\n")),
        ImportError::Cut { .. },
        "the export is not whole: it has no end"
    );
    assert_error!(
        import(&lines.replacen("\"runs\":1", "\"runs\":2", 1)),
        ImportError::Cut { .. },
        "the export is not whole: it says 2 runs and has 1"
    );
    assert_error!(
        import(end),
        ImportError::Cut { .. },
        "the export is not whole: it does not begin with its format"
    );
    let backend = SledBackend::open(&old).expect("it opens");
    assert_error!(
        SledBackend::import(&old, lines.as_bytes()),
        ImportError::Store(BackendError::InUse { .. }),
        format!(
            "the database {} is in use by another process, or by another handle of this one",
            old.display()
        )
    );
    drop(backend);
    verify(&old).await;
    // Nothing of it is left in the way.
    import(&lines).expect("it imports");
    verify(&new).await;
}

/// A place that is always full, and always broken.
struct Broken;

impl io::Write for Broken {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Read for Broken {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[tokio::test]
async fn an_export_that_goes_nowhere_or_comes_from_nowhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    filled(&old).await;
    let backend = SledBackend::open(&old).expect("it opens");
    assert_error!(
        backend.export(Broken),
        ExportError::Write(source) if source.kind() == io::ErrorKind::BrokenPipe,
        "the export cannot be written"
    );
    assert_error!(
        SledBackend::import(&new, io::BufReader::new(Broken)),
        ImportError::Read(source) if source.kind() == io::ErrorKind::BrokenPipe,
        "the export cannot be read"
    );
    drop(backend);
    verify(&old).await;
    assert!(SledBackend::open(&new).expect("it opens").check().expect("it reads").runs == 0);
}
