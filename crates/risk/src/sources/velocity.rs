//! How much is asked: for one number, and about how many numbers by one network address, device or place of delivery, in the last 24 hours.

use base::{Context, Fault, ShopId, Timestamp};
use db::Db;
use futures::{FutureExt as _, future::BoxFuture};
use vault::Vault;

use crate::{
    question::Question,
    rows::marks,
    settings::{HOUR, Velocity},
    signal::{Signal, Why},
    source::{Answer, Lifetime, Source},
};

/// Counts what was asked before.
#[derive(Clone, Debug)]
pub struct Counted {
    db: Db,
    vault: Vault,
    most: Velocity,
}

/// Whoever is counted, by a keyed index of what names them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counting {
    pub signal: Signal,
    pub key: [u8; 32],
}

/// Everyone whom a question counts for.
pub(crate) fn counted(vault: &Vault, shop: ShopId, question: &Question, number: [u8; 32]) -> Vec<Counting> {
    let index = &vault.indexes(shop).device;
    let of = |kind: &[u8], value: &[u8]| index.of_parts([&b"risk"[..], kind, value]);
    let network = question.network.map(|address| match address.to_canonical() {
        std::net::IpAddr::V4(four) => of(b"network", &four.octets()),
        // A household or company has the first half of it.
        std::net::IpAddr::V6(six) => of(b"network", &six.octets()[..8]),
    });
    let device = question.device.as_deref().map(|device| of(b"device", device.trim().as_bytes()));
    let address = question.address.as_deref().map(|address| of(b"address", plain(address).as_bytes()));
    [
        (Signal::NumberBusy, Some(number)),
        (Signal::NetworkBusy, network),
        (Signal::DeviceBusy, device),
        (Signal::AddressBusy, address),
    ]
    .into_iter()
    .filter_map(|(signal, key)| Some(Counting { signal, key: key? }))
    .collect()
}

/// The same place in different dress: letters and digits alone, small.
fn plain(address: &str) -> String {
    address.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Hours since 1970.
pub(crate) const fn hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HOUR)
}

/// What counts is of the last so many hours.
pub(crate) const HOURS: i64 = 24;

impl Counted {
    pub fn new(db: Db, vault: Vault, most: Velocity) -> Self {
        Self { db, vault, most }
    }

    const fn most(&self, signal: Signal) -> u32 {
        match signal {
            Signal::NetworkBusy => self.most.numbers_of_network_max,
            Signal::DeviceBusy => self.most.numbers_of_device_max,
            Signal::AddressBusy => self.most.numbers_of_address_max,
            _ => self.most.of_number_max,
        }
    }

    async fn look(&self, cx: &Context, question: &Question, signal: Signal) -> Result<Answer, Fault> {
        let number = customers::identity::number_key(&self.vault.indexes(cx.shop), question.number).0;
        let all = counted(&self.vault, cx.shop, question, number);
        let Some(found) = all.into_iter().find(|one| one.signal == signal) else {
            return Ok(Answer::unknown(Why::NotGiven));
        };
        let (shop, from, most) = (cx.shop, hour_of(cx.now()) - HOURS + 1, i64::from(self.most(signal)));
        let count = self
            .db
            .read(async move |tx| match signal {
                Signal::NumberBusy => marks::times(tx, shop, &found.key, from).await,
                // This one counts, too, and is not there yet unless it was before.
                _ => marks::numbers(tx, shop, &found.key, (from, &number), most + 1).await,
            })
            .await?;
        Ok((count + 1 > most).into())
    }
}

impl Source for Counted {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::NumberBusy, Signal::NetworkBusy, Signal::DeviceBusy, Signal::AddressBusy]
    }

    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, signal: Signal) -> BoxFuture<'a, Answer> {
        async move {
            self.look(cx, question, signal).await.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "what was asked before could not be counted");
                Answer::unknown(Why::Failed)
            })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_in_any_dress() {
        assert_eq!(
            plain("Mannerheimintie 5 A 12, 00100 HELSINKI"),
            plain("mannerheimintie 5a12 00100 Helsinki")
        );
        assert_ne!(plain("Mannerheimintie 5"), plain("Mannerheimintie 6"));
    }
}
