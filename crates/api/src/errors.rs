//! Every code that a problem may have, for the reference and for whoever writes a client.

use base::FaultKind::{
    self, Conflict, Forbidden, Internal, Invalid, Limited, NotFound, Unauthenticated, Unavailable,
};

use axum::{Json, extract::Path};
use base::Fault;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Answer, status_of};

/// A code, its HTTP status, and what it means.
pub type ErrorCode = (&'static str, u16, &'static str);

/// Codes with a status of their own: HTTP has a more exact one than that of their kind.
const EXACT: &[ErrorCode] = &[
    ("body_too_large", 413, "The body is larger than is taken here, or it broke off."),
    ("json_malformed", 400, "The body is not JSON."),
    ("media_type_unsupported", 415, "The body is of a media type that is not taken here."),
    ("method_not_allowed", 405, "The address does not know this method."),
    ("upload_broken", 400, "An upload broke off, or is not built as its content type says."),
    ("upload_too_large", 413, "The file is larger than this installation takes (`upload_bytes_max`)."),
    ("upload_too_slow", 408, "No byte of an upload came for too long."),
];

const BY_KIND: &[(FaultKind, &str, &str)] = &[
    // The request as such.
    (Invalid, "cursor_malformed", "`after` is no cursor of this list."),
    (Invalid, "date_malformed", "A date is not written as 2024-02-29."),
    (Invalid, "field_malformed", "A value is of another type than its field."),
    (Invalid, "field_missing", "A field that is needed is not there."),
    (Invalid, "field_repeated", "A field is given twice."),
    (Invalid, "field_too_long", "A text is longer than its field keeps."),
    (Invalid, "field_unknown", "There is no such field."),
    (Invalid, "id_malformed", "An id in the address is not a UUID."),
    (Invalid, "idempotency_key_malformed", "An Idempotency-Key is 1 to 200 visible ASCII characters."),
    (Invalid, "limit_out_of_range", "A page has 1 to 200 items."),
    (Invalid, "search_ambiguous", "A search is by one of number, e-mail, name or loyalty id."),
    (NotFound, "code_unknown", "No problem has this code."),
    (NotFound, "route_unknown", "Nothing answers at this address."),
    (
        Conflict,
        "holder_silent",
        "Nothing was heard of this customer for long, and their number may have changed hands.",
    ),
    (Conflict, "idempotency_key_busy", "The first request with this Idempotency-Key is still running."),
    (Conflict, "idempotency_key_reused", "The Idempotency-Key was used for another request."),
    (
        Unavailable,
        "request_timeout",
        "The answer took too long; a write may or may not have happened, so send it again with the same Idempotency-Key.",
    ),
    (Unavailable, "server_busy", "Too many requests are running; try again."),
    (Internal, "internal", "Our mistake; the log of the request says what."),
    // Proofs.
    (Invalid, "code_malformed", "What was typed cannot be a code; it was not counted as a guess."),
    // Sign-in.
    (NotFound, "account_unknown", "There is no such account."),
    (Invalid, "client_is_public", "Only a client that keeps a secret may ask people on their phones."),
    (Conflict, "client_has_no_secret", "A public client cannot keep a secret and has none."),
    (Invalid, "client_kind_unknown", "A client is confidential or public."),
    (Unavailable, "client_away", "A client could not be told that somebody signed out."),
    (Invalid, "client_refused", "A client refused to be told that somebody signed out."),
    (NotFound, "client_unknown", "There is no such client."),
    (
        Invalid,
        "logout_uri_malformed",
        "The address that is told of signing out is not one that can be registered.",
    ),
    (
        Invalid,
        "redirect_uri_malformed",
        "An address to which people return is not one that can be registered.",
    ),
    (Invalid, "redirect_uri_missing", "A client needs at least one address to which people return."),
    (Limited, "factor_locked", "Too many wrong answers; `retry_at` says when the next one is looked at."),
    (Unauthenticated, "factor_wrong", "The password or the digits are not right, or were used already."),
    (Conflict, "number_taken", "The number is another account's."),
    (Conflict, "passkey_known", "The passkey is there already."),
    (Unauthenticated, "passkey_refused", "The passkey is not known, or its answer does not fit."),
    (Conflict, "passkeys_too_many", "An account has at most 20 passkeys."),
    (Conflict, "passkeys_unusable", "Passkeys need a server with a name."),
    (Forbidden, "proof_too_old", "Somebody must prove again that it is them before they change this."),
    (Conflict, "totp_known", "An authenticator app is set up already."),
    (Conflict, "request_answered", "A client's request was answered already."),
    // Access.
    (Unauthenticated, "key_missing", "No API key was sent."),
    (Unauthenticated, "key_unknown", "The API key is not known or was revoked."),
    (Unauthenticated, "session_ended", "A session at the console is over."),
    (Unauthenticated, "sign_in_failed", "The login or the password is wrong."),
    (Forbidden, "not_allowed", "The key or role lacks the scope that `scope` names."),
    (Limited, "login_locked", "Too many wrong passwords; `retry_at` says when the login opens again."),
    (Invalid, "login_malformed", "A login has 1 to 100 characters and no blanks."),
    (Conflict, "login_taken", "There is somebody of this login already."),
    (Invalid, "name_malformed", "A key needs a name of at most 100 characters."),
    (Invalid, "password_guessable", "The password is one of those that are tried first."),
    (Invalid, "password_too_long", "A password has at most 1,024 bytes."),
    (Invalid, "password_too_short", "A password has at least 10 characters."),
    (Invalid, "role_unknown", "There is no such role."),
    (Invalid, "scope_missing", "A key needs at least one scope."),
    (Invalid, "scope_unknown", "There is no such scope."),
    (Invalid, "shop_malformed", "A shop's short name is 1 to 40 letters, digits and hyphens."),
    (NotFound, "shop_unknown", "There is no shop of this name."),
    (Conflict, "staff_disabled", "The login is disabled; enable it first."),
    (NotFound, "staff_unknown", "There is nobody of this login."),
    // Numbers.
    (Invalid, "number_impossible", "The number's length does not fit its numbering plan; `reason` says how."),
    (
        Invalid,
        "number_malformed",
        "The text is no phone number; `reason` says why, in libphonenumber's names.",
    ),
    (NotFound, "renormalisation_unknown", "There is no renormalisation with this id."),
    (Invalid, "region_unknown", "A region is two letters, of a country with a numbering plan."),
    // Customers.
    (Conflict, "act_has_dependents", "A later act stands on this one; `blocking_act` names it."),
    (NotFound, "act_unknown", "There is no act with this id."),
    (Conflict, "already_one_customer", "Both ids name the same customer already."),
    (Conflict, "already_undone", "The act was undone already; `undone_by` names the undo."),
    (Unavailable, "orders_arriving", "Orders of this number are being brought in; ask again in a moment."),
    (Conflict, "customer_not_holder", "This customer does not hold the number."),
    (NotFound, "customer_unknown", "There is no customer with this id."),
    (Invalid, "email_malformed", "The text is no e-mail address."),
    (
        Invalid,
        "identity_missing",
        "A customer needs a number, an e-mail address or a loyalty id to be known by.",
    ),
    (Invalid, "not_of_this_customer", "A record to be split off does not belong to the customer."),
    (Conflict, "not_the_holder", "The customer does not hold the old number now."),
    (Conflict, "number_is_generic", "The number is used by very many people; it names nobody."),
    (Invalid, "reason_missing", "An act needs a reason."),
    (Invalid, "reason_too_long", "A reason has at most 500 characters."),
    (NotFound, "review_unknown", "The review is not open; it may have been decided already."),
    (Invalid, "same_number", "The new number is the old one."),
    (Invalid, "split_of_everything", "A split must leave at least one record."),
    (Invalid, "split_of_nothing", "A split must name at least one record."),
    (Conflict, "undo_is_final", "An undo is not undone; do the act again instead."),
    // Orders and imports.
    (Invalid, "currency_unknown", "A currency is three letters of ISO 4217."),
    (Invalid, "decimal_unknown", "The decimal mark is `.` or `,`."),
    (Invalid, "empty_file", "The file is empty."),
    (Invalid, "file_empty", "The upload is empty."),
    (Invalid, "file_missing", "A multipart upload has a part named `file`."),
    (Invalid, "file_too_large", "The file is too large to be read this way."),
    (Invalid, "file_unreadable", "The file could not be read to its end; it may be damaged or cut off."),
    (Conflict, "import_running", "An import of the shop is running; try again when it is done."),
    (NotFound, "import_unknown", "There is no import with this id."),
    (Invalid, "invalid_delimiter", "A delimiter is one ASCII character, or `tab`."),
    (Invalid, "invalid_map", "A mapping is written field=column."),
    (Invalid, "json_not_lines", "The file is a JSON document; JSON Lines are needed, one object a line."),
    (Invalid, "missing_column", "The file has no column for a field that every order needs."),
    (Invalid, "no_header", "The first line does not hold the names of columns."),
    (Invalid, "no_readable_line", "The file has no line that can be read."),
    (NotFound, "order_unknown", "There is no order with this source and id."),
    (Invalid, "parquet_unreadable", "The Parquet file is damaged or of a kind that cannot be read."),
    (Invalid, "source_unknown", "A source is one of online, pos, loyalty, app."),
    (Unavailable, "spool_unavailable", "The folder for uploads cannot be used."),
    (Invalid, "unknown_column", "The file has no column of a name that the mapping gives."),
    (Invalid, "time_zone_unknown", "A time zone is written as in Europe/Helsinki."),
    (Invalid, "unknown_date_order", "The date order is day-first or month-first."),
    (Invalid, "unknown_encoding", "The encoding is not one that is known."),
    (Invalid, "unknown_field", "The mapping names a field that there is not."),
    (Invalid, "unknown_format", "The formats are csv, jsonl and parquet."),
    (Invalid, "unsupported_encoding", "The file is written in an encoding that is not read."),
    (Invalid, "unsupported_format", "The file is of a format that is not read."),
    (Invalid, "upload_missing", "The uploaded file is not on this machine any more."),
    // Messages.
    (Invalid, "channel_unknown", "A channel is one of sms, voice, whatsapp."),
    (Invalid, "composer_unknown", "Nobody makes texts of this name."),
    (NotFound, "message_unknown", "There is no message with this id."),
    (Invalid, "message_state_unknown", "There is no such state of a message."),
    (Invalid, "price_malformed", "A price is an amount with at most six decimals and a currency."),
    (
        Invalid,
        "purpose_malformed",
        "A purpose is small letters, digits and underscores, its parts joined by points.",
    ),
    (Invalid, "purpose_reserved", "Messages of this purpose are sent by the program alone."),
    (NotFound, "recipient_erased", "The recipient of a message has been erased."),
    (Invalid, "text_malformed", "A message has no control characters other than the end of a line."),
    (Invalid, "text_missing", "A message says something."),
    (Invalid, "text_too_long", "A message has at most 1,530 characters."),
    (Invalid, "ttl_out_of_range", "A message may wait from a second to seven days."),
    // Verifications.
    (Invalid, "approving_malformed", "What is being approved is one line of at most 60 characters."),
    (Invalid, "approving_missing", "A step-up says what is being approved."),
    (Invalid, "approving_not_here", "Only a step-up says what is being approved."),
    (Invalid, "digits_out_of_range", "A code has 4 to 10 digits."),
    (Invalid, "origin_malformed", "An origin is the name of a host."),
    (Invalid, "link_not_here", "A link is for a recovery or a caller check, and is written, not spoken."),
    (Invalid, "purpose_unknown", "There is no such purpose."),
    (Invalid, "state_unknown", "There is no such state of a verification."),
    (Unavailable, "verification_broke_off", "The verification was not decided; try again."),
    (Conflict, "verification_ended", "The verification has ended; `state` says how."),
    (Conflict, "verification_not_approved", "The verification has not been approved; it proves nothing."),
    (NotFound, "verification_unknown", "There is no verification with this id and purpose."),
    (
        Unauthenticated,
        "webhook_forged",
        "The signature does not prove that a webhook comes from its provider.",
    ),
    (Invalid, "webhook_malformed", "A webhook says nothing that its provider says."),
    (NotFound, "webhook_unknown", "There is no provider of this name that tells anything."),
    // Webhooks: where the shop's own programs are told.
    (NotFound, "delivery_unknown", "There is no such delivery; they are kept for 30 days."),
    (Invalid, "delivery_state_unknown", "A delivery is waiting, delivered or failed."),
    (Invalid, "description_malformed", "A description has at most 200 characters, on one line."),
    (Invalid, "event_kind_unknown", "There is no such kind of event."),
    (Invalid, "event_kinds_malformed", "An endpoint listens to at least one kind of event, and to no ping."),
    (Conflict, "webhook_disabled", "The endpoint is told nothing; enable it first."),
    (NotFound, "webhook_endpoint_unknown", "There is no such endpoint."),
    (
        Invalid,
        "webhook_url_malformed",
        "An endpoint's address is https://…, without a fragment, a user or a password.",
    ),
    (
        Invalid,
        "webhook_url_private",
        "The address is not of the public Internet, nor of a network that `private_networks` names.",
    ),
    (Conflict, "webhooks_too_many", "A shop has at most 20 endpoints."),
    // Risk.
    (NotFound, "assessment_unknown", "There is no assessment with this id."),
    (Invalid, "days_out_of_range", "A dry run looks back 1 to 90 days."),
    (Invalid, "decision_unknown", "A decision is one of allow, challenge, review, deny."),
    (
        Conflict,
        "number_unsettled",
        "Something about the old number changed lately, such as its SIM; its change has to wait until `retry_at`.",
    ),
    (Invalid, "rule_answer_malformed", "A rule goes by a yes or a no; nothing follows from what is unknown."),
    (Invalid, "rule_name_malformed", "A rule's name is 1 to 60 small letters, digits and underscores."),
    (Invalid, "rule_name_repeated", "Two rules have the same name."),
    (Invalid, "rule_reason_malformed", "A rule says why in one line of at most 200 characters."),
    (Invalid, "rule_score_malformed", "A rule adds at most 1,000."),
    (Invalid, "rule_when_malformed", "A rule goes by 1 to 8 signals."),
    (Conflict, "rules_changed", "The rules were changed meanwhile; `version` is in force."),
    (Invalid, "rules_malformed", "These are no rules."),
    (Invalid, "rules_too_many", "A shop has at most 100 rules."),
    (Invalid, "signal_unknown", "There is no such signal."),
    (Invalid, "thresholds_malformed", "Thresholds are 1 to 1,000, and none is below a milder one."),
    // The sandbox.
    (Invalid, "behaviour_unknown", "There is no such behaviour of a phone."),
    (NotFound, "call_unknown", "This phone had no such call."),
    (Invalid, "keys_malformed", "Keys are one to 32 of 0 to 9, * and #."),
    (Invalid, "sandbox_not_loopback", "The sandbox speaks SMPP on a loopback address only."),
    (NotFound, "sandbox_off", "There is a sandbox in test mode only."),
    // The installation.
    (Conflict, "audit_broken", "The audit trail does not hold; `seq` names the first entry at fault."),
    (Invalid, "backup_not_here", "A PostgreSQL database is backed up with its own programs."),
    (Invalid, "config_malformed", "The configuration file cannot be understood."),
    (Invalid, "config_unreadable", "The configuration file cannot be read."),
    (Unavailable, "data_folder", "The data folder cannot be made."),
    (Unavailable, "database_contended", "Too many others changed the same thing; try again."),
    (Unavailable, "database_undone", "Another write failed and took this one along; try again."),
    (Unavailable, "database_unreachable", "The database cannot be reached."),
    (Invalid, "database_url", "The database is named sqlite:PATH or postgres://…"),
    (Invalid, "network_malformed", "This wants addresses or networks, such as 10.0.0.7 or 10.0.0.0/8."),
    (Invalid, "job_malformed", "A job does not say what it is for."),
    (Unavailable, "keys_do_not_fit", "The keys do not open the data in this database."),
    (
        Unavailable,
        "keys_incomplete",
        "The key file lacks a secret with which a part of the database is sealed.",
    ),
    (Unavailable, "keys_missing", "There is a database but no key file for it."),
    (Unavailable, "keys_unavailable", "The key file cannot be used."),
    (Unavailable, "lease_lost", "Another process has taken the work over."),
    (Unavailable, "migrations_pending", "The schema is older than the program; run `trunkline migrate`."),
    (Unavailable, "stages_lost", "An earlier part of long work could not be written; begin it again."),
    (Internal, "unknown_job", "No part of this program runs jobs of this kind."),
];

/// All codes with their HTTP status and meaning, by code.
pub fn error_codes() -> Vec<ErrorCode> {
    let by_kind = BY_KIND.iter().map(|(kind, code, meaning)| (*code, status_of(*kind).as_u16(), *meaning));
    let mut codes: Vec<ErrorCode> = EXACT.iter().copied().chain(by_kind).collect();
    codes.sort_unstable();
    codes
}

/// What a code means.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Meaning {
    #[schema(example = "act_has_dependents")]
    code: &'static str,
    /// The HTTP status that it comes with.
    #[schema(example = 409)]
    status: u16,
    meaning: &'static str,
}

/// What the code of a problem means: where a problem's `type` leads.
#[utoipa::path(get, path = "/errors/{code}", tag = "operation", params(("code" = String, Path, description = "The code of a problem.")),
    responses(
        (status = 200, description = "Its meaning.", body = Meaning),
        (status = 404, description = "There is no such code.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ))]
pub(crate) async fn explain(Path(code): Path<String>) -> Answer<Json<Meaning>> {
    let found = error_codes().into_iter().find(|(known, ..)| *known == code);
    let (code, status, meaning) =
        found.ok_or_else(|| Fault::not_found("code_unknown", "No problem has this code."))?;
    Ok(Json(Meaning { code, status, meaning }))
}
