//! Pages: how large, and where the next one begins.

use crate::convert::wrong::Wrong;
use crate::opaque::Opaque;
use crate::status::Refused;
use livshandelse_proto::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};

/// The size of a page: 0 means 50, above 1,000 means 1,000.
///
/// # Errors
///
/// A negative size is a wrong field.
pub(crate) fn size(page_size: i32) -> Result<usize, Refused> {
    match u32::try_from(page_size) {
        Ok(0) => Ok(usize::from(PAGE_SIZE_DEFAULT)),
        Ok(size) => Ok(usize::try_from(size).unwrap_or(usize::MAX).min(usize::from(PAGE_SIZE_MAX))),
        Err(_) => Err(Wrong::one("page_size", "below zero", "give 0 for the default, or 1 to 1000")),
    }
}

/// A list that a token belongs to: its method, who asks, and its filter. Length-prefixed, so that no two lists are one.
pub(crate) fn list(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("{}:{part}", part.len())).collect()
}

/// The number of the first item of the page that a token asks for; 0 without a token.
///
/// # Errors
///
/// [`Refused::PageToken`] for one that was not made for this list.
pub(crate) fn start(opaque: &Opaque, list: &str, token: &str) -> Result<u64, Refused> {
    if token.is_empty() {
        return Ok(0);
    }
    let position = opaque.open_page_token(list, token).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    position.map(u64::from_be_bytes).ok_or(Refused::PageToken)
}

/// The token for a page that begins at an item.
pub(crate) fn token(opaque: &Opaque, list: &str, start: u64) -> String {
    opaque.page_token(list, &start.to_be_bytes())
}

/// One page of a whole list in memory, and the token of the next.
pub(crate) fn cut<T>(
    opaque: &Opaque,
    list: &str,
    items: Vec<T>,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<T>, String), Refused> {
    let (size, start) = (size(page_size)?, start(opaque, list, page_token)?);
    let skipped = usize::try_from(start).unwrap_or(usize::MAX);
    let end = skipped.saturating_add(size);
    let next = if end < items.len() { token(opaque, list, end as u64) } else { String::new() };
    Ok((items.into_iter().skip(skipped).take(size).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secrets;

    #[test]
    fn pages_follow_each_other_until_the_list_ends() {
        let opaque = Opaque::new(&Secrets { identity: [1; 32], names: [2; 32] });
        let (first, token) = cut(&opaque, "l", vec![1, 2, 3], 2, "").unwrap();
        let (second, end) = cut(&opaque, "l", vec![1, 2, 3], 2, &token).unwrap();
        assert_eq!((first, second, end.as_str()), (vec![1, 2], vec![3], ""));
        assert!(matches!(cut(&opaque, "m", vec![1], 2, &token), Err(Refused::PageToken)));
        assert!(matches!(cut(&opaque, "l", vec![1], 2, "x"), Err(Refused::PageToken)));
        assert!(cut(&opaque, "l", vec![1], -1, "").is_err());
    }
}
