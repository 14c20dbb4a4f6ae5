"""Tests of `deploy`, with stand-ins for just, sam and aws in a folder of their own.

No real tool is reached: the PATH contains only the stand-ins and a few tools of the shell. The script is a copy in a
repository that contains nothing but the template's name.
"""

import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[3] / "host/deploy"
TOOLS = ["bash", "env", "dirname", "basename", "uname"]

STAND_IN = """#!/bin/sh
# Stand-in for {name}: notes its arguments, one a line, and fails if it is told to.
{{ echo "{name}"; for argument; do echo "  $argument"; done; }} >> "$WORLD/asked"
[ "$FAILS" != "{name}" ]
"""
# A stand-in for aws that cannot deploy. The stack then has the status STATUS, or does not exist.
AWS_OF_A_STACK = """#!/bin/sh
case "$2" in
    deploy) exit 255 ;;
    describe-stacks) echo "$STATUS"; [ -n "$STATUS" ] ;;
esac
"""
# The original's script, unchanged except for the three settings that it leaves open.
ORIGINAL = """
STACK_NAME="RdsIamSampleAppStack"
LAMBDA_SG="sg-0123abcd"
LAMBDA_SUBNETS="subnet-0a1b,subnet-0c2d"
SAM_BUCKET="a-bucket-for-sam"
DB_ENDPOINT="rd1qi356z20v52m.clllclirsx1f.eu-central-1.rds.amazonaws.com"
DB_USER="lambda-user"
DB_NAME="iamtest"
REGION="eu-central-1"
DB_RESOURCE_ID="db-V2BBN636OJNP5N5Y4VY6VWNCFQ"
"""


class Deploy(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = self.world / "repository"
        (self.world / "bin").mkdir()
        (self.repository / "host/deploy").mkdir(parents=True)
        shutil.copy(DEPLOY / "deploy", self.repository / "host/deploy")
        for tool in TOOLS:
            (self.world / "bin" / tool).symlink_to(shutil.which(tool))
        self.stand_in("just", self.repository)
        self.settings(ORIGINAL)

    def stand_in(self, name, folder=None, script=None):
        path = (folder or self.world / "bin") / name
        path.write_text(script or STAND_IN.format(name=name))
        path.chmod(0o755)

    def settings(self, text):
        (self.world / "settings").write_text(text)

    def deploy(self, *arguments, settings="settings", **variables):
        arguments = [*arguments, settings] if settings else arguments
        environment = {"PATH": str(self.world / "bin"), "WORLD": str(self.world), **variables}
        script = self.repository / "host/deploy/deploy"
        return subprocess.run(
            [script, *arguments], env=environment, cwd=self.world, capture_output=True, text=True
        )

    def asked(self):
        """The calls of the stand-ins: a list for each, with the tool's name first."""
        path = self.world / "asked"
        calls = []
        for line in path.read_text().splitlines() if path.exists() else []:
            if line.startswith("  "):
                calls[-1].append(line[2:])
            else:
                calls.append([line])
        return calls

    def test_with_sam_it_builds_packages_and_deploys(self):
        self.stand_in("sam")
        self.stand_in("aws")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        build, package, deploy = self.asked()
        self.assertEqual(build[:2], ["just", "package"])
        self.assertIn(build[2], ["arm64", "x86_64"])
        packaged = str(self.repository / "target/lambda/packaged.yaml")
        self.assertEqual(
            package,
            ["sam", "package", "--template-file", str(self.repository / "host/deploy/template.yaml")]
            + ["--s3-bucket", "a-bucket-for-sam", "--output-template-file", packaged, "--region", "eu-central-1"],
        )
        self.assertEqual(deploy[:4], ["sam", "deploy", "--template-file", packaged])
        self.assertEqual(deploy[4:6], ["--stack-name", "RdsIamSampleAppStack"])
        # In quotation marks, which sam requires for a value with a space.
        for parameter in [
            'LambdaSg="sg-0123abcd"',
            'LambdaSubnets="subnet-0a1b,subnet-0c2d"',
            'DBResourceId="db-V2BBN636OJNP5N5Y4VY6VWNCFQ"',
            'DBEndpoint="rd1qi356z20v52m.clllclirsx1f.eu-central-1.rds.amazonaws.com"',
            'DBName="iamtest"',
            'DBUsername="lambda-user"',
            'Query="SELECT * FROM items"',
            'SecretArn=""',
            'DBPort=""',
            f'Architecture="{build[2]}"',
        ]:
            self.assertIn(parameter, deploy)
        self.assertIn("CAPABILITY_IAM", deploy)

    def test_with_the_aws_cli_alone_it_does_the_same(self):
        self.stand_in("aws")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        build, package, deploy, describe = self.asked()
        self.assertEqual(build[:2], ["just", "package"])
        self.assertEqual(package[:3], ["aws", "cloudformation", "package"])
        self.assertEqual(deploy[:3], ["aws", "cloudformation", "deploy"])
        for parameter in ["LambdaSubnets=subnet-0a1b,subnet-0c2d", "Query=SELECT * FROM items", "SecretArn="]:
            self.assertIn(parameter, deploy)
        self.assertEqual(describe[:3], ["aws", "cloudformation", "describe-stacks"])

    def test_every_parameter_that_it_gives_is_one_of_the_template(self):
        self.stand_in("aws")
        self.deploy()
        deploy = self.asked()[2]
        given = deploy[deploy.index("--parameter-overrides") + 1 : deploy.index("--capabilities")]
        template = (DEPLOY / "template.yaml").read_text()
        block = template[template.index("\nParameters:") : template.index("\nRules:")]
        known = re.findall(r"^  ([A-Za-z]+):$", block, re.MULTILINE)
        self.assertCountEqual([parameter.split("=")[0] for parameter in given], known)
        # Passed even if it is empty: the stack's old value would override the package's queries.json.
        self.assertIn("Queries=", given)

    def test_a_dry_run_shows_all_of_it_and_does_nothing(self):
        self.stand_in("sam")
        done = self.deploy("--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked(), [])
        shown = [shlex.split(line[2:]) for line in done.stderr.splitlines() if line.startswith("+ ")]
        self.deploy()
        self.assertEqual([[Path(call[0]).name, *call[1:]] for call in shown], self.asked())

    def test_all_that_is_unset_is_named_at_once_and_nothing_is_built(self):
        self.stand_in("aws")
        done = self.deploy(settings=None)
        self.assertEqual(done.returncode, 2)
        for name in re.findall("^[A-Z_]+", ORIGINAL, re.MULTILINE):
            if name != "STACK_NAME":
                self.assertIn(f"error: {name} is not set", done.stderr)
        self.assertIn("at the top of host/deploy/deploy", done.stderr)
        self.assertEqual(self.asked(), [])

    def test_a_topology_needs_the_role_that_it_looks_for(self):
        self.stand_in("sam")
        self.settings(f'{ORIGINAL}\nDB_TOPOLOGY="rds"\n')
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: DB_TOPOLOGY is 'rds', but DB_ROLE is not set", done.stderr)
        valid = f'{ORIGINAL}\nDB_TOPOLOGY="rds"\nDB_ROLE="writer"\n'
        self.settings(valid)
        self.assertEqual(self.deploy().returncode, 0)
        self.settings(f'{valid}RESOLVE_CNAME="true"\n')
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("but RESOLVE_CNAME is true", done.stderr)

    def test_what_the_original_left_open_is_no_value(self):
        self.stand_in("sam")
        for name, value in {
            "LAMBDA_SG": "sg-xxxxxx",
            "LAMBDA_SUBNETS": "subnet-xxx,subnet-yyy",
            "SAM_BUCKET": "<an-s3-bucket-for-sam>",
            "DB_RESOURCE_ID": "rd1qi356z20v52m",
            "DB_ENDPOINT": "rd1qi356z20v52m.clllclirsx1f.eu-central-1.rds.amazonaws.com:3306",
            "DB_USER": "lambda*",
            "DB_PORT": "3306/tcp",
            "DB_ROLE": "primary",
            "DB_TOPOLOGY": "multi-az",
            "REGION": "eu-central-1a",
            "ARCHITECTURE": "x86-64",
        }.items():
            self.settings(f'{ORIGINAL}\n{name}="{value}"\n')
            done = self.deploy()
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(f"error: {name} is '{value}', but must be ", done.stderr)
            self.assertEqual(done.stderr.count("error:"), 1, done.stderr)
        self.assertEqual(self.asked(), [])

    def test_a_name_in_place_of_the_resource_id_is_told_how_to_find_it(self):
        self.stand_in("sam")
        for name in ["mydb", "db-prod", "db-1"]:
            self.settings(f"{ORIGINAL}\nDB_RESOURCE_ID={name}\n")
            done = self.deploy()
            self.assertEqual(done.returncode, 2)
            self.assertIn("not the instance's name: aws rds describe-db-instances", done.stderr)

    def test_with_a_secret_there_need_be_no_user_and_no_resource_id(self):
        self.stand_in("aws")
        arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-0a1b2c3d-AbCdEf"
        self.settings(f"{ORIGINAL}\nDB_USER=\nDB_RESOURCE_ID=\nSECRET_ARN='{arn}'\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"SecretArn={arn}", self.asked()[2])
        self.assertIn("DBUsername=", self.asked()[2])

    def test_what_is_no_arn_of_a_secret_is_refused_and_not_shown(self):
        self.stand_in("sam")
        secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db"
        for value in ["hunter2", secret, f"{secret}-??????", "arn:aws:ssm:eu-central-1:123456789012:parameter/hunter2"]:
            self.settings(f"{ORIGINAL}\nSECRET_ARN='{value}'\n")
            for arguments in [[], ["--dry-run"]]:
                done = self.deploy(*arguments)
                self.assertEqual(done.returncode, 2, value)
                self.assertIn("error: SECRET_ARN must be the whole ARN of a secret", done.stderr)
                self.assertNotIn(value, done.stdout + done.stderr)
        self.assertEqual(self.asked(), [])

    def test_a_url_for_everyone_demands_callers(self):
        self.stand_in("sam")
        self.settings(f"{ORIGINAL}\nFUNCTION_URL=API_KEYS\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: FUNCTION_URL is API_KEYS, but neither API_KEYS nor API_KEYS_SECRET_ARN nor ACCESS_FILE is set", done.stderr)
        entry = "app:sha256:" + "0a" * 32
        self.settings(f"{ORIGINAL}\nFUNCTION_URL=API_KEYS\nAPI_KEYS='{entry} b{entry}'\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'ApiKeys="{entry} b{entry}"', str(self.asked()))
        # The callers' keys may be in the file.
        (self.world / "access.toml").write_text("[callers.app]\n")
        self.settings(f"{ORIGINAL}\nFUNCTION_URL=API_KEYS\nACCESS_FILE=access.toml\n")
        self.assertEqual(self.deploy().returncode, 0)

    def test_what_is_no_hash_of_a_key_is_refused_and_not_shown(self):
        self.stand_in("sam")
        for setting in ["API_KEYS=app:hunter2", "API_KEYS=app:sha256:hunter2", "API_KEYS_SECRET_ARN=hunter2"]:
            self.settings(f"{ORIGINAL}\n{setting}\n")
            done = self.deploy()
            self.assertEqual(done.returncode, 2, setting)
            self.assertIn(f"error: {setting.split('=')[0]} must be ", done.stderr)
            self.assertNotIn("hunter2", done.stdout + done.stderr)
        self.assertEqual(self.asked(), [])

    def test_beside_a_secret_what_is_given_is_to_be_right_still(self):
        self.stand_in("sam")
        arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf"
        self.settings(f"{ORIGINAL}\nSECRET_ARN='{arn}'\n")
        self.assertEqual(self.deploy().returncode, 0)
        self.settings(f"{ORIGINAL}\nSECRET_ARN='{arn}'\nDB_RESOURCE_ID=mydb\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: DB_RESOURCE_ID is 'mydb'", done.stderr)

    def test_knows_the_regions_of_every_partition(self):
        self.stand_in("sam")
        for region in ["us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1", "ap-southeast-12"]:
            self.settings(f"{ORIGINAL}\nREGION={region}\n")
            self.assertEqual(self.deploy("--dry-run").returncode, 0, region)

    def test_a_stack_that_could_not_be_made_is_deleted_for_nothing_else_can_be_done_with_it(self):
        self.stand_in("sam")
        self.assertEqual(self.deploy().returncode, 0)
        deploy = self.asked()[2]
        self.assertEqual(deploy[deploy.index("--on-failure") + 1], "DELETE")
        (self.world / "bin/sam").unlink()
        for status, told in [("ROLLBACK_COMPLETE", True), ("UPDATE_ROLLBACK_COMPLETE", False), ("", False)]:
            self.stand_in("aws", script=AWS_OF_A_STACK)
            done = self.deploy(STATUS=status)
            self.assertEqual(done.returncode, 255, done.stderr)
            delete = "aws cloudformation delete-stack --stack-name RdsIamSampleAppStack --region eu-central-1"
            self.assertEqual(delete in done.stderr, told, done.stderr)
            self.assertEqual([call[2] for call in self.asked() if "delete-stack" in call], [])

    def test_without_a_bucket_sam_finds_one_and_the_aws_cli_cannot(self):
        self.settings(f"{ORIGINAL}\nSAM_BUCKET=\n")
        self.stand_in("aws")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: SAM_BUCKET is not set", done.stderr)
        self.assertEqual(self.asked(), [])
        self.stand_in("sam")
        self.assertEqual(self.deploy().returncode, 0)
        _, package, deploy = self.asked()
        self.assertIn("--resolve-s3", package)
        self.assertIn("--resolve-s3", deploy)

    def test_without_a_tool_it_says_what_to_install(self):
        done = self.deploy()
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: neither sam nor aws is installed", done.stderr)
        self.assertIn("pip install aws-sam-cli", done.stderr)
        self.assertEqual(self.asked(), [])

    def test_what_fails_ends_it(self):
        self.stand_in("sam")
        done = self.deploy(FAILS="just")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual([call[0] for call in self.asked()], ["just"])

    def test_named_statements_go_into_the_package_from_wherever_it_is_started(self):
        self.stand_in("sam")
        (self.world / "my queries.json").write_text("{}")
        self.settings(f"{ORIGINAL}\nQUERIES_FILE='my queries.json'\nARCHITECTURE=arm64\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked()[0], ["just", "package", "arm64", str(self.world / "my queries.json"), ""])
        self.settings(f"{ORIGINAL}\nQUERIES_FILE=none.json\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: QUERIES_FILE is 'none.json', but this file does not exist", done.stderr)

    def test_callers_go_into_the_package_and_the_function_must_have_them(self):
        self.stand_in("aws")
        self.assertEqual(self.deploy().returncode, 0)
        self.assertIn("HasAccessFile=false", self.asked()[2])
        (self.world / "asked").unlink()
        (self.world / "my access.toml").write_text("[callers.app]\n")
        self.settings(f"{ORIGINAL}\nACCESS_FILE='my access.toml'\nARCHITECTURE=arm64\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked()[0], ["just", "package", "arm64", "", str(self.world / "my access.toml")])
        self.assertIn("HasAccessFile=true", self.asked()[2])
        self.settings(f"{ORIGINAL}\nACCESS_FILE=none.toml\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: ACCESS_FILE is 'none.toml', but this file does not exist", done.stderr)

    def test_quotes_in_the_statement_get_through_sam_and_a_backslash_is_refused(self):
        self.stand_in("sam")
        self.settings(f"{ORIGINAL}\nQUERY='SELECT \"a\" FROM `x y`'\n")
        self.assertEqual(self.deploy().returncode, 0)
        self.assertIn('Query="SELECT \\"a\\" FROM `x y`"', self.asked()[2])
        self.settings(f"{ORIGINAL}\nQUERY='SELECT \"\\n\"'\n")
        done = self.deploy()
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: QUERY contains a backslash", done.stderr)

    def test_what_it_does_not_know_is_told_how_it_is_used(self):
        for arguments in [["--help"], ["settings", "settings"], ["--dry"]]:
            done = self.deploy(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage: deploy", done.stderr)
        done = self.deploy(settings="nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the file nowhere does not exist", done.stderr)


if __name__ == "__main__":
    unittest.main()
