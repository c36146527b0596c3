//! Lists of products: all of them, and those of a category. What somebody types or chooses beside them leads to the search.

use crate::{
    cards::Card,
    search_page,
    site::{BRIEFLY, LISTS},
    visit::Visit,
};
use askama::Template;
use catalog::{category::Choice, ops::categories};
use kernel::{CategoryId, Page, PageRequest, Timestamp};
use merchandising::{
    list::{self, Column, Filter, Question},
    page::{ProductPage, Viewer},
};
use pages::{
    Html, PageResult, Refused,
    html::{encoded, see},
    shell::About,
    texts,
    words::{fill, plural},
};
use std::fmt::Write;

/// Products on a page.
const SIZE: i64 = 24;
/// The orders: the name in the address, the column and whether it falls.
const ORDERS: [(&str, (Column, bool)); 3] =
    [("new", (Column::CreatedAt, true)), ("cheap", (Column::Price, false)), ("dear", (Column::Price, true))];

texts! {
    /// The texts of lists.
    ListTexts {
        all: "All products", "전체 상품";
        one: "{} product", "상품 {}개";
        count: "{} products", "상품 {}개";
        many: "more than {} products", "상품 {}개 이상";
        sort: "Sort by", "정렬";
        new: "Newest", "최신순";
        cheap: "Lowest price", "낮은 가격순";
        dear: "Highest price", "높은 가격순";
        in_stock: "In stock only", "구매 가능한 상품만";
        apply: "Apply", "적용";
        empty: "There is nothing here yet.", "아직 상품이 없습니다.";
        look: "See all products", "전체 상품 보기";
        previous: "Previous page", "이전 페이지";
        next: "Next page", "다음 페이지";
        page: "Page {}", "{}쪽";
        pages: "Pages", "페이지";
        parts: "Subcategories", "하위 카테고리";
        way: "Where you are", "현재 위치";
    }
}

#[derive(Template)]
#[template(path = "list.html")]
struct List {
    t: &'static ListTexts,
    title: String,
    count: String,
    way: Vec<(String, String)>,
    parts: Vec<(String, String)>,
    choices: Option<Html>,
    asked: Asked,
    orders: Vec<(&'static str, &'static str, bool)>,
    cards: Vec<Html>,
    page: String,
    previous: Option<String>,
    next: Option<String>,
}

/// What the address asks for. Values that mean nothing count as absent.
#[derive(Debug, Clone, Hash)]
struct Asked {
    category: Option<i64>,
    /// The place in [`ORDERS`]; the newest first when the address names none.
    order: Option<usize>,
    in_stock: bool,
    page: i64,
}

impl Asked {
    fn of(visit: &Visit) -> Asked {
        let query = &visit.query;
        let order = ORDERS.iter().position(|(name, _)| *name == query.text("sort"));
        let page = query.page("page") - 1;
        Asked {
            category: query.number("category").filter(|id| *id > 0),
            order,
            in_stock: query.is_on("stock"),
            page: if PageRequest::new(page, SIZE).is_ok() { page } else { 0 },
        }
    }

    fn question(&self) -> kernel::Result<Question> {
        let category = self.category.map(|id| CategoryId::checked(id).map(Choice::Id)).transpose()?;
        Ok(Question {
            filter: Filter { category, in_stock: self.in_stock, ..Filter::default() },
            status: None,
            seller: None,
            keyword: None,
            viewer: Viewer::Public,
            sort: self.order.map_or((Column::CreatedAt, true), |at| ORDERS[at].1),
            request: PageRequest::new(self.page, SIZE)?,
            after: None,
        })
    }

    /// The address of another page of the same list.
    fn address(&self, page: i64) -> String {
        let mut query = String::new();
        self.category.map(|id| write!(query, "&category={id}"));
        self.order.map(|at| write!(query, "&sort={}", ORDERS[at].0));
        if self.in_stock {
            query.push_str("&stock=1");
        }
        if page > 0 {
            let _ = write!(query, "&page={}", page + 1);
        }
        if query.is_empty() { "/products".to_owned() } else { format!("/products?{}", &query[1..]) }
    }
}

/// A category as the page names it.
struct ShownCategory {
    name: String,
    /// Those above it, from the top: address and name.
    way: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

/// `GET /products`. Words in the address are for the search.
pub async fn list(visit: Visit) -> PageResult {
    if let Some(words) = visit.query.given("q") {
        return Ok(see(&format!("/search?q={}", encoded(words))));
    }
    let asked = Asked::of(&visit);
    let key = visit.key(LISTS, &asked);
    visit.shared(key, || async { made(&visit, asked).await.map_err(failure) }).await
}

/// The cache keeps no page of a failure.
fn failure(refused: Refused) -> kernel::Error {
    let error = &refused.0;
    error.detail().map_or_else(|| error.code().error(), |detail| error.code().because(detail))
}

async fn made(visit: &Visit, asked: Asked) -> Result<(Html, Option<Timestamp>), Refused> {
    let t = ListTexts::of(visit.language);
    let question = asked.question()?;
    let (category, found) = browse(visit, asked.category, question).await?;
    let title = category.as_ref().map_or_else(|| t.all.to_owned(), |category| category.name.clone());
    let (way, parts) = category.map(|category| (category.way, category.parts)).unwrap_or_default();
    let show = visit.show();
    let counted = match found.total_is_exact {
        true => plural(found.total_elements, t.one, t.count),
        false => t.many,
    };
    let orders = ORDERS.iter().enumerate().map(|(at, (name, _))| (*name, t.order(name), asked.order == Some(at)));
    let page = List {
        t,
        count: fill(counted, show.count(found.total_elements)),
        way,
        parts,
        choices: search_page::choices(visit, asked.category).await?,
        orders: orders.collect(),
        cards: Card::all(&found.content, &show)?,
        page: fill(t.page, asked.page + 1),
        previous: (asked.page > 0).then(|| asked.address(asked.page - 1)),
        next: (!found.last).then(|| asked.address(asked.page + 1)),
        title,
        asked,
    };
    let canonical = Some(visit.kept_address(&page.asked.address(page.asked.page)));
    let about = About {
        title: page.title.clone(),
        description: format!("{} · {}", page.title, page.count),
        canonical,
        kind: "website",
        ..About::default()
    };
    Ok((visit.framed(&about, &page)?, Some(visit.app().now().after(BRIEFLY))))
}

async fn browse(
    visit: &Visit,
    category: Option<i64>,
    question: Question,
) -> Result<(Option<ShownCategory>, Page<ProductPage>), Refused> {
    let currency = visit.app().shop.currency;
    let category = category.map(CategoryId::checked).transpose()?;
    let look = move |tx: &mut store::Tx<'_>| {
        let shown = category.map(|id| shown(tx, id)).transpose()?;
        Ok((shown, list::page(tx, &question, currency)?))
    };
    visit.read("storefront.list", look).await
}

/// C003 when there is no such category.
fn shown(tx: &mut store::Tx<'_>, id: CategoryId) -> kernel::Result<ShownCategory> {
    let tree = categories::tree(tx)?;
    let address = |id: CategoryId| format!("/products?category={id}");
    let found = tree.find(id)?;
    let mut way = Vec::new();
    let mut above = found.parent_id;
    while let Some(parent) = above {
        let category = tree.find(parent)?;
        way.insert(0, (address(parent), category.name.clone()));
        above = category.parent_id;
    }
    let part = |id: &CategoryId| tree.find(*id).map(|category| (address(*id), category.name.clone()));
    let parts = tree.children(Some(id)).iter().map(part).collect::<kernel::Result<_>>()?;
    Ok(ShownCategory { name: found.name.clone(), way, parts })
}

impl ListTexts {
    fn order(&self, name: &str) -> &'static str {
        match name {
            "cheap" => self.cheap,
            "dear" => self.dear,
            _ => self.new,
        }
    }
}

/// `GET /categories/{id}`: the list of the category.
pub async fn category(web::Path(id): web::Path<CategoryId>) -> PageResult {
    Ok(see(&format!("/products?category={id}")))
}
