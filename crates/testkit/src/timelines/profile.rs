//! How messy life and spelling are.

/// Slips and habits of whoever types a name; each is a share of rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Noise {
    pub short_form: f64,
    pub initial: f64,
    pub typo: f64,
    pub upper: f64,
    pub last_first: f64,
    pub title: f64,
    pub plain_letters: f64,
    pub first_only: f64,
    /// Till rows without a name.
    pub till_nameless: f64,
    /// Other rows without a name.
    pub else_nameless: f64,
}

/// What happens to a person in three years; each is a share of people.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Life {
    pub moves: f64,
    pub changes_email: f64,
    /// Of women.
    pub marries: f64,
    pub changes_number: f64,
    pub long_pause: f64,
}

/// What numbers are like; each is a share of numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mix {
    pub household: f64,
    pub handed_on: f64,
    pub recycled: f64,
    pub generic: f64,
    /// Households whose members share an e-mail address.
    pub family_email: f64,
    /// Recycled numbers with a silence too short for the rule.
    pub short_gap: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Profile {
    pub name: &'static str,
    pub noise: Noise,
    pub life: Life,
    pub mix: Mix,
}

const QUIET: Noise = Noise {
    short_form: 0.0,
    initial: 0.0,
    typo: 0.0,
    upper: 0.0,
    last_first: 0.0,
    title: 0.0,
    plain_letters: 0.0,
    first_only: 0.0,
    till_nameless: 0.1,
    else_nameless: 0.0,
};
const CALM: Life =
    Life { moves: 0.0, changes_email: 0.0, marries: 0.0, changes_number: 0.0, long_pause: 0.05 };
const ALONE: Mix =
    Mix { household: 0.0, handed_on: 0.0, recycled: 0.0, generic: 0.0, family_email: 0.3, short_gap: 0.0 };
/// Every profile has some of each, else a rule that never splits would look perfect. The shares make "a number is a person" about as
/// wrong as it is known to be (nine pairs in a hundred).
const USUAL: Mix = Mix {
    household: 0.022,
    handed_on: 0.01,
    recycled: 0.02,
    generic: 0.0,
    family_email: 0.3,
    short_gap: 0.05,
};
const LIFE: Life =
    Life { moves: 0.2, changes_email: 0.15, marries: 0.06, changes_number: 0.04, long_pause: 0.1 };
const MESSY: Noise = Noise {
    short_form: 0.12,
    initial: 0.08,
    typo: 0.05,
    upper: 0.08,
    last_first: 0.05,
    title: 0.03,
    plain_letters: 0.2,
    first_only: 0.04,
    till_nameless: 0.7,
    else_nameless: 0.05,
};

impl Profile {
    pub const CLEAN: Self = Self { name: "clean", noise: QUIET, life: CALM, mix: USUAL };
    pub const SINGLE: Self = Self { name: "one owner each", noise: MESSY, life: LIFE, mix: ALONE };
    pub const SHORT_FORMS: Self =
        Self { name: "nicknames", noise: Noise { short_form: 0.4, ..QUIET }, life: CALM, mix: USUAL };
    pub const TYPOS: Self =
        Self { name: "typos", noise: Noise { typo: 0.2, ..QUIET }, life: CALM, mix: USUAL };
    pub const INITIALS: Self =
        Self { name: "initials", noise: Noise { initial: 0.35, ..QUIET }, life: CALM, mix: USUAL };
    pub const NAMELESS: Self =
        Self { name: "nameless tills", noise: Noise { till_nameless: 0.8, ..QUIET }, life: CALM, mix: USUAL };
    pub const MOVES: Self = Self {
        name: "moves",
        noise: QUIET,
        life: Life { moves: 0.7, changes_email: 0.4, ..CALM },
        mix: USUAL,
    };
    pub const MARRIAGES: Self = Self {
        name: "marriages",
        noise: QUIET,
        life: Life { marries: 0.4, changes_email: 0.3, moves: 0.3, ..CALM },
        mix: USUAL,
    };
    pub const HOUSEHOLDS: Self =
        Self { name: "households", noise: QUIET, life: CALM, mix: Mix { household: 0.3, ..USUAL } };
    pub const HANDED_ON: Self =
        Self { name: "handed on", noise: QUIET, life: CALM, mix: Mix { handed_on: 0.15, ..USUAL } };
    pub const RECYCLED_MANY: Self =
        Self { name: "recycled 5 %", noise: MESSY, life: LIFE, mix: Mix { recycled: 0.05, ..USUAL } };
    pub const RECYCLED_FEW: Self =
        Self { name: "recycled 0.5 %", noise: MESSY, life: LIFE, mix: Mix { recycled: 0.005, ..USUAL } };
    pub const NEW_NUMBERS: Self =
        Self { name: "new numbers", noise: QUIET, life: Life { changes_number: 0.5, ..CALM }, mix: USUAL };
    pub const FAMILY_EMAILS: Self = Self {
        name: "family e-mails",
        noise: QUIET,
        life: CALM,
        mix: Mix { household: 0.2, family_email: 1.0, ..USUAL },
    };
    pub const GENERIC: Self =
        Self { name: "generic numbers", noise: QUIET, life: CALM, mix: Mix { generic: 0.01, ..USUAL } };
    pub const MIXED: Self = Self {
        name: "mixed",
        noise: MESSY,
        life: LIFE,
        mix: Mix { household: 0.022, handed_on: 0.01, recycled: 0.05, generic: 0.0005, ..USUAL },
    };

    pub const ALL: &[Self] = &[
        Self::CLEAN,
        Self::SINGLE,
        Self::SHORT_FORMS,
        Self::TYPOS,
        Self::INITIALS,
        Self::NAMELESS,
        Self::MOVES,
        Self::MARRIAGES,
        Self::HOUSEHOLDS,
        Self::HANDED_ON,
        Self::RECYCLED_MANY,
        Self::RECYCLED_FEW,
        Self::NEW_NUMBERS,
        Self::FAMILY_EMAILS,
        Self::GENERIC,
        Self::MIXED,
    ];
}
