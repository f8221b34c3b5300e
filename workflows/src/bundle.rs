//! A life event's bundle: its files read together, checked together, complained of together.

use crate::complaint::{Complaint, Sheet};
use crate::definition::{Places, parts};
use crate::embedded;
use crate::form;
use crate::reference::registry;
use crate::sample::Sample;
use crate::sample::check::read_samples;
use crate::texts::keys::Keys;
use crate::texts::{LANGUAGES, Texts};
use crate::variation::{Variation, variation};
use livshandelse_core::Definition;
use livshandelse_core::definition::{Fault, Parts, Place};
use livshandelse_core::form::Form;
use livshandelse_core::id::Slug;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Bytes of one file at most, and files of one bundle.
const FILE_BYTES_MAX: u64 = 1 << 20;
const FILES_MAX: usize = 500;

/// The files of a bundle by their path in its folder.
pub(crate) type Files = BTreeMap<String, String>;

/// A life event, checked, with everything that is shown of it.
#[derive(Debug)]
pub struct Bundle {
    /// The checked definition.
    pub definition: Arc<Definition>,
    /// Its texts.
    pub texts: Texts,
    /// Its samples, by name.
    pub samples: Vec<Sample>,
    /// The JSON Schema of each form as it stands in its file, by the form's slug.
    pub schemas: BTreeMap<Slug, String>,
    /// What municipalities set themselves.
    pub variations: Vec<Variation>,
}

impl Bundle {
    /// Reads a bundle from its folder.
    ///
    /// The definition's digest is blake3 over `definition.toml` and the forms: texts may be corrected, and samples,
    /// scenarios and variations added, without a new revision.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong in it, by file and line.
    pub fn read(folder: &Path) -> Result<Bundle, Vec<Complaint>> {
        Bundle::parse(&files_of(folder)?)
    }

    /// A bundle that is built in, by its life event's name.
    ///
    /// # Errors
    ///
    /// Returns what is wrong in it, or that there is none of that name.
    pub fn embedded(life_event: &str) -> Result<Bundle, Vec<Complaint>> {
        match embedded::files(life_event) {
            Some(files) => Bundle::parse(&files),
            None => Err(vec![Complaint {
                file: life_event.chars().take(80).collect(),
                line: 1,
                column: 1,
                problem: "no life event of that name is built in".to_owned(),
                remedy: format!("use one of: {}", embedded::NAMES.join(", ")),
            }]),
        }
    }

    /// The names of the life events that are built in.
    pub fn embedded_names() -> &'static [&'static str] {
        embedded::NAMES
    }

    /// The files of a life event that is built in, by their path in its folder: what is kept of a published revision.
    pub fn embedded_files(life_event: &str) -> Option<BTreeMap<String, String>> {
        embedded::files(life_event)
    }

    /// The files of a bundle's folder by their path in it, scenarios excepted: what is published of it. Nothing is checked.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, or that there are too many.
    pub fn files(folder: &Path) -> Result<BTreeMap<String, String>, Vec<Complaint>> {
        files_of(folder)
    }

    /// Reads a bundle from its files by their path: what was kept of an earlier revision.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong in it, by file and line.
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Bundle, Vec<Complaint>> {
        Bundle::parse(files)
    }

    /// Reads a bundle from its files.
    pub(crate) fn parse(files: &Files) -> Result<Bundle, Vec<Complaint>> {
        let mut complaints = Vec::new();
        let read_forms: RefCell<BTreeMap<Slug, Option<form::ReadForm>>> = RefCell::default();
        let form_complaints: RefCell<Vec<Complaint>> = RefCell::default();

        let nothing = String::new();
        let sheet = Sheet::new("definition.toml", files.get("definition.toml").unwrap_or(&nothing));
        if !files.contains_key("definition.toml") {
            sheet.complain(0, "the file is missing", "write it: it names the life event's steps");
        }
        let forms = |slug: &Slug, offset: usize| -> Option<Form> {
            if let Some(known) = read_forms.borrow().get(slug) {
                return known.as_ref().map(|read| read.form.clone());
            }
            let path = form_path(slug);
            let Some(text) = files.get(&path) else {
                sheet.complain(offset, format!("there is no file `{path}`"), "add it, or name another form");
                return None;
            };
            let form_sheet = Sheet::new(&path, text);
            let read = form::form(&form_sheet, slug);
            form_complaints.borrow_mut().extend(form_sheet.into_complaints());
            let form = read.as_ref().map(|read| read.form.clone());
            read_forms.borrow_mut().insert(slug.clone(), read);
            form
        };
        let is_there = files.contains_key("definition.toml");
        let mut read = if is_there { parts(&sheet, digest(files), &forms) } else { None };
        if let Some((parts, places)) = &mut read {
            let complaints = form_complaints.borrow();
            places.is_form_hurt = is_hurt(&complaints, &parts.form);
            let hurt = |form: &Form| is_hurt(&complaints, form);
            let hurt = parts.steps.iter().filter(|step| step.form.as_ref().is_some_and(hurt));
            places.hurt_steps.extend(hurt.map(|step| step.slug.clone()));
        }
        let definition = match &read {
            None => None,
            Some((parts, places)) => match Definition::new(parts.clone()) {
                Ok(definition) => Some(Arc::new(definition)),
                Err(faults) => {
                    let foreign = report(&sheet, faults, places, &read_forms.borrow(), files);
                    form_complaints.borrow_mut().extend(foreign);
                    None
                }
            },
        };
        let is_whole = sheet.complaint_count() == 0 && form_complaints.borrow().is_empty();
        complaints.extend(sheet.into_complaints());
        complaints.extend(form_complaints.into_inner());
        let read_forms = read_forms.into_inner();
        let form_files = files.keys().filter(|path| path.starts_with("forms/"));
        for path in form_files.filter(|_| read.is_some()) {
            if !read_forms.keys().any(|slug| form_path(slug) == *path) {
                complaints.push(at_start(path, "nobody asks for this form", "remove it, or name it in a step"));
            }
        }

        let parts = read.map(|(parts, _)| parts);
        let texts = read_texts(files, parts.as_ref(), is_whole, &mut complaints);
        let variations = read_variations(files, parts.as_ref(), &mut complaints);
        let samples = read_samples(files, parts.as_ref(), &mut complaints);
        complaints.sort();
        match definition {
            Some(definition) if complaints.is_empty() => {
                let schemas = read_forms
                    .into_keys()
                    .filter_map(|slug| files.get(&form_path(&slug)).map(|text| (slug, text.clone())))
                    .collect();
                Ok(Bundle { definition, texts, samples, schemas, variations })
            }
            Some(_) | None => Err(complaints),
        }
    }
}

fn form_path(slug: &Slug) -> String {
    format!("forms/{slug}.schema.json")
}

fn at_start(file: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Complaint {
    Complaint { file: file.to_owned(), line: 1, column: 1, problem: problem.into(), remedy: remedy.into() }
}

/// blake3 over name and bytes of everything that a case is pinned to.
fn digest(files: &Files) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (path, text) in files {
        if path == "definition.toml" || path.starts_with("forms/") {
            for part in [path, text] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
    }
    *hasher.finalize().as_bytes()
}

/// Gives the core's faults their lines. Faults that only follow from what could not be read are left out. Returns those
/// that belong to a form's file.
fn report(
    sheet: &Sheet<'_>,
    faults: Vec<Fault>,
    places: &Places,
    forms: &BTreeMap<Slug, Option<form::ReadForm>>,
    files: &Files,
) -> Vec<Complaint> {
    let mut foreign = Vec::new();
    let was_hurt = sheet.complaint_count() > 0;
    for fault in faults {
        let in_form = match &fault.place {
            Place::Form(slug) => forms.get(slug).map(|read| (slug, read.as_ref(), None)),
            Place::Field { form, field } => forms.get(form).map(|read| (form, read.as_ref(), Some(field))),
            Place::Condition(_) | Place::Clock { .. } if places.is_form_hurt => continue,
            Place::Step(step)
            | Place::Condition(step)
            | Place::Need { step, .. }
            | Place::Use { step, .. }
            | Place::Clock { step, .. } => {
                if places.hurt_steps.contains(step) {
                    continue;
                }
                None
            }
            Place::Whole | Place::Agency(_) | Place::Role(_) | Place::Group(_) => {
                if was_hurt || places.is_form_hurt {
                    continue;
                }
                None
            }
        };
        let Some((slug, read, field)) = in_form else {
            sheet.complain(places.offset_of(&fault.place), fault.problem, fault.remedy);
            continue;
        };
        let path = form_path(slug);
        let text = files.get(&path).map_or("", String::as_str);
        let form_sheet = Sheet::new(&path, text);
        let offset = read
            .zip(field)
            .and_then(|(read, field)| {
                let index = read.form.fields.iter().position(|known| known.slug == *field)?;
                read.offsets.get(index).copied()
            })
            .unwrap_or(0);
        form_sheet.complain(offset, fault.problem, fault.remedy);
        foreign.extend(form_sheet.into_complaints());
    }
    foreign
}

fn read_texts(files: &Files, parts: Option<&Parts>, is_whole: bool, complaints: &mut Vec<Complaint>) -> Texts {
    let keys = parts.map(Keys::of);
    let amounts = parts.iter().flat_map(|parts| &parts.steps).flat_map(|step| &step.amounts).collect();
    let nothing = String::new();
    let paths = LANGUAGES.map(|language| format!("texts/{language}.ftl"));
    let own: Vec<Sheet<'_>> = paths.iter().map(|path| Sheet::new(path, files.get(path).unwrap_or(&nothing))).collect();
    let shared = LANGUAGES.map(|language| Sheet::new("../texts", embedded::shared_texts(language)));
    let by_language: Vec<_> = LANGUAGES
        .into_iter()
        .zip(shared.iter().zip(&own))
        .map(|(language, (shared, own))| (language, vec![shared, own]))
        .collect();
    let texts = Texts::read(&by_language);
    for ((language, path), sheet) in LANGUAGES.into_iter().zip(&paths).zip(own) {
        match (&keys, files.contains_key(path)) {
            (_, false) => sheet.complain(0, "the file is missing", "write it: every text is in every language"),
            (Some(keys), true) => {
                keys.check(&sheet, is_whole);
                texts.check_filled(language, &sheet, &amounts);
            }
            (None, true) => {}
        }
        complaints.extend(sheet.into_complaints());
    }
    for path in files.keys().filter(|path| path.starts_with("texts/") && !paths.contains(path)) {
        complaints.push(at_start(path, "a file of no known language", format!("use {}", LANGUAGES.join(", "))));
    }
    for sheet in shared {
        complaints.extend(sheet.into_complaints());
    }
    texts
}

fn read_variations(files: &Files, parts: Option<&Parts>, complaints: &mut Vec<Complaint>) -> Vec<Variation> {
    let mut variations = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("variations/")) {
        let sheet = Sheet::new(path, text);
        variations.extend(variation(&sheet, &stem(path), parts, registry()));
        complaints.extend(sheet.into_complaints());
    }
    variations
}

pub(crate) fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// Reads the files of a bundle's folder, its scenarios excepted.
fn files_of(folder: &Path) -> Result<Files, Vec<Complaint>> {
    let unreadable = |path: &str, error: std::io::Error| {
        vec![at_start(path, format!("cannot be read: {error}"), "make it a readable file of UTF-8 text")]
    };
    let mut files = Files::new();
    for part in ["", "forms", "texts", "variations", "samples"] {
        let inner = folder.join(part);
        if !part.is_empty() && !inner.is_dir() {
            continue;
        }
        let entries = std::fs::read_dir(&inner).map_err(|error| unreadable(&inner.display().to_string(), error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(part, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_wanted = if part.is_empty() { name == "definition.toml" } else { !name.starts_with('.') };
            if !is_wanted {
                continue;
            }
            let path = if part.is_empty() { name } else { format!("{part}/{name}") };
            let metadata = entry.metadata().map_err(|error| unreadable(&path, error))?;
            if metadata.len() > FILE_BYTES_MAX || files.len() >= FILES_MAX {
                let problem = format!("more than {FILES_MAX} files, or one above {FILE_BYTES_MAX} bytes");
                return Err(vec![at_start(&path, problem, "divide the life event")]);
            }
            let text = std::fs::read_to_string(entry.path()).map_err(|error| unreadable(&path, error))?;
            files.insert(path, text);
        }
    }
    Ok(files)
}

/// Whether a form's own file has complaints.
fn is_hurt(complaints: &[Complaint], form: &Form) -> bool {
    complaints.iter().any(|complaint| complaint.file == form_path(&form.slug))
}
