//! The files that a text shows, in its HTML.

use domain::{PipelineId, Recap};

use crate::documents::{Seen, pictures_shown};

/// The HTML of a handover with the files that its text shows, where they are attached. Only people get files: for everybody else
/// their words stand there.
pub fn with_pictures(
    html: &str,
    pipeline: &PipelineId,
    recap: Option<&Recap>,
    for_person: bool,
) -> String {
    let attached = recap.map_or(&[][..], |recap| &recap.evidence.attachments);
    pictures_shown(html, |name| {
        let file = attached.iter().find(|file| file.name == name);
        let file = file.filter(|_| for_person)?;
        let address = app::paths::attachment(pipeline, &file.hash);
        Some(if file.media.is_picture() {
            Seen::Picture(address)
        } else {
            Seen::File(address)
        })
    })
}
