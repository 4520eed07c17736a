"""The proxies of docs/REMOTE.md, with the lines that stand there: board, stream and agents go through them."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Iterator

import httpx
import pytest
from conftest import ROOT, Server, connect
from test_agents import add, bearer

pytestmark = pytest.mark.anyio
NAME = "localhost"


def lines_of(proxy: str) -> str:
    """The block that follows the proxy's name in the documentation."""
    text = (ROOT / "docs/REMOTE.md").read_text()
    return re.search(rf"^{proxy}\b[^\n]*:\n\n```\n(.*?)```", text, re.M | re.S)[1]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def certificate(folder: Path) -> None:
    about = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7"]
    command = ["openssl", "req", "-x509", *kind, *about, "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def nginx(folder: Path, port: int, behind: int) -> list[str]:
    here = lines_of("nginx").replace("127.0.0.1:4700", f"127.0.0.1:{behind}")
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;\n{here} }} }}"
    )
    return ["nginx", "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"]


def caddy(folder: Path, port: int, behind: int) -> list[str]:
    here = lines_of("Caddy").replace("127.0.0.1:4700", f"127.0.0.1:{behind}")
    here = here.replace("staffel.example {", f"https://{NAME}:{port} {{\n\ttls {folder}/cert.pem {folder}/key.pem", 1)
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}/kept\n}}\n{here}")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@pytest.fixture(params=[nginx, caddy], ids=lambda proxy: proxy.__name__)
def proxied(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, str]]:
    """A server behind a proxy, and the public address."""
    name = request.param.__name__
    if not shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin"):
        pytest.skip(f"{name} is not installed")
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("PATH", "/usr/sbin", prepend=":")
    port = free_port()
    public = f"https://{NAME}:{port}"
    server = Server(tmp_path, STAFFEL_PUBLIC_URL=public)
    server.start()
    command = request.param(tmp_path, port, server.port)
    with (tmp_path / f"{name}.out").open("wb") as out:
        proxy = subprocess.Popen(command, stdout=out, stderr=out, env={"PATH": "/usr/sbin:/usr/bin:/usr/local/bin", "HOME": str(tmp_path)})
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                if httpx.get(f"{public}/health").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline and proxy.poll() is None, (tmp_path / f"{name}.out").read_text()
            time.sleep(0.1)
        yield server, public
    finally:
        # A proxy that ends gracefully waits for the streams that it passes on.
        server.kill()
        proxy.kill()
        proxy.wait(10)


def test_people_sign_in_and_the_board_lives_behind_a_proxy(proxied: tuple[Server, str]) -> None:
    server, public = proxied
    trusted = ssl.create_default_context(cafile=str(server.folder / "cert.pem"))
    link = server.as_person("POST", "/people/me/link").json()["link"]
    with httpx.Client(base_url=public, verify=trusted) as browser:
        assert browser.get("/", follow_redirects=False).status_code == 303, "nobody reads there without a sign-in"
        signed_in = browser.post("/api/session", json={"code": link.split("#code=")[1]})
        assert signed_in.status_code == 201 and "; Secure" in signed_in.headers["set-cookie"], signed_in.text
        assert browser.get("/").status_code == 200
        new = browser.post("/api/people/me/link", headers={"Origin": public}).json()
        assert new["link"].startswith(f"{public}/sign-in#code=") or new["link"].startswith(f"https://{NAME}/sign-in#code="), new
        with browser.stream("GET", "/sse", timeout=20) as stream:
            lines = stream.iter_lines()
            assert any(line == "event: snapshot" for line in lines)
            # Unbuffered: what happens now arrives now.
            server.as_person("POST", "/pipelines", {"project": "a", "title": "Behind a proxy"})
            assert any("Behind a proxy" in line for line in lines)


async def test_an_agent_with_a_token_behind_a_proxy(proxied: tuple[Server, str]) -> None:
    server, public = proxied
    scheme, host, port = public.replace("://", ":").split(":")
    there = Server(server.folder)
    there.scheme, there.host, there.port = scheme, host, int(port)
    async with connect(there, "auto", headers=bearer(add(server, "builder"))) as agent:
        _, handover = await agent.handed_over()
        server.decide(handover)
        assert (await agent.wait(handover))["decided_by"] == "Local"
