//! What campaigns share: the words that they are started with, random numbers that come again, and tables.

pub mod options;
pub mod random;
pub mod table;
