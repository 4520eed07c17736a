# Die Texte der Übersicht auf Deutsch. Format: Project Fluent, https://projectfluent.org/fluent/guide/
#
# Fehlt hier ein Text aus en.ftl oder hat er einen anderen Platzhalter, wird nichts gebaut. Was die
# Platzhalter bedeuten, steht dort.
#
# Die Leserin wird geduzt. Knöpfe sind Verben, ohne „bitte“. Vor dem Prozentzeichen und vor … steht ein
# Leerzeichen: vor % ein schmales, das nicht umbricht (U+202F).

## The frame

skip = Zum Inhalt springen
description = Wer hat den Stab? Alle Pipelines deiner KI-Agenten, live.
all-pipelines = Alle Pipelines
find = Pipelines suchen
palette = Alles finden, alles tun
connect-an-agent = Agent verbinden
other-language = English
in-other-language = Show in English
dismiss = Schließen
reload = Neu laden
theme-system = Design: System. Zu Hell wechseln
theme-light = Design: hell. Zu Dunkel wechseln
theme-dark = Design: dunkel. Zu System wechseln
api = API
updated = Staffel wurde aktualisiert. Lade die Seite neu, wenn es passt.
sign-in = Anmelden
people = Personen

## The connection

live = Live
connecting = Verbinden …
reconnecting = Wird neu verbunden …
offline = Offline
retry = Jetzt versuchen
stale = Seit { $span } keine Verbindung. Die Anzeige ist vielleicht veraltet.
next-try = Neuer Versuch in { $seconds } s
trying-now = Neuer Versuch läuft …
no-network = Du bist offline.
unreachable = Staffel ist nicht erreichbar. Prüfe, ob es läuft, und versuch es noch einmal.
comes-back = Diese Seite kommt von selbst zurück, sobald der Server antwortet.
unreadable = Diese Seite passt nicht mehr zum Server. Lade sie neu.

## Refusals: why something was not done

refused-not-found = Das gibt es hier nicht mehr.
refused-moved-on = Die Pipeline ist weiter. Sieh nach, wo sie jetzt steht.
refused-already-decided = Das ist schon entschieden.
refused-accepted = { $who } hat das { $ago } angenommen.
refused-accepted-by-you = Du hast das { $ago } angenommen.
refused-changes = { $who } hat { $ago } Änderungen angefordert.
refused-changes-by-you = Du hast { $ago } Änderungen angefordert.
refused-stopped = { $who } hat die Pipeline { $ago } gestoppt.
refused-stopped-by-you = Du hast die Pipeline { $ago } gestoppt.
refused-stale-revision = Es gibt eine neuere Fassung. Lies sie, bevor du entscheidest.
refused-people-only = Entscheiden können nur Menschen.
refused-ended = Diese Pipeline ist beendet.
refused-not-permitted = Das darfst du nicht.
refused-too-large = Dein Text ist zu lang. Kürze ihn und sende ihn noch einmal.
refused-disk-full = Staffel kann gerade nicht speichern: Der Datenträger ist voll. Nichts wurde entschieden.
refused-otherwise = Der Server hat das nicht angenommen ({ $title }). Lade die Seite neu und versuch es noch einmal.
refused-unavailable = Staffel kann gerade nicht speichern. Versuch es noch einmal: Es geschieht nur einmal, auch wenn der erste Versuch doch ankam.

## Standings

idle = Noch nicht gestartet
agent-runs = An der Arbeit
quiet = Still
no-sign-of-life = Meldet sich nicht
you-have-it = Du bist dran
asks-you = Fragt dich
paused = Pausiert
in-transit = Unterwegs
finished = Fertig
failed = Fehlgeschlagen
stopped = Gestoppt
demo = Demo

## Times

just-now = gerade eben
seconds-ago = vor { $number } s
minutes-ago = vor { $number } Min.
hours-ago = vor { $number } Std.
days-ago = { $count ->
        [one] vor 1 Tag
       *[other] vor { $count } Tagen
    }
under-a-minute = unter 1 Min.
under-a-minute-short = unter 1 Min.
seconds = { $number } s
minutes = { $number } Min.
hours = { $number } Std.
hours-minutes = { $hours } Std. { $minutes } Min.
# Nach „seit“ und „in“.
days = { $count ->
        [one] 1 Tag
       *[other] { $count } Tagen
    }
days-hours = { $count ->
        [one] 1 Tag
       *[other] { $count } Tagen
    } { $hours } Std.
# Für sich allein.
days-alone = { $count ->
        [one] 1 Tag
       *[other] { $count } Tage
    }
days-hours-alone = { $count ->
        [one] 1 Tag
       *[other] { $count } Tage
    } { $hours } Std.
took-ms = { $number } ms
took-seconds = { $whole },{ $tenth } s

## Numbers and lists

number = { $count ->
        [0] keine
        [1] eine
        [2] zwei
        [3] drei
        [4] vier
        [5] fünf
        [6] sechs
        [7] sieben
        [8] acht
        [9] neun
        [10] zehn
        [11] elf
        [12] zwölf
       *[other] { $count }
    }
list-last = { $before } und { $last }
list-between = { $before }, { $next }
quoted = „{ $text }“
percent = { $percent }{"\u202F"}%

## The overview

headline = { $count ->
        [0] Nichts zu tun
        [one] Eine Übergabe wartet auf dich
       *[other] { $number } Übergaben warten auf dich
    }
headline-things = { $count ->
        [0] Nichts zu tun
        [one] Eine Sache braucht dich
       *[other] { $number } Dinge brauchen dich
    }
nobody-on-track = Noch keine Pipelines
waiting-for-you = Wartet auf dich
who-has-the-baton = Wer hat den Stab
next-gate-here = Die nächste Übergabe oder Frage erscheint hier.
read-and-decide = Prüfen
answer = Antworten
open-pipeline = Öffnen
waiting = wartet seit { $span }
clear-find = Suche löschen
found-nothing = Keine Pipeline gefunden für { $find }.
nothing-reported = noch nichts gemeldet
asks = fragt: { $question }
paused-for = seit { $span } pausiert
ready = { $revision ->
        [1] bereit zur Prüfung
       *[other] bereit zur Prüfung, Fassung { $revision }
    }
# $what is "angenommen" and the like.
undoable = { $what }, kann noch rückgängig gemacht werden
not-started-yet = noch nicht gestartet
prompt-sent = Prompt gesendet, noch nicht abgeholt
prompt-ready = Prompt fertig
prompt-held = Prompt geschrieben, nicht gesendet
prompt-has-secret = Prompt enthält vielleicht ein Geheimnis
check-prompt = Prompt prüfen
ended-after = { $count ->
        [one] 1 Phase
       *[other] { $count } Phasen
    } in { $span }
ended-quickly = { $count ->
        [one] 1 Phase
       *[other] { $count } Phasen
    }, unter 1 Min.

## Die Listen der Übersicht

pipelines = Pipelines
list-open = Offen
list-ended = Beendet
list-archived = Archiviert
nothing-open = Keine offenen Pipelines. Neue erscheinen hier von selbst.
nothing-ended = Hier ist nichts. Was fertig wird, scheitert oder gestoppt wird, steht hier, bis es archiviert ist.
nothing-archived = Das Archiv ist leer.
loading = Wird geladen …
no-list = Die Liste konnte nicht geladen werden.
show-more = Mehr anzeigen
found = Treffer
also-found = Weitere Treffer
found-in-title = Titel oder Ziel
found-in-message = Meldung
archive = Archivieren
unarchive = Zurückholen
choose = { $title } auswählen
choose-all = Alle auswählen
# $number ist die Zahl mit Punkten: 5.000.
archive-chosen = { $count ->
        [one] 1 Pipeline archivieren
       *[other] { $number } Pipelines archivieren
    }
unarchive-chosen = { $count ->
        [one] 1 Pipeline zurückholen
       *[other] { $number } Pipelines zurückholen
    }
archive-all = { $count ->
        [one] 1 beendete Pipeline archivieren
       *[other] Alle { $number } beendeten Pipelines archivieren
    }
archived-some = { $count ->
        [one] 1 Pipeline archiviert.
       *[other] { $number } Pipelines archiviert.
    }
unarchived-some = { $count ->
        [one] 1 Pipeline aus dem Archiv zurückgeholt.
       *[other] { $number } Pipelines aus dem Archiv zurückgeholt.
    }
archived-nothing = Nichts geändert: Archivieren lassen sich nur beendete Pipelines.
undo = Rückgängig

## Progress

not-reported = kein Fortschritt gemeldet
says = laut Agent { $percent }
tasks-done = { $count ->
        [one] { $done } von 1 Aufgabe
       *[other] { $done } von { $count } Aufgaben
    }
done-of = { $done } von { $all }
last-said = zuletzt { $percent }, seit { $span } still
quiet-for = seit { $span } still
on-its-way-for = seit { $span } unterwegs
handed-over = zur Prüfung
accepted = angenommen
changes-requested = Änderungen angefordert
revisions = { $what }, { $count ->
        [one] 1 Fassung
       *[other] { $count } Fassungen
    }
writing-prompt = Prompt wird geschrieben …
next-leg = als Nächstes
stopped-here = hier gestoppt
nobody-picked-up = noch nicht abgeholt

## A pipeline's page

phases = Phasen
goal = Ziel
goal-more = Ganzes Ziel anzeigen
version = Zyklusversion
planned = geplant
tool-calls = Werkzeugaufrufe in den letzten 5 min: { $count }
session-in = Sitzung von { $client } in { $folder }
resume-session = Weiter damit:
pipeline-id = Pipeline-ID
work = Aufgaben
no-tasks = Noch keine Aufgaben. Sie erscheinen, sobald der Agent sie meldet.
tasks = Aufgaben
what-happened = Verlauf
whole-journal = Vollständiger Verlauf (JSON)
newest-lines = Die neuesten Einträge.
task-pending = offen
task-in-progress = in Arbeit
task-completed = erledigt
task-failed = fehlgeschlagen
loading-pipeline = Pipeline wird geladen …
no-pipeline = Die Pipeline konnte nicht geladen werden.
history = Dokumente
history-handover = { $phase }, Fassung { $revision }
no-history = Hier stehen später Übergaben und Prompts.
open-review = wartet auf Prüfung

## Who has the baton, in a sentence

the-agent = Der Agent
now-running = { $agent } arbeitet an { $phase }.
now-silent = Seit { $span } nichts von { $agent }.
now-silent-said = Seit { $span } nichts von { $agent }. Zuletzt gemeldet: { $percent }.
now-silent-next = Sieh in seinem Fenster nach: Vielleicht fragt er dort etwas, oder die Verbindung ist weg.
now-review = { $phase } ist fertig zur Prüfung.
now-review-since = Wartet seit { $span } auf dich.
now-writing = Entschieden. Der Prompt wird geschrieben …
now-transit = Noch kein Agent hat den Prompt abgeholt (seit { $span }).
now-transit-next = Ein wartender Agent bekommt ihn automatisch. Sonst sende ihn unten selbst.
now-asks = { $agent } wartet auf deine Antwort.
now-paused = Pausiert, { $ago }.
now-paused-by = Von { $who } { $ago } pausiert.
now-paused-by-you = Von dir { $ago } pausiert.
now-paused-told = { $agent } weiß Bescheid.
now-paused-untold = { $agent } weiß es noch nicht und erfährt es mit dem nächsten Aufruf.
now-idle = Noch nicht gestartet.
now-idle-next = Los geht es mit der ersten Meldung des Agenten.
now-completed = Der Stab ist im Ziel.
now-failed = Der Agent hat hier aufgegeben.
now-cancelled = Hier gestoppt.

## The log

log-started = { $who } hat die Pipeline gestartet
log-started-by-you = Du hast die Pipeline gestartet
log-phase-started = { $phase } gestartet
log-phase-reopened = { $phase } geht weiter
log-said = { $who }:
log-handed-over = { $who } hat { $phase } übergeben
log-handed-over-again = { $who } hat { $phase } erneut übergeben (Fassung { $revision })
log-accepted = { $who } hat { $phase } angenommen
log-accepted-by-you = Du hast { $phase } angenommen
log-accepted-revision = { $who } hat { $phase } angenommen (Fassung { $revision })
log-accepted-revision-by-you = Du hast { $phase } angenommen (Fassung { $revision })
log-changes = { $who } hat Änderungen an { $phase } angefordert
log-changes-by-you = Du hast Änderungen an { $phase } angefordert
log-stopped = { $who } hat die Pipeline gestoppt
log-stopped-by-you = Du hast die Pipeline gestoppt
log-archived = { $who } hat sie archiviert
log-archived-by-you = Du hast sie archiviert
log-unarchived = { $who } hat sie aus dem Archiv geholt
log-unarchived-by-you = Du hast sie aus dem Archiv geholt
log-prompt-written = Prompt für { $phase } geschrieben ({ $writer })
log-prompt-version = { $who } hat den Prompt auf Fassung { $version } gesetzt
log-prompt-version-by-you = Du hast den Prompt auf Fassung { $version } gesetzt
log-prompt-opened = { $who } hat den Prompt in { $way } geöffnet
log-prompt-opened-by-you = Du hast den Prompt in { $way } geöffnet
log-prompt-copied = { $who } hat den Prompt kopiert
log-prompt-copied-by-you = Du hast den Prompt kopiert
log-prompt-offered = Prompt angeboten: { $way }
log-prompt-picked-up = { $who } hat den Prompt abgeholt
log-prompt-confirmed = { $who } hat den Prompt bestätigt
log-asked = { $who } fragt:
log-answered = { $who } hat geantwortet:
log-answered-by-you = Du hast geantwortet:
log-note = { $who } an den Agenten:
log-note-by-you = Du an den Agenten:
log-paused = { $who } hat den Agenten pausiert
log-paused-by-you = Du hast den Agenten pausiert
log-goes-on = { $who } lässt den Agenten weiterarbeiten
log-goes-on-by-you = Du lässt den Agenten weiterarbeiten
log-note-read = { $who } hat die Nachricht gelesen
log-session = Arbeitet in einer Sitzung von { $client }, in { $folder }
log-version = Zyklusversion geändert auf { $version }
log-task-added = Neue Aufgabe:
log-task-pending = Aufgabe wieder offen:
log-task-in-progress = Aufgabe begonnen:
log-task-completed = Aufgabe erledigt:
log-task-failed = Aufgabe fehlgeschlagen:

## Questions of agents

question-by = { $agent } fragt dich
question-waits-for-you = Wartet auf deine Antwort.
question-goes-on = Arbeitet inzwischen weiter.
question-moved-on = Ist inzwischen weiter. Eine Antwort hilft trotzdem.
your-answer = Deine Antwort. Der Agent bekommt sie wörtlich.
another-answer = Andere Antwort
anything-else = Noch etwas?
send = Senden
yes = Ja
no = Nein
required = Pflichtfeld
no-answer = Keine Angabe
say-answer = Schreib zuerst eine Antwort.
fill-in-first = Füll zuerst „{ $name }“ aus.
needs-a-number = „{ $name }“ braucht eine Zahl, etwa 3 oder 0,5.
fill-in-something = Füll zuerst mindestens ein Feld aus.
number-keys-asleep = Klick oder scroll zuerst: Dann gelten die Tasten.
not-sent-answer = Nicht gesendet.
refused-answered = Das ist schon beantwortet.
refused-answer = Der Server hat das nicht angenommen: { $why }
own-answer = Antwort gesendet. Der Agent bekommt sie gleich.
answered-by = Beantwortet von { $who }
answered-by-you = Von dir beantwortet
answered-meanwhile = Dein Text wurde nicht gesendet:
questions = Fragen
not-answered = Nicht beantwortet
no-receipt = Der Agent hat sie noch nicht.
receipt = { $agent } hat sie mit { $call } bekommen
receipt-plain = { $agent } hat sie bekommen
a-hook = einem Hook

## Notes to agents

note-to = Nachricht an { $agent }
an-agent = den Agenten
tell-the-agent = Sag dem Agenten …
note-when = Kommt mit dem nächsten Aufruf an. Unterbricht den Agenten nicht.
say-note = Schreib zuerst, was er wissen soll.
own-note = Gesendet. Der Agent bekommt es mit dem nächsten Aufruf.
send-and-go-on = Senden und fortsetzen
pause = Pausieren
go-on = Fortsetzen
unread = ungelesen
note-written = noch nicht zugestellt
note-delivered = zugestellt mit { $call }, noch nicht bestätigt
note-told = mitgeteilt mit { $call }
note-read = gelesen

## The review

later = Später
fetching-document = Übergabe wird geladen …
no-document = Die Übergabe konnte nicht geladen werden.
try-again = Erneut versuchen
what-should-change = Was soll sich ändern? Der Agent bekommt es wörtlich.
accept = Annehmen
accept-with-change = Mit Änderungen annehmen
request-changes = Änderungen anfordern
say-what = Schreib zuerst, was sich ändern soll.
stop-pipeline = Pipeline stoppen …
stop-really = Diese Pipeline endgültig stoppen? Der Agent erfährt es. Gelöscht wird nichts.
stop-yes = Stoppen
stop-no = Weiterlaufen lassen
sending = Wird gesendet …
not-sent = Nicht gesendet. Dein Text ist noch da.
document = Übergabe
your-decision = Deine Entscheidung
end-of-relay = Ziel
revision = Fassung { $number }
arrived = { $title }: { $phase } wartet auf deine Prüfung.
arrival = { $phase } ist fertig zur Prüfung: { $title }
newer-revision = Fassung { $new } ist da. Du liest noch Fassung { $old }; dein Text bleibt.
show-revision = Fassung { $number } lesen
replaced = Das ist jetzt Fassung { $number }. Dein Text ist noch da.
own-accepted = { $phase } angenommen. Der Prompt für { $next } ist unterwegs.
own-accepted-last = { $phase } angenommen. Das war die letzte Phase.
own-changes = Änderungen angefordert. Der Agent bekommt sie gleich.
own-stopped = Pipeline gestoppt.
keys-asleep = Klick oder scroll zuerst hier: Dann gelten A, R und C als Tasten.
as-source-deep = Als Klartext gezeigt: zu tief verschachtelt, um es zu formatieren.
as-source-much = Als Klartext gezeigt: zu viel, um es zu formatieren.

## A handover by its address

handover-open = Sie wartet auf Prüfung.
handover-superseded = Nie entschieden: Eine neuere Fassung hat sie ersetzt.
handover-unknown = Übergabe nicht gefunden
handover-unknown-next = Der Link ist vielleicht unvollständig, oder diese Fassung gibt es nicht.
decided-accepted = Angenommen von { $who }
decided-accepted-by-you = Von dir angenommen
decided-changes = Änderungen angefordert von { $who }
decided-changes-by-you = Änderungen von dir angefordert
decided-stopped = Gestoppt von { $who }
decided-stopped-by-you = Von dir gestoppt

## The prompt

prompt-for = Prompt für { $phase }
prompt-to-revise = Prompt zur Überarbeitung von { $phase }
step-decided = Entschieden
# Instead of who decided.
step-decided-by-policy = Regel
step-written = Geschrieben
step-offered = Angeboten
step-picked-up = Abgeholt
step-acknowledged = Bestätigt
step-running = Arbeitet
step-skipped = nicht erfasst
step-by = { $who }, { $way }
step-missing = fehlt seit { $span }
alarm-not-written = Der Prompt ist noch nicht geschrieben. Staffel versucht es weiter.
alarm-not-picked-up = Kein Agent hat den Prompt abgeholt. Öffne ihn unten in einem Assistenten oder kopiere ihn, oder sag dem Agenten, dass er weitermachen soll: Mit seinem nächsten Aufruf bekommt er den Prompt.
alarm-not-confirmed = Der Agent hat den Prompt und macht nicht weiter. Sieh in seiner Sitzung nach, oder gib ihm den Prompt unten noch einmal.
you = du
template = Vorlage
way-of-the-prompt = Zustellung
fetching-prompt = Prompt wird geladen …
no-prompt = Der Prompt konnte nicht geladen werden.
written-in-a-moment = Der Prompt erscheint gleich hier.
whole-text = Ganzen Prompt zeigen
less-text = Weniger zeigen
prompt-text = Prompt
picked-up-already = Ein Agent arbeitet schon nach diesem Prompt.
read-the-prompt = Prompt lesen
copy-again = Noch einmal kopieren
hand-it-on = An einen Assistenten senden
short = als Verweis
copy = Kopieren
copied = Kopiert
not-copied = Kopieren ging nicht: Text markieren und kopieren
short-too-long = „Als Verweis“: Der Prompt ist zu lang für diesen Link; der Agent wird gebeten, ihn abzuholen.
short-forbidden = „Als Verweis“: Dieser Assistent nimmt keine ganzen Prompts aus Links an.
confirm-there = Öffnet den Assistenten mit ausgefülltem Prompt. Abschicken musst du dort.
prompt-unknown = Prompt nicht gefunden
prompt-unknown-next = Der Link ist vielleicht unvollständig, oder diesen Prompt gibt es nicht.
written-from = Geschrieben aus { $what }
why-template = Aus der eingebauten Vorlage: Es ist kein Modell eingerichtet
why-model-failed = { $model } hat nicht geantwortet, daher die Vorlage: { $error }
why-own-template-failed = Deine eigene Vorlage war nicht zu gebrauchen: { $error }
via-stream = Live-Verbindung
via-wait = wartender Agent
via-hook = am Ende seines Zuges
via-pull = selbst abgeholt
via-report = nächste Meldung
via-file = als Datei
via-copy = kopiert

## Connecting

connect-lead = Verbinde einen Agenten, der MCP spricht. Er meldet, was er tut, übergibt nach jeder Phase und wartet auf deine Entscheidung.
mcp-address = MCP-Adresse
any-other = Anderer Client
add-to-client = Zu { $client } hinzufügen ↗
in-a-terminal = Im Terminal, in deinem Projektordner
or-by-hand = Oder von Hand eintragen in
asks-there = { $client } fragt nach, bevor etwas hinzugefügt wird.
token-elsewhere = Agenten auf anderen Rechnern brauchen ein Token. Erzeuge es auf dem Rechner, auf dem Staffel läuft:
waiting-for-call = Warte auf einen Agenten …
is-connected = { $agent } ist verbunden.
agents = Agenten
never-called = noch nie verbunden
has-token = Token
reads-only = Token, nur lesend
without-token = Name nicht geprüft
agents-since = Agenten seit dem Start von Staffel und alle mit Token.
then-say = Dann sag dem Agenten:
first-words = Starte für diese Arbeit eine Staffel-Pipeline und übergib nach jeder Phase.
or-demo = Nur mal schauen? Ein Demo-Agent geht die Phasen durch, und du entscheidest:

## Dead ends

not-found = Seite nicht gefunden
not-found-next = Der Link ist vielleicht vertippt oder veraltet.
unknown-pipeline = Pipeline nicht gefunden
unknown-pipeline-next = Der Link ist vielleicht unvollständig, oder die Pipeline liegt auf einem anderen Staffel-Server.
to-overview = Zu allen Pipelines

## Anmelden

sign-out = Abmelden
signed-in-as = Angemeldet als { $name }
signed-in-already = Du bist in diesem Browser angemeldet.
what-is-your-name = Wie heißt du?
name-is-for = Der Name steht bei jeder Entscheidung, die du triffst.
begin-here = Los geht’s
nothing-more = Mehr braucht es nicht: kein Konto, kein Passwort. Angemeldet ist nur dieser Browser. Weitere Geräte und Leute kannst du jederzeit dazuholen.
sign-in-with-link = Dieser Link meldet diesen Browser an.
need-a-link = Zum Entscheiden musst du angemeldet sein. Wer es schon ist, kann dir einen Link geben; am Rechner selbst gibt ihn dieser Befehl aus: staffel people link
need-first-link = Noch ist niemand angemeldet. Staffel hat beim Start einen Link ausgegeben: Öffne den.
sign-in-to-decide = Anmelden und entscheiden
only-reviewers = Du kannst hier lesen, aber nicht entscheiden. Wer Staffel verwaltet, kann dir das erlauben.
refused-signed-out = Du bist nicht angemeldet. Melde dich an und versuch es dann noch einmal.
refused-code = Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist älter als zehn Minuten. Lass dir einen neuen geben.
refused-name-taken = So oder zum Verwechseln ähnlich heißt hier schon jemand. Nimm einen anderen Namen.
refused-too-many-guesses = Von hier kamen zu viele falsche Links. Versuch es in ein paar Minuten noch einmal.

## Personen

people-are = Alle, die hier entscheiden oder zusehen können
your-devices = Deine Geräte
add-a-device = Gerät hinzufügen
this-one = dieses
link-for = Link für { $name }
link-good-for = Der Link gilt einmal, noch { $time }
link-is-over = Dieser Link ist abgelaufen. Mach einen neuen.
link-as-qr = Der Link als QR-Code
point-the-camera = Richte die Kamera des Telefons auf den Code.
open-the-link = Öffne dort den Link und tippe auf „Anmelden“.
only-this-machine = Diese Adresse gilt nur auf diesem Rechner: Ein anderer Browser hier kann den Link öffnen, ein Telefon nicht.
close = Schließen
role-viewer = Darf nur zusehen
role-reviewer = Darf entscheiden
role-owner = Inhaber
role-of = Was { $name } darf
role = Was die Person darf
name = Name
invite = Einladen
new-link = Neuer Link
keep-out = Zugang entziehen
let-in-again = Wieder zulassen
on-devices = { $count ->
    [0] noch nicht angemeldet
    [one] 1 Gerät
   *[other] { $count } Geräte
}
refused-last-owner = Jemand muss Inhaber bleiben: Mach zuerst eine andere Person dazu.

## Benachrichtigen

notifications = Benachrichtigungen in diesem Browser
silent-while-looking = Still, solange du auf die Übersicht siehst
show-notifications = Benachrichtigen, wenn eine Übergabe da ist oder ein Agent etwas fragt
play-a-sound = Ton abspielen
test = Testen
not-allowed-here = Der Browser erlaubt das hier nicht. Benachrichtigungen brauchen HTTPS oder die eigene Adresse dieses Rechners, und deine Erlaubnis.
handover-waits = Eine Übergabe ist da
question-waits = Ein Agent fragt dich
question-arrived = { $title }: Der Agent fragt: { $question }

## Protokoll

audit = Wer hat was getan
audit-signed-in = angemeldet
audit-signed-out = abgemeldet
audit-wrong-code = jemand hat einen Link versucht, der nicht gilt
audit-link-made = Link gemacht
audit-person-added = hinzugefügt
audit-role-changed = Rolle geändert
audit-kept-out = Zugang entzogen
audit-let-in = wieder zugelassen
audit-token-made = Token für einen Agenten gemacht
audit-token-revoked = Token eines Agenten entzogen
audit-decided = entschieden
audit-taken-back = Entscheidung zurückgenommen
audit-restored = Sicherung zurückgespielt
audit-unknown = etwas, das diese Version nicht kennt

## Anmelden und bestätigen ohne Link

sign-in-with-passkey = Mit Passkey anmelden
sign-in-with-password = Mit Passwort anmelden
refused-wrong-password = Name oder Passwort stimmt nicht.
refused-passkey = Der Passkey wurde nicht benutzt, oder er gehört nicht hierher. Versuch es noch einmal.
refused-no-passkey = Du hast für diese Adresse noch keinen Passkey. Füge auf der Seite Personen einen hinzu.
refused-nothing-to-confirm = Entscheidungen werden hier bestätigt, und du hast noch keine PIN und keinen Passkey. Melde dich mit einem Link neu an und leg dann innerhalb von zehn Minuten etwas fest.
refused-invalid = Das ist hier nicht erlaubt: Es ist zu kurz, zu lang oder hat Zeichen, die nicht hierher gehören.
refused-wrong-pin = Das ist nicht deine PIN. Hast du noch keine, leg sie auf der Seite Personen fest.
confirm-it-is-you = Bestätige, dass du es bist. Danach wirst du fünf Minuten nicht gefragt.
confirm = Bestätigen
use-a-passkey = Passkey benutzen
proofs = Wie du dich anmeldest und bestätigst
proofs-are = Neben Links: für dieses und andere Geräte
passkey = Passkey
add-a-passkey = Passkey hinzufügen
no-passkeys-here = Browser erlauben Passkeys nur unter einem Namen: Öffne das Board über HTTPS, oder auf diesem Rechner unter http://localhost mit demselben Port.
pin = PIN
pin-is = 6 bis 12 Ziffern. Bestätigt eine Entscheidung, wo das verlangt ist.
password = Passwort
password-is = Mindestens 12 Zeichen. Meldet dich überall an.
is-set = festgelegt
set-up = Festlegen
change = Ändern
save = Speichern
remove = Entfernen

## Tokens

tokens = Tokens für deine Skripte
tokens-are = Ein Skript handelt damit in deinem Namen. Es entscheidet nie.
shown-once = Kopier das Token jetzt: Es wird nicht noch einmal angezeigt.
token-for = Wofür ist es?
token-may = Was es darf
token-reads = Darf lesen
token-reports = Darf lesen und melden
token-good-for = Wie lange es gilt
make-a-token = Token erstellen
good-for = noch { $time }
for-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tage
}
audit-passkey-added = Passkey hinzugefügt
audit-passkey-removed = Passkey entfernt
audit-secret-set = neu festgelegt
audit-secret-forgotten = entfernt
audit-wrong-secret = jemand hat ein falsches Passwort, eine falsche PIN oder einen falschen Passkey benutzt
audit-settings-changed = Einstellungen geändert

## Die Seite ohne Server, und Nachrichten bei geschlossener Seite

last-answer = Der Server hat zuletzt geantwortet: { $time }.

even-when-closed = Auch wenn das Board geschlossen ist
what-you-hear-of = Wovon du hörst, und wann
when-handed-over = Eine Übergabe ist fertig
when-asked = Ein Agent fragt etwas
when-ended = Eine Pipeline endet
when-silent = Ein Agent reagiert nicht
when-not-picked-up = Kein Agent holt einen Prompt ab
remind-after = Erinnere mich, wenn es dann noch wartet
never = nie
quiet-hours = Ruhezeit
quiet-from = Ruhe von
quiet-to = Ruhe bis
only-projects = Nur diese Projekte
all-projects = Alle Projekte
by-mail = E-Mail
saved = Gespeichert.
answered = Die Gegenseite antwortet: { $what }
not-delivered = Es kam nicht an: { $why }
link-made-at-terminal = Auf dem Rechner wurde an einem Terminal ein Link gemacht, der als { $name } anmeldet.
i-have-seen-it = Ich habe es gesehen
and-more = und { $number } weitere
download-audit = Alles herunterladen
which-sound = Welcher Ton, und wie laut
sound-knock = Klopfen
sound-chime = Klang
sound-bell = Glocke
volume = Lautstärke
install = Installieren
install-is = Auf diesem Gerät kann das Board eine eigene App sein.
install-by-menu = Um das Board als App und Nachrichten auf diesem Gerät zu haben: Teilen, dann Zum Home-Bildschirm.

## A prompt before an agent has it

prompt-waits = Ein Prompt wartet aufs Absenden
yours = deine
by-person = von { $who }
version-by = Fassung { $version }, { $by }
step-held = wartet auf einen Menschen
now-held = Prüf den Prompt für { $phase } und sende ihn.
now-held-revision = Prüf den Prompt zur Überarbeitung von { $phase } und sende ihn.
now-held-secret = Dieser Prompt enthält vielleicht ein Geheimnis. Prüf ihn, bevor du ihn sendest.
now-held-by = { $who } prüft den Prompt, bevor er hinausgeht.
log-prompt-sent = { $who } hat den Prompt gesendet
log-prompt-sent-by-you = Du hast den Prompt gesendet
readable-once-sent = Er ist hier zu lesen, sobald er gesendet ist.
edit-prompt = Bearbeiten, bevor ein Agent ihn abholt
goes-out = Geht hinaus, wenn du ihn sendest
out-already = Ist schon draußen: Bis du speicherst, kann ein Agent ihn abholen
taken-meanwhile = Ein Agent hat ihn schon. Dein Text ist noch hier.
versions = Fassungen
no-secrets = keine Geheimnisse gefunden
secret-at = Zeile { $line }: { $kind }
compare-with = Mit { $number } vergleichen
hide-comparison = Vergleich ausblenden
comparison = Fassung { $to } im Vergleich mit { $from }: + ist neu, − ist weg.
unchanged-lines = { $number } unveränderte Zeilen
diff-cut = Nicht jede Zeile ist zu sehen: Die Texte sind zu lang oder zu verschieden.
no-difference = Kein Unterschied.
hint = Hinweis
rewrite-hint = Mit Hinweis neu schreiben, etwa „kürzer, nenne die Dateien“
rewrite = Neu schreiben
rewriting = Wird neu geschrieben … Ein Modell braucht vielleicht ein paar Minuten.
who-writes = Wer schreibt
test-model = { $model } testen
testing-model = { $model } wird gefragt …
model-answered = { $model } hat nach { $took } geantwortet: „{ $answer }“
cold-read = Probelesen
cold-reading = Ein Modell liest den Prompt …
cold-ready = { $model } kennt nur diesen Prompt und könnte anfangen.
cold-not-ready = { $model } kennt nur diesen Prompt und könnte noch nicht anfangen.
answer-in-prompt = Im Prompt beantworten
send-to = An { $agent } senden
own-prompt = Prompt gesendet. Der Agent bekommt ihn gleich.
discard = Meine Änderungen verwerfen
draft-saved = Als Fassung { $number } gespeichert. Sie geht hinaus, wenn du sie sendest.
draft-empty = Schreib zuerst einen Prompt.
draft-behind = Inzwischen gibt es Fassung { $version }, { $by }. Dein Text ist noch hier.
draft-stale = Nicht gespeichert: Inzwischen gibt es Fassung { $version }, { $by }. Dein Text ist noch hier. Speichere ihn noch einmal, dann wird er die nächste Fassung.
draft-changed = Inzwischen gibt es Fassung { $version }, { $by }. Sie steht jetzt hier: Prüf sie zuerst.
refused-taken = Das geht nicht mehr: Ein Agent hat den Prompt. Schick ihm eine Nachricht.
held-phases = Prompts ansehen, bevor sie hinausgehen
held-by-setting = wie am Server eingestellt
held-all = alle Phasen
held-none = keine
hold-all = Alle
hold-none = Keine
characters = { $count ->
        [one] 1 Zeichen
       *[other] { $number } Zeichen
    }
mask-secrets = { $count ->
        [one] 1 Geheimnis schwärzen
       *[other] { $count } Geheimnisse schwärzen
    }
send-with-secrets = { $count ->
        [one] Mit 1 Geheimnis senden
       *[other] Mit { $count } Geheimnissen senden
    }

## What is shown beside a handover

evidence = Nachweise
tests-passed = Tests { $passed } von { $total }
tests-failed = { $count ->
        [one] 1 fehlgeschlagen
       *[other] { $count } fehlgeschlagen
    }
commit = Commit
branch = Branch
files-changed = { $count ->
        [one] 1 Datei
       *[other] { $count } Dateien
    }
old-evidence = aus Fassung { $number }; der Text hat sich seitdem geändert
results = Ergebnisse
open-questions = Offene Fragen
next-steps = Nächste Schritte
not-filled-in = Nicht ausgefüllt: { $what }
not-filled-in-more = Nicht ausgefüllt: { $what } und { $more } weitere
not-attached = Bilder nicht angehängt: { $what }
not-attached-more = Bilder nicht angehängt: { $what } und { $more } weitere
outline = Gliederung
changed-here = geändert
comments-here = { $count ->
        [one] 1 Kommentar
       *[other] { $count } Kommentare
    }
revision-switch = Fassungen
newest-revision = { $number } · neueste
view = Ansicht
whole-document = Ganzes Dokument
changes-since = Änderungen seit Fassung { $number }
as-source = Quelltext
side-by-side = Nebeneinander
unchanged-blocks = { $count ->
        [one] 1 unveränderter Absatz
       *[other] { $count } unveränderte Absätze
    }
show-whole = Ganzes Dokument zeigen
changes-cut = Nicht jede Änderung ist gezeigt: Die Texte sind zu lang oder zu verschieden.
no-changes = Kein sichtbarer Unterschied.
minutes-to-read = { $count ->
        [one] 1 Min. Lesezeit.
       *[other] { $count } Min. Lesezeit.
    }
you-read = Fassung { $revision } hast du { $when } gelesen.
loading-changes = Wird verglichen …

## Points of a review

comment = Kommentieren
comments = Kommentare
new-comment = Neuer Kommentar
comment-number = Kommentar { $number }
add = Hinzufügen
suggest-wording = Formulierung vorschlagen
suggested-wording = Vorgeschlagene Formulierung
discard-comment = Verwerfen
edit = Bearbeiten
about-whole = Zur ganzen Übergabe
passage-gone = Die Stelle gibt es nicht mehr
just-now-yours = noch nicht gesendet
asked-for-in = Was du zu Fassung { $number } verlangt hast
asked-for = Was du verlangt hast
asked-for-by-all-in = Was zu Fassung { $number } verlangt wurde
asked-for-by-all = Was verlangt wurde
points = { $count ->
        [one] 1 Punkt
       *[other] { $count } Punkte
    }
points-done = { $count } erledigt
points-declined = { $count } abgelehnt
points-unanswered = { $count } offen
answer-done = Erledigt.
answer-declined = Abgelehnt.
answer-none = Nicht beantwortet.
settle-or-ask = Klär es selbst oder frag noch einmal.
show = Zeigen
settle = Geklärt
settled-now = Mit deiner Entscheidung geklärt.
insist = Darauf bestehen
ask-again = Noch einmal fragen
insisted-now = Geht zurück an den Agenten.
what-is-missing = Was fehlt noch?
undo-point = Rückgängig
settled-points = { $count } geklärt: zeigen
goes-along = Geht mit: { $what }
goes-comments = { $count ->
        [one] 1 Kommentar
       *[other] { $count } Kommentare
    }
goes-again = { $count ->
        [one] 1 Punkt noch einmal
       *[other] { $count } Punkte noch einmal
    }
goes-settled = { $count ->
        [one] 1 Punkt geklärt
       *[other] { $count } Punkte geklärt
    }
blocked-unanswered = Punkt { $number } ist nicht beantwortet. Klär ihn, dann kannst du annehmen.
blocked-declined = Punkt { $number } wurde abgelehnt. Klär ihn, dann kannst du annehmen.
blocked-points = Die Punkte { $numbers } sind nicht erledigt. Klär sie, dann kannst du annehmen.
words-besides = Noch etwas? Der Agent bekommt es wörtlich.
accept-as-is = Unverändert annehmen
wont-be-sent = { $count ->
        [0] Deine Worte werden nicht gesendet.
        [one] Dein Kommentar wird nicht gesendet.
       *[other] Deine { $count } Kommentare werden nicht gesendet.
    }
go-back = Zurück
refused-unsettled = Ein Punkt ist noch nicht geklärt. Klär ihn oder frag noch einmal.
too-many-comments = Eine Prüfung hat höchstens 100 Kommentare. Verwirf einen oder sende erst diese.
kept-as-draft = { $count ->
        [one] Dein Kommentar ist nicht gesendet, aber als Entwurf gesichert.
       *[other] Deine { $count } Kommentare sind nicht gesendet, aber als Entwurf gesichert.
    }
kept-words = Deine Worte sind nicht gesendet, aber als Entwurf gesichert.
send-as-note = Als Nachricht senden
drafts = Nicht gesendet
next-paragraph = Nächster Absatz
previous-paragraph = Voriger Absatz

## Keys and the palette

nothing-else-waits = Sonst wartet nichts auf dich.
keys = Tasten
keys-everywhere = Auf jeder Seite
keys-in-review = In einer Prüfung
keys-on-pipeline = Auf der Seite einer Pipeline
key-search = Pipelines suchen
key-next = Öffnen, was am längsten wartet
key-step = Nächster, voriger Eintrag der Liste
key-open = Öffnen
key-undo = Die letzte Entscheidung zurücknehmen
key-help = Diese Liste
key-accept = Annehmen
key-changes = Änderungen anfordern
key-comment = Auswahl oder Absatz kommentieren
key-words = Schreiben, was sonst anders sein soll
key-read = Nächster, voriger Absatz
key-diff = Was sich geändert hat
key-later = Später
key-edit = Prompt bearbeiten
letter-keys = Einzelne Tasten als Tastenkürzel, solange du nicht schreibst
palette-invites = Eine Pipeline, eine Person, eine Seite, eine Aktion
palette-results = Treffer
palette-nothing = Nichts gefunden für { $find }.
palette-count = { $count ->
        [one] 1 Treffer
       *[other] { $count } Treffer
    }
palette-asking = Suche läuft …
palette-failed = Der Server ist nicht erreichbar. Das sind die Pipelines dieser Seite.
in-review = { $phase } prüfen
switch-theme = Design wechseln

## What waiting for people has cost

waited-for-people = Warten auf Menschen
waited-for = auf { $who }
waited-for-you = auf dich
waited-until-policy = bis zur Annahme nach Regel
waited-reviews = { $who }, { $count ->
        [one] 1 Prüfung
       *[other] { $count } Prüfungen
    }
still-waits = wartet noch
never-decided = nie entschieden
waited-of-run = Zusammen { $span }, { $part } der Laufzeit ({ $run }).

## Taking a decision back

undo-accepted = { $phase } angenommen.
undo-changes = Änderungen an { $phase } angefordert.
undo-stopped = Pipeline bei { $phase } gestoppt.
hears-in = { $agent } erfährt es in { $span }.
hears-now = { $agent } erfährt es gerade …
# Read aloud.
undo-with-key = Rückgängig mit der Taste U.
send-now = Jetzt senden
next-review = Weiter
undone = Rückgängig gemacht. { $agent } hat nichts davon erfahren.
too-late = Zu spät: { $agent } hat diese Entscheidung schon. Sende eine Nachricht, oder antworte auf die nächste Übergabe.
undoable-for = Das lässt sich noch { $span } lang rückgängig machen.

## Somebody else decided first

elsewhere-accepted = { $who } hat { $phase } angenommen.
elsewhere-changes = { $who } hat Änderungen an { $phase } angefordert.
elsewhere-stopped = { $who } hat die Pipeline bei { $phase } gestoppt.
elsewhere-accepted-by-you = Du hast { $phase } angenommen.
elsewhere-changes-by-you = Du hast Änderungen an { $phase } angefordert.
elsewhere-stopped-by-you = Du hast die Pipeline bei { $phase } gestoppt.
gone = Diese Übergabe ist erledigt: Die Pipeline ist weiter.

## Regeln: wie die Übergabe einer Phase zu ihrer Entscheidung kommt

policy-ask = von einem Menschen
policy-unless = automatisch, wenn nichts auffällt
policy-two = von zwei Personen
log-policy-set = { $who } hat festgelegt, wie { $phase } angenommen wird: { $rule }
log-policy-set-by-you = Du hast festgelegt, wie { $phase } angenommen wird: { $rule }
log-accepted-by-policy = { $phase } wurde nach der Regel angenommen, die { $who } festgelegt hat
log-accepted-by-policy-of-yours = { $phase } wurde nach der Regel angenommen, die du festgelegt hast
log-approved = { $who } hat { $phase } angenommen (1 von 2)
log-approved-by-you = Du hast { $phase } angenommen (1 von 2)
log-approval-taken-back = { $who } hat die Annahme von { $phase } zurückgenommen
log-approval-taken-back-by-you = Du hast die Annahme von { $phase } zurückgenommen
decided-by-policy = Angenommen nach der Regel, die { $who } festgelegt hat
decided-by-policy-of-yours = Angenommen nach der Regel, die du festgelegt hast
audit-policy-set = hat festgelegt, wie eine Phase angenommen wird
policies = Annahme
policies-none = über jede Phase entscheidet ein Mensch
policy-of-phase = { $phase } { $rule }
policy-in-short-unless = automatisch
policy-in-short-two = durch zwei Personen
policy-for = Wie { $phase } angenommen wird
policy-option-ask = Ein Mensch entscheidet
policy-option-unless = Automatisch, wenn nichts auffällt
policy-option-two = Zwei Personen nehmen an
policy-files = Geänderte Dateien, höchstens
policy-untested = Auch ohne Testergebnisse
policy-wires = Zu dir kommt: fehlgeschlagene oder fehlende Tests, Platzhalter, fehlende Bilder, offene Fragen, nicht erledigte Kommentare und mehr geänderte Dateien.
policy-set-by = Festgelegt von { $who }
policy-set-by-you = Von dir festgelegt
policy-only-owner = Auf die zweite Person verzichten kann nur, wer hier Eigentümer ist.
policy-files-bounds = Eine ganze Zahl von 0 bis { $most }.
policy-not-set = Nicht geändert.
not-automatic = Nicht automatisch angenommen: { $why }.
hit-failed-tests = { $count ->
        [one] 1 Test fehlgeschlagen
       *[other] { $count } Tests fehlgeschlagen
    }
hit-no-tests = keine Testergebnisse
hit-placeholders = { $count ->
        [one] 1 Platzhalter übrig
       *[other] { $count } Platzhalter übrig
    }
hit-pictures = { $count ->
        [one] 1 Bild nicht angehängt
       *[other] { $count } Bilder nicht angehängt
    }
hit-open-questions = { $count ->
        [one] 1 offene Frage
       *[other] { $count } offene Fragen
    }
hit-comments = { $count ->
        [one] 1 Kommentar nicht erledigt
       *[other] { $count } Kommentare nicht erledigt
    }
hit-files = { $count ->
        [one] 1 Datei geändert
       *[other] { $count } Dateien geändert
    } ({ $limit } erlaubt)
hit-setter = wer die Regel festgelegt hat, darf nicht mehr entscheiden
hit-paused = der Agent war pausiert
hit-deciding = jemand war dabei zu entscheiden
hit-last = die letzte Phase nimmt nur ein Mensch an
hit-not-searched = der Text ist zu verschachtelt, um ihn zu prüfen
hit-other = ein anderer Grund
two-needed = Das müssen zwei Personen annehmen. Nach dir muss noch { $who } annehmen.
two-alone = Das müssen zwei Personen annehmen, und sonst darf hier niemand entscheiden. Lade jemanden ein, oder ändere auf der Seite der Pipeline, wie diese Phase angenommen wird.
two-first = { $who } hat das angenommen. Nimmst du es auch an, ist es entschieden.
two-first-by-you = Du hast das angenommen. Jetzt fehlt noch { $who }.
two-first-alone = Du hast das angenommen, und sonst darf hier niemand entscheiden. Lade jemanden ein, oder ändere auf der Seite der Pipeline, wie diese Phase angenommen wird.
one-of = { $before } oder { $last }
take-acceptance-back = Zurücknehmen
own-approved = Du hast { $phase } angenommen. Entschieden ist es, wenn noch jemand annimmt.
