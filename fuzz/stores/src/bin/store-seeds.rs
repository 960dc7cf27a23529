//! Writes what the fuzz targets of the stores begin with: `corpus/TARGET/`.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for (number, (target, seed)) in fuzz_stores::seeds().into_iter().enumerate() {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}
