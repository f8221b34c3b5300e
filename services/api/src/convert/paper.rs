//! Documents that forms name: whether a name is one of the case's, and of a type that the field takes.

use crate::convert::wrong::Wrong;
use crate::name;
use crate::secrets::Secrets;
use livshandelse_core::Definition;
use livshandelse_core::case::NewParty;
use livshandelse_core::command::Filing;
use livshandelse_core::form::{FieldKind, Form};
use livshandelse_core::id::{CaseId, DocumentId, PartyId};
use livshandelse_core::value::{Value, Values};
use livshandelse_proto::v1 as pb;
use livshandelse_store::blobs::Listed;
use livshandelse_workflows::Door;
use prost_types::Struct;
use tokio::sync::OwnedMutexGuard;

use super::filing::party_of;

/// What may be named as a document.
pub(crate) enum Papers {
    /// The documents of a case. While they are held here, none of them is deleted.
    Of {
        /// The case.
        case: CaseId,
        /// What there is.
        listed: Listed,
        /// Keeps deletions waiting.
        _held: OwnedMutexGuard<()>,
    },
    /// Nothing: there is no draft or case yet, or nobody asked.
    Nothing,
    /// Whatever is named: what is only tried out, has no documents to look at.
    Anything,
}

/// What is wrong with a document, and what to do.
type Flaw = (String, String);

impl Papers {
    /// The document that a name stands for, in full or by its last part, if it has one of these media types.
    fn read(&self, text: &str, media_types: &[String]) -> Result<DocumentId, Flaw> {
        let absent = || {
            let remedy = "add it to the draft or the case with UploadAttachment first, and give its name";
            ("no document of this case".to_owned(), remedy.to_owned())
        };
        match self {
            Papers::Of { case, .. } => {
                let named = name::read_attachment(text).ok().filter(|(of, _)| of == case).map(|(_, id)| id);
                let id = named.or_else(|| name::read_document(text)).ok_or_else(absent)?;
                self.check(id, media_types).map(|()| id)
            }
            Papers::Nothing => Err(absent()),
            Papers::Anything => Ok(DocumentId([0; 16])),
        }
    }

    /// Whether a document is there and has one of these media types.
    fn check(&self, id: DocumentId, media_types: &[String]) -> Result<(), Flaw> {
        let Papers::Of { listed, .. } = self else { return Ok(()) };
        match listed.documents.iter().find(|known| known.id == id) {
            Some(known) if media_types.contains(&known.media_type) => Ok(()),
            Some(_) => {
                let known = media_types.join(", ");
                Err(("a document of another type".to_owned(), format!("give one of type {known}")))
            }
            None if listed.removed.contains(&id) => {
                let problem = "a document that has been deleted";
                Err((problem.to_owned(), "add it anew, and give its new name".to_owned()))
            }
            None => Err((
                "no document of this case".to_owned(),
                "add it to the draft or the case with UploadAttachment first, and give its name".to_owned(),
            )),
        }
    }
}

/// Where values come in: parties by their numbers, documents by their names.
pub(crate) struct AtDoor<'a> {
    pub(crate) parties: &'a [NewParty],
    pub(crate) secrets: &'a Secrets,
    pub(crate) papers: &'a Papers,
}

impl Door for AtDoor<'_> {
    fn person(&self, number: &str) -> Result<PartyId, String> {
        party_of(number, self.parties, self.secrets)
    }

    fn document(&self, name: &str, media_types: &[String]) -> Result<DocumentId, Flaw> {
        self.papers.read(name, media_types)
    }
}

/// Whether values name a document, so that the case's have to be looked up.
pub(crate) fn names_any(form: &Form, given: Option<&Struct>) -> bool {
    let is_given = |slug: &str| given.is_some_and(|given| given.fields.contains_key(slug));
    form.fields.iter().any(|field| matches!(field.kind, FieldKind::Document(_)) && is_given(field.slug.as_str()))
}

/// The same for all steps of a case that is filed, or kept.
pub(crate) fn files_any(definition: &Definition, given: &pb::Case) -> bool {
    given.step_inputs.iter().any(|given| {
        let id = given.step.parse::<livshandelse_core::id::StepId>().ok();
        let form = id.and_then(|id| definition.step(&id.slug)).and_then(|step| step.form.as_ref());
        form.is_some_and(|form| names_any(form, given.values.as_ref()))
    })
}

/// Whether values that were kept name a document.
pub(crate) fn keeps_any(values: &Values) -> bool {
    values.values().any(|value| matches!(value, Value::Document(_)))
}

/// Notes each document of a draft that is sent as it is, and that is not there any more.
pub(crate) fn check(filing: &Filing, definition: &Definition, papers: &Papers, wrong: &mut Wrong) {
    for (index, (step, values)) in filing.step_input.iter().enumerate() {
        let form = definition.step(&step.slug).and_then(|step| step.form.as_ref());
        for field in form.iter().flat_map(|form| &form.fields) {
            if let (FieldKind::Document(media_types), Some(Value::Document(id))) =
                (&field.kind, values.get(&field.slug))
                && let Err((problem, remedy)) = papers.check(*id, media_types)
            {
                wrong.add(format!("case.step_inputs[{index}].values.{}", field.slug), problem, remedy);
            }
        }
    }
}
