//! What people search for: popular keywords of the shop, and recent ones of a user.

use crate::store;
use ::store::Tx;
use kernel::{Code, Detail, Error, Result, Timestamp, UserId, text};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};
use web::App;

/// Longest keyword, in characters.
pub const KEYWORD_MAX: usize = 100;
/// Most recent keywords of a user (docs/RULES.md).
pub const RECENT_MAX: i64 = 20;
/// Different keywords that are counted between two writes: beyond them somebody sends noise.
const PENDING_MAX: usize = 5_000;
/// How far back a search counts.
const COUNTED_DAYS: u64 = 14;
/// After so many days a search counts half.
const HALF_AFTER_DAYS: f64 = 3.0;
/// Rows that popular keywords are found in: the most frequent ones of the days.
const COUNTED_ROWS: i64 = 2_000;
/// How long popular keywords are kept in memory.
const KEPT: Duration = Duration::from_secs(30);
/// Most popular keywords.
pub const POPULAR_MAX: usize = 50;
/// Digits from which a keyword may be the number of a person, a card or a phone.
const DIGITS_MAX: usize = 6;

/// The keywords of this instance that are not stored yet, and the popular ones as they were read last.
#[derive(Default)]
pub struct Keywords {
    pending: Mutex<HashMap<String, i64>>,
    popular: Mutex<Option<(Timestamp, Arc<Vec<String>>)>>,
}

/// What somebody typed, as one line; S1002 when it is blank, too long or no text.
pub fn keyword(typed: &str) -> Result<String> {
    text::required("keyword", typed, KEYWORD_MAX)
        .map_err(|error| Error::of_fields(Code::InvalidSearchQuery, details(&error)))
}

fn details(error: &Error) -> Vec<Detail> {
    error.details().to_vec()
}

/// As keywords are compared.
pub fn key(keyword: &str) -> String {
    text::folded_key(&keyword.split_whitespace().collect::<Vec<_>>().join(" "), 3 * KEYWORD_MAX)
}

/// Signs that may stand inside of a word, such as `levi's`, `t-shirt`, `u.s.` and `q&q`.
const INSIDE: [char; 6] = ['\'', '\u{2019}', '-', '.', '&', '_'];

/// What a search looks for, as it is counted: its words, compared as keywords are. Signs around words, such as the quotation marks, `+`
/// and `(` of other search engines, mean nothing to a search.
pub fn searched(typed: &str) -> String {
    let folded = key(typed);
    let between = |c: char| !c.is_alphanumeric() && !INSIDE.contains(&c);
    let words = folded.split(between).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether others may see that this was searched for: not an e-mail, an address of a page, or a number of a person.
pub fn is_public(key: &str) -> bool {
    let letters = key.chars().filter(|c| c.is_alphanumeric()).count();
    let digits = key.chars().filter(|c| c.is_numeric()).count();
    let address = key.contains('@') || key.contains("://") || key.contains("www.");
    (1..=50).contains(&letters) && digits <= DIGITS_MAX && !address && key.chars().count() <= KEYWORD_MAX
}

impl Keywords {
    /// Counts a search that found something. Costs a look-up in memory; a task writes it.
    pub fn count(&self, typed: &str) {
        if !is_public(&key(typed)) {
            return;
        }
        let key = searched(typed);
        let mut pending = self.pending.lock();
        if let Some(searches) = pending.get_mut(&key) {
            *searches += 1;
        } else if pending.len() < PENDING_MAX {
            pending.insert(key, 1);
        }
    }

    /// Stores what was counted. Gives how many keywords there were.
    pub async fn store(&self, app: &App) -> Result<u64> {
        let mut pending: Vec<(String, i64)> = std::mem::take(&mut *self.pending.lock()).into_iter().collect();
        if pending.is_empty() {
            return Ok(0);
        }
        // instances that write the same keywords lock them in the same order
        pending.sort_unstable();
        let (count, day) = (pending.len() as u64, today(app)?);
        let rows = pending.clone();
        let work = move |tx: &mut Tx<'_>| rows.iter().try_for_each(|(word, n)| store::count(tx, day, word, *n));
        if let Err(error) = app.db.write("search.count", work).await {
            let mut again = self.pending.lock();
            pending.into_iter().for_each(|(word, searches)| *again.entry(word).or_default() += searches);
            return Err(error);
        }
        *self.popular.lock() = None;
        Ok(count)
    }

    /// The most popular ones, first the most popular.
    pub async fn popular(&self, app: &App) -> Result<Arc<Vec<String>>> {
        let now = app.now();
        let kept = self.popular.lock().clone();
        if let Some((at, kept)) = kept
            && now.since(at) < KEPT
        {
            return Ok(kept);
        }
        let day = today(app)?;
        let since = day.before(Duration::from_secs(COUNTED_DAYS * 86_400));
        let counted = app.db.read("search.popular", move |tx| store::counted(tx, since, COUNTED_ROWS)).await?;
        let popular = Arc::new(most_popular(counted, day));
        *self.popular.lock() = Some((now, Arc::clone(&popular)));
        Ok(popular)
    }
}

fn today(app: &App) -> Result<Timestamp> {
    app.shop.zone.start_of_day(&app.shop.zone.day(app.now()))
}

/// The keywords by their searches, each of which counts less with every day.
fn most_popular(counted: Vec<(String, Timestamp, i64)>, today: Timestamp) -> Vec<String> {
    let mut sums: HashMap<String, f64> = HashMap::new();
    for (keyword, day, searches) in counted {
        let days = today.since(day).as_secs_f64() / 86_400.0;
        *sums.entry(keyword).or_default() += searches as f64 * 0.5_f64.powf(days / HALF_AFTER_DAYS);
    }
    let mut all: Vec<(String, f64)> = sums.into_iter().collect();
    all.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    all.into_iter().take(POPULAR_MAX).map(|(keyword, _)| keyword).collect()
}

/// Remembers what a user searched for.
pub fn remember(tx: &mut Tx<'_>, user: UserId, keyword: &str) -> Result<()> {
    store::remember(tx, user, &key(keyword), keyword, RECENT_MAX)
}

/// What a user searched for lately, newest first.
pub fn recent(tx: &mut Tx<'_>, user: UserId, most: i64) -> Result<Vec<String>> {
    store::recent(tx, user, most)
}

/// Forgets a keyword of a user, in any spelling; C003 when it is not there.
pub fn forget(tx: &mut Tx<'_>, user: UserId, keyword: &str) -> Result<()> {
    match store::forget(tx, user, &[key(keyword)])? {
        0 => Err(Code::NotFound.error()),
        _ => Ok(()),
    }
}

/// Forgets all keywords of a user.
pub fn forget_all(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    store::forget_all(tx, user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_personal_is_never_popular() {
        for wrong in [
            "kim@example.com",
            "010-1234-5678",
            "900101-1234567",
            "4111 1111 1111 1111",
            "https://a.b",
            "www.a.b",
            "%%",
            "",
        ] {
            assert!(!is_public(&key(wrong)), "{wrong}");
        }
        for right in ["나이키 270", "ben 10", "levi's 501", "컵"] {
            assert!(is_public(&key(right)), "{right}");
        }
    }

    #[test]
    fn spellings_of_a_keyword_are_one() {
        assert_eq!(key("  ＮＩＫＥ   Shoes "), "nike shoes");
    }

    #[test]
    fn a_search_is_counted_by_its_words() {
        for typed in ["moon jar", "\"Moon jar\"", "(moon jar", "+moon +jar", "moon|jar", "moon, jar*", "“moon” -jar"]
        {
            assert_eq!(searched(typed), "moon jar", "{typed}");
        }
        for word in ["levi's 501", "t-shirt", "q&q", "나이키 270"] {
            assert_eq!(searched(word), word);
        }
        let keywords = Keywords::default();
        ["\"나이키\"", "+나이키", "(나이키", "\"kim@example.com\""].iter().for_each(|typed| keywords.count(typed));
        assert_eq!(*keywords.pending.lock(), HashMap::from([("나이키".to_owned(), 3)]));
    }

    #[test]
    fn new_searches_count_more_than_old_ones() {
        let today = Timestamp::from_millis(1_000 * 86_400_000);
        let day = |ago: u64| today.before(Duration::from_secs(ago * 86_400));
        let counted = vec![
            ("old".to_owned(), day(9), 40),
            ("both".to_owned(), day(3), 8),
            ("both".to_owned(), day(0), 2),
            ("new".to_owned(), day(0), 7),
        ];
        assert_eq!(most_popular(counted, today), ["new", "both", "old"]);
    }

    #[test]
    fn noise_between_two_writes_is_bounded() {
        let keywords = Keywords::default();
        (0..PENDING_MAX + 10).for_each(|n| keywords.count(&format!("w{n}")));
        keywords.count("w1");
        let pending = keywords.pending.lock();
        assert_eq!((pending.len(), pending["w1"]), (PENDING_MAX, 2));
    }
}
