//! Hosts and the processes that run on them.

use std::fmt;

/// A host, and how many processes run on it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Host {
    /// Its name or address.
    pub name: String,
    /// Number of processes, at least 1.
    pub processes: usize,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.processes)
    }
}

/// What a host looks like.
pub(super) const HOST: &str = "a host's name with the number of its processes, such as \"node1:2\"";
/// Most processes of a host, and of a run.
const MOST: usize = 1 << 16;

/// A host and its processes, `node1:2`; one process without a number.
pub(super) fn parse_host(text: &str) -> Option<Host> {
    let (name, count) = text.trim().split_once(':').unwrap_or((text.trim(), "1"));
    let letters = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let named = !name.is_empty() && !name.starts_with('-') && name.chars().all(letters);
    let processes = count.parse().ok().filter(|n| (1..=MOST).contains(n))?;
    named.then(|| Host { name: name.to_string(), processes })
}

/// Hosts separated by commas, `node1:2,node2:2`.
pub fn parse_hosts(text: &str) -> Option<Vec<Host>> {
    let hosts: Option<Vec<Host>> = text.split(',').map(parse_host).collect();
    hosts.filter(|hosts| processes(hosts) <= MOST)
}

/// The processes of all.
pub fn processes(hosts: &[Host]) -> usize {
    hosts.iter().map(|h| h.processes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_with_numbers() {
        let hosts = parse_hosts("node1:2, 10.0.0.7").unwrap();
        assert_eq!(hosts[0], Host { name: "node1".into(), processes: 2 });
        assert_eq!(hosts[1].to_string(), "10.0.0.7:1");
        assert_eq!(processes(&hosts), 3);
        for wrong in
            ["", "a:", "a:0", "a:-1", "a:x", ":2", "a,,b", "a b", "-oProxyCommand=x:1", "a;b"]
        {
            assert_eq!(parse_hosts(wrong), None, "{wrong:?}");
        }
    }
}
