//! The process of an agent: what it says comes in bounded pieces, and its whole group ends when we end it.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::plain::plain;

/// The longest line, in bytes: a tool call may carry a whole file twice. The MCP endpoint takes messages as long.
pub const LINE_MAX: u64 = 8 << 20;
/// So much is kept of what an agent writes beside the protocol, in bytes: the newest, where the reason of a failure stands.
const KEPT: usize = 64 << 10;
/// So much of that is shown when it fails, in characters: a screen.
const SHOWN: usize = 4_000;
/// Lines that may wait to be read; then the agent has to. Each may have [`LINE_MAX`].
const UNREAD: usize = 4;
/// So much may wait to be written to an agent, in bytes: a prompt of the largest size with every character escaped, and more. It
/// never holds up reading: an agent that says much before it reads would wait for us, and we for it.
const UNWRITTEN: usize = 32 << 20;
/// Between two looks whether it has ended. The end of its output mostly says so before; children may keep that open.
const LOOK: Duration = Duration::from_millis(500);
/// How long an agent may take to end when its input ends, and when it is asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How long what it said last may take to come in once it has ended.
pub const LAST_WORDS: Duration = Duration::from_millis(300);

/// A piece of an agent's standard output.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line as it came.
    Whole(Vec<u8>),
    /// One that is longer than [`LINE_MAX`]; nothing is read after it.
    TooLong,
}

/// What is done with standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// It is read line by line: the protocol.
    Lines,
    /// Its newest part is kept, like that of standard error.
    Kept,
}

/// The newest part of what was written.
#[derive(Debug, Default)]
struct Tail {
    bytes: VecDeque<u8>,
    /// All that was written, in bytes.
    written: u64,
}

impl Tail {
    fn push(&mut self, new: &[u8]) {
        self.written += new.len() as u64;
        self.bytes.extend(new);
        let over = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..over);
    }

    fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A running agent. Dropping it ends it and everything that it started in its group.
pub struct AgentProcess {
    child: Arc<Mutex<Child>>,
    id: u32,
    input: Option<mpsc::UnboundedSender<Vec<u8>>>,
    unwritten: Arc<AtomicUsize>,
    lines: mpsc::Receiver<Line>,
    ended: watch::Receiver<Option<ExitStatus>>,
    tail: Arc<Mutex<Tail>>,
}

impl AgentProcess {
    /// Starts it in a folder, in a process group of its own.
    ///
    /// # Errors
    /// The program does not exist or cannot be started.
    pub fn start(mut command: Command, folder: &Path, output: Output) -> Result<Self> {
        command
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // So that whatever it starts can be ended with it, and Ctrl-C reaches us first.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(|error| not_started(&command, &error))?;
        let id = child.id();
        let (input, messages) = mpsc::unbounded_channel();
        let unwritten = Arc::new(AtomicUsize::new(0));
        if let Some(pipe) = child.stdin.take() {
            let unwritten = Arc::clone(&unwritten);
            thread::spawn(move || write_all(pipe, messages, &unwritten));
        }
        let tail = Arc::new(Mutex::new(Tail::default()));
        let (sender, lines) = mpsc::channel(UNREAD);
        if let Some(pipe) = child.stdout.take() {
            match output {
                Output::Lines => thread::spawn(move || read_lines(BufReader::new(pipe), &sender)),
                Output::Kept => keep_in_background(pipe, &tail),
            };
        }
        if let Some(pipe) = child.stderr.take() {
            keep_in_background(pipe, &tail);
        }
        let child = Arc::new(Mutex::new(child));
        let (end, ended) = watch::channel(None);
        tokio::spawn(look(Arc::clone(&child), end));
        Ok(Self {
            child,
            id,
            input: Some(input),
            unwritten,
            lines,
            ended,
            tail,
        })
    }

    /// Its process id, which is also that of its group.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sends these bytes to its standard input. It does not wait until they are read.
    ///
    /// # Errors
    /// It reads nothing of what it is sent, or has closed its input.
    pub fn write(&self, bytes: Vec<u8>) -> Result<()> {
        let gone = || anyhow!("the agent has closed its standard input");
        let input = self.input.as_ref().ok_or_else(gone)?;
        let waiting = self.unwritten.fetch_add(bytes.len(), Ordering::Relaxed);
        if waiting > 0 && waiting + bytes.len() > UNWRITTEN {
            return Err(anyhow!(
                "the agent does not read what it is sent: more than {} MiB wait",
                UNWRITTEN >> 20
            ));
        }
        input.send(bytes).map_err(|_| gone())
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// The next line that it says; `None` when it has ended, or says nothing any more.
    pub async fn line(&mut self) -> Option<Line> {
        let ended = &mut self.ended;
        tokio::select! {
            biased;
            line = self.lines.recv() => line,
            // Children of an agent may hold its output open when it has ended.
            _ = ended.wait_for(Option::is_some) => timeout(LAST_WORDS, self.lines.recv()).await.ok().flatten(),
        }
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        self.ended
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|status| *status)
    }

    /// How it ended, and the newest of what it wrote on standard error, fit to be shown to a person.
    pub async fn last_words(&mut self) -> String {
        let status = timeout(GRACE, self.ended()).await.ok().flatten();
        sleep(LAST_WORDS).await;
        let how = match status {
            Some(status) => format!("The agent ended ({}).", plain(&status.to_string(), 60)),
            None => "The agent's process still runs.".to_owned(),
        };
        match self.kept() {
            said if said.is_empty() => format!("{how} It wrote nothing on standard error."),
            said => format!("{how} Its last words:\n{said}"),
        }
    }

    /// The newest of what it wrote beside the protocol, without control characters; empty if it wrote nothing.
    pub fn kept(&self) -> String {
        let text = lock(&self.tail).text();
        let lines: Vec<_> = text
            .lines()
            .map(|line| plain(line, 500))
            .filter(|line| !line.is_empty())
            .map(|line| format!("  | {line}"))
            .collect();
        let mut from = lines.len();
        let mut size = 0;
        while from > 0 && size + lines[from - 1].chars().count() < SHOWN {
            from -= 1;
            size += lines[from].chars().count();
        }
        lines[from..].join("\n")
    }

    /// Ends it: its input ends, then it is asked to end, then it is killed with everything in its group.
    pub async fn end(mut self) {
        self.close_input();
        self.lines.close();
        if timeout(GRACE, self.ended()).await.is_err() {
            self.signal(Signal::Terminate);
            let _ = timeout(GRACE, self.ended()).await;
        }
        // What it started may still run: dropping ends the group.
    }

    /// Kills it with everything in its group.
    pub fn kill(&self) {
        self.signal(Signal::Kill);
        let _ = lock(&self.child).kill();
    }

    fn signal(&self, signal: Signal) {
        signal_group(self.id, signal);
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        self.kill();
        // Reaped, if it is gone at once; else the system does it when we end.
        let _ = lock(&self.child).try_wait();
    }
}

/// What a group of processes is told.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    /// To end.
    Terminate,
    /// It ends.
    Kill,
}

/// Tells all processes of a group. The number of a group stays taken for as long as one process is in it.
#[cfg(unix)]
pub fn signal_group(group: u32, signal: Signal) {
    use rustix::process::{Pid, Signal as Number, kill_process_group};

    let signal = match signal {
        Signal::Terminate => Number::TERM,
        Signal::Kill => Number::KILL,
    };
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // It has ended, which is what is wanted.
        let _ = kill_process_group(group, signal);
    }
}

/// There are no groups here; the agent itself is killed by its handle.
#[cfg(not(unix))]
pub fn signal_group(_: u32, _: Signal) {}

/// Why a program was not started, and what to do.
fn not_started(command: &Command, error: &io::Error) -> anyhow::Error {
    let name = plain(&command.get_program().to_string_lossy(), 200);
    match error.kind() {
        ErrorKind::NotFound => anyhow!(
            "there is no program {name:?}. Name one that the terminal finds, or its whole path; many agents come from npm, \
             for example `npm install -g @google/gemini-cli`."
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("{name:?} may not be started: it is a folder, or not executable")
        }
        _ => anyhow!("{name:?} cannot be started: {error}"),
    }
}

async fn look(child: Arc<Mutex<Child>>, end: watch::Sender<Option<ExitStatus>>) {
    loop {
        let looked = lock(&child).try_wait();
        match looked {
            Ok(None) => {}
            Ok(Some(status)) => {
                let _ = end.send(Some(status));
                return;
            }
            // It is no child of ours any more.
            Err(_) => return,
        }
        if end.is_closed() {
            return;
        }
        sleep(LOOK).await;
    }
}

fn write_all(
    mut pipe: impl Write,
    mut messages: mpsc::UnboundedReceiver<Vec<u8>>,
    unwritten: &AtomicUsize,
) {
    while let Some(bytes) = messages.blocking_recv() {
        if pipe.write_all(&bytes).and_then(|()| pipe.flush()).is_err() {
            return;
        }
        unwritten.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
}

fn read_lines(mut pipe: impl BufRead, lines: &mpsc::Sender<Line>) {
    while let Ok(Some(line)) = read_line(&mut pipe, LINE_MAX) {
        let last = line == Line::TooLong;
        if lines.blocking_send(line).is_err() || last {
            return;
        }
    }
}

/// The next line; `None` at the end.
fn read_line(input: &mut impl BufRead, most: u64) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    if input.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(
        if line.ends_with(b"\n") || (line.len() as u64) < most {
            Line::Whole(line)
        } else {
            Line::TooLong
        },
    ))
}

fn keep_in_background(
    mut pipe: impl Read + Send + 'static,
    tail: &Arc<Mutex<Tail>>,
) -> thread::JoinHandle<()> {
    let tail = Arc::clone(tail);
    thread::spawn(move || {
        let mut piece = vec![0; 8 << 10];
        while let Ok(read @ 1..) = pipe.read(&mut piece) {
            lock(&tail).push(&piece[..read]);
        }
    })
}

/// Nothing is half done while this is held, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A command that a shell reads, as people type it.
pub fn shell(line: &str) -> Command {
    let (shell, flag) = match cfg!(windows) {
        true => ("cmd", "/C"),
        false => ("sh", "-c"),
    };
    let mut command = Command::new(shell);
    command.args([flag, line]);
    command
}

/// The program and arguments that follow `--`.
///
/// # Errors
/// There is no program.
pub fn program_of(words: &[String]) -> Result<Command> {
    let (program, arguments) = words
        .split_first()
        .filter(|(program, _)| !program.trim().is_empty())
        .context("no command is named. Put it after `--`, for example: staffel run --goal \"…\" -- gemini --acp")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_bounded_and_the_end_is_the_end() {
        let mut input: &[u8] = b"one\n\xff\nfive5six\n";
        let mut next = || read_line(&mut input, 5).expect("no error");
        assert_eq!(next(), Some(Line::Whole(b"one\n".to_vec())));
        assert_eq!(next(), Some(Line::Whole(b"\xff\n".to_vec())));
        assert_eq!(next(), Some(Line::TooLong));
    }

    #[test]
    fn the_newest_of_what_is_written_is_kept() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            tail.push(&[b'a'; 1_000]);
        }
        tail.push(b"the end");
        assert_eq!(tail.bytes.len(), KEPT);
        assert_eq!(tail.written, 100_007);
        assert!(tail.text().ends_with("the end"));
    }
}
