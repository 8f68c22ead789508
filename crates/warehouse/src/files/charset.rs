//! Which characters a file's bytes mean: decided from its head, and record by record where the head left it open.

use base::Fault;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// What was decided about a whole file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// `None`: the bytes are read as they are, and [`Charset`] looks at each record.
    pub transcode: Option<&'static Encoding>,
    /// Bytes of a byte order mark to leave out.
    pub mark_bytes: usize,
    /// The head holds UTF-8 beyond ASCII (or its mark), so bytes that are not UTF-8 are damage and not another encoding.
    pub certainly_utf8: bool,
}

impl Decision {
    const fn utf8(mark_bytes: usize, certainly_utf8: bool) -> Self {
        Self { transcode: None, mark_bytes, certainly_utf8 }
    }

    const fn other(encoding: &'static Encoding, mark_bytes: usize) -> Self {
        Self { transcode: Some(encoding), mark_bytes, certainly_utf8: false }
    }
}

/// Decides from the first bytes of a file, or takes the label the caller gave (`windows-1252`, `latin1`, `utf-16le` …).
pub fn decide(head: &[u8], whole: bool, label: Option<&str>) -> Result<Decision, Fault> {
    if head.starts_with(&[0xff, 0xfe, 0, 0]) || head.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(Fault::invalid(
            "unsupported_encoding",
            "The file is written in UTF-32; save it as UTF-8 and try again.",
        ));
    }
    let marked = Encoding::for_bom(head);
    if let Some(label) = label {
        let encoding = Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
            Fault::invalid(
                "unknown_encoding",
                "The encoding is not one that is known; use a name such as utf-8 or windows-1252.",
            )
            .field("encoding")
        })?;
        let mark_bytes = marked.filter(|(of, _)| *of == encoding).map_or(0, |(_, length)| length);
        return Ok(if encoding == UTF_8 {
            Decision::utf8(mark_bytes, true)
        } else {
            Decision::other(encoding, mark_bytes)
        });
    }
    if let Some((encoding, mark_bytes)) = marked {
        return Ok(if encoding == UTF_8 {
            Decision::utf8(mark_bytes, true)
        } else {
            Decision::other(encoding, mark_bytes)
        });
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return Ok(Decision::other(encoding, 0));
    }
    Ok(decide_eight_bit(head, whole))
}

/// UTF-8, or the likeliest of the older encodings if the head breaks UTF-8's rules more often than it follows them.
fn decide_eight_bit(head: &[u8], whole: bool) -> Decision {
    let (mut beyond_ascii, mut broken) = (0usize, 0usize);
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        beyond_ascii += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let cut_by_the_head = chunks.peek().is_none() && !whole && chunk.invalid().len() < 4;
        if !chunk.invalid().is_empty() && !cut_by_the_head {
            broken += 1;
        }
    }
    if beyond_ascii >= broken {
        return Decision::utf8(0, beyond_ascii > 0);
    }
    Decision::other(guess(head), 0)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, false);
    detector.guess(None, Utf8Detection::Deny)
}

/// Mostly ASCII in two-byte units shows as a zero in every other byte.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.chunks_exact(2).len();
    if pairs < 4 {
        return None;
    }
    let zeros = |offset: usize| head.chunks_exact(2).filter(|pair| pair[offset] == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    let (many, few) = (pairs * 4 / 10, pairs / 20);
    if low_first > many && high_first <= few {
        Some(UTF_16LE)
    } else if high_first > many && low_first <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// What one record's bytes are.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    Utf8(&'a str),
    /// Still to be decoded, whole or cell by cell.
    Older(&'static Encoding),
}

/// Reads one record's bytes as text.
#[derive(Debug)]
pub struct Charset {
    transcoded: bool,
    certainly_utf8: bool,
    /// What records are read as that are not UTF-8, in a file that was plain ASCII up to the first of them.
    fallback: Option<&'static Encoding>,
}

/// A record holds bytes that are no text in the file's encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotText;

impl Charset {
    pub const fn new(decision: Decision) -> Self {
        Self {
            transcoded: decision.transcode.is_some(),
            certainly_utf8: decision.certainly_utf8,
            fallback: None,
        }
    }

    pub const fn fallback(&self) -> Option<&'static Encoding> {
        self.fallback
    }

    /// `around`: what the window holds, from which an encoding can be guessed better than from one record.
    pub fn read<'a>(&mut self, bytes: &'a [u8], around: &[u8]) -> Result<Text<'a>, NotText> {
        match std::str::from_utf8(bytes) {
            // The replacement character stands for what the older encoding does not have.
            Ok(text) if self.transcoded && text.contains('\u{fffd}') => Err(NotText),
            Ok(text) => {
                if !self.certainly_utf8 && self.fallback.is_none() && !text.is_ascii() {
                    self.certainly_utf8 = true;
                }
                Ok(Text::Utf8(text))
            }
            Err(_) if self.certainly_utf8 || self.transcoded => Err(NotText),
            Err(_) => Ok(Text::Older(self.fallback.get_or_insert_with(|| guess(around)))),
        }
    }
}
