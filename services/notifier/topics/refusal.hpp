// How SNS refuses: its reasons and texts, in one place.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::notifier {

// "Invalid parameter: " + what. Reason InvalidParameter.
std::unexpected<Error> invalid_parameter(std::string_view what);
// Reason ParameterValueInvalid, the text as it is: SNS's way with message attributes.
std::unexpected<Error> invalid_value(std::string message);
std::unexpected<Error> topic_does_not_exist();
std::unexpected<Error> subscription_does_not_exist();
// A limit is reached: reason TopicLimitExceeded and the like.
std::unexpected<Error> limit_exceeded(std::string reason, std::string message);

// A text from outside as far as it may stand in a message: short, and whole characters.
std::string echo(std::string_view text);

// Where an attribute came from, which its refusal says: Create and Subscribe take many, Set one.
enum class AttributeCall { of_many, of_one };
// "Invalid parameter: Attributes Reason: " + what, or "Invalid parameter: " + what.
std::unexpected<Error> invalid_attribute(AttributeCall call, std::string_view what);
// The same for an error that says "FilterPolicy: ..."; its code and reason stay.
std::unexpected<Error> invalid_attribute(AttributeCall call, Error error);
// An attribute that does not exist, or cannot be set.
std::unexpected<Error> unknown_attribute(AttributeCall call, std::string_view name);

}  // namespace onput::notifier
