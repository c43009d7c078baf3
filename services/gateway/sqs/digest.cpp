#include "services/gateway/sqs/digest.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::gateway::sqs {
namespace {

void append_sized(std::string& out, std::string_view text) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>((text.size() >> shift) & 255);
    out += text;
}

}  // namespace

std::string md5_of_body(std::string_view body) {
    return to_hex(Digest::of(DigestAlgorithm::md5, body));
}

std::string md5_of_attributes(const std::map<std::string, schema::MessageAttribute>& attributes) {
    if (attributes.empty()) return {};
    std::string text;
    for (const auto& [name, attribute] : attributes) {
        append_sized(text, name);
        append_sized(text, attribute.data_type);
        text += attribute.data_type.starts_with("Binary") ? '\2' : '\1';
        append_sized(text, attribute.value);
    }
    return to_hex(Digest::of(DigestAlgorithm::md5, text));
}

}  // namespace onput::gateway::sqs
