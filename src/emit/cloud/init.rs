//! What a new machine is told at its first boot: who logs in, and what the first play needs. All else is the
//! work of the playbooks. No secret: whoever can ask the metadata service of the machine reads this.

use serde_json::{Value, json};

use crate::emit::format::yaml::to_yaml_with_header;
use crate::emit::{EmitError, header};
use crate::plan::Plan;
use crate::topology::Host;

/// What Ansible needs to work at all, and what is not in every image of Debian and Ubuntu.
const PACKAGES: &[&str] = &["ca-certificates", "python3", "python3-apt", "sudo"];

/// A disk that is not there is no reason not to boot: the play `doctor` tells.
const MOUNT_OPTIONS: &str = "defaults,noatime,nofail,x-systemd.device-timeout=30s";

pub(super) fn user_data(plan: &Plan, host: &Host) -> Result<String, EmitError> {
    let mut config = json!({
        "hostname": host.name,
        "preserve_hostname": false,
        // The first account of the image gets this name, so the key pair that the provider was told lets in
        // this user.
        "users": ["default"],
        "user": user(host),
        "disable_root": host.ssh_user != ROOT,
        "ssh_pwauth": false,
        "package_update": true,
        "packages": packages(host),
    });
    if let Some(map) = config.as_object_mut() {
        if !host.ssh_keys.is_empty() {
            map.insert("ssh_import_id".to_owned(), json!(host.ssh_keys));
        }
        if host.ssh_port != 22 {
            map.insert("write_files".to_owned(), json!([sshd(host)]));
            // Where a socket listens in place of sshd, its port is made from the same file.
            let restart = ["systemctl", "try-restart", "ssh.socket", "ssh.service"];
            map.insert("runcmd".to_owned(), json!([["systemctl", "daemon-reload"], restart]));
        }
        if let Some(disk) = &host.data_disk {
            // No file system is ever made here: neither `fs_setup` nor `disk_setup`.
            let mount = json!([device(disk), host.data_dir, "auto", MOUNT_OPTIONS, "0", "2"]);
            map.insert("mounts".to_owned(), json!([mount]));
        }
    }
    let text = to_yaml_with_header(&header(plan), &config)?;
    // The first line tells what the file is; a document marker before it would hide that.
    let body = text.strip_prefix("---\n").unwrap_or(&text);
    Ok(format!("#cloud-config\n{body}"))
}

const ROOT: &str = "root";

fn user(host: &Host) -> Value {
    if host.ssh_user == ROOT {
        return json!({ "name": ROOT });
    }
    json!({
        "name": host.ssh_user, "lock_passwd": true, "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL",
    })
}

fn packages(host: &Host) -> Vec<&'static str> {
    let import = (!host.ssh_keys.is_empty()).then_some("ssh-import-id");
    PACKAGES.iter().copied().chain(import).collect()
}

fn sshd(host: &Host) -> Value {
    json!({
        "path": "/etc/ssh/sshd_config.d/10-netgen.conf", "owner": "root:root", "permissions": "0644",
        "content": format!("Port {}\n", host.ssh_port),
    })
}

/// cloud-init knows devices by path.
fn device(disk: &str) -> String {
    match disk.split_once('=') {
        Some(("LABEL", label)) => format!("/dev/disk/by-label/{label}"),
        Some(("UUID", uuid)) => format!("/dev/disk/by-uuid/{uuid}"),
        _ => disk.to_owned(),
    }
}
