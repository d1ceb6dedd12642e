//! Being asked to end: by the service manager, by Ctrl-C, by the end of the terminal.

use std::io;

use tokio::sync::watch;

/// Tells each time that the process is asked to end.
pub struct Ending(watch::Receiver<u32>);

impl Ending {
    /// From now on such a wish no longer kills the process at once. Belongs into a runtime.
    ///
    /// # Errors
    /// If the system lets no signals be heard.
    pub fn watched() -> io::Result<Self> {
        let (tell, asked) = watch::channel(0);
        let mut signals = Signals::new()?;
        tokio::spawn(async move {
            loop {
                signals.next().await;
                tell.send_modify(|times| *times += 1);
            }
        });
        Ok(Self(asked))
    }

    /// Waits for the next time.
    pub async fn asked(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody can ask.
            std::future::pending::<()>().await;
        }
    }
}

/// The terminal's end, too, unless `nohup` or whoever else started us has it ignored.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let stays = lamplighter_sys::ignores_hangup()?;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: if stays { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) {
        let hung_up = async {
            match &mut self.hangup {
                Some(hangup) => _ = hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = hung_up => {}
        }
    }
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.stop.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
