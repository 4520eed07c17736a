"""What goes wrong in other tools that put a person between an agent and its next step, each seen in the wild. Those of the
browser are in end2end/tests."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from conftest import Server, connect

pytestmark = pytest.mark.anyio


async def decide(server: Server, handover: str, **body: Any) -> tuple[int, dict[str, Any]]:
    path = f"/pipelines/{handover.split('-')[0]}/handovers/{handover}/decision"
    answer = await anyio.to_thread.run_sync(server.as_person, "POST", path, {"revision": 1, **body})
    return answer.status_code, answer.json()


async def test_status_word_mismatch_approve_approved(server: Server) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        for word in ("approve", "approved", "accepted", "ACCEPT", ""):
            status, said = await decide(server, handover, decision=word)
            assert status == 422 and "accept" in said["detail"], said
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


async def test_second_click_on_a_decided_gate(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await decide(server, handover, decision="accept"))[0] == 200
        for decision in ("accept", "request_changes", "stop"):
            status, said = await decide(server, handover, decision=decision, review_changes="No.")
            assert (status, said["type"]) == (409, "urn:staffel:problem:already-decided")
            assert "Local" in said["detail"], "it says who was first"
        assert server.count(pipeline)["HandoverAccepted"] == 1


async def test_decision_before_the_wait(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        _, handover = await agent.handed_over()
        await decide(server, handover, decision="accept")
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_wait_cancelled_by_the_client_then_decided(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        _, handover = await agent.handed_over()
        with anyio.move_on_after(0.3):
            await agent.wait(handover)
        await decide(server, handover, decision="accept")
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_server_restarted_while_waiting(server: Server) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        with anyio.move_on_after(0.3):
            await agent.wait(handover)
    server.restart()
    await decide(server, handover, decision="accept")
    async with connect(server) as agent:
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_agent_restarted_while_waiting(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
    await decide(server, handover, decision="accept")
    async with connect(server, mode) as agent:
        # It has forgotten everything but that there was something.
        status = await agent.call("get_pipeline_status")
        assert status["pipeline"] == pipeline
        assert (await agent.call("get_next_prompt"))["prompt_id"]


@pytest.mark.parametrize("seconds", [0, -1, 51, 10**9])
async def test_model_passes_timeout(server: Server, seconds: int) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        said = await agent.refused("await_handover_decision", handover=handover, wait_seconds=seconds)
        assert "1 to 50" in said
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


async def test_duplicate_handover_within_a_second(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        saved = []

        async def save() -> None:
            saved.append(await agent.call("save_handover_content", pipeline=pipeline, content="# Done", idempotency_key="1"))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(save)
        assert {(answer["handover"], answer["revision"]) for answer in saved} == {(f"{pipeline}-h1", 1)}
        assert server.count(pipeline)["HandoverSubmitted"] == 1


async def test_identical_resubmission(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        arguments = {"content": "# Done", "results": ["All of it."], "evidence": {"tests": {"passed": 3, "failed": 0}}}
        for _ in range(3):
            saved = await agent.call("save_handover_content", pipeline=pipeline, **arguments)
            assert saved["revision"] == 1
        # Other evidence is another handover, whatever the text says.
        arguments["evidence"] = {"tests": {"passed": 2, "failed": 1}}
        assert (await agent.call("save_handover_content", pipeline=pipeline, **arguments))["revision"] == 2


@pytest.mark.parametrize(
    "content",
    [
        "less than <5% of users, and `a < b`",
        "<script>alert(1)</script>\n\n<svg onload=alert(1)>",
        "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 5_000,
        "x" * 1_000_000,
        "‮right to left‬ and ‫שלום‬\n\nzero​width",
    ],
    ids=["less than", "script", "5,000 rows", "one line of a megabyte", "right to left"],
)
async def test_hostile_handover(server: Server, content: str) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=content)
        path = f"/pipelines/{pipeline}/handovers/{saved['handover']}"
        view = server.as_person("GET", path).json()
        assert view["content"] == content.rstrip(), "it is stored as it came"
        for harm in ("<script", "<svg", "onload=alert(1)>"):
            assert harm not in view["html"]
        # A comment about it, and the comparison with what follows, do not stumble over it either.
        comments = [{"text": "Why?", "about": {"quote": content[:200]}}]
        assert (await decide(server, saved["handover"], decision="request_changes", review={"comments": comments}))[0] == 200
        await agent.wait(saved["handover"])
        await agent.call("save_handover_content", pipeline=pipeline, content="# Another")
        assert server.as_person("GET", f"{path}/changes").status_code == 200
        assert (await decide(server, saved["handover"], decision="accept", revision=2, review={"settled": [1]}))[0] == 200


async def test_agent_token_on_the_decide_route(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
        body = {"decision": "accept", "revision": 1}
        for headers in ({}, {"Staffel-Actor": "person/Local"}, {"Origin": "https://example.com"}):
            answer = await anyio.to_thread.run_sync(lambda sent=headers: server.api("POST", path, body, **sent))
            assert answer.status_code in (401, 403), answer.text
        assert server.count(pipeline)["HandoverAccepted"] == 0
