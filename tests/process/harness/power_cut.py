"""PowerCut: after a whole instance was killed, its data are put back to what its syncs had made durable.

    cut = PowerCut(folder)                                    before the instance starts
    with Onput(folder, environment=cut.environment) as onput:
        onput.process.kill(), onput.stop()
        cut.happen()
        onput.start()

The services run with tests/support/power_cut_shim.cpp, which records each sync. Everything else is gone:
bytes, names, removals and renames that were not synced.
"""
import os
import pathlib
import shutil
import stat

from harness.instance import BIN

SHIM = BIN.parent / "tests/support/libpower_cut_shim.so"


class PowerCut:
    def __init__(self, folder):
        self.root = pathlib.Path(folder) / "data"
        self.record = pathlib.Path(folder) / "record"
        self.root.mkdir(parents=True, mode=0o700)
        self._clear_record()
        self.environment = {"LD_PRELOAD": str(SHIM), "POWER_CUT_ROOT": str(self.root),
                            "POWER_CUT_RECORD": str(self.record)}

    def happen(self):
        """No process of the instance is left."""
        image = self.root.with_name("image")
        self._rebuild(self.root.stat().st_ino, image)
        shutil.rmtree(self.root)
        image.rename(self.root)
        self._clear_record()
        self._remember(self.root)

    def _clear_record(self):
        shutil.rmtree(self.record, ignore_errors=True)
        for name in ("files", "names", "inodes"):
            (self.record / name).mkdir(parents=True)

    def _rebuild(self, directory, target):
        target.mkdir(mode=0o700)
        names = self.record / "names" / str(directory)
        for line in names.read_text().splitlines() if names.exists() else []:
            inode, kind, name = line.split(" ", 2)
            if kind == "d":
                self._rebuild(inode, target / name)
                continue
            kept, durable = self.record / "inodes" / inode, self.record / "files" / inode
            if kept.exists() and not stat.S_ISREG(kept.lstat().st_mode):
                continue  # A socket is made anew.
            if durable.exists():
                shutil.copyfile(durable, target / name)
            else:
                (target / name).touch()

    def _remember(self, directory):
        """What is there is durable, written down as the shim does it."""
        lines = []
        for entry in os.scandir(directory):
            inode, is_directory = entry.inode(), entry.is_dir()
            lines.append(f"{inode} {'d' if is_directory else 'f'} {entry.name}\n")
            if is_directory:
                self._remember(entry.path)
            else:
                shutil.copyfile(entry.path, self.record / "files" / str(inode))
                os.link(entry.path, self.record / "inodes" / str(inode))
        (self.record / "names" / str(os.stat(directory).st_ino)).write_text("".join(lines))
