//! Which passwords are refused: those that everybody tries first (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2.4 and 6.2.11). One function for staff and customers.
//!
//! The list is checked in: of SecLists' million most common passwords the first 3,000 of ten characters or more, the first 3,000 of fifteen or more, and the first 3,000 plain words. Around
//! it are rules for what a list cannot hold: a listed word with digits and signs around it or twice, runs of the alphabet or of a keyboard, years, the shop's name, one's own login or number.

use std::{collections::HashSet, sync::LazyLock};

use base::{Fault, Secret};

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../passwords/common.txt").lines().collect());

/// Fewer characters than this beside what anybody would try are too few.
const LEFT_CHARS_MIN: usize = 5;
/// Shorter words of the shop's name or a login are part of too many others.
const CONTEXT_CHARS_MIN: usize = 3;
/// As many digits of one's own number in a row are no chance.
const NUMBER_DIGITS_MIN: usize = 5;
/// Neighbours in a row that make a run.
const RUN_CHARS_MIN: usize = 3;
/// Letters and digits in orders that fingers or children know.
const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
];

/// Refuses what is too short, or is tried first. `context` holds what is near at hand: the shop's name, the login, the number.
pub(crate) fn check(password: &Secret<String>, chars_min: usize, context: &[&str]) -> Result<(), Fault> {
    if password.reveal().chars().count() < chars_min {
        let message = format!("A password has at least {chars_min} characters.");
        return Err(Fault::invalid("password_too_short", message).field("password"));
    }
    if is_guessable(password.reveal(), context) {
        let message = "This password is one of those that are tried first. A few words that nobody else would put together are a good one.";
        return Err(Fault::invalid("password_guessable", message).field("password"));
    }
    Ok(())
}

fn is_guessable(password: &str, context: &[&str]) -> bool {
    let lower = password.to_lowercase();
    let squeezed: String = lower.chars().filter(|c| !c.is_whitespace() && !"-_.,;".contains(*c)).collect();
    [lower.trim(), squeezed.as_str(), &spelt_out(&squeezed)].into_iter().any(|text| {
        let left = without_runs(&without_context(text, context));
        is_listed(text) || left.chars().count() < LEFT_CHARS_MIN || is_listed(&left)
    })
}

/// Whether it is on the list, bare, with digits and signs around it, or several times over.
fn is_listed(text: &str) -> bool {
    let core = text.trim_matches(|c: char| !c.is_alphabetic());
    [text, core, unit(text), unit(core)].into_iter().any(|form| COMMON.contains(form))
}

/// The shortest beginning of which a text is made by repeating it.
fn unit(text: &str) -> &str {
    let is_made_of = |length: &usize| {
        text.len().is_multiple_of(*length) && text.is_char_boundary(*length) && {
            let beginning = &text[..*length];
            text.as_bytes().chunks(*length).all(|part| part == beginning.as_bytes())
        }
    };
    (1..text.len()).find(is_made_of).map_or(text, |length| &text[..length])
}

/// Digits and signs as the letters that they are written for.
fn spelt_out(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

fn without_context(text: &str, context: &[&str]) -> String {
    let mut left = text.to_owned();
    for name in context {
        let name = name.to_lowercase();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        for length in (NUMBER_DIGITS_MIN..=digits.len()).rev() {
            for from in 0..=digits.len() - length {
                left = left.replace(&digits[from..from + length], "");
            }
        }
        let whole: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let words = name.split(|c: char| !c.is_alphanumeric());
        for word in std::iter::once(whole.as_str()).chain(words) {
            if word.chars().count() >= CONTEXT_CHARS_MIN {
                left = left.replace(word, "");
            }
        }
    }
    left
}

/// Takes away runs: the same character again and again, neighbours of the alphabet or of a keyboard, forwards or backwards, and years.
fn without_runs(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let mut left = String::new();
    let mut at = 0;
    while at < all.len() {
        let run = run_at(&all[at..]);
        if run >= RUN_CHARS_MIN {
            at += run;
        } else if is_year(&all[at..]) {
            at += 4;
        } else {
            left.push(all[at]);
            at += 1;
        }
    }
    left
}

/// How many characters from the beginning are one run.
fn run_at(text: &[char]) -> usize {
    let same = text.iter().take_while(|c| **c == text[0]).count();
    let along = ROWS.iter().flat_map(|row| {
        let forwards: Vec<char> = row.chars().collect();
        let backwards: Vec<char> = row.chars().rev().collect();
        [shared(text, &forwards), shared(text, &backwards)]
    });
    along.max().unwrap_or(0).max(same)
}

/// How far a text goes along a row from where its first character stands.
fn shared(text: &[char], row: &[char]) -> usize {
    let starts = (0..row.len()).filter(|from| row[*from] == text[0]);
    starts.map(|from| row[from..].iter().zip(text).take_while(|(l, r)| l == r).count()).max().unwrap_or(0)
}

fn is_year(text: &[char]) -> bool {
    matches!(text, ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: &[&str] = &["Kivi & Kaari", "aino", "+358401234567"];

    #[test]
    fn what_everybody_tries_is_refused() {
        for password in [
            // on the list, and with what people add to it
            "polniypizdec0211",
            "Password",
            "passwordpassword",
            "Password2026!!!!",
            "P@ssw0rd P@ssw0rd",
            "!!!dragon!!!1234",
            // runs, rows, years
            "aaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "123456789012345678",
            "qwertyuiopasdfgh",
            "987654321zyxwvut",
            "1qaz2wsx3edc4rfv",
            "19901990 2001",
            "01-01-1990 2026",
            // what is near at hand
            "kivikaari123456",
            "Kivi & Kaari 2026",
            "aino aino aino 12",
            "0401234567 1990",
            "358401234567-aino",
            "kivi-password-2026",
        ] {
            assert!(is_guessable(password, CONTEXT), "{password}");
        }
    }

    #[test]
    fn words_that_nobody_else_puts_together_are_taken() {
        for password in [
            "correct horse battery",
            " seven wet stones ",
            "aino likes four kettles",
            "7hx3k-pq9vm-w2z8t",
            "পাথর নদী নৌকা সকাল",
            "kuusi kynttilää kuistilla",
            "mielle 2019 hopeaketju",
        ] {
            assert!(!is_guessable(password, CONTEXT), "{password}");
        }
    }

    #[test]
    fn the_list_holds_enough_that_each_policy_lets_through_otherwise() {
        let of = |chars: usize| COMMON.iter().filter(|one| one.chars().count() >= chars).count();
        assert!(of(10) >= 3_000 && of(15) >= 3_000, "{} {}", of(10), of(15));
        assert!(COMMON.iter().all(|one| **one == one.to_lowercase()));
    }

    #[test]
    fn short_ones_are_told_apart_from_common_ones() {
        let refused =
            |password: &str| check(&Secret::new(password.to_owned()), 15, CONTEXT).unwrap_err().code;
        assert_eq!(refused("x7 k2 q9"), "password_too_short");
        assert_eq!(refused("123456789987654321"), "password_guessable");
    }

    #[test]
    fn a_unit_is_the_shortest() {
        for (text, one) in [("abab", "ab"), ("aaa", "a"), ("abc", "abc"), ("ababa", "ababa"), ("", "")] {
            assert_eq!(unit(text), one);
        }
    }
}
