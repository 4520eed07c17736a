"""What the commands say about an address at which there is no Staffel."""

import json
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import Server, binary
from test_agents import add, revoke

ELSEWHERE = "https://127.0.0.1:9"
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "lost", "version": "1"}}
CALL = {"name": "list_pipelines", "arguments": {}}


def messages(*said: tuple[str, dict[str, Any]]) -> str:
    numbered = enumerate(said)
    return "".join(json.dumps({"jsonrpc": "2.0", "id": id, "method": m, "params": p}) + "\n" for id, (m, p) in numbered)


COMMANDS = {
    "health": (["health"], ""),
    "doctor": (["doctor"], ""),
    "demo": (["demo"], ""),
    "attach": (["attach", __file__], ""),
    "run": (["run", "--goal", "x", "--exec", "true"], ""),
    "hook": (["hook", "claude-code"], json.dumps({"hook_event_name": "SessionStart", "session_id": "s", "cwd": "/"})),
    "stdio": (["stdio", "--no-start"], messages(("initialize", INITIALIZE), ("tools/call", CALL))),
}


def say(command: str, url: str, home: Path, **variables: str) -> str:
    arguments, given = COMMANDS[command]
    environment = {"STAFFEL_URL": url, "HOME": str(home), "PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(
        [binary(), *arguments], input=given, cwd=home, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode == 0) == (command == "stdio"), done.stdout + done.stderr
    # Lines are broken where they are long.
    return " ".join((done.stdout + done.stderr).split())


class Moved(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(308)
        self.send_header("location", ELSEWHERE + self.path)
        self.send_header("content-length", "0")
        self.end_headers()

    do_POST = do_DELETE = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def moved() -> Iterator[str]:
    """A server that sends everybody to another address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Moved) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_has_moved_is_named_and_not_followed(command: str, moved: str, tmp_path: Path) -> None:
    said = say(command, moved, tmp_path)
    for expected in ["308 Permanent Redirect", ELSEWHERE, "STAFFEL_URL"]:
        assert expected in said, said


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "hook"])
def test_where_nobody_answers_that_is_said_in_plain_words(command: str, tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        said = say(command, url, tmp_path)
    assert url in said and "staffel serve" in said, said
    for internal in ["WorkerTransport", "reqwest", "hyper", "ERROR", "builder error"]:
        assert internal not in said, said


def test_the_demo_says_that_a_token_is_wanted_or_not_taken(server: Server, tmp_path: Path) -> None:
    server.environment |= {"STAFFEL_REQUIRE_TOKEN": "true"}
    server.restart()
    assert "wants a token" in say("demo", server.mcp, tmp_path)
    token = add(server, "player")
    revoke(server, "player")
    said = say("demo", server.url, tmp_path, STAFFEL_TOKEN=token)
    assert "does not take the token" in said and "staffel agents add" in said
