//! The shops of an installation, by the short name that commands use.

use base::{Clock as _, Fault, Id, ShopId, SystemClock};
use db::Db;

use crate::rows;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShopView {
    pub id: ShopId,
    pub slug: String,
    pub name: String,
}

/// The shops of the installation.
#[derive(Clone, Debug)]
pub struct Shops {
    db: Db,
}

impl Shops {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The shop of this short name.
    pub async fn find(&self, slug: &str) -> Result<ShopView, Fault> {
        let wanted = slug.to_owned();
        let unknown = || {
            Fault::not_found("shop_unknown", "There is no shop of this name.")
                .field("shop")
                .detail("shop", slug)
        };
        self.db.read(async move |tx| rows::shop(tx, &wanted).await).await?.ok_or_else(unknown)
    }

    /// The shop with this id.
    pub async fn by_id(&self, id: ShopId) -> Result<ShopView, Fault> {
        let unknown = || Fault::not_found("shop_unknown", "There is no shop with this id.").field("shop");
        self.db.read(async move |tx| rows::shop_by_id(tx, id).await).await?.ok_or_else(unknown)
    }

    /// The shop of this short name, made if there is none.
    pub async fn ensure(&self, slug: &str, name: &str) -> Result<ShopView, Fault> {
        let slug = slug.trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if slug.is_empty() || slug.len() > 40 || !slug.chars().all(plain) {
            let message = "A shop's short name is 1 to 40 letters, digits and hyphens.";
            return Err(Fault::invalid("shop_malformed", message).field("shop"));
        }
        let name = name.to_owned();
        let now = SystemClock.now();
        let id: ShopId = Id::new(now, &mut rand::rng());
        self.db
            .write(async move |tx| {
                if let Some(shop) = rows::shop(tx, &slug).await? {
                    return Ok(shop);
                }
                let shop = ShopView { id, slug: slug.clone(), name: name.clone() };
                rows::insert_shop(tx, &shop, now).await?;
                Ok(shop)
            })
            .await
    }

    pub async fn list(&self) -> Result<Vec<ShopView>, Fault> {
        self.db.read(async |tx| rows::shops(tx).await).await
    }
}
