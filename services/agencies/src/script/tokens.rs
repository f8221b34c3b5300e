//! Cuts a line into words, quoted texts and marks.

use super::ScriptError;

/// One piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, a number, a date, a slug.
    Word(String),
    /// What stood between quotation marks.
    Text(String),
    /// `:`, `;`, `,` or `%`.
    Mark(char),
}

/// Cuts a line up; what follows `#` outside quotation marks is left out.
pub(super) fn cut(line: &str, number: usize) -> Result<Vec<Token>, ScriptError> {
    let mut tokens = Vec::new();
    let mut rest = line.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            '#' => break,
            ':' | ';' | ',' | '%' => tokens.push(Token::Mark(first)),
            '"' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('"') => break,
                        Some(char) => text.push(char),
                        None => {
                            return Err(ScriptError {
                                line: number,
                                problem: "a text does not end".to_owned(),
                                remedy: "close it with \"".to_owned(),
                            });
                        }
                    }
                }
                tokens.push(Token::Text(text));
            }
            space if space.is_whitespace() => {}
            _ => {
                let mut word = String::from(first);
                while let Some(next) = rest.peek() {
                    if next.is_whitespace() || matches!(next, ':' | ';' | ',' | '%' | '"' | '#') {
                        break;
                    }
                    word.push(*next);
                    rest.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}
