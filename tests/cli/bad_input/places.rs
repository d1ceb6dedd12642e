//! No display, no Chrome, a port or socket that is taken.

use std::net::TcpListener;

use testkit::practice::{JSON_PROVIDER, OAUTH_PROVIDER};

use super::rig::{Rig, SHORT, lines, until};

#[test]
fn without_a_display_a_login_window_is_refused_in_clear_words() {
    let rig = Rig::new();
    let base = format!("base={}", rig.site.base());
    let args = ["login", "practice", "--as", "web", "--set", &base];
    let ran = rig.lamp(&args);
    assert_eq!(ran.exit, 6, "{ran:?}");
    // Where the desktop app is not beside `lamp`, that comes first.
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_lamp")).with_file_name("lamplighter");
    let expected =
        if beside.exists() { "There is no display for a login window." } else { "is not installed" };
    assert!(ran.err.contains(expected), "{ran:?}");
    assert_eq!(rig.code(&args), "no_display");
    assert_eq!(rig.config(), "");
    assert_eq!(rig.code(&["status", "web"]), "unknown_account");
}

#[test]
fn no_chrome_is_no_network_trouble_and_is_said_at_once() {
    let rig = Rig::with(SHORT);
    rig.provider("browser-only", &browser_only());
    rig.set_config("[settings]\nchrome = \"/nonexistent/chrome\"\n");
    let login = rig.log_in("browser-only", "work");
    assert_eq!(login.exit, 0, "{login:?}");
    assert!(login.out.contains("will show later. No Chrome was found"), "{login:?}");
    until("its token expires", || rig.lamp(&["list"]).out.contains("expired"));
    // The next try is half an hour away: nobody sits that out.
    let token = rig.lamp(&["token", "work", "--wait", "10m"]);
    assert_eq!(token.exit, 6, "{token:?}");
    assert_eq!(lines(&token).len(), 4, "{token:?}");
    assert_eq!(rig.code(&["token", "work", "--wait", "10m"]), "no_chrome");
    let refresh = rig.lamp(&["refresh", "work", "--force"]);
    assert!(refresh.exit == 6 && refresh.out.contains("No Chrome was found"), "{refresh:?}");
    let status = rig.lamp(&["status", "work"]);
    assert!(status.exit == 6 && !status.out.contains("network"), "{status:?}");
    let json = rig.lamp(&["status", "work", "--json"]);
    assert!(json.exit == 6 && json.out.contains("\"code\":\"no_chrome\""), "{json:?}");
    let french = rig.french(&["status", "work"]);
    assert!(french.out.contains("Aucun Chrome n’a été trouvé"), "{french:?}");
}

/// The practice site's JSON login, refreshed by a page alone.
fn browser_only() -> String {
    let begin = JSON_PROVIDER.find("[[refresh]]").expect("there");
    let end = JSON_PROVIDER.find("[answers]").expect("there");
    let rung = "[[refresh]]\nstrategy = \"browser\"\nurl = \"{{base}}/\"\n\
                ready = [{ local_storage = \"access_token\" }]\n\
                save = { \"token.access\" = \"local_storage:access_token\" }\n\n";
    let text = format!("{}{rung}{}", &JSON_PROVIDER[..begin], &JSON_PROVIDER[end..]);
    text.replace(", \"refresh.main\" = \"json:refresh\"", "")
}

#[test]
fn a_port_that_is_taken_is_named_and_a_free_one_works() {
    let rig = Rig::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let text = OAUTH_PROVIDER
        .replace("kind = \"oauth\"", &format!("kind = \"oauth\"\nredirect = \"localhost:{port}/callback\""));
    rig.provider("fixed", &text);
    let base = format!("base={}", rig.site.base());
    let args = ["login", "fixed", "--as", "work", "--no-open", "--set", &base];
    let ran = rig.lamp(&args);
    assert!(
        ran.exit == 6 && lines(&ran)[0].contains(&format!("Port {port} of this computer is taken")),
        "{ran:?}"
    );
    assert_eq!(lines(&ran).len(), 4, "{ran:?}");
    assert_eq!(rig.code(&args), "address_taken");
    assert!(rig.french(&args).err.contains(&format!("Le port {port} de cet ordinateur est occupé")));
    assert_eq!(rig.config(), "");
}

#[test]
fn t8_what_lies_at_the_sockets_place_is_named_and_not_removed() {
    let rig = Rig::logged_in();
    let token = rig.lamp(&["token", "work"]).out;
    let socket = rig.path("runtime/api.sock");
    for is_folder in [false, true] {
        if is_folder {
            std::fs::create_dir(&socket).expect("free");
            std::fs::write(socket.join("mine"), "mine").expect("written");
        } else {
            std::fs::write(&socket, "mine").expect("written");
        }
        for args in [&["token", "work"][..], &["list"]] {
            let ran = rig.lamp(args);
            assert!(ran.exit == 6 && ran.err.contains("api.sock is in the way"), "{args:?}: {ran:?}");
            assert_eq!(rig.code(args), "address_taken");
        }
        assert!(rig.french(&["list"]).err.contains("Vos connexions sont intactes."));
        if is_folder {
            assert_eq!(std::fs::read_to_string(socket.join("mine")).expect("still there"), "mine");
            std::fs::remove_dir_all(&socket).expect("ours");
        } else {
            assert_eq!(std::fs::read_to_string(&socket).expect("still there"), "mine");
            std::fs::remove_file(&socket).expect("ours");
        }
    }
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
}

#[test]
fn a_home_that_is_no_folder_is_named_with_what_to_do() {
    let rig = Rig::new();
    let file = rig.path("file");
    std::fs::write(&file, "").expect("written");
    for (lang, words) in [("C.UTF-8", "is not a folder"), ("fr_FR.UTF-8", "n’est pas un dossier")] {
        let mut command = rig.command(&["list"]);
        command.env("LAMPLIGHTER_HOME", &file).env("LANG", lang);
        let ran = super::ended::finished(command);
        assert!(ran.exit == 6 && ran.err.contains(words), "{ran:?}");
        assert!(ran.err.contains("LAMPLIGHTER_HOME") && !ran.err.contains("os error"), "{ran:?}");
    }
}

#[test]
fn what_the_environment_says_and_is_no_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStrExt as _;
    let rig = Rig::new();
    let bad = |start: &std::ffi::OsStr| {
        let bytes = [start.as_bytes(), b"\xff"].concat();
        std::ffi::OsStr::from_bytes(&bytes).to_owned()
    };
    // Else a command for one profile would be carried out on another's logins.
    let mut command = rig.command(&["list"]);
    command.env("LAMPLIGHTER_PROFILE", bad("other".as_ref()));
    let ran = super::ended::finished(command);
    assert!(ran.exit == 2 && ran.err.contains("is no name for a profile"), "{ran:?}");
    let mut command = rig.command(&["list"]);
    command.env("LAMPLIGHTER_HOME", bad(rig.path("home").as_os_str()));
    let ran = super::ended::finished(command);
    assert!(ran.exit == 2 && ran.err.contains("its path is not UTF-8"), "{ran:?}");
}
