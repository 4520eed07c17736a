"""The endpoint as plain HTTP, for clients that are no library: curl, a proxy, an attacker's page."""

import json
from typing import Any

import httpx
import pytest

from conftest import Server, connect

OLDER = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def message(answer: httpx.Response) -> dict[str, Any]:
    """The one message of an answer, whether it came as JSON or as a stream of events."""
    if answer.headers["content-type"].startswith("application/json"):
        return answer.json()
    data = [line.removeprefix("data:").strip() for line in answer.text.splitlines() if line.startswith("data:")]
    return json.loads([line for line in data if line][-1])


def request(method: str, number: int | None = 1, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
    return body if number is None else {**body, "id": number}


def initialize(version: str = "2025-06-18") -> dict[str, Any]:
    return request("initialize", protocolVersion=version, capabilities={}, clientInfo={"name": "curl", "version": "8"})


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_the_handshake_and_a_call_as_in_the_readme(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url, headers=ACCEPT, timeout=10) as http:
        hello = http.post(path, json=initialize())
        assert hello.status_code == 200, "no redirect"
        assert message(hello)["result"]["serverInfo"]["name"] == "staffel"
        session = {"Mcp-Session-Id": hello.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
        assert http.post(path, json=request("notifications/initialized", None), headers=session).status_code == 202
        tools = message(http.post(path, json=request("tools/list", 2), headers=session))["result"]["tools"]
        assert len(tools) == 12
        call = request("tools/call", 3, name="start_pipeline", arguments={"project": "shop", "title": "By hand"})
        result = message(http.post(path, json=call, headers=session))["result"]
        assert result["structuredContent"]["phase"] == "VAN" and not result.get("isError")
        assert "By hand" in result["content"][0]["text"]
    assert server.api("GET", "/pipelines").json()["pipelines"][0]["title"] == "By hand"


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_a_single_request_of_the_stateless_era(server: Server, path: str) -> None:
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "8"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {**ACCEPT, "MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "start_pipeline"}
    body = request("tools/call", name="start_pipeline", arguments={"project": "shop", "title": "One shot"}, _meta=meta)
    answer = httpx.post(server.url + path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert message(answer)["result"]["structuredContent"]["title"] == "One shot"
    assert "mcp-session-id" not in answer.headers


@pytest.mark.parametrize("version", OLDER)
def test_every_older_version_is_spoken(server: Server, version: str) -> None:
    answer = httpx.post(server.mcp, json=initialize(version), headers=ACCEPT)
    assert message(answer)["result"]["protocolVersion"] == version


async def test_the_library_takes_the_address_with_a_slash(server: Server, mode: str) -> None:
    async with connect(server, mode, url=server.mcp + "/") as agent:
        assert await agent.start()


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/sse", "/api/pipelines"])
@pytest.mark.parametrize(
    "foreign",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Host": "evil.example"}],
    ids=lambda headers: "-".join(next(iter(headers.items()))),
)
def test_foreign_pages_and_rebound_names_are_refused(server: Server, path: str, foreign: dict[str, str]) -> None:
    if path.startswith("/mcp"):
        answer = httpx.post(server.url + path, json=initialize(), headers={**ACCEPT, **foreign})
    else:
        answer = httpx.get(server.url + path, headers=foreign)
    assert answer.status_code == 403, answer.text
    assert "access-control-allow-origin" not in answer.headers
    assert answer.json()["detail"], "says what is allowed"


def test_own_pages_are_let_in(server: Server) -> None:
    answer = httpx.post(server.mcp, json=initialize(), headers={**ACCEPT, "Origin": server.url})
    assert answer.status_code == 200


def test_a_session_that_the_server_does_not_know_is_404(server: Server) -> None:
    """By this answer a client learns that it has to shake hands again."""
    session = {"Mcp-Session-Id": "00000000-0000-4000-8000-000000000000"}
    answer = httpx.post(server.mcp, json=request("tools/list", 2), headers={**ACCEPT, **session})
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}'])
def test_garbage_is_refused_and_the_server_lives(server: Server, body: bytes) -> None:
    answer = httpx.post(server.mcp, content=body, headers=ACCEPT)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert server.healthy()


def test_a_body_without_bound_is_refused(server: Server) -> None:
    answer = httpx.post(server.mcp, content=b" " * (20 << 20), headers=ACCEPT)
    assert answer.status_code == 413
    assert server.healthy()
