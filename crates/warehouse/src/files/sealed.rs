//! Parquet in a sealed file: it is read by seeking, so it is opened block by block where it lies and never written out in the clear.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};
use vault::SpoolReader;

/// A sealed file that several column readers look into by turns.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    reader: Arc<Mutex<SpoolReader>>,
    length: u64,
}

impl Sealed {
    pub fn new(reader: SpoolReader) -> Self {
        Self { length: reader.length(), reader: Arc::new(Mutex::new(reader)) }
    }

    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.seek(SeekFrom::Start(at))?;
        reader.read(out)
    }
}

impl Length for Sealed {
    fn len(&self) -> u64 {
        self.length
    }
}

/// Reads on from a place, whoever else reads meanwhile.
#[derive(Debug)]
pub(super) struct From {
    sealed: Sealed,
    at: u64,
}

impl Read for From {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.sealed.read_at(self.at, out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl ChunkReader for Sealed {
    type T = io::BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(io::BufReader::new(From { sealed: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes> {
        // A damaged file may ask for more than there is, or can be.
        let end = start.checked_add(length as u64).filter(|end| *end <= self.length);
        end.ok_or_else(|| ParquetError::EOF("the file ends before".to_owned()))?;
        let mut chunk = vec![0; length];
        From { sealed: self.clone(), at: start }.read_exact(&mut chunk)?;
        Ok(chunk.into())
    }
}
