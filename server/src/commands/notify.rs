//! `staffel notify`: which webhooks there are, and whether one arrives.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use protocol::DEFAULT_LISTEN;

use crate::{
    config,
    notify::{Kind, Notice, Receiver, Webhook},
    relay::now,
};

/// What `staffel notify` can be told.
#[derive(Debug, Clone, Args)]
pub struct NotifyArgs {
    #[command(subcommand)]
    what: What,
    /// The configuration file of the server [default: Leptos.toml here or beside the program]
    #[arg(long, env = "STAFFEL_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Show the webhooks of the configuration file
    List,
    /// Send a test message, once, and say what the receiver answers
    Test {
        /// The name of the webhook
        name: String,
    },
}

/// Lists, or sends a test.
///
/// # Errors
/// The configuration file cannot be used, there is no such webhook, or the receiver did not take the message.
pub async fn run(args: &NotifyArgs) -> Result<()> {
    let webhooks = config::notify(args.config.as_deref())?.webhooks;
    match &args.what {
        What::List => webhooks.iter().for_each(print),
        What::Test { name } => test(find(webhooks, name)?).await?,
    }
    Ok(())
}

fn print(webhook: &Webhook) {
    let events: Vec<_> = webhook.events.iter().copied().map(Kind::name).collect();
    println!("{}: {}", webhook.name, events.join(", "));
}

fn find(webhooks: Vec<Webhook>, name: &str) -> Result<Webhook> {
    let names: Vec<_> = webhooks
        .iter()
        .map(|webhook| webhook.name.clone())
        .collect();
    let found = webhooks.into_iter().find(|webhook| webhook.name == name);
    found.with_context(|| match names.as_slice() {
        [] => {
            "the configuration file has no webhook. Add one under [[notify.webhooks]].".to_owned()
        }
        names => format!("there is no webhook {name:?}. Known: {}.", names.join(", ")),
    })
}

async fn test(webhook: Webhook) -> Result<()> {
    let name = webhook.name.clone();
    let board = format!("http://{DEFAULT_LISTEN}");
    let at = now();
    let receiver = Receiver::new(webhook).context("the HTTP client")?;
    let delivery = format!("test-{}", at.millis());
    match receiver.send(&delivery, &Notice::test(&board, at)).await {
        Ok(answer) => println!("{name} took the test message. It answered {answer}"),
        Err(failure) => bail!("{name} did not take the test message: {failure}"),
    }
    Ok(())
}
