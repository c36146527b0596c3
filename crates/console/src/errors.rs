//! Failures as people read them who work in the shop.

use crate::{Console, navigation::Place, routes, trouble::TroubleTexts, visit::framed};
use axum::response::Response;
use kernel::{Code, Error, Result};
use pages::{
    Html,
    asked::{Asked, Failed, Front},
    origin::Origin,
    texts,
    words::fill,
};

texts! {
    /// The texts of failures.
    ErrorTexts {
        not_found: "There is nothing here", "찾을 수 없습니다";
        not_found_help: "The address may be wrong, or the thing deleted. Search, or begin at the dashboard.", "주소가 잘못되었거나 삭제된 항목입니다. 검색하거나 대시보드에서 시작해 주세요.";
        role: "Your account may not see this", "이 계정으로는 볼 수 없습니다";
        role_help: "It belongs to somebody else, or is for administrators. Sign in with another account if you have one.", "다른 판매자의 항목이거나 관리자 전용입니다. 다른 계정이 있으면 그 계정으로 로그인해 주세요.";
        forbidden: "This is not possible", "허용되지 않은 요청입니다";
        forbidden_help: "The page was open too long, or another site sent it. Go back, load it again, and repeat.", "페이지를 너무 오래 열어 두었거나 다른 사이트에서 보낸 요청입니다. 새로 고친 뒤 다시 시도해 주세요.";
        broken: "Something went wrong in the program", "프로그램 오류가 발생했습니다";
        broken_help: "The log has it under this number: {}", "로그에서 이 번호로 확인할 수 있습니다: {}";
        other: "That did not work", "처리하지 못했습니다";
        home: "To the dashboard", "대시보드로";
        sign_in: "Sign in with another account", "다른 계정으로 로그인";
        back: "Back", "이전 페이지로";
    }
}

impl Front for Console {
    fn has(&self, path: &str) -> bool {
        path.strip_prefix("/console").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn origin(&self) -> &Origin {
        &self.setup.origin
    }

    fn sign_in(&self) -> &'static str {
        "/console/sign-in"
    }

    fn page_of(&self, path: &str) -> Option<String> {
        routes::page_of(path)
    }

    fn failed(&self, asked: &Asked<'_>, error: &Error, response: &Response) -> Result<Html> {
        let language = asked.language;
        let t = ErrorTexts::of(language);
        let status = response.status();
        let id = response.headers().get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or("–");
        let is_role = error.code() == Code::RoleRequired;
        let (title, sentence) = match status.as_u16() {
            404 => (t.not_found, t.not_found_help.to_owned()),
            403 if is_role => (t.role, t.role_help.to_owned()),
            403 => (t.forbidden, t.forbidden_help.to_owned()),
            500.. => (t.broken, fill(t.broken_help, id)),
            _ => (t.other, format!("{} {}", error.code().code(), language.message(error))),
        };
        let shows_next = status.is_client_error() && !matches!(status.as_u16(), 403 | 404);
        let next = if shows_next { TroubleTexts::of(language).next(error.remedy()) } else { "" };
        let sign_in = is_role.then(|| (self.sign_in().to_owned(), t.sign_in));
        let back = asked.back.clone().map(|back| (back, t.back));
        let ways = [("/console".to_owned(), t.home)].into_iter().chain(sign_in).chain(back).collect();
        let page = asked.page.as_str();
        let place = Place { language, path: page, back: page, words: "", token: None, is_admin: false };
        framed(self, &place, title, Html::of(&Failed { title, sentence, next, ways })?)
    }
}
