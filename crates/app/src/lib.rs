//! The composed application: configuration in, services out. The only place where parts are wired together.

mod assessing;
mod config;
mod proxies;
mod sending;

use std::{fs, ops::Deref, path::Path, sync::Arc};

use base::{Actor, Clock, Context, Fault, Id, ShopId, SystemClock, Timestamp};
use customers::{Customer, Customers, Linker, Summary};
use db::{
    Db, Migration,
    seal::{self, Sealed},
};
use futures::{FutureExt as _, future::BoxFuture};
use history::{History, LinkDates};
use identity::{
    Accounts, Factors, Keys, ShopView, Shops, Staff, Verifications,
    oidc::{Backchannel, Clients, LOGOUT_JOB_KIND, LogoutHandler, Maintenance, Provider},
    verification,
};
use jobs::Worker;
use messaging::{Forgetting, Messages, Sender, Span, rest::Receiver};
use risk::Risk;
use sandbox::Sandbox;
use tokio::sync::watch;
use vault::{KeyFile, Vault};
use warehouse::Imports;
use webhooks::Webhooks;

pub use config::{Config, LogFormat, Overrides};
pub use proxies::Proxies;

/// Everything that the doors need. Cheap to clone: every layer of every request does, so it is one count and not one for each part.
#[derive(Clone, Debug)]
pub struct App(Arc<Services>);

/// The parts of an [`App`].
#[derive(Debug)]
pub struct Services {
    pub config: Arc<Config>,
    pub db: Db,
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    /// Whose word about visitors' addresses counts.
    pub proxies: Proxies,
    pub shops: Shops,
    pub staff: Staff,
    pub keys: Keys,
    pub accounts: Accounts,
    pub factors: Factors,
    pub clients: Clients,
    pub provider: Provider,
    pub backchannel: Backchannel,
    pub customers: Customers,
    pub history: History,
    pub imports: Imports,
    pub messages: Messages,
    pub verifications: Verifications,
    pub webhooks: Webhooks,
    pub risk: Risk,
    sandbox: Sandbox,
    receivers: Arc<[Arc<dyn Receiver>]>,
    /// Tells the worker of this process that there is a job.
    pub wake: Arc<tokio::sync::Notify>,
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

impl App {
    /// Opens the database and the keys. Does not migrate: see [`App::migrate`].
    pub async fn open(config: Config) -> Result<Self, Fault> {
        Self::open_with(config, Arc::new(SystemClock)).await
    }

    /// With a clock of the caller's.
    pub async fn open_with(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let options = db::Options { connections: config.database_connections_max, ..db::Options::default() };
        let proxies = Proxies::parse(&config.proxies)?;
        sending::check(&config)?;
        let reach = proxies::reach(&config)?;
        make_folder(&config.data)?;
        let db = Db::open(&config.database_url(), options).await?;
        let vault = Vault::new(open_keys(&config, &db).await?);
        let linker = Linker::new(db.clone(), vault.clone(), config.linking.clone(), Arc::new(LinkDates));
        let customers = Customers::new(linker.clone());
        let clients = Clients::new(db.clone(), vault.clone());
        let messages = Messages::new(db.clone(), vault.clone(), sending::routes(&config));
        let sandbox = Sandbox::new(db.clone(), vault.clone(), messages.clone(), Arc::clone(&clock));
        let risk = assessing::risk(&config, (&db, &vault), &customers, &sandbox);
        let provider =
            Provider::new(db.clone(), vault.clone(), clients.clone(), outward::Client::new(reach.clone()));
        let verifications = Verifications::new(
            db.clone(),
            vault.clone(),
            messages.clone(),
            customers.clone(),
            risk.clone(),
            config.verification(),
        );
        let accounts = Accounts::new(db.clone(), vault.clone(), customers.clone(), messages.clone());
        Ok(Self(Arc::new(Services {
            factors: Factors::new(accounts.clone(), risk.clone()),
            accounts,
            backchannel: Backchannel { provider: provider.clone(), verifications: verifications.clone() },
            provider,
            clients,
            verifications,
            webhooks: Webhooks::new(db.clone(), vault.clone(), reach),
            risk,
            sandbox,
            messages,
            receivers: sending::receivers(&config),
            shops: Shops::new(db.clone()),
            staff: Staff::new(db.clone(), vault.clone()),
            keys: Keys::new(db.clone(), vault.clone()),
            customers,
            history: History::new(db.clone()),
            imports: Imports::new(db.clone(), vault.clone(), linker, config.data.join("spool")),
            config: Arc::new(config),
            db,
            proxies,
            vault,
            clock,
            wake: Arc::new(tokio::sync::Notify::new()),
        })))
    }

    /// All migrations, in the order in which they must run.
    pub fn migrations() -> Vec<Migration> {
        [
            db::MIGRATIONS,
            jobs::MIGRATIONS,
            webhooks::MIGRATIONS,
            identity::MIGRATIONS,
            customers::MIGRATIONS,
            history::MIGRATIONS,
            warehouse::MIGRATIONS,
            messaging::MIGRATIONS,
            sandbox::MIGRATIONS,
            risk::MIGRATIONS,
        ]
        .concat()
    }

    /// Brings the schema up to date; returns what was run.
    pub async fn migrate(&self) -> Result<Vec<String>, Fault> {
        self.db.migrate(&Self::migrations()).await
    }

    /// Whether our keys are those that sealed this database; a database that was never sealed takes them. Needs an up-to-date schema.
    pub async fn prove_keys(&self) -> Result<(), Fault> {
        db::seal::prove(&self.db, &self.vault, self.clock.now()).await
    }

    /// Migrations that have not run.
    pub async fn pending(&self) -> Result<Vec<String>, Fault> {
        self.db.pending(&Self::migrations()).await
    }

    /// The shop that the configuration names, made if there is none.
    pub async fn shop(&self) -> Result<ShopView, Fault> {
        self.shops.ensure(&self.config.shop, &self.config.shop).await
    }

    /// What clients call the OpenID Connect provider of a shop. `host` is the name that a browser used, which counts on this machine only.
    pub fn issuer(&self, host: Option<&str>, slug: &str) -> String {
        format!("{}/oidc/{slug}", self.config.origin(host))
    }

    /// Destroys what is known of a person: their accounts first, then what was written to them and by them, then their details. Their orders stay, for the books, as nobody's we could name.
    pub async fn erase(&self, cx: &Context, customer: Id<Customer>, why: &str) -> Result<(), Fault> {
        let known = self.customers.get(cx, customer).await?;
        // Every id that this person ever had is the id of one of their records.
        let mut ids: Vec<Id<Customer>> = known.personas.iter().map(|persona| persona.id.cast()).collect();
        ids.extend([customer, known.summary.id]);
        ids.sort_unstable();
        ids.dedup();
        let slug = self.shops.list().await?.into_iter().find(|shop| shop.id == cx.shop).map(|shop| shop.slug);
        let issuer = self.issuer(None, &slug.unwrap_or_default());
        self.factors.erase_accounts(cx, (&self.provider, &issuer), ids).await?;
        let held = known.tenures.iter().filter_map(|tenure| {
            Some(Span { number: tenure.number?, from: tenure.from, until: tenure.until })
        });
        let held: Vec<Span> = held.collect();
        self.messages.erase(cx, &held).await?;
        let assessed =
            held.iter().map(|span| risk::Span { number: span.number, from: span.from, until: span.until });
        self.risk.erase(cx, &assessed.collect::<Vec<_>>()).await?;
        self.customers.erase(cx, customer, why).await
    }

    /// The circumstances of an act in a shop.
    pub fn cx(&self, shop: ShopId, actor: Actor) -> Context {
        Context::new(shop, actor, Arc::clone(&self.clock))
    }

    /// The carrier in the box, which there is in test mode only.
    pub fn sandbox(&self) -> Result<&Sandbox, Fault> {
        if self.config.test_mode {
            return Ok(&self.sandbox);
        }
        Err(Fault::not_found(
            "sandbox_off",
            "There is a sandbox in test mode only (`test_mode` of the configuration).",
        ))
    }

    /// Who understands what the provider of this name sends to `/webhooks/{name}`.
    pub fn receiver(&self, name: &str) -> Result<&dyn Receiver, Fault> {
        let found = self.receivers.iter().find(|receiver| receiver.name() == name);
        found.map(AsRef::as_ref).ok_or_else(|| {
            Fault::not_found("webhook_unknown", "There is no provider of this name that tells anything.")
        })
    }

    /// Whose the orders of this id are, of whichever source.
    pub async fn customers_of_order(&self, cx: &Context, order_id: &str) -> Result<Vec<Summary>, Fault> {
        let orders = self.history.named(cx, order_id).await?;
        let places = orders.iter().map(|order| (order.persona, order.ordered_at)).collect();
        let owners = self.customers.owners(cx, places).await?;
        let mut found: Vec<Id<Customer>> = owners.into_iter().flatten().map(|owner| owner.customer).collect();
        found.sort_unstable();
        found.dedup();
        self.customers.of_ids(cx, found).await
    }

    /// Sends messages by the providers that the configuration names.
    pub fn sender(&self) -> Sender {
        sending::sender(self, Vec::new())
    }

    /// Tells the shop's own programs what happened.
    pub fn teller(&self) -> webhooks::Sender {
        webhooks::Sender::new(self.webhooks.clone(), Arc::clone(&self.clock), &self.config.webhooks)
    }

    /// Does everything that nobody waits for at a door: jobs, messages, webhooks, the sandbox's receipts. Until `stop` says so; what is in hand is finished first.
    pub async fn work(&self, stop: watch::Receiver<bool>) {
        let (worker, teller) = (self.worker(), self.teller());
        let sandbox = async {
            if self.config.test_mode {
                self.sandbox.run(stop.clone()).await;
            }
        };
        let (jobs, told) = (worker.run(stop.clone()), teller.run(stop.clone()));
        tokio::join!(jobs, told, sending::run(self, stop.clone()), sandbox);
    }

    /// The worker with everything that it can run.
    pub fn worker(&self) -> Worker {
        let imports = Arc::new(warehouse::Handler(self.imports.clone()));
        let renormalisations = Arc::new(customers::renormalising::Handler(self.customers.clone()));
        Worker::new(self.db.clone(), Arc::clone(&self.clock))
            .woken_by(Arc::clone(&self.wake))
            .handle(warehouse::JOB_KIND, imports)
            .handle(customers::renormalising::JOB_KIND, renormalisations)
            .handle(LOGOUT_JOB_KIND, Arc::new(LogoutHandler { provider: self.provider.clone() }))
            .handle(
                verification::jobs::PROOF_JOB,
                Arc::new(verification::jobs::Proofs(self.verifications.clone())),
            )
            .keep_up("idempotency keys", Arc::new(OldAnswers(self.db.clone())))
            .keep_up(
                "sign-in",
                Arc::new(Maintenance { provider: self.provider.clone(), clock: Arc::clone(&self.clock) }),
            )
            .keep_up("assessments", Arc::new(risk::Forgetting(self.risk.clone())))
            .keep_up("receipts", Arc::new(Forgetting(self.messages.clone())))
            .keep_up("webhooks", Arc::new(webhooks::Forgetting(self.webhooks.clone())))
            .keep_up("verifications", Arc::new(verification::jobs::Forgetting(self.verifications.clone())))
    }
}

/// Forgets answers to requests that nobody will send again.
#[derive(Debug)]
struct OldAnswers(Db);

impl jobs::Upkeep for OldAnswers {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let forgotten = db::idempotency::forget(&self.0, now).await?;
            tracing::debug!(forgotten, "old answers were forgotten");
            Ok(())
        }
        .boxed()
    }
}

/// Keys from the environment's text, else from the key file, which is made when there is nothing yet that others could have sealed.
async fn open_keys(config: &Config, db: &Db) -> Result<KeyFile, Fault> {
    if let Some(text) = &config.keys {
        return Ok(KeyFile::parse(text.reveal())?);
    }
    let path = config.key_file();
    if path.exists() {
        return Ok(KeyFile::load(&path)?);
    }
    if seal::sealed(db).await? == Sealed::Maybe {
        let message = format!(
            "There is a database but no key file at {}; without its keys nothing personal can be read.",
            path.display()
        );
        return Err(Fault::unavailable("keys_missing", message).field("key-file"));
    }
    make_folder(path.parent().unwrap_or(Path::new(".")))?;
    let keys = KeyFile::generate();
    match keys.create(&path) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "a new key file was made; keep a copy apart from the backups");
            Ok(keys)
        }
        // Another process that starts at this moment was quicker.
        Err(_) if path.exists() => Ok(KeyFile::load(&path)?),
        Err(error) => Err(error.into()),
    }
}

fn make_folder(path: &Path) -> Result<(), Fault> {
    if path.as_os_str().is_empty() || path.exists() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Fault::unavailable(
            "data_folder",
            format!("The data folder {} cannot be made: {error}.", path.display()),
        )
        .field("data")
    })
}
