//! Failures as buyers read them.

use crate::{Site, navigation, routes, trouble::TroubleTexts};
use axum::{http::StatusCode, response::Response};
use kernel::{Code, Error, Remedy};
use pages::{
    Fields, Html, Shell,
    asked::{Asked, Failed, Front},
    html::encoded,
    origin::Origin,
    shell::About,
    show::Show,
    texts,
    words::fill,
};

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
        broken_help: "Please try again in a moment. If it happens again, give our customer service this number: {}", "잠시 후 다시 시도해 주세요. 계속되면 고객센터에 이 번호를 알려 주세요: {}";
        other: "That did not work", "처리하지 못했습니다";
        home: "To the front page", "첫 화면으로";
        sign_in: "Sign in with another account", "다른 계정으로 로그인";
        back: "Back", "이전 페이지로";
    }
}

impl Front for Site {
    fn has(&self, path: &str) -> bool {
        !OF_PROGRAMS.iter().any(|of_programs| path.starts_with(of_programs))
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn sign_in(&self) -> &'static str {
        "/sign-in"
    }

    fn page_of(&self, path: &str) -> Option<String> {
        routes::page_of(path)
    }

    fn failed(&self, asked: &Asked<'_>, error: &Error, response: &Response) -> kernel::Result<Html> {
        let language = asked.language;
        let t = ErrorTexts::of(language);
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let status = response.status();
        let wait = header("retry-after").and_then(|seconds| seconds.parse().ok()).unwrap_or(1);
        let (title, sentence) = match status.as_u16() {
            404 => (t.not_found, t.not_found_help.to_owned()),
            403 if error.code() == Code::Forbidden => (t.forbidden, t.forbidden_help.to_owned()),
            403 => (t.forbidden, language.message(error)),
            429 | 503 => (t.busy, fill(t.busy_help, Show::of(&self.app, language).wait(wait))),
            500.. => (t.broken, fill(t.broken_help, header("x-request-id").unwrap_or("–"))),
            _ => (t.other, language.sentence(error).to_owned()),
        };
        let shows_next = match status.as_u16() {
            404 | 429 => false,
            403 => error.remedy() != Remedy::None,
            _ => status.is_client_error(),
        };
        let next = if shows_next { TroubleTexts::of(language).next(error.remedy()) } else { "" };
        let back = asked.back.clone().map(|back| (back, t.back));
        let is_of_others =
            status == StatusCode::FORBIDDEN && error.code() != Code::Forbidden && error.remedy() == Remedy::None;
        let sign_in = format!("{}?other=1&return={}", self.sign_in(), encoded(&asked.onward));
        let sign_in = is_of_others.then_some((sign_in, t.sign_in));
        let ways = [("/".to_owned(), t.home)].into_iter().chain(sign_in).chain(back).collect();
        let shop = &self.settings.name;
        let (header, footer) = navigation::around(language, shop, &asked.page, &Fields::default())?;
        let about = About { title: title.to_owned(), ..About::default() };
        let main = Html::of(&Failed { title, sentence, next, ways })?;
        Shell { language, shop, about: &about, header, main, footer }.page()
    }
}
