//! The hooks of a client: asked for, put in, and taken out.

use std::{
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use similar::TextDiff;

use crate::{
    clients::{ClientHooks, Held, Kind, Scope, Target, WAIT, below},
    files::{Backup, ConfigFile, Language, Readers, masked, put_hooks},
    program::{program, quoted},
    token::{VARIABLE, hide},
};

use super::{args::ConnectArgs, job::Job, said::say};

/// The plugin for `OpenCode`.
const PLUGIN: &str = include_str!("../clients/opencode.js");
/// By this the plugin is known.
const MARK: &str = "// Staffel's hook for OpenCode";

/// What is to be done about the hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    In,
    Out,
    Nothing,
}

/// Puts the hooks of a client in or takes them out, as the user says or answers.
///
/// # Errors
/// The file is not what it should be, or cannot be written. It is then as it was.
pub fn install(job: &Job, args: &ConnectArgs) -> Result<()> {
    let Some(hooks) = ClientHooks::of(job.client.name) else {
        return match args.hooks {
            true => Err(anyhow!(
                "{} has no hooks that Staffel could use. It is connected all the same.",
                job.client.title
            )),
            false => Ok(()),
        };
    };
    let wish = wish(job, hooks, args)?;
    if wish == Wish::Nothing {
        return Ok(());
    }
    let path = path(hooks, job.scope, args)?;
    let file = ConfigFile::read(&path)?;
    if matches!(hooks.kind, Kind::Plugin) && file.exists() && !file.text().starts_with(MARK) {
        return Err(anyhow!(
            "{} is not Staffel's. Give it another name and run this again; it was left alone.",
            path.display()
        ));
    }
    let held = job.held();
    let wanted = match (wish, hooks.kind) {
        (Wish::In, Kind::Plugin) => Some(plugin(job)).filter(|plugin| plugin != file.text()),
        (_, Kind::Plugin) => return take_out(&path, &file, &plugin(job), args.print),
        (wish, _) => groups(job, hooks, wish, &held, file.text()).map_err(|problem| {
            anyhow!("{}, {problem}\nThe hooks were not written.", path.display())
        })?,
    };
    let Some(text) = wanted else {
        return say(&format!(
            "Nothing to do about the hooks in {}.\n",
            path.display()
        ));
    };
    if args.print {
        return say(&difference(job, hooks, &held, &path, file.text(), &text)?);
    }
    let readers = match held {
        Held::Token(_) => Readers::OnlyOwner,
        _ => Readers::AsBefore,
    };
    let backup = file.write(&text, readers, Backup::Beside)?;
    let mut said = match wish {
        Wish::In if hooks.wake() => format!(
            "{} is woken by a decision now: {}\n",
            job.client.title,
            path.display()
        ),
        Wish::In => format!(
            "{} shows now which session works on a pipeline, and that it works: {}\n",
            job.client.title,
            path.display()
        ),
        _ => format!("The hooks are out of {}.\n", path.display()),
    };
    if let Some(backup) = backup {
        said += &format!("The file as it was: {}\n", backup.display());
    }
    if wish == Wish::In {
        if !matches!(held, Held::Nothing) {
            said += &format!(
                "Its hooks prove the agent by the variable {VARIABLE}: set it in your shell's profile.\n"
            );
        }
        if let Some(next) = hooks.next {
            said += &format!("Next: {next}\n");
        }
    }
    say(&said)
}

fn wish(job: &Job, hooks: &ClientHooks, args: &ConnectArgs) -> Result<Wish> {
    if args.hooks {
        return Ok(Wish::In);
    }
    if args.no_hooks {
        return Ok(Wish::Out);
    }
    if args.print || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(Wish::Nothing);
    }
    let title = job.client.title;
    say(&match hooks.wake() {
        true => format!(
            "\nWhen {title} has handed over and ends its turn, a hook can wait for your decision and make the same session go \
             on; that costs no tokens. Install it? [Y/n] "
        ),
        false => format!(
            "\nA hook can show which session of {title} works on a pipeline, and that it works; it cannot wake it. Install it? \
             [Y/n] "
        ),
    })?;
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .context("standard input")?;
    Ok(match answer.trim().to_lowercase().as_str() {
        "" | "y" | "yes" | "j" | "ja" => Wish::In,
        _ => Wish::Nothing,
    })
}

fn path(hooks: &ClientHooks, scope: Scope, args: &ConnectArgs) -> Result<PathBuf> {
    match scope {
        Scope::Project => Ok(below(&args.folder()?, hooks.project)),
        Scope::Global => hooks.global.path().context(
            "Your home folder cannot be found. Set HOME, or connect a project with --project DIR.",
        ),
    }
}

/// What our hooks have to know.
fn with_target<T>(job: &Job, held: &Held, then: impl FnOnce(Target<'_>) -> T) -> T {
    let authorization = match held {
        Held::Token(token) => Some(format!("Bearer {}", token.reveal())),
        Held::Variable | Held::Other => Some(format!("Bearer ${VARIABLE}")),
        Held::Nothing => None,
    };
    // A hook runs wherever its assistant works, beside whatever configuration lies there.
    let flags = format!(" --url {}", quoted(job.endpoint.mcp()));
    then(Target {
        base: &job.endpoint.base(),
        program: &program(),
        flags: &flags,
        is_here: job.endpoint.is_of_this_machine(),
        authorization: authorization.as_deref(),
    })
}

/// The text of a file of hooks with ours as wished; `None` if nothing is to be done.
fn groups(
    job: &Job,
    hooks: &ClientHooks,
    wish: Wish,
    held: &Held,
    text: &str,
) -> Result<Option<String>> {
    let wanted = match wish {
        Wish::In => with_target(job, held, |target| hooks.groups(target)),
        _ => Vec::new(),
    };
    Ok(put_hooks(text, &wanted, hooks.version(), |text| {
        hooks.is_ours(text)
    })?)
}

/// What changes: our own words, and of the others' only that there are some.
fn difference(
    job: &Job,
    hooks: &ClientHooks,
    held: &Held,
    path: &Path,
    before: &str,
    after: &str,
) -> Result<String> {
    let shown = |text: &str| match hooks.kind {
        Kind::Plugin => Ok(text.to_owned()),
        _ => {
            let groups = with_target(job, held, |target| hooks.groups(target));
            let ours: Vec<_> = groups.iter().flat_map(|(_, group)| texts(group)).collect();
            masked(Language::Json, text, &ours)
        }
    };
    let name = path.display().to_string();
    let difference = TextDiff::from_lines(&shown(before)?, &shown(after)?)
        .unified_diff()
        .context_radius(0)
        .header(&name, &name)
        .to_string();
    Ok(hide(&difference))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

fn plugin(job: &Job) -> String {
    let server = job.endpoint.base().replace(['\\', '\'', '\n'], "");
    PLUGIN
        .replace("{{server}}", &server)
        .replace("{{wait}}", &WAIT.to_string())
}

/// Takes the plugin away. One that somebody has changed is kept beside.
fn take_out(path: &Path, file: &ConfigFile, ours: &str, print: bool) -> Result<()> {
    if !file.exists() {
        return say(&format!("There is no {}.\n", path.display()));
    }
    if print {
        return say(&format!("{} would be removed.\n", path.display()));
    }
    let done = match file.text() == ours {
        true => fs::remove_file(path),
        false => fs::rename(path, path.with_extension("js.staffel-backup")),
    };
    done.with_context(|| format!("{} cannot be removed", path.display()))?;
    say(&format!("{} is removed.\n", path.display()))
}
