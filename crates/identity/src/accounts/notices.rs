//! What the holder of an account is told by message: that a new device signed in, that the number or the way in was changed. The texts are data, one line a language.

use base::{Context, Fault, Timestamp};
use db::Tx;
use messaging::{Channel, Content, NewMessage, Purpose, Text};
use numbering::PhoneNumber;

use super::Accounts;

/// One thing that a holder is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    NewDevice,
    NumberChanged,
    Recovered,
    FactorAdded,
    FactorRemoved,
}

impl Notice {
    const fn code(self) -> &'static str {
        match self {
            Self::NewDevice => "new_device",
            Self::NumberChanged => "number_changed",
            Self::Recovered => "recovered",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
        }
    }

    /// Its text in a language, in English when there is none.
    fn text(self, language: &str) -> &'static str {
        let of = |wanted: &str| {
            TEXTS.lines().find_map(|line| {
                let mut parts = line.splitn(3, '\t');
                (parts.next() == Some(self.code()) && parts.next() == Some(wanted))
                    .then(|| parts.next())
                    .flatten()
            })
        };
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        of(primary).or_else(|| of("en")).unwrap_or_default()
    }
}

/// Notice, language and text, separated by tabs.
const TEXTS: &str = include_str!("../../texts/notices.tsv");
/// A notice that is not sent by then is worth nothing.
const WORTH_SECONDS: i64 = 86_400;

impl Accounts {
    /// Tells a number something, in the transaction in which it happened.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        cx: &Context,
        to: PhoneNumber,
        notice: Notice,
        (language, shop_name): (&str, &str),
    ) -> Result<(), Fault> {
        let text = notice.text(language).replace("{shop}", shop_name);
        let message = NewMessage {
            to,
            channel: Channel::Sms,
            purpose: Purpose::known("account.notice"),
            content: Content::Plain(Text::parse(&text)?),
            give_up_at: cx.now().plus_micros(WORTH_SECONDS * Timestamp::SECOND),
        };
        self.messages.enqueue(tx, cx, message).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_is_there_in_every_language() {
        let notices = [
            Notice::NewDevice,
            Notice::NumberChanged,
            Notice::Recovered,
            Notice::FactorAdded,
            Notice::FactorRemoved,
        ];
        for notice in notices {
            let english = notice.text("en");
            assert!(english.contains("{shop}"), "{notice:?}");
            for language in ["bn", "ro", "fi"] {
                let text = notice.text(language);
                assert!(text.contains("{shop}") && text != english, "{notice:?} in {language}");
            }
            assert_eq!(notice.text("fi-FI"), notice.text("fi"));
            assert_eq!(notice.text("xx"), english);
        }
    }
}
