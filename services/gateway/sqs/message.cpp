#include "services/gateway/sqs/message.hpp"

#include <algorithm>
#include <cctype>
#include <clocale>
#include <cmath>
#include <cwctype>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/sqs/digest.hpp"

namespace onput::gateway::sqs {
namespace {

// "Binary" or "Binary.suffix".
bool is_type(std::string_view data_type, std::string_view base) {
    return data_type == base ||
           (data_type.starts_with(base) && data_type.substr(base.size()).starts_with('.'));
}

bool is_name_character(char32_t c) {
    // Made once, whatever the environment says: the letters and digits of every script.
    static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (c == U'_' || c == U'-' || c == U'.') return true;
    if (c < 0x80) return std::isalnum(static_cast<unsigned char>(c)) != 0;
    return unicode != nullptr && iswalnum_l(static_cast<wint_t>(c), unicode) != 0;
}

// Takes the next character off text that is well-formed UTF-8.
char32_t take_character(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t following = first < 0xC0 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    char32_t character = following == 0 ? first : first & (0x3FU >> following);
    for (std::size_t i = 1; i <= following; ++i)
        character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    text.remove_prefix(following + 1);
    return character;
}

bool has_name_characters(std::string_view name) {
    if (!is_utf8(name)) return false;
    while (!name.empty()) {
        if (!is_name_character(take_character(name))) return false;
    }
    return true;
}

Result<void> check_attribute_name(std::string_view name) {
    if (name.empty() || name.size() > attribute_name_bytes_max)
        return invalid_value("Message (user) attribute names must be shorter than 256 Bytes");
    if (!has_name_characters(name)) {
        return invalid_value(
            "Message (user) attributes name can only contain upper and lower score characters, "
            "digits, periods, hyphens and underscores. ");
    }
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name.starts_with('.') || name.ends_with('.') || name.contains("..") ||
        lower.starts_with("aws.") || lower.starts_with("amazon.")) {
        return invalid_value(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These "
            "strings are reserved for internal use. Additionally, they cannot start or end with "
            "'.'.");
    }
    return {};
}

bool is_number(std::string_view text) {
    return parse_number<double>(text).has_value();
}

// Lists were announced and never came; some SDKs send empty ones.
bool has_list(const Value& value) {
    for (const auto* name : {"StringListValues", "BinaryListValues"}) {
        const auto* list = value.find(name);
        if (list == nullptr) continue;
        if (list->list() == nullptr || !list->list()->empty()) return true;
    }
    return false;
}

Result<void> check_data_type(const std::string& name, const std::string& data_type) {
    if (data_type.empty()) {
        return invalid_value(fmt::format(
            "The message attribute '{}' must contain a non-empty message attribute type.", name));
    }
    const bool is_known = is_type(data_type, "Binary") || is_type(data_type, "String") ||
                          is_type(data_type, "Number");
    if (is_known && data_type.size() <= attribute_type_bytes_max) return {};
    return invalid_value(
        fmt::format("The type of message (user) attribute '{}' is invalid. You must use only the "
                    "following supported type prefixes: Binary, Number, String.",
                    name));
}

Result<schema::MessageAttribute> read_attribute(const std::string& name, const Value& value) {
    ONPUT_TRY_VOID(check_attribute_name(name));
    schema::MessageAttribute attribute{.data_type = value.text_of("DataType"), .value = {}};
    ONPUT_TRY_VOID(check_data_type(name, attribute.data_type));
    if (has_list(value)) {
        return fail(ErrorCode::unimplemented,
                    "Message attribute list values in SendMessage operation are not supported.",
                    "UnsupportedOperation");
    }
    if (is_type(attribute.data_type, "Binary")) {
        auto bytes = from_base64(value.text_of("BinaryValue"));
        if (!bytes) {
            return invalid_value(
                fmt::format("The message attribute '{}' is not valid base64.", name));
        }
        attribute.value = std::move(*bytes);
    } else {
        attribute.value = value.text_of("StringValue");
    }
    if (attribute.value.empty()) {
        return invalid_value(fmt::format(
            "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name,
            attribute.data_type));
    }
    if (is_type(attribute.data_type, "Number") && !is_number(attribute.value)) {
        return invalid_value(fmt::format(
            "Can't cast the value of message (user) attribute '{}' to a number.", name));
    }
    return attribute;
}

Result<void> read_attributes(const Value& parameters, schema::SendEntry& entry) {
    const auto* attributes = parameters.find("MessageAttributes");
    if (attributes == nullptr || attributes->map() == nullptr) return {};
    for (const auto& [name, value] : *attributes->map()) {
        ONPUT_TRY(auto attribute, read_attribute(name, value));
        entry.attributes.emplace(name, std::move(attribute));
    }
    if (entry.attributes.size() <= schema::message_attributes_max) return {};
    return invalid_value(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                    entry.attributes.size(), schema::message_attributes_max));
}

Result<void> read_system_attributes(const Value& parameters, schema::SendEntry& entry) {
    const auto* attributes = parameters.find("MessageSystemAttributes");
    if (attributes == nullptr || attributes->map() == nullptr) return {};
    for (const auto& [name, value] : *attributes->map()) {
        if (name != "AWSTraceHeader" || value.text_of("DataType") != "String") {
            return invalid_value(fmt::format(
                "Message system attribute name '{}' is invalid: only AWSTraceHeader, of type "
                "String, may be sent.",
                name));
        }
        entry.trace_header = value.text_of("StringValue");
    }
    return {};
}

// "Fair queues": what a group may be called is judged, although a standard queue keeps no order.
Result<void> read_group(const Value& parameters, schema::SendEntry& entry) {
    if (parameters.find("MessageGroupId") == nullptr) return {};
    entry.group_id = parameters.text_of("MessageGroupId");
    const bool is_printable =
        std::ranges::all_of(entry.group_id, [](char c) { return c > ' ' && c <= '~'; });
    if (is_printable && !entry.group_id.empty() && entry.group_id.size() <= group_id_bytes_max)
        return {};
    return invalid_value(
        fmt::format("Value {} for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
                    "only include alphanumeric and punctuation characters. 1 to 128 in length.",
                    entry.group_id));
}

Value system_attributes(const schema::ReceivedMessage& message, const NameFilter& wanted) {
    Value::Map all{{"ApproximateReceiveCount", Value(fmt::format("{}", message.receive_count))},
                   {"SentTimestamp", Value(fmt::format("{}", to_millis(message.sent_at)))},
                   {"ApproximateFirstReceiveTimestamp",
                    Value(fmt::format("{}", to_millis(message.first_received_at)))},
                   {"SenderId", Value(message.sender_id)}};
    if (!message.trace_header.empty()) all["AWSTraceHeader"] = Value(message.trace_header);
    if (!message.group_id.empty()) all["MessageGroupId"] = Value(message.group_id);
    if (!message.dead_letter_source_arn.empty())
        all["DeadLetterQueueSourceArn"] = Value(message.dead_letter_source_arn);
    std::erase_if(all, [&wanted](const auto& entry) { return !wanted.wants(entry.first); });
    return Value(std::move(all));
}

Value shown_attribute(const schema::MessageAttribute& attribute) {
    const bool is_binary = is_type(attribute.data_type, "Binary");
    Value shown;
    shown["DataType"] = Value(attribute.data_type);
    shown[is_binary ? "BinaryValue" : "StringValue"] =
        Value(is_binary ? to_base64(attribute.value) : attribute.value);
    return shown;
}

}  // namespace

Result<schema::SendEntry> read_send_entry(const Value& parameters) {
    schema::SendEntry entry;
    entry.id = parameters.text_of("Id");
    if (parameters.find("MessageBody") == nullptr) return missing_parameter("MessageBody");
    entry.body = parameters.text_of("MessageBody");
    ONPUT_TRY_VOID(read_group(parameters, entry));
    ONPUT_TRY(entry.delay_s,
              number_of(parameters, {.name = "DelaySeconds",
                                     .low = 0,
                                     .high = delay_s_max,
                                     .wanted = "DelaySeconds must be >= 0 and <= 900."}));
    if (const auto* id = parameters.find("MessageDeduplicationId")) {
        return invalid_value(fmt::format(
            "Value {} for parameter MessageDeduplicationId is invalid. Reason: The request "
            "includes a parameter that is not valid for this queue type.",
            id->text() != nullptr ? *id->text() : ""));
    }
    ONPUT_TRY_VOID(read_attributes(parameters, entry));
    ONPUT_TRY_VOID(read_system_attributes(parameters, entry));
    return entry;
}

std::size_t size_of(const schema::SendEntry& entry) {
    std::size_t bytes = entry.body.size();
    for (const auto& [name, attribute] : entry.attributes)
        bytes += name.size() + attribute.data_type.size() + attribute.value.size();
    return bytes;
}

Value describe_sent(const schema::SendEntry& entry) {
    Value value;
    value["MD5OfMessageBody"] = Value(md5_of_body(entry.body));
    if (!entry.attributes.empty())
        value["MD5OfMessageAttributes"] = Value(md5_of_attributes(entry.attributes));
    if (!entry.trace_header.empty()) {
        const std::map<std::string, schema::MessageAttribute> system{
            {"AWSTraceHeader", {.data_type = "String", .value = entry.trace_header}}};
        value["MD5OfMessageSystemAttributes"] = Value(md5_of_attributes(system));
    }
    return value;
}

void NameFilter::add(const Value& parameters, std::string_view parameter) {
    const auto* member = parameters.find(parameter);
    if (member == nullptr || member->list() == nullptr) return;
    for (const auto& item : *member->list()) {
        if (const auto* text = item.text()) names_.push_back(*text);
    }
}

bool NameFilter::wants(std::string_view name) const {
    return std::ranges::any_of(names_, [name](const std::string& wanted) {
        if (wanted == "All" || wanted == ".*" || wanted == "*" || wanted == name) return true;
        return wanted.ends_with(".*") &&
               name.starts_with(std::string_view(wanted).substr(0, wanted.size() - 2));
    });
}

Wanted read_wanted(const Value& parameters) {
    Wanted wanted;
    wanted.system.add(parameters, "AttributeNames");
    wanted.system.add(parameters, "MessageSystemAttributeNames");
    wanted.attributes.add(parameters, "MessageAttributeNames");
    return wanted;
}

Value describe_received(const schema::ReceivedMessage& message, const Wanted& wanted) {
    Value value;
    value["MessageId"] = Value(message.message_id);
    value["ReceiptHandle"] = Value(message.receipt_handle);
    value["MD5OfBody"] = Value(md5_of_body(message.body));
    value["Body"] = Value(message.body);
    auto system = system_attributes(message, wanted.system);
    if (!system.map()->empty()) value["Attributes"] = std::move(system);
    std::map<std::string, schema::MessageAttribute> chosen;
    for (const auto& [name, attribute] : message.attributes) {
        if (wanted.attributes.wants(name)) chosen.emplace(name, attribute);
    }
    if (chosen.empty()) return value;
    value["MD5OfMessageAttributes"] = Value(md5_of_attributes(chosen));
    Value::Map shown;
    for (const auto& [name, attribute] : chosen) shown[name] = shown_attribute(attribute);
    value["MessageAttributes"] = Value(std::move(shown));
    return value;
}

Result<schema::ReceiptEntry> read_receipt(const Value& parameters) {
    schema::ReceiptEntry entry{.id = parameters.text_of("Id"),
                               .receipt_handle = parameters.text_of("ReceiptHandle"),
                               .visibility_s = 0};
    if (entry.receipt_handle.empty()) return missing_parameter("ReceiptHandle");
    return entry;
}

Result<schema::ReceiptEntry> read_visibility(const Value& parameters) {
    ONPUT_TRY(auto entry, read_receipt(parameters));
    ONPUT_TRY(const auto seconds,
              number_of(parameters, {.name = "VisibilityTimeout",
                                     .low = 0,
                                     .high = visibility_s_max,
                                     .wanted = "Must be between 0 and 43200."}));
    if (!seconds) return missing_parameter("VisibilityTimeout");
    entry.visibility_s = *seconds;
    return entry;
}

std::unexpected<Error> missing_parameter(std::string_view name) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("The request must contain the parameter {}.", name),
                "MissingParameter");
}

std::unexpected<Error> invalid_value(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

Result<std::optional<std::uint32_t>> number_of(const Value& parameters, const NumberRule& rule) {
    const auto* member = parameters.find(rule.name);
    if (member == nullptr) return std::nullopt;
    const auto number = member->number();
    if (!number || *number < rule.low || *number > rule.high) {
        return invalid_value(fmt::format("Value {} for parameter {} is invalid. Reason: {}",
                                         parameters.text_of(rule.name), rule.name, rule.wanted));
    }
    return static_cast<std::uint32_t>(*number);
}

}  // namespace onput::gateway::sqs
