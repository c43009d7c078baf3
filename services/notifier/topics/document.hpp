// JSON documents that are attributes: compared by what they say, not by how they are written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onput::notifier {

// The same text, or two JSON documents that say the same.
bool are_same_documents(std::string_view a, std::string_view b);

// The value of DeliveryPolicy's http.disableSubscriptionOverrides; false where there is none.
bool disables_overrides(std::string_view topic_policy);
// An effective policy as it is shown, with that value in it.
std::string with_overrides_disabled(const std::string& effective_policy);

// "failed to parse JSON. Unexpected character ..." with its line and column, as SNS says it; empty
// for a text that is JSON.
std::string json_fault(std::string_view text);

// RedrivePolicy's only member; nothing for anything but {"deadLetterTargetArn": "..."}.
std::optional<std::string> dead_letter_target(std::string_view redrive_policy);

}  // namespace onput::notifier
