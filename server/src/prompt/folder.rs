//! Prompts as files, in a folder of choice: for whatever looks there and speaks none of the other ways.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::{Pipeline, Prompt};
use serde_json::json;
use tempfile::NamedTempFile;

/// The names are those of GENXAIS, whose users have scripts that look for them.
const TEXT: &str = "latest_prompt.md";
const DATA: &str = "latest_prompt.json";

/// The folder. In it lies the newest prompt of all, and in a folder for each pipeline the newest of that one.
#[derive(Debug, Clone)]
pub struct PromptFolder(PathBuf);

impl PromptFolder {
    /// A folder that is there and can be written, or can be made.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        // Now, and not after the first decision.
        NamedTempFile::new_in(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Puts a prompt there: as text, and as JSON with what belongs to it. Whoever looks sees an old file or a new one, whole.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn put(&self, pipeline: &Pipeline, prompt: &Prompt, text: &str) -> io::Result<()> {
        let data = json!({
            "pipeline": pipeline.id,
            "project": pipeline.project,
            "title": pipeline.title,
            "prompt_id": prompt.id,
            "phase": prompt.phase,
            "purpose": prompt.purpose,
            "handover": prompt.handover,
            "revision": prompt.revision,
            "written": prompt.deliveries.first().map(|written| written.at),
            "prompt": text,
        });
        // Ids are letters and digits.
        let own = self.0.join(pipeline.id.as_str());
        fs::create_dir_all(&own)?;
        for folder in [&own, &self.0] {
            write(folder, TEXT, text)?;
            // The last one: whoever waits for it finds the text beside it.
            write(folder, DATA, &data.to_string())?;
        }
        Ok(())
    }
}

fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = NamedTempFile::new_in(folder)?;
    fs::write(new.path(), text)?;
    new.persist(folder.join(name))
        .map_err(|error| error.error)?;
    Ok(())
}
