// Identities and their parts as IAM shows and takes them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/access_keys.hpp"
#include "common/schema/identity.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::iam {

using aws::Value;

// How much of one is shown: lists leave tags and boundaries away.
enum class Detail { whole, listed };

Value describe_user(const schema::Entity& user, Detail detail);
Value describe_group(const schema::Entity& group);
Value describe_role(const schema::Entity& role, Detail detail);
Value describe_policy(const schema::Entity& policy, Detail detail);
Value describe_version(const schema::Entity& policy, const schema::PolicyVersion& version);
Value describe_key(const schema::AccessKey& key);
Value describe_tags(const std::vector<schema::Tag>& tags);
// As answers have documents: URL-encoded.
Value encoded_document(std::string_view document);
Value time_value(Timestamp time);

std::vector<schema::Tag> read_tags(const Value& input);
// "v3"; ValidationError.
Result<std::uint32_t> read_version_id(std::string_view text);

// The page of a list that the input's `Marker` and `MaxItems` ask for. ValidationError.
struct PageRequest {
    std::string after;
    std::uint32_t limit = 100;
};
Result<PageRequest> read_page(const Value& input);
// Sets IsTruncated, and Marker when there is more.
void end_page(const std::string& next, Value& result);

// A list that comes whole: `items` of it, of which the page asked for is put in.
Result<void> put_page(const Value& input, std::string_view member, const Value::List& items,
                      Value& result);

}  // namespace onput::gateway::iam
