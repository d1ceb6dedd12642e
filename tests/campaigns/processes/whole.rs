//! The world of the engine's own tests, for its running engine.

#[path = "../../engine/whole/world.rs"]
pub mod world;
