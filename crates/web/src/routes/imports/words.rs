//! What the reader says of a file, in the words of the form: it speaks of the settings by their names on a command line.

/// Settings as the reader names them, and what the form calls them.
const SETTINGS: [(&str, &str); 8] = [
    ("--decimal point or --decimal comma", "“Decimals”"),
    ("--decimal", "“Decimals”"),
    ("--date-order", "“Dates”"),
    ("--time-zone", "“Time zone”"),
    ("--currency", "“Currency”"),
    ("--encoding", "“Encoding”"),
    ("--delimiter", "“Between columns”"),
    ("--format", "“Format”"),
];

pub(super) fn of_form(text: &str) -> String {
    let mut words = text.to_owned();
    for (setting, label) in SETTINGS {
        words = words.replace(setting, label);
    }
    while let Some(start) = words.find("--map ") {
        let rest = &words[start + "--map ".len()..];
        let named = rest.find("=COLUMN").map_or(0, |at| at + "=COLUMN".len());
        let end = start + "--map ".len() + named;
        words.replace_range(start..end, "“Column names”");
    }
    words
}

#[cfg(test)]
mod tests {
    use warehouse::files::{Options, OrderRow, open};

    use super::*;

    #[test]
    fn settings_are_called_what_the_form_calls_them() {
        for (said, shown) in [
            (
                "Dates were read as UTC; --time-zone says otherwise.",
                "Dates were read as UTC; “Time zone” says otherwise.",
            ),
            ("--decimal point or --decimal comma says which.", "“Decimals” says which."),
            ("Say which one it is with --map ordered_at=COLUMN.", "Say which one it is with “Column names”."),
            ("--map", "--map"),
            ("nothing of the kind", "nothing of the kind"),
        ] {
            assert_eq!(of_form(said), shown);
        }
    }

    /// Files that leave open whatever a file can leave open.
    #[test]
    fn whatever_the_reader_says_has_words_of_the_form() {
        let head = "order_id,ordered_at,number,amount,unit_price\n";
        let files = [
            "a,b\n1,2\n".to_owned(),
            format!("{head}1,03/04/2024,+358401234567,1.234,\n2,04/05/2024,+358401234567,5,\n"),
            format!(
                "{head}1,13/04/2024,+358401234567,1.50,\n2,04/13/2024,+358401234567,\"1,50\",\n3,03/04/24,1,1,\n"
            ),
            "order_id,ordered_at,number,price\n1,2024-02-03 10:00,+358401234567,5\n".to_owned(),
        ];
        let mut heard = Vec::new();
        for file in files {
            match open(std::io::Cursor::new(file.into_bytes()), &Options::default()) {
                Err(fault) => heard.push(fault.message),
                Ok(mut reader) => {
                    let mut row = OrderRow::default();
                    while let Some(outcome) = reader.next(&mut row).unwrap() {
                        heard.extend(outcome.err().map(|reject| reject.reason.into_owned()));
                    }
                    heard.extend(reader.notes().into_iter().map(|note| note.message.into_owned()));
                }
            }
        }
        assert!(heard.iter().filter(|text| text.contains("--")).count() >= 5, "{heard:?}");
        for text in heard {
            assert!(!of_form(&text).contains("--"), "{text}");
        }
    }
}
