//! The trip-wires that were hit, in the words of a notice.

use domain::{Language, Wire, WireHit};

/// Why a policy did not accept a handover, in one line; empty where nothing was hit.
pub fn not_accepted(hit: &[WireHit], language: Language) -> String {
    if hit.is_empty() {
        return String::new();
    }
    let hits: Vec<_> = hit.iter().map(|hit| words(hit, language)).collect();
    let hits = hits.join(", ");
    match language {
        Language::En => format!("Not accepted automatically: {hits}"),
        Language::De => format!("Nicht automatisch angenommen: {hits}"),
    }
}

fn words(hit: &WireHit, language: Language) -> String {
    if language == Language::En {
        return hit.to_string();
    }
    let count = hit.count;
    let many = |one: &str, more: &str| {
        let words = if count == 1 { one } else { more };
        format!("{count} {words}")
    };
    match hit.wire {
        Wire::FailedTests => many("Test fehlgeschlagen", "Tests fehlgeschlagen"),
        Wire::NoTests => "keine Testergebnisse".to_owned(),
        Wire::Placeholders => many("Platzhalter übrig", "Platzhalter übrig"),
        Wire::OpenQuestions => many("offene Frage", "offene Fragen"),
        Wire::Comments => many("Kommentar nicht erledigt", "Kommentare nicht erledigt"),
        Wire::Files => format!(
            "{}, {} erlaubt",
            many("Datei geändert", "Dateien geändert"),
            hit.limit.unwrap_or_default()
        ),
        Wire::SetterMayNot => "wer die Regel gesetzt hat, darf nicht mehr entscheiden".to_owned(),
        Wire::Paused => "die Arbeit ist pausiert".to_owned(),
        Wire::Deciding => "eine Entscheidung ist gerade unterwegs".to_owned(),
        Wire::LastPhase => "die letzte Phase nimmt nur ein Mensch an".to_owned(),
        Wire::NotSearched => "der Text ließ sich nicht nach Platzhaltern durchsuchen".to_owned(),
        Wire::Unknown => "ein Grund, den diese Version nicht kennt".to_owned(),
    }
}
