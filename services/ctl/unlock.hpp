// What `onput unlock` is given, and what it says. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::ctl {

// A queue or a topic, and whose it is.
struct PolicyHolder {
    enum class Kind : std::uint8_t { queue, topic };
    Kind kind = Kind::queue;
    std::string account;
    std::string name;
    std::string arn;
};

// Of "arn:aws:sqs:REGION:ACCOUNT:NAME", "arn:aws:sns:...", or short, of the instance's own region
// and account, "sqs:NAME" and "sns:NAME"; invalid_argument otherwise.
struct OwnPlace {
    std::string region;
    std::string account;
};
Result<PolicyHolder> parse_policy_holder(std::string_view text, const OwnPlace& own);

}  // namespace onput::ctl
