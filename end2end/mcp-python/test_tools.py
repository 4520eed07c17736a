"""What a client sees before it calls anything."""

from typing import Any, Iterator

from conftest import Server, connect

NAMES = [
    "list_pipelines",
    "start_pipeline",
    "get_pipeline_status",
    "update_pipeline_status",
    "save_handover_content",
    "get_handover_content",
    "await_handover_decision",
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


async def test_eleven_tools_each_complete_and_closed(server: Server, mode: str) -> None:
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
    assert answer.status_code == 403, answer.text
    assert server.count(pipeline)["HandoverAccepted"] == 0
