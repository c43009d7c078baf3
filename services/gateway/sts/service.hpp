// STS, as far as it is here: who a caller is, and temporary credentials of roles and users.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::sts {

const aws::Service& service();

}  // namespace onput::gateway::sts
