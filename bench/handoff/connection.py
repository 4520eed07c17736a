"""What a client says to the server, and how it hears the answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

# The agent of the benchmark, in REST and in MCP.
AGENT = "bench"
VERSION = "2026-07-28"
TASKS = "io.modelcontextprotocol/tasks"


class Connection:
    """One connection that is kept: a request at a time, and the whole answer."""

    def __init__(self, host: str):
        self.host = host

    async def open(self) -> Connection:
        name, port = self.host.split(":")
        self.reader, self.writer = await asyncio.open_connection(name, int(port))
        return self

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": self.host, "Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)

    def send_mcp(self, method: str, params: dict[str, Any], name: str = "", tasks: bool = False) -> None:
        """A request of the protocol without sessions, by a client that can or cannot do tasks."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": AGENT, "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}} if tasks else {},
        }
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
        if name:
            headers["Mcp-Name"] = name
        self.send("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}, headers)

    async def answer(self) -> str:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(head.split(" ", 2)[1])
        if "transfer-encoding: chunked" in head:
            body = b""
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
        else:
            length = next((line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
            body = await self.reader.readexactly(int(length))
        if status >= 300:
            raise RuntimeError(f"{status}: {body[:300]!r}")
        return body.decode()

    async def event(self, wanted: bytes) -> None:
        """Waits until an event of a stream has these bytes."""
        while wanted not in await self.reader.readuntil(b"\n\n"):
            pass

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        self.send(method, path, body, headers)
        text = await self.answer()
        return json.loads(text) if text.startswith(("{", "[")) else text

    def close(self) -> None:
        self.writer.close()
