"""The prompt is a person's before it leaves: agents wait for it, and a canary secret reaches nobody without a person's word."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import anyio
import httpx
import pytest
from conftest import MODES, ROOT, Server, connect, hearing

pytestmark = pytest.mark.anyio

CANARY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
"""In the form of a token, and none: the letters are made up."""


class Receiver:
    """A webhook's receiver that keeps what it gets."""

    def __init__(self) -> None:
        got: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.got = got
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[Server]:
    settings = tmp_path / "Leptos.toml"
    webhook = f'\n[[notify.webhooks]]\nname = "team"\nurl = "{receiver.url}"\nprivate = true\n'
    settings.write_text((ROOT / "Leptos.toml").read_text() + webhook)
    server = Server(tmp_path, STAFFEL_CONFIG=str(settings), STAFFEL_PROMPT_FOLDER=str(tmp_path / "prompts"))
    (tmp_path / "prompts").mkdir()
    server.start()
    yield server
    server.kill()


async def until(holds: Any) -> Any:
    with anyio.fail_after(20):
        while not (found := holds()):
            await anyio.sleep(0.02)
    return found


async def held(server: Server, pipeline: str, number: int = 1) -> dict[str, Any]:
    """The prompt, as the person sees it who may send it."""
    path = f"/pipelines/{pipeline}/prompts/{pipeline}-p{number}"
    await until(lambda: server.as_person("GET", path).status_code == 200)
    prompt = server.as_person("GET", path).json()
    assert prompt["held"], prompt
    return prompt


def send(server: Server, prompt: dict[str, Any]) -> None:
    path = f"/pipelines/{prompt['pipeline']}/prompts/{prompt['prompt_id']}"
    answer = server.as_person("POST", f"{path}/send", {"version": prompt["version"]})
    assert answer.status_code == 200, answer.text


def hold(server: Server, pipeline: str, *phases: str) -> None:
    answer = server.as_person("PUT", f"/pipelines/{pipeline}/held-phases", {"phases": list(phases)})
    assert answer.status_code == 200, answer.text


async def test_a_waiting_call_goes_on_waiting_until_the_prompt_is_sent(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        hold(server, pipeline, "PLAN")
        server.decide(handover)
        prompt = await held(server, pipeline)
        early = await agent.wait(handover, seconds=1)
        assert (early["decision"], early["prompt"]) == ("accepted", None)
        assert "looks at the prompt" in early["next_step"]
        early = await agent.call("get_next_prompt", pipeline=pipeline)
        assert early["prompt"] is None and "looks at" in early["next_step"]
        assert "looks at" in await agent.refused("update_pipeline_status", pipeline=pipeline, message="I go on.")
        answers: list[dict[str, Any]] = []

        async def wait() -> None:
            answers.append(await agent.wait(handover))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            path = f"/pipelines/{pipeline}/prompts/{prompt['prompt_id']}"
            text = prompt["prompt"] + "\n\nUse the branch `sync`."
            revised = server.as_person("POST", f"{path}/versions", {"base": 1, "text": text}).json()
            assert not answers
            send(server, revised)
        assert answers[0]["prompt"] == text
        assert server.count(pipeline)["PromptPickedUp"] == 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_canary_reaches_nobody_without_a_persons_word(
    server: Server, mode: str, receiver: Receiver, tmp_path: Path
) -> None:
    halves = f"{CANARY[:12]}\n{CANARY[12:]}"
    document = f"{CANARY} is the token\n\n# Plan\n\nUse {CANARY}, or in two lines {halves}."
    # What anybody but the person has got, by whatever way.
    seen: list[str] = []

    def clean() -> None:
        files = [path.read_text() for path in (tmp_path / "prompts").rglob("*") if path.is_file()]
        for text in [*seen, *receiver.got, *files, server.said()]:
            for part in (CANARY, CANARY[:16], CANARY[12:]):
                assert part not in text, text

    async with hearing("GET", f"{server.url}/sse?documents=1") as stream, connect(server, mode) as agent:
        pipeline = await agent.start(title=f"Rotate {CANARY}", goal=f"Rotate {CANARY}.")
        tasks = [{"name": f"Check {CANARY}", "status": "in_progress"}]
        seen.append(json.dumps(await agent.call("update_pipeline_status", pipeline=pipeline, message=f"With {CANARY}", tasks=tasks)))
        asked = await agent.call("ask_person", pipeline=pipeline, question=f"Is {CANARY} right?", blocking=False)
        seen.append(json.dumps(asked))
        handover = await agent.hand_over(pipeline, document)
        await until(lambda: any("handover_waiting" in notice for notice in receiver.got))
        server.decide(handover)
        prompt = await held(server, pipeline)
        assert prompt["held"] == "secrets" and len(prompt["secrets"]) == 3, prompt["secrets"]
        assert CANARY not in json.dumps(prompt["secrets"])

        for path in ["", f"/{pipeline}", f"/{pipeline}/handovers/{handover}", f"/{pipeline}/events"]:
            seen.append(server.api("GET", f"/pipelines{path}").text)
        seen.append(server.api("GET", f"/pipelines?q={CANARY[:9]}").text)
        for path in [f"/{pipeline}/prompts/next", f"/{pipeline}/prompts/{pipeline}-p1"]:
            assert server.api("GET", f"/pipelines{path}").status_code == 409
        seen.append(httpx.get(f"{server.url}/pipelines/{pipeline}").text)
        seen.append(json.dumps(await agent.call("get_handover_content", handover=handover)))
        seen.append(json.dumps(await agent.call("get_next_prompt", pipeline=pipeline)))
        seen.append(json.dumps(await agent.call("get_pipeline_status", pipeline=pipeline)))
        seen.append(json.dumps(await agent.call("list_pipelines")))
        seen.append(json.dumps(await agent.wait(handover, seconds=1)))
        for address in [f"staffel://pipelines/{pipeline}", f"staffel://handovers/{handover}"]:
            seen.append((await agent.client.read_resource(address)).model_dump_json())
        await stream.until("handover_decided")
        seen.append(stream.text)
        assert sum("[masked: " in text for text in seen) > 10, "it was masked, and not lost"
        clean()

        path = f"/pipelines/{pipeline}/prompts/{prompt['prompt_id']}"
        masked = server.as_person("POST", f"{path}/mask", {"base": 1}).json()
        send(server, masked)
        await stream.until("cursor_prompt")
        seen.append(stream.text)
        answer = await agent.wait(handover)
        seen.append(json.dumps(answer))
        assert "[masked: " in answer["prompt"]
        await until(lambda: (tmp_path / "prompts/latest_prompt.md").exists())
        clean()

        # The person's word: as it is.
        handover = await agent.hand_over(pipeline, document)
        server.decide(handover)
        prompt = await held(server, pipeline, 2)
        clean()
        send(server, prompt)
        assert CANARY in (await agent.wait(handover))["prompt"]
