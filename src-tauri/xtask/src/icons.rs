//! All icons from `icons/*.svg`: the sizes that packages need, and the tray's states in four colours.

use std::path::{Path, PathBuf};

use crate::shell::{Done, command, has, root, run};

/// Tray states: file, colour on light panels, on dark ones (look.md, "States"), and on any, between the two:
/// most panels do not tell what they are.
const STATES: [(&str, &str, &str, &str); 5] = [
    ("fine", "#0f766e", "#5eead4", "#0d9488"),
    ("working", "#0f766e", "#5eead4", "#0d9488"),
    ("waiting", "#475569", "#94a3b8", "#64748b"),
    ("paused", "#475569", "#94a3b8", "#64748b"),
    ("needs-you", "#b45309", "#fcd34d", "#d97706"),
];
/// Sizes of tray icons: one, and one for dense screens.
const TRAY: [u32; 2] = [32, 44];
/// Sizes within a Windows icon.
const ICO: [u32; 6] = [16, 24, 32, 48, 64, 256];
/// Types and sizes within an Apple icon.
const ICNS: [(&[u8; 4], u32); 8] = [
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic09", 512),
    (b"ic10", 1024),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic13", 256),
    (b"ic14", 512),
];

/// Writes all of them.
pub fn write() -> Done {
    if !has("rsvg-convert") {
        return Err("rsvg-convert is not installed (Debian: librsvg2-bin)".to_owned());
    }
    let icons = root().join("icons");
    let lamp = icons.join("lamplighter.svg");
    for (size, name) in [(32, "32x32.png"), (128, "128x128.png"), (256, "128x128@2x.png"), (512, "icon.png")]
    {
        render(&lamp, size, None, &icons.join(name))?;
    }
    tray(&icons.join("tray"))?;
    put(&icons.join("icon.ico"), &ico(&lamp)?)?;
    put(&icons.join("icon.icns"), &icns(&lamp)?)
}

fn tray(folder: &Path) -> Done {
    for (state, light, dark, any) in STATES {
        for (name, colour) in [("light", light), ("dark", dark), ("any", any), ("template", "#000000")] {
            for size in TRAY {
                let to = folder.join(format!("{state}-{name}-{size}.png"));
                render(&folder.join(format!("{state}.svg")), size, Some(colour), &to)?;
            }
        }
    }
    Ok(())
}

/// `colour` is what `currentColor` stands for in the drawing.
fn render(svg: &Path, size: u32, colour: Option<&str>, to: &Path) -> Done {
    let size = size.to_string();
    let mut convert = command("rsvg-convert", &["-w", &size, "-h", &size]);
    let style = scratch("css");
    if let Some(colour) = colour {
        put(&style, format!("svg{{color:{colour}}}").as_bytes())?;
        convert.arg("--stylesheet").arg(&style);
    }
    let done = run(convert.arg(svg).arg("-o").arg(to));
    // It is there only where there was a colour.
    _ = std::fs::remove_file(style);
    done
}

fn png(svg: &Path, size: u32) -> Done<Vec<u8>> {
    let file = scratch("png");
    render(svg, size, None, &file)?;
    let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    _ = std::fs::remove_file(file);
    Ok(bytes)
}

/// ICONDIR, ICONDIRENTRYs, then whole PNG files.
fn ico(svg: &Path) -> Done<Vec<u8>> {
    let (mut head, mut body) = (Vec::new(), Vec::new());
    let count = u16::try_from(ICO.len()).unwrap_or(u16::MAX);
    for number in [0, 1, count] {
        head.extend(number.to_le_bytes());
    }
    let start = 6 + 16 * u32::from(count);
    for size in ICO {
        let image = png(svg, size)?;
        // 256 is written as 0.
        let edge = u8::try_from(size).unwrap_or(0);
        head.extend([edge, edge, 0, 0, 1, 0, 32, 0]);
        head.extend(length(&image)?.to_le_bytes());
        head.extend((start + length(&body)?).to_le_bytes());
        body.extend(image);
    }
    head.extend(body);
    Ok(head)
}

/// `icns`, its length, then type, length and PNG file of each.
fn icns(svg: &Path) -> Done<Vec<u8>> {
    let mut body = Vec::new();
    for (kind, size) in ICNS {
        let image = png(svg, size)?;
        body.extend(kind);
        body.extend((length(&image)? + 8).to_be_bytes());
        body.extend(image);
    }
    let mut file = b"icns".to_vec();
    file.extend((length(&body)? + 8).to_be_bytes());
    file.extend(body);
    Ok(file)
}

fn length(bytes: &[u8]) -> Done<u32> {
    u32::try_from(bytes.len()).map_err(|_| "an icon is too large".to_owned())
}

fn scratch(ending: &str) -> PathBuf {
    std::env::temp_dir().join(format!("lamplighter-icon-{}.{ending}", std::process::id()))
}

fn put(path: &Path, bytes: &[u8]) -> Done {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
