//! A bounded window on a file's bytes: counts what was read, unpacks gzip, turns other encodings into UTF-8, and never holds
//! more than one record's worth, however long a line is.

use std::{
    io::{self, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{Fault, FaultKind};
use encoding_rs::{Decoder, Encoding};
use memchr::memchr2;

/// Room that a read should find, so that small leftovers do not make small reads.
const FREE_MIN: usize = 32 * 1024;
const CAPACITY_FIRST: usize = 256 * 1024;
const RAW_CHUNK: usize = 64 * 1024;

pub type Bytes = Box<dyn Read + Send>;

/// Counts the bytes that pass, for progress.
pub struct Counted<R> {
    pub inner: R,
    pub read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads up to `count` bytes, fewer only at the end of the input.
pub fn read_head(input: &mut impl Read, count: usize) -> Result<Vec<u8>, Fault> {
    let mut head = Vec::new();
    input.take(count as u64).read_to_end(&mut head).map_err(unreadable)?;
    Ok(head)
}

/// The input with its head put back.
pub fn rejoin(head: Vec<u8>, rest: impl Read + Send + 'static) -> Bytes {
    Box::new(Cursor::new(head).chain(rest))
}

pub fn unreadable(error: io::Error) -> Fault {
    let kind = match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            FaultKind::Invalid
        }
        _ => FaultKind::Unavailable,
    };
    Fault::new(
        kind,
        "file_unreadable",
        "The file could not be read to its end; it may be damaged or cut off.",
    )
    .cause(error)
}

/// The window. Bytes before `start` are done with, bytes from `end` on are free.
pub struct Buffer {
    input: Bytes,
    decoder: Option<Transcoder>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
    consumed: u64,
}

struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    input_ended: bool,
}

impl Buffer {
    /// `encoding`: what to turn into UTF-8; `None` leaves the bytes as they are. A byte order mark must be gone already.
    pub fn new(input: Bytes, encoding: Option<&'static Encoding>) -> Self {
        let decoder = encoding.map(|encoding| Transcoder {
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; RAW_CHUNK],
            start: 0,
            end: 0,
            input_ended: false,
        });
        let bytes = vec![0; CAPACITY_FIRST];
        Self { input, decoder, bytes, start: 0, end: 0, finished: false, consumed: 0 }
    }

    /// What is in the window.
    pub fn available(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Whether the window holds all that is left.
    pub const fn finished(&self) -> bool {
        self.finished
    }

    /// Bytes done with so far.
    pub const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Memory that the window takes.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        self.consumed += count as u64;
    }

    /// Reads on until the window is full or the input ends. It grows only as far as its user lets `available` grow.
    pub fn fill(&mut self) -> Result<(), Fault> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.bytes.len() - self.end < FREE_MIN {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        while !self.finished && self.bytes.len() - self.end >= FREE_MIN / 2 {
            let free = &mut self.bytes[self.end..];
            let count = match &mut self.decoder {
                None => {
                    let count = read_some(&mut self.input, free)?;
                    self.finished = count == 0;
                    count
                }
                Some(transcoder) => {
                    let (count, ended) = transcoder.read(&mut self.input, free)?;
                    self.finished = ended;
                    count
                }
            };
            self.end += count;
        }
        Ok(())
    }

    /// Drops everything up to and with the next line end; says whether there was one. Constant memory for any length.
    pub fn skip_line(&mut self) -> Result<bool, Fault> {
        loop {
            if let Some(end) = self.line_end(0)? {
                self.consume(end);
                return Ok(true);
            }
            let all = self.available().len();
            self.consume(all);
            if self.finished {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Where the line that `from` lies in ends, counted from the window's start and with its line end, if that is in the window.
    pub fn line_end(&mut self, from: usize) -> Result<Option<usize>, Fault> {
        let Some(at) = memchr2(b'\n', b'\r', &self.available()[from..]).map(|at| at + from) else {
            return Ok(None);
        };
        if self.available()[at] == b'\n' {
            return Ok(Some(at + 1));
        }
        if at + 1 == self.available().len() && !self.finished {
            self.fill()?; // CR may be the first half of CR LF
        }
        Ok(Some(if self.available().get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 }))
    }
}

impl Transcoder {
    /// Decodes at least one byte, unless the input ended; says how many it wrote and whether that was the end.
    fn read(&mut self, input: &mut Bytes, into: &mut [u8]) -> Result<(usize, bool), Fault> {
        loop {
            if self.start == self.end && !self.input_ended {
                self.start = 0;
                self.end = read_some(input, &mut self.raw)?;
                self.input_ended = self.end == 0;
            }
            let raw = &self.raw[self.start..self.end];
            let (result, read, written, _) = self.decoder.decode_to_utf8(raw, into, self.input_ended);
            self.start += read;
            let ended = self.input_ended && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 || ended {
                return Ok((written, ended));
            }
        }
    }
}

fn read_some(input: &mut Bytes, into: &mut [u8]) -> Result<usize, Fault> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(unreadable),
        }
    }
}
