#include "services/gateway/sns/message.hpp"

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/gateway/sns/errors.hpp"

namespace onput::gateway::sns {
namespace {

std::unexpected<Error> invalid_value(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ParameterValueInvalid");
}

// "Binary", and "Binary.suffix" as SQS has it.
bool is_binary(std::string_view type) {
    return type == "Binary" || type.starts_with("Binary.");
}

Result<schema::TopicAttribute> read_attribute(const std::string& name, const Value& value) {
    schema::TopicAttribute attribute{.name = name, .type = value.text_of("DataType")};
    if (attribute.type.empty()) {
        return invalid_value(fmt::format(
            "The message attribute '{}' must contain a non-empty message attribute type.", name));
    }
    const auto* text = value.find("StringValue");
    const auto* base64 = value.find("BinaryValue");
    const bool wants_bytes = is_binary(attribute.type);
    if ((wants_bytes ? text : base64) != nullptr) {
        return invalid_value(
            fmt::format("The message attribute '{}' with type '{}' must use field '{}'.", name,
                        attribute.type, wants_bytes ? "Binary" : "String"));
    }
    attribute.value = value.text_of(wants_bytes ? "BinaryValue" : "StringValue");
    if (attribute.value.empty()) {
        return invalid_value(
            fmt::format("The message attribute '{}' must contain non-empty message attribute "
                        "value for message attribute type '{}'.",
                        name, attribute.type));
    }
    if (wants_bytes) {
        auto bytes = from_base64(attribute.value);
        if (!bytes) {
            return invalid_value(
                fmt::format("The message attribute '{}' is not valid base64.", name));
        }
        attribute.value = std::move(*bytes);
    }
    return attribute;
}

Result<void> read_structure(const Value& input, schema::PublishEntry& entry) {
    const std::string structure = input.text_of("MessageStructure");
    entry.is_structured = structure == "json";
    if (structure.empty() || entry.is_structured) return {};
    return invalid_parameter("MessageStructure Reason: the only structure is json");
}

// Topics here have no order and no memory of what was sent: what asks for these is refused, as SNS
// does for standard topics.
Result<void> refuse_fifo(const Value& input) {
    for (const std::string_view name : {"MessageDeduplicationId", "MessageGroupId"}) {
        if (input.text_of(name).empty()) continue;
        return invalid_parameter(
            fmt::format("{} Reason: The request includes {} parameter that is not valid for this "
                        "topic type",
                        name, name));
    }
    return {};
}

}  // namespace

Result<schema::PublishEntry> read_entry(const Value& input) {
    schema::PublishEntry entry{.id = input.text_of("Id"),
                               .subject = input.text_of("Subject"),
                               .message = input.text_of("Message")};
    if (entry.message.empty()) return invalid_parameter("Empty message");
    if (input.find("Subject") != nullptr && entry.subject.empty())
        return invalid_parameter("Subject");
    ONPUT_TRY_VOID(read_structure(input, entry));
    ONPUT_TRY_VOID(refuse_fifo(input));
    const auto* attributes = input.find("MessageAttributes");
    if (attributes == nullptr || attributes->map() == nullptr) return entry;
    for (const auto& [name, value] : *attributes->map()) {
        ONPUT_TRY(auto attribute, read_attribute(name, value));
        entry.attributes.push_back(std::move(attribute));
    }
    return entry;
}

std::size_t size_of(const schema::PublishEntry& entry) {
    std::size_t bytes = entry.message.size();
    for (const auto& attribute : entry.attributes)
        bytes += attribute.name.size() + attribute.type.size() + attribute.value.size();
    return bytes;
}

}  // namespace onput::gateway::sns
