//! The header and the footer of every page of the console.

use askama::Template;
use kernel::Result;
use pages::{FormToken, Html, Language, html::encoded, texts, words::other_code};

texts! {
    /// The texts of header and footer.
    NavigationTexts {
        console: "Console", "관리 콘솔";
        search: "Search", "검색";
        search_for: "Order, name, phone, e-mail, product", "주문 번호, 이름, 연락처, 이메일, 상품";
        menu: "Parts of the console", "콘솔 메뉴";
        dashboard: "Dashboard", "대시보드";
        products: "Products", "상품";
        categories: "Categories", "카테고리";
        orders: "Orders", "주문";
        returns: "Returns", "반품·교환";
        coupons: "Coupons", "쿠폰";
        deals: "Deals", "타임딜";
        queues: "Queues", "대기열";
        customers: "Customers", "고객";
        reports: "Reports", "보고서";
        settlement: "Settlement", "정산";
        sagas: "Sagas", "사가";
        events: "Events", "이벤트";
        audit: "Audit", "감사";
        captures: "Wrong captures", "금액이 다른 결제";
        rebuild: "Compare and repair", "비교와 복구";
        settings: "Settings", "설정";
        health: "Health", "상태";
        sign_out: "Sign out", "로그아웃";
        other: "한국어", "English(영어)";
        keys: "Keys", "단축키";
        key_search: "/ goes to the search", "/ 검색으로 이동";
        key_help: "? shows this list", "? 이 목록 보기";
        key_close: "Esc closes it", "Esc 닫기";
        close: "Close", "닫기";
    }
}

/// Where a page is, and for whom.
pub struct Place<'a> {
    pub language: Language,
    /// Path and query.
    pub path: &'a str,
    /// Where the page can be seen in the other language.
    pub back: &'a str,
    /// What was searched for.
    pub words: &'a str,
    /// The form token of a person who may work here; without it the page has no menu.
    pub token: Option<FormToken>,
    pub is_admin: bool,
}

/// A part of the console, with whether the page belongs to it.
struct Part {
    href: &'static str,
    name: &'static str,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "header.html")]
struct Header<'a> {
    t: &'static NavigationTexts,
    shop: &'a str,
    words: &'a str,
    token: Option<&'a FormToken>,
    parts: Vec<Part>,
}

#[derive(Template)]
#[template(path = "footer.html")]
struct Footer {
    t: &'static NavigationTexts,
    other_code: &'static str,
    back: String,
}

impl NavigationTexts {
    /// The parts that sellers see, and those for administrators alone.
    fn parts(&self, is_admin: bool) -> Vec<(&'static str, &'static str)> {
        let of_sellers = [
            ("/console", self.dashboard),
            ("/console/products", self.products),
            ("/console/coupons", self.coupons),
            ("/console/deals", self.deals),
            ("/console/reports", self.reports),
        ];
        let of_admins = [
            ("/console/orders", self.orders),
            ("/console/returns", self.returns),
            ("/console/customers", self.customers),
            ("/console/categories", self.categories),
            ("/console/queues", self.queues),
            ("/console/settlement", self.settlement),
            ("/console/settlement/captures", self.captures),
            ("/console/sagas", self.sagas),
            ("/console/events", self.events),
            ("/console/audit", self.audit),
            ("/console/rebuild", self.rebuild),
            ("/console/settings", self.settings),
            ("/console/health", self.health),
        ];
        of_sellers.into_iter().chain(of_admins.into_iter().filter(|_| is_admin)).collect()
    }
}

/// Whether the page at `path` belongs to the part at `href`.
fn belongs(path: &str, href: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    match path.strip_prefix(href) {
        Some("") => true,
        Some(rest) => href != "/console" && rest.starts_with('/'),
        None => false,
    }
}

/// Header and footer of a page.
pub fn around(shop: &str, place: &Place<'_>) -> Result<(Html, Html)> {
    let t = NavigationTexts::of(place.language);
    let shown = if place.token.is_some() { t.parts(place.is_admin) } else { Vec::new() };
    let here =
        shown.iter().map(|(href, _)| *href).filter(|href| belongs(place.path, href)).max_by_key(|href| href.len());
    let part = |(href, name)| Part { href, name, is_here: here == Some(href) };
    let parts = shown.into_iter().map(part).collect();
    let header = Html::of(&Header { t, shop, words: place.words, token: place.token.as_ref(), parts })?;
    let other_code = other_code(place.language);
    let footer = Html::of(&Footer { t, other_code, back: encoded(place.back) })?;
    Ok((header, footer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_one_part() {
        assert!(belongs("/console", "/console") && belongs("/console/orders?q=x", "/console/orders"));
        assert!(belongs("/console/orders/ORD-1", "/console/orders"));
        assert!(!belongs("/console/orders", "/console") && !belongs("/console/ordersx", "/console/orders"));
    }
}
