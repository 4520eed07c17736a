//! The hooks in a file of a client: ours are put in, replaced and taken out, and nobody else's change.
//!
//! Under `hooks` there is a list for each event: of groups, each with a list of hooks, or of the hooks themselves.

use jsonc_parser::cst::{CstInputValue, CstNode, CstRootNode};
use serde_json::Value;

use super::{
    json::{JSON, not_json},
    language::Language,
    position::Position,
    problem::Problem,
};

/// The key of all hooks.
const HOOKS: &str = "hooks";
/// The key of the version.
const VERSION: &str = "version";

/// The text with these groups of hooks, or hooks, one for each event, in place of older ones of ours; `None` if nothing is to
/// be done. Ours are those hooks in whose text `is_ours` finds its mark. `version` is what the file has to say of itself, where
/// the client asks for that.
///
/// # Errors
/// The text cannot be parsed, or something else stands where objects and lists have to be.
pub fn put_hooks(
    text: &str,
    wanted: &[(&str, Value)],
    version: Option<u32>,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Option<String>, Problem> {
    let root = CstRootNode::parse(text, &JSON).map_err(|error| not_json(&error))?;
    let wrong = |what: String, found| Problem::NotAnObject {
        at: Position::of(text, 0),
        language: Language::Json,
        what,
        found,
    };
    if !wanted.is_empty()
        && root
            .value()
            .is_some_and(|value| value.as_object().is_none())
    {
        return Err(wrong("the file itself".to_owned(), "something else"));
    }
    let mut changed = false;
    let mut there = Vec::new();
    if let Some(hooks) = root.object_value().and_then(|object| object.get(HOOKS)) {
        let hooks = hooks.value().and_then(|value| value.as_object());
        let hooks = hooks.ok_or_else(|| wrong(format!("`{HOOKS}`"), "something else"))?;
        for event in hooks.properties() {
            let name = event.decoded_name().unwrap_or_default();
            let Some(groups) = event.value().and_then(|value| value.as_array()) else {
                if wanted.iter().any(|(wanted, _)| *wanted == name) {
                    return Err(wrong(format!("`{name}` of `{HOOKS}`"), "no list"));
                }
                continue;
            };
            for group in groups.elements() {
                let as_wanted = wanted
                    .iter()
                    .any(|(event, wanted)| *event == name && same(&group, wanted));
                if as_wanted && !there.contains(&name) {
                    there.push(name.clone());
                    continue;
                }
                // Beside ours there may be somebody else's in the same group.
                let list = group.as_object().and_then(|group| group.array_value(HOOKS));
                if list.is_none() && is_ours(&group.to_string()) {
                    group.remove();
                    changed = true;
                    continue;
                }
                let hooks = list.iter().flat_map(|list| list.elements());
                let ours: Vec<_> = hooks.filter(|hook| is_ours(&hook.to_string())).collect();
                changed |= !ours.is_empty();
                let emptied = !ours.is_empty();
                ours.into_iter().for_each(CstNode::remove);
                if emptied && list.is_some_and(|list| list.elements().is_empty()) {
                    group.remove();
                }
            }
            if groups.elements().is_empty() && !wanted.iter().any(|(event, _)| *event == name) {
                event.remove();
            }
        }
        if wanted.is_empty()
            && changed
            && hooks.properties().is_empty()
            && let Some(hooks) = root.object_value_or_set().get(HOOKS)
        {
            hooks.remove();
        }
    }
    let root_of_ours = (!wanted.is_empty()).then(|| root.object_value_or_set());
    if let (Some(root), Some(version)) = (root_of_ours, version)
        && root.get(VERSION).is_none()
    {
        root.insert(0, VERSION, CstInputValue::Number(version.to_string()));
        changed = true;
    }
    for (event, group) in wanted
        .iter()
        .filter(|(event, _)| !there.iter().any(|name| name == event))
    {
        let hooks = root.object_value_or_set().object_value_or_set(HOOKS);
        hooks.array_value_or_set(event).append(as_input(group));
        changed = true;
    }
    Ok(changed.then(|| root.to_string()))
}

fn same(node: &CstNode, wanted: &Value) -> bool {
    serde_json::from_str::<Value>(&node.to_string()).is_ok_and(|known| known == *wanted)
}

fn as_input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(as_input).collect()),
        Value::Object(fields) => CstInputValue::Object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), as_input(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stop(wait: u32) -> Vec<(&'static str, Value)> {
        vec![(
            "Stop",
            json!({"hooks": [{"type": "command", "command": format!("staffel hook codex {wait}")}]}),
        )]
    }

    fn put(text: &str, wanted: &[(&str, Value)]) -> Option<String> {
        put_hooks(text, wanted, None, |text| text.contains("hook codex")).expect("a file")
    }

    #[test]
    fn ours_come_in_once_and_go_out_whole() {
        let theirs = "{\n  // mine\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]}]\n  },\n  \"model\": \"x\"\n}\n";
        for before in ["", "{}\n", theirs] {
            let with = put(before, &stop(1)).expect("a change");
            assert_eq!(put(&with, &stop(1)), None, "{with}");
            let newer = put(&with, &stop(2)).expect("a change");
            assert_eq!(newer.matches("hook codex").count(), 1, "{newer}");
            let out = put(&newer, &[]).expect("a change");
            assert!(!out.contains("codex"), "{out}");
            if before == theirs {
                assert!(out.contains("// mine") && out.contains("say done"), "{out}");
            } else {
                assert!(!out.contains("hooks"), "{out}");
            }
            assert_eq!(put(&out, &[]), None);
        }
    }

    #[test]
    fn a_hook_of_somebody_else_in_our_group_stays() {
        let both = r#"{"hooks": {"Stop": [{"hooks": [
            {"type": "command", "command": "staffel hook codex 1"}, {"type": "command", "command": "say done"}]}]}}"#;
        let out = put(both, &[]).expect("a change");
        assert!(out.contains("say done") && !out.contains("codex"), "{out}");
    }

    #[test]
    fn hooks_without_groups_come_and_go_as_well() {
        let put = |text: &str, wanted: &[(&str, Value)]| {
            put_hooks(text, wanted, Some(1), |text| text.contains("hook cursor"))
        };
        let ours = [("stop", json!({"command": "staffel hook cursor"}))];
        let with = put("", &ours).expect("a file").expect("a change");
        let read: Value = serde_json::from_str(&with).expect("JSON");
        assert_eq!(
            read,
            json!({"version": 1, "hooks": {"stop": [{"command": "staffel hook cursor"}]}})
        );
        assert_eq!(put(&with, &ours).expect("a file"), None);
        let theirs =
            r#"{"version": 1, "hooks": {"stop": [{"command": "say done", "loop_limit": 5}]}}"#;
        let with = put(theirs, &ours).expect("a file").expect("a change");
        assert_eq!(with.matches("command").count(), 2, "{with}");
        let out = put(&with, &[]).expect("a file").expect("a change");
        let same = |text| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(same(&out), same(theirs));
    }

    #[test]
    fn what_is_no_list_of_hooks_is_left_alone() {
        for text in ["[]", r#"{"hooks": []}"#, r#"{"hooks": {"Stop": {}}}"#, "{"] {
            let refused = put_hooks(text, &stop(1), None, |_| false);
            assert!(refused.is_err(), "{text}");
        }
        let elsewhere = put(r#"{"hooks": {"disabled": true}}"#, &stop(1)).expect("a change");
        assert!(elsewhere.contains(r#""disabled": true"#), "{elsewhere}");
    }
}
