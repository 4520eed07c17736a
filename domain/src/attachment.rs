//! Files beside a handover: pictures and whatever else shows that it is so. The rules know their names and hashes; the
//! server keeps their bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DocumentHash, Reason, Recap, Refusal, limits::FILE_NAME_MAX, text};

/// A file beside a handover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// What it is called, without folders.
    pub name: String,
    /// SHA-256 of its bytes, as the upload has answered it.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub hash: DocumentHash,
    /// Its size in bytes. The server knows it: what a request says is not looked at.
    #[serde(default)]
    pub size: u64,
    /// What its bytes are. The server knows it: what a request says is not looked at.
    #[serde(default)]
    pub media: Media,
}

/// What the bytes of a file are, as far as a browser may show them. Found in the bytes, never in a name: a page that calls
/// itself a picture stays something to download.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Media {
    /// A picture.
    #[serde(rename = "image/png")]
    Png,
    /// A picture.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A picture.
    #[serde(rename = "image/gif")]
    Gif,
    /// A picture.
    #[serde(rename = "image/webp")]
    Webp,
    /// Anything else: it is downloaded, and nothing in it runs.
    #[default]
    #[serde(rename = "application/octet-stream", other)]
    File,
}

impl Media {
    /// All of them.
    const ALL: [Self; 5] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp, Self::File];

    /// What these bytes are, by the signatures of the formats (<https://mimesniff.spec.whatwg.org/#image-type-pattern-matching-algorithm>).
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Png,
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                b'V',
                b'P',
                ..,
            ] => Self::Webp,
            _ => Self::File,
        }
    }

    /// As the header `Content-Type` and a store have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::File => "application/octet-stream",
        }
    }

    /// The one of this name; a file where there is none.
    pub fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|media| media.name() == name).unwrap_or_default()
    }

    /// Whether a browser may show it.
    pub fn is_picture(self) -> bool {
        self != Self::File
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of the pictures that a text shows, by their names, are not among the files beside it.
pub fn missing<'a>(
    shown: &'a [String],
    recap: Option<&'a Recap>,
) -> impl Iterator<Item = &'a String> {
    let attached = recap.map_or(&[][..], |recap| &recap.evidence.attachments);
    let is_there = |name: &String| attached.iter().any(|file| file.name == *name);
    shown.iter().filter(move |name| !is_there(name))
}

/// The name of a file as it is kept: one line, without folders.
///
/// # Errors
/// There is none, it is too long, or it names a folder.
pub fn file_name(field: &str, given: &str) -> Result<String, Refusal> {
    let name = text::line(field, given, FILE_NAME_MAX)?;
    if name.contains(['/', '\\']) || name.chars().all(|c| c == '.') {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`{field}` is {name:?}."),
            "the name of a file, without folders.",
            format!("Send the last part of the path as `{field}`."),
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_stands_in_its_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        for (bytes, media) in [
            (&png[..], Media::Png),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Media::Jpeg),
            (b"GIF89a\x01\0", Media::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Media::Webp),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
                Media::File,
            ),
            (b"<!doctype html>", Media::File),
            (b" \x89PNG\r\n\x1a\n", Media::File),
            (b"GIF88a", Media::File),
            (b"", Media::File),
        ] {
            assert_eq!(Media::of(bytes), media, "{bytes:?}");
            assert_eq!(Media::named(media.name()), media);
        }
        assert_eq!(Media::named("text/html"), Media::File);
        let unknown: Media = serde_json::from_str("\"image/heic\"").expect("a newer one");
        assert_eq!(unknown, Media::File);
    }

    #[test]
    fn a_name_has_no_folder_and_turns_no_line_around() {
        assert_eq!(
            file_name("name", " shot 1.png ").as_deref(),
            Ok("shot 1.png")
        );
        assert_eq!(
            file_name("name", "a\u{202e}gnp.exe").as_deref(),
            Ok("agnp.exe")
        );
        for name in ["", "..", "a/b.png", "..\\b.png", "a\0b"] {
            assert!(file_name("name", name).is_err(), "{name:?}");
        }
    }
}
