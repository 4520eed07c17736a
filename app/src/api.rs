//! The REST calls of the board.

use domain::{
    DocumentHash, HandoverId, NoteKind, PhaseName, PipelineId, PromptId, Review, Verdict, Via,
};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::{
    Archived, Audit, AuditEntry, Credentials, Devices, HandoverRef, Page, People, Role, Session,
    SignInLink, Summary, Telling, TriedOut, Wishes,
};
use serde::{Deserialize, Serialize};

use crate::{
    Document, PromptText, Shown, browser, json,
    page::{PageDetail, Values},
    paths,
};

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer at all.
    Unreachable,
    /// An answer that cannot be read.
    Unreadable,
    /// The server says no, and why.
    Refused(Problem),
}

/// An `application/problem+json` answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// What kind of problem, for programs: the last part is the kind of refusal.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem.
    pub title: String,
    /// The status of the answer; 0 where none is known.
    pub status: u16,
    /// What happened, in the server's words.
    pub detail: String,
}

impl Problem {
    /// What kind of problem, as its address ends: `stale-revision`.
    pub fn kind(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}

impl From<SplitLoaderError> for Failure {
    fn from(_: SplitLoaderError) -> Self {
        Self::Unreachable
    }
}

/// A decision, as the server takes it.
#[derive(Serialize)]
struct DecisionBody<'a> {
    decision: Verdict,
    revision: u32,
    /// What was read, as it is shown: anything else is refused.
    read: DocumentHash,
    review_changes: &'a str,
    review: &'a Review,
    /// Whether it can be taken back for a while, if the settings allow that.
    undo: bool,
    /// Whether the board is shown inside another page: the server has it confirmed then.
    framed: bool,
}

/// What is to be archived, as the server takes it.
#[derive(Serialize)]
struct Archive<'a> {
    pipelines: &'a [PipelineId],
}

/// An answer to a question, as the server takes it.
#[derive(Serialize)]
struct AnswerBody<'a> {
    answer: &'a str,
    fields: &'a Values,
}

/// What is done with a prompt before an agent has it, as the server takes it: one shape for all of it, which says only
/// what is there.
#[derive(Default, Serialize)]
pub(crate) struct DraftBody<'a> {
    /// The version that it is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// The version that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The new text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// What the writer is to mind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'a str>,
    /// Who writes: `template`, or the name of a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writer: Option<&'a str>,
    /// The phases whose prompts people look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phases: Option<&'a [PhaseName]>,
}

/// A note to an agent, as the server takes it.
#[derive(Serialize)]
struct NoteBody<'a> {
    kind: NoteKind,
    text: &'a str,
}

/// An offer, as the server takes it.
#[derive(Serialize)]
struct OfferBody {
    via: Via,
}

/// A sign-in, as the server takes it.
#[derive(Serialize)]
struct SignInBody<'a> {
    code: Option<&'a str>,
    name: Option<&'a str>,
    password: Option<&'a str>,
}

/// A password or a PIN, as the server takes it.
#[derive(Serialize)]
struct SecretBody<'a> {
    secret: &'a str,
}

/// A confirmation, as the server takes it.
#[derive(Serialize)]
struct PinBody<'a> {
    pin: &'a str,
}

/// A token to be made, as the server takes it.
#[derive(Serialize)]
struct NewToken<'a> {
    label: &'a str,
    scope: &'a str,
    days: u32,
}

/// What was seen, as the server takes it.
#[derive(Serialize)]
struct Seen {
    number: u64,
}

/// A way to be tried out, as the server takes it.
#[derive(Serialize)]
struct TryOut<'a> {
    way: &'a str,
}

/// A token that was made.
#[derive(Deserialize)]
struct MadeToken {
    secret: String,
}

/// A person to be added, as the server takes it.
#[derive(Serialize)]
struct NewPerson<'a> {
    name: &'a str,
    role: Role,
}

/// What changes about a person, as the server takes it.
#[derive(Serialize)]
struct PersonChange {
    role: Option<Role>,
    disabled: Option<bool>,
}

/// Fetches a page of pipelines.
pub(crate) async fn pipelines(query: &str) -> Result<Page, Failure> {
    let text = call(&paths::pipelines(query), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Archives pipelines, or brings them back. Says what became of them.
pub(crate) async fn archive(
    pipelines: &[PipelineId],
    back: bool,
    key: &str,
) -> Result<Archived, Failure> {
    let body = json::write(&Archive { pipelines });
    let body = body.ok_or(Failure::Unreadable)?;
    let text = call(&paths::archive(back), Some((body, key))).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Fetches a pipeline with everything but its texts.
pub(crate) async fn detail(pipeline: &PipelineId) -> Result<(Summary, PageDetail), Failure> {
    let text = call(&paths::detail(pipeline), None).await?;
    read_detail(text).await
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn read_detail(text: String) -> Result<(Summary, PageDetail), Failure> {
    json::read_two(&text).ok_or(Failure::Unreadable)
}

/// Fetches a revision of a handover with its text, and with what is shown beside it, from its address, as
/// [`paths::handover`] gives it.
pub(crate) async fn handover(address: &str) -> Result<(Document, Shown), Failure> {
    let text = call(address, None).await?;
    let (about, body) = json::read_two(&text).ok_or(Failure::Unreadable)?;
    let shown = json::read(&text).ok_or(Failure::Unreadable)?;
    Ok((Document { about, body }, shown))
}

/// Fetches what one revision of a handover has that an earlier one has not.
pub(crate) async fn changes(path: &str) -> Result<Shown, Failure> {
    let text = call(path, None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Fetches a prompt with its text.
pub(crate) async fn prompt(
    pipeline: &PipelineId,
    prompt: &PromptId,
) -> Result<PromptText, Failure> {
    let text = call(&paths::prompt(pipeline, prompt), None).await?;
    let (about, body) = json::read_two(&text).ok_or(Failure::Unreadable)?;
    Ok(PromptText { about, body })
}

/// Sends a decision about the revision that was read. With the same `key`, however often, it is made once. Gives the
/// pipeline where the decision can still be taken back.
pub(crate) async fn decide(
    about: &HandoverRef,
    decision: Verdict,
    review_changes: &str,
    review: &Review,
    key: &str,
) -> Result<Option<Summary>, Failure> {
    let body = json::write(&DecisionBody {
        decision,
        revision: about.revision,
        read: about.read(),
        review_changes,
        review,
        undo: true,
        framed: browser::is_framed(),
    });
    let body = body.ok_or(Failure::Unreadable)?;
    let text = call(&paths::decision(&about.handover), Some((body, key))).await?;
    // What is carried out already is answered with the decision instead.
    let status: Option<Summary> = json::read(&text);
    Ok(status.filter(|status| {
        let handover = status.handover.as_ref();
        handover.is_some_and(|handover| handover.pending.is_some())
    }))
}

/// What was prepared for a decision that was taken back.
#[derive(Deserialize)]
pub(crate) struct TakenBack {
    /// Its words.
    pub review_changes: String,
    /// What went along with them.
    pub review: Review,
}

/// A decision that is not carried out yet, as the server takes it.
#[derive(Serialize)]
struct PendingBody {
    revision: u32,
}

/// Takes a decision back. Gives the pipeline, and what was prepared.
pub(crate) async fn take_back(
    handover: &HandoverId,
    revision: u32,
) -> Result<(Summary, TakenBack), Failure> {
    let text = on_decision(handover, revision, "/undo").await?;
    json::read_two(&text).ok_or(Failure::Unreadable)
}

/// Has a decision carried out that could still be taken back. Gives the pipeline.
pub(crate) async fn send_now(handover: &HandoverId, revision: u32) -> Result<Summary, Failure> {
    let text = on_decision(handover, revision, "/now").await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

async fn on_decision(
    handover: &HandoverId,
    revision: u32,
    what: &'static str,
) -> Result<String, Failure> {
    let body = json::write(&PendingBody { revision });
    let path = paths::decision(handover) + what;
    let key = browser::unique(&handover.to_string());
    call(&path, Some((body.ok_or(Failure::Unreadable)?, &key))).await
}

/// What answers a question: words, and the values of a form.
pub(crate) fn answer_body(answer: &str, fields: &Values) -> Option<String> {
    json::write(&AnswerBody { answer, fields })
}

/// What tells an agent at work something, pauses it, or lets it go on.
pub(crate) fn note_body(kind: NoteKind, text: &str) -> Option<String> {
    json::write(&NoteBody { kind, text })
}

/// Sends something, and gives the text of the answer. With the same `key`, however often, it is done once; without one
/// it is a PUT, which says how something is to be.
pub(crate) async fn post_once(path: &str, body: String, key: &str) -> Result<String, Failure> {
    call(path, Some((body, key))).await
}

/// Fetches the text of an answer.
pub(crate) async fn get(path: &str) -> Result<String, Failure> {
    call(path, None).await
}

/// What changes a prompt that no agent has, goes back to a version, sends one, or chooses which ones wait to be sent.
pub(crate) fn draft_body(body: &DraftBody<'_>) -> Option<String> {
    json::write(body)
}

/// Notes that a person offered a prompt to an assistant.
pub(crate) async fn offer(
    pipeline: &PipelineId,
    prompt: &PromptId,
    via: Via,
    key: &str,
) -> Result<(), Failure> {
    let body = json::write(&OfferBody { via });
    call(
        &paths::offers(pipeline, prompt),
        Some((body.ok_or(Failure::Unreadable)?, key)),
    )
    .await
    .map(drop)
}

/// Who is signed in here, to be read as a `Session`.
#[cfg(feature = "hydrate")]
pub(crate) async fn session() -> Result<String, Failure> {
    call(&paths::session(), None).await
}

/// The links that were made at a terminal and that the reader has not seen yet.
pub(crate) async fn unseen_links() -> Result<Vec<AuditEntry>, Failure> {
    let text = call(&paths::session(), None).await?;
    let session: Session = json::read(&text).ok_or(Failure::Unreadable)?;
    Ok(session.unseen_links)
}

/// Says that these were seen.
pub(crate) async fn see_links(number: u64) -> Result<(), Failure> {
    let body = json::write(&Seen { number });
    let path = format!("{}/seen", paths::session());
    post(&path, body).await.map(drop)
}

/// Signs in with the code of a link; the first owner says a name.
pub(crate) async fn sign_in(code: &str, name: Option<&str>) -> Result<(), Failure> {
    let body = json::write(&SignInBody {
        code: Some(code),
        name,
        password: None,
    });
    let body = body.ok_or(Failure::Unreadable)?;
    // A code works once, whatever the key.
    call(&paths::session(), Some((body, code))).await.map(drop)
}

/// Signs in with a password.
pub(crate) async fn sign_in_by_password(name: &str, password: &str) -> Result<(), Failure> {
    let body = json::write(&SignInBody {
        code: None,
        name: Some(name),
        password: Some(password),
    });
    post(&paths::session(), body).await.map(drop)
}

/// Confirms with the PIN that the person is here.
pub(crate) async fn confirm_by_pin(pin: &str) -> Result<(), Failure> {
    let body = json::write(&PinBody { pin });
    post(&paths::confirmation(), body).await.map(drop)
}

/// What one signs in and confirms with.
pub(crate) async fn credentials() -> Result<Credentials, Failure> {
    let text = call(&paths::people("/me/credentials"), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Removes one of the own passkeys.
pub(crate) async fn remove_passkey(id: &str) -> Result<(), Failure> {
    delete(&paths::people(&format!("/me/passkeys/{id}"))).await
}

/// Sets the own password or PIN.
pub(crate) async fn set_secret(kind: &str, secret: &str) -> Result<(), Failure> {
    let body = json::write(&SecretBody { secret });
    let path = paths::people(&format!("/me/secrets/{kind}"));
    post(&path, body).await.map(drop)
}

/// Takes the own password or PIN away.
pub(crate) async fn forget_secret(kind: &str) -> Result<(), Failure> {
    delete(&paths::people(&format!("/me/secrets/{kind}"))).await
}

/// Makes a token for the own scripts, and gives it.
pub(crate) async fn add_token(label: &str, scope: &str, days: u32) -> Result<String, Failure> {
    let body = json::write(&NewToken { label, scope, days });
    let text = post(&paths::people("/me/tokens"), body).await?;
    let made: MadeToken = json::read(&text).ok_or(Failure::Unreadable)?;
    Ok(made.secret)
}

/// How one is told, and which ways there are.
pub(crate) async fn telling() -> Result<Telling, Failure> {
    let text = call(&paths::people("/me/notifications"), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Sets what one is told.
pub(crate) async fn set_wishes(wishes: &Wishes) -> Result<(), Failure> {
    let path = paths::people("/me/notifications");
    post(&path, json::write(wishes)).await.map(drop)
}

/// Tries a way out, and gives what the other side says.
pub(crate) async fn try_out(way: &str) -> Result<String, Failure> {
    let path = paths::people("/me/notifications/test");
    let text = post(&path, json::write(&TryOut { way })).await?;
    let tried: TriedOut = json::read(&text).ok_or(Failure::Unreadable)?;
    Ok(tried.answer)
}

/// Makes one of the own tokens void.
pub(crate) async fn remove_token(token: &str) -> Result<(), Failure> {
    delete(&paths::people(&format!("/me/tokens/{token}"))).await
}

/// The own devices.
pub(crate) async fn devices() -> Result<Devices, Failure> {
    let text = call(&paths::people("/me/devices"), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Signs one of the own devices out.
pub(crate) async fn sign_out_device(device: &str) -> Result<(), Failure> {
    delete(&paths::people(&format!("/me/devices/{device}"))).await
}

/// Everybody.
pub(crate) async fn people() -> Result<People, Failure> {
    let text = call(&paths::people(""), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// What the audit says, the newest first.
pub(crate) async fn audit(before: Option<u64>) -> Result<Audit, Failure> {
    let text = call(&paths::audit(before), None).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Adds a person. Gives the link that lets the person in.
pub(crate) async fn add_person(name: &str, role: Role) -> Result<SignInLink, Failure> {
    let body = json::write(&NewPerson { name, role });
    let text = post(&paths::people(""), body).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// Changes what a person may do, or whether the person is kept out.
pub(crate) async fn change_person(
    name: &str,
    role: Option<Role>,
    disabled: Option<bool>,
) -> Result<(), Failure> {
    let body = json::write(&PersonChange { role, disabled });
    post(&paths::people(&segment(name)), body).await.map(drop)
}

/// Makes a link that signs a person in, or oneself as `me`.
pub(crate) async fn link(person: &str) -> Result<SignInLink, Failure> {
    let path = paths::people(&format!("{}/link", segment(person)));
    let text = post(&path, Some(String::new())).await?;
    json::read(&text).ok_or(Failure::Unreadable)
}

/// A name as the next part of a path.
pub(crate) fn segment(name: &str) -> String {
    format!("/{}", js_sys::encode_uri_component(name))
}

/// A POST that may be sent again without harm, and needs no key.
pub(crate) async fn post(url: &str, body: Option<String>) -> Result<String, Failure> {
    let body = body.ok_or(Failure::Unreadable)?;
    call(url, Some((body, &browser::unique("people")))).await
}

/// Signs this browser out.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    delete(&paths::session()).await
}

/// Whether the server answers, and can work.
#[cfg(feature = "hydrate")]
pub(crate) async fn is_healthy() -> bool {
    call(&paths::health(), None).await.is_ok()
}

/// A GET, or with a body and its idempotency key a POST; with an empty key a PUT. Answers with the text of the answer.
#[cfg(feature = "hydrate")]
async fn call(url: &str, post: Option<(String, &str)>) -> Result<String, Failure> {
    use gloo_net::http::Request;

    let request = match post {
        None => Request::get(url)
            .header("Accept", "application/json")
            .build(),
        Some((body, "")) => Request::put(url)
            .header("Content-Type", "application/json")
            .body(body),
        Some((body, key)) => Request::post(url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .body(body),
    };
    answer(request).await
}

/// A DELETE.
#[cfg(feature = "hydrate")]
pub(crate) async fn delete(url: &str) -> Result<(), Failure> {
    answer(gloo_net::http::Request::delete(url).build())
        .await
        .map(drop)
}

/// Sends a request, and gives the text of a good answer.
#[cfg(feature = "hydrate")]
async fn answer(
    request: Result<gloo_net::http::Request, gloo_net::Error>,
) -> Result<String, Failure> {
    let answer = request
        .map_err(|_| Failure::Unreachable)?
        .send()
        .await
        .map_err(|_| Failure::Unreachable)?;
    let text = answer.text().await.map_err(|_| Failure::Unreachable)?;
    if answer.ok() {
        return Ok(text);
    }
    // A proxy in between answers with anything but a problem document: then the status has to do.
    let problem = json::read(&text).unwrap_or_else(|| Problem {
        title: format!("{} {}", answer.status(), answer.status_text()),
        status: answer.status(),
        ..Problem::default()
    });
    Err(Failure::Refused(problem))
}

/// The server renders and never calls itself.
#[cfg(not(feature = "hydrate"))]
async fn call(_url: &str, _post: Option<(String, &str)>) -> Result<String, Failure> {
    Err(Failure::Unreachable)
}

/// The server renders and never calls itself.
#[cfg(not(feature = "hydrate"))]
pub(crate) async fn delete(_url: &str) -> Result<(), Failure> {
    Err(Failure::Unreachable)
}
