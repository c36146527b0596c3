//! Failures as pages. The edge of the server asks for them, because a failure may come from a layer that no handler sees.

use crate::{
    Site,
    navigation::{self, encoded},
    trouble::TroubleTexts,
};
use askama::Template;
use axum::{extract::Request, http::header, response::Response};
use kernel::{Code, Error};
use pages::{
    Fields, Html, Language, Shell,
    html::{self, see},
    origin::own_path,
    shell::About,
    texts,
    words::fill,
};
use std::sync::Arc;

/// Paths of programs, which get their failures as JSON.
const OF_PROGRAMS: [&str; 6] = ["/api/", "/docs", "/openapi.json", "/metrics", "/healthz", "/readyz"];

texts! {
    /// The texts of failures.
    ErrorTexts {
        not_found: "This page does not exist", "페이지를 찾을 수 없습니다";
        not_found_help: "The address may be old, or the product no longer sold. Search, or begin at the front.", "주소가 바뀌었거나 판매가 끝난 상품입니다. 검색하거나 첫 화면에서 시작해 주세요.";
        forbidden: "This is not possible", "허용되지 않은 요청입니다";
        forbidden_help: "The page was open too long, or another site sent it. Go back, load it again, and repeat.", "페이지를 너무 오래 열어 두었거나 다른 사이트에서 보낸 요청입니다. 새로 고친 뒤 다시 시도해 주세요.";
        busy: "Many people are here right now", "지금 이용자가 많습니다";
        busy_help: "Please wait {} and load the page again. What you have put into your cart stays there.", "{} 후에 페이지를 새로 고쳐 주세요. 장바구니에 담은 상품은 그대로 있습니다.";
        broken: "Something went wrong on our side", "일시적인 오류가 발생했습니다";
        broken_help: "Please try again in a moment. If it happens again, tell our customer service this number: {}", "잠시 후 다시 시도해 주세요. 계속되면 고객센터에 이 번호를 알려 주세요: {}";
        other: "That did not work", "처리하지 못했습니다";
        home: "To the front page", "첫 화면으로";
        back: "Back", "이전 페이지로";
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    t: &'static ErrorTexts,
    title: String,
    sentence: String,
    next: &'static str,
    back: Option<String>,
}

/// What is remembered of a request until its response is there.
pub struct Asked(pages::asked::Asked);

/// Prepares the request of a page. `None` for the requests of programs.
pub fn begin(site: &Site, request: &mut Request) -> Option<Asked> {
    let path = request.uri().path();
    if OF_PROGRAMS.iter().any(|of_programs| path.starts_with(of_programs)) {
        return None;
    }
    Some(Asked(pages::asked::Asked::of(&site.origin, request)))
}

impl Asked {
    /// The response as it is sent: failures become pages, and a visitor who has to sign in is sent there.
    pub fn end(self, site: &Site, mut response: Response) -> Response {
        let error = response.extensions().get::<Arc<Error>>().cloned();
        if let Some(error) = error.filter(|_| self.0.person) {
            let page = match error.code() {
                Code::SignInRequired | Code::TokenExpired | Code::TokenInvalid => {
                    Ok(see(&format!("/sign-in?return={}", encoded(&self.0.onward))))
                }
                _ => self.page(site, &error, &response),
            };
            // without a page the visitor gets what programs get
            if let Ok(mut page) = page {
                for (name, value) in response.headers() {
                    if !page.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                        page.headers_mut().insert(name, value.clone());
                    }
                }
                response = page;
            }
        }
        html::guard(&mut response);
        response
    }

    fn page(&self, site: &Site, error: &Error, response: &Response) -> kernel::Result<Response> {
        let t = ErrorTexts::of(self.0.language);
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let status = response.status();
        let words = match self.0.language {
            Language::English => error.code().english(),
            Language::Korean => error.code().korean(),
        };
        let wait = header("retry-after").and_then(|seconds| seconds.parse().ok()).unwrap_or(1);
        let (title, sentence) = match status.as_u16() {
            404 => (t.not_found, t.not_found_help.to_owned()),
            403 => (t.forbidden, t.forbidden_help.to_owned()),
            429 | 503 => (t.busy, fill(t.busy_help, self.wait(site, wait))),
            500.. => (t.broken, fill(t.broken_help, header("x-request-id").unwrap_or("–"))),
            _ => (t.other, words.to_owned()),
        };
        let next = if status.is_client_error() && !matches!(status.as_u16(), 403 | 404 | 429) {
            TroubleTexts::of(self.0.language).next(error.remedy())
        } else {
            ""
        };
        let main = Page { t, title: title.to_owned(), sentence, next, back: self.0.back.clone() };
        let shop = &site.settings.name;
        let (header, footer) = navigation::around(self.0.language, shop, own_path(&self.0.path), &Fields::default())?;
        let about = About { title: title.to_owned(), ..About::default() };
        let shell = Shell { language: self.0.language, shop, about: &about, header, main: Html::of(&main)?, footer };
        Ok(html::private(status, shell.page()?))
    }

    fn wait(&self, site: &Site, seconds: u64) -> String {
        let shop = &site.app.shop;
        pages::show::Show { language: self.0.language, currency: shop.currency, zone: shop.zone.clone() }.wait(seconds)
    }
}
