//! The likely causes of a server certificate from an untrusted authority, by region.

use super::Trusted;
use crate::aws::{EndpointKind, Partition, region_of_endpoint};
use crate::error::{Cause, cause};
use crate::tls;

/// The causes of a refused certificate, the likeliest first.
pub(super) fn causes(host: &str, region: Option<&str>, trusted: Trusted) -> Vec<Cause> {
    let mut causes = Vec::new();
    match trusted {
        Trusted::Bundled => causes.extend(missing_roots(host, region)),
        Trusted::CaFile => causes.push(cause(
            "the CA file does not contain the root that issued the server's certificate: RDS Proxy and Aurora \
             Serverless use Amazon's roots, which the RDS bundles do not contain",
            "omit the file: rds-bridge itself contains the roots of RDS and Amazon",
        )),
        Trusted::Roots => causes.push(cause(
            "the roots from BridgeBuilder::tls_roots do not include the one that issued the server's certificate",
            "omit them, or add AWS's bundle to them",
        )),
    }
    let not_rds = match region_of_endpoint(host) {
        Some(region) if trusted == Trusted::Bundled && tls::bundles_region(&region) => format!(
            "the server is not RDS (rds-bridge contains the roots of RDS in {region}, and they did not issue this \
             certificate), or a private authority issued its certificate"
        ),
        _ => "the server is not RDS, or a private authority issued its certificate".to_owned(),
    };
    causes.push(cause(
        not_rds,
        "give the authority's certificate with {ca_file}",
    ));
    causes.push(cause(
        "the connection is intercepted",
        "connect directly, without a proxy or a tunnel that terminates TLS",
    ));
    causes
}

/// That the roots of the endpoint's region are not bundled, where they are not, or may not be.
pub(crate) fn missing_roots(host: &str, region: Option<&str>) -> Option<Cause> {
    if let EndpointKind::Proxy { .. } = EndpointKind::of_endpoint(host) {
        // Its certificate is of Amazon's authorities, which are the same everywhere.
        return None;
    }
    let named = region_of_endpoint(host);
    // An alias may be of anything in that region, or of anything else.
    let Some(region) = named.as_deref().or(region) else {
        return Some(cause(
            "the server is RDS in GovCloud, China or one of the newest regions, whose roots are not bundled",
            "give AWS's bundle for the region with {extra_ca_file}: \
             https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html lists them",
        ));
    };
    if tls::bundles_region(region) {
        return None;
    }
    Some(cause(
        format!("the roots of RDS in {region} are not bundled"),
        format!(
            "give AWS's bundle for the region with {{extra_ca_file}}: {}",
            bundle_url(region)
        ),
    ))
}

/// Where AWS publishes the authorities of a region.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
fn bundle_url(region: &str) -> String {
    let place = match Partition::of_region(region) {
        Partition::Aws => "truststore.pki.rds.amazonaws.com",
        Partition::AwsUsGov => "truststore.pki.us-gov-west-1.rds.amazonaws.com",
        Partition::AwsCn => "rds-truststore.s3.cn-north-1.amazonaws.com.cn",
        Partition::AwsIso
        | Partition::AwsIsoB
        | Partition::AwsIsoE
        | Partition::AwsIsoF
        | Partition::AwsEusc => {
            return "the RDS documentation of this partition links to the bundle".to_owned();
        }
    };
    format!("https://{place}/{region}/{region}-bundle.pem")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(host: &str, trusted: Trusted) -> Cause {
        causes(host, region_of_endpoint(host).as_deref(), trusted).remove(0)
    }

    #[test]
    fn a_region_without_bundled_roots_is_named_with_its_bundle() {
        for (host, region, url) in [
            (
                "db.abc.il-central-1.rds.amazonaws.com",
                "il-central-1",
                "https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem",
            ),
            (
                "db.abc.us-gov-west-1.rds.amazonaws.com",
                "us-gov-west-1",
                "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-west-1/",
            ),
            (
                "db.abc.rds.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
                "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-north-1/",
            ),
            (
                "db.abc.us-iso-east-1.rds.c2s.ic.gov",
                "us-iso-east-1",
                "the RDS documentation",
            ),
        ] {
            let Cause { why, remedy } = first(host, Trusted::Bundled);
            assert_eq!(why, format!("the roots of RDS in {region} are not bundled"));
            assert!(remedy.to_string().contains(url), "{remedy}");
        }
    }

    #[test]
    fn a_region_with_bundled_roots_is_not_blamed() {
        let host = "db.abc.eu-central-1.rds.amazonaws.com";
        assert_eq!(missing_roots(host, None), None);
        let all = causes(host, None, Trusted::Bundled);
        assert!(
            all[0]
                .why
                .contains("rds-bridge contains the roots of RDS in eu-central-1"),
            "{all:?}"
        );
        assert!(
            !all.iter().any(|one| one.why.contains("GovCloud")),
            "{all:?}"
        );
        // A proxy's authorities are not those of RDS in its region.
        let proxy = "gate.proxy-abc.il-central-1.rds.amazonaws.com";
        assert_eq!(missing_roots(proxy, None), None);
    }

    #[test]
    fn an_alias_may_be_of_any_region() {
        let alias = "db.example.com";
        let cause = missing_roots(alias, None).unwrap();
        assert!(cause.why.contains("GovCloud"), "{cause:?}");
        assert_eq!(missing_roots(alias, Some("eu-central-1")), None);
        let cause = missing_roots(alias, Some("ca-west-1")).unwrap();
        assert!(cause.why.contains("ca-west-1"), "{cause:?}");
    }

    #[test]
    fn where_a_file_was_given_it_is_the_first_to_be_looked_at() {
        let host = "db.abc.il-central-1.rds.amazonaws.com";
        assert!(first(host, Trusted::CaFile).why.contains("CA file"));
        assert!(first(host, Trusted::Roots).why.contains("tls_roots"));
    }
}
