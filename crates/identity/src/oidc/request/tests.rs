//! Tables of requests: which hold together, who is told what is wrong, and what must happen next.

use base::ShopId;

use super::*;
use crate::{
    accounts::Method,
    oidc::{ClientKind, Settings},
};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client() -> Client {
    Client {
        id: Id::from_uuid(uuid::Uuid::from_u128(7)),
        shop: ShopId::from_uuid(uuid::Uuid::from_u128(1)),
        name: "Web shop".to_owned(),
        kind: ClientKind::Confidential,
        settings: Settings {
            redirect_uris: vec!["https://shop.example/callback".to_owned()],
            scopes: Scopes::known_in("openid phone"),
            ..Settings::default()
        },
        created_at: Timestamp::default(),
    }
}

/// A good request, changed: a value replaces or adds, an empty one takes away.
fn parameters(changes: &[(&str, &str)]) -> Parameters {
    let mut pairs: Vec<(String, String)> = [
        ("client_id", "00000000-0000-0000-0000-000000000007"),
        ("redirect_uri", "https://shop.example/callback"),
        ("response_type", "code"),
        ("scope", "openid phone"),
        ("state", "s-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .iter()
    .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name))
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    pairs.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Parameters::new(pairs).unwrap()
}

fn read(changes: &[(&str, &str)]) -> Result<Asked, Malformed> {
    Asked::read(&parameters(changes), &client(), None, Timestamp::from_micros(0))
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered() {
    for uri in [
        "",
        "https://shop.example/callback/",
        "https://shop.example/callback?x=1",
        "https://shop.example:443/callback",
        "HTTPS://shop.example/callback",
        "https://evil.example/callback",
    ] {
        assert!(matches!(read(&[("redirect_uri", uri)]), Err(Malformed::Stay(_))), "{uri}");
    }
}

#[test]
fn what_is_wrong_is_told_to_the_client_with_its_state() {
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "phone", "invalid_scope"),
        ("scope", "openid offline_access", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("request", "eyJ", "request_not_supported"),
    ] {
        match read(&[(name, value)]) {
            Err(Malformed::Tell { refused, redirect_uri, state }) => {
                assert_eq!(refused.error, error, "{name}={value}");
                assert_eq!(
                    (redirect_uri.as_str(), state.as_deref()),
                    ("https://shop.example/callback", Some("s-1"))
                );
            }
            other => panic!("{name}={value}: {other:?}"),
        }
    }
}

#[test]
fn a_parameter_sent_twice_is_refused() {
    let twice = vec![("state".to_owned(), "a".to_owned()), ("state".to_owned(), "b".to_owned())];
    assert_eq!(Parameters::new(twice).unwrap_err().error, "invalid_request");
}

#[test]
fn what_must_happen_next() {
    let second = |seconds: i64| Timestamp::from_micros(seconds * Timestamp::SECOND);
    let now = second(1_000);
    let person = |proved_at, methods, has_stronger_factor| Person {
        subject: "s".to_owned(),
        methods,
        proved_at: second(proved_at),
        has_stronger_factor,
    };
    let (code, passkey) = (Methods::of(Method::Sms), Methods::of(Method::Passkey));
    let two = ("acr_values", "urn:trunkline:acr:2");
    let login = |why| Next::Refuse(Refused::login(why));
    for (changes, who, next) in [
        (&[][..], None, Next::SignIn),
        (&[("prompt", "none")], None, login("Nobody is signed in.")),
        (&[], Some(person(-900, code, false)), Next::Answer),
        // The request came at second 0; whoever proved themselves before it does it again.
        (&[("prompt", "login")], Some(person(-1, code, false)), Next::SignIn),
        (&[("prompt", "login")], Some(person(1, code, false)), Next::Answer),
        (&[("prompt", "select_account")], Some(person(-1, code, false)), Next::SignIn),
        (&[("max_age", "1000")], Some(person(-1, code, false)), Next::SignIn),
        (&[("max_age", "1001")], Some(person(-1, code, false)), Next::Answer),
        // Whoever proved themselves for this request is not asked again, however strict it is.
        (&[("max_age", "0")], Some(person(1, code, false)), Next::Answer),
        (
            &[("max_age", "10"), ("prompt", "none")],
            Some(person(-1, code, false)),
            login("The person was proved too long ago."),
        ),
        (&[two], Some(person(1, code, true)), Next::StepUp),
        // Wanted, not demanded: whoever has nothing stronger comes with what they have.
        (&[two], Some(person(1, code, false)), Next::Answer),
        (&[two], Some(person(1, passkey, true)), Next::Answer),
    ] {
        assert_eq!(read(changes).unwrap().next(who.as_ref(), now), next, "{changes:?} {who:?}");
    }
    let expected = Asked { expected: Some("other".to_owned()), ..read(&[]).unwrap() };
    assert_eq!(expected.next(Some(&person(-1, code, false)), now), Next::SignIn);
    // Somebody else signed in for it: the client is told, since asking again would go on for ever.
    assert_eq!(expected.next(Some(&person(1, code, false)), now), login("Somebody else is signed in."));
}

#[test]
fn the_verifier_of_the_standard_fits_its_challenge() {
    // RFC 7636, appendix B.
    assert!(verifier_fits("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", CHALLENGE));
    assert!(!verifier_fits("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj", CHALLENGE));
    assert!(!verifier_fits(CHALLENGE, CHALLENGE));
    assert!(!verifier_fits("", CHALLENGE));
}

#[test]
fn answers_are_appended_to_the_query() {
    assert_eq!(
        with_query("https://a.example/b", &[("code", "x y"), ("state", "&")]),
        "https://a.example/b?code=x+y&state=%26"
    );
    assert_eq!(with_query("https://a.example/b?c=d", &[("code", "x")]), "https://a.example/b?c=d&code=x");
}
