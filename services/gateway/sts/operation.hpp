// The STS operations that exist here. Temporary credentials are sealed in their token
// (common/auth/session.hpp): nobody keeps them, and what they may do is asked of the role or user
// each time.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::sts {

using aws::Call;
using aws::Outcome;
using aws::Value;

inline constexpr std::int64_t role_session_s_default = 3600;
inline constexpr std::int64_t user_session_s_default = 43'200;
inline constexpr std::int64_t root_session_s_max = 3600;
// Of a role that became another role.
inline constexpr std::int64_t chained_session_s_max = 3600;
inline constexpr std::size_t session_policy_arns_max = 10;
inline constexpr std::size_t session_policy_arn_bytes_shown = 256;  // In a refusal.

Outcome get_caller_identity(Call& call);
Outcome assume_role(Call& call);
Outcome get_session_token(Call& call);

}  // namespace onput::gateway::sts
