//! The region in the name of an RDS endpoint.

/// Finds the region in the name of an RDS instance, cluster, proxy or serverless endpoint, in any partition. Returns
/// `None` if the name is not one that RDS assigns.
///
/// In most partitions the region precedes the label `rds` (or `rds-fips`), as in
/// `mydb.abc123.eu-central-1.rds.amazonaws.com`; in China it follows it, as in
/// `mydb.abc123.rds.cn-north-1.amazonaws.com.cn`.
#[must_use]
pub fn region_of_endpoint(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    // The last one, since an instance may itself be called `rds`.
    let rds = labels
        .iter()
        .rposition(|label| matches!(*label, "rds" | "rds-fips"))?;
    let domain = labels.get(rds.saturating_add(1)..).unwrap_or_default();
    let before = rds.checked_sub(1).and_then(|before| labels.get(before));
    let behind = domain.first();
    let region = [before, behind].into_iter().flatten();
    let region = region.copied().find(|label| is_region(label))?;
    is_aws(domain).then(|| region.to_owned())
}

/// Whether a domain is that of AWS's services in a partition. In order: `aws` and `aws-us-gov`, `aws-cn`, `aws-eusc`,
/// `aws-iso`, `aws-iso-b`, `aws-iso-e`, `aws-iso-f`.
pub(super) fn is_aws(domain: &[&str]) -> bool {
    const SUFFIXES: [&[&str]; 7] = [
        &["amazonaws", "com"],
        &["amazonaws", "com", "cn"],
        &["amazonaws", "eu"],
        &["c2s", "ic", "gov"],
        &["sc2s", "sgov", "gov"],
        &["cloud", "adc-e", "uk"],
        &["csp", "hci", "ic", "gov"],
    ];
    SUFFIXES.iter().any(|suffix| domain.ends_with(suffix))
}

/// Whether a label has the form of a region, such as `eu-central-1` or `us-gov-west-1`: two or more words and a number.
pub(super) fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    is_number && words.len() >= 2 && words.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_that_rds_gives() {
        for (host, region) in [
            ("mydb.abc123.eu-central-1.rds.amazonaws.com", "eu-central-1"),
            ("MYDB.ABC123.EU-CENTRAL-1.RDS.AMAZONAWS.COM", "eu-central-1"),
            ("c.cluster-abc.us-east-1.rds.amazonaws.com", "us-east-1"),
            ("c.cluster-ro-abc.us-east-1.rds.amazonaws.com", "us-east-1"),
            (
                "p.proxy-abc.ap-southeast-2.rds.amazonaws.com",
                "ap-southeast-2",
            ),
            ("rds.abc123.eu-west-1.rds.amazonaws.com", "eu-west-1"),
            ("db.abc.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1"),
            (
                "db.abc.us-gov-west-1.rds-fips.amazonaws.com",
                "us-gov-west-1",
            ),
            ("db.abc.rds.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("db.abc.us-iso-east-1.rds.c2s.ic.gov", "us-iso-east-1"),
            ("db.abc.eusc-de-east-1.rds.amazonaws.eu", "eusc-de-east-1"),
        ] {
            assert_eq!(region_of_endpoint(host).as_deref(), Some(region), "{host}");
        }
    }

    #[test]
    fn guesses_nothing() {
        for host in [
            "db.example.com",
            "localhost",
            "",
            "mydb.rds.amazonaws.com",
            "mydb.eu-central-1.rds.example.com",
            "eu-central-1.amazonaws.com",
            "x.eu-central-1.rds",
        ] {
            assert_eq!(region_of_endpoint(host), None, "{host}");
        }
    }
}
