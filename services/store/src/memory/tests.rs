//! The memory store keeps the promises of every store.

use std::sync::Arc;

use crate::conformance::{self, Place, Tally};
use crate::{MemoryStore, Store};

struct InMemory(MemoryStore);

impl Place for InMemory {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

#[test]
fn the_memory_store_keeps_every_promise() {
    conformance::all(&mut || Box::new(InMemory(MemoryStore::new(Arc::new(Tally)))));
}
