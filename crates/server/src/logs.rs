//! Log lines: pretty on a terminal, JSON otherwise; personal data masked whatever wrote the line.

use crate::config::{Fault, sections};
use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};
use tracing_subscriber::{
    EnvFilter, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Reads a filter such as `info,request=debug`.
pub fn filter(text: &str) -> Result<EnvFilter, Fault> {
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    // the library takes such a word for a part of the program and silences all others
    if let Some(word) = text.split(',').map(str::trim).find(|word| is_bare(word) && !is_level(word)) {
        let why = format!("{word:?} is no level; the levels are off, error, warn, info, debug and trace");
        let remedy =
            format!("write it like \"info\" or \"warn,checkout=debug\"; of a part of the program \"{word}=trace\"");
        return Err(Fault::new("log.filter has a wrong value", why, remedy));
    }
    EnvFilter::builder().parse(text).map_err(|error| {
        Fault::new(
            "log.filter has a wrong value",
            error.to_string(),
            "write it like \"info\" or \"warn,checkout=debug\"",
        )
    })
}

/// Whether a part of a filter is one word.
fn is_bare(part: &str) -> bool {
    !part.is_empty() && !part.contains(['=', '[', ']', '{', '}'])
}

/// Starts logging to standard error. Does nothing when something has already (tests in one process).
pub fn start(log: &sections::Log) -> Result<(), Fault> {
    let filter = filter(&log.filter)?;
    let pretty = match log.format {
        sections::LogFormat::Auto => io::stderr().is_terminal(),
        sections::LogFormat::Pretty => true,
        sections::LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(Masking).with_ansi(pretty && io::stderr().is_terminal());
    let started = if pretty {
        tracing_subscriber::registry().with(filter).with(lines.compact()).try_init()
    } else {
        let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
        tracing_subscriber::registry().with(filter).with(json).try_init()
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            let words = panic.payload_as_str().unwrap_or("no words");
            tracing::error!(place, "panic: {words}");
        }));
    }
    Ok(())
}

/// Standard error, with every line masked.
#[derive(Debug, Clone, Copy)]
struct Masking;

impl MakeWriter<'_> for Masking {
    type Writer = Masking;
    fn make_writer(&self) -> Masking {
        Masking
    }
}

impl Write for Masking {
    // the formatter hands over whole lines
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        io::stderr().lock().write_all(masked(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The line without e-mail addresses, telephone numbers and tokens: the last fence behind the rule not to log them at all.
pub fn masked(line: &str) -> Cow<'_, str> {
    let suspicious = line.contains('@') || line.contains("eyJ") || has_digits(line.as_bytes());
    if !suspicious {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| !is_apart(c)) {
        let (between, from) = rest.split_at(start);
        out.push_str(between);
        let end = from.find(is_apart).unwrap_or(from.len());
        out.push_str(&word(&from[..end]));
        rest = &from[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What separates words that may be personal.
fn is_apart(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | ',' | ';' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '=' | ':' | '/' | '\\')
}

fn word(text: &str) -> Cow<'_, str> {
    if let Some((name, domain)) = text.split_once('@')
        && !name.is_empty()
        && domain.contains('.')
    {
        return Cow::Borrowed("***@***");
    }
    if text.len() > 40 && text.starts_with("eyJ") && text.matches('.').count() == 2 {
        return Cow::Borrowed("eyJ***");
    }
    if is_telephone(text) { Cow::Borrowed("***-****") } else { Cow::Borrowed(text) }
}

/// Korean mobile and landline numbers, with or without hyphens and country code.
fn is_telephone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    let local = digits.strip_prefix("82").map_or(digits.clone(), |rest| format!("0{}", rest.trim_start_matches('0')));
    let dotted = text.contains('.') && !text.contains('-');
    let mobile = ["010", "011", "016", "017", "018", "019"].iter().any(|prefix| local.starts_with(prefix));
    let written_so = text.contains('-') && local.starts_with('0');
    plain && !dotted && (9..=11).contains(&local.len()) && (written_so || mobile && local.len() >= 10)
}

/// Whether nine digits stand in the line at all, as a cheap first look.
fn has_digits(line: &[u8]) -> bool {
    let mut run = 0;
    for byte in line {
        match byte {
            b'0'..=b'9' => run += 1,
            b'-' => {}
            _ => run = 0,
        }
        if run >= 9 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused_because_it_would_silence_everything() {
        for good in [
            "info",
            "WARN",
            "off",
            "warn,checkout=debug",
            "checkout=debug",
            "info,request=debug",
            "0",
            "",
            "info,[{order}]=debug",
        ] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for wrong in ["warning", "loud", "info,checkout", "checkout", "info,=what="] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
        assert!(filter("warning").unwrap_err().why.contains("no level"));
    }

    #[test]
    fn personal_data_is_masked() {
        for (line, shown) in [
            ("mail=kim.minji@example.com refused", "mail=***@*** refused"),
            ("{\"to\":\"kim@example.co.kr\"}", "{\"to\":\"***@***\"}"),
            ("call 010-1234-5678 or 01012345678", "call ***-**** or ***-****"),
            ("phone=+82-10-1234-5678", "phone=***-****"),
            ("bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw x", "bearer eyJ*** x"),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    #[test]
    fn numbers_of_the_shop_stay_readable() {
        for line in [
            "order ORD-20260206-AB23CD45 paid 1234567890 minor",
            "2026-02-06T12:34:56.123456Z  INFO ready after_ms=41",
            "trace 4bf92f3577b34da6a3ce929d0e0e4736 user 0b1f2c3d-0000-4000-8000-000000000001",
            "id 0123456789",
            "listening on 127.0.0.1:8080",
            "@here",
        ] {
            assert_eq!(masked(line), line);
        }
    }
}
