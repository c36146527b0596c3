//! A whole shop in a test. See the README.

mod aggregator;
mod browser;
mod closing;
mod comparison;
mod contents;
mod document;
mod goods;
mod mutate;
mod old_shop;
mod played;
mod program;
mod sender;
mod shop;
mod wire;

pub use aggregator::{Aggregator, Mishap};
pub use browser::{Browser, Page};
pub use contents::{Contents, TABLES, Window};
pub use document::{Document, Operation, Parameter};
pub use fixture::{Fault, ObjectStore, Response, Responses, SECRET_KEY, Stream, StreamEvent, wait};
pub use goods::{Product, ProductBuilder};
pub use mutate::{Mutant, mutants};
pub use old_shop::OldShop;
pub use program::{Process, Program};
pub use sender::{Sender, address, order_of};
pub use shop::{Crowd, TestShop};
pub use wire::Wire;
