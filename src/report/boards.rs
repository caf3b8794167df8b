//! The dashboards of a bundle.

use rayon::prelude::*;
use serde::Serialize;

use super::dashboard::{Dashboard, Part};
use super::picture;
use super::sketch::Drawing;

/// The folder of the dashboards in a bundle.
const FOLDER: &str = "grafana/dashboards/";
/// What Grafana finds the dashboards of components by.
const OF_COMPONENT: &str = "component";

/// A dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Its id, the name of its file.
    pub id: String,
    /// What is shown of it.
    pub(super) dashboard: Part<Dashboard>,
}

/// Whether the file at a path of a bundle is a dashboard.
pub fn is_board(path: &str) -> bool {
    id(path).is_some()
}

fn id(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_suffix(".json")
}

/// The dashboard that a file of a bundle is, if it is one.
pub fn board(path: &str, bytes: &[u8]) -> Option<Board> {
    let id = id(path)?.to_owned();
    Some(Board { id, dashboard: serde_json::from_slice(bytes).ok()? })
}

/// Puts those of the whole network first, then those of components.
pub fn sort(boards: &mut [Board]) {
    boards.sort_by_cached_key(|board| {
        let of_component = board.dashboard.tags.iter().any(|tag| tag.word() == OF_COMPONENT);
        (of_component, board.dashboard.title.word().to_lowercase(), board.id.clone())
    });
}

/// The dashboards among the files of a bundle, in the order of the page.
pub fn boards<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<Board> {
    let files: Vec<_> = files.into_iter().collect();
    let mut boards: Vec<Board> =
        files.into_par_iter().filter_map(|(path, bytes)| board(path, bytes)).collect();
    sort(&mut boards);
    boards
}

/// A picture of each dashboard, as (name of a file, SVG).
pub fn pictures(boards: &[Board]) -> Vec<(String, String)> {
    boards
        .iter()
        .map(|board| (format!("{}.svg", board.id), picture::picture(&board.dashboard).to_svg()))
        .collect()
}

/// A dashboard on the page.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    id: &'a str,
    title: &'a str,
    about: &'a str,
    picture: Drawing,
    /// What its panels ask: title, description and query.
    queries: Vec<[&'a str; 3]>,
}

pub(super) fn shown(board: &Board) -> Shown<'_> {
    let dashboard = &board.dashboard;
    let queries = dashboard.panels.iter().flat_map(|panel| {
        panel.targets.iter().map(|target| [panel.title.word(), panel.description.word(), target.expr.word()])
    });
    Shown {
        id: &board.id,
        title: dashboard.title.word(),
        about: dashboard.description.word(),
        picture: picture::picture(dashboard),
        queries: queries.collect(),
    }
}
