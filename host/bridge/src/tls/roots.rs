//! The roots that come with us: those of RDS in every region that we know, and Amazon's.

use rustls::pki_types::CertificateDer;

use super::pem::{self, PemError};

/// Written by `roots.py` beside it. Its header says where it is from, as of when, and what is missing.
pub(super) const BUNDLED: &[u8] = include_bytes!("roots.pem");

/// The certificates of the roots that come with this crate.
///
/// Those of RDS, by region, and Amazon Root CA 1 to 4 and Starfield's, which RDS Proxy and Aurora
/// Serverless chain to. GovCloud, China and the newest regions are missing: a database there needs a
/// CA file.
///
/// Decoding them takes about half a millisecond: once for the process is enough.
///
/// # Errors
///
/// The bundled file cannot be parsed: a bug of this library.
pub fn bundled() -> Result<Vec<CertificateDer<'static>>, PemError> {
    pem::certificates(BUNDLED)
}

/// Whether the roots of RDS in a region come with this crate. RDS Proxy and Aurora Serverless need none of them.
pub(crate) fn bundles_region(region: &str) -> bool {
    const LINE: &str = "\n# Regions: ";
    let text = str::from_utf8(BUNDLED).unwrap_or_default();
    let header = text.split("-----BEGIN").next().unwrap_or_default();
    let regions = header.split_once(LINE).map(|(_, rest)| rest);
    let regions = regions.and_then(|rest| rest.lines().next());
    regions
        .unwrap_or_default()
        .split(' ')
        .any(|bundled| bundled == region)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::tls::{Certificate, TrustAnchors};

    #[test]
    fn there_are_as_many_as_the_header_says_and_none_twice() {
        let text = str::from_utf8(BUNDLED).unwrap();
        let number = text
            .lines()
            .find_map(|line| line.strip_prefix("# Number: "));
        let roots = bundled().unwrap();
        assert_eq!(roots.len(), number.unwrap().parse::<usize>().unwrap());
        assert_eq!(roots.iter().collect::<HashSet<_>>().len(), roots.len());
        assert_eq!(TrustAnchors::bundled().unwrap().len(), roots.len());
    }

    /// If it fails, it is time for `./just roots`.
    #[test]
    fn none_expires_within_a_year() {
        let next_year = OffsetDateTime::now_utc() + Duration::days(365);
        for root in bundled().unwrap() {
            let root = Certificate::from_der(&root).unwrap();
            assert!(root.not_after > next_year, "{root}");
            assert_eq!(root.subject, root.issuer);
        }
    }

    /// What stands above a certificate is what it says.
    #[test]
    fn comments_tell_the_truth() {
        let text = str::from_utf8(BUNDLED).unwrap();
        let comments: Vec<_> = text.lines().filter(|l| l.starts_with("# CN=")).collect();
        let roots = bundled().unwrap();
        assert_eq!(comments.len(), roots.len());
        for (comment, root) in comments.iter().zip(&roots) {
            let root = Certificate::from_der(root).unwrap();
            let name = comment.trim_start_matches("# ").split(',').next().unwrap();
            assert!(root.subject.contains(name), "{comment}: {root}");
            let until = format!("; expires {}", root.not_after.date());
            assert!(comment.ends_with(&until), "{comment}: {root}");
        }
    }

    #[test]
    fn a_region_is_bundled_if_its_root_is_there() {
        let text = str::from_utf8(BUNDLED).unwrap();
        for region in [
            "eu-central-1",
            "us-east-1",
            "me-central-1",
            "il-central-1",
            "us-gov-west-1",
            "eu-central",
            "",
        ] {
            let is_there = text.contains(&format!("# CN=Amazon RDS {region} Root CA RSA2048 G1,"));
            assert_eq!(bundles_region(region), is_there, "{region}");
        }
        assert!(bundles_region("eu-central-1") && !bundles_region("il-central-1"));
    }

    #[test]
    fn has_the_roots_of_proxies_too() {
        let text = str::from_utf8(BUNDLED).unwrap();
        for name in [
            "Amazon Root CA 1,",
            "Amazon Root CA 2,",
            "Amazon Root CA 3,",
            "Amazon Root CA 4,",
            "Starfield Services Root Certificate Authority - G2,",
            "Amazon RDS eu-central-1 Root CA RSA2048 G1,",
        ] {
            assert!(text.contains(&format!("# CN={name} ")), "{name}");
        }
    }
}
