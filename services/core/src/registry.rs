//! Municipalities and regions, the agency that a step goes to in a given place, and amounts that change with time.
//!
//! A code is for routing and display only: the agency is the nämnd, not the municipality.

use crate::calendar::Period;
use crate::definition::{AgencyDefinition, Routing};
use crate::id::Slug;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Kommunkod, four digits; the first two are the county.
    pub code: String,
    /// The short name, `Falun` and not `Falu kommun`.
    pub name: String,
    /// Länskod, two digits.
    pub county: String,
}

/// A region, by the county it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Länskod, two digits.
    pub county: String,
    /// The region's own name: `Region Skåne`. Gotland's is the municipality's.
    pub name: String,
}

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Hundredths of a krona.
    Ore,
    /// Hundredths of a per cent.
    PercentHundredths,
    /// Days.
    Days,
    /// Weeks of seven days.
    Weeks,
    /// Calendar months.
    Months,
}

impl Unit {
    /// Every unit, in order.
    pub const ALL: [Unit; 5] = [Unit::Ore, Unit::PercentHundredths, Unit::Days, Unit::Weeks, Unit::Months];

    /// Its word in the reference data.
    pub fn slug(self) -> &'static str {
        match self {
            Unit::Ore => "ore",
            Unit::PercentHundredths => "percent-100",
            Unit::Days => "days",
            Unit::Weeks => "weeks",
            Unit::Months => "months",
        }
    }

    /// So many of it as a period of time; `None` if it is no time.
    pub fn period(self, count: i64) -> Option<Period> {
        let count = i32::try_from(count).ok()?;
        match self {
            Unit::Ore | Unit::PercentHundredths => None,
            Unit::Days => Some(Period::days(count)),
            Unit::Weeks => Some(Period::weeks(count)),
            Unit::Months => Some(Period::months(count)),
        }
    }
}

/// An amount or a period that changes with time, with the days between which this value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Its name: `price-base-amount`.
    pub slug: Slug,
    /// What it is counted in.
    pub unit: Unit,
    /// So many of the unit, above zero.
    pub value: i64,
    /// The first day.
    pub from: Date,
    /// The last day; without one it holds until further notice.
    pub to: Option<Date>,
    /// Law and paragraph, or who publishes it.
    pub source: String,
    /// The day on which it was read there.
    pub read_on: Date,
}

impl Amount {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// The municipalities and regions of the country, and the amounts that hold there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    municipalities: BTreeMap<String, Municipality>,
    regions: BTreeMap<String, Region>,
    amounts: BTreeMap<Slug, Vec<Amount>>,
    local_amounts: BTreeMap<(String, Slug), Vec<Amount>>,
}

impl Registry {
    /// Makes a registry of plain lists. Of two with the same code the last counts.
    pub fn new(municipalities: Vec<Municipality>, regions: Vec<Region>) -> Registry {
        Registry {
            municipalities: municipalities.into_iter().map(|known| (known.code.clone(), known)).collect(),
            regions: regions.into_iter().map(|known| (known.county.clone(), known)).collect(),
            amounts: BTreeMap::new(),
            local_amounts: BTreeMap::new(),
        }
    }

    /// The same with amounts that hold in the whole country. Of two that hold on the same day the first counts.
    #[must_use]
    pub fn with_amounts(mut self, amounts: Vec<Amount>) -> Registry {
        for amount in amounts {
            self.amounts.entry(amount.slug.clone()).or_default().push(amount);
        }
        self
    }

    /// The same with amounts that a municipality, by its code, has set itself: they win there.
    #[must_use]
    pub fn with_local_amounts(mut self, municipality: &str, amounts: Vec<Amount>) -> Registry {
        for amount in amounts {
            self.local_amounts.entry((municipality.to_owned(), amount.slug.clone())).or_default().push(amount);
        }
        self
    }

    /// The amount that holds in the whole country on a day; `None` if nobody knows.
    pub fn amount(&self, slug: &Slug, day: Date) -> Option<&Amount> {
        self.amounts.get(slug)?.iter().find(|amount| amount.holds_on(day))
    }

    /// The amount that holds in a municipality on a day: its own where it has set one, or the country's.
    pub fn amount_in(&self, slug: &Slug, municipality: &str, day: Date) -> Option<&Amount> {
        let own = self.local_amounts.get(&(municipality.to_owned(), slug.clone()));
        let own = own.and_then(|own| own.iter().find(|amount| amount.holds_on(day)));
        own.or_else(|| self.amount(slug, day))
    }

    /// Every value of an amount of the whole country, in the order it was given. Empty if there is no such amount.
    pub fn amounts_of(&self, slug: &Slug) -> &[Amount] {
        self.amounts.get(slug).map_or(&[], Vec::as_slice)
    }

    /// Every amount of the whole country, by slug.
    pub fn amounts(&self) -> impl Iterator<Item = &Amount> {
        self.amounts.values().flatten()
    }

    /// The municipality with a code.
    pub fn municipality(&self, code: &str) -> Option<&Municipality> {
        self.municipalities.get(code)
    }

    /// The region that serves a county.
    pub fn region(&self, county: &str) -> Option<&Region> {
        self.regions.get(county)
    }

    /// The region that serves a municipality.
    pub fn region_of(&self, municipality: &str) -> Option<&Region> {
        self.region(&self.municipality(municipality)?.county)
    }

    /// Every municipality, by code.
    pub fn municipalities(&self) -> impl Iterator<Item = &Municipality> {
        self.municipalities.values()
    }

    /// Every region, by county.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// The agency that a step goes to: the slug itself for the whole country, with `-{kommunkod}` for a nämnd and with
    /// `-{länskod}` for a region.
    ///
    /// `None` if the place is not known, or if the step waits for a move and nobody has moved.
    pub fn resolve(
        &self,
        agency: &AgencyDefinition,
        municipality: &str,
        new_municipality: Option<&str>,
    ) -> Option<Slug> {
        let place = match agency.routing {
            Routing::Country => return Some(agency.slug.clone()),
            Routing::Municipality => &self.municipality(municipality)?.code,
            Routing::NewMunicipality => &self.municipality(new_municipality?)?.code,
            Routing::Region => &self.region_of(municipality)?.county,
        };
        Slug::new(&format!("{}-{place}", agency.slug)).ok()
    }

    /// The name of the place in a resolved agency: `Linköping` for `socialnamnden-0580`, `Region Östergötland` for
    /// `region-05`, nothing for an agency of the whole country.
    pub fn place_of(&self, resolved: &Slug) -> Option<&str> {
        let (_, code) = resolved.as_str().rsplit_once('-')?;
        match self.municipality(code) {
            Some(municipality) => Some(&municipality.name),
            None => self.region(code).map(|region| region.name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Level, Reception};

    fn registry() -> Registry {
        let municipality = |code: &str, name: &str| Municipality {
            code: code.to_owned(),
            name: name.to_owned(),
            county: code[..2].to_owned(),
        };
        Registry::new(
            vec![municipality("0580", "Linköping"), municipality("1482", "Kungälv")],
            vec![Region { county: "05".to_owned(), name: "Region Östergötland".to_owned() }],
        )
    }

    fn resolve(slug: &str, routing: Routing, new_municipality: Option<&str>) -> Option<String> {
        let agency = AgencyDefinition {
            slug: Slug::new(slug).unwrap(),
            level: Level::Municipality,
            routing,
            reception: Reception::Here,
        };
        registry().resolve(&agency, "0580", new_municipality).map(|slug| slug.to_string())
    }

    #[test]
    fn an_agency_is_resolved_to_the_place_of_the_case() {
        assert_eq!(resolve("skatteverket", Routing::Country, None).unwrap(), "skatteverket");
        assert_eq!(resolve("socialnamnden", Routing::Municipality, Some("1482")).unwrap(), "socialnamnden-0580");
        assert_eq!(resolve("region", Routing::Region, None).unwrap(), "region-05");
    }

    #[test]
    fn a_new_municipality_is_the_one_moved_to_and_none_before_the_move() {
        assert_eq!(resolve("barnnamnden", Routing::NewMunicipality, Some("1482")).unwrap(), "barnnamnden-1482");
        assert_eq!(resolve("barnnamnden", Routing::NewMunicipality, None), None);
        assert_eq!(resolve("barnnamnden", Routing::NewMunicipality, Some("9999")), None);
    }

    #[test]
    fn a_place_is_named_for_people() {
        let place = |slug: &str| registry().place_of(&Slug::new(slug).unwrap()).map(str::to_owned);
        assert_eq!(place("socialnamnden-0580").unwrap(), "Linköping");
        assert_eq!(place("region-05").unwrap(), "Region Östergötland");
        assert_eq!(place("skatteverket"), None);
        assert_eq!(place("socialnamnden-0000"), None);
    }
}
