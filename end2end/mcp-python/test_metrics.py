"""What is measured, as the official client library for Prometheus reads it: strictly."""

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from conftest import Server, connect


async def test_the_official_parser_reads_what_is_measured(server: Server) -> None:
    async with connect(server, "auto") as agent:
        await agent.start()
        answer = httpx.get(f"{server.url}/metrics")
        assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    kinds = {name: family.type for name, family in families.items() if name.startswith("staffel_")}
    assert kinds["staffel_append_seconds"] == "histogram"
    assert kinds["staffel_events"] == "counter"
    assert kinds["staffel_build"] == "info"
    assert kinds["staffel_pipelines"] == "gauge"
    assert all(family.documentation for family in families.values())
    (events,) = families["staffel_events"].samples
    assert events.value > 0
