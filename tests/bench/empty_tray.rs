//! A Tauri app that has a tray icon with one entry and nothing else: what any tray app made with Tauri holds.

use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;

fn main() {
    // Cargo measures nothing here: `cargo xtask bench` starts this and looks at it.
    let built = tauri::Builder::default()
        .setup(|app| {
            let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
            let menu = Menu::with_items(app, &[&quit])?;
            let icon = tauri::image::Image::from_bytes(include_bytes!("../../icons/32x32.png"))?;
            TrayIconBuilder::new().icon(icon).menu(&menu).build(app)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => app.run(|_, event| {
            if let tauri::RunEvent::ExitRequested { api, .. } = event {
                // Without a window it would end at once.
                api.prevent_exit();
            }
        }),
        Err(error) => eprintln!("{error}"),
    }
}
