//! What every index must do: the suite that each implementation of the port passes.

use crate::document::{Document, Offer};
use crate::language::synonyms::Synonyms;
use crate::local::Local;
use crate::port::{
    Generation::{Next, Serving},
    SearchIndex, Units,
};
use crate::query::{Filter, Found, From, Query, Sort};
use catalog::category::Choice;
use catalog::filter::Filter as Usual;
use kernel::{CategoryId, Money, ProductId, Timestamp, VariantId};
use std::{collections::HashMap, sync::Arc};

fn product(id: i64, name: &str) -> Document {
    Document {
        id: ProductId::new(id),
        sku: format!("SKU-{id}"),
        name: name.to_owned(),
        brand: None,
        categories: Vec::new(),
        description: None,
        offers: vec![offer(id * 10, 1_000 * id, 5, &[])],
        sold: Some(0),
        created_at: Timestamp::from_millis(id),
    }
}

fn offer(variant: i64, price: i64, available: i64, options: &[(&str, &str)]) -> Offer {
    Offer {
        variant: VariantId::new(variant),
        sku: format!("V-{variant}"),
        price: Money::minor(price),
        available,
        options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// Nine products as a small shop has them.
fn goods() -> Vec<Document> {
    let clothes = vec![(CategoryId::new(1), "Apparel".to_owned()), (CategoryId::new(2), "Topwear".to_owned())];
    let shoes = vec![(CategoryId::new(1), "Apparel".to_owned()), (CategoryId::new(3), "Shoes".to_owned())];
    let mut all = vec![
        product(1, "Nike Men Red Running Shoes"),
        product(2, "Nike Women Blue Shirt"),
        product(3, "Puma Men Red Shirt"),
        product(4, "나이키 에어 운동화"),
        product(5, "달항아리 머그컵 · Moon Jar Mug"),
        product(6, "Striped Shirt"),
        product(7, "Adidas Women Sandals"),
        product(8, "Blue Shirt for men"),
        product(9, "Watch"),
    ];
    for (n, categories) in [(0, &shoes), (1, &clothes), (2, &clothes), (3, &shoes), (5, &clothes), (7, &clothes)] {
        all[n].categories.clone_from(categories);
    }
    for (n, brand) in [(0, "Nike"), (1, "NIKE"), (2, "Puma"), (3, "Nike"), (6, "Adidas")] {
        all[n].brand = Some(brand.to_owned());
    }
    all[5].offers = vec![
        offer(61, 500, 0, &[("color", "Navy"), ("size", "M")]),
        offer(62, 9_000, 3, &[("color", "Navy"), ("size", "L")]),
        offer(63, 700, 2, &[("color", "Red"), ("size", "M")]),
    ];
    all[8].description = Some("A watch <b>with</b> a red dial".to_owned());
    all
}

fn query(keyword: &str) -> Query {
    Query { keyword: keyword.to_owned(), most: 20, facets: true, ..Query::default() }
}

fn ids(found: &Found) -> Vec<i64> {
    found.hits.iter().map(|hit| hit.id.raw()).collect()
}

async fn find(index: &dyn SearchIndex, keyword: &str) -> Vec<i64> {
    ids(&index.search(query(keyword)).await.unwrap())
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

async fn words_are_found(index: &dyn SearchIndex) {
    index.put(Serving, goods()).await.unwrap();
    assert_eq!(sorted(find(index, "nike").await), [1, 2, 4]);
    assert_eq!(find(index, "nike red shoes").await, [1]);
    assert_eq!(find(index, "  ").await.len(), 9);
    assert_eq!(find(index, "운동화 나이키").await[0], 4);
    assert_eq!(find(index, "머그").await, [5]);
    assert_eq!(find(index, "달항아리머그").await, [5]);
    assert_eq!(find(index, "항아리").await, [5]);
    assert_eq!(find(index, "adiads sandal").await, [7]);
    assert_eq!(find(index, "SKU-3").await[0], 3);
    assert_eq!(find(index, "v-62").await[0], 6);
    assert_eq!(find(index, "zzzzzzzz").await, Vec::<i64>::new());
    assert_eq!(find(index, "%%").await, Vec::<i64>::new());
    let some = index.search(query("nike zzzzzzzz")).await.unwrap();
    assert!(!some.has_every_word && sorted(ids(&some)) == [1, 2, 4]);
    let fixed = index.search(query("nkie")).await.unwrap();
    assert_eq!((fixed.understood.as_deref(), sorted(ids(&fixed))), (Some("nike"), vec![1, 2, 4]));
    // the name counts more than the description
    assert_eq!(find(index, "red").await.last(), Some(&9));
}

async fn filters_are_of_one_variant(index: &dyn SearchIndex) {
    let with = |filter: Filter| Query { filter, ..query("") };
    let usual = |usual: Usual| with(Filter { usual, ..Filter::default() });
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let search = |query: Query| async { sorted(ids(&index.search(query).await.unwrap())) };
    assert_eq!(search(usual(Usual { brand: Some("nike".to_owned()), ..Usual::default() })).await, [1, 2, 4]);
    assert_eq!(search(usual(Usual { brand: Some("none".to_owned()), ..Usual::default() })).await, Vec::<i64>::new());
    let category = |category| usual(Usual { category: Some(category), ..Usual::default() });
    assert_eq!(search(category(Choice::Id(CategoryId::new(2)))).await, [2, 3, 6, 8]);
    assert_eq!(search(category(Choice::Words("apparel > SHOES".to_owned()))).await, [1, 4]);
    assert_eq!(search(category(Choice::Words("Apparel".to_owned()))).await, [1, 2, 3, 4, 6, 8]);
    assert_eq!(search(category(Choice::Words("Shoes > Apparel".to_owned()))).await, Vec::<i64>::new());
    let in_stock = Usual { in_stock: true, ..Usual::default() };
    let navy = vec![option("Color", "navy"), option("size", "M")];
    assert_eq!(search(with(Filter { options: navy.clone(), ..Filter::default() })).await, [6]);
    assert_eq!(search(with(Filter { options: navy, usual: in_stock.clone() })).await, Vec::<i64>::new());
    let price = Usual { max_price: Some(Money::minor(600)), ..Usual::default() };
    assert_eq!(search(usual(price.clone())).await, [6]);
    assert_eq!(search(usual(Usual { in_stock: true, ..price })).await, Vec::<i64>::new());
    // between its cheapest and its dearest variant
    let between =
        |from, to| Usual { min_price: Some(Money::minor(from)), max_price: Some(Money::minor(to)), ..Usual::default() };
    assert_eq!((search(usual(between(600, 800))).await, search(usual(between(701, 899))).await), (vec![6], vec![]));
    assert_eq!(search(usual(between(8_500, 9_000))).await, [6, 9]);
    let gold = Filter { options: vec![option("color", "gold")], ..Filter::default() };
    assert_eq!(search(with(gold)).await, Vec::<i64>::new());
}

async fn everything_found_is_counted(index: &dyn SearchIndex) {
    let found = index.search(Query { most: 1, ..query("shirt") }).await.unwrap();
    let facets = found.facets.unwrap();
    assert_eq!((found.total, facets.in_stock, facets.sold_out), (4, 4, 0));
    let top = &facets.categories[0];
    assert_eq!((top.path.as_str(), top.count, top.children[0].path.as_str()), ("Apparel", 4, "Apparel > Topwear"));
    assert_eq!(facets.price_ranges.iter().map(|range| range.count).sum::<usize>(), 4);
    let color = facets.options.iter().find(|option| option.name == "color").unwrap();
    assert_eq!((color.values[0].value.as_str(), color.values[0].count), ("Navy", 1));
    assert!(facets.brands.iter().all(|brand| brand.count == 1));
}

async fn orders_and_pages(index: &dyn SearchIndex) {
    let sorted_by = |sort| Query { sort, ..query("shirt") };
    let search = |query: Query| async { ids(&index.search(query).await.unwrap()) };
    assert_eq!(search(sorted_by(Sort::Cheapest)).await, [6, 2, 3, 8]);
    assert_eq!(search(sorted_by(Sort::Dearest)).await, [6, 8, 3, 2]);
    assert_eq!(search(sorted_by(Sort::Newest)).await, [8, 6, 3, 2]);
    let sold = HashMap::from([(ProductId::new(3), 40), (ProductId::new(2), 4)]);
    // the same figures again change nothing
    index.set_sold(Arc::new(sold.clone())).await.unwrap();
    index.set_sold(Arc::new(sold)).await.unwrap();
    assert_eq!(search(sorted_by(Sort::Popular)).await[..2], [3, 2]);
    // sold out comes last, whatever the order, unless it is asked for
    let units = |available| Units { product: ProductId::new(3), variant: VariantId::new(30), available };
    index.set_units(vec![units(0)]).await.unwrap();
    assert_eq!(search(sorted_by(Sort::Popular)).await.last(), Some(&3));
    assert_eq!(search(sorted_by(Sort::Relevance)).await.last(), Some(&3));
    assert_eq!(search(Query { sold_out_among: true, ..sorted_by(Sort::Popular) }).await[0], 3);
    index.set_units(vec![units(5)]).await.unwrap();
    for sort in [Sort::Relevance, Sort::Cheapest, Sort::Newest, Sort::Popular] {
        let whole = search(Query { sort, ..query("") }).await;
        let (mut pages, mut from) = (Vec::new(), From::default());
        loop {
            let page = index.search(Query { from, most: 2, sort, ..query("") }).await.unwrap().hits;
            let Some(last) = page.last() else { break };
            from = From::After { rank: last.rank, id: last.id };
            pages.extend(page.iter().map(|hit| hit.id.raw()));
        }
        assert_eq!(pages, whole, "{sort:?}");
    }
}

async fn suggestions_complete_what_was_typed(index: &dyn SearchIndex) {
    let found = index.suggest("나잌".to_owned(), 5).await.unwrap();
    assert!(
        found.products.iter().any(|(_, name)| name.starts_with("나이키")) && found.keywords[0] == "나이키",
        "{found:?}"
    );
    let found = index.suggest("blue shi".to_owned(), 5).await.unwrap();
    assert_eq!(found.keywords[0], "blue shirt");
    assert_eq!(found.products.len(), 2);
    assert!(index.suggest("top".to_owned(), 5).await.unwrap().categories[0].1.ends_with("Topwear"));
    assert_eq!(index.suggest(" ".to_owned(), 5).await.unwrap(), crate::query::Suggestions::default());
}

async fn changes_replace_what_was_there(index: &dyn SearchIndex) {
    assert_eq!(index.put(Serving, goods()).await.unwrap(), 0, "nothing has changed");
    let mut changed = product(9, "Clock");
    changed.offers[0].price = Money::minor(1);
    assert_eq!(index.put(Serving, vec![changed]).await.unwrap(), 1);
    assert_eq!((find(index, "clock").await, find(index, "dial").await), (vec![9], vec![]));
    index.remove(Serving, vec![ProductId::new(9), ProductId::new(77)]).await.unwrap();
    assert_eq!(find(index, "clock").await, Vec::<i64>::new());
    assert_eq!(index.products(Serving).await.unwrap().len(), 8);
    let synonyms = Arc::new(Synonyms::parse("gumboots, sandals").unwrap());
    index.set_synonyms(synonyms).await.unwrap();
    assert_eq!(find(index, "gumboots").await, [7]);
}

async fn a_new_index_serves_at_once(index: &dyn SearchIndex) {
    index.begin().await.unwrap();
    index.put(Next, vec![product(20, "Entirely new")]).await.unwrap();
    assert_eq!((find(index, "nike").await.len(), find(index, "entirely").await.len()), (3, 0));
    index.swap().await.unwrap();
    assert_eq!((find(index, "nike").await.len(), find(index, "entirely").await), (0, vec![20]));
    assert!(index.swap().await.is_err() && index.is_whole().await.unwrap());
    assert_eq!(index.size().products, 1);
}

/// The whole suite, on an empty index.
async fn conforms(index: &dyn SearchIndex) {
    words_are_found(index).await;
    filters_are_of_one_variant(index).await;
    everything_found_is_counted(index).await;
    orders_and_pages(index).await;
    suggestions_complete_what_was_typed(index).await;
    changes_replace_what_was_there(index).await;
    a_new_index_serves_at_once(index).await;
}

#[tokio::test]
async fn the_index_in_memory_conforms() {
    conforms(&Local::in_memory(Arc::default()).unwrap()).await;
}

#[tokio::test]
async fn the_index_on_disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conforms(&Local::open(folder.path(), Arc::default()).unwrap().0).await;
}

#[tokio::test]
async fn an_index_on_disk_is_filled_again_without_writing() {
    let folder = tempfile::tempdir().unwrap();
    let (first, damaged) = Local::open(folder.path(), Arc::default()).unwrap();
    assert!(!damaged);
    first.put(Serving, goods()).await.unwrap();
    drop(first);
    let (second, damaged) = Local::open(folder.path(), Arc::default()).unwrap();
    assert!(!damaged);
    assert_eq!(second.products(Serving).await.unwrap().len(), 9);
    let mut goods = goods();
    goods[0].name = "Puma Men Red Running Shoes".to_owned();
    assert_eq!(second.put(Serving, goods).await.unwrap(), 1);
    assert_eq!(sorted(find(&second, "puma").await), [1, 3]);
}

#[tokio::test]
async fn a_damaged_index_is_noticed_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = Local::open(folder.path(), Arc::default()).unwrap();
    index.put(Serving, goods()).await.unwrap();
    drop(index);
    let name = std::fs::read_to_string(folder.path().join("current")).unwrap();
    let mut files = std::fs::read_dir(folder.path().join(name)).unwrap().map(|file| file.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "idx" || kind == "term")).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] ^= 0xff;
    std::fs::write(&file, bytes).unwrap();
    let (index, damaged) = Local::open(folder.path(), Arc::default()).unwrap();
    assert!(damaged && index.products(Serving).await.unwrap().is_empty());
    index.put(Serving, goods()).await.unwrap();
    assert_eq!(find(&index, "nike").await.len(), 3);
}

/// Removes the folder, into which threads of the index may write while it is emptied.
fn take_away(folder: &std::path::Path) {
    let removed = (0..1_000).any(|_| std::fs::remove_dir_all(folder).is_ok());
    assert!(removed, "{} can be removed", folder.display());
}

#[tokio::test]
async fn a_disk_that_takes_nothing_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = Local::open(folder.path(), Arc::default()).unwrap();
    index.put(Serving, goods()).await.unwrap();
    // where the index was is a file now, so nothing can be written
    take_away(folder.path());
    std::fs::write(folder.path(), "full").unwrap();
    assert!(index.put(Serving, vec![product(30, "Late arrival")]).await.is_err());
    assert_eq!((find(&index, "nike").await.len(), find(&index, "arrival").await.len()), (3, 0));
    let units = Units { product: ProductId::new(2), variant: VariantId::new(20), available: 0 };
    index.set_units(vec![units]).await.unwrap();
    assert_eq!(find(&index, "nike").await.last(), Some(&2));
    std::fs::remove_file(folder.path()).unwrap();
    assert!(index.begin().await.is_err(), "the folder is gone");
    std::fs::create_dir_all(folder.path()).unwrap();
    index.begin().await.unwrap();
    index.put(Next, goods()).await.unwrap();
    take_away(folder.path());
    assert!(index.swap().await.is_err(), "what was built cannot be written");
    assert_eq!(find(&index, "nike").await.len(), 3);
    std::fs::create_dir_all(folder.path()).unwrap();
    index.begin().await.unwrap();
    index.put(Next, goods()).await.unwrap();
    index.swap().await.unwrap();
    assert_eq!(find(&index, "nike").await.len(), 3);
}
