// Keys and values of the rows of buses, rules and targets (rule_book.hpp), beside the notifier's
// other rows in its partition. RuleInfo and BusInfo are rows as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/schema/codec.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/fields.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

// Written with every new target, in the same batch, so that a number is never used again.
struct RulesRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::rules_record};

    std::uint64_t last_target = 0;

    ONPUT_FIELDS(last_target)
    friend bool operator==(const RulesRecord&, const RulesRecord&) = default;
};

struct TargetRecord {
    // Version 2 added http and group_id of the target.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::target_record, .version = 2};

    std::uint64_t number = 0;
    std::string rule_arn = {};
    schema::EventTarget target = {};

    ONPUT_FIELDS(number, rule_arn, target)
    friend bool operator==(const TargetRecord&, const TargetRecord&) = default;
};

std::string rules_key();
std::string bus_key(std::string_view arn);
std::string rule_key(std::string_view arn);
std::string target_key(std::uint64_t number);

store::Range bus_rows();
store::Range rule_rows();
store::Range target_rows();

}  // namespace onput::notifier
