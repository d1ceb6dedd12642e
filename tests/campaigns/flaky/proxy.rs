//! The chaos between engine and service: a proxy of TCP, which does to connections what networks do to them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::fault::{End, Fault};

/// What it does now.
struct Now {
    fault: Fault,
    /// Connections that it is still done to.
    left: usize,
    /// Connections that it was done to.
    hit: usize,
    /// Bytes of requests (false) and answers (true) at which connections were cut, over all of its life.
    cuts: BTreeSet<(bool, usize)>,
    /// Most bytes that a whole connection carried to the service and back, handshakes included.
    longest: [usize; 2],
}

/// A proxy in front of one service; ends with this.
pub struct Proxy {
    address: SocketAddr,
    now: Arc<Mutex<Now>>,
    /// Whether it listens.
    open: watch::Sender<bool>,
    /// Connections that are open.
    carried: watch::Sender<usize>,
    task: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// One in front of `behind`.
    pub async fn start(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let now = Arc::new(Mutex::new(Now {
            fault: Fault::None,
            left: 0,
            hit: 0,
            cuts: BTreeSet::new(),
            longest: [0; 2],
        }));
        let (open, is_open) = watch::channel(true);
        let carried = watch::Sender::new(0);
        let task = tokio::spawn(listen(listener, address, behind, now.clone(), is_open, carried.clone()))
            .abort_handle();
        Self { address, now, open, carried, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `fault` is done to the next `left` connections.
    pub fn harm(&self, fault: Fault, left: usize) {
        self.open.send_replace(fault != Fault::Refused);
        let mut now = lock(&self.now);
        (now.fault, now.left, now.hit) = (fault, left, 0);
    }

    /// All is well again.
    pub fn well(&self) {
        self.open.send_replace(true);
        lock(&self.now).left = 0;
    }

    /// The same. How many connections were hit.
    pub fn heal(&self) -> usize {
        self.well();
        lock(&self.now).hit
    }

    /// Resolves when no connection is open.
    pub async fn is_quiet(&self) {
        // An error means that nobody counts any more.
        _ = self.carried.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Most bytes that a whole connection carried to the service and back so far.
    pub fn longest(&self) -> [usize; 2] {
        lock(&self.now).longest
    }

    /// Bytes of requests (false) and answers (true) at which connections were cut so far.
    pub fn cuts(&self) -> BTreeSet<(bool, usize)> {
        lock(&self.now).cuts.clone()
    }
}

fn lock(now: &Mutex<Now>) -> MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(
    listener: TcpListener,
    address: SocketAddr,
    behind: SocketAddr,
    now: Arc<Mutex<Now>>,
    mut is_open: watch::Receiver<bool>,
    carried: watch::Sender<usize>,
) {
    let mut listener = Some(listener);
    loop {
        if let Some(door) = &listener {
            let came = tokio::select! {
                came = door.accept() => came.ok(),
                closed = is_open.wait_for(|is_open| !is_open) => {
                    if closed.is_err() {
                        return;
                    }
                    drop(closed);
                    listener = None;
                    continue;
                }
            };
            let Some((engine, _)) = came else { continue };
            let fault = {
                let mut now = lock(&now);
                let is_hit = now.left > 0 && now.fault != Fault::None;
                (now.left, now.hit) = (now.left.saturating_sub(1), now.hit + usize::from(is_hit));
                if is_hit { now.fault } else { Fault::None }
            };
            let (now, carried) = (now.clone(), carried.clone());
            carried.send_modify(|count| *count += 1);
            tokio::spawn(async move {
                carry(engine, behind, fault, now).await;
                carried.send_modify(|count| *count -= 1);
            });
        } else {
            if is_open.wait_for(|is_open| *is_open).await.is_err() {
                return;
            }
            // Its own port: nobody else is given it so soon. Until then nobody listens, as before.
            listener = TcpListener::bind(address).await.ok();
            if listener.is_none() {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// One connection. Errors mean that either side has gone, as they may.
async fn carry(mut engine: TcpStream, behind: SocketAddr, fault: Fault, now: Arc<Mutex<Now>>) {
    _ = engine.set_nodelay(true);
    if fault == Fault::Garbage {
        _ = engine.read(&mut [0; 4096]).await;
        _ = engine.write_all(b"\x00\xff\x13garbage\r\n\r\n\x16\x03\x03\xff\xff").await;
        return;
    }
    let Ok(mut service) = TcpStream::connect(behind).await else { return };
    _ = service.set_nodelay(true);
    let mut carried = [0; 2];
    let is_cut = {
        let [there, here] = &mut carried;
        let (mut from_engine, mut to_engine) = engine.split();
        let (mut from_service, mut to_service) = service.split();
        tokio::select! {
            is_cut = forth(&mut from_engine, &mut to_service, fault, there) => is_cut,
            is_cut = back(&mut from_service, &mut to_engine, fault, here) => is_cut,
        }
    };
    if fault == Fault::None {
        let mut now = lock(&now);
        now.longest = [0, 1].map(|way| now.longest[way].max(carried[way]));
    }
    let (Fault::Request(at, end) | Fault::Reply(at, end), true) = (fault, is_cut) else { return };
    lock(&now).cuts.insert((matches!(fault, Fault::Reply(..)), at));
    match end {
        // What was written is still delivered.
        End::Close => {}
        End::Reset => {
            // With no time to linger the kernel sends RST when a socket is closed.
            _ = engine.set_zero_linger();
            _ = service.set_zero_linger();
        }
        // Until the engine has waited long enough.
        End::Silence => while engine.read(&mut [0; 4096]).await.unwrap_or(0) > 0 {},
    }
}

/// What the engine sends. Whether it was cut.
async fn forth(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, fault: Fault, carried: &mut usize) -> bool {
    let mut left = if let Fault::Request(bytes, _) = fault { bytes } else { usize::MAX };
    let mut buffer = [0; 4096];
    while left > 0 {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        *carried += read;
        late(fault).await;
        let part = read.min(left);
        left -= part;
        if read == 0 || to.write_all(&buffer[..part]).await.is_err() {
            // The engine has nothing more to say; the service may.
            _ = to.shutdown().await;
            return std::future::pending().await;
        }
        if fault == Fault::HalfClosedBehind {
            _ = to.shutdown().await;
        }
    }
    true
}

/// What the service answers. Whether it was cut.
async fn back(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, fault: Fault, carried: &mut usize) -> bool {
    let mut left = if let Fault::Reply(bytes, _) = fault { bytes } else { usize::MAX };
    let mut buffer = [0; 4096];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            return false;
        }
        *carried += read;
        late(fault).await;
        if fault == Fault::HalfClosed {
            // The service has done what it was asked for, and nobody hears of it.
            _ = to.shutdown().await;
            continue;
        }
        let part = read.min(left);
        left -= part;
        if !write(to, &buffer[..part], fault).await {
            return false;
        }
        if left == 0 {
            return true;
        }
    }
}

async fn write(to: &mut WriteHalf<'_>, bytes: &[u8], fault: Fault) -> bool {
    let Fault::Drip(between) = fault else { return to.write_all(bytes).await.is_ok() };
    for byte in bytes {
        tokio::time::sleep(Duration::from_millis(between)).await;
        if to.write_all(&[*byte]).await.is_err() {
            return false;
        }
    }
    true
}

async fn late(fault: Fault) {
    if let Fault::Late(ms) = fault {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
