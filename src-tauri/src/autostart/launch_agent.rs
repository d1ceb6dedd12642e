//! The launch agent of macOS (launchd.plist(5)). The plugin writes the program's path into its XML as it is, so that one
//! with an ampersand in it makes a file that cannot be read.

use std::io;

/// Writes the agent `name` in place of the plugin's.
///
/// # Errors
/// If it cannot be written, or the program's own path is not known or no text.
#[cfg(target_os = "macos")]
pub fn write(name: &str, flag: &str) -> io::Result<()> {
    let program = crate::replaced::own_path()?;
    let home = std::env::home_dir().ok_or_else(|| io::Error::other("no home folder"))?;
    let folder = home.join("Library/LaunchAgents");
    std::fs::create_dir_all(&folder)?;
    let text = text(name, program.to_str().ok_or(io::ErrorKind::InvalidFilename)?, flag)?;
    std::fs::write(folder.join(format!("{name}.plist")), text)
}

/// The agent's file.
///
/// # Errors
/// If the path has a character that no XML file can hold.
fn text(name: &str, program: &str, flag: &str) -> io::Result<String> {
    let [name, program, flag] = [escaped(name)?, escaped(program)?, escaped(flag)?];
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         <key>Label</key>\n<string>{name}</string>\n\
         <key>ProgramArguments</key>\n<array>\n<string>{program}</string>\n<string>{flag}</string>\n</array>\n\
         <key>RunAtLoad</key>\n<true/>\n</dict>\n</plist>\n"
    ))
}

/// As character data (XML 1.0, section 2.4); carriage returns by number, because readers change them (section 2.11).
fn escaped(text: &str) -> io::Result<String> {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(character),
            // Section 2.2: not even by number.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => return Err(io::ErrorKind::InvalidFilename.into()),
            other => escaped.push(other),
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m6_a_path_with_anything_in_it_is_one_string_of_the_agent() {
        let path = "/Applications/Ana & Bob <\"é\"> apps/100% \\n/Lamplighter.app/Contents/MacOS/lamplighter";
        let text = text("lamplighter", path, "--autostarted").expect("it can be written");
        let string = "<string>/Applications/Ana &amp; Bob &lt;\"é\"&gt; apps/100% \\n/Lamplighter.app/Contents/\
                      MacOS/lamplighter</string>\n<string>--autostarted</string>";
        assert!(text.contains(string), "{text}");
        assert_eq!(text.matches("<string>").count(), 3);
    }

    #[test]
    fn m6_what_no_xml_file_can_hold_is_refused() {
        assert!(text("lamplighter", "/a\u{1}b", "--autostarted").is_err());
        assert!(text("lamplighter", "/a\u{ffff}b", "--autostarted").is_err());
    }
}
