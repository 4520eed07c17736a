"""A review with comments, as an agent sees it: what it gets, what it answers, and what it forgot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Agent, Server, connect

pytestmark = pytest.mark.anyio

PASSAGE = {"quote": "Answer 200", "before": "Plan", "after": "after the insert"}
EVIDENCE = {
    "commit": "9f31c07",
    "branch": "sync",
    "tests": {"passed": 214, "failed": 0, "command": "make test"},
    "files": ["src/pay.rs"],
    "links": [{"url": "https://example.com/run/7"}],
}


async def decide(server: Server, handover: str, decision: str, revision: int, **review: Any) -> dict[str, Any]:
    pipeline = handover.split("-")[0]
    body = {"decision": decision, "revision": revision, "review": review}
    path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
    answer = await anyio.to_thread.run_sync(server.as_person, "POST", path, body)
    return {**answer.json(), "status": answer.status_code}


def read(server: Server, handover: str, revision: int) -> dict[str, Any]:
    pipeline = handover.split("-")[0]
    return server.as_person("GET", f"/pipelines/{pipeline}/handovers/{handover}?revision={revision}").json()


async def test_a_picture_from_a_shell_is_evidence(server: Server, mode: str, tmp_path: Path) -> None:
    shot = tmp_path / "shot 1.png"
    shot.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    async with connect(server, mode) as agent:
        attach = [str(server.program), "attach", str(shot), "--url", server.url]
        none_open = await anyio.run_process(attach, check=False)
        assert none_open.returncode != 0 and b"No pipeline is open" in none_open.stderr
        pipeline = await agent.start()
        printed = await anyio.run_process(attach)
        attachments = [json.loads(line) for line in printed.stdout.splitlines()]
        assert [file["name"] for file in attachments] == ["shot 1.png"]
        saved = await agent.call(
            "save_handover_content", pipeline=pipeline, content="# Plan", evidence={"attachments": attachments}
        )
        shown = read(server, saved["handover"], 1)["recap"]["evidence"]["attachments"]
        assert shown == [{**attachments[0], "size": shot.stat().st_size, "media": "image/png"}]
        path = f"/pipelines/{pipeline}/attachments/{attachments[0]['hash']}"
        assert server.as_person("GET", path).content == shot.read_bytes()
        read_back = await agent.call("get_handover_content", pipeline=pipeline)
        assert read_back["recap"]["evidence"]["attachments"][0]["name"] == "shot 1.png"

        large = tmp_path / "large.bin"
        large.write_bytes(bytes(5 * 1024 * 1024 + 1))
        for wrong, said in [(large, b"5242881 bytes"), (tmp_path / "none.png", b"none.png cannot be read")]:
            refused = await anyio.run_process([*attach, str(wrong)], check=False)
            assert refused.returncode != 0 and said in refused.stderr
        await agent.start(title="Another")
        several = await anyio.run_process(attach, check=False)
        assert several.returncode != 0 and b"2 pipelines are open" in several.stderr
        unknown = [{"name": "a.png", "hash": "0" * 64}]
        said = await agent.refused("save_handover_content", pipeline=pipeline, content="# Two", evidence={"attachments": unknown})
        assert "staffel attach FILE" in said


async def test_three_rounds(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        saved = await agent.call(
            "save_handover_content",
            pipeline=pipeline,
            content="# Plan\n\nAnswer 200 after the insert.",
            results=["Redeliveries book once."],
            open_questions=["Who approves the rollout?"],
            next_steps=["Build the worker."],
            evidence=EVIDENCE,
        )
        handover = saved["handover"]
        assert "unanswered" not in saved and "placeholders" not in saved
        shown = read(server, handover, 1)["recap"]
        assert shown["evidence"] == EVIDENCE and shown["results"] == ["Redeliveries book once."]

        comments = [
            {"text": "And while the database is down?", "about": PASSAGE},
            {"about": PASSAGE, "suggestion": "Answer 202"},
            {"text": "Say how support finds an event."},
        ]
        assert (await decide(server, handover, "request_changes", 1, comments=comments))["status"] == 200
        changes = await agent.wait(handover)
        assert [point["comment"] for point in changes["comments"]] == [1, 2, 3]
        first, second, third = changes["comments"]
        assert first["about"] == "Answer 200" and first["text"] == "And while the database is down?"
        assert second["suggestion"] == "Answer 202" and third["about"] is None
        for words in ("And while the database is down?", "Answer 202", "answers"):
            assert words in changes["prompt"]

        answers = [
            {"comment": 1, "outcome": "done", "note": "503, so that they retry."},
            {"comment": 2, "outcome": "declined", "note": "202 is retried as well."},
        ]
        text = "# Plan\n\nAnswer 503."
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=text, answers=answers)
        assert saved["unanswered"] == [3] and "3" in saved["next_step"]
        refused = await decide(server, handover, "accept", 2)
        assert refused["status"] == 409 and "2 (declined), 3 (not answered)" in refused["detail"]
        # The same document again, with the answer that was missing, is no other revision.
        late = [{"comment": 3, "outcome": "done", "note": "By its number."}]
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=text, answers=late)
        assert saved["revision"] == 2 and "unanswered" not in saved
        seen = await agent.call("get_handover_content", handover=handover)
        assert [(point["comment"], point["state"]) for point in seen["comments"]] == [(1, "done"), (2, "declined"), (3, "done")]

        insisted = [{"comment": 2, "text": "202 is what they asked for."}]
        assert (await decide(server, handover, "request_changes", 2, insisted=insisted))["status"] == 200
        changes = await agent.wait(handover)
        assert [point["comment"] for point in changes["comments"]] == [2]
        assert "202 is what they asked for." in changes["comments"][0]["text"]
        done = [{"comment": 2, "outcome": "done"}]
        await agent.call("save_handover_content", pipeline=pipeline, content="# Plan\n\nAnswer 202.", answers=done)

        with_it = [{"text": "Keep the logs for a week."}]
        assert (await decide(server, handover, "accept", 3, comments=with_it))["status"] == 200
        accepted = await agent.wait(handover)
        assert accepted["decision"] == "accepted"
        # What goes along is answered with the next phase.
        assert [point["comment"] for point in accepted["comments"]] == [4]
        assert "Keep the logs for a week." in accepted["prompt"]
        await agent.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
        kept = [{"comment": 4, "outcome": "done", "note": "Seven days."}]
        saved = await agent.call("save_handover_content", pipeline=pipeline, content="# Created", answers=kept)
        assert (await decide(server, saved["handover"], "accept", 1))["status"] == 200


async def test_answers_that_make_no_sense_are_refused_in_words(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        await decide(server, handover, "request_changes", 1, comments=[{"text": "Why?"}])
        for answers, words in [
            ([{"comment": 9, "outcome": "done"}], ["no comment 9", "Allowed: 1"]),
            ([{"comment": 1, "outcome": "done"}, {"comment": 1, "outcome": "done"}], ["1", "twice"]),
            ([{"comment": 1, "outcome": "declined"}], ["declined", "why"]),
            ([{"comment": 1, "outcome": "maybe"}], ["maybe", "done"]),
            ([{"comment": 1, "outcome": "done", "noted": ""}], ["noted"]),
        ]:
            said = await agent.refused("save_handover_content", pipeline=pipeline, content="# Again", answers=answers)
            assert all(word in said for word in words), said
        # Nothing was lost by it: the agent can still hand over.
        right = [{"comment": 1, "outcome": "done"}]
        saved = await agent.call("save_handover_content", pipeline=pipeline, content="# Again", answers=right)
        assert saved["revision"] == 2


async def test_an_agent_gets_a_form_and_hears_what_it_did_not_fill_in(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        started = await agent.call("start_pipeline", project="shop", title="Kasse", language="de", first_phase="PLAN")
        pipeline = started["pipeline"]
        form = await agent.call("get_handover_content", pipeline=pipeline)
        assert form["handover"] is None and form["content"] == ""
        template = form["template"]
        assert template.startswith("# PLAN: Kasse") and "## Entscheidungen" in template
        # Sent back as it came, every open place is named: to the agent, and to the person.
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=template)
        assert len(saved["placeholders"]) == template.count("[")
        assert "Not filled in" in saved["next_step"] and "(line 3)" in saved["placeholders"][0]
        assert len(read(server, saved["handover"], 1)["placeholders"]) == template.count("[")
        written = await agent.call("save_handover_content", pipeline=pipeline, content="# PLAN: Kasse\n\n`[code]` stays.")
        assert written["revision"] == 2 and "placeholders" not in written
        read_back = await agent.call("get_handover_content", pipeline=pipeline)
        assert "template" not in read_back, "nothing is to be written while a person decides"


@pytest.mark.parametrize("taken_back", [False, True])
async def test_a_decision_that_can_be_taken_back_outlives_a_kill(tmp_path: Path, taken_back: bool) -> None:
    # Where it is taken back there is time for a slow start; where nobody does, it is carried out soon.
    server = Server(tmp_path, STAFFEL_UNDO_SECONDS="60" if taken_back else "2")
    server.start()
    try:
        async with connect(server) as agent:
            pipeline, handover = await agent.handed_over()
            path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
            body = {"decision": "accept", "revision": 1, "undo": True}
            answer = await anyio.to_thread.run_sync(server.as_person, "POST", path, body)
            assert answer.status_code == 202, answer.text
            if taken_back:
                assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        await anyio.to_thread.run_sync(server.restart)
        if taken_back:
            answer = await anyio.to_thread.run_sync(server.as_person, "POST", f"{path}/undo", {"revision": 1})
            assert answer.status_code == 200, answer.text
            await anyio.to_thread.run_sync(server.restart)
        async with connect(server) as agent:
            waited = await agent.wait(handover, seconds=1 if taken_back else 30)
            assert waited["decision"] == ("pending" if taken_back else "accepted")
        counted = server.count(pipeline)
        assert (counted["DecisionPending"], counted["HandoverAccepted"]) == (1, 0 if taken_back else 1)
        assert counted["PromptWritten"] == counted["HandoverAccepted"]
    finally:
        server.kill()


async def test_a_review_outlives_a_kill(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        await decide(server, handover, "request_changes", 1, comments=[{"text": "One"}, {"text": "Two"}])
        server.kill()
        server.start()
    async with connect(server) as agent:
        changes = await agent.wait(handover)
        assert [point["text"] for point in changes["comments"]] == ["One", "Two"]
        answers = [{"comment": 1, "outcome": "done"}, {"comment": 2, "outcome": "declined", "note": "No."}]
        await agent.call("save_handover_content", pipeline=pipeline, content="# Two", answers=answers)
        server.kill()
        server.start()
    states = [comment["state"] for comment in read(server, handover, 2)["comments"]]
    assert states == ["done", "declined"]
    assert (await decide(server, handover, "accept", 2, settled=[2]))["status"] == 200
