// IAM, as far as it is here: users, roles, managed policies, access keys.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::iam {

const aws::Service& service();

}  // namespace onput::gateway::iam
