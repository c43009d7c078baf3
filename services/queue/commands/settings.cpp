#include "services/queue/commands/settings.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/schema/trace_header.hpp"

namespace onput::queue {
namespace {

struct NumberAttribute {
    std::string_view name;
    std::uint32_t min;
    std::uint32_t max;
    std::uint32_t Settings::* field;
};

constexpr std::array<NumberAttribute, 5> number_attributes{{
    {"VisibilityTimeout", 0, visibility_s_max, &Settings::visibility_s},
    {"MaximumMessageSize", message_size_min, schema::message_body_bytes_max,
     &Settings::message_bytes_max},
    {"MessageRetentionPeriod", retention_s_min, retention_s_max, &Settings::retention_s},
    {"DelaySeconds", 0, delay_s_max, &Settings::delay_s},
    {"ReceiveMessageWaitTimeSeconds", 0, wait_s_max, &Settings::wait_s},
}};

constexpr std::array<std::string_view, 3> removable_attributes{"Policy", "RedrivePolicy",
                                                               "RedriveAllowPolicy"};

std::unexpected<Error> invalid_value(std::string_view name) {
    return fail(ErrorCode::invalid_argument,
                "Invalid value for the parameter " + std::string(name) + ".",
                "InvalidAttributeValue");
}

std::unexpected<Error> invalid_json(std::string_view name, std::string_view value,
                                    const Error& error) {
    return fail(ErrorCode::invalid_argument,
                "Value " + std::string(value) + " for parameter " + std::string(name) +
                    " is invalid. Reason: " + error.message,
                "InvalidParameterValue");
}

std::unexpected<Error> unsupported(std::string message) {
    return fail(ErrorCode::unimplemented, std::move(message), "UnsupportedOperation");
}

std::unexpected<Error> unknown_attribute(std::string_view name) {
    return fail(ErrorCode::invalid_argument, fmt::format("Unknown Attribute {}.", name),
                "InvalidAttributeName");
}

// FIFO queues and KMS keys are refused before anything is stored: a queue that silently did not
// keep its order, or did not encrypt, would be worse than none.
Result<void> refuse_unsupported(std::string_view name, std::string_view value) {
    if (name == "FifoQueue" && value == "true") {
        return unsupported("FIFO queues are not supported yet");
    }
    // A standard queue has neither, whatever the value.
    if (name == "FifoQueue" || name == "ContentBasedDeduplication") return unknown_attribute(name);
    if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("You can specify the {} only when FifoQueue is set to true.", name),
                    "InvalidAttributeName");
    }
    if (name.starts_with("Kms") && !value.empty()) {
        return unsupported(std::string(name) + " is not supported: there are no KMS keys here");
    }
    return {};
}

bool has_repeated_name(std::string_view text) {
    const auto document = json::read(text, {.repeated = json::Repeated::refused});
    return !document && document.error().kind == json::ReadError::Kind::repeated;
}

Result<void> parse_policies(std::string_view name, const std::string& value,
                            auth::PolicySource source, Settings& settings) {
    if (value.empty()) return {};
    if (source == auth::PolicySource::request && has_repeated_name(value)) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid value for the parameter " + std::string(name) +
                        ". Reason: an element is there twice.",
                    "InvalidAttributeValue");
    }
    if (name == "RedrivePolicy") {
        auto policy = parse_redrive_policy(value);
        if (!policy) return invalid_json(name, value, policy.error());
        settings.redrive = *std::move(policy);
    } else if (name == "RedriveAllowPolicy") {
        auto policy = parse_redrive_allow_policy(value);
        if (!policy) return invalid_json(name, value, policy.error());
        settings.redrive_allow = *std::move(policy);
    } else {
        auto policy = auth::Policy::parse(value, source);
        if (!policy) {
            return fail(ErrorCode::invalid_argument,
                        "Invalid value for the parameter Policy. Reason: " + policy.error().message,
                        "InvalidAttributeValue");
        }
        settings.policy = *std::move(policy);
    }
    return {};
}

constexpr std::string_view illegal_characters =
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF";

bool is_xml_character(unsigned char byte) {
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
}

}  // namespace

Result<Settings> parse_settings(const Attributes& attributes, auth::PolicySource source) {
    Settings settings;
    for (const auto& [name, value] : attributes) {
        ONPUT_TRY_VOID(refuse_unsupported(name, value));
        const auto number = std::ranges::find(number_attributes, name, &NumberAttribute::name);
        if (number != number_attributes.end()) {
            const auto parsed = parse_number<std::uint32_t>(value);
            if (!parsed || *parsed < number->min || *parsed > number->max) {
                return invalid_value(name);
            }
            settings.*(number->field) = *parsed;
        } else if (name == "SqsManagedSseEnabled") {
            if (value != "true" && value != "false") return invalid_value(name);
        } else if (std::ranges::find(removable_attributes, name) != removable_attributes.end()) {
            ONPUT_TRY_VOID(parse_policies(name, value, source, settings));
        } else if (!name.starts_with("Kms")) {
            return unknown_attribute(name);
        }
    }
    return settings;
}

Attributes show_settings(const Attributes& set) {
    Attributes shown = set;
    const Settings defaults;
    for (const NumberAttribute& attribute : number_attributes) {
        shown.emplace(attribute.name, std::to_string(defaults.*(attribute.field)));
    }
    shown.emplace("SqsManagedSseEnabled", "true");
    return shown;
}

Attributes merge_attributes(Attributes set, const Attributes& changes) {
    for (const auto& [name, value] : changes) {
        const bool is_removable =
            std::ranges::find(removable_attributes, name) != removable_attributes.end();
        // What is refused unless it says "no" is not worth keeping.
        const bool is_no = name.starts_with("Kms");
        if (is_no || (is_removable && value.empty())) {
            set.erase(name);
        } else {
            set[name] = value;
        }
    }
    return set;
}

Result<void> check_queue_name(std::string_view name) {
    if (name.ends_with(".fifo")) return unsupported("FIFO queues are not supported yet");
    const bool is_good = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (is_good && !name.empty() && name.size() <= schema::queue_name_bytes_max) return {};
    return fail(ErrorCode::invalid_argument,
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                "length",
                "InvalidParameterValue");
}

// U+FFFE and U+FFFF are well-formed UTF-8 (EF BF BE, EF BF BF), but no XML characters.
bool is_xml_text(std::string_view text) {
    return std::ranges::all_of(
               text, [](char c) { return is_xml_character(static_cast<unsigned char>(c)); }) &&
           is_utf8(text) && !text.contains("\xEF\xBF\xBE") && !text.contains("\xEF\xBF\xBF");
}

Result<void> check_body(std::string_view body, std::size_t bytes_max) {
    if (body.empty()) {
        return fail(ErrorCode::invalid_argument,
                    "The request must contain the parameter MessageBody.",
                    "MissingRequiredParameter");
    }
    if (body.size() > bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "One or more parameters are invalid. Reason: Message must be shorter than " +
                        std::to_string(bytes_max) + " bytes.",
                    "InvalidParameterValue");
    }
    if (is_xml_text(body)) return {};
    return fail(ErrorCode::invalid_argument, std::string(illegal_characters),
                "InvalidMessageContents");
}

Result<void> check_trace_header(std::string_view header) {
    if (header.size() > schema::trace_header_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("One or more parameters are invalid. Reason: Message system "
                                "attribute AWSTraceHeader must be shorter than {} bytes.",
                                schema::trace_header_bytes_max),
                    "InvalidParameterValue");
    }
    if (is_xml_text(header)) return {};
    return fail(ErrorCode::invalid_argument, std::string(illegal_characters),
                "InvalidParameterValue");
}

Result<void> check_attributes(const std::map<std::string, schema::MessageAttribute>& attributes,
                              std::size_t body_bytes, std::size_t bytes_max) {
    if (attributes.size() > schema::message_attributes_max) {
        return fail(ErrorCode::invalid_argument,
                    "Number of message attributes [" + std::to_string(attributes.size()) +
                        "] exceeds the allowed maximum [10].",
                    "InvalidParameterValue");
    }
    std::size_t bytes = body_bytes;
    for (const auto& [name, attribute] : attributes) {
        bytes += name.size() + attribute.data_type.size() + attribute.value.size();
        const bool is_binary = attribute.data_type.starts_with("Binary");
        const bool is_legal = is_xml_text(name) && is_xml_text(attribute.data_type) &&
                              (is_binary || is_xml_text(attribute.value));
        if (is_legal) continue;
        return fail(ErrorCode::invalid_argument, std::string(illegal_characters),
                    "InvalidParameterValue");
    }
    if (bytes <= bytes_max) return {};
    return fail(ErrorCode::invalid_argument,
                "One or more parameters are invalid. Reason: Message must be shorter than " +
                    std::to_string(bytes_max) + " bytes.",
                "InvalidParameterValue");
}

}  // namespace onput::queue
