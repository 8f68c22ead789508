//! The one service of a shop: it is there already, and making it gives it.

use app::App;
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use base::{ShopId, Timestamp};
use identity::Scope;
use serde_json::{Value, json};

use super::{
    account::{Account, service_sid},
    trouble::Answer,
    verify::moment,
};

/// When a shop was made, by its id, which begins with the time.
fn made_at(shop: ShopId) -> Timestamp {
    let seconds = shop.uuid().get_timestamp().map_or(0, |at| at.to_unix().0);
    Timestamp::from_micros(i64::try_from(seconds).unwrap_or(0).saturating_mul(Timestamp::SECOND))
}

async fn service(app: &App, account: &Account) -> Answer<Value> {
    account.needs(Scope::VerificationsRead)?;
    let shop = app.shops.by_id(account.cx.shop).await?;
    let sid = service_sid(shop.id);
    let settings = app.verifications.settings();
    let at = moment(made_at(shop.id));
    Ok(json!({
        "sid": sid,
        "account_sid": account.sid,
        "friendly_name": shop.name,
        "code_length": settings.code_digits,
        "lookup_enabled": false,
        "psd2_enabled": false,
        "skip_sms_to_landlines": true,
        "dtmf_input_required": false,
        "tts_name": Value::Null,
        "do_not_share_warning_enabled": true,
        "custom_code_enabled": false,
        "push": {},
        "totp": {},
        "default_template_sid": Value::Null,
        "verify_event_subscription_enabled": false,
        "whatsapp": Value::Null,
        "passkeys": Value::Null,
        "date_created": at,
        "date_updated": at,
        "url": format!("{}/v2/Services/{sid}", base(app)),
        "links": {
            "verifications": format!("{}/v2/Services/{sid}/Verifications", base(app)),
            "verification_checks": format!("{}/v2/Services/{sid}/VerificationCheck", base(app)),
        },
    }))
}

/// Where this door is, as the outside world calls it.
pub(super) fn base(app: &App) -> String {
    format!("{}/compat/twilio", app.config.public_url.as_deref().unwrap_or_default().trim_end_matches('/'))
}

pub(super) async fn list(
    State(app): State<App>,
    Extension(account): Extension<Account>,
) -> Answer<Json<Value>> {
    let services = [service(&app, &account).await?];
    let url = format!("{}/v2/Services?PageSize=50&Page=0", base(&app));
    let meta = json!({
        "page": 0, "page_size": 50, "first_page_url": url, "previous_page_url": Value::Null, "url": url,
        "next_page_url": Value::Null, "key": "services",
    });
    Ok(Json(json!({ "services": services, "meta": meta })))
}

pub(super) async fn create(
    State(app): State<App>,
    Extension(account): Extension<Account>,
) -> Answer<(StatusCode, Json<Value>)> {
    Ok((StatusCode::CREATED, Json(service(&app, &account).await?)))
}

pub(super) async fn get(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path(sid): Path<String>,
) -> Answer<Json<Value>> {
    account.service(&sid)?;
    Ok(Json(service(&app, &account).await?))
}

/// What a service may do stands in the configuration; it is given as it is.
pub(super) async fn update(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path(sid): Path<String>,
) -> Answer<Json<Value>> {
    account.service(&sid)?;
    Ok(Json(service(&app, &account).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_tells_when_it_was_made() {
        // The first 48 bits of a UUIDv7 are milliseconds since 1970.
        let id = ShopId::from_uuid("018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10".parse().unwrap());
        assert_eq!(made_at(id).as_micros(), 0x018d_f0f4_9d3c / 1_000 * Timestamp::SECOND);
    }
}
