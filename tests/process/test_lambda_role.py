"""The role of a handler that `onput function deploy` deploys."""
import pytest

from harness.functions import ENVIRONMENT, Functions
from harness.identities import make_role
from harness.instance import Onput
from harness.lambdas import create

ECHO = "def lambda_handler(event, context): return event"


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("role"), tts=0, arguments=["--no-pipeline", "--image", "0"],
               environment=ENVIRONMENT) as instance:
        yield instance


def role_of(onput, name):
    return onput.client("lambda").get_function_configuration(FunctionName=name).get("Role", "")


@pytest.mark.parametrize("form", ["name", "arn"])
def test_a_role_is_given_by_its_name_or_arn(onput, tmp_path, form):
    arn = make_role(onput, f"runs-{form}")
    functions = Functions(onput, tmp_path)
    functions.deploy(f"given-{form}", ECHO, "--role", arn if form == "arn" else f"runs-{form}")
    assert role_of(onput, f"given-{form}") == arn
    assert functions.invoke(f"given-{form}", "x").json == "x"


def test_new_code_leaves_what_lambdas_api_has_set(onput, tmp_path):
    client = onput.client("lambda")
    create(client, "kept", Description="said once")
    role = role_of(onput, "kept")
    Functions(onput, tmp_path).deploy("kept", "def lambda_handler(event, context): return 'new'")
    shown = client.get_function_configuration(FunctionName="kept")
    assert (shown["Role"], shown["Description"]) == (role, "said once")
    assert Functions(onput, tmp_path).invoke("kept").json == "new"


def test_a_role_that_is_not_there_or_does_not_trust_lambda_is_refused(onput, tmp_path):
    make_role(onput, "strange", principal={"Service": "ec2.amazonaws.com"})
    functions = Functions(onput, tmp_path)
    absent = functions.deploy("none", ECHO, "--role", "absent", expect=None).stderr
    assert "there is no role absent" in absent and "create-role" in absent
    strange = functions.deploy("none", ECHO, "--role", "strange", expect=None).stderr
    assert "does not let lambda.amazonaws.com assume it" in strange
    listed = onput.client("lambda").list_functions()["Functions"]
    assert "none" not in [function["FunctionName"] for function in listed]
