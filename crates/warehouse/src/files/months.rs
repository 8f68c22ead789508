//! Month names and their short forms, in the languages that column names are known in.

use super::names::fold;

/// Each month's names, folded; a word of three letters or more that starts one of them means it.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "ianuarie", "tammikuuta", "enero", "janvier", "জানুয়ারি", "জানুয়ারী"],
    &["february", "februar", "februarie", "helmikuuta", "febrero", "fevrier", "ফেব্রুয়ারি", "ফেব্রুয়ারী"],
    &["march", "marz", "maerz", "martie", "maaliskuuta", "marzo", "mars", "মার্চ"],
    &["april", "aprilie", "huhtikuuta", "abril", "avril", "এপ্রিল"],
    &["may", "mai", "toukokuuta", "mayo", "মে"],
    &["june", "juni", "iunie", "kesakuuta", "junio", "juin", "জুন"],
    &["july", "juli", "iulie", "heinakuuta", "julio", "juillet", "জুলাই"],
    &["august", "elokuuta", "agosto", "aout", "আগস্ট", "অগাস্ট"],
    &["september", "septembrie", "syyskuuta", "septiembre", "septembre", "সেপ্টেম্বর"],
    &["october", "oktober", "octombrie", "lokakuuta", "octubre", "octobre", "অক্টোবর"],
    &["november", "noiembrie", "marraskuuta", "noviembre", "novembre", "নভেম্বর"],
    &["december", "dezember", "decembrie", "joulukuuta", "diciembre", "decembre", "ডিসেম্বর"],
];

/// 1 to 12. A short form that several months share (French "jui") is none.
pub fn month_named(word: &str) -> Option<u8> {
    let word = fold(word);
    if word.chars().count() < 2 || (word.is_ascii() && word.len() < 3) {
        return None;
    }
    // English goes first: its "Mar" is March, though a Finnish November begins alike.
    if let Some((month, _)) = (1u8..).zip(MONTHS).find(|(_, names)| names[0][..3] == word) {
        return Some(month);
    }
    let mut found = (1u8..).zip(MONTHS).filter(|(_, names)| {
        names.iter().any(|name| {
            let name = fold(name);
            if word.is_ascii() { name.starts_with(&word) } else { name == word }
        })
    });
    let (month, _) = found.next()?;
    found.next().is_none().then_some(month)
}

#[cfg(test)]
mod tests {
    use super::month_named;

    #[test]
    fn months_in_several_languages() {
        for (word, month) in [
            ("Feb", Some(2)),
            ("february", Some(2)),
            ("Sept", Some(9)),
            ("März", Some(3)),
            ("Mär", Some(3)),
            ("mars", Some(3)),
            ("mar", Some(3)),
            ("août", Some(8)),
            ("Mai", Some(5)),
            ("May", Some(5)),
            ("helmikuuta", Some(2)),
            ("marras", Some(11)),
            ("ফেব্রুয়ারি", Some(2)),
            ("মে", Some(5)),
            ("jui", None),
            ("ma", None),
            ("Thu", None),
            ("", None),
        ] {
            assert_eq!(month_named(word), month, "{word}");
        }
    }
}
