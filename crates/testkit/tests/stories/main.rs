//! Stories: sentences in the shop's language that end with the shop consistent.

mod accounts;
mod again;
mod attempts;
mod cancel;
mod cart;
mod document;
mod events;
mod goods;
mod guests;
mod input;
mod language;
mod ledger;
mod matrix;
mod once;
mod parcels;
mod payment;
mod product_list;
mod purchase;
mod queries;
mod refunds;
mod routes;
mod rush;
mod statements;
mod stock;
mod streams;
mod text;
