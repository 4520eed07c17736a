//! Who has the baton, in a sentence.

use domain::{Status, Timestamp, view::PipelineStatus};

use super::{age, pipeline, quoted};
use crate::{Lang, standing};

/// What is happening, and what can be done about it.
pub(crate) fn words(lang: Lang, status: &PipelineStatus, now: Timestamp) -> (String, String) {
    let agent = status
        .agent
        .as_deref()
        .unwrap_or(lang.pick("The agent", "Der Agent"));
    let phase = &status.phase;
    let since = age::span(lang, now.millis_since(status.baton_since));
    let heard = age::ago(lang, now.millis_since(status.last_sign_of_life));
    match (status.status, lang) {
        (Status::Running, _) if standing::silence(status, now).is_some() => {
            let line = super::sentence(&pipeline::line(lang, status, now));
            let next = lang.pick(
                "Look into its window: it may wait for you there, or have lost its connection.",
                "Sieh in sein Fenster: Vielleicht wartet er dort auf dich oder hat die Verbindung verloren.",
            );
            (format!("{agent}: {line}."), next.to_owned())
        }
        (Status::Running, _) => {
            let works = match lang {
                Lang::En => format!("{agent} works on {phase}."),
                Lang::De => format!("{agent} arbeitet an {phase}."),
            };
            let said = status.message.as_ref().map_or_else(String::new, |message| {
                format!("{} · ", quoted(lang, message))
            });
            (works, format!("{said}{heard}"))
        }
        (Status::AwaitingReview, Lang::En) => (
            format!("{phase} is handed over."),
            format!("It has waited for you for {since}."),
        ),
        (Status::AwaitingReview, Lang::De) => (
            format!("{phase} ist übergeben."),
            format!("Es wartet seit {since} auf dich."),
        ),
        (Status::HandingOver, _) if standing::prompt_is_being_written(status) => (
            lang.pick(
                "You have decided; the prompt is being written.",
                "Entschieden; der Prompt wird geschrieben.",
            )
            .to_owned(),
            String::new(),
        ),
        (Status::HandingOver, Lang::En) => (
            format!("The prompt is out, and no agent has picked it up for {since}."),
            "A waiting agent gets it by itself. Otherwise hand it on below.".to_owned(),
        ),
        (Status::HandingOver, Lang::De) => (
            format!("Der Prompt ist draußen, und seit {since} hat ihn kein Agent abgeholt."),
            "Ein wartender Agent bekommt ihn von selbst. Sonst gib ihn unten weiter.".to_owned(),
        ),
        (Status::Idle, _) => (
            lang.pick("No phase has begun.", "Noch keine Phase hat begonnen.")
                .to_owned(),
            lang.pick(
                "It begins with the agent's first report.",
                "Sie beginnt mit der ersten Meldung des Agenten.",
            )
            .to_owned(),
        ),
        (Status::Completed | Status::Failed | Status::Cancelled, _) => {
            let ended = match status.status {
                Status::Completed => lang.pick("The baton is home.", "Der Stab ist im Ziel."),
                Status::Failed => {
                    lang.pick("The agent gave up here.", "Der Agent hat hier aufgegeben.")
                }
                _ => lang.pick(
                    "The relay was stopped here.",
                    "Die Staffel wurde hier angehalten.",
                ),
            };
            (
                ended.to_owned(),
                super::sentence(&format!("{}.", pipeline::line(lang, status, now))),
            )
        }
    }
}
