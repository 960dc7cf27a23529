//! The tasks of the repository, each one `cargo xtask NAME`.

mod bench_macros;
mod bless;
mod book;
mod count;
mod editor;
mod fuzz;
mod ignored;
mod pictures;
mod process;
mod report;
mod servers;
mod stage;
mod suite;
mod tools;
mod torture;

use std::process::ExitCode;

const HELP: &str = "\
The tasks of this repository.

cargo xtask test [--all] [STAGE..]  every check, or only the stages named
cargo xtask test --list             the stages
cargo xtask servers                 install the servers of the stage of that name under target/
cargo xtask pictures                install the parsers of the stage of that name under target/
cargo xtask fuzz [TARGET [SECONDS]] the fuzz targets, each from its seeds
cargo xtask book                    the guide as web pages, under target/book
cargo xtask torture [--record [LOG..]]
                                    kills, power cuts, faults and flips, whole; --record writes the
                                    record and the README's table, with LOGS only from those
cargo xtask bless                   record compiler messages and snapshots anew
cargo xtask bench [ARGS..]          the benches; ARGS go to cargo bench
cargo xtask bench-macros [--record FILE]
                                    what the macros add to `cargo check`
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.split_first() {
        Some((&"test", rest)) => suite::run(rest),
        Some((&"servers", [])) => servers::install(),
        Some((&"pictures", [])) => pictures::install(),
        Some((&"book", [])) => book::build(),
        Some((&"bless", [])) => bless::run(),
        Some((&"bench", rest)) => tools::bench(rest),
        Some((&"fuzz", rest)) => fuzz::run(rest),
        Some((&"torture", rest)) => torture::run(rest),
        Some((&"bench-macros", rest)) => bench_macros::run(rest),
        None | Some((&("help" | "-h" | "--help"), _)) => {
            print!("{HELP}");
            Ok(true)
        }
        Some((other, _)) => Err(format!("unknown task `{other}`\n\n{HELP}")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
