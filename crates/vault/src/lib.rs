//! Keeps personal data unreadable to whoever has only the database: key files, sealing, data keys, keyed look-up indexes.
//!
//! - A [`KeyFile`] outside the database holds the root secrets, by version.
//! - A [`DataKey`] seals the details of one persona (the smallest record that can move between customers). It is kept wrapped by the
//!   key-encryption key; deleting the wrapped key makes the details unreadable for ever, in backups of the table too.
//! - Every sealed value begins with a format byte and the version of the key that sealed it, so that keys can be rotated.
//! - [`ShopIndexes`] turn a value into 32 bytes of HMAC-SHA256 under a secret key, for looking it up without storing it. A plain hash of a
//!   phone number would be no protection: all 10^10 numbers are hashed in minutes.
//!
//! ```
//! use vault::{KeyFile, Place, Vault};
//!
//! let vault = Vault::new(KeyFile::generate());
//! let row = [7u8; 16];
//! let (key, wrapped) = vault.new_data_key(&row);
//! let place = Place { table: "personas", column: "details", row: &row };
//! let sealed = key.seal(place, b"Aino Virtanen");
//!
//! let again = vault.unwrap(&wrapped, &row).unwrap();
//! assert_eq!(again.open(place, &sealed).unwrap(), b"Aino Virtanen");
//! // The same bytes in another row, column or table do not open.
//! assert!(again.open(Place { table: "orders", ..place }, &sealed).is_err());
//! ```

mod index;
mod keyfile;
mod sealing;
mod spool;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::ShopId;

pub use index::{IndexKey, ShopIndexes, anchor_of};
pub use keyfile::{KeyFile, KeyFileError};
pub use sealing::{DataKey, OpenError, Place};
pub use spool::{SpoolReader, SpoolWriter};

/// The keys at work: wraps and unwraps data keys, hands out the indexes of a shop. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<KeyFile>,
    indexes: Arc<Mutex<HashMap<ShopId, Arc<ShopIndexes>>>>,
}

impl Vault {
    pub fn new(keys: KeyFile) -> Self {
        Self { keys: Arc::new(keys), indexes: Arc::default() }
    }

    /// A fresh data key for the record `row`, and its wrapped form for storing.
    pub fn new_data_key(&self, row: &[u8; 16]) -> (DataKey, Vec<u8>) {
        let key = DataKey::generate();
        let wrapped = self.keys.wrap(&key, row);
        (key, wrapped)
    }

    /// The data key of the record `row` from its wrapped form.
    pub fn unwrap(&self, wrapped: &[u8], row: &[u8; 16]) -> Result<DataKey, OpenError> {
        self.keys.unwrap(wrapped, row)
    }

    /// The keyed indexes of one shop: the same number has unrelated index values in two shops.
    pub fn indexes(&self, shop: ShopId) -> Arc<ShopIndexes> {
        let mut known = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            known
                .entry(shop)
                .or_insert_with(|| Arc::new(ShopIndexes::derive(self.keys.index_secret(), shop))),
        )
    }

    /// A short fingerprint of the keys, safe to show: tells two key files apart and reveals nothing.
    pub fn fingerprint(&self) -> String {
        self.keys.fingerprint()
    }

    /// The same for each secret by its name, `index` or `kek` and its version, for a database to remember.
    pub fn fingerprints(&self) -> Vec<(String, String)> {
        self.keys.fingerprints()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.fingerprint())
    }
}
