//! Chance that is the same every time: drawn from a seed and what it is for.

/// Draws numbers from a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    seed: u64,
}

impl Draw {
    /// Draws from this seed.
    pub fn new(seed: u64) -> Draw {
        Draw { seed }
    }

    /// A number for what the parts name: equal parts, equal number.
    pub fn number(&self, parts: &[&str]) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number from `min` to `max`, both included. `min` if `max` is smaller.
    pub fn within(&self, min: u32, max: u32, parts: &[&str]) -> u32 {
        let width = u64::from(max.saturating_sub(min)) + 1;
        let above = u32::try_from(self.number(parts) % width).unwrap_or(0);
        min.saturating_add(above)
    }

    /// True in so many of a hundred.
    pub fn is_among(&self, percent: u32, parts: &[&str]) -> bool {
        self.number(parts) % 100 < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_parts_draw_the_same() {
        let draw = Draw::new(7);
        assert_eq!(draw.number(&["a", "b"]), Draw::new(7).number(&["a", "b"]));
        assert_ne!(draw.number(&["a", "b"]), Draw::new(8).number(&["a", "b"]));
        assert_ne!(draw.number(&["a", "b"]), draw.number(&["ab"]));
    }

    #[test]
    fn a_draw_stays_within_its_bounds_and_reaches_both() {
        let draw = Draw::new(1);
        let drawn: Vec<u32> = (0..200).map(|index| draw.within(3, 5, &[&index.to_string()])).collect();
        assert_eq!(drawn.iter().min(), Some(&3));
        assert_eq!(drawn.iter().max(), Some(&5));
    }
}
