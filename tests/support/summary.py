"""Adds up the reports of one test run and prints "N passed, N failed[, N skipped]" as the last line.

Reports are JUnit XML: gtest's (one a binary), pytest's, and those of tidy and fuzz. ctest's own reports (*.junit) name binaries
that ended without a gtest report, which is how a crash shows.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """(name, outcome, message) of each test case in one report."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        # What gtest calls disabled are child processes of tests, started by name.
        if case.get("name", "").startswith("DISABLED_"):
            continue
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        failure = case.find("failure")
        if failure is None:
            failure = case.find("error")
        skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")
        if failure is not None:
            yield name, "failed", (failure.get("message") or failure.text or "").strip()
        elif skipped or case.get("result") == "skipped":
            skip = case.find("skipped")
            yield name, "skipped", (skip.get("message") or "").strip() if skip is not None else ""
        else:
            yield name, "passed", ""


def main(folder):
    folder = pathlib.Path(folder)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    notes = []
    for path in sorted(folder.glob("*.xml")):
        for name, outcome, message in cases(path):
            counts[outcome] += 1
            if outcome != "passed":
                notes.append(f"{outcome}: {name}: {message.splitlines()[0] if message else ''}")
    for path in sorted(folder.glob("*.junit")):
        for name, outcome, message in cases(path):
            binary = name.split(".")[-1]
            prefix = "asan-" if "asan" in path.name else ""
            has_report = (folder / f"{prefix}{binary}.xml").exists()
            if outcome == "failed" and not has_report:
                counts["failed"] += 1
                notes.append(f"failed: {binary}: ended without a report: {message}")
            elif not has_report:
                counts[outcome] += 1
    for note in notes:
        print(note)
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        line += f", {counts['skipped']} skipped"
    print(line)
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
