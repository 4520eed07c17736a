"""The server is killed again and again under a waiting and a reporting agent."""

from typing import Any

import anyio
import pytest

from conftest import Server, connect


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_nothing_is_lost_and_nothing_is_doubled(server: Server, mode: str) -> None:
    kills = 4
    async with connect(server, mode) as agent:
        waiting, handover = await agent.handed_over()
        working = await agent.start(title="Under fire")
    answers: list[dict[str, Any]] = []
    acknowledged: list[str] = []
    tries = 0
    calm = anyio.Event()

    async def waiter() -> None:
        while not answers:
            try:
                with anyio.fail_after(5):
                    async with connect(server, mode, name="waiter") as agent:
                        answer = await agent.wait(handover, seconds=2)
                        # Accepted, and the prompt still to be written: who was about to write it may have died.
                        if answer["decision"] != "pending" and answer.get("prompt"):
                            answers.append(answer)
            except Exception:  # whatever the client makes of a dead server: come back
                await anyio.sleep(0.05)

    async def reporter() -> None:
        nonlocal tries
        number = 0
        while not (calm.is_set() and number >= 20):
            try:
                with anyio.fail_after(5):
                    async with connect(server, mode, name="reporter") as agent:
                        while not (calm.is_set() and number >= 20):
                            text = f"report {number}"
                            tries += 1
                            # The key makes it safe to send again what may or may not have arrived.
                            await agent.call("update_pipeline_status", pipeline=working, message=text, idempotency_key=text)
                            acknowledged.append(text)
                            number += 1
                            await anyio.sleep(0.02)
            except Exception:
                await anyio.sleep(0.05)

    with anyio.fail_after(90):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waiter)
            tasks.start_soon(reporter)
            for cut in range(kills):
                seen = len(acknowledged)
                while len(acknowledged) < seen + 5:  # at work again since the last cut
                    await anyio.sleep(0.02)
                await anyio.to_thread.run_sync(server.kill)
                await anyio.sleep(0.2)
                await anyio.to_thread.run_sync(server.start)
                if cut == kills - 2:
                    # Decided, and killed once more right after: the answer may be on its way.
                    await anyio.to_thread.run_sync(server.decide, handover, "accept", 1, "Go on.")
            calm.set()

    assert answers[0]["decision"] == "accepted" and "Go on." in answers[0]["prompt"]
    facts = server.count(waiting)
    assert (facts["HandoverAccepted"], facts["PromptWritten"], facts["PromptPickedUp"]) == (1, 1, 1)
    events = server.events(working)
    said = [event["event"]["message"] for event in events if event["event"]["type"] == "ProgressReported"]
    assert said == acknowledged, f"{len(said)} in the journal, {len(acknowledged)} acknowledged, {tries} sent"
    assert [event["revision"] for event in events] == list(range(1, len(events) + 1)), "the journal has no gap"
