//! The verbs of risk: assess, look, write rules and try them on the past.

mod asking;
mod dry_run;
mod forgetting;
mod ruling;

use std::{fmt, sync::Arc};

use base::{Context, Fault, Id, Page, PageRequest};
use db::Db;
use numbering::PhoneNumber;
use tokio::sync::Semaphore;
use vault::Vault;

pub use dry_run::{Change, DryRun, Example};
pub use forgetting::{Forgetting, KEPT_DAYS, Span};
pub use ruling::InForce;

use crate::{
    assessment::{Assessment, Filter},
    question::Question,
    rows::{self, marks},
    rules::Rules,
    settings::Settings,
    signal::{Finding, Found, Signal},
    source::Source,
    sources::counted,
};

/// Questions to sources that may be under way at once in one process.
const ASKED_AT_ONCE_MAX: usize = 256;

/// The assessments of the installation; every verb is told by its context which shop's. Cheap to clone.
#[derive(Clone)]
pub struct Risk {
    db: Db,
    vault: Vault,
    settings: Arc<Settings>,
    sources: Arc<[Arc<dyn Source>]>,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Risk").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Risk {
    /// What is not answered by any source stays unknown.
    pub fn new(db: Db, vault: Vault, settings: Settings, sources: Vec<Arc<dyn Source>>) -> Self {
        Self {
            db,
            vault,
            settings: Arc::new(settings),
            sources: sources.into(),
            places: Arc::new(Semaphore::new(ASKED_AT_ONCE_MAX)),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks everyone who may know something, decides by the rules in force, and keeps what came of it. No transaction is open while anybody is asked.
    pub async fn assess(&self, cx: &Context, question: Question) -> Result<Assessment, Fault> {
        question.check()?;
        let question = Question { number: current(question.number), ..question };
        let key = self.number_key(cx, question.number);
        let in_force = self.rules(cx).await?;
        let rules = Rules::try_from(in_force.rules)?;
        let findings = self.find_out(cx, &question, &rules, key).await?;
        let verdict = rules.decide(question.subject(), &findings);
        let assessment = Assessment {
            id: cx.new_id(),
            number: Some(question.number),
            purpose: question.purpose,
            channel: question.channel,
            decision: verdict.decision,
            score: verdict.score,
            findings,
            reasons: verdict.reasons,
            rules_version: in_force.version,
            actor: cx.actor.to_string(),
            created_at: cx.now(),
        };
        self.keep(cx, &question, key, assessment).await
    }

    /// Keeps an assessment and counts it for everyone who asked.
    async fn keep(
        &self,
        cx: &Context,
        question: &Question,
        key: [u8; 32],
        assessment: Assessment,
    ) -> Result<Assessment, Fault> {
        let sealed = rows::seal(&self.vault, assessment.id, question.number);
        let subjects: Vec<[u8; 32]> =
            counted(&self.vault, cx.shop, question, key).into_iter().map(|one| one.key).collect();
        let (shop, hour, one) = (cx.shop, crate::sources::hour_of(cx.now()), assessment.clone());
        self.db
            .write_bulk(async move |tx| {
                rows::insert(tx, shop, &key, (&one, &sealed)).await?;
                marks::add(tx, shop, &subjects, (&key, hour)).await
            })
            .await?;
        Ok(assessment)
    }

    pub async fn get(&self, cx: &Context, id: Id<Assessment>) -> Result<Assessment, Fault> {
        let (shop, vault) = (cx.shop, self.vault.clone());
        let found = self.db.read(async move |tx| rows::get(tx, &vault, shop, id).await).await?;
        found.ok_or_else(|| Fault::not_found("assessment_unknown", "There is no assessment with this id."))
    }

    /// The newest first.
    pub async fn list(
        &self,
        cx: &Context,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<Assessment>, Fault> {
        let (shop, vault, limit) = (cx.shop, self.vault.clone(), page.limit);
        let of = (filter.number.map(|number| self.number_key(cx, current(number))), filter.decision);
        let before = page.after_key().unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let found =
            self.db.read(async move |tx| rows::list(tx, &vault, shop, of, before, limit + 1).await).await?;
        Ok(Page::of(found, limit, |last| last.id.to_string()))
    }

    fn number_key(&self, cx: &Context, number: PhoneNumber) -> [u8; 32] {
        customers::identity::number_key(&self.vault.indexes(cx.shop), number).0
    }
}

fn current(number: PhoneNumber) -> PhoneNumber {
    customers::identity::current(number)
}

fn unknown(signal: Signal, why: crate::signal::Why, at: base::Timestamp) -> Found {
    Found { signal, finding: Finding::Unknown(why), happened_at: None, asked_at: at }
}
