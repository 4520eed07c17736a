//! Files that a journal meets when it opens: what it refuses, it does not touch.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use domain::PipelineId;
use rusqlite::Connection;
use serde_json::json;
use server::journal::{OpenError, Sqlite};

use crate::support::{Events, PATIENCE, Program, data_folder};

/// Opens a journal that must be refused.
fn refused(folder: &Path) -> OpenError {
    match Sqlite::open(folder) {
        Ok(_) => panic!("{} was opened", folder.display()),
        Err(error) => error,
    }
}

/// Checks that opening `staffel.db` is refused with these words and leaves its bytes alone.
fn refused_and_untouched(folder: &Path, words: &[&str]) -> OpenError {
    let path = folder.join("staffel.db");
    let before = fs::read(&path).expect("the file");
    let error = refused(folder);
    let text = error.to_string();
    for word in words
        .iter()
        .chain(&["--data DIR", path.display().to_string().as_str()])
    {
        assert!(text.contains(word), "{word:?} in {text}");
    }
    assert!(
        fs::read(&path).expect("the file") == before,
        "the file was changed"
    );
    error
}

/// A folder with a closed, current journal.
fn journal() -> tempfile::TempDir {
    let folder = data_folder();
    drop(Sqlite::open(folder.path()).expect("a journal"));
    // The writer's thread ends a moment after the journal, and takes the write-ahead log with it.
    let until = Instant::now() + PATIENCE;
    while folder.path().join("staffel.db-wal").exists() {
        assert!(Instant::now() < until, "the writer never ends");
        thread::sleep(Duration::from_millis(1));
    }
    folder
}

#[test]
fn a_journal_of_a_newer_version_is_refused_and_untouched() {
    let folder = journal();
    let file = Connection::open(folder.path().join("staffel.db")).expect("the file");
    file.pragma_update(None, "user_version", 99)
        .expect("a newer version");
    drop(file);
    let error = refused_and_untouched(folder.path(), &["newer Staffel", "99", "not touched"]);
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error:?}"
    );
}

#[test]
fn a_database_of_another_program_is_refused_and_untouched() {
    let folder = data_folder();
    let file = Connection::open(folder.path().join("staffel.db")).expect("a file");
    file.execute_batch("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')")
        .expect("a table");
    drop(file);
    let error = refused_and_untouched(folder.path(), &["another program", "not touched"]);
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_untouched() {
    let folder = data_folder();
    fs::write(folder.path().join("staffel.db"), "My diary. ".repeat(1_000)).expect("a file");
    let error = refused_and_untouched(folder.path(), &["damaged", "backup"]);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_damaged_journal_is_refused_and_untouched() {
    let folder = journal();
    let path = folder.path().join("staffel.db");
    let file = Connection::open(&path).expect("the file");
    file.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        .expect("one file");
    drop(file);
    let mut bytes = fs::read(&path).expect("the file");
    // All pages but the first: the head looks right, the tables are gone.
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).expect("damage");
    let error = refused_and_untouched(folder.path(), &["damaged", "backup"]);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_folder_that_another_staffel_uses_is_refused() {
    let folder = data_folder();
    let first = Sqlite::open(folder.path()).expect("a journal");
    let error = refused(folder.path());
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    assert!(
        error.to_string().contains("in use by another Staffel"),
        "{error}"
    );
    drop(first);
    Sqlite::open(folder.path()).expect("free again");
}

#[test]
fn a_data_path_that_cannot_be_a_folder_is_refused() {
    let folder = data_folder();
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("a file");
    for path in [&file, &file.join("below")] {
        let error = refused(path);
        assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
}

#[test]
fn a_missing_folder_is_made_with_all_above_it() {
    let folder = data_folder();
    let deep = folder.path().join("a/b/c");
    Sqlite::open(&deep).expect("a journal");
    assert!(deep.join("staffel.db").is_file());
}

#[tokio::test]
async fn facts_that_a_newer_version_wrote_are_kept_shown_and_harmless() {
    let data = data_folder();
    let program = Program::start(data.path());
    let pipeline = program.api.start("a").await;
    program.kill();

    let file = Connection::open(data.path().join("staffel.db")).expect("the file");
    let strange = "0000000zzz"
        .parse::<PipelineId>()
        .expect("an id")
        .to_string();
    let actor = r#"{"kind":"agent","name":"tomorrow","badge":7}"#;
    let facts = [
        (
            3,
            4,
            &pipeline,
            3,
            r#"{"type":"PipelineDreamt","of":["sheep"]}"#,
        ),
        (
            4,
            4,
            &pipeline,
            4,
            r#"{"type":"ProgressReported","phase":"VAN","message":"known","mood":"good"}"#,
        ),
        (
            5,
            5,
            &pipeline,
            5,
            r#"{"type":"TaskUpdated","status":"levitating"}"#,
        ),
        (6, 6, &strange, 1, r#"{"type":"PipelineImagined"}"#),
    ];
    for (position, end, pipeline, revision, event) in facts {
        file.execute(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4, 1800000000000, ?5, NULL, ?6)",
            (position, end, pipeline, revision, actor, event),
        )
        .expect("a fact by hand");
    }
    drop(file);

    let program = Program::start(data.path());
    let status = program
        .api
        .get(&format!("/api/pipelines/{pipeline}"))
        .await
        .ok();
    assert_eq!(
        (&status["message"], &status["revision"]),
        (&json!("known"), &json!(5))
    );
    assert_eq!(
        program
            .api
            .get(&format!("/api/pipelines/{strange}"))
            .await
            .status,
        404
    );
    let events = program.api.events(&pipeline).await;
    assert_eq!(
        events[2]["event"],
        json!({"type": "PipelineDreamt", "of": ["sheep"]}),
        "as it lies in the journal"
    );
    assert_eq!(events[3]["event"]["mood"], "good");
    // Work goes on after it, and so does a stream from before it.
    let position = program.api.report(&pipeline, "on").await;
    assert_eq!(position, 7);
    let epoch = program.api.get("/api/status").await.ok()["epoch"].clone();
    let id = format!("{}-2", epoch.as_str().expect("an epoch"));
    let mut stream = Events::open(program.api.address, "", Some(&id)).await;
    let seen = stream.up_to(position).await;
    assert_eq!(
        seen.last().map(|event| event.json()["message"].clone()),
        Some(json!("on"))
    );
    assert!(
        seen.iter().all(|event| event.name == "pipeline_status"),
        "{seen:?}"
    );
}
