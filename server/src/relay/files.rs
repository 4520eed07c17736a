//! The files beside handovers: their bytes lie in the journal, the facts name their hashes.

use std::borrow::Cow;

use axum::body::Bytes;
use domain::{
    Attachment, Command, DocumentHash, Media, PipelineId, Reason, Refusal, attachment,
    limits::{ATTACHMENT_MAX, ATTACHMENTS_MAX, ATTACHMENTS_OF_PIPELINE_MAX},
};
use sha2::{Digest, Sha256};

use super::{Relay, RelayError};
use crate::journal::{AppendError, FileRef, FileStored, NewFile};

impl Relay {
    /// Stores a file of a pipeline, and answers what a handover can name.
    ///
    /// # Errors
    /// Refuses a name that is none, a file that is empty or too large, and one for which the pipeline has no room.
    pub async fn store_file(
        &self,
        pipeline: &PipelineId,
        name: &str,
        bytes: Bytes,
    ) -> Result<Attachment, RelayError> {
        let name = attachment::file_name("name", name)?;
        let size = bytes.len();
        if size == 0 || size > ATTACHMENT_MAX {
            return Err(Refusal::new(
                if size == 0 {
                    Reason::Invalid
                } else {
                    Reason::TooLarge
                },
                format!("The file {name:?} has {size} bytes."),
                format!("1 to {ATTACHMENT_MAX} bytes."),
                "Send the bytes of the file as the body; name the address of a larger one in `evidence.links`.",
            )
            .into());
        }
        // An unknown pipeline keeps nothing.
        self.pipeline(pipeline).await?;
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        let file = NewFile {
            pipeline: pipeline.clone(),
            hash: hash.into(),
            media: Media::of(&bytes),
            bytes,
            most: ATTACHMENTS_OF_PIPELINE_MAX,
        };
        let (hash, media) = (file.hash, file.media);
        let stored = self.shared.journal.store_file(file).await;
        match stored.map_err(not_stored)? {
            FileStored::New | FileStored::Known => Ok(Attachment {
                name,
                hash,
                size: size as u64,
                media,
            }),
            FileStored::NoRoom { used } => Err(Refusal::new(
                Reason::TooLarge,
                format!(
                    "The files of pipeline {pipeline} have {used} bytes, and {name:?} has {size}."
                ),
                format!("at most {ATTACHMENTS_OF_PIPELINE_MAX} together."),
                "Name its address in `evidence.links` instead.",
            )
            .into()),
        }
    }

    /// The bytes of a file of a pipeline.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn file_bytes(
        &self,
        pipeline: &PipelineId,
        hash: &DocumentHash,
    ) -> Result<Option<Vec<u8>>, RelayError> {
        Ok(self.shared.journal.file_bytes(pipeline, hash).await?)
    }

    /// The command with what the rules cannot know of the files that a handover names: that they are there, and what they
    /// are.
    pub(super) async fn with_files<'a>(
        &self,
        pipeline: &PipelineId,
        mut command: Cow<'a, Command>,
    ) -> Result<Cow<'a, Command>, RelayError> {
        let Command::HandOver { recap, .. } = &*command else {
            return Ok(command);
        };
        let named = &recap.evidence.attachments;
        // The rules refuse more than that; nobody looks for them.
        if named.is_empty() || named.len() > ATTACHMENTS_MAX {
            return Ok(command);
        }
        let mut known = Vec::with_capacity(named.len());
        for attachment in named {
            let found = self.shared.journal.file(pipeline, &attachment.hash).await?;
            let FileRef { size, media } = found.ok_or_else(|| missing(pipeline, attachment))?;
            known.push(Attachment {
                size,
                media,
                ..attachment.clone()
            });
        }
        if let Command::HandOver { recap, .. } = command.to_mut() {
            recap.evidence.attachments = known;
        }
        Ok(command)
    }
}

fn missing(pipeline: &PipelineId, Attachment { name, hash, .. }: &Attachment) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!(
            "Pipeline {pipeline} has no file with the hash {hash}, which `evidence.attachments` names as {name:?}."
        ),
        "files that were uploaded to this pipeline.",
        "Upload it first: `staffel attach FILE`, or POST its bytes to /api/pipelines/ID/attachments?name=NAME. Name the hash \
         that comes back.",
    )
}

/// Nothing was told to anybody, and the same file can be sent again: what is stored is found by its hash.
fn not_stored(error: AppendError) -> RelayError {
    match error {
        AppendError::Full => RelayError::Full,
        error => RelayError::Unavailable(error.to_string()),
    }
}
