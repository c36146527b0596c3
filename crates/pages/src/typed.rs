//! Numbers as people type them: with digits of half or full width, and with commas between thousands.

/// The number that was typed: `1200`, `-3`, `1,200`, `１２`; `None` for a text that is none, and for a comma elsewhere, as in `1,5`.
pub fn whole(typed: &str) -> Option<i64> {
    let text = plain(typed)?;
    // Rust also reads "+1"
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// The text without blanks around it, with ASCII in place of its full-width forms, and without the commas between thousands; `None` where
/// a comma stands elsewhere. Other forms of digits stay as they are: `5²` is not 52.
pub fn plain(typed: &str) -> Option<String> {
    let text: String = typed.trim().chars().map(half_width).collect();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_grouped = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let good = !part.contains(',') && (rest.is_empty() || is_grouped);
    good.then(|| text.replace(',', ""))
}

/// The same sign as ASCII has it.
pub fn half_width(sign: char) -> char {
    match sign {
        '！'..='～' => char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(sign),
        _ => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (typed, number) in [
            ("1200", 1_200),
            (" 1,200 ", 1_200),
            ("1,234,567", 1_234_567),
            ("-3", -3),
            ("１，２００", 1_200),
            ("　７", 7),
        ] {
            assert_eq!(whole(typed), Some(number), "{typed:?}");
        }
        assert_eq!(plain("1,234.50").as_deref(), Some("1234.50"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for typed in
            ["", "abc", "1.5", "1,5", "1,2000", ",100", "1,,200", "1,200,", "+1", "5²", "99999999999999999999", "1 200"]
        {
            assert_eq!(whole(typed), None, "{typed:?}");
        }
        assert_eq!((plain("1.5,00"), plain("1,5.00")), (None, None));
    }
}
