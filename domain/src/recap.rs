//! What a handover says beside its text, in a form that can be counted and checked: results, open questions, next
//! steps, and evidence.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Attachment, DocumentHash, DocumentRef, Reason, Refusal, attachment,
    limits::{
        ATTACHMENTS_MAX, FILES_MAX, ITEM_MAX, ITEMS_MAX, LINKS_MAX, NAME_MAX, PATH_MAX, RECAP_MAX,
        VERSION_MAX,
    },
    text,
};

/// What a handover says beside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Recap {
    /// What was reached, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<String>,
    /// What is not known yet, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_questions: Vec<String>,
    /// What comes next, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<String>,
    /// What shows that it is so.
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
}

/// What shows that a handover says what is: claims of the agent, each of which can be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The commit that the handover is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch on which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// How the tests ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestRun>,
    /// The files that were changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Pages to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<EvidenceLink>,
    /// Pictures and other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// How the tests ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TestRun {
    /// How many passed.
    pub passed: u32,
    /// How many failed.
    pub failed: u32,
    /// The command that ran them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A page to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceLink {
    /// Its address, of `http` or `https`.
    pub url: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Evidence {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The name of all that a reader decides about: see [`crate::Revision::shown`].
pub(crate) fn shown(document: &DocumentRef, recap: Option<&Recap>) -> DocumentHash {
    recap.map_or(document.hash, |recap| recap.shown_with(document))
}

/// The recap as it is kept; nothing where it says nothing.
pub(crate) fn checked(recap: &Recap) -> Result<Option<Recap>, Refusal> {
    let Evidence {
        commit,
        branch,
        tests,
        files,
        links,
        attachments,
    } = &recap.evidence;
    let tests = tests.as_ref().map(|run| {
        let command =
            text::optional_line("evidence.tests.command", run.command.as_deref(), ITEM_MAX)?;
        Ok(TestRun { command, ..*run })
    });
    let links = most("evidence.links", links, LINKS_MAX)?.iter().map(link);
    let checked = Recap {
        results: lines("results", &recap.results, ITEMS_MAX, ITEM_MAX)?,
        open_questions: lines("open_questions", &recap.open_questions, ITEMS_MAX, ITEM_MAX)?,
        next_steps: lines("next_steps", &recap.next_steps, ITEMS_MAX, ITEM_MAX)?,
        evidence: Evidence {
            commit: text::optional_line("evidence.commit", commit.as_deref(), VERSION_MAX)?,
            branch: text::optional_line("evidence.branch", branch.as_deref(), NAME_MAX)?,
            tests: tests.transpose()?,
            files: lines("evidence.files", files, FILES_MAX, PATH_MAX)?,
            links: links.collect::<Result<_, _>>()?,
            attachments: attached(attachments)?,
        },
    };
    let size: usize = checked.texts().iter().map(String::len).sum();
    if size > RECAP_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("Results, open questions, next steps and evidence have {size} bytes together."),
            format!("at most {RECAP_MAX}."),
            "Shorten them: what is longer belongs into `content`.",
        ));
    }
    Ok((checked != Recap::default()).then_some(checked))
}

fn most<'a, T>(field: &str, given: &'a [T], most: usize) -> Result<&'a [T], Refusal> {
    if given.len() <= most {
        return Ok(given);
    }
    Err(Refusal::new(
        Reason::TooLarge,
        format!("`{field}` has {} entries.", given.len()),
        format!("at most {most}."),
        format!("Send the most important of `{field}`, and the rest in `content`."),
    ))
}

fn lines(
    field: &str,
    given: &[String],
    count: usize,
    length: usize,
) -> Result<Vec<String>, Refusal> {
    let given = most(field, given, count)?.iter();
    given.map(|item| text::line(field, item, length)).collect()
}

fn link(link: &EvidenceLink) -> Result<EvidenceLink, Refusal> {
    let url = text::line("evidence.links.url", &link.url, PATH_MAX)?;
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let web = matches!(scheme.as_deref(), Some("http" | "https"));
    if !web || url.contains(' ') {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`evidence.links.url` is {url:?}."),
            "an address that begins with https:// or http:// and has no blanks.",
            "Send the address of a page; name files in `evidence.files`.",
        ));
    }
    let title = text::optional_line("evidence.links.title", link.title.as_deref(), NAME_MAX)?;
    Ok(EvidenceLink { url, title })
}

/// The attachments as they are kept. Two of one name could not be told apart in the text.
fn attached(given: &[Attachment]) -> Result<Vec<Attachment>, Refusal> {
    const NAME: &str = "evidence.attachments.name";
    let mut kept: Vec<Attachment> = Vec::new();
    for attachment in most("evidence.attachments", given, ATTACHMENTS_MAX)? {
        let name = attachment::file_name(NAME, &attachment.name)?;
        if kept.iter().any(|other| other.name == name) {
            return Err(Refusal::new(
                Reason::Invalid,
                format!("`{NAME}` is {name:?} twice."),
                "names that differ.",
                "Name each file once, and give two files two names.",
            ));
        }
        kept.push(Attachment {
            name,
            ..attachment.clone()
        });
    }
    Ok(kept)
}

impl Recap {
    /// Every text in it.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        self.clone()
            .each_text(&mut |text| texts.push(std::mem::take(text)));
        texts
    }

    /// The same with other texts.
    #[must_use]
    pub fn map_texts(&self, other: impl Fn(&str) -> String) -> Self {
        let mut changed = self.clone();
        changed.each_text(&mut |text| *text = other(text));
        changed
    }

    fn each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        let Self {
            results,
            open_questions,
            next_steps,
            evidence,
        } = self;
        let Evidence {
            commit,
            branch,
            tests,
            files,
            links,
            attachments,
        } = evidence;
        for list in [results, open_questions, next_steps, files] {
            list.iter_mut().for_each(&mut *visit);
        }
        let command = tests.as_mut().and_then(|run| run.command.as_mut());
        let single = [commit.as_mut(), branch.as_mut(), command];
        single.into_iter().flatten().for_each(&mut *visit);
        for EvidenceLink { url, title } in links {
            visit(url);
            title.iter_mut().for_each(&mut *visit);
        }
        for attachment in attachments {
            visit(&mut attachment.name);
        }
    }

    /// The name of a text that is shown with this: other words here, and it is another one.
    fn shown_with(&self, document: &DocumentRef) -> DocumentHash {
        let mut hash = Sha256::new();
        hash.update(document.hash.as_bytes());
        // JSON keeps apart what stands in which field, and leaves out what is empty: a field that is added later
        // renames nothing that was read before.
        hash.update(serde_json::to_vec(self).unwrap_or_default());
        let bytes: [u8; 32] = hash.finalize().into();
        bytes.into()
    }
}
