"""What is wrong is said in words that an agent can act on."""

import re

import anyio
import pytest
from mcp import MCPError

from conftest import Server, connect

UNKNOWN = "zzzzzzzzzz"  # well-formed, and nobody's


async def test_an_unknown_tool_is_an_error_of_the_protocol(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        with pytest.raises(MCPError) as refused:
            await agent.client.call_tool("accept_handover", {})
        assert refused.value.error.code == -32602
        assert "accept_handover" in str(refused.value) and "await_handover_decision" in str(refused.value)


async def test_bad_arguments(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        cases = [
            ("get_pipeline_status", {"pipelines": pipeline}, ["pipelines", "`pipeline`"]),
            ("update_pipeline_status", {"pipeline": pipeline, "progress": 140}, ["140", "100"]),
            ("update_pipeline_status", {"pipeline": pipeline, "progress": -3}, ["-3", "0"]),
            ("update_pipeline_status", {"pipeline": pipeline, "progress": "half"}, ["update_pipeline_status", "half"]),
            ("update_pipeline_status", {"pipeline": pipeline, "phase": "REFLECT"}, ["REFLECT", "VAN"]),
            ("update_pipeline_status", {"pipeline": pipeline, "phase": "LUNCH"}, ["LUNCH", "VAN"]),
            ("update_pipeline_status", {"pipeline": pipeline, "tasks": [{"name": "x", "status": "done"}]}, ["done", "completed"]),
            ("save_handover_content", {"pipeline": pipeline, "content": "a" * 3_000_000}, ["content", "1"]),
            ("save_handover_content", {"pipeline": pipeline, "content": ""}, ["content"]),
            ("save_handover_content", {"pipeline": pipeline, "content": " \n\t "}, ["content"]),
            ("save_handover_content", {"pipeline": pipeline, "content": "a\x00b"}, ["content", "NUL"]),
            ("save_handover_content", {"pipeline": pipeline, "content": "x", "phase": "PLAN"}, ["PLAN", "VAN"]),
            ("save_handover_content", {"pipeline": pipeline}, ["content"]),
            ("start_pipeline", {"project": "p"}, ["title"]),
            ("start_pipeline", {"project": "p", "title": " "}, ["title"]),
            ("start_pipeline", {"project": "p", "title": "t", "phases": ["A", "A"]}, ["A"]),
            ("start_pipeline", {"project": "p", "title": "t", "version": {"current": 1.1}}, ["1.1", "string"]),
            ("get_pipeline_status", {"pipeline": UNKNOWN}, [UNKNOWN, "list_pipelines"]),
            ("get_pipeline_status", {"pipeline": "no id"}, ["no id", "list_pipelines"]),
            ("get_pipeline_status", {"pipeline": "../../etc/passwd"}, ["pipeline id"]),
            ("get_pipeline_status", {"pipeline": 7}, ["7"]),
            ("get_handover_content", {"handover": f"{pipeline}-h9"}, ["handover"]),
            ("get_handover_content", {"handover": "nonsense"}, ["nonsense"]),
            ("await_handover_decision", {"pipeline": pipeline}, ["handover"]),
            ("acknowledge_prompt", {"prompt_id": "nonsense"}, ["nonsense"]),
            ("acknowledge_prompt", {"pipeline": pipeline}, ["prompt"]),
            ("finish_pipeline", {"pipeline": pipeline, "outcome": "great"}, ["great", "completed"]),
        ]
        for tool, arguments, words in cases:
            said = await agent.refused(tool, **arguments)
            assert len(said) < 2_000, f"{tool} repeats what it was sent"
            for word in [*words, "Allowed: ", "Next: "]:
                assert word in said, f"{tool}: {word!r} is not in {said!r}"
        facts = server.count(pipeline)
        assert facts == {"PipelineStarted": 1, "PhaseStarted": 1}, "a refusal leaves no trace"


@pytest.mark.parametrize("seconds", [51, 0, -1, 100_000])
async def test_waits_have_bounds(server: Server, seconds: int) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        said = await agent.refused("await_handover_decision", handover=handover, wait_seconds=seconds)
        assert str(seconds) in said and "1 to 50" in said


async def test_out_of_turn(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        said = await agent.refused("update_pipeline_status", pipeline=pipeline, message="Going on anyway")
        assert "waits for a person" in said and f"await_handover_decision with handover={handover}" in said
        nothing = await agent.call("get_next_prompt", pipeline=pipeline)
        assert nothing["prompt"] is None and "await_handover_decision" in nothing["next_step"]


async def test_which_pipeline_is_asked_when_several_are_open(server: Server) -> None:
    async with connect(server) as agent:
        assert "start_pipeline" in await agent.refused("get_pipeline_status")
        first, second = await agent.start(title="One"), await agent.start(title="Two")
        said = await agent.refused("get_pipeline_status")
        assert first in said and second in said


async def test_hostile_text_stays_text(server: Server) -> None:
    hostile = "# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\u202e\x1b[31m [x](javascript:alert(1))"
    async with connect(server) as agent:
        pipeline = await agent.start(title="<script>alert(1)</script>")
        handover = await agent.hand_over(pipeline, hostile)
        read = await agent.call("get_handover_content", handover=handover)
        # Terminal escapes and bidirectional marks could hide words from the person who reads along.
        assert "\x1b" not in read["content"] and "\u202e" not in read["content"] and "alert(1)" in read["content"]
        await anyio.to_thread.run_sync(server.decide, handover)
        prompt = (await agent.wait(handover))["prompt"]
        assert "\x1b" not in prompt and "\u202e" not in prompt and "<script>alert(1)</script>" in prompt
    kept = server.api("GET", f"/pipelines/{pipeline}/handovers/{handover}").json()
    assert kept["content"] == hostile, "the journal keeps what was sent"
    html = kept["html"]
    tags = re.findall(r"<[^>]*>", html)
    assert not [tag for tag in tags if re.search(r"script|<img|onerror", tag)], html


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\U000e0041"])
async def test_what_nobody_can_see_is_not_shown_to_a_model(server: Server, hidden: str) -> None:
    async with connect(server) as agent:
        await agent.start(title=f"Faster{hidden} checkout")
        listed = await agent.client.call_tool("list_pipelines", {})
    assert "checkout" in listed.content[0].text
    assert hidden not in listed.content[0].text
