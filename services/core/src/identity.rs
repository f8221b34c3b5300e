//! Identity numbers of persons and organisations: read once at the door, then swapped for a party id.
//!
//! A number is never printed: neither by `Debug`, nor in an error.

use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// What a number identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// A registered person: personnummer (folkbokföringslagen 18 §).
    Person,
    /// A person who is not registered: samordningsnummer, day of birth and 60 (lag 2022:1697).
    Coordination,
    /// A legal person: organisationsnummer (lag 1974:174).
    Organisation,
}

/// A checked identity number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityNumber {
    digits: String,
    kind: IdentityKind,
}

/// Why a text is not an identity number. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentityNumber {
    /// Something else than digits and one hyphen before the last four.
    #[error("has a character that is not a digit, or a hyphen in the wrong place")]
    WrongCharacter,
    /// Neither twelve digits nor the ten of an organisation.
    #[error("has {digit_count} digits")]
    WrongLength {
        /// How many it has.
        digit_count: usize,
    },
    /// A person's number in its short form, which does not say the century.
    #[error("does not say the century")]
    NoCentury,
    /// A person's number with a century in which nobody alive was born.
    #[error("begins with a century other than 18, 19 or 20")]
    WrongCentury,
    /// The day of birth is not in the calendar.
    #[error("has a day of birth that does not exist")]
    NoSuchDay,
    /// The last digit does not follow from the others.
    #[error("has a wrong check digit")]
    WrongCheckDigit,
}

impl InvalidIdentityNumber {
    /// What to do about it, in lower case without full stop.
    pub fn remedy(self) -> &'static str {
        match self {
            InvalidIdentityNumber::WrongCharacter
            | InvalidIdentityNumber::WrongLength { .. }
            | InvalidIdentityNumber::NoCentury
            | InvalidIdentityNumber::WrongCentury => {
                "give the twelve digits of a personnummer or samordningsnummer, or the ten of an organisationsnummer"
            }
            InvalidIdentityNumber::NoSuchDay | InvalidIdentityNumber::WrongCheckDigit => {
                "compare it with the identity document, digit by digit"
            }
        }
    }
}

impl IdentityNumber {
    /// Reads `YYYYMMDDNNNN`, with or without a hyphen before the last four, `NNNNNN-NNNN` for an organisation, or that
    /// with `16` before it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidIdentityNumber`], which says what is wrong and never repeats the number.
    pub fn parse(text: &str) -> Result<IdentityNumber, InvalidIdentityNumber> {
        let text = text.trim();
        let digits = match text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)) {
            Some((head, tail)) => match tail.strip_prefix('-') {
                Some(tail) => format!("{head}{tail}"),
                None => text.to_owned(),
            },
            None => text.to_owned(),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidIdentityNumber::WrongCharacter);
        }
        let (century, short) = match digits.len() {
            10 => (None, digits.as_str()),
            12 => (Some(&digits[..2]), &digits[2..]),
            digit_count => return Err(InvalidIdentityNumber::WrongLength { digit_count }),
        };
        // The third digit is the tens of a month for persons, and at least 2 for organisations.
        let is_organisation = short.as_bytes()[2] >= b'2';
        let kind = match century {
            None | Some("16") if is_organisation => IdentityKind::Organisation,
            None => return Err(InvalidIdentityNumber::NoCentury),
            Some("18" | "19" | "20") => {
                birth_day(&digits).map(|(_, kind)| kind).ok_or(InvalidIdentityNumber::NoSuchDay)?
            }
            Some(_) => return Err(InvalidIdentityNumber::WrongCentury),
        };
        if !passes_luhn(short) {
            return Err(InvalidIdentityNumber::WrongCheckDigit);
        }
        let digits = if kind == IdentityKind::Organisation { format!("16{short}") } else { digits };
        Ok(IdentityNumber { digits, kind })
    }

    /// Twelve digits without hyphen; an organisation's ten after `16`.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// What it identifies.
    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// The day of birth it states; `None` for an organisation.
    pub fn birth_day(&self) -> Option<Date> {
        match self.kind {
            IdentityKind::Person | IdentityKind::Coordination => birth_day(&self.digits).map(|(day, _)| day),
            IdentityKind::Organisation => None,
        }
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityNumber({:?}, ************)", self.kind)
    }
}

impl FromStr for IdentityNumber {
    type Err = InvalidIdentityNumber;

    fn from_str(text: &str) -> Result<IdentityNumber, InvalidIdentityNumber> {
        IdentityNumber::parse(text)
    }
}

/// The day of birth in twelve digits, and whether 60 was added to it.
fn birth_day(digits: &str) -> Option<(Date, IdentityKind)> {
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let month = digits.get(4..6)?.parse::<i8>().ok()?;
    let day = digits.get(6..8)?.parse::<i8>().ok()?;
    let (day, kind) = if day > 60 { (day - 60, IdentityKind::Coordination) } else { (day, IdentityKind::Person) };
    Some((Date::new(year, month, day).ok()?, kind))
}

/// The check digit of ten digits: every other one doubled from the first, digits summed, divisible by ten.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(index, byte)| {
            let weighed = u32::from(byte - b'0') * if index % 2 == 0 { 2 } else { 1 };
            weighed / 10 + weighed % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_each_of_its_forms() {
        for (given, normalised, kind) in [
            ("199309172386", "199309172386", IdentityKind::Person),
            ("19930917-2386", "199309172386", IdentityKind::Person),
            (" 192401019183 ", "192401019183", IdentityKind::Person),
            ("199106762397", "199106762397", IdentityKind::Coordination),
            ("19910676-2397", "199106762397", IdentityKind::Coordination),
            ("202100-5448", "162021005448", IdentityKind::Organisation),
            ("2021005448", "162021005448", IdentityKind::Organisation),
            ("162021005448", "162021005448", IdentityKind::Organisation),
            ("402600-0010", "164026000010", IdentityKind::Organisation),
        ] {
            let number = IdentityNumber::parse(given).unwrap();
            assert_eq!((number.as_str(), number.kind()), (normalised, kind));
        }
    }

    #[test]
    fn a_wrong_number_is_refused_and_the_error_says_why() {
        use InvalidIdentityNumber as Why;
        for (given, why) in [
            ("", Why::WrongCharacter),
            ("1993-09172386", Why::WrongCharacter),
            ("19930917+2386", Why::WrongCharacter),
            ("19930917238å", Why::WrongCharacter),
            ("å-234", Why::WrongCharacter),
            ("-2386", Why::WrongLength { digit_count: 4 }),
            ("1993091723860", Why::WrongLength { digit_count: 13 }),
            ("930917-2386", Why::NoCentury),
            ("169309172386", Why::WrongCentury),
            ("219309172386", Why::WrongCentury),
            ("199302302386", Why::NoSuchDay),
            ("199313172386", Why::NoSuchDay),
            ("199309602386", Why::NoSuchDay),
            ("199309922386", Why::NoSuchDay),
            ("199309172387", Why::WrongCheckDigit),
            ("199309172836", Why::WrongCheckDigit),
            ("202100-5449", Why::WrongCheckDigit),
        ] {
            assert_eq!(IdentityNumber::parse(given), Err(why), "{given}");
        }
    }

    #[test]
    fn the_day_of_birth_of_a_coordination_number_is_without_its_sixty() {
        let number = IdentityNumber::parse("199106762397").unwrap();
        assert_eq!(number.birth_day(), Some(jiff::civil::date(1991, 6, 16)));
        assert_eq!(IdentityNumber::parse("202100-5448").unwrap().birth_day(), None);
    }

    #[test]
    fn a_number_is_never_printed() {
        let number = IdentityNumber::parse("199309172386").unwrap();
        let printed = format!("{number:?}{number:#?}");
        assert!(!printed.contains("1993") && !printed.contains("2386"), "{printed}");
    }
}
