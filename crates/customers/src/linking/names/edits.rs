//! How far two spellings are apart.

/// Whether one slip makes one of the other: a letter changed, left out, added, or two neighbours swapped.
pub(super) fn one_edit(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if b.len() - a.len() > 1 {
        return false;
    }
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    if a.len() < b.len() {
        return *a == b[1..];
    }
    match a.len() {
        0 => false, // equal
        1 => true,
        _ => a[1..] == b[1..] || (a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]),
    }
}

/// Two spellings that may be of one name though more than one letter differs.
pub(super) fn near(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    if shorter < 4 {
        return false;
    }
    if shorter >= 5 && a.len().abs_diff(b.len()) <= 2 && strsim::osa_distance(a, b) <= 2 {
        return true;
    }
    strsim::jaro_winkler(a, b) >= 0.88
}

/// Long spellings that surely are of one name though two letters differ.
pub(super) fn two_edits_of_long(a: &str, b: &str) -> bool {
    a.len().min(b.len()) >= 8 && a.len().abs_diff(b.len()) <= 2 && strsim::osa_distance(a, b) <= 2
}
