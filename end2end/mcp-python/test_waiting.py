"""A decision is delivered, whenever it is made and whatever breaks meanwhile; and it is acted on once."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from conftest import MODES, Server, connect


def delivered_once(server: Server, pipeline: str, answer: dict[str, Any]) -> None:
    assert answer["decision"] == "accepted" and answer["prompt"], answer
    facts = server.count(pipeline)
    assert (facts["HandoverAccepted"], facts["PromptWritten"], facts["PromptPickedUp"]) == (1, 1, 1), facts


async def decide(server: Server, handover: str) -> None:
    await anyio.to_thread.run_sync(server.decide, handover, "accept", 1, "Go on.")


async def test_decided_before_the_wait(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        await decide(server, handover)
        delivered_once(server, pipeline, await agent.wait(handover))
        # Asked again, it says the same, and nothing more happens.
        delivered_once(server, pipeline, await agent.wait(handover))


async def test_decided_during_the_wait(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        answer = await agent.wait_while(handover, lambda: decide(server, handover))
        delivered_once(server, pipeline, answer)


async def test_decided_between_two_waits_of_one_second(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        for _ in range(2):
            assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        await decide(server, handover)
        delivered_once(server, pipeline, await agent.wait(handover, seconds=1))


async def test_decided_while_the_agent_is_down(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
    await decide(server, handover)
    server.wait_for(pipeline, "PromptWritten")
    assert server.count(pipeline)["PromptPickedUp"] == 0, "nobody has it yet"
    async with connect(server, mode, name="another") as agent:
        delivered_once(server, pipeline, await agent.wait(handover))


async def test_decided_while_the_agent_is_down_and_pulled(server: Server, mode: str) -> None:
    """In a new chat there is nothing to wait for: the prompt is pulled, without any id."""
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
    await decide(server, handover)
    server.wait_for(pipeline, "PromptWritten")
    async with connect(server, mode) as agent:
        pulled = await agent.call("get_next_prompt")
        assert pulled["phase"] == "PLAN" and pulled["prompt"]
        assert (await agent.wait(handover))["prompt"] == pulled["prompt"]
    assert server.count(pipeline)["PromptPickedUp"] == 1


@pytest.mark.parametrize("when", ["after the restart", "before the kill"])
async def test_decided_around_a_server_that_was_killed(server: Server, mode: str, when: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
    if when == "before the kill":
        await decide(server, handover)
    server.restart()
    if when == "after the restart":
        await decide(server, handover)
    async with connect(server, mode) as agent:
        delivered_once(server, pipeline, await agent.wait(handover))


async def test_killed_in_the_middle_of_a_wait(server: Server, mode: str) -> None:
    """The call breaks off; the agent comes back as a new client and has lost nothing."""
    handover = pipeline = ""
    with pytest.raises(BaseException) as broken:  # what exactly is the client's business
        async with connect(server, mode) as agent:
            pipeline, handover = await agent.handed_over()
            parked = anyio.Event()

            async def told(*_: Any) -> None:
                parked.set()

            async with anyio.create_task_group() as tasks:

                async def power_cut() -> None:
                    await parked.wait()
                    server.kill()

                tasks.start_soon(power_cut)
                # The client of the older era goes on trying to resume for longer than this test has time.
                with anyio.fail_after(5):
                    await agent.wait(handover, on_progress=told)
    assert not isinstance(broken.value, (KeyboardInterrupt, SystemExit)), broken.value
    server.start()
    await decide(server, handover)
    async with connect(server, mode) as agent:
        delivered_once(server, pipeline, await agent.wait(handover))


async def test_a_client_that_cancels(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        parked = anyio.Event()

        async def told(*_: Any) -> None:
            parked.set()

        async with anyio.create_task_group() as tasks:

            async def impatient() -> None:
                await agent.wait(handover, seconds=50, on_progress=told)

            tasks.start_soon(impatient)
            await parked.wait()
            tasks.cancel_scope.cancel()
        # The connection is of use after that, and so is the decision.
        assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "awaiting_review"
        await decide(server, handover)
        server.wait_for(pipeline, "PromptWritten")
        assert server.count(pipeline)["PromptPickedUp"] == 0, "given to a call that nobody waits for any more"
        delivered_once(server, pipeline, await agent.wait(handover))


async def test_two_waits_for_the_same_decision(server: Server) -> None:
    async with connect(server, "legacy") as one, connect(server, "2026-07-28") as two:
        pipeline, handover = await one.handed_over()
        parked = anyio.Semaphore(0)
        answers: list[dict[str, Any]] = []

        async def told(*_: Any) -> None:
            parked.release()

        async with anyio.create_task_group() as tasks:
            for agent in (one, two):

                async def park(agent: Any = agent) -> None:
                    answers.append(await agent.wait(handover, on_progress=told))

                tasks.start_soon(park)
            await parked.acquire()
            await parked.acquire()
            await decide(server, handover)
        for answer in answers:
            delivered_once(server, pipeline, answer)
        assert answers[0]["prompt"] == answers[1]["prompt"]


async def test_a_long_silence_and_progress(server: Server) -> None:
    """All at once, since they only wait: progress comes to those who ask for it, and nobody is cut off
    while the connection is silent for longer than the server's keep-alive of 15 seconds."""
    ticks: dict[str, list[tuple[float, str]]] = {}

    async def patient(mode: str, asks: bool) -> None:
        async with connect(server, mode) as agent:
            pipeline, handover = await agent.handed_over()
            heard = ticks.setdefault(f"{mode} {asks}", [])

            async def told(progress: float, _: float | None, message: str | None) -> None:
                heard.append((progress, message or ""))

            answer = await agent.wait(handover, seconds=17, on_progress=told if asks else None)
            assert answer["decision"] == "pending"
            # The session is as good as before.
            assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "awaiting_review"
            await decide(server, handover)
            delivered_once(server, pipeline, await agent.wait(handover, seconds=5))

    with anyio.fail_after(40):
        async with anyio.create_task_group() as tasks:
            for mode in MODES:
                for asks in (True, False):
                    tasks.start_soon(patient, mode, asks)
    for mode in MODES:
        heard = ticks[f"{mode} True"]
        assert len(heard) >= 2, f"{mode}: at once and after 10 seconds, but came {heard}"
        assert [step for step, _ in heard] == sorted({step for step, _ in heard}), "progress only grows"
        assert all("Waiting for a person" in message for _, message in heard)


async def test_after_the_set_time_the_agent_is_told_to_end_its_turn(tmp_path: Path) -> None:
    server = Server(tmp_path, STAFFEL_WAIT_SECONDS="4")
    server.start()
    try:
        async with connect(server) as agent:
            pipeline, handover = await agent.handed_over()
            answers = [await agent.wait(handover, seconds=1) for _ in range(4)]
            assert all("End your turn" not in answer["next_step"] for answer in answers[:3])
            last = answers[3]
            assert last["decision"] == "pending" and "End your turn" in last["next_step"]
            assert f"{server.url}/pipelines/{pipeline}" in last["next_step"] and "get_next_prompt" in last["next_step"]
            await decide(server, handover)
            delivered_once(server, pipeline, await agent.wait(handover))
    finally:
        server.kill()


async def test_short_waits_do_not_use_up_the_time(server: Server) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        answers = [await agent.wait(handover, seconds=1) for _ in range(12)]
        assert all("End your turn" not in answer["next_step"] for answer in answers)
