//! Tests kit.
