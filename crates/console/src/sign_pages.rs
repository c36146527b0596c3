//! Signing in and out of the console.

use crate::{trouble, visit::Visit};
use askama::Template;
use axum::http::StatusCode;
use pages::{
    Fields, FormToken, Html, PageResult, Refused,
    html::{self, see},
    origin::own_path,
    texts,
};

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
    let status = refused.as_ref().map_or(StatusCode::OK, Refused::status);
    let trouble = refused.map(|refused| Html::of(&trouble::of(&refused, &visit.context))).transpose()?;
    let main = SignIn {
        t,
        token: visit.token.clone(),
        trouble,
        email: email.to_owned(),
        back: back.to_owned(),
        wrong_role: visit.user.is_some() && !visit.may_enter(),
    };
    Ok(html::private(status, visit.framed(t.title, Html::of(&main)?)?))
}

/// `POST /console/sign-in`
pub async fn sign_in(visit: Visit, fields: Fields) -> PageResult {
    let back = onward(fields.text("return"));
    match visit.sign_in(fields.text("email"), fields.raw("password")).await {
        Ok(tokens) => Ok(visit.begin(&tokens, back)),
        Err(refused) => page(&visit, Some(refused), fields.text("email"), back),
    }
}

/// `POST /console/sign-out`
pub async fn sign_out(visit: Visit, _: Fields) -> PageResult {
    Ok(visit.sign_out("/console/sign-in").await)
}

/// `GET /console/language/{code}`: remembers a language, and goes back.
pub async fn language(web::Path(code): web::Path<String>, visit: Visit) -> PageResult {
    visit.choose(&code, onward(visit.query.text("return")))
}
