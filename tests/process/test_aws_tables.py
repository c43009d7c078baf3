"""The tables of AWS's operations are those that the pinned models make."""
import os
import pathlib
import subprocess
import sys

TABLES = pathlib.Path(__file__).resolve().parents[2] / "services/gateway/aws/tables"
BYTES_MAX = 500_000


def test_the_tables_are_what_their_script_makes(tmp_path):
    packages = tmp_path / "packages"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--target", packages,
                    "-r", TABLES / "requirements.txt"], check=True)
    made = tmp_path / "made"
    made.mkdir()
    subprocess.run([sys.executable, TABLES / "make_tables.py", made], check=True,
                   env=os.environ | {"PYTHONPATH": str(packages)})
    committed = {path.name: path.read_bytes() for path in TABLES.glob("*.inc")}
    assert {path.name: path.read_bytes() for path in made.iterdir()} == committed
    assert sum(map(len, committed.values())) <= BYTES_MAX
