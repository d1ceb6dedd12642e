//! What is stored of an account: cookies and records.

mod jar;
mod record;
mod stores;
