//! The command line.

use crate::commands;
use crate::config::{Config, Fault, Flags};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::{
    collections::BTreeSet, ffi::OsString, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, sync::LazyLock,
    time::Duration,
};

/// A commerce backend that holds under a rush.
///
/// Exit codes: 0 done; 1 done, and what was looked for is not in order; 2 wrong usage or configuration; 3 it could not be done.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, max_term_width = 110)]
pub struct Cli {
    /// Settings file instead of ./holdfast.toml
    #[arg(short, long, global = true, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, over all files and the environment; may be repeated
    #[arg(short = 'o', long = "option", global = true, value_name = "SECTION.KEY=VALUE", value_parser = pair)]
    options: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

/// Which records of the gateway an audit compares.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Compare with the gateway's records from this time or day on, instead of the last days (checkout.compare_last)
    #[arg(long)]
    pub from: Option<String>,
    /// Before this time or day; now when not given
    #[arg(long, requires = "from")]
    pub to: Option<String>,
    /// Look only at what changed since an audit that found nothing; at everything when there was none
    #[arg(long)]
    pub changed: bool,
    /// Let the database also compare every index with its table, which takes a long read
    #[arg(long, conflicts_with = "changed")]
    pub thorough: bool,
    /// Begin anew, although an audit was stopped within the last six hours
    #[arg(long)]
    pub anew: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API
    Serve(Listen),
    /// Open a fresh demo shop, play through a day in it, and stay up
    Demo(Demo),
    /// Let many people rush for a few coupons or deal units of a running shop, and compare every count
    ///
    /// The shop gets a coupon or a product with a time deal of its own, which is closed in the end; what people got stays. Every
    /// person asks once. Then the shop's counts and what each person holds are read back. Exits 0 when every count is exact, 1
    /// when one is not, 3 when there was no rush.
    Rush(Rush),
    /// Serve a payment gateway that behaves as Toss Payments does, without money
    ///
    /// Point a shop at it with gateway.kind = "toss", toss.url and a test key (toss.secret = "test_sk_anything"). /window is the
    /// page on which a buyer pays, /control/records has its records.
    FakeToss(FakeToss),
    /// Import products from a CSV, JSON or XLSX file
    Import(Import),
    /// Export products, orders, customers or stock as CSV
    Export(Export),
    /// Bring the database's schema up to date, and compare it with what this program declares
    Migrate,
    /// Copy a shop to another database, compare both and audit both
    ///
    /// Stop every server on both databases first: changes in the source during the copy would be lost. The command finds an instance
    /// that runs on a database server and refuses; it cannot find another program that has a SQLite file open. The target must be
    /// migrated and empty. The source is only read, except that its newest events get their sequence numbers.
    Copy(Transfer),
    /// Make an access token, for scripts
    Token(Token),
    /// Give a signed-up user roles, instead of those they have
    Grant(Grant),
    /// Orders from other sales channels
    #[command(subcommand)]
    Orders(Orders),
    /// Look after the stock
    #[command(subcommand)]
    Inventory(Inventory),
    /// Look after the read models, of which reports are made
    #[command(subcommand)]
    Reports(Reports),
    /// Look after the search indexes of a running shop
    #[command(subcommand)]
    Search(SearchIndex),
    /// Check every promise the shop makes; exits 1 when one is broken
    ///
    /// The audit also runs the database's own check and compares payments and refunds with the gateway's records. It names what could
    /// not be checked, and exits 1 too when the gateway gave no list to compare with.
    Audit(Audit),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Configuration),
    /// Print every error code (docs/ERRORS.md)
    Errors,
    /// Print the OpenAPI document
    Openapi,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct Listen {
    /// Address and port, over server.listen
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// SQLite file, over database.url
    #[arg(short, long, value_name = "FILE")]
    database: Option<PathBuf>,
}

/// What `demo` takes.
#[derive(Debug, Args)]
pub struct Demo {
    /// Exit after the day: 0 only if everything happened as announced
    #[arg(long)]
    pub once: bool,
    /// Folder of the demo shop; wiped first, if it is one
    #[arg(long, value_name = "FOLDER", default_value = "data/demo")]
    pub data: PathBuf,
    /// Address and port; any free port of this machine when left out
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// What `rush` takes.
#[derive(Debug, Args)]
pub struct Rush {
    /// How many coupons there are; 100 when --deal is not given either
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub coupons: Option<u32>,
    /// How many units a time deal has, one to a person
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub deal: Option<u32>,
    /// How many people want one
    #[arg(long, value_name = "COUNT", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub people: u32,
    /// Put a waiting queue in front, which opens by lottery once everybody is in its lobby
    #[arg(long)]
    pub queue: bool,
    /// The shop; server.listen of the settings when left out
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Most connections, each with one request at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Most requests without a response at a time; as many as connections when left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub in_flight: Option<u32>,
    /// An administrator's token, for a shop whose auth.secrets are not in these settings
    #[arg(long, value_name = "TOKEN", env = "HOLDFAST_RUSH_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// How many people may sign up in a second, where this program cannot sign their tokens
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub sign_ups: u32,
}

/// What `fake-toss` takes.
#[derive(Debug, Args)]
pub struct FakeToss {
    /// Address and port
    #[arg(short, long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Folder of its records
    #[arg(long, value_name = "FOLDER", default_value = "data/fake-toss")]
    pub data: PathBuf,
    /// Where its messages go, such as http://127.0.0.1:8080/api/v1/shopping/payments/webhooks/toss; none are sent when left out
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
    /// The secret key that it accepts; every test key when left out
    #[arg(long, value_name = "KEY", env = "HOLDFAST_FAKE_TOSS_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
}

/// A file of rows, and how it is read.
#[derive(Debug, Args)]
pub struct RowsOfFile {
    /// The file; - reads standard input and needs --format
    pub file: PathBuf,
    /// A field that has another name in the file; may be repeated: --map name=productDisplayName
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// A field that is the same in every row; may be repeated: --set price=19900
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// How the file is written; by its name when left out
    #[arg(long)]
    pub format: Option<Format>,
    /// The sheet of a workbook; the first one when left out
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// How its text is encoded, such as utf-8, cp949, utf-16; detected when left out
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The sign before the fraction of an amount; each amount's digits decide when left out
    #[arg(long, value_name = "point|comma")]
    pub decimal: Option<String>,
    /// Exit 1 when a row was refused
    #[arg(long)]
    pub strict: bool,
    /// Store nothing, and say what would be stored
    #[arg(long)]
    pub dry_run: bool,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    pub rows: RowsOfFile,
    /// What an empty cell says: leave what is stored, or clear it where a product may lack it
    #[arg(long, value_name = "leave|clear", default_value = "leave")]
    pub blank: String,
    /// Whose products they become, a user's id; the shop's own when left out
    #[arg(long, value_name = "UUID")]
    pub seller: Option<String>,
    /// Store new products as drafts instead of putting them on sale
    #[arg(long)]
    pub draft: bool,
    /// Refuse a row whose name another product has, instead of noting it
    #[arg(long)]
    pub unique_names: bool,
}

/// What `export` takes.
#[derive(Debug, Args)]
pub struct Export {
    /// What is exported: products and stock as `import` reads them; orders; customers
    pub what: Exported,
    /// Where the table goes; standard output when left out
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Exported {
    /// Every product, a row for each variant
    Products,
    /// Every order
    Orders,
    /// Every user who has ordered
    Customers,
    /// The units of every sku
    Stock,
}

/// How an import file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated, with a head line
    Csv,
    /// A workbook of Excel
    Xlsx,
    /// JSON: an array of objects, or one object a line
    #[value(alias = "ndjson")]
    Json,
}

/// What `copy` takes.
#[derive(Debug, Args)]
pub struct Transfer {
    /// Where the shop is: sqlite:FILE, postgres://… or mysql://…
    #[arg(long, value_name = "URL", env = "HOLDFAST_COPY_FROM", hide_env_values = true)]
    pub from: String,
    /// Where it goes
    #[arg(long, value_name = "URL", env = "HOLDFAST_COPY_TO", hide_env_values = true)]
    pub to: String,
    /// Delete every row of the target first, without asking
    #[arg(long)]
    pub replace: bool,
}

/// What `token` takes.
#[derive(Debug, Args)]
pub struct Token {
    /// The user's id, a UUID
    #[arg(long, value_name = "UUID")]
    pub user: String,
    /// USER, SELLER, ADMIN or SERVICE; may be repeated
    #[arg(long, value_name = "ROLE", default_value = "USER")]
    pub role: Vec<String>,
    /// How long it is good for, such as 1h or 30d; auth.access_ttl when left out
    #[arg(long, value_name = "TIME", value_parser = web::settings::parse_duration)]
    pub expires: Option<Duration>,
}

/// What `grant` takes.
#[derive(Debug, Args)]
pub struct Grant {
    /// The e-mail address the user signed up with
    pub email: String,
    /// USER, SELLER or ADMIN; may be repeated
    #[arg(long, value_name = "ROLE", required = true)]
    pub role: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Orders {
    /// Place orders that were paid elsewhere, and gifts, from a CSV, JSON or XLSX file
    ///
    /// Rows that follow each other with the same channelOrderNumber are one order. Each order is placed by itself, PAID, or its rows are
    /// refused and printed. An order is known by its channel and its number there: the same file again places nothing twice, also after
    /// a crash in the middle. Fields: channel, channelOrderNumber, sku, quantity, unitPrice, shippingFee, paidAmount, giftReason,
    /// buyerEmail, buyerName, receiverName, receiverPhone, zipCode, address1, address2, memo.
    Import(RowsOfFile),
}

#[derive(Debug, Subcommand)]
enum Inventory {
    /// Fold the ledger again and repair what differs from it
    Rebuild {
        /// Only say what would be repaired; exits 1 when something would
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Reports {
    /// Work out every read model anew from the shop's records and repair what differs
    Rebuild {
        /// Only say what would be repaired; exits 1 when something would
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Configuration {
    /// Print every setting with its value and where it comes from; secrets are hidden
    Show,
    /// Say whether the configuration is good
    Check,
    /// Print the commented defaults, a file to start from
    Default {
        /// As a table (docs/SETTINGS.md)
        #[arg(long)]
        markdown: bool,
    },
}

/// What `search` does.
#[derive(Debug, Subcommand)]
pub(crate) enum SearchIndex {
    /// Build the index of every instance anew, beside searches and sales; exits 1 when one ended meanwhile
    Rebuild {
        /// The shop; server.listen of the settings when left out
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// An administrator's token, for a shop whose auth.secrets are not in these settings
        #[arg(long, value_name = "TOKEN", env = "HOLDFAST_SEARCH_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Show how the index of the instance that answers stands
    Status {
        /// The shop; server.listen of the settings when left out
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// An administrator's token, for a shop whose auth.secrets are not in these settings
        #[arg(long, value_name = "TOKEN", env = "HOLDFAST_SEARCH_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Search for everything in a list, and count how often the right products come first; exits 1 below 0.9
    ///
    /// The built-in list is for the products of the research data set that the import's README loads. A line of a list has a query, a
    /// tab, the words that one of the first three products must have, and optionally a tab and the words that most of the first ten
    /// must have.
    Judge {
        /// The list; the built-in one when left out
        #[arg(value_name = "FILE")]
        list: Option<PathBuf>,
        /// The shop; server.listen of the settings when left out
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Print the built-in synonyms, a list to start an own one from
    Synonyms,
}

/// The environment variables that arguments of commands are read from, such as a token.
pub(crate) static VARIABLES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    fn add(command: &clap::Command, found: &mut BTreeSet<String>) {
        let named = command.get_arguments().filter_map(|argument| argument.get_env());
        found.extend(named.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|one| add(one, found));
    }
    let mut found = BTreeSet::new();
    add(&Cli::command(), &mut found);
    found
});

/// The exit code of a command that was done and found something that is not in order.
pub fn not_in_order() -> ExitCode {
    ExitCode::from(1)
}

/// Runs the program. Gives its exit code.
pub fn main() -> ExitCode {
    // fails when something has chosen one before, which is just as good
    let _ = rustls::crypto::ring::default_provider().install_default();
    run(Cli::parse_from(gathered(std::env::args_os()))).unwrap_or_else(|fault| {
        let _ = writeln!(std::io::stderr(), "error: {fault}");
        ExitCode::from(fault.exit_code)
    })
}

/// The arguments with every `-o` moved to the front: of a global option given both before and after the command, clap would
/// drop the former.
fn gathered(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter();
    let mut front: Vec<OsString> = arguments.next().into_iter().collect();
    let mut rest = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            rest.push(argument);
            rest.extend(arguments.by_ref());
        } else if text == "-o" || text == "--option" {
            front.push(argument);
            front.extend(arguments.next());
        } else if text.starts_with("-o") || text.starts_with("--option=") {
            front.push(argument);
        } else {
            rest.push(argument);
        }
    }
    front.extend(rest);
    front
}

fn run(cli: Cli) -> Result<ExitCode, Fault> {
    let flags = Flags { file: cli.config, options: cli.options };
    match cli.command {
        Command::Serve(listen) => commands::serve(&loaded(flags, listen.options())?),
        Command::Demo(demo) => crate::demo::run(flags, &demo),
        Command::Rush(rush) => crate::rush::run(&loaded(flags, [])?, &rush),
        Command::FakeToss(fake) => commands::fake_toss(&loaded(flags, [])?, fake),
        Command::Import(import) => commands::import(&loaded(flags, [])?, &import),
        Command::Export(export) => commands::export(&loaded(flags, [])?, &export),
        Command::Migrate => commands::migrate(&loaded(flags, [])?),
        Command::Copy(transfer) => commands::copy(&loaded(flags, [])?, &transfer),
        Command::Token(token) => commands::token(&loaded(flags, [])?, &token),
        Command::Grant(grant) => commands::grant(&loaded(flags, [])?, &grant),
        Command::Orders(Orders::Import(orders)) => commands::import_orders(&loaded(flags, [])?, &orders),
        Command::Inventory(Inventory::Rebuild { dry_run }) => commands::rebuild(&loaded(flags, [])?, dry_run),
        Command::Reports(Reports::Rebuild { dry_run }) => commands::rebuild_reports(&loaded(flags, [])?, dry_run),
        Command::Search(search) => commands::search(&loaded(flags, [])?, &search),
        Command::Audit(audit) => commands::audit(&loaded(flags, [])?, &audit),
        Command::Config(Configuration::Show) => print(crate::config::shown(&Config::load(&flags)?)),
        Command::Config(Configuration::Check) => {
            crate::ready::check(&Config::load(&flags)?.settings)?;
            print("the configuration is good\n".to_owned())
        }
        Command::Config(Configuration::Default { markdown: false }) => {
            print(crate::config::layers::DEFAULT_FILE.to_owned())
        }
        Command::Config(Configuration::Default { markdown: true }) => print(crate::config::documents()),
        Command::Errors => print(crate::errors::document()),
        Command::Openapi => print(crate::openapi::text(&crate::assembly::document())),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "holdfast", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Listen {
    fn options(&self) -> Vec<(String, String)> {
        let listen = self.listen.map(|address| ("server.listen".to_owned(), address.to_string()));
        let database =
            self.database.as_ref().map(|file| ("database.url".to_owned(), format!("sqlite:{}", file.display())));
        listen.into_iter().chain(database).collect()
    }
}

fn loaded(mut flags: Flags, more: impl IntoIterator<Item = (String, String)>) -> Result<Config, Fault> {
    flags.options.extend(more);
    let config = Config::load(&flags)?;
    crate::logs::start(&config.settings.log)?;
    Ok(config)
}

/// Prints to standard output; a reader that has seen enough (`| head`) is not a failure.
fn print(text: String) -> Result<ExitCode, Fault> {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// `name=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as name=value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_after_the_command() {
        let given = ["holdfast", "-o", "a.b=1", "serve", "-oc.d=2", "--listen", "127.0.0.1:0", "--option", "e.f=3"];
        let cli = Cli::try_parse_from(gathered(given.map(OsString::from))).unwrap();
        let names: Vec<_> = cli.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["a.b=1", "c.d=2", "e.f=3"]);
        assert!(Cli::try_parse_from(["holdfast", "serve", "-o", "nonsense"]).is_err());
    }

    #[test]
    fn a_variable_of_a_command_is_no_setting() {
        let variables = &*VARIABLES;
        for known in ["HOLDFAST_CONFIG", "HOLDFAST_COPY_FROM", "HOLDFAST_RUSH_TOKEN", "HOLDFAST_SEARCH_TOKEN"] {
            assert!(variables.contains(known), "{known} is missing: {variables:?}");
        }
        let given = variables.iter().map(|name| (name.clone(), "x".to_owned()));
        assert!(Config::of(None, given, &[]).is_ok());
        // a name of the same beginning is still one that was misspelled
        let wrong = [("HOLDFAST_COPY_FORM".to_owned(), "x".to_owned())];
        assert!(Config::of(None, wrong, &[]).unwrap_err().what.contains("HOLDFAST_COPY_FORM"));
    }

    #[test]
    fn every_shell_gets_completions() {
        for shell in clap_complete::Shell::value_variants() {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "holdfast", &mut text);
            assert!(String::from_utf8(text).unwrap().contains("import"), "{shell}");
        }
    }
}
