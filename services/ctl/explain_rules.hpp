// The rules of event buses, and subscriptions of topics, that an event would match, and why the
// others do not.
#pragma once

#include <string>
#include <vector>

#include "common/schema/storage.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {

inline constexpr std::size_t explained_rules_max = 10'000;

// Every rule of a bus: one row for each target, or one without a destination. `document` is the
// event as the bus has it.
Result<std::vector<schema::RuleExplanation>> explain_bus(Peers& peers, const std::string& bus,
                                                         const std::string& document);

// Every subscription of the message's topic.
Result<std::vector<schema::RuleExplanation>> explain_topic(Peers& peers,
                                                           const schema::TopicMessage& message);

}  // namespace onput::ctl
