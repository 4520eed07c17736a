"""Where the settings say that a person decides at an agent's own client, that client asks (elicitation). The answer is
a proposal like any other: one decision a revision, by the rules, whichever comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import anyio
import httpx
import pytest
from conftest import MODES, ROOT, Agent, Server, connect
from mcp.types import ElicitResult
from test_agents import add, bearer
from test_http import message
from test_limits import stateless
from test_stdio import bridged
from test_tasks import TASKS

pytestmark = pytest.mark.anyio

APPROVERS = '\n[agents.approvers]\nbuilder = "Anna"\n'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = tmp_path / "Leptos.toml"
    settings.write_text((ROOT / "Leptos.toml").read_text() + APPROVERS)
    server = Server(tmp_path, STAFFEL_CONFIG=str(settings))
    server.start()
    server.add_person("Anna")
    yield server
    server.kill()


LOOK = 1.1
"""Seconds that a person looks at a form: the server takes an answer for the client's own that comes within one."""


class Person:
    """Somebody at the client, with answers prepared. Looks at a form before filling it in; a refusal comes at once."""

    def __init__(self, *answers: Any):
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, str):
            return ElicitResult(action=answer)
        await anyio.sleep(LOOK)
        return ElicitResult(action="accept", content=answer)


def at_the_client(server: Server, mode: str, person: Person, name: str = "builder") -> Any:
    return connect(server, mode, headers=bearer(add(server, name)), elicitation_callback=person)


def decisions(server: Server, pipeline: str) -> list[tuple[str, str, str]]:
    kinds = {"HandoverAccepted", "ChangesRequested", "HandoverStopped"}
    events = [event for event in server.events(pipeline) if event["event"]["type"] in kinds]
    return [(event["event"]["type"], event["actor"]["kind"], event["actor"]["name"]) for event in events]


@pytest.mark.parametrize("mode", MODES)
async def test_the_person_decides_at_the_client(server: Server, mode: str) -> None:
    person = Person({"decision": "request_changes"}, {"review_changes": "Shorter."}, {"decision": "accept"})
    async with at_the_client(server, mode, person) as agent:
        pipeline, handover = await agent.handed_over()
        first = await agent.wait(handover)
        assert (first["decision"], first["decided_by"], first["review_changes"]) == ("changes_requested", "Anna", "Shorter.")
        assert "Shorter." in first["prompt"]
        await agent.hand_over(pipeline, "# Shorter")
        second = await agent.wait(handover)
        assert (second["decision"], second["revision"], second["decided_by"]) == ("accepted", 2, "Anna")
    assert decisions(server, pipeline) == [("ChangesRequested", "person", "Anna"), ("HandoverAccepted", "person", "Anna")]
    audit = server.as_person("GET", "/audit").json()["entries"]
    said = [(line["who"], line["from"]) for line in audit if line["what"] == "decided"]
    assert said == [("Anna", "client"), ("Anna", "client")]
    assert all(f"{server.url}/pipelines/{pipeline}" in asked for asked in person.asked)


@pytest.mark.parametrize("mode", MODES)
async def test_the_question_comes_through_the_bridge(server: Server, mode: str) -> None:
    person = Person({"decision": "accept"})
    async with bridged(server, mode, add(server, "builder"), elicitation_callback=person) as agent:
        pipeline, handover = await agent.handed_over()
        answer = await agent.wait(handover)
        assert (answer["decision"], answer["decided_by"], answer["review_changes"]) == ("accepted", "Anna", "")
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Anna")]
    assert len(person.asked) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_who_does_not_decide_there_is_not_asked_again(server: Server, mode: str, answer: str) -> None:
    async def after_a_look() -> str:
        await anyio.sleep(1.2)
        return answer

    person = Person(after_a_look)
    async with at_the_client(server, mode, person) as agent:
        pipeline, handover = await agent.handed_over()
        for _ in range(2):
            assert (await agent.wait(handover, seconds=2))["decision"] == "pending"
        assert len(person.asked) == 1
        server.decide(handover)
        assert (await agent.wait(handover))["decided_by"] == "Local"
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Local")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", ["decline", "cancel", "accept"])
async def test_a_client_that_answers_by_itself_is_asked_again(server: Server, mode: str, answer: str) -> None:
    """Print modes and some editors say no before a person has seen anything, and where `accept` is chosen beforehand a key
    that was meant for something else says yes."""
    asked = 0
    person = Person({"decision": "accept"})

    async def first_by_itself(context: Any, params: Any) -> ElicitResult:
        nonlocal asked
        asked += 1
        if asked > 1:
            return await person(context, params)
        return ElicitResult(action=answer, content={"decision": "accept"} if answer == "accept" else None)

    async with at_the_client(server, mode, first_by_itself) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        assert decisions(server, pipeline) == []
        assert (await agent.wait(handover))["decided_by"] == "Anna"
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Anna")]


@pytest.mark.parametrize("mode", MODES)
async def test_the_text_is_asked_for_only_after_request_changes_and_alone(server: Server, mode: str) -> None:
    fields: list[list[str]] = []

    async def asked(context: Any, params: Any) -> ElicitResult:
        schema = params.requested_schema if hasattr(params, "requested_schema") else params.requestedSchema
        assert schema["required"] == list(schema["properties"]), "no optional field: Codex could not send it empty"
        fields.append(list(schema["properties"]))
        answers = {"decision": "request_changes", "review_changes": "Shorter."}
        await anyio.sleep(LOOK)
        return ElicitResult(action="accept", content={name: answers[name] for name in schema["properties"]})

    async with at_the_client(server, mode, asked) as agent:
        _, handover = await agent.handed_over()
        assert (await agent.wait(handover))["review_changes"] == "Shorter."
    assert fields == [["decision"], ["review_changes"]]


@pytest.mark.parametrize("mode", MODES)
async def test_whoever_decides_first_counts(server: Server, mode: str) -> None:
    async def late() -> dict[str, str]:
        await anyio.to_thread.run_sync(server.decide, handover)
        await anyio.sleep(0.5)
        return {"decision": "stop"}

    async with at_the_client(server, mode, Person(late)) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await agent.wait(handover))["decision"] == "accepted"
        await anyio.sleep(1)
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Local")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", [{"decision": "perhaps"}, {}, {"decision": "accept", "review_changes": 7}])
async def test_what_breaks_the_rules_decides_nothing(server: Server, mode: str, answer: dict[str, Any]) -> None:
    async with at_the_client(server, mode, Person(answer, {"decision": "accept"})) as agent:
        pipeline, handover = await agent.handed_over()
        await agent.refused("await_handover_decision", handover=handover, wait_seconds=5)
        assert decisions(server, pipeline) == []
        assert (await agent.wait(handover))["decision"] == "accepted"


@pytest.mark.parametrize("mode", MODES)
async def test_nobody_else_is_asked(server: Server, mode: str) -> None:
    person = Person()
    async with at_the_client(server, mode, person, name="other") as agent:
        _, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
    async with connect(server, mode, elicitation_callback=person) as agent:
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
    assert person.asked == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "viewer"}])
async def test_nobody_is_asked_who_may_not_decide(server: Server, mode: str, change: dict[str, Any]) -> None:
    """The settings name a person; whether that person may decide, people say."""
    assert server.as_person("POST", "/people/Anna", change).status_code == 200
    person = Person()
    async with at_the_client(server, mode, person) as agent:
        _, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
    assert person.asked == []


@pytest.mark.parametrize("mode", MODES)
async def test_who_is_kept_out_while_the_form_is_open_decides_nothing(server: Server, mode: str) -> None:
    async def kept_out() -> dict[str, str]:
        await anyio.to_thread.run_sync(server.as_person, "POST", "/people/Anna", {"disabled": True})
        await anyio.sleep(LOOK)
        return {"decision": "accept"}

    async with at_the_client(server, mode, Person(kept_out)) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=3))["decision"] == "pending"
    assert decisions(server, pipeline) == []


@pytest.mark.parametrize("mode", MODES)
async def test_nobody_is_asked_about_the_work_of_another_agent(server: Server, mode: str) -> None:
    async with connect(server, name="other") as other:
        _, handover = await other.handed_over()
    person = Person("decline")
    async with at_the_client(server, mode, person) as agent:
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
    assert person.asked == []


async def test_an_answer_counts_that_comes_after_the_wait(server: Server) -> None:
    thought_about = anyio.Event()

    async def late() -> dict[str, str]:
        await thought_about.wait()
        return {"decision": "accept"}

    person = Person(late)
    async with at_the_client(server, "legacy", person) as agent:
        pipeline, handover = await agent.handed_over()
        for _ in range(2):
            assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        assert len(person.asked) == 1, "the question is still open"
        thought_about.set()
        await anyio.to_thread.run_sync(server.wait_for, pipeline, "HandoverAccepted")
        answer = await agent.wait(handover)
        assert (answer["decision"], answer["decided_by"]) == ("accepted", "Anna") and answer["prompt"]
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Anna")]
    assert len(person.asked) == 1


async def test_a_question_is_withdrawn_when_it_is_decided_on_the_board(server: Server) -> None:
    shown, withdrawn = anyio.Event(), anyio.Event()

    async def form() -> str:
        shown.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():  # by notifications/cancelled, while the client is connected
            withdrawn.set()
            raise
        return "cancel"

    async with at_the_client(server, "legacy", Person(form)) as agent, anyio.create_task_group() as tasks:
        pipeline, handover = await agent.handed_over()

        async def board() -> None:
            await shown.wait()
            await anyio.to_thread.run_sync(server.decide, handover)

        tasks.start_soon(board)
        assert (await agent.wait(handover))["decision"] == "accepted"
        with anyio.fail_after(10):
            await withdrawn.wait()
    assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Local")]


def answers(server: Server, pipeline: str) -> list[tuple[str, str]]:
    known = server.api("GET", f"/pipelines/{pipeline}").json()["questions"]
    return [(one["answer"]["by"]["name"], one["answer"]["answer"]) for one in known if one.get("answer")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("question", "filled", "answer"),
    [
        ({"question": "Which database?"}, {"answer": "SQLite."}, "SQLite."),
        ({"question": "Which?", "kind": "choice", "options": ["A", "B"]}, {"answer": "B"}, "B"),
        ({"question": "Go on?", "kind": "confirm"}, {"answer": "no"}, "no"),
    ],
)
async def test_a_question_is_answered_at_the_client(
    server: Server, mode: str, question: dict[str, Any], filled: dict[str, Any], answer: str
) -> None:
    person = Person(filled)
    async with at_the_client(server, mode, person) as agent:
        pipeline = await agent.start()
        told = await agent.call("ask_person", pipeline=pipeline, wait_seconds=20, **question)
        assert (told["status"], told["answer"], told["answered_by"]) == ("answered", answer, "Anna")
    assert question["question"] in person.asked[0] and f"{server.url}/pipelines/{pipeline}" in person.asked[0]
    assert answers(server, pipeline) == [("Anna", answer)]


@pytest.mark.parametrize("mode", MODES)
async def test_a_form_with_fields_is_filled_in_at_the_client(server: Server, mode: str) -> None:
    fields = [
        {"name": "Where", "required": True},
        {"name": "Port", "kind": "number"},
        {"name": "TLS", "kind": "confirm"},
        {"name": "Size", "kind": "choice", "options": ["s", "m"]},
    ]
    person = Person({"Where": "eu", "Port": 8080, "TLS": "yes", "Size": "m"})
    async with at_the_client(server, mode, person) as agent:
        pipeline = await agent.start()
        told = await agent.call("ask_person", pipeline=pipeline, question="Where?", kind="form", fields=fields, wait_seconds=20)
        assert told["status"] == "answered"
        assert told["fields"] == {"Where": "eu", "Port": "8080", "TLS": "yes", "Size": "m"}


@pytest.mark.parametrize("mode", MODES)
async def test_a_question_that_is_declined_at_the_client_waits_on_the_board(server: Server, mode: str) -> None:
    async def after_a_look() -> str:
        await anyio.sleep(LOOK)
        return "decline"

    person = Person(after_a_look)
    async with at_the_client(server, mode, person) as agent:
        pipeline = await agent.start()
        asked = {"pipeline": pipeline, "question": "Which database?"}
        told = await agent.call("ask_person", **asked, wait_seconds=2)
        assert told["status"] == "pending"
        told = await agent.call("ask_person", question_id=told["question_id"], wait_seconds=1)
        assert told["status"] == "pending" and len(person.asked) == 1
        path = f"/pipelines/{pipeline}/questions/{told['question_id']}/answer"
        assert server.as_person("POST", path, {"answer": "SQLite."}).status_code == 200
        told = await agent.call("ask_person", question_id=told["question_id"], wait_seconds=20)
        assert (told["answer"], told["answered_by"]) == ("SQLite.", "Local")


@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_on_the_board_counts_while_the_form_is_open(server: Server, mode: str) -> None:
    """And the agent does not ask a second time, although it calls again with the same words."""
    async def late() -> dict[str, str]:
        known = server.api("GET", f"/pipelines/{pipeline}").json()["questions"]
        path = f"/pipelines/{pipeline}/questions/{known[0]['id']}/answer"
        done = await anyio.to_thread.run_sync(server.as_person, "POST", path, {"answer": "SQLite."})
        assert done.status_code == 200, done.text
        return {"answer": "PostgreSQL."}

    async with at_the_client(server, mode, Person(late)) as agent:
        pipeline = await agent.start()
        told = await agent.call("ask_person", pipeline=pipeline, question="Which database?", wait_seconds=20)
        assert (told["answer"], told["answered_by"]) == ("SQLite.", "Local")
    assert answers(server, pipeline) == [("Local", "SQLite.")]
    assert len(server.api("GET", f"/pipelines/{pipeline}").json()["questions"]) == 1


@pytest.mark.parametrize("mode", MODES)
async def test_what_is_no_answer_answers_nothing(server: Server, mode: str) -> None:
    wrong = [{"answer": ["a", "b"]}, {}]
    person = Person(*wrong, {"answer": "A"})
    async with at_the_client(server, mode, person) as agent:
        pipeline = await agent.start()
        question = {"pipeline": pipeline, "question": "Which?", "kind": "choice", "options": ["A", "B"]}
        for _ in wrong:
            await agent.refused("ask_person", **question, wait_seconds=5)
            assert answers(server, pipeline) == []
        assert (await agent.call("ask_person", **question, wait_seconds=20))["answer"] == "A"


@pytest.mark.parametrize("mode", MODES)
async def test_nobody_is_asked_a_question_of_an_agent_without_an_approver(server: Server, mode: str) -> None:
    person = Person()
    async with at_the_client(server, mode, person, name="other") as agent:
        pipeline = await agent.start()
        told = await agent.call("ask_person", pipeline=pipeline, question="Which database?", wait_seconds=1)
        assert told["status"] == "pending"
    assert person.asked == []


FORMS = {"elicitation": {"form": {}}}
YES = {"decision": {"action": "accept", "content": {"decision": "accept"}}}


def wait(server: Server, token: str, handover: str, able: dict[str, Any], **brought: Any) -> dict[str, Any]:
    """A wait of the era without sessions, by a client that is able to do this, byte for byte."""
    name, meta = "await_handover_decision", {"io.modelcontextprotocol/clientCapabilities": able}
    sent = stateless("tools/call", name, meta, name=name, arguments={"handover": handover, "wait_seconds": 1}, **brought)
    sent["headers"] |= bearer(token)
    return message(httpx.post(server.mcp, **sent))["result"]


async def test_a_state_belongs_to_one_question(server: Server) -> None:
    token = add(server, "builder")
    async with connect(server, headers=bearer(token)) as agent:
        (_, one), (pipeline, two) = await agent.handed_over(), await agent.handed_over()

    def ask(handover: str, **brought: Any) -> dict[str, Any]:
        return wait(server, token, handover, FORMS, **brought)

    state = ask(one)["requestState"]
    torn = state[:-4] + ("AAAA" if not state.endswith("AAAA") else "BBBB")
    for handover, given in [(two, state), (one, torn), (one, "nonsense"), (one, "")]:
        assert ask(handover, requestState=given, inputResponses=YES)["resultType"] == "input_required"
    assert ask(one, inputResponses=YES)["resultType"] == "input_required"
    assert ask(one, requestState=state)["resultType"] == "input_required"
    assert decisions(server, pipeline) == []
    await anyio.sleep(LOOK)
    done = ask(one, requestState=state, inputResponses=YES)
    assert done["structuredContent"]["decision"] == "accepted"
    again = ask(one, requestState=state, inputResponses={"decision": {"action": "accept", "content": {"decision": "stop"}}})
    assert again["structuredContent"]["decision"] == "accepted", "sealed states can be sent again, decisions cannot"


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_a_client_that_can_do_tasks_is_asked_first(server: Server, answer: str) -> None:
    """A task is for whoever has to wait."""
    token = add(server, "builder")
    async with connect(server, headers=bearer(token)) as agent:
        pipeline, handover = await agent.handed_over()
    able = {**FORMS, "extensions": {TASKS: {}}}
    asked = wait(server, token, handover, able)
    assert asked["resultType"] == "input_required"
    await anyio.sleep(LOOK)
    given = YES if answer == "accept" else {"decision": {"action": answer}}
    told = wait(server, token, handover, able, requestState=asked["requestState"], inputResponses=given)
    if answer == "decline":
        assert (told["resultType"], told["status"]) == ("task", "working")
    else:
        assert told["resultType"] == "complete", told
        assert told["structuredContent"]["decision"] == "accepted" and told["structuredContent"]["prompt"]
        assert decisions(server, pipeline) == [("HandoverAccepted", "person", "Anna")]
