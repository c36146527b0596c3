//! Products by words. The index of the search finds them when the shop has one; otherwise brands and categories do.

use crate::visit::Visit;
use axum::http::Method;
use catalog::category::Choice;
use kernel::{Code, Page, PageRequest, ProductId};
use merchandising::{
    list::{self, Filter, Question},
    page::{self, ProductPage, Viewer},
};
use pages::Refused;
use serde::Deserialize;

/// A page of the search's hits, as far as it is needed: products are shown as they are now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hits {
    content: Vec<Hit>,
    total_elements: i64,
}

#[derive(Deserialize)]
struct Hit {
    id: ProductId,
}

/// A page of the products that these words mean. `sort` is the search's own name of an order.
pub async fn by_words(visit: &Visit, words: &str, sort: &str, wanted: Question) -> Result<Page<ProductPage>, Refused> {
    match hits(visit, words, sort, &wanted).await {
        Ok(hits) => shown(visit, hits, wanted.request).await,
        // a shop without the search has no such path
        Err(refused) if refused.code() == Code::NotFound => by_names(visit, words, wanted).await,
        Err(refused) => Err(refused),
    }
}

async fn hits(visit: &Visit, words: &str, sort: &str, wanted: &Question) -> Result<Hits, Refused> {
    let (size, stock) = (wanted.request.size(), if wanted.filter.in_stock { "&inStock=true" } else { "" });
    let page = wanted.request.offset() / size;
    let words = crate::navigation::encoded(words);
    let path = format!("/search/products?keyword={words}&sort={sort}&page={page}&size={size}{stock}");
    visit.call(Method::GET, &path, None).await
}

async fn shown(visit: &Visit, hits: Hits, request: PageRequest) -> Result<Page<ProductPage>, Refused> {
    let currency = visit.app().shop.currency;
    let ids: Vec<ProductId> = hits.content.into_iter().map(|hit| hit.id).collect();
    let products = visit.read("storefront.hits", move |tx| page::pages(tx, &ids, currency, Viewer::Public)).await?;
    Ok(request.of(products, hits.total_elements))
}

async fn by_names(visit: &Visit, words: &str, wanted: Question) -> Result<Page<ProductPage>, Refused> {
    let (currency, words) = (visit.app().shop.currency, words.to_owned());
    let look = move |tx: &mut store::Tx<'_>| {
        let by = |filter: Filter| Question {
            filter: Filter { in_stock: wanted.filter.in_stock, ..filter },
            ..wanted.clone()
        };
        let of_brand = by(Filter { brand: Some(words.clone()), ..Filter::default() });
        let found = list::page(tx, &of_brand, currency)?;
        if !found.content.is_empty() {
            return Ok(found);
        }
        list::page(tx, &by(Filter { category: Some(Choice::Words(words.clone())), ..Filter::default() }), currency)
    };
    visit.read("storefront.by-names", look).await
}
