//! The key file: root secrets by version, kept outside the database and readable by its owner only.
//!
//! Text, one secret a line, `NAME VERSION BASE64`; lines starting with `#` are remarks. `kek` wraps data keys: to rotate it, add a
//! line with the next version, keep the old one until everything is wrapped anew. `index` keys the look-up indexes.

use std::{collections::BTreeMap, fmt, fs, io, io::Write as _, path::Path};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::sealing::{DataKey, OpenError, Place, version_of};

/// The root secrets.
pub struct KeyFile {
    wrapping: BTreeMap<u16, DataKey>,
    index: Zeroizing<[u8; 32]>,
}

/// Why keys could not be had.
#[derive(Debug)]
pub enum KeyFileError {
    Io(io::Error),
    /// Others than the owner may read it.
    Exposed(String),
    Malformed {
        line: usize,
        reason: &'static str,
    },
    Missing(&'static str),
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the key file cannot be read: {error}"),
            Self::Exposed(mode) => {
                write!(f, "the key file may be read by others (mode {mode}); run chmod 600 on it")
            }
            Self::Malformed { line, reason } => write!(f, "line {line} of the key file: {reason}"),
            Self::Missing(name) => write!(f, "the key file holds no {name} secret"),
        }
    }
}

impl std::error::Error for KeyFileError {}

impl From<io::Error> for KeyFileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<KeyFileError> for base::Fault {
    fn from(error: KeyFileError) -> Self {
        base::Fault::unavailable("keys_unavailable", error.to_string()).field("key-file")
    }
}

impl KeyFile {
    /// Fresh secrets from the system's generator.
    pub fn generate() -> Self {
        let mut index = Zeroizing::new([0u8; 32]);
        rand::rng().fill_bytes(index.as_mut());
        Self { wrapping: BTreeMap::from([(1, DataKey::generate())]), index }
    }

    /// Reads a key file and refuses one that others may read.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyFileError::Exposed(format!("{mode:o}")));
            }
        }
        let text = Zeroizing::new(fs::read_to_string(path)?);
        Self::parse(&text)
    }

    /// Reads the key file's text, from an environment variable for instance. Line ends may be written as `;`.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut wrapping = BTreeMap::new();
        let mut index = None;
        for (at, line) in text.split(['\n', ';']).enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fail = |reason| KeyFileError::Malformed { line: at + 1, reason };
            let mut words = line.split_whitespace();
            let (Some(name), Some(version), Some(secret), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(fail("expected NAME VERSION BASE64"));
            };
            let version: u16 =
                version.parse().map_err(|_| fail("the version is not a number from 1 to 65535"))?;
            let decoded = BASE64.decode(secret.as_bytes()).map_err(|_| fail("the secret is not base64"))?;
            let bytes: [u8; 32] = decoded.try_into().map_err(|_| fail("the secret is not 32 bytes long"))?;
            let bytes = Zeroizing::new(bytes);
            match name {
                "kek" => {
                    wrapping.insert(version, DataKey::from_bytes(version, bytes));
                }
                "index" => index = Some(bytes),
                _ => return Err(fail("the name is neither kek nor index")),
            }
        }
        if wrapping.is_empty() {
            return Err(KeyFileError::Missing("kek"));
        }
        Ok(Self { wrapping, index: index.ok_or(KeyFileError::Missing("index"))? })
    }

    /// Writes a new key file with owner-only rights, durably and at once: nobody ever sees half of it, and one that is there is not
    /// replaced.
    pub fn create(&self, path: &Path) -> Result<(), KeyFileError> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.unfinished", std::process::id()));
        let written = self.write_new(Path::new(&unfinished));
        // A hard link refuses to replace what is there; a rename would not.
        let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
        drop(fs::remove_file(&unfinished));
        linked?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn write_new(&self, path: &Path) -> io::Result<()> {
        drop(fs::remove_file(path)); // of a process that had our id and died
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut text = String::from(
            "# Trunkline keys. Without this file the personal data in the database cannot be read, by anyone.\n\
             # Keep a copy in a safe place, apart from the database's backups.\n",
        );
        for (version, key) in &self.wrapping {
            text += &format!("kek {version} {}\n", BASE64.encode(key.bytes()));
        }
        text += &format!("index 1 {}\n", BASE64.encode(self.index.as_ref()));
        Zeroizing::new(text)
    }

    pub(crate) fn index_secret(&self) -> &[u8; 32] {
        &self.index
    }

    pub(crate) fn wrap(&self, key: &DataKey, row: &[u8; 16]) -> Vec<u8> {
        let (_, wrapping) = self.wrapping.last_key_value().expect("parse and generate leave at least one");
        wrapping.seal(wrapped_place(row), key.bytes())
    }

    pub(crate) fn unwrap(&self, wrapped: &[u8], row: &[u8; 16]) -> Result<DataKey, OpenError> {
        let version = version_of(wrapped)?;
        let wrapping = self.wrapping.get(&version).ok_or(OpenError::UnknownKeyVersion(version))?;
        let bytes = Zeroizing::new(wrapping.open(wrapped_place(row), wrapped)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| OpenError::NotSealed)?;
        Ok(DataKey::from_bytes(1, Zeroizing::new(bytes)))
    }

    pub(crate) fn fingerprint(&self) -> String {
        let versions: Vec<String> = self.wrapping.keys().map(ToString::to_string).collect();
        format!("{}/{}", print(&self.index), versions.join(","))
    }

    /// A fingerprint of each secret.
    pub(crate) fn fingerprints(&self) -> Vec<(String, String)> {
        let wrapping =
            self.wrapping.iter().map(|(version, key)| (format!("kek {version}"), print(key.bytes())));
        std::iter::once(("index".to_owned(), print(&self.index))).chain(wrapping).collect()
    }
}

/// Tells secrets of 32 random bytes apart and reveals nothing of them.
fn print(secret: &[u8; 32]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length is a key");
    mac.update(b"fingerprint");
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()[..6])
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({})", self.fingerprint())
    }
}

fn wrapped_place(row: &[u8; 16]) -> Place<'_> {
    Place { table: "data_keys", column: "wrapped", row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_reads_back_and_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = KeyFile::generate();
        keys.create(&path).unwrap();
        assert_eq!(KeyFile::load(&path).unwrap().fingerprint(), keys.fingerprint());
        assert!(matches!(keys.create(&path), Err(KeyFileError::Io(_))), "never overwritten");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(KeyFile::load(&path), Err(KeyFileError::Exposed(_))));
        }
    }

    #[test]
    fn old_versions_open_and_the_newest_wraps() {
        let old = KeyFile::generate();
        let (key, row) = (DataKey::generate(), [1u8; 16]);
        let wrapped = old.wrap(&key, &row);
        let both = format!("{}\nkek 2 {}", old.to_text().as_str(), BASE64.encode(&[9u8; 32]));
        let rotated = KeyFile::parse(&both).unwrap();
        assert_eq!(rotated.unwrap(&wrapped, &row).unwrap().bytes(), key.bytes());
        let anew = rotated.wrap(&key, &row);
        assert_eq!(version_of(&anew), Ok(2));
        assert_eq!(old.unwrap(&anew, &row).unwrap_err(), OpenError::UnknownKeyVersion(2));
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, line) in
            [("kek 1", 1), ("# x\nkek one AAAA", 2), ("kek 1 !!!!", 1), ("kek 1 AAAA", 1), ("door 1 AAAA", 1)]
        {
            match KeyFile::parse(text) {
                Err(KeyFileError::Malformed { line: at, .. }) => assert_eq!(at, line, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(matches!(KeyFile::parse(""), Err(KeyFileError::Missing("kek"))));
    }
}
