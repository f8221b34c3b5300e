//! Placeholder until the tests below are written.
