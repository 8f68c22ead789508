//! Reads lines `CC<TAB>raw` from standard input (ZZ for no region) and writes the seven columns of each: a way to compare with
//! other software, or to measure.

use std::io::{self, BufRead, BufWriter, Write};

use numbering::{ParsedLine, Region};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (region, raw) = line.split_once('\t').unwrap_or(("ZZ", &line));
        let region: Region = region.parse().unwrap_or(Region::UNKNOWN);
        writeln!(out, "{}", ParsedLine::of(raw, Some(region)).columns().join("\t"))?;
    }
    out.flush()
}
