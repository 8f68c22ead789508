//! A sealed file: what a shop uploads waits on disk for its job without ever lying there in the clear. Seekable, because Parquet needs it.
//!
//! The file is cut into blocks of 64 KiB, each sealed on its own with its position and the spool's id as its place.

use std::{
    fmt, fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{DataKey, Place};

const BLOCK: usize = 64 * 1024;
/// What sealing adds: format, key version, nonce, tag.
const OVERHEAD: usize = 3 + 24 + 16;

fn row(id: &[u8; 16], block: u64, last: bool) -> [u8; 25] {
    let mut row = [0u8; 25];
    row[..16].copy_from_slice(id);
    row[16..24].copy_from_slice(&block.to_le_bytes());
    row[24] = u8::from(last);
    row
}

/// Seals what is written to it. Call [`SpoolWriter::finish`]: a file without its last block is refused by the reader.
pub struct SpoolWriter {
    file: fs::File,
    key: DataKey,
    id: [u8; 16],
    block: u64,
    buffer: Vec<u8>,
    length: u64,
}

impl SpoolWriter {
    pub fn create(path: &Path, key: DataKey, id: [u8; 16]) -> io::Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self::on(options.open(path)?, key, id))
    }

    /// Seals into a temporary file under a key that is nowhere but in this process: whoever finds the file reads nothing. The file must
    /// be open for reading and writing. [`SpoolWriter::read_back`] reads it again.
    pub fn scratch(file: fs::File) -> Self {
        Self::on(file, DataKey::generate(), [0; 16])
    }

    fn on(file: fs::File, key: DataKey, id: [u8; 16]) -> Self {
        Self { file, key, id, block: 0, buffer: Vec::with_capacity(BLOCK), length: 0 }
    }

    fn seal_block(&mut self, last: bool) -> io::Result<()> {
        let row = row(&self.id, self.block, last);
        let sealed = self.key.seal(Place { table: "spool", column: "block", row: &row }, &self.buffer);
        self.file.write_all(&sealed)?;
        self.block += 1;
        self.buffer.clear();
        Ok(())
    }

    /// Seals the last block and makes the file durable; returns the number of plain bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        self.seal_block(true)?;
        self.file.sync_all()?;
        Ok(self.length)
    }

    /// Seals the last block and reads what was written, from its beginning.
    pub fn read_back(mut self) -> io::Result<SpoolReader> {
        self.seal_block(true)?;
        SpoolReader::on(self.file, self.key, self.id)
    }
}

impl Write for SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() == BLOCK {
            self.seal_block(false)?;
        }
        let taken = bytes.len().min(BLOCK - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        self.length += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for SpoolWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpoolWriter({} bytes)", self.length)
    }
}

/// Reads a sealed file, forwards or by seeking.
pub struct SpoolReader {
    file: fs::File,
    key: DataKey,
    id: [u8; 16],
    blocks: u64,
    length: u64,
    position: u64,
    loaded: Option<u64>,
    buffer: Vec<u8>,
}

impl SpoolReader {
    pub fn open(path: &Path, key: DataKey, id: [u8; 16]) -> io::Result<Self> {
        Self::on(fs::File::open(path)?, key, id)
    }

    fn on(file: fs::File, key: DataKey, id: [u8; 16]) -> io::Result<Self> {
        let stored = file.metadata()?.len();
        let whole = (BLOCK + OVERHEAD) as u64;
        let blocks = stored.div_ceil(whole);
        if blocks == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the spool file is empty"));
        }
        let length = stored.saturating_sub(blocks * OVERHEAD as u64);
        let mut reader =
            Self { file, key, id, blocks, length, position: 0, loaded: None, buffer: Vec::new() };
        reader.load(blocks - 1)?; // a cut file fails here and not half way through an import
        Ok(reader)
    }

    /// Number of plain bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    fn load(&mut self, block: u64) -> io::Result<()> {
        if self.loaded == Some(block) {
            return Ok(());
        }
        self.loaded = None;
        self.file.seek(SeekFrom::Start(block * (BLOCK + OVERHEAD) as u64))?;
        let mut sealed = Vec::with_capacity(BLOCK + OVERHEAD);
        Read::by_ref(&mut self.file).take((BLOCK + OVERHEAD) as u64).read_to_end(&mut sealed)?;
        let row = row(&self.id, block, block + 1 == self.blocks);
        self.buffer = self
            .key
            .open(Place { table: "spool", column: "block", row: &row }, &sealed)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.loaded = Some(block);
        Ok(())
    }
}

impl Read for SpoolReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length {
            return Ok(0);
        }
        self.load(self.position / BLOCK as u64)?;
        let within = usize::try_from(self.position % BLOCK as u64).expect("less than a block");
        let available = &self.buffer[within..];
        let taken = available.len().min(out.len());
        out[..taken].copy_from_slice(&available[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek before the start"))?;
        Ok(self.position)
    }
}

impl fmt::Debug for SpoolReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpoolReader({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyFile, Vault};

    fn keys() -> (DataKey, DataKey) {
        let vault = Vault::new(KeyFile::generate());
        let (key, wrapped) = vault.new_data_key(&[1; 16]);
        (key, vault.unwrap(&wrapped, &[1; 16]).unwrap())
    }

    #[test]
    fn whole_and_by_seeking() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 17] {
            let path = folder.path().join(length.to_string());
            let plain: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let (key, again) = keys();
            let mut writer = SpoolWriter::create(&path, key, [1; 16]).unwrap();
            writer.write_all(&plain).unwrap();
            assert_eq!(writer.finish().unwrap(), length as u64);

            let mut reader = SpoolReader::open(&path, again, [1; 16]).unwrap();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == plain, "{length} bytes");
            if length > 10 {
                reader.seek(SeekFrom::End(-5)).unwrap();
                let mut tail = Vec::new();
                reader.read_to_end(&mut tail).unwrap();
                assert_eq!(tail, plain[length - 5..]);
            }
            let stored = fs::read(&path).unwrap();
            assert!(
                length < 64 || !stored.windows(32).any(|w| plain.windows(32).next() == Some(w)),
                "sealed on disk"
            );
        }
    }

    #[test]
    fn a_scratch_file_reads_back_and_is_sealed() {
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = SpoolWriter::scratch(file.try_clone().unwrap());
        writer.write_all(&[b'a'; 3 * BLOCK]).unwrap();
        let mut read = Vec::new();
        writer.read_back().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == [b'a'; 3 * BLOCK]);
        let mut stored = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut stored).unwrap();
        assert!(stored.len() > 3 * BLOCK && !stored.windows(8).any(|window| window == [b'a'; 8]));
    }

    #[test]
    fn a_cut_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut");
        let (key, again) = keys();
        let mut writer = SpoolWriter::create(&path, key, [1; 16]).unwrap();
        writer.write_all(&vec![7; 2 * BLOCK]).unwrap();
        drop(writer); // never finished: its last block is missing
        assert!(SpoolReader::open(&path, again, [1; 16]).is_err());
    }
}
