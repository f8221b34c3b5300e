//! Reads a file of Fluent as people meet it: terms put in, one text for each variant.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use fluent_syntax::parser;
use std::collections::BTreeMap;

/// One message with its texts: one, or one for each variant of a choice.
pub(crate) struct Message {
    pub(crate) key: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) texts: Vec<String>,
}

/// How deep terms may stand in terms.
const DEPTH_MAX: u8 = 4;

/// What an argument is read as: a name, or a day or an amount as they are written out. A name's length is not the text's
/// own doing, so a short one stands for all.
fn argument(name: &str) -> &'static str {
    match name {
        "day" => "3 maj 2026",
        name if name.starts_with("amount-") => "femton hundra kronor",
        _ => "Namn",
    }
}

/// Every message of a file, in its order, with attributes as texts of their own. Junk is the parser's to complain of.
pub(crate) fn messages(source: &str) -> Vec<Message> {
    let resource = match parser::parse(source) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let terms = terms(&resource);
    let mut found = Vec::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let attributes = message.attributes.iter().map(|attribute| &attribute.value);
        let texts = message.value.iter().chain(attributes).flat_map(|pattern| variants(pattern, &terms)).collect();
        found.push(Message { key: message.id.name.to_owned(), line: line_of(source, message.id.name), texts });
    }
    found
}

type Terms<'r, 's> = BTreeMap<&'s str, &'r Pattern<&'s str>>;

fn terms<'r, 's>(resource: &'r Resource<&'s str>) -> Terms<'r, 's> {
    let entries = resource.body.iter();
    entries
        .filter_map(|entry| match entry {
            Entry::Term(term) => Some((term.id.name, &term.value)),
            Entry::Message(message) => Some((message.id.name, message.value.as_ref()?)),
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) | Entry::Junk { .. } => None,
        })
        .collect()
}

/// A pattern's texts: with choices, one for each variant of the longest, the others taking turns.
fn variants(pattern: &Pattern<&str>, terms: &Terms<'_, '_>) -> Vec<String> {
    let count = width(pattern, terms, DEPTH_MAX);
    (0..count).map(|variant| written(pattern, terms, variant, DEPTH_MAX)).collect()
}

fn width(pattern: &Pattern<&str>, terms: &Terms<'_, '_>, depth: u8) -> usize {
    let widths = pattern.elements.iter().filter_map(|element| match element {
        PatternElement::TextElement { .. } => None,
        PatternElement::Placeable { expression } => Some(expression_width(expression, terms, depth)),
    });
    widths.max().unwrap_or(1)
}

fn expression_width(expression: &Expression<&str>, terms: &Terms<'_, '_>, depth: u8) -> usize {
    match expression {
        Expression::Select { variants, .. } => variants.len(),
        Expression::Inline(InlineExpression::Placeable { expression }) => expression_width(expression, terms, depth),
        Expression::Inline(inline) => {
            referred(inline, terms, depth).map_or(1, |(term, depth)| width(term, terms, depth))
        }
    }
}

/// The term or message that a placeable stands for.
fn referred<'r, 's>(
    inline: &InlineExpression<&str>,
    terms: &Terms<'r, 's>,
    depth: u8,
) -> Option<(&'r Pattern<&'s str>, u8)> {
    let id = match inline {
        InlineExpression::TermReference { id, .. } | InlineExpression::MessageReference { id, .. } => id,
        _ => return None,
    };
    Some((terms.get(id.name)?, depth.checked_sub(1)?))
}

fn written(pattern: &Pattern<&str>, terms: &Terms<'_, '_>, variant: usize, depth: u8) -> String {
    let elements = pattern.elements.iter().map(|element| match element {
        PatternElement::TextElement { value } => (*value).to_owned(),
        PatternElement::Placeable { expression } => write_expression(expression, terms, variant, depth),
    });
    elements.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write_expression(expression: &Expression<&str>, terms: &Terms<'_, '_>, variant: usize, depth: u8) -> String {
    match expression {
        Expression::Select { variants, .. } => {
            let chosen = variant.checked_rem(variants.len()).and_then(|index| variants.get(index));
            chosen.map_or_else(String::new, |chosen| written(&chosen.value, terms, variant, depth))
        }
        Expression::Inline(InlineExpression::Placeable { expression }) => {
            write_expression(expression, terms, variant, depth)
        }
        Expression::Inline(InlineExpression::StringLiteral { value } | InlineExpression::NumberLiteral { value }) => {
            (*value).to_owned()
        }
        Expression::Inline(InlineExpression::VariableReference { id }) => argument(id.name).to_owned(),
        Expression::Inline(InlineExpression::FunctionReference { .. }) => argument("").to_owned(),
        Expression::Inline(inline) => referred(inline, terms, depth)
            .map_or_else(|| argument("").to_owned(), |(term, depth)| written(term, terms, variant, depth)),
    }
}

fn line_of(source: &str, key: &str) -> usize {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    source.lines().position(is_key).map_or(1, |index| index + 1)
}

#[test]
fn terms_arguments_and_variants_are_read_as_people_meet_them() {
    let source = "-late = För sent\n\nfirst = { -late }. Senast {$day}\n    till {$agency}.\n\
                  many = { $count ->\n    [one] Ett barn.\n   *[other] Flera barn.\n }\n";
    let found = messages(source);
    let texts: Vec<&str> = found.iter().flat_map(|message| &message.texts).map(String::as_str).collect();
    assert_eq!(texts, ["För sent. Senast 3 maj 2026 till Namn.", "Ett barn.", "Flera barn."]);
    assert_eq!(found[0].line, 3);
    assert_eq!(found[1].key, "many");
}
