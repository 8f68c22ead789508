//! What may be done: scopes, and the roles that bundle them.

use std::{fmt, str::FromStr};

use base::Fault;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }

        impl FromStr for $name {
            type Err = Fault;
            fn from_str(text: &str) -> Result<Self, Fault> {
                Self::ALL.iter().copied().find(|known| known.code() == text).ok_or_else(|| {
                    let known: Vec<&str> = Self::ALL.iter().map(|known| known.code()).collect();
                    Fault::invalid(concat!($what, "_unknown"), format!("A {} is one of {}.", $what, known.join(", "))).field($what)
                })
            }
        }
    };
}

named! {
    /// One thing that may be done.
    Scope, "scope" {
        /// Look numbers up: format, validity, type. No customer data.
        NumbersRead = "numbers:read",
        /// See customers with numbers masked, their tenures, orders and timeline.
        CustomersRead = "customers:read",
        /// Register, merge, split, change numbers, undo.
        CustomersWrite = "customers:write",
        /// See numbers, e-mails and addresses in the clear; every look is audited.
        CustomersReveal = "customers:reveal",
        /// Destroy a customer's personal data.
        CustomersErase = "customers:erase",
        OrdersRead = "orders:read",
        ImportsRead = "imports:read",
        ImportsWrite = "imports:write",
        ReviewsRead = "reviews:read",
        ReviewsWrite = "reviews:write",
        AuditRead = "audit:read",
        /// Programs that sign people in.
        ClientsManage = "clients:manage",
        /// See proofs of numbers with their stories, limits and budgets.
        VerificationsRead = "verifications:read",
        /// Have codes sent and checked.
        VerificationsWrite = "verifications:write",
        /// Send messages and see what became of them.
        Messages = "messages",
        /// Use the phones of the sandbox; in test mode only.
        Sandbox = "sandbox",
        /// Staff and keys.
        AccessManage = "access:manage",
    }
}

named! {
    /// What a member of staff is there for.
    Role, "role" {
        Owner = "owner",
        Manager = "manager",
        Agent = "agent",
        Analyst = "analyst",
        Privacy = "privacy",
        Viewer = "viewer",
    }
}

impl Role {
    pub fn scopes(self) -> &'static [Scope] {
        use Scope::*;
        match self {
            Self::Owner => Scope::ALL,
            Self::Manager => &[
                NumbersRead,
                CustomersRead,
                CustomersWrite,
                CustomersReveal,
                OrdersRead,
                ImportsRead,
                ImportsWrite,
                ReviewsRead,
                ReviewsWrite,
                AuditRead,
                Messages,
                Sandbox,
                VerificationsRead,
                VerificationsWrite,
            ],
            Self::Agent => &[
                NumbersRead,
                CustomersRead,
                CustomersWrite,
                CustomersReveal,
                OrdersRead,
                ReviewsRead,
                ReviewsWrite,
                Messages,
                Sandbox,
                VerificationsRead,
                VerificationsWrite,
            ],
            Self::Analyst => {
                &[NumbersRead, CustomersRead, OrdersRead, ImportsRead, ReviewsRead, VerificationsRead]
            }
            Self::Privacy => &[
                NumbersRead,
                CustomersRead,
                CustomersReveal,
                CustomersErase,
                OrdersRead,
                ReviewsRead,
                AuditRead,
            ],
            Self::Viewer => &[NumbersRead, CustomersRead, OrdersRead, ImportsRead, ReviewsRead],
        }
    }

    pub fn may(self, scope: Scope) -> bool {
        self.scopes().contains(&scope)
    }
}
