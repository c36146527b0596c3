//! A page: its title, and the blocks below it.

use crate::visit::Visit;
use askama::Template;
use kernel::Result;
use pages::{Html, texts};

texts! {
    /// The texts of every page.
    PageTexts {
        done: "It is done.", "처리했습니다.";
        open: "It has begun, and its outcome is open. Look again in a moment.", "처리를 시작했고 아직 결과를 기다리고 있습니다. 잠시 후 다시 확인해 주세요.";
    }
}

/// What a page shows.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    /// A sentence below the title.
    pub lead: Option<String>,
    /// Where clicks beside the title lead, with their texts.
    pub actions: Vec<(String, &'static str)>,
    pub blocks: Vec<Html>,
}

impl Page {
    /// A page without blocks.
    pub fn of(title: impl Into<String>) -> Page {
        Page { title: title.into(), ..Page::default() }
    }

    /// The same with a sentence below its title.
    #[must_use]
    pub fn lead(self, lead: impl Into<String>) -> Page {
        Page { lead: Some(lead.into()), ..self }
    }

    /// The same with one more button beside its title.
    #[must_use]
    pub fn action(mut self, path: impl Into<String>, text: &'static str) -> Page {
        self.actions.push((path.into(), text));
        self
    }

    /// The same with one more block.
    pub fn with(mut self, block: &impl Template) -> Result<Page> {
        self.blocks.push(Html::of(block)?);
        Ok(self)
    }

    /// The same with one more block, which a browser asks for again after so many seconds.
    pub fn with_live(mut self, seconds: u32, block: &impl Template) -> Result<Page> {
        self.blocks.push(Html::of(&Live { seconds, block: Html::of(block)? })?);
        Ok(self)
    }

    /// The same with the block, if there is one.
    pub fn with_some(self, block: Option<impl Template>) -> Result<Page> {
        match block {
            Some(block) => self.with(&block),
            None => Ok(self),
        }
    }
}

/// A block that is asked for again while the page is looked at.
#[derive(Template)]
#[template(path = "live.html")]
struct Live {
    seconds: u32,
    block: Html,
}

/// A page with what its form led to.
#[derive(Template)]
#[template(path = "page.html")]
pub struct Frame<'a> {
    page: &'a Page,
    trouble: Option<Html>,
    note: Option<&'static str>,
}

impl<'a> Frame<'a> {
    /// The page for this visit.
    pub fn of(visit: &Visit, page: &'a Page, trouble: Option<Html>) -> Frame<'a> {
        let t = PageTexts::of(visit.language);
        let note = match visit.query.text("done") {
            "1" if trouble.is_none() => Some(t.done),
            "open" if trouble.is_none() => Some(t.open),
            _ => None,
        };
        Frame { page, trouble, note }
    }
}
