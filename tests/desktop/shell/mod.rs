//! The app as a whole, the real program on a desktop of its own: tray, window, notifications, starts and ends.

mod autostart;
mod browser;
mod clipboard;
mod driver;
mod dropped;
mod listener;
mod notifications;
mod remote;
mod screen;
mod starts;
mod toasts;
mod tray;
mod window;
mod world;
