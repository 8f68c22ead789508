//! What is publicly known of a number beyond its plan: who first had it, where it belongs, what time it is there. Each is a table of
//! its own and a Cargo feature: `carrier`, `places`, `time-zones`.
//!
#![cfg_attr(
    all(feature = "carrier", feature = "places", feature = "time-zones"),
    doc = r#"
```
use numbering::{PhoneNumber, know};

let english = know::Language::ENGLISH;
let zurich = PhoneNumber::from_e164("+41446681800").unwrap();
assert_eq!(know::place(zurich, english), Some("Zurich"));
assert_eq!(know::place(zurich, "de".parse().unwrap()), Some("Zürich"));
assert_eq!(know::time_zones(zurich).iter().collect::<Vec<_>>(), ["Europe/Zurich"]);
let vodafone = PhoneNumber::from_e164("+40721234567").unwrap();
assert_eq!(know::carrier(vodafone, english), Some("Vodafone"));
// In Romania numbers move between carriers, so this one may be with another by now.
assert_eq!(know::unported_carrier(vodafone, english), None);
```
"#
)]
//!
//! All of it is told by the first digits alone. It says where a number was *issued*: a mobile number travels, a fixed one may be
//! answered elsewhere, and a ported one has another carrier. A look-up walks a tree in flat memory and allocates nothing.

#[cfg(any(feature = "places", feature = "time-zones"))]
mod belonging;
#[cfg(feature = "carrier")]
mod carrier;
#[cfg(any(feature = "carrier", feature = "places"))]
mod language;
#[cfg(feature = "places")]
mod place;
#[cfg(feature = "time-zones")]
mod time_zone;

#[cfg(feature = "carrier")]
pub use carrier::{carrier, carrier_of_valid, unported_carrier};
#[cfg(any(feature = "carrier", feature = "places"))]
pub use language::{Language, NotALanguage};
#[cfg(feature = "places")]
pub use place::{country, place, place_of_valid, place_seen_from};
#[cfg(feature = "time-zones")]
pub use time_zone::{TimeZones, time_zones, time_zones_of_valid};

use crate::PhoneNumber;

/// Everything at once, for an interface that shows it.
#[cfg(all(feature = "carrier", feature = "places", feature = "time-zones"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// Whose numbering plan has the number.
    pub region: Option<crate::Region>,
    /// Where it was issued: a town, an area or the country. See [`place`].
    pub place: Option<&'static str>,
    /// To whom its range was issued, not who serves it today. See [`carrier`].
    pub carrier: Option<&'static str>,
    /// The time zones of its place. See [`time_zones`].
    pub time_zones: TimeZones,
}

#[cfg(all(feature = "carrier", feature = "places", feature = "time-zones"))]
impl Known {
    pub fn of(number: PhoneNumber, language: Language) -> Self {
        Self {
            region: number.region(),
            place: place(number, language),
            carrier: carrier(number, language),
            time_zones: time_zones(number),
        }
    }
}

/// The digits after the plus sign as values.
fn digits(number: PhoneNumber) -> impl Iterator<Item = u8> {
    let e164 = number.e164();
    (1..e164.as_str().len()).map(move |at| e164.as_str().as_bytes()[at] - b'0')
}
