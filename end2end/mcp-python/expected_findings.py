"""What the checkers find and Staffel leaves as it is, each with the reason. What `mcp-assert` no longer finds fails the
run, so that its list stays true; `mcp-fuzzer` draws by lot, and does not find everything in every run."""

FREE_TEXT = "a name or a document in a person's own words: there is nothing to choose from, and an example would be copied"
ELSEWHERE = "every argument has a description of its own; to repeat it would cost every model tokens"
ANSWER = "what comes back stands in outputSchema"

NAMES = "projects, phases and keys are named by people and agents: any text of the length that the schema allows"
CIRCLES = "it takes every pair of tools that share the id of a pipeline for a circle; the instructions give the order"

# As patterns of `rule tool: field`, of `mcp-assert lint`.
OF_MCP_ASSERT = {
    r"E107 \w+: dependencies": CIRCLES,
    "E105 list_pipelines: args.project": NAMES,
    "E105 save_handover_content: args.idempotency_key": NAMES,
    "E105 save_handover_content: args.phase": NAMES,
    r"E105 \w+: args\.(pipeline|handover|prompt_id|question_id)": (
        "what an id looks like would cost ten tokens at every tool, before an agent does anything; another text is refused in words"
    ),
    "E105 start_pipeline: args.first_phase": NAMES,
    "W109 save_handover_content: args.open_questions.examples": FREE_TEXT,
    "E105 start_pipeline: args.idempotency_key": NAMES,
    "E105 start_pipeline: args.project": NAMES,
    "E105 update_pipeline_status: args.idempotency_key": NAMES,
    "E105 update_pipeline_status: args.phase": NAMES,
    "W109 acknowledge_prompt: args.prompt_id.examples": FREE_TEXT,
    "W109 finish_pipeline: args.message.examples": FREE_TEXT,
    "W109 update_pipeline_status: args.message.examples": FREE_TEXT,
    "W103 save_handover_content: args.content": FREE_TEXT,
    "W103 start_pipeline: args.project": FREE_TEXT,
    "W103 start_pipeline: args.title": FREE_TEXT,
    "W109 start_pipeline: args.title.examples": FREE_TEXT,
    "W108 update_pipeline_status: description": "that people see the report at once is the side effect, and it says so",
    "W110 finish_pipeline: description": ELSEWHERE,
    "W110 list_pipelines: description": ELSEWHERE,
    "W110 save_handover_content: description": ELSEWHERE,
    "W110 start_pipeline: description": ELSEWHERE,
    "W109 ask_person: args.question.examples": FREE_TEXT,
    "W109 ask_person: args.question_id.examples": "an id that ask_person gave: one that is made up would be sent",
    "W110 ask_person: description": ELSEWHERE,
    "W110 update_pipeline_status: description": ELSEWHERE,
    "W115 start_pipeline: token_cost": "with its outputSchema, which most assistants do not show; interop/tokens.test.mjs counts",
    "W116 acknowledge_prompt: description": ANSWER,
    "W116 finish_pipeline: description": ANSWER,
    "W116 get_handover_content: description": ANSWER,
    "W116 get_pipeline_status: description": ANSWER,
    "W116 get_version: description": ANSWER,
    "W116 list_pipelines: description": ANSWER,
    "W116 update_pipeline_status: description": ANSWER,
}

# As patterns of `category kind target`, of `mcp-fuzzer`: what exactly it tries differs from run to run.
OF_MCP_FUZZER = {
    r"injection_reflection (tool|protocol) \w+": "a refusal quotes what was sent, as JSON; the board sanitises what it shows",
    r"accepted_malformed protocol \w+Notification": "nobody answers a notification, so it cannot be refused either",
    r"accepted_malformed protocol (CallTool|ReadResource|GetPrompt)Request": "valid: the schema's own examples, and what is listed",
    r"accepted_malformed protocol (Ping|Complete|GenericJSONRPC|Initialize|List\w+|Unsubscribe)Request": (
        "valid: any text may be completed, a list needs no argument, unknown fields are ignored, an unknown version is answered with a known "
        "one, and who never subscribed is unsubscribed"
    ),
}
