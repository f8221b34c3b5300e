//! The one text that a person gets, whatever happened.
//!
//! It is the same for a granted application and for a death, so it must be right for both: no cheer, no exclamation mark,
//! no hurry, nothing but where to read. It asks for nothing and holds no link but the portal's first page, so that a
//! person can tell it from a fraud and may as well type the address.

use crate::error::SettingsError;
use crate::notice::Language;

/// Where a person logs in, and by which name she knows the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    address: String,
    name: String,
}

impl Portal {
    /// Takes the portal's address and name (1 to 80 characters).
    ///
    /// The address is `https` (or `http` on this machine) with neither query nor fragment nor user name, so that nothing
    /// about a case can travel in it.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Portal`] or [`SettingsError::PortalName`].
    pub fn new(address: &str, name: &str) -> Result<Portal, SettingsError> {
        if !is_plain_place(address) {
            return Err(SettingsError::Portal);
        }
        let length = name.chars().count();
        if name.trim().is_empty() || length > 80 || name.chars().any(char::is_control) {
            return Err(SettingsError::PortalName);
        }
        Ok(Portal { address: address.to_owned(), name: name.to_owned() })
    }

    /// The address as it stands in a message.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name as it stands below a message.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Whether an address is a place and nothing more: `https` (or `http` on this machine), no query, fragment, user name.
pub(crate) fn is_plain_place(address: &str) -> bool {
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let is_host_of_our_own = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_host_of_our_own);
    let is_bare = uri.query().is_none() && !address.contains(['#', '@', '?']);
    is_safe && is_bare && address.len() <= 200 && address.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: &'static str,
    /// Plain text, lines ended by `\n`.
    pub text: String,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(…)")
    }
}

impl Words {
    /// The text in a language.
    pub fn new(language: Language, portal: &Portal) -> Words {
        let Portal { address, name } = portal;
        match language {
            Language::Sv => Words {
                subject: "Det finns något nytt i ditt ärende",
                text: format!(
                    "Hej,\n\n\
                     Det finns något nytt i ditt ärende. Logga in för att läsa:\n\
                     {address}\n\n\
                     Vad det gäller står bara där. Vi ber dig aldrig om koder eller lösenord i ett meddelande.\n\n\
                     Det går inte att svara på det här meddelandet.\n\
                     Vill du inte ha sådana meddelanden? Logga in och välj bort dem.\n\n\
                     {name}\n"
                ),
            },
            Language::En => Words {
                subject: "There is something new in your case",
                text: format!(
                    "Hello,\n\n\
                     There is something new in your case. Log in to read it:\n\
                     {address}\n\n\
                     What it is about is written only there. We never ask for codes or passwords in a message.\n\n\
                     You cannot reply to this message.\n\
                     Do you not want messages like this? Log in and turn them off.\n\n\
                     {name}\n"
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal() -> Portal {
        Portal::new("https://portal.example", "Livshändelser").unwrap()
    }

    #[test]
    fn the_text_is_calm_short_and_says_where_to_read_and_how_to_be_left_alone() {
        for (language, off) in [(Language::Sv, "välj bort"), (Language::En, "turn them off")] {
            let Words { subject, text } = Words::new(language, &portal());
            let whole = format!("{subject}\n{text}");
            assert!(text.contains("\nhttps://portal.example\n"), "{text}");
            assert!(text.contains(off), "{text}");
            assert!(text.ends_with("\nLivshändelser\n"), "{text}");
            assert!(!whole.contains(['!', '{', '}']), "{whole}");
            assert!(subject.chars().count() <= 40 && text.len() < 500, "{whole}");
            assert!(!whole.chars().any(|character| character.is_ascii_digit()), "{whole}");
        }
    }

    #[test]
    fn nothing_can_travel_in_the_address_of_the_portal() {
        for address in [
            "http://portal.example",
            "https://portal.example/?case=1",
            "https://portal.example/#case",
            "https://case@portal.example",
            "portal.example",
            "https://portal.example/å",
        ] {
            assert!(matches!(Portal::new(address, "Namn"), Err(SettingsError::Portal)), "{address}");
        }
        assert!(Portal::new("http://localhost:8080/", "Namn").is_ok());
    }

    #[test]
    fn a_name_that_would_break_a_letter_is_refused() {
        for name in ["", " ", "a\r\nBcc: b", &"x".repeat(81)] {
            assert!(matches!(Portal::new("https://portal.example", name), Err(SettingsError::PortalName)), "{name:?}");
        }
    }
}
