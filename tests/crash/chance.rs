//! Chance from a seed: the same seed gives the same plan again.

/// A sequence of numbers that looks like chance (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// A sequence of its own for a part of the whole.
    pub fn of(&self, part: &str) -> Chance {
        let mut mixed = Chance(self.0);
        for byte in part.bytes() {
            mixed = Chance(mixed.next() ^ u64::from(byte));
        }
        Chance(mixed.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `0` to `end_exclusive`.
    pub fn below(&mut self, end_exclusive: usize) -> usize {
        usize::try_from(self.next() % end_exclusive.max(1) as u64).unwrap()
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        if among.is_empty() { None } else { among.get(self.below(among.len())) }
    }

    /// A UUID that nobody else gets.
    pub fn id(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }
}
