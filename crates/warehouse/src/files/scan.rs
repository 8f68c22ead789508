//! Finds one delimited record in bytes: where its cells are and where it ends. Pure.
//!
//! The `csv` crate forgives a stray quote and reads on, to the end of the file if need be. An import must notice it instead, say
//! where, and go on with the next line; so the splitting is done here, and the `csv` crate checks it in the tests.

/// A cell's place within the scanned bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    /// Holds doubled quotes, which stand for one.
    pub doubled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scan {
    /// The record takes this many bytes with its line end, over this many physical lines.
    Record { length: usize, lines: u64 },
    /// The bytes end within the record.
    More { in_quotes: bool },
    /// Something stands between a closing quote and the next delimiter.
    AfterQuote,
    /// A quote is still open at the line's end (where one line is all a record may have) or at the end of the file.
    OpenQuote,
}

/// How records are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    pub delimiter: u8,
    /// Whether quoted cells may hold line ends.
    pub multiline: bool,
}

impl Rules {
    /// Scans the record that `bytes` start with; `whole` says that nothing follows them. Fills `spans`.
    pub fn scan(self, bytes: &[u8], whole: bool, spans: &mut Vec<Span>) -> Scan {
        spans.clear();
        let mut at = 0;
        let mut lines = 1;
        loop {
            let quote = self.skip_spaces(bytes, at);
            let outcome = if bytes.get(quote) == Some(&b'"') {
                self.quoted(bytes, quote + 1, whole, spans, &mut lines)
            } else {
                self.plain(bytes, at, spans)
            };
            match outcome {
                Ok(end) => match self.after_cell(bytes, end, whole) {
                    After::Delimiter => at = end + 1,
                    After::RecordEnd(length) => return Scan::Record { length, lines },
                    After::More => return Scan::More { in_quotes: false },
                },
                Err(scan) => return scan,
            }
        }
    }

    /// Past the spaces that some writers put before a quote.
    fn skip_spaces(self, bytes: &[u8], mut at: usize) -> usize {
        while bytes.get(at) == Some(&b' ') && self.delimiter != b' ' {
            at += 1;
        }
        at
    }

    /// An unquoted cell: up to the delimiter or line end.
    fn plain(self, bytes: &[u8], start: usize, spans: &mut Vec<Span>) -> Result<usize, Scan> {
        let ends = |&byte: &u8| byte == self.delimiter || byte == b'\n' || byte == b'\r';
        let end = bytes[start..].iter().position(ends).map_or(bytes.len(), |length| start + length);
        spans.push(Span { start, end, doubled: false });
        Ok(end)
    }

    /// A quoted cell, from after its opening quote; returns where the delimiter or line end after it stands.
    fn quoted(
        self,
        bytes: &[u8],
        start: usize,
        whole: bool,
        spans: &mut Vec<Span>,
        lines: &mut u64,
    ) -> Result<usize, Scan> {
        let open = if whole { Scan::OpenQuote } else { Scan::More { in_quotes: true } };
        let mut at = start;
        let mut doubled = false;
        loop {
            match bytes.get(at) {
                None => return Err(open),
                Some(b'"') => match bytes.get(at + 1) {
                    Some(b'"') => {
                        doubled = true;
                        at += 2;
                    }
                    None if !whole => return Err(open),
                    _ => break,
                },
                Some(&byte @ (b'\n' | b'\r')) => {
                    if !self.multiline {
                        return Err(Scan::OpenQuote);
                    }
                    *lines += u64::from(byte == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        spans.push(Span { start, end: at, doubled });
        let after = self.skip_spaces(bytes, at + 1);
        match bytes.get(after) {
            None | Some(b'\n' | b'\r') => Ok(after),
            Some(byte) if *byte == self.delimiter => Ok(after),
            Some(_) => Err(Scan::AfterQuote),
        }
    }

    fn after_cell(self, bytes: &[u8], end: usize, whole: bool) -> After {
        match (bytes.get(end), bytes.get(end + 1)) {
            (None, _) if whole => After::RecordEnd(end),
            (None, _) => After::More,
            (Some(b'\n'), _) => After::RecordEnd(end + 1),
            (Some(b'\r'), Some(b'\n')) => After::RecordEnd(end + 2),
            (Some(b'\r'), None) if !whole => After::More,
            (Some(b'\r'), _) => After::RecordEnd(end + 1),
            _ => After::Delimiter,
        }
    }
}

enum After {
    Delimiter,
    RecordEnd(usize),
    More,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str, whole: bool) -> (Scan, Vec<&str>) {
        let mut spans = Vec::new();
        let scan = Rules { delimiter: b',', multiline: true }.scan(text.as_bytes(), whole, &mut spans);
        (scan, spans.iter().map(|span| &text[span.start..span.end]).collect())
    }

    #[test]
    fn records_and_their_cells() {
        for (text, length, lines, cells) in [
            ("a,b\nc", 4, 1, vec!["a", "b"]),
            ("a,b\r\nc", 5, 1, vec!["a", "b"]),
            ("a,b\rc", 4, 1, vec!["a", "b"]),
            ("\n", 1, 1, vec![""]),
            (",\n", 2, 1, vec!["", ""]),
            ("a,\"b,c\"\n", 8, 1, vec!["a", "b,c"]),
            ("a, \"b\" \n", 8, 1, vec!["a", "b"]),
            ("\"a\nb\",c\n", 8, 2, vec!["a\nb", "c"]),
            ("\"a\r\nb\rc\"\n", 9, 3, vec!["a\r\nb\rc"]),
            ("\"a\"\"b\"\n", 7, 1, vec!["a\"\"b"]),
            ("5\" pipe,x\n", 10, 1, vec!["5\" pipe", "x"]),
            ("=\"0171\",x\n", 10, 1, vec!["=\"0171\"", "x"]),
            ("a,b", 3, 1, vec!["a", "b"]),
            ("\"a\"", 3, 1, vec!["a"]),
            ("a\r", 2, 1, vec!["a"]),
        ] {
            assert_eq!(scan(text, true), (Scan::Record { length, lines }, cells), "{text:?}");
        }
    }

    #[test]
    fn records_that_go_on_beyond_the_bytes() {
        for (text, in_quotes) in
            [("a,b", false), ("a\r", false), ("\"a", true), ("\"a\"", true), ("\"a\" ", false), ("", false)]
        {
            assert_eq!(scan(text, false).0, Scan::More { in_quotes }, "{text:?}");
        }
    }

    #[test]
    fn quotes_that_are_broken() {
        assert_eq!(scan("\"Screen 12\" wide\",5\n", true).0, Scan::AfterQuote);
        assert_eq!(scan("\"a,b\nc,d\n", true).0, Scan::OpenQuote);
        let mut spans = Vec::new();
        let one_line = Rules { delimiter: b',', multiline: false };
        assert_eq!(one_line.scan(b"\"a\nb\",c\n", true, &mut spans), Scan::OpenQuote);
    }
}
