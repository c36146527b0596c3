//! Several checks of one request, so that the response names everything that is wrong and not only the first.

use crate::Result;

/// Results that are wanted together.
///
/// ```
/// use kernel::{Together, text};
/// let checked = |name, note| (text::required("name", name, 5), text::optional("note", Some(note), 5)).together();
/// assert_eq!(checked("mug", "blue").unwrap().0, "mug");
/// let refused = checked(" ", "dark blue").unwrap_err();
/// assert_eq!(refused.detail(), Some("name must not be blank; note must have at most 5 characters"));
/// assert_eq!(refused.details().len(), 2);
/// ```
pub trait Together {
    /// The values of all of them.
    type Values;

    /// The values; or all failures as one, with the code of the first.
    fn together(self) -> Result<Self::Values>;
}

/// A list of literals: the tuples.
macro_rules! tuples {
    ($(($($name:ident)+))*) => {
        $(#[allow(non_snake_case)]
        impl<$($name),+> Together for ($(Result<$name>,)+) {
            type Values = ($($name,)+);

            fn together(self) -> Result<Self::Values> {
                let ($($name,)+) = self;
                match ($($name,)+) {
                    ($(Ok($name),)+) => Ok(($($name,)+)),
                    ($($name,)+) => {
                        let failures = [$($name.err()),+].into_iter().flatten();
                        Err(failures.reduce(crate::Error::and).unwrap_or_else(|| crate::Code::Internal.error()))
                    }
                }
            }
        })*
    };
}

tuples! { (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I) }

impl<T> Together for Vec<Result<T>> {
    type Values = Vec<T>;

    fn together(self) -> Result<Vec<T>> {
        let (mut values, mut failure) = (Vec::with_capacity(self.len()), None::<crate::Error>);
        for result in self {
            match (result, failure.take()) {
                (Ok(value), before) => {
                    values.push(value);
                    failure = before;
                }
                (Err(error), None) => failure = Some(error),
                (Err(error), Some(before)) => failure = Some(before.and(error)),
            }
        }
        failure.map_or(Ok(values), Err)
    }
}
