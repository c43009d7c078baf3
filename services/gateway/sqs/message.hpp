// SQS messages between the trees of its operations and the queue service's own messages. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/schema/queue.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::sqs {

using aws::Value;

inline constexpr std::size_t attribute_name_bytes_max = 256;
inline constexpr std::size_t attribute_type_bytes_max = 256;
inline constexpr std::size_t group_id_bytes_max = 128;
inline constexpr std::int64_t visibility_s_max = 43'200;  // Twelve hours.
inline constexpr std::int64_t delay_s_max = 900;

// A message to be sent, as a request of its own or as a batch's entry. Errors are in SQS's words.
Result<schema::SendEntry> read_send_entry(const Value& parameters);
// What counts towards the size of a batch.
std::size_t size_of(const schema::SendEntry& entry);
// The digests; MessageId is the queue service's to give.
Value describe_sent(const schema::SendEntry& entry);

// Which names a caller asked for: exact ones, "prefix.*", "*", ".*" or "All".
class NameFilter {
public:
    // The texts of a list parameter, when it is there.
    void add(const Value& parameters, std::string_view parameter);
    [[nodiscard]] bool wants(std::string_view name) const;

private:
    std::vector<std::string> names_;
};

struct Wanted {
    NameFilter system;      // AttributeNames, MessageSystemAttributeNames
    NameFilter attributes;  // MessageAttributeNames
};
Wanted read_wanted(const Value& parameters);

// One received message; the digest covers the attributes that are shown.
Value describe_received(const schema::ReceivedMessage& message, const Wanted& wanted);

// An entry of DeleteMessage and ChangeMessageVisibility, alone or in a batch.
Result<schema::ReceiptEntry> read_receipt(const Value& parameters);
Result<schema::ReceiptEntry> read_visibility(const Value& parameters);

// "The request must contain the parameter X.", and InvalidParameterValue with its text.
std::unexpected<Error> missing_parameter(std::string_view name);
std::unexpected<Error> invalid_value(std::string message);

// A whole number within bounds, or nothing when it is not there.
struct NumberRule {
    std::string_view name;
    std::int64_t low;
    std::int64_t high;
    std::string_view wanted;  // "Must be >= 0 and <= 20, if provided."
};
Result<std::optional<std::uint32_t>> number_of(const Value& parameters, const NumberRule& rule);

}  // namespace onput::gateway::sqs
