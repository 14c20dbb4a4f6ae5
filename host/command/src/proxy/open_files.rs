//! How many files the process may open. Each client needs one for itself and one for the database.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Standard streams, listeners, the component, health checks, and requests to AWS.
const RESERVE: u64 = 64;

/// Raises the soft limit to the hard limit. Returns a warning if that is too little for the clients.
pub(super) fn raise(clients: usize) -> Option<String> {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limits.maximum,
        maximum: limits.maximum,
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limits.maximum,
        // Some systems have a lower limit besides.
        Err(_) => limits.current,
    };
    warning(clients, allowed?)
}

fn warning(clients: usize, allowed: u64) -> Option<String> {
    let clients = u64::try_from(clients).unwrap_or(u64::MAX);
    let needed = clients.saturating_mul(2).saturating_add(RESERVE);
    (needed > allowed).then(|| {
        format!(
            "rds-bridge: warning: {clients} client connections need {needed} open files, but the system allows \
             {allowed}: raise the limit (ulimit -Hn, or LimitNOFILE= of systemd), or lower --max-connections \
             (max_connections in a configuration file)\n"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_a_client_and_a_reserve() {
        assert_eq!(warning(1000, 2064), None);
        let warning = warning(1000, 2063).unwrap();
        assert!(warning.contains("1000 client connections need 2064 open files"));
        assert!(super::warning(usize::MAX, u64::MAX - 1).is_some());
    }
}
