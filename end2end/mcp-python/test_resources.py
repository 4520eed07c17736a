"""What can be read, watched and called up without a tool."""

import json
from functools import partial
from typing import Any

import anyio
import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from conftest import Server, connect, hearing
from test_http import message, request
from test_limits import Session, stateless


async def test_what_a_tool_told_can_be_read(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        server.decide(handover, changes="Go on.")
        server.wait_for(pipeline, "PromptWritten")
        listed = {str(resource.uri): resource for resource in (await agent.client.list_resources()).resources}
        assert list(listed) == [
            "staffel://pipelines",
            f"staffel://pipelines/{pipeline}",
            f"staffel://handovers/{handover}",
            f"staffel://prompts/{pipeline}-p1",
        ]
        assert all(resource.title and resource.mime_type for resource in listed.values())

        async def read(uri: str) -> str:
            contents = (await agent.client.read_resource(uri)).contents
            assert [str(content.uri) for content in contents] == [uri]
            return contents[0].text

        assert json.loads(await read("staffel://pipelines"))["pipelines"][0]["pipeline"] == pipeline
        assert json.loads(await read(f"staffel://pipelines/{pipeline}"))["status"] == "handing_over"
        document = await read(f"staffel://handovers/{handover}")
        assert "accepted" in document and document.endswith("~~~~markdown\n# Done\n\nAll of it.\n~~~~")
        prompt = await read(f"staffel://prompts/{pipeline}-p1")
        assert server.count(pipeline)["PromptPickedUp"] == 0, "reading is not picking up"
        assert (await agent.call("get_next_prompt", pipeline=pipeline))["prompt"] == prompt


async def test_an_address_that_leads_nowhere_says_what_does(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        for uri in ["staffel://nothing", "staffel://pipelines/zzzzzzzzzz", "file:///etc/passwd"]:
            with pytest.raises(MCPError, match="resources/list") as refused:
                await agent.client.read_resource(uri)
            assert refused.value.error.code == (-32002 if mode == "legacy" else -32602)
        with pytest.raises(MCPError, match="nextCursor"):
            await agent.client.list_resources(cursor="nonsense")


async def test_pages_hold_everything_once_while_more_arrives(server: Server) -> None:
    async with connect(server) as agent:
        known = [await agent.start(title=f"Work {number}") for number in range(60)]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await agent.client.list_resources(cursor=cursor)
            seen += [str(resource.uri) for resource in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break
            await agent.start(title="Newer than the page")
        assert len(seen) == len(set(seen))
        assert seen[1:] == [f"staffel://pipelines/{pipeline}" for pipeline in reversed(known)]
        templates = (await agent.client.list_resource_templates()).resource_templates
        assert [template.uri_template.split("/")[2] for template in templates] == ["pipelines", "handovers", "prompts"]


async def test_a_modern_client_hears_what_changes(server: Server) -> None:
    async with connect(server, "2026-07-28") as agent:
        pipeline = await agent.start()
        uri = f"staffel://pipelines/{pipeline}"
        async with agent.client.listen(resource_subscriptions=[uri], resources_list_changed=True) as changes:
            heard: list[str] = []

            async def hear(expected: int) -> None:
                with anyio.fail_after(10):
                    async for change in changes:
                        heard.append(getattr(change, "uri", "list"))
                        if len(heard) >= expected:
                            return

            await agent.call("update_pipeline_status", pipeline=pipeline, message="On it")
            await hear(1)
            assert heard == [uri]
            await agent.hand_over(pipeline)
            await hear(3)
            assert sorted(heard[1:]) == ["list", uri]


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_a_legacy_client_hears_what_changes_until_it_unsubscribes(server: Server) -> None:
    heard: list[str] = []
    woken = anyio.Event()

    async def hear(message: Any) -> None:
        nonlocal woken
        if getattr(message, "method", "") == "notifications/resources/updated":
            heard.append(str(message.params.uri))
            woken.set()

    async with connect(server, "legacy", message_handler=hear) as agent:
        pipeline = await agent.start()
        uri = f"staffel://pipelines/{pipeline}"
        await agent.client.subscribe_resource(uri)
        with pytest.raises(MCPError, match="resources/list"):
            await agent.client.subscribe_resource("staffel://nothing")
        await agent.call("update_pipeline_status", pipeline=pipeline, message="On it")
        with anyio.fail_after(10):
            await woken.wait()
        # Any number of changes in between may become one notice; what counts is that the newest is not missed.
        assert set(heard) == {uri}
        await agent.client.unsubscribe_resource(uri)
        silent_since = len(heard)
        await agent.call("update_pipeline_status", pipeline=pipeline, message="Unheard")
        await anyio.sleep(1)
        assert len(heard) == silent_since


async def test_a_legacy_client_that_subscribed_to_nothing_hears_what_is_new(server: Server) -> None:
    session = Session(server)
    # Whoever has never looked has no list that could be out of date.
    session.post(request("resources/list", 3))
    async with session.hearing() as heard, connect(server) as another:
        await another.start()
        await heard.until("notifications/resources/list_changed")


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_burst_is_told_in_few_words_and_its_end_is_not_missed(server: Server, era: str) -> None:
    async with connect(server, era) as agent:
        pipeline = await agent.start()
        uri = f"staffel://pipelines/{pipeline}"
        report = partial(agent.call, "update_pipeline_status", pipeline=pipeline)
        if era == "legacy":
            session = Session(server)
            assert "result" in message(session.post(request("resources/subscribe", 2, uri=uri)))
            stream = session.hearing()
        else:
            wanted = {"resourceSubscriptions": [uri]}
            stream = hearing("POST", server.mcp, **stateless("subscriptions/listen", notifications=wanted))

        async def burst() -> None:
            async with anyio.create_task_group() as reports:
                for progress in range(1, 30):
                    reports.start_soon(partial(report, progress=progress))
            await report(progress=30)

        async with stream as heard, anyio.create_task_group() as tasks:
            began = anyio.current_time()
            tasks.start_soon(burst)
            seen = notices = 0
            while seen < 30:  # it reads only when it is told to
                await heard.until("resources/updated", notices + 1)
                notices = heard.text.count("resources/updated")
                seen = json.loads((await agent.client.read_resource(uri)).contents[0].text)["progress"]
            await anyio.sleep(0.5)
            # One every 200 ms, however long the burst takes on this machine.
            assert heard.text.count("resources/updated") <= 2 + (anyio.current_time() - began) / 0.2
    assert server.count(pipeline)["ProgressReported"] == 30


async def test_the_prompt_comes_by_a_slash_command(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        prompts = (await agent.client.list_prompts()).prompts
        assert [prompt.name for prompt in prompts] == ["next_phase", "start_phase"]
        pipeline, handover = await agent.handed_over()

        async def said(name: str, **arguments: str) -> str:
            messages = (await agent.client.get_prompt(name, arguments)).messages
            assert [message.role for message in messages] == ["user"]
            return messages[0].content.text

        assert "await_handover_decision" in await said("next_phase", pipeline=pipeline)
        server.decide(handover, changes="Go on.")
        server.wait_for(pipeline, "PromptWritten")
        text = await said("next_phase")
        assert f'acknowledge_prompt(prompt_id="{pipeline}-p1")' in text and "Go on." in text
        picked_up = [event for event in server.events(pipeline) if event["event"]["type"] == "PromptPickedUp"]
        assert [event["event"]["via"] for event in picked_up] == ["mcp_prompt"]
        assert "Work on the phase PLAN" in await said("start_phase", pipeline=pipeline)
        assert "Work on the phase PLAN" in await said("start_phase", pipeline=pipeline, phase="PLAN")
        assert "do not begin \"CREATE\"" in await said("start_phase", pipeline=pipeline, phase="CREATE")
        assert "start_pipeline" in await said("start_phase", goal="A faster checkout", project="shop")
        assert 'first_phase "PLAN"' in await said("start_phase", goal="A faster checkout", phase="PLAN")
        with pytest.raises(MCPError, match="list_pipelines"):
            await said("next_phase", pipeline="zzzzzzzzzz")
        with pytest.raises(MCPError, match="start_phase"):
            await said("no_such_prompt")


async def test_arguments_are_completed(server: Server, mode: str) -> None:
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()

        async def completed(ref: Any, name: str, value: str) -> list[str]:
            return (await agent.client.complete(ref, {"name": name, "value": value})).completion.values

        prompt = PromptReference(name="next_phase")
        assert await completed(prompt, "pipeline", pipeline[:4]) == [pipeline]
        assert await completed(prompt, "pipeline", "checkout") == [pipeline]
        assert await completed(prompt, "pipeline", "no such") == []
        assert await completed(prompt, "project", "SH") == ["shop"]
        template = ResourceTemplateReference(uri="staffel://handovers/{handover}")
        assert await completed(template, "handover", "") == [handover]
        start = PromptReference(name="start_phase")
        assert await completed(start, "phase", "pl") == ["PLAN"]
        template = ResourceTemplateReference(uri="staffel://prompts/{prompt}")
        assert await completed(template, "prompt", "") == []
        server.decide(handover)
        server.wait_for(pipeline, "PromptWritten")
        assert await completed(template, "prompt", pipeline) == [f"{pipeline}-p1"]
