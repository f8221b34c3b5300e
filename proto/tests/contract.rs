//! What callers build on, one line for each thing, compared with `api.golden`.
//!
//! A line that changes or goes away breaks somebody; a new line does not.
//! `UPDATE_EXPECT=1 cargo test -p livshandelse-proto` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use expect_test::expect_file;
use livshandelse_proto::{FILE_DESCRIPTOR_SET, v1};
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, ServiceDescriptorProto,
};

const PACKAGE: &str = "livshandelse.v1";

#[test]
fn the_contract_is_the_one_that_callers_know() {
    expect_file!["../api.golden"].assert_eq(&render());
}

#[test]
fn every_enum_begins_with_a_value_that_says_nothing() {
    for enumeration in ours().iter().flat_map(|file| &file.enum_type) {
        let zero = &enumeration.value[0];
        assert_eq!(zero.number(), 0, "{}", enumeration.name());
        assert!(zero.name().ends_with("_UNSPECIFIED"), "{}", zero.name());
    }
}

#[test]
fn every_change_carries_a_request_id() {
    // Reads, watches, and what is safe to repeat by itself: a hand-over has its
    // effect key, time moves to a named moment, draining twice is draining.
    let without = [
        "ListLifeEvents",
        "GetLifeEvent",
        "PreviewCase",
        "GetCase",
        "GetContact",
        "ListCases",
        "WatchCase",
        "WatchCases",
        "ListCaseEvents",
        "PerformStep",
        "CancelStep",
        "GetStepStatus",
        "GetStepType",
        "GetTaskByCaseNumber",
        "GetNextTime",
        "AdvanceTime",
        "ListIncidents",
        "GetTopology",
        "GetRevisionStatus",
        "ReportBounce",
        "Drain",
        "GetAttachment",
        "ListAttachments",
        "DownloadAttachment",
        "DownloadTaskAttachment",
        // Carries it in the first message of its stream.
        "UploadAttachment",
    ];
    let files = ours();
    for method in files.iter().flat_map(|file| &file.service).flat_map(|service| &service.method) {
        let request = files
            .iter()
            .flat_map(|file| &file.message_type)
            .find(|message| short(method.input_type()) == message.name())
            .unwrap();
        assert_eq!(
            request.field.iter().any(|field| field.name() == "request_id"),
            !without.contains(&method.name()),
            "{}",
            method.name()
        );
    }
}

#[test]
fn a_reason_is_written_without_its_prefix_and_read_back() {
    let reason = v1::ErrorReason::EtagMismatch;
    assert_eq!(reason.as_reason(), "ETAG_MISMATCH");
    assert_eq!(v1::ErrorReason::from_reason("ETAG_MISMATCH"), Some(reason));
    assert_eq!(v1::ErrorReason::from_reason("OF_A_LATER_VERSION"), None);
}

/// The files of our own package, without what they import.
fn ours() -> Vec<prost_types::FileDescriptorProto> {
    let mut files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    files.retain(|file| file.package() == PACKAGE);
    files
}

fn render() -> String {
    let files = ours();
    let mut services: Vec<_> = files.iter().flat_map(|file| &file.service).collect();
    let mut messages: Vec<_> = files.iter().flat_map(|file| &file.message_type).collect();
    let mut enums: Vec<_> = files.iter().flat_map(|file| &file.enum_type).collect();
    services.sort_by_key(|service| service.name());
    messages.sort_by_key(|message| message.name());
    enums.sort_by_key(|enumeration| enumeration.name());

    let mut out = format!("package {PACKAGE}\n");
    services.into_iter().for_each(|service| render_service(service, &mut out));
    messages.into_iter().for_each(|message| render_message(message, &mut out));
    enums.into_iter().for_each(|enumeration| render_enum(enumeration, &mut out));
    out
}

fn render_service(service: &ServiceDescriptorProto, out: &mut String) {
    writeln!(out, "\nservice {}", service.name()).unwrap();
    for method in &service.method {
        let stream = |is_streaming: bool| if is_streaming { "stream " } else { "" };
        let (of, to) = (stream(method.client_streaming()), stream(method.server_streaming()));
        let (input, output) = (short(method.input_type()), short(method.output_type()));
        writeln!(out, "method {}.{}({of}{input}) -> {to}{output}", service.name(), method.name()).unwrap();
    }
}

fn render_message(message: &DescriptorProto, out: &mut String) {
    assert!(
        message.nested_type.is_empty() && message.enum_type.is_empty(),
        "{} holds types of its own; put them beside it",
        message.name()
    );
    writeln!(out, "\nmessage {}", message.name()).unwrap();
    let mut fields: Vec<_> = message.field.iter().collect();
    fields.sort_by_key(|field| field.number());
    for field in fields {
        writeln!(
            out,
            "field {}.{} = {} {}{}",
            message.name(),
            field.name(),
            field.number(),
            type_of(field),
            presence_of(field, message)
        )
        .unwrap();
    }
    for reserved in &message.reserved_range {
        writeln!(out, "reserved {} {}..{}", message.name(), reserved.start(), reserved.end()).unwrap();
    }
}

fn render_enum(enumeration: &EnumDescriptorProto, out: &mut String) {
    writeln!(out, "\nenum {}", enumeration.name()).unwrap();
    for value in &enumeration.value {
        writeln!(out, "value {}.{} = {}", enumeration.name(), value.name(), value.number()).unwrap();
    }
}

fn type_of(field: &FieldDescriptorProto) -> String {
    let name = match field.r#type() {
        Type::Message | Type::Enum => short(field.type_name()).to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    match field.label() {
        Label::Repeated => format!("repeated {name}"),
        Label::Optional | Label::Required => name,
    }
}

fn presence_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    match field.oneof_index {
        _ if field.proto3_optional() => " optional".to_owned(),
        Some(index) => {
            let oneof = &message.oneof_decl[usize::try_from(index).unwrap()];
            format!(" in {}", oneof.name())
        }
        None => String::new(),
    }
}

/// A type's name without our own package.
fn short(full: &str) -> &str {
    let full = full.trim_start_matches('.');
    full.strip_prefix(PACKAGE).and_then(|name| name.strip_prefix('.')).unwrap_or(full)
}
