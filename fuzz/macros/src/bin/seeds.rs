//! Writes what the fuzz targets begin with: `corpus/TARGET/`, from the programs in this repository that use the
//! macros, and the dictionary `corpus/macro.dict`.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::{fs, io};

/// Where such programs are.
const PROGRAMS: [&str; 5] = ["tests/ui/fail", "tests/ui", "tests/programs/src/bin", "examples", "tests"];

/// Seeds that choose tokens instead of being text; their bytes are any.
const CHOOSING: u64 = 32;

fn main() -> io::Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let corpus = fuzz.join("corpus");
    for folder in PROGRAMS {
        for file in fs::read_dir(fuzz.join("..").join(folder))? {
            let file = file?.path();
            if file.extension().is_some_and(|ending| ending == "rs") {
                for (target, seeds) in fuzz_macros::seeds(&fs::read_to_string(&file)?) {
                    for seed in seeds {
                        write(&corpus.join(target), seed.as_bytes())?;
                    }
                }
            }
        }
    }
    for target in ["macro_attributes", "macro_flows", "macro_items"] {
        for number in 0..CHOOSING {
            let bytes = (0..64_u64).flat_map(|word| hash(&(number, word)).to_le_bytes());
            let seed: Vec<u8> = std::iter::once(0).chain(bytes).collect();
            write(&corpus.join(target), &seed)?;
        }
    }
    fs::write(corpus.join("macro.dict"), fuzz_macros::dictionary())
}

fn write(folder: &Path, seed: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{:016x}", hash(&seed))), seed)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
