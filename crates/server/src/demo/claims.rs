//! The claims of the demo. It checks each one before it prints it.

use crate::commands::say;
use std::fmt::Display;

/// The claims of a day.
#[derive(Debug, Default)]
pub struct Claims {
    acts: usize,
    held: usize,
    differed: Vec<String>,
}

impl Claims {
    /// A new part of the day.
    pub fn act(&mut self, title: &str) {
        self.acts += 1;
        say(format_args!("\n{}. {title}", self.acts));
    }

    /// A remark, which is not checked.
    pub fn note(&self, text: impl Display) {
        say(format_args!("   · {text}"));
    }

    /// Prints a claim that holds; records one that does not, with what was found. Returns whether it held.
    pub fn claim(&mut self, holds: bool, claim: impl Display, found: impl Display) -> bool {
        if holds {
            self.held += 1;
            say(format_args!("   ✓ {claim}"));
        } else {
            say(format_args!("   ✗ {claim}\n     found: {found}"));
            self.differed.push(format!("{claim} - found: {found}"));
        }
        holds
    }

    /// Whether all claims held; prints the result.
    pub fn all_held(&self) -> bool {
        let total = self.held + self.differed.len();
        say(format_args!("\n{} of {total} claims held", self.held));
        for line in &self.differed {
            say(format_args!("   ✗ {line}"));
        }
        self.differed.is_empty() && self.held > 0
    }
}
