//! Values on their way to and from PostgreSQL.

use crate::{Arg, Column};
use kernel::{Code, Result};
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

type Failure = Box<dyn Error + Sync + Send>;

/// One argument, kept until it is sent.
#[derive(Debug)]
pub(super) enum Scalar {
    Null,
    Int(i64),
    Text(String),
}

impl Scalar {
    /// `arg` must be a scalar; [`Arg::each_scalar`] splits lists.
    pub fn of(arg: &Arg<'_>) -> Scalar {
        match arg {
            Arg::Int(value) => Scalar::Int(*value),
            Arg::Text(text) => Scalar::Text((*text).to_owned()),
            Arg::Owned(text) => Scalar::Text(text.clone()),
            Arg::Null | Arg::List(_) | Arg::Pairs(_) | Arg::Rows(_) => Scalar::Null,
        }
    }
}

impl ToSql for Scalar {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match (self, ty) {
            (Scalar::Null, _) => Ok(IsNull::Yes),
            (Scalar::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Scalar::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Scalar::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            (Scalar::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN) => {
                text.as_str().to_sql(ty, out)
            }
            (Scalar::Int(_), _) => Err(format!("a number where PostgreSQL expects {ty}").into()),
            (Scalar::Text(_), _) => Err(format!("text where PostgreSQL expects {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A `numeric` without fraction, the type of a `sum` of whole numbers.
struct Whole(i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Whole, Failure> {
        let word = |n: usize| raw.get(n * 2..n * 2 + 2).map(|two| i16::from_be_bytes([two[0], two[1]]));
        let (Some(digits), Some(weight), Some(sign)) = (word(0), word(1), word(2)) else {
            return Err("a numeric that is cut short".into());
        };
        if sign != 0 && sign != 0x4000 {
            return Err("a numeric that is no number".into());
        }
        let mut value: i128 = 0;
        // digits of base 10,000, the first of them worth 10,000 to the power of weight
        for n in 0..=i32::from(weight) {
            let digit =
                if n < i32::from(digits) { word(4 + usize::try_from(n)?).ok_or("a missing digit")? } else { 0 };
            value =
                value.checked_mul(10_000).and_then(|value| value.checked_add(i128::from(digit))).ok_or("too large")?;
        }
        if i32::from(digits) > i32::from(weight) + 1 {
            return Err("a numeric with a fraction".into());
        }
        Ok(Whole(i64::try_from(if sign == 0 { value } else { -value })?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

/// The value in column `index`.
pub(crate) fn column(row: &tokio_postgres::Row, index: usize) -> Result<Column<'_>> {
    let missing = || Code::Internal.error().caused_by(format!("there is no column {index}"));
    let ty = row.columns().get(index).ok_or_else(missing)?.type_();
    let read = match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|value| value.map(Column::Int)),
        Type::INT4 => row.try_get::<_, Option<i32>>(index).map(|value| value.map(|n| Column::Int(n.into()))),
        Type::INT2 => row.try_get::<_, Option<i16>>(index).map(|value| value.map(|n| Column::Int(n.into()))),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map(|value| value.map(|yes| Column::Int(yes.into()))),
        Type::NUMERIC => row.try_get::<_, Option<Whole>>(index).map(|value| value.map(|whole| Column::Int(whole.0))),
        _ => row.try_get::<_, Option<&str>>(index).map(|value| value.map(Column::Text)),
    };
    let value = read.map_err(|e| Code::Internal.error().caused_by(format!("column {index}: {e:?}")))?;
    Ok(value.unwrap_or(Column::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(sign: i16, weight: i16, digits: &[i16]) -> Result<i64, Failure> {
        let head = [digits.len() as i16, weight, sign, 0];
        let raw: Vec<u8> = head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect();
        Whole::from_sql(&Type::NUMERIC, &raw).map(|whole| whole.0)
    }

    #[test]
    fn a_sum_is_a_whole_number() {
        assert_eq!(numeric(0, 0, &[]).unwrap(), 0);
        assert_eq!(numeric(0, 0, &[42]).unwrap(), 42);
        assert_eq!(numeric(0x4000, 1, &[1, 2]).unwrap(), -10_002);
        assert_eq!(numeric(0, 2, &[3]).unwrap(), 300_000_000, "zeroes at the end are not sent");
        assert_eq!(numeric(0, 4, &[922, 3372, 368, 5477, 5807]).unwrap(), i64::MAX);
        assert!(numeric(0, 4, &[922, 3372, 368, 5477, 5808]).is_err(), "too large");
        assert!(numeric(0, 0, &[1, 5_000]).is_err(), "one and a half");
        assert!(numeric(-16_384, 0, &[]).is_err(), "not a number");
    }
}
