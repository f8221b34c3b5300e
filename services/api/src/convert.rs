//! Between the contract and the core: every wrong field at once, with its path; nothing of the contract goes further in.

pub(crate) mod contact;
pub(crate) mod fact;
pub(crate) mod filing;
pub(crate) mod mandate;
pub(crate) mod paper;
pub(crate) mod report;
pub(crate) mod time;
pub(crate) mod value;
pub(crate) mod word;
pub(crate) mod wrong;
