"""Agents have names: a token proves one, nothing else can, and no token ever leaks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import anyio
import httpx
import pytest
from conftest import MODES, ROOT, Agent, Server, binary, connect, hearing, on_files
from mcp import Client, MCPError
from mcp.client.stdio import stdio_client
from test_limits import stateless
from test_stdio import parameters

pytestmark = pytest.mark.anyio

TOKEN = re.compile(r"staffel_[0-9a-f]{8}_[0-9a-f]{64}")
ELSEWHERE = {"x-forwarded-for": "192.0.2.7"}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}


def staffel(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [binary(), *arguments, "--data", server.folder / "data"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=ROOT, env=server.environment)


def add(server: Server, name: str, *more: str) -> str:
    """Gives an agent a token, beside the running server."""
    done = staffel(server, "agents", "add", name, *more)
    assert done.returncode == 0, done.stderr
    (token,) = TOKEN.findall(done.stdout)
    return token


def revoke(server: Server, name: str) -> None:
    done = staffel(server, "agents", "revoke", name)
    assert done.returncode == 0, done.stderr


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def with_token(server: Server, token: str, mode: str = "auto", name: str = "tester") -> Any:
    return connect(server, mode, name, headers=bearer(token))


def actors(server: Server, pipeline: str) -> set[str]:
    return {event["actor"]["name"] for event in server.events(pipeline)}


@pytest.mark.parametrize("mode", MODES)
async def test_the_token_is_the_identity(server: Server, mode: str) -> None:
    token = add(server, "builder")
    async with with_token(server, token, mode, name="somebody-else") as agent:
        pipeline = await agent.start()
        await agent.call("update_pipeline_status", pipeline=pipeline, message="At work")
    assert actors(server, pipeline) == {"builder"}
    seen = server.agents()
    assert "somebody-else" not in seen
    assert seen["builder"]["scope"] == "report"
    assert seen["builder"]["client"] == "somebody-else 1"
    assert seen["builder"]["called"] == "update_pipeline_status"


@pytest.mark.parametrize("mode", MODES)
async def test_nobody_else_can_take_the_name(server: Server, mode: str) -> None:
    token = add(server, "builder")
    async with with_token(server, token) as builder:
        pipeline = await builder.start()
    revoke(server, "builder")  # Its name stays taken.
    async with connect(server, mode, name="builder") as thief:
        assert "belongs to an agent with a token" in await thief.refused("start_pipeline", project="p", title="t")
        assert "token" in await thief.refused("update_pipeline_status", pipeline=pipeline, message="Me")
    claim = server.api("POST", f"/pipelines/{pipeline}/reports", {"message": "Me"}, **{"Staffel-Actor": "agent/builder"})
    assert claim.status_code == 403, claim.text
    assert claim.json()["reason"] == "not_permitted"
    assert server.count(pipeline)["ProgressReported"] == 0


async def test_a_token_over_rest_is_the_identity_too(server: Server) -> None:
    token = add(server, "builder")
    async with connect(server, name="other") as other:
        pipeline, handover = await other.handed_over()
    path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
    body = {"decision": "accept", "revision": 1, "review_changes": ""}
    # Agents report and people decide, whoever the request says it is.
    for claimed in [{}, {"Staffel-Actor": "person/Anna"}]:
        answer = server.api("POST", path, body, **bearer(token), **claimed)
        assert answer.status_code == 403, answer.text
    assert server.count(pipeline)["HandoverAccepted"] == 0


@pytest.mark.parametrize("mode", MODES)
async def test_reading_is_not_reporting(server: Server, mode: str) -> None:
    token = add(server, "reader", "--scope", "read")
    async with connect(server, name="other") as other:
        pipeline, handover = await other.handed_over()
    async with with_token(server, token, mode) as reader:
        tools = {tool.name for tool in (await reader.client.list_tools()).tools}
        assert tools == {"list_pipelines", "get_pipeline_status", "get_handover_content", "get_version"}
        assert (await reader.call("get_handover_content", handover=handover))["handover"] == handover
        refusal = await reader.refused("update_pipeline_status", pipeline=pipeline, message="Me")
        assert "only allows reading" in refusal
        await reader.refused("get_next_prompt", pipeline=pipeline)
    answer = server.api("POST", f"/pipelines/{pipeline}/reports", {"message": "Me"}, **bearer(token))
    assert answer.status_code == 403
    assert "reader" not in actors(server, pipeline)


async def test_elsewhere_a_token_is_needed(server: Server) -> None:
    token = add(server, "builder")
    refused = httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | ELSEWHERE)
    assert refused.status_code == 401
    challenge = refused.headers["www-authenticate"]
    (metadata,) = re.findall(r'resource_metadata="([^"]+)"', challenge)
    resource = httpx.get(metadata).json()
    assert resource["resource"] == server.mcp
    assert resource["scopes_supported"] == ["report", "read"]
    assert resource["bearer_methods_supported"] == ["header"]
    # Who says to be a person reports as little.
    for claimed in [{}, {"Staffel-Actor": "person/Anna"}]:
        report = server.api("POST", "/pipelines", {"project": "p", "title": "t"}, **ELSEWHERE, **claimed)
        assert report.status_code == 401 and "www-authenticate" in report.headers

    assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | ELSEWHERE | bearer(token)).status_code == 200
    assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS).status_code == 200, "here it is not needed"


@pytest.mark.parametrize("header", [{"x-forwarded-proto": "https"}, {"via": "1.1 proxy"}, {"forwarded": "for=192.0.2.7"}])
def test_every_sign_of_a_proxy_counts(server: Server, header: dict[str, str]) -> None:
    assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | header).status_code == 401


def test_behind_a_public_address_everybody_needs_a_token(tmp_path: Path) -> None:
    """A proxy that passes the client's own Host and no other sign would make everybody look local."""
    server = Server(tmp_path, STAFFEL_PUBLIC_URL="https://staffel.example")
    server.start()
    try:
        token = add(server, "builder")
        assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS).status_code == 401
        assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | bearer(token)).status_code == 200
    finally:
        server.kill()


async def test_a_token_is_refused_in_every_wrong_place(server: Server) -> None:
    token = add(server, "builder")
    for wrong in [token, f"Basic {token}", f"Token token={token}"]:
        assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | {"Authorization": wrong}).status_code == 401
    for right in [f"Bearer\t{token}", f"bearer   {token}"]:
        assert httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | {"Authorization": right}).status_code == 200
    two = httpx.Headers([*HEADERS.items(), ("Authorization", "Basic eDp5"), ("Authorization", f"Bearer {token}")])
    assert httpx.post(server.mcp, json=INITIALIZE, headers=two).status_code == 200


@pytest.mark.parametrize("mode", MODES)
async def test_who_only_listens_is_here_too(server: Server, mode: str) -> None:
    def streams() -> int:
        return sum(agent["streams"] for agent in server.api("GET", "/agents").json()["agents"])

    async with connect(server, mode, name="quiet") as agent:
        await agent.call("get_version")
        if mode != "legacy":
            async with agent.client.listen(resource_subscriptions=["staffel://pipelines"]):
                await until(lambda: streams() == 1)
        await until(lambda: streams() == (mode == "legacy"))
        if mode == "legacy":
            await anyio.to_thread.run_sync(server.restart)
            await until(lambda: streams() == 1)
    await until(lambda: streams() == 0)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not holds():
            await anyio.sleep(0.05)


async def test_only_names_of_tools_are_shown(server: Server) -> None:
    """The board shows what an agent called last: no text of its own making, of any length."""
    async with connect(server, "legacy", name="loud") as agent:
        with pytest.raises(MCPError) as refused:
            await agent.client.call_tool("x" * 100_000, {})
    assert len(refused.value.error.message) < 1_000
    (loud,) = server.api("GET", "/agents").json()["agents"]
    assert (loud["name"], loud["called"]) == ("loud", "tools/call")
    assert len(server.said()) < 10_000


@pytest.mark.parametrize("token", ["nonsense", "staffel_00000000_" + "0" * 64, ""])
async def test_a_wrong_token_is_never_ignored(server: Server, token: str) -> None:
    answer = httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | {"Authorization": f"Bearer {token}".strip()})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json()["next"]


async def test_a_revoked_token_ends_open_calls_and_streams(server: Server) -> None:
    token = add(server, "builder")
    other = add(server, "other")
    ended = anyio.Event()
    first = httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | bearer(token))
    session = {"mcp-session-id": first.headers["mcp-session-id"]}
    listen = stateless("subscriptions/listen", notifications={"resourcesListChanged": True})

    async with (
        hearing("GET", server.mcp, headers=HEADERS | bearer(token) | session) as older,
        hearing("POST", server.mcp, json=listen["json"], headers=listen["headers"] | bearer(token)) as newer,
        hearing("GET", f"{server.url}/sse", headers=bearer(token)) as board,
        with_token(server, other) as bystander,
        anyio.create_task_group() as group,
    ):
        pipeline, handover = await bystander.handed_over()

        async def wait() -> None:
            # The client may see the error or the end of its connection; it must not see an answer.
            try:
                async with with_token(server, token) as agent:
                    result = await agent.client.call_tool(
                        "await_handover_decision", {"handover": handover, "wait_seconds": 50}
                    )
                    assert result.is_error, result.structured_content
            except Exception:  # noqa: BLE001 - which one is the client's affair
                pass
            ended.set()

        group.start_soon(wait)
        with anyio.fail_after(10):
            while server.agents().get("builder", {}).get("open") != 1:
                await anyio.sleep(0.02)
        streams = [older, newer, board]
        assert not any(stream.over for stream in streams)
        revoke(server, "builder")
        with anyio.fail_after(10):
            await ended.wait()
        for stream in streams:
            await stream.ended()
        # Others notice nothing.
        await bystander.call("get_pipeline_status", pipeline=pipeline)
        server.decide(handover)
        assert (await bystander.wait(handover))["decision"] == "accepted"
    assert "builder" not in actors(server, pipeline)


async def test_a_session_belongs_to_its_token(server: Server) -> None:
    mine, yours = add(server, "mine"), add(server, "yours")
    first = httpx.post(server.mcp, json=INITIALIZE, headers=HEADERS | bearer(mine))
    session = {"mcp-session-id": first.headers["mcp-session-id"]}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}

    def ask(token: str | None) -> int:
        headers = HEADERS | session | {"mcp-protocol-version": "2025-11-25"} | (bearer(token) if token else {})
        return httpx.post(server.mcp, json=ping, headers=headers).status_code

    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    httpx.post(server.mcp, json=initialized, headers=HEADERS | session | bearer(mine))
    for _ in range(2):
        assert (ask(yours), ask(None), ask(mine)) == (404, 404, 200)
        server.restart()  # It still belongs to the same.


async def test_a_task_belongs_to_its_token(server: Server) -> None:
    """The name that a client gives itself does not open the task of an agent with a token."""
    token = add(server, "builder")
    async with with_token(server, token) as builder:
        pipeline, handover = await builder.handed_over()
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tasks/get",
        "params": {
            "taskId": f"{handover}-r1",
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "builder", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}},
            },
        },
    }
    headers = HEADERS | {"mcp-protocol-version": "2026-07-28", "mcp-method": "tasks/get", "mcp-name": f"{handover}-r1"}

    def ask(**more: str) -> str:
        text = httpx.post(server.mcp, json=body, headers=headers | more).text
        return text[text.index("{") :]

    assert json.loads(ask(**bearer(token)))["result"]["status"] == "working"
    assert "There is no task" in json.loads(ask())["error"]["message"]


async def test_the_commands_say_what_is_wrong(server: Server) -> None:
    add(server, "builder")
    again = staffel(server, "agents", "add", "builder")
    assert again.returncode == 1 and "has a token already" in again.stderr and "agents revoke builder" in again.stderr
    strange = staffel(server, "agents", "add", "Anna's agent")
    assert strange.returncode == 2 and "letters, digits" in strange.stderr
    nobody = staffel(server, "agents", "revoke", "nobody")
    assert nobody.returncode == 1 and "builder" in nobody.stderr
    listed = json.loads(staffel(server, "agents", "list", "--json").stdout)
    assert [(agent["name"], agent["scope"], agent["revoked"]) for agent in listed] == [("builder", "report", None)]
    assert not TOKEN.search(staffel(server, "agents", "list").stdout)


@on_files
async def test_no_token_leaks(tmp_path: Path) -> None:
    """A canary: tokens used in every right and wrong way are in no file, no log and no answer."""
    server = Server(tmp_path, STAFFEL_LOG="trace")
    server.start()
    try:
        token, reader = add(server, "builder"), add(server, "reader", "--scope", "read")
        forged = token[:-4] + ("0000" if not token.endswith("0000") else "1111")
        answers = []
        for mode in MODES:
            async with with_token(server, token, mode) as agent:
                pipeline, handover = await agent.handed_over()
                answers.append(await agent.refused("update_pipeline_status", pipeline="nonsense", message="x"))
        async with with_token(server, reader) as agent:
            answers.append(await agent.refused("update_pipeline_status", pipeline=pipeline, message="x"))
        for address in [f"{server.mcp}?access_token={token}", f"{server.url}/api/{token}", f"{server.url}/{token}"]:
            answers += [httpx.get(address).text, httpx.post(address, json=INITIALIZE, headers=HEADERS).text]
        for sent in [token, forged, reader]:
            for headers in [bearer(sent), bearer(sent) | {"Staffel-Actor": "person/Anna"}, bearer(sent) | {"host": "evil.test"}]:
                for method, path in [("GET", "/mcp"), ("POST", "/mcp"), ("GET", "/api/agents"), ("POST", "/api/pipelines"), ("GET", "/")]:
                    answers.append(httpx.request(method, server.url + path, headers=headers, json={}).text)
        revoke(server, "builder")
        answers.append(httpx.get(server.mcp, headers=bearer(token)).text)
        answers += [server.api("GET", path).text for path in ["/agents", "/status", f"/pipelines/{pipeline}/events"]]
        time.sleep(0.3)
    finally:
        server.kill()
    secrets = [secret.split("_")[2].encode()[:24] for secret in (token, reader, forged)]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"trace" in file.lower() for file in files), "the log is as loud as it can be"
    assert any(b"builder" in file for file in files)
    for text in [*files, *(answer.encode() for answer in answers)]:
        assert not any(secret in text for secret in secrets)


async def test_the_bridge_carries_the_token(tmp_path: Path, mode: str) -> None:
    server = Server(tmp_path, STAFFEL_REQUIRE_TOKEN="true")
    server.start()
    try:
        token = add(server, "desktop")
        transport = stdio_client(parameters(server.url, "--no-start", STAFFEL_TOKEN=token))
        async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
            pipeline, handover = await Agent(client).handed_over()
            server.decide(handover)
            assert (await Agent(client).wait(handover))["decision"] == "accepted"
        assert {event["actor"]["name"] for event in server.events(pipeline)} >= {"desktop"}
    finally:
        server.kill()


def test_the_bridge_says_that_a_token_is_needed(tmp_path: Path) -> None:
    server = Server(tmp_path, STAFFEL_REQUIRE_TOKEN="true")
    server.start()
    try:
        said = subprocess.run(
            [binary(), "stdio", "--url", server.url, "--no-start"],
            input=json.dumps(INITIALIZE) + "\n", capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        assert "STAFFEL_TOKEN" in json.loads(said.stdout)["error"]["message"]
        wrong = subprocess.run(
            [binary(), "stdio"], env={**os.environ, "STAFFEL_TOKEN": "secret"}, input="", capture_output=True, text=True, timeout=20
        )
        assert wrong.returncode == 1 and "STAFFEL_TOKEN holds no token" in wrong.stderr and "secret" not in wrong.stderr
    finally:
        server.kill()
