//! Tools that work on as tasks (SEP-2663), for clients that declare the extension.

use std::{future::Future, time::Duration};

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        CreateTaskResult, ElicitResult, InputRequest, JsonObject,
    },
    task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::input::{elicited, form, required};

/// How long the tools work that have no argument to say so.
const WORK: Duration = Duration::from_millis(200);
/// How long a task can be asked for.
const TTL_MS: u64 = 300_000;
/// How often a client should ask, in milliseconds.
const POLL_MS: u64 = 100;

/// What `tools/list` says of them.
pub fn all() -> [(&'static str, &'static str, Value); 6] {
    let nothing = json!({ "type": "object" });
    let computation = json!({
        "type": "object",
        "properties": { "seconds": { "type": "integer" }, "label": { "type": "string" } },
        "required": ["seconds"],
    });
    let file = json!({
        "type": "object",
        "properties": { "filename": { "type": "string" } },
        "required": ["filename"],
    });
    [
        (
            "slow_compute",
            "Works for as long as it is told.",
            computation,
        ),
        (
            "failing_job",
            "Fails as a tool does, after a while.",
            nothing.clone(),
        ),
        (
            "protocol_error_job",
            "Fails as a server does.",
            nothing.clone(),
        ),
        (
            "confirm_delete",
            "Asks whether a file may be deleted.",
            file,
        ),
        (
            "multi_input",
            "Asks two questions at once.",
            nothing.clone(),
        ),
        (
            "test_tool_with_task",
            "Asks for a name, then works on as a task.",
            nothing,
        ),
    ]
}

/// What the tools answer. `None`: there is no such tool here.
pub async fn call(
    request: &CallToolRequestParams,
    capabilities: &ClientCapabilities,
    tasks: &TaskManager,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let given = request.arguments.clone().unwrap_or_default();
    let begin = |work| begin(tasks, capabilities, work);
    Some(match request.name.as_ref() {
        // Without a task it is a call that takes its time.
        "slow_compute" if !capabilities.supports_tasks() => {
            sleep(seconds(&given)).await;
            Ok(computed(&given).into())
        }
        "slow_compute" => begin(Work::Compute(given)),
        "failing_job" => begin(Work::Fail),
        "protocol_error_job" => begin(Work::Break),
        "confirm_delete" => begin(Work::Confirm),
        "multi_input" => begin(Work::AskTwice),
        "test_tool_with_task" => match elicited(request.input_responses.as_ref(), "user_name") {
            Some(name) => begin(Work::Greet(name["name"].to_string())),
            None => required(
                [("user_name", form("What is your name?", "name"))],
                Some("asked".to_owned()),
            )
            .map(Into::into),
        },
        _ => return None,
    })
}

/// What a task does.
enum Work {
    Compute(JsonObject),
    Fail,
    Break,
    Confirm,
    AskTwice,
    Greet(String),
}

fn begin(
    tasks: &TaskManager,
    capabilities: &ClientCapabilities,
    work: Work,
) -> Result<CallToolResponse, ErrorData> {
    if !capabilities.supports_tasks() {
        let needed = ClientCapabilities::builder().enable_tasks().build();
        return Err(ErrorData::missing_required_client_capability(needed));
    }
    let options = TaskOptions::new()
        .with_ttl_ms(TTL_MS)
        .with_poll_interval_ms(POLL_MS);
    let task = tasks.spawn(options, |task| Box::pin(work.run(task)));
    Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
}

impl Work {
    async fn run(self, task: TaskContext) -> Result<CallToolResult, TaskExit> {
        match self {
            Self::Compute(given) => {
                until_cancelled(&task, sleep(seconds(&given))).await?;
                Ok(computed(&given))
            }
            Self::Fail => {
                until_cancelled(&task, sleep(WORK)).await?;
                Ok(CallToolResult::error(text("The job failed.")))
            }
            Self::Break => Err(ErrorData::internal_error("The server broke.", None).into()),
            Self::Confirm => {
                ask(&task, "confirm", "May the file be deleted?").await?;
                Ok(CallToolResult::success(text("Deleted.")))
            }
            Self::AskTwice => {
                tokio::try_join!(
                    ask(&task, "first", "The first name?"),
                    ask(&task, "second", "The second name?"),
                )?;
                Ok(CallToolResult::success(text("Both are known.")))
            }
            Self::Greet(name) => {
                until_cancelled(&task, sleep(WORK)).await?;
                Ok(CallToolResult::success(text(&format!("Hello, {name}!"))))
            }
        }
    }
}

async fn until_cancelled(
    task: &TaskContext,
    work: impl Future<Output = ()>,
) -> Result<(), TaskExit> {
    tokio::select! {
        () = work => Ok(()),
        () = task.cancelled() => Err(TaskExit::Cancelled),
    }
}

/// Asks through the task: the client finds the question with `tasks/get` and answers with `tasks/update`.
async fn ask(task: &TaskContext, key: &str, message: &str) -> Result<ElicitResult, TaskExit> {
    let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
    let request: InputRequest = serde_json::from_value(form(message, "name")).map_err(failed)?;
    let answer = task.request_input(key, request).await?;
    Ok(serde_json::from_value(answer).map_err(failed)?)
}

fn seconds(given: &JsonObject) -> Duration {
    let seconds = given.get("seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or_default())
}

fn computed(given: &JsonObject) -> CallToolResult {
    let label = given.get("label").and_then(Value::as_str);
    let said = format!("Computed {}.", label.unwrap_or_default());
    CallToolResult::success(text(&said))
}

fn text(text: &str) -> Vec<ContentBlock> {
    vec![ContentBlock::text(text)]
}
