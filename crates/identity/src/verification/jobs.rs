//! What happens later: the text of a message is made when it is sent, a proof that could not be settled at once is settled, old rows are forgotten.

use std::fmt;

use base::{Context, Fault, FaultKind, Id, ShopId, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use messaging::{Composed, Composer, Text};

use super::{Channel, State, Verification, Verifications, rows, rows::records, texts};

/// The name under which messages call for their text.
pub const COMPOSER: &str = "verification";
/// Settles what an approved verification means for who holds the number.
pub const PROOF_JOB: &str = "identity.proof";
/// How long verifications are kept after their time, in days.
pub const KEPT_DAYS: i64 = 30;

impl Composer for Verifications {
    /// The text with its code or link, as the message's channel wants it; nothing when it was meanwhile approved, canceled, used up or is past its time.
    fn compose<'a>(
        &'a self,
        cx: &'a Context,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<Composed>, Fault>> {
        async move {
            let (id, channel) = referred(reference)?;
            let kept = match self.kept(cx, id).await {
                Ok(kept) => kept,
                Err(fault) if fault.kind == FaultKind::NotFound => return Ok(None),
                Err(fault) => return Err(fault),
            };
            let one = &kept.verification;
            if one.state_at(cx.now()) != State::Pending {
                return Ok(None);
            }
            let shop_name = self.shop_name(cx.shop).await?;
            let text = kept.text(&self.means.vault, channel.unwrap_or(one.channel), &shop_name);
            let language = Some(texts::language_of(&one.language).to_owned());
            Ok(Some(Composed { language, ..Composed::of(Text::parse(text.reveal())?) }))
        }
        .boxed()
    }
}

/// What a message that carries the code over this channel calls for its text by.
pub(super) fn reference(id: Id<Verification>, channel: Channel) -> String {
    format!("{id}/{channel}")
}

/// What a reference names. Without a channel it is that of the last send.
fn referred(reference: &str) -> Result<(Id<Verification>, Option<Channel>), Fault> {
    let (id, channel) = match reference.split_once('/') {
        Some((id, channel)) => (id, Some(channel.parse::<Channel>()?)),
        None => (reference, None),
    };
    Ok((id.parse().map_err(Fault::internal)?, channel))
}

/// What the job is told that settles these.
pub(super) fn of_proofs(ids: impl Iterator<Item = Id<Verification>>) -> serde_json::Value {
    serde_json::json!({ "verifications": ids.collect::<Vec<_>>() })
}

/// Settles proofs.
#[derive(Debug)]
pub struct Proofs(pub Verifications);

impl ::jobs::Handler for Proofs {
    fn run<'a>(&'a self, cx: &'a Context, job: &'a ::jobs::Job) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            // Jobs of earlier versions are each for one.
            let written = |name: &str| job.payload.get(name).cloned();
            let written =
                written("verifications").or_else(|| Some(serde_json::json!([written("verification")?])));
            let ids: Vec<Id<Verification>> =
                serde_json::from_value(written.unwrap_or_default()).map_err(Fault::internal)?;
            let mut failed = Ok(());
            for id in ids {
                match self.0.holder(cx, id).await {
                    Ok(_) => {}
                    // Whose a number is that is everybody's, or whose holder is silent, will not be known another time, either.
                    Err(fault) if matches!(fault.code, "number_is_generic" | "holder_silent") => {}
                    // The others are settled all the same, and what may be tried again is what counts.
                    Err(fault) if fault.kind == FaultKind::Invalid && failed.is_err() => {}
                    Err(fault) => failed = Err(fault),
                }
            }
            failed
        }
        .boxed()
    }
}

/// Forgets old verifications and addresses.
pub struct Forgetting(pub Verifications);

impl ::jobs::Upkeep for Forgetting {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let before = rows::first_id_at(now.plus_micros(-KEPT_DAYS * Timestamp::DAY));
            let hour = now.as_micros() / (3_600 * Timestamp::SECOND) - 24;
            let db = &self.0.means.db;
            let shops: Vec<ShopId> = db
                .read(async |tx| Ok(crate::rows::shops(tx).await?.into_iter().map(|shop| shop.id).collect()))
                .await?;
            let forgotten = db
                .write_bulk(async move |tx| {
                    let mut forgotten = records::forget_addresses(tx, hour).await?;
                    for shop in &shops {
                        forgotten += rows::forget(tx, *shop, before).await?;
                    }
                    Ok(forgotten)
                })
                .await?;
            tracing::debug!(forgotten, "old verifications were forgotten");
            Ok(())
        }
        .boxed()
    }
}

impl fmt::Debug for Forgetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forgetting")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_verification_and_a_channel() {
        let id = Id::from_uuid(uuid::Uuid::from_u128(7));
        for channel in [Channel::Sms, Channel::Voice, Channel::Whatsapp] {
            assert_eq!(referred(&reference(id, channel)).unwrap(), (id, Some(channel)));
        }
        assert_eq!(referred(&id.to_string()).unwrap(), (id, None));
        for bad in ["", "7", "7/sms", &format!("{id}/pigeon")] {
            assert!(referred(bad).is_err(), "{bad}");
        }
    }
}
