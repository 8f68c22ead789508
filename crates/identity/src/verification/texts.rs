//! What a message with a code says, in the languages of the files under `texts/`: what it is for, and whether staff will ask for it.
//!
//! The files keep to the letters that an SMS carries without becoming twice as long, where a language is commonly written so (Romanian without its marks).

use std::{collections::HashMap, sync::LazyLock};

use base::{Fault, Secret};

use super::{Channel, Purpose};

/// A language of the texts, by its tag.
const FILES: [(&str, &str); 4] = [
    ("en", include_str!("../../texts/en.json")),
    ("bn", include_str!("../../texts/bn.json")),
    ("fi", include_str!("../../texts/fi.json")),
    ("ro", include_str!("../../texts/ro.json")),
];

static TEXTS: LazyLock<Vec<(&str, HashMap<&str, &str>)>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(tag, text)| (*tag, serde_json::from_str(text).expect("a test reads every file")))
        .collect()
});

/// Longest name of a shop and longest thing to approve that go into a text, in characters.
pub const SHOP_CHARS_MAX: usize = 30;
pub const APPROVING_CHARS_MAX: usize = 60;
const ORIGIN_CHARS_MAX: usize = 253;

/// The languages there are.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(tag, _)| *tag)
}

/// The language of a tag such as `fi-FI`, else English.
pub fn language_of(tag: &str) -> &'static str {
    let wanted = tag.split(['-', '_']).next().unwrap_or_default();
    languages().find(|known| known.eq_ignore_ascii_case(wanted)).unwrap_or("en")
}

/// What a text is made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    pub purpose: Purpose,
    pub channel: Channel,
    pub language: &'a str,
    pub shop: &'a str,
    pub approving: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub proof: Proof<'a>,
}

/// What of a text proves that it was received.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    Code(&'a Secret<String>),
    /// A whole address.
    Link(&'a Secret<String>),
}

/// The whole text, with its code or its link. An SMS whose code is typed into a page ends in the line by which phones offer it to that page alone.
pub fn compose(parts: Parts<'_>) -> Secret<String> {
    let language = language_of(parts.language);
    let (_, texts) = TEXTS.iter().find(|(tag, _)| *tag == language).expect("language_of gives one of them");
    let shop: String = parts.shop.chars().take(SHOP_CHARS_MAX).collect();
    let said = |name: &str, proof: (&str, &str)| {
        let template = texts.get(name).copied().unwrap_or_default();
        fill(template, &[proof, ("shop", &shop), ("approving", parts.approving.unwrap_or("–"))])
    };
    let code = match parts.proof {
        Proof::Code(code) => code.reveal(),
        Proof::Link(link) => {
            return Secret::new(said(&format!("{}.link", parts.purpose), ("link", link.reveal())));
        }
    };
    let spoken: String = code.chars().flat_map(|digit| [digit, ',', ' ']).collect();
    let is_spoken = parts.channel == Channel::Voice;
    let as_said = if is_spoken { spoken.trim_end_matches([',', ' ']) } else { code };
    let mut text = said(parts.purpose.code(), ("code", as_said));
    match (parts.channel, parts.origin) {
        (Channel::Sms, Some(origin)) if parts.purpose.is_typed_into_a_page() => {
            text += &format!("\n\n@{origin} #{code}");
        }
        // Who listens writes it down at the second time.
        (Channel::Voice, _) => text = format!("{text}\n{text}"),
        _ => {}
    }
    Secret::new(text)
}

/// Puts values into their gaps. What a value says is never looked through for gaps.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        out.extend(values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What is being approved, as it may stand in a text: one short line that looks as it reads, and leads nowhere.
pub fn approving(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let malformed = |message: String| Fault::invalid("approving_malformed", message).field("approving");
    if text.is_empty() || text.chars().count() > APPROVING_CHARS_MAX || text.chars().any(char::is_control) {
        let message = "Say in one line of at most {} characters what is being approved.";
        return Err(malformed(message.replace("{}", &APPROVING_CHARS_MAX.to_string())));
    }
    if text.chars().any(is_deceptive) {
        let message = "What is being approved has no characters that are invisible, break the line or turn the direction of writing.";
        return Err(malformed(message.to_owned()));
    }
    if is_address(text) {
        let message = "What is being approved holds no address of a page: phones would make a link of it.";
        return Err(malformed(message.to_owned()));
    }
    Ok(text.to_owned())
}

/// Characters that are not seen, but change how a line looks: separators of lines and paragraphs, formatting (Unicode's category Cf) but for the two joiners, which
/// some scripts are written with, and letters and marks that are blank.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E01EF}')
}

/// What a phone makes a link of: a scheme, a name whose last label is of letters, as in `shop.example`, or an address of four numbers; but not an abbreviation of letters
/// one by one.
fn is_address(text: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    text.contains("://") || text.split(|c| !is_of_name(c)).any(is_host)
}

fn is_host(name: &str) -> bool {
    let labels: Vec<&str> = name.trim_matches('.').split('.').collect();
    let Some((last, before)) = labels.split_last() else { return false };
    if before.is_empty() || labels.iter().any(|label| label.is_empty()) {
        return false;
    }
    let is_top =
        last.starts_with("xn--") || last.chars().count() > 1 && last.chars().all(char::is_alphabetic);
    is_top || labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok())
}

/// The host of a page, as an origin-bound code names it.
pub fn origin(text: &str) -> Result<String, Fault> {
    let host = text.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
    };
    if host.len() > ORIGIN_CHARS_MAX || !host.split('.').all(is_label) {
        let message = "An origin is the name of a host, such as shop.example.";
        return Err(Fault::invalid("origin_malformed", message).field("origin"));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(purpose: Purpose, channel: Channel, language: &str, approving: Option<&str>) -> String {
        let code = Secret::new("123456".to_owned());
        let parts = Parts {
            purpose,
            channel,
            language,
            shop: "Aurora",
            approving,
            origin: Some("aurora.example"),
            proof: Proof::Code(&code),
        };
        compose(parts).reveal().clone()
    }

    #[test]
    fn every_language_has_every_text_with_its_code_and_shop() {
        for (tag, texts) in TEXTS.iter() {
            let links = Purpose::ALL.iter().filter(|purpose| purpose.may_be_by_link()).count();
            assert_eq!(texts.len(), Purpose::ALL.len() + links, "{tag}");
            for purpose in Purpose::ALL.iter().copied() {
                let by_link = texts.get(format!("{purpose}.link").as_str());
                assert_eq!(by_link.is_some(), purpose.may_be_by_link(), "{tag} {purpose}");
                if let Some(template) = by_link {
                    assert!(template.contains("{link}") && template.contains("{shop}"), "{tag} {purpose}");
                    let says = purpose == Purpose::CallerCheck;
                    assert_eq!(template.contains("{approving}"), says, "{tag} {purpose}");
                }
                let template = texts[purpose.code()];
                assert!(template.contains("{code}") && template.contains("{shop}"), "{tag} {purpose}");
                assert_eq!(template.contains("{approving}"), purpose.approves_something(), "{tag} {purpose}");
            }
        }
    }

    #[test]
    fn only_the_caller_check_says_that_staff_will_ask() {
        let never = [
            ("en", "never ask"),
            ("fi", "ei koskaan kysy"),
            ("ro", "nu ti-l vor cere niciodata"),
            ("bn", "কখনও এটি চাইবেন না"),
        ];
        let will = [("en", "WILL ask"), ("fi", "KYSYY"), ("ro", "ITI VA CERE"), ("bn", "কোড চাইবেন।")];
        for ((language, never), (_, will)) in never.into_iter().zip(will) {
            for purpose in Purpose::ALL.iter().copied() {
                let said = text(purpose, Channel::Sms, language, Some("x"));
                let is_call = purpose == Purpose::CallerCheck;
                assert_eq!((said.contains(never), said.contains(will)), (!is_call, is_call), "{said}");
            }
        }
    }

    #[test]
    fn an_sms_for_a_page_ends_in_its_origin_and_code() {
        let said = text(Purpose::SignIn, Channel::Sms, "en-GB", None);
        assert_eq!(
            said,
            "123456 is your code to sign in to Aurora. Staff will never ask you for it.\n\n@aurora.example #123456"
        );
        assert!(!text(Purpose::CallerCheck, Channel::Sms, "en", None).contains('@'));
        assert!(!text(Purpose::SignIn, Channel::Whatsapp, "en", None).contains('@'));
    }

    #[test]
    fn a_link_stands_in_the_codes_place() {
        let link = Secret::new("https://aurora.example/l/xyz".to_owned());
        let parts = Parts {
            purpose: Purpose::Recovery,
            channel: Channel::Sms,
            language: "en",
            shop: "Aurora",
            approving: None,
            origin: Some("aurora.example"),
            proof: Proof::Link(&link),
        };
        assert_eq!(
            compose(parts).reveal(),
            "Open this to get back into your Aurora account: https://aurora.example/l/xyz If you did not ask, do nothing. Staff will never ask you for it."
        );
        let parts = Parts { purpose: Purpose::CallerCheck, approving: Some("ticket 4711"), ..parts };
        assert!(compose(parts).reveal().contains("ticket 4711"));
    }

    #[test]
    fn a_voice_says_digit_by_digit_and_twice() {
        let said = text(Purpose::SignIn, Channel::Voice, "en", None);
        assert_eq!(said.matches("1, 2, 3, 4, 5, 6 is your code").count(), 2);
    }

    #[test]
    fn what_is_approved_cannot_bring_gaps_or_lines_of_its_own() {
        let said = text(Purpose::StepUp, Channel::Sms, "en", Some("{code}{shop}"));
        assert!(said.starts_with("123456 approves this at Aurora: {code}{shop}."), "{said}");
        for bad in [
            "",
            "two\nlines",
            &"x".repeat(61),
            "two\u{2028}lines",
            "pay \u{202E}RUE 12",
            "pay\u{200B}",
            "\u{2066}a",
            "a\u{3164}b",
            "a\u{FE0F}",
        ] {
            assert_eq!(approving(bad).unwrap_err().code, "approving_malformed", "{bad:?}");
        }
        for good in [
            "pay 12 EUR",
            "pay 49.90 EUR to Aurora, e.g. no. 5.",
            "\u{915}\u{94D}\u{200D}\u{937} 12",
            "سند ۱۲",
        ] {
            assert_eq!(approving(&format!(" {good} ")).unwrap(), good);
        }
    }

    #[test]
    fn what_is_approved_leads_nowhere() {
        for bad in [
            "see http://1.2.3.4",
            "go to evil.example",
            "evil.example/x?y",
            "(www.evil.example)",
            "https://shop",
            "mail a@evil.example",
            "EVIL.EXAMPLE.",
            "pay at münchen.example:8080",
            "go to evil.example!",
            "Order:evil.example/x",
            "“evil.example”",
            "x=evil.example",
            "a|evil.example",
            "evil.example…",
            "evil.example&x",
            "evil.xn--p1ai",
            "192.0.2.7/pay",
        ] {
            assert_eq!(approving(bad).unwrap_err().code, "approving_malformed", "{bad}");
        }
        for good in ["1.250,00 EUR", "12.50", "v1.2.3", "Sign in. Now", "Dr. Who", "...", "a.b"] {
            assert_eq!(approving(good).unwrap(), good);
        }
    }

    #[test]
    fn origins_are_hosts() {
        assert_eq!(origin("Shop.Example").unwrap(), "shop.example");
        for bad in ["", "https://shop.example", "shop.example/x", "a..b", "-a.b", "a b"] {
            assert_eq!(origin(bad).unwrap_err().code, "origin_malformed", "{bad}");
        }
    }

    #[test]
    fn a_language_is_found_by_its_first_part() {
        for (tag, language) in [("fi-FI", "fi"), ("BN", "bn"), ("ro_RO", "ro"), ("de", "en"), ("", "en")] {
            assert_eq!(language_of(tag), language);
        }
    }
}
