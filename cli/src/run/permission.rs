//! Permissions: what an agent asks before it does something, which of it is allowed without a person, and how the rest
//! becomes a question on the board.
//!
//! What the agent says of a tool call is its own word. A policy that allows by itself trusts the agent that far, and no
//! further than its folder.

use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use domain::limits::{NAME_MAX, OPTIONS_MAX, QUESTION_MAX};
use serde::Deserialize;
use serde_json::{Value, json};

use super::plain::{plain, plain_lines};

/// So much of what a tool is given is shown with the question, in bytes: what fits with the rest into a question.
const INPUT_SHOWN: usize = QUESTION_MAX - 1_500;

/// So many texts and changes are shown with the question.
const CONTENT_MAX: usize = 5;

/// What is allowed without asking a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Allow {
    /// Nothing but Staffel's own tools: a person is asked on the board
    #[default]
    Ask,
    /// What the agent calls reading, searching or thinking, in this folder. Fetching asks: an address can carry secrets away
    Reads,
    /// Everything that names no file outside this folder
    All,
}

/// What an agent asks: `session/request_permission`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// What it wants to do.
    pub tool_call: ToolCall,
    /// What can be answered.
    #[serde(default)]
    pub options: Vec<PermissionOption>,
}

/// What is asked about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// A line for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What sort of tool it is: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The files that it is about.
    #[serde(default)]
    pub locations: Option<Vec<Location>>,
    /// What the tool is given.
    #[serde(default)]
    pub raw_input: Option<Value>,
    /// What the agent shows about it: texts and changes of files.
    #[serde(default)]
    pub content: Option<Value>,
    /// The name of the tool, where the agent tells it.
    #[serde(default)]
    pub name: Option<String>,
    /// Where others tell it.
    #[serde(default, rename = "_meta")]
    pub meta: Option<Value>,
}

impl ToolCall {
    /// The name of the tool as the agent has it. A title may be the model's own words.
    fn tool(&self) -> Option<&str> {
        let in_meta = self.meta.as_ref().and_then(|meta| {
            let name = &meta["toolName"];
            name.as_str().or(meta["claudeCode"]["toolName"].as_str())
        });
        self.name.as_deref().or(in_meta)
    }

    /// What is shown of it to people, beside its title.
    fn details(&self) -> String {
        let mut details = Vec::new();
        let says = |input: &&Value| !input.is_null() && **input != json!({});
        if let Some(input) = self.raw_input.as_ref().filter(says) {
            details.push(serde_json::to_string_pretty(input).unwrap_or_default());
        }
        let content = self.content.iter().filter_map(Value::as_array).flatten();
        for shown in content.take(CONTENT_MAX) {
            let text = shown["content"]["text"].as_str().map(str::to_owned);
            let change = shown["newText"].as_str().map(|new| {
                let path = shown["path"].as_str().unwrap_or_default();
                format!("{path}:\n{new}")
            });
            details.extend(text.or(change));
        }
        details.join("\n\n")
    }
}

/// A file.
#[derive(Debug, Clone, Deserialize)]
pub struct Location {
    /// Where it is.
    pub path: PathBuf,
}

/// One answer that can be given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionOption {
    /// How the agent knows it.
    pub option_id: String,
    /// What people read.
    pub name: String,
    /// What it means: `allow_once`, `allow_always`, `reject_once` or `reject_always`.
    #[serde(default)]
    pub kind: String,
}

/// What the agent is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This option.
    Selected(String),
    /// Nobody decides: the turn is cancelled.
    Cancelled,
}

impl Outcome {
    /// As the protocol has it.
    pub fn json(&self) -> Value {
        match self {
            Self::Selected(option) => {
                json!({ "outcome": { "outcome": "selected", "optionId": option } })
            }
            Self::Cancelled => json!({ "outcome": { "outcome": "cancelled" } }),
        }
    }
}

impl Asked {
    /// What is answered without a person; `None`: a person is asked.
    pub fn by_itself(&self, allow: Allow, folder: &Path) -> Option<Outcome> {
        let kind = self.tool_call.kind.as_deref().unwrap_or("other");
        let allowed = self.is_ours()
            || match allow {
                Allow::Ask => false,
                Allow::Reads => {
                    matches!(kind, "read" | "search" | "think") && self.stays_in(folder)
                }
                Allow::All => self.stays_in(folder),
            };
        let option = allowed.then(|| self.option(&["allow_once", "allow_always"]))??;
        Some(Outcome::Selected(option.option_id.clone()))
    }

    /// The answer that refuses.
    pub fn refused(&self) -> Outcome {
        let option = self.option(&["reject_once", "reject_always"]);
        option.map_or(Outcome::Cancelled, |option| {
            Outcome::Selected(option.option_id.clone())
        })
    }

    fn option(&self, kinds: &[&str]) -> Option<&PermissionOption> {
        let mut kinds = kinds.iter();
        kinds.find_map(|kind| self.options.iter().find(|option| option.kind == **kind))
    }

    /// Whether the tool is one of Staffel's own, which a run is for. Its name says so; where the agent tells none, the whole
    /// title, as assistants write it for a tool of an MCP server. No command and no file is one.
    fn is_ours(&self) -> bool {
        let kind = self.tool_call.kind.as_deref().unwrap_or("other");
        let title = self.tool_call.title.as_deref().unwrap_or_default();
        kind == "other" && is_staffel_tool(self.tool_call.tool().unwrap_or(title))
    }

    /// Whether every file that it names is in the folder.
    fn stays_in(&self, folder: &Path) -> bool {
        let locations = self.tool_call.locations.iter().flatten();
        let mut paths = locations.map(|location| &*location.path);
        paths.all(|path| is_in(path, folder))
    }

    /// The question for people: at most as long as the board takes it, the same for the same request, so that it is not
    /// asked twice. With the names of the options in
    /// their order, and what each selects; nothing means that it refuses.
    pub fn question(&self, agent: &str) -> (Value, Vec<(String, Option<String>)>) {
        let kind = plain(self.tool_call.kind.as_deref().unwrap_or("other"), 40);
        let title = plain(self.tool_call.title.as_deref().unwrap_or("a tool"), 300);
        // Some titles are only what the tool is given.
        let tool = match self.tool_call.tool() {
            Some(tool) if title.starts_with(['{', '[']) => plain(tool, 100) + " ",
            _ => String::new(),
        };
        let mut text = format!("{agent} asks for permission ({kind}): {tool}{title}");
        let paths: Vec<_> = self
            .tool_call
            .locations
            .iter()
            .flatten()
            .take(5)
            .map(|location| plain(&location.path.to_string_lossy(), 150))
            .filter(|path| !path.is_empty())
            .collect();
        if !paths.is_empty() {
            text += "\n\nFiles: ";
            text += &paths.join(", ");
        }
        let details = self.tool_call.details();
        if !details.is_empty() {
            // Indented as code: whatever stands in it stays code, and no fence can end early.
            let shown = plain_lines(&details, INPUT_SHOWN / 2);
            let shown = shown.lines().map(|line| format!("    {line}\n"));
            text += "\n\n";
            text += &shown.collect::<String>();
        }
        let options = self.names();
        let body = json!({
            "question": plain_lines(&text, QUESTION_MAX - 8),
            "kind": "choice",
            "options": options.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "blocking": true,
        });
        (body, options)
    }

    /// What people can choose, with the option that it stands for.
    fn names(&self) -> Vec<(String, Option<String>)> {
        let mut names: Vec<(String, Option<String>)> = Vec::new();
        for option in self.options.iter().take(OPTIONS_MAX - 1) {
            let mut name = plain(&option.name, NAME_MAX - 10);
            if name.is_empty() {
                name = plain(&option.option_id, NAME_MAX - 10);
            }
            if name.is_empty() || names.iter().any(|(known, _)| *known == name) {
                name = format!("{name} ({})", names.len() + 1);
            }
            names.push((name, Some(option.option_id.clone())));
        }
        let refuses = self.option(&["reject_once", "reject_always"]).is_some();
        // A person can always refuse, and a choice has two options at least.
        if !refuses || names.len() < 2 {
            let name = |number: usize| match number {
                0 => "Refuse".to_owned(),
                number => format!("Refuse ({number})"),
            };
            let free = (0..)
                .map(name)
                .find(|name| names.iter().all(|(known, _)| known != name));
            names.extend(free.map(|name| (name, None)));
        }
        if names.len() < 2 {
            names.push(("Do nothing".to_owned(), None));
        }
        names
    }
}

/// Whether a title names a tool of Staffel and nothing else: `save_handover_content`, with `staffel` around it in the ways of
/// assistants.
fn is_staffel_tool(title: &str) -> bool {
    /// The tools, as `tools/list` has them.
    const TOOLS: [&str; 12] = [
        "list_pipelines",
        "start_pipeline",
        "get_pipeline_status",
        "update_pipeline_status",
        "save_handover_content",
        "get_handover_content",
        "await_handover_decision",
        "ask_person",
        "get_next_prompt",
        "acknowledge_prompt",
        "finish_pipeline",
        "get_version",
    ];
    let title = title.trim();
    TOOLS.iter().any(|tool| {
        let Some((before, behind)) = title.split_once(tool) else {
            return false;
        };
        let before = [
            "mcp__staffel__",
            "mcp_staffel_",
            "staffel_",
            "staffel__",
            "staffel/",
            "staffel: ",
        ]
        .contains(&before);
        let behind_of = [" (staffel MCP Server)", " (staffel)"].contains(&behind);
        (before && behind.is_empty()) || (title.starts_with(tool) && behind_of)
    })
}

/// Whether a path leads into a folder, without asking the file system: the file may not exist yet.
fn is_in(path: &Path, folder: &Path) -> bool {
    let path = folder.join(path);
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str, title: &str, path: Option<&str>) -> Asked {
        let option = |id: &str, kind: &str| json!({"optionId": id, "name": id, "kind": kind});
        serde_json::from_value(json!({
            "sessionId": "s",
            "toolCall": {
                "toolCallId": "1", "kind": kind, "title": title,
                "locations": path.map(|path| vec![json!({"path": path})]),
            },
            "options": [option("always", "allow_always"), option("once", "allow_once"), option("no", "reject_once")],
        }))
        .expect("a request")
    }

    #[test]
    fn a_policy_allows_what_it_says_and_asks_about_the_rest() {
        let folder = Path::new("/p");
        let once = Some(Outcome::Selected("once".to_owned()));
        for (allow, kind, path, answer) in [
            (Allow::Ask, "read", Some("/p/a"), None),
            (Allow::Reads, "read", Some("/p/a"), once.clone()),
            (Allow::Reads, "search", None, once.clone()),
            (Allow::Reads, "fetch", None, None),
            (Allow::Reads, "edit", Some("/p/a"), None),
            (Allow::Reads, "read", Some("/etc/passwd"), None),
            (Allow::All, "execute", None, once.clone()),
            (Allow::All, "edit", Some("b/c"), once.clone()),
            (Allow::All, "edit", Some("/p/../q"), None),
            (Allow::All, "edit", Some("/pq"), None),
        ] {
            let asked = asked(kind, "x", path);
            assert_eq!(
                asked.by_itself(allow, folder),
                answer,
                "{allow:?} {kind} {path:?}"
            );
        }
    }

    #[test]
    fn the_own_tools_need_no_person_and_nothing_else_is_taken_for_one() {
        let folder = Path::new("/p");
        for title in [
            "update_pipeline_status (staffel MCP Server)",
            "mcp__staffel__save_handover_content",
            "staffel_get_next_prompt",
        ] {
            assert!(
                asked("other", title, None)
                    .by_itself(Allow::Ask, folder)
                    .is_some(),
                "{title}"
            );
        }
        for (kind, title) in [
            ("execute", "staffel_get_next_prompt"),
            ("other", "get_next_prompt"),
            ("other", "rm -rf / # staffel_get_next_prompt"),
            ("other", "staffel_get_next_prompt; rm -rf /"),
            ("other", "get_next_prompt (evil MCP Server)"),
        ] {
            assert_eq!(
                asked(kind, title, None).by_itself(Allow::Ask, folder),
                None,
                "{title}"
            );
        }
    }

    #[test]
    fn the_name_of_a_tool_counts_more_than_its_title() {
        let folder = Path::new("/p");
        let mut ours = asked("other", "{\"pipeline\":\"x\"}", None);
        ours.tool_call.meta = Some(json!({"toolName": "mcp__staffel__update_pipeline_status"}));
        assert!(ours.by_itself(Allow::Ask, folder).is_some());
        let mut others = asked("other", "staffel_get_next_prompt", None);
        others.tool_call.name = Some("mcp__evil__get_next_prompt".to_owned());
        assert_eq!(others.by_itself(Allow::Ask, folder), None);
        others.tool_call.content = Some(json!([
            {"type": "content", "content": {"type": "text", "text": "why"}},
            {"type": "diff", "path": "/p/a", "newText": "b"}, 7,
        ]));
        let (body, _) = others.question("qwen");
        let text = body["question"].as_str().expect("text");
        assert!(
            text.ends_with("    why\n    \n    /p/a:\n    b"),
            "{text:?}"
        );
    }

    #[test]
    fn a_question_is_bounded_and_the_same_for_the_same_request() {
        let mut asked = asked("execute", &"rm \u{1b}[2J".repeat(1_000), Some("/p/a"));
        asked.tool_call.raw_input = Some(json!({"command": "`".repeat(1 << 20)}));
        for _ in 0..50 {
            asked.options.push(PermissionOption {
                option_id: "x".to_owned(),
                name: "Allow".to_owned(),
                kind: String::new(),
            });
        }
        let (body, options) = asked.question("gemini");
        let text = body["question"].as_str().expect("text");
        assert!(text.len() <= QUESTION_MAX, "{}", text.len());
        assert!(!text.contains('\u{1b}'));
        assert_eq!(options.len(), OPTIONS_MAX - 1);
        let mut names: Vec<_> = options.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), OPTIONS_MAX - 1);
        assert_eq!(asked.question("gemini").0, body);
    }

    #[test]
    fn whoever_is_not_allowed_is_refused_as_the_agent_offers_it() {
        let mut asked = asked("edit", "x", None);
        assert_eq!(asked.refused(), Outcome::Selected("no".to_owned()));
        asked.options.clear();
        assert_eq!(asked.refused(), Outcome::Cancelled);
        let names: Vec<_> = asked.names().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Refuse", "Do nothing"]);
        assert_eq!(asked.by_itself(Allow::All, Path::new("/p")), None);
    }
}
