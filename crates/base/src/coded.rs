//! Enums whose values have a code each: what is kept in the database and written by programs, and never changes its meaning.

/// Makes an enum with `ALL`, `code`, `of` and `Display`; with the code and the field of a fault also `FromStr`, which names what there is.
///
/// ```
/// base::coded! {
///     /// How a parcel travels.
///     Way, "way_unknown", "way" {
///         /// By sea.
///         Ship = "ship",
///         Rail = "rail",
///     }
/// }
/// assert_eq!("rail".parse::<Way>().unwrap(), Way::Rail);
/// assert_eq!(Way::of("ship"), Some(Way::Ship));
/// let fault = "mule".parse::<Way>().unwrap_err();
/// assert_eq!((fault.code.as_ref(), fault.message.as_ref()), ("way_unknown", "A way is one of ship, rail."));
/// ```
#[macro_export]
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident, $fault:literal, $field:literal $variants:tt) => {
        $crate::coded! { $(#[$doc])* $name $variants }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Fault;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Fault> {
                Self::of(text).ok_or_else(|| {
                    let known: ::std::vec::Vec<&str> = Self::ALL.iter().map(|known| known.code()).collect();
                    let message = ::std::format!("A {} is one of {}.", $field, known.join(", "));
                    $crate::Fault::invalid($fault, message).field($field)
                })
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The one with this code.
            pub fn of(code: &str) -> ::std::option::Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.code())
            }
        }
    };
}
