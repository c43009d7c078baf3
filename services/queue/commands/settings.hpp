// Settings: the attributes of a queue, read and checked. Attributes travel and are kept as texts,
// because that is what SQS shows; the service works with the numbers here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/policy.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/schema/queue.hpp"
#include "services/queue/messages/redrive.hpp"

namespace onput::queue {

inline constexpr std::uint32_t visibility_s_max = 43'200;  // Twelve hours.
inline constexpr std::uint32_t delay_s_max = 900;
inline constexpr std::uint32_t retention_s_min = 60;
inline constexpr std::uint32_t retention_s_max = 1'209'600;  // Fourteen days.
inline constexpr std::uint32_t message_size_min = 1024;
inline constexpr std::uint32_t wait_s_max = 20;

using Attributes = std::map<std::string, std::string>;

struct Settings {
    std::uint32_t visibility_s = 30;
    std::uint32_t message_bytes_max = schema::message_body_bytes_max;
    std::uint32_t retention_s = 345'600;
    std::uint32_t delay_s = 0;
    std::uint32_t wait_s = 0;
    std::optional<RedrivePolicy> redrive;
    RedriveAllowPolicy redrive_allow;
    std::optional<auth::Policy> policy;
};

// Every fault is invalid_argument with the reason InvalidAttributeName or InvalidAttributeValue, or
// unimplemented with UnsupportedOperation (FIFO queues, KMS keys), and AWS's text. Whether a
// dead-letter queue exists is the catalogue's to check.
Result<Settings> parse_settings(const Attributes& attributes);

// The attributes that GetQueueAttributes shows of the settings: those of `set`, and the defaults of
// the others.
Attributes show_settings(const Attributes& set);

// Takes over `changes`: an empty Policy, RedrivePolicy or RedriveAllowPolicy takes the attribute
// away.
Attributes merge_attributes(Attributes set, const Attributes& changes);

// 1 to 80 letters, digits, '-' and '_'. A name that ends in ".fifo" is UnsupportedOperation.
Result<void> check_queue_name(std::string_view name);

// UTF-8 of characters that XML allows: what a receiver by the query protocol can be sent.
bool is_xml_text(std::string_view text);

// At most `message_body_bytes_max`, and only characters that XML allows (SQS's rule).
Result<void> check_body(std::string_view body, std::size_t bytes_max);

// At most `message_attributes_max`, of characters that XML allows but for binary values; they count
// towards the size of a message.
Result<void> check_attributes(const std::map<std::string, schema::MessageAttribute>& attributes,
                              std::size_t body_bytes, std::size_t bytes_max);

// AWSTraceHeader: only characters that XML allows.
Result<void> check_trace_header(std::string_view header);

}  // namespace onput::queue
