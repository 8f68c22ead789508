//! Small labels that say what state or kind a thing is in; colour supports the word and never stands alone.

use maud::{Markup, html};

/// The colour of a badge, notice or marker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    Plain,
    Accent,
    Good,
    Warn,
    Bad,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "tone-plain",
            Self::Accent => "tone-accent",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
        }
    }
}

pub fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// Where an order came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    Online,
    Till,
    Loyalty,
    App,
}

impl Source {
    pub const ALL: [Self; 4] = [Self::Online, Self::Till, Self::Loyalty, Self::App];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Online => "Web shop",
            Self::Till => "Till",
            Self::Loyalty => "Loyalty",
            Self::App => "App",
        }
    }

    /// The value in forms, as the command line writes it too.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Till => "pos",
            Self::Loyalty => "loyalty",
            Self::App => "app",
        }
    }

    /// Its colour in every chart.
    pub const fn hue(self) -> usize {
        match self {
            Self::Online => 1,
            Self::Till => 2,
            Self::Loyalty => 3,
            Self::App => 4,
        }
    }
}

/// A dot in the source's chart colour, and its name.
pub fn source(source: Source) -> Markup {
    html! { span.source { span class={ "dot hue-" (source.hue()) } {} (source.label()) } }
}

/// How a number is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberKind {
    Single,
    Shared,
    Recycled,
    Generic,
}

impl NumberKind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Single => "Single",
            Self::Shared => "Shared",
            Self::Recycled => "Recycled",
            Self::Generic => "Generic",
        }
    }

    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Single => "One customer has held this number.",
            Self::Shared => "Several customers hold this number at once, as a household does.",
            Self::Recycled => "The number passed from one customer to another.",
            Self::Generic => "So many people appear on this number that it identifies nobody.",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Single => Tone::Plain,
            Self::Shared => Tone::Accent,
            Self::Recycled => Tone::Warn,
            Self::Generic => Tone::Bad,
        }
    }
}

pub fn number_kind(kind: NumberKind) -> Markup {
    html! { span class={ "badge " (kind.tone().class()) } title=(kind.meaning()) { (kind.label()) } }
}
