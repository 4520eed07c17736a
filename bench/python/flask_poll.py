"""The SSE server of the source note: Flask, a thread for each subscriber, the state once a second.

flask_poll.py PAYLOAD: the status to send, as a file of JSON.
"""

import json
import sys
import time
from pathlib import Path

from flask import Flask, Response, request

status = {**json.loads(Path(sys.argv[1]).read_text()), "message": "none"}
app = Flask(__name__)


@app.get("/sse")
def sse():
    def event_stream():
        while True:
            yield f"event: pipeline_status\ndata: {json.dumps(status)}\n\n"
            time.sleep(1)

    return Response(event_stream(), mimetype="text/event-stream")


@app.post("/publish")
def publish():
    status["message"] = request.get_json()["message"]
    return "", 204


app.run(host="127.0.0.1", port=0)
