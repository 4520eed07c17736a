//! Words that stand alone, English and German side by side: a text that is missing does not compile.

use crate::Lang;

macro_rules! texts {
    ($($name:ident: $en:expr, $de:expr;)*) => {
        impl Lang {
            $(pub(crate) const fn $name(self) -> &'static str {
                self.pick($en, $de)
            })*
        }
    };
}

texts! {
    // The frame
    skip: "Skip to the content", "Zum Inhalt springen";
    all_pipelines: "All pipelines", "Alle Pipelines";
    find: "Find a pipeline", "Pipeline finden";
    connect_an_agent: "Connect an agent", "Agenten verbinden";
    other_language: "Deutsch", "English";
    in_other_language: "Auf Deutsch anzeigen", "Show in English";
    dismiss: "Dismiss", "Ausblenden";
    reload: "Reload", "Neu laden";
    theme_system: "Colours: as the system. Switch to light", "Farben: wie das System. Zu Hell wechseln";
    theme_light: "Colours: light. Switch to dark", "Farben: hell. Zu Dunkel wechseln";
    theme_dark: "Colours: dark. Switch to the system's", "Farben: dunkel. Zu denen des Systems wechseln";
    journal: "journal", "Journal";
    api: "API", "API";
    updated: "Staffel was updated while this page was open. Reload it when it suits you.",
        "Staffel wurde aktualisiert, während diese Seite offen war. Lade sie neu, wenn es dir passt.";

    // The connection
    live: "Live", "Live";
    connecting: "Connecting", "Verbinde";
    reconnecting: "Reconnecting", "Verbinde neu";
    offline: "Offline", "Offline";
    retry: "Retry", "Jetzt versuchen";

    // Standings
    idle: "Not started", "Nicht begonnen";
    agent_runs: "Agent runs", "Agent läuft";
    no_sign_of_life: "No sign of life", "Kein Lebenszeichen";
    you_have_it: "You have it", "Du bist dran";
    in_transit: "In transit", "Unterwegs";
    finished: "Finished", "Fertig";
    failed: "Failed", "Gescheitert";
    stopped: "Stopped", "Angehalten";
    demo: "Demo", "Demo";

    // The overview
    nobody_on_track: "Nobody is on the track yet", "Noch niemand auf der Bahn";
    waiting_for_you: "Waiting for you", "Wartet auf dich";
    who_has_the_baton: "Who has the baton", "Wer hat den Stab";
    next_gate_here: "The next handover appears here and opens by itself.",
        "Die nächste Übergabe erscheint hier und öffnet sich von selbst.";
    read_and_decide: "Read and decide", "Lesen und entscheiden";
    clear_find: "Show all pipelines", "Alle Pipelines zeigen";

    // Progress
    not_reported: "no progress reported", "kein Fortschritt gemeldet";
    handed_over: "handed over", "übergeben";
    accepted: "accepted", "angenommen";
    changes_requested: "changes requested", "Änderungen erbeten";
    writing_prompt: "the prompt is being written", "der Prompt wird geschrieben";
    next_leg: "next", "als Nächstes";
    nobody_picked_up: "no agent has picked it up", "noch kein Agent hat ihn abgeholt";

    // A pipeline's page
    phases: "Phases", "Phasen";
    goal: "Goal", "Ziel";
    goal_more: "Show the whole goal", "Das ganze Ziel zeigen";
    version: "Cycle version", "Zyklusversion";
    planned: "planned", "geplant";
    pipeline_id: "Pipeline id", "Pipeline-Id";
    work: "Work", "Arbeit";
    no_tasks: "No tasks reported. An agent names them with update_pipeline_status.",
        "Keine Aufgaben gemeldet. Ein Agent nennt sie mit update_pipeline_status.";
    what_happened: "What happened", "Was geschah";
    whole_journal: "Everything, as JSON", "Alles, als JSON";
    newest_lines: "The newest lines.", "Die neuesten Zeilen.";
    task_pending: "not begun", "nicht begonnen";
    task_in_progress: "in progress", "in Arbeit";
    task_completed: "done", "erledigt";
    task_failed: "failed", "gescheitert";

    // The review
    later: "Later", "Später";
    fetching_document: "Fetching the document …", "Das Dokument wird geholt …";
    no_document: "The document could not be fetched.", "Das Dokument ließ sich nicht holen.";
    try_again: "Try again", "Noch einmal versuchen";
    what_should_change: "What should change? (goes into the prompt)", "Was soll anders werden? (geht in den Prompt)";
    accept: "Accept", "Annehmen";
    accept_with_change: "Accept with this change", "Mit dieser Änderung annehmen";
    request_changes: "Request changes", "Änderungen erbitten";
    say_what: "Say in a sentence what should change; then request it.",
        "Sag in einem Satz, was anders werden soll; dann erbitte es.";
    stop_pipeline: "Stop pipeline", "Pipeline anhalten";
    stop_really: "Stop it for good? The agent is told to end; nothing is deleted.",
        "Endgültig anhalten? Der Agent erfährt, dass Schluss ist; gelöscht wird nichts.";
    stop_yes: "Stop it", "Anhalten";
    stop_no: "Keep it", "Weitermachen";
    sending: "Sending your decision …", "Deine Entscheidung wird gesendet …";
    not_sent: "Your decision did not get through. Nothing is lost: your text is still here.",
        "Deine Entscheidung kam nicht an. Nichts ist verloren: Dein Text steht noch da.";
    document: "Handover document", "Übergabedokument";
    your_decision: "Your decision", "Deine Entscheidung";
    end_of_relay: "end", "Ende";

    // The prompt
    step_decided: "Decided", "Entschieden";
    step_written: "Written", "Geschrieben";
    step_offered: "Offered", "Angeboten";
    step_picked_up: "Picked up", "Abgeholt";
    step_acknowledged: "Acknowledged", "Bestätigt";
    step_running: "Running", "Läuft";
    step_skipped: "not seen", "nicht gesehen";
    way_of_the_prompt: "The way of the prompt", "Der Weg des Prompts";
    fetching_prompt: "Fetching the text …", "Der Text wird geholt …";
    no_prompt: "The text could not be fetched.", "Der Text ließ sich nicht holen.";
    written_in_a_moment: "Its text appears here as soon as it is written.",
        "Sein Text erscheint hier, sobald er geschrieben ist.";
    whole_text: "Show all of it", "Alles zeigen";
    less_text: "Show less", "Weniger zeigen";
    prompt_text: "Text of the prompt", "Text des Prompts";
    hand_it_on: "Hand it on", "Weitergeben";
    short: "short", "kurz";
    copy: "Copy", "Kopieren";
    copied: "Copied", "Kopiert";
    not_copied: "Select and copy it by hand", "Bitte von Hand kopieren";
    short_too_long: "short form: the whole text is too long for this link",
        "Kurzform: Der ganze Text ist zu lang für diesen Link";
    short_forbidden: "short form: this assistant refuses the whole text in a link",
        "Kurzform: Dieser Assistent nimmt den ganzen Text nicht per Link an";
    confirm_there: "A link opens the assistant with the text typed in; you press Enter there.",
        "Ein Link öffnet den Assistenten mit dem Text darin; Enter drückst du dort.";

    // Connecting
    connect_lead: "An agent that can use MCP reports here by itself: what it does, when it hands over, and it waits for your decision.",
        "Ein Agent, der MCP kann, meldet sich hier selbst: was er tut, wann er übergibt, und er wartet auf deine Entscheidung.";
    mcp_address: "MCP address", "MCP-Adresse";
    any_other: "Any other client", "Jeder andere";
    in_a_terminal: "In a terminal, in the folder of your project", "Im Terminal, im Ordner deines Projekts";
    or_by_hand: "Or by hand, in", "Oder von Hand, in";
    asks_there: "It asks you there before it adds anything.", "Dort wirst du gefragt, bevor etwas hinzukommt.";
    token_elsewhere: "From another machine an agent needs a token. Make one where Staffel runs:",
        "Von einem anderen Rechner aus braucht ein Agent ein Token. Erzeuge es dort, wo Staffel läuft:";
    waiting_for_call: "Waiting for the first call. This turns green when it arrives.",
        "Warte auf den ersten Aufruf. Hier wird es grün, wenn er ankommt.";
    agents: "Agents", "Agenten";
    never_called: "has not called yet", "hat noch nicht aufgerufen";
    has_token: "token", "Token";
    reads_only: "token, reads only", "Token, liest nur";
    without_token: "name not proven", "Name nicht belegt";
    agents_since: "Who has called since Staffel started, and whoever has a token.",
        "Wer aufgerufen hat, seit Staffel läuft, und wer ein Token hat.";
    then_say: "Then tell the agent:", "Dann sag dem Agenten:";
    first_words: "Start a Staffel pipeline for this work and hand over after each phase.",
        "Starte für diese Arbeit eine Staffel-Pipeline und übergib nach jeder Phase.";
    or_demo: "Only looking? A demo agent works through all phases, and you decide:",
        "Nur mal sehen? Ein Vorführ-Agent arbeitet alle Phasen ab, und du entscheidest:";

    // Dead ends
    not_found: "There is nothing at this address", "An dieser Adresse ist nichts";
    not_found_next: "The link may be mistyped or old. All pipelines are on the overview.",
        "Der Link ist vielleicht vertippt oder alt. Alle Pipelines stehen in der Übersicht.";
    unknown_pipeline: "No such pipeline here", "Diese Pipeline gibt es hier nicht";
    unknown_pipeline_next: "It may live on another Staffel, or the link is incomplete. If an agent starts it now, it appears here.",
        "Sie läuft vielleicht auf einem anderen Staffel, oder der Link ist unvollständig. Startet ein Agent sie jetzt, erscheint sie hier.";
    to_overview: "To all pipelines", "Zu allen Pipelines";
}
