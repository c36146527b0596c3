//! Signing in, up and out.

use crate::visit::Visit;
use askama::Template;
use axum::http::{Method, StatusCode, header};
use pages::{
    Fields, FormToken, Html, PageResult, cookie,
    door::admit_costly,
    html::{encoded, see},
    origin::own_path,
    texts,
};
use serde_json::json;

texts! {
    /// The texts of signing in and up.
    SignTexts {
        sign_in: "Sign in", "로그인";
        sign_up: "Sign up", "회원가입";
        email: "E-mail", "이메일";
        password: "Password", "비밀번호";
        new_password: "Password (8 characters or more, not easily guessed)", "비밀번호(8자 이상, 추측하기 어렵게)";
        nickname: "Nickname", "닉네임";
        marketing: "Send me news and offers (optional)", "소식과 혜택을 받겠습니다(선택)";
        no_account: "No account yet?", "아직 회원이 아니신가요?";
        has_account: "Have you signed up already?", "이미 회원이신가요?";
        first: "Sign in to go on.", "계속하려면 로그인해 주세요.";
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    t: &'static SignTexts,
    token: FormToken,
    trouble: Option<Html>,
    email: String,
    back: String,
    back_encoded: String,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUp {
    t: &'static SignTexts,
    token: FormToken,
    trouble: Option<Html>,
    email: String,
    nickname: String,
    marketing: bool,
    back: String,
    back_encoded: String,
}

/// `GET /sign-in`: a buyer who is signed in goes on, but for one who wants to be another.
pub async fn sign_in_form(visit: Visit) -> PageResult {
    let back = own_path(visit.query.text("return")).to_owned();
    match visit.user {
        Some(_) if !visit.query.is_on("other") => Ok(see(&back)),
        _ => sign_in_page(&visit, StatusCode::OK, None, "", &back),
    }
}

fn sign_in_page(visit: &Visit, status: StatusCode, trouble: Option<Html>, email: &str, back: &str) -> PageResult {
    let t = SignTexts::of(visit.language);
    let page = SignIn {
        t,
        token: visit.token.clone(),
        trouble,
        email: email.to_owned(),
        back: back.to_owned(),
        back_encoded: encoded(back),
    };
    visit.page_as(status, t.sign_in, &page)
}

/// `GET /sign-up`
pub async fn sign_up_form(visit: Visit) -> PageResult {
    let back = own_path(visit.query.text("return")).to_owned();
    match visit.user {
        Some(_) => Ok(see(&back)),
        None => sign_up_page(&visit, StatusCode::OK, None, &Fields::default(), &back),
    }
}

fn sign_up_page(visit: &Visit, status: StatusCode, trouble: Option<Html>, sent: &Fields, back: &str) -> PageResult {
    let t = SignTexts::of(visit.language);
    let page = SignUp {
        t,
        token: visit.token.clone(),
        trouble,
        email: sent.text("email").to_owned(),
        nickname: sent.text("nickname").to_owned(),
        marketing: sent.is_on("marketing"),
        back: back.to_owned(),
        back_encoded: encoded(back),
    };
    visit.page_as(status, t.sign_up, &page)
}

/// `POST /sign-in`
pub async fn sign_in(visit: Visit, fields: Fields) -> PageResult {
    let back = own_path(fields.text("return")).to_owned();
    match begin(&visit, fields.text("email"), fields.raw("password"), &back).await {
        Ok(response) => Ok(response),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            sign_in_page(&visit, refused.status(), Some(trouble), fields.text("email"), &back)
        }
    }
}

/// Begins a session. The cart of the guest comes along.
async fn begin(visit: &Visit, email: &str, password: &str, back: &str) -> PageResult {
    let tokens = visit.sign_in(email, password).await?;
    let mut response = visit.begin(&tokens, back);
    if visit.cookies.get(cookie::CART).is_some() {
        let signed_in = visit.head.clone().with(header::AUTHORIZATION, &tokens.bearer());
        // a cart that cannot be taken over now is taken over by the next request
        let path = format!("{}/cart", web::BASE);
        if visit.site.api.send(&signed_in, Method::GET, &path, None).await.is_ok() {
            cookie::add(&mut response, [visit.cookies.forget(cookie::CART)]);
        }
    }
    Ok(response)
}

/// `POST /sign-up`: the account is made, and the session begins.
pub async fn sign_up(visit: Visit, fields: Fields) -> PageResult {
    let back = own_path(fields.text("return")).to_owned();
    match join(&visit, &fields, &back).await {
        Ok(response) => Ok(response),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            sign_up_page(&visit, refused.status(), Some(trouble), &fields, &back)
        }
    }
}

async fn join(visit: &Visit, fields: &Fields, back: &str) -> PageResult {
    admit_costly(&visit.parts).await?;
    let (email, password) = (fields.text("email"), fields.raw("password"));
    let new = json!({"email": email, "password": password, "nickname": fields.text("nickname"),
        "marketingAgree": fields.is_on("marketing")});
    visit.send(Method::POST, "/api/v1/users/signup", Some(new)).await?;
    begin(visit, email, password, back).await
}

/// `POST /sign-out`
pub async fn sign_out(visit: Visit, _: Fields) -> PageResult {
    Ok(visit.sign_out("/").await)
}
