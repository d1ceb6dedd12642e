//! `lamp` at a real terminal: what is typed in secret is not shown, and no core file can hold it.

use std::process::Command;
#[cfg(target_os = "linux")]
use std::sync::Arc;

#[cfg(target_os = "linux")]
use tokio::sync::Notify;

use crate::fake::Fake;
use crate::world::{Ran, World, start};

/// Runs a command on a terminal of its own, types a line once it is asked, and prints what the screen showed
/// and whether the terminal echoes afterwards. The second argument is what is typed.
const AT_A_TERMINAL: &str = r#"
import fcntl, os, pty, subprocess, sys, termios
typed, command = sys.argv[1].encode().decode('unicode_escape').encode(), sys.argv[2:]
screen, keyboard = pty.openpty()
own = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
lamp = subprocess.Popen(command, stdin=keyboard, stdout=keyboard, stderr=keyboard,
                        start_new_session=True, preexec_fn=own)
def echoes():
    return bool(termios.tcgetattr(keyboard)[3] & termios.ECHO)
shown = b''
while b':' not in shown:
    shown += os.read(screen, 4096)
assert not echoes(), 'asked while the terminal echoes'
os.write(screen, typed)
code = lamp.wait()
os.set_blocking(screen, False)
try:
    shown += os.read(screen, 65536)
except BlockingIOError:
    pass
print(code, echoes(), 's3c' in shown.decode())
"#;

fn at_a_terminal(world: &World, typed: &str, args: &[&str]) -> String {
    let mut command = Command::new("python3");
    command.args(["-c", AT_A_TERMINAL, typed, env!("CARGO_BIN_EXE_lamp")]).args(args);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LAMPLIGHTER_HOME", world.home.path());
    let ran = Ran::from(start(command).wait_with_output().expect("python3"));
    assert_eq!(ran.err, "", "{ran:?}");
    ran.out
}

#[test]
fn a_secret_is_typed_unseen_and_the_terminal_shows_again_afterwards() {
    let world = World::new(Fake::new());
    let seen = at_a_terminal(&world, "s3cret\\n", &["secret", "set", "work-slack", "client_secret"]);
    assert_eq!(seen, "0 True False\n", "exit code, echo afterwards, secret on the screen");
    assert_eq!(world.fake.words(), ["set_secret work-slack client_secret s3cret"]);
}

#[test]
fn ctrl_c_at_a_hidden_question_leaves_a_terminal_that_shows_what_is_typed() {
    let fields = || {
        let field = lamplighter_core::api::FieldView {
            name: "password".into(),
            label: "Password".into(),
            secret: true,
            optional: false,
            default: None,
            kind: "text".into(),
            help: None,
        };
        lamplighter_core::api::LoginStage::Fields { fields: vec![field] }
    };
    let world = World::new(Fake::new().on_call(move |request| {
        use lamplighter_core::api::{Request, Response};
        Ok(match request {
            Request::Login { .. } => Response::Login { login: Box::new(crate::fake::login(fields())) },
            other => crate::fake::usual(&other),
        })
    }));
    assert_eq!(at_a_terminal(&world, "s3cr\\x03", &["login", "work-slack"]), "130 True False\n");
    // A look at the login may still have been on its way.
    assert!(
        world.fake.words().contains(&"login_answer login-1 cancel".to_owned()),
        "{:?}",
        world.fake.words()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn t21_lamp_leaves_no_core_file() {
    let gate = Arc::new(Notify::new());
    let world = World::new(Fake::new().gated(&gate));
    let lamp = start(world.command(&["token", "a"]));
    world.block_on(world.fake.at_gate.notified());
    let limits =
        std::fs::read_to_string(format!("/proc/{}/limits", lamp.id())).expect("it waits for its token");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    gate.notify_one();
    assert_eq!(Ran::from(lamp.wait_with_output().expect("it was started")).out, "t-1\n");
}
