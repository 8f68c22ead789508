//! Every SQL text of customers: facts in `facts`, what is not linked yet in `marks`, kinds of numbers in `numbers`, proofs of numbers in `proofs`, numbers read anew in `rereadings`, runs over them in `renormalisations`, views in `views`.

pub(crate) mod facts;
pub(crate) mod marks;
pub(crate) mod numbers;
pub(crate) mod proofs;
pub(crate) mod renormalisations;
pub(crate) mod rereadings;
pub(crate) mod views;
