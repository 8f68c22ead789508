//! How providers prove that a request to us is theirs: three ways of signing, each compared in constant time.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// Twilio's: the address, then each field's name and value in the order of the names, by HMAC-SHA1 with the account's token, in Base64.
pub fn is_twilios(token: &str, url: &str, fields: &[(String, String)], signature: &str) -> bool {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("any length is a key");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.decode(signature.as_bytes()).is_ok_and(|given| mac.verify_slice(&given).is_ok())
}

/// Meta's: `sha256=` and the HMAC-SHA256 of the body with the app's secret, in hexadecimal.
pub fn is_metas(secret: &str, body: &[u8], signature: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(body);
    let given =
        signature.strip_prefix("sha256=").and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok());
    given.is_some_and(|given| mac.verify_slice(&given).is_ok())
}

/// Standard Webhooks: `v1,` and the HMAC-SHA256 of id, time and body joined by points, in Base64; several may be given.
pub fn is_standard(secret: &str, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
    signatures.split_whitespace().filter_map(|one| one.strip_prefix("v1,")).any(|signature| {
        let given = BASE64.decode(signature.as_bytes());
        given.is_ok_and(|given| standard_mac(secret, id, timestamp, body).verify_slice(&given).is_ok())
    })
}

/// Signs as [`is_standard`] proves.
pub fn standard(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    format!("v1,{}", BASE64.encode(&standard_mac(secret, id, timestamp, body).finalize().into_bytes()))
}

/// A secret written as `whsec_…` is Base64 of the key; any other is the key itself.
fn standard_mac(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let decoded = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let key = decoded.as_deref().unwrap_or(secret.as_bytes());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twilios_published_example_holds() {
        // The example of Twilio's page on securing webhooks.
        let fields: Vec<(String, String)> = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(is_twilios("12345", url, &fields, signature));
        let mut turned = fields.clone();
        turned.reverse();
        assert!(is_twilios("12345", url, &turned, signature), "the order in the request does not matter");
        assert!(!is_twilios("12346", url, &fields, signature));
        assert!(!is_twilios("12345", "https://mycompany.com/myapp.php", &fields, signature));
        assert!(!is_twilios("12345", url, &fields[1..], signature));
        assert!(!is_twilios("12345", url, &fields, "not base64"));
    }

    #[test]
    fn hmac_sha256_in_both_dresses() {
        // RFC 4231, test case 2.
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let body = b"what do ya want for nothing?";
        assert!(is_metas("Jefe", body, &format!("sha256={hex}")));
        assert!(!is_metas("Jefe", body, hex), "without its prefix");
        assert!(!is_metas("Jefe", b"what do ya want for something?", &format!("sha256={hex}")));
        let signed = standard("secret", "msg_1", "1700000000", b"{}");
        assert!(is_standard("secret", "msg_1", "1700000000", b"{}", &format!("v1,AAAA {signed}")));
        assert!(!is_standard("secret", "msg_1", "1700000001", b"{}", &signed));
        // The published example of Standard Webhooks' own libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let body = br#"{"test": 2432232314}"#;
        assert!(is_standard(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, signature));
    }
}
