"""`staffel run`, with an agent of our own that speaks the Agent Client Protocol well and badly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Server, binary

FAKE = Path(__file__).with_name("fake_agent.py")
PHASES = "PLAN,CREATE,REFLECT"
# Nothing takes this long but what never happens.
PATIENCE = 30


def until(what: str, ask: Callable[[], Any], limit: float = PATIENCE) -> Any:
    deadline = time.monotonic() + limit
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.05)
    return answer


def decisions(counted: Counter[str]) -> int:
    return counted["HandoverAccepted"] + counted["ChangesRequested"]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class Runner:
    """`staffel run` in a home and a project of its own."""

    def __init__(self, server: Server, folder: Path):
        self.server = server
        self.home = folder / "home"
        self.project = folder / "shop"
        self.home.mkdir()
        self.project.mkdir()
        self.log = folder / "heard.jsonl"
        self.said_in: Path = folder / "said"
        self.process: subprocess.Popen[bytes] | None = None
        self.runs = 0

    def start(self, *words: str | Path, mode: str | None = None, **more: str) -> None:
        """Starts a run; `mode` is how the agent behaves."""
        self.runs += 1
        self.said_in = self.said_in.with_name(f"said-{self.runs}")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("STAFFEL_", "XDG_"))}
        agent = ["--", sys.executable, str(FAKE), mode] if mode else []
        with self.said_in.open("wb") as out:
            self.process = subprocess.Popen(
                [binary(), "run", "--url", self.server.url, *words, *agent],
                cwd=self.project,
                env=ours | {"HOME": str(self.home), "FAKE_LOG": str(self.log)} | more,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def new(self, mode: str | None, *words: str, **more: str) -> None:
        self.start("--goal", "Faster checkout", "--phases", PHASES, *words, mode=mode, **more)

    def said(self) -> str:
        return self.said_in.read_text(errors="replace")

    def heard(self, method: str | None = None) -> list[dict[str, Any]]:
        """What the agent has heard, or the requests of one method."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        messages = [line["heard"] for line in map(json.loads, lines) if "heard" in line]
        return [message for message in messages if method is None or message.get("method") == method]

    def noted(self, what: str) -> list[Any]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line[what] for line in map(json.loads, lines) if what in line]

    def prompts(self) -> list[str]:
        return [message["params"]["prompt"][0]["text"] for message in self.heard("session/prompt")]

    def ended(self, limit: float = PATIENCE) -> int:
        assert self.process
        until(f"its end; it said {self.said()!r}", lambda: self.process.poll() is not None, limit)
        return self.process.returncode

    def pipeline(self, status: str | None = None, limit: float = PATIENCE) -> dict[str, Any]:
        """The only pipeline, once it has this status."""

        def find() -> Any:
            known = self.server.api("GET", "/pipelines").json()["pipelines"]
            return known and (status is None or known[0]["status"] == status) and known[0]

        try:
            return until(f"a pipeline that is {status}", find, limit)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()}") from None

    def decide(self, number: int, decision: str = "accept", revision: int = 1, changes: str = "") -> None:
        """Decides about a handover, once it waits."""
        pipeline = self.pipeline()["pipeline"]
        handover = f"{pipeline}-h{number}"

        def waits() -> bool:
            known = self.pipeline().get("handover") or {}
            return (known.get("handover"), known.get("revision"), known.get("decision")) == (handover, revision, None)

        until(f"{handover}: {self.said()}", waits)
        self.server.decide(handover, decision, revision, changes)

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def runner(server: Server, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(server, tmp_path)
    yield runner
    if runner.process and runner.process.poll() is None:
        runner.process.terminate()
        try:
            runner.process.wait(15)
        except subprocess.TimeoutExpired:
            runner.process.kill()
    for pid in runner.noted("pid"):
        if alive(pid):
            os.killpg(pid, signal.SIGKILL)


def test_an_agent_is_brought_through_all_phases_by_decisions_alone(runner: Runner, server: Server) -> None:
    runner.new("good")
    runner.decide(1)
    runner.decide(2, "request_changes", changes="Shorter, please.")
    runner.decide(2, revision=2)
    runner.decide(3)
    assert runner.ended() == 0, runner.said()
    pipeline = runner.pipeline("completed")["pipeline"]
    # One session, a prompt for each phase and one for the changes.
    assert len(runner.heard("session/new")) == 1
    prompts = runner.prompts()
    assert len(prompts) == 4
    assert "Faster checkout" in prompts[0] and f'pipeline="{pipeline}"' in prompts[0]
    assert "acknowledge_prompt" in prompts[1] and "Shorter, please." in prompts[2]
    counted = server.count(pipeline)
    assert counted["PromptPickedUp"] == 3
    assert decisions(counted) == 4
    detail = server.api("GET", f"/pipelines/{pipeline}").json()
    assert detail["session"]["client"] == "acp" and detail["session"]["folder"] == str(runner.project)
    assert detail["started_by"].startswith("fake_agent")
    tasks = {task["name"]: task["status"] for track in detail["tracks"] for task in track["tasks"]}
    assert tasks == {"Look": "completed", "Do": "pending"}
    assert "\x1b" not in runner.said()
    # Nothing of the agent is left.
    assert not any(alive(pid) for pid in runner.noted("pid"))


def test_an_agent_without_http_gets_the_bridge(runner: Runner) -> None:
    runner.new("stdio")
    runner.decide(1, "stop")
    assert runner.ended() == 0
    (opened,) = runner.heard("session/new")
    (entry,) = opened["params"]["mcpServers"]
    assert entry["name"] == "staffel" and entry["args"][:2] == ["stdio", "--no-start"]
    assert Path(entry["command"]).samefile(binary())


@pytest.mark.parametrize("chosen,given", [("Allow", "once"), ("Reject", "no"), ("Only this once, and carefully.", "no")])
def test_a_permission_is_a_question_on_the_board(runner: Runner, server: Server, chosen: str, given: str) -> None:
    runner.new("asks")
    pipeline = until("a question", lambda: (it := runner.pipeline()).get("question") and it)["pipeline"]
    (question,) = server.api("GET", f"/pipelines/{pipeline}").json()["questions"]
    assert "rm -rf build" in question["question"] and question["options"] == ["Always allow", "Allow", "Reject"]
    path = f"/pipelines/{pipeline}/questions/{question['id']}/answer"
    assert server.as_person("POST", path, {"answer": chosen}).status_code == 200
    runner.pipeline("awaiting_review")
    handover = server.api("GET", f"/pipelines/{pipeline}/handovers/{pipeline}-h1").json()
    assert handover["content"].endswith(given)
    (question,) = server.api("GET", f"/pipelines/{pipeline}").json()["questions"]
    # Words that fit no option are the agent's to read with its next call.
    assert ("delivered" in question["answer"]) == (chosen != "Only this once, and carefully.")


def test_policies_allow_by_themselves(runner: Runner, server: Server) -> None:
    runner.new("reads", "--allow", "reads")
    pipeline = runner.pipeline("awaiting_review")["pipeline"]
    assert server.count(pipeline)["QuestionAsked"] == 0


def test_a_thousand_permissions_at_once_are_answered(runner: Runner, server: Server) -> None:
    runner.new("many")
    pipeline = runner.pipeline()["pipeline"]

    def answer_all() -> bool:
        detail = server.api("GET", f"/pipelines/{pipeline}").json()
        for question in detail.get("questions", []):
            if "answer" not in question:
                server.as_person("POST", f"/pipelines/{pipeline}/questions/{question['id']}/answer", {"answer": "Allow"})
        return detail["status"] == "awaiting_review"

    until("all answers", answer_all, 60)
    content = server.api("GET", f"/pipelines/{pipeline}/handovers/{pipeline}-h1").json()["content"]
    answered = json.loads(content)
    # At most 64 wait at once. One that is answered before the last has come makes room for another.
    assert answered["once"] + answered["no"] == 1000 and 64 <= answered["once"] < 200
    assert server.count(pipeline)["QuestionAsked"] == answered["once"]


def test_a_pause_stops_the_turn_at_once_and_going_on_brings_the_words(runner: Runner, server: Server) -> None:
    runner.new("slow")
    pipeline = runner.pipeline("running")["pipeline"]
    until("a prompt", runner.prompts)
    begun = time.monotonic()
    assert server.as_person("POST", f"/pipelines/{pipeline}/notes", {"kind": "pause", "text": "Wait."}).status_code == 200
    until("the cancel", lambda: runner.heard("session/cancel"))
    assert time.monotonic() - begun < 3
    until("a pause that is known", lambda: "Paused" in runner.said())
    assert len(runner.prompts()) == 1
    assert server.as_person("POST", f"/pipelines/{pipeline}/notes", {"kind": "go_on", "text": "Use tabs."}).status_code == 200
    until("a second prompt", lambda: len(runner.prompts()) == 2)
    assert "Use tabs." in runner.prompts()[1]
    # And a stop ends everything.
    assert server.as_person("POST", f"/pipelines/{pipeline}/finish", {"outcome": "cancelled"}).status_code == 200
    assert runner.ended() == 0
    assert not any(alive(pid) for pid in runner.noted("pid"))


def test_an_agent_that_does_not_stop_is_ended(runner: Runner, server: Server) -> None:
    runner.new("stubborn")
    pipeline = runner.pipeline("running")["pipeline"]
    until("a prompt", runner.prompts)
    server.as_person("POST", f"/pipelines/{pipeline}/notes", {"kind": "pause"})
    assert runner.ended(40) == 1
    assert "has not stopped within" in runner.said() and "--pipeline" in runner.said()
    assert not any(alive(pid) for pid in runner.noted("pid"))


@pytest.mark.parametrize("mode", ["idle", "refuses"])
def test_who_never_hands_over_is_reminded_three_times(runner: Runner, server: Server, mode: str) -> None:
    runner.new(mode)
    assert runner.ended(60) == 1
    assert len(runner.prompts()) == 4
    assert "save_handover_content" in runner.prompts()[1]
    said = runner.said()
    assert len(runner.noted("pid")) == 2, "it may not have had its tools"
    assert "4 turns in a row" in said and "Go on later with:" in said and "I think" in said and "\x1b" not in said
    assert "4 turns in a row" in runner.pipeline("running")["message"]


def test_an_agent_whose_tools_were_not_there_is_started_anew(runner: Runner, server: Server) -> None:
    """OpenCode 1.18.33 goes on without the tools of a server that it does not reach at once, until it is started again."""
    runner.new("toolless")
    for number in (1, 2, 3):
        runner.decide(number)
    assert runner.ended() == 0
    assert "started anew" in runner.said()
    assert len(runner.noted("pid")) == 2 and len(runner.heard("session/load")) == 1
    assert not any(alive(pid) for pid in runner.noted("pid"))
    # What was said in the session is there again: nothing is told twice.
    assert ["Faster checkout" in text for text in runner.prompts()[:3]] == [True, False, False]


@pytest.mark.parametrize(
    "mode,words",
    [
        ("exits", ["exit status: 41", "no key", "I cannot"]),
        ("nonsense", ["not of the Agent Client Protocol", "--acp", "Welcome!"]),
        ("wrong_ids", ["it answers what nobody asked"]),
        ("flood", ["a line of more than 8 MiB"]),
        ("errors", ["refuses initialize", "luck"]),
        ("old", ["speaks version 7", "Staffel speaks 1"]),
        ("auth", ["wants a sign-in", "Log in with the cloud", "in a terminal"]),
    ],
)
def test_an_agent_that_cannot_work_is_told_apart_and_leaves_no_pipeline(
    runner: Runner, server: Server, mode: str, words: list[str]
) -> None:
    runner.new(mode)
    assert runner.ended() == 1
    said = runner.said()
    for word in words:
        assert word in said, said
    assert "\x1b" not in said and len(said) < 10_000
    assert server.api("GET", "/pipelines").json()["pipelines"] == []
    assert not any(alive(pid) for pid in runner.noted("pid"))


def test_an_agent_that_hangs_at_its_start_is_ended(runner: Runner, server: Server) -> None:
    runner.new("hangs", "--start-within", "2")
    assert runner.ended() == 1
    assert "has not answered initialize within 2 seconds" in runner.said() and "--start-within" in runner.said()
    assert server.api("GET", "/pipelines").json()["pipelines"] == []
    assert not any(alive(pid) for pid in runner.noted("pid"))


def test_what_cannot_be_started_is_said(runner: Runner, server: Server) -> None:
    for words, expected in [
        (["--goal", "x", "--", "no-such-agent"], "there is no program"),
        (["--goal", "x", "--", "/"], "may not be started"),
        (["--goal", "x"], "no agent is named"),
        (["--", "true"], "--goal"),
        (["--goal", "x", "--project", "/no/such/folder", "--", "true"], "/no/such/folder"),
        (["--pipeline", "0000000000", "--", "true"], "0000000000"),
        (["--pipeline", "nonsense", "--", "true"], "nonsense"),
        (["--goal", "x", "--", "true"], "ended"),
    ]:
        runner.start(*words)
        assert runner.ended() in (1, 2)
        assert expected in runner.said(), runner.said()
    assert server.api("GET", "/pipelines").json()["pipelines"] == []
    server.kill()
    runner.new("good")
    assert runner.ended() == 1
    assert "no Staffel has answered" in runner.said() and "staffel serve" in runner.said()


def test_noise_beside_the_protocol_is_bounded(runner: Runner) -> None:
    runner.new("noise")
    runner.decide(1, "stop")
    assert runner.ended() == 0
    assert len(runner.said()) < 10_000


def test_everything_that_an_agent_started_ends_with_it(runner: Runner) -> None:
    runner.new("forks")
    runner.decide(1, "stop")
    assert runner.ended() == 0
    (child,) = runner.noted("child")
    group = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if in_group(pid, runner.noted("pid")[0])]
    assert not alive(child) and group == []


def in_group(pid: int, group: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return False
    return int(fields[2]) == group and fields[0] != "Z"


def test_an_agent_that_dies_while_a_person_decides_says_how_to_go_on(runner: Runner, server: Server) -> None:
    runner.new("dies")
    assert runner.ended() == 1
    assert "exit status: 3" in runner.said()
    pipeline = runner.pipeline("awaiting_review")["pipeline"]
    server.decide(f"{pipeline}-h1")
    runner.start("--pipeline", pipeline, mode="good")
    runner.decide(2)
    runner.decide(3)
    assert runner.ended() == 0
    # The session of before is loaded, and the prompt comes once.
    assert len(runner.heard("session/load")) == 1 and len(runner.heard("session/new")) == 1
    assert server.count(pipeline)["PromptPickedUp"] == 2


def test_a_run_that_is_killed_goes_on_and_every_decision_counts_once(runner: Runner, server: Server) -> None:
    # While the agent works.
    runner.new("works", FAKE_WORKS="60")
    pipeline = runner.pipeline("running")["pipeline"]
    until("a prompt", runner.prompts)
    # Its plan is on the board: the work has begun, as the next run sees it.
    server.wait_for(pipeline, "TaskUpdated")
    (first,) = runner.noted("pid")
    runner.kill()
    runner.start("--pipeline", pipeline, mode="good")
    runner.pipeline("awaiting_review")
    assert not alive(first)
    assert len(runner.prompts()) == 2 and "Do nothing twice" in runner.prompts()[1]
    # While a person decides, who decides meanwhile.
    runner.kill()
    server.decide(f"{pipeline}-h1", "request_changes", changes="Shorter.")
    runner.start("--pipeline", pipeline, mode="good")
    runner.decide(1, revision=2)
    runner.decide(2)
    # And just before the prompt for the last phase is worked on.
    runner.decide(3)
    assert runner.ended() == 0
    counted = server.count(pipeline)
    assert decisions(counted) == 4 and counted["PromptPickedUp"] == 3
    assert counted["HandoverSubmitted"] == 3 and counted["HandoverRevised"] == 1
    prompts = runner.prompts()
    assert len(prompts) == 5
    assert sum("Shorter." in prompt for prompt in prompts) == 1


def test_one_run_at_a_time(runner: Runner, server: Server) -> None:
    runner.new("good")
    pipeline = runner.pipeline("awaiting_review")["pipeline"]
    first, said = runner.process, runner.said_in
    assert first
    runner.start("--pipeline", pipeline, mode="good")
    assert runner.ended() == 1
    assert f"process {first.pid}" in runner.said() and "One at a time" in runner.said()
    runner.process, runner.said_in = first, said
    runner.decide(1, "stop")
    assert runner.ended() == 0


def test_the_server_may_be_away_meanwhile(runner: Runner, server: Server) -> None:
    runner.new("good")
    pipeline = runner.pipeline("awaiting_review")["pipeline"]
    server.kill()
    until("it says so", lambda: "trying again" in runner.said())
    server.start()
    until("it says so", lambda: "answers again" in runner.said())
    server.decide(f"{pipeline}-h1")
    runner.decide(2)
    runner.decide(3)
    assert runner.ended() == 0
    assert server.count(pipeline)["PromptPickedUp"] == 2


def test_a_token_proves_the_agent_and_is_shown_to_nobody_else(runner: Runner, server: Server) -> None:
    added = [binary(), "agents", "add", "anna", "--data", server.folder / "data"]
    token = re.search(r"staffel_[0-9a-f]+_[0-9a-f]+", subprocess.check_output(added, text=True, env=server.environment))[0]
    # The server looks for new tokens once a second.
    until("the token", lambda: server.api("GET", "/status", Authorization=f"Bearer {token}").status_code == 200)
    runner.new("good", STAFFEL_TOKEN=token)
    runner.decide(1, "stop")
    assert runner.ended() == 0
    assert runner.pipeline()["started_by"] == "anna"
    (opened,) = runner.heard("session/new")
    assert opened["params"]["mcpServers"][0]["headers"] == [{"name": "Authorization", "value": f"Bearer {token}"}]
    assert token not in runner.said()


def test_a_run_that_is_told_to_stop_ends_its_agent(runner: Runner) -> None:
    runner.new("slow")
    until("a prompt", runner.prompts)
    assert runner.process
    runner.process.terminate()
    assert runner.ended() == 1
    assert "--pipeline" in runner.said()
    assert not any(alive(pid) for pid in runner.noted("pid"))


REPORTS = """
text=$(cat)
printf '%s\\n===\\n' "$text" >> prompts
id=$(printf '%s' "$text" | sed -n 's/.*pipeline="\\([0-9a-z]*\\)".*/\\1/p' | head -1)
curl -s -H 'Content-Type: application/json' -d '{"content": "# Done"}' URL/api/pipelines/$id/handovers
"""


def test_anything_that_reads_a_prompt_on_standard_input_can_be_run(runner: Runner, server: Server) -> None:
    (runner.project / "agent.sh").write_text(REPORTS.replace("URL", server.url))
    runner.new(None, "--exec", "sh agent.sh")
    for number in (1, 2, 3):
        runner.decide(number)
    assert runner.ended() == 0, runner.said()
    prompts = (runner.project / "prompts").read_text().split("===\n")
    assert len(prompts) == 4 and "Faster checkout" in prompts[0] and "acknowledge_prompt" in prompts[1]


def test_a_command_that_fails_or_floods_is_bounded(runner: Runner, server: Server) -> None:
    runner.new(None, "--exec", "head -c 200000000 /dev/zero; printf 'no \\033[31mkey' >&2; exit 7")
    assert runner.ended(90) == 1
    said = runner.said()
    assert "exit status: 7" in said and "4 turns in a row" in said and "key" in said
    assert "\x1b" not in said and len(said) < 30_000


def test_a_command_is_ended_by_a_pause(runner: Runner, server: Server) -> None:
    runner.new(None, "--exec", "echo $$ > pid; sleep 600 & sleep 600")
    pid = int(until("it runs", lambda: (it := runner.project / "pid").exists() and it.read_text().strip()))
    pipeline = runner.pipeline("running")["pipeline"]
    server.as_person("POST", f"/pipelines/{pipeline}/notes", {"kind": "pause"})
    until("its end", lambda: not alive(pid), 5)
    server.as_person("POST", f"/pipelines/{pipeline}/finish", {"outcome": "cancelled"})
    assert runner.ended() == 0
    assert re.search("has ended: cancelled", runner.said())
