//! What pages for people share: the shell around every page, forms that only the shop itself can send, sessions in cookies, money and
//! time in two languages, the stylesheet and the scripts. The README has the map.

pub mod api;
pub mod asked;
pub mod assets;
pub mod cookie;
pub mod door;
pub mod form;
pub mod gap;
pub mod html;
pub mod origin;
pub mod refused;
pub mod sent;
pub mod session;
pub mod shell;
pub mod show;
pub mod trouble;
pub mod typed;
pub mod upload;
pub mod visit;
pub mod words;

pub use api::{Api, Head};
pub use form::{Fields, FormToken};
pub use html::Html;
pub use refused::{PageResult, Refused};
pub use shell::Shell;
pub use trouble::Trouble;
pub use visit::Visit;
pub use web::Language;
