//! Settings of the desktop's programs.

use std::io;
use std::path::{Path, PathBuf};

/// The notification daemon of Xfce: it has real buttons, which a person can press. Not in `PATH`.
pub(super) fn notification_daemon() -> io::Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
    let places = folders.chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")]);
    let mut daemons = places.map(|folder| folder.join("xfce4/notifyd/xfce4-notifyd"));
    daemons.find(|path| path.is_file()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "xfce4-notifyd is not installed: cargo xtask setup does that")
    })
}

/// A panel at the top: open windows at the left, the tray at the right.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="DARK"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="16"/>
      <property name="size" type="uint" value="28"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray"/>
  </property>
</channel>
"#;

/// Notifications stay until they are answered: nobody races with a timer.
const NOTIFICATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="expire-timeout-enabled" type="bool" value="false"/>
  <property name="notify-location" type="uint" value="2"/>
  <property name="do-fadeout" type="bool" value="false"/>
  <property name="do-slideout" type="bool" value="false"/>
  <property name="initial-opacity" type="double" value="1.0"/>
  <property name="log-level" type="uint" value="0"/>
  <property name="notification-log" type="bool" value="false"/>
</channel>
"#;

/// Writes them below `home`.
pub(super) fn write(home: &Path, dark: bool) -> io::Result<()> {
    let folder = home.join(".config/xfce4/xfconf/xfce-perchannel-xml");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(
        folder.join("xfce4-panel.xml"),
        PANEL.replace("DARK", if dark { "true" } else { "false" }),
    )?;
    std::fs::write(folder.join("xfce4-notifyd.xml"), NOTIFICATIONS)?;
    let gtk = home.join(".config/gtk-3.0");
    std::fs::create_dir_all(&gtk)?;
    // A blinking cursor would make two pictures of one thing differ.
    let prefer = u8::from(dark);
    let text = format!(
        "[Settings]\ngtk-cursor-blink=0\ngtk-enable-animations=0\ngtk-application-prefer-dark-theme={prefer}\n"
    );
    std::fs::write(gtk.join("settings.ini"), text)
}
