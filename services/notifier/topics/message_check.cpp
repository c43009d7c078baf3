#include "services/notifier/topics/message_check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "common/pattern/json_reader.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/topic_attributes.hpp"

namespace onput::notifier {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
           c == '_' || c == '.';
}

// Line breaks and controls: of ASCII, of Latin-1 (U+0080 to U+009F), and U+2028 and U+2029.
bool has_controls(std::string_view text) {
    const bool has_ascii = std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < ' ' || byte == 0x7F;
    });
    if (has_ascii || text.find("\xE2\x80\xA8") != std::string_view::npos ||
        text.find("\xE2\x80\xA9") != std::string_view::npos) {
        return true;
    }
    for (std::size_t at = text.find('\xC2'); at != std::string_view::npos;
         at = text.find('\xC2', at + 1)) {
        // In well-formed text another byte follows.
        if (static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
    }
    return false;
}

Result<void> check_subject(std::string_view subject) {
    if (subject.empty()) return {};
    const auto characters = count_characters(subject);
    const bool is_fine = characters && *characters < schema::topic_subject_characters_max &&
                         !has_controls(subject) && subject.front() != ' ';
    if (!is_fine) return invalid_parameter("Subject");
    return {};
}

// An object of texts by protocol. Values that are no texts do not count; of two with the same name,
// the last does.
Result<void> check_structure(std::string_view message) {
    using pattern::JsonKind;
    pattern::JsonReader reader(message);
    bool is_whole = reader.next().kind == JsonKind::begin_object;
    bool has_default = false;
    while (is_whole) {
        const pattern::JsonToken name = reader.next();
        if (name.kind == JsonKind::end_object) break;
        const bool is_default = name.text == "default";
        const pattern::JsonToken value = reader.next();
        if (is_default) has_default = value.kind == JsonKind::text;
        is_whole = name.kind == JsonKind::name && reader.skip(value);
    }
    if (!is_whole || reader.next().kind != JsonKind::end) {
        return invalid_parameter("Message Structure - JSON message body failed to parse");
    }
    if (!has_default) {
        return invalid_parameter("Message Structure - No default entry in JSON message body");
    }
    return {};
}

Result<void> check_name(std::string_view name) {
    if (name.empty()) {
        return invalid_value("The message attribute name must contain at least one character.");
    }
    if (name.size() > attribute_name_bytes_max) {
        return invalid_value("Length of message attribute name must be less than 256 bytes.");
    }
    if (name.front() == '.') {
        return invalid_value(
            "Invalid message attribute name starting with character '.' was found.");
    }
    if (name.back() == '.') {
        return invalid_value("Invalid message attribute name ending with character '.' was found.");
    }
    const auto odd = std::ranges::find_if_not(name, is_name_character);
    if (odd != name.end()) {
        std::string shown = "#x" + to_hex(std::string_view(&*odd, 1));
        std::ranges::transform(shown.begin() + 2, shown.end(), shown.begin() + 2,
                               [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
        return invalid_value("Invalid non-alphanumeric character '" + shown +
                             "' was found in the message attribute name. Can only include "
                             "alphanumeric characters, hyphens, underscores, or dots.");
    }
    if (name.find("..") != std::string_view::npos) {
        return invalid_value("Message attribute name can not have successive '.' character.");
    }
    return {};
}

// "Number" or "Number.int": the base before a custom suffix.
bool is_of_type(std::string_view type, std::string_view base) {
    return type.starts_with(base) && (type.size() == base.size() ||
                                      (type[base.size()] == '.' && type.size() > base.size() + 1));
}

bool is_known_type(std::string_view type) {
    static constexpr std::array<std::string_view, 3> bases{"String", "Number", "Binary"};
    const bool is_printable =
        std::ranges::all_of(type, [](char c) { return c >= ' ' && c <= '~'; });
    return type.size() <= attribute_type_bytes_max && is_printable &&
           std::ranges::any_of(bases, [type](auto base) { return is_of_type(type, base); });
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

bool is_sign(std::string_view text, std::size_t at) {
    return at < text.size() && (text[at] == '+' || text[at] == '-');
}

// [sign] digits [. digits] [e [sign] digits], with a digit before or after the point.
bool is_number(std::string_view text) {
    const std::size_t begin = is_sign(text, 0) ? 1 : 0;
    std::size_t at = skip_digits(text, begin);
    std::size_t digits = at - begin;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction_end = skip_digits(text, at + 1);
        digits += fraction_end - at - 1;
        at = fraction_end;
    }
    if (digits == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        const std::size_t exponent = is_sign(text, at + 1) ? at + 2 : at + 1;
        at = skip_digits(text, exponent);
        if (at == exponent) return false;
    }
    return at == text.size();
}

// An array of strings, numbers, true, false and null.
bool is_flat_array(std::string_view text) {
    const auto document = json::read(text, {.depth_max = 1});
    return document && document->array() != nullptr;
}

Result<void> check_attribute(const schema::TopicAttribute& attribute) {
    ONPUT_TRY_VOID(check_name(attribute.name));
    const std::string quoted = "'" + attribute.name + "'";
    if (!is_known_type(attribute.type)) {
        return invalid_value("The message attribute " + quoted +
                             " has an invalid message attribute type, the set of supported type "
                             "prefixes is Binary, Number, and String.");
    }
    if (attribute.value.empty()) {
        return invalid_value("The message attribute " + quoted +
                             " must contain non-empty message attribute value for message "
                             "attribute type '" +
                             attribute.type + "'.");
    }
    if (is_of_type(attribute.type, "Binary")) return {};
    if (!is_utf8(attribute.value)) {
        return invalid_value("The message attribute " + quoted + " is not a UTF-8 text.");
    }
    if (is_of_type(attribute.type, "Number") && !is_number(attribute.value)) {
        return invalid_value("Could not cast message attribute " + quoted + " value to number.");
    }
    if (attribute.type == "String.Array" && !is_flat_array(attribute.value)) {
        return invalid_value("The message attribute " + quoted +
                             " of type 'String.Array' must be a JSON array of strings, numbers, "
                             "true, false and null.");
    }
    return {};
}

}  // namespace

std::size_t message_bytes(const schema::PublishEntry& entry) {
    std::size_t bytes = entry.message.size();
    for (const auto& attribute : entry.attributes) {
        bytes += attribute.name.size() + attribute.type.size() + attribute.value.size();
    }
    return bytes;
}

Result<void> check_message(const schema::PublishEntry& entry) {
    if (entry.message.empty()) return invalid_parameter("Empty message");
    if (message_bytes(entry) > schema::topic_message_bytes_max) {
        return invalid_parameter("Message too long");
    }
    if (!is_utf8(entry.message)) return invalid_parameter("Message Reason: it is not UTF-8");
    ONPUT_TRY_VOID(check_subject(entry.subject));
    if (entry.is_structured) ONPUT_TRY_VOID(check_structure(entry.message));
    if (entry.attributes.size() > attributes_per_message_max) {
        return invalid_value("Number of message attributes [" +
                             std::to_string(entry.attributes.size()) +
                             "] exceeds the allowed maximum [256].");
    }
    std::set<std::string_view> names;
    for (const auto& attribute : entry.attributes) {
        ONPUT_TRY_VOID(check_attribute(attribute));
        if (!names.insert(attribute.name).second) {
            return invalid_value("Message attribute name '" + attribute.name + "' already exists.");
        }
    }
    return {};
}

}  // namespace onput::notifier
