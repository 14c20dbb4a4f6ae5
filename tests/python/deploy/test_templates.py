"""Tests of the templates, with SAM's own translator and moto's CloudFormation as far as they support a resource.

Other resources are checked in the template itself: moto has neither AWS::Lambda::Url nor DbiResourceId.
"""

import ast
import io
import json
import logging
import os
import re
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import boto3
from moto import mock_aws
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It would log that no publisher of metrics is configured.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

DEPLOY = Path(__file__).resolve().parents[3] / "host/deploy"
FUNCTION = (DEPLOY / "template.yaml").read_text()
DATABASE = (DEPLOY / "database.yaml").read_text()
ACCOUNT = "123456789012"
# The parameters of the original, as its script passes them.
ORIGINAL = {
    "LambdaSg": "sg-0123abcd",
    "LambdaSubnets": "subnet-0a1b,subnet-0c2d",
    "DBResourceId": "db-V2BBN636OJNP5N5Y4VY6VWNCFQ",
    "DBEndpoint": "rd1qi356z20v52m.clllclirsx1f.eu-central-1.rds.amazonaws.com",
    "DBName": "iamtest",
    "DBUsername": "lambda-user",
}
SECRET = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db-0a1b2c3d-AbCdEf"


def translated(**parameters):
    """The template as SAM passes it to CloudFormation, with the package in a bucket."""
    template = yaml_parse(FUNCTION)
    template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/bootstrap.zip"
    return Translator({}, Parser()).translate(template, {**ORIGINAL, **parameters})


def policies_of_stack(region, **parameters):
    """The statements of the role's own policies and the function's variables, in the stack that moto creates."""
    template = translated(**parameters)
    del template["Resources"]["Url"], template["Outputs"]["FunctionUrl"]
    del template["Resources"]["AnyoneMayCallUrl"], template["Resources"]["AnyoneMayInvokeByUrl"]
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": region}), mock_aws():
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("bootstrap", "")
        storage = boto3.client("s3")
        storage.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": region})
        storage.put_object(Bucket="bucket", Key="bootstrap.zip", Body=package.getvalue())
        boto3.client("cloudformation").create_stack(
            StackName="stack",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in {**ORIGINAL, **parameters}.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (function,) = boto3.client("lambda").list_functions()["Functions"]
        identities = boto3.client("iam")
        role = function["Role"].split("/")[-1]
        statements = []
        for name in identities.list_role_policies(RoleName=role)["PolicyNames"]:
            document = identities.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            # moto returns a stack's policy in Python's notation.
            document = ast.literal_eval(document) if isinstance(document, str) else document
            # moto leaves an empty value in place of AWS::NoValue.
            statements += [statement for statement in document["Statement"] if statement]
        return statements, function["Environment"]["Variables"]


def strings(value):
    """Every string in a template, including the keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def statements(value):
    """Every statement of the policies in a template."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            yield value
        for inner in value.values():
            yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def evaluate(condition, values):
    """The value of a condition of a rule, with these parameters."""
    ((name, inner),) = condition.items()

    def value(part):
        return part if isinstance(part, str) else evaluate(part, values)

    parts = {
        "Ref": lambda: values[inner],
        "Fn::Equals": lambda: value(inner[0]) == value(inner[1]),
        "Fn::Not": lambda: not evaluate(inner[0], values),
        "Fn::And": lambda: all(evaluate(part, values) for part in inner),
        "Fn::Or": lambda: any(evaluate(part, values) for part in inner),
    }
    return parts[name]()


@mock.patch.dict(
    os.environ,
    {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made up",
    },
)
class Function(unittest.TestCase):
    def test_has_the_parameters_of_the_original(self):
        parameters = yaml_parse(FUNCTION)["Parameters"]
        self.assertLessEqual(ORIGINAL.keys(), parameters.keys())
        self.assertEqual(parameters["LambdaSg"]["Type"], "AWS::EC2::SecurityGroup::Id")
        self.assertEqual(parameters["LambdaSubnets"]["Type"], "List<AWS::EC2::Subnet::Id>")
        # All other parameters have defaults.
        self.assertEqual([name for name, p in parameters.items() if "Default" not in p and name not in ORIGINAL], [])
        for name, value in ORIGINAL.items():
            self.assertRegex(value, parameters[name].get("AllowedPattern", "^"))

    def test_its_role_may_connect_as_one_user_to_one_database(self):
        for region in ["eu-central-1", "ap-southeast-2"]:
            allowed, _ = policies_of_stack(region)
            arn = f"arn:aws:rds-db:{region}:{ACCOUNT}:dbuser:db-V2BBN636OJNP5N5Y4VY6VWNCFQ/lambda-user"
            allowed = [s for s in allowed if s["Action"] == "rds-db:connect" or "secretsmanager" in str(s)]
            self.assertEqual(allowed, [{"Effect": "Allow", "Action": "rds-db:connect", "Resource": arn}])
        # moto has no regions of China and GovCloud.
        (resource,) = [s["Resource"] for s in statements(translated()["Resources"]) if s["Action"] == "rds-db:connect"]
        self.assertTrue(resource["Fn::Sub"].startswith("arn:${AWS::Partition}:rds-db:"), resource)

    def test_with_a_secret_it_may_read_that_and_not_connect_with_tokens(self):
        allowed, variables = policies_of_stack("eu-central-1", SecretArn=SECRET, DBResourceId="", DBUsername="")
        allowed = [s for s in allowed if "secretsmanager" in str(s) or "rds-db" in str(s)]
        self.assertEqual(
            allowed, [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET}]
        )
        self.assertEqual(variables["DB_SECRET_ARN"], SECRET)
        self.assertNotIn("DB_USER", variables)

    def test_the_secrets_user_and_port_count_where_the_originals_settings_are_still_there(self):
        _, variables = policies_of_stack("eu-central-1", SecretArn=SECRET)
        self.assertEqual(variables["DB_SECRET_ARN"], SECRET)
        self.assertNotIn("DB_USER", variables)
        self.assertNotIn("DB_PORT", variables)

    def test_a_port_is_passed_if_one_is_given(self):
        _, variables = policies_of_stack("eu-central-1", DBPort="3307")
        self.assertEqual(variables["DB_PORT"], "3307")
        pattern = yaml_parse(FUNCTION)["Parameters"]["DBPort"]["AllowedPattern"]
        for port in ["", "1", "3306", "65535"]:
            self.assertRegex(port, pattern)
        for port in ["0", "-1", "3306/tcp", "65536", "99999", "655350", " "]:
            self.assertNotRegex(port, pattern)

    def test_an_alias_is_looked_up_if_it_is_said_to_be_one(self):
        _, variables = policies_of_stack("eu-central-1", ResolveCname="true")
        self.assertEqual(variables["DB_RESOLVE_CNAME"], "true")

    def test_a_role_and_a_topology_are_passed_if_they_are_given(self):
        _, variables = policies_of_stack("eu-central-1", DBRole="writer", DBTopology="aurora")
        self.assertEqual((variables["DB_ROLE"], variables["DB_TOPOLOGY"]), ("writer", "aurora"))

    def test_the_variables_are_those_that_the_function_reads(self):
        _, variables = policies_of_stack("eu-central-1")
        self.assertEqual(
            {name: str(value) for name, value in variables.items()},
            {
                "DB_HOST": ORIGINAL["DBEndpoint"],
                "DB_USER": "lambda-user",
                "DB_NAME": "iamtest",
                "DB_QUERY": "SELECT * FROM items",
                "ALLOW_AD_HOC_SQL": "false",
                "ALLOW_WRITES": "false",
                "JSON_BIGINT": "number",
                "INVOKE_MODE": "BUFFERED",
                "METRICS_NAMESPACE": "rds-bridge",
            },
        )
        _, variables = policies_of_stack("eu-central-1", Queries='{"by_id": "SELECT * FROM items WHERE id = ?"}')
        self.assertEqual(json.loads(variables["DB_QUERIES"]), {"by_id": "SELECT * FROM items WHERE id = ?"})

    def test_no_policy_has_a_wildcard_where_iam_can_do_without(self):
        found = list(statements(translated()["Resources"]))
        wide = [s for s in found if any("*" in text or "?" in text for text in strings(s))]
        narrow = [s["Action"] for s in found if s not in wide]
        self.assertCountEqual(
            narrow,
            [
                "sts:AssumeRole",
                "rds-db:connect",
                "secretsmanager:GetSecretValue",
                "secretsmanager:GetSecretValue",
                "kms:Decrypt",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                "lambda:InvokeFunctionUrl",
                "lambda:InvokeFunction",
            ],
        )
        traces, network, denied = wide
        self.assertEqual(traces["Action"], ["xray:PutTraceSegments", "xray:PutTelemetryRecords"])
        self.assertTrue(all(action.startswith("ec2:") and "*" not in action for action in network["Action"]))
        self.assertEqual((denied["Effect"], denied["Action"]), ("Deny", "ec2:*"))

    def test_the_functions_own_code_has_no_way_to_network_interfaces(self):
        """Only Lambda itself needs them: it uses the role to attach the function to the VPC."""
        (denied,) = [s for s in statements(translated()["Resources"]) if s["Effect"] == "Deny"]
        ((operator, condition),) = denied["Condition"].items()
        self.assertEqual(operator, "ArnLike")
        pattern = condition["lambda:SourceFunctionArn"]["Fn::Sub"]
        # Without a FunctionName, SAM names the function STACK-Function-….
        self.assertTrue(pattern.endswith(":function:${AWS::StackName}-*"), pattern)
        self.assertNotIn("FunctionName", translated()["Resources"]["Function"]["Properties"])

    def test_its_role_has_no_managed_policy_and_writes_to_its_own_log_alone(self):
        role = translated()["Resources"]["FunctionRole"]["Properties"]
        self.assertNotIn("ManagedPolicyArns", role)
        (log,) = [s for s in statements(role) if "logs:PutLogEvents" in s["Action"]]
        self.assertEqual(log["Resource"], {"Fn::GetAtt": ["LogGroup", "Arn"]})

    def test_a_key_of_ones_own_is_for_the_log_and_the_variables(self):
        key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
        pattern = yaml_parse(FUNCTION)["Parameters"]["KmsKeyArn"]["AllowedPattern"]
        for text in ["", key]:
            self.assertRegex(text, pattern)
        for text in ["*", "alias/mine", key.replace("key/", "alias/"), key + "*"]:
            self.assertNotRegex(text, pattern)
        allowed, _ = policies_of_stack("eu-central-1", KmsKeyArn=key)
        self.assertIn({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}, allowed)
        allowed, _ = policies_of_stack("eu-central-1")
        self.assertNotIn("kms", str(allowed))
        resources = translated()["Resources"]
        for name, setting in [("LogGroup", "KmsKeyId"), ("Function", "KmsKeyArn")]:
            self.assertEqual(
                resources[name]["Properties"][setting],
                {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]},
            )
        self.assertEqual(resources["LogGroup"]["Properties"]["RetentionInDays"], {"Ref": "LogRetentionDays"})

    def test_no_parameter_can_bring_a_wildcard_into_a_policy(self):
        parameters = yaml_parse(FUNCTION)["Parameters"]
        arn = SECRET[: SECRET.index("rds!")]
        for name, values in {
            "DBUsername": ["*", "lambda*", "user?", "${aws:username}", "a/b"],
            "DBResourceId": ["*", "db-*", "db-ABC*", "db-ABC/lambda-user", "db-${x}"],
            "ApiKeysSecretArn": ["*", f"{arn}*", f"{arn}name-??????", arn],
            "SecretArn": ["*", f"{arn}*", f"{arn}name-??????", f"{arn}name", f"{arn}my-db", arn],
        }.items():
            for value in values:
                self.assertNotRegex(value, parameters[name]["AllowedPattern"])

    def test_a_name_is_no_resource_id(self):
        """Uses the ids in `reads_resource_ids` and `a_name_is_not_one` of host/bridge/src/aws/resource_id.rs."""
        rust = (DEPLOY.parent / "bridge/src/aws/resource_id.rs").read_text()
        yes, no = rust.split("fn reads_resource_ids()")[1].split("fn a_name_is_not_one()")
        ids = re.findall(r'\("([^"]+)", ResourceKind::', yes)
        names = re.findall(r'^\s+"([^"]+)",$', no, re.MULTILINE)
        self.assertGreater(len(ids), 4)
        self.assertGreater(len(names), 12)
        pattern = yaml_parse(FUNCTION)["Parameters"]["DBResourceId"]["AllowedPattern"]
        for text in ids:
            self.assertRegex(text, pattern)
        for text in [*names, "arn:aws:rds:eu-central-1:123456789012:db:mydb", "rd1qi356z20v52m"]:
            self.assertNotRegex(text, pattern)

    def test_empty_resource_id_and_user_are_for_a_secret_alone(self):
        (assertion,) = yaml_parse(FUNCTION)["Rules"]["TokenOrSecret"]["Assertions"]

        for values, allowed in [
            ({"SecretArn": "", "DBResourceId": "db-A", "DBUsername": "u"}, True),
            ({"SecretArn": "", "DBResourceId": "", "DBUsername": "u"}, False),
            ({"SecretArn": "", "DBResourceId": "db-A", "DBUsername": ""}, False),
            ({"SecretArn": "arn", "DBResourceId": "", "DBUsername": ""}, True),
        ]:
            self.assertEqual(evaluate(assertion["Assert"], values), allowed, values)

    def test_nobody_calls_the_url_unsigned_unless_the_function_authenticates(self):
        template = yaml_parse(FUNCTION)
        urls = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Url"]
        auth_types = [url["Properties"]["AuthType"] for url in urls]
        self.assertEqual(auth_types, [{"Fn::If": ["IsSigned", "AWS_IAM", "NONE"]}])
        self.assertEqual([url["Condition"] for url in urls], ["HasUrl"])
        self.assertEqual(template["Conditions"]["IsSigned"], {"Fn::Equals": [{"Ref": "FunctionUrl"}, "AWS_IAM"]})
        self.assertEqual(template["Parameters"]["FunctionUrl"]["AllowedValues"], ["none", "AWS_IAM", "API_KEYS"])
        self.assertEqual(template["Parameters"]["FunctionUrl"]["Default"], "none")
        # SAM would create another URL, which is not in the template.
        self.assertNotIn("FunctionUrlConfig", set(strings(template)))
        permissions = [r for r in translated()["Resources"].values() if r["Type"] == "AWS::Lambda::Permission"]
        self.assertEqual({p["Condition"] for p in permissions}, {"HasApiKeysUrl"})
        self.assertEqual(template["Conditions"]["HasApiKeysUrl"], {"Fn::Equals": [{"Ref": "FunctionUrl"}, "API_KEYS"]})

    def test_a_url_for_everyone_demands_callers(self):
        rule = yaml_parse(FUNCTION)["Rules"]["UrlWithoutCallers"]
        self.assertEqual(rule["RuleCondition"], {"Fn::Equals": [{"Ref": "FunctionUrl"}, "API_KEYS"]})
        (assertion,) = rule["Assertions"]
        for values, allowed in [
            ({"ApiKeys": "", "ApiKeysSecretArn": "", "HasAccessFile": "false"}, False),
            ({"ApiKeys": "a:sha256:00", "ApiKeysSecretArn": "", "HasAccessFile": "false"}, True),
            ({"ApiKeys": "", "ApiKeysSecretArn": "arn", "HasAccessFile": "false"}, True),
            ({"ApiKeys": "", "ApiKeysSecretArn": "", "HasAccessFile": "true"}, True),
        ]:
            self.assertEqual(evaluate(assertion["Assert"], values), allowed, values)

    def test_the_keys_of_callers_are_hashes_or_in_a_secret(self):
        allowed, variables = policies_of_stack("eu-central-1", ApiKeysSecretArn=SECRET)
        allowed = [s for s in allowed if "secretsmanager" in str(s)]
        self.assertEqual(
            allowed, [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET}]
        )
        self.assertEqual(variables["API_KEYS_SECRET_ARN"], SECRET)
        entry = "app:sha256:" + "0a" * 32
        _, variables = policies_of_stack("eu-central-1", ApiKeys=entry)
        self.assertEqual(variables["API_KEYS"], entry)
        self.assertNotIn("API_KEYS_SECRET_ARN", variables)
        pattern = yaml_parse(FUNCTION)["Parameters"]["ApiKeys"]["AllowedPattern"]
        for keys in ["", entry, f"{entry},b{entry}", f"{entry} b{entry}"]:
            self.assertRegex(keys, pattern)
        for keys in ["app:0123456789abcdef", "app:sha256:0a", f"{entry};{entry}", "app:sigv4:0123456789abcdef"]:
            self.assertNotRegex(keys, pattern)

    def test_a_package_with_callers_must_have_them(self):
        _, variables = policies_of_stack("eu-central-1")
        self.assertNotIn("ACCESS_FILE", variables)
        _, variables = policies_of_stack("eu-central-1", HasAccessFile="true")
        self.assertEqual(variables["ACCESS_FILE"], "access.toml")

    def test_is_what_lambda_wants_of_a_program_of_its_own(self):
        function = translated()["Resources"]["Function"]["Properties"]
        self.assertEqual((function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        self.assertEqual(function["Architectures"], [{"Ref": "Architecture"}])
        self.assertEqual(function["TracingConfig"], {"Mode": "Active"})
        self.assertEqual(
            function["VpcConfig"], {"SecurityGroupIds": [{"Ref": "LambdaSg"}], "SubnetIds": {"Ref": "LambdaSubnets"}}
        )
        self.assertEqual(function["LoggingConfig"]["LogGroup"], {"Ref": "LogGroup"})
        self.assertIn("ReservedConcurrentExecutions", function)
        # Without this permission Lambda does not accept a function in a VPC.
        network = [s for s in statements(translated()["Resources"]) if "ec2:CreateNetworkInterface" in s["Action"]]
        self.assertEqual([s["Resource"] for s in network], ["*"])

    def test_what_is_reserved_by_default_is_below_the_limit_of_iam(self):
        default = yaml_parse(FUNCTION)["Parameters"]["ReservedConcurrency"]["Default"]
        self.assertLess(int(default), 200)


class Database(unittest.TestCase):
    def setUp(self):
        self.template = yaml_parse(DATABASE)
        self.resources = self.template["Resources"]
        self.database = self.resources["Database"]["Properties"]

    def test_lets_tokens_in_and_is_nobodys_else(self):
        for name in ["EnableIAMDatabaseAuthentication", "ManageMasterUserPassword", "StorageEncrypted"]:
            self.assertIs(self.database[name], True, name)
        self.assertIs(self.database["PubliclyAccessible"], False)
        self.assertNotIn("MasterUserPassword", self.database)
        self.assertIn("iam-db-auth-error", self.database["EnableCloudwatchLogsExports"])

    def test_takes_no_connection_without_tls(self):
        group = self.resources["ParameterGroup"]["Properties"]
        self.assertEqual(group["Parameters"]["require_secure_transport"], "1")
        self.assertEqual(self.database["DBParameterGroupName"], {"Ref": "ParameterGroup"})
        # The family of the engine's version, without its patch version.
        version = {"Fn::Split": [".", {"Ref": "EngineVersion"}]}
        parts = ["mysql", {"Fn::Select": [0, version]}, ".", {"Fn::Select": [1, version]}]
        self.assertEqual(group["Family"], {"Fn::Join": ["", parts]})

    def test_a_key_of_ones_own_encrypts_it_and_the_master_users_secret(self):
        self.assertEqual(self.template["Parameters"]["KmsKeyArn"]["Default"], "")
        key = {"Ref": "KmsKeyArn"}
        nothing = {"Ref": "AWS::NoValue"}
        self.assertEqual(self.database["KmsKeyId"], {"Fn::If": ["HasKey", key, nothing]})
        self.assertEqual(self.database["MasterUserSecret"], {"Fn::If": ["HasKey", {"KmsKeyId": key}, nothing]})

    def test_its_data_outlives_the_stack(self):
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"]:
            self.assertEqual(self.resources["Database"][policy], "Snapshot")

    def test_admits_the_function_alone_and_on_the_port_alone(self):
        ingress = [r["Properties"] for r in self.resources.values() if r["Type"] == "AWS::EC2::SecurityGroupIngress"]
        self.assertEqual(len(ingress), 1)
        self.assertEqual(
            ingress[0]["SourceSecurityGroupId"],
            {"Fn::If": ["MakesLambdaSg", {"Ref": "FunctionSecurityGroup"}, {"Ref": "LambdaSg"}]},
        )
        self.assertEqual((ingress[0]["FromPort"], ingress[0]["ToPort"]), ({"Ref": "DBPort"}, {"Ref": "DBPort"}))
        for group in ["DatabaseSecurityGroup", "FunctionSecurityGroup"]:
            self.assertNotIn("SecurityGroupIngress", self.resources[group]["Properties"])
        self.assertNotIn("0.0.0.0/0", DATABASE)

    def test_lets_the_function_out_to_the_database_and_if_asked_to_secrets_manager(self):
        self.assertEqual(self.template["Parameters"]["SecretsManagerSg"]["Default"], "")
        database, secrets = self.resources["FunctionSecurityGroup"]["Properties"]["SecurityGroupEgress"]
        self.assertEqual(database["DestinationSecurityGroupId"], {"Ref": "DatabaseSecurityGroup"})
        condition, rule, otherwise = secrets["Fn::If"]
        self.assertEqual(
            self.template["Conditions"][condition], {"Fn::Not": [{"Fn::Equals": [{"Ref": "SecretsManagerSg"}, ""]}]}
        )
        self.assertEqual(rule["DestinationSecurityGroupId"], {"Ref": "SecretsManagerSg"})
        self.assertEqual((rule["IpProtocol"], rule["FromPort"], rule["ToPort"]), ("tcp", 443, 443))
        self.assertEqual(otherwise, {"Ref": "AWS::NoValue"})

    def test_its_outputs_are_the_functions_parameters(self):
        outputs = self.template["Outputs"]
        wanted = ORIGINAL.keys() - {"DBUsername"} | {"DBPort"}
        self.assertLessEqual(wanted, outputs.keys())
        self.assertEqual(outputs["DBResourceId"]["Value"], {"Fn::GetAtt": ["Database", "DbiResourceId"]})
        self.assertEqual(outputs["DBEndpoint"]["Value"], {"Fn::GetAtt": ["Database", "Endpoint.Address"]})


class NoSecret(unittest.TestCase):
    def test_no_template_takes_or_gives_one(self):
        for text in [FUNCTION, DATABASE]:
            template = yaml_parse(text)
            names = [*template["Parameters"], *template["Outputs"]]
            self.assertEqual([name for name in names if re.search("password|token|accesskey", name, re.IGNORECASE)], [])
            self.assertNotIn("{{resolve:", text)


if __name__ == "__main__":
    unittest.main()
