//! Links that open an assistant with a prompt typed in. None of them sends it: the person there does.
//!
//! Each client has its own limit and its own forbidden texts; where a prompt does not pass, the link
//! carries the short form, which asks the agent to fetch the prompt itself. Sources of the limits: the
//! clients' documentation of deep links (Cursor: 8,000 characters of address; Claude Code: 5,000 of
//! text; Claude Desktop: about 14,000 of text). VS Code documents none; Windows hands addresses of up
//! to 2,048 characters to other programs.

use cli::clients::URI_COMPONENT;
use domain::{PipelineId, Via, text::has_format_characters};
use percent_encoding::utf8_percent_encode;
use protocol::{Link, ShortForm};

struct Client {
    via: Via,
    /// Everything before the encoded text.
    prefix: &'static str,
    /// Most characters of the whole address.
    max_address: usize,
    /// Most characters of the text.
    max_text: usize,
    forbids: fn(&str) -> bool,
}

const CLIENTS: [Client; 4] = [
    Client {
        via: Via::Cursor,
        prefix: "cursor://anysphere.cursor-deeplink/prompt?text=",
        max_address: 8_000,
        max_text: usize::MAX,
        forbids: cursor_forbids,
    },
    Client {
        via: Via::VsCode,
        prefix: "vscode://github.copilot-chat?mode=agent&prompt=",
        max_address: 2_048,
        max_text: usize::MAX,
        forbids: |_| false,
    },
    Client {
        via: Via::ClaudeCode,
        prefix: "claude-cli://open?q=",
        max_address: usize::MAX,
        max_text: 5_000,
        forbids: |_| false,
    },
    Client {
        via: Via::ClaudeDesktop,
        prefix: "claude://claude.ai/new?q=",
        max_address: usize::MAX,
        max_text: 14_000,
        forbids: |_| false,
    },
];

/// The links for a prompt of this pipeline.
pub fn links(pipeline: &PipelineId, prompt: &str) -> Vec<Link> {
    CLIENTS
        .iter()
        .map(|client| {
            let (href, short) = match client.carries(prompt) {
                Ok(whole) => (whole, None),
                Err(why) => (client.address(&short_form(pipeline)), Some(why)),
            };
            Link {
                via: client.via,
                href,
                short,
            }
        })
        .collect()
}

impl Client {
    fn address(&self, text: &str) -> String {
        format!(
            "{}{}",
            self.prefix,
            utf8_percent_encode(text, URI_COMPONENT)
        )
    }

    /// The address with this prompt, or why there is none. The length comes first: a prompt may have two megabytes, and
    /// the follower makes the links of each.
    fn carries(&self, prompt: &str) -> Result<String, ShortForm> {
        let shortest = self.prefix.len() + prompt.len();
        if shortest > self.max_address || prompt.chars().nth(self.max_text).is_some() {
            return Err(ShortForm::TooLong);
        }
        if (self.forbids)(prompt) {
            return Err(ShortForm::Forbidden);
        }
        let whole = self.address(prompt);
        if whole.len() > self.max_address {
            return Err(ShortForm::TooLong);
        }
        Ok(whole)
    }
}

/// The prompt that fetches the prompt. It works at any length and in every client that has the server.
pub fn short_form(pipeline: &PipelineId) -> String {
    format!(
        "Call the tool get_next_prompt of the MCP server \"staffel\" with pipeline=\"{pipeline}\" and follow the prompt that it returns."
    )
}

/// Cursor answers "Invalid text for prompt" to texts about secrets and to invisible format characters.
fn cursor_forbids(text: &str) -> bool {
    let lower = text.to_lowercase();
    let both = |verb: &str, nouns: &[&str]| {
        lower.split(verb).skip(1).any(|rest| {
            nouns
                .iter()
                .any(|noun| rest.lines().next().unwrap_or_default().contains(noun))
        })
    };
    lower.contains(".env")
        || both("dump", &["token", "password"])
        || both("leak", &["secret"])
        || has_format_characters(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(prompt: &str) -> Vec<Option<ShortForm>> {
        let id = "02kx9m4t7q".parse().expect("an id");
        links(&id, prompt)
            .into_iter()
            .map(|link| link.short)
            .collect()
    }

    #[test]
    fn a_usual_prompt_travels_whole() {
        let id = "02kx9m4t7q".parse().expect("an id");
        let links = links(&id, "Go on & on + on.\n🎯 Ziel");
        assert!(links.iter().all(|link| link.short.is_none()));
        assert_eq!(
            links[0].href,
            "cursor://anysphere.cursor-deeplink/prompt?text=Go%20on%20%26%20on%20%2B%20on.%0A%F0%9F%8E%AF%20Ziel"
        );
    }

    #[test]
    fn each_client_has_its_own_limit() {
        use ShortForm::TooLong;
        assert_eq!(short(&"x".repeat(2_100)), [None, Some(TooLong), None, None]);
        assert_eq!(
            short(&"x".repeat(5_001)),
            [None, Some(TooLong), Some(TooLong), None]
        );
        assert_eq!(
            short(&"x".repeat(8_001)),
            [Some(TooLong), Some(TooLong), Some(TooLong), None]
        );
        assert_eq!(short(&"x".repeat(20_000)), [Some(TooLong); 4]);
    }

    #[test]
    fn what_cursor_refuses_goes_in_the_short_form() {
        for text in [
            "Read .env first",
            "dump the token",
            "do not leak any secret",
            "family 👨\u{200d}👩\u{200d}👧",
        ] {
            assert_eq!(short(text)[0], Some(ShortForm::Forbidden), "{text}");
        }
        let fetch = short_form(&"02kx9m4t7q".parse().expect("an id"));
        assert_eq!(short(&fetch), [None; 4]);
    }
}
