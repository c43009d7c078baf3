"""Users' own handlers on an instance: deployed and invoked as `onput function` does it."""
import dataclasses
import json
import pathlib
import site
import textwrap

# Where boto3 and Pillow are.
PACKAGES = ":".join(site.getsitepackages()).split(":")[0]
ENVIRONMENT = {"ONPUT_FUNCTION_PYTHON_FOLDERS": PACKAGES}


@dataclasses.dataclass
class Answer:
    payload: str
    log: str
    failed: bool

    @property
    def json(self):
        return json.loads(self.payload)


class Functions:
    """Handlers of one instance. Each has a folder of its own below `folder`."""

    def __init__(self, onput, folder):
        self.onput = onput
        self.folder = pathlib.Path(folder)

    def deploy(self, name, source, *arguments, file="app.py", handler=None, expect=0, more=()):
        """`source` as `file` of a folder, with `more` (file, bytes) beside it."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(textwrap.dedent(source))
        for other, content in more:
            (folder / other).write_bytes(content)
        if file.endswith(".py"):
            arguments = ("--runtime", "python3.11", "--handler", handler or "app.lambda_handler", *arguments)
        elif file.endswith("js"):
            arguments = ("--runtime", "nodejs20.x", "--handler", "app.handler", *arguments)
        else:
            (folder / file).chmod(0o755)
            arguments = ("--runtime", "provided.al2023", *arguments)
        return self.onput.run("function", "deploy", folder, "--name", name, *arguments, expect=expect)

    def invoke(self, name, event=None, fails=False):
        done = self.onput.run("function", "invoke", name, "--log", "--payload", "-", input=json.dumps(event),
                              expect=1 if fails else 0)
        return Answer(done.stdout, done.stderr, fails)

    def log(self, name, lines=1000):
        """What there is of it: lines come a moment after their invocation, the group with the first of them."""
        done = self.onput.run("function", "logs", name, "-n", lines, expect=None)
        return done.stdout


def environment_processes(onput):
    """Ids of the processes below the instance's function workers: sandboxes, and what runs in them."""
    found = []
    waiting = list(onput.pids("function"))
    while waiting:
        pid = waiting.pop()
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                children = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += children
            waiting += children
    return found
