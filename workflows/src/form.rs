//! Reads a form from its JSON Schema: flat, ordered, one small profile.

use crate::complaint::Sheet;
use crate::json::key_places;
use crate::sample::Who;
use crate::table::cut;
use livshandelse_core::form::{Field, FieldKind, Form, MEDIA_TYPES};
use livshandelse_core::id::Slug;
use serde_json::{Map, Value};

/// The version of JSON Schema that forms are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keys that say nothing to a form and may stand there for people and editors.
const REMARKS: [&str; 4] = ["$id", "$comment", "title", "description"];

const KINDS: &str = "use \"boolean\", \"integer\" with minimum and maximum, or \"string\" with maxLength, enum, \
                     format date, format personnummer, format municipality or format document";

/// A form with where its fields stand.
pub(crate) struct ReadForm {
    pub(crate) form: Form,
    /// By index of the field.
    pub(crate) offsets: Vec<usize>,
}

/// Reads the form `slug` from its schema. Complaints go to the sheet; what could be read is returned.
pub(crate) fn form(sheet: &Sheet<'_>, slug: &Slug) -> Option<ReadForm> {
    let schema: Map<String, Value> = match serde_json::from_str(sheet.text) {
        Ok(schema) => schema,
        Err(error) => {
            sheet.complain_of_json(&error, "mend the JSON here: a form is one object");
            return None;
        }
    };
    let reader = Reader { sheet, places: key_places(sheet.text) };
    reader.outer(&schema);
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => Vec::new(),
    };
    let Some(Value::Object(properties)) = schema.get("properties") else {
        sheet.complain(0, "`properties` is missing", "add `\"properties\": { … }` with one entry a field");
        return None;
    };
    for name in &required {
        if !properties.contains_key(*name) {
            reader.complain(
                "/required",
                format!("`{}` is required and no property", cut(name)),
                "remove it from `required`, or add the property",
            );
        }
    }
    let (mut fields, mut offsets) = (Vec::new(), Vec::new());
    for (name, property) in properties {
        let path = format!("/properties/{name}");
        if let Some(field) = reader.field(slug, &path, name, property, required.contains(&name.as_str())) {
            fields.push(field);
            offsets.push(reader.offset_of(&path));
        }
    }
    Some(ReadForm { form: Form { slug: slug.clone(), fields }, offsets })
}

struct Reader<'a> {
    sheet: &'a Sheet<'a>,
    places: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn offset_of(&self, path: &str) -> usize {
        self.places.iter().find(|(known, _)| known == path).map_or(0, |(_, offset)| *offset)
    }

    fn complain(&self, path: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.sheet.complain(self.offset_of(path), problem, remedy);
    }

    /// The keys around the properties, and keys that stand twice.
    fn outer(&self, schema: &Map<String, Value>) {
        let mut seen = std::collections::BTreeSet::new();
        for (path, offset) in &self.places {
            if !seen.insert(path) {
                self.sheet.complain(*offset, format!("`{path}` stands twice"), "remove one of them");
            }
        }
        for (key, expected) in [
            ("$schema", Value::from(DIALECT)),
            ("type", Value::from("object")),
            ("additionalProperties", Value::from(false)),
        ] {
            if schema.get(key) != Some(&expected) {
                self.complain(
                    &format!("/{key}"),
                    format!("`{key}` is not {expected}"),
                    format!("write `\"{key}\": {expected}`"),
                );
            }
        }
        match schema.get("required") {
            None => {}
            Some(Value::Array(names)) if names.iter().all(Value::is_string) => {}
            Some(_) => self.complain("/required", "`required` is not a list of names", "give a list of property names"),
        }
        for key in schema.keys() {
            let is_known =
                ["$schema", "type", "additionalProperties", "required", "properties"].contains(&key.as_str());
            if !is_known && !REMARKS.contains(&key.as_str()) {
                self.complain(&format!("/{key}"), format!("`{}` is not a key of the profile", cut(key)), "remove it");
            }
        }
    }

    fn field(&self, form: &Slug, path: &str, name: &str, property: &Value, is_required: bool) -> Option<Field> {
        let slug = match Slug::new(name) {
            Ok(slug) => slug,
            Err(error) => {
                self.complain(path, error.to_string(), "name the field in lower-case words joined by `-`");
                return None;
            }
        };
        let Value::Object(property) = property else {
            self.complain(path, format!("`{name}` is not an object"), KINDS);
            return None;
        };
        self.text_key(form, path, name, property);
        let evidence = match property.get("x-evidence") {
            None => None,
            Some(value) => match value.as_str().map(Slug::new) {
                Some(Ok(evidence)) => Some(evidence),
                Some(Err(_)) | None => {
                    self.complain(&format!("{path}/x-evidence"), "`x-evidence` is not a slug", "name an evidence");
                    None
                }
            },
        };
        let asked_of = property.get("x-asked-of").and_then(|value| {
            let read = value.as_str().and_then(Who::parse).and_then(Who::asked_of);
            if read.is_none() {
                let problem = "`x-asked-of` is not a role, or a role and a number";
                self.complain(&format!("{path}/x-asked-of"), problem, "write `\"applicant\"`, or `\"helper.2\"`");
            }
            read
        });
        let kind = self.kind(path, name, property)?;
        Some(Field { slug, kind, is_required, evidence, asked_of })
    }

    fn text_key(&self, form: &Slug, path: &str, name: &str, property: &Map<String, Value>) {
        let expected = format!("form-{form}-{name}");
        if property.get("x-text").and_then(Value::as_str) != Some(&expected) {
            self.complain(
                path,
                format!("the text of `{name}` is not `{expected}`"),
                format!("write `\"x-text\": \"{expected}\"`"),
            );
        }
    }

    fn kind(&self, path: &str, name: &str, property: &Map<String, Value>) -> Option<FieldKind> {
        let number = |key: &str| property.get(key).and_then(Value::as_i64);
        let (kind, allowed): (Option<FieldKind>, &[&str]) = match property.get("type").and_then(Value::as_str) {
            Some("boolean") => (Some(FieldKind::Flag), &[]),
            Some("integer") => match (number("minimum"), number("maximum")) {
                (Some(min), Some(max)) => (Some(FieldKind::Number { min, max }), &["minimum", "maximum"]),
                _ => (None, &[]),
            },
            Some("string") => match (property.get("format").and_then(Value::as_str), property.get("enum")) {
                (Some("date"), None) => (Some(FieldKind::Day), &["format"]),
                (Some("personnummer"), None) => (Some(FieldKind::Party), &["format"]),
                (Some("municipality"), None) => (Some(FieldKind::Municipality), &["format"]),
                (Some("document"), None) => (media_types(property), &["format", "x-media-types"]),
                (None, Some(Value::Array(choices))) => {
                    let read: Vec<String> = choices.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                    let is_whole = read.len() == choices.len() && read.iter().all(|choice| Slug::new(choice).is_ok());
                    (is_whole.then_some(FieldKind::Choice(read)), &["enum"])
                }
                (None, None) => {
                    let length_max = number("maxLength").and_then(|length| usize::try_from(length).ok());
                    (length_max.map(|length_max| FieldKind::Text { length_max }), &["maxLength"])
                }
                _ => (None, &[]),
            },
            Some(_) | None => (None, &[]),
        };
        if kind.is_none() {
            self.complain(path, format!("`{name}` is not of a kind that forms have"), KINDS);
            return None;
        }
        for key in property.keys() {
            let key = key.as_str();
            let is_known = ["type", "x-text", "x-evidence", "x-asked-of"].contains(&key) || allowed.contains(&key);
            if !is_known && !REMARKS.contains(&key) {
                self.complain(
                    &format!("{path}/{key}"),
                    format!("`{}` says nothing of a field of this kind", cut(key)),
                    "remove it",
                );
            }
        }
        kind
    }
}

/// What a document may be: one of the listed types, or any that there is where none is listed.
fn media_types(property: &Map<String, Value>) -> Option<FieldKind> {
    let listed = match property.get("x-media-types") {
        None => MEDIA_TYPES.map(str::to_owned).to_vec(),
        Some(Value::Array(types)) => {
            types.iter().map(|given| given.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?
        }
        Some(_) => return None,
    };
    Some(FieldKind::Document(listed))
}
