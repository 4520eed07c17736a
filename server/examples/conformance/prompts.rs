//! The prompts.

use rmcp::{
    ErrorData,
    model::{
        ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt,
        PromptArgument, PromptMessage, Role,
    },
};

use crate::{
    input,
    resources::{self, PNG},
};

/// What `prompts/list` answers.
pub fn all() -> Vec<Prompt> {
    vec![
        prompt("test_simple_prompt", "One message.", &[]),
        prompt(
            "test_prompt_with_arguments",
            "Its arguments in a message.",
            &["arg1", "arg2"],
        ),
        prompt(
            "test_prompt_with_embedded_resource",
            "A resource in a message.",
            &["resourceUri"],
        ),
        prompt("test_prompt_with_image", "An image in a message.", &[]),
        prompt(
            "test_input_required_result_prompt",
            "Asks the user first.",
            &[],
        ),
    ]
}

fn prompt(name: &str, description: &str, arguments: &[&str]) -> Prompt {
    let arguments = arguments
        .iter()
        .map(|&name| PromptArgument::new(name).with_required(true))
        .collect();
    Prompt::new(name, Some(description), Some(arguments))
}

/// What `prompts/get` answers.
pub fn get(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let value = request.arguments.as_ref().and_then(|given| given.get(name));
        value
            .and_then(|value| value.as_str())
            .ok_or_else(|| ErrorData::invalid_params(format!("{name} is missing"), None))
    };
    let contents = match request.name.as_str() {
        "test_simple_prompt" => vec![ContentBlock::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (arg1, arg2) = (argument("arg1")?, argument("arg2")?);
            let text = format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'");
            vec![ContentBlock::text(text)]
        }
        "test_prompt_with_embedded_resource" => {
            let resource = resources::text(
                "Embedded resource content for testing.",
                argument("resourceUri")?,
            );
            vec![
                ContentBlock::resource(resource),
                ContentBlock::text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![
            ContentBlock::image(PNG, "image/png"),
            ContentBlock::text("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => {
            let context = input::elicited(request.input_responses.as_ref(), "user_context");
            match context {
                Some(context) => vec![ContentBlock::text(format!("In this context: {context}"))],
                None => {
                    let question = input::form("What context should the prompt use?", "context");
                    return Ok(input::required([("user_context", question)], None)?.into());
                }
            }
        }
        name => {
            let message = format!("There is no prompt {name:?}");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    let messages = contents
        .into_iter()
        .map(|content| PromptMessage::new(Role::User, content))
        .collect();
    Ok(GetPromptResult::new(messages).into())
}
