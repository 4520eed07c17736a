"""One server process with a data folder of its own, and what it costs."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server that is started and stopped as often as needed."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program.resolve(), folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.process: subprocess.Popen[str] | None = None
        self.host = ""
        # What the browser of the person holds who decides here.
        self.cookie = ""

    def start(self) -> float:
        """Starts it, and gives the seconds until it says where its board is."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STAFFEL_")}
        # The library of the protocol calls it an error when a client hangs up.
        environment["STAFFEL_LOG"] = "error,rmcp=off"
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--listen", "127.0.0.1:0", "--no-open", "--data", self.folder / "data"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"Board +http://(\S+)", line):
                self.host = found[1]
                took = time.monotonic() - began
            if found := re.search(r"/sign-in#code=(\S+)", line):
                self.sign_in(found[1])
            # It comes after both.
            if "Data  " in line:
                return took
        raise RuntimeError("the server did not start")

    def sign_in(self, code: str) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        body = json.dumps({"code": code, "name": "Owner"})
        connection.request("POST", "/api/session", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        self.cookie = (response.getheader("Set-Cookie") or "").split(";")[0]
        connection.close()

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu(self) -> float:
        """Milliseconds of processor time so far."""
        assert self.process
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS

    def memory(self) -> float:
        """Megabytes."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"RssAnon:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    def settle(self) -> None:
        """Waits until the server has nothing more to do: texts are made findable after they are stored."""
        for _ in range(240):
            before = self.cpu()
            time.sleep(0.5)
            if self.cpu() - before <= 1000 / TICKS:
                return

    def client(self) -> Client:
        return Client(self.host, self.cookie)

    def each(self, work: Any, items: list[Any], threads: int = 8) -> list[Any]:
        """Does `work(client, item)` for all of them, some at a time."""
        clients = [self.client() for _ in range(threads)]

        def part(index: int) -> list[Any]:
            return [work(clients[index], item) for item in items[index::threads]]

        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(part, range(threads)))
        return [result for part in parts for result in part]


class Client:
    """One connection."""

    def __init__(self, host: str, cookie: str):
        self.connection = http.client.HTTPConnection(host, timeout=60)
        self.person = {"Cookie": cookie, "Origin": f"http://{host}"}

    def raw(self, method: str, path: str, body: Any = None, more: dict[str, str] | None = None) -> bytes:
        data = None if body is None else json.dumps(body)
        headers = ({"Content-Type": "application/json"} if data else {}) | (more or {})
        self.connection.request(method, path, data, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return answer

    def get(self, path: str) -> bytes:
        return self.raw("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return json.loads(self.raw("POST", path, body))

    def post_as_person(self, path: str, body: Any) -> Any:
        return json.loads(self.raw("POST", path, body, self.person))

    def begin(self, number: int, **more: Any) -> str:
        body = {"project": f"project {number % 20}", "title": f"Pipeline number {number} of the benchmark", **more}
        return self.post("/api/pipelines", body)["pipeline"]

    def report(self, pipeline: str, **report: Any) -> None:
        self.post(f"/api/pipelines/{pipeline}/reports", report)


class Stream:
    """An event stream, read as bytes."""

    def __init__(self, server: Server, query: str = ""):
        self.connection = http.client.HTTPConnection(server.host, timeout=60)
        self.connection.request("GET", f"/sse{query}", headers={"Accept": "text/event-stream"})
        self.response = self.connection.getresponse()

    def event(self) -> tuple[str, int]:
        """The name and the size of the next event."""
        name, size = "", 0
        while True:
            line = self.response.readline()
            if not line:
                raise RuntimeError("the stream ended")
            size += len(line)
            if line.startswith(b"event:"):
                name = line[6:].strip().decode()
            if line == b"\n":
                if name:
                    return name, size
                name = ""

    def through(self, wanted: str) -> int:
        """Bytes up to the next event of this name."""
        total = 0
        while True:
            name, size = self.event()
            total += size
            if name == wanted:
                return total

    def next_of(self, wanted: str) -> int:
        """The size of the next event of this name."""
        while True:
            name, size = self.event()
            if name == wanted:
                return size

    def close(self) -> None:
        self.connection.close()
