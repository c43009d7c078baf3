// The instance that a command is for, or why it cannot be had: it is stopped, or another user's, or
// it runs with another data directory.
#pragma once

#include "services/ctl/instance.hpp"

namespace onput::ctl {

// As read_instance, when a service of it listens, or it runs elsewhere. `unavailable` when it is
// stopped, `permission_denied` when its data or sockets are another user's; each says what to do.
Result<Instance> find_running(const std::string& data);

}  // namespace onput::ctl
