// What the documents of rules have in common (lifecycle, replication): tags, ids that are made for
// rules without one, and what is checked of each rule.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/object_traits.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

schema::Tag read_rule_tag(const aws::Value& tag);
aws::Value write_rule_tag(const schema::Tag& tag);

// More than `rules_max` rules: the error of the documents of this `kind` ("lifecycle").
Result<void> check_rule_count(std::size_t rules, std::size_t rules_max, std::string_view kind);

// Of a rule without one, which is the last of those that were read so far: the same document gets
// the same ids. Costs as much as that rule.
std::string make_rule_id(std::size_t rules, std::string_view id_before, std::string_view rule);
template <schema::Message Configuration>
std::string make_rule_id(const Configuration& so_far) {
    const auto& rules = so_far.rules;
    const std::string_view id_before =
        rules.size() < 2 ? std::string_view() : std::string_view(rules[rules.size() - 2].id);
    Configuration alone;
    alone.rules.push_back(rules.back());
    return make_rule_id(rules.size(), id_before, schema::encode(alone));
}

// S3's errors InvalidRequest and InvalidArgument.
std::unexpected<Error> invalid_request(std::string message);
std::unexpected<Error> invalid_argument(std::string message);

// Of UTF-8: what S3 counts in ids.
std::size_t characters_of(std::string_view text);
// The id's length, and that of the filter's prefix.
Result<void> check_rule_id(std::string_view id, std::size_t characters_max);
Result<void> check_rule_prefix(std::string_view prefix);
// Each id once.
template <typename Rule>
Result<void> check_unique_ids(const std::vector<Rule>& rules) {
    std::set<std::string_view> ids;
    for (const auto& rule : rules) {
        if (!ids.insert(rule.id).second)
            return invalid_argument("Rule ID must be unique. Found same ID for more than one rule");
    }
    return {};
}

}  // namespace onput::gateway::s3
