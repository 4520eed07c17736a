//! What is said around a review.

use domain::{Decision, PhaseName, Verdict};

use crate::Lang;

/// `PLAN → CREATE`; after the last phase `REFLECT → end`.
pub(crate) fn gate(lang: Lang, next: Option<&PhaseName>) -> String {
    next.map_or_else(|| lang.end_of_relay().to_owned(), ToString::to_string)
}

/// `revision 2`.
pub(crate) fn revision(lang: Lang, number: u32) -> String {
    format!("{} {number}", lang.pick("revision", "Fassung"))
}

/// Read aloud once when a gate opens.
pub(crate) fn arrived(lang: Lang, phase: &PhaseName, title: &str) -> String {
    match lang {
        Lang::En => format!("{title}: the handover of {phase} waits for you."),
        Lang::De => format!("{title}: Die Übergabe von {phase} wartet auf dich."),
    }
}

/// The document changed under the reader.
pub(crate) fn replaced(lang: Lang, number: u32) -> String {
    match lang {
        Lang::En => format!("Revision {number} replaced what you were reading."),
        Lang::De => format!("Fassung {number} hat ersetzt, was du gelesen hast."),
    }
}

/// A revision answers the changes that were asked for before.
pub(crate) fn waiting(lang: Lang, span: &str) -> String {
    match lang {
        Lang::En => format!("waiting {span}"),
        Lang::De => format!("wartet {span}"),
    }
}

/// The reader's own decision arrived.
pub(crate) fn own(
    lang: Lang,
    verdict: Verdict,
    phase: &PhaseName,
    next: Option<&PhaseName>,
) -> String {
    match (lang, verdict, next) {
        (Lang::En, Verdict::Accept, Some(next)) => {
            format!("{phase} is accepted. The prompt for {next} is on its way.")
        }
        (Lang::De, Verdict::Accept, Some(next)) => {
            format!("{phase} ist angenommen. Der Prompt für {next} ist unterwegs.")
        }
        (Lang::En, Verdict::Accept, None) => format!("{phase} is accepted. That was the last leg."),
        (Lang::De, Verdict::Accept, None) => {
            format!("{phase} ist angenommen. Das war die letzte Etappe.")
        }
        (Lang::En, Verdict::RequestChanges, _) => {
            format!("Changes to {phase} are requested. The prompt for them is on its way.")
        }
        (Lang::De, Verdict::RequestChanges, _) => {
            format!("Änderungen an {phase} sind erbeten. Der Prompt dafür ist unterwegs.")
        }
        (Lang::En, Verdict::Stop, _) => "The pipeline is stopped.".to_owned(),
        (Lang::De, Verdict::Stop, _) => "Die Pipeline ist angehalten.".to_owned(),
    }
}

/// Somebody else decided first.
pub(crate) fn elsewhere(lang: Lang, decision: &Decision, phase: &PhaseName) -> String {
    let by = &decision.by.name;
    match (lang, decision.decision) {
        (Lang::En, Verdict::Accept) => format!("{by} accepted {phase}."),
        (Lang::De, Verdict::Accept) => format!("{by} hat {phase} angenommen."),
        (Lang::En, Verdict::RequestChanges) => format!("{by} requested changes to {phase}."),
        (Lang::De, Verdict::RequestChanges) => format!("{by} hat Änderungen an {phase} erbeten."),
        (Lang::En, Verdict::Stop) => format!("{by} stopped the pipeline at {phase}."),
        (Lang::De, Verdict::Stop) => format!("{by} hat die Pipeline bei {phase} angehalten."),
    }
}

/// The gate closed without a decision: the pipeline ended.
pub(crate) fn gone(lang: Lang, phase: &PhaseName) -> String {
    match lang {
        Lang::En => {
            format!("The handover of {phase} no longer waits: the pipeline went on or ended.")
        }
        Lang::De => format!(
            "Die Übergabe von {phase} wartet nicht mehr: Die Pipeline lief weiter oder endete."
        ),
    }
}
