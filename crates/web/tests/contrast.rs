//! Text can be read: every pair of text and ground colours that the style sheet uses meets WCAG AA, in light and dark.

const TOKENS: &str = include_str!("../src/assets/tokens.css");

/// The two values of a token, light and dark.
fn token(name: &str) -> [[f64; 3]; 2] {
    let start =
        TOKENS.find(&format!("--{name}: light-dark(")).unwrap_or_else(|| panic!("no colour --{name}"));
    let inside = TOKENS[start..].split(['(', ')']).nth(1).expect("two colours");
    let mut colours = inside.split(',').map(|hex| {
        let hex = hex.trim().trim_start_matches('#');
        [0, 2, 4]
            .map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("six hex digits")) / 255.0)
    });
    [colours.next().expect("light"), colours.next().expect("dark")]
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn holds(pairs: &[(&str, &str)], least: f64) {
    for (text, ground) in pairs {
        for (theme, at) in [("light", 0), ("dark", 1)] {
            let ratio = contrast(token(text)[at], token(ground)[at]);
            assert!(ratio >= least, "--{text} on --{ground}, {theme}: {ratio:.2}, wanted {least}");
        }
    }
}

#[test]
fn black_on_white_is_21() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
}

#[test]
fn text_meets_aa() {
    let grounds = ["page", "surface", "sunken", "raised"];
    for text in ["text", "text-2", "text-3", "accent", "bad", "warn"] {
        for ground in grounds {
            holds(&[(text, ground)], 4.5);
        }
    }
    holds(
        &[
            ("text-2", "plain-soft"),
            ("accent-strong", "accent-soft"),
            ("good", "good-soft"),
            ("warn", "warn-soft"),
            ("bad", "bad-soft"),
            ("text", "warn-soft"),
            ("text", "bad-soft"),
            ("on-accent", "accent"),
            ("on-accent", "accent-strong"),
            ("on-hue", "bad"),
        ],
        4.5,
    );
}

#[test]
fn what_charts_draw_meets_aa_for_graphics() {
    for hue in 1..=6 {
        holds(&[(&format!("hue-{hue}"), "surface")], 3.0);
    }
}

#[test]
fn names_on_tenure_bars_can_be_read() {
    for hue in 1..=6 {
        holds(&[("on-hue", &format!("hue-{hue}"))], 4.5);
    }
}
