//! One side of a comparison, as a process of its own, so that its processor time and its memory are not mixed with those of
//! the load generator and of the other sides. The parent asks in lines of JSON on standard input.

use crate::{
    Outcome,
    bare::{BareRush, BareSide, Plain},
    flood::Flood,
    ours::Ours,
    raw::{
        order::{Schema, Ware},
        rush::Make,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, to_value};
use std::{io::Write, net::SocketAddr, path::PathBuf, time::Duration};

/// Orders that [`Ask::Place`] puts into one commit.
const TOGETHER: usize = 100;

/// What a process is to be.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Role {
    /// The shop.
    Ours {
        /// The address of its database.
        url: String,
    },
    /// A bare handler on a copy of a shop's database.
    Bare {
        /// The database of the shop.
        ours: PathBuf,
        /// Its own.
        path: PathBuf,
        /// With the tables of commit `fa2dae0`.
        #[arg(long)]
        schema_1: bool,
        /// The products, as JSON.
        #[arg(long)]
        wares: String,
        /// What the empty handler answers.
        #[arg(long)]
        page: String,
    },
    /// Bare handlers of coupons and deals, on a copy of a shop's database.
    BareRush {
        /// The database of the shop.
        ours: PathBuf,
        /// Its own.
        path: PathBuf,
        /// The products, as JSON.
        #[arg(long)]
        wares: String,
    },
    /// An empty handler and a bare event stream.
    Plain {
        /// What the empty handler answers.
        #[arg(long)]
        page: String,
    },
}

/// What the parent knows of a process that serves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    pub address: SocketAddr,
    /// Of the handler that always answers the same; only bare sides have one.
    pub empty: Option<SocketAddr>,
    pub wares: Vec<Ware>,
    /// Of the users who order.
    pub tokens: Vec<String>,
    /// Of an administrator.
    pub admin: String,
    /// Time from the opening of the database until requests were served.
    pub started: Duration,
}

/// What the parent asks for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Ask {
    /// [`Counts`].
    Counts,
    /// The time until every subscriber has received every event: [`Duration`].
    Drain,
    /// Audits everything: the time of each part, `Vec<(String, Duration)>`.
    Audit,
    /// Statements and round trips of an order, without and with an idempotency key: `[(u64, u64); 2]`.
    Cost,
    /// Places these orders, a hundred in a commit.
    Place { from: u64, to: u64 },
    /// Jobs without HTTP: [`crate::load::Summary`].
    Flood(Flood),
    /// Makes a coupon of which there are so many: its id.
    Coupon { total: u64 },
    /// Makes a deal of one product with so many units: the id of the product in it.
    Deal { units: u64 },
    /// Tokens of the first users: `Vec<String>`.
    Tokens { users: u64 },
    /// Puts these users into the waiting queue, a hundred in a commit.
    Enter { from: u64, to: u64 },
    /// Sends this position to every bare stream.
    Publish { position: u64 },
}

/// Counters of the store, or of a bare writer.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Counts {
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
    /// Jobs that were run again.
    pub retried: u64,
    /// Bytes that a database server has written to its log.
    pub logged: Option<u64>,
}

/// Runs as this side until the parent closes the pipe.
pub fn serve(role: Role) -> Outcome<()> {
    match role {
        Role::Ours { url } => {
            let ours = Ours::at(url.parse()?)?;
            answer_all(ours.hello(), |ask| ours.answer(ask))
        }
        Role::Bare { ours, path, schema_1, wares, page } => {
            let schema = if schema_1 { Schema::One } else { Schema::Today };
            let wares: Vec<Ware> = serde_json::from_str(&wares)?;
            let bare = BareSide::open(&ours, &path, schema, wares.into(), page.into())?;
            answer_all(&bare.hello(), |ask| bare.answer(ask))
        }
        Role::BareRush { ours, path, wares } => {
            let wares: Vec<Ware> = serde_json::from_str(&wares)?;
            let bare = BareRush::open(&ours, &path, wares.into())?;
            answer_all(&bare.hello(), |ask| bare.answer(ask))
        }
        Role::Plain { page } => {
            let plain = Plain::open(page.into())?;
            answer_all(&plain.hello(), |ask| plain.answer(ask))
        }
    }
}

fn answer_all(hello: &Hello, answer: impl Fn(Ask) -> Outcome<Value>) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(hello)?)?;
    out.flush()?;
    for line in std::io::stdin().lines() {
        let answered = answer(serde_json::from_str(&line?)?).map_err(|error| error.to_string());
        writeln!(out, "{}", serde_json::to_string(&answered)?)?;
        out.flush()?;
    }
    Ok(())
}

impl Ours {
    fn answer(&self, ask: Ask) -> Outcome<Value> {
        let value = match ask {
            Ask::Counts => {
                let counts = self.app.db.counts();
                let (commits, jobs, retried) = (counts.commits, counts.jobs, counts.retried);
                to_value(Counts { commits, jobs, retried, logged: self.logged()? })
            }
            Ask::Drain => to_value(self.drain()?),
            Ask::Audit => to_value(self.audit()?),
            Ask::Cost => to_value(self.cost()?),
            Ask::Place { from, to } => {
                (from..to).step_by(TOGETHER).try_for_each(|n| self.place_together(n..(n + TOGETHER as u64).min(to)))?;
                to_value(())
            }
            Ask::Flood(flood) => to_value(flood.on_ours(self)?),
            Ask::Coupon { total } => to_value(self.coupon(total)?),
            Ask::Deal { units } => to_value(self.deal(units)?),
            Ask::Tokens { users } => to_value(self.tokens(users)?),
            Ask::Enter { from, to } => {
                (from..to).step_by(TOGETHER).try_for_each(|n| self.enter(n..(n + TOGETHER as u64).min(to)))?;
                to_value(())
            }
            Ask::Publish { .. } => return not_here(ask),
        };
        Ok(value?)
    }
}

fn not_here(ask: Ask) -> Outcome<Value> {
    Err(format!("this side does not answer {ask:?}").into())
}

impl BareSide {
    fn answer(&self, ask: Ask) -> Outcome<Value> {
        let value = match ask {
            Ask::Counts => {
                let (commits, jobs) = self.bare.writer.commits_and_jobs();
                to_value(Counts { commits, jobs, ..Counts::default() })
            }
            Ask::Place { from, to } => {
                for n in from..to {
                    let written = self.handle().block_on(self.bare.writer.write(self.bare.order(n)));
                    written.ok_or("the bare order was refused")?;
                }
                to_value(())
            }
            Ask::Flood(flood) => to_value(flood.on_bare(self)?),
            Ask::Drain => to_value(Duration::ZERO),
            other => return not_here(other),
        };
        Ok(value?)
    }
}

impl BareRush {
    fn answer(&self, ask: Ask) -> Outcome<Value> {
        let value = match ask {
            Ask::Counts => {
                let (commits, jobs) = self.shop.writer.commits_and_jobs();
                to_value(Counts { commits, jobs, ..Counts::default() })
            }
            Ask::Drain => to_value(Duration::ZERO),
            Ask::Coupon { total } => to_value(self.made(Make::Coupon { total })?),
            Ask::Deal { units } => to_value(self.made(Make::Deal { units })?),
            other => return not_here(other),
        };
        Ok(value?)
    }
}

impl Plain {
    fn answer(&self, ask: Ask) -> Outcome<Value> {
        let value = match ask {
            Ask::Counts => to_value(Counts::default()),
            Ask::Drain => to_value(Duration::ZERO),
            Ask::Publish { position } => {
                self.publish(position);
                to_value(())
            }
            other => return not_here(other),
        };
        Ok(value?)
    }
}
