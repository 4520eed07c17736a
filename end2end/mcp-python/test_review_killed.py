"""Kills between a decision with comments, taking it back, its prompt, and the answers: nothing is lost, and nothing
is doubled."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any, Callable

import httpx
from conftest import Server, rounds

KILLS = rounds(20, 100)


class Steady:
    """Sends a request until it has an answer, with the same key: whether it arrived before the kill, nobody knows."""

    def __init__(self, server: Server):
        self.server = server
        self.answers = 0

    def __call__(self, send: Callable[..., httpx.Response], *arguments: Any, **headers: str) -> httpx.Response:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                answer = send(*arguments, **headers)
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            # Not ready, or not yet: the prompt is being written.
            if answer.status_code in (404, 409, 503) and not headers:
                time.sleep(0.01)
                continue
            assert answer.status_code < 300, answer.text
            self.answers += 1
            return answer
        raise AssertionError(f"no answer in 30 seconds to {arguments}")


def kill_at_work(steady: Steady, over: threading.Event) -> int:
    """Kills the server again and again, each time in the middle of work: work is waited for, not time."""
    chance = random.Random(20261127)
    kills = 0
    while kills < KILLS:
        seen = steady.answers
        while steady.answers == seen and not over.is_set():
            time.sleep(0.005)
        if over.is_set():
            break
        time.sleep(chance.random() * 0.02)
        steady.server.restart()
        kills += 1
    return kills


def test_comments_answers_and_decisions_outlive_kills(tmp_path: Path) -> None:
    # Longer than a start takes: what is taken back was not carried out before.
    server = Server(tmp_path, STAFFEL_UNDO_SECONDS="60")
    server.start()
    try:
        outlive(server)
    finally:
        server.kill()


def outlive(server: Server) -> None:
    started = server.api("POST", "/pipelines", {"project": "shop", "title": "Faster checkout"}).json()
    pipeline = started["pipeline"]
    path = f"/pipelines/{pipeline}"
    handover = f"{path}/handovers/{pipeline}-h1"
    steady, over = Steady(server), threading.Event()
    killed: list[int] = []
    killer = threading.Thread(target=lambda: killed.append(kill_at_work(steady, over)))
    killer.start()
    rounds = taken_back = 0
    try:
        answers: list[dict[str, Any]] = []
        while killer.is_alive() or rounds < 3:
            rounds += 1
            body = {"content": f"# Plan {rounds}", "answers": answers}
            steady(server.api, "POST", f"{path}/handovers", body, **{"Idempotency-Key": f"handover {rounds}"})
            review = {
                "comments": [{"text": f"One {rounds}"}, {"text": f"Two {rounds}"}],
                # What was answered is settled, so that there is always room.
                "settled": [answer["comment"] for answer in answers],
            }
            body = {"decision": "request_changes", "revision": rounds, "review": review, "undo": True}
            this = {"revision": rounds}
            decide = f"{handover}/decision"
            if rounds % 2:
                # Another decision, which is taken back: no agent ever hears of its words.
                mistake = {**body, "review": {**review, "comments": [{"text": "A mistake"}]}}
                steady(server.as_person, "POST", decide, mistake, **{"Idempotency-Key": f"mistake {rounds}"})
                steady(server.as_person, "POST", f"{decide}/undo", this, **{"Idempotency-Key": f"undo {rounds}"})
                taken_back += 1
            steady(server.as_person, "POST", decide, body, **{"Idempotency-Key": f"decision {rounds}"})
            steady(server.as_person, "POST", f"{decide}/now", this, **{"Idempotency-Key": f"now {rounds}"})
            prompt = steady(server.api, "GET", f"{path}/prompts/{pipeline}-p{rounds}").json()["prompt"]
            assert "A mistake" not in prompt and f"One {rounds}" in prompt and f"Two {rounds}" in prompt
            first = 2 * rounds - 1
            answers = [{"comment": first, "outcome": "done"}, {"comment": first + 1, "outcome": "declined", "note": "No."}]
    finally:
        over.set()
        killer.join()
    assert killed == [KILLS]
    counted = server.count(pipeline)
    assert (counted["DecisionPending"], counted["DecisionTakenBack"]) == (rounds + taken_back, taken_back)
    assert counted["ChangesRequested"] == counted["HandoverReviewed"] == counted["PromptWritten"] == rounds
    assert counted["HandoverSubmitted"] + counted["HandoverRevised"] == rounds
    assert counted["CommentsAnswered"] == rounds - 1
    events = server.events(pipeline)
    firsts = [event["event"]["first"] for event in events if event["event"]["type"] == "HandoverReviewed"]
    assert firsts == list(range(1, 2 * rounds, 2)), "numbered without a gap"
    comments = server.as_person("GET", handover).json()["comments"]
    for comment in comments[-4:-2]:
        assert len(comment["replies"]) == 1 and comment["state"] == "settled"
    assert [comment["state"] for comment in comments[-2:]] == ["unanswered", "unanswered"]
