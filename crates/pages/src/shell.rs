//! The shell of every page: what stands in its head, and the way to its content for people who use no mouse.

use crate::{Html, Language, assets, texts, words};
use askama::Template;
use kernel::Result;

texts! {
    /// The texts of the shell.
    ShellTexts {
        skip: "Skip to content", "본문으로 건너뛰기";
    }
}

/// What a page says about itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub title: String,
    /// For search engines and for those who get a link.
    pub description: String,
    /// The one address of this page; without one it is not for search engines.
    pub canonical: Option<String>,
    /// The image that a shared link shows, as a whole address.
    pub image: Option<String>,
    /// `website`, or `product`.
    pub kind: &'static str,
    /// Seconds after which a browser without scripts asks again.
    pub refresh: Option<u32>,
    /// Structured data.
    pub data: Option<Html>,
    /// A stylesheet and a script beside those that every page has.
    pub own: Option<Own>,
}

/// The addresses of a stylesheet and a script that a part of the pages has for itself.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    pub style: &'static str,
    pub script: &'static str,
}

/// A page: its head, and its parts.
#[derive(Template)]
#[template(path = "shell.html")]
pub struct Shell<'a> {
    pub language: Language,
    /// The name of the shop.
    pub shop: &'a str,
    pub about: &'a About,
    pub header: Html,
    pub main: Html,
    pub footer: Html,
}

impl Shell<'_> {
    /// The whole page.
    pub fn page(&self) -> Result<Html> {
        Html::of(self)
    }

    fn t(&self) -> &'static ShellTexts {
        ShellTexts::of(self.language)
    }

    fn code(&self) -> &'static str {
        words::code(self.language)
    }

    fn style(&self) -> &'static str {
        assets::style()
    }

    fn script(&self) -> &'static str {
        assets::script()
    }

    fn suggestions(&self) -> &'static str {
        assets::suggestions()
    }

    fn icon(&self) -> &'static str {
        assets::icon()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_people_are_escaped_wherever_they_stand() {
        let evil = "\"><script>alert(1)</script>".to_owned();
        let about = About {
            title: evil.clone(),
            description: evil.clone(),
            canonical: Some(evil.clone()),
            image: Some(evil.clone()),
            kind: "website",
            ..About::default()
        };
        let shell = Shell {
            language: Language::Korean,
            shop: &evil,
            about: &about,
            header: Html::default(),
            main: Html::default(),
            footer: Html::default(),
        };
        let page = shell.page().unwrap();
        assert!(!page.as_str().contains("<script>alert") && page.as_str().contains("lang=\"ko\""), "{page}");
    }
}
