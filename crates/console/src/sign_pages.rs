//! Signing in and out of the console.

use crate::{trouble::Trouble, visit::Visit};
use askama::Template;
use axum::http::{Method, StatusCode};
use pages::{
    Fields, FormToken, Html, PageResult, Refused, cookie,
    door::admit_costly,
    html::{self, see},
    origin::own_path,
    session::{self, Tokens},
    texts,
};
use serde_json::json;
use std::time::Duration;

/// How long the choice of a language is remembered.
const LANGUAGE_TTL: Duration = Duration::from_secs(365 * 86_400);

texts! {
    /// The texts of signing in.
    SignTexts {
        title: "Sign in to the console", "관리 콘솔 로그인";
        email: "E-mail", "이메일";
        password: "Password", "비밀번호";
        sign_in: "Sign in", "로그인";
        who: "For sellers and administrators of the shop.", "판매자와 관리자를 위한 화면입니다.";
        wrong_role: "You are signed in with an account that is neither a seller's nor an administrator's.", "판매자나 관리자가 아닌 계정으로 로그인되어 있습니다.";
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
    wrong_role: bool,
}

/// A path of the console to which a parameter sends the browser.
fn onward(text: &str) -> &str {
    match own_path(text) {
        "/" => "/console",
        path => path,
    }
}

/// `GET /console/sign-in`
pub async fn sign_in_form(visit: Visit) -> PageResult {
    let back = onward(visit.query.text("return")).to_owned();
    if visit.may_enter() && visit.query.is_on("return") {
        return Ok(see(&back));
    }
    page(&visit, None, "", &back)
}

fn page(visit: &Visit, refused: Option<Refused>, email: &str, back: &str) -> PageResult {
    let t = SignTexts::of(visit.language);
    let status = refused.as_ref().map_or(Ok(StatusCode::OK), |refused| StatusCode::from_u16(refused.code().status()));
    let trouble = refused.map(|refused| Html::of(&Trouble::of(&refused, &visit.context))).transpose()?;
    let main = SignIn {
        t,
        token: visit.token.clone(),
        trouble,
        email: email.to_owned(),
        back: back.to_owned(),
        wrong_role: visit.user.is_some() && !visit.may_enter(),
    };
    let page = visit.framed(t.title, Html::of(&main)?)?;
    Ok(html::private(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), page))
}

/// `POST /console/sign-in`: begins a session with new tokens and a new form token, whatever the browser had before.
pub async fn sign_in(visit: Visit, fields: Fields) -> PageResult {
    let back = onward(fields.text("return")).to_owned();
    match begin(&visit, &fields).await {
        Ok(tokens) => {
            let mut response = see(&back);
            cookie::add(&mut response, tokens.cookies(&visit.cookies, visit.console.setup.ages));
            cookie::add(&mut response, [FormToken::new().cookie(&visit.cookies)]);
            Ok(response)
        }
        Err(refused) => page(&visit, Some(refused), fields.text("email"), &back),
    }
}

async fn begin(visit: &Visit, fields: &Fields) -> Result<Tokens, Refused> {
    admit_costly(&visit.parts).await?;
    let credentials = json!({"email": fields.text("email"), "password": fields.raw("password")});
    visit.console.api.call(&visit.head, Method::POST, "/api/v1/auth/login", Some(credentials)).await
}

/// `POST /console/sign-out`
pub async fn sign_out(visit: Visit, _: Fields) -> PageResult {
    if let Some(token) = visit.cookies.get(cookie::REFRESH) {
        let body = json!({"refreshToken": token});
        // a session that is over already is no failure
        let _ = visit.console.api.send(&visit.head, Method::POST, "/api/v1/auth/logout", Some(body)).await;
    }
    let mut response = see("/console/sign-in");
    cookie::add(&mut response, session::ended(&visit.cookies));
    cookie::add(&mut response, [FormToken::new().cookie(&visit.cookies)]);
    Ok(response)
}

/// `GET /console/language/{code}`: remembers a language, and goes back.
pub async fn language(web::Path(code): web::Path<String>, visit: Visit) -> PageResult {
    let code = match code.as_str() {
        "ko" => "ko",
        "en" => "en",
        _ => return Err(kernel::Code::NotFound.into()),
    };
    let mut response = see(onward(visit.query.text("return")));
    cookie::add(&mut response, [visit.cookies.set(cookie::LANGUAGE, code, LANGUAGE_TTL)]);
    Ok(response)
}
