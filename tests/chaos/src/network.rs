//! A network with a bridge, to which this program and hosts in namespaces of their own are connected.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use crate::shell::run;

/// The address of this program, and of the clients.
const CLIENTS: &str = "10.77.0.254";

/// Makes the bridge, with this program's address.
pub(crate) fn make_bridge() {
    run(&["ip", "link", "add", "bridge", "type", "bridge"]);
    run(&[
        "ip",
        "address",
        "add",
        &format!("{CLIENTS}/24"),
        "dev",
        "bridge",
    ]);
    run(&["ip", "link", "set", "bridge", "up"]);
}

/// A host in a network namespace of its own. It ends with this program.
#[derive(Debug)]
pub(crate) struct Host {
    /// Keeps the namespace.
    keeper: Child,
    /// The bridge's end of its cable.
    port: String,
    address: Ipv4Addr,
}

impl Host {
    /// Makes the host with the number `number`, from 1 on.
    pub(crate) fn new(number: u8) -> Self {
        let mut keeper = Command::new("unshare");
        keeper.args(["--net", "sleep", "infinity"]);
        let keeper = keeper.stdin(Stdio::null()).spawn().unwrap();
        let host = Self {
            keeper,
            port: format!("port{number}"),
            address: Ipv4Addr::new(10, 77, 0, number),
        };
        host.wait_for_namespace();
        let keeper = host.keeper.id().to_string();
        let port = host.port.as_str();
        run(&[
            "ip", "link", "add", port, "type", "veth", "peer", "name", "cable", "netns", &keeper,
        ]);
        run(&["ip", "link", "set", port, "master", "bridge", "up"]);
        host.inside(&["ip", "link", "set", "lo", "up"]);
        let address = format!("{}/24", host.address);
        host.inside(&["ip", "address", "add", &address, "dev", "cable"]);
        host.inside(&["ip", "link", "set", "cable", "up"]);
        host
    }

    /// Until `unshare` has made the namespace, its process is in this one.
    fn wait_for_namespace(&self) {
        let namespace = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let keeper = self.keeper.id().to_string();
        while namespace(&keeper) == namespace("self") {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The command that starts a program on this host.
    pub(crate) fn launcher(&self) -> Vec<String> {
        let namespace = format!("--net=/proc/{}/ns/net", self.keeper.id());
        vec!["nsenter".to_owned(), namespace, "--".to_owned()]
    }

    fn inside(&self, words: &[&str]) {
        let launcher = self.launcher();
        let launcher = launcher.iter().map(String::as_str);
        run(&launcher.chain(words.iter().copied()).collect::<Vec<_>>());
    }

    /// Loses every packet to and from the host.
    pub(crate) fn cut_off(&self) {
        run(&["ip", "link", "set", &self.port, "down"]);
    }

    /// Ends [`Self::cut_off`].
    pub(crate) fn reconnect(&self) {
        run(&["ip", "link", "set", &self.port, "up"]);
    }

    /// Loses every packet from the host to the clients. It still receives theirs.
    pub(crate) fn mute(&self) {
        self.inside(&["ip", "route", "add", "blackhole", &format!("{CLIENTS}/32")]);
    }

    /// Ends [`Self::mute`].
    pub(crate) fn unmute(&self) {
        self.inside(&[
            "ip",
            "route",
            "delete",
            "blackhole",
            &format!("{CLIENTS}/32"),
        ]);
    }

    /// Limits the bytes a second in either direction. Packets wait in a queue.
    pub(crate) fn slow_down(&self) {
        let limit = [
            "root", "tbf", "rate", "256kbit", "burst", "4kb", "latency", "3s",
        ];
        run(&[&["tc", "qdisc", "add", "dev", &self.port][..], &limit].concat());
        self.inside(&[&["tc", "qdisc", "add", "dev", "cable"][..], &limit].concat());
    }

    /// Ends [`Self::slow_down`].
    pub(crate) fn speed_up(&self) {
        run(&["tc", "qdisc", "delete", "dev", &self.port, "root"]);
        self.inside(&["tc", "qdisc", "delete", "dev", "cable", "root"]);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _has_ended = self.keeper.kill();
        let _waited = self.keeper.wait();
    }
}
