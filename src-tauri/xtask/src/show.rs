//! Running the app for people: `run` to work on it, `demo` to see it work.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, built, root, run as perform, target};

/// The app with a profile of its own, and the practice site beside it.
pub fn run(words: &[String]) -> Done {
    setup::everything()?;
    setup::programs()?;
    let mut site = std::process::Command::new(built("practice"))
        .args(["--life", "2m"])
        // An open stdin keeps it alive; it ends with us.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("practice: {error}"))?;
    let base = introduce(&mut site)?;
    let home = target().join("dev-home");
    install_providers(&home)?;
    let mut app = std::process::Command::new(built("lamplighter"));
    app.args(words).current_dir(root()).env("LAMPLIGHTER_HOME", home).env("LAMPLIGHTER_PRACTICE", base);
    let done = perform(&mut app);
    // It may have ended with the terminal already.
    _ = site.kill();
    _ = site.wait();
    done
}

/// Prints how to log in at the practice site, and returns its address.
fn introduce(site: &mut std::process::Child) -> Done<String> {
    let stdout = site.stdout.take().ok_or("the practice site says nothing")?;
    let lines: Vec<String> = BufReader::new(stdout).lines().map_while(Result::ok).take(5).collect();
    println!("The practice site:");
    for line in &lines {
        println!("  {line}");
    }
    let base = lines.iter().find_map(|line| line.strip_prefix("address"));
    base.map(|text| text.trim().to_owned()).ok_or_else(|| "the practice site did not start".to_owned())
}

fn install_providers(home: &Path) -> Done {
    let to = home.join("config/providers");
    fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
    for name in ["practice.toml", "practice-oauth.toml", "practice-json.toml", "practice-cookie.toml"] {
        let from = root().join("tests/support/providers").join(name);
        fs::copy(&from, to.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(())
}

/// The demo, run as tests are; its pictures end up in `target/demo`.
pub fn demo(words: &[String]) -> Done {
    setup::everything()?;
    setup::programs()?;
    let place = Place::new()?;
    let mut demo = place.command(&built("demo"), None)?;
    let done = perform(demo.arg("--out").arg(place.out()).args(words));
    let pictures = target().join("demo");
    // Pictures of an earlier run would lie about this one.
    _ = fs::remove_dir_all(&pictures);
    let copied = copy_all(&place.out(), &pictures);
    println!("\nPictures: {}", pictures.display());
    done.and(copied)
}

fn copy_all(from: &Path, to: &Path) -> Done {
    let wrong = |error: std::io::Error| format!("{}: {error}", to.display());
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in fs::read_dir(from).map_err(wrong)?.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).map_err(wrong)?;
        }
    }
    Ok(())
}
