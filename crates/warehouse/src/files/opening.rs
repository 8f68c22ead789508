//! Opens a file: finds its format by its first bytes, its columns by their names, and its manners by its first records.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek},
    sync::{Arc, atomic::AtomicU64},
};

use base::Fault;
use flate2::read::MultiGzDecoder;
use parquet::file::reader::ChunkReader;
use vault::{SpoolReader, SpoolWriter};

use super::{
    DateRules, Delimited, Field, Format, Interpreter, JsonLines, Note, Options, Progress, Reader, Record,
    Reject, Source, Table,
    buffer::{Buffer, Bytes, Counted, read_head, rejoin, unreadable},
    charset::{self, Charset},
    columns::Plan,
    encoding_note,
    sample::Evidence,
    sealed::Sealed,
};

/// Bytes from which the encoding is decided.
const HEAD_BYTES: usize = 256 * 1024;
/// Records that are always looked at, and how far to look on while something is open.
const SAMPLE_RECORDS: usize = 1000;
const SAMPLE_RECORDS_MAX: usize = 50_000;
const SAMPLE_BYTES_MAX: usize = 8 * 1024 * 1024;

const PARQUET: &[u8] = b"PAR1";
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Opens an order file from any stream: standard input, a body sent over the network, bytes in memory.
pub fn open(input: impl Read + Send + 'static, options: &Options) -> Result<Reader, Fault> {
    open_stream(input, None, options)
}

/// Opens an order file on disk. Parquet is read in place, and progress knows the file's size.
pub fn open_file(mut file: File, options: &Options) -> Result<Reader, Fault> {
    let bytes_total = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    if bytes_total.is_none() {
        return open_stream(file, None, options); // a pipe, which cannot go back
    }
    let magic = read_head(&mut file, PARQUET.len())?;
    file.rewind().map_err(unreadable)?;
    if is_parquet(&magic, options) {
        return open_table(file, bytes_total, options);
    }
    open_stream(file, bytes_total, options)
}

/// Opens an order file that lies sealed on disk. Parquet is read in place here too.
pub fn open_sealed(mut file: SpoolReader, options: &Options) -> Result<Reader, Fault> {
    let magic = read_head(&mut file, PARQUET.len())?;
    file.rewind().map_err(unreadable)?;
    if is_parquet(&magic, options) {
        return open_sealed_table(file, options);
    }
    let bytes_total = Some(file.length());
    open_stream(file, bytes_total, options)
}

fn is_parquet(magic: &[u8], options: &Options) -> bool {
    options.format.map_or(magic == PARQUET, |format| format == Format::Parquet)
}

fn open_stream(
    input: impl Read + Send + 'static,
    bytes_total: Option<u64>,
    options: &Options,
) -> Result<Reader, Fault> {
    let read = Arc::new(AtomicU64::new(0));
    let progress = Progress { read: Arc::clone(&read), bytes_total };
    let mut input = Counted { inner: input, read };
    let magic = read_head(&mut input, 8)?;
    if is_parquet(magic.get(..4).unwrap_or_default(), options) {
        let spooled = spool(rejoin(magic, input), options.spool_bytes_max)?;
        return open_sealed_table(spooled, options);
    }
    let input = if magic.starts_with(GZIP) {
        let mut unpacked = MultiGzDecoder::new(rejoin(magic, input));
        let magic = read_head(&mut unpacked, 8)?;
        refuse_other_formats(&magic)?;
        rejoin(magic, unpacked)
    } else {
        refuse_other_formats(&magic)?;
        rejoin(magic, input)
    };
    open_text(input, progress, options)
}

/// Parquet can only be read from its end. What a stream brings is kept meanwhile, sealed: it is personal.
fn spool(mut input: Bytes, bytes_max: u64) -> Result<SpoolReader, Fault> {
    let mut writer = SpoolWriter::scratch(tempfile::tempfile().map_err(unreadable)?);
    let copied = io::copy(&mut input.by_ref().take(bytes_max), &mut writer).map_err(unreadable)?;
    if copied == bytes_max && input.read(&mut [0]).map_err(unreadable)? > 0 {
        return Err(Fault::invalid(
            "file_too_large",
            "The Parquet file is too large to be sent as a stream; import it from disk.",
        ));
    }
    writer.read_back().map_err(unreadable)
}

/// Files that people send by mistake get an answer that helps.
fn refuse_other_formats(magic: &[u8]) -> Result<(), Fault> {
    let message = if magic.starts_with(b"PK\x03\x04") || magic.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        "The file is a spreadsheet or a zip archive; save the sheet as CSV, or unpack the archive, and try again."
    } else if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || magic.starts_with(b"BZh")
        || magic.starts_with(b"\xfd7zXZ")
    {
        "The file is compressed in a way that is not known; unpack it, or use gzip."
    } else if magic.starts_with(b"%PDF") {
        "The file is a PDF document; order files are CSV, JSON Lines or Parquet."
    } else if magic.starts_with(b"PAR1") || magic.starts_with(b"PARE") {
        "The Parquet file is packed or encrypted as a whole; unpack it and try again."
    } else {
        return Ok(());
    };
    Err(Fault::invalid("unsupported_format", message))
}

fn open_text(mut input: Bytes, progress: Progress, options: &Options) -> Result<Reader, Fault> {
    let mut head = read_head(&mut input, HEAD_BYTES)?;
    if head.is_empty() {
        return Err(Fault::invalid("empty_file", "The file is empty."));
    }
    let decision = charset::decide(&head, head.len() < HEAD_BYTES, options.encoding.as_deref())?;
    let mut notes = Vec::new();
    if let Some(encoding) =
        decision.transcode.filter(|_| options.encoding.is_none() && decision.mark_bytes == 0)
    {
        notes.push(encoding_note(encoding));
    }
    head.drain(..decision.mark_bytes);
    let mut buffer = Buffer::new(rejoin(head, input), decision.transcode);
    buffer.fill()?;
    let first = buffer.available().trim_ascii_start().first().copied();
    let format = options.format.unwrap_or(match first {
        Some(b'{' | b'[') => Format::JsonLines,
        _ => Format::Csv,
    });
    let charset = Charset::new(decision);
    let source = if format == Format::JsonLines {
        Source::JsonLines(JsonLines::open(buffer, charset, options)?)
    } else {
        Source::Delimited(Delimited::open(buffer, charset, options)?)
    };
    begin(source, progress, notes, options)
}

fn open_sealed_table(file: SpoolReader, options: &Options) -> Result<Reader, Fault> {
    let bytes_total = Some(file.length());
    open_table(Sealed::new(file), bytes_total, options)
}

fn open_table(
    file: impl ChunkReader + 'static,
    bytes_total: Option<u64>,
    options: &Options,
) -> Result<Reader, Fault> {
    let source = Source::Table(Table::open(file, options)?);
    begin(source, Progress { bytes_total, ..Progress::default() }, Vec::new(), options)
}

/// Reads the first records, and decides from them how to read all.
fn begin(
    mut source: Source,
    progress: Progress,
    mut notes: Vec<Note>,
    options: &Options,
) -> Result<Reader, Fault> {
    let mut sample = Sample::default();
    let names_are_all = !matches!(source, Source::JsonLines(_));
    if !names_are_all {
        sample.read(&mut source, SAMPLE_RECORDS)?;
        sample.check_readable()?;
    }
    let names = match &source {
        Source::Table(table) => table.usable_names(),
        _ => source.names().to_vec(),
    };
    let mut plan = Plan::choose(&names, &options.map, names_are_all)?;
    plan.check_required(source.names())?;
    if let Source::Table(table) = &mut source {
        table.select(|column| plan.field_of(column).is_some());
    }
    let mut evidence = Evidence::default();
    let mut observed = 0;
    loop {
        let wanted = if observed == 0 { SAMPLE_RECORDS } else { SAMPLE_RECORDS_MAX };
        let more = (observed + SAMPLE_RECORDS).min(wanted);
        sample.read(&mut source, more)?;
        plan.extend(source.names());
        for record in sample.records.range(observed..).flatten() {
            evidence.observe(record, &plan);
        }
        let stuck = sample.records.len() == observed;
        observed = sample.records.len();
        if stuck || sample.whole || !evidence.is_open(options.date_order.is_some(), options.decimal.is_some())
        {
            break;
        }
    }
    let decisions = evidence.decide(options.date_order, options.decimal, sample.whole);
    notes.extend(decisions.notes);
    if let Some(column) = plan.order_total_left_out {
        notes.push(left_out_note(&source.names()[column]));
    }
    if let Some(column) = plan.order_total() {
        notes.push(once_note(&source.names()[column]));
    }
    let dates = DateRules {
        order: decisions.date_order,
        two_digit_years: options.date_order.is_some(),
        zone: options.time_zone.clone(),
    };
    let interpreter = Interpreter::new(plan, dates, decisions.mark, options.currency_default);
    Ok(Reader {
        source,
        sample: sample.records,
        record: Record::default(),
        interpreter,
        notes,
        progress,
        rows: 0,
        rejected: 0,
    })
}

fn left_out_note(name: &str) -> Note {
    let message = format!(
        "The column {name} holds the total of whole orders, and rows are order lines: their amounts are quantity × unit price. --map {}=COLUMN overrides this.",
        Field::Amount
    );
    Note::new("order_total_left_out", message)
}

fn once_note(name: &str) -> Note {
    let message = format!(
        "The column {name} holds the total of whole orders, and rows are order lines: it counts once for each order, and lines have no amounts of their own. --map {}=COLUMN takes it as the amount of each row.",
        Field::Amount
    );
    Note::new("order_total_once", message)
}

/// The first records of a file.
#[derive(Default)]
struct Sample {
    records: VecDeque<Result<Record, Reject>>,
    bytes: usize,
    /// The file has no further records.
    whole: bool,
}

impl Sample {
    /// Reads on until there are `wanted` records, the sample is full, or the file ends.
    fn read(&mut self, source: &mut Source, wanted: usize) -> Result<(), Fault> {
        while self.records.len() < wanted && self.bytes < SAMPLE_BYTES_MAX && !self.whole {
            let mut record = Record::default();
            match source.next(&mut record)? {
                None => self.whole = true,
                Some(Ok(())) => {
                    self.bytes += record.size();
                    self.records.push_back(Ok(record));
                }
                Some(Err(reject)) => self.records.push_back(Err(reject)),
            }
        }
        Ok(())
    }

    fn check_readable(&self) -> Result<(), Fault> {
        let Some(Err(first)) = self.records.front() else { return Ok(()) };
        if self.records.iter().any(Result::is_ok) {
            return Ok(());
        }
        let message =
            format!("None of the first lines can be read. Line {}: {}", first.line_number, first.reason);
        Err(Fault::invalid("no_readable_line", message))
    }
}
