//! The app as a whole, the real program on a desktop of its own: tray, window, notifications, starts and ends.

mod autostart;
mod browser;
mod clipboard;
pub mod driver;
mod dropped;
mod lasting;
mod listener;
mod notifications;
mod remote;
mod screen;
mod sleep;
mod starts;
mod toasts;
mod tray;
mod updates;
mod window;
pub mod world;
