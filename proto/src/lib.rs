//! The contract `livshandelse.v1`: messages, clients and server traits.
//!
//! The `.proto` files beside this crate are the truth; what they say is the
//! documentation of every item in [`v1`]. The Rust in `src/gen` is made from them
//! and committed, so that nobody needs `protoc`. After changing a `.proto` file:
//!
//! ```text
//! UPDATE_EXPECT=1 cargo test -p livshandelse-proto
//! ```
//!
//! and read the difference in `api.golden`: that is what callers will see.
//!
//! - portals call [`v1::life_event_service_client`] and [`v1::case_service_client`];
//! - an agency implements [`v1::agency_step_service_server`] and reports through
//!   [`v1::agency_work_service_client`]; in demonstrations also
//!   [`v1::time_lapse_service_server`];
//! - operators call [`v1::operations_service_client`].
//!
//! Nothing is checked here: what a comment says of a field is enforced by the
//! receiver. The numbers that the comments name are constants in [`limits`].

pub mod limits;
mod reason;

/// Package `livshandelse.v1`, as made from the `.proto` files.
#[allow(
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::cast_possible_truncation,
    clippy::large_futures,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    missing_docs,
    let_underscore_drop,
    unreachable_pub,
    reason = "generated code"
)]
pub mod v1 {
    include!("gen/livshandelse.v1.rs");
}

/// The contract as an encoded `google.protobuf.FileDescriptorSet` with all that it
/// imports, for server reflection. Holds no comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptor.bin");

/// Metadata that says who calls: `person:{identity number}`, `agency:{slug}` or
/// `operator:{name}`. Required on every call.
pub const ACTOR_METADATA: &str = "x-livshandelse-actor";

/// Metadata that says what for; shown in the access log. Required on every call.
pub const PURPOSE_METADATA: &str = "x-livshandelse-purpose";

/// The domain in every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "livshandelse";
