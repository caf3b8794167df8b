//! The page around the pictures. It holds all it needs and asks nobody for more.

use std::fmt::Write as _;

use serde_json::Value;

use super::{list, word};
use crate::emit::format::xml::text;

/// The page; a picture is (id, dashboard, SVG).
// Writing to a String cannot fail, so the results are let go.
pub(super) fn page(network: &str, pictures: &[(&str, &Value, String)]) -> String {
    let network = text(network);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Dashboards of {network}</title>\n{STYLE}</head>\n<body>\n<h1>Dashboards of {network}</h1>\n\
         <p>What Grafana will lay out, drawn from the files of the bundle. Lines and cells are sketches: \
         nothing here is data.</p>\n<nav>\n"
    );
    for (id, board, _) in pictures {
        let _ = writeln!(out, "<a href=\"#{}\">{}</a>", text(id), text(word(board, "/title")));
    }
    out.push_str("</nav>\n");
    for (id, board, picture) in pictures {
        let _ = writeln!(out, "<section id=\"{}\">\n<figure>\n{picture}</figure>", text(id));
        queries(&mut out, board);
        out.push_str("</section>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn queries(out: &mut String, board: &Value) {
    out.push_str(
        "<details><summary>Queries</summary>\n<table>\n<tr><th>panel</th><th>what</th><th>query</th></tr>\n",
    );
    for panel in list(board, "/panels") {
        for target in list(panel, "/targets") {
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
                text(word(panel, "/title")),
                text(word(panel, "/description")),
                text(word(target, "/expr"))
            );
        }
    }
    out.push_str("</table>\n</details>\n");
}

const STYLE: &str = "<style>
body { margin: 24px auto; max-width: 1200px; padding: 0 16px; font: 15px/1.5 system-ui, sans-serif; color: #1f2430 }
nav { display: flex; flex-wrap: wrap; gap: 6px 14px; margin: 16px 0 }
a { color: #1f60c4 }
figure { margin: 24px 0 8px; border: 1px solid #d9dde5 }
figure svg { display: block; width: 100%; height: auto }
table { border-collapse: collapse; font-size: 13px }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-top: 1px solid #d9dde5 }
code { overflow-wrap: anywhere }
</style>
";
