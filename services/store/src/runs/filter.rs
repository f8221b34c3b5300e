//! A Bloom filter: tells of most keys that a run has not got that it has not, and of none that it has.

/// Bits for each key: about one key in two thousand is looked for in vain. A new case is looked for in every run, of which a store of
/// millions has dozens, and each look in vain reads a block that nobody has at hand.
const BITS_PER_KEY: usize = 16;
const PROBES: u64 = 11;

/// Bits of the keys that were put in.
pub(super) struct Filter(Vec<u8>);

impl Filter {
    /// An empty filter for so many keys.
    pub(super) fn for_keys(count: usize) -> Filter {
        Filter(vec![0; (count * BITS_PER_KEY).div_ceil(8).max(8)])
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Filter> {
        (!bytes.is_empty()).then_some(Filter(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn put(&mut self, key: &[u8]) {
        for (byte, bit) in self.probes(key) {
            self.0[byte] |= bit;
        }
    }

    /// Whether a key may have been put in.
    pub(super) fn may_have(&self, key: &[u8]) -> bool {
        self.probes(key).all(|(byte, bit)| self.0[byte] & bit != 0)
    }

    fn probes(&self, key: &[u8]) -> impl Iterator<Item = (usize, u8)> + use<> {
        let bits = self.0.len() as u64 * 8;
        let hash = fnv1a(key);
        let (first, step) = (hash & 0xffff_ffff, hash >> 32 | 1);
        (0..PROBES).map(move |probe| {
            let bit = first.wrapping_add(step.wrapping_mul(probe)) % bits;
            (usize::try_from(bit / 8).unwrap_or(0), 1 << (bit % 8))
        })
    }
}

/// FNV-1a, 64 bits, with a last mixing, since keys differ in few bytes: stored filters hold for ever what it says.
fn fnv1a(bytes: &[u8]) -> u64 {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash >> 29
}
