//! How each kind of receiver wants to be told: the body of the request.
//!
//! What people and agents wrote goes in as plain text where the receiver has such a field, and escaped where it has none:
//! nobody is mentioned, linked or shouted at by a title.

use domain::Timestamp;
use protocol::shorten;
use serde_json::{Value, json};

use super::{Kind, notice::Notice};

/// Most characters of a summary in a message for people: a phone shows less. The shape `json` has all of it.
const SUMMARY_MAX: usize = 500;

/// The kind of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A program: all that is known, as JSON.
    Json,
    /// ntfy, told as JSON at its root (docs.ntfy.sh/publish, "Publish as JSON").
    Ntfy {
        /// The topic.
        topic: String,
    },
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams that posts an adaptive card.
    Teams,
    /// A webhook of Discord.
    Discord,
    /// `sendMessage` of a Telegram bot.
    Telegram {
        /// The chat: its number, or `@` and the name of a channel.
        chat: String,
    },
}

impl Shape {
    /// What settings can choose.
    pub const NAMES: [&str; 6] = ["json", "ntfy", "slack", "teams", "discord", "telegram"];

    /// The body that says this. `delivery` is the id of the delivery.
    pub fn body(&self, notice: &Notice, delivery: &str) -> Value {
        match self {
            Self::Json => json(notice, delivery),
            Self::Ntfy { topic } => ntfy(notice, topic),
            Self::Slack => slack(notice),
            Self::Teams => teams(notice),
            Self::Discord => discord(notice),
            Self::Telegram { chat } => telegram(notice, chat),
        }
    }
}

fn json(notice: &Notice, delivery: &str) -> Value {
    let mut body = serde_json::to_value(notice).unwrap_or_default();
    body["delivery"] = delivery.into();
    body["text"] = plain(notice).into();
    body
}

/// The whole message as plain text, without the address of the board.
fn plain(notice: &Notice) -> String {
    let title = format!("{}: {}", notice.happened(), notice.title);
    lines([title, notice.place(), summary(notice)])
}

fn summary(notice: &Notice) -> String {
    let summary = shorten(&notice.summary, SUMMARY_MAX);
    lines([notice.why_for_you(), summary])
}

fn lines<const N: usize>(lines: [String; N]) -> String {
    let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn ntfy(notice: &Notice, topic: &str) -> Value {
    let tag = match notice.event {
        Kind::HandoverWaiting => "inbox_tray",
        Kind::QuestionWaiting => "question",
        Kind::PipelineEnded => "checkered_flag",
        Kind::AgentSilent => "zzz",
        Kind::PromptWaiting => "hourglass",
        Kind::Test | Kind::Withdrawn => "test_tube",
    };
    json!({
        "topic": topic,
        "title": format!("{}: {}", notice.happened(), notice.title),
        "message": lines([notice.place(), summary(notice)]),
        "click": notice.url,
        "tags": [tag],
    })
}

fn slack(notice: &Notice) -> Value {
    let section = |text: Value| json!({"type": "section", "text": text});
    let ours = |text: String| section(json!({"type": "mrkdwn", "text": text}));
    let theirs =
        |text: String| section(json!({"type": "plain_text", "text": text, "emoji": false}));
    // `text` is what a notification shows; without blocks it would be the message.
    json!({
        "text": slack_escaped(&plain(notice)),
        "blocks": [
            ours(format!("*{}*", notice.happened())),
            theirs(lines([notice.title.clone(), notice.place(), summary(notice)])),
            ours(format!("<{}|{}>", slack_escaped(&notice.url), notice.open())),
        ],
    })
}

/// Slack's three control characters (api.slack.com/reference/surfaces/formatting, "Escaping text").
fn slack_escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn teams(notice: &Notice) -> Value {
    // A `RichTextBlock` shows its runs as they are; a `TextBlock` would read Markdown in them.
    let line = |run: Value| json!({"type": "RichTextBlock", "inlines": [run]});
    let run = |text: &str| json!({"type": "TextRun", "text": text});
    let bold = |text: &str| json!({"type": "TextRun", "text": text, "weight": "Bolder"});
    let mut body = vec![
        line(bold(notice.happened())),
        line(run(&notice.title)),
        line(run(&notice.place())),
    ];
    if !notice.summary.is_empty() {
        body.push(line(run(&summary(notice))));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": [{"type": "Action.OpenUrl", "title": notice.open(), "url": notice.url}],
            },
        }],
    })
}

fn discord(notice: &Notice) -> Value {
    // In `content` and not in an embed: an embed with an address on this machine is refused as a whole.
    json!({
        "content": lines([
            format!("**{}: {}**", notice.happened(), discord_escaped(&notice.title)),
            discord_escaped(&notice.place()),
            discord_escaped(&summary(notice)),
            format!("<{}>", notice.url),
        ]),
        "allowed_mentions": {"parse": []},
    })
}

/// Discord takes a backslash before every sign as "this sign, and no Markdown".
fn discord_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn telegram(notice: &Notice, chat: &str) -> Value {
    // Without a `parse_mode` the text is shown as it is.
    json!({
        "chat_id": chat,
        "text": format!("{}\n{}", plain(notice), notice.url),
        "link_preview_options": {"is_disabled": true},
    })
}

/// The time as it is signed: Unix seconds.
pub fn seconds(time: Timestamp) -> String {
    (time.millis() / 1000).to_string()
}

#[cfg(test)]
mod tests {
    use domain::{Language, Outcome};

    use super::*;

    fn notice(title: &str, summary: &str) -> Notice {
        let id = "0123456789".parse().expect("an id");
        Notice {
            event: Kind::PipelineEnded,
            pipeline: Some(id),
            project: "shop".to_owned(),
            title: title.to_owned(),
            phase: "PLAN".to_owned(),
            outcome: Some(Outcome::Failed),
            summary: summary.to_owned(),
            url: "https://example.org/pipelines/0123456789".to_owned(),
            language: Language::De,
            ..Notice::test("", Timestamp::from_millis(0))
        }
    }

    fn all() -> [Shape; 6] {
        [
            Shape::Json,
            Shape::Ntfy {
                topic: "t".to_owned(),
            },
            Shape::Slack,
            Shape::Teams,
            Shape::Discord,
            Shape::Telegram {
                chat: "-100".to_owned(),
            },
        ]
    }

    #[test]
    fn every_shape_says_what_happened_where_and_where_to_look() {
        for shape in all() {
            let body = shape.body(&notice("Login", "No disk"), "d1").to_string();
            for word in [
                "Fehlgeschlagen",
                "Login",
                "shop",
                "PLAN",
                "No disk",
                "https://example.org/pipelines/0123456789",
            ] {
                assert!(body.contains(word), "{word} in {body}");
            }
        }
    }

    #[test]
    fn json_has_the_fields_of_the_notice() {
        let body = Shape::Json.body(&notice("Login", "No disk"), "d1");
        assert_eq!(
            body,
            json!({
                "event": "pipeline_ended",
                "pipeline": "0123456789",
                "project": "shop",
                "title": "Login",
                "phase": "PLAN",
                "outcome": "failed",
                "summary": "No disk",
                "url": "https://example.org/pipelines/0123456789",
                "at": "1970-01-01T00:00:00.000Z",
                "language": "de",
                "delivery": "d1",
                "text": "Fehlgeschlagen: Login\nshop · PLAN\nNo disk",
            })
        );
    }

    #[test]
    fn what_others_wrote_mentions_nobody_and_links_nowhere() {
        let title = "<!channel> @everyone **x** [a](https://evil.example) & `y`";
        let said = |shape: Shape| shape.body(&notice(title, "# _s_"), "d1");
        let slack = said(Shape::Slack);
        assert!(
            slack["text"]
                .as_str()
                .is_some_and(|text| text.contains("&lt;!channel&gt;") && text.contains("&amp;"))
        );
        for block in slack["blocks"].as_array().expect("blocks") {
            let text = &block["text"];
            let has_title = text["text"]
                .as_str()
                .is_some_and(|text| text.contains("channel"));
            assert_eq!(has_title, text["type"] == "plain_text", "{block}");
        }
        let discord = said(Shape::Discord);
        let content = discord["content"].as_str().expect("content");
        for mark in ["**x**", "](", "https://evil", "# _s_", "`y`"] {
            assert!(!content.contains(mark), "{mark} in {content}");
        }
        assert_eq!(discord["allowed_mentions"], json!({"parse": []}));
        let teams = said(Shape::Teams).to_string();
        assert!(
            !teams.contains("TextBlock\"") || teams.contains("RichTextBlock"),
            "{teams}"
        );
        assert_eq!(teams.matches("\"TextBlock\"").count(), 0);
        assert_eq!(
            said(Shape::Telegram {
                chat: "1".to_owned()
            })
            .get("parse_mode"),
            None
        );
    }

    #[test]
    fn the_longest_texts_fit_where_they_are_sent() {
        let long = notice(&"*".repeat(200), &"_".repeat(2_000));
        let discord = Shape::Discord.body(&long, "d1");
        assert!(
            discord["content"]
                .as_str()
                .expect("content")
                .chars()
                .count()
                <= 2_000
        );
        let telegram = Shape::Telegram {
            chat: "1".to_owned(),
        }
        .body(&long, "d1");
        assert!(telegram["text"].as_str().expect("text").chars().count() <= 4_096);
        let ntfy = Shape::Ntfy {
            topic: "t".to_owned(),
        }
        .body(&long, "d1");
        assert!(ntfy["message"].as_str().expect("message").len() <= 4_096);
        for block in Shape::Slack.body(&long, "d1")["blocks"]
            .as_array()
            .expect("blocks")
        {
            assert!(
                block["text"]["text"]
                    .as_str()
                    .expect("text")
                    .chars()
                    .count()
                    <= 3_000
            );
        }
    }
}
