"""An agent asks a person in the middle of a phase, and a person tells it something: over MCP, with the official client."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from conftest import Server, connect

pytestmark = pytest.mark.anyio


def answer(server: Server, question: str, **body: Any) -> dict[str, Any]:
    """What a person does on the board."""
    pipeline = question.split("-")[0]
    answered = server.as_person("POST", f"/pipelines/{pipeline}/questions/{question}/answer", body)
    assert answered.status_code == 200, answered.text
    return answered.json()


def tell(server: Server, pipeline: str, **body: Any) -> None:
    told = server.as_person("POST", f"/pipelines/{pipeline}/notes", body)
    assert told.status_code == 200, told.text


async def test_a_question_is_answered_while_the_agent_waits(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        heard: dict[str, Any] = {}

        async def ask() -> None:
            heard.update(
                await agent.call(
                    "ask_person",
                    question="Which database?",
                    kind="choice",
                    options=["SQLite", "PostgreSQL"],
                    wait_seconds=20,
                )
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            while not server.count(pipeline)["QuestionAsked"]:
                await anyio.sleep(0.02)
            assert server.api("GET", f"/pipelines/{pipeline}").json()["baton"] == "person"
            answer(server, f"{pipeline}-q1", answer="SQLite")
        assert heard["status"] == "answered"
        assert heard["answer"] == "SQLite"
        assert heard["answered_by"] == "Local"
        assert server.count(pipeline)["AnswerDelivered"] == 1
        # It is not told twice.
        assert "answers" not in await agent.call("get_pipeline_status", pipeline=pipeline)


async def test_an_answer_is_never_lost(server: Server, mode: str) -> None:
    async with connect(server, mode, name="first") as agent:
        pipeline = await agent.start()
        asked = await agent.call("ask_person", pipeline=pipeline, question="Which database?", wait_seconds=1)
        assert asked["status"] == "pending"
        question = asked["question_id"]
    server.restart()
    # The agent was started again, and asks the same.
    async with connect(server, mode, name="first") as agent:
        again = await agent.call("ask_person", pipeline=pipeline, question="Which database?", wait_seconds=0)
        assert again["question_id"] == question
        answer(server, question, answer="SQLite")
        resumed = await agent.call("ask_person", question_id=question)
        assert (resumed["status"], resumed["answer"]) == ("answered", "SQLite")
        assert (await agent.call("ask_person", question_id=question))["answer"] == "SQLite"
    assert server.count(pipeline)["QuestionAsked"] == 1
    assert server.count(pipeline)["AnswerDelivered"] == 1


async def test_a_question_that_blocks_nothing_is_answered_with_a_later_call(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        fields = [{"name": "workers", "kind": "number", "required": True}, {"name": "verbose", "kind": "confirm"}]
        asked = await agent.call("ask_person", question="How many?", kind="form", fields=fields, blocking=False)
        assert asked["status"] == "pending"
        assert "Go on" in asked["next_step"]
        assert server.api("GET", f"/pipelines/{pipeline}").json()["baton"] == "agent"
        answer(server, asked["question_id"], fields={"workers": "3", "verbose": "no"})
        told = await agent.call("update_pipeline_status", progress=10)
        assert told["answers"][0]["fields"] == {"workers": "3", "verbose": "no"}
        assert told["answers"][0]["question"] == "How many?"
        assert "answers" not in await agent.call("update_pipeline_status", progress=20)


async def test_a_note_comes_first_in_every_answer_until_it_is_read(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        tell(server, pipeline, text="Mind the tests.")
        # A reader who does not work on it takes nothing away.
        async with connect(server, mode, name="reader") as reader:
            assert "notes" not in await reader.call("get_pipeline_status", pipeline=pipeline)
        result = await agent.client.call_tool("get_pipeline_status", {"pipeline": pipeline})
        text = result.content[0].text
        assert text.startswith("Note 1 from Local, for you to heed: Mind the tests.")
        confirm = f'Confirm it with update_pipeline_status(pipeline="{pipeline}", notes_read=[1]).'
        assert result.structured_content["notes"] == [
            {"note": 1, "kind": "word", "text": "Mind the tests.", "by": "Local", "next_step": confirm}
        ]
        assert result.structured_content["next_step"].startswith("First heed `notes`")
        events = server.events(pipeline)
        delivered = [event["event"] for event in events if event["event"]["type"] == "NotesDelivered"]
        assert delivered == [{"type": "NotesDelivered", "notes": [1], "with": "get_pipeline_status"}]
        # What is refused tells it, too.
        refused = await agent.refused("update_pipeline_status", pipeline=pipeline, progress=1000)
        assert "Mind the tests." in refused and "progress" in refused
        read = await agent.call("update_pipeline_status", pipeline=pipeline, notes_read=[1])
        assert "notes" not in read
        assert server.count(pipeline)["NotesDelivered"] == 1
        assert "There is no note 9" in await agent.refused("update_pipeline_status", pipeline=pipeline, notes_read=[9])


async def test_a_paused_agent_waits_until_it_may_go_on(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        tell(server, pipeline, kind="pause", text="Wait for the review of the plan.")
        told = await agent.call("update_pipeline_status", pipeline=pipeline, progress=10)
        assert told["notes"][0]["kind"] == "pause"
        assert "await_handover_decision" in told["next_step"]
        waits = await agent.call("await_handover_decision", pipeline=pipeline, wait_seconds=1)
        assert waits["decision"] == "paused"
        heard: dict[str, Any] = {}

        async def wait() -> None:
            heard.update(await agent.call("await_handover_decision", pipeline=pipeline, wait_seconds=20))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            while server.api("GET", "/status").json()["waits"] != 1:
                await anyio.sleep(0.02)
            tell(server, pipeline, kind="go_on", text="Use SQLite.")
        assert heard["decision"] == "go_on"
        assert [(note["kind"], note["text"]) for note in heard["notes"]] == [("go_on", "Use SQLite.")]
        assert "notes" not in await agent.call("update_pipeline_status", pipeline=pipeline, progress=20)


async def test_whoever_ends_a_pipeline_ends_its_questions(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        asked = await agent.call("ask_person", question="Which?", wait_seconds=0)
        ended = server.as_person("POST", f"/pipelines/{pipeline}/finish", {"outcome": "cancelled"})
        assert ended.status_code == 200, ended.text
        answered = await agent.call("ask_person", question_id=asked["question_id"], wait_seconds=20)
        assert answered["status"] == "ended"
        assert "ended" in answered["next_step"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "`question` is missing"),
        ({"question": "x" * 65536}, "65536"),
        ({"question": "x", "kind": "choice", "options": [str(number) for number in range(200)]}, "200"),
        ({"question": "x", "kind": "guess"}, "guess"),
        ({"question": "x", "wait_seconds": 51}, "0 to 50"),
        ({"question_id": "nonsense"}, "nonsense"),
        ({"question_id": "0000000000-q1"}, "0000000000"),
    ],
)
async def test_what_is_no_question_is_refused_in_words(server: Server, arguments: dict[str, Any], named: str) -> None:
    async with connect(server) as agent:
        await agent.start()
        said = await agent.refused("ask_person", **arguments)
        assert named in said, said
        assert "Next:" in said
