//! Takes in long messages that come in parts: kept until all are there, then put together; after a day what came is shown, with a mark for what did not.

use std::sync::Arc;

use base::{Clock, Context, Fault, Timestamp};
use db::Tx;
use numbering::PhoneNumber;
use sha2::{Digest as _, Sha256};
use vault::Place;

use super::{Inbound, Messages, context, current, open_number, provider_reference};
use crate::{
    Channel, Text,
    parts::{self, Coding, InboundPart, Kept, Step},
    rows::{self, Group, PartRow},
};

/// How long a message waits for all of its parts.
const WAIT_MICROS: i64 = Timestamp::DAY;
/// How long a part that comes again is recognised once its message was whole: networks repeat within minutes, phones take a reference again after hundreds of messages.
const REMEMBERED_MICROS: i64 = 3_600 * Timestamp::SECOND;
/// Messages that are settled in one round; what is left comes with the next.
const SETTLED_MAX: usize = 1_000;

impl Messages {
    /// Takes in a part. Kept when this returns; with the last one the message is there, and told to subscribers, by the same commit.
    pub async fn inbound_part(&self, cx: &Context, part: InboundPart) -> Result<(), Fault> {
        let from = current(part.from);
        let group = Group {
            shop: cx.shop,
            number_key: self.number_key(cx, from),
            provider: part.provider.clone(),
            recipient: provider_reference(&part.to),
            reference: format!("{}/{}", provider_reference(&part.place.reference), part.place.total),
        };
        let row = self.part_row(cx, &group, from, &part);
        let (this, cx) = (self.clone(), cx.clone());
        self.db.write(async move |tx| this.take_part(tx, &cx, (&group, &row), (from, &part)).await).await
    }

    async fn take_part(
        &self,
        tx: &mut Tx,
        cx: &Context,
        (group, row): (&Group, &PartRow),
        (from, part): (PhoneNumber, &InboundPart),
    ) -> Result<(), Fault> {
        let mut found = rows::parts(tx, group).await?;
        let forgotten = cx.now().plus_micros(-REMEMBERED_MICROS);
        if found.iter().any(|one| one.joined_at.is_some_and(|at| at < forgotten)) {
            rows::delete_parts(tx, group).await?;
            found.clear();
        }
        let is_joined = found.iter().any(|one| one.joined_at.is_some());
        let kept = self.opened(group, &found)?;
        let (total, place) = (part.place.total, part.place.place);
        match parts::step(&kept, is_joined, total, place, (part.coding, &part.body)) {
            Step::Again => return Ok(()),
            Step::Waits => rows::insert_part(tx, group, row).await?,
            Step::Whole(text) => {
                rows::insert_part(tx, group, row).await?;
                rows::join_parts(tx, group, cx.now()).await?;
                self.take_joined(tx, cx, from, &part.provider, &text).await?;
            }
            Step::Anew(left) => {
                rows::delete_parts(tx, group).await?;
                rows::insert_part(tx, group, row).await?;
                if let Some(text) = left {
                    self.take_joined(tx, cx, from, &part.provider, &text).await?;
                }
            }
        }
        Ok(())
    }

    async fn take_joined(
        &self,
        tx: &mut Tx,
        cx: &Context,
        from: PhoneNumber,
        provider: &str,
        text: &str,
    ) -> Result<(), Fault> {
        let Some(text) = Text::heard(text) else { return Ok(()) };
        let reference = cx.new_id::<Inbound>().to_string();
        let provider = provider.to_owned();
        let inbound = Inbound { from, channel: Channel::Sms, text, provider, reference };
        self.take_in(tx, cx, inbound).await.map(drop)
    }

    /// Shows what came of messages that have waited for a day, and forgets the parts of those that were whole by then. Returns how many of the former there were.
    pub async fn settle_parts(&self, clock: &Arc<dyn Clock>) -> Result<usize, Fault> {
        let before = clock.now().plus_micros(-WAIT_MICROS);
        let groups = self.db.read(async move |tx| rows::old_parts(tx, before, SETTLED_MAX).await).await?;
        let mut shown = 0;
        for group in groups {
            let (this, cx) = (self.clone(), context(group.shop, clock));
            let was_open = self.db.write(async move |tx| this.settle(tx, &cx, &group).await).await?;
            shown += usize::from(was_open);
        }
        Ok(shown)
    }

    async fn settle(&self, tx: &mut Tx, cx: &Context, group: &Group) -> Result<bool, Fault> {
        let found = rows::parts(tx, group).await?;
        rows::delete_parts(tx, group).await?;
        let Some(first) = found.first().filter(|_| found.iter().all(|one| one.joined_at.is_none())) else {
            return Ok(false);
        };
        let key = self.vault.unwrap(&first.wrapped_key, &row_of(group, first.place))?;
        let from = open_number(&key, at(&row_of(group, first.place), "sender"), &first.sender)?;
        let total = group.reference.rsplit('/').next().and_then(|total| total.parse().ok()).unwrap_or(0);
        let text = parts::text(&self.opened(group, &found)?, total);
        self.take_joined(tx, cx, from, &group.provider, &text).await?;
        Ok(true)
    }

    fn part_row(&self, cx: &Context, group: &Group, from: PhoneNumber, part: &InboundPart) -> PartRow {
        let row = row_of(group, part.place.place);
        let (key, wrapped_key) = self.vault.new_data_key(&row);
        let body = [&[part.coding.0], part.body.as_slice()].concat();
        PartRow {
            place: part.place.place,
            wrapped_key,
            sender: key.seal(at(&row, "sender"), from.e164().as_str().as_bytes()),
            body: key.seal(at(&row, "body"), &body),
            joined_at: None,
            received_at: cx.now(),
        }
    }

    fn opened(&self, group: &Group, found: &[PartRow]) -> Result<Kept, Fault> {
        let open = |one: &PartRow| {
            let row = row_of(group, one.place);
            let plain = self.vault.unwrap(&one.wrapped_key, &row)?.open(at(&row, "body"), &one.body)?;
            let (coding, body) =
                plain.split_first().ok_or_else(|| Fault::internal("a part without its coding"))?;
            Ok((one.place, (Coding(*coding), body.to_vec())))
        };
        found.iter().map(open).collect()
    }
}

/// What a part is sealed for: a digest of everything by which it is found.
fn row_of(group: &Group, place: u8) -> [u8; 16] {
    let Group { shop, number_key, provider, recipient, reference } = group;
    let mut digest =
        Sha256::new().chain_update(shop.as_bytes()).chain_update(number_key).chain_update([place]);
    for text in [provider, recipient, reference] {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    let mut row = [0; 16];
    row.copy_from_slice(&digest.finalize()[..16]);
    row
}

fn at<'r>(row: &'r [u8], column: &'static str) -> Place<'r> {
    Place { table: "inbound_parts", column, row }
}
