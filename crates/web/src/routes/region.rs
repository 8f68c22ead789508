//! Which country a national spelling is read as: what the person chose last, else what the shop's numbers say, else the browser's language.

use axum::http::{HeaderMap, HeaderValue, header};
use base::PageRequest;
use numbering::{Format, ParseError, Parsed, PhoneNumber, Region};
use unicode_normalization::UnicodeNormalization as _;

use super::seat::Seat;
use crate::{components::form::Field, session::Transport};

const COOKIE: &str = "trunkline-region";
/// A year: it is a habit, not a secret.
const COOKIE_SECONDS: u64 = 365 * 24 * 3600;
/// Customers whose numbers are looked at when nobody has chosen.
const SAMPLE: usize = 30;

/// Codes and English names (CLDR), one a line.
pub(crate) const NAMES: &str = include_str!("regions.txt");

/// What the browser says.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Regions {
    pub chosen: Option<Region>,
    pub language: Option<Region>,
}

pub(crate) fn of_browser(headers: &HeaderMap) -> Regions {
    let text = |name| headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let chosen = text(header::COOKIE)
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .and_then(supported);
    let language = text(header::ACCEPT_LANGUAGE).flat_map(|list| list.split(',')).find_map(|tag| {
        let tag = tag.split(';').next()?.trim();
        match tag.rsplit_once('-') {
            Some((_, region)) => supported(region),
            None => of_language(tag),
        }
    });
    Regions { chosen, language }
}

/// The country of a language that says none: CLDR's likely one, for languages that are hardly anybody's first language elsewhere.
fn of_language(language: &str) -> Option<Region> {
    const LIKELY: [(&str, &str); 34] = [
        ("az", "AZ"),
        ("bg", "BG"),
        ("bn", "BD"),
        ("cs", "CZ"),
        ("da", "DK"),
        ("el", "GR"),
        ("et", "EE"),
        ("fi", "FI"),
        ("he", "IL"),
        ("hu", "HU"),
        ("hy", "AM"),
        ("id", "ID"),
        ("is", "IS"),
        ("it", "IT"),
        ("ja", "JP"),
        ("ka", "GE"),
        ("kk", "KZ"),
        ("km", "KH"),
        ("ko", "KR"),
        ("lo", "LA"),
        ("lt", "LT"),
        ("lv", "LV"),
        ("mn", "MN"),
        ("my", "MM"),
        ("nb", "NO"),
        ("ne", "NP"),
        ("no", "NO"),
        ("pl", "PL"),
        ("ro", "RO"),
        ("si", "LK"),
        ("sk", "SK"),
        ("sl", "SI"),
        ("th", "TH"),
        ("vi", "VN"),
    ];
    let (_, region) = LIKELY.iter().find(|(known, _)| known.eq_ignore_ascii_case(language))?;
    supported(region)
}

/// A region that has a numbering plan.
pub(crate) fn supported(code: &str) -> Option<Region> {
    code.trim().parse().ok().filter(|region: &Region| region.is_supported())
}

/// The value of `Set-Cookie` that remembers a choice.
pub(crate) fn remember(region: Region, transport: Transport) -> String {
    let secure = if transport == Transport::Https { "; Secure" } else { "" };
    format!("{COOKIE}={region}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}")
}

/// The English name of a region, its code where there is none.
pub(crate) fn name(region: Region) -> &'static str {
    names().find(|(code, _)| *code == region.as_str()).map_or("no country", |(_, name)| name)
}

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    read(NAMES)
}

/// Codes and names, `code|name` a line.
pub(crate) fn read(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.lines().filter_map(|line| line.split_once('|'))
}

/// Those of a list that have numbers, by name; letters with accents stand with those without.
pub(crate) fn sorted<'n>(names: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<(String, String)> {
    let with_numbers = names.filter(|(code, _)| supported(code).is_some());
    let mut all: Vec<(String, String)> =
        with_numbers.map(|(code, name)| (code.to_owned(), name.to_owned())).collect();
    all.sort_by_cached_key(|(_, name)| without_accents(name));
    all
}

fn without_accents(name: &str) -> String {
    name.nfd().filter(|letter| !('\u{300}'..'\u{370}').contains(letter)).collect::<String>().to_lowercase()
}

/// Codes and names for a choice, by name; none first, where none is a sensible choice.
pub(crate) fn choices(with_none: bool) -> Vec<(String, String)> {
    let mut all = sorted(names());
    if with_none {
        all.insert(0, (String::new(), "None".to_owned()));
    }
    all
}

impl Seat {
    /// The number that a list is asked for, and the field that it was typed in, which says how it was read or why it cannot be.
    pub async fn sought(&self, written: &str) -> (Option<PhoneNumber>, Field) {
        let field = Field::of(written);
        if !field.is_asked() {
            return (None, field);
        }
        match numbering::parse(written, self.region().await) {
            Ok(parsed) => {
                let read = parsed.number.format(Format::International);
                (Some(parsed.number), field.note(format!("Read as {read}.")))
            }
            Err(error) => (None, field.error(error.to_string())),
        }
    }

    /// The country to read national spellings in.
    pub async fn region(&self) -> Option<Region> {
        if let Some(chosen) = self.region.chosen {
            return Some(chosen);
        }
        self.region_of_shop().await.or(self.region.language)
    }

    /// The country that most numbers of the first customers are of.
    async fn region_of_shop(&self) -> Option<Region> {
        let request = PageRequest::new(Some(SAMPLE), None);
        let sample = self.desk.app.customers.list(&self.cx, &request).await.ok()?;
        let mut counts: std::collections::BTreeMap<Region, usize> = std::collections::BTreeMap::new();
        for region in sample.items.iter().filter_map(|one| one.identity.number?.region()) {
            *counts.entry(region).or_default() += 1;
        }
        counts
            .into_iter()
            .filter(|(region, _)| region.is_supported())
            .max_by_key(|(_, count)| *count)
            .map(|(region, _)| region)
    }

    /// Reads a number as written here: with a country code of its own, or else nationally.
    pub async fn read_number(&self, text: &str) -> Result<Parsed, ParseError> {
        match numbering::parse(text, None) {
            Ok(parsed) => Ok(parsed),
            Err(_) => customers::identity::read_number(text, self.region().await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_and_what_the_browser_speaks() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; trunkline-region=FI"));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en, bn-BD;q=0.9, en-GB;q=0.8"));
        let said = of_browser(&headers);
        assert_eq!(said.chosen, "FI".parse().ok());
        assert_eq!(said.language, "BD".parse().ok());
        for (list, region) in [
            ("fi", Some("FI")),
            ("bn,en;q=0.9", Some("BD")),
            ("en, ro;q=0.8", Some("RO")),
            ("en", None),
            ("en-FI, fi", Some("FI")),
        ] {
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(list));
            assert_eq!(
                of_browser(&headers).language,
                region.and_then(|region| region.parse().ok()),
                "{list}"
            );
        }
        headers.insert(header::COOKIE, HeaderValue::from_static("trunkline-region=QQ"));
        assert_eq!(of_browser(&headers).chosen, None);
    }

    #[test]
    fn every_region_with_a_plan_has_a_name() {
        for (region, _) in numbering::regions() {
            assert!(*region == Region::NON_GEOGRAPHIC || name(*region) != "no country", "{region}");
        }
    }
}
