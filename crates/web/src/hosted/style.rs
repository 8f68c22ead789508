//! The style sheet in the shop's colour, and the one script: it counts seconds and uses passkeys, and every page does without it.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};

use super::{Lobby, refusal::Answer, visit::Visit};

const STYLE: &str = include_str!("assets/hosted.css");
const SCRIPT: &str = include_str!("assets/hosted.js");
/// What browsers may keep for an hour.
const KEEP: &str = "public, max-age=3600";

pub(super) async fn sheet(_: Visit, State(lobby): State<Lobby>) -> Answer {
    let accent = Accent::read(&lobby.app.config.sign_in.accent).unwrap_or(Accent {
        red: 0x0b,
        green: 0x66,
        blue: 0x61,
    });
    let colours = format!(":root{{--accent:{};--on-accent:{}}}\n", accent.written(), accent.on_it());
    Ok(asset("text/css; charset=utf-8", format!("{colours}{STYLE}")))
}

pub(super) async fn script(_: Visit) -> Answer {
    Ok(asset("text/javascript; charset=utf-8", SCRIPT.to_owned()))
}

fn asset(kind: &'static str, body: String) -> Response {
    ([(header::CACHE_CONTROL, KEEP), (header::CONTENT_TYPE, kind)], body).into_response()
}

/// The shop's colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Accent {
    red: u8,
    green: u8,
    blue: u8,
}

impl Accent {
    /// `#0b6661`; nothing else, so that no setting writes a style of its own.
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    fn written(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Black or white, whichever reads better on it (WCAG 2.2, relative luminance).
    fn on_it(self) -> &'static str {
        let linear = |part: u8| {
            let value = f64::from(part) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let light = 0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue);
        if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) { "#000000" } else { "#ffffff" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        for (text, on_it) in
            [("#0b6661", Some("#ffffff")), ("#ffdd00", Some("#000000")), ("#000000", Some("#ffffff"))]
        {
            assert_eq!(Accent::read(text).map(Accent::on_it), on_it);
        }
        for text in ["", "red", "#fff", "#12345g", "#0b6661;}", "#ääa"] {
            assert_eq!(Accent::read(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_no_text_is_evaluated() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("url("));
            assert!(!text.contains("eval(") && !text.contains("innerHTML"));
        }
    }
}
