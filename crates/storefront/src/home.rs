//! The home page: the deals that run and come, what sells well, and what is new.

use crate::{
    cards::Card,
    deals_page::{self, DealView},
    photo::{Photo, Photos},
    site::{BRIEFLY, LISTS},
    visit::Visit,
};
use askama::Template;
use catalog::ops::categories;
use kernel::{PageRequest, Timestamp, Zone};
use merchandising::{
    list::{self, Column, Filter, Question},
    page::{self, ProductPage, Viewer},
    popular,
};
use pages::{Html, PageResult, shell::About, texts};
use serde_json::json;
use store::Tx;

/// Products of a row of the page.
const ROW: i64 = 8;
/// Deals that the page shows.
const DEALS: usize = 4;
/// Days that count for what sells well.
const POPULAR_DAYS: i64 = 14;

texts! {
    /// The texts of the home page.
    HomeTexts {
        title: "Good things, sold fairly", "좋은 물건을, 공정하게";
        lead: "Things for the table, the desk and the road. What you see in stock is there.", "식탁과 책상, 길 위를 위한 물건들. 재고가 보이면 정말 있습니다.";
        look: "Look around", "둘러보기";
        deals: "Time deals", "타임딜";
        all_deals: "All deals", "타임딜 모두 보기";
        popular: "Loved right now", "지금 사랑받는 상품";
        new: "New in the shop", "새로 들어온 상품";
        all_new: "All products", "전체 상품 보기";
        categories: "Categories", "카테고리";
        empty: "The shelves are being filled. Please come back soon.", "상품을 준비하고 있습니다. 곧 다시 찾아 주세요.";
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    t: &'static HomeTexts,
    categories: Vec<(i64, String)>,
    deals: Vec<Html>,
    popular: Vec<Html>,
    new: Vec<Html>,
}

/// What the page is made of.
struct Found {
    categories: Vec<(i64, String)>,
    deals: Vec<checkout::deal::view::TimeDealResponse>,
    photos: Photos,
    popular: Vec<ProductPage>,
    new: Vec<ProductPage>,
    now: Timestamp,
}

impl Found {
    /// The image for those who get a link: the first uploaded one that the page shows, otherwise the first drawing.
    fn image(&self) -> Option<Photo> {
        let of_deals = self.deals.iter().flat_map(|deal| &deal.products);
        let of_deals = of_deals.map(|product| self.photos.get(product.product_id, &product.product_name));
        let of_products = self.popular.iter().chain(&self.new).map(|product| Photo::all(product).0);
        let mut shown: Vec<Photo> = of_deals.chain(of_products).collect();
        let first = shown.iter().position(Photo::is_uploaded).unwrap_or(0);
        (first < shown.len()).then(|| shown.swap_remove(first))
    }
}

/// `GET /`
pub async fn home(visit: Visit) -> PageResult {
    let key = visit.key(LISTS, "home");
    visit.shared(key, || made(&visit)).await
}

async fn made(visit: &Visit) -> kernel::Result<(Html, Option<Timestamp>)> {
    let (currency, zone) = (visit.app().shop.currency, visit.app().shop.zone.clone());
    let found = visit.app().db.read("storefront.home", move |tx| found(tx, &zone, currency)).await?;
    let show = visit.show();
    let t = HomeTexts::of(visit.language);
    let image = found.image().map(|photo| visit.kept_address(&photo.src));
    let deals =
        found.deals.iter().map(|deal| DealView::card(deal, &found.photos, &show)).collect::<kernel::Result<_>>()?;
    let page = Home {
        t,
        categories: found.categories,
        deals,
        popular: Card::all(&found.popular, &show)?,
        new: Card::all(&found.new, &show)?,
    };
    let address = visit.kept_address("/");
    let shop = &visit.site.settings.name;
    let data = json!({"@context": "https://schema.org", "@type": "WebSite", "name": shop, "url": address,
        "potentialAction": {"@type": "SearchAction", "target": format!("{}?q={{words}}", visit.kept_address("/search")),
            "query-input": "required name=words"}});
    let about = About {
        title: t.title.to_owned(),
        description: t.lead.to_owned(),
        canonical: Some(address),
        image,
        kind: "website",
        data: Some(Html::data(&data)),
        ..About::default()
    };
    let until = found.now.after(BRIEFLY);
    Ok((visit.framed(&about, &page)?, Some(until)))
}

fn found(tx: &mut Tx<'_>, zone: &Zone, currency: kernel::Currency) -> kernel::Result<Found> {
    let deals = timedeal::ops::current(tx)?;
    let deals = checkout::deal::view::shown(tx, deals.into_iter().take(DEALS).collect())?;
    let photos = deals_page::photos(tx, &deals)?;
    let best = popular::popular(tx, zone, POPULAR_DAYS, ROW)?;
    let best: Vec<_> = best.iter().map(|one| one.product_id).collect();
    let question = Question {
        filter: Filter::default(),
        status: None,
        seller: None,
        keyword: None,
        viewer: Viewer::Public,
        sort: (Column::CreatedAt, true),
        request: PageRequest::new(0, ROW)?,
        after: None,
    };
    let categories = categories::tree(tx)?.nodes();
    Ok(Found {
        categories: categories.into_iter().map(|node| (node.id.raw(), node.name)).collect(),
        deals,
        photos,
        popular: page::pages(tx, &best, currency, Viewer::Public)?,
        new: list::page(tx, &question, currency)?.content,
        now: tx.now(),
    })
}
