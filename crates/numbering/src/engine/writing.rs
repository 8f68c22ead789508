//! Numbers written out: for people at home and abroad, for links, as dialled from somewhere else.

use super::{
    place::place_of_parts,
    script::{is_between, symbol},
    table::{Plans, Spans, Territory, Way},
};
use crate::{Format, LineType, number::Parts};

/// Stands for the code of a carrier in a template.
const CARRIER: u8 = 10;
const NORTH_AMERICA: u16 = 1;

/// Adds the template with its groups filled.
pub fn fill(out: &mut String, template: &[u8], spans: Spans, digits: &[u8], carrier: &str) {
    let mut plain = 0;
    for (at, byte) in template.iter().enumerate() {
        if (1..=CARRIER).contains(byte) {
            out.push_str(text(&template[plain..at]));
            plain = at + 1;
            out.push_str(if *byte == CARRIER {
                carrier
            } else {
                text(spans.group(usize::from(*byte), digits))
            });
        }
    }
    out.push_str(text(&template[plain..]));
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("templates and digits are whole characters")
}

/// The first way whose leading digits and pattern fit.
pub fn way(plans: &Plans, territory: Territory, abroad: bool, digits: &[u8]) -> Option<(Way, Spans)> {
    let found = plans.whole(territory.choice(abroad), digits)?;
    (found != super::table::NONE).then(|| plans.choice(found))
}

/// The national number as the plan writes it, without calling code.
fn national(
    plans: &Plans,
    out: &mut String,
    territory: Territory,
    digits: &[u8],
    format: Format,
    carrier: &str,
) {
    let at_home = format == Format::National;
    let Some((way, spans)) = way(plans, territory, !at_home, digits) else {
        out.push_str(text(digits));
        return;
    };
    let template = match at_home {
        true if !carrier.is_empty() && way.has_carrier_rule() => way.by_carrier(),
        true => way.at_home(),
        false => way.template(),
    };
    if format == Format::Rfc3966 {
        let mut spaced = String::with_capacity(2 * digits.len());
        fill(&mut spaced, plans.text(template), spans, digits, carrier);
        hyphenate(plans, out, &spaced);
    } else {
        fill(out, plans.text(template), spans, digits, carrier);
    }
}

/// Punctuation at the start goes; elsewhere a hyphen stands for it.
pub fn hyphenate(plans: &Plans, out: &mut String, spaced: &str) {
    let is_punctuation = |c: char| {
        let symbol = symbol(plans, c);
        // The star is for telephones, and a small x only stands for something.
        symbol != b'*' && symbol != b'X' && is_between(symbol)
    };
    let mut groups = spaced.split(is_punctuation).filter(|group| !group.is_empty()).peekable();
    let ends_open = spaced.ends_with(is_punctuation);
    while let Some(group) = groups.next() {
        out.push_str(group);
        if groups.peek().is_some() || ends_open {
            out.push('-');
        }
    }
}

pub fn extended(plans: &Plans, out: &mut String, territory: Territory, format: Format, extension: &str) {
    if extension.is_empty() {
        return;
    }
    out.push_str(match format {
        Format::Rfc3966 => ";ext=",
        _ => plans.plain(territory.extension_prefix()),
    });
    out.push_str(extension);
}

/// Any of the four formats, with an extension unless it is empty.
pub fn format(plans: &Plans, parts: Parts, format: Format, extension: &str) -> String {
    format_for_carrier(plans, parts, format, extension, "")
}

/// The national format has the code of a carrier where the plan says so.
pub fn format_for_carrier(
    plans: &Plans,
    parts: Parts,
    format: Format,
    extension: &str,
    carrier: &str,
) -> String {
    let digits = parts.national();
    let code = parts.country_code;
    if format == Format::E164 {
        return format!("+{code}{digits}");
    }
    let Some(known) = plans.code(code) else { return digits.as_str().to_owned() };
    let territory = plans.territory(known.main());
    let mut out = String::with_capacity(2 * digits.len() + 12);
    match format {
        Format::International => out.push_str(&format!("+{code} ")),
        Format::Rfc3966 => out.push_str(&format!("tel:+{code}-")),
        Format::E164 | Format::National => {}
    }
    national(plans, &mut out, territory, digits.as_str().as_bytes(), format, carrier);
    extended(plans, &mut out, territory, format, extension);
    out
}

/// As somebody in another region dials it. Without a plan for that region it is the international format.
pub fn format_from(plans: &Plans, parts: Parts, from: Option<u8>, extension: &str) -> String {
    let code = parts.country_code;
    let Some(from) = from.map(|from| plans.territory(from)) else {
        return format(plans, parts, Format::International, extension);
    };
    let digits = parts.national();
    let Some(known) = plans.code(code) else { return digits.as_str().to_owned() };
    if code == from.code() {
        let national = format(plans, parts, Format::National, extension);
        return if code == NORTH_AMERICA { format!("{code} {national}") } else { national };
    }
    let preferred = plans.plain(from.preferred_international_prefix());
    let single = plans.plain(from.single_international_prefix());
    let prefix = if preferred.is_empty() { single } else { preferred };
    let mut out = if prefix.is_empty() { format!("+{code} ") } else { format!("{prefix} {code} ") };
    let territory = plans.territory(known.main());
    national(plans, &mut out, territory, digits.as_str().as_bytes(), Format::International, "");
    extended(plans, &mut out, territory, Format::International, extension);
    out
}

/// The longest valid number that this one begins with.
pub fn without_surplus(plans: &Plans, parts: Parts) -> Option<Parts> {
    let mut parts = parts;
    loop {
        if place_of_parts(plans, parts).1 != LineType::Unknown {
            return Some(parts);
        }
        parts.rest /= 10;
        let length = parts.national_length() as usize;
        let possibility = super::place::possibility(plans, parts.country_code, length, LineType::Unknown);
        if possibility == crate::Possibility::TooShort || parts.rest == 0 {
            return None;
        }
    }
}
