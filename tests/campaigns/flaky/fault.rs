//! What goes wrong with a connection.

use crate::common::random::Random;

/// How a connection ends that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// RST, both ways.
    Reset,
    /// FIN, both ways: what came until then is all there is.
    Close,
    /// Nothing more comes, and nobody says so.
    Silence,
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// None: for comparison.
    None,
    /// Nobody listens.
    Refused,
    /// Everything comes that many milliseconds late.
    Late(u64),
    /// Of what the engine sends only so many bytes arrive.
    Request(usize, End),
    /// Of what the service answers only so many bytes arrive.
    Reply(usize, End),
    /// The answer comes byte by byte, that many milliseconds apart.
    Drip(u64),
    /// The engine is told that nothing more will come as soon as it has sent something; the service goes on.
    HalfClosed,
    /// The service is told that nothing more will come as soon as it has got something; its answer is let through.
    HalfClosedBehind,
    /// Bytes that are neither HTTP nor TLS, in the service's place.
    Garbage,
}

/// Longest request and answer that are cut at every byte, handshakes included.
pub const LONGEST: [usize; 2] = [720, 2600];

impl Fault {
    /// The next one; `turn` goes through all bytes, `longest` of them.
    pub fn next(random: &mut Random, turn: usize, longest: usize) -> Self {
        let end = if random.below(2) == 0 { End::Reset } else { End::Close };
        match random.below(400) {
            0 => Self::Request(turn % longest, End::Silence),
            1 => Self::Reply(turn % longest, End::Silence),
            // Longer than any deadline.
            2 => Self::Drip(400),
            3..=14 => Self::None,
            15..=34 => Self::Refused,
            35..=54 => Self::Late(random.below(400)),
            55..=64 => Self::Drip(1 + random.below(3)),
            65..=94 => Self::HalfClosed,
            95..=114 => Self::HalfClosedBehind,
            115..=134 => Self::Garbage,
            135..=209 => Self::Request(turn % longest, end),
            _ => Self::Reply(turn % longest, end),
        }
    }

    /// Whether what it does is done at once, so that a day of it can be waited for.
    pub fn is_quick(self) -> bool {
        match self {
            Self::Request(_, end) | Self::Reply(_, end) => end != End::Silence,
            Self::Refused | Self::HalfClosed | Self::HalfClosedBehind | Self::Garbage => true,
            Self::None | Self::Late(_) | Self::Drip(_) => false,
        }
    }

    /// Its row in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Refused => "connection refused",
            Self::Late(_) => "latency up to 400 ms each way",
            Self::Request(_, End::Reset) => "request cut at byte n, reset",
            Self::Request(_, End::Close) => "request cut at byte n, closed",
            Self::Request(_, End::Silence) => "request cut at byte n, silence",
            Self::Reply(_, End::Reset) => "answer cut at byte n, reset",
            Self::Reply(_, End::Close) => "answer cut at byte n, closed",
            Self::Reply(_, End::Silence) => "answer cut at byte n, silence",
            Self::Drip(1..=9) => "answer drips, in time",
            Self::Drip(_) => "answer drips beyond the deadline",
            Self::HalfClosed => "half-closed towards the engine",
            Self::HalfClosedBehind => "half-closed towards the service",
            Self::Garbage => "garbage instead of an answer",
        }
    }
}
