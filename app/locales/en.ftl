# The texts of the board in English. Format: Project Fluent, https://projectfluent.org/fluent/guide/
#
# A text that is missing in one of the languages, or has another placeholder there, fails the build.
# What is in braces comes from the board: { $phase } is a name such as PLAN, { $span } a time such as
# "12 min", { $count } a number. A text may be chosen by a number: [0], [1] and so on exactly, [one] by the
# plural rule of the language, *[other] for the rest.
#
# Contractions are fine. Buttons are verbs. What is going on: present progressive; what happened: past.

## The frame

skip = Skip to content
description = See who has the baton: all your AI agents' pipelines, live.
find = Search pipelines
palette = Find or do anything
connect-an-agent = Connect an agent
other-language = Deutsch
in-other-language = Auf Deutsch anzeigen
dismiss = Close
reload = Reload
theme-system = Theme: system. Switch to light
theme-light = Theme: light. Switch to dark
theme-dark = Theme: dark. Switch to system
api = API
updated = Staffel has been updated. Reload when you're ready.
sign-in = Sign in
people = People

## The connection

live = Live
connecting = Connecting…
reconnecting = Reconnecting…
offline = Offline
retry = Try now
stale = Connection lost { $span } ago. What you see may be out of date.
next-try = Retrying in { $seconds } s
trying-now = Retrying now…
no-network = You're offline.
unreachable = Can't reach Staffel. Check that it's running, then try again.
# On the page that a reload shows while the server is down.
comes-back = This page comes back by itself as soon as the server answers.
unreadable = This page doesn't match the server any more. Reload it.

## Refusals: why something was not done

refused-not-found = This isn't here any more.
refused-moved-on = The pipeline has moved on. Look at where it is now.
refused-already-decided = This has been decided already.
refused-stale-revision = There's a newer revision. Read it before you decide.
refused-people-only = Only people can decide.
refused-ended = This pipeline has ended.
refused-not-permitted = You're not allowed to do this.
refused-too-large = Your text is too long. Shorten it, then send it again.
refused-disk-full = Staffel can't save right now: the disk is full. Nothing was decided.
# $title is what kind of problem it is, in English, or what a proxy says.
refused-otherwise = The server didn't accept this ({ $title }). Reload the page, then try again.
refused-unavailable = Staffel can't save right now. Try again: it's done only once, even if the first try did get through.

## Standings

idle = Not started
agent-runs = At work
quiet = Quiet
no-sign-of-life = Not responding
you-have-it = Your turn
asks-you = Asks you
paused = Paused
in-transit = On its way
finished = Finished
failed = Failed
stopped = Stopped
demo = Demo

## Times

just-now = just now
seconds-ago = { $number } s ago
minutes-ago = { $number } min ago
hours-ago = { $number } h ago
days-ago = { $count ->
        [one] 1 day ago
       *[other] { $count } days ago
    }
under-a-minute = less than a minute
under-a-minute-short = under 1 min
seconds = { $number } s
minutes = { $number } min
hours = { $number } h
hours-minutes = { $hours } h { $minutes } min
days = { $count ->
        [one] 1 day
       *[other] { $count } days
    }
days-hours = { $count ->
        [one] 1 day
       *[other] { $count } days
    } { $hours } h
# Where nothing stands before it.
days-alone = { $count ->
        [one] 1 day
       *[other] { $count } days
    }
days-hours-alone = { $count ->
        [one] 1 day
       *[other] { $count } days
    } { $hours } h
took-ms = { $number } ms
took-seconds = { $whole }.{ $tenth } s

## Numbers and lists

number = { $count ->
        [0] no
        [1] one
        [2] two
        [3] three
        [4] four
        [5] five
        [6] six
        [7] seven
        [8] eight
        [9] nine
        [10] ten
        [11] eleven
        [12] twelve
       *[other] { $count }
    }
# Two of a list, or its last two.
list-last = { $before } and { $last }
# Two of a longer list, before the last.
list-between = { $before }, { $next }
quoted = “{ $text }”
percent = { $percent }%

## The overview

# $number is the count as a word: "Three".
headline = { $count ->
        [0] You're all caught up
        [one] One handover is waiting for you
       *[other] { $number } handovers are waiting for you
    }
# Where not all of it are handovers.
headline-things = { $count ->
        [0] You're all caught up
        [one] One thing needs you
       *[other] { $number } things need you
    }
nobody-on-track = No pipelines yet
waiting-for-you = Waiting for you
who-has-the-baton = Who has the baton
next-gate-here = The next handover or question will show up here.
read-and-decide = Review
answer = Answer
open-pipeline = Open
waiting = waiting { $span }
clear-find = Clear search
found-nothing = No pipeline matches { $find }.
nothing-reported = nothing reported yet
# The question stands in quotation marks.
asks = asks: { $question }
paused-for = paused for { $span }
ready = { $revision ->
        [1] ready for review
       *[other] ready for review, revision { $revision }
    }
# $what is "accepted" and the like.
undoable = { $what }, can still be undone
not-started-yet = not started yet
prompt-sent = prompt sent, not picked up yet
prompt-ready = prompt ready
prompt-held = prompt written, not sent
prompt-has-secret = the prompt may contain a secret
check-prompt = Check the prompt
ended-after = { $count ->
        [one] 1 phase
       *[other] { $count } phases
    } in { $span }
ended-quickly = { $count ->
        [one] 1 phase
       *[other] { $count } phases
    }, under a minute

## The lists of the overview

pipelines = Pipelines
list-open = Open
list-ended = Ended
list-archived = Archived
nothing-open = No open pipelines. New ones show up here by themselves.
nothing-ended = Nothing here. Pipelines that finish, fail or are stopped go here until they're archived.
nothing-archived = The archive is empty.
loading = Loading…
no-list = The list couldn't be loaded.
show-more = Show more
found = Results
also-found = More results
found-in-title = Title or goal
found-in-message = Report
archive = Archive
unarchive = Unarchive
choose = Select { $title }
choose-all = Select all
# $number is the count with separators: 5,000.
archive-chosen = { $count ->
        [one] Archive 1 pipeline
       *[other] Archive { $number } pipelines
    }
unarchive-chosen = { $count ->
        [one] Unarchive 1 pipeline
       *[other] Unarchive { $number } pipelines
    }
archive-all = { $count ->
        [one] Archive 1 ended pipeline
       *[other] Archive all { $number } ended pipelines
    }
archived-some = { $count ->
        [one] 1 pipeline archived.
       *[other] { $number } pipelines archived.
    }
unarchived-some = { $count ->
        [one] 1 pipeline is back from the archive.
       *[other] { $number } pipelines are back from the archive.
    }
archived-nothing = Nothing was changed: only pipelines that have ended can be archived.
undo = Undo

## Progress

not-reported = no progress reported
says = says { $percent }
tasks-done = { $count ->
        [one] { $done } of 1 task
       *[other] { $done } of { $count } tasks
    }
done-of = { $done } of { $all }
last-said = last said { $percent }, quiet for { $span }
quiet-for = quiet for { $span }
on-its-way-for = on its way for { $span }
handed-over = ready for review
accepted = accepted
changes-requested = changes requested
revisions = { $what }, { $count ->
        [one] 1 revision
       *[other] { $count } revisions
    }
writing-prompt = writing the prompt…
next-leg = next
stopped-here = stopped here
nobody-picked-up = not picked up yet

## A pipeline's page

phases = Phases
version = Cycle version
# The track that an agent's tasks are on when it names none.
tasks = Tasks

## Who has the baton, in a sentence


## The review

later = Later
try-again = Try again
end-of-relay = finish
revision = revision { $number }
arrived = { $title }: { $phase } is ready for review.
arrival = { $phase } is ready for review: { $title }

## The prompt

you = you
template = template
short = by reference

## Connecting

agents = Agents

## Dead ends

not-found = Page not found
not-found-next = The link may be mistyped or out of date.
unknown-pipeline = Pipeline not found
unknown-pipeline-next = The link may be incomplete, or the pipeline is on another Staffel server.
to-overview = Back to all pipelines

### Only in the rest of the program, which the first page does not wait for (app/src/part.rs)

## Pages of pipelines, the review, connecting

step-decided = Decided
# Instead of who decided.
step-decided-by-policy = policy
step-written = Written
step-offered = Offered
step-picked-up = Picked up
step-acknowledged = Confirmed
step-running = Working
step-skipped = no record
step-by = { $who }, { $way }
step-missing = missing for { $span }
alarm-not-written = The prompt isn't written yet. Staffel keeps trying.
alarm-not-picked-up = No agent has picked up the prompt. Open it in an assistant or copy it below, or tell the agent to go on: it gets the prompt with its next call.
alarm-not-confirmed = The agent has the prompt and hasn't gone on. Look at its session, or hand it the prompt again below.
way-of-the-prompt = Delivery
connect-lead = Connect any agent that speaks MCP. It reports what it's doing, hands over after each phase, and waits for your decision.
mcp-address = MCP address
any-other = Other client
add-to-client = Add to { $client } ↗
in-a-terminal = In a terminal, in your project folder
or-by-hand = Or add this by hand to
asks-there = { $client } asks before it adds anything.
token-elsewhere = Agents on other machines need a token. Create one on the machine that runs Staffel:
waiting-for-call = Waiting for an agent to connect…
is-connected = { $agent } is connected.
never-called = never connected
has-token = token
reads-only = read-only token
without-token = name not verified
agents-since = Agents seen since Staffel started, and agents with a token.
then-say = Then tell the agent:
first-words = Start a Staffel pipeline for this work and hand over after each phase.
or-demo = Just looking? A demo agent goes through the phases, and you decide:
no-history = Handovers and prompts will be listed here.
open-review = waiting for review
whole-journal = Full history (JSON)
newest-lines = Latest activity.
handover-open = It's waiting for review.
handover-superseded = It was never decided: a newer revision replaced it.
handover-unknown = Handover not found
handover-unknown-next = The link may be incomplete, or this revision doesn't exist.
decided-accepted = Accepted by { $who }
decided-accepted-by-you = Accepted by you
decided-changes = Changes requested by { $who }
decided-changes-by-you = Changes requested by you
decided-stopped = Stopped by { $who }
decided-stopped-by-you = Stopped by you
written-from = Written from { $what }
what-should-change = What should change? The agent gets this word for word.
accept-with-change = Accept with changes
stop-pipeline = Stop pipeline…
stop-really = Stop this pipeline for good? The agent will be told. Nothing is deleted.
stop-yes = Stop pipeline
stop-no = Keep it running
not-sent = Not sent. Your text is still here.
your-decision = Your decision
keys-asleep = Click or scroll in here first: then A, R and C work as keys.
no-tasks = No tasks yet. They'll appear when the agent reports them.
goal = Goal
goal-more = Show full goal
planned = planned
tool-calls = tool calls in the last 5 min: { $count }
session-in = Session of { $client } in { $folder }
resume-session = Go on with it:
pipeline-id = Pipeline ID
loading-pipeline = Loading the pipeline…
no-pipeline = The pipeline couldn't be loaded.
fetching-prompt = Loading the prompt…
no-prompt = The prompt couldn't be loaded.
written-in-a-moment = The prompt will appear here in a moment.
whole-text = Show full prompt
picked-up-already = An agent is working from this prompt already.
read-the-prompt = Read the prompt
copy-again = Copy again
hand-it-on = Send it to an assistant
confirm-there = Opens your assistant with the prompt filled in. Press Enter there to send it.
prompt-unknown = Prompt not found
prompt-unknown-next = The link may be incomplete, or this prompt doesn't exist.
fetching-document = Loading the handover…
no-document = The handover couldn't be loaded.
as-source-deep = Shown as plain text: it's nested too deeply to be formatted.
as-source-much = Shown as plain text: it's too much to be formatted.

## What is said on these pages, and in the review

accept = Accept
request-changes = Request changes
say-what = First write what should change.
sending = Sending…
document = Handover
the-agent = The agent
now-running = { $agent } is working on { $phase }.
now-silent = No word from { $agent } for { $span }.
now-silent-said = No word from { $agent } for { $span }. It last said { $percent }.
now-silent-next = Check its window. It may be asking you something there, or it may have lost its connection.
now-review = { $phase } is ready for review.
now-review-since = It's been waiting for you for { $span }.
now-writing = Decided. Writing the prompt…
now-transit = No agent has picked up the prompt yet ({ $span }).
now-transit-next = An agent that's waiting gets it automatically. Otherwise send it yourself below.
now-asks = { $agent } is waiting for your answer.
now-paused = Paused { $ago }.
now-paused-by = Paused by { $who } { $ago }.
now-paused-by-you = Paused by you { $ago }.
now-paused-told = { $agent } has been told.
now-paused-untold = { $agent } doesn't know yet. It will be told with its next call.
now-idle = Not started yet.
now-idle-next = It starts with the agent's first report.
now-completed = Across the finish line.
now-failed = The agent gave up here.
now-cancelled = Stopped here.
history-handover = { $phase }, revision { $revision }
prompt-for = Prompt for { $phase }
prompt-to-revise = Prompt to revise { $phase }
what-happened = Activity
history = Documents
all-pipelines = All pipelines
short-too-long = “By reference”: the prompt is too long for this link, so the agent is told to fetch it.
short-forbidden = “By reference”: this assistant doesn't take full prompts from links.
via-stream = live connection
via-wait = waiting agent
via-hook = at the end of its turn
via-pull = asked for it
via-report = next report
via-file = as a file
via-copy = copied
why-template = Written from the built-in template: no model is set up
why-model-failed = { $model } failed, so the template was used: { $error }
why-own-template-failed = Your own template couldn't be used: { $error }
less-text = Show less
prompt-text = Prompt
refused-accepted = { $who } accepted this { $ago }.
refused-accepted-by-you = You accepted this { $ago }.
refused-changes = { $who } requested changes { $ago }.
refused-changes-by-you = You requested changes { $ago }.
refused-stopped = { $who } stopped the pipeline { $ago }.
refused-stopped-by-you = You stopped the pipeline { $ago }.
newer-revision = Revision { $new } is here. You're still reading revision { $old }; your text stays.
show-revision = Read revision { $number }
replaced = This is revision { $number } now. Your text is still here.
own-accepted = { $phase } accepted. The prompt for { $next } is on its way.
own-accepted-last = { $phase } accepted. That was the last phase.
own-changes = Changes requested. The agent will get them in a moment.
own-stopped = Pipeline stopped.
task-pending = to do
task-in-progress = in progress
task-completed = done
task-failed = failed
copy = Copy
copied = Copied
not-copied = Copying failed: select the text and copy it
work = Tasks

## Questions of agents

question-by = { $agent } asks you
question-waits-for-you = It's waiting for your answer.
question-goes-on = It's working on meanwhile.
question-moved-on = It has moved on. An answer is still welcome.
your-answer = Your answer. The agent gets it word for word.
another-answer = Another answer
anything-else = Anything else?
send = Send
yes = Yes
no = No
required = required
no-answer = No answer
say-answer = First write an answer.
fill-in-first = First fill in “{ $name }”.
needs-a-number = “{ $name }” needs a number, such as 3 or 0.5.
fill-in-something = First fill in at least one field.
number-keys-asleep = Click or scroll first: then the keys work.
not-sent-answer = Not sent.
refused-answered = Somebody has answered this already.
refused-answer = The server didn't accept this: { $why }
own-answer = Answer sent. The agent gets it in a moment.
answered-by = Answered by { $who }
answered-by-you = Answered by you
answered-meanwhile = Your text wasn't sent:
questions = Questions
not-answered = Not answered
no-receipt = The agent doesn't have it yet.
# $call is the call that the agent made: the name of a tool.
receipt = { $agent } got it with { $call }
receipt-plain = { $agent } got it
a-hook = a hook

## Notes to agents

note-to = Note to { $agent }
an-agent = the agent
tell-the-agent = Tell the agent…
note-when = It reads this with its next call. It isn't interrupted.
say-note = First write what it should know.
own-note = Sent. The agent gets it with its next call.
send-and-go-on = Send and go on
pause = Pause
go-on = Go on
unread = unread
note-written = not delivered yet
note-delivered = delivered with { $call }, not confirmed yet
note-told = told with { $call }
note-read = read

## The log

log-started = { $who } started the pipeline
log-started-by-you = You started the pipeline
log-phase-started = { $phase } started
log-phase-reopened = { $phase } resumed
log-said = { $who }:
log-handed-over = { $who } handed over { $phase }
log-handed-over-again = { $who } handed over { $phase } again (revision { $revision })
log-accepted = { $who } accepted { $phase }
log-accepted-by-you = You accepted { $phase }
log-accepted-revision = { $who } accepted { $phase } (revision { $revision })
log-accepted-revision-by-you = You accepted { $phase } (revision { $revision })
log-changes = { $who } requested changes to { $phase }
log-changes-by-you = You requested changes to { $phase }
log-stopped = { $who } stopped the pipeline
log-stopped-by-you = You stopped the pipeline
log-archived = { $who } archived it
log-archived-by-you = You archived it
log-unarchived = { $who } brought it back from the archive
log-unarchived-by-you = You brought it back from the archive
log-prompt-written = Prompt for { $phase } written ({ $writer })
log-prompt-version = { $who } set the prompt to version { $version }
log-prompt-version-by-you = You set the prompt to version { $version }
log-prompt-opened = { $who } opened the prompt in { $way }
log-prompt-opened-by-you = You opened the prompt in { $way }
log-prompt-copied = { $who } copied the prompt
log-prompt-copied-by-you = You copied the prompt
log-prompt-offered = Prompt offered: { $way }
log-prompt-picked-up = { $who } picked up the prompt
log-prompt-confirmed = { $who } confirmed the prompt
log-asked = { $who } asked:
log-answered = { $who } answered:
log-answered-by-you = You answered:
log-note = { $who } told the agent:
log-note-by-you = You told the agent:
log-paused = { $who } paused the agent
log-paused-by-you = You paused the agent
log-goes-on = { $who } let the agent go on
log-goes-on-by-you = You let the agent go on
log-note-read = { $who } read the note
log-session = Works in a session of { $client }, in { $folder }
log-version = Cycle version changed to { $version }
log-task-added = Task added:
log-task-pending = Task reopened:
log-task-in-progress = Task started:
log-task-completed = Task done:
log-task-failed = Task failed:

## Signing in

sign-out = Sign out
signed-in-as = Signed in as { $name }
signed-in-already = You're signed in in this browser.
what-is-your-name = What's your name?
name-is-for = It stands beside every decision you make.
begin-here = Start
nothing-more = That's all: no account, no password. Only this browser is signed in. You can add other devices and people any time.
sign-in-with-link = This link signs this browser in.
need-a-link = To decide, you need to be signed in. Someone who already is can make a link for you; on the machine itself, this command makes one: staffel people link
need-first-link = Nobody has signed in yet. Staffel printed a link when it started: open that one.
sign-in-to-decide = Sign in to decide
only-reviewers = You can read this, but not decide. An owner can make you a reviewer.
refused-signed-out = You're not signed in. Sign in, then try again.
refused-code = This link doesn't work any more: it was used already, or it's older than ten minutes. Ask for a new one.
refused-name-taken = Somebody here has this name, or one that looks like it. Choose another.
refused-too-many-guesses = Too many wrong links came from here. Try again in a few minutes.

## People

people-are = Everyone who can decide here, or only watch
your-devices = Your devices
add-a-device = Add a device
this-one = this one
link-for = Link for { $name }
link-good-for = The link works once, for { $time } more
link-is-over = This link has expired. Make a new one.
link-as-qr = The link as a QR code
point-the-camera = Point the phone's camera at the code.
open-the-link = Open the link there and tap Sign in.
only-this-machine = This address works on this machine only: another browser here can open the link, a phone can't.
close = Close
role-viewer = May only watch
role-reviewer = May decide
role-owner = Owner
role-of = What { $name } may do
role = What they may do
name = Name
invite = Invite
new-link = New link
keep-out = Remove access
let-in-again = Give access again
on-devices = { $count ->
    [0] not signed in yet
    [one] 1 device
   *[other] { $count } devices
}
refused-last-owner = The last owner stays an owner: make somebody else one first.

## Telling

notifications = Notifications in this browser
silent-while-looking = Silent while you look at the board
show-notifications = Show a notification when a handover is ready or an agent asks something
play-a-sound = Play a sound
test = Test
not-allowed-here = The browser doesn't allow it here. Notifications need HTTPS or this machine's own address, and your permission.
handover-waits = A handover is ready
question-waits = An agent asks you
# Read aloud.
question-arrived = { $title }: the agent asks: { $question }

## The audit

audit = Who did what
audit-signed-in = signed in
audit-signed-out = signed out
audit-wrong-code = somebody tried a link that doesn't work
audit-link-made = made a link
audit-person-added = added
audit-role-changed = changed a role
audit-kept-out = removed access
audit-let-in = gave access again
audit-token-made = made a token for an agent
audit-token-revoked = took an agent's token away
audit-decided = decided
audit-taken-back = took a decision back
audit-restored = restored a backup
audit-unknown = something that this version doesn't know

## Signing in and confirming without a link

sign-in-with-passkey = Sign in with a passkey
sign-in-with-password = Sign in with a password
refused-wrong-password = The name or the password is wrong.
refused-passkey = The passkey wasn't used, or it doesn't belong here. Try again.
refused-no-passkey = You have no passkey for this address yet. Add one on the People page.
refused-nothing-to-confirm = Decisions are confirmed here, and you have no PIN or passkey yet. Sign in anew with a link, then set one within ten minutes.
refused-invalid = That's not allowed here: it's too short, too long, or has characters that don't belong there.
refused-wrong-pin = That's not your PIN. If you have none yet, set one on the People page.
confirm-it-is-you = Confirm that it's you. Then you aren't asked for five minutes.
confirm = Confirm
use-a-passkey = Use a passkey
proofs = How you sign in and confirm
proofs-are = Besides links: for this and other devices
passkey = Passkey
add-a-passkey = Add a passkey
no-passkeys-here = Browsers allow passkeys only under a name: open the board with HTTPS, or on this machine at http://localhost with the same port.
pin = PIN
pin-is = 6 to 12 digits. Confirms a decision where that is asked for.
password = Password
password-is = At least 12 characters. Signs you in anywhere.
is-set = set
set-up = Set
change = Change
save = Save
remove = Remove

## Tokens

tokens = Tokens for your scripts
tokens-are = A script acts in your name with one. It never decides.
shown-once = Copy this token now: it won't be shown again.
token-for = What is it for?
token-may = What it may do
token-reads = May read
token-reports = May read and report
token-good-for = How long it works
make-a-token = Create token
good-for = { $time } left
for-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
audit-passkey-added = added a passkey
audit-passkey-removed = removed a passkey
audit-secret-set = set a new one
audit-secret-forgotten = removed one
audit-wrong-secret = somebody gave a wrong password, PIN or passkey
audit-settings-changed = changed settings

## The page without a server, and messages with the page closed

last-answer = The server last answered at { $time }.

even-when-closed = Also when the board is closed
what-you-hear-of = What you hear of, and when
when-handed-over = A handover is ready
when-asked = An agent asks something
when-ended = A pipeline ends
when-silent = An agent doesn't respond
when-not-picked-up = No agent picks up a prompt
remind-after = Remind me if it's still waiting after
never = never
quiet-hours = Quiet hours
quiet-from = Quiet from
quiet-to = Quiet until
only-projects = Only these projects
all-projects = All projects
by-mail = E-mail
saved = Saved.
answered = The other side answered: { $what }
not-delivered = It wasn't delivered: { $why }
link-made-at-terminal = A link that signs in as { $name } was made at a terminal of the machine.
i-have-seen-it = I've seen it
and-more = and { $number } more
download-audit = Download all of it
which-sound = Which sound, and how loud
sound-knock = Knock
sound-chime = Chime
sound-bell = Bell
volume = Volume
install = Install
install-is = On this device the board can be an app of its own.
install-by-menu = To have the board as an app, and messages on this device: Share, then Add to Home Screen.

## A prompt before an agent has it

prompt-waits = A prompt is waiting to be sent
yours = yours
by-person = by { $who }
version-by = version { $version }, { $by }
step-held = waits for a person
now-held = Check the prompt for { $phase }, then send it.
now-held-revision = Check the prompt to revise { $phase }, then send it.
now-held-secret = This prompt may contain a secret. Check it, then send it.
now-held-by = { $who } is checking the prompt before it leaves.
log-prompt-sent = { $who } sent the prompt
log-prompt-sent-by-you = You sent the prompt
readable-once-sent = It can be read here once it's sent.
edit-prompt = Edit before an agent takes it
goes-out = Goes out when you send it
out-already = It's out: an agent may take it until you save your changes
taken-meanwhile = An agent has it already. Your text is still here.
versions = Versions
no-secrets = no secrets found
secret-at = line { $line }: { $kind }
compare-with = Compare with { $number }
hide-comparison = Hide comparison
comparison = Version { $to } compared with { $from }: + is new, − is gone.
unchanged-lines = { $number } unchanged lines
diff-cut = Not every line is shown: the texts are too long, or too different.
no-difference = No difference.
hint = Hint
rewrite-hint = Rewrite with a hint, for example “shorter, name the files”
rewrite = Rewrite
rewriting = Rewriting… A model may take a few minutes.
who-writes = Who writes
test-model = Test { $model }
testing-model = Asking { $model }…
model-answered = { $model } answered after { $took }: “{ $answer }”
cold-read = Cold read
cold-reading = A model is reading the prompt…
cold-ready = { $model } read only this prompt and could start.
cold-not-ready = { $model } read only this prompt and couldn't start yet.
answer-in-prompt = Answer in the prompt
send-to = Send to { $agent }
own-prompt = Prompt sent. The agent gets it in a moment.
discard = Discard my changes
draft-saved = Saved as version { $number }. It leaves when you send it.
draft-empty = First write a prompt.
draft-behind = Meanwhile there is version { $version }, { $by }. Your text is still here.
draft-stale = Not saved: meanwhile there is version { $version }, { $by }. Your text is still here. Save it again, and it becomes the next version.
draft-changed = Meanwhile there is version { $version }, { $by }. It's shown now: check it first.
refused-taken = It can't be changed any more: an agent has the prompt. Send a note instead.
held-phases = Look at prompts before they leave
held-by-setting = as the server is set
held-all = all phases
held-none = none
hold-all = All
hold-none = None
characters = { $count ->
        [one] 1 character
       *[other] { $number } characters
    }
mask-secrets = { $count ->
        [one] Mask 1 secret
       *[other] Mask { $count } secrets
    }
send-with-secrets = { $count ->
        [one] Send with 1 secret
       *[other] Send with { $count } secrets
    }

## What is shown beside a handover

evidence = Evidence
tests-passed = Tests { $passed } of { $total }
tests-failed = { $count ->
        [one] 1 failed
       *[other] { $count } failed
    }
commit = Commit
branch = Branch
files-changed = { $count ->
        [one] 1 file
       *[other] { $count } files
    }
old-evidence = from revision { $number }; the text has changed since
results = Results
open-questions = Open questions
next-steps = Next steps
not-filled-in = Not filled in: { $what }
not-filled-in-more = Not filled in: { $what } and { $more } more
not-attached = Pictures not attached: { $what }
not-attached-more = Pictures not attached: { $what } and { $more } more
outline = Outline
changed-here = changed
comments-here = { $count ->
        [one] 1 comment
       *[other] { $count } comments
    }
revision-switch = Revisions
newest-revision = { $number } · newest
view = View
whole-document = Whole document
changes-since = Changes since revision { $number }
as-source = Source
side-by-side = Side by side
unchanged-blocks = { $count ->
        [one] 1 unchanged paragraph
       *[other] { $count } unchanged paragraphs
    }
show-whole = Show the whole document
changes-cut = Not every change is shown: the texts are too long, or too different.
no-changes = No visible difference.
minutes-to-read = { $count ->
        [one] 1 min read.
       *[other] { $count } min read.
    }
you-read = You read revision { $revision } { $when }.
loading-changes = Comparing…

## Points of a review

comment = Comment
comments = Comments
new-comment = New comment
comment-number = Comment { $number }
add = Add
suggest-wording = Suggest wording
suggested-wording = Suggested wording
discard-comment = Discard
edit = Edit
about-whole = About the whole handover
passage-gone = The passage is gone
just-now-yours = not sent yet
asked-for-in = What you asked for in revision { $number }
asked-for = What you asked for
asked-for-by-all-in = What was asked for in revision { $number }
asked-for-by-all = What was asked for
points = { $count ->
        [one] 1 point
       *[other] { $count } points
    }
points-done = { $count } done
points-declined = { $count } declined
points-unanswered = { $count } not answered
answer-done = Done.
answer-declined = Declined.
answer-none = Not answered.
settle-or-ask = Settle it yourself, or ask again.
show = Show
settle = Settled
settled-now = Settled with your decision.
insist = Insist
ask-again = Ask again
insisted-now = Goes back to the agent.
what-is-missing = What is missing?
undo-point = Undo
settled-points = { $count } settled: show
goes-along = Goes along: { $what }
goes-comments = { $count ->
        [one] 1 comment
       *[other] { $count } comments
    }
goes-again = { $count ->
        [one] 1 point again
       *[other] { $count } points again
    }
goes-settled = { $count ->
        [one] 1 point settled
       *[other] { $count } points settled
    }
blocked-unanswered = Point { $number } is not answered. Settle it, then you can accept.
blocked-declined = Point { $number } was declined. Settle it, then you can accept.
blocked-points = Points { $numbers } are not done. Settle them, then you can accept.
words-besides = Anything else? The agent gets this word for word.
accept-as-is = Accept as is
wont-be-sent = { $count ->
        [0] Your words won't be sent.
        [one] Your comment won't be sent.
       *[other] Your { $count } comments won't be sent.
    }
go-back = Go back
refused-unsettled = A point is not settled yet. Settle it, or ask again.
too-many-comments = A review has at most 100 comments. Discard one, or send these first.
kept-as-draft = { $count ->
        [one] Your comment is not sent; it is kept as a draft.
       *[other] Your { $count } comments are not sent; they are kept as a draft.
    }
kept-words = Your words are not sent; they are kept as a draft.
drafts = Not sent
send-as-note = Send as a note
next-paragraph = Next paragraph
previous-paragraph = Previous paragraph

## Keys and the palette

nothing-else-waits = Nothing else is waiting for you.
keys = Keys
keys-everywhere = On every page
keys-in-review = In a review
keys-on-pipeline = On a pipeline's page
key-search = Search pipelines
key-next = Open what has been waiting longest
key-step = Next, previous in the list
key-open = Open it
key-undo = Take back the decision you just made
key-help = This list
key-accept = Accept
key-changes = Request changes
key-comment = Comment on the selection or the paragraph
key-words = Write what else should change
key-read = Next, previous paragraph
key-diff = What has changed
key-later = Later
key-edit = Edit the prompt
letter-keys = Single keys work as shortcuts while you aren't typing
palette-invites = A pipeline, a person, a page, an action
palette-results = Results
palette-nothing = Nothing found for { $find }.
palette-count = { $count ->
        [one] 1 result
       *[other] { $count } results
    }
palette-asking = Searching…
palette-failed = The server can't be reached. These are the pipelines on this page.
in-review = Review { $phase }
switch-theme = Change the theme

## What waiting for people has cost

waited-for-people = Waiting for people
waited-for = for { $who }
waited-for-you = for you
waited-until-policy = until the policy accepted
waited-reviews = { $who }, { $count ->
        [one] 1 review
       *[other] { $count } reviews
    }
still-waits = still waiting
never-decided = never decided
waited-of-run = { $span } in all, { $part } of the run ({ $run }).

## Taking a decision back

undo-accepted = { $phase } accepted.
undo-changes = Changes to { $phase } requested.
undo-stopped = Pipeline stopped at { $phase }.
hears-in = { $agent } hears it in { $span }.
hears-now = { $agent } is being told…
# Read aloud.
undo-with-key = Press U to undo.
send-now = Send now
next-review = Next
undone = Undone. { $agent } never saw it.
too-late = Too late: { $agent } already has this decision. Send it a note, or answer its next handover.
undoable-for = It can still be undone for { $span }.

## Somebody else decided first

elsewhere-accepted = { $who } accepted { $phase }.
elsewhere-changes = { $who } requested changes to { $phase }.
elsewhere-stopped = { $who } stopped the pipeline at { $phase }.
elsewhere-accepted-by-you = You accepted { $phase }.
elsewhere-changes-by-you = You requested changes to { $phase }.
elsewhere-stopped-by-you = You stopped the pipeline at { $phase }.
gone = This handover is closed: the pipeline has moved on.

## Policies: how the handover of a phase comes to its decision

policy-ask = by one person
policy-unless = automatically, unless something stands out
policy-two = by two people
log-policy-set = { $who } set how { $phase } is accepted: { $rule }
log-policy-set-by-you = You set how { $phase } is accepted: { $rule }
log-accepted-by-policy = { $phase } was accepted by the policy that { $who } set
log-accepted-by-policy-of-yours = { $phase } was accepted by the policy that you set
log-approved = { $who } accepted { $phase } (1 of 2)
log-approved-by-you = You accepted { $phase } (1 of 2)
log-approval-taken-back = { $who } took back accepting { $phase }
log-approval-taken-back-by-you = You took back accepting { $phase }
decided-by-policy = Accepted by the policy that { $who } set
decided-by-policy-of-yours = Accepted by the policy that you set
audit-policy-set = set how a phase is accepted
policies = Acceptance
policies-none = a person decides about every phase
policy-of-phase = { $phase } { $rule }
policy-in-short-unless = automatic
policy-in-short-two = by two people
policy-for = How { $phase } is accepted
policy-option-ask = A person decides
policy-option-unless = Automatically, unless something stands out
policy-option-two = Two people accept
policy-files = Changed files, at most
policy-untested = Even without test results
policy-wires = These come to you: failed or missing tests, placeholders, missing pictures, open questions, comments that aren't done, and more changed files.
policy-set-by = Set by { $who }
policy-set-by-you = Set by you
policy-only-owner = Only an owner can do without the second person.
policy-files-bounds = A whole number from 0 to { $most }.
policy-not-set = Not changed.
not-automatic = Not accepted automatically: { $why }.
hit-failed-tests = { $count ->
        [one] 1 test failed
       *[other] { $count } tests failed
    }
hit-no-tests = no test results
hit-placeholders = { $count ->
        [one] 1 placeholder left
       *[other] { $count } placeholders left
    }
hit-pictures = { $count ->
        [one] 1 picture not attached
       *[other] { $count } pictures not attached
    }
hit-open-questions = { $count ->
        [one] 1 open question
       *[other] { $count } open questions
    }
hit-comments = { $count ->
        [one] 1 comment not done
       *[other] { $count } comments not done
    }
hit-files = { $count ->
        [one] 1 file changed
       *[other] { $count } files changed
    } ({ $limit } allowed)
hit-setter = whoever set the policy can't decide any more
hit-paused = the agent was paused
hit-deciding = somebody was deciding
hit-last = only people accept the last phase
hit-not-searched = the text is too nested to be checked
hit-other = another reason
two-needed = Two people have to accept this. After you, it takes { $who }.
two-alone = Two people have to accept this, and nobody else here may decide. Invite someone, or change how this phase is accepted on the pipeline's page.
two-first = { $who } accepted this. If you accept it too, it's decided.
two-first-by-you = You accepted this. It still takes { $who }.
two-first-alone = You accepted this, and nobody else here may decide. Invite someone, or change how this phase is accepted on the pipeline's page.
one-of = { $before } or { $last }
take-acceptance-back = Take back
own-approved = You accepted { $phase }. It's decided once another person accepts it too.
