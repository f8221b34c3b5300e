//! What stands in the records of a list of documents. What was written once stays readable: numbers are never used for anything else.

use prost::Message;

/// The first section of a record, in the space of the list: what happened.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Change {
    /// When, in civil time: milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub(super) at_ms: i64,
    /// The request's id, 16 bytes; empty when the list begins.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) request: Vec<u8>,
    /// A keyed digest of the request's body, 16 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) body: Vec<u8>,
    /// What.
    #[prost(oneof = "What", tags = "4, 5, 6, 7, 8")]
    pub(super) what: Option<What>,
}

/// What happened.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum What {
    /// The list began; the key of its contents' digests, 32 bytes.
    #[prost(bytes, tag = "4")]
    Begun(Vec<u8>),
    /// A document was added.
    #[prost(message, tag = "5")]
    Added(Which),
    /// A document was removed.
    #[prost(message, tag = "6")]
    Removed(Which),
    /// An upload began; the document is added when it is whole.
    #[prost(message, tag = "7")]
    UploadBegun(Which),
    /// An upload was given up.
    #[prost(message, tag = "8")]
    UploadDropped(Which),
}

/// Which document.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Which {
    /// Its number in the list, from 1: also the space of what is known of it.
    #[prost(uint32, tag = "1")]
    pub(super) number: u32,
    /// Its id, 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) id: Vec<u8>,
}

/// The second section of the record that adds a document, or begins its upload, in a space of the document's own. Of an upload the digests
/// are not known yet, and chance names its part.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Entry {
    /// What the file was called.
    #[prost(string, tag = "1")]
    pub(super) file_name: String,
    /// Its media type.
    #[prost(string, tag = "2")]
    pub(super) media_type: String,
    /// Bytes of its content.
    #[prost(uint64, tag = "3")]
    pub(super) len: u64,
    /// The caller's digest of the content, 32 bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub(super) digest: Vec<u8>,
    /// The file's name: the keyed digest of the content, 32 bytes, …
    #[prost(bytes = "vec", tag = "5")]
    pub(super) file_digest: Vec<u8>,
    /// … and chance, 8 bytes.
    #[prost(bytes = "vec", tag = "6")]
    pub(super) file_chance: Vec<u8>,
    /// The file's key, 32 bytes.
    #[prost(bytes = "vec", tag = "7")]
    pub(super) file_key: Vec<u8>,
}
