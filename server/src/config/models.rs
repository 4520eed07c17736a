//! Who writes prompts, and whether a person looks at them first.

use std::{fs, time::Duration};

use anyhow::{Context, Result, bail, ensure};

use super::{
    file::{ModelTable, PromptTable},
    path_or, variable,
};
use crate::prompt::ModelConfig;

/// Most models by name: a person chooses one of them.
const MODELS_MAX: usize = 20;

/// Whether people look at every prompt before it leaves.
pub(super) fn look_first(setting: Option<&str>) -> Result<bool> {
    let given = variable("STAFFEL_PROMPT_SEND");
    match given.as_deref().or(setting).unwrap_or("at_once") {
        "at_once" => Ok(false),
        "after_a_look" => Ok(true),
        other => bail!(
            "[prompt] send (STAFFEL_PROMPT_SEND) is {other:?}. Allowed: at_once, or after_a_look: a person sends every prompt."
        ),
    }
}

/// The model of `[prompt]` and of the environment first, then those of `[[prompt.models]]`.
pub(super) fn models(table: &PromptTable) -> Result<Vec<ModelConfig>> {
    let seconds = match variable("STAFFEL_MODEL_TIMEOUT_SECONDS") {
        Some(text) => Some(text.parse().with_context(|| {
            format!("The model's time-out must be 1 to 600 whole seconds (STAFFEL_MODEL_TIMEOUT_SECONDS), and is {text:?}.")
        })?),
        None => table.timeout_seconds,
    };
    let first = ModelTable {
        name: None,
        model: variable("STAFFEL_MODEL")
            .or(table.model.clone())
            .unwrap_or_default(),
        base_url: variable("STAFFEL_MODEL_BASE_URL").or(table.base_url.clone()),
        key_file: path_or("STAFFEL_MODEL_KEY_FILE", table.key_file.clone()),
        timeout_seconds: seconds,
    };
    let mut models = Vec::new();
    if !first.model.is_empty() {
        models.push(model(&first, variable("STAFFEL_MODEL_KEY"))?);
    }
    for more in &table.models {
        models.push(model(more, None)?);
    }
    ensure!(
        models.len() <= MODELS_MAX,
        "[prompt] names {} models. Allowed: at most {MODELS_MAX}.",
        models.len()
    );
    let mut names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "Two models of [prompt] are called {:?}. Give one of them another `name`.",
            twice[0]
        );
    }
    Ok(models)
}

fn model(table: &ModelTable, key: Option<String>) -> Result<ModelConfig> {
    let model = table.model.clone();
    ensure!(
        !model.is_empty(),
        "[[prompt.models]] needs `model`: the name of the model at its API, for example \"qwen3\"."
    );
    let name = table.name.clone().unwrap_or_else(|| model.clone());
    ensure!(
        !name.is_empty()
            && name.len() <= 100
            && name != "template"
            && !name.contains(char::is_control),
        "[[prompt.models]] name = {name:?} cannot be used. Allowed: up to 100 characters in one line, and not \"template\"."
    );
    let base_url = table
        .base_url
        .clone()
        .unwrap_or("https://api.openai.com/v1".to_owned());
    ensure!(
        base_url.starts_with("http://") || base_url.starts_with("https://"),
        "base_url = {base_url:?} is not the address of an API. Allowed: http://… or https://…, for example http://127.0.0.1:11434/v1."
    );
    ensure!(
        !base_url.contains(['?', '@']),
        "base_url must not carry a key or a password: they would end up in logs. Give the key by STAFFEL_MODEL_KEY or key_file."
    );
    let key = match (key, &table.key_file) {
        (Some(key), _) => key,
        (None, Some(path)) => fs::read_to_string(path)
            .with_context(|| format!("key_file = {} cannot be read", path.display()))?
            .trim()
            .to_owned(),
        (None, None) => String::new(),
    };
    let seconds @ 1..=600 = table.timeout_seconds.unwrap_or(60) else {
        bail!(
            "The model's time-out must be 1 to 600 whole seconds (timeout_seconds, STAFFEL_MODEL_TIMEOUT_SECONDS)."
        );
    };
    Ok(ModelConfig {
        name,
        base_url,
        model,
        key,
        timeout: Duration::from_secs(seconds),
    })
}
