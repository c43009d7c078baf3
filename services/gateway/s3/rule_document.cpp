#include "services/gateway/s3/rule_document.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

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

std::string make_rule_id(const std::string& seed) {
    return to_base64(to_hex(Digest::of(DigestAlgorithm::sha256, seed)).substr(0, id_digits));
}

}  // namespace onput::gateway::s3
