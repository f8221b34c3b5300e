//! The levels of public administration, and which agencies each program is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

static AGENCIES: &str = include_str!("../../../workflows/reference-data/agencies.csv");
static REGIONS: &str = include_str!("../../../workflows/reference-data/regions.csv");
static MUNICIPALITIES: &str = include_str!("../../../workflows/reference-data/municipalities.csv");

/// State agencies by slug, regions by county, municipalities by code: each with its name.
static NAMES: LazyLock<[BTreeMap<&str, &str>; 3]> =
    LazyLock::new(|| [columns(AGENCIES, 0, 1), columns(REGIONS, 0, 2), columns(MUNICIPALITIES, 0, 1)]);

/// Two columns of a table without quotes, below its heading.
fn columns(table: &'static str, key: usize, value: usize) -> BTreeMap<&'static str, &'static str> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut key_cell = line.split(',');
            let mut value_cell = line.split(',');
            Some((key_cell.nth(key)?, value_cell.nth(value)?))
        })
        .collect()
}

/// A level of public administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// State agencies, each by its own slug.
    State,
    /// Regions: `region-{county}`.
    Region,
    /// Nämnder: `{nämnd}-{municipality code}`.
    Municipality,
}

impl Level {
    /// Whether an agency is one of this level's: its place exists, or the state has it.
    pub fn has(self, agency: &str) -> bool {
        let [agencies, regions, municipalities] = &*NAMES;
        match (self, agency.rsplit_once('-')) {
            (Level::State, _) => agencies.contains_key(agency),
            (Level::Region, Some(("region", county))) => regions.contains_key(county),
            (Level::Municipality, Some((_, code))) => municipalities.contains_key(code),
            (Level::Region | Level::Municipality, _) => false,
        }
    }

    /// What to call an agency's place or the agency itself: `Region Östergötland`,
    /// `Linköping`, `Skatteverket`. The slug, if it is none of this level's.
    pub fn name_of(self, agency: &str) -> &str {
        let [agencies, regions, municipalities] = &*NAMES;
        let found = match (self, agency.rsplit_once('-')) {
            (Level::State, _) => agencies.get(agency),
            (Level::Region, Some((_, county))) => regions.get(county),
            (Level::Municipality, Some((_, code))) => municipalities.get(code),
            (Level::Region | Level::Municipality, None) => None,
        };
        found.copied().unwrap_or(agency)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::State => "state",
            Level::Region => "region",
            Level::Municipality => "municipality",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_its_own_agencies_and_no_others() {
        assert!(Level::State.has("skatteverket"));
        assert!(Level::Region.has("region-05"));
        assert!(Level::Municipality.has("socialnamnden-0580"));
        assert!(!Level::Municipality.has("socialnamnden-9999"));
        assert!(!Level::State.has("region-05"));
        assert!(!Level::Region.has("region-02"));
    }

    #[test]
    fn every_municipality_has_its_namnder() {
        let [_, regions, municipalities] = &*NAMES;
        assert_eq!(municipalities.len(), 290);
        assert_eq!(regions.len(), 21);
        assert_eq!(Level::Municipality.name_of("socialnamnden-0580"), "Linköping");
        assert_eq!(Level::Region.name_of("region-05"), "Region Östergötland");
    }
}
