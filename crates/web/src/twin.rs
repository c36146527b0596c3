//! The same handlers under a second path.

use crate::{App, Routes};
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa_axum::router::UtoipaMethodRouter;

/// Each group of handlers at its own path and, as the same operation, where `from` at the path's beginning is `to`
/// instead.
pub fn also_at(from: &str, to: &str, groups: impl IntoIterator<Item = UtoipaMethodRouter<App>>) -> Routes {
    groups.into_iter().fold(Routes::default(), |routes, group| {
        let twin = moved(from, to, group.clone());
        routes.routes(group).routes(twin)
    })
}

fn moved(from: &str, to: &str, (schemas, paths, handlers): UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut twins = Paths::new();
    for (path, mut item) in paths.paths {
        let path = path.strip_prefix(from).map_or(path.clone(), |rest| format!("{to}{rest}"));
        operations(&mut item).for_each(|operation| {
            // an operation's id is unique in the document
            operation.operation_id = operation.operation_id.take().map(|id| format!("{id}_again"));
        });
        twins.paths.insert(path, item);
    }
    (schemas, twins, handlers)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}
