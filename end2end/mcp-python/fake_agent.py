"""An agent that speaks the Agent Client Protocol and does what its first argument says: well, or in one of many bad ways.

`staffel run` is tried with it. What it hears it writes to the file FAKE_LOG, a JSON object a line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

MODE = sys.argv[1]
LOG = os.environ["FAKE_LOG"]
SESSIONS = f"{LOG}.sessions"


def note(**what: Any) -> None:
    with open(LOG, "a") as log:
        log.write(json.dumps(what) + "\n")


def send(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def answer(request: dict[str, Any], result: Any) -> None:
    send(id=request["id"], result=result)


def update(session: str, **what: Any) -> None:
    send(method="session/update", params={"sessionId": session, "update": what})


def heard() -> dict[str, Any] | None:
    line = sys.stdin.readline()
    if not line:
        return None
    message = json.loads(line)
    note(heard=message)
    return message


class Agent:
    def __init__(self) -> None:
        self.url = ""
        self.headers: dict[str, str] = {}
        self.number = 0
        self.waiting: list[dict[str, Any]] = []
        self.loaded = False

    def next(self) -> dict[str, Any] | None:
        return self.waiting.pop(0) if self.waiting else heard()

    def tell(self, path: str, body: Any) -> None:
        request = urllib.request.Request(
            f"{self.url}/api/pipelines/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **(self.headers or {"Staffel-Actor": "agent/fake"})},
        )
        with urllib.request.urlopen(request, timeout=10) as done:
            done.read()

    def ask(self, session: str, title: str, kind: str = "execute", **more: Any) -> dict[str, Any]:
        """Asks for a permission and waits for the answer; what else comes meanwhile waits."""
        options = [
            {"optionId": "always", "name": "Always allow", "kind": "allow_always"},
            {"optionId": "once", "name": "Allow", "kind": "allow_once"},
            {"optionId": "no", "name": "Reject", "kind": "reject_once"},
        ]
        self.number += 1
        number = f"ask-{self.number}"
        call = {"toolCallId": number, "title": title, "kind": kind, "status": "pending", **more}
        send(id=number, method="session/request_permission", params={"sessionId": session, "toolCall": call, "options": options})
        while True:
            message = heard()
            if message is None:
                sys.exit()
            if message.get("id") == number and "method" not in message:
                return message["result"]["outcome"]
            self.waiting.append(message)

    def opened(self, request: dict[str, Any]) -> None:
        server = request["params"]["mcpServers"][0]
        self.url = server["url"].removesuffix("/mcp") if "url" in server else server["args"][-1]
        self.headers = {header["name"]: header["value"] for header in server.get("headers", [])}
        if request["method"] == "session/load":
            known = os.path.exists(SESSIONS) and request["params"]["sessionId"] in open(SESSIONS).read()
            self.loaded = known
            if known:
                update(request["params"]["sessionId"], sessionUpdate="agent_message_chunk", content={"type": "text", "text": "of before"})
                answer(request, {})
            else:
                send(id=request["id"], error={"code": -32602, "message": "unknown session"})
            return
        session = f"s-{time.time_ns()}"
        with open(SESSIONS, "a") as sessions:
            sessions.write(session + "\n")
        answer(request, {"sessionId": session})

    def prompted(self, request: dict[str, Any]) -> str:
        """Does the work of a turn; says why it ends."""
        session, text = request["params"]["sessionId"], request["params"]["prompt"][0]["text"]
        pipeline = re.search(r'pipeline=\\?"([0-9a-z]+)', text)[1]
        update(session, sessionUpdate="agent_message_chunk", content={"type": "text", "text": "I think\x1b[2J about it."})
        update(session, sessionUpdate="tool_call", toolCallId="1", title="look", kind="read")
        plan = [{"content": "Look", "priority": "high", "status": "completed"}, {"content": "Do", "priority": "high", "status": "pending"}]
        update(session, sessionUpdate="plan", entries=plan)
        if MODE == "idle" or (MODE == "toolless" and not self.loaded):
            return "end_turn"
        if MODE == "refuses":
            return "refusal"
        if MODE in ("slow", "stubborn"):
            while True:
                message = self.next()
                if message is None:
                    sys.exit()
                if message.get("method") == "session/cancel" and MODE == "slow":
                    return "cancelled"
        if MODE == "works":  # for long, so that it can be killed in the middle
            time.sleep(float(os.environ.get("FAKE_WORKS", "3")))
        said = "done"
        if MODE == "asks":
            said = self.ask(session, "rm -rf build", rawInput={"command": "rm -rf build"}).get("optionId", "cancelled")
        if MODE == "reads":
            inside = self.ask(session, "read", "read", locations=[{"path": os.path.join(os.getcwd(), "a")}])
            said = inside.get("optionId", "cancelled")
        if MODE == "many":
            return self.asks_often(session, pipeline)
        time.sleep(float(os.environ.get("FAKE_PAUSE", "0.3")))
        self.tell(f"{pipeline}/handovers", {"content": f"# Handed over\n\n{said}"})
        if MODE == "dies":
            sys.exit(3)
        return "end_turn"

    def asks_often(self, session: str, pipeline: str) -> str:
        count = 1000
        option = [{"optionId": "once", "name": "Allow", "kind": "allow_once"}, {"optionId": "no", "name": "Reject", "kind": "reject_once"}]
        for number in range(count):
            call = {"toolCallId": str(number), "title": f"tool {number}", "kind": "execute"}
            params = {"sessionId": session, "toolCall": call, "options": option}
            send(id=f"many-{number}", method="session/request_permission", params=params)
        outcomes: dict[str, int] = {}
        while sum(outcomes.values()) < count:
            message = heard()
            if message is None:
                sys.exit()
            if "result" in message:
                chosen = message["result"]["outcome"].get("optionId", "cancelled")
                outcomes[chosen] = outcomes.get(chosen, 0) + 1
        self.tell(f"{pipeline}/handovers", {"content": json.dumps(outcomes)})
        return "end_turn"

    def run(self) -> None:
        while (message := self.next()) is not None:
            method = message.get("method")
            if method == "initialize":
                if MODE == "hangs":
                    time.sleep(600)
                if MODE == "old":
                    answer(message, {"protocolVersion": 7})
                    continue
                if MODE == "errors":
                    send(id=message["id"], error={"code": -32603, "message": "no \x1b[31mluck\x1b[0m"})
                    continue
                capabilities = {"loadSession": True, "mcpCapabilities": {"http": MODE != "stdio"}}
                methods = [{"id": "login", "name": "Log in with the cloud"}]
                answer(message, {"protocolVersion": 1, "agentCapabilities": capabilities, "authMethods": methods})
            elif method in ("session/new", "session/load"):
                if MODE == "auth":
                    send(id=message["id"], error={"code": -32000, "message": "Authentication required"})
                else:
                    self.opened(message)
            elif method == "session/prompt":
                answer(message, {"stopReason": self.prompted(message)})


def main() -> None:
    note(started=MODE, pid=os.getpid())
    if MODE == "exits":
        print("I cannot \x1b[31mstart\x1b[0m: no key", file=sys.stderr)
        sys.exit(41)
    if MODE == "nonsense":
        while True:
            print("Welcome! Type your question.\x1b[2J", flush=True)
            time.sleep(0.01)
    if MODE == "wrong_ids":
        for number in range(10_000):
            send(id=number + 10_000, result={})
        time.sleep(600)
    if MODE == "flood":
        piece = "x" * (1 << 20)
        for _ in range(1024):
            sys.stdout.write(piece)
    if MODE == "noise":  # on standard error, without end
        threading.Thread(target=lambda: [sys.stderr.write("n" * 1000 + "\n") for _ in range(300_000)], daemon=True).start()
    if MODE == "forks":
        # Children that hold the streams open, and one below another.
        below = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", below])
        note(child=child.pid)
    Agent().run()


main()
