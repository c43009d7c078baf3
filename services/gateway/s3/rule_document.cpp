#include "services/gateway/s3/rule_document.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t id_digits = 36;

}  // namespace

schema::Tag read_rule_tag(const aws::Value& tag) {
    return {.key = tag.text_of("Key"), .value = tag.text_of("Value")};
}

aws::Value write_rule_tag(const schema::Tag& tag) {
    aws::Value value;
    value["Key"] = aws::Value(tag.key);
    value["Value"] = aws::Value(tag.value);
    return value;
}

Result<void> check_rule_count(std::size_t rules, std::size_t rules_max, std::string_view kind) {
    if (rules <= rules_max) return {};
    return invalid_request(fmt::format(
        "The number of {} rules must not exceed the allowed limit of {} rules", kind, rules_max));
}

std::string make_rule_id(std::size_t rules, std::string_view id_before, std::string_view rule) {
    const std::string seed = fmt::format("{} {} {}", rules, id_before, rule);
    return to_base64(to_hex(Digest::of(DigestAlgorithm::sha256, seed)).substr(0, id_digits));
}

std::unexpected<Error> invalid_request(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

std::unexpected<Error> invalid_argument(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_argument");
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

Result<void> check_rule_id(std::string_view id, std::size_t characters_max) {
    if (characters_of(id) <= characters_max) return {};
    return invalid_argument(
        fmt::format("ID length should not exceed allowed limit of {}", characters_max));
}

Result<void> check_rule_prefix(std::string_view prefix) {
    if (prefix.size() <= schema::key_bytes_max) return {};
    return invalid_request(
        fmt::format("The maximum size of a prefix is {}.", schema::key_bytes_max));
}

}  // namespace onput::gateway::s3
