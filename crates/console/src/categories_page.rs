//! Categories: the tree, and changing it.

use crate::{
    forms::{Field, Form, number},
    page::Page,
    table::{Cell, List, Table},
    visit::Visit,
};
use axum::http::Method;
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::{Value, json};

texts! {
    /// The texts of categories.
    CategoryTexts {
        title: "Categories", "카테고리";
        path: "Path", "경로";
        order: "Order among its neighbours", "표시 순서";
        name: "Name", "이름";
        parent: "Below", "상위 카테고리";
        top: "at the top", "최상위";
        new: "New category", "카테고리 등록";
        make: "Make it", "등록하기";
        edit: "Change the category", "카테고리 수정";
        save: "Save", "저장";
        delete: "Delete the category", "카테고리 삭제";
        delete_button: "Delete it", "삭제하기";
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Category {
    id: i64,
    name: String,
    path: String,
    parent_id: Option<i64>,
    display_order: i64,
    version: i64,
}

/// `GET /console/categories`
pub async fn categories(visit: Visit) -> PageResult {
    page(&visit, None, None).await
}

async fn page(visit: &Visit, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let t = CategoryTexts::of(visit.language);
    let found: Vec<Category> = visit.read("/admin/categories").await?;
    let row = |one: &Category| {
        vec![
            Cell::link(&one.path, format!("/console/categories/{}", one.id)),
            Cell::number(one.display_order.to_string(), one.display_order),
        ]
    };
    let list = List::of("/console/categories", &["sort", "page"], &visit.query);
    let order = format!("#{}", t.order);
    let table = Table::of(visit, "", &[t.path, &order]).rows(found.iter().map(row)).whole(&list);
    let form = fields(visit, Form::of(visit, "/console/categories", t.new, t.make), &found, None, sent);
    visit.page_with(Page::of(t.title).with(&form)?.with(&table)?, refused)
}

/// The form of a category with what was sent, or what is stored.
fn fields(visit: &Visit, form: Form, all: &[Category], one: Option<&Category>, sent: Option<&Fields>) -> Form {
    let t = CategoryTexts::of(visit.language);
    let ids: Vec<String> = all.iter().map(|category| category.id.to_string()).collect();
    let each = ids.iter().zip(all).map(|(id, category)| (id.as_str(), category.path.as_str()));
    let parents: Vec<(&str, &str)> = std::iter::once(("", t.top)).chain(each).collect();
    let value = |name: &str, stored: String| sent.map_or(stored, |sent| sent.text(name).to_owned());
    let name = value("name", one.map(|one| one.name.clone()).unwrap_or_default());
    let parent = value("parent", one.and_then(|one| one.parent_id).map(|id| id.to_string()).unwrap_or_default());
    let order = value("order", one.map_or(0, |one| one.display_order).to_string());
    form.field(Field::text(t.name, "name", name).required())
        .field(Field::select(t.parent, "parent", &parent, &parents))
        .field(Field::number(t.order, "order", order))
}

fn body(fields: &Fields) -> Value {
    json!({"name": fields.text("name"), "parentId": number(fields, "parent"), "displayOrder": number(fields, "order")})
}

/// `POST /console/categories`
pub async fn make(visit: Visit, fields: Fields) -> PageResult {
    match visit.send_form(&fields, Method::POST, "/admin/categories", Some(body(&fields))).await {
        Ok(_) => visit.done("/console/categories"),
        Err(refused) => page(&visit, Some(&fields), Some(refused)).await,
    }
}

/// `GET /console/categories/{id}`
pub async fn category(web::Path(id): web::Path<i64>, visit: Visit) -> PageResult {
    one_page(&visit, id, None, None).await
}

async fn one_page(visit: &Visit, id: i64, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let t = CategoryTexts::of(visit.language);
    let one: Category = visit.read(&format!("/admin/categories/{id}")).await?;
    let all: Vec<Category> = visit.read("/admin/categories").await?;
    let form = Form::of(visit, format!("/console/categories/{id}"), t.edit, t.save);
    let form = form.hidden("version", one.version.to_string());
    let stored = fields(visit, form.clone(), &all, Some(&one), None);
    let form = match sent {
        Some(sent) => fields(visit, form, &all, Some(&one), Some(sent)).beside(&stored),
        None => stored,
    };
    let delete = Form::of(visit, format!("/console/categories/{id}/delete"), t.delete, t.delete_button)
        .hidden("version", one.version.to_string())
        .folded()
        .grave();
    visit.page_with(Page::of(one.path.clone()).with(&form)?.with(&delete)?, refused)
}

/// `POST /console/categories/{id}`
pub async fn rewrite(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    let mut body = body(&fields);
    body["version"] = number(&fields, "version");
    match visit.send_form(&fields, Method::PUT, &format!("/admin/categories/{id}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/categories/{id}")),
        Err(refused) => one_page(&visit, id, Some(&fields), Some(refused)).await,
    }
}

/// `POST /console/categories/{id}/delete`
pub async fn delete(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return one_page(&visit, id, None, Some(refused)).await;
    }
    let version = fields.number("version").unwrap_or_default();
    let path = format!("/admin/categories/{id}?version={version}");
    match visit.send_form(&fields, Method::DELETE, &path, None).await {
        Ok(_) => visit.done("/console/categories"),
        Err(refused) => one_page(&visit, id, None, Some(refused)).await,
    }
}
