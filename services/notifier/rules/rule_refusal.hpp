// How EventBridge refuses: its reasons and texts, in one place.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::notifier {

// Reason ValidationException, the text as it is.
std::unexpected<Error> invalid_request(std::string message);
// Reason ResourceNotFoundException.
std::unexpected<Error> no_such_bus(std::string_view name);
std::unexpected<Error> no_such_rule(std::string_view name, std::string_view bus);
// Reason LimitExceededException.
std::unexpected<Error> too_many();

}  // namespace onput::notifier
