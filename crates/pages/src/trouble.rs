//! A refusal on the page whose form was refused: what is wrong, with which field, and what to do next.

use askama::Template;

/// A refusal in the words of its page.
#[derive(Debug, Clone, Template)]
#[template(path = "trouble.html")]
pub struct Trouble {
    pub title: &'static str,
    pub sentence: String,
    /// What is wrong with each field.
    pub lines: Vec<String>,
    pub next: &'static str,
}
