//! A refusal as people read it who work in the shop: what is wrong, with which field, and what to do next.

use kernel::{Code, Remedy};
use pages::{Refused, Trouble, texts};
use web::Context;

texts! {
    /// The words for what to do next.
    TroubleTexts {
        title: "That did not work", "처리하지 못했습니다";
        fix: "Change it and send it again.", "내용을 고친 뒤 다시 보내 주세요.";
        reload: "It was changed meanwhile. Compare what is stored now with what you typed; sending it again overwrites it.", "그 사이 내용이 바뀌었습니다. 저장된 내용과 비교해 주세요. 다시 보내면 덮어씁니다.";
        conflict: "Change what is in conflict and send it again, or leave it as it is.", "충돌하는 내용을 고친 뒤 다시 보내 주세요.";
        retry: "Wait a moment and try again.", "잠시 후 다시 시도해 주세요.";
        prepare: "Do first what is missing, then try again.", "필요한 단계를 먼저 마친 뒤 다시 시도해 주세요.";
        sign_in: "Sign in and try again.", "로그인한 뒤 다시 시도해 주세요.";
        support: "Look into the log, with the number of the request.", "요청 번호로 로그를 확인해 주세요.";
        last: "It cannot be done as things stand.", "현재 상태에서는 할 수 없는 작업입니다.";
        sure: "Confirmation", "확인";
        reason: "Reason", "사유";
        file: "File", "파일";
        row: "Chosen rows", "선택한 항목";
    }
}

/// The refusal in the language of its reader. It has its code, because people who work here look it up.
pub fn of(refused: &Refused, context: &Context) -> Trouble {
    let t = TroubleTexts::of(context.language());
    let error = &refused.0;
    let lines = context.details(error).into_iter().map(|detail| match detail.field.as_deref() {
        Some("sure") => format!("{}: {}", t.sure, detail.message),
        Some("file") => format!("{}: {}", t.file, detail.message),
        Some("row") => format!("{}: {}", t.row, detail.message),
        Some("reason") => format!("{}: {}", t.reason, detail.message),
        Some(field) => format!("{field}: {}", detail.message),
        None => detail.message,
    });
    Trouble {
        title: t.title,
        sentence: format!("{} {}", error.code().code(), context.message(error)),
        lines: lines.collect(),
        // a rule refuses this one, and sending it again does not help
        next: if error.code() == Code::Conflict { t.conflict } else { t.next(error.remedy()) },
    }
}

/// The sentence with everything that it is about.
pub fn sentence(refused: &Refused, context: &Context) -> String {
    let Trouble { sentence, lines, .. } = of(refused, context);
    std::iter::once(sentence).chain(lines).collect::<Vec<_>>().join(" · ")
}

impl TroubleTexts {
    /// What to do next. The storefront says it in words of its own.
    pub fn next(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::None => self.last,
            Remedy::Fix => self.fix,
            Remedy::Reload => self.reload,
            Remedy::Retry => self.retry,
            Remedy::Prepare => self.prepare,
            Remedy::SignIn => self.sign_in,
            Remedy::Support => self.support,
        }
    }
}
