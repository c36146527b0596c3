//! The header and the footer of every page. They are the same for everybody: the number of things in the cart comes by itself.

use askama::Template;
use kernel::Result;
use pages::{Fields, Html, Language, html::encoded, texts, words::other_code};

texts! {
    /// The texts of header and footer.
    NavigationTexts {
        search: "Search", "검색";
        search_for: "What are you looking for?", "무엇을 찾으세요?";
        suggestions: "Suggestions", "추천 검색어";
        category: "category", "카테고리";
        product: "product", "상품";
        all: "Products", "전체 상품";
        deals: "Deals", "타임딜";
        coupons: "Coupons", "쿠폰";
        cart: "Cart", "장바구니";
        in_cart: "in the cart", "개 담김";
        account: "Account", "내 정보";
        orders: "Orders", "주문 내역";
        menu: "Main menu", "주요 메뉴";
        footer: "About this shop", "쇼핑몰 정보";
        promise: "The last unit is sold exactly once.", "마지막 한 개는 정확히 한 번만 판매됩니다.";
        other: "한국어", "English(영어)";
    }
}

#[derive(Template)]
#[template(path = "header.html")]
struct Header<'a> {
    t: &'static NavigationTexts,
    shop: &'a str,
    words: &'a str,
}

#[derive(Template)]
#[template(path = "footer.html")]
struct Footer<'a> {
    t: &'static NavigationTexts,
    shop: &'a str,
    other_code: &'static str,
    back: String,
}

/// Header and footer of the page at `path`.
pub fn around(language: Language, shop: &str, path: &str, query: &Fields) -> Result<(Html, Html)> {
    let t = NavigationTexts::of(language);
    let header = Html::of(&Header { t, shop, words: query.text("q") })?;
    let footer = Html::of(&Footer { t, shop, other_code: other_code(language), back: encoded(path) })?;
    Ok((header, footer))
}
