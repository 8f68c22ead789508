//! Our own line icons, 16 by 16, drawn with the colour of the text around them and silent to screen readers.

use maud::{Markup, PreEscaped, html};

/// What an icon stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Icon {
    Alert,
    Arrow,
    Audit,
    Check,
    Chevron,
    Copy,
    Cross,
    Customers,
    Download,
    Eye,
    File,
    Import,
    Key,
    Link,
    Merge,
    Message,
    More,
    Number,
    Orders,
    Phone,
    Plus,
    Review,
    Search,
    Settings,
    SignOut,
    Split,
    Start,
    Swap,
    Theme,
    Undo,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Alert => r#"<path d="M8 2.2 14.6 13.5H1.4Z"/><path d="M8 6.5v3.2M8 11.6v.1"/>"#,
            Self::Arrow => r#"<path d="M3 8h10M9 4l4 4-4 4"/>"#,
            Self::Audit => r#"<path d="M3 2.5h7l3 3v8H3Z"/><path d="M5.5 7h5M5.5 10h5"/>"#,
            Self::Check => r#"<path d="m3 8.5 3.2 3.2L13 4.8"/>"#,
            Self::Chevron => r#"<path d="m6 3.5 4.5 4.5L6 12.5"/>"#,
            Self::Copy => {
                r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M3.5 10.5h-1v-8h8v1"/>"#
            }
            Self::Cross => r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
            Self::Customers => {
                r#"<circle cx="6" cy="5.2" r="2.6"/><path d="M1.5 13.5c.3-2.8 2-4.2 4.5-4.2s4.2 1.4 4.5 4.2M10.6 2.9a2.6 2.6 0 0 1 0 4.6M12 9.7c1.5.6 2.3 1.9 2.5 3.8"/>"#
            }
            Self::Download => r#"<path d="M8 2.5v7.5M4.7 7 8 10.2 11.3 7M2.5 13.5h11"/>"#,
            Self::Eye => {
                r#"<path d="M1.5 8C3 5.2 5.2 3.8 8 3.8S13 5.2 14.5 8C13 10.8 10.8 12.2 8 12.2S3 10.8 1.5 8Z"/><circle cx="8" cy="8" r="2"/>"#
            }
            Self::File => r#"<path d="M4 1.8h5.2L12.5 5v9.2H4Z"/><path d="M9 1.8V5.2h3.5"/>"#,
            Self::Import => r#"<path d="M8 10V2.5M4.7 5.7 8 2.5l3.3 3.2M2.5 10v3.5h11V10"/>"#,
            Self::Key => r#"<circle cx="5" cy="11" r="3"/><path d="m7.2 8.8 6-6M10.5 5.5l2.3 2.3"/>"#,
            Self::Link => {
                r#"<path d="M6.5 9.5 9.5 6.5M7 4.5l1.7-1.7a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.7 1.7a3.2 3.2 0 0 1-4.5-4.5L4.5 7"/>"#
            }
            Self::Merge => {
                r#"<path d="M3 2.5v2c0 2 5 2.5 5 5v4M13 2.5v2c0 2-5 2.5-5 5M5.8 11.5 8 13.7l2.2-2.2"/>"#
            }
            Self::Message => r#"<path d="M2 3h12v8.5H6.5L3.5 14v-2.5H2Z"/><path d="M5 6.2h6M5 8.6h4"/>"#,
            Self::More => r#"<path d="M2.5 4h11M2.5 8h11M2.5 12h11"/>"#,
            Self::Number => r#"<path d="M6 2 4.5 14M11.5 2 10 14M2.5 5.5h11.5M2 10.5h11.5"/>"#,
            Self::Orders => {
                r#"<path d="M2 2.5h2l1.3 7.7h7l1.4-5.5H4.4"/><circle cx="6" cy="13" r="1"/><circle cx="11.5" cy="13" r="1"/>"#
            }
            Self::Phone => {
                r#"<rect x="4.5" y="1.5" width="7" height="13" rx="1.5"/><path d="M7.2 12.2h1.6"/>"#
            }
            Self::Plus => r#"<path d="M8 3v10M3 8h10"/>"#,
            Self::Review => {
                r#"<rect x="1.8" y="3" width="5" height="10" rx="1"/><rect x="9.2" y="3" width="5" height="10" rx="1"/>"#
            }
            Self::Search => r#"<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>"#,
            Self::Settings => {
                r#"<path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6"/><circle cx="10" cy="4.5" r="1.8"/><circle cx="6" cy="11.5" r="1.8"/>"#
            }
            Self::SignOut => r#"<path d="M6 2.5H2.5v11H6M6.5 8h7M10.5 5l3 3-3 3"/>"#,
            Self::Split => {
                r#"<path d="M8 13.5v-4c0-2.5-5-3-5-5v-2M8 9.5c0-2.5 5-3 5-5v-2M1 4.5l2-2 2 2M11 4.5l2-2 2 2"/>"#
            }
            Self::Start => r#"<path d="M2 13.5V9M6 13.5V5M10 13.5V7.5M14 13.5v-11"/>"#,
            Self::Swap => r#"<path d="M2.5 5.5h11M10.5 2.5l3 3-3 3M13.5 10.5h-11M5.5 7.5l-3 3 3 3"/>"#,
            Self::Theme => {
                r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor"/>"#
            }
            Self::Undo => r#"<path d="M5.5 3 2.5 6l3 3M2.5 6h7a4 4 0 0 1 0 8H6"/>"#,
        }
    }
}

/// The icon as decoration: the words beside it carry the meaning.
pub fn icon(which: Icon) -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" { (PreEscaped(which.path())) }
    }
}
