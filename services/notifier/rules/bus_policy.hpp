// The policy of an event bus: whom it lets put events, and how statements come to it and go. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/schema/event_bus.hpp"

namespace onput::notifier {

// The policy with one statement more, in place of one of the same id. Empty: there was none.
Result<std::string> add_statement(const std::string& policy, const std::string& bus_arn,
                                  const schema::PutBusPermission& request);

// The policy without the statement; empty: it was the last. ResourceNotFoundException.
Result<std::string> remove_statement(const std::string& policy, const std::string& statement_id);

}  // namespace onput::notifier
