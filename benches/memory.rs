//! W1 and W3 in memory, each beside a floor that only writes the same JSON and reads it back.

mod workloads;

use std::sync::Arc;

use agno::storage::MemoryStorage;
use divan::Bencher;
use workloads::{fan, floor, on_this_thread, runtime, ten};

fn main() {
    divan::main();
}

// A memory store keeps all it was given, so the number of runs is bounded.
#[divan::bench_group(sample_count = 100, sample_size = 100)]
mod w1_ten_steps {
    use super::*;

    #[divan::bench]
    fn agno(bencher: Bencher<'_, '_>) {
        let tokio = on_this_thread();
        let runtime = tokio.block_on(runtime(Arc::new(MemoryStorage::new())));
        bencher.bench_local(|| tokio.block_on(ten(&runtime)));
    }

    #[divan::bench]
    fn json_floor(bencher: Bencher<'_, '_>) {
        bencher.bench_local(floor::json_ten);
    }
}

#[divan::bench_group(sample_count = 100, sample_size = 10)]
mod w3_fan_out_of_100 {
    use super::*;

    #[divan::bench]
    fn agno(bencher: Bencher<'_, '_>) {
        let tokio = on_this_thread();
        let runtime = tokio.block_on(runtime(Arc::new(MemoryStorage::new())));
        bencher.bench_local(|| tokio.block_on(fan(&runtime)));
    }

    #[divan::bench]
    fn json_floor(bencher: Bencher<'_, '_>) {
        bencher.bench_local(floor::json_fan);
    }
}
