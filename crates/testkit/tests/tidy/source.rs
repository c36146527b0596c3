//! Takes a text apart: what people read in it, and what the compiler reads.

/// One kind of text out of a file, each line with its number.
#[derive(Default)]
pub struct Lines(Vec<(usize, String)>);

impl Lines {
    fn push(&mut self, line: usize, text: &str) {
        match self.0.last_mut() {
            Some((last, so_far)) if *last == line => so_far.push_str(text),
            _ => self.0.push((line, text.to_owned())),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(|(line, text)| (*line, text.as_str()))
    }

    /// The lines in lower case and joined by spaces, so that a phrase is found where a line ends in it; and for each byte its line.
    pub fn joined(&self) -> (String, Vec<usize>) {
        let (mut text, mut lines) = (String::new(), Vec::new());
        let mut before = 0;
        for (line, part) in self.iter() {
            // a gap ends a comment, and a phrase does not go on behind it
            text.push_str(if line > before + 1 { " ¶ " } else { " " });
            text.push_str(&without_code(part).to_lowercase());
            lines.resize(text.len(), line);
            before = line;
        }
        (text, lines)
    }
}

/// A Rust file: its comments, its string literals, and its code without both.
#[derive(Default)]
pub struct Rust {
    pub comments: Lines,
    pub strings: Lines,
    pub code: Lines,
}

impl Rust {
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut line = 1;
        for (kind, part) in parts(text) {
            for (n, piece) in part.split('\n').enumerate() {
                match kind {
                    Kind::Comment => {
                        found.comments.push(line + n, piece.trim_start().trim_start_matches(['/', '!', '*']))
                    }
                    Kind::String => found.strings.push(line + n, piece),
                    Kind::Code => found.code.push(line + n, piece),
                }
            }
            line += part.matches('\n').count();
        }
        found
    }
}

/// The parts of a Rust file in their order: comments, literals, names and single signs.
pub fn parts(text: &str) -> impl Iterator<Item = (Kind, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (kind, length) = next_part(rest, rest.chars().next()?);
        let (part, after) = rest.split_at(length);
        rest = after;
        Some((kind, part))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Comment,
    String,
    Code,
}

/// What the text begins with, and how long that is.
fn next_part(rest: &str, first: char) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, until("*/", 2));
    }
    if first == '"' {
        return (Kind::String, end_of_string(bytes));
    }
    let hashes = bytes.iter().skip(1).take_while(|byte| **byte == b'#').count();
    if first == 'r' && bytes.get(1 + hashes) == Some(&b'"') {
        return (Kind::String, until(&format!("\"{}", "#".repeat(hashes)), 2 + hashes));
    }
    if first == '\'' {
        // a character literal, unless it is a lifetime
        let literal =
            if bytes.get(1) == Some(&b'\\') { rest[3..].find('\'').map(|at| at + 4) } else { end_of_char(rest) };
        return (Kind::Code, literal.unwrap_or(1));
    }
    if first.is_alphanumeric() || first == '_' {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (Kind::Code, name);
    }
    (Kind::Code, first.len_utf8())
}

fn end_of_string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn end_of_char(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(2);
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

/// The prose of a Markdown file: fenced blocks are left out.
pub fn markdown(text: &str) -> Lines {
    let mut found = Lines::default();
    let mut fenced = false;
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.push(n + 1, line);
        }
    }
    found
}

/// The comments and descriptions of a TOML file or a shell script.
pub fn hash_comments(text: &str) -> Lines {
    let mut found = Lines::default();
    for (n, line) in text.lines().enumerate() {
        if let Some(description) = line.strip_prefix("description = ") {
            found.push(n + 1, description);
        } else if let Some((_, comment)) = line.split_once("# ") {
            found.push(n + 1, comment);
        }
    }
    found
}

/// A line without its `code` and the addresses of its links.
fn without_code(line: &str) -> String {
    let spaced: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ` ");
    let mut kept = String::new();
    let mut rest = spaced.as_str();
    while let Some(at) = rest.find("](") {
        kept.push_str(&rest[..at + 1]);
        rest = rest[at..].split_once(')').map_or("", |(_, after)| after);
    }
    kept + rest
}

/// What stands between backticks.
pub fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The addresses of a line's Markdown links.
pub fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(address, _)| address)
}
