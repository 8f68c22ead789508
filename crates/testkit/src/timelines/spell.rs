//! How a name ends up in a row: short forms, initials, slips, order, case, letters without marks.

use rand::{Rng, RngExt};

use super::{people::Country, profile::Noise};

/// A first name, perhaps a middle name, and a surname, as noise leaves them.
pub(super) fn name(
    country: &Country,
    (given, middle, surname): (&str, Option<&str>, &str),
    noise: &Noise,
    rng: &mut impl Rng,
) -> String {
    let mut given = given.to_owned();
    let mut middle = middle.filter(|_| rng.random_bool(0.5)).map(str::to_owned);
    let mut surname = surname.to_owned();
    if rng.random_bool(noise.short_form) {
        let forms = country.short_forms(&given);
        if !forms.is_empty() {
            given = forms[rng.random_range(0..forms.len())].to_owned();
        }
    }
    if rng.random_bool(noise.initial) {
        let letter = given.chars().next().unwrap_or('X');
        given = if rng.random_bool(0.6) { format!("{letter}.") } else { letter.to_string() };
        middle = None;
    }
    if rng.random_bool(noise.typo) {
        let target = if rng.random_bool(0.5) { &mut given } else { &mut surname };
        *target = slip(target, rng);
    }
    if rng.random_bool(noise.first_only) && given.chars().count() > 2 {
        surname = String::new();
        middle = None;
    }
    let full = middle.map_or_else(|| given.clone(), |m| format!("{given} {m}"));
    let mut name = match rng.random_bool(noise.last_first) && !surname.is_empty() {
        true if rng.random_bool(0.6) => format!("{surname}, {full}"),
        true => format!("{surname} {full}"),
        false => format!("{full} {surname}").trim().to_owned(),
    };
    if rng.random_bool(noise.title) {
        let titles = ["Mr", "Mrs.", "Dr.", "Ms"];
        name = format!("{} {name}", titles[rng.random_range(0..titles.len())]);
    }
    if rng.random_bool(noise.plain_letters) {
        name = plain(&name);
    }
    if rng.random_bool(noise.upper) {
        name = if rng.random_bool(0.6) { name.to_uppercase() } else { name.to_lowercase() };
    }
    name
}

/// One slip of the fingers, anywhere: a wrong letter, a missing one, a doubled one, two swapped.
pub(super) fn slip(word: &str, rng: &mut impl Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return word.to_owned();
    }
    let at = rng.random_range(0..letters.len());
    match rng.random_range(0..4) {
        0 => letters[at] = char::from(b'a' + rng.random_range(0..26u8)),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, char::from(b'a' + rng.random_range(0..26u8))),
        _ => {
            let other = (at + 1).min(letters.len() - 1);
            letters.swap(at, other);
        }
    }
    letters.into_iter().collect()
}

/// Without marks, as tills and old systems write it.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ä' | 'á' | 'à' | 'ă' | 'â' | 'ą' => plain.push('a'),
            'Ä' | 'Á' | 'Â' => plain.push('A'),
            'ö' | 'ó' => plain.push('o'),
            'Ö' | 'Ó' => plain.push('O'),
            'ü' | 'ú' => plain.push('u'),
            'Ü' | 'Ú' => plain.push('U'),
            'é' | 'ę' => plain.push('e'),
            'í' | 'î' => plain.push('i'),
            'Í' | 'Î' => plain.push('I'),
            'ș' | 'ś' => plain.push('s'),
            'Ș' | 'Ś' => plain.push('S'),
            'ț' => plain.push('t'),
            'Ț' => plain.push('T'),
            'ñ' | 'ń' => plain.push('n'),
            'ł' => plain.push('l'),
            'Ł' => plain.push('L'),
            'ż' | 'ź' => plain.push('z'),
            'Ż' => plain.push('Z'),
            'ç' | 'ć' => plain.push('c'),
            'ß' => plain.push_str("ss"),
            other => plain.push(other),
        }
    }
    plain
}
