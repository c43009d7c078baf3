#include "services/notifier/outbound/delivery_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::notifier {
namespace {

using json::Object;
using json::Value;

constexpr std::string_view default_content_type = "text/plain; charset=UTF-8";

constexpr std::array<std::pair<std::string_view, BackoffFunction>, 4> backoff_names{{
    {"linear", BackoffFunction::linear},
    {"arithmetic", BackoffFunction::arithmetic},
    {"geometric", BackoffFunction::geometric},
    {"exponential", BackoffFunction::exponential},
}};

std::unexpected<Error> refused(std::string_view what) {
    return fail(ErrorCode::invalid_argument, "DeliveryPolicy: " + std::string(what),
                "InvalidParameter");
}

// A name from outside, as far as it helps to recognise it.
std::string echoed(std::string_view name) {
    constexpr std::size_t echo_bytes_max = 64;
    std::string text(name.substr(0, echo_bytes_max));
    while (!is_utf8(text)) text.pop_back();  // It may have been cut within a character.
    return text;
}

struct Bounds {
    std::uint32_t min = 0;
    std::uint32_t max = 0;
};

Result<std::uint32_t> number_of(const Value& value, const std::string& name, Bounds bounds) {
    const std::int64_t* number = value.integer();  // Null for one beyond 64 bits.
    if (number == nullptr) return refused(name + " must be an integer");
    if (*number < bounds.min) {
        return refused(name + " must be greater than or equal to " + std::to_string(bounds.min));
    }
    if (*number > bounds.max) {
        return refused(name + " must be less than or equal to " + std::to_string(bounds.max));
    }
    return static_cast<std::uint32_t>(*number);
}

Result<BackoffFunction> backoff_of(const Value& value, const std::string& name) {
    const std::string* text = value.text();
    for (const auto& [known, function] : backoff_names) {
        if (text != nullptr && *text == known) return function;
    }
    return refused(name + " must be one of linear, arithmetic, geometric, exponential");
}

// Seconds to wait before retry number `retry` (1 for the first), jitter aside.
double delay_before(const DeliveryPolicy& policy, std::uint32_t retry) {
    const double min = policy.min_delay_s;
    const double max = policy.max_delay_s;
    if (retry <= policy.no_delay_retries) return 0;
    retry -= policy.no_delay_retries;
    if (retry <= policy.min_delay_retries) return min;
    retry -= policy.min_delay_retries;
    const std::uint32_t steps = policy.retries - policy.no_delay_retries -
                                policy.min_delay_retries - policy.max_delay_retries;
    if (retry > steps) return max;
    if (steps == 1) return min;

    // The first step waits `min`, the last one `max`.
    const double step = retry - 1;
    const double last = steps - 1;
    switch (policy.backoff) {
        case BackoffFunction::linear: return min + (max - min) * step / last;
        case BackoffFunction::arithmetic:
            return min + (max - min) * step * (step + 1) / (last * (last + 1));
        case BackoffFunction::geometric:
            return min + (max - min) * (std::exp2(step) - 1) / (std::exp2(last) - 1);
        case BackoffFunction::exponential: return min * std::pow(max / min, step / last);
    }
    return max;
}

Result<void> check_whole(const DeliveryPolicy& policy, const std::string& name) {
    if (policy.max_delay_s < policy.min_delay_s) {
        return refused(name + ".maxDelayTarget must be greater than or equal to minDelayTarget");
    }
    const std::uint32_t phases =
        policy.no_delay_retries + policy.min_delay_retries + policy.max_delay_retries;
    if (phases > policy.retries) {
        return refused(name +
                       ".numRetries must be greater than or equal to the sum of "
                       "numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries");
    }
    double total = 0;
    for (std::uint32_t retry = 1; retry <= policy.retries; ++retry) {
        total += delay_before(policy, retry);
    }
    if (total > delivery_delay_max_s) {
        return refused(name + " must not take more than " + std::to_string(delivery_delay_max_s) +
                       " seconds of delay in total");
    }
    return {};
}

Result<void> read_retries(const Value& value, const std::string& name, DeliveryPolicy& policy) {
    const Object* object = value.object();
    if (object == nullptr) return refused(name + " must be a JSON object");
    const DeliveryPolicy defaults;
    policy.no_delay_retries = defaults.no_delay_retries;
    policy.min_delay_retries = defaults.min_delay_retries;
    policy.max_delay_retries = defaults.max_delay_retries;
    policy.backoff = defaults.backoff;

    struct Field {
        std::string_view name;
        std::uint32_t DeliveryPolicy::* member;
        Bounds bounds;
        bool is_required = false;
    };
    static constexpr Bounds count{.min = 0, .max = delivery_retries_max};
    static constexpr Bounds delay{.min = 1, .max = delivery_delay_max_s};
    static constexpr std::array<Field, 6> fields{{
        {"minDelayTarget", &DeliveryPolicy::min_delay_s, delay, true},
        {"maxDelayTarget", &DeliveryPolicy::max_delay_s, delay, true},
        {"numRetries", &DeliveryPolicy::retries, count, true},
        {"numNoDelayRetries", &DeliveryPolicy::no_delay_retries, count},
        {"numMinDelayRetries", &DeliveryPolicy::min_delay_retries, count},
        {"numMaxDelayRetries", &DeliveryPolicy::max_delay_retries, count},
    }};
    for (const auto& field : fields) {
        const std::string full_name = name + '.' + std::string(field.name);
        const Value* found = object->find(field.name);
        if (found == nullptr || found->is_null()) {
            if (field.is_required) return refused(full_name + " must be specified");
            continue;
        }
        ONPUT_TRY(policy.*(field.member), number_of(*found, full_name, field.bounds));
    }
    for (const auto& [key, held] : *object) {
        if (key == "backoffFunction" && !held.is_null()) {
            ONPUT_TRY(policy.backoff, backoff_of(held, name + ".backoffFunction"));
        } else if (key != "backoffFunction" &&
                   std::ranges::find(fields, key, &Field::name) == fields.end()) {
            return refused("Unexpected JSON member: " + name + '.' + echoed(key));
        }
    }
    return check_whole(policy, name);
}

Result<void> read_throttle(const Value& value, const std::string& name, DeliveryPolicy& policy) {
    const Object* object = value.object();
    if (object == nullptr) return refused(name + " must be a JSON object");
    policy.receives_per_second_max = 0;
    for (const auto& [key, held] : *object) {
        if (key != "maxReceivesPerSecond") {
            return refused("Unexpected JSON member: " + name + '.' + echoed(key));
        }
        if (held.is_null()) continue;
        ONPUT_TRY(policy.receives_per_second_max,
                  number_of(held, name + ".maxReceivesPerSecond",
                            {.min = 1, .max = receives_per_second_limit}));
    }
    return {};
}

bool is_media_type(std::string_view text) {
    const std::size_t slash = text.find('/');
    const bool is_printable =
        std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    return is_printable && text.size() <= header_content_type_bytes_max && slash != 0 &&
           slash != std::string_view::npos && slash + 1 < text.size() &&
           text.substr(0, slash).find(' ') == std::string_view::npos;
}

Result<void> read_request(const Value& value, const std::string& name, DeliveryPolicy& policy) {
    const Object* object = value.object();
    if (object == nullptr) return refused(name + " must be a JSON object");
    policy.content_type.clear();
    for (const auto& [key, held] : *object) {
        if (key != "headerContentType") {
            return refused("Unexpected JSON member: " + name + '.' + echoed(key));
        }
        if (held.is_null()) continue;
        std::string type = held.text() != nullptr ? *held.text() : std::string();
        if (!is_media_type(type)) {
            return refused(name + ".headerContentType must be a media type such as " +
                           std::string(default_content_type));
        }
        if (type != default_content_type) policy.content_type = std::move(type);
    }
    return {};
}

// What a subscription's policy and the "http" part of a topic's call their parts.
struct PartNames {
    std::string prefix;  // Before each name in an error's text.
    std::string_view retries;
    std::string_view sickly;
    std::string_view throttle;
    std::string_view request;
    std::string_view flag;
};

Result<void> read_parts(const Object& object, const PartNames& names, DeliveryPolicy& policy) {
    for (const auto& [key, value] : object) {
        const std::string name = names.prefix + key;
        if (key == names.flag) {
            if (value.flag() == nullptr) return refused(name + " must be a boolean");
            // "guaranteed" of a subscription is SNS's own and says nothing.
            if (!names.prefix.empty()) policy.disables_overrides = *value.flag();
        } else if (key == names.sickly && value.is_null()) {
            continue;  // Always null in what SNS itself shows.
        } else if (key == names.retries) {
            if (!value.is_null()) ONPUT_TRY_VOID(read_retries(value, name, policy));
        } else if (key == names.throttle) {
            if (!value.is_null()) ONPUT_TRY_VOID(read_throttle(value, name, policy));
        } else if (key == names.request) {
            if (!value.is_null()) ONPUT_TRY_VOID(read_request(value, name, policy));
        } else {
            return refused("Unexpected JSON member: " + names.prefix + echoed(key));
        }
    }
    return {};
}

Result<Object> object_of(std::string_view text) {
    if (text.size() > delivery_policy_bytes_max) {
        return refused("must not be larger than " + std::to_string(delivery_policy_bytes_max) +
                       " bytes");
    }
    auto document = json::read(text);
    if (!document) return refused("failed to parse JSON");
    if (document->object() == nullptr) return refused("must be a JSON object");
    return std::move(*document->object());
}

Object retries_of(const DeliveryPolicy& policy) {
    const auto named = std::ranges::find(backoff_names, policy.backoff,
                                         &std::pair<std::string_view, BackoffFunction>::second);
    return Object{{"minDelayTarget", policy.min_delay_s},
                  {"maxDelayTarget", policy.max_delay_s},
                  {"numRetries", policy.retries},
                  {"numMaxDelayRetries", policy.max_delay_retries},
                  {"numNoDelayRetries", policy.no_delay_retries},
                  {"numMinDelayRetries", policy.min_delay_retries},
                  {"backoffFunction", named->first}};
}

}  // namespace

DeliveryPolicy default_policy(std::string_view protocol) {
    DeliveryPolicy policy;
    if (protocol == "sqs" || protocol == "lambda") {
        policy.min_delay_s = 1;
        policy.max_delay_s = 20;
        policy.retries = 100'015;
        policy.no_delay_retries = 3;
        policy.min_delay_retries = 2;
        policy.max_delay_retries = 100'000;
        policy.backoff = BackoffFunction::exponential;
    } else if (protocol == "email" || protocol == "email-json" || protocol == "sms") {
        policy.min_delay_s = 10;
        policy.max_delay_s = 600;
        policy.retries = 50;
        policy.min_delay_retries = 2;
        policy.max_delay_retries = 38;
        policy.backoff = BackoffFunction::exponential;
    }
    return policy;
}

Result<DeliveryPolicy> parse_subscription_policy(std::string_view json,
                                                 const DeliveryPolicy& topics) {
    ONPUT_TRY(const Object object, object_of(json));
    DeliveryPolicy policy = topics;
    policy.disables_overrides = false;
    const PartNames names{.prefix = "",
                          .retries = "healthyRetryPolicy",
                          .sickly = "sicklyRetryPolicy",
                          .throttle = "throttlePolicy",
                          .request = "requestPolicy",
                          .flag = "guaranteed"};
    ONPUT_TRY_VOID(read_parts(object, names, policy));
    return policy;
}

Result<DeliveryPolicy> parse_topic_policy(std::string_view json) {
    ONPUT_TRY(const Object object, object_of(json));
    DeliveryPolicy policy;
    const PartNames names{.prefix = "http.",
                          .retries = "defaultHealthyRetryPolicy",
                          .sickly = "defaultSicklyRetryPolicy",
                          .throttle = "defaultThrottlePolicy",
                          .request = "defaultRequestPolicy",
                          .flag = "disableSubscriptionOverrides"};
    for (const auto& [key, value] : object) {
        if (key != "http") return refused("Unexpected JSON member: " + echoed(key));
        if (value.is_null()) continue;
        if (value.object() == nullptr) return refused("http must be a JSON object");
        ONPUT_TRY_VOID(read_parts(*value.object(), names, policy));
    }
    return policy;
}

std::string format_effective_policy(const DeliveryPolicy& policy, bool of_topic) {
    Value throttle;
    if (policy.receives_per_second_max != 0)
        throttle["maxReceivesPerSecond"] = policy.receives_per_second_max;
    const std::string type =
        policy.content_type.empty() ? std::string(default_content_type) : policy.content_type;
    const Object request{{"headerContentType", type}};
    if (!of_topic) {
        return json::write(Object{{"healthyRetryPolicy", retries_of(policy)},
                                  {"sicklyRetryPolicy", Value()},
                                  {"throttlePolicy", throttle},
                                  {"requestPolicy", request},
                                  {"guaranteed", false}});
    }
    Object http{{"defaultHealthyRetryPolicy", retries_of(policy)},
                {"disableSubscriptionOverrides", policy.disables_overrides}};
    if (!throttle.is_null()) http["defaultThrottlePolicy"] = throttle;
    http["defaultRequestPolicy"] = request;
    return json::write(Object{{"http", http}});
}

std::optional<Duration> delay_after(const DeliveryPolicy& policy, std::uint32_t attempts,
                                    Random& random) {
    ONPUT_CHECK(attempts >= 1);
    if (attempts > policy.retries) return std::nullopt;
    const auto delay =
        static_cast<std::uint64_t>(std::llround(delay_before(policy, attempts) * 1'000'000));
    return Duration(static_cast<std::int64_t>(delay + random.below(delay / 10 + 1)));
}

}  // namespace onput::notifier
