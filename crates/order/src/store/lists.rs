//! Lists of orders. Each is read in bounded work, however many orders the shop has: by the index whose order the list has, counted
//! only to a bound, and searched only among so many orders at once.

use super::{COLUMNS, head, load_lines};
use crate::order::{Kind, Order};
use ::store::{Arg, Tx, args, concatcp, counted};
use kernel::{Code, Cursor, OrderNumber, PageRequest, ProductId, Result, Timestamp, Total, UserId};

/// Orders that one page of a search looks at. No index finds a part of a name, so each of them is read; its cursor goes on where
/// they end (docs/RULES.md).
pub const LOOKED_AT_MAX: i64 = 5_000;

const IN_PERIOD: &str = " created_at >= ? and created_at < ?";
const OF_STATUS: &str = " status = ? and";
const AFTER: &str = " and created_at <= ? and (created_at < ? or id < ?)";
const NEWEST: &str = " order by created_at desc, id desc limit ? offset ?";
const ALL_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", IN_PERIOD, AFTER, NEWEST);
const ALL_COUNT: &str = counted!(" from orders where", IN_PERIOD);
const STATUS_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", OF_STATUS, IN_PERIOD, AFTER, NEWEST);
const STATUS_COUNT: &str = counted!(" from orders where", OF_STATUS, IN_PERIOD);
const CREATED_AT: &str = "select created_at from orders where id = ?";

// Orders of several statuses: each status gives its newest orders by its index, and the newest of all of them are picked.
const OF_ONE: &str = concatcp!(
    "select s.id, s.created_at from (select id, created_at from orders where",
    OF_STATUS,
    IN_PERIOD,
    AFTER,
    " order by created_at desc, id desc limit ?) as s"
);
const COUNT_OF_ONE: &str =
    concatcp!("select s.id from (select id from orders where", OF_STATUS, IN_PERIOD, " limit ", COUNTED, ") as s");
const COUNTED: i64 = kernel::page::COUNTED_MAX + 1;
const AND: &str = " union all ";
const OF_EACH: &str = concatcp!(OF_ONE, AND, OF_ONE, AND, OF_ONE, AND, OF_ONE, AND, OF_ONE, AND, OF_ONE, AND, OF_ONE);
const COUNT_OF_EACH: &str = concatcp!(
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE,
    AND,
    COUNT_OF_ONE
);
/// Parts of the statements above.
const STATUSES: usize = 7;
const _: () = assert!(Kind::ALL.len() == STATUSES, "a list of several statuses has a part for each status");
const STATUSES_PAGE: &str = concatcp!(
    "select ",
    COLUMNS,
    " from (select u.id as picked from (",
    OF_EACH,
    ") as u order by u.created_at desc, u.id desc limit ? offset ?) as p join orders on orders.id = p.picked
    order by created_at desc, id desc"
);
const STATUSES_COUNT: &str = concatcp!("select count(*) from (", COUNT_OF_EACH, ") as c");

// Planner hints: `coalesce(status, '')` and `created_at + 0` make the indexes on status and time unusable for a condition, so
// that every database walks the index that the comment of the list names. Without the hints planners choose another and sort.
const AMONG_STATUSES: &str = " coalesce(status, '') in ([?])";
const WITHIN_PERIOD: &str = " and created_at + 0 >= ? and created_at + 0 < ?";
/// A user's orders: by the index on the user and the id.
const OWN_ONLY: &str = concatcp!(" from orders where user_id = ? and", AMONG_STATUSES, WITHIN_PERIOD, OF_PRODUCT);
const OWN_PAGE: &str = concatcp!("select ", COLUMNS, OWN_ONLY, " and id < ? order by id desc limit ? offset ?");
const OWN_COUNT: &str = counted!(OWN_ONLY);

/// Orders with a line of a product, by a part of its name or sku, and by its id; each only where the argument before says so.
const OF_PRODUCT: &str = " and (? = 0 or exists (select 1 from order_items l where l.order_id = orders.id
        and (l.product_name {like} ? escape '!' or l.sku {like} ? escape '!')))
    and (? = 0 or exists (select 1 from order_items l where l.order_id = orders.id and l.product_id = ?))";
/// The signs that people write between the digits of a phone number do not count.
const PHONE: &str =
    "replace(replace(replace(replace(replace(receiver_phone, '-', ''), ' ', ''), '.', ''), '(', ''), ')', '')";
/// By everything that orders are found by, each only where the argument before says so: what is not asked for costs nothing.
const SEARCHED: &str = concatcp!(
    "
    and (? = 0 or order_number {like} ? escape '!' or user_id {like} ? escape '!' or receiver_name {like} ? escape '!'
        or (? = 1 and ",
    PHONE,
    " like ?) or exists (select 1 from order_items l where l.order_id = orders.id
        and (l.product_name {like} ? escape '!' or l.sku {like} ? escape '!'))
        or exists (select 1 from channel_orders c where c.order_number = orders.order_number
            and c.number {like} ? escape '!'))
    and (? = 0 or receiver_name {like} ? escape '!') and (? = 0 or ",
    PHONE,
    " like ?)",
    OF_PRODUCT
);
/// Not older than where a search ends.
const SINCE: &str = " and created_at >= ? and (created_at > ? or id >= ?)";
const BY_TIME: &str = concatcp!(" from orders where", IN_PERIOD, " and", AMONG_STATUSES);
const BY_STATUS: &str = concatcp!(" from orders where", OF_STATUS, IN_PERIOD);
const BY_NUMBER: &str = concatcp!(" from orders where order_number = ?", WITHIN_PERIOD, " and", AMONG_STATUSES);
const BY_USER: &str = concatcp!(" from orders where user_id = ?", WITHIN_PERIOD, " and", AMONG_STATUSES);
const FOUND_BY_TIME: &str = concatcp!("select ", COLUMNS, BY_TIME, SEARCHED, SINCE, AFTER, NEWEST);
const FOUND_BY_STATUS: &str = concatcp!("select ", COLUMNS, BY_STATUS, SEARCHED, SINCE, AFTER, NEWEST);
const FEW_NEWEST: &str = " and created_at + 0 <= ? and (created_at + 0 < ? or id + 0 < ?)
    order by created_at + 0 desc, id + 0 desc limit ? offset ?";
const FOUND_BY_NUMBER: &str = concatcp!("select ", COLUMNS, BY_NUMBER, SEARCHED, FEW_NEWEST);
const FOUND_BY_USER: &str = concatcp!("select ", COLUMNS, BY_USER, SEARCHED, FEW_NEWEST);
const COUNT_BY_TIME: &str = counted!(BY_TIME, SEARCHED, SINCE);
const COUNT_BY_STATUS: &str = counted!(BY_STATUS, SEARCHED, SINCE);
const COUNT_BY_NUMBER: &str = counted!(BY_NUMBER, SEARCHED);
const COUNT_BY_USER: &str = counted!(BY_USER, SEARCHED);
const END_BY_TIME: &str = concatcp!("select created_at, id from orders where", IN_PERIOD, AFTER, NEWEST);
const END_BY_STATUS: &str = concatcp!("select created_at, id from orders where", OF_STATUS, IN_PERIOD, AFTER, NEWEST);

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[
    ALL_PAGE,
    ALL_COUNT,
    STATUS_PAGE,
    STATUS_COUNT,
    STATUSES_PAGE,
    STATUSES_COUNT,
    CREATED_AT,
    OWN_PAGE,
    OWN_COUNT,
    FOUND_BY_TIME,
    FOUND_BY_STATUS,
    FOUND_BY_NUMBER,
    FOUND_BY_USER,
    COUNT_BY_TIME,
    COUNT_BY_STATUS,
    COUNT_BY_NUMBER,
    COUNT_BY_USER,
    END_BY_TIME,
    END_BY_STATUS,
];

/// Which orders a list shows.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Empty: all statuses.
    pub statuses: Vec<Kind>,
    /// Placed at or after.
    pub from: Timestamp,
    /// Placed before.
    pub to: Timestamp,
    pub search: Search,
}

/// What orders are found by. A buyer's own orders are found by their products only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Part of the order number, the user's id, the receiver's name or phone, a product's name or sku, or a sales channel's number.
    pub keyword: Option<String>,
    /// Part of the receiver's name.
    pub name: Option<String>,
    /// Part of the receiver's phone; only its digits count.
    pub phone: Option<String>,
    /// Part of a product's name or sku.
    pub product: Option<String>,
    pub product_id: Option<ProductId>,
}

impl Default for Filter {
    fn default() -> Self {
        let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
        Filter { statuses: Vec::new(), from, to, search: Search::default() }
    }
}

impl Filter {
    fn names(&self) -> &[Kind] {
        if self.statuses.is_empty() { &Kind::ALL } else { &self.statuses }
    }
}

impl Search {
    /// The arguments of [`OF_PRODUCT`].
    fn of_product(&self) -> [Arg<'static>; 5] {
        let pattern = pattern(self.product.as_deref());
        [
            Arg::Int(i64::from(self.product.is_some())),
            Arg::Owned(pattern.clone()),
            Arg::Owned(pattern),
            Arg::Int(i64::from(self.product_id.is_some())),
            Arg::Int(self.product_id.map_or(0, ProductId::raw)),
        ]
    }

    /// The arguments of [`SEARCHED`].
    fn all(&self) -> Vec<Arg<'static>> {
        let flag = |given: bool| Arg::Int(i64::from(given));
        let word = || Arg::Owned(pattern(self.keyword.as_deref()));
        // no phone keeps its hyphens, so that one matches none
        let phone = |digits: Option<String>| Arg::Owned(digits.unwrap_or("-".to_owned()));
        let as_phone = self.keyword.as_deref().and_then(digits);
        let mut all = vec![flag(self.keyword.is_some()), word(), word(), word()];
        all.extend([flag(as_phone.is_some()), phone(as_phone), word(), word(), word()]);
        all.extend([flag(self.name.is_some()), Arg::Owned(pattern(self.name.as_deref()))]);
        all.extend([flag(self.phone.is_some()), phone(self.phone.as_deref().and_then(digits))]);
        all.extend(self.of_product());
        all
    }
}

/// Fewest digits that are taken for a part of a phone number.
const PHONE_DIGITS_MIN: usize = 3;

/// A pattern for a part of a phone number; `None` for a text that cannot be one.
fn digits(text: &str) -> Option<String> {
    let between = |c: char| matches!(c, '-' | ' ' | '.' | '(' | ')');
    let digits: String = text.chars().filter(|c| !between(*c)).collect();
    let number = digits.strip_prefix('+').unwrap_or(&digits);
    let is_one = number.len() >= PHONE_DIGITS_MIN && number.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| format!("%{digits}%"))
}

/// A pattern for `like … escape '!'`: anything that contains `text`.
fn pattern(text: Option<&str>) -> String {
    let mut pattern = String::from("%");
    for sign in text.unwrap_or_default().chars() {
        if matches!(sign, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(sign);
    }
    if pattern.len() > 1 {
        pattern.push('%');
    }
    pattern
}

/// A part of a list, and what is known of the whole.
#[derive(Debug)]
pub(crate) struct Found {
    pub orders: Vec<Order>,
    pub total: Total,
    /// Where a search ended that did not look at every order.
    pub until: Option<Cursor>,
}

/// A part of the user's own orders, newest first.
pub(crate) fn own_page(
    tx: &mut Tx<'_>,
    user: &UserId,
    filter: &Filter,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Found> {
    let before = after.map_or(i64::MAX, Cursor::id);
    let (statuses, product) = (Arg::list(filter.names()), filter.search.of_product());
    let which = [args![user, statuses, filter.from, filter.to], &product].concat();
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let mut orders = tx.query(OWN_PAGE, &[&which, args![before, limit, offset]].concat(), head)?;
    load_lines(tx, &mut orders)?;
    let total = Total::counted(tx.query_one(OWN_COUNT, &which, |row| row.get(0))?);
    Ok(Found { orders, total, until: None })
}

/// A part of all orders, newest first.
pub(crate) fn page(tx: &mut Tx<'_>, filter: &Filter, request: PageRequest, after: Option<Cursor>) -> Result<Found> {
    let start = Start::of(tx, after)?;
    if filter.search != Search::default() {
        return search(tx, filter, request, start);
    }
    let (from, to) = (filter.from, filter.to);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let (mut orders, total) = match filter.statuses.as_slice() {
        [] => {
            let part = [args![from, to], &start.args(), args![limit, offset]].concat();
            (tx.query(ALL_PAGE, &part, head)?, tx.query_one(ALL_COUNT, args![from, to], |row| row.get(0))?)
        }
        [status] => {
            let part = [args![status, from, to], &start.args(), args![limit, offset]].concat();
            (
                tx.query(STATUS_PAGE, &part, head)?,
                tx.query_one(STATUS_COUNT, args![status, from, to], |row| row.get(0))?,
            )
        }
        several => {
            let each = |of: &dyn Fn(Arg<'static>) -> Vec<Arg<'static>>| -> Vec<Arg<'static>> {
                // a status that is named twice or not at all has no rows of its own
                Kind::ALL
                    .iter()
                    .flat_map(|kind| of(Arg::Text(if several.contains(kind) { kind.name() } else { "" })))
                    .collect()
            };
            let newest = |status: Arg<'static>| {
                [
                    vec![status, Arg::Int(from.as_millis()), Arg::Int(to.as_millis())],
                    start.args(),
                    vec![Arg::Int(offset + limit)],
                ]
                .concat()
            };
            let count = |status: Arg<'static>| vec![status, Arg::Int(from.as_millis()), Arg::Int(to.as_millis())];
            let part = [each(&newest), vec![Arg::Int(limit), Arg::Int(offset)]].concat();
            (tx.query(STATUSES_PAGE, &part, head)?, tx.query_one(STATUSES_COUNT, &each(&count), |row| row.get(0))?)
        }
    };
    load_lines(tx, &mut orders)?;
    Ok(Found { orders, total: Total::counted(total), until: None })
}

/// How many orders were placed in this period, counted to [`COUNTED`].
pub(crate) fn placed(tx: &mut Tx<'_>, from: Timestamp, to: Timestamp) -> Result<i64> {
    tx.query_one(ALL_COUNT, args![from, to], |row| row.get(0))
}

/// Where a part of a list begins: after the order of this time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    at: i64,
    id: i64,
}

impl Start {
    const FIRST: Start = Start { at: i64::MAX, id: i64::MAX };

    fn of(tx: &mut Tx<'_>, after: Option<Cursor>) -> Result<Start> {
        let Some(cursor) = after else { return Ok(Start::FIRST) };
        let at = tx.query_first(CREATED_AT, args![cursor.id()], |row| row.get::<Timestamp>(0))?;
        let at = at.ok_or_else(|| Code::InvalidInput.because("that is not a cursor this list gave out"))?;
        Ok(Start { at: at.as_millis(), id: cursor.id() })
    }

    /// The arguments of [`AFTER`], and of [`SINCE`].
    fn args(self) -> Vec<Arg<'static>> {
        vec![Arg::Int(self.at), Arg::Int(self.at), Arg::Int(self.id)]
    }
}

/// How the orders are reached among which a search looks.
enum Way {
    /// By a whole number or a whole user id, which have few orders.
    Number(String),
    User(String),
    Status(Kind),
    Time,
}

impl Way {
    fn of(filter: &Filter) -> Way {
        let keyword = filter.search.keyword.as_deref().unwrap_or_default();
        if let Ok(number) = keyword.parse::<OrderNumber>() {
            return Way::Number(number.to_string());
        }
        if let Ok(user) = keyword.parse::<UserId>() {
            return Way::User(user.to_string());
        }
        match filter.statuses.as_slice() {
            [status] => Way::Status(*status),
            [] | [_, _, ..] => Way::Time,
        }
    }

    /// The arguments before those of [`SEARCHED`], for a search that ends at `end`. The period begins there, because planners take
    /// only one of two lower bounds for the index and would read on to the other one.
    fn args(&self, filter: &Filter, end: Option<Start>) -> Vec<Arg<'static>> {
        let from = end.map_or(0, |end| end.at).max(filter.from.as_millis());
        let period = [Arg::Int(from), Arg::Int(filter.to.as_millis())];
        let names = || Arg::List(filter.names().iter().map(|kind| Arg::Text(kind.name())).collect());
        match self {
            Way::Number(key) | Way::User(key) => {
                [vec![Arg::Owned(key.clone())], period.to_vec(), vec![names()]].concat()
            }
            Way::Status(status) => [vec![Arg::Text(status.name())], period.to_vec()].concat(),
            Way::Time => [period.to_vec(), vec![names()]].concat(),
        }
    }

    /// The last order at which a search from `start` looks; `None` when it looks at all of them.
    fn end(&self, tx: &mut Tx<'_>, filter: &Filter, start: Start) -> Result<Option<Start>> {
        let period = vec![Arg::Int(filter.from.as_millis()), Arg::Int(filter.to.as_millis())];
        let (sql, status) = match self {
            Way::Number(_) | Way::User(_) => return Ok(None),
            Way::Status(status) => (END_BY_STATUS, vec![Arg::Text(status.name())]),
            Way::Time => (END_BY_TIME, Vec::new()),
        };
        let one = vec![Arg::Int(1), Arg::Int(LOOKED_AT_MAX - 1)];
        let which = [status, period, start.args(), one].concat();
        tx.query_first(sql, &which, |row| Ok(Start { at: row.next()?, id: row.next()? }))
    }
}

/// Everything before the end of a search that looks at every order.
const NO_END: Start = Start { at: 0, id: 0 };

fn search(tx: &mut Tx<'_>, filter: &Filter, request: PageRequest, start: Start) -> Result<Found> {
    let way = Way::of(filter);
    let which = |end: Option<Start>| [way.args(filter, end), filter.search.all()].concat();
    let (end, first_end) = match (way.end(tx, filter, start)?, start) {
        (end, Start::FIRST) => (end, end),
        (end, _) => (end, way.end(tx, filter, Start::FIRST)?),
    };
    let since = |end: Option<Start>| match way {
        Way::Number(_) | Way::User(_) => Vec::new(),
        Way::Status(_) | Way::Time => end.unwrap_or(NO_END).args(),
    };
    let (page, count) = match way {
        Way::Number(_) => (FOUND_BY_NUMBER, COUNT_BY_NUMBER),
        Way::User(_) => (FOUND_BY_USER, COUNT_BY_USER),
        Way::Status(_) => (FOUND_BY_STATUS, COUNT_BY_STATUS),
        Way::Time => (FOUND_BY_TIME, COUNT_BY_TIME),
    };
    let offset = if start == Start::FIRST { request.offset() } else { 0 };
    let part = vec![Arg::Int(request.limit()), Arg::Int(offset)];
    let mut orders = tx.query(page, &[which(end), since(end), start.args(), part].concat(), head)?;
    load_lines(tx, &mut orders)?;
    let counted = match i64::try_from(orders.len()).unwrap_or(i64::MAX) {
        // the page has all that was found
        found if start == Start::FIRST && offset == 0 && found < request.limit() => found,
        _ => tx.query_one(count, &[which(first_end), since(first_end)].concat(), |row| row.get(0))?,
    };
    let total = if first_end.is_some() { Total::at_least(counted) } else { Total::counted(counted) };
    Ok(Found { orders, total, until: end.map(|end| Cursor::after(end.id)) })
}
