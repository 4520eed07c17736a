//! What a handover says beside its text: evidence, results, open questions, next steps, and what is missing.

use domain::{Attachment, Evidence, EvidenceLink, PipelineId, TestRun};
use leptos::prelude::*;

use super::Points;
use crate::{
    Lang,
    board::Board,
    components::element::{About, element, plain},
    follow::{drawn, maybe, text, word},
    paths,
};

/// So many of what is missing are named.
const NAMED: usize = 5;

impl Points {
    /// All of it; nothing of what it does not say.
    pub fn evidence(self) -> AnyView {
        let board = self.board;
        drawn(move || {
            let Some(shown) = self.shown() else {
                return ().into_any();
            };
            let recap = shown.recap.as_ref();
            let handover = self.handover();
            let pipeline = handover.pipeline();
            let mut facts = Vec::new();
            if let Some(recap) = recap {
                facts_of(board, &recap.evidence, None, &mut facts);
                files_of(board, pipeline, &recap.evidence.attachments, &mut facts);
            }
            if let Some(earlier) = &shown.earlier {
                facts_of(board, &earlier.evidence, Some(earlier.revision), &mut facts);
            }
            let mut parts = Vec::new();
            if !facts.is_empty() {
                let about = About {
                    role: Some("group"),
                    label: Some(word(board.t(Lang::evidence))),
                    ..About::default()
                };
                parts.push(element("div", Signal::stored("evidence"), about, facts));
            }
            if let Some(recap) = recap {
                let mut lists = Vec::new();
                lists.extend(lines(
                    board,
                    "asks",
                    Lang::open_questions,
                    &recap.open_questions,
                ));
                lists.extend(lines(board, "", Lang::results, &recap.results));
                lists.extend(lines(board, "", Lang::next_steps, &recap.next_steps));
                if !lists.is_empty() {
                    parts.push(plain("div", "recap", lists));
                }
            }
            let open = shown.placeholders.iter().map(|it| it.text.clone());
            parts.extend(missing(
                board,
                open.collect(),
                Lang::not_filled_in,
                Lang::not_filled_in_more,
            ));
            parts.extend(missing(
                board,
                shown.not_attached.clone(),
                Lang::not_attached,
                Lang::not_attached_more,
            ));
            parts.into_any()
        })
    }
}

/// What is missing, the first few by name; nothing where nothing is.
fn missing(
    board: Board,
    all: Vec<String>,
    says: fn(Lang, &str) -> String,
    says_more: fn(Lang, &str, &str) -> String,
) -> Option<AnyView> {
    let first = all.get(..NAMED).unwrap_or(&all).join(", ");
    let more = all.len().saturating_sub(NAMED);
    let said = text(move || {
        let lang = board.lang.get();
        match more {
            0 => says(lang, &first),
            more => says_more(lang, &more.to_string(), &first),
        }
    });
    (!all.is_empty()).then(|| plain("p", "unfilled", vec![said.into_any()]))
}

/// A list under its heading, where there is something in it.
fn lines(
    board: Board,
    class: &'static str,
    says: fn(Lang) -> &'static str,
    items: &[String],
) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let items = items
        .iter()
        .map(|item| view! { <li dir="auto">{item.clone()}</li> }.into_any());
    let parts = vec![
        plain("h3", "", vec![board.t(says).into_any()]),
        plain("ul", "", items.collect()),
    ];
    Some(plain("section", class, parts))
}

/// The facts of some evidence. `of` is the revision that it came with, where the text is another one now.
fn facts_of(board: Board, evidence: &Evidence, of: Option<u32>, facts: &mut Vec<AnyView>) {
    let Evidence {
        commit,
        branch,
        tests,
        files,
        links,
        attachments,
    } = evidence;
    let fact = |class: &'static str, says: AnyView, more: Option<AnyView>| {
        let says = if of.is_some() {
            plain("del", "", vec![says])
        } else {
            plain("b", "", vec![says])
        };
        let old = maybe(move || of.map(|of| board.lang.get().old_evidence(&of.to_string())));
        let class = if of.is_some() { "proof old" } else { class };
        let mut parts = vec![says];
        parts.extend(more);
        if of.is_some() {
            parts.push(plain("span", "sub", vec![old.into_any()]));
        }
        plain("div", class, parts)
    };
    let code = |code: &String| plain("code", "", vec![code.clone().into_any()]);
    if let Some(TestRun {
        passed,
        failed,
        command,
    }) = tests
    {
        let (passed, failed) = (u64::from(*passed), u64::from(*failed));
        let says = text(move || {
            let lang = board.lang.get();
            let said = lang.tests_passed(&passed.to_string(), &(passed + failed).to_string());
            if failed > 0 {
                format!("{said}, {}", lang.tests_failed(failed))
            } else {
                said
            }
        });
        let class = if failed > 0 { "proof fault" } else { "proof" };
        facts.push(fact(class, says.into_any(), command.as_ref().map(code)));
    }
    for (says, value) in [
        (Lang::commit as fn(Lang) -> &'static str, commit),
        (Lang::branch, branch),
    ] {
        if let Some(value) = value {
            facts.push(fact("proof", board.t(says).into_any(), Some(code(value))));
        }
    }
    if !files.is_empty() {
        let count = files.len() as u64;
        let says = text(move || board.lang.get().files_changed(count));
        let items = files.iter().map(|file| plain("li", "", vec![code(file)]));
        let list = plain("ul", "", items.collect());
        let list = view! { <details><summary>{says}</summary>{list}</details> }.into_any();
        let parts = match of {
            Some(_) => fact("proof", list, None),
            None => plain("div", "proof", vec![list]),
        };
        facts.push(parts);
    }
    for EvidenceLink { url, title } in links {
        let says = title.clone().unwrap_or_else(|| url.clone());
        let link = view! { <a href=url.clone() target="_blank" rel="noopener noreferrer nofollow">{says}</a> };
        facts.push(fact("proof", link.into_any(), None));
    }
    // What is there now is to be opened; of what was there before, the name is enough.
    for Attachment { name, .. } in attachments.iter().filter(|_| of.is_some()) {
        facts.push(fact("proof", name.clone().into_any(), None));
    }
}

/// The files: pictures are shown, and all of them can be opened by whoever is signed in.
fn files_of(
    board: Board,
    pipeline: &PipelineId,
    attachments: &[Attachment],
    facts: &mut Vec<AnyView>,
) {
    let signed_in = board.me.with_value(Option::is_some);
    for attachment in attachments {
        let Attachment {
            name, hash, media, ..
        } = attachment;
        let size = format!("{} KB", attachment.size.div_ceil(1024));
        let size = plain("span", "sub", vec![size.into_any()]);
        let href = paths::attachment(pipeline, hash);
        let name = name.clone();
        facts.push(if !signed_in {
            let name = plain("b", "", vec![name.into_any()]);
            plain("div", "proof", vec![name, size])
        } else if media.is_picture() {
            let source = href.clone();
            let picture = view! {
                <a href=href target="_blank" rel="noopener">
                    <img src=source alt="" loading="lazy" decoding="async"/>
                    <span dir="auto">{name}</span>
                </a>
            };
            plain("div", "proof", vec![picture.into_any(), size])
        } else {
            let link = view! { <a href=href download=name.clone() dir="auto">{name.clone()}</a> };
            plain("div", "proof", vec![link.into_any(), size])
        });
    }
}
