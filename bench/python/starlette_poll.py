"""The loop of the source note on a modern stack: sse-starlette, uvicorn, uvloop; the state once a second.

starlette_poll.py PAYLOAD: the status to send, as a file of JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

status = {**json.loads(Path(sys.argv[1]).read_text()), "message": "none"}


async def sse(_request):
    async def event_stream():
        while True:
            yield {"event": "pipeline_status", "data": json.dumps(status)}
            await asyncio.sleep(1)

    return EventSourceResponse(event_stream())


async def publish(request):
    status["message"] = (await request.json())["message"]
    return Response(status_code=204)


app = Starlette(routes=[Route("/sse", sse), Route("/publish", publish, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=0, access_log=False)
