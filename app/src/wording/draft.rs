//! What is said about a prompt before an agent has it.

use domain::PromptVersion;

use super::{connection, grouped, pipeline};
use crate::{
    Lang,
    api::Failure,
    draft::{Found, Known, Listed, TEMPLATE},
    standing::Use,
};

/// When it leaves, or that it has left.
pub(crate) fn goes_out(lang: Lang, used: Use) -> &'static str {
    match used {
        Use::Held => lang.goes_out(),
        Use::Waits => lang.out_already(),
        Use::Works | Use::Over => lang.taken_meanwhile(),
    }
}

/// The versions: `2 · gpt-5`.
pub(crate) fn versions(lang: Lang, reader: &str, versions: &[PromptVersion]) -> Vec<Row> {
    let mut rows = Vec::new();
    for version in versions {
        let by = pipeline::written_by(lang, reader, &version.writer);
        let number = rows.len() as u32 + 1;
        rows.push(Row {
            number,
            ..Row::of(format!("{number} · {by}"))
        });
    }
    rows
}

/// Who can write it anew.
pub(crate) fn writers(lang: Lang, known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in &known.models {
        rows.push(Row {
            name: name.clone(),
            ..Row::of(name.clone())
        });
    }
    rows.push(Row {
        name: TEMPLATE.to_owned(),
        ..Row::of(lang.template().to_owned())
    });
    rows
}

/// Somebody else saved a version meanwhile, so that what was asked for was refused.
pub(crate) fn stale(lang: Lang, version: u32, by: &str, edited: bool) -> String {
    let version = version.to_string();
    if edited {
        lang.draft_stale(by, &version)
    } else {
        lang.draft_changed(by, &version)
    }
}

/// Somebody else saved a version meanwhile.
pub(crate) fn behind(lang: Lang, version: u32, by: &str) -> String {
    lang.draft_behind(by, &version.to_string())
}

/// How long it is.
pub(crate) fn characters(lang: Lang, text: &str) -> String {
    let count = text.chars().count() as u64;
    lang.characters(count, &grouped(lang, count))
}

/// One of several: a place that may be a secret, a line of a comparison, what a model would ask, a version, a writer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// How it looks.
    pub class: &'static str,
    /// What stands before it: not by its colour alone is it told what became of a line.
    pub mark: &'static str,
    /// What it says.
    pub said: String,
    /// What the server calls it.
    pub name: String,
    /// Of a version: its number.
    pub number: u32,
}

impl Row {
    /// The class of what a model would ask.
    pub const QUESTION: &str = "asked";

    /// One that says this, and nothing else.
    pub fn of(said: String) -> Self {
        Self {
            said,
            ..Self::default()
        }
    }
}

/// Where something may be a secret.
pub(crate) fn secrets(lang: Lang, known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for secret in &known.secrets {
        let said = lang.secret_at(&secret.kind, &secret.line.to_string());
        rows.push(Row::of(said));
    }
    rows
}

/// The lines of a comparison.
pub(crate) fn lines(lang: Lang, known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in &known.diff.lines {
        let (class, mark) = match line.change.as_str() {
            "added" => ("added", "+"),
            "removed" => ("removed", "−"),
            "skipped" => ("skipped", "…"),
            _ => ("", " "),
        };
        let said = if class == "skipped" {
            lang.unchanged_lines(&line.text)
        } else {
            line.text.clone()
        };
        rows.push(Row {
            class,
            mark,
            ..Row::of(said)
        });
    }
    rows
}

/// What a model would have to ask.
pub(crate) fn questions(known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for question in &known.cold.questions {
        rows.push(Row {
            class: Row::QUESTION,
            ..Row::of(question.clone())
        });
    }
    rows
}

/// The button that sends.
pub(crate) fn send(lang: Lang, agent: Option<&str>, secrets: u64) -> String {
    if secrets > 0 {
        return lang.send_with_secrets(secrets);
    }
    lang.send_to(agent.unwrap_or(lang.an_agent()))
}

/// What a model said that read nothing else.
pub(crate) fn cold(lang: Lang, read: &Found) -> String {
    if read.ready {
        lang.cold_ready(&read.model)
    } else {
        lang.cold_not_ready(&read.model)
    }
}

/// What a model said that was tried.
pub(crate) fn tested(lang: Lang, found: &Found) -> String {
    let took = super::age::took(lang, found.took_ms);
    lang.model_answered(&found.answer, &found.model, &took)
}

/// What is to be known about a comparison beside its lines.
pub(crate) fn about_diff(lang: Lang, known: &Known) -> String {
    let changed = |line: &Listed| line.change == "added" || line.change == "removed";
    let more = if known.diff.cut {
        lang.diff_cut()
    } else if known.diff.lines.iter().any(changed) {
        ""
    } else {
        lang.no_difference()
    };
    let about = lang.comparison(&known.from.to_string(), &known.version.to_string());
    format!("{about} {more}")
}

/// For which phases people look at the prompts; nothing where nobody chose.
pub(crate) fn held_phases(lang: Lang, chosen: Option<&[domain::PhaseName]>, all: usize) -> String {
    match chosen {
        None => lang.held_by_setting().to_owned(),
        Some([]) => lang.held_none().to_owned(),
        Some(phases) if phases.len() == all => lang.held_all().to_owned(),
        Some(phases) => {
            let names: Vec<_> = phases.iter().map(domain::PhaseName::as_str).collect();
            names.join(", ")
        }
    }
}

/// Why it was not done. What is typed is still there.
pub(crate) fn failed(lang: Lang, failure: &Failure) -> String {
    match failure {
        // What a model did not do, or what is wrong with the text, only the server's words say.
        Failure::Refused(problem)
            if !problem.detail.is_empty()
                && matches!(
                    problem.kind(),
                    "invalid" | "model" | "no-model" | "busy" | "internal"
                ) =>
        {
            lang.refused_answer(&problem.detail)
        }
        Failure::Refused(problem) if problem.kind() == "not-your-turn" => {
            lang.refused_taken().to_owned()
        }
        _ => connection::failure(lang, failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    #[test]
    fn the_button_says_to_whom_and_what_goes_with_it() {
        assert_eq!(send(Lang::En, Some("codex"), 0), "Send to codex");
        assert_eq!(send(Lang::De, None, 0), "An den Agenten senden");
        assert_eq!(send(Lang::En, Some("codex"), 1), "Send with 1 secret");
        assert_eq!(send(Lang::De, None, 2), "Mit 2 Geheimnissen senden");
    }

    #[test]
    fn a_comparison_says_what_its_lines_do_not() {
        let line = |change: &str, text: &str| Listed {
            change: change.to_owned(),
            text: text.to_owned(),
            ..Listed::default()
        };
        let mut known = Known::default();
        known.diff.lines.push(line("skipped", "9"));
        assert!(about_diff(Lang::En, &known).ends_with("No difference."));
        assert_eq!(lines(Lang::En, &known)[0].said, "9 unchanged lines");
        known.diff.lines.push(line("added", "Go on."));
        assert!(about_diff(Lang::En, &known).ends_with("− is gone. "));
        assert_eq!(lines(Lang::De, &known)[1].mark, "+");
    }

    #[test]
    fn a_refusal_says_what_became_of_the_prompt() {
        let refused = |kind: &str, detail: &str| {
            let problem = Problem {
                kind: format!("urn:staffel:problem:{kind}"),
                detail: detail.to_owned(),
                ..Problem::default()
            };
            failed(Lang::En, &Failure::Refused(problem))
        };
        assert_eq!(
            refused("not-your-turn", "cursor has picked up the prompt p1."),
            "It can't be changed any more: an agent has the prompt. Send a note instead."
        );
        assert_eq!(
            refused("invalid", "No key."),
            "The server didn't accept this: No key."
        );
        assert_eq!(refused("ended", "x"), "This pipeline has ended.");
    }
}
