//! Which agency is reached where: `--agency` and `--agencies`.

use crate::fail::Failure;
use livshandelse_api::Endpoints;
use livshandelse_core::definition::Level;
use livshandelse_core::id::Slug;
use std::collections::BTreeMap;
use std::path::Path;

/// Words that stand for every agency of a level that is not named itself.
const LEVELS: [(&str, Level); 4] = [
    ("state", Level::State),
    ("region", Level::Region),
    ("municipality", Level::Municipality),
    ("provider", Level::Provider),
];

/// Takes the settings' pairs, then reads a file (TOML: `state = "http://…"`), then takes pairs; the later count before the
/// earlier.
///
/// # Errors
///
/// If the file cannot be read, or an endpoint is no address.
pub(crate) fn endpoints(
    settings: &[(String, String)],
    file: Option<&Path>,
    pairs: &[(String, String)],
) -> Result<Endpoints, Failure> {
    let mut endpoints = Endpoints::default();
    for (name, endpoint) in settings {
        add(&mut endpoints, name, endpoint)?;
    }
    if let Some(path) = file {
        let shown = path.display();
        let remedy = "write lines such as `state = \"http://127.0.0.1:7501\"` or `skatteverket = \"…\"`";
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::input(format!("{shown}: {error}"), "name a file that can be read"))?;
        let read: BTreeMap<String, String> =
            toml::from_str(&text).map_err(|error| Failure::input(format!("{shown}: {error}"), remedy))?;
        for (name, endpoint) in &read {
            add(&mut endpoints, name, endpoint)?;
        }
    }
    for (name, endpoint) in pairs {
        add(&mut endpoints, name, endpoint)?;
    }
    Ok(endpoints)
}

fn add(endpoints: &mut Endpoints, name: &str, endpoint: &str) -> Result<(), Failure> {
    if !endpoint.starts_with("http://") {
        return Err(Failure::usage(
            format!("`{endpoint}` is no endpoint for {name}"),
            "write it as `http://127.0.0.1:7501`",
        ));
    }
    if let Some((_, level)) = LEVELS.iter().find(|(word, _)| *word == name) {
        endpoints.by_level.insert(*level, endpoint.to_owned());
        return Ok(());
    }
    let slug = Slug::new(name).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "name a level (state, region, municipality, provider) or an agency (skatteverket)",
        )
    })?;
    endpoints.by_agency.insert(slug, endpoint.to_owned());
    Ok(())
}

/// Reads `level=URL` or `agency=URL`.
///
/// # Errors
///
/// If there is no `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, endpoint)) if !name.is_empty() && !endpoint.is_empty() => {
            Ok((name.to_owned(), endpoint.to_owned()))
        }
        Some(_) | None => Err(format!("`{text}`: write state=http://127.0.0.1:7501")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_told_from_an_agency_and_the_last_word_counts() {
        let texts = ["state=http://[::1]:1", "skatteverket=http://[::1]:2", "state=http://[::1]:3"];
        let endpoints = endpoints(&[], None, &texts.map(|text| pair(text).unwrap())).unwrap();
        assert_eq!(endpoints.by_level, BTreeMap::from([(Level::State, "http://[::1]:3".to_owned())]));
        let skatteverket = Slug::new("skatteverket").unwrap();
        assert_eq!(endpoints.by_agency, BTreeMap::from([(skatteverket, "http://[::1]:2".to_owned())]));
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        assert!(pair("state").is_err());
        assert!(endpoints(&[], None, &[("state".to_owned(), "127.0.0.1:7501".to_owned())]).is_err());
        assert!(endpoints(&[], None, &[("Not A Slug".to_owned(), "http://[::1]:1".to_owned())]).is_err());
    }
}
