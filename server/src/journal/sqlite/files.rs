//! The files of pipelines.

use domain::{DocumentHash, Media, PipelineId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::journal::{FileRef, FileStored, NewFile};

/// Stores a file, unless it is there or has no room.
pub fn store(connection: &Connection, file: &NewFile) -> rusqlite::Result<FileStored> {
    let NewFile {
        pipeline,
        hash,
        media,
        bytes,
        most,
    } = file;
    if about(connection, pipeline, hash)?.is_some() {
        return Ok(FileStored::Known);
    }
    let used: u64 = connection.query_row(
        "SELECT coalesce(sum(size), 0) FROM files WHERE pipeline = ?1",
        [pipeline.as_str()],
        |row| row.get(0),
    )?;
    let size = bytes.len() as u64;
    if used + size > *most {
        return Ok(FileStored::NoRoom { used });
    }
    connection.execute(
        "INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            pipeline.as_str(),
            hash.as_bytes(),
            size,
            media.name(),
            &bytes[..]
        ],
    )?;
    Ok(FileStored::New)
}

/// What is known of a file.
pub fn about(
    connection: &Connection,
    pipeline: &PipelineId,
    hash: &DocumentHash,
) -> rusqlite::Result<Option<FileRef>> {
    let select = "SELECT size, media FROM files WHERE pipeline = ?1 AND hash = ?2";
    let found = connection.query_row(select, params![pipeline.as_str(), hash.as_bytes()], |row| {
        let media: String = row.get(1)?;
        Ok(FileRef {
            size: row.get(0)?,
            media: Media::named(&media),
        })
    });
    found.optional()
}

/// The bytes of a file.
pub fn bytes(
    connection: &Connection,
    pipeline: &PipelineId,
    hash: &DocumentHash,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let select = "SELECT bytes FROM files WHERE pipeline = ?1 AND hash = ?2";
    let found = connection.query_row(select, params![pipeline.as_str(), hash.as_bytes()], |row| {
        row.get(0)
    });
    found.optional()
}
