//! Identity details on their way in and out: their keys for looking them up, their sealed form for keeping them.

use std::{borrow::Cow, fmt, sync::LazyLock};

use base::{Id, Timestamp};
use numbering::{ParseError, Parsed, PhoneNumber, Possibility, Region};
use vault::{DataKey, OpenError, Place, ShopIndexes, Vault};

use crate::persona::{Details, NumberKey, Persona};

/// Identity details with their number, in the clear. `Debug` shows the number masked and no other value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    pub number: Option<PhoneNumber>,
    pub details: Details,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("number", &self.number).field("details", &self.details).finish()
    }
}

/// The keyed indexes of an identity: how it is found again without being readable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keys {
    pub content: [u8; 32],
    pub anchor: i64,
    pub number: Option<NumberKey>,
    pub email: Option<[u8; 32]>,
    pub loyalty: Option<[u8; 32]>,
}

const SEPARATOR: u8 = 0x1f;

impl Identity {
    /// The details in a fixed order, separated by the unit separator, which no field may hold.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.clear();
        if let Some(number) = self.number.map(current) {
            out.extend_from_slice(number.e164().as_str().as_bytes());
        }
        for field in fields(&self.details) {
            out.push(SEPARATOR);
            out.extend(
                field.iter().flat_map(|text| text.bytes()).map(|b| if b == SEPARATOR { b' ' } else { b }),
            );
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut parts = text.split(char::from(SEPARATOR));
        let number = match parts.next()? {
            "" => None,
            e164 => Some(PhoneNumber::from_e164(e164).ok()?),
        };
        let mut next = || parts.next().map(|part| if part.is_empty() { None } else { Some(part.to_owned()) });
        let details = Details {
            name: next()?,
            email: next()?,
            address: next()?,
            postcode: next()?,
            country: next()?,
            loyalty_id: next()?,
            device_id: next()?,
        };
        Some(Self { number, details })
    }

    /// The indexes under a shop's keys. `encoded` is what [`Identity::encode`] wrote.
    pub fn keys(&self, indexes: &ShopIndexes, encoded: &[u8]) -> Keys {
        let content = indexes.persona.of(encoded);
        let number = self.number.map(|number| number_key(indexes, number));
        let email = self.details.email.as_deref().and_then(|email| email_key(indexes, email));
        let loyalty = self.details.loyalty_id.as_deref().and_then(|id| loyalty_key(indexes, id));
        let anchor = vault::anchor_of(&number.map(|n| n.0).or(email).or(loyalty).unwrap_or(content));
        Keys { content, anchor, number, email, loyalty }
    }
}

const fn fields(details: &Details) -> [&Option<String>; 7] {
    [
        &details.name,
        &details.email,
        &details.address,
        &details.postcode,
        &details.country,
        &details.loyalty_id,
        &details.device_id,
    ]
}

/// A number as its plan writes it today: Mexico dropped its mobile 1, Benin went to ten digits, and both spellings are one number.
pub fn current(number: PhoneNumber) -> PhoneNumber {
    numbering::current(number).map_or(number, |(now, _)| now)
}

/// By which numbering plans, and by which of their known changes, this program reads numbers. Kept with every persona.
pub fn plan_version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{}+{}", numbering::METADATA_VERSION, numbering::RECIPES_REVISION));
    &VERSION
}

/// A number as a shop writes it. Systems write `00` before the country code whatever their country dials (an American one would dial 011), or
/// leave the plus out; so what is no valid number by the plan of `region` is tried as an international one, and taken when it is
/// a valid number so.
pub fn read_number(text: &str, region: Option<Region>) -> Result<Parsed, ParseError> {
    let found = numbering::parse(text, region);
    if found.as_ref().is_ok_and(|parsed| parsed.number.is_valid()) {
        return found;
    }
    read_abroad(text, found.as_ref().is_ok_and(|p| p.number.possibility() == Possibility::Possible))
        .map_or(found, Ok)
}

/// `possible` is whether the text could be a national number: then bare digits are not taken for an international one.
pub fn read_abroad(text: &str, possible: bool) -> Option<Parsed> {
    let text = text.trim().trim_start_matches(['(', '\'']);
    let rest = match text.strip_prefix("00").or_else(|| text.strip_prefix("011")) {
        Some(rest) => rest,
        None if !possible && text.starts_with(|c: char| ('1'..='9').contains(&c)) => text,
        None => return None,
    };
    let parsed = numbering::parse(&format!("+{rest}"), None).ok()?;
    parsed.number.is_valid().then_some(parsed)
}

pub fn number_key(indexes: &ShopIndexes, number: PhoneNumber) -> NumberKey {
    NumberKey(indexes.number.of(current(number).e164().as_str().as_bytes()))
}

/// Folded: trimmed, lower case. `None` for what is no address.
pub fn email_key(indexes: &ShopIndexes, email: &str) -> Option<[u8; 32]> {
    let folded = email.trim().to_lowercase();
    (folded.len() >= 3 && folded.contains('@')).then(|| indexes.email.of(folded.as_bytes()))
}

/// Folded: letters and digits only, upper case.
pub fn loyalty_key(indexes: &ShopIndexes, id: &str) -> Option<[u8; 32]> {
    let folded: String = id.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    (!folded.is_empty()).then(|| indexes.loyalty.of(folded.as_bytes()))
}

/// Words of a name that are indexed.
const NAME_WORDS_MAX: usize = 6;

/// The index values of the words of a name, folded to plain letters; initials are left out.
pub fn name_tokens(indexes: &ShopIndexes, name: &str) -> Vec<[u8; 32]> {
    let folded = any_ascii::any_ascii(name).to_ascii_lowercase();
    let mut words: Vec<&str> = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 1)
        .take(NAME_WORDS_MAX)
        .collect();
    words.sort_unstable();
    words.dedup();
    words.into_iter().map(|word| indexes.name.of(word.as_bytes())).collect()
}

/// A persona ready to be stored: sealed, keyed, named.
#[derive(Clone, Debug)]
pub struct NewPersona {
    pub id: Id<Persona>,
    pub keys: Keys,
    pub wrapped_key: Vec<u8>,
    pub details: Vec<u8>,
    pub names: Vec<[u8; 32]>,
    pub recorded_at: Timestamp,
    /// What read the number: [`plan_version`], unless somebody tells what an older program read.
    pub plan_version: Cow<'static, str>,
}

impl NewPersona {
    /// Seals an identity, whose `keys` are known, under a data key of its own.
    pub fn seal(
        vault: &Vault,
        indexes: &ShopIndexes,
        (identity, keys, encoded): (&Identity, Keys, &[u8]),
        id: Id<Persona>,
        recorded_at: Timestamp,
    ) -> Self {
        let (key, wrapped_key) = vault.new_data_key(id.as_bytes());
        let names =
            identity.details.name.as_deref().map(|name| name_tokens(indexes, name)).unwrap_or_default();
        let details = key.seal(details_place(&id), encoded);
        let plan_version = Cow::Borrowed(plan_version());
        Self { id, keys, wrapped_key, details, names, recorded_at, plan_version }
    }
}

/// Opens the details of a stored persona, the number as its plan writes it today.
pub fn open(
    vault: &Vault,
    id: Id<Persona>,
    wrapped_key: &[u8],
    details: &[u8],
) -> Result<Identity, OpenError> {
    let mut identity = open_as_read(vault, id, wrapped_key, details)?;
    identity.number = identity.number.map(current);
    Ok(identity)
}

/// Opens the details of a stored persona as they were read then.
pub fn open_as_read(
    vault: &Vault,
    id: Id<Persona>,
    wrapped_key: &[u8],
    details: &[u8],
) -> Result<Identity, OpenError> {
    let key: DataKey = vault.unwrap(wrapped_key, id.as_bytes())?;
    let plain = key.open(details_place(&id), details)?;
    Identity::decode(&plain).ok_or(OpenError::NotSealed)
}

fn details_place(id: &Id<Persona>) -> Place<'_> {
    Place { table: "personas", column: "details", row: id.as_bytes() }
}

#[cfg(test)]
mod tests {
    use base::{Clock as _, ShopId, SystemClock};
    use vault::KeyFile;

    use super::*;

    fn identity() -> Identity {
        Identity {
            number: Some(PhoneNumber::from_e164("+358401234567").unwrap()),
            details: Details {
                name: Some("Aino Virtanen".to_owned()),
                email: Some("Aino@Example.com".to_owned()),
                loyalty_id: Some("L-77 1".to_owned()),
                ..Details::default()
            },
        }
    }

    #[test]
    fn sealed_details_open_again_and_show_nothing() {
        let vault = Vault::new(KeyFile::generate());
        let shop = ShopId::from_uuid(uuid::Uuid::from_u128(1));
        let (identity, mut encoded) = (identity(), Vec::new());
        identity.encode(&mut encoded);
        let now = SystemClock.now();
        let id = Id::new(now, &mut rand::rng());
        let indexes = vault.indexes(shop);
        let keys = identity.keys(&indexes, &encoded);
        let new = NewPersona::seal(&vault, &indexes, (&identity, keys, &encoded), id, now);
        assert_eq!(open(&vault, id, &new.wrapped_key, &new.details).unwrap(), identity);
        let shown = format!("{identity:?} {new:?}");
        assert!(
            !shown.contains("Aino") && !shown.contains("401234567") && !shown.contains("Example"),
            "{shown}"
        );
    }

    #[test]
    fn numbers_from_before_a_change_of_plan_are_the_numbers_of_today() {
        let vault = Vault::new(KeyFile::generate());
        let indexes = vault.indexes(ShopId::from_uuid(uuid::Uuid::from_u128(1)));
        // Mexico, 2019: the 1 after the country code was dropped. Benin, 2024: 01 was put before every number.
        for (old, new) in [("+5215512345678", "+525512345678"), ("+22997123456", "+2290197123456")] {
            let read = |text| numbering::parse(text, None).unwrap().number;
            assert_eq!(number_key(&indexes, read(old)), number_key(&indexes, read(new)), "{old}");
        }
    }

    #[test]
    fn the_international_prefix_of_other_countries_is_read_where_nothing_else_fits() {
        let read = |text: &str, region: &str| {
            let parsed = read_number(text, Some(region.parse().unwrap()));
            parsed.map(|parsed| parsed.number.e164().as_str().to_owned()).unwrap_or_default()
        };
        // An American system that writes 00, though one dials 011 there.
        assert_eq!(read("0012125559313", "US"), "+12125559313");
        assert_eq!(read("00358 40 1234567", "US"), "+358401234567");
        assert_eq!(read("011 358 40 1234567", "FI"), "+358401234567");
        // E.164 without its plus, in a file of another country.
        assert_eq!(read("8801712345678", "FI"), "+8801712345678");
        // A valid national number stays one, and nonsense stays nonsense.
        assert_eq!(read("040 1234567", "FI"), "+358401234567");
        assert_eq!(read("2125559313", "US"), "+12125559313");
        for nonsense in ["00 00 00 00", "99999999999999", "0011", "call me"] {
            let parsed = read_number(nonsense, Some("US".parse().unwrap()));
            assert!(parsed.is_err() || parsed.is_ok_and(|parsed| !parsed.number.is_valid()), "{nonsense}");
        }
    }

    #[test]
    fn spellings_share_their_keys() {
        let vault = Vault::new(KeyFile::generate());
        let indexes = vault.indexes(ShopId::from_uuid(uuid::Uuid::from_u128(1)));
        assert_eq!(email_key(&indexes, " aino@example.COM"), email_key(&indexes, "Aino@Example.com"));
        assert_eq!(loyalty_key(&indexes, "l771"), loyalty_key(&indexes, "L-77 1"));
        assert_eq!(email_key(&indexes, "none"), None);
        assert_eq!(name_tokens(&indexes, "VIRTANEN, Aino"), name_tokens(&indexes, "aino virtanen"));
    }
}
