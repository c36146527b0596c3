//! An option of a variant with its value, as one text: what a search asks for, and what stands in the address of a page.

use kernel::{Code, Error, Result, text};
use std::{
    fmt::{self, Write},
    str::FromStr,
};

/// An option with its value, such as `color:Navy`. Names and values may have every sign: a comma, which stands between several, and in a
/// name the colon behind it, have a `\` in front (`\\` for one of its own).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub value: String,
}

/// Signs that mean something else without a `\`.
const SIGNS: [char; 3] = ['\\', ',', ':'];

impl FromStr for Choice {
    type Err = Error;
    fn from_str(text: &str) -> Result<Choice> {
        let refused = || Code::InvalidInput.because("must be an option and its value, such as color:Navy");
        let (mut name, mut read, mut signs) = (None, String::new(), text.chars().peekable());
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => read.push(signs.next_if(|next| SIGNS.contains(next)).unwrap_or('\\')),
                ':' if name.is_none() => name = Some(std::mem::take(&mut read)),
                ',' => return Err(refused()),
                _ => read.push(sign),
            }
        }
        let (name, value) = (text::clean(&name.ok_or_else(refused)?), text::clean(&read));
        if name.is_empty() || value.is_empty() { Err(refused()) } else { Ok(Choice { name, value }) }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut write = |text: &str, signs: &[char]| {
            text.chars().try_for_each(|c| {
                if signs.contains(&c) {
                    f.write_char('\\')?;
                }
                f.write_char(c)
            })
        };
        write(&self.name, &SIGNS)?;
        write(":", &[])?;
        write(&self.value, &SIGNS[..2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(String, String)> {
        text.parse::<Choice>().ok().map(|choice| (choice.name, choice.value))
    }

    #[test]
    fn an_option_and_its_value_are_read_from_one_text() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(read("color: Navy "), pair("color", "Navy"));
        assert_eq!(read("ratio:16:9"), pair("ratio", "16:9"));
        assert_eq!(read(r"용량(ml)\::100"), pair("용량(ml):", "100"));
        assert_eq!(read(r"size:1\,5L"), pair("size", "1,5L"));
        assert_eq!(read(r"path:C\dir\\"), pair("path", r"C\dir\"));
        for wrong in ["", "color", "color:", ":Navy", "color:Navy,Red", r"color\:Navy", " : "] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let shown = Choice { name: "용량(ml):".into(), value: "1,5L: x".into() }.to_string();
        assert_eq!(shown, r"용량(ml)\::1\,5L: x");
    }

    proptest! {
        #[test]
        fn every_option_and_value_is_read_as_it_was_written(name in r"[a-z,:\\ 가]{1,8}", value in r"[a-z,:\\ 가]{1,8}") {
            let (name, value) = (text::clean(&name), text::clean(&value));
            prop_assume!(!name.is_empty() && !value.is_empty());
            let choice = Choice { name, value };
            prop_assert_eq!(choice.to_string().parse::<Choice>().unwrap(), choice);
        }
    }
}
