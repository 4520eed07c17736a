"""The wait as a task (SEP-2663): byte for byte, because a client has to see what is on the wire."""

import json
from typing import Any

import httpx
import pytest

from conftest import Server
from test_agents import add, bearer, revoke

TASKS = "io.modelcontextprotocol/tasks"
META = "io.modelcontextprotocol/"


def send(
    server: Server, method: str, name: str, params: dict[str, Any], agent: str = "tester", tasks: bool = True, token: str = ""
) -> dict[str, Any]:
    """One request of the era without sessions, by a client that can or cannot do tasks."""
    meta = {
        f"{META}protocolVersion": "2026-07-28",
        f"{META}clientInfo": {"name": agent, "version": "1"},
        f"{META}clientCapabilities": {"extensions": {TASKS: {}}} if tasks else {},
    }
    answer = httpx.post(
        server.mcp,
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}},
        headers={
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": method,
            "Mcp-Name": name,
            **(bearer(token) if token else {}),
        },
        timeout=20,
    )
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        text = next(line[5:] for line in text.splitlines() if line.startswith("data:") and '"id"' in line)
    return json.loads(text)


def call(server: Server, tool: str, agent: str = "tester", tasks: bool = True, **arguments: Any) -> dict[str, Any]:
    return send(server, "tools/call", tool, {"name": tool, "arguments": arguments}, agent, tasks)["result"]


def ask(
    server: Server, task: str, method: str = "tasks/get", agent: str = "tester", token: str = "", **more: Any
) -> dict[str, Any]:
    return send(server, method, task, {"taskId": task, **more}, agent, token=token)


def handed_over(server: Server) -> tuple[str, str]:
    pipeline = call(server, "start_pipeline", project="shop", title="Faster checkout")["structuredContent"]["pipeline"]
    saved = call(server, "save_handover_content", pipeline=pipeline, content="# Done\n\nAll of it.")
    return pipeline, saved["structuredContent"]["handover"]


def test_a_task_outlives_the_server_and_brings_the_prompt(server: Server) -> None:
    pipeline, handover = handed_over(server)
    created = call(server, "await_handover_decision", handover=handover)
    assert created["resultType"] == "task" and created["status"] == "working"
    assert created["taskId"] == f"{handover}-r1"
    assert created["ttlMs"] >= 24 * 3600 * 1000 and created["pollIntervalMs"] == 5000
    assert f"{server.url}/pipelines/{pipeline}" in created["statusMessage"]

    server.restart()
    assert ask(server, created["taskId"])["result"]["status"] == "working"
    server.decide(handover, "request_changes", changes="Name the limits.")
    server.wait_for(pipeline, "PromptWritten")
    done = ask(server, created["taskId"])["result"]
    assert done["status"] == "completed"
    decision = done["result"]["structuredContent"]
    assert decision["decision"] == "changes_requested" and "Name the limits." in decision["prompt"]
    assert done["result"]["content"][0]["text"].endswith(decision["prompt"])
    # Asked again, also after the revision, it says the same; the prompt is picked up once.
    call(server, "save_handover_content", pipeline=pipeline, content="# Better")
    again = ask(server, created["taskId"])["result"]["result"]["structuredContent"]
    assert again["prompt"] == decision["prompt"] and again["revision"] == 1
    assert server.count(pipeline)["PromptPickedUp"] == 1


def test_only_a_client_that_said_so_gets_a_task(server: Server) -> None:
    _, handover = handed_over(server)
    pending = call(server, "await_handover_decision", tasks=False, handover=handover, wait_seconds=1)
    assert pending["structuredContent"]["decision"] == "pending"
    # What is decided already needs no task.
    server.decide(handover)
    done = call(server, "await_handover_decision", handover=handover)
    assert done["structuredContent"]["decision"] == "accepted"


def test_a_task_belongs_to_the_agent_that_handed_over(server: Server) -> None:
    _, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    missing = ask(server, "02kx9m4t7q-h1-r1")["error"]
    for method in ["tasks/get", "tasks/cancel", "tasks/update"]:
        more = {"inputResponses": {}} if method == "tasks/update" else {}
        refused = ask(server, task, method, agent="another", **more)["error"]
        assert refused["code"] == missing["code"] == -32602
        assert refused["message"].replace(task, "X") == missing["message"].replace("02kx9m4t7q-h1-r1", "X")
    assert ask(server, task)["result"]["status"] == "working"
    pending = call(server, "await_handover_decision", agent="another", handover=handover, wait_seconds=1)
    assert pending["structuredContent"]["decision"] == "pending"


def test_a_cancelled_task_loses_no_decision(server: Server) -> None:
    pipeline, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    assert "result" in ask(server, task, "tasks/cancel")
    assert ask(server, task)["result"]["status"] == "cancelled"
    server.decide(handover)
    server.wait_for(pipeline, "PromptWritten")
    # What has ended stays ended, and takes nothing away from whoever asks next.
    assert ask(server, task)["result"]["status"] == "cancelled"
    assert server.count(pipeline)["PromptPickedUp"] == 0
    done = call(server, "await_handover_decision", handover=handover)
    assert done["structuredContent"]["decision"] == "accepted" and done["structuredContent"]["prompt"]


def test_who_only_reads_takes_no_prompt(server: Server) -> None:
    """The agent that handed over has been given a token since, and that only allows reading."""
    pipeline, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    reader = add(server, "tester", "--scope", "read")
    server.decide(handover)
    server.wait_for(pipeline, "PromptWritten")
    ask(server, task, token=reader)
    assert server.count(pipeline)["PromptPickedUp"] == 0
    revoke(server, "tester")
    done = ask(server, task, token=add(server, "tester"))["result"]
    assert done["status"] == "completed" and done["result"]["structuredContent"]["prompt"]
    assert server.count(pipeline)["PromptPickedUp"] == 1


def test_who_only_reads_cancels_no_task(server: Server) -> None:
    _, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    reader = add(server, "tester", "--scope", "read")
    assert "error" in ask(server, task, "tasks/cancel", token=reader)
    revoke(server, "tester")
    assert ask(server, task, token=add(server, "tester"))["result"]["status"] == "working"


def test_what_has_ended_stays_as_it_ended(server: Server) -> None:
    pipeline, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    server.decide(handover)
    server.wait_for(pipeline, "PromptWritten")
    assert "result" in ask(server, task, "tasks/cancel")
    done = ask(server, task)["result"]
    assert done["status"] == "completed" and done["result"]["structuredContent"]["decision"] == "accepted"
    assert "result" in ask(server, task, "tasks/cancel")
    assert ask(server, task)["result"]["result"] == done["result"]


def test_input_that_nobody_asked_for_is_ignored(server: Server) -> None:
    """No client decides, whatever it answers."""
    _, handover = handed_over(server)
    task = call(server, "await_handover_decision", handover=handover)["taskId"]
    answers = {"decision": {"action": "accept", "content": {"decision": "accept"}}}
    updated = ask(server, task, "tasks/update", inputResponses=answers)["result"]
    assert updated["resultType"] == "complete" and "status" not in updated
    assert ask(server, task)["result"]["status"] == "working"


def test_the_older_era_knows_no_such_task(server: Server) -> None:
    """Clients of today name all their extensions when they shake hands, also for a revision that has none."""
    _, handover = handed_over(server)
    with httpx.Client(headers={"Accept": "application/json, text/event-stream"}, timeout=20) as http:

        def post(method: str, **params: Any) -> httpx.Response:
            return http.post(server.mcp, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

        capabilities = {"extensions": {TASKS: {}}}
        info = {"name": "tester", "version": "1"}
        hello = post("initialize", protocolVersion="2025-11-25", capabilities=capabilities, clientInfo=info)
        http.headers["Mcp-Session-Id"] = hello.headers["mcp-session-id"]
        wait = {"handover": handover, "wait_seconds": 1}
        answer = post("tools/call", name="await_handover_decision", arguments=wait)
    assert '"decision":"pending"' in answer.text and "taskId" not in answer.text
