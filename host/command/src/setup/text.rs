//! What to run once, explained.

use super::settings::Settings;
use super::{policy, sql};
use crate::error::Error;
use rds_bridge::aws::{EndpointKind, ResourceKind};

const ACCOUNT: &str = "<ACCOUNT_ID>";
const RESOURCE_ID: &str = "<RESOURCE_ID>";
const DATABASE: &str = "<DATABASE>";

/// What is set up: it decides which commands are to be run.
enum Target<'a> {
    Instance(&'a str),
    Cluster(&'a str),
    Proxy(&'a str),
}

pub(super) fn instructions(settings: &Settings) -> Result<String, Error> {
    let target = target(settings);
    let region = settings.region()?;
    let account = settings.account.as_deref().unwrap_or(ACCOUNT);
    let resource_id = settings.resource_id.as_ref().map(ToString::to_string);
    let resource_id = resource_id.as_deref().unwrap_or(RESOURCE_ID);
    let database = settings.database.as_deref().unwrap_or(DATABASE);

    let is_global = matches!(settings.endpoint, EndpointKind::GlobalWriter { .. });
    let mut steps = vec![
        switch_on(&target, region),
        create_user(
            &target,
            &sql::create_user(&settings.user, database, &settings.privileges),
        ),
    ];
    if settings.resource_id.is_none() {
        steps.push(find_resource_id(&target, region));
    }
    if settings.account.is_none() {
        steps.push(find_account());
    }
    steps.push(allow(&policy::connect_policy(
        settings,
        account,
        resource_id,
    )?));

    let user = &settings.user;
    let host = settings.host.as_deref().unwrap_or("the database");
    let mut text = format!("To let {user} log in to {host} with IAM tokens, run once:\n");
    for (step, number) in steps.iter().zip(1..) {
        text.push_str(&format!("\n{number}. {step}"));
    }
    if is_global {
        text.push_str(EVERY_REGION);
    }
    let gaps = gaps(&text);
    if !gaps.is_empty() {
        text.push_str(&format!("\nTo fill in: {}\n", gaps.join(", ")));
    }
    text.push_str(TRAPS);
    Ok(text)
}

const EVERY_REGION: &str = "
The endpoint is the writer of an Aurora global database. Each of its regions has a cluster with a
resource id of its own, and any of them may be the primary: repeat all but CREATE USER and GRANT
for each, with its --region.
";

const TRAPS: &str = "
What goes wrong, and all the database says to each is \"Access denied\" (1045):
- The resource id is not the name: db-ABC… for an instance, for all of Aurora the cluster's,
  cluster-ABC…, and through a proxy the proxy's, prx-….
- Upper and lower case of the user differ: in the policy, in CREATE USER, and when connecting.
- The token is for the endpoint's own name and region, not for an alias of it.
- The connection needs TLS.
";

fn target(settings: &Settings) -> Target<'_> {
    let kind = settings.resource_id.as_ref().map(|id| id.kind());
    match (&settings.endpoint, kind) {
        // An instance of an Aurora cluster: what IAM knows is the cluster.
        (EndpointKind::Instance { .. } | EndpointKind::Unknown, Some(ResourceKind::Cluster)) => {
            Target::Cluster("<DB_CLUSTER>")
        }
        (EndpointKind::Instance { identifier }, _) => Target::Instance(identifier),
        (EndpointKind::Cluster { identifier }, _) => {
            Target::Cluster(identifier.as_deref().unwrap_or("<DB_CLUSTER>"))
        }
        // An Aurora global database: each region has a cluster of its own.
        (EndpointKind::GlobalWriter { .. }, _) => Target::Cluster("<DB_CLUSTER>"),
        (EndpointKind::Proxy { identifier }, _) => {
            Target::Proxy(identifier.as_deref().unwrap_or("<DB_PROXY>"))
        }
        (EndpointKind::Unknown, Some(ResourceKind::Proxy)) => Target::Proxy("<DB_PROXY>"),
        (EndpointKind::Unknown, _) => Target::Instance("<DB_INSTANCE>"),
    }
}

fn switch_on(target: &Target<'_>, region: &str) -> String {
    match target {
        Target::Instance(name) => format!(
            "Switch IAM authentication on. (If it is in an Aurora cluster: the cluster's, with\n   \
             modify-db-cluster and --db-cluster-identifier.)\n\n    \
             aws rds modify-db-instance --region {region} --db-instance-identifier {name} \\\n      \
             --enable-iam-database-authentication --apply-immediately\n"
        ),
        Target::Cluster(name) => format!(
            "Switch IAM authentication on, for the whole cluster.\n\n    \
             aws rds modify-db-cluster --region {region} --db-cluster-identifier {name} \\\n      \
             --enable-iam-database-authentication --apply-immediately\n"
        ),
        Target::Proxy(name) => format!(
            "Switch IAM authentication on: to the proxy, and from it to the database, where it must\n   \
             be on too.\n\n    \
             aws rds modify-db-proxy --region {region} --db-proxy-name {name} \\\n      \
             --default-auth-scheme IAM_AUTH --require-tls\n\n   \
             The proxy's own role then needs a policy as below, with the resource id of the database\n   \
             behind it. A proxy that has the user's password in Secrets Manager has IAMAuth=REQUIRED\n   \
             in its --auth instead; its database user keeps that password, and the next step falls\n   \
             away.\n"
        ),
    }
}

fn create_user(target: &Target<'_>, sql: &str) -> String {
    let whereto = match target {
        Target::Instance(_) | Target::Cluster(_) => "",
        Target::Proxy(_) => ", in the database behind the proxy",
    };
    format!(
        "Create the database user, as the master user{whereto}.\n   \
         (--format sql prints this alone, for a pipe to mysql.)\n\n{}",
        indented(sql)
    )
}

fn find_resource_id(target: &Target<'_>, region: &str) -> String {
    let command = match target {
        Target::Instance(name) => format!(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {name} \\\n      \
             --query 'DBInstances[0].[DbiResourceId,DBClusterIdentifier]' --output text\n\n   \
             If a cluster's name stands behind it, it is an instance of Aurora; take the cluster's:\n\n    \
             aws rds describe-db-clusters --region {region} --db-cluster-identifier <THAT_NAME> \\\n      \
             --query 'DBClusters[0].DbClusterResourceId' --output text"
        ),
        Target::Cluster(name) => format!(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {name} \\\n      \
             --query 'DBClusters[0].DbClusterResourceId' --output text"
        ),
        Target::Proxy(name) => format!(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {name} \\\n      \
             --query 'DBProxies[0].DBProxyArn' --output text\n\n   \
             It is the end of what this prints, prx-…."
        ),
    };
    format!("Find the resource id, and give it with --resource-id.\n\n    {command}\n")
}

fn find_account() -> String {
    "Find the account, and give it with --account.\n\n    \
     aws sts get-caller-identity --query Account --output text\n"
        .to_owned()
}

fn allow(policy: &str) -> String {
    format!(
        "Allow it to the role that connects.\n   \
         (--format policy prints the policy alone, for a file.)\n\n\
         {}\n    \
         aws iam put-role-policy --role-name <ROLE> --policy-name rds-db-connect \\\n      \
         --policy-document file://policy.json\n",
        indented(policy)
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The placeholders of ours that stand in a text.
fn gaps(text: &str) -> Vec<&'static str> {
    [
        "<DB_INSTANCE>",
        "<DB_CLUSTER>",
        "<DB_PROXY>",
        DATABASE,
        ACCOUNT,
        RESOURCE_ID,
        "<ROLE>",
    ]
    .into_iter()
    .filter(|gap| text.contains(gap))
    .collect()
}
