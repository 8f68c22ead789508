//! Every address of the console, in one place.

pub const START: &str = "/console";
pub const SIGN_IN: &str = "/console/sign-in";
pub const SIGN_OUT: &str = "/console/sign-out";
pub const SEARCH: &str = "/console/customers";
/// Answers with [`crate::components::search_box::suggestions`].
pub const SUGGEST: &str = "/console/customers/suggestions";
pub const REVIEW: &str = "/console/review";
pub const IMPORTS: &str = "/console/imports";
pub const NUMBERS: &str = "/console/numbers";
pub const MESSAGES: &str = "/console/messages";
pub const PROOFS: &str = "/console/proofs";
pub const RISK: &str = "/console/risk";
/// GET shows the rules, POST tries others or puts them into force.
pub const RISK_RULES: &str = "/console/risk/rules";
pub const SANDBOX: &str = "/console/sandbox";
/// Server-sent events that carry [`crate::console::phones::screen`].
pub const SANDBOX_EVENTS: &str = "/console/sandbox/events";
pub const AUDIT: &str = "/console/audit";
pub const AUDIT_VERIFY: &str = "/console/audit/verify";
pub const STAFF: &str = "/console/staff";
pub const KEYS: &str = "/console/keys";
pub const CLIENTS: &str = "/console/clients";
pub const WEBHOOKS: &str = "/console/webhooks";
pub const SETTINGS: &str = "/console/settings";

pub fn customer(id: &str) -> String {
    format!("{SEARCH}/{id}")
}

/// GET shows who is on the line, POST sends the code.
pub fn caller_check(customer: &str) -> String {
    format!("{SEARCH}/{customer}/caller-check")
}

pub fn assessment(id: &str) -> String {
    format!("{RISK}/{id}")
}

pub fn proof(id: &str) -> String {
    format!("{PROOFS}/{id}")
}

pub fn proof_check(id: &str) -> String {
    format!("{PROOFS}/{id}/check")
}

pub fn customer_merge(id: &str) -> String {
    format!("{SEARCH}/{id}/merge")
}

pub fn customer_split(id: &str) -> String {
    format!("{SEARCH}/{id}/split")
}

pub fn customer_change_number(id: &str) -> String {
    format!("{SEARCH}/{id}/change-number")
}

pub fn customer_undo(id: &str) -> String {
    format!("{SEARCH}/{id}/undo")
}

/// GET asks for the reason, POST reveals. `what` names the sealed detail, never the number itself.
pub fn reveal(what: &str) -> String {
    format!("/console/reveal/{what}")
}

/// What is done with a phone of the sandbox.
pub fn sandbox_act(phone: &str, act: &str) -> String {
    format!("{SANDBOX}/{phone}/{act}")
}

pub fn review_item(id: &str) -> String {
    format!("{REVIEW}/{id}")
}

pub fn import(id: &str) -> String {
    format!("{IMPORTS}/{id}")
}

/// Server-sent events that carry [`crate::console::imports::progress_panel`].
pub fn import_events(id: &str) -> String {
    format!("{IMPORTS}/{id}/events")
}

pub fn import_rejects(id: &str) -> String {
    format!("{IMPORTS}/{id}/rejects.csv")
}

pub fn staff_password(id: &str) -> String {
    format!("{STAFF}/{id}/password")
}

pub fn staff_disable(id: &str) -> String {
    format!("{STAFF}/{id}/disable")
}

pub fn staff_enable(id: &str) -> String {
    format!("{STAFF}/{id}/enable")
}

pub fn key_revoke(id: &str) -> String {
    format!("{KEYS}/{id}/revoke")
}

pub fn webhook(id: &str) -> String {
    format!("{WEBHOOKS}/{id}")
}

/// What is done with an endpoint.
pub fn webhook_act(id: &str, act: &str) -> String {
    format!("{WEBHOOKS}/{id}/{act}")
}

/// GET shows a delivery, POST has it told again.
pub fn delivery(id: &str) -> String {
    format!("{WEBHOOKS}/deliveries/{id}")
}

pub fn client_secret(id: &str) -> String {
    format!("{CLIENTS}/{id}/secret")
}

pub fn client_remove(id: &str) -> String {
    format!("{CLIENTS}/{id}/remove")
}
