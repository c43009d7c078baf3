// Hostile delivery policies: refused, or within every bound, and shown as what is read as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/notifier/outbound/delivery_policy.hpp"

namespace {

using namespace onput;
using namespace onput::notifier;

void check(const DeliveryPolicy& policy) {
    ONPUT_CHECK(policy.retries <= delivery_retries_max);
    Random random(1);
    Duration total{};
    std::uint32_t attempts = 1;
    for (; const auto delay = delay_after(policy, attempts, random); ++attempts) total += *delay;
    ONPUT_CHECK(attempts == policy.retries + 1);
    // Jitter adds a tenth at most.
    ONPUT_CHECK(total <= std::chrono::seconds(delivery_delay_max_s) * 11 / 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto policy = parse_subscription_policy(text)) {
        check(*policy);
        ONPUT_CHECK(parse_subscription_policy(format_effective_policy(*policy, false)) == policy);
    }
    if (const auto policy = parse_topic_policy(text)) {
        check(*policy);
        ONPUT_CHECK(parse_topic_policy(format_effective_policy(*policy, true)) == policy);
    }
    return 0;
}
