//! What the palette finds, and what choosing something of it does.

use std::time::Duration;

use domain::PipelineId;
use leptos::{prelude::*, task::spawn_local};
use protocol::{Me, PersonView, Role, Summary};
use wasm_bindgen::JsCast;

use super::{lists, navigate, review};
use crate::{Lang, List, api, board::Board, browser, paths, standing, wording};

/// So many pipelines are shown: who wants more types another letter.
const PIPELINES_MAX: usize = 20;
/// So many people.
const PEOPLE_MAX: usize = 10;
/// The server is asked when nobody has typed for so long.
const PAUSE: Duration = Duration::from_millis(200);

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    /// What it is called.
    pub name: String,
    /// What kind of thing it is, or what is said about it.
    pub about: String,
    /// What choosing it does.
    pub does: Does,
}

/// What choosing something does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Does {
    /// Opens the review of a handover that waits.
    Review(PipelineId),
    /// Leads to a page of the board.
    Go(String),
    /// Loads a page that the server makes.
    Load(String),
    /// Presses a switch of the bar at the top.
    Press(&'static str),
    /// Shows the list of the keys.
    Keys,
    /// Signs this browser out.
    SignOut,
}

/// What is being looked for, and what was found elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Palette {
    board: Board,
    /// What is typed.
    pub find: RwSignal<String>,
    /// Pipelines that the server has found, for what was typed then.
    found: RwSignal<(String, Vec<Summary>)>,
    /// Everybody, where the reader may see that.
    people: RwSignal<Vec<PersonView>>,
    /// Whether the server is being asked.
    pub asking: RwSignal<bool>,
    /// Whether the server did not answer.
    pub failed: RwSignal<bool>,
    turn: StoredValue<u32>,
}

impl Palette {
    /// A palette in which nothing is typed.
    pub fn open(board: Board) -> Self {
        let palette = Self {
            board,
            find: RwSignal::new(String::new()),
            found: RwSignal::new((String::new(), Vec::new())),
            people: RwSignal::new(Vec::new()),
            asking: RwSignal::new(false),
            failed: RwSignal::new(false),
            turn: StoredValue::new(0),
        };
        let owner = |me: &Option<Me>| me.as_ref().is_some_and(|me| me.role == Role::Owner);
        if board.me.with_value(owner) {
            spawn_local(async move {
                if let Ok(everybody) = api::people().await {
                    palette.people.try_set(everybody.people);
                }
            });
        }
        palette
    }

    /// Looks for something else: here at once, on the server in a moment.
    pub fn look_for(self, text: String) {
        let query = lists::query(&text);
        self.find.set(text.clone());
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = self.turn.get_value();
        self.asking.set(!query.is_empty());
        if query.is_empty() {
            return;
        }
        set_timeout(move || self.ask(mine, text, query), PAUSE);
    }

    fn ask(self, mine: u32, text: String, query: String) {
        // The palette may be closed by now, or something else typed.
        if self.turn.try_get_value() != Some(mine) {
            return;
        }
        spawn_local(async move {
            let answer = api::pipelines(&format!("{query}&limit={PIPELINES_MAX}")).await;
            if self.turn.try_get_value() != Some(mine) {
                return;
            }
            self.asking.set(false);
            self.failed.set(answer.is_err());
            if let Ok(page) = answer {
                self.found.set((text, page.pipelines));
            }
        });
    }

    /// What can be chosen. Follows what is typed and what is found.
    pub fn choices(self) -> Vec<Choice> {
        let (board, lang) = (self.board, self.board.lang.get());
        let find = self.find.get();
        let words: Vec<String> = find.split_whitespace().map(browser::lower).collect();
        let fits = |choice: &Choice| {
            let text = browser::lower(&format!("{} {}", choice.name, choice.about));
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut choices = self.reviews(lang);
        choices.extend(actions(board, lang));
        choices.extend(self.people(lang));
        choices.retain(fits);
        choices.extend(self.pipelines(lang, &find, &fits));
        choices
    }

    fn reviews(self, lang: Lang) -> Vec<Choice> {
        let board = self.board;
        let choice = |waiting: &crate::waiting::Waiting| {
            waiting.handover()?;
            let status = board.peek(&waiting.pipeline)?;
            let about = standing::open_handover(&status)?;
            Some(Choice {
                name: lang.in_review(about.phase.as_str()),
                about: status.title.clone(),
                does: Does::Review(waiting.pipeline.clone()),
            })
        };
        board.waiting.with(|waiting| {
            waiting
                .iter()
                .filter_map(choice)
                .take(PIPELINES_MAX)
                .collect()
        })
    }

    fn people(self, lang: Lang) -> Vec<Choice> {
        let choice = |person: &PersonView| Choice {
            name: person.name.clone(),
            about: lang.people().to_owned(),
            does: Does::Go(paths::people_page()),
        };
        let everybody = |people: &Vec<PersonView>| {
            let people = people.iter().map(choice);
            people.collect::<Vec<_>>()
        };
        let mut people = self.people.with(everybody);
        let find = self.find.with(|find| find.trim().is_empty());
        people.truncate(if find { 0 } else { PEOPLE_MAX });
        people
    }

    /// The pipelines that are here and fit, then those that the server has found for the same words.
    fn pipelines(self, lang: Lang, find: &str, fits: &dyn Fn(&Choice) -> bool) -> Vec<Choice> {
        if find.trim().is_empty() {
            return Vec::new();
        }
        let choice = |status: &Summary| Choice {
            name: status.title.clone(),
            about: format!(
                "{} · {}",
                status.project,
                wording::pipeline::chip(
                    lang,
                    standing::Standing::of(status, self.board.now.get_untracked())
                )
            ),
            does: Does::Go(paths::pipeline(&status.pipeline)),
        };
        let here = self.board.ids_of(List::Open);
        let here = here.iter().filter_map(|id| self.board.peek(id));
        let mut choices: Vec<Choice> = here.map(|status| choice(&status)).filter(fits).collect();
        self.found.with(|(found_for, found)| {
            if found_for == find {
                let found = found.iter().map(choice);
                let new: Vec<_> = found.filter(|found| !choices.contains(found)).collect();
                choices.extend(new);
            }
        });
        choices.truncate(PIPELINES_MAX);
        choices
    }

    /// Does what was chosen, and closes.
    pub fn choose(self, choice: &Choice) {
        let board = self.board;
        board.palette.set(false);
        match &choice.does {
            Does::Review(pipeline) => review::show(board, pipeline),
            Does::Go(path) => {
                // What is open lies over the page that was asked for.
                if board.review.open.with_untracked(Option::is_some) {
                    review::later(board);
                }
                navigate::go(board, path);
            }
            Does::Load(path) => browser::go(path),
            Does::Press(selector) => {
                let button = document().query_selector(selector).ok().flatten();
                if let Some(button) =
                    button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
                {
                    button.click();
                }
            }
            Does::Keys => board.keys.set(true),
            Does::SignOut => spawn_local(async move {
                match api::sign_out().await {
                    Ok(()) => browser::go(&paths::overview()),
                    Err(failure) => {
                        let lang = board.lang.get_untracked();
                        board.say(wording::connection::failure(lang, &failure));
                    }
                }
            }),
        }
    }
}

/// The pages, and what the bar at the top does.
fn actions(board: Board, lang: Lang) -> Vec<Choice> {
    let choice = |name: &str, about: &str, does| Choice {
        name: name.to_owned(),
        about: about.to_owned(),
        does,
    };
    let list = |list| {
        let path = paths::list(list);
        choice(
            wording::list_name(lang, list),
            lang.pipelines(),
            Does::Go(path),
        )
    };
    let mut all = vec![
        list(List::Open),
        list(List::Ended),
        list(List::Archived),
        choice(
            lang.agents(),
            lang.connect_an_agent(),
            Does::Go(paths::agents()),
        ),
    ];
    let signed_in = board.me.with_value(Option::is_some);
    if signed_in {
        all.push(choice(lang.people(), "", Does::Go(paths::people_page())));
    }
    all.push(choice(
        lang.switch_theme(),
        "",
        Does::Press(".bar .theme-switch"),
    ));
    all.push(choice(
        lang.in_other_language(),
        lang.other_language(),
        Does::Press(".bar .lang-switch"),
    ));
    all.push(choice(lang.keys(), "?", Does::Keys));
    if signed_in {
        all.push(choice(lang.sign_out(), "", Does::SignOut));
    } else {
        all.push(choice(
            lang.sign_in(),
            "",
            Does::Load(paths::sign_in_page()),
        ));
    }
    all
}
