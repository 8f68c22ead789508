//! Clients of the OpenID Connect provider: made, listed without their secret, given another, removed.

use identity::Scope;
use serde_json::json;

use crate::house::House;

testkit::stories! { crate::house::House::open => a_clients_secret_is_shown_once_and_can_be_renewed what_cannot_be_registered_is_refused the_provider_describes_itself }

async fn a_clients_secret_is_shown_once_and_can_be_renewed(house: House) {
    let owner = house.owner().await;
    let wanted = json!({ "name": "Web shop", "redirect_uris": ["https://shop.example/callback"] });
    let made = owner.post("/v1/clients", &wanted).await;
    let client = made.expect(201);
    let (id, secret) = (client["id"].as_str().unwrap(), client["secret"].as_str().unwrap());
    assert_eq!(made.headers["location"], format!("/v1/clients/{id}"));
    assert!(secret.starts_with("tlc_") && secret.len() > 40);
    assert_eq!((&client["kind"], &client["scopes"]), (&"confidential".into(), &json!(["openid", "phone"])));
    let list = owner.get("/v1/clients").await;
    assert_eq!(list.expect(200)["items"][0]["id"], id);
    assert!(!list.text.contains(secret) && !list.text.contains("\"secret\""));
    let renewed = owner.post(&format!("/v1/clients/{id}/secret"), &json!({})).await.expect(200);
    assert_ne!(renewed["secret"], secret);
    owner.post(&format!("/v1/clients/{id}/remove"), &json!({})).await.expect(200);
    owner.get(&format!("/v1/clients/{id}")).await.problem(404, "client_unknown");
    owner.post(&format!("/v1/clients/{id}/remove"), &json!({})).await.problem(404, "client_unknown");
    // Of another shop nothing is seen.
    let other = house.program("other", &[Scope::ClientsManage]).await;
    assert_eq!(other.get("/v1/clients").await.expect(200)["items"], json!([]));
    let public = json!({ "name": "App", "kind": "public", "redirect_uris": ["com.shop.app:/callback"] });
    let public = owner.post("/v1/clients", &public).await.expect(201);
    assert!(public.get("secret").is_none());
    let path = format!("/v1/clients/{}/secret", public["id"].as_str().unwrap());
    owner.post(&path, &json!({})).await.problem(409, "client_has_no_secret");
}

async fn what_cannot_be_registered_is_refused(house: House) {
    let owner = house.owner().await;
    for (change, code) in [
        (json!({ "redirect_uris": [] }), "redirect_uri_missing"),
        (json!({ "redirect_uris": ["http://shop.example/"] }), "redirect_uri_malformed"),
        (json!({ "redirect_uris": ["https://shop.example/#x"] }), "redirect_uri_malformed"),
        (json!({ "backchannel_logout_uri": "http://shop.example/" }), "logout_uri_malformed"),
        (json!({ "scopes": ["phone"] }), "scope_missing"),
        (json!({ "name": " " }), "name_malformed"),
        (json!({ "scopes": ["email"] }), "field_malformed"),
    ] {
        let mut wanted = json!({ "name": "Web shop", "redirect_uris": ["https://shop.example/callback"] });
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = owner.post("/v1/clients", &wanted).await.expect(422);
        // An unknown word is a field that does not fit, whichever way it is told.
        assert!(
            refused["code"] == code || (code == "field_malformed" && refused["field"].is_string()),
            "{wanted}: {refused}"
        );
    }
}

async fn the_provider_describes_itself(house: House) {
    let owner = house.owner().await;
    let described = owner.get("/oidc/main/.well-known/openid-configuration").await.expect(200);
    let issuer = described["issuer"].as_str().unwrap();
    assert!(issuer.ends_with("/oidc/main"), "{issuer}");
    for name in [
        "authorization",
        "token",
        "userinfo",
        "introspection",
        "revocation",
        "pushed_authorization_request",
        "end_session",
    ] {
        let address = described[format!("{name}_endpoint")].as_str().unwrap();
        assert!(address.starts_with(&format!("{issuer}/")), "{address}");
    }
    assert_eq!(described["code_challenge_methods_supported"], json!(["S256"]));
    owner.get("/oidc/nobody/jwks").await.problem(404, "shop_unknown");
}
