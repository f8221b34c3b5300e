//! The journal: append-only segments that everything else can be rebuilt from.
//!
//! A batch of records is one write and one sync. Segments are filled with zeros before they are used, so that a sync has no metadata to write, and
//! the next one is prepared before it is needed. After an unclean stop the good part of the last segment is copied to a new file and synced, because what
//! can be read then need not be what the disk has.

pub(crate) mod layout;
pub(crate) mod scan;
mod segments;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use segments::Segments;
pub(crate) use write::{Ladder, Ready, Streams, Tail, Writer, build, section_associated};
