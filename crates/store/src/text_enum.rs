//! Enums that are stored, sent and read as a fixed text for each variant.

/// Declares an enum whose variants have one text each, for columns, JSON, query parameters and the API description. The
/// texts stand once.
///
/// ```
/// store::text_enum! {
///     /// What became of a parcel.
///     #[derive(PartialOrd, Ord)]
///     #[schema(as = ParcelStatus)]
///     pub enum Kind: "parcel status" {
///         Packed = "PACKED",
///         /// With the carrier.
///         #[serde(alias = "SENT")]
///         InTransit = "IN_TRANSIT",
///     }
/// }
/// assert_eq!(Kind::ALL, [Kind::Packed, Kind::InTransit]);
/// assert_eq!(Kind::InTransit.name(), "IN_TRANSIT");
/// assert_eq!(Kind::Packed.to_string(), "PACKED");
/// assert_eq!("PACKED".parse::<Kind>().unwrap(), Kind::Packed);
/// let refused = "LOST".parse::<Kind>().unwrap_err();
/// assert_eq!(refused.code(), kernel::Code::InvalidInput);
/// assert_eq!(refused.detail(), Some("a parcel status must be one of PACKED, IN_TRANSIT"));
/// ```
///
/// It derives `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash`, `Serialize`, `Deserialize` and `ToSchema`, and adds
/// `ALL`, `name`, `named`, `Display`, `FromStr`, [`ToArg`](crate::ToArg) and [`FromColumn`](crate::FromColumn). An unknown
/// text is C002 in `FromStr`, because it came from a client, and C001 in a column, because only we write there.
///
/// An enum with rules of its own for reading a text (another error code, further spellings) leaves out the description
/// after the colon. Then `FromStr` and `Deserialize` are not generated, and `named` is the base for writing them:
///
/// ```
/// # use kernel::{Code, Error, Result};
/// store::text_enum! {
///     /// How a buyer pays.
///     pub enum Method { Card = "CREDIT_CARD", Bank = "BANK_TRANSFER" }
/// }
///
/// impl std::str::FromStr for Method {
///     type Err = Error;
///     fn from_str(text: &str) -> Result<Method> {
///         let text = if text == "CARD" { "CREDIT_CARD" } else { text };
///         Method::named(text).ok_or_else(|| Code::PaymentMethodNotSupported.error())
///     }
/// }
/// ```
///
/// The crate that uses the macro needs `serde` and `utoipa` among its dependencies, because their derives name them.
#[macro_export]
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident : $what:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $text:tt),+ $(,)?
        }
    ) => {
        $crate::text_enum! {
            #[derive(serde::Deserialize)]
            $(#[$meta])*
            $vis enum $name { $($(#[$variant_meta])* $variant = $text),+ }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::kernel::Error;
            fn from_str(text: &str) -> ::kernel::Result<Self> {
                Self::named(text).ok_or_else(|| $crate::text_enum::unknown($what, &[$($text),+]))
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:tt),+ $(,)?
        }
    ) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
        $(#[$meta])*
        $vis enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant),+
        }

        #[allow(dead_code, reason = "not every enum needs each of them")]
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The text that stands for this value everywhere.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// The value with this text.
            pub fn named(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl $crate::ToArg for $name {
            fn to_arg(&self) -> $crate::Arg<'_> {
                $crate::Arg::Text(self.name())
            }
        }

        impl $crate::FromColumn for $name {
            fn from_column(column: $crate::Column<'_>) -> ::kernel::Result<Self> {
                let value = match column {
                    $crate::Column::Text(text) => Self::named(text),
                    $crate::Column::Null | $crate::Column::Int(_) => None,
                };
                value.ok_or_else(|| $crate::text_enum::not_stored(column, &[$($text),+]))
            }
        }
    };
}

/// The error for a text from a client that is none of `texts`.
#[doc(hidden)]
pub fn unknown(what: &str, texts: &[&str]) -> kernel::Error {
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    kernel::Code::InvalidInput.because(format!("{article} {what} must be one of {}", texts.join(", ")))
}

/// The error for a column that holds none of `texts`.
#[doc(hidden)]
pub fn not_stored(column: crate::Column<'_>, texts: &[&str]) -> kernel::Error {
    kernel::Code::Internal.error().caused_by(format!("expected one of {}, found {column:?}", texts.join(", ")))
}

#[cfg(test)]
mod tests {
    use crate::{Column, FromColumn, ToArg};
    use utoipa::{PartialSchema, ToSchema};

    text_enum! {
        /// What became of a parcel.
        #[derive(Default)]
        #[schema(as = ParcelStatus)]
        enum Kind: "parcel status" {
            #[default]
            Packed = "PACKED",
            #[serde(alias = "SENT")]
            InTransit = "IN_TRANSIT",
        }
    }

    #[test]
    fn a_value_is_read_back_from_its_text_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(Kind::from_column(Column::Text(kind.name())).unwrap(), kind);
            assert_eq!(kind.to_arg(), crate::Arg::Text(kind.name()));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.name()));
            assert_eq!(serde_json::from_str::<Kind>(&format!("{:?}", kind.name())).unwrap(), kind);
        }
        assert_eq!(serde_json::from_str::<Kind>("\"SENT\"").unwrap(), Kind::InTransit, "attributes of variants hold");
        assert_eq!(Kind::default(), Kind::Packed);
    }

    #[test]
    fn another_text_is_the_clients_mistake_and_another_column_is_ours() {
        let refused = "packed".parse::<Kind>().unwrap_err();
        assert_eq!(refused.code().code(), "C002");
        assert_eq!(refused.detail(), Some("a parcel status must be one of PACKED, IN_TRANSIT"));
        for column in [Column::Null, Column::Int(1), Column::Text("SENT")] {
            assert_eq!(Kind::from_column(column).unwrap_err().code().code(), "C001");
        }
    }

    #[test]
    fn the_api_description_lists_the_texts() {
        assert_eq!(Kind::name(Kind::Packed), "PACKED");
        assert_eq!(<Kind as ToSchema>::name(), "ParcelStatus");
        let schema = serde_json::to_value(Kind::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::json!(["PACKED", "IN_TRANSIT"]));
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["description"], "What became of a parcel.");
    }
}
