"""The whole loop, in every protocol era."""

from typing import Any

import anyio
import pytest

from conftest import PHASES, Agent, Server, connect
from test_http import OLDER, message, request
from test_limits import Session


async def decided(server: Server, agent: Agent, handover: str, *decision: Any) -> dict[str, Any]:
    """Waits as an agent does, while a person decides."""
    pending = await agent.wait(handover, seconds=1)
    assert pending["decision"] == "pending" and pending["prompt"] is None
    assert "await_handover_decision" in pending["next_step"]
    await anyio.to_thread.run_sync(server.decide, handover, *decision)
    return await agent.wait(handover)


async def test_the_whole_loop(server: Server, mode: str) -> None:
    async with connect(server, mode, name="walker") as agent:
        started = await agent.call(
            "start_pipeline",
            project="shop",
            title="Faster checkout",
            goal="Half the time.",
            version={"previous": "1.8", "current": "1.9", "next": "1.10"},
        )
        pipeline = started["pipeline"]
        assert (started["phase"], started["status"], started["baton"]) == ("VAN", "running", "agent")
        assert started["phases"] == PHASES

        reported = await agent.call(
            "update_pipeline_status",
            pipeline=pipeline,
            phase="VAN",
            message="Reading the code",
            tasks=[{"name": "Read", "status": "completed"}, {"name": "Measure", "status": "in_progress"}],
        )
        assert (reported["progress"], reported["progress_source"]) == (50, "1 of 2 tasks")
        status = await agent.call("get_pipeline_status")  # the only one that is open
        assert (status["phase"], status["progress"], status["status"]) == ("VAN", 50, "running")

        saved = await agent.call("save_handover_content", pipeline=pipeline, content="# VAN\n\nThe *basket* is slow.")
        handover = saved["handover"]
        assert (saved["revision"], saved["phase"], saved["next_phase"]) == (1, "VAN", "PLAN")
        read = await agent.call("get_handover_content", handover=handover)
        assert (read["content"], read["phase"], read["decision"]) == ("# VAN\n\nThe *basket* is slow.", "VAN", "pending")

        accepted = await decided(server, agent, handover, "accept", 1, "Keep the public API stable.")
        assert (accepted["decision"], accepted["next_phase"]) == ("accepted", "PLAN")
        assert accepted["review_changes"] == "Keep the public API stable."
        assert "Keep the public API stable." in accepted["prompt"] and "The *basket* is slow." in accepted["prompt"]
        lost = await agent.call("get_next_prompt", pipeline=pipeline)
        assert (lost["prompt"], lost["prompt_id"], lost["purpose"]) == (accepted["prompt"], accepted["prompt_id"], "next_phase")
        confirmed = await agent.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
        assert (confirmed["phase"], confirmed["state"]) == ("PLAN", "acknowledged")

        reported = await agent.call("update_pipeline_status", pipeline=pipeline, phase="PLAN", progress=40, message="Planning")
        assert (reported["phase"], reported["progress"], reported["progress_source"]) == ("PLAN", 40, "claimed")

        handover = await agent.hand_over(pipeline, "# PLAN\n\nThree steps.")
        changes = await decided(server, agent, handover, "request_changes", 1, "Name the risks.")
        assert (changes["decision"], changes["next_phase"]) == ("changes_requested", "PLAN")
        assert "Name the risks." in changes["prompt"]
        await agent.call("acknowledge_prompt", prompt_id=changes["prompt_id"])
        revised = await agent.call("save_handover_content", pipeline=pipeline, content="# PLAN\n\nThree steps, two risks.")
        assert (revised["handover"], revised["revision"]) == (handover, 2)
        accepted = await decided(server, agent, handover, "accept", 2)
        assert (accepted["decision"], accepted["revision"], accepted["next_phase"]) == ("accepted", 2, "CREATE")

        for phase, following in [("CREATE", "IMPLEMENT"), ("IMPLEMENT", "REFLECT")]:
            await agent.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
            handover = await agent.hand_over(pipeline, f"# {phase}\n\nDone.")
            await anyio.to_thread.run_sync(server.decide, handover)
            accepted = await agent.wait(handover)
            assert accepted["next_phase"] == following

        await agent.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
        last = await agent.call("save_handover_content", pipeline=pipeline, content="# REFLECT\n\nIt went well.")
        assert last["next_phase"] is None
        end = await decided(server, agent, last["handover"], "accept")
        assert (end["decision"], end["prompt"]) == ("accepted", None)
        status = await agent.call("get_pipeline_status", pipeline=pipeline)
        assert (status["status"], status["baton"]) == ("completed", "nobody")
        assert (await agent.call("list_pipelines"))["pipelines"] == []
        assert len((await agent.call("list_pipelines", include_ended=True))["pipelines"]) == 1

        versions = await agent.call("get_version", pipeline=pipeline)
        assert (versions["previous"], versions["current"], versions["next"]) == ("1.8", "1.9", "1.10")

    facts = server.count(pipeline)
    assert facts["PhaseStarted"] == 5 and facts["PhaseReopened"] == 1
    assert facts["PromptWritten"] == facts["PromptPickedUp"] == facts["PromptAcknowledged"] == 5
    assert facts["HandoverAccepted"] == 5 and facts["ChangesRequested"] == 1 and facts["PipelineCompleted"] == 1
    agents = {event["actor"]["name"] for event in server.events(pipeline) if event["actor"]["kind"] == "agent"}
    assert agents == {"walker"}, "the journal names the agent as its client does"


@pytest.mark.parametrize("version", OLDER)
def test_a_phase_in_every_older_version(server: Server, version: str) -> None:
    session = Session(server, version)
    pipeline, handover = session.handed_over()
    pending = session.call("await_handover_decision", handover=handover, wait_seconds=1)
    assert (pending["decision"], pending["prompt"]) == ("pending", None)
    server.decide(handover, changes="Go on.")
    accepted = session.call("await_handover_decision", handover=handover)
    assert (accepted["decision"], accepted["next_phase"]) == ("accepted", "PLAN") and "Go on." in accepted["prompt"]
    confirmed = session.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
    assert (confirmed["phase"], confirmed["state"]) == ("PLAN", "acknowledged")
    facts = server.count(pipeline)
    assert facts["PromptPickedUp"] == facts["PromptAcknowledged"] == 1
    assert server.agents()["curl"]["protocol"] == version


def test_a_batch_of_the_version_that_had_them_is_refused(server: Server) -> None:
    session = Session(server, "2025-03-26")
    calls = [
        request("tools/call", number, name="start_pipeline", arguments={"project": "shop", "title": f"Batch {number}"})
        for number in (2, 3)
    ]
    answer = session.post(calls)
    assert answer.status_code == 400
    error = message(answer)["error"]
    assert error["code"] == -32600 and "batches are not taken" in error["message"]
    assert session.call("list_pipelines")["pipelines"] == []


async def test_a_person_stops_the_pipeline(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        stopped = await decided(server, agent, handover, "stop", 1, "Not this quarter.")
        assert (stopped["decision"], stopped["prompt"]) == ("stopped", None)
        assert "Stop" in stopped["next_step"]
        assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "cancelled"
        assert "was stopped" in await agent.refused("update_pipeline_status", pipeline=pipeline, message="Still here")


async def test_own_phases_and_the_prompt_in_german(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start(phases=["Draft", "Publish"], language="de")
        handover = await agent.hand_over(pipeline)
        await anyio.to_thread.run_sync(server.decide, handover, "accept", 1, "Bitte kürzer.")
        accepted = await agent.wait(handover)
        assert accepted["next_phase"].upper() == "PUBLISH"
        assert "Bitte kürzer." in accepted["prompt"] and "## 🎯 Ziel" in accepted["prompt"]


async def test_finishing_from_the_agent_s_side(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        assert "PLAN" in await agent.refused("finish_pipeline", pipeline=pipeline, outcome="completed")
        ended = await agent.call("finish_pipeline", pipeline=pipeline, outcome="failed", message="No access")
        assert ended["status"] == "failed"


async def test_two_agents_at_once_do_not_disturb_each_other(server: Server) -> None:
    prompts: dict[str, str] = {}

    async def relay(name: str, mode: str) -> None:
        async with connect(server, mode, name=name) as agent:
            pipeline = await agent.start(title=name)
            for round_ in range(3):
                handover = await agent.hand_over(pipeline, f"# {name} {round_}")
                async with anyio.create_task_group() as tasks:
                    parked = anyio.Event()

                    async def told(*_: Any) -> None:
                        parked.set()

                    async def decide() -> None:
                        await parked.wait()
                        await anyio.to_thread.run_sync(server.decide, handover, "accept", 1, f"For {name} {round_}.")

                    tasks.start_soon(decide)
                    accepted = await agent.wait(handover, on_progress=told)
                assert accepted["pipeline"] == pipeline
                assert f"For {name} {round_}." in accepted["prompt"]
                await agent.call("acknowledge_prompt", prompt_id=accepted["prompt_id"])
                prompts[f"{name} {round_}"] = accepted["prompt"]

    async with anyio.create_task_group() as tasks:
        for name, mode in [("one", "legacy"), ("two", "2026-07-28"), ("three", "auto")]:
            tasks.start_soon(relay, name, mode)
    assert len(set(prompts.values())) == 9


async def test_the_same_call_again_changes_nothing_twice(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        first = await agent.start(idempotency_key="start-1")
        assert await agent.start(idempotency_key="start-1") == first
        for _ in range(3):
            await agent.call("update_pipeline_status", pipeline=first, message="Once", idempotency_key="report-1")
            await agent.call("save_handover_content", pipeline=first, content="# Once", idempotency_key="handover-1")
    facts = server.count(first)
    assert (facts["PipelineStarted"], facts["ProgressReported"], facts["HandoverSubmitted"]) == (1, 1, 1)
    assert facts["HandoverRevised"] == 0
