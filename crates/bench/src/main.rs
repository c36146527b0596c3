//! `bench`: see the README.

mod client;
mod load;
mod machine;

fn main() {}
