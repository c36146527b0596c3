//! The import of a catalogue: the form, how far each import is, and the rows that were refused. An import goes on when its page is
//! left. What is known of it is in the memory of the instance that runs it.

use crate::{
    details::Details,
    forms::{Field, Form},
    imports::{End, Imported, Job, RowRefused, Standing},
    page::Page,
    table::{Cell, List, Table, address},
    trouble,
    visit::Visit,
};
use kernel::{Code, text};
use pages::{
    Fields, PageResult, Refused,
    html::see,
    texts,
    upload::{File, Files},
    words::fill,
};
use std::sync::Arc;

/// After how many seconds the progress of an import is asked for again.
const LIVE_S: u32 = 1;
/// Refused rows that a page shows. The command line and the API give all of them.
pub const SHOWN_MAX: usize = 1_000;
/// Endings of file names, with the content types that the API takes.
const KINDS: [(&str, &str); 5] = [
    ("csv", "text/csv"),
    ("tsv", "text/csv"),
    ("json", "application/json"),
    ("ndjson", "application/x-ndjson"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

texts! {
    /// The texts of the import.
    ImportTexts {
        title: "Import products", "상품 가져오기";
        new: "A new import", "새로 가져오기";
        lead: "CSV, Excel (.xlsx) or JSON. Products are found by their sku; amounts are in the main unit.", "CSV, 엑셀(.xlsx), JSON. 상품은 SKU로 찾고, 금액은 파일에 적힌 그대로 읽습니다.";
        file: "File", "파일";
        map: "Where fields come from, one on a line, such as name=productDisplayName", "항목 연결(한 줄에 하나, 예: name=상품명)";
        set: "Fields that are the same for every row, such as stock=50", "모든 행에 같은 값(한 줄에 하나, 예: stock=50)";
        dry_run: "Only try: store nothing", "시험 실행(저장하지 않음)";
        start: "Import it", "가져오기";
        mine: "My imports", "내 가져오기";
        name: "File", "파일";
        began: "Started", "시작";
        state: "State", "상태";
        rows: "Rows", "행";
        created: "Made", "등록";
        updated: "Changed", "변경";
        unchanged: "Unchanged", "변경 없음";
        refused: "Refused", "거절";
        running: "runs", "진행 중";
        done: "done", "완료";
        tried: "tried, nothing is stored", "시험 완료(저장하지 않음)";
        failed: "refused", "거절됨";
        one: "Import of {}", "{} 가져오기";
        line: "Line", "행";
        sku: "SKU", "SKU(상품 코드)";
        code: "Code", "코드";
        reason: "Reason", "사유";
        shown: "The first {} refused rows", "거절된 행(처음 {}개)";
    }
}

/// `GET /console/products/import`
pub async fn imports(visit: Visit) -> PageResult {
    visit.seller()?;
    page(&visit, None)
}

fn page(visit: &Visit, refused: Option<Refused>) -> PageResult {
    let t = ImportTexts::of(visit.language);
    let form = Form::of(visit, "/console/products/import", t.new, t.start)
        .field(Field::file(t.file, "file", ".csv,.tsv,.json,.ndjson,.xlsx").required())
        .field(Field::area(t.map, "map", ""))
        .field(Field::area(t.set, "set", ""))
        .field(Field::tick(t.dry_run, "dryRun", false));
    let jobs = visit.user.as_ref().map(|user| visit.console.imports.of(user.id)).unwrap_or_default();
    let page = Page::of(t.title).lead(t.lead).with(&form)?;
    let page = if jobs.is_empty() { page } else { page.with_live(LIVE_S, &table(visit, &jobs))? };
    visit.page_with(page, refused)
}

fn table(visit: &Visit, jobs: &[Arc<Job>]) -> Table {
    let (t, show) = (ImportTexts::of(visit.language), visit.show());
    let row = |job: &Arc<Job>| {
        let standing = job.standing();
        vec![
            Cell::link(&job.file, format!("/console/products/import/{}", job.number)),
            Cell::moment(&show, job.began),
            state(visit, &standing),
            Cell::number(show.count(standing.rows), standing.rows),
            Cell::number(show.count(standing.refused_rows), standing.refused_rows),
        ]
    };
    let [rows, refused] = [t.rows, t.refused].map(|name| format!("#{name}"));
    let list = List::of("/console/products/import", &["sort", "page"], &visit.query);
    Table::of(visit, t.mine, &[t.name, t.began, t.state, &rows, &refused]).rows(jobs.iter().map(row)).whole(&list)
}

fn state(visit: &Visit, standing: &Standing) -> Cell {
    let t = ImportTexts::of(visit.language);
    match &standing.end {
        None => Cell::state(t.running, "warn"),
        Some(End::Done(Imported { dry_run: true, .. })) => Cell::state(t.tried, "good"),
        Some(End::Done(_)) => Cell::state(t.done, "good"),
        Some(End::Refused(_) | End::Stopped(_)) => Cell::state(t.failed, "bad"),
    }
}

/// `GET /console/products/import/{number}`
pub async fn import(web::Path(number): web::Path<u64>, visit: Visit) -> PageResult {
    visit.seller()?;
    let by = visit.user.as_ref().ok_or(Code::SignInRequired)?.id;
    let job = visit.console.imports.find(number, by).ok_or(Code::NotFound)?;
    let standing = job.standing();
    let page = Page::of(fill(ImportTexts::of(visit.language).one, &job.file));
    let details = about(&visit, &job, &standing);
    let page = match &standing.end {
        None => page.with_live(LIVE_S, &details)?,
        Some(_) => page.with(&details)?,
    };
    let rows = (!standing.refused.is_empty()).then(|| refused(&visit, number, &standing.refused));
    match standing.end {
        Some(End::Refused(why)) => visit.page_with(page.with_some(rows)?, Some(why)),
        _ => visit.page(page.with_some(rows)?),
    }
}

fn about(visit: &Visit, job: &Job, standing: &Standing) -> Details {
    let (t, show) = (ImportTexts::of(visit.language), visit.show());
    let details = Details::of("")
        .row(t.state, state(visit, standing))
        .row(t.began, Cell::moment(&show, job.began))
        .row(t.rows, Cell::text(show.count(standing.rows)))
        .row(t.refused, Cell::text(show.count(standing.refused_rows)));
    match &standing.end {
        Some(End::Done(imported)) => details
            .row(t.created, Cell::text(show.count(imported.created)))
            .row(t.updated, Cell::text(show.count(imported.updated)))
            .row(t.unchanged, Cell::text(show.count(imported.unchanged)))
            .row_if(t.reason, imported.stopped.as_deref()),
        Some(End::Stopped(sentence)) => details.row(t.reason, Cell::text(sentence)),
        Some(End::Refused(refused)) => details.row(t.reason, Cell::text(trouble::sentence(refused, &visit.context))),
        None => details,
    }
}

fn refused(visit: &Visit, number: u64, rows: &[RowRefused]) -> Table {
    let t = ImportTexts::of(visit.language);
    let row = |row: &RowRefused| {
        vec![
            Cell::number(row.line.to_string(), row.line),
            Cell::maybe(row.sku.as_deref()),
            Cell::text(&row.code),
            Cell::text(&row.reason),
        ]
    };
    let line = format!("#{}", t.line);
    let path = format!("/console/products/import/{number}");
    let list = List::of(&path, &["sort", "page"], &visit.query);
    Table::of(visit, fill(t.shown, SHOWN_MAX), &[&line, t.sku, t.code, t.reason])
        .rows(rows.iter().map(row))
        .whole(&list)
}

/// `POST /console/products/import`
pub async fn begin(visit: Visit, fields: Fields, files: Files) -> PageResult {
    visit.seller()?;
    match wanted(&fields, &files) {
        Ok((file, kind, path)) => {
            let by = visit.user.as_ref().ok_or(Code::SignInRequired)?.id;
            let job = visit.console.imports.begin(by, &file.name, visit.console.app.now());
            let number = job.number;
            tokio::spawn(job.run(visit.console.api.clone(), visit.head.clone(), path, kind, file.bytes.clone()));
            Ok(see(&format!("/console/products/import/{number}")))
        }
        Err(refused) => page(&visit, Some(refused)),
    }
}

/// The file, its content type, and what is asked of the API. C002.
fn wanted<'a>(fields: &Fields, files: &'a Files) -> Result<(&'a File, &'static str, String), Refused> {
    let file = files.of("file").next().ok_or_else(|| text::wrong("file", "must not be blank"))?;
    let ending = file.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let kind = KINDS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind);
    let kind = kind.ok_or(Code::UnsupportedMediaType)?;
    let lines = |name: &'static str| {
        fields.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(move |line| (name, line))
    };
    let dry_run = fields.is_on("dryRun").then_some(("dryRun", "true"));
    let path =
        address(&format!("{}/admin/products/import", web::BASE), lines("map").chain(lines("set")).chain(dry_run));
    Ok((file, kind, path))
}
