//! Every limit of the rules, with its reason. What a request may weigh as a whole is the server's matter.

/// Most phases of a pipeline. Each is a step that a person decides about, and all of them are drawn in one row.
pub const PHASES_MAX: usize = 20;
/// Longest phase name, in characters: it is drawn on its part of the row.
pub const PHASE_NAME_MAX: usize = 40;

/// Most tasks of a pipeline, and most tasks in one report. The detail of a pipeline carries all of them: about 100 KB
/// with names of 30 characters.
pub const TASKS_MAX: usize = 1_000;
/// Most tracks of a pipeline. A track stands for work that runs beside other work, and its page draws a card for each;
/// 40 tracks of 25 tasks fill a pipeline.
pub const TRACKS_MAX: usize = 40;
/// Most goals of a track: its card lists them all. Goals of full length on every track are 160 KB of a detail.
pub const GOALS_MAX: usize = 20;
/// Most agents of a track, for the same reason as [`GOALS_MAX`].
pub const AGENTS_MAX: usize = 20;

/// Most revisions of a handover between two decisions. A person reads the newest; more than a few are a loop, and each
/// may bring a document of [`DOCUMENT_MAX`] that is kept for ever.
pub const UNDECIDED_REVISIONS_MAX: usize = 20;

/// Longest project name, in characters: it is a label beside the title.
pub const PROJECT_MAX: usize = 80;
/// Longest title, in characters: two or three lines above the page of a pipeline.
pub const TITLE_MAX: usize = 200;
/// Longest version, in characters: a tag with a commit in it fits.
pub const VERSION_MAX: usize = 40;
/// Longest name of a track, task, goal, agent or kind, in characters: a sentence.
pub const NAME_MAX: usize = 200;
/// Longest path of a folder, in characters: what file systems allow for a name or two, and all that is ever typed.
pub const FOLDER_MAX: usize = 1_000;
/// Longest line of progress text, in characters: a paragraph. What is longer belongs into the handover.
pub const MESSAGE_MAX: usize = 2_000;
/// Longest summary that is taken from a handover, in characters: a line of a list.
pub const SUMMARY_MAX: usize = 240;
/// Longest goal or review text, in bytes: about 30 pages. Both go into prompts whole.
pub const GOAL_MAX: usize = 64 * 1024;
/// Longest handover, in bytes: about 250,000 tokens of English, more than most models read at once.
pub const DOCUMENT_MAX: usize = 1024 * 1024;
/// Longest prompt, in bytes: it quotes a whole handover and adds what the next phase has to know.
pub const PROMPT_MAX: usize = 2 * DOCUMENT_MAX;
/// Most versions of a prompt: the journal keeps the text of each.
pub const PROMPT_VERSIONS_MAX: u32 = 50;

/// Most results, open questions or next steps of a handover: lists that a person reads in a minute.
pub const ITEMS_MAX: usize = 50;
/// Longest of them, in characters: two sentences.
pub const ITEM_MAX: usize = 500;
/// Most changed files that a handover names: a change of more is looked at in the repository.
pub const FILES_MAX: usize = 500;
/// Longest path or address in a handover's evidence, in characters.
pub const PATH_MAX: usize = 500;
/// Most links in a handover's evidence.
pub const LINKS_MAX: usize = 20;
/// Most files beside a handover: a person looks at each.
pub const ATTACHMENTS_MAX: usize = 20;
/// Longest name of a file, in characters: what file systems allow.
pub const FILE_NAME_MAX: usize = 200;
/// Largest file, in bytes: a screenshot of a large screen fits. The journal keeps it for ever.
pub const ATTACHMENT_MAX: usize = 5 * 1024 * 1024;
/// Most bytes of all files of a pipeline.
pub const ATTACHMENTS_OF_PIPELINE_MAX: u64 = 50 * 1024 * 1024;
/// Longest recap of a handover as a whole, in bytes: the state of its pipeline keeps that of every revision.
pub const RECAP_MAX: usize = 64 * 1024;

/// Largest number of changed files that a policy allows: a handover names at most [`FILES_MAX`], and a limit that nothing
/// exceeds is none.
pub const POLICY_FILES_MAX: u32 = FILES_MAX as u32 - 1;

/// Longest time in which a decision can be taken back, in seconds: an agent waits for it.
pub const UNDO_MAX_SECONDS: u32 = 60;

/// Most comments of one review: a document that needs more is written anew.
pub const COMMENTS_MAX: usize = 100;
/// Longest comment, reply or suggested wording, in bytes: a page.
pub const COMMENT_MAX: usize = 4 * 1024;
/// Longest passage that a comment is about, in characters.
pub const QUOTE_MAX: usize = 1_000;
/// Longest text before and after that passage, in characters: enough to tell two equal passages apart.
pub const CONTEXT_MAX: usize = 100;
/// Most comments of a pipeline that are not settled: the agent answers each.
pub const UNSETTLED_COMMENTS_MAX: usize = 200;
/// How many comments the state keeps, the newest and the unsettled ones. The journal keeps all.
pub const COMMENTS_KEPT: usize = 300;
/// How many replies to a comment the state keeps, the newest.
pub const REPLIES_KEPT: usize = 10;

/// Longest question of an agent, in bytes: a page. It is read on a phone, too.
pub const QUESTION_MAX: usize = 4 * 1024;
/// Most options of a question or field: a person reads them all, and the first nine have a key.
pub const OPTIONS_MAX: usize = 20;
/// Most fields of a form: what is left of one page.
pub const FIELDS_MAX: usize = 20;
/// Longest answer to a question, in bytes: what is longer is a decision about a handover.
pub const ANSWER_MAX: usize = 8 * 1024;
/// Most questions of a pipeline that wait for an answer: an agent that has more should hand over.
pub const OPEN_QUESTIONS_MAX: usize = 10;
/// How many questions the state keeps, the newest and the open ones. The journal keeps all.
pub const QUESTIONS_KEPT: usize = 30;
/// Most notes to an agent that none has got: all of them come with one answer.
pub const UNREAD_NOTES_MAX: usize = 20;
/// How many notes the state keeps, the newest and the unread ones. The journal keeps all.
pub const NOTES_KEPT: usize = 50;

/// How many lines of "What happened" the state keeps. The journal keeps all.
pub const LOG_LINES: usize = 40;

/// Shortest gap between two signs of life, in milliseconds: calls that an agent makes for one step are closer.
pub const GAP_MIN_MS: u64 = 1_000;
/// Longest gap that is measured, in milliseconds: after an hour the machine slept, or nobody answered the agent. One
/// night must not make a usual gap of hours.
pub const GAP_MAX_MS: u64 = 60 * 60 * 1_000;
