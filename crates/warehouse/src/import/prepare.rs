//! From rows to orders with keyed identities: the part of an import that needs no database, run on a thread of its own.
//!
//! Identities repeat (a customer orders again, an order has several lines), so each distinct spelling is parsed, keyed and encoded once, and each
//! distinct content is then known by a slot. What is remembered is bounded: after [`SPELLINGS_MAX`] distinct spellings these are read anew, and after [`CONTENTS_MAX`]
//! contents it starts afresh with a new generation, and remembers of those before only, in the bits of a filter, which contents it has had.

use base::ShopId;
use compact_str::CompactString;
use customers::{
    Details,
    identity::{self, Identity, Keys},
};
use fastbloom::BloomFilter;
use hashbrown::HashMap;
use history::{NewLine, NewOrder};
use numbering::{ParseError, PhoneNumber, Possibility, Region};
use siphasher::sip128::SipHasher13;
use vault::ShopIndexes;

use crate::files::{Field, OrderRow, Reject};

/// Distinct spellings remembered at a time, some 30 bytes each.
const SPELLINGS_MAX: usize = 850_000;
/// Distinct contents remembered at a time, some 50 bytes each with their places. Whoever is met again after that is looked up.
const CONTENTS_MAX: usize = 1_800_000;
/// Bits of the filter of contents (16 MiB). With twelve million contents it takes one new content in a hundred for one that it has had.
const FILTER_BITS: usize = 1 << 27;
const FILTER_CONTENTS: usize = 12_000_000;
/// Rows of one batch, which is one stage: few at first, so that the writer has soon something to do, then twice as many each time. No more than this,
/// because a handful of batches is in hand at a time and their memory is not to be given back and asked for anew.
pub(crate) const BATCH_ROWS: std::ops::Range<u64> = 5_000..40_000;

/// Orders ready to be written, but for the ids of their personas.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub generation: u32,
    pub orders: Vec<PreparedOrder>,
    /// Contents seen for the first time in this generation, in the order of their slots.
    pub identities: Vec<NewIdentity>,
    pub rejects: Vec<Reject>,
    pub rows: u64,
    /// Rows whose identity differs from the one that their order began with.
    pub conflicts: u64,
    pub bytes_done: u64,
}

#[derive(Debug)]
pub(crate) struct PreparedOrder {
    pub slot: u32,
    /// Its persona and anchor are filled in later.
    pub order: NewOrder,
}

#[derive(Debug)]
pub(crate) struct NewIdentity {
    pub slot: u32,
    /// Perhaps seen in an earlier generation; if not, certainly never.
    pub seen_before: bool,
    pub keys: Keys,
    pub identity: Identity,
    pub encoded: Vec<u8>,
}

/// Turns rows into [`Prepared`] batches.
pub(crate) struct Preparer {
    indexes: std::sync::Arc<ShopIndexes>,
    region: Option<Region>,
    /// Slot of each spelling, by its hash.
    spellings: HashMap<[u64; 2], u32>,
    /// With a key of this import alone: nobody can make two spellings that meet, and by chance none of a billion do (2^-69).
    spelled: SipHasher13,
    /// Slot of each content.
    contents: HashMap<ShortHash, u32>,
    /// Contents of earlier generations; made when the first one ends.
    earlier: Option<BloomFilter>,
    spellings_max: usize,
    contents_max: usize,
    generation: u32,
    batch: Prepared,
    places: HashMap<CompactString, usize>,
    scratch: Vec<u8>,
}

/// Words that mean that there is no number.
const BLANKS: [&str; 9] = ["-", "--", "n/a", "na", "none", "null", "nil", "unknown", "no phone"];

impl Preparer {
    pub(crate) fn new(vault: &vault::Vault, shop: ShopId, region: Option<Region>) -> Self {
        Self {
            indexes: vault.indexes(shop),
            region,
            spellings: HashMap::new(),
            spelled: SipHasher13::new_with_key(&rand::random()),
            contents: HashMap::new(),
            earlier: None,
            spellings_max: SPELLINGS_MAX,
            contents_max: CONTENTS_MAX,
            generation: 0,
            batch: Prepared::default(),
            places: HashMap::new(),
            scratch: Vec::new(),
        }
    }

    pub(crate) fn rows_waiting(&self) -> u64 {
        self.batch.rows
    }

    /// Takes a row in; a reject if its number is none.
    pub(crate) fn take(&mut self, row: &OrderRow) {
        self.batch.rows += 1;
        if let Some(place) = self.places.get(row.order_id()).copied() {
            return self.add_line(place, row);
        }
        let slot = match self.slot(row) {
            Ok(slot) => slot,
            Err(reject) => return self.batch.rejects.push(reject),
        };
        let order = NewOrder {
            order_id: row.order_id().into(),
            anchor: 0,
            persona: base::Id::from_uuid(uuid::Uuid::nil()),
            has_number: number_of(row).is_some(),
            ordered_at: row.ordered_at,
            currency: row.currency,
            total: row.order_total,
            status: row.status().map(CompactString::from),
            store: row.store().map(CompactString::from),
            lines: vec![line(row)],
        };
        self.places.insert(order.order_id.clone(), self.batch.orders.len());
        self.batch.orders.push(PreparedOrder { slot, order });
    }

    pub(crate) fn reject(&mut self, reject: Reject) {
        self.batch.rows += 1;
        self.batch.rejects.push(reject);
    }

    /// The rows taken so far, as a batch.
    pub(crate) fn finish(&mut self, bytes_done: u64) -> Prepared {
        self.places.clear();
        let mut batch = std::mem::take(&mut self.batch);
        batch.generation = self.generation;
        batch.bytes_done = bytes_done;
        self.batch.orders.reserve(batch.orders.len());
        self.batch.identities.reserve(batch.identities.len());
        if self.contents.len() > self.contents_max {
            self.forget();
        } else if self.spellings.len() > self.spellings_max {
            self.spellings.clear();
        }
        batch
    }

    /// Begins a new generation.
    fn forget(&mut self) {
        let filter = || BloomFilter::with_num_bits(FILTER_BITS).expected_items(FILTER_CONTENTS);
        let earlier = self.earlier.get_or_insert_with(filter);
        for (content, _) in self.contents.drain() {
            earlier.insert_hash(filter_hash(&content));
        }
        self.spellings.clear();
        self.generation += 1;
    }

    fn add_line(&mut self, place: usize, row: &OrderRow) {
        let known = &self.batch.orders[place];
        let (slot, currency) = (known.slot, known.order.currency);
        if currency.is_some() && row.currency.is_some() && currency != row.currency {
            let reason = "Another row of the same order has another currency.";
            let reject = Reject::field(row.line_number, Field::Currency, "currency_differs", reason);
            return self.batch.rejects.push(reject);
        }
        let total = known.order.total;
        if total.is_some() && row.order_total.is_some() && total != row.order_total {
            let reason = "Another row of the same order has another total. If the column holds the amount of each row, say so with --map amount=COLUMN.";
            let reject = Reject::field(row.line_number, Field::Amount, "order_total_differs", reason);
            return self.batch.rejects.push(reject);
        }
        // A line whose identity is spelled otherwise keeps the order's: an order has one.
        match self.slot(row) {
            Ok(same) if same == slot => {}
            Ok(_) => self.batch.conflicts += 1,
            Err(reject) => return self.batch.rejects.push(reject),
        }
        let order = &mut self.batch.orders[place].order;
        order.currency = order.currency.or(row.currency);
        order.total = order.total.or(row.order_total);
        order.lines.push(line(row));
    }

    /// The slot of a row's identity.
    fn slot(&mut self, row: &OrderRow) -> Result<u32, Reject> {
        self.scratch.clear();
        for field in IDENTITY {
            self.scratch.extend_from_slice(row.text(field).unwrap_or_default().as_bytes());
            self.scratch.push(0x1f);
        }
        let spelled = self.spelled.hash(&self.scratch);
        let spelled = [spelled.h1, spelled.h2];
        if let Some(known) = self.spellings.get(&spelled) {
            return Ok(*known);
        }
        let identity = self.identity(row)?;
        let mut encoded = Vec::with_capacity(96);
        identity.encode(&mut encoded);
        let keys = identity.keys(&self.indexes, &encoded);
        let next = u32::try_from(self.contents.len()).expect("bounded well below 2^32");
        let content: ShortHash = *keys.content.first_chunk().expect("a hash is longer");
        let slot = *self.contents.entry(content).or_insert(next);
        if slot == next {
            let hash = filter_hash(&content);
            let seen_before = self.earlier.as_ref().is_some_and(|earlier| earlier.contains_hash(hash));
            self.batch.identities.push(NewIdentity { slot, seen_before, keys, identity, encoded });
        }
        self.spellings.insert(spelled, slot);
        Ok(slot)
    }

    fn identity(&self, row: &OrderRow) -> Result<Identity, Reject> {
        let read = |raw| {
            let number = self.number(raw, row.country());
            number.map_err(|(code, reason)| Reject::field(row.line_number, Field::Number, code, reason))
        };
        let number = number_of(row).map(read).transpose()?;
        let text = |field| row.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let details = Details {
            name: text(Field::Name),
            email: text(Field::Email).filter(|email| email.contains('@')),
            address: text(Field::Address),
            postcode: text(Field::Postcode),
            country: text(Field::Country),
            loyalty_id: text(Field::LoyaltyId),
            device_id: text(Field::DeviceId),
        };
        Ok(Identity { number, details })
    }

    /// Reads a number by the plan of the row's country, else of the file's region; a valid reading wins over a merely possible one.
    fn number(&self, raw: &str, country: Option<&str>) -> Result<PhoneNumber, (&'static str, String)> {
        let country = country
            .and_then(|text| text.trim().parse::<Region>().ok())
            .filter(|region| region.is_supported());
        let mut regions = [country, self.region];
        if country == self.region || country.is_none() {
            regions = [self.region, None];
        }
        let first = numbering::parse(raw, regions[0]);
        if let Ok(parsed) = &first
            && parsed.number.is_valid()
        {
            return Ok(parsed.number);
        }
        let second = regions[1].map(|region| numbering::parse(raw, Some(region)));
        if let Some(Ok(parsed)) = second
            && parsed.number.is_valid()
        {
            return Ok(parsed.number);
        }
        let possible = first.as_ref().is_ok_and(|p| p.number.possibility() == Possibility::Possible);
        if let Some(parsed) = identity::read_abroad(raw, possible) {
            return Ok(parsed.number);
        }
        let parsed = first.map_err(|error| {
            let why = what_happened_to(raw).map_or_else(|| error.to_string(), str::to_owned);
            (reject_code(error), why)
        })?;
        // A number from before a change of plan is not possible any more as it stands.
        match identity::current(parsed.number).possibility() {
            Possibility::Possible => Ok(parsed.number),
            other => Err((
                "number_impossible",
                format!("The number cannot exist: its length does not fit the numbering plan ({other})."),
            )),
        }
    }
}

/// What says who placed an order; the first four can find somebody again.
const IDENTITY: [Field; 8] = [
    Field::Number,
    Field::Email,
    Field::LoyaltyId,
    Field::Name,
    Field::Address,
    Field::Postcode,
    Field::Country,
    Field::DeviceId,
];

/// The beginning of a content's keyed hash. Of two million, two are the same by chance once in 2^55 imports.
type ShortHash = [u8; 12];

/// Keyed hashes are as good as random, so that a part of one is a hash.
fn filter_hash(content: &ShortHash) -> u64 {
    u64::from_le_bytes(*content.first_chunk().expect("eight of twelve bytes"))
}

const fn reject_code(error: ParseError) -> &'static str {
    match error {
        ParseError::InvalidCountryCode => "number_invalid_country_code",
        ParseError::NotANumber => "number_not_a_number",
        ParseError::TooShortAfterIdd => "number_too_short_after_idd",
        ParseError::TooShortNsn => "number_too_short",
        ParseError::TooLong => "number_too_long",
    }
}

/// What has often happened to a cell that holds no number any more, or more than one.
fn what_happened_to(raw: &str) -> Option<&'static str> {
    let is_numeral = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    let (mantissa, exponent) = raw.split_once(['E', 'e']).unwrap_or_default();
    if !mantissa.is_empty() && is_numeral(mantissa) && exponent.strip_prefix('+').is_some_and(is_numeral) {
        return Some(
            "A spreadsheet has rounded the number, and its last digits are lost. Export it anew with the column formatted as text.",
        );
    }
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    let mut parts = raw.split(['/', ';', ',', '|', '&', '\n']).filter(|part| digits(part) >= 6);
    (parts.next().is_some() && parts.next().is_some())
        .then_some("The cell holds more than one number. Put one into each row, or the others into a column of their own.")
}

/// What a row says as a number, unless it is a word for none.
fn number_of(row: &OrderRow) -> Option<&str> {
    let raw = row.number().map(str::trim)?;
    (!BLANKS.iter().any(|blank| raw.eq_ignore_ascii_case(blank))).then_some(raw)
}

fn line(row: &OrderRow) -> NewLine {
    let text = |field| row.text(field).map(CompactString::from);
    NewLine {
        number: row.line,
        sku: text(Field::Sku),
        product: text(Field::Product),
        category: text(Field::Category),
        quantity_milli: row.quantity_milli,
        unit_price: row.unit_price,
        amount: row.amount,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn what_a_spreadsheet_did_to_a_number_is_told() {
        for (raw, said) in [
            ("8.80171E+12", Some("spreadsheet")),
            ("8,80171e+12", Some("spreadsheet")),
            ("01711111111 / 01822222222", Some("more than one")),
            ("040 1234567; 050 7654321", Some("more than one")),
            ("E+12", None),
            ("1.5E+x", None),
            ("040 1234567 / 8", None),
            ("call me", None),
            ("", None),
        ] {
            let told = what_happened_to(raw);
            assert_eq!(told.is_some(), said.is_some(), "{raw}: {told:?}");
            assert!(told.unwrap_or_default().contains(said.unwrap_or_default()), "{raw}: {told:?}");
        }
    }

    fn prepared(preparer: &mut Preparer, rows: &str) -> Prepared {
        let text = format!("order_id,ordered_at,number,name,email\n{rows}");
        let mut reader =
            files::open(std::io::Cursor::new(text.into_bytes()), &files::Options::default()).unwrap();
        let mut row = OrderRow::default();
        while let Some(result) = reader.next(&mut row).unwrap() {
            result.unwrap();
            preparer.take(&row);
        }
        preparer.finish(0)
    }

    fn preparer() -> Preparer {
        let vault = vault::Vault::new(vault::KeyFile::generate());
        Preparer::new(&vault, ShopId::from_uuid(uuid::Uuid::from_u128(1)), "BD".parse().ok())
    }

    fn slots(batch: &Prepared) -> Vec<u32> {
        batch.orders.iter().map(|order| order.slot).collect()
    }

    const RAHIM: &str = "a,2024-05-01,+8801710000001,Rahim,r@example.com\n";
    const RAHIM_SPELLED: &str = "b,2024-05-02,01710-000001,Rahim,r@example.com\n";
    const KARIM: &str = "c,2024-05-03,+8801710000002,Karim,k@example.com\n";
    const SELIM: &str = "d,2024-05-04,+8801710000003,Selim,s@example.com\n";

    #[test]
    fn two_spellings_of_one_content_have_one_slot() {
        let mut preparer = preparer();
        let first = prepared(&mut preparer, &format!("{RAHIM}{RAHIM_SPELLED}{KARIM}"));
        assert_eq!((slots(&first), first.identities.len()), (vec![0, 0, 1], 2));
        let second = prepared(&mut preparer, &format!("{KARIM}{SELIM}{RAHIM_SPELLED}"));
        assert_eq!((slots(&second), second.identities.len()), (vec![1, 2, 0], 1));
        assert_eq!((first.generation, second.generation), (0, 0));
    }

    #[test]
    fn a_line_that_spells_the_number_of_its_order_otherwise_is_no_conflict() {
        let mut preparer = preparer();
        let spelled = RAHIM_SPELLED.replacen('b', "a", 1);
        let batch = prepared(&mut preparer, &format!("{RAHIM}{spelled}"));
        assert_eq!((batch.orders.len(), batch.orders[0].order.lines.len(), batch.conflicts), (1, 2, 0));
        let other = KARIM.replacen('c', "a", 1);
        assert_eq!(prepared(&mut preparer, &format!("{RAHIM}{other}")).conflicts, 1);
    }

    #[test]
    fn contents_are_known_when_their_spellings_are_forgotten() {
        let mut preparer = preparer();
        preparer.spellings_max = 1;
        let first = prepared(&mut preparer, &format!("{RAHIM}{KARIM}"));
        assert_eq!((first.generation, slots(&first)), (0, vec![0, 1]));
        assert!(preparer.spellings.is_empty());
        let second = prepared(&mut preparer, &format!("{SELIM}{RAHIM_SPELLED}"));
        assert_eq!((second.generation, slots(&second), second.identities.len()), (0, vec![2, 0], 1));
    }

    #[test]
    fn a_new_generation_knows_which_contents_it_has_had() {
        let mut preparer = preparer();
        preparer.contents_max = 1;
        let first = prepared(&mut preparer, &format!("{RAHIM}{KARIM}"));
        assert!(first.identities.iter().all(|identity| !identity.seen_before));
        let second = prepared(&mut preparer, &format!("{SELIM}{RAHIM_SPELLED}"));
        assert_eq!((second.generation, slots(&second)), (1, vec![0, 1]));
        let seen: Vec<bool> = second.identities.iter().map(|identity| identity.seen_before).collect();
        assert_eq!(seen, [false, true]);
        let third = prepared(&mut preparer, &format!("{KARIM}{SELIM}"));
        assert_eq!(third.generation, 2);
        assert!(third.identities.iter().all(|identity| identity.seen_before));
    }
}
