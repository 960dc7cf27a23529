//! Standard error: lines for people, with live lines below them on a terminal.

use std::{
    env,
    io::{self, IsTerminal, Write},
    sync::{Mutex, OnceLock, PoisonError},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The live lines, while there are any. One per process, as standard error is: logs and panics
/// have to find it.
static LIVE: Mutex<Option<MultiProgress>> = Mutex::new(None);

fn live() -> Option<MultiProgress> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Begins live lines, if standard error is a terminal that can show them.
pub(crate) fn begin_live() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !io::stderr().is_terminal() || set("CI") {
        return false;
    }
    let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    // Some versions of indicatif hide everything when NO_COLOR is set, and all do so on a dumb
    // terminal: plain lines then, never silence.
    if lines.is_hidden() {
        return false;
    }
    *LIVE.lock().unwrap_or_else(PoisonError::into_inner) = Some(lines);
    keep_panics_apart();
    true
}

/// Ends live lines: what they said last is gone.
pub(crate) fn end_live() {
    let lines = LIVE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(lines) = lines {
        // Nothing can be done about a terminal that has gone away.
        let _ = lines.clear();
    }
}

/// A live line.
pub(crate) fn live_line() -> Option<ProgressBar> {
    let style = ProgressStyle::with_template("  {spinner} {wide_msg}").ok()?;
    let style = style.tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]);
    let bar = ProgressBar::new_spinner().with_style(style);
    Some(live()?.add(bar))
}

/// The columns of a live line.
pub(super) fn live_width() -> usize {
    let size = console::Term::stderr().size_checked();
    size.map_or(80, |(_, columns)| columns.into())
}

/// Takes a live line away.
pub(crate) fn remove(line: &ProgressBar) {
    line.finish_and_clear();
    if let Some(lines) = live() {
        lines.remove(line);
    }
}

/// Says a line to people. The text must be safe to show.
pub(crate) fn say(text: &str) {
    // People who are not there any more miss nothing.
    // In one piece: a process that is killed shows the whole line or none.
    let text = format!("{text}\n");
    let write = || drop(io::stderr().lock().write_all(text.as_bytes()));
    match live() {
        Some(lines) => lines.suspend(write),
        None => write(),
    }
}

/// A panic of a step is told above the live lines.
fn keep_panics_apart() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match live() {
            Some(lines) => lines.suspend(|| before(info)),
            None => before(info),
        }));
    });
}

/// The colours in use.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Cyan,
    Dim,
}

/// A word in a colour, if standard error shows colours and the user wants them.
pub(crate) fn paint(colour: Colour, word: &str) -> String {
    static WANTED: OnceLock<bool> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        io::stderr().is_terminal() && !no_colour && !dumb
    });
    if !wanted {
        return word.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Cyan => 36,
        Colour::Dim => 2,
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}
