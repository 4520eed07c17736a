//! What a search finds, and the place that it shows.

use domain::{Event, Recorded};
use protocol::{MatchIn, shorten};

use crate::journal::{Place, SearchText};

/// Most of a goal that is found, in characters.
const GOAL_MAX: usize = 4_000;
/// Characters around the first word of a search.
const AROUND: usize = 70;

/// What a search finds of an event.
pub fn findable(recorded: &Recorded) -> Option<SearchText> {
    let (found_in, place) = match &recorded.event {
        Event::PipelineStarted {
            project,
            title,
            goal,
            ..
        } => {
            let goal = shorten(goal, GOAL_MAX);
            let id = &recorded.pipeline;
            (
                MatchIn::Title,
                Place::Text(format!("{title}\n{project}\n{id}\n{goal}")),
            )
        }
        Event::ProgressReported {
            message: Some(message),
            ..
        } => (MatchIn::Message, Place::Text(message.clone())),
        Event::HandoverAccepted { review_changes, .. }
        | Event::ChangesRequested { review_changes, .. }
        | Event::HandoverStopped { review_changes, .. }
            if !review_changes.is_empty() =>
        {
            (MatchIn::Message, Place::Text(review_changes.clone()))
        }
        Event::HandoverSubmitted { document, .. } | Event::HandoverRevised { document, .. } => {
            (MatchIn::Handover, Place::Document(document.hash))
        }
        Event::PromptWritten { document, .. } => (MatchIn::Prompt, Place::Document(document.hash)),
        _ => return None,
    };
    Some(SearchText {
        pipeline: recorded.pipeline.clone(),
        position: recorded.position,
        found_in,
        place,
    })
}

/// The text around the first word that is found, on one line, with the words between U+0002 and U+0003.
pub fn excerpt(text: &str, words: &[String]) -> String {
    // Character by character, since lower case may be longer; only the first letter of each stands for it.
    let lower: Vec<char> = text
        .chars()
        .map(|c| c.to_lowercase().next().unwrap_or(c))
        .collect();
    let words: Vec<Vec<char>> = words
        .iter()
        .map(|word| word.to_lowercase().chars().collect())
        .collect();
    let starts_at = |at: usize| {
        words
            .iter()
            .filter(|word| lower[at..].starts_with(word))
            .map(Vec::len)
            .max()
    };
    let first = (0..lower.len()).find(|at| starts_at(*at).is_some());
    let from = first.unwrap_or(0).saturating_sub(AROUND);
    let to = (first.unwrap_or(0) + 2 * AROUND).min(lower.len());
    let mut line = String::from(if from > 0 { "…" } else { "" });
    let mut open_until = None;
    for (at, c) in text.chars().enumerate().take(to).skip(from) {
        if open_until == Some(at) {
            line.push('\u{3}');
            open_until = None;
        }
        if open_until.is_none()
            && let Some(length) = starts_at(at)
        {
            line.push('\u{2}');
            open_until = Some(at + length);
        }
        line.push(if c.is_whitespace() || c.is_control() {
            ' '
        } else {
            c
        });
    }
    if open_until.is_some() {
        line.push('\u{3}');
    }
    if to < lower.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_marks_the_words() {
        let words = ["größe".to_owned()];
        assert_eq!(
            excerpt("Die GRÖSSE\nder Größe", &words),
            "Die GRÖSSE der \u{2}Größe\u{3}"
        );
        assert_eq!(excerpt("nothing", &words), "nothing");
        let long = format!("{}größe{}", "a ".repeat(500), " b".repeat(500));
        let line = excerpt(&long, &words);
        assert!(
            line.starts_with('…') && line.ends_with('…') && line.contains("\u{2}größe\u{3}"),
            "{line}"
        );
        assert!(line.chars().count() < 230);
    }
}
