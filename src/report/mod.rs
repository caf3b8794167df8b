//! The page for reviewers: one HTML file that shows a whole network, and asks nobody for anything.
//!
//! - `data`: what the page shows, by `read` from `network.json` and the dashboards of a bundle, and nothing else:
//!   so a build and `netgen report BUNDLE` give the same bytes;
//! - [`Sheet`]: the page itself. Its markup, style and script are the same for every network; what a manifest
//!   says is data in it, and never markup;
//! - `picture`: dashboards as pictures of their layout, drawn from the JSON that Grafana reads. There is no
//!   data in them, and what stands for data is drawn as a sketch.

mod boards;
mod dashboard;
mod data;
mod lines;
mod page;
mod panel;
mod picture;
mod read;
mod sketch;

#[cfg(test)]
mod tests;

pub use boards::{Board, board, boards, is_board, pictures, sort};
pub use page::Sheet;
