//! The account: name, password and addresses.

use crate::visit::Visit;
use account::{address::SavedAddress, ops, user::User};
use askama::Template;
use axum::http::{Method, StatusCode};
use kernel::{Address, AddressId, Code};
use pages::{Fields, FormToken, Html, PageResult, Refused, cookie, html::see, session, texts, words::fill};
use serde_json::{Value, json};

texts! {
    /// The texts of the account.
    AccountTexts {
        title: "Account", "내 정보";
        hello: "Hello, {}", "{}님, 안녕하세요";
        orders: "My orders", "주문 내역";
        returns: "My returns", "반품·교환 내역";
        coupons: "My coupons", "내 쿠폰";
        balance: "Balance", "잔액";
        points: "Points", "포인트";
        searches: "Recent searches", "최근 검색어";
        profile: "Profile", "회원 정보";
        nickname: "Nickname", "닉네임";
        email: "E-mail", "이메일";
        real_name: "Full name (optional)", "이름(선택)";
        marketing: "Send me news and offers", "소식과 혜택을 받겠습니다";
        save: "Save", "저장";
        saved: "Saved.", "저장했습니다.";
        password: "Change the password", "비밀번호 변경";
        current: "Current password", "현재 비밀번호";
        new: "New password (8 characters or more)", "새 비밀번호(8자 이상)";
        ends: "You will be signed out on every device.", "모든 기기에서 다시 로그인해야 합니다.";
        addresses: "Addresses", "배송지";
        no_address: "No address saved yet.", "저장된 배송지가 없습니다.";
        default: "Default", "기본 배송지";
        make_default: "Make default", "기본 배송지로 설정";
        change: "Change", "수정";
        remove: "Delete", "삭제";
        add: "Add an address", "배송지 추가";
        edit: "Change the address", "배송지 수정";
        back: "Back to the account", "내 정보로 돌아가기";
        sign_out: "Sign out", "로그아웃";
    }
}

texts! {
    /// The labels of an address.
    AddressTexts {
        label: "Address name (optional)", "배송지 이름(선택)";
        receiver: "Recipient", "받는 분";
        phone: "Phone", "연락처";
        zip: "Postal code", "우편번호";
        line1: "Address", "주소";
        line2: "Address line 2 (optional)", "상세 주소(선택)";
    }
}

/// An address as it is typed.
#[derive(Debug, Clone, Default)]
pub struct Addressed {
    pub receiver_name: String,
    pub receiver_phone: String,
    pub zip_code: String,
    pub address1: String,
    pub address2: String,
}

impl Addressed {
    /// The address in the fields of a form.
    pub fn of(fields: &Fields) -> Addressed {
        let text = |name| fields.text(name).to_owned();
        Addressed {
            receiver_name: text("receiverName"),
            receiver_phone: text("receiverPhone"),
            zip_code: text("zipCode"),
            address1: text("address1"),
            address2: text("address2"),
        }
    }

    fn saved(address: &Address) -> Addressed {
        Addressed {
            receiver_name: address.receiver_name.clone(),
            receiver_phone: address.receiver_phone.clone(),
            zip_code: address.zip_code.clone(),
            address1: address.address1.clone(),
            address2: address.address2.clone().unwrap_or_default(),
        }
    }

    /// The address, if every field that it needs is there.
    pub fn complete(&self) -> Option<Address> {
        let Addressed { receiver_name, receiver_phone, zip_code, address1, address2 } = self.clone();
        let address = Address { receiver_name, receiver_phone, zip_code, address1, address2: Some(address2) };
        Address { address2: address.address2.clone().filter(|text| !text.is_empty()), ..address }.checked().ok()
    }

    /// As the API reads it.
    pub fn json(&self) -> Value {
        let second = Some(&self.address2).filter(|text| !text.is_empty());
        json!({"receiverName": self.receiver_name, "receiverPhone": self.receiver_phone, "zipCode": self.zip_code,
            "address1": self.address1, "address2": second})
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    t: &'static AccountTexts,
    a: &'static AddressTexts,
    token: FormToken,
    trouble: Option<Html>,
    note: Option<&'static str>,
    hello: String,
    email: String,
    nickname: String,
    real_name: String,
    marketing: bool,
    version: i64,
    addresses: Vec<Kept>,
    label: String,
    typed: Addressed,
}

struct Kept {
    id: i64,
    label: String,
    receiver: String,
    text: String,
    is_default: bool,
}

impl From<SavedAddress> for Kept {
    fn from(saved: SavedAddress) -> Kept {
        Kept {
            id: saved.id.raw(),
            receiver: format!("{} · {}", saved.address.receiver_name, saved.address.receiver_phone),
            label: saved.label.unwrap_or_default(),
            text: saved.full_address,
            is_default: saved.is_default,
        }
    }
}

/// `GET /account`
pub async fn account(visit: Visit) -> PageResult {
    let note = visit.query.is_on("saved").then_some(AccountTexts::of(visit.language).saved);
    page(&visit, StatusCode::OK, None, note, &Fields::default()).await
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    note: Option<&'static str>,
    sent: &Fields,
) -> PageResult {
    let (user, addresses) = found(visit).await?;
    let t = AccountTexts::of(visit.language);
    let page = Page {
        t,
        a: AddressTexts::of(visit.language),
        token: visit.token.clone(),
        trouble,
        note,
        hello: fill(t.hello, &user.nickname),
        email: user.email,
        nickname: user.nickname,
        real_name: user.real_name.unwrap_or_default(),
        marketing: user.marketing_agree,
        version: user.version,
        addresses: addresses.into_iter().map(Kept::from).collect(),
        label: sent.text("label").to_owned(),
        typed: Addressed::of(sent),
    };
    visit.page_as(status, t.title, &page)
}

async fn found(visit: &Visit) -> Result<(User, Vec<SavedAddress>), Refused> {
    let buyer = visit.buyer()?.id;
    let look = move |tx: &mut store::Tx<'_>| Ok((ops::find(tx, &buyer)?, ops::addresses(tx, &buyer)?));
    visit.read("storefront.account", look).await
}

/// Sends a change to the API; back to the account, or the page again with the refusal.
async fn send(visit: &Visit, method: Method, path: &str, body: Option<Value>, sent: &Fields) -> PageResult {
    visit.buyer()?;
    match visit.send(method, path, body).await {
        Ok(_) => Ok(see("/account?saved=1")),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            page(visit, refused.status(), Some(trouble), None, sent).await
        }
    }
}

/// `POST /account/profile`
pub async fn profile(visit: Visit, fields: Fields) -> PageResult {
    let change = json!({"nickname": fields.text("nickname"), "realName": fields.given("realName"),
        "marketingAgree": fields.is_on("marketing"), "version": fields.number_to_send("version")});
    send(&visit, Method::PUT, "/api/v1/users/me", Some(change), &fields).await
}

/// `POST /account/password`: every session ends, so the browser is sent to sign in.
pub async fn password(visit: Visit, fields: Fields) -> PageResult {
    let change = json!({"currentPassword": fields.raw("currentPassword"), "newPassword": fields.raw("newPassword")});
    let mut response = send(&visit, Method::PUT, "/api/v1/users/me/password", Some(change), &fields).await?;
    if response.status() == StatusCode::SEE_OTHER {
        response = see("/sign-in?return=/account");
        cookie::add(&mut response, session::ended(&visit.cookies));
    }
    Ok(response)
}

fn written(fields: &Fields) -> Value {
    json!({"label": fields.given("label"), "address": Addressed::of(fields).json(), "isDefault": fields.is_on("default")})
}

/// `POST /account/addresses`
pub async fn add_address(visit: Visit, fields: Fields) -> PageResult {
    send(&visit, Method::POST, "/api/v1/users/me/addresses", Some(written(&fields)), &fields).await
}

#[derive(Template)]
#[template(path = "address.html")]
struct Edit {
    t: &'static AccountTexts,
    a: &'static AddressTexts,
    token: FormToken,
    trouble: Option<Html>,
    id: i64,
    label: String,
    is_default: bool,
    typed: Addressed,
}

/// `GET /account/addresses/{id}`
pub async fn address(web::Path(id): web::Path<AddressId>, visit: Visit) -> PageResult {
    let saved = kept(&visit, id).await?;
    edit(
        &visit,
        StatusCode::OK,
        None,
        id,
        (saved.label.unwrap_or_default(), saved.is_default, Addressed::saved(&saved.address)),
    )
}

fn edit(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    id: AddressId,
    (label, is_default, typed): (String, bool, Addressed),
) -> PageResult {
    let (t, a) = (AccountTexts::of(visit.language), AddressTexts::of(visit.language));
    let page = Edit { t, a, token: visit.token.clone(), trouble, id: id.raw(), label, is_default, typed };
    visit.page_as(status, t.edit, &page)
}

async fn kept(visit: &Visit, id: AddressId) -> Result<SavedAddress, Refused> {
    let (_, addresses) = found(visit).await?;
    addresses.into_iter().find(|one| one.id == id).ok_or_else(|| Code::AddressNotFound.into())
}

/// `POST /account/addresses/{id}`: rewrites it, deletes it, or offers it first.
pub async fn change_address(web::Path(id): web::Path<AddressId>, visit: Visit, fields: Fields) -> PageResult {
    let path = format!("/api/v1/users/me/addresses/{id}");
    if fields.is_on("remove") {
        return send(&visit, Method::DELETE, &path, None, &Fields::default()).await;
    }
    if fields.is_on("first") {
        let saved = kept(&visit, id).await?;
        let same = json!({"label": saved.label, "address": Addressed::saved(&saved.address).json(), "isDefault": true});
        return send(&visit, Method::PUT, &path, Some(same), &Fields::default()).await;
    }
    visit.buyer()?;
    match visit.send(Method::PUT, &path, Some(written(&fields))).await {
        Ok(_) => Ok(see("/account?saved=1")),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            let typed = (fields.text("label").to_owned(), fields.is_on("default"), Addressed::of(&fields));
            edit(&visit, refused.status(), Some(trouble), id, typed)
        }
    }
}
