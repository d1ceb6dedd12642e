//! Other programs that keep OAuth tokens and hand them out: pizauth and oidc-agent, each with one login at the
//! practice site's OAuth server.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use testkit::desktop::Proc;
use testkit::practice::PUBLIC_CLIENT;
use testkit::wait;

use super::Done;
use super::world::{HANGS, World};

/// The login's name in all of them.
pub const ACCOUNT: &str = "bench";

/// A daemon with a login, and how it is asked for a token.
pub struct Peer {
    /// The daemon.
    pub pid: u32,
    /// Ended with it; `None` if it has left for the background.
    _daemon: Option<Proc>,
    program: PathBuf,
    words: Vec<String>,
    env: Vec<(String, String)>,
}

impl Peer {
    /// The command that prints a token.
    pub fn ask(&self, world: &World) -> Command {
        let mut command = world.desktop.command(&self.program);
        command.args(&self.words).envs(self.env.iter().cloned());
        command
    }
}

/// pizauth: `LAMPLIGHTER_BENCH_PIZAUTH`, or found on PATH.
///
/// # Errors
/// How to get it, or what did not work.
pub fn pizauth(world: &World) -> Done<Peer> {
    let named = std::env::var_os("LAMPLIGHTER_BENCH_PIZAUTH").map(PathBuf::from);
    let program = named.or_else(|| on_path("pizauth")).ok_or(
        "not there: build github.com/ltratt/pizauth (cargo build --release), then name it in LAMPLIGHTER_BENCH_PIZAUTH",
    )?;
    let folder = world.desktop.home().join("pizauth");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (config, asked) = (folder.join("pizauth.conf"), folder.join("url"));
    fs::write(&config, pizauth_config(world.site.base(), &asked)).map_err(|error| error.to_string())?;
    let mut server = world.desktop.command(&program);
    server.args(["server", "-d", "-c"]).arg(&config).env("SHELL", "/bin/sh");
    let daemon = Proc::spawn(&mut server).map_err(|error| error.to_string())?;
    let socket = world.desktop.runtime().join("pizauth");
    let serves = || fs::read_dir(&socket).is_ok_and(|mut entries| entries.next().is_some());
    if !wait::until_true(HANGS, serves) {
        return Err("its server does not start".to_owned());
    }
    let words = vec!["show".to_owned(), ACCOUNT.to_owned()];
    let peer = Peer { pid: daemon.pid(), _daemon: Some(daemon), program, words, env: Vec::new() };
    let has_token = || peer.ask(world).output().is_ok_and(|output| output.status.success());
    // Asked for the first time, it says where a person signs in.
    has_token();
    let url = wait::until(HANGS, || fs::read_to_string(&asked).ok().filter(|url| url.ends_with('\n')));
    sign_in(world, url.ok_or("it does not ask for a login")?.trim())?;
    if wait::until_true(HANGS, has_token) { Ok(peer) } else { Err("it gives no token".to_owned()) }
}

fn pizauth_config(base: &str, asked: &Path) -> String {
    format!(
        "auth_notify_cmd = \"echo $PIZAUTH_URL > {}\";\nhttps_listen = none;\naccount \"{ACCOUNT}\" {{\n  \
         auth_uri = \"{base}/oauth/authorize\";\n  token_uri = \"{base}/oauth/token\";\n  \
         client_id = \"{PUBLIC_CLIENT}\";\n  scopes = [\"read\"];\n}}\n",
        asked.display()
    )
}

/// What a person does in a browser where he is signed in: he agrees, and is sent back to the program.
fn sign_in(world: &World, url: &str) -> Done {
    let url = url::Url::parse(url).map_err(|error| error.to_string())?;
    let opened = world.site.open_session(&world.site.person().email);
    let cookies = opened.cookies.iter().filter(|cookie| cookie.path == "/");
    let cookies: Vec<String> = cookies
        .map(|cookie| format!("{}={}", cookie.name, cookie.value.expose_str().unwrap_or_default()))
        .collect();
    let mut fields: HashMap<String, String> = url.query_pairs().into_owned().collect();
    fields.insert("decision".to_owned(), "allow".to_owned());
    let mut curl = world.desktop.command("curl");
    curl.args(["--silent", "--location", "--output", "/dev/null", "--cookie", &cookies.join("; ")]);
    for (name, value) in &fields {
        curl.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    succeeded(curl.arg(format!("{}/oauth/authorize", world.site.base())))?;
    Ok(())
}

/// oidc-agent, from Debian's package `oidc-agent-cli`.
///
/// # Errors
/// How to get it, or what did not work.
pub fn oidc_agent(world: &World) -> Done<Peer> {
    let program = on_path("oidc-token").ok_or("not there: apt install oidc-agent-cli")?;
    // Its daemon goes into the background and says where it is, as shell commands.
    let said = succeeded(&mut world.desktop.command("oidc-agent"))?;
    let value = |name: &str| {
        let rest = said.split_once(&format!("{name}="))?.1;
        Some(rest.split(';').next()?.to_owned())
    };
    let socket = value("OIDC_SOCK").ok_or("oidc-agent does not say where it is")?;
    let pid =
        value("OIDCD_PID").and_then(|pid| pid.parse().ok()).ok_or("oidc-agent does not say who it is")?;
    let env = vec![("OIDC_SOCK".to_owned(), socket)];
    let grant = world.site.open_grant(&world.site.person().email, PUBLIC_CLIENT);
    let mut generate = world.desktop.command("oidc-gen");
    generate.envs(env.iter().cloned());
    generate.args([ACCOUNT, "--manual", "--prompt=none", "--confirm-default", "--pw-cmd=echo x"]);
    generate.args(["--scope=openid", "--redirect-uri=http://localhost:9123", "--client-secret="]);
    generate.arg(format!("--issuer={}", world.site.base())).arg(format!("--client-id={PUBLIC_CLIENT}"));
    succeeded(generate.arg(format!("--rt={}", grant.refresh)))?;
    let peer = Peer { pid, _daemon: None, program, words: vec![ACCOUNT.to_owned()], env };
    succeeded(&mut peer.ask(world))?;
    Ok(peer)
}

/// What a program printed, if it succeeded.
pub fn succeeded(command: &mut Command) -> Done<String> {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let Output { status, stdout, stderr } = output.map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if status.success() {
        return Ok(text(&stdout));
    }
    let program = Path::new(command.get_program()).display().to_string();
    Err(format!("{program}: {status} {} {}", text(&stdout), text(&stderr)))
}

/// Where a program is, if it is anywhere.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
