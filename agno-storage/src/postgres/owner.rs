//! Who holds leases: this store, from its opening to its end.

use std::{
    hash::{BuildHasher, RandomState},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

pub(super) struct Owner {
    /// Names this opening of the store, and no other.
    pub(super) id: String,
    /// The same in words: `digest, pid 4242 on worker-1`.
    pub(super) name: String,
    seed: [u8; 32],
    commits: AtomicU64,
}

impl Owner {
    pub(super) fn new() -> Self {
        let mut hasher = blake3::Hasher::new();
        // The standard library takes these from the system's source of random numbers.
        for n in 0..4_u8 {
            hasher.update(&RandomState::new().hash_one(n).to_le_bytes());
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        hasher.update(&now.map_or(0, |now| now.as_nanos()).to_le_bytes());
        hasher.update(&process::id().to_le_bytes());
        let seed = *hasher.finalize().as_bytes();
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(|path| path.file_name());
        let program = program.map_or("unknown".into(), |name| name.to_string_lossy());
        let host = whoami::hostname().unwrap_or_else(|_| "an unknown host".to_owned());
        let name = format!("{program}, pid {} on {host}", process::id());
        Self {
            id: blake3::Hash::from_bytes(seed).to_hex()[..24].to_owned(),
            name: name.chars().filter(|c| !c.is_control()).collect(),
            seed,
            commits: AtomicU64::new(0),
        }
    }

    /// A number that no other commit has, of this store or another.
    pub(super) fn commit(&self) -> i64 {
        let number = self.commits.fetch_add(1, Ordering::Relaxed);
        let hash = blake3::keyed_hash(&self.seed, &number.to_le_bytes());
        let (first, _) = hash.as_bytes().split_at(8);
        first.iter().fold(0, |id, byte| id << 8 | i64::from(*byte))
    }
}
