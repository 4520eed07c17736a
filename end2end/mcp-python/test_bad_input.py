"""Requests that are wrong: each gets an answer that says so, and nobody else notices."""

import json
from itertools import repeat
from typing import Any

import httpx
import pytest

from conftest import Server
from test_http import ACCEPT, initialize, message, request

pytestmark = pytest.mark.usefixtures("unharmed")

VERSION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "8"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
DEPTH = 100_000
LARGE = 64 << 20



def stateless(method: str, name: str | None = None, /, **params: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A request of the era without sessions, and its headers."""
    headers = {**ACCEPT, "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
    return request(method, **params, _meta=META), headers | ({"Mcp-Name": name} if name else {})


def a_call() -> tuple[dict[str, Any], dict[str, str]]:
    return stateless("tools/call", "list_pipelines", name="list_pipelines", arguments={})


def session(server: Server) -> dict[str, str]:
    """The headers of a session of the older era."""
    hello = httpx.post(server.mcp, json=initialize(), headers=ACCEPT)
    headers = {**ACCEPT, "Mcp-Session-Id": hello.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
    assert httpx.post(server.mcp, json=request("notifications/initialized", None), headers=headers).status_code == 202
    return headers


def error(answer: httpx.Response) -> int:
    """The code of the error, of which a message and the version of JSON-RPC are a part."""
    said = message(answer)
    assert said["jsonrpc"] == "2.0" and said["error"]["message"], said
    return said["error"]["code"]


NOT_A_MESSAGE = {
    "cut off": b'{"jsonrpc":"2.0","id":1,"meth',
    "no text": b"\xff\xfe\x00",
    "nested arrays": b"[" * DEPTH + b"]" * DEPTH,
    "nested arguments": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_pipelines","arguments":'
    + b'{"project":' * DEPTH + b"1" + b"}" * DEPTH + b"}}",
    "an array with one request": json.dumps([initialize()]).encode(),
    "an array with two": json.dumps([initialize(), request("ping", 2)]).encode(),
    "an empty array": b"[]",
}  # fmt: skip


@pytest.mark.parametrize("body", NOT_A_MESSAGE.values(), ids=NOT_A_MESSAGE.keys())
@pytest.mark.parametrize("headers", [ACCEPT, a_call()[1]], ids=["older era", "stateless era"])
def test_what_is_no_message_changes_nothing(server: Server, body: bytes, headers: dict[str, str]) -> None:
    answer = httpx.post(server.mcp, content=body, headers=headers, timeout=20)
    assert answer.status_code in (400, 415), answer.text
    assert len(answer.content) < 1_000, "the answer repeats what was sent"


@pytest.mark.parametrize("body", NOT_A_MESSAGE.values(), ids=NOT_A_MESSAGE.keys())
def test_what_is_no_message_is_an_error_of_json_rpc(server: Server, body: bytes) -> None:
    answer = httpx.post(server.mcp, content=body, headers=ACCEPT, timeout=20)
    assert answer.status_code == 400, answer.text
    assert error(answer) == (-32600 if body.startswith(b"[{") or body == b"[]" else -32700)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Content-Type", "text/plain", 415),
        ("Content-Type", "application/x-www-form-urlencoded", 415),
        ("Accept", "text/html", 406),
    ],
)
def test_what_the_endpoint_does_not_speak(server: Server, header: str, value: str, status: int) -> None:
    for body, headers in [(initialize(), ACCEPT), a_call()]:
        assert httpx.post(server.mcp, json=body, headers={**headers, header: value}).status_code == status


@pytest.mark.parametrize("how", ["with its length", "in chunks"])
def test_a_body_of_64_megabytes(server: Server, how: str) -> None:
    for _ in range(3):
        content = b" " * LARGE if how == "with its length" else repeat(b" " * (1 << 20), LARGE >> 20)
        try:
            status = httpx.post(server.mcp, content=content, headers=ACCEPT, timeout=20).status_code
        except httpx.WriteError:  # refused while most of it was still to come
            continue
        assert status == 413
    assert server.healthy()


@pytest.mark.parametrize("status", [400, 405, 406, 413])
def test_what_is_refused_before_it_is_read_is_refused_in_a_known_form(server: Server, status: int) -> None:
    answer = {
        400: lambda: httpx.post(server.mcp, json=request("tools/list"), headers=ACCEPT),  # without a session
        405: lambda: httpx.put(server.mcp, json=initialize(), headers=ACCEPT),
        406: lambda: httpx.post(server.mcp, json=initialize(), headers={**ACCEPT, "Accept": "text/html"}),
        413: lambda: httpx.post(server.mcp, content=b" " * (9 << 20), headers=ACCEPT),
    }[status]()
    assert answer.status_code == status
    assert answer.headers.get("content-type", "").split(";")[0] in ("application/json", "application/problem+json")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", None),
        ("Mcp-Name", "start_pipeline"),
        ("Mcp-Name", None),
        ("MCP-Protocol-Version", "2025-11-25"),
        ("MCP-Protocol-Version", "2099-01-01"),
        ("MCP-Protocol-Version", None),
    ],
)
def test_a_header_that_contradicts_the_body(server: Server, header: str, value: str | None) -> None:
    body, headers = a_call()
    headers = {name: given for name, given in headers.items() if name != header} | ({header: value} if value else {})
    answer = httpx.post(server.mcp, json=body, headers=headers)
    assert (answer.status_code, error(answer)) == (400, -32020)
    assert header in message(answer)["error"]["message"]


def test_a_version_that_nobody_knows(server: Server) -> None:
    unknown = "2099-01-01"
    body, headers = a_call()
    body["params"]["_meta"] = {**META, "io.modelcontextprotocol/protocolVersion": unknown}
    answer = httpx.post(server.mcp, json=body, headers={**headers, "MCP-Protocol-Version": unknown})
    assert (answer.status_code, error(answer)) == (400, -32022)
    data = message(answer)["error"]["data"]
    assert data["requested"] == unknown and VERSION in data["supported"]

    # The older era settles for a version of the server's; after that, the header has to name one that exists.
    hello = message(httpx.post(server.mcp, json=initialize(unknown), headers=ACCEPT))
    assert hello["result"]["protocolVersion"] == "2025-11-25"
    wrong = {**session(server), "MCP-Protocol-Version": unknown}
    assert httpx.post(server.mcp, json=request("tools/list"), headers=wrong).status_code == 400


def test_a_forged_state_decides_nothing(server: Server) -> None:
    """Nobody is named as an approver here, so whatever a client claims to continue was never begun."""
    body, headers = stateless("tools/call", "start_pipeline", name="start_pipeline", arguments={"project": "p", "title": "t"})
    pipeline = message(httpx.post(server.mcp, json=body, headers=headers))["result"]["structuredContent"]["pipeline"]
    given = {"pipeline": pipeline, "content": "# Done"}
    body, headers = stateless("tools/call", "save_handover_content", name="save_handover_content", arguments=given)
    handover = message(httpx.post(server.mcp, json=body, headers=headers))["result"]["structuredContent"]["handover"]
    forged = {
        "requestState": "eyJkZWNpc2lvbiI6ImFjY2VwdCJ9.AAAA",
        "inputResponses": {"decision": {"action": "accept", "content": {"decision": "accept"}}},
    }
    wait = {"handover": handover, "wait_seconds": 1}
    body, headers = stateless("tools/call", "await_handover_decision", name="await_handover_decision", arguments=wait, **forged)
    answer = message(httpx.post(server.mcp, json=body, headers=headers))
    assert answer["result"]["structuredContent"]["decision"] == "pending"
    assert server.count(pipeline)["HandoverAccepted"] == 0


LISTS = ["tools/list", "prompts/list", "resources/templates/list", "resources/list"]


@pytest.mark.parametrize("method", LISTS)
def test_a_cursor_of_nobody(server: Server, method: str) -> None:
    body, headers = stateless(method, cursor="nonsense")
    assert error(httpx.post(server.mcp, json=body, headers=headers)) == -32602


def test_an_event_id_of_nobody_brings_nothing(server: Server) -> None:
    headers = session(server)
    for event in ["0/7", "999/999", "nonsense", "\\u0000", "9" * 10_000]:
        with httpx.stream("GET", server.mcp, headers={**headers, "Last-Event-ID": event}, timeout=5) as resumed:
            assert resumed.status_code in (400, 404, 405), "an empty 200 would be asked for again at once"
            assert "data: {" not in resumed.read().decode()
    assert message(httpx.post(server.mcp, json=request("tools/list"), headers=headers))["result"]["tools"]
