"""Programs that look for faults: what they find is expected and explained, or it is a fault."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Collection

from jsonschema import Draft202012Validator

from conftest import ROOT, Server, rounds
from expected_findings import OF_MCP_ASSERT, OF_MCP_FUZZER

TOOLS = ROOT / "target/venv-tools/bin"
# What these wait for is a person. A call that happens to be right waits longer than the fuzzer does.
WAITS = {"await_handover_decision", "ask_person"}


def run(program: str, *arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program in a folder of its own: some write where they stand, or at home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [TOOLS / program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def compare(found: set[str], expected: Collection[str]) -> None:
    """Everything found has to match one of the patterns."""
    new = sorted(one for one in found if not any(re.fullmatch(pattern, one) for pattern in expected))
    assert not new, "found, and not expected:\n" + "\n".join(new)


def all_found(found: set[str], expected: Collection[str]) -> None:
    """Each pattern has to match something found."""
    gone = sorted(pattern for pattern in expected if not any(re.fullmatch(pattern, one) for one in found))
    assert not gone, "expected, and no longer found; remove it:\n" + "\n".join(gone)


def test_mcp_assert_lint(server: Server, tmp_path: Path) -> None:
    done = run("mcp-assert", "lint", "--server", server.mcp, "--transport", "http", "--json", folder=tmp_path)
    findings = json.loads(done.stdout)["findings"]
    found = {f"{found['code']} {found['tool']}: {found['field']}" for found in findings}
    compare(found, OF_MCP_ASSERT)
    all_found(found, OF_MCP_ASSERT)


def test_mcp_assert_fuzz(server: Server, unharmed: None, tmp_path: Path) -> None:
    arguments = ["--transport", "http", "--runs", "50", "--seed", "42", "--json"]
    done = run("mcp-assert", "fuzz", "--server", server.mcp, *arguments, folder=tmp_path)
    summary = json.loads(done.stdout)["summary"]
    print(summary)
    assert (summary["tools_tested"], summary["total_runs"]) == (12, 600)
    assert summary["total_passed"] == 600, done.stdout
    assert done.returncode == 0


def fuzz(server: Server, folder: Path, revision: str) -> set[str]:
    """Lets mcp-fuzzer try everything in one revision of the protocol, and returns what it finds."""
    report = folder / f"report-{revision}"
    done = run(
        "mcp-fuzzer", "--mode", "all", "--phase", "both", "--protocol-phase", "aggressive",
        "--protocol", "streamablehttp", "--endpoint", server.mcp, "--spec-schema-version", revision,
        "--runs", "5", "--runs-per-type", "5", "--seed", "42", "--max-concurrency", "1", "--timeout", "10",
        "--security-audit", "--security-audit-intrusive", "--no-corpus", "--no-network",
        "--output-dir", report, "--fs-root", folder / "sandbox",
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((report / "run_summary.json").read_text())
    print(revision, summary["findings"])
    assert summary["tool_discovery"]["tool_count"] == 12
    assert summary["tools"]["total_runs"] >= 110 and summary["protocols"]["total_runs"] >= 100
    for tool, result in summary["tools"]["by_name"].items():
        outcomes = result["outcomes"]
        assert outcomes["crashed"] == outcomes["anomaly"] == 0, (tool, outcomes)
    [session] = report.glob("sessions/*/*_fuzzing_results.json")
    for tool in json.loads(session.read_text())["data"]["tools_tested"]:
        exceptions = tool["exception_details"]
        if tool["name"] in WAITS:
            exceptions = [one for one in exceptions if "timed out while waiting" not in one["message"]]
        assert not exceptions, (tool["name"], exceptions)
    findings = json.loads((report / "findings.json").read_text())["findings"]
    listed = json.loads((ROOT / "end2end/interop/snapshots" / revision / "tools-list.json").read_text())["tools"]
    schemas = {tool["name"]: tool["inputSchema"] for tool in listed}
    return {
        f"{found['category']} {found['kind']} {found['target']}" for found in findings if not valid(found, schemas)
    }


def valid(found: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether a call was accepted because there is nothing wrong with it: most arguments may be left out."""
    if (found["category"], found["kind"]) != ("accepted_malformed", "tool"):
        return False
    return Draft202012Validator(schemas[found["target"]]).is_valid(found["evidence"]["input"])


def test_mcp_fuzzer(server: Server, unharmed: None, tmp_path: Path) -> None:
    revisions = ["2025-11-25", "2026-07-28"][-rounds(1, 2) :]
    compare(set().union(*(fuzz(server, tmp_path, revision) for revision in revisions)), OF_MCP_FUZZER)
