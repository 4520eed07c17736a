"""FastMCP on uvicorn and uvloop, with its own settings and sessions. The pipelines are in memory."""

import uvicorn
from fastmcp import FastMCP
from fastmcp.tools.base import ToolResult

server = FastMCP("bench")
pipelines: dict[str, dict] = {}


@server.tool
def start_pipeline(project: str, title: str) -> ToolResult:
    """Starts a pipeline."""
    pipeline = f"{len(pipelines):010}"
    pipelines[pipeline] = {
        "phase": "VAN",
        "progress": 0,
        "status": "running",
        "pipeline": pipeline,
        "project": project,
        "title": title,
        "progress_source": "claimed",
        "phases": ["VAN", "PLAN", "CREATE", "IMPLEMENT", "REFLECT"],
        "baton": "agent",
        "handover": None,
        "prompt_id": None,
        "board_url": f"http://127.0.0.1:47000/pipelines/{pipeline}",
        "next_step": f'Work on VAN. Report with update_pipeline_status(pipeline="{pipeline}", …); '
        f'end the phase with save_handover_content(pipeline="{pipeline}", content=…).',
    }
    return answer(pipeline)


@server.tool
def get_pipeline_status(pipeline: str) -> ToolResult:
    """The status of a pipeline."""
    return answer(pipeline)


@server.tool
def update_pipeline_status(pipeline: str, message: str, progress: int) -> ToolResult:
    """Reports progress."""
    pipelines[pipeline]["progress"] = progress
    return answer(pipeline)


def answer(pipeline: str) -> ToolResult:
    status = pipelines[pipeline]
    text = (
        "Pipeline {pipeline} ({title}): {phase} {progress} % ({progress_source}), {status}, "
        "baton: {baton}. Next: {next_step}"
    )
    return ToolResult(content=text.format(**status), structured_content=status)


uvicorn.run(server.http_app(), host="127.0.0.1", port=0, access_log=False, timeout_keep_alive=60)
