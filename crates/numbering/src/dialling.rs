//! What to dial, and how to show a number to whoever wrote it: formats that depend on the caller, the text, or the telephone.

use crate::{
    CodeSource, Extension, Format, LineType, Number, Region,
    engine::{
        extension,
        place::Length,
        script::{ascii_digit, symbol},
        writing,
    },
};

const NORTH_AMERICA: u16 = 1;
const MEXICO: u16 = 52;
const ARGENTINA: u16 = 54;
const CHINA: u16 = 86;
/// Calling codes whose mobile numbers belong to places: Mexico, Argentina, Brazil, Indonesia (in part), China.
const MOBILE_OF_PLACES: [u16; 5] = [MEXICO, ARGENTINA, 55, 62, CHINA];
/// Regions where numbers of people are dialled in international form also at home: Mexico, Chile, Uzbekistan.
const ALWAYS_INTERNATIONAL: [&str; 3] = ["MX", "CL", "UZ"];

/// What a telephone dials of a text.
fn diallable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#')).collect()
}

impl Number {
    /// What a mobile phone in `from` dials, with or without punctuation. Empty where it cannot be called from there, or not without
    /// the code of a carrier that nobody knows.
    pub fn format_for_mobile(&self, from: Option<Region>, with_punctuation: bool) -> String {
        let Some(main) = self.plans.main_region(self.parts.country_code) else { return String::new() };
        let number = Self { extension: None, ..self.clone() };
        let (_, line_type) = number.region_and_line_type();
        let callable = number.is_callable_from_abroad();
        let shown = if from == Some(main) {
            number.format_for_mobile_at_home(main, line_type, callable)
        } else if line_type != LineType::Unknown && callable {
            let format = if with_punctuation { Format::International } else { Format::E164 };
            return number.format(format);
        } else {
            String::new()
        };
        if with_punctuation { shown } else { diallable(&shown) }
    }

    fn format_for_mobile_at_home(&self, home: Region, line_type: LineType, callable: bool) -> String {
        let is_person =
            matches!(line_type, LineType::FixedLine | LineType::Mobile | LineType::FixedLineOrMobile);
        if home.as_str() == "BR" && is_person {
            // Most carriers there do not connect a call without the code of one.
            return if self.carrier().is_empty() {
                String::new()
            } else {
                self.format_by_carrier(self.carrier())
            };
        }
        let abroad = if self.parts.country_code == NORTH_AMERICA {
            let plans = self.plans;
            let lengths = plans.territory_of(home.bytes()).map(|territory| {
                plans.territory(territory).general_lengths().judge(self.parts.national_length() as usize)
            });
            lengths != Some(Length::TooShort)
        } else {
            home == Region::NON_GEOGRAPHIC || (is_person && ALWAYS_INTERNATIONAL.contains(&home.as_str()))
        };
        self.format(if abroad && callable { Format::International } else { Format::National })
    }

    /// As it was written in `raw`, but grouped as the plan groups it. Where that would change a digit, `raw` itself.
    ///
    /// ```
    /// use numbering::Plans;
    ///
    /// let britain = "GB".parse().ok();
    /// for (raw, shown) in [
    ///     ("+442079460000", "+44 20 7946 0000"),
    ///     ("00442079460000", "00 44 20 7946 0000"),
    ///     ("02079460000", "020 7946 0000"),
    /// ] {
    ///     let number = Plans::BUILT_IN.parse(raw, britain).unwrap();
    ///     let caller = if raw.starts_with("00") { "FR".parse().ok() } else { britain };
    ///     assert_eq!(number.format_like(raw, caller), shown);
    /// }
    /// ```
    pub fn format_like(&self, raw: &str, caller: Option<Region>) -> String {
        let has_way = self.way_at_home().is_some();
        if !raw.is_empty() && !has_way {
            return raw.to_owned();
        }
        let shown = match self.source {
            CodeSource::Nowhere => return self.format(Format::National),
            CodeSource::Plus => self.format(Format::International),
            CodeSource::InternationalPrefix => self.format_from(caller),
            CodeSource::Digits => self.format(Format::International)[1..].to_owned(),
            CodeSource::DefaultRegion => self.format_with_prefix_as_in(raw),
        };
        if raw.is_empty() || diallable(&shown) == diallable(raw) { shown } else { raw.to_owned() }
    }

    fn way_at_home(&self) -> Option<(crate::engine::table::Way, crate::engine::table::Spans)> {
        let code = self.plans.code(self.parts.country_code)?;
        let territory = self.plans.territory(code.main());
        writing::way(self.plans, territory, false, self.national_significant().as_str().as_bytes())
    }

    /// The national format, without the national prefix if the text has none.
    fn format_with_prefix_as_in(&self, raw: &str) -> String {
        let national = || self.format(Format::National);
        let plans = self.plans;
        let Some(region) = plans.main_region(self.parts.country_code) else { return national() };
        let prefix = plans.national_prefix(region).unwrap_or_default().replace('~', "");
        let digits: String =
            raw.chars().filter_map(|c| ascii_digit(symbol(plans, c))).map(char::from).collect();
        let has_prefix = || {
            let rest = digits.strip_prefix(&prefix)?;
            plans.parse(rest, Some(region)).ok().filter(Self::is_valid)
        };
        if prefix.is_empty() || has_prefix().is_some() {
            return national();
        }
        let Some((way, spans)) = self.way_at_home() else { return national() };
        let rule = plans.text(way.rule());
        let front = rule.iter().position(|byte| *byte == 1).map_or(&rule[..0], |at| &rule[..at]);
        if !front.iter().any(u8::is_ascii_digit) {
            return national();
        }
        let digits = self.national_significant();
        let mut shown = String::new();
        writing::fill(&mut shown, plans.text(way.template()), spans, digits.as_str().as_bytes(), "");
        if let Some(code) = plans.code(self.parts.country_code) {
            let territory = plans.territory(code.main());
            writing::extended(plans, &mut shown, territory, Format::National, self.extension_text());
        }
        shown
    }

    /// As somebody in `from` dials it, with the letters that it was written with in `raw`: `1-800-FLOWERS`.
    pub fn format_with_letters(&self, raw: &str, from: Option<Region>) -> String {
        let plans = self.plans;
        let code = self.parts.country_code;
        if raw.is_empty() {
            return self.format_from(from);
        }
        let Some(known) = plans.code(code) else { return raw.to_owned() };
        let mut text: String = raw.chars().filter_map(kept).collect();
        let digits = self.national_significant();
        // What stands before the first three national digits is a prefix or a code.
        if digits.len() > 3
            && let Some(start) = text.find(&digits.as_str()[..3])
        {
            text.drain(..start);
        }
        let caller = from.and_then(|from| plans.territory_of(from.bytes())).map(|from| plans.territory(from));
        match caller {
            Some(caller) if code == caller.code() && code == NORTH_AMERICA => {
                return format!("{code} {text}");
            }
            Some(caller) if code == caller.code() => {
                let way = writing::way(plans, caller, false, digits.as_str().as_bytes());
                return way.map_or_else(|| text.clone(), |(way, _)| with_rule(&text, plans.text(way.rule())));
            }
            _ => {}
        }
        let symbols: Vec<u8> = text.chars().map(|c| symbol(plans, c)).collect();
        let end = extension::extension(&symbols).map_or(symbols.len(), |suffix| suffix.start);
        let prefix = caller.map_or("", |caller| {
            let single = plans.plain(caller.single_international_prefix());
            if single.is_empty() { plans.plain(caller.preferred_international_prefix()) } else { single }
        });
        let mut shown = if prefix.is_empty() { format!("+{code} ") } else { format!("{prefix} {code} ") };
        shown.extend(text.chars().take(end));
        let territory = plans.territory(known.main());
        writing::extended(plans, &mut shown, territory, Format::International, self.extension_text());
        shown
    }

    /// Whether it belongs to a place: fixed lines do, and mobile numbers in some countries.
    pub fn is_geographical(&self) -> bool {
        is_of_place(self.region_and_line_type().1, self.parts.country_code)
    }

    /// How many of the national digits are the code of an area; 0 if there is none.
    pub fn area_code_length(&self) -> usize {
        let (region, line_type) = self.region_and_line_type();
        let Some(territory) = region.and_then(|region| self.plans.territory_of(region.bytes())) else {
            return 0;
        };
        let code = self.parts.country_code;
        let has_areas = self.plans.territory(territory).has_national_prefix()
            || self.parts.leading_zeros > 0
            || code == MEXICO;
        let is_carriers = line_type == LineType::Mobile && code == CHINA;
        if has_areas && !is_carriers && is_of_place(line_type, code) {
            self.destination_code_length()
        } else {
            0
        }
    }

    /// How many of the national digits tell the area or the network, as far as numbers are grouped so; 0 if they are not.
    pub fn destination_code_length(&self) -> usize {
        let number = Self { extension: None, ..self.clone() };
        let shown = number.format(Format::International);
        let groups: Vec<&str> =
            shown.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
        let [_, first, second, ..] = groups[..] else { return 0 };
        let has_token =
            self.parts.country_code == ARGENTINA && self.region_and_line_type().1 == LineType::Mobile;
        first.len() + if has_token { second.len() } else { 0 }
    }

    pub(crate) fn extension_text(&self) -> &str {
        self.extension.as_ref().map_or("", Extension::as_str)
    }
}

fn is_of_place(line_type: LineType, code: u16) -> bool {
    match line_type {
        LineType::FixedLine | LineType::FixedLineOrMobile => true,
        LineType::Mobile => MOBILE_OF_PLACES.contains(&code),
        _ => false,
    }
}

/// Digits, letters and what may group them, in ASCII.
fn kept(c: char) -> Option<char> {
    match c {
        '-' | '－' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '/' | '／' => Some('/'),
        ' ' | '\u{3000}' | '\u{2060}' => Some(' '),
        '.' | '．' => Some('.'),
        _ if c.is_ascii_alphanumeric() => Some(c.to_ascii_uppercase()),
        _ => None,
    }
}

/// The text with its first digits written by a rule for the national prefix.
fn with_rule(text: &str, rule: &[u8]) -> String {
    let Some(start) = text.find(|c: char| c.is_ascii_digit()) else { return text.to_owned() };
    if rule.is_empty() {
        return text.to_owned();
    }
    let rest = &text[start..];
    let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let mut shown = text[..start].to_owned();
    for byte in rule {
        if *byte == 1 {
            shown.push_str(&rest[..length]);
        } else {
            shown.push(char::from(*byte));
        }
    }
    shown + &rest[length..]
}
