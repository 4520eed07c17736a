"""What test_remote.py runs in a network of its own, where 10.55.0.1 is an address like that of any other machine."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import time
from pathlib import Path
from typing import Iterator

import httpx
import pytest
from conftest import Server, connect
from test_agents import add, bearer
from test_remote import ADDRESS, certificate

pytestmark = pytest.mark.anyio
CERTIFICATES = Path(os.environ["CERTIFICATES"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Somebody has signed in on the machine itself, and then it was started for all."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    shutil.copy(CERTIFICATES / "first.pem", cert)
    shutil.copy(CERTIFICATES / "first.key", key)
    server = Server(tmp_path)
    server.start()
    server.kill()
    server.settings = {"STAFFEL_TLS_CERT": str(cert), "STAFFEL_TLS_KEY": str(key)}
    server.scheme, server.host = "https", ADDRESS
    server.start()
    yield server
    server.kill()


def test_nobody_listens_for_others_before_somebody_has_signed_in(tmp_path: Path) -> None:
    server = Server(tmp_path)
    command = [server.program, "serve", "--listen", f"{ADDRESS}:0", "--data", tmp_path / "data", "--no-open"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=server.environment)
    assert done.returncode == 1 and "nobody has signed in yet" in done.stderr, done
    assert "staffel people add" in done.stderr and "Board" not in done.stdout


def test_strangers_read_and_change_nothing(server: Server) -> None:
    pipeline = server.as_person("POST", "/pipelines", {"project": "a", "title": "A secret title"}).json()["pipeline"]
    for headers in [{}, {"Host": f"127.0.0.1:{server.port}"}, {"Host": "localhost"}]:
        for path in ["/", "/ended", "/people", "/agents", f"/pipelines/{pipeline}"]:
            page = httpx.get(server.url + path, headers=headers)
            assert page.status_code == 303 and page.headers["location"].endswith("/sign-in"), (path, page)
        for path in ["/api/pipelines", f"/api/pipelines/{pipeline}/events", "/api/agents", "/api/status", "/api/openapi.json", "/sse"]:
            assert httpx.get(server.url + path, headers=headers).status_code == 401, path
        assert httpx.post(f"{server.url}/api/pipelines", json={"project": "a", "title": "b"}, headers=headers).status_code == 401
        assert httpx.post(server.mcp, json={}, headers=headers).status_code == 401
    sign_in = httpx.get(f"{server.url}/sign-in")
    assert sign_in.status_code == 200 and "A secret title" not in sign_in.text and pipeline not in sign_in.text
    assert httpx.get(f"{server.url}/pkg/staffel.js").status_code == 200
    assert httpx.get(f"{server.url}/health").status_code == 200
    assert httpx.get(server.url, headers={"Host": "evil.example"}).status_code == 403


def test_people_and_agents_work_as_on_the_machine_itself(server: Server) -> None:
    link = server.as_person("POST", "/people/me/link").json()
    assert link["link"].startswith(f"{server.url}/sign-in#code=") and not link["near"]
    phone = httpx.post(f"{server.url}/api/session", json={"code": link["link"].split("#code=")[1]})
    assert phone.status_code == 201 and "; Secure" in phone.headers["set-cookie"]
    cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    page = httpx.get(server.url, headers={"Cookie": cookies})
    assert page.status_code == 200 and 'data-parts="rest' in page.text
    with httpx.stream("GET", f"{server.url}/sse", headers={"Cookie": cookies}) as stream:
        lines = stream.iter_lines()
        assert any(line == "event: snapshot" for line in lines)
    foreign = server.as_person("POST", "/pipelines/archive", {"pipelines": []}, Origin=f"https://{ADDRESS}:1")
    assert foreign.status_code == 403 and "foreign-origin" in foreign.text


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_an_agent_with_a_token(server: Server, mode: str) -> None:
    async with connect(server, mode, headers=bearer(add(server, "builder"))) as agent:
        _, handover = await agent.handed_over()
        server.decide(handover)
        assert (await agent.wait(handover))["decided_by"] == "Local"


def test_a_renewed_certificate_is_used_and_a_wrong_one_is_not(server: Server, tmp_path: Path) -> None:
    def shown() -> str:
        return ssl.get_server_certificate((ADDRESS, server.port))

    def until(said: str) -> None:
        end = time.monotonic() + 30
        while said not in server.said():
            assert time.monotonic() < end, server.said()
            time.sleep(0.1)

    first = shown()
    second, key = certificate(CERTIFICATES, "second")
    shutil.copy(second, tmp_path / "cert.pem")  # its key is still that of the first
    until("the certificate of before stays in use")
    assert shown() == first
    shutil.copy(key, tmp_path / "key.pem")
    until("a renewed certificate is in use")
    assert shown() == second.read_text()


def test_without_a_certificate_it_warns(server: Server) -> None:
    server.kill()
    server.settings, server.scheme = {}, "http"
    server.start()
    assert re.search(r"without TLS: whoever is between can read what is sent", server.said())
    assert httpx.get(server.url).status_code == 303
    assert httpx.get(server.url, headers={"Cookie": "; ".join(f"{n}={v}" for n, v in server.cookies.items())}).status_code == 200


@pytest.mark.parametrize("missing", ["STAFFEL_TLS_CERT", "STAFFEL_TLS_KEY"])
def test_one_file_without_the_other_stops_the_start(server: Server, missing: str) -> None:
    server.kill()
    settings = {name: value for name, value in server.settings.items() if name != missing}
    command = [server.program, "serve", "--listen", f"{ADDRESS}:0", "--data", server.folder / "data", "--no-open"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=server.environment | settings)
    assert done.returncode == 1 and "Allowed: both, or neither" in done.stderr, done
