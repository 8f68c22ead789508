//! Which keys a database is sealed with: their fingerprints, noted when it is first used and compared whenever it is opened. The keys
//! themselves are never here.

use base::{Fault, Timestamp};
use vault::Vault;

use crate::{Db, Kind, params, sql};

/// What is known of a database's keys before anything personal is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sealed {
    /// No table was ever made in it: whichever keys come first are its keys.
    Empty,
    /// Something is, or may be, sealed in it.
    Maybe,
}

/// Whether a database is still without any table of ours.
pub async fn sealed(db: &Db) -> Result<Sealed, Fault> {
    let exists = match db.kind() {
        Kind::Sqlite => sql!("SELECT 1 FROM sqlite_master WHERE name = 'audit'"),
        Kind::Postgres => sql!("SELECT 1 FROM pg_tables WHERE tablename = 'audit'"),
    };
    let found = db.read(async move |tx| Ok(tx.first(exists, &[]).await?.is_some())).await?;
    Ok(if found { Sealed::Maybe } else { Sealed::Empty })
}

/// Compares the keys with those that the database was sealed with; those not noted yet are noted. Two that begin at the same moment with
/// unlike keys: one of them is refused.
pub async fn prove(db: &Db, vault: &Vault, now: Timestamp) -> Result<(), Fault> {
    let (mine, shown) = (vault.fingerprints(), vault.fingerprint());
    let noted = known(db).await?;
    if noted.is_empty() || mine.iter().any(|(secret, _)| !noted.iter().any(|(known, _)| known == secret)) {
        check(&noted, &mine, &shown)?;
        let new = mine.clone();
        db.write(async move |tx| {
            let note = sql!(
                "INSERT INTO sealed_with (secret, fingerprint, noted_at) VALUES ($1, $2, $3) ON CONFLICT (secret) DO NOTHING"
            );
            for (secret, fingerprint) in &new {
                tx.execute(note, &params![secret, fingerprint, now]).await?;
            }
            Ok(())
        })
        .await?;
    }
    check(&known(db).await?, &mine, &shown)
}

/// The secrets noted and their fingerprints.
async fn known(db: &Db) -> Result<Vec<(String, String)>, Fault> {
    db.read(async move |tx| {
        let rows = tx.all(sql!("SELECT secret, fingerprint FROM sealed_with ORDER BY secret"), &[]).await?;
        Ok(rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, crate::DbError>>()?)
    })
    .await
}

/// Every secret that the database knows must be there, and the same. Secrets that it does not know yet are new.
fn check(noted: &[(String, String)], mine: &[(String, String)], shown: &str) -> Result<(), Fault> {
    for (secret, fingerprint) in noted {
        match mine.iter().find(|(own, _)| own == secret) {
            Some((_, own)) if own == fingerprint => {}
            Some(_) => {
                let message = format!(
                    "The keys ({shown}) are not those of this database; it was sealed with others (index {}).",
                    noted.iter().find(|(secret, _)| secret == "index").map_or("unknown", |(_, own)| own)
                );
                return Err(Fault::unavailable("keys_do_not_fit", message).field("key-file"));
            }
            None => {
                let message = format!(
                    "The key file holds no {secret}, with which a part of this database is sealed; bring it back."
                );
                return Err(Fault::unavailable("keys_incomplete", message).field("key-file"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(secret, print)| ((*secret).to_owned(), (*print).to_owned())).collect()
    }

    #[test]
    fn keys_fit_when_every_noted_secret_is_there_and_the_same() {
        let noted = of(&[("index", "aa"), ("kek 1", "bb")]);
        let code = |mine: &[(&str, &str)]| check(&noted, &of(mine), "x").err().map(|fault| fault.code);
        assert_eq!(code(&[("index", "aa"), ("kek 1", "bb")]), None);
        assert_eq!(code(&[("index", "aa"), ("kek 1", "bb"), ("kek 2", "cc")]), None, "a new version");
        assert_eq!(code(&[("index", "ab"), ("kek 1", "bb")]), Some("keys_do_not_fit"));
        assert_eq!(code(&[("index", "aa"), ("kek 1", "bc")]), Some("keys_do_not_fit"));
        assert_eq!(code(&[("index", "aa"), ("kek 2", "cc")]), Some("keys_incomplete"));
    }
}
