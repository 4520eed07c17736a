//! Texts by content hash: stored once, rendered once, kept in memory within a bound.

mod changes;
mod highlight;
mod html;
mod markdown;
mod pictures;
mod placeholders;
mod render;

pub use changes::lines;
pub use pictures::{Seen, shown as pictures_shown};

use std::sync::Arc;

use domain::{Document, DocumentHash, DocumentRef};
use moka::future::Cache;
use protocol::{DiffBlock, DiffLine, Placeholder, Rendering};
use tokio::sync::Semaphore;

use html::plain;

use crate::{
    journal::{Journal, ReadError},
    secrets::{self, Found},
};

/// Most bytes of texts in memory: the handovers of the pipelines that people look at now.
const TEXT_BYTES: u64 = 16 * 1024 * 1024;
/// Most bytes of HTML in memory.
const HTML_BYTES: u64 = 16 * 1024 * 1024;
/// Most bytes of comparisons in memory: several people read one and the same.
const CHANGES_BYTES: u64 = 8 * 1024 * 1024;
/// Texts that are rendered at once. One core stays free for everybody else on the smallest machine.
const RENDERING: usize = 1;

/// Texts in which secrets are looked for at once. Each takes a time that its length bounds; a slow rendering must not hold
/// it up, for what everybody is told waits for it.
const SCANNING: usize = 2;
/// Texts whose findings are in memory; each has a hundred at most.
const FINDINGS: u64 = 1_000;
/// Most places in memory that may be secrets; a text without any counts as one.
const FOUND_MAX: u64 = 20_000;

/// A text as HTML.
#[derive(Debug, Clone)]
pub struct Html {
    /// Sanitised HTML.
    pub html: Arc<str>,
    /// What became of the text.
    pub rendering: Rendering,
}

/// What one text has that another has not.
#[derive(Debug)]
pub struct Changes {
    /// As it is read.
    pub blocks: Vec<DiffBlock>,
    /// As it is written.
    pub lines: Vec<DiffLine>,
    /// Whether something is left out.
    pub cut: bool,
}

impl Changes {
    fn bytes(&self) -> usize {
        let blocks = self
            .blocks
            .iter()
            .map(|block| size_of_val(block) + block.html.len());
        let lines = self
            .lines
            .iter()
            .map(|line| size_of_val(line) + line.text.len());
        blocks.chain(lines).sum()
    }
}

/// What was looked for in a text.
#[derive(Debug, Default)]
pub struct Findings {
    /// What whoever wrote it has forgotten to fill in, the first fifty.
    pub placeholders: Vec<Placeholder>,
    /// The names of the files that it shows as pictures, the first fifty.
    pub pictures: Vec<String>,
    /// Whether all of it was searched. What is nested too deep is not.
    pub searched: bool,
}

/// The texts of a journal. Cloning is shallow.
#[derive(Clone)]
pub struct Documents {
    journal: Arc<dyn Journal>,
    texts: Cache<DocumentHash, Arc<str>>,
    pages: Cache<DocumentHash, Html>,
    rendering: Arc<Semaphore>,
    secrets: Cache<DocumentHash, Arc<[Found]>>,
    findings: Cache<DocumentHash, Arc<Findings>>,
    changes: Cache<(DocumentHash, DocumentHash, bool), Arc<Changes>>,
    scanning: Arc<Semaphore>,
}

impl Documents {
    /// The texts of this journal.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        let weight = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Self {
            journal,
            texts: Cache::builder()
                .max_capacity(TEXT_BYTES)
                .weigher(move |_, text: &Arc<str>| weight(text.len()))
                .build(),
            pages: Cache::builder()
                .max_capacity(HTML_BYTES)
                .weigher(move |_, page: &Html| weight(page.html.len()))
                .build(),
            rendering: Arc::new(Semaphore::new(RENDERING)),
            scanning: Arc::new(Semaphore::new(SCANNING)),
            findings: Cache::new(FINDINGS),
            changes: Cache::builder()
                .max_capacity(CHANGES_BYTES)
                .weigher(move |_, changes: &Arc<Changes>| weight(changes.bytes()))
                .build(),
            secrets: Cache::builder()
                .max_capacity(FOUND_MAX)
                .weigher(|_, found: &Arc<[Found]>| {
                    u32::try_from(found.len() + 1).unwrap_or(u32::MAX)
                })
                .build(),
        }
    }

    /// Keeps a text at hand that is about to be stored, and looks for secrets in it: whoever brings it waits for that, and nobody
    /// else does.
    pub async fn keep(&self, document: &Document) {
        let reference = document.reference();
        self.texts
            .insert(reference.hash, Arc::clone(document.text()))
            .await;
        // Where that fails it is tried again when somebody asks.
        let _ = self.secrets(&reference).await;
    }

    /// A text.
    ///
    /// # Errors
    /// The journal cannot be read, or it has lost the text.
    pub async fn text(&self, reference: &DocumentRef) -> Result<Arc<str>, ReadError> {
        let hash = reference.hash;
        let read = async {
            let lost = || ReadError(format!("the text {hash} is missing"));
            self.journal.text(&hash).await?.ok_or_else(lost)
        };
        self.texts
            .try_get_with(hash, read)
            .await
            .map_err(|error| ReadError::clone(&error))
    }

    /// What in a text may be a secret. It is looked for once, beside the threads that serve requests.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn secrets(&self, reference: &DocumentRef) -> Result<Arc<[Found]>, ReadError> {
        let find = async {
            let text = self.text(reference).await?;
            let _turn = self.scanning.acquire().await;
            tokio::task::spawn_blocking(move || secrets::find(&text).into())
                .await
                .map_err(|error| ReadError(error.to_string()))
        };
        self.secrets
            .try_get_with(reference.hash, find)
            .await
            .map_err(|error| ReadError::clone(&error))
    }

    /// A text without what may be a secret: for everybody but people.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn masked(&self, reference: &DocumentRef) -> Result<Arc<str>, ReadError> {
        let (text, found) = (self.text(reference).await?, self.secrets(reference).await?);
        Ok(if found.is_empty() {
            text
        } else {
            secrets::masked(&text, &found).into()
        })
    }

    /// What is left to fill in in a text, and which files it shows.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn findings(&self, reference: &DocumentRef) -> Result<Arc<Findings>, ReadError> {
        let find = async {
            let text = self.text(reference).await?;
            let _turn = self.scanning.acquire().await;
            tokio::task::spawn_blocking(move || Arc::new(find(&text)))
                .await
                .map_err(|error| ReadError(error.to_string()))
        };
        self.findings
            .try_get_with(reference.hash, find)
            .await
            .map_err(|error| ReadError::clone(&error))
    }

    /// What the text `to` has that `from` has not: as it is read, as it is written, and whether something is left out. For
    /// everybody but people, without what may be a secret.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn changes(
        &self,
        from: &DocumentRef,
        to: &DocumentRef,
        for_person: bool,
    ) -> Result<Arc<Changes>, ReadError> {
        let compare = async {
            let (old, new) = if for_person {
                (self.text(from).await?, self.text(to).await?)
            } else {
                (self.masked(from).await?, self.masked(to).await?)
            };
            let _turn = self.rendering.acquire().await;
            let compare = move || {
                let (was, is) = (render::render(&old), render::render(&new));
                // Colours may differ where the text does not, and are many elements.
                let (was, is) = (plain(&was.html), plain(&is.html));
                let (blocks, fewer_blocks) = changes::blocks(&was, &is);
                let (lines, fewer_lines) = changes::lines(&old, &new);
                let cut = fewer_blocks || fewer_lines;
                Arc::new(Changes { blocks, lines, cut })
            };
            tokio::task::spawn_blocking(compare)
                .await
                .map_err(|error| ReadError(error.to_string()))
        };
        self.changes
            .try_get_with((from.hash, to.hash, for_person), compare)
            .await
            .map_err(|error| ReadError::clone(&error))
    }

    /// A text as HTML. It is rendered when somebody first asks, beside the threads that serve requests; whoever asks
    /// meanwhile waits for the same rendering.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub async fn html(&self, reference: &DocumentRef) -> Result<Html, ReadError> {
        let render = async {
            let text = self.text(reference).await?;
            let _turn = self.rendering.acquire().await;
            let render = move || {
                let mut page = render::render(&text);
                if let Some(html) = html::in_stretches(&page.html) {
                    page.html = html.into();
                }
                page
            };
            tokio::task::spawn_blocking(render)
                .await
                .map_err(|error| ReadError(error.to_string()))
        };
        self.pages
            .try_get_with(reference.hash, render)
            .await
            .map_err(|error| ReadError::clone(&error))
    }
}

fn find(text: &str) -> Findings {
    if render::is_too_deep(text) {
        return Findings::default();
    }
    Findings {
        placeholders: placeholders::find(text),
        pictures: pictures::find(text),
        searched: true,
    }
}

/// A short text as HTML, for tests.
#[cfg(test)]
pub fn rendered(text: &str) -> String {
    render::render(text).html.to_string()
}

/// What is not filled in in a text, for tests.
#[cfg(test)]
pub fn placeholders(text: &str) -> Vec<Placeholder> {
    placeholders::find(text)
}
