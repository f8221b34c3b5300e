//! Lowers a CEL expression to the core's typed subset. Whatever lies outside the subset is a complaint.

use crate::complaint::Sheet;
use crate::table::{Found, cut};
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use livshandelse_core::condition::{Comparison, Condition, Constant};
use livshandelse_core::id::Slug;

/// Characters in a condition at most: a reader must be able to hold it.
const LENGTH_MAX: usize = 1_000;

/// Nesting at most.
const DEPTH_MAX: u16 = 32;

/// What a condition may be made of.
const SUBSET: &str =
    "use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date(\"2026-01-31\")";

/// Why an expression cannot be a condition: what it is and, where it is plain, another remedy than the whole subset.
struct Outside {
    problem: String,
    remedy: String,
}

impl Outside {
    fn new(problem: impl Into<String>) -> Outside {
        Outside { problem: problem.into(), remedy: SUBSET.to_owned() }
    }
}

/// Reads a condition.
pub(crate) fn condition(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Condition> {
    if found.text.len() > LENGTH_MAX {
        sheet.complain(
            found.offset,
            format!("the condition has {} characters", found.text.len()),
            format!("keep it below {LENGTH_MAX}, or make a field of what it works out"),
        );
        return None;
    }
    let parser = cel::parser::Parser::new().max_recursion_depth(DEPTH_MAX);
    let parsed = match parser.parse(&without_macros(found.text)) {
        Ok(parsed) => parsed,
        Err(errors) => {
            let why = errors.errors.first().map_or("cannot be read", |error| error.msg.as_str());
            let why = why.split(" expecting").next().unwrap_or(why);
            sheet.complain(found.offset, format!("the condition is not CEL: {}", cut(why)), SUBSET);
            return None;
        }
    };
    match lower(&parsed) {
        Ok(condition) => Some(condition),
        Err(outside) => {
            sheet.complain(found.offset, outside.problem, outside.remedy);
            None
        }
    }
}

/// CEL's own macro `has` wants a selection (`has(a.b)`) and our fields are plain names, so the call keeps its length
/// under a name that is no macro.
fn without_macros(text: &str) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '.';
        match quote {
            Some(open) if character == open && before != '\\' => quote = None,
            Some(_) => {}
            None if character == '"' || character == '\'' => quote = Some(character),
            None if text[at..].starts_with("has")
                && !is_name(before)
                && text[at + 3..].trim_start().starts_with('(') =>
            {
                changed.push('H');
                before = character;
                continue;
            }
            None => {}
        }
        changed.push(character);
        before = character;
    }
    changed
}

/// What [`without_macros`] makes of `has`.
const GIVEN: &str = "Has";

fn lower(node: &IdedExpr) -> Result<Condition, Outside> {
    match &node.expr {
        Expr::Ident(name) => Ok(Condition::Flag(field(name)?)),
        Expr::Call(call) => {
            if call.target.is_some() {
                return Err(Outside::new(format!("a call of `{}` on something", cut(&call.func_name))));
            }
            match (call.func_name.as_str(), call.args.as_slice()) {
                (operators::LOGICAL_NOT, [inner]) => Ok(Condition::Not(Box::new(lower(inner)?))),
                (operators::LOGICAL_AND, parts) => {
                    let mut flat = Vec::new();
                    for part in parts {
                        match lower(part)? {
                            Condition::All(inner) => flat.extend(inner),
                            other => flat.push(other),
                        }
                    }
                    Ok(Condition::All(flat))
                }
                (operators::LOGICAL_OR, parts) => {
                    let mut flat = Vec::new();
                    for part in parts {
                        match lower(part)? {
                            Condition::Any(inner) => flat.extend(inner),
                            other => flat.push(other),
                        }
                    }
                    Ok(Condition::Any(flat))
                }
                (GIVEN, [IdedExpr { expr: Expr::Ident(name), .. }]) => Ok(Condition::Given(field(name)?)),
                (name, [left, right]) => match comparison(name) {
                    Some(comparison) => compare(comparison, left, right),
                    None => Err(Outside::new(format!("`{}` is outside the subset", symbol(name)))),
                },
                (name, _) => Err(Outside::new(format!("`{}` is outside the subset", symbol(name)))),
            }
        }
        Expr::Literal(_) => Err(Outside::new("a constant stands alone")),
        Expr::Select(_) => Err(Outside::new("a field is selected with `.`")),
        Expr::Unspecified | Expr::Comprehension(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => {
            Err(Outside::new("a list, a map or a loop over one"))
        }
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    match name {
        operators::EQUALS => Some(Comparison::Equal),
        operators::NOT_EQUALS => Some(Comparison::NotEqual),
        operators::LESS => Some(Comparison::Less),
        operators::LESS_EQUALS => Some(Comparison::LessOrEqual),
        operators::GREATER => Some(Comparison::More),
        operators::GREATER_EQUALS => Some(Comparison::MoreOrEqual),
        _ => None,
    }
}

/// An operator as people write it: `_+_` is `+`.
fn symbol(name: &str) -> String {
    if name == GIVEN { "has".to_owned() } else { cut(name).replace(['_', '@'], "") }
}

fn compare(comparison: Comparison, left: &IdedExpr, right: &IdedExpr) -> Result<Condition, Outside> {
    if let (Expr::Ident(name), Expr::Literal(LiteralValue::Boolean(flag))) = (&left.expr, &right.expr) {
        let flag_condition = Condition::Flag(field(name)?);
        return match (comparison, *flag.inner()) {
            (Comparison::Equal, true) | (Comparison::NotEqual, false) => Ok(flag_condition),
            (Comparison::Equal, false) | (Comparison::NotEqual, true) => Ok(Condition::Not(Box::new(flag_condition))),
            _ => Err(Outside::new("yes and no have no order")),
        };
    }
    match (&left.expr, &right.expr) {
        (Expr::Ident(name), _) => Ok(Condition::Compare(field(name)?, comparison, constant(right)?)),
        (_, Expr::Ident(_)) => Err(Outside {
            problem: "a constant stands left of a comparison".to_owned(),
            remedy: "write the field first: `children > 1`".to_owned(),
        }),
        _ => Err(Outside::new("a comparison without a field")),
    }
}

fn constant(node: &IdedExpr) -> Result<Constant, Outside> {
    match &node.expr {
        Expr::Literal(LiteralValue::Int(number)) => Ok(Constant::Number(*number.inner())),
        Expr::Literal(LiteralValue::String(text)) => Ok(Constant::Text(text.inner().to_owned())),
        Expr::Call(call) if call.func_name == "date" && call.target.is_none() => match call.args.as_slice() {
            [IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }] => {
                text.inner().parse().map(Constant::Day).map_err(|_| Outside {
                    problem: format!("`{}` is not a day", cut(text.inner())),
                    remedy: "write date(\"2026-01-31\")".to_owned(),
                })
            }
            _ => Err(Outside {
                problem: "date() of something else than one text".to_owned(),
                remedy: "write date(\"2026-01-31\")".to_owned(),
            }),
        },
        Expr::Ident(_) => Err(Outside::new("a field is compared with another field")),
        _ => Err(Outside::new("a field is compared with something else than a whole number, a text or a day")),
    }
}

/// A field of the form: `both_registered` means `both-registered`.
fn field(name: &str) -> Result<Slug, Outside> {
    if name.contains('-') || name.starts_with('.') {
        return Err(Outside::new(format!("`{}` is no field", cut(name))));
    }
    Slug::new(&name.replace('_', "-")).map_err(|_| Outside::new(format!("`{}` is no field", cut(name))))
}
