//! Variables of hosts, as an inventory lists them and as a task sees them.

use std::fs;
use std::path::Path;

use netgen::emit::format::Error;
use netgen::emit::format::yaml::{to_yaml, variables};
use serde_json::{Map, Value, json};

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, Tool, scratch};

/// The variables that a task sees: what Ansible has taken for a template is filled in by then.
pub const TASK: Syntax = Syntax {
    name: "ansible_task",
    tools: &["ansible"],
    read: |bench, writer, values| read(bench, writer, values, task),
    mistaken: "{{ 42 }}",
    refusable: |_| false,
};

/// The variables in the inventory.
pub const INVENTORY: Syntax = Syntax {
    name: "ansible_inventory",
    tools: &["ansible-inventory"],
    read: |bench, writer, values| read(bench, writer, values, inventory),
    // This one shows that nothing is marked as text.
    mistaken: "{{ 42 }}",
    refusable: |_| false,
};

/// The host of the variables.
const HOST: &str = "h";

fn read(
    bench: &Bench,
    writer: Writer,
    values: &[String],
    reader: fn(&Bench, &Path) -> Result<Value, Fault>,
) -> Result<Vec<Outcome>, Fault> {
    let named: Map<String, Value> =
        values.iter().enumerate().map(|(at, value)| (format!("V{at}"), json!([{ "in": value }]))).collect();
    let folder = scratch()?;
    let put = |path: &str, data: &Value| {
        let text = written(writer, data).map_err(super::unwritten)?;
        fs::write(folder.path().join(path), text).map_err(Fault::io("cannot write"))
    };
    for of in ["host_vars", "group_vars"] {
        fs::create_dir(folder.path().join(of)).map_err(Fault::io("cannot make a folder"))?;
    }
    let host = json!({ "ansible_connection": "local", "in_hosts": values });
    put("hosts.yml", &json!({ "all": { "hosts": { HOST: host } } }))?;
    put("group_vars/all.yml", &json!({ "in_group_vars": values }))?;
    put("host_vars/h.yml", &json!({ "in_host_vars": named }))?;
    let back = reader(bench, folder.path())?;
    let outcome = |(at, value): (usize, &String)| {
        let text = |pointer: String| back.pointer(&pointer).and_then(Value::as_str);
        let places = [
            ("host_vars", text(format!("/in_host_vars/V{at}/0/in"))),
            ("group_vars", text(format!("/in_group_vars/{at}"))),
            ("hosts.yml", text(format!("/in_hosts/{at}"))),
        ];
        Outcome::of(value, places)
    };
    Ok(values.iter().enumerate().map(outcome).collect())
}

/// Quotes of YAML alone do not keep Ansible from filling in a template.
fn written(writer: Writer, data: &Value) -> Result<String, Error> {
    match writer {
        Writer::Netgen => variables("", "", data),
        Writer::Naive => to_yaml(data),
    }
}

fn tool(bench: &Bench, program: &str, inventory: &Path) -> Result<Tool, Fault> {
    let tool = bench.tool(program)?.env("ANSIBLE_NOCOLOR", "1");
    Ok(tool.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "true").args(["-i"]).args([inventory]))
}

fn inventory(bench: &Bench, folder: &Path) -> Result<Value, Fault> {
    let run = tool(bench, "ansible-inventory", &folder.join("hosts.yml"))?.args(["--list"]).run()?;
    run.without_warning()?;
    let mut whole = super::parsed(&run.stdout)?;
    let mut variables = whole["_meta"]["hostvars"][HOST].take();
    unmark(&mut variables);
    Ok(variables)
}

/// Text that is never a template is marked as such. Text that could be one and is not marked is lost.
fn unmark(value: &mut Value) {
    match value {
        Value::Object(map) => match map.remove("__ansible_unsafe") {
            Some(text) => *value = text,
            None => map.values_mut().for_each(unmark),
        },
        Value::Array(items) => items.iter_mut().for_each(unmark),
        Value::String(text) if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) => {
            *value = json!({ "a template": text });
        }
        _ => {}
    }
}

fn task(bench: &Bench, folder: &Path) -> Result<Value, Fault> {
    let mut variables = Map::new();
    for name in ["in_host_vars", "in_group_vars", "in_hosts"] {
        variables.insert(name.to_owned(), seen(bench, &folder.join("hosts.yml"), HOST, name)?);
    }
    Ok(variables.into())
}

/// A variable of a host, as a task sees it.
pub fn seen(bench: &Bench, inventory: &Path, host: &str, variable: &str) -> Result<Value, Fault> {
    let arguments = [host, "-m", "ansible.builtin.debug", "-a", &format!("var={variable}")];
    let run = tool(bench, "ansible", inventory)?.args(arguments).run()?;
    run.without_warning()?;
    let (_, shown) = run.stdout.split_once("=> ").ok_or_else(|| run.rejection())?;
    let mut shown = super::parsed(shown)?;
    Ok(shown[variable].take())
}
