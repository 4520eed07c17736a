"""What the protocol's library cannot do, and what Staffel makes of it; the letters are those of docs/MCP-LIMITS.md.
A test that fails here may be good news: then the page has to change."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

from conftest import Heard, Server, hearing
from test_http import ACCEPT, initialize, message, request

VERSION = "2026-07-28"


class Session:
    """A client with a session that takes every message as it comes. Answers can be resumed from 2025-11-25 on."""

    def __init__(self, server: Server, version: str = "2025-11-25"):
        self.server = server
        hello = httpx.post(server.mcp, json=initialize(version), headers=ACCEPT)
        self.headers = {**ACCEPT, "Mcp-Session-Id": hello.headers["mcp-session-id"]}
        if version >= "2025-06-18":  # earlier ones do not know the header
            self.headers["MCP-Protocol-Version"] = version
        assert self.post(request("notifications/initialized", None)).status_code == 202

    def post(self, body: Any) -> httpx.Response:
        return httpx.post(self.server.mcp, json=body, headers=self.headers, timeout=30)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = message(self.post(request("tools/call", 2, name=tool, arguments=arguments)))
        return answer["result"]["structuredContent"]

    def handed_over(self) -> tuple[str, str]:
        pipeline = self.call("start_pipeline", project="shop", title="Faster checkout")["pipeline"]
        return pipeline, self.call("save_handover_content", pipeline=pipeline, content="# Done")["handover"]

    def begin_to_wait(self, handover: str) -> str:
        """A wait whose connection breaks as soon as it has begun: the id to resume it from."""
        wait = request("tools/call", 3, name="await_handover_decision", arguments={"handover": handover, "wait_seconds": 20})
        with httpx.stream("POST", self.server.mcp, json=wait, headers=self.headers, timeout=10) as answer:
            return next(line[3:].strip() for line in answer.iter_lines() if line.startswith("id:"))

    def hearing(self, **headers: str) -> AbstractAsyncContextManager[Heard]:
        """What comes on a stream of its own, while the test goes on."""
        return hearing("GET", self.server.mcp, headers={**self.headers, **headers})

    def hear(self, seconds: float, **headers: str) -> str:
        """What comes on a stream of its own, until it ends or time is up."""
        heard = ""
        end = time.monotonic() + seconds
        try:
            with httpx.stream("GET", self.server.mcp, headers={**self.headers, **headers}, timeout=seconds) as stream:
                for line in stream.iter_lines():
                    heard += line + "\n"
                    if time.monotonic() > end:
                        break
        except httpx.ReadTimeout:
            pass
        return heard


def stateless(method: str, name: str = "", meta: dict[str, Any] | None = None, /, **params: Any) -> dict[str, Any]:
    """The arguments of a request of the era without sessions, for httpx."""
    whole = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "8"},
        "io.modelcontextprotocol/clientCapabilities": {},
        **(meta or {}),
    }
    headers = {**ACCEPT, "MCP-Protocol-Version": VERSION, "Mcp-Method": method} | ({"Mcp-Name": name} if name else {})
    return {"json": request(method, **params, _meta=whole), "headers": headers, "timeout": 20}


def test_b_an_answer_that_nobody_heard_is_given_to_whoever_comes_back(server: Server) -> None:
    session = Session(server)
    pipeline, handover = session.handed_over()
    event = session.begin_to_wait(handover)
    server.decide(handover, changes="Go on.")
    server.wait_for(pipeline, "PromptPickedUp")
    assert "Go on." in session.hear(2, **{"Last-Event-ID": event})
    again = session.call("await_handover_decision", handover=handover)
    assert again["decision"] == "accepted" and "Go on." in again["prompt"]
    assert server.count(pipeline)["PromptPickedUp"] == 1


def test_b_a_wait_that_goes_on_can_be_resumed(server: Server) -> None:
    session = Session(server)
    _, handover = session.handed_over()
    event = session.begin_to_wait(handover)
    with ThreadPoolExecutor(1) as thread:
        heard = thread.submit(session.hear, 3, **{"Last-Event-ID": event})
        time.sleep(0.5)
        server.decide(handover, changes="Go on.")
        assert "Go on." in heard.result()


def test_c_the_head_of_an_answer_comes_with_its_first_message(server: Server) -> None:
    session = Session(server)
    for meta, at_once in [({}, False), ({"progressToken": 1}, True)]:
        _, handover = session.handed_over()
        arguments = {"handover": handover, "wait_seconds": 3}
        began = time.monotonic()
        name = "await_handover_decision"
        with httpx.stream("POST", server.mcp, **stateless("tools/call", name, meta, name=name, arguments=arguments)):
            assert (time.monotonic() - began < 1) == at_once


def test_d_of_two_streams_of_a_session_the_first_hears(server: Server) -> None:
    session = Session(server)
    pipeline, _ = session.handed_over()
    assert "result" in message(session.post(request("resources/subscribe", 4, uri=f"staffel://pipelines/{pipeline}")))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(session.hear, 3)
        time.sleep(0.5)
        second = threads.submit(session.hear, 2)
        time.sleep(0.5)
        server.decide(f"{pipeline}-h1")
        assert "resources/updated" in first.result() and "resources/updated" not in second.result()


def test_g_nobody_is_told_that_a_task_has_changed(server: Server) -> None:
    meta = {"io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
    wanted = {"taskIds": ["0000000000-h1-r1"], "resourcesListChanged": True}
    with httpx.stream("POST", server.mcp, **stateless("subscriptions/listen", "", meta, notifications=wanted)) as answer:
        acknowledged = next(line for line in answer.iter_lines() if "acknowledged" in line)
    assert "resourcesListChanged" in acknowledged and "taskIds" not in acknowledged


def test_n_nothing_of_the_stateless_era_can_be_resumed(server: Server) -> None:
    headers = {"Accept": "text/event-stream", "MCP-Protocol-Version": VERSION, "Last-Event-ID": "0/0"}
    assert httpx.get(server.mcp, headers=headers).status_code == 405


def test_n_a_wait_without_a_session_goes_on_by_what_the_id_of_its_events_says(server: Server) -> None:
    session = Session(server)
    _, handover = session.handed_over()
    name, arguments = "await_handover_decision", {"handover": handover, "wait_seconds": 50}
    wait = stateless("tools/call", name, {"progressToken": 1}, name=name, arguments=arguments)
    with httpx.stream("POST", server.mcp, **wait) as answer:
        event = next(line.removeprefix("id: ") for line in answer.iter_lines() if line.startswith("id: "))
        server.kill()
    server.start()
    headers = {"Accept": "text/event-stream", "MCP-Protocol-Version": VERSION, "Last-Event-ID": event}
    with ThreadPoolExecutor(1) as thread:
        heard = thread.submit(httpx.get, server.mcp, headers=headers, timeout=20)
        time.sleep(0.5)
        server.decide(handover, changes="Go on.")
        answer = heard.result()
    assert answer.headers["content-type"].startswith("text/event-stream") and "Go on." in answer.text
    # What was answered at once comes as a stream, too, and nobody comes back after it.
    again = httpx.get(server.mcp, headers=headers, timeout=20)
    assert again.headers["content-type"].startswith("text/event-stream") and "Go on." in again.text
    last = [line.removeprefix("id: ") for line in again.text.splitlines() if line.startswith("id: ")][-1]
    assert httpx.get(server.mcp, headers={**headers, "Last-Event-ID": last}, timeout=20).status_code == 405


def test_n_a_question_without_a_session_is_asked_once_however_often_its_call_comes(server: Server) -> None:
    session = Session(server)
    pipeline = session.call("start_pipeline", project="shop", title="Faster checkout")["pipeline"]
    arguments = {"pipeline": pipeline, "question": "Which one?"}
    ask = stateless("tools/call", "ask_person", {"progressToken": 1}, name="ask_person", arguments=arguments)
    with httpx.stream("POST", server.mcp, **ask) as answer:
        event = next(line.removeprefix("id: ") for line in answer.iter_lines() if line.startswith("id: "))
        server.kill()
    server.start()
    server.as_person("POST", f"/pipelines/{pipeline}/questions/{pipeline}-q1/answer", {"answer": "The blue one."})
    headers = {"Accept": "text/event-stream", "MCP-Protocol-Version": VERSION, "Last-Event-ID": event}
    for _ in range(2):
        assert "The blue one." in httpx.get(server.mcp, headers=headers, timeout=20).text
    assert server.count(pipeline)["QuestionAsked"] == 1
