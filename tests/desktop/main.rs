//! Integration tests of the desktop app.
