//! E-mail to people, by SMTP.

use anyhow::{Context, Result, ensure};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use protocol::shorten;

use super::{notice::Notice, outgoing::Failure};

/// Most characters of a subject.
const SUBJECT_MAX: usize = 150;

/// What the settings say about e-mail.
#[derive(Clone)]
pub struct MailConfig {
    /// Where the SMTP server is, with user and password: `smtps://user:password@host`.
    pub url: String,
    /// Who sends.
    pub from: Mailbox,
}

/// The address has a password in it.
impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailConfig {{ from: {} }}", self.from)
    }
}

/// Sends e-mail.
pub struct Mailer {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// With these settings. Nobody is connected to before there is something to send.
    ///
    /// # Errors
    /// The address of the server cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self> {
        // Not the error itself: it may repeat the address.
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.url)
            .ok()
            .context("[notify.mail] url cannot be used; it is not shown, since it may hold a password. Allowed: smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required")?;
        Ok(Self {
            smtp: smtp
                .timeout(Some(std::time::Duration::from_secs(10)))
                .build(),
            from: config.from.clone(),
        })
    }

    /// Sends a notice once, and gives the answer in words.
    ///
    /// # Errors
    /// The server cannot be reached, or does not take it.
    pub async fn send(&self, to: &str, delivery: &str, notice: &Notice) -> Result<String, Failure> {
        let to = to
            .parse()
            .map_err(|_| Failure::new(format!("{to} is no address of e-mail")))?;
        let subject = format!("{}: {}", notice.happened(), notice.title);
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(shorten(&subject, SUBJECT_MAX))
            // The same in every try: a server that has it already can tell.
            .message_id(Some(format!("<{delivery}@staffel>")))
            .header(ContentType::TEXT_PLAIN)
            .body(notice.plain())
            .map_err(|error| Failure::new(error.to_string()))?;
        let answer = self.smtp.send(message).await.map_err(|error| {
            let mut failure = Failure::new(format!("the mail server: {error}"));
            failure.gone = error.is_permanent();
            failure
        })?;
        let words: Vec<_> = answer.message().collect();
        Ok(shorten(&words.join(" "), 200))
    }
}

/// An address of e-mail, as settings and people name one.
///
/// # Errors
/// It is none, with what is allowed.
pub fn check_address(text: &str) -> Result<Mailbox> {
    let address: Mailbox = text.trim().parse().ok().with_context(|| {
        format!("{text:?} is no address of e-mail. Allowed: somebody@example.org, or Name <somebody@example.org>.")
    })?;
    ensure!(
        text.len() <= 320,
        "an address of e-mail has at most 320 characters."
    );
    Ok(address)
}
