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
        Wire::Pictures => many("Bild nicht angehängt", "Bilder nicht angehängt"),
        Wire::OpenQuestions => many("offene Frage", "offene Fragen"),
        Wire::Comments => many("Kommentar nicht erledigt", "Kommentare nicht erledigt"),
        Wire::Files => format!(
            "{}, {} erlaubt",
            many("Datei geändert", "Dateien geändert"),
            hit.limit.unwrap_or_default()
        ),
        Wire::SetterMayNot => {
            "wer die Regel festgelegt hat, darf nicht mehr entscheiden".to_owned()
        }
        Wire::Paused => "die Arbeit ist pausiert".to_owned(),
        Wire::Deciding => "eine Entscheidung ist gerade unterwegs".to_owned(),
        Wire::LastPhase => "die letzte Phase nimmt nur ein Mensch an".to_owned(),
        Wire::NotSearched => "der Text ließ sich nicht nach Platzhaltern durchsuchen".to_owned(),
        Wire::Unknown => "ein Grund, den diese Version nicht kennt".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_wire_has_words_of_its_own_in_every_language() {
        let wires = [
            Wire::FailedTests,
            Wire::NoTests,
            Wire::Placeholders,
            Wire::Pictures,
            Wire::OpenQuestions,
            Wire::Comments,
            Wire::Files,
            Wire::SetterMayNot,
            Wire::Paused,
            Wire::Deciding,
            Wire::LastPhase,
            Wire::NotSearched,
            Wire::Unknown,
        ];
        let mut said = HashSet::new();
        for language in [Language::En, Language::De] {
            for wire in wires {
                let hit = WireHit {
                    wire,
                    count: 2,
                    limit: Some(1),
                };
                assert!(said.insert(words(&hit, language)), "{wire:?}");
            }
            assert_eq!(not_accepted(&[], language), "");
        }
        let one = WireHit {
            wire: Wire::FailedTests,
            count: 1,
            limit: None,
        };
        assert_eq!(
            not_accepted(&[one], Language::De),
            "Nicht automatisch angenommen: 1 Test fehlgeschlagen"
        );
    }
}
