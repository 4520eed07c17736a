//! The hooks of a client: asked for, put in, and taken out.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::{Context, Result, anyhow};
use similar::TextDiff;

use crate::{
    clients::{ClientHooks, Held, Kind, Scope, Target, WAIT, below},
    files::{Backup, ConfigFile, Readers, put_hooks},
    program::quoted,
};

use super::{args::ConnectArgs, job::Job, said::say};

/// The plugin for OpenCode.
const PLUGIN: &str = include_str!("../clients/opencode.js");

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
                "{} has no hooks that a decision could wake it by. It is connected all the same.",
                job.client.title
            )),
            false => Ok(()),
        };
    };
    let wish = wish(job, args)?;
    if wish == Wish::Nothing {
        return Ok(());
    }
    let path = path(hooks, job.scope, args)?;
    let file = ConfigFile::read(&path)?;
    let wanted = match (wish, hooks.kind) {
        (Wish::In, Kind::Plugin) => Some(plugin(job)).filter(|plugin| plugin != file.text()),
        (_, Kind::Plugin) => return take_out(&path, &file, args.print),
        (wish, _) => groups(job, hooks, wish, &file, &path)?,
    };
    let Some(text) = wanted else {
        return say(&format!(
            "Nothing to do about the hooks in {}.\n",
            path.display()
        ));
    };
    if args.print {
        let name = path.display().to_string();
        let difference = TextDiff::from_lines(file.text(), &text)
            .unified_diff()
            .header(&name, &name)
            .to_string();
        return say(&difference);
    }
    let backup = file.write(&text, Readers::AsBefore, Backup::Beside)?;
    let mut said = match wish {
        Wish::In => format!(
            "{} is woken by a decision now: {}\n",
            job.client.title,
            path.display()
        ),
        _ => format!("The hooks are out of {}.\n", path.display()),
    };
    if let Some(backup) = backup {
        said += &format!("The file as it was: {}\n", backup.display());
    }
    if let (Wish::In, Some(next)) = (wish, hooks.next) {
        said += &format!("Next: {next}\n");
    }
    say(&said)
}

fn wish(job: &Job, args: &ConnectArgs) -> Result<Wish> {
    if args.hooks {
        return Ok(Wish::In);
    }
    if args.no_hooks {
        return Ok(Wish::Out);
    }
    if args.print || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(Wish::Nothing);
    }
    say(&format!(
        "\nWhen {} has handed over and ends its turn, a hook can wait for your decision and make the same session go on; that \
         costs no tokens. Install it? [Y/n] ",
        job.client.title
    ))?;
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

/// The file of hooks with ours as wished; `None` if nothing is to be done.
fn groups(
    job: &Job,
    hooks: &ClientHooks,
    wish: Wish,
    file: &ConfigFile,
    path: &std::path::Path,
) -> Result<Option<String>> {
    let program = env::current_exe().context("the program's own path")?;
    let program = quoted(&program.display().to_string());
    // A hook runs wherever its assistant works, beside whatever configuration lies there.
    let flags = format!(" --url {}", quoted(job.endpoint.mcp()));
    let wanted = match wish {
        Wish::In => hooks.groups(Target {
            base: &job.endpoint.base(),
            program: &program,
            flags: &flags,
            by_variable: matches!(job.held(), Held::Variable),
        }),
        _ => Vec::new(),
    };
    put_hooks(file.text(), &wanted, |text| hooks.is_ours(text))
        .map_err(|problem| anyhow!("{}, {problem}\nThe hooks were not written.", path.display()))
}

fn plugin(job: &Job) -> String {
    let server = job.endpoint.base().replace('\\', "").replace('\'', "");
    PLUGIN
        .replace("{{server}}", &server)
        .replace("{{wait}}", &WAIT.to_string())
}

fn take_out(path: &PathBuf, file: &ConfigFile, print: bool) -> Result<()> {
    if !file.exists() {
        return say(&format!("There is no {}.\n", path.display()));
    }
    if !print {
        fs::remove_file(path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    io::stdout().flush().context("standard output")?;
    say(&format!("{} is removed.\n", path.display()))
}
