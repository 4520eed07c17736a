"""What goes wrong in other tools that put a person between an agent and its next step, each seen in the wild. Where it was
seen, and those of the browser, are in docs/REVIEWS.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from conftest import ROOT, Agent, Server, connect

pytestmark = pytest.mark.anyio


async def decide(server: Server, handover: str, **body: Any) -> tuple[int, dict[str, Any]]:
    path = f"/pipelines/{handover.split('-')[0]}/handovers/{handover}/decision"
    answer = await anyio.to_thread.run_sync(server.as_person, "POST", path, {"revision": 1, **body})
    return answer.status_code, answer.json()


async def decided_while_waiting(server: Server, agent: Agent, handover: str, **body: Any) -> dict[str, Any]:
    """What a call hears that waits while a person decides."""

    async def person() -> None:
        assert (await decide(server, handover, **body))[0] == 200

    return await agent.wait_while(handover, person)


async def test_status_word_mismatch_approve_approved(server: Server) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        for word in ("approve", "approved", "accepted", "ACCEPT", ""):
            status, said = await decide(server, handover, decision=word)
            assert status == 422 and "accept" in said["detail"], said
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


async def test_second_click_on_a_decided_gate(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        assert (await decide(server, handover, decision="accept"))[0] == 200
        for decision in ("accept", "request_changes", "stop"):
            status, said = await decide(server, handover, decision=decision, review_changes="No.")
            assert (status, said["type"]) == (409, "urn:staffel:problem:already-decided")
            assert "Local" in said["detail"], "it says who was first"
        assert server.count(pipeline)["HandoverAccepted"] == 1


async def test_decision_before_the_wait(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        _, handover = await agent.handed_over()
        await decide(server, handover, decision="accept")
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_wait_cancelled_by_the_client_then_decided(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        _, handover = await agent.handed_over()
        with anyio.move_on_after(0.3):
            await agent.wait(handover)
        await decide(server, handover, decision="accept")
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_server_restarted_while_waiting(server: Server) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        with anyio.move_on_after(0.3):
            await agent.wait(handover)
    server.restart()
    await decide(server, handover, decision="accept")
    async with connect(server) as agent:
        assert (await agent.wait(handover))["decision"] == "accepted"


async def test_agent_restarted_while_waiting(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
    await decide(server, handover, decision="accept")
    async with connect(server, mode) as agent:
        # It has forgotten everything but that there was something.
        status = await agent.call("get_pipeline_status")
        assert status["pipeline"] == pipeline
        assert (await agent.call("get_next_prompt"))["prompt_id"]


@pytest.mark.parametrize("seconds", [0, -1, 51, 10**9])
async def test_model_passes_timeout(server: Server, seconds: int) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        said = await agent.refused("await_handover_decision", handover=handover, wait_seconds=seconds)
        assert "1 to 50" in said
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


async def test_duplicate_handover_within_a_second(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline = await agent.start()
        saved = []

        async def save() -> None:
            saved.append(await agent.call("save_handover_content", pipeline=pipeline, content="# Done", idempotency_key="1"))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(save)
        assert {(answer["handover"], answer["revision"]) for answer in saved} == {(f"{pipeline}-h1", 1)}
        assert server.count(pipeline)["HandoverSubmitted"] == 1


async def test_identical_resubmission(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        arguments = {"content": "# Done", "results": ["All of it."], "evidence": {"tests": {"passed": 3, "failed": 0}}}
        for _ in range(3):
            saved = await agent.call("save_handover_content", pipeline=pipeline, **arguments)
            assert saved["revision"] == 1
        # Other evidence is another handover, whatever the text says.
        arguments["evidence"] = {"tests": {"passed": 2, "failed": 1}}
        assert (await agent.call("save_handover_content", pipeline=pipeline, **arguments))["revision"] == 2


async def test_agent_asks_again_in_a_loop_after_a_timeout(tmp_path: Path) -> None:
    server = Server(tmp_path, STAFFEL_WAIT_SECONDS="2")
    server.start()
    try:
        async with connect(server) as agent:
            _, handover = await agent.handed_over()
            said = [(await agent.wait(handover, seconds=1))["next_step"] for _ in range(3)]
            assert "End your turn" not in said[0] and "End your turn" in said[2]
    finally:
        server.kill()


@pytest.mark.parametrize(("decision", "heard"), [("request_changes", "changes_requested"), ("stop", "stopped")])
async def test_request_for_changes_or_stop_wakes_nobody(server: Server, decision: str, heard: str) -> None:
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        answer = await decided_while_waiting(server, agent, handover, decision=decision, review_changes="Not like this.")
        assert (answer["decision"], answer["review_changes"]) == (heard, "Not like this.")


async def test_comments_do_not_reach_the_agent(server: Server) -> None:
    comments = [{"text": "Why?", "about": {"quote": "All of it."}}, {"text": "Shorter."}]
    async with connect(server) as agent:
        _, handover = await agent.handed_over()
        review = {"comments": comments}
        answer = await decided_while_waiting(server, agent, handover, decision="request_changes", review=review)
        heard = [(point["comment"], point["about"], point["text"]) for point in answer["comments"]]
        assert heard == [(1, "All of it.", "Why?"), (2, None, "Shorter.")]
        assert all(point["text"] in answer["prompt"] for point in comments)


async def test_accept_with_comments(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        review = {"comments": [{"text": "Keep the logs."}]}
        answer = await decided_while_waiting(server, agent, handover, decision="accept", review=review)
        assert answer["decision"] == "accepted" and "Keep the logs." in answer["prompt"]
        # It is no wish that anybody may forget: the next handover answers it.
        saved = await agent.call("save_handover_content", pipeline=pipeline, content="# Planned")
        assert saved["unanswered"] == [1]


@pytest.mark.parametrize("words", ["no, stop!", "yes", "approved", "Go on."])
async def test_any_message_at_a_gate_counts_as_approval(server: Server, words: str) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        asked = await agent.call("ask_person", pipeline=pipeline, question="May I go on?", kind="confirm", blocking=False)
        handover = await agent.hand_over(pipeline)
        told = await anyio.to_thread.run_sync(server.as_person, "POST", f"/pipelines/{pipeline}/notes", {"text": words})
        path = f"/pipelines/{pipeline}/questions/{asked['question_id']}/answer"
        answered = await anyio.to_thread.run_sync(server.as_person, "POST", path, {"answer": "yes"})
        assert (told.status_code, answered.status_code) == (200, 200), (told.text, answered.text)
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


async def test_silence_counts_as_approval(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        for _ in range(2):
            assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        await anyio.to_thread.run_sync(server.restart)
    async with connect(server) as agent:
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"
        assert "Allowed: " in await agent.refused("finish_pipeline", pipeline=pipeline, outcome="completed")


async def test_leftover_timer_decides_a_second_time(tmp_path: Path) -> None:
    server = Server(tmp_path, STAFFEL_UNDO_SECONDS="1")
    server.start()
    try:
        async with connect(server) as agent:
            pipeline, handover = await agent.handed_over()
            assert (await decide(server, handover, decision="accept", undo=True))[0] == 202
            path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
            taken_back = await anyio.to_thread.run_sync(server.as_person, "POST", f"{path}/undo", {"revision": 1})
            assert taken_back.status_code == 200, taken_back.text
            words = {"review_changes": "Shorter."}
            assert (await decide(server, handover, decision="request_changes", undo=True, **words))[0] == 202
            sent = await anyio.to_thread.run_sync(server.as_person, "POST", f"{path}/now", {"revision": 1})
            assert sent.status_code == 200, sent.text
            assert (await agent.wait(handover))["review_changes"] == "Shorter."
            await agent.hand_over(pipeline, "# Shorter")
            # Both times are over by then.
            assert (await agent.wait(handover, seconds=2))["decision"] == "pending"
            counted = server.count(pipeline)
            assert (counted["HandoverAccepted"], counted["ChangesRequested"]) == (0, 1)
    finally:
        server.kill()


async def test_diff_shows_everything_as_changed(server: Server) -> None:
    lines = [f"Paragraph {number} says something." for number in range(40)]
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        await agent.hand_over(pipeline, "\n\n".join(lines))
        lines[20] = "Paragraph 20 says nothing."
        await agent.hand_over(pipeline, "\r\n\r\n".join(lines))
        path = f"/pipelines/{pipeline}/handovers/{handover}/changes?from=2&to=3"
        changes = (await anyio.to_thread.run_sync(server.as_person, "GET", path)).json()
        changed = [block["html"] for block in changes["blocks"] if block["change"] not in ("same", "skipped")]
        assert len(changed) == 1 and "<del>something" in changed[0] and "<ins>nothing" in changed[0], changed


async def test_two_people_are_one_person_twice(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        path = f"/pipelines/{pipeline}/phases/VAN/policy"
        server.add_person("Anna")
        set_by = await anyio.to_thread.run_sync(server.as_person, "PUT", path, {"policy": "two_people"})
        assert set_by.status_code == 200, set_by.text
        handover = await agent.hand_over(pipeline)
        assert (await decide(server, handover, decision="accept"))[0] == 202
        assert (await decide(server, handover, decision="accept"))[0] == 409
        assert (await agent.wait(handover, seconds=1))["decision"] == "pending"


@pytest.mark.parametrize(
    "content",
    [
        "less than <5% of users, and `a < b`",
        "<script>alert(1)</script>\n\n<svg onload=alert(1)>",
        "| a | b |\n| - | - |\n" + "| 1 | 2 |\n" * 5_000,
        "x" * 1_000_000,
        "‮right to left‬ and ‫שלום‬\n\nzero​width",
    ],
    ids=["less than", "script", "5,000 rows", "one line of a megabyte", "right to left"],
)
async def test_hostile_handover(server: Server, content: str) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        saved = await agent.call("save_handover_content", pipeline=pipeline, content=content)
        path = f"/pipelines/{pipeline}/handovers/{saved['handover']}"
        view = server.as_person("GET", path).json()
        assert view["content"] == content.rstrip(), "it is stored as it came"
        for harm in ("<script", "<svg", "onload=alert(1)>"):
            assert harm not in view["html"]
        # A comment about it, and the comparison with what follows, do not stumble over it either.
        comments = [{"text": "Why?", "about": {"quote": content[:200]}}]
        assert (await decide(server, saved["handover"], decision="request_changes", review={"comments": comments}))[0] == 200
        await agent.wait(saved["handover"])
        await agent.call("save_handover_content", pipeline=pipeline, content="# Another")
        assert server.as_person("GET", f"{path}/changes").status_code == 200
        assert (await decide(server, saved["handover"], decision="accept", revision=2, review={"settled": [1]}))[0] == 200


async def test_hostile_handover_of_two_megabytes(server: Server) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        said = await agent.refused("save_handover_content", pipeline=pipeline, content="x" * 2_000_000)
        assert "1 MiB" in said or "1048576" in said, said
        assert server.count(pipeline)["HandoverSubmitted"] == 0
        await agent.hand_over(pipeline)


@pytest.mark.parametrize("name", ["../../people.db", "..\\people.db", "/etc/passwd", "a\r\nSet-Cookie: b=c", ".."])
async def test_path_in_a_file_name(server: Server, name: str) -> None:
    async with connect(server) as agent:
        pipeline = await agent.start()
        before = {path for path in server.folder.rglob("*") if path.is_file()}
        upload = httpx.post(f"{server.url}/api/pipelines/{pipeline}/attachments", params={"name": name}, content=b"<svg/>")
        if upload.status_code == 201:
            attachment = upload.json()
            evidence = {"attachments": [{"name": attachment["name"], "hash": attachment["hash"]}]}
            await agent.call("save_handover_content", pipeline=pipeline, content="# Done", evidence=evidence)
            path = f"/pipelines/{pipeline}/attachments/{attachment['hash']}"
            served = await anyio.to_thread.run_sync(server.as_person, "GET", path)
            assert served.status_code == 200 and "set-cookie" not in served.headers
            disposition = served.headers["content-disposition"]
            assert disposition.startswith("attachment") and "/" not in disposition and ".." not in disposition
        else:
            assert upload.status_code == 422, upload.text
        new = {path.name for path in server.folder.rglob("*") if path.is_file()} - {path.name for path in before}
        assert all(name.startswith(("journal", "notices")) for name in new), new
        assert server.healthy()


async def test_agent_token_on_the_decide_route(server: Server) -> None:
    async with connect(server) as agent:
        pipeline, handover = await agent.handed_over()
        path = f"/pipelines/{pipeline}/handovers/{handover}/decision"
        body = {"decision": "accept", "revision": 1}
        for headers in ({}, {"Staffel-Actor": "person/Local"}, {"Origin": "https://example.com"}):
            answer = await anyio.to_thread.run_sync(lambda sent=headers: server.api("POST", path, body, **sent))
            assert answer.status_code in (401, 403), answer.text
        assert server.count(pipeline)["HandoverAccepted"] == 0


def test_every_pitfall_of_the_documentation_has_its_test() -> None:
    documented = (ROOT / "docs/REVIEWS.md").read_text().split("## Pitfalls of review tools")[1].split("\n| ")[3:]
    sources = [*ROOT.glob("end2end/*/*.py"), *ROOT.glob("end2end/tests/*.ts"), *ROOT.glob("domain/tests/rules/*.rs")]
    written = "\n".join(path.read_text() for path in sources)
    for row in documented:
        cells = row.split(" | ")
        if cells[0].startswith("**"):
            continue
        names = re.findall(r"`(test_\w+|[a-z]+_\w+)`|\"([^\"]+)\"|`(\w+\.spec\.ts)`", cells[2])
        assert names, row
        for function, title, file in names:
            if file:
                assert (ROOT / "end2end/tests" / file).exists(), file
            elif function:
                assert re.search(rf"(def|fn) {function}\(", written), function
            else:
                assert f"test('{title}'" in written, title
