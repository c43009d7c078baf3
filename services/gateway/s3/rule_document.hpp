// What the documents of rules have in common (lifecycle, replication): tags, and ids that are made
// for rules without one.
#pragma once

#include <string>

#include <fmt/format.h>

#include "common/schema/codec.hpp"
#include "common/schema/object_traits.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

schema::Tag read_rule_tag(const aws::Value& tag);
aws::Value write_rule_tag(const schema::Tag& tag);

// The same document gets the same ids.
std::string make_rule_id(const std::string& seed);
// Of the last rule of a configuration that was read so far.
template <schema::Message Configuration>
std::string make_rule_id(const Configuration& so_far) {
    return make_rule_id(fmt::format("{} {}", so_far.rules.size(), schema::encode(so_far)));
}

}  // namespace onput::gateway::s3
