//! Verifications and their checks.

use app::App;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use base::{Id, PageRequest, Secret, Timestamp};
use identity::{
    ApiKey, Scope,
    verification::{
        Channel, Check, Filter, Happening, Outcome, Purpose, Start, State as Stands, Story, Verification,
        Visitor, Which, code,
    },
};
use numbering::PhoneNumber;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    account::{Account, id_of, service_sid, sid},
    services::base,
    trouble::{Answer, Trouble},
};

/// What is known here has no purposes; it is made for signing in.
const PURPOSE: Purpose = Purpose::SignIn;

/// A form's fields, as far as they mean something here; others are passed over, as Twilio does.
fn form<T: DeserializeOwned>(body: &Bytes) -> Answer<T> {
    serde_urlencoded::from_bytes(body).map_err(|_| Trouble::parameter("Body"))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewVerification {
    to: Option<String>,
    channel: Option<String>,
    locale: Option<String>,
    custom_code: Option<String>,
    amount: Option<String>,
    payee: Option<String>,
    /// JSON: our limits know the visitor's address.
    rate_limits: Option<String>,
    /// `{"ip": …}` in newer libraries' risk parameters.
    device_ip: Option<String>,
}

fn channel(text: &str) -> Answer<Channel> {
    match text.to_ascii_lowercase().as_str() {
        "sms" => Ok(Channel::Sms),
        "call" => Ok(Channel::Voice),
        "whatsapp" => Ok(Channel::Whatsapp),
        _ => Err(Trouble::parameter("Channel")),
    }
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "sms",
        Channel::Voice => "call",
        Channel::Whatsapp => "whatsapp",
    }
}

fn number(text: &str) -> Answer<PhoneNumber> {
    let text = text.trim();
    let text = text.strip_prefix("whatsapp:").unwrap_or(text);
    let found = customers::identity::read_number(text, None).map_err(|_| Trouble::parameter("To"))?;
    Some(found.number).filter(|number| number.is_valid()).ok_or_else(|| Trouble::parameter("To"))
}

impl NewVerification {
    fn start(&self) -> Answer<Start> {
        let to = self.to.as_deref().ok_or_else(|| Trouble::missing("To"))?;
        if self.custom_code.is_some() {
            return Err(Trouble::own_codes());
        }
        if self.amount.is_some() || self.payee.is_some() {
            return Err(Trouble::parameter("Amount"));
        }
        let asked = self.channel.as_deref().ok_or_else(|| Trouble::missing("Channel"))?;
        Ok(Start {
            channel: channel(asked)?,
            language: self.locale.clone().unwrap_or_default(),
            visitor: self.visitor()?,
            ..Start::new(number(to)?, PURPOSE)
        })
    }

    /// The address of the visitor, where the shop tells it: a rate limit named `end_user_ip…`.
    fn visitor(&self) -> Answer<Visitor> {
        let limits: Value = match self.rate_limits.as_deref() {
            Some(text) => serde_json::from_str(text).map_err(|_| Trouble::parameter("RateLimits"))?,
            None => Value::Null,
        };
        let named = limits
            .as_object()
            .and_then(|limits| limits.iter().find(|(name, _)| name.contains("ip")))
            .and_then(|(_, value)| value.as_str())
            .or(self.device_ip.as_deref());
        Ok(Visitor { address: named.and_then(|text| text.trim().parse().ok()), ..Visitor::default() })
    }
}

/// `2026-03-01T12:00:00Z`
pub(super) fn moment(at: Timestamp) -> String {
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(Timestamp::SECOND)).to_string()
}

fn state(stands: Stands) -> &'static str {
    match stands {
        Stands::Pending => "pending",
        Stands::Approved | Stands::Vouched => "approved",
        Stands::Canceled => "canceled",
        Stands::Expired => "expired",
        Stands::UsedUp => "max_attempts_reached",
    }
}

fn brief(app: &App, account: &Account, one: &Verification) -> Value {
    let (service, own) = (service_sid(account.cx.shop), sid("VE", one.id));
    json!({
        "sid": own,
        "service_sid": service,
        "account_sid": account.sid,
        "to": one.number.e164().as_str(),
        "channel": channel_name(one.channel),
        "status": state(one.state),
        "valid": matches!(one.state, Stands::Approved | Stands::Vouched),
        "date_created": moment(one.created_at),
        "date_updated": moment(one.ended_at.or(one.sent_at).unwrap_or(one.created_at)),
        "amount": Value::Null,
        "payee": Value::Null,
        "url": format!("{}/v2/Services/{service}/Verifications/{own}", base(app)),
    })
}

fn whole(app: &App, account: &Account, story: &Story) -> Value {
    let sent = story.happenings.iter().filter(|happening| happening.kind == "sent");
    let attempt = |happening: &Happening| {
        json!({
            "attempt_sid": sid("VL", story.verification.id),
            "channel": happening.channel.map(channel_name),
            "time": moment(happening.at),
        })
    };
    let mut value = brief(app, account, &story.verification);
    value["send_code_attempts"] = sent.map(attempt).collect();
    value["lookup"] = json!({});
    value["sna"] = Value::Null;
    value
}

pub(super) async fn create(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path(service): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    account.needs(Scope::VerificationsWrite)?;
    account.service(&service)?;
    let start = form::<NewVerification>(&body)?.start()?;
    let started = app.verifications.start(&account.cx, start).await?;
    if let Some(refusal) = started.refused {
        return Err(Trouble::refused(refusal));
    }
    let story = app.verifications.get(&account.cx, started.verification.id).await?;
    Ok((StatusCode::CREATED, Json(whole(&app, &account, &story))))
}

/// Whether it is one of those that this door makes, and not over: what is over is told no more, as there.
fn is_open(one: &Verification, now: Timestamp) -> bool {
    let is_waiting = one.state == Stands::Pending || one.state == Stands::UsedUp && one.expires_at > now;
    is_waiting && one.purpose == PURPOSE && one.device.is_none() && one.sends > 0
}

/// Whether a key has asked for it, this one or any: what visitors of the hosted pages and staff ask for is none of a program's business.
fn is_by_key(story: &Story, key: Option<Id<ApiKey>>) -> bool {
    let whose = key.map_or_else(|| "key:".to_owned(), |id| format!("key:{id} "));
    story.happenings.first().is_some_and(|first| first.actor.starts_with(&whose))
}

/// The verification that an address names: by its name, or by the number it is for. A name is followed only for the key that asked for it, or one that may see numbers:
/// the answer has the whole number.
async fn named(app: &App, account: &Account, service: &str, text: &str) -> Answer<Story> {
    account.service(service)?;
    let missing = || Trouble::not_found(&format!("/Services/{service}/Verifications/{text}"));
    let (verifications, now) = (&app.verifications, account.cx.now());
    if let Some(id) = id_of("VE", text) {
        let story = verifications.get(&account.cx, id).await.map_err(|_| missing())?;
        let whose = Some(account.key.id).filter(|_| !account.key.may(Scope::CustomersReveal));
        let is_meant = is_open(&story.verification, now) && is_by_key(&story, whose);
        return if is_meant { Ok(story) } else { Err(missing()) };
    }
    let filter = Filter { number: Some(number(text).map_err(|_| missing())?), state: None };
    let page = PageRequest::new(Some(PageRequest::LIMIT_MAX), None);
    let newest = verifications.list(&account.cx, filter, &page).await?;
    for one in newest.items.iter().filter(|one| is_open(one, now)) {
        let story = verifications.get(&account.cx, one.id).await?;
        if is_by_key(&story, None) {
            return Ok(story);
        }
    }
    Err(missing())
}

pub(super) async fn fetch(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path((service, verification)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    account.needs(Scope::VerificationsRead)?;
    let story = named(&app, &account, &service, &verification).await?;
    Ok(Json(whole(&app, &account, &story)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    status: Option<String>,
}

/// Ends a verification. One that the shop calls approved is over, but it is no proof of ours: no tenure is confirmed by it.
pub(super) async fn update(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path((service, verification)): Path<(String, String)>,
    body: Bytes,
) -> Answer<Json<Value>> {
    account.needs(Scope::VerificationsWrite)?;
    let update: Update = form(&body)?;
    let story = named(&app, &account, &service, &verification).await?;
    let id = story.verification.id;
    match update.status.as_deref() {
        Some("canceled") => drop(app.verifications.cancel(&account.cx, id).await?),
        Some("approved") => drop(app.verifications.vouch(&account.cx, id).await?),
        _ => return Err(Trouble::parameter("Status")),
    }
    let story = app.verifications.get(&account.cx, id).await?;
    Ok(Json(whole(&app, &account, &story)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Typed {
    code: Option<String>,
    to: Option<String>,
    verification_sid: Option<String>,
}

pub(super) async fn check(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path(service): Path<String>,
    body: Bytes,
) -> Answer<Json<Value>> {
    account.needs(Scope::VerificationsWrite)?;
    account.service(&service)?;
    let typed: Typed = form(&body)?;
    let missing = || Trouble::not_found(&format!("/Services/{service}/VerificationCheck"));
    let code = typed.code.filter(|code| !code.is_empty()).ok_or_else(|| Trouble::missing("Code"))?;
    if code::read(&code).is_none() {
        return Err(Trouble::parameter("Code"));
    }
    let which = match (typed.verification_sid, typed.to) {
        (Some(named), _) => Which::Id(id_of::<Verification>("VE", &named).ok_or_else(missing)?),
        (None, Some(to)) => Which::Number(number(&to)?),
        (None, None) => return Err(Trouble::missing("To")),
    };
    let check = Check { which, purpose: PURPOSE, code: Secret::new(code), visitor: Visitor::default() };
    let checked = app.verifications.check(&account.cx, check).await?;
    match (checked.outcome, checked.verification) {
        (Outcome::Approved | Outcome::Wrong { .. }, Some(mut one)) => {
            if checked.outcome != Outcome::Approved {
                one.state = Stands::Pending; // also the last guess: only the next one is told that there was one too many
            }
            let mut value = brief(&app, &account, &one);
            value["sna_attempts_error_codes"] = json!([]);
            Ok(Json(value))
        }
        (Outcome::UsedUp, Some(one)) if one.expires_at <= account.cx.now() => Err(missing()),
        (Outcome::UsedUp | Outcome::Limited(_), _) => Err(Trouble::checks_used_up()),
        _ => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    use identity::verification::{Device, Settings};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000 * Timestamp::SECOND + seconds * Timestamp::SECOND)
    }

    fn id<T>(of: u128) -> Id<T> {
        Id::from_uuid(uuid::Uuid::from_u128(of))
    }

    /// As this door makes it, sent at second 0.
    fn sent() -> Verification {
        let start = Start::new(number("+358401234567").unwrap(), PURPOSE);
        let opened = Verification::open(id(1), &start, &Settings::default(), at(0));
        Verification { sends: 1, sent_at: Some(at(0)), ..opened }
    }

    #[test]
    fn only_open_ones_of_this_door_are_named() {
        let over = |state| Verification { state, ended_at: Some(at(5)), ..sent() };
        let device: Option<Id<Device>> = Some(id(9));
        for (what, one, seconds, expected) in [
            ("it waits", sent(), 10, true),
            ("its guesses are used up", over(Stands::UsedUp), 599, true),
            ("used up and past its time", over(Stands::UsedUp), 600, false),
            ("approved", over(Stands::Approved), 10, false),
            ("vouched for", over(Stands::Vouched), 10, false),
            ("canceled", over(Stands::Canceled), 10, false),
            ("nothing was sent", Verification { sends: 0, ..sent() }, 10, false),
            ("of a visitor's device", Verification { device, ..sent() }, 10, false),
            ("a change of number", Verification { purpose: Purpose::NumberChange, ..sent() }, 10, false),
            ("a caller's", Verification { purpose: Purpose::CallerCheck, ..sent() }, 10, false),
        ] {
            assert_eq!(is_open(&one, at(seconds)), expected, "{what}");
        }
    }

    #[test]
    fn whoever_asked_first_counts() {
        let (own, other): (Id<ApiKey>, Id<ApiKey>) = (id(1), id(2));
        let happening = |actor: &str| Happening {
            at: at(0),
            kind: "sent".to_owned(),
            reason: None,
            channel: None,
            actor: actor.to_owned(),
            about: None,
        };
        let by_own = format!("key:{own} (till)");
        for (first, is_own, is_any) in [
            (by_own.clone(), true, true),
            (format!("key:{other} (till)"), false, true),
            ("system:hosted".to_owned(), false, false),
            (format!("staff:{own} (Sanna)"), false, false),
        ] {
            let happenings = vec![happening(&first), happening(&by_own)];
            let story = Story { verification: sent(), happenings };
            assert_eq!((is_by_key(&story, Some(own)), is_by_key(&story, None)), (is_own, is_any), "{first}");
        }
    }

    #[test]
    fn forms_are_read_in_their_own_case() {
        let body = Bytes::from_static(b"To=%2B358401234567&Channel=call&Locale=fi&Unheard=of");
        let start = form::<NewVerification>(&body).unwrap().start().unwrap();
        assert_eq!((start.channel, start.language.as_str()), (Channel::Voice, "fi"));
        assert_eq!(start.number.e164().as_str(), "+358401234567");
        let limits = Bytes::from_static(
            b"To=%2B358401234567&Channel=sms&RateLimits=%7B%22end_user_ip%22%3A%22203.0.113.7%22%7D",
        );
        let start = form::<NewVerification>(&limits).unwrap().start().unwrap();
        assert_eq!(start.visitor.address, Some("203.0.113.7".parse().unwrap()));
    }

    #[test]
    fn moments_have_no_parts_of_seconds() {
        assert_eq!(moment("2026-03-01T12:00:00.25Z".parse().unwrap()), "2026-03-01T12:00:00Z");
    }

    #[test]
    fn an_id_is_named_once() {
        let id: Id<Verification> = Id::from_uuid(uuid::Uuid::from_u128(1));
        assert_eq!(id_of("VE", &sid("VE", id)), Some(id));
    }
}
