//! Who is acting, for which shop, when: the first argument of every verb.

use std::{fmt, sync::Arc};

use crate::{Clock, Id, SystemClock, Timestamp};

/// A merchant. One installation may serve several; nothing of one is ever seen by another.
#[derive(Debug)]
pub enum Shop {}

pub type ShopId = Id<Shop>;

/// Who does it, as the audit trail will name them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Trunkline itself, by the name of the job or rule.
    System(&'static str),
    /// A person at the console.
    Staff { id: String, name: String },
    /// A program with an API key.
    Key { id: String, name: String },
    /// Somebody with a shell on the machine.
    Shell { user: String },
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(name) => write!(f, "system:{name}"),
            Self::Staff { id, name } => write!(f, "staff:{id} ({name})"),
            Self::Key { id, name } => write!(f, "key:{id} ({name})"),
            Self::Shell { user } => write!(f, "shell:{user}"),
        }
    }
}

/// The circumstances of one act: shop, actor, time and chance.
#[derive(Clone, Debug)]
pub struct Context {
    pub shop: ShopId,
    pub actor: Actor,
    clock: Arc<dyn Clock>,
}

impl Context {
    pub fn new(shop: ShopId, actor: Actor, clock: Arc<dyn Clock>) -> Self {
        Self { shop, actor, clock }
    }

    /// With the machine's clock.
    pub fn system(shop: ShopId, name: &'static str) -> Self {
        Self::new(shop, Actor::System(name), Arc::new(SystemClock))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// A fresh UUIDv7 at this context's time.
    pub fn new_id<T>(&self) -> Id<T> {
        Id::new(self.now(), &mut rand::rng())
    }

    #[must_use]
    pub fn with_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }
}
