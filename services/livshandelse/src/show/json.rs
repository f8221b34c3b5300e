//! Messages of the contract as JSON, by the protobuf rules (ProtoJSON): names in lowerCamelCase, times in RFC 3339.

use livshandelse_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use std::sync::LazyLock;

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|error| error.to_string()));

/// Why something cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    /// The contract's own description cannot be read, or lacks the message.
    #[error("the contract does not describe {message}: {reason}")]
    NotDescribed {
        /// The message.
        message: &'static str,
        /// Why.
        reason: String,
    },
}

/// A message as a JSON value. `message` is its name in `livshandelse.v1`.
pub(crate) fn value(message: &'static str, body: &impl Message) -> Result<serde_json::Value, JsonError> {
    let not_described = |reason: String| JsonError::NotDescribed { message, reason };
    let described = dynamic(message, &body.encode_to_vec())?;
    serde_json::to_value(&described).map_err(|error| not_described(error.to_string()))
}

fn dynamic(message: &'static str, bytes: &[u8]) -> Result<DynamicMessage, JsonError> {
    DynamicMessage::decode(descriptor(message)?, bytes)
        .map_err(|error| JsonError::NotDescribed { message, reason: error.to_string() })
}

fn descriptor(message: &'static str) -> Result<prost_reflect::MessageDescriptor, JsonError> {
    let not_described = |reason: String| JsonError::NotDescribed { message, reason };
    let pool = POOL.as_ref().map_err(|reason| not_described(reason.clone()))?;
    pool.get_message_by_name(&format!("livshandelse.v1.{message}"))
        .ok_or_else(|| not_described("there is no such message".to_owned()))
}
