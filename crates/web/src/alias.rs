//! The same handlers under a second path.

use crate::{
    App, Routes,
    route::{Properties, operations_mut},
};
use utoipa::openapi::path::Paths;
use utoipa_axum::router::UtoipaMethodRouter;

/// Serves each group of handlers at its own path and a second time at an alias: the path with `to` in place of the leading
/// `from`.
pub fn also_at(
    from: &str,
    to: &str,
    properties: Properties,
    groups: impl IntoIterator<Item = UtoipaMethodRouter<App>>,
) -> Routes {
    groups.into_iter().fold(Routes::new(), |routes, group| {
        let alias = moved(from, to, group.clone());
        routes.add(properties, group).add(properties, alias)
    })
}

fn moved(from: &str, to: &str, (schemas, paths, handlers): UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut aliases = Paths::new();
    for (path, mut item) in paths.paths {
        let path = path.strip_prefix(from).map_or(path.clone(), |rest| format!("{to}{rest}"));
        for (_, operation) in operations_mut(&mut item) {
            // an operation's id is unique in the document
            operation.operation_id = operation.operation_id.take().map(|id| format!("{id}_again"));
        }
        aliases.paths.insert(path, item);
    }
    (schemas, aliases, handlers)
}
