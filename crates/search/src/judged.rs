//! The judged list: searches, and what must be among the first that are found. It is how a change of the language shows whether it makes
//! searches better.

use kernel::text;

/// The list in the repository.
pub const LIST: &str = include_str!("../judged/queries.tsv");
/// The share of searches that must find what they want among the first three.
pub const SUCCESS_AT_3: f64 = 0.9;

/// A search, and what must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub query: String,
    /// One of the first three must have all of these, each in one of its spellings.
    first: Vec<Vec<String>>,
    /// Most of the first ten must.
    most: Option<Vec<Vec<String>>>,
}

/// How a search did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub at_3: bool,
    /// `None`: nothing was asked of the first ten.
    pub at_10: Option<bool>,
}

/// How many searches did well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub searches: usize,
    pub at_3: usize,
    pub asked_at_10: usize,
    pub at_10: usize,
}

/// Reads a list; the number of the line that cannot be read.
pub fn parse(list: &str) -> Result<Vec<Judged>, usize> {
    let mut all = Vec::new();
    for (n, line) in list.lines().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let mut columns = line.split('\t');
        let (Some(query), Some(first)) = (columns.next(), columns.next()) else { return Err(n + 1) };
        let most = columns.next().filter(|most| !most.trim().is_empty()).map(wanted);
        all.push(Judged { query: query.to_owned(), first: wanted(first), most });
    }
    Ok(all)
}

fn wanted(words: &str) -> Vec<Vec<String>> {
    words.split_whitespace().map(|word| word.split('|').map(text::folded).collect()).collect()
}

impl Judged {
    /// Judges what was found: the texts of each product, best first.
    pub fn verdict(&self, found: &[String]) -> Verdict {
        let texts: Vec<String> = found.iter().take(10).map(|text| text::folded(text)).collect();
        let has = |text: &String, words: &[Vec<String>]| {
            words.iter().all(|spellings| spellings.iter().any(|spelling| text.contains(spelling.as_str())))
        };
        let most = |words: &Vec<Vec<String>>| {
            let right = texts.iter().filter(|text| has(text, words)).count();
            right * 2 > texts.len()
        };
        Verdict { at_3: texts.iter().take(3).any(|text| has(text, &self.first)), at_10: self.most.as_ref().map(most) }
    }
}

impl Tally {
    /// Counts one search of the list.
    pub fn add(&mut self, verdict: Verdict) {
        self.searches += 1;
        self.at_3 += usize::from(verdict.at_3);
        self.asked_at_10 += usize::from(verdict.at_10.is_some());
        self.at_10 += usize::from(verdict.at_10 == Some(true));
    }

    /// The share of searches that found what they want among the first three.
    pub fn success_at_3(&self) -> f64 {
        self.at_3 as f64 / self.searches.max(1) as f64
    }

    /// The share of those that ask something of the first ten.
    pub fn success_at_10(&self) -> f64 {
        self.at_10 as f64 / self.asked_at_10.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Offer};
    use crate::language::synonyms::Synonyms;
    use crate::local::Local;
    use crate::port::{Generation, SearchIndex};
    use crate::query::Query;
    use kernel::{CategoryId, Money, ProductId, Timestamp, VariantId};
    use std::{collections::HashMap, sync::Arc};

    /// Another file of the same form, to judge the list over other products.
    const PRODUCTS: &str = "HOLDFAST_JUDGED_PRODUCTS";

    #[test]
    fn most_of_the_first_ten_is_more_than_half_of_them() {
        let judged = &parse("q\tnike red|blue\tnike").unwrap()[0];
        let found = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let verdict = judged.verdict(&found(&["Nike green", "Puma red", "NIKE Blue"]));
        assert_eq!(verdict, Verdict { at_3: true, at_10: Some(true) });
        let verdict = judged.verdict(&found(&["Puma", "Puma", "Puma", "Nike red"]));
        assert_eq!(verdict, Verdict { at_3: false, at_10: Some(false) });
        assert_eq!(judged.verdict(&[]), Verdict { at_3: false, at_10: Some(false) });
        assert_eq!(parse("# x\n\nonly one column"), Err(3));
    }

    fn products() -> Vec<Document> {
        let own = include_str!("../judged/products.tsv").to_owned();
        let text = std::env::var(PRODUCTS).map_or(own, |path| std::fs::read_to_string(path).unwrap());
        let mut categories: HashMap<String, CategoryId> = HashMap::new();
        let mut all = Vec::new();
        for (line, n) in text.lines().filter(|line| !line.starts_with('#')).zip(1..) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [sku, name, category, description] = columns[..] else { panic!("four columns: {line}") };
            let mut path = String::new();
            let named = category.split(" > ").map(|name| {
                path = format!("{path} > {name}");
                let next = i64::try_from(categories.len()).unwrap() + 1;
                (*categories.entry(path.clone()).or_insert(CategoryId::new(next)), name.to_owned())
            });
            let categories = named.collect();
            let offer = Offer {
                variant: VariantId::new(n),
                sku: sku.to_owned(),
                price: Money::minor(19_900),
                available: 100,
                options: Vec::new(),
            };
            all.push(Document {
                id: ProductId::new(n),
                sku: sku.to_owned(),
                name: name.to_owned(),
                brand: None,
                categories,
                description: Some(description.to_owned()),
                offers: vec![offer],
                sold: Some(0),
                created_at: Timestamp::from_millis(n),
            });
        }
        all
    }

    #[tokio::test]
    async fn the_judged_list_finds_what_it_must() {
        let products = products();
        let texts = |document: &Document| {
            let path = document.categories.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" ");
            format!("{} {path} {}", document.name, document.description.as_deref().unwrap_or_default())
        };
        let texts: HashMap<ProductId, String> =
            products.iter().map(|document| (document.id, texts(document))).collect();
        let index = Local::in_memory(Arc::new(Synonyms::built_in())).unwrap();
        index.put(Generation::Serving, products).await.unwrap();
        let (mut tally, mut missed) = (Tally::default(), Vec::new());
        for judged in parse(LIST).unwrap() {
            let query = Query { keyword: judged.query.clone(), most: 10, ..Query::default() };
            let found = index.search(query).await.unwrap();
            let found: Vec<String> = found.hits.iter().map(|hit| texts[&hit.id].clone()).collect();
            let verdict = judged.verdict(&found);
            if !verdict.at_3 || verdict.at_10 == Some(false) {
                missed.push(format!("{}: {verdict:?} {:?}", judged.query, found.iter().take(4).collect::<Vec<_>>()));
            }
            tally.add(verdict);
        }
        let missed = missed.join("\n");
        assert!(tally.searches >= 120 && tally.success_at_3() >= SUCCESS_AT_3, "{tally:?}\n{missed}");
        assert!(tally.success_at_10() >= SUCCESS_AT_3, "{tally:?}\n{missed}");
        println!("{tally:?}\n{missed}");
    }
}
