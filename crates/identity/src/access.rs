//! What may be done: scopes, and the roles that bundle them.

base::coded! {
    /// One thing that may be done.
    Scope, "scope_unknown", "scope" {
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
        /// See where the shop's own programs are told of what happens, and how that went.
        WebhooksRead = "webhooks:read",
        /// Say where they are told, have events told again.
        WebhooksManage = "webhooks:manage",
        /// See proofs of numbers with their stories, limits and budgets.
        VerificationsRead = "verifications:read",
        /// Have codes sent and checked.
        VerificationsWrite = "verifications:write",
        /// See assessments of risk and the rules.
        RiskRead = "risk:read",
        /// Have numbers assessed.
        RiskAssess = "risk:assess",
        /// Write rules and try them on the past.
        RiskRules = "risk:rules",
        /// Send messages and see what became of them.
        Messages = "messages",
        /// Use the phones of the sandbox; in test mode only.
        Sandbox = "sandbox",
        /// Staff and keys.
        AccessManage = "access:manage",
    }
}

base::coded! {
    /// What a member of staff is there for.
    Role, "role_unknown", "role" {
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
                WebhooksRead,
                RiskRead,
                RiskAssess,
                RiskRules,
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
                RiskRead,
                RiskAssess,
            ],
            Self::Analyst => &[
                NumbersRead,
                CustomersRead,
                OrdersRead,
                ImportsRead,
                ReviewsRead,
                VerificationsRead,
                RiskRead,
                RiskAssess,
                RiskRules,
            ],
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
