"""What a client sees before it calls anything."""

import unicodedata
from typing import Any, Iterator

import pytest

from conftest import Server, connect

NAMES = [
    "list_pipelines",
    "start_pipeline",
    "get_pipeline_status",
    "update_pipeline_status",
    "save_handover_content",
    "get_handover_content",
    "await_handover_decision",
    "ask_person",
    "get_next_prompt",
    "acknowledge_prompt",
    "finish_pipeline",
    "get_version",
]
READS = {"list_pipelines", "get_pipeline_status", "get_handover_content", "get_version"}


async def test_the_server_introduces_itself(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        assert agent.client.protocol_version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
        if mode != "2026-07-28":  # a pinned client asks for nothing before it calls
            assert agent.client.server_info and agent.client.server_info.name == "staffel"
            assert "await_handover_decision" in (agent.client.instructions or "")


async def test_twelve_tools_each_complete_and_closed(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        tools = (await agent.client.list_tools()).tools
    assert [tool.name for tool in tools] == NAMES
    for tool in tools:
        hints = tool.annotations
        assert tool.title and tool.description and hints, tool.name
        assert hints.read_only_hint == (tool.name in READS), tool.name
        assert hints.destructive_hint == (tool.name == "finish_pipeline"), tool.name
        assert hints.open_world_hint is False and hints.idempotent_hint is not None, tool.name
        assert tool.input_schema["type"] == "object" and tool.input_schema["additionalProperties"] is False, tool.name
        for argument, schema in tool.input_schema.get("properties", {}).items():
            assert schema.get("description"), f"{tool.name}.{argument}"
        assert tool.output_schema and tool.output_schema["properties"], tool.name


def keywords(schema: Any, name: str) -> Iterator[Any]:
    """Every value of a keyword, anywhere in a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get(name), str):
            yield schema[name]
        for part in schema.values():
            yield from keywords(part, name)
    elif isinstance(schema, list):
        for part in schema:
            yield from keywords(part, name)


async def test_schemas_use_no_format_that_clients_do_not_know(server: Server) -> None:
    """The TypeScript client writes a warning into its user's terminal for each one ("uint8", "int64" ...)."""
    async with connect(server) as agent:
        tools = (await agent.client.list_tools()).tools
    found = {(tool.name, word) for tool in tools for side in (tool.input_schema, tool.output_schema) for word in keywords(side, "format")}
    assert {word for _, word in found} <= {"date-time", "date", "time", "uri", "uuid", "email"}, sorted(found)


async def test_no_tool_can_decide(server: Server) -> None:
    async with connect(server) as agent:
        for tool in (await agent.client.list_tools()).tools:
            assert not {"decision", "accept", "verdict"} & set(tool.input_schema.get("properties", {})), tool.name
        pipeline, handover = await agent.handed_over()
    path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
    answer = server.api("POST", path, {"decision": "accept", "revision": 1}, **{"Staffel-Actor": "agent/tester"})
    assert answer.status_code == 401, answer.text
    assert server.count(pipeline)["HandoverAccepted"] == 0


def for_a_reader(result: Any) -> None:
    """Many clients show only the text: it begins with a line, not with data, and holds nothing that a terminal obeys."""
    text = result.content[0].text
    line = text.split("\n")[0]
    assert line.strip() and line[0] not in '{["', text
    commands = {character for character in text if unicodedata.category(character) == "Cc"} - {"\n"}
    assert not commands, text


async def test_every_answer_can_be_read(server: Server) -> None:
    said = "Go \x1b[31mon\x07.\r\n"
    heard = []
    async with connect(server) as agent:

        async def call(tool: str, **arguments: Any) -> dict[str, Any]:
            result = await agent.client.call_tool(tool, arguments)
            for_a_reader(result)
            assert not result.is_error and result.structured_content
            heard.append(tool)
            return result.structured_content

        pipeline = (await call("start_pipeline", project="shop", title="Faster checkout", goal=said))["pipeline"]
        await call("update_pipeline_status", pipeline=pipeline, message="On it")
        await call("ask_person", pipeline=pipeline, question=said, wait_seconds=0)
        handover = (await call("save_handover_content", pipeline=pipeline, content=said))["handover"]
        await call("get_handover_content", handover=handover)
        assert (await call("await_handover_decision", handover=handover, wait_seconds=1))["decision"] == "pending"
        server.decide(handover, changes=said)
        decision = await call("await_handover_decision", handover=handover)
        assert "Go " in decision["prompt"] and decision["review_changes"]
        await call("get_next_prompt", pipeline=pipeline)
        await call("acknowledge_prompt", prompt_id=decision["prompt_id"])
        for tool in ["get_pipeline_status", "get_version"]:
            await call(tool, pipeline=pipeline)
        await call("finish_pipeline", pipeline=pipeline, outcome="failed")
        await call("list_pipelines", include_ended=True)
    assert set(heard) == set(NAMES)


@pytest.mark.parametrize("given", ["nonsense", "non\x1b[31msense", "nonsense" * 10_000], ids=["short", "in colour", "long"])
async def test_every_refusal_can_be_read(server: Server, given: str) -> None:
    refused = {
        "list_pipelines": {given: 1},
        "start_pipeline": {"project": "shop", "title": "Faster checkout", "language": given},
        "get_pipeline_status": {"pipeline": given},
        "update_pipeline_status": {"tasks": [{"name": "Read", "status": given}]},
        "save_handover_content": {"content": "# Done", "phase": given},
        "get_handover_content": {"handover": given},
        "await_handover_decision": {"handover": given},
        "ask_person": {"question": "Which?", "kind": given},
        "get_next_prompt": {"pipeline": given},
        "acknowledge_prompt": {"prompt_id": given},
        "finish_pipeline": {"outcome": given},
        "get_version": {"pipeline": given},
    }
    assert set(refused) == set(NAMES)
    async with connect(server) as agent:
        await agent.start()
        results = {tool: await agent.client.call_tool(tool, arguments) for tool, arguments in refused.items()}
    for tool, result in results.items():
        assert result.is_error, tool
        for_a_reader(result)
        assert len(result.content[0].text) < 2_000, f"{tool} repeats what it was sent"
