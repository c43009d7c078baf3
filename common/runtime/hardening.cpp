#include "common/runtime/hardening.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>

namespace onput::runtime {

void harden_process() {
    ::umask(S_IRWXG | S_IRWXO);
    ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace onput::runtime
