//! Being asked to end from outside: the session ends, or somebody presses Ctrl-C where the app was started.

use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Tells when the process is asked to end.
#[derive(Clone)]
pub struct Ending(watch::Receiver<bool>);

impl Ending {
    /// From now on such a wish no longer kills the process at once.
    pub fn watched(runtime: &Runtime) -> Self {
        let (tell, asked) = watch::channel(false);
        let _context = runtime.enter();
        match signals() {
            Ok(signalled) => {
                runtime.spawn(async move {
                    signalled.await;
                    tell.send_replace(true);
                });
            }
            Err(error) => tracing::warn!(%error, "signals cannot be heard"),
        }
        Self(asked)
    }

    /// Waits for it.
    pub async fn asked(mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Nobody can ask.
            std::future::pending::<()>().await;
        }
    }
}

/// The terminal's end, too, unless the app was started with `nohup`.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stays = lamplighter_sys::ignores_hangup()?;
    let mut hangup = if stays { None } else { Some(signal(SignalKind::hangup())?) };
    let hung_up = async move {
        match &mut hangup {
            Some(hangup) => _ = hangup.recv().await,
            None => std::future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = hung_up => {}
        }
    })
}

/// From a console, if there is one. That the session ends Windows tells windows, which Tauri passes on.
#[cfg(windows)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
    let (mut interrupt, mut stop, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    let (mut logoff, mut shutdown) = (ctrl_logoff()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = stop.recv() => {}
            _ = close.recv() => {}
            _ = logoff.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}
