"""The release is one file: it works alone, wherever it lies, whatever the environment says."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from conftest import Server, binary, connect, hearing

# As on a machine, or in a container, with nothing but Staffel: nobody whom TLS could trust.
BARE = {"SSL_CERT_FILE": "/dev/null"}

pytestmark = pytest.mark.skipif("debug" in binary().parts, reason="a debug build reads the board from target/site")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """The program in a folder of its own, without a setting, a repository or a home around it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    server = Server(tmp_path)
    server.program = Path(shutil.copy(binary(), folder))
    server.started_in = folder
    server.environment = BARE
    server.start()
    yield server
    server.kill()
    assert [path.name for path in folder.iterdir()] == ["staffel"], "it leaves nothing behind where it lies"


def run(server: Server, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [server.program, *arguments], input=given, cwd=server.started_in, env=BARE, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_and_all_that_it_loads(alone: Server) -> None:
    page = httpx.get(alone.url)
    assert page.status_code == 200 and "<main" in page.text
    wanted = set(re.findall(r"""["'(](/(?:pkg/)?[\w-]+\.(?:js|css|svg|wasm))["')]""", page.text))
    assert len(wanted) >= 5, wanted
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "wasm": "application/wasm"}
    for path in wanted:
        whole = httpx.get(alone.url + path, headers={"accept-encoding": "identity"})
        assert whole.status_code == 200, path
        assert whole.headers["content-type"].startswith(kinds[path.rsplit(".")[-1]]), path
        assert "content-encoding" not in whole.headers
        for coding in ["br", "gzip"]:
            small = httpx.get(alone.url + path, headers={"accept-encoding": coding})
            assert small.headers["content-encoding"] == coding, path
            assert int(small.headers["content-length"]) < len(whole.content)
            if coding == "gzip":  # the client cannot read the other; browsers do, in the tests with Playwright
                assert small.content == whole.content, path


def test_parts_of_the_program_are_asked_for_once(alone: Server) -> None:
    script = httpx.get(f"{alone.url}/pkg/staffel.js").text
    parts = re.findall(r"\./(\w+\.[0-9a-f]{16}\.wasm)", script)
    assert parts, "the script loads parts"
    for part in parts:
        given = httpx.get(f"{alone.url}/pkg/{part}")
        assert given.status_code == 200 and "immutable" in given.headers["cache-control"]
        assert given.headers["content-type"] == "application/wasm"


def test_a_compressed_file_only_for_those_who_can_read_it(alone: Server) -> None:
    def answer(method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, f"{alone.url}/pkg/staffel.css", headers=named)

    for asked, coding in {"gzip, deflate, br": "br", "br;q=0, gzip;q=0.5": "gzip", "GZIP": "gzip", "zstd": None, "": None}.items():
        given = answer(accept_encoding=asked)
        assert given.headers.get("content-encoding") == coding, asked
        assert "accept-encoding" in given.headers["vary"]
        assert given.headers["cache-control"] == "no-cache"
    plain, small = (answer(accept_encoding=coding).headers["etag"] for coding in ["identity", "br"])
    assert plain != small
    assert answer(accept_encoding="br", if_none_match=small).status_code == 304
    assert answer(accept_encoding="br", if_none_match=f'"other", W/{small}').status_code == 304
    assert answer(accept_encoding="br", if_none_match=plain).status_code == 200
    head = answer("HEAD", accept_encoding="br")
    assert (head.status_code, head.headers["etag"], head.content) == (200, small, b"")
    for method in ["PUT", "DELETE", "POST"]:
        assert answer(method).status_code == 405
    assert httpx.get(f"{alone.url}/pkg/nothing.css").status_code == 404
    assert httpx.get(f"{alone.url}/pkg/staffel.css.br").status_code == 404
    assert httpx.get(f"{alone.url}/pkg/..%2f..%2fetc%2fpasswd").status_code == 404


async def test_agents_boards_and_the_command_line(alone: Server) -> None:
    async with hearing("GET", f"{alone.url}/sse") as heard, connect(alone) as agent:
        pipeline, handover = await agent.handed_over()
        await heard.until(pipeline)
        alone.decide(handover)
        assert (await agent.wait(handover))["decision"] == "accepted"
    assert alone.mcp in run(alone, "connect", "cursor", "--print", "--url", alone.url)


def test_the_demo(alone: Server) -> None:
    command = [alone.program, "demo", "--url", alone.url, "--pace", "10"]
    playing = subprocess.Popen(command, cwd=alone.started_in, env=BARE, stdout=subprocess.DEVNULL)
    try:
        assert alone.accept_while(playing) > 2
        assert playing.returncode == 0
    finally:
        playing.kill()


def test_commands_without_certificates(alone: Server, tmp_path: Path) -> None:
    assert run(alone, "health", "--url", alone.url) == "ok\n"
    initialize = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "alone", "version": "1"}}
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize})
    said = run(alone, "stdio", "--url", alone.url, given=asked + "\n")
    assert json.loads(said)["result"]["serverInfo"]["name"] == "staffel"
    pipeline = alone.api("POST", "/pipelines", {"project": "shop", "title": "Alone"}).json()["pipeline"]
    picture = tmp_path / "log.txt"
    picture.write_text("Nothing to see.")
    assert "log.txt" in run(alone, "attach", str(picture), "--pipeline", pipeline, "--url", alone.url)


def test_a_model_without_certificates(alone: Server) -> None:
    alone.environment = BARE | {"STAFFEL_MODEL_BASE_URL": "http://127.0.0.1:9/v1", "STAFFEL_MODEL": "local"}
    alone.restart()
    assert alone.healthy()


def test_what_is_encrypted_says_whom_it_cannot_trust(alone: Server) -> None:
    command = [alone.program, "health", "--url", "https://127.0.0.1:9"]
    done = subprocess.run(command, cwd=alone.started_in, env=BARE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    for said in ["https://127.0.0.1:9", "No CA certificates", "apt-get install ca-certificates", "SSL_CERT_FILE"]:
        assert said in done.stderr, done.stderr


def test_the_version_and_the_commit(alone: Server) -> None:
    said = run(alone, "--version").strip()
    found = re.fullmatch(r"staffel (\d+\.\d+\.\d+)(?: \(([0-9a-f]{9,}(?:-modified)?)\))?", said)
    assert found, said
    status = alone.api("GET", "/status").json()
    assert (status["version"], status.get("commit")) == found.groups()
    assert said.removeprefix("staffel ") in httpx.get(alone.url).text, "the board says it too"


def test_a_file_with_settings_alone(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[agents]\nrequire_token = true\n")
    server = Server(tmp_path, STAFFEL_CONFIG=str(settings))
    server.started_in = tmp_path
    server.start()
    try:
        assert httpx.get(f"{server.url}/pkg/staffel.css").status_code == 200
        assert httpx.post(server.mcp, json={}).status_code == 401
    finally:
        server.kill()
