//! Which agency is reached where: `--agency` and `--agencies`.

use crate::fail::Failure;
use std::collections::BTreeMap;
use std::path::Path;

/// Words that stand for every agency of a level that is not named itself.
const LEVELS: [&str; 4] = ["state", "region", "municipality", "provider"];

/// Endpoints by agency slug, or by level for all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AgencyBook {
    /// `skatteverket`, `socialnamnden-0580`.
    pub(crate) by_agency: BTreeMap<String, String>,
    /// `state`, `region`, `municipality`, `provider`.
    pub(crate) by_level: BTreeMap<String, String>,
}

impl AgencyBook {
    /// Reads a file (TOML: `state = "http://…"`) and then pairs, which count before it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or an endpoint is no address.
    pub(crate) fn read(file: Option<&Path>, pairs: &[(String, String)]) -> Result<AgencyBook, Failure> {
        let mut book = AgencyBook::default();
        if let Some(path) = file {
            let shown = path.display();
            let remedy = "write lines such as `state = \"http://127.0.0.1:7501\"` or `skatteverket = \"…\"`";
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::input(format!("{shown}: {error}"), "name a file that can be read"))?;
            let read: BTreeMap<String, String> =
                toml::from_str(&text).map_err(|error| Failure::input(format!("{shown}: {error}"), remedy))?;
            for (name, endpoint) in read {
                book.add(name, endpoint)?;
            }
        }
        for (name, endpoint) in pairs {
            book.add(name.clone(), endpoint.clone())?;
        }
        Ok(book)
    }

    fn add(&mut self, name: String, endpoint: String) -> Result<(), Failure> {
        if tonic::transport::Endpoint::from_shared(endpoint.clone()).is_err() || !endpoint.starts_with("http://") {
            return Err(Failure::usage(
                format!("`{endpoint}` is no endpoint for {name}"),
                "write it as `http://127.0.0.1:7501`",
            ));
        }
        let book = if LEVELS.contains(&name.as_str()) { &mut self.by_level } else { &mut self.by_agency };
        book.insert(name, endpoint);
        Ok(())
    }
}

/// Reads `level=URL` or `agency=URL`.
///
/// # Errors
///
/// If there is no `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, endpoint)) if !name.is_empty() && !endpoint.is_empty() => Ok((name.to_owned(), endpoint.to_owned())),
        Some(_) | None => Err(format!("`{text}`: write state=http://127.0.0.1:7501")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_told_from_an_agency_and_the_last_word_counts() {
        let pairs = ["state=http://[::1]:1", "skatteverket=http://[::1]:2", "state=http://[::1]:3"].map(|text| pair(text).unwrap());
        let book = AgencyBook::read(None, &pairs).unwrap();
        assert_eq!(book.by_level, BTreeMap::from([("state".to_owned(), "http://[::1]:3".to_owned())]));
        assert_eq!(book.by_agency, BTreeMap::from([("skatteverket".to_owned(), "http://[::1]:2".to_owned())]));
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        assert!(pair("state").is_err());
        assert!(AgencyBook::read(None, &[("state".to_owned(), "127.0.0.1:7501".to_owned())]).is_err());
    }
}
