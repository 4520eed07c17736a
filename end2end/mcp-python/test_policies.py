"""Policies as an agent meets them: what it is told, what it mends, and what it waits for."""

from __future__ import annotations

import re
from typing import Any

import anyio
import httpx
import pytest
from conftest import Server, connect

pytestmark = pytest.mark.anyio


def set_policy(server: Server, pipeline: str, phase: str, **policy: Any) -> httpx.Response:
    return server.as_person("PUT", f"/pipelines/{pipeline}/phases/{phase}/policy", policy)


def with_tests(failed: int) -> dict[str, Any]:
    return {"tests": {"passed": 12, "failed": failed}, "files": ["src/pay.rs"]}


def as_another(server: Server, name: str) -> dict[str, str]:
    """Lets somebody else in. Returns the cookies of that browser."""
    code = re.search(r"#code=(\S+)", server.add_person(name))[1]
    answer = server.api("POST", "/session", {"code": code})
    assert answer.status_code == 201, answer.text
    return dict(answer.cookies)


async def test_a_policy_trips_and_accepts_what_is_mended(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        answer = set_policy(server, pipeline, "VAN", policy="accept_unless", max_files=20)
        assert answer.status_code == 200, answer.text
        # The agent knows beforehand what is asked of it.
        form = await agent.call("get_handover_content", pipeline=pipeline)
        assert "tests fail or are missing" in form["policy"] and "over 20 files" in form["policy"]
        status = await agent.call("get_pipeline_status", pipeline=pipeline)
        assert form["policy"] in status["next_step"]

        text = "# Found\n\nThe queue is slow."
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=text, evidence=with_tests(2))
        assert "Not accepted at once: 2 tests failed." in saved["next_step"]
        assert server.count(pipeline)["HandoverAcceptedByPolicy"] == 0
        waiting = await agent.call("await_handover_decision", handover=saved["handover"], wait_seconds=1)
        assert waiting["decision"] == "pending"

        asks = ["Which queue?"]
        saved = await agent.call(
            "save_handover_content", pipeline=pipeline, content=text, evidence=with_tests(0), open_questions=asks
        )
        assert "1 open question" in saved["next_step"] and saved["revision"] == 2

        saved = await agent.call("save_handover_content", pipeline=pipeline, content=text, evidence=with_tests(0))
        assert saved["next_step"].startswith("Accepted by the policy that Local set."), saved
        decided = await agent.wait(saved["handover"])
        assert decided["decision"] == "accepted" and decided["decided_by"] == "the policy that Local set"
        assert decided["next_phase"] == "PLAN" and text.splitlines()[-1] in decided["prompt"]
        counts = server.count(pipeline)
        assert (counts["TripWiresHit"], counts["HandoverAcceptedByPolicy"], counts["HandoverAccepted"]) == (2, 1, 0)
        # Only that phase.
        form = await agent.call("get_handover_content", pipeline=pipeline)
        assert "policy" not in form


async def test_a_waiting_agent_is_not_passed_by(server: Server, mode: str) -> None:
    """A wait for a revision that tripped ends with the acceptance of the next one."""
    async with connect(server, mode) as agent, connect(server, mode) as other:
        pipeline = await agent.start()
        set_policy(server, pipeline, "VAN", policy="accept_unless", max_files=20)
        saved = await agent.call("save_handover_content", pipeline=pipeline, content="# Found", evidence=with_tests(1))
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                decided = await agent.wait(saved["handover"])
                assert decided["decision"] == "accepted" and decided["revision"] == 2
                assert decided["prompt"]

            tasks.start_soon(wait)
            await anyio.sleep(0.3)
            await other.call("save_handover_content", pipeline=pipeline, content="# Found more", evidence=with_tests(0))


async def test_two_people(server: Server, mode: str) -> None:
    bob = as_another(server, "Bob")
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        set_policy(server, pipeline, "VAN", policy="two_people")
        handover = await agent.hand_over(pipeline)
        path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
        body = {"decision": "accept", "revision": 1, "review_changes": "Mind the index."}
        first = server.as_person("POST", path, body)
        assert first.status_code == 202, first.text
        assert first.json()["handover"]["approval"]["by"]["name"] == "Local"
        waiting = await agent.call("await_handover_decision", handover=handover, wait_seconds=1)
        assert waiting["decision"] == "pending" and waiting["prompt"] is None
        again = server.as_person("POST", path, body)
        assert again.status_code == 409 and "needs two people" in again.text

        server.restart()
        cookie = "; ".join(f"{name}={value}" for name, value in bob.items())
        second = server.api("POST", path, {**body, "review_changes": "And the lock."}, Cookie=cookie, Origin=server.url)
        assert second.status_code == 200, second.text
    async with connect(server, mode) as agent:
        decided = await agent.wait(handover)
        assert decided["decision"] == "accepted" and decided["decided_by"] == "Bob"
        assert "Mind the index." in decided["prompt"] and "And the lock." in decided["prompt"]


async def test_an_agent_cannot_loosen_the_rule(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        refused = await agent.refused("start_pipeline", project="shop", title="t", policies=[{"phase": "VAN"}])
        assert "policies" in refused
        pipeline = await agent.start()
        path = f"/pipelines/{pipeline}/phases/VAN/policy"
        body = {"policy": "accept_unless", "max_files": 20}
        for headers in ({}, {"Staffel-Actor": "agent/cursor"}, {"Staffel-Actor": "person/Local"}):
            assert server.api("PUT", path, body, **headers).status_code in (401, 403)
        assert server.count(pipeline)["PhasePolicySet"] == 0
