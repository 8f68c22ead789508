//! Compares two names: which parts match, and what the parts that do not match say.

use super::{
    Name, Part,
    edits::{near, one_edit, two_edits_of_long},
    fold::consonants,
};
use smallvec::SmallVec;

use crate::linking::EvidenceKind;

/// What two names say about whether they are of one person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Kinship {
    /// Two full names that are the same but for order, form or slips.
    Same,
    /// They fit, but one of them says little (one part, an initial).
    Fits,
    /// The first name is the same, the surname is not.
    Given,
    /// They differ in a way that may be a mistake: look-alikes, an initial that does not fit.
    Doubtful,
    /// Different first names, but one of them is unknown to us and could be a form of the other.
    Unlike,
    /// Surely the names of two people.
    Other,
}

/// The outcome of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct NameCheck {
    pub kinship: Kinship,
    pub kind: EvidenceKind,
    /// Decibans.
    pub weight: i16,
}

/// How a part of one name matches a part of the other; the order is the strength.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Match {
    None,
    Initial,
    Skeleton,
    Typo,
    Form,
    Exact,
}

/// A matched pair of parts: which one of `a`, which one of `b`, how well.
type Pair = (usize, usize, Match);

/// Compares two names. Symmetric.
pub(in super::super) fn check(a: &Name, b: &Name) -> NameCheck {
    let found = if a.key == b.key { same_key(a) } else { compare(a, b) };
    match (a.generation, b.generation) {
        (Some(x), Some(y)) if x != y => answer(Kinship::Other, EvidenceKind::NameSurname, -25),
        _ => found,
    }
}

fn answer(kinship: Kinship, kind: EvidenceKind, weight: i16) -> NameCheck {
    NameCheck { kinship, kind, weight }
}

fn same_key(name: &Name) -> NameCheck {
    let weight: i16 = name.parts.iter().map(part_weight).sum();
    let kinship = if name.is_full() { Kinship::Same } else { Kinship::Fits };
    answer(kinship, EvidenceKind::NameSame, weight.min(22))
}

/// How much it says that two names share this part: common names say less.
fn part_weight(part: &Part) -> i16 {
    match (part.initial, part.optional) {
        (true, _) => 3,
        (_, true) => 1,
        _ if part.entry.is_given() || part.entry.is_surname() => 8,
        _ => 11,
    }
}

fn compare(a: &Name, b: &Name) -> NameCheck {
    let pairs = assign(a, b);
    let left = |name: &Name, taken: &dyn Fn(&Pair) -> usize| -> SmallVec<[usize; 4]> {
        (0..name.parts.len())
            .filter(|at| !name.parts[*at].optional && pairs.iter().all(|p| taken(p) != *at))
            .collect()
    };
    let (rest_a, rest_b) = (left(a, &|p| p.0), left(b, &|p| p.1));
    if rest_a.is_empty() || rest_b.is_empty() {
        return fitting(a, b, &pairs);
    }
    if joined_alike(a, b) {
        return answer(Kinship::Same, EvidenceKind::NameTypo, 12);
    }
    differing(a, b, &pairs, (&rest_a, &rest_b))
}

/// Pairs the parts up, best matches first.
fn assign(a: &Name, b: &Name) -> SmallVec<[Pair; 4]> {
    let mut candidates: SmallVec<[Pair; 8]> = SmallVec::new();
    for (i, x) in a.parts.iter().enumerate() {
        for (j, y) in b.parts.iter().enumerate() {
            let strength = match_parts(x, y);
            if strength != Match::None {
                candidates.push((i, j, strength));
            }
        }
    }
    candidates.sort_by_key(|&(i, j, strength)| {
        let roles_differ = a.parts[i].given != b.parts[j].given;
        (std::cmp::Reverse(strength), roles_differ, i.abs_diff(j), i + j)
    });
    let mut pairs: SmallVec<[Pair; 4]> = SmallVec::new();
    for candidate in candidates {
        if pairs.iter().all(|p| p.0 != candidate.0 && p.1 != candidate.1) {
            pairs.push(candidate);
        }
    }
    pairs
}

fn match_parts(x: &Part, y: &Part) -> Match {
    if x.text == y.text {
        return if x.initial { Match::Initial } else { Match::Exact };
    }
    if x.initial || y.initial {
        return if initial_fits(x, y) { Match::Initial } else { Match::None };
    }
    if x.entry.shares_name(y.entry) {
        return Match::Form;
    }
    let both_known = x.entry.is_given() && y.entry.is_given();
    let surnames = x.entry.is_surname() && y.entry.is_surname() && !(x.given && y.given);
    let shorter = x.text.bytes().len().min(y.text.bytes().len());
    if !both_known && !surnames && shorter >= 3 && is_slip(x, y) {
        return Match::Typo;
    }
    if !both_known && two_edits_of_long(&x.text, &y.text) {
        return Match::Typo;
    }
    if x.other_script != y.other_script {
        let (c, d) = (consonants(&x.text), consonants(&y.text));
        if c.len() >= 2 && (c == d || c.len() >= 4 && one_edit(c.bytes(), d.bytes())) {
            return Match::Skeleton;
        }
    }
    // "Alexand", "Benj": cut off; "Bbo": a slip in a nickname.
    let cut_off = shorter >= 4
        && (x.text.bytes().starts_with(y.text.bytes()) || y.text.bytes().starts_with(x.text.bytes()));
    if cut_off && !both_known || slip_of_form(x, y) || slip_of_form(y, x) {
        return Match::Typo;
    }
    Match::None
}

/// Whether one slip makes one of the other, as they are folded or as they are written: swapped letters may break a pair that folds into one (Rekha, Rkeha).
fn is_slip(x: &Part, y: &Part) -> bool {
    let written = x.raw.bytes().len().min(y.raw.bytes().len());
    one_edit(x.text.bytes(), y.text.bytes()) || written >= 4 && one_edit(x.raw.bytes(), y.raw.bytes())
}

/// Whether an unknown word is one slip away from a form of a known first name.
fn slip_of_form(unknown: &Part, known: &Part) -> bool {
    unknown.given
        && known.given
        && !unknown.entry.is_given()
        && unknown.text.bytes().len() >= 3
        && known.entry.forms().any(|form| form.len() >= 3 && one_edit(form, unknown.text.bytes()))
}

/// "R." fits Robert, and "B." fits him too, as Bob.
fn initial_fits(x: &Part, y: &Part) -> bool {
    let (short, long) = if x.initial { (x, y) } else { (y, x) };
    let letter = short.text.bytes()[0];
    let begins = |text: &[u8]| text.first() == Some(&letter);
    // Folding may change a first letter (Outi, Walter, Philip). Forms are known as they are folded alone, so that W. is no initial of Bill.
    let is_written = begins(long.raw.bytes()) || begins(long.text.bytes());
    !long.initial && (is_written || long.given && long.entry.forms().any(begins))
}

/// All parts of the shorter name have a match.
fn fitting(a: &Name, b: &Name, pairs: &[Pair]) -> NameCheck {
    let mut weight: i16 = 0;
    let (mut written, mut weakest, mut initials) = (0, Match::Exact, 0);
    for &(i, j, strength) in pairs {
        let (x, y) = (&a.parts[i], &b.parts[j]);
        let full = part_weight(if x.initial { y } else { x }).min(part_weight(if y.initial { x } else { y }));
        weight += match strength {
            Match::Exact => full,
            Match::Form | Match::Typo => full * 3 / 4,
            Match::Skeleton => full / 2,
            Match::Initial | Match::None => 2,
        };
        if strength == Match::Initial {
            initials += 1;
        } else if !x.optional && !y.optional {
            written += 1;
        }
        weakest = weakest.min(strength);
    }
    let mut weight = weight.min(20);
    // "Kerstin Koch" beside "Hannah Kerstin Koch": she may go by her second name, or be the daughter.
    let second = a.parts.len() != b.parts.len()
        && pairs
            .iter()
            .any(|&(i, j, strength)| strength > Match::Initial && a.parts[i].front != b.parts[j].front);
    if second {
        weight -= 6;
    }
    if written >= 2 {
        let kind = match weakest {
            Match::Exact if a.parts.len() == b.parts.len() => EvidenceKind::NameOrder,
            Match::Exact => EvidenceKind::NamePart,
            Match::Form => EvidenceKind::NameVariant,
            Match::Initial => EvidenceKind::NameInitial,
            _ => EvidenceKind::NameTypo,
        };
        return answer(Kinship::Same, kind, weight);
    }
    let kind = match (initials, weakest) {
        (1.., _) => EvidenceKind::NameInitial,
        (_, Match::Exact) => EvidenceKind::NamePart,
        (_, Match::Form) => EvidenceKind::NameVariant,
        _ => EvidenceKind::NameTypo,
    };
    answer(Kinship::Fits, kind, weight.min(11))
}

/// "Abdulkarim" and "Abdul Karim".
fn joined_alike(a: &Name, b: &Name) -> bool {
    if a.parts.len() == b.parts.len() {
        return false;
    }
    let join = |name: &Name| name.parts.iter().map(|p| &*p.text).collect::<String>();
    let (x, y) = (join(a), join(b));
    x.len().min(y.len()) >= 6 && (x == y || one_edit(x.as_bytes(), y.as_bytes()))
}

/// Both names have parts without a match.
fn differing(a: &Name, b: &Name, pairs: &[Pair], (rest_a, rest_b): (&[usize], &[usize])) -> NameCheck {
    let given = |name: &Name, rest: &[usize]| rest.iter().copied().find(|&at| name.parts[at].given);
    let surname = |name: &Name, rest: &[usize]| {
        rest.iter().copied().find(|&at| !name.parts[at].given && !name.parts[at].middle)
    };
    let givens = given(a, rest_a).zip(given(b, rest_b)).map(|(i, j)| (&a.parts[i], &b.parts[j]));
    let surnames = surname(a, rest_a).zip(surname(b, rest_b)).map(|(i, j)| (&a.parts[i], &b.parts[j]));
    // First names are known as such wherever they stand: "Bălănescu Ion", "Bălănescu Maria".
    let only_given = |name: &Name, rest: &[usize]| {
        rest.iter().copied().find(|&at| name.parts[at].entry.is_given() && !name.parts[at].entry.is_surname())
    };
    let known = only_given(a, rest_a).zip(only_given(b, rest_b)).map(|(i, j)| (&a.parts[i], &b.parts[j]));
    if let Some((x, y)) = known
        && givens.is_none()
        && !(x.middle || y.middle)
    {
        return given_differs((x, y), pairs.iter().any(|p| p.2 > Match::Initial));
    }
    let matched = pairs.iter().any(|p| !a.parts[p.0].optional || !b.parts[p.1].optional);
    match (givens, surnames) {
        // One part matches in two names of two parts, and the places disagree about which one it is.
        (None, None) if matched => misplaced(a, b, pairs, (rest_a, rest_b)),
        (None, None) => answer(Kinship::Unlike, EvidenceKind::NameOther, -14),
        (None, Some((x, y))) => surname_differs(a, b, pairs, (x, y)),
        (Some((x, y)), None) => given_differs((x, y), pairs.iter().any(|p| p.2 > Match::Initial)),
        (Some((x, y)), Some((v, w))) => both_differ((x, y), (v, w)),
    }
}

fn misplaced(a: &Name, b: &Name, pairs: &[Pair], (rest_a, rest_b): (&[usize], &[usize])) -> NameCheck {
    let (x, y) = (&a.parts[rest_a[0]], &b.parts[rest_b[0]]);
    if x.middle || y.middle {
        // Other middle names or second surnames beside a name that fits.
        let written = pairs.iter().filter(|p| p.2 > Match::Initial).count();
        let kinship = if written >= 2 { Kinship::Same } else { Kinship::Fits };
        return answer(kinship, EvidenceKind::NamePart, if written >= 2 { 9 } else { 3 });
    }
    // Words that the lexicon does not know as first names are mostly surnames.
    let first_name = pairs.iter().find(|p| a.parts[p.0].entry.is_given() && !a.parts[p.0].entry.is_surname());
    match first_name {
        Some(_) if !(x.entry.is_given() && y.entry.is_given()) => surname_differs(a, b, pairs, (x, y)),
        _ => given_differs((x, y), true),
    }
}

fn surname_differs(a: &Name, b: &Name, pairs: &[Pair], (x, y): (&Part, &Part)) -> NameCheck {
    let first_name = |p: &&Pair| a.parts[p.0].given || b.parts[p.1].given;
    let Some(&(i, j, strength)) = pairs.iter().find(first_name) else {
        return answer(Kinship::Unlike, EvidenceKind::NameOther, -12);
    };
    let full = part_weight(&a.parts[i]).min(part_weight(&b.parts[j]));
    if near(&x.text, &y.text) || x.initial != y.initial && initial_fits(x, y) {
        return answer(Kinship::Same, EvidenceKind::NameTypo, full + 2);
    }
    match strength {
        Match::Initial | Match::None => answer(Kinship::Doubtful, EvidenceKind::NameOther, -9),
        Match::Exact if a.parts[i].optional || b.parts[j].optional => {
            answer(Kinship::Doubtful, EvidenceKind::NameGiven, -6)
        }
        Match::Exact => answer(Kinship::Given, EvidenceKind::NameGiven, full / 2 - 4),
        _ => answer(Kinship::Given, EvidenceKind::NameGiven, full / 2 - 6),
    }
}

/// Different first names; the surname fits (`shared`) or is not given.
fn given_differs((x, y): (&Part, &Part), shared: bool) -> NameCheck {
    if x.initial || y.initial {
        return answer(Kinship::Doubtful, EvidenceKind::NameInitialOther, -8);
    }
    let known = x.entry.is_given() && y.entry.is_given();
    if is_slip(x, y) || (!known && near(&x.text, &y.text)) {
        return answer(Kinship::Doubtful, EvidenceKind::NameLookalike, -4);
    }
    if shared && short_form_like(&x.text, &y.text) {
        return answer(Kinship::Doubtful, EvidenceKind::NameShort, -7);
    }
    let kind = if shared { EvidenceKind::NameSurname } else { EvidenceKind::NameOther };
    match (known, shared) {
        (true, true) => answer(Kinship::Other, kind, -25),
        (true, false) => answer(Kinship::Unlike, kind, -20),
        (false, _) => {
            answer(Kinship::Unlike, kind, if strsim::jaro(&x.text, &y.text) < 0.6 { -17 } else { -13 })
        }
    }
}

/// "Pete" beside "Petteri", "Basti" beside "Sebastian": perhaps a short form that we do not know.
fn short_form_like(x: &str, y: &str) -> bool {
    let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
    let start = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    let trimmed = short.trim_end_matches(['i', 'e', 'o', 'a', 'u']);
    short.len() < long.len()
        && short.len() <= 7
        && (start >= 3 && start + 2 >= short.len() || trimmed.len() >= 3 && long.contains(trimmed))
}

fn both_differ((x, y): (&Part, &Part), (v, w): (&Part, &Part)) -> NameCheck {
    if near(&v.text, &w.text) {
        return given_differs((x, y), true);
    }
    if x.initial || y.initial {
        return answer(Kinship::Other, EvidenceKind::NameOther, -24);
    }
    if near(&x.text, &y.text) || is_slip(x, y) {
        return answer(Kinship::Doubtful, EvidenceKind::NameOther, -12);
    }
    answer(Kinship::Other, EvidenceKind::NameOther, -30)
}
