//! The embedded reference data: municipalities, regions, state agencies, and amounts that change with time.

mod amounts;

pub use amounts::amounts_from_csv;

use crate::variation::local_amounts;
use livshandelse_core::registry::{Municipality, Region, Registry};
use std::sync::LazyLock;

/// The amounts that are built in. A test reads them without a complaint, so that none is left out here.
pub(crate) const AMOUNTS_CSV: &str = include_str!("../reference-data/amounts.csv");

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let municipalities = rows(include_str!("../reference-data/municipalities.csv"))
        .filter_map(|[code, name, county]| {
            Some(Municipality { code: code?.to_owned(), name: name?.to_owned(), county: county?.to_owned() })
        })
        .collect();
    let regions = rows(include_str!("../reference-data/regions.csv"))
        .filter_map(|[county, _, name]| Some(Region { county: county?.to_owned(), name: name?.to_owned() }))
        .collect();
    let country = Registry::new(municipalities, regions)
        .with_amounts(amounts_from_csv("reference-data/amounts.csv", AMOUNTS_CSV).unwrap_or_default());
    local_amounts(&country)
        .into_iter()
        .fold(country, |registry, (municipality, amounts)| registry.with_local_amounts(&municipality, amounts))
});

/// The first three columns of each row after the header.
fn rows(csv: &'static str) -> impl Iterator<Item = [Option<&'static str>; 3]> {
    csv.lines().skip(1).map(|line| {
        let mut columns = line.split(',');
        [columns.next(), columns.next(), columns.next()]
    })
}

/// The 290 municipalities and 21 regions of the country, with the amounts that hold in all of it, and those that
/// municipalities have set themselves in the life events that are built in.
pub fn registry() -> &'static Registry {
    &REGISTRY
}

/// A state agency's own name: `Försäkringskassan` for `forsakringskassan`.
pub fn agency_name(slug: &str) -> Option<&'static str> {
    rows(include_str!("../reference-data/agencies.csv"))
        .find(|[known, _, _]| *known == Some(slug))
        .and_then(|[_, name, _]| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_municipality_lies_in_a_county_that_a_region_serves() {
        assert_eq!(registry().municipalities().count(), 290);
        assert_eq!(registry().regions().count(), 21);
        for municipality in registry().municipalities() {
            assert_eq!(municipality.code.len(), 4, "{municipality:?}");
            assert!(municipality.code.starts_with(&municipality.county), "{municipality:?}");
            assert!(registry().region_of(&municipality.code).is_some(), "{municipality:?}");
        }
    }

    #[test]
    fn places_and_agencies_are_found_by_code_and_slug() {
        assert_eq!(registry().municipality("0580").unwrap().name, "Linköping");
        assert_eq!(registry().region_of("0980").unwrap().name, "Region Gotland");
        assert_eq!(agency_name("forsakringskassan"), Some("Försäkringskassan"));
        assert_eq!(agency_name("socialnamnden"), None);
    }
}
