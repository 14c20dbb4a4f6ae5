//! The instructions that `rds-bridge setup` prints.

use super::settings::Settings;
use super::{policy, sql};
use crate::error::Error;
use rds_bridge::aws::{EndpointKind, ResourceKind};

const ACCOUNT: &str = "<ACCOUNT_ID>";
const RESOURCE_ID: &str = "<RESOURCE_ID>";
const DATABASE: &str = "<DATABASE>";

/// What is set up, which decides the AWS commands to run.
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
        enable_iam(&target, region),
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
    steps.push(attach_policy(&policy::connect_policy(
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
    let placeholders = placeholders(&text);
    if !placeholders.is_empty() {
        text.push_str(&format!(
            "\nReplace these placeholders: {}\n",
            placeholders.join(", ")
        ));
    }
    text.push_str(MISTAKES);
    Ok(text)
}

const EVERY_REGION: &str = "
The endpoint is the writer of an Aurora global database. Each of its regions has a cluster with its
own resource ID, and any of them can become the primary: repeat all steps except CREATE USER and
GRANT for each region, with --region.
";

const MISTAKES: &str = "
Common mistakes. The database answers each of them with \"Access denied\" (1045):
- The policy has a name instead of the resource ID. The ID begins with db- for an instance, with
  cluster- for every instance of Aurora, and with prx- for connections through a proxy.
- The user is spelled differently in the policy, in CREATE USER, or by the client. Case matters.
- The token is signed for an alias instead of the endpoint's own name, or for another region.
- The connection does not use TLS: enable it in the client.
";

fn target(settings: &Settings) -> Target<'_> {
    let kind = settings.resource_id.as_ref().map(|id| id.kind());
    match (&settings.endpoint, kind) {
        // An instance of an Aurora cluster: IAM policies name the cluster.
        (EndpointKind::Instance { .. } | EndpointKind::Unknown, Some(ResourceKind::Cluster)) => {
            Target::Cluster("<DB_CLUSTER>")
        }
        (EndpointKind::Instance { identifier }, _) => Target::Instance(identifier),
        (EndpointKind::Cluster { identifier }, _) => {
            Target::Cluster(identifier.as_deref().unwrap_or("<DB_CLUSTER>"))
        }
        // An Aurora global database: each region has its own cluster.
        (EndpointKind::GlobalWriter { .. }, _) => Target::Cluster("<DB_CLUSTER>"),
        (EndpointKind::Proxy { identifier }, _) => {
            Target::Proxy(identifier.as_deref().unwrap_or("<DB_PROXY>"))
        }
        (EndpointKind::Unknown, Some(ResourceKind::Proxy)) => Target::Proxy("<DB_PROXY>"),
        (EndpointKind::Unknown, _) => Target::Instance("<DB_INSTANCE>"),
    }
}

fn enable_iam(target: &Target<'_>, region: &str) -> String {
    match target {
        Target::Instance(name) => format!(
            "Enable IAM authentication. (For an instance of Aurora, enable it for the cluster, with\n   \
             modify-db-cluster and --db-cluster-identifier.)\n\n    \
             aws rds modify-db-instance --region {region} --db-instance-identifier {name} \\\n      \
             --enable-iam-database-authentication --apply-immediately\n"
        ),
        Target::Cluster(name) => format!(
            "Enable IAM authentication for the cluster.\n\n    \
             aws rds modify-db-cluster --region {region} --db-cluster-identifier {name} \\\n      \
             --enable-iam-database-authentication --apply-immediately\n"
        ),
        Target::Proxy(name) => format!(
            "Enable IAM authentication for the proxy, as below, and for the database to which it connects\n   \
             (run rds-bridge setup for that database).\n\n    \
             aws rds modify-db-proxy --region {region} --db-proxy-name {name} \\\n      \
             --default-auth-scheme IAM_AUTH --require-tls\n\n   \
             The proxy's own role then needs a policy like the one below, with the resource ID of the\n   \
             database. If the proxy logs in with the user's password from Secrets Manager, give\n   \
             modify-db-proxy --auth with IAMAuth=REQUIRED instead of --default-auth-scheme: the database\n   \
             user keeps that password, and you can skip the next step.\n"
        ),
    }
}

fn create_user(target: &Target<'_>, sql: &str) -> String {
    let place = match target {
        Target::Instance(_) | Target::Cluster(_) => "",
        Target::Proxy(_) => ", in the database to which the proxy connects",
    };
    format!(
        "Create the database user, as the master user{place}.\n   \
         (--format sql prints only this, for a pipe to mysql.)\n\n{}",
        indented(sql)
    )
}

fn find_resource_id(target: &Target<'_>, region: &str) -> String {
    let command = match target {
        Target::Instance(name) => format!(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {name} \\\n      \
             --query 'DBInstances[0].[DbiResourceId,DBClusterIdentifier]' --output text\n\n   \
             If this also prints a cluster's name, the instance belongs to a cluster: use the cluster's\n   \
             resource ID.\n\n    \
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
             The resource ID is the last part of the ARN, prx-…."
        ),
    };
    format!(
        "Find the resource ID, and run rds-bridge setup again with --resource-id, or put it into the policy\n   \
         below.\n\n    {command}\n"
    )
}

fn find_account() -> String {
    "Find the ID of the AWS account, and run rds-bridge setup again with --account, or put it into the\n   \
     policy below.\n\n    \
     aws sts get-caller-identity --query Account --output text\n"
        .to_owned()
}

fn attach_policy(policy: &str) -> String {
    format!(
        "Save this policy as policy.json (rds-bridge setup --format policy prints only the policy), and\n   \
         attach it to the role that connects.\n\n\
         {}\n    \
         aws iam put-role-policy --role-name <ROLE> --policy-name rds-db-connect \\\n      \
         --policy-document file://policy.json\n",
        indented(policy)
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The placeholders that a text contains.
fn placeholders(text: &str) -> Vec<&'static str> {
    [
        "<DB_INSTANCE>",
        "<DB_CLUSTER>",
        "<DB_PROXY>",
        DATABASE,
        ACCOUNT,
        RESOURCE_ID,
        "<ROLE>",
        "<THAT_NAME>",
    ]
    .into_iter()
    .filter(|placeholder| text.contains(placeholder))
    .collect()
}
