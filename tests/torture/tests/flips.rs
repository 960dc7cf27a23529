//! Bits flip, bytes change, files end early, blocks are zero: a store gives an error or what was
//! written; never a panic, never something else, and nothing is gone in silence.
//!
//! `AGNO_FLIPS` says at how many places. A child reads each damaged store, so that an abort and a loop
//! without an end are seen as well. Half of the stores were closed well, half are as a kill left them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use agno_torture::{
    backend::Backend,
    child::{INTACT, LOST, REFUSED, Said, WRONG},
    figures::{Figures, times},
};

agno_torture::each_backend!(flips => survives_flips);

const LIMIT: Duration = Duration::from_secs(30);

/// What is done to a file at a place.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Bit,
    Byte,
    Cut,
    Zeroed,
}

const DAMAGES: [Damage; 4] = [Damage::Bit, Damage::Byte, Damage::Cut, Damage::Zeroed];

impl Damage {
    /// False if the file is the same afterwards.
    fn apply(self, content: &mut Vec<u8>, at: usize) -> bool {
        let before = content.clone();
        match self {
            Self::Bit => content[at] ^= 1 << fastrand::u32(..8),
            Self::Byte => content[at] = fastrand::u8(..),
            Self::Cut => content.truncate(at),
            Self::Zeroed => {
                let begin = at / 512 * 512;
                let end = (begin + 512).min(content.len());
                content[begin..end].fill(0);
            }
        }
        *content != before
    }
}

fn child(args: &[&str], paths: &[&Path]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
    command.args(&args[..2]).args(paths).args(&args[2..]);
    Said::start(command)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a directory");
    for file in from.read_dir().expect("list") {
        let file = file.expect("a file");
        let target = to.join(file.file_name());
        match file.file_type().expect("its type").is_dir() {
            true => copy(&file.path(), &target),
            false => drop(fs::copy(file.path(), target).expect("copy")),
        }
    }
}

/// Every file, with its length.
fn files(directory: &Path) -> Vec<(PathBuf, usize)> {
    let mut found = Vec::new();
    for file in directory.read_dir().expect("list") {
        let path = file.expect("a file").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let length = fs::metadata(&path).expect("metadata").len();
            found.push((path, usize::try_from(length).expect("small")));
        }
    }
    found.retain(|(_, length)| *length > 0);
    found.sort();
    found
}

fn survives_flips(backend: Backend) {
    let place = tempfile::tempdir().expect("a directory");
    let name = backend.name();
    let closed = place.path().join("closed");
    let (said_closed, status) =
        child(&["commits", name, "a", "80", "small"], &[&closed]).end(LIMIT);
    assert!(
        status.is_some_and(|status| status.success()),
        "{said_closed:?}"
    );
    let killed = place.path().join("killed");
    let mut running = child(&["commits", name, "a", "100000", "small"], &[&killed]);
    let mut acknowledged = 0;
    assert!(running.until(|line| {
        acknowledged += u64::from(line.starts_with("ack "));
        acknowledged == 200
    }));
    let (said_killed, _) = running.kill();

    let sound = [(&closed, &said_closed), (&killed, &said_killed)];
    let mut stores = Vec::new();
    for (number, (store, said)) in sound.into_iter().enumerate() {
        let file = place.path().join(format!("said-{number}"));
        fs::write(&file, said.join("\n")).expect("write");
        // Reading it changes nothing that matters: a copy is read.
        let whole = place.path().join("whole");
        copy(store, &whole);
        let (heard, status) = child(&["read", name], &[&whole, &file]).end(LIMIT);
        let code = status.and_then(|status| status.code());
        assert_eq!(code, Some(INTACT.into()), "not even damaged: {heard:?}");
        fs::remove_dir_all(&whole).expect("remove");
        stores.push((store, file, files(store)));
    }

    let mut figures = Figures::default();
    let (mut refused, mut intact) = (0, 0);
    let mut problems = Vec::new();
    for position in 0..times("AGNO_FLIPS", 60) {
        let (store, said, files) = &stores[usize::try_from(position % 2).expect("small")];
        // Each file in turn; within it anywhere, but the first bytes more often than others.
        let (file, length) = match position % 3 {
            0 => &files[usize::try_from(position / 3).expect("small") % files.len()],
            _ => files
                .iter()
                .max_by_key(|(_, length)| *length)
                .expect("a file"),
        };
        let at = match fastrand::u8(..8) {
            0 => fastrand::usize(..(*length).min(128)),
            _ => fastrand::usize(..*length),
        };
        let damage = DAMAGES[fastrand::usize(..DAMAGES.len())];
        let damaged = place.path().join("damaged");
        copy(store, &damaged);
        let below = file.strip_prefix(store).expect("inside");
        let mut content = fs::read(damaged.join(below)).expect("read");
        if !damage.apply(&mut content, at) {
            fs::remove_dir_all(&damaged).expect("remove");
            intact += 1;
            figures.tried += 1;
            continue;
        }
        fs::write(damaged.join(below), content).expect("write");
        let (heard, status) = child(&["read", name], &[&damaged, said]).end(LIMIT);
        figures.tried += 1;
        let what = format!("{damage:?} in {} at {at} of {length}", below.display());
        match status.map(|status| status.code()) {
            Some(Some(code)) if code == i32::from(INTACT) => intact += 1,
            Some(Some(code)) if code == i32::from(REFUSED) => refused += 1,
            Some(Some(code)) if code == i32::from(LOST) => {
                figures.lost += 1;
                problems.push(format!("{what}: gone in silence: {heard:?}"));
            }
            Some(Some(code)) if code == i32::from(WRONG) => {
                figures.lost += 1;
                problems.push(format!("{what}: something else: {heard:?}"));
            }
            Some(code) => problems.push(format!("{what}: it crashed: {code:?} {heard:?}")),
            None => problems.push(format!("{what}: it hangs: {heard:?}")),
        }
        fs::remove_dir_all(&damaged).expect("remove");
    }
    figures.acknowledged = acknowledged;
    println!("{refused} told, {intact} did not matter");
    figures.print(name, "flips");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(refused > 0, "no damage was noticed");
}
