// What every process of ours does before it opens anything: files that it makes are its user's
// alone, and no other process of that user reads its memory or environment, where secrets are.
#pragma once

namespace onput::runtime {

// Sets the umask to 077 and makes the process not dumpable: no core file, no ptrace, and
// /proc/PID/{environ,mem,fd} belong to root. Inherited over fork, but not over exec.
void harden_process();

// Of the kernel's Landlock, by which a worker confines its jobs to the files they need; 0: none.
int landlock_version();

}  // namespace onput::runtime
