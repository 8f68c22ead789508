//! What is sent where, what it costs and what comes back: for whoever watches budgets.

use base::{Context, Fault, Timestamp};

use super::{
    Verifications,
    budget::{Breaker, Day},
    rows::records,
};

/// One day of one part of the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayOfPart {
    /// Days since 1970, in UTC.
    pub day: i64,
    /// The country, or the calling code of no country.
    pub part: String,
    pub figures: Day,
}

/// How a part of the world stands now.
#[derive(Clone, PartialEq, Debug)]
pub struct PartNow {
    pub part: String,
    pub today: Day,
    /// What may be spent on it a day, in millionths of the currency's unit.
    pub day_micros_max: i64,
    /// Whether sends to numbers that never succeeded are stopped, because hardly any comes back.
    pub is_stopped: bool,
    pub breaker: Breaker,
}

/// Most days that are looked back.
pub const DAYS_MAX: i64 = 366;

impl Verifications {
    /// The last days, the oldest first.
    pub async fn days(&self, cx: &Context, days: i64) -> Result<Vec<DayOfPart>, Fault> {
        let (shop, from) = (cx.shop, cx.now().day() - days.clamp(1, DAYS_MAX) + 1);
        let rows = self.means.db.read(async move |tx| records::days_since(tx, shop, from).await).await?;
        Ok(rows.into_iter().map(|(day, part, figures)| DayOfPart { day, part, figures }).collect())
    }

    /// Every part of the world that codes were asked for in the last days, by name.
    pub async fn parts(&self, cx: &Context) -> Result<Vec<PartNow>, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let (days, breakers) = self
            .means
            .db
            .read(async move |tx| {
                let days = records::days_since(tx, shop, now.day()).await?;
                Ok((days, records::all_breakers(tx, shop).await?))
            })
            .await?;
        let today = |part: &str| {
            days.iter().find(|(day, of, _)| *day == now.day() && of == part).map(|(_, _, day)| *day)
        };
        Ok(breakers.into_iter().map(|(part, breaker)| self.part_now(part, breaker, now, today)).collect())
    }

    /// How many parts of the world are stopped, of all shops: for the operator's figures.
    pub async fn parts_stopped(&self, now: Timestamp) -> Result<u64, Fault> {
        let breakers = self.means.db.read(async |tx| records::breakers_of_all(tx).await).await?;
        let budgets = &self.settings().budgets;
        Ok(breakers.iter().filter(|breaker| breaker.is_open(budgets, now)).count() as u64)
    }

    fn part_now(
        &self,
        part: String,
        breaker: Breaker,
        now: Timestamp,
        today: impl Fn(&str) -> Option<Day>,
    ) -> PartNow {
        let budgets = &self.settings().budgets;
        PartNow {
            today: today(&part).unwrap_or_default(),
            day_micros_max: budgets.day_max(&part),
            is_stopped: breaker.is_open(budgets, now),
            breaker,
            part,
        }
    }
}
