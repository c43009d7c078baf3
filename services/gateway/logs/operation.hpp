// The operations of CloudWatch Logs that exist here. The rows are the queue service's
// (common/schema/logs.hpp), which judges names, limits and patterns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/schema/logs.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::logs {

using aws::Call;
using aws::Outcome;
using aws::Value;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);

// groups.cpp
Outcome create_log_group(Call& call);
Outcome delete_log_group(Call& call);
Outcome describe_log_groups(Call& call);
Outcome put_retention_policy(Call& call);
Outcome delete_retention_policy(Call& call);
// tags.cpp
Outcome tag_log_group(Call& call);
Outcome untag_log_group(Call& call);
Outcome list_tags_log_group(Call& call);
Outcome tag_resource(Call& call);
Outcome untag_resource(Call& call);
Outcome list_tags_for_resource(Call& call);
// streams.cpp
Outcome create_log_stream(Call& call);
Outcome delete_log_stream(Call& call);
Outcome describe_log_streams(Call& call);
// events.cpp
Outcome put_log_events(Call& call);
Outcome get_log_events(Call& call);
Outcome filter_log_events(Call& call);

// The group that logGroupName or logGroupIdentifier names; an identifier is a name or an ARN.
// invalid_argument for neither or both.
Result<std::string> group_in(const Value& input);
// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", with ":*" or without. Nothing: it is none.
std::optional<std::string> group_of_arn(std::string_view arn);

// nextToken, whose form is opaque to clients; empty without one.
Result<std::string> token_in(const Value& input);
Value to_token(std::string_view place);

}  // namespace onput::gateway::logs
