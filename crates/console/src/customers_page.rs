//! Customers: found by what they are called, or by what they spent; and one with orders, balance and points.

use crate::{
    details::Details,
    forms::{Field, Filter, Form, amount},
    orders_page,
    page::Page,
    states,
    table::{Cell, List, Paged, SIZE, Table, address},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Timestamp, UserId};
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::json;

texts! {
    /// The texts of customers.
    CustomerTexts {
        title: "Customers", "고객";
        lead: "Those who spent most come first.", "많이 구매한 순서입니다.";
        one: "Customer {}", "고객 {}";
        find: "E-mail, nickname or name", "이메일, 닉네임, 이름";
        customer: "Customer", "고객";
        email: "E-mail", "이메일";
        verified: "verified", "확인됨";
        unverified: "not verified", "미확인";
        name: "Name", "이름";
        roles: "Roles", "권한";
        status: "Status", "상태";
        joined: "Signed up", "가입일";
        nickname: "Nickname", "닉네임";
        id: "Number", "회원 번호";
        placed: "Placed orders", "주문";
        completed: "Completed orders", "완료된 주문";
        spent: "Spent", "구매 금액";
        last: "Last order", "최근 주문";
        csv: "As a file (CSV)", "파일로 받기(CSV)";
        wallet: "Balance and points", "잔액과 포인트";
        balance: "Balance", "잔액";
        points: "Points", "포인트";
        owed: "Points owed", "회수할 포인트";
        orders: "Orders", "주문";
        adjust_balance: "Change the balance", "잔액 조정";
        adjust_points: "Change the points", "포인트 조정";
        change: "Change, such as -1000", "변경(예: -1000)";
        button: "Change it", "조정하기";
    }
}

/// A report of customers, as far as it is shown.
#[derive(Debug, Deserialize)]
struct Report {
    rows: Vec<Customer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    user_id: String,
    email: Option<String>,
    nickname: Option<String>,
    placed_orders: i64,
    total_orders: i64,
    total_spent: i64,
    last_order_date: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct Wallet {
    balance: Balance,
    points: Points,
}

#[derive(Debug, Deserialize)]
struct Balance {
    balance: i64,
}

#[derive(Debug, Deserialize)]
struct Points {
    points: i64,
    owed: i64,
}

/// `GET /console/customers`: whom a text names, or those who spent most.
pub async fn customers(visit: Visit) -> PageResult {
    let t = CustomerTexts::of(visit.language);
    let words = visit.query.text("q").to_owned();
    let filter = Filter::of(&visit, "/console/customers", vec![Field::text(t.find, "q", words.clone())]);
    let page = Page::of(t.title).action("/console/exports/customers", t.csv).with(&filter)?;
    if words.is_empty() {
        return visit.page(page.lead(t.lead).with(&spenders(&visit).await?)?);
    }
    let found = find(&visit, &words).await?;
    let list = List::of("/console/customers", &["q", "after", "sort"], &visit.query);
    let further = found.next.map(|next| list.link(&[("after", &next.to_string())]));
    visit.page(page.with(&users(&visit, "", &found).sorted_page(&list).onward(further))?)
}

/// Users whom a text names.
#[derive(Debug, Default, Deserialize)]
pub struct Found {
    users: Vec<User>,
    /// After whom the search goes on.
    next: Option<UserId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: UserId,
    email: String,
    nickname: String,
    real_name: Option<String>,
    roles: Vec<String>,
    status: String,
    email_verified: bool,
    created_at: Timestamp,
}

/// The users whom `words` name; none where accounts are kept elsewhere.
pub async fn find(visit: &Visit, words: &str) -> Result<Found, Refused> {
    let after = visit.query.given("after").map(|after| ("after", after));
    let path = address("/api/v1/users", [("keyword", words)].into_iter().chain(after));
    Ok(visit.read_if_allowed(&path).await?.unwrap_or_default())
}

/// The table of the users who were found.
pub fn users(visit: &Visit, title: &str, found: &Found) -> Table {
    let (t, show) = (CustomerTexts::of(visit.language), visit.show());
    let row = |user: &User| {
        vec![
            Cell::link(&user.email, format!("/console/customers/{}", user.id)),
            Cell::text(&user.nickname),
            Cell::maybe(user.real_name.as_deref()),
            Cell::text(roles(visit, user)),
            states::cell(&user.status, visit.language),
            Cell::moment(&show, user.created_at),
        ]
    };
    let columns = [t.email, t.nickname, t.name, t.roles, t.status, t.joined];
    Table::of(visit, title, &columns).rows(found.users.iter().map(row))
}

async fn spenders(visit: &Visit) -> Result<Table, Refused> {
    let (t, show) = (CustomerTexts::of(visit.language), visit.show());
    let page = visit.query.page("page");
    let path = format!("/admin/reports/customers?limit={SIZE}&offset={}", (page - 1) * SIZE);
    let found: Report = visit.read(&path).await?;
    let row = |customer: &Customer| {
        let name = customer.email.as_deref().unwrap_or(&customer.user_id);
        vec![
            Cell::link(name, format!("/console/customers/{}", customer.user_id)),
            Cell::maybe(customer.nickname.as_deref()),
            Cell::number(show.count(customer.placed_orders), customer.placed_orders),
            Cell::number(show.count(customer.total_orders), customer.total_orders),
            Cell::number(visit.money(customer.total_spent), customer.total_spent),
            customer.last_order_date.map_or_else(Cell::default, |at| Cell::moment(&show, at)),
        ]
    };
    let [placed, completed, spent] = [t.placed, t.completed, t.spent].map(|name| format!("#{name}"));
    let columns = [t.customer, t.nickname, &placed, &completed, &spent, t.last];
    let list = List::of("/console/customers", &["page", "sort"], &visit.query);
    // the report does not count its rows: a full page may have another one behind it
    let is_full = i64::try_from(found.rows.len()).unwrap_or_default() == SIZE;
    let paged = Paged::<Customer>::uncounted(page - 1, !is_full);
    Ok(Table::of(visit, "", &columns).rows(found.rows.iter().map(row)).sorted_page(&list).paged(&list, &paged))
}

/// `GET /console/customers/{id}`
pub async fn customer(web::Path(id): web::Path<UserId>, visit: Visit) -> PageResult {
    page(&visit, id, None).await
}

async fn page(visit: &Visit, id: UserId, refused: Option<Refused>) -> PageResult {
    let t = CustomerTexts::of(visit.language);
    let wallet: Wallet = visit.read(&format!("/admin/wallets/{id}")).await?;
    let user: Option<User> = visit.read_if_allowed(&format!("/api/v1/users/{id}")).await?;
    let owed = (wallet.points.owed > 0).then(|| visit.money(wallet.points.owed));
    let details = Details::of(t.wallet)
        .row(t.balance, Cell::text(visit.money(wallet.balance.balance)))
        .row(t.points, Cell::text(visit.money(wallet.points.points)))
        .row_if(t.owed, owed);
    let form = |act: &str, title: &str| {
        Form::of(visit, format!("/console/customers/{id}/{act}"), title, t.button)
            .folded()
            .reasoned()
            .grave()
            .field(Field::number(t.change, "amount", "").required())
    };
    let title = user.as_ref().map_or_else(|| id.to_string(), |user| user.nickname.clone());
    let page = Page::of(fill(t.one, title)).with_some(user.map(|user| about(visit, &user)))?.with(&details)?;
    let page = page.with(&form("balance", t.adjust_balance))?.with(&form("points", t.adjust_points))?;
    visit.page_with(page.with(&orders(visit, id).await?)?, refused)
}

/// What a customer ordered, newest first.
async fn orders(visit: &Visit, id: UserId) -> Result<Table, Refused> {
    let path = format!("/console/customers/{id}");
    let list = List::part(&path, "orders", &visit.query);
    let question = format!("{}&keyword={id}", list.question("/admin/orders", &[]));
    let found: Paged<orders_page::Row> = visit.read(&question).await?;
    let table = orders_page::table(visit, CustomerTexts::of(visit.language).orders, &found.content);
    Ok(table.sorted_page(&list).searched(&list, &found))
}

/// What a user may do, in words.
fn roles(visit: &Visit, user: &User) -> String {
    user.roles.iter().map(|role| states::word(role, visit.language)).collect::<Vec<_>>().join(", ")
}

/// Who a customer is.
fn about(visit: &Visit, user: &User) -> Details {
    let (t, show) = (CustomerTexts::of(visit.language), visit.show());
    let verified = if user.email_verified { t.verified } else { t.unverified };
    Details::of("")
        .row(t.email, Cell::text(format!("{} ({verified})", user.email)))
        .row_if(t.name, user.real_name.as_deref())
        .row(t.roles, Cell::text(roles(visit, user)))
        .row(t.status, states::cell(&user.status, visit.language))
        .row(t.joined, Cell::moment(&show, user.created_at))
        .row(t.id, Cell::text(user.id.to_string()))
}

async fn adjust(visit: &Visit, id: UserId, fields: &Fields, account: &str, member: &str) -> PageResult {
    if let Err(refused) = visit.sure(fields) {
        return page(visit, id, Some(refused)).await;
    }
    let mut body = json!({"reason": fields.text("reason")});
    body[member] = amount(visit, fields, "amount");
    match visit.send_form(fields, Method::POST, &format!("/admin/wallets/{id}/{account}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/customers/{id}")),
        Err(refused) => page(visit, id, Some(refused)).await,
    }
}

/// `POST /console/customers/{id}/balance`
pub async fn balance(web::Path(id): web::Path<UserId>, visit: Visit, fields: Fields) -> PageResult {
    adjust(&visit, id, &fields, "balance", "amount").await
}

/// `POST /console/customers/{id}/points`
pub async fn points(web::Path(id): web::Path<UserId>, visit: Visit, fields: Fields) -> PageResult {
    adjust(&visit, id, &fields, "points", "points").await
}
