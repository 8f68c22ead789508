//! From text to number and back: everything that answers as libphonenumber does. It works on a table of plans given to it, so that
//! tests can give another.

pub mod digits;
pub mod extension;
pub mod place;
pub mod reading;
pub mod resolve;
pub mod scan;
pub mod script;
pub mod search;
pub mod table;
pub mod typing;
pub mod writing;

use crate::{Extension, LineType, ParseError, Region};

use digits::Buffer;
use resolve::{Home, Resolved, resolve};
use table::Plans;

/// Where a number is taken to be written, if in a region.
#[inline]
pub fn home(plans: &Plans, region: Option<Region>) -> Home {
    region.and_then(|region| plans.territory_of(region.bytes())).map_or(Home::Nowhere, Home::Territory)
}

/// Reads a text that is a number, and hands what it is to `take`: in one place for the quick way and in another for the slow one,
/// so that the quick one keeps everything in registers.
#[inline]
pub fn parse_and<T>(
    plans: &Plans,
    raw: &str,
    home: Home,
    take: impl FnOnce(Resolved, Option<Extension>) -> T,
) -> Result<T, ParseError> {
    let mut buffer = Buffer::new();
    match scan::scan(raw.as_bytes(), &mut buffer) {
        Some((digits, plus)) => resolve(plans, digits, plus, home).map(|resolved| take(resolved, None)),
        None => parse_slowly(plans, raw, home, take),
    }
}

#[inline(never)]
fn parse_slowly<T>(
    plans: &Plans,
    raw: &str,
    home: Home,
    take: impl FnOnce(Resolved, Option<Extension>) -> T,
) -> Result<T, ParseError> {
    let read = reading::read(plans, raw)?;
    let resolved = resolve(plans, read.digits.digits(), read.plus, home)?;
    Ok(take(resolved, read.extension))
}

/// Reads a text that is a number.
pub fn parse(plans: &Plans, raw: &str, home: Home) -> Result<(Resolved, Option<Extension>), ParseError> {
    parse_and(plans, raw, home, |resolved, extension| (resolved, extension))
}

/// The plan's example of a type of number in a territory.
pub fn example(plans: &Plans, territory: u8, line_type: LineType) -> Option<Resolved> {
    let plan = plans.territory(territory);
    let digits = plans.plain(plan.example(place::kind_of(line_type)));
    if digits.is_empty() {
        return None;
    }
    let is_of_place = plan.region() != Region::NON_GEOGRAPHIC.bytes();
    let written = if is_of_place { digits.to_owned() } else { format!("+{}{digits}", plan.code()) };
    let home = if is_of_place { Home::Territory(territory) } else { Home::Nowhere };
    parse(plans, &written, home).ok().map(|(resolved, _)| resolved)
}
