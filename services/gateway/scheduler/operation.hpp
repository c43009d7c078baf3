// The operations of EventBridge Scheduler. Each turns its input into one message for the notifier,
// and describes the notifier's answer as a tree.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/schema/schedules.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::scheduler {

using aws::Call;
using aws::Outcome;
using aws::Value;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);

Outcome create_schedule(Call& call);
Outcome update_schedule(Call& call);
Outcome get_schedule(Call& call);
Outcome delete_schedule(Call& call);
Outcome list_schedules(Call& call);
Outcome create_schedule_group(Call& call);
Outcome get_schedule_group(Call& call);
Outcome delete_schedule_group(Call& call);
Outcome list_schedule_groups(Call& call);
Outcome tag_resource(Call& call);
Outcome untag_resource(Call& call);
Outcome list_tags_for_resource(Call& call);

// Asks the notifier when the message could be read, and describes its answer.
template <schema::Message M>
Outcome ask(Call& call, Result<M> message, Value (*describe)(const typename M::Reply& reply)) {
    if (!message) co_return std::unexpected(std::move(message).error());
    auto answer = co_await call.context.call(*message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return describe(answer->reply);
}

template <typename Reply>
Value describe_nothing(const Reply&) {
    return Value(Value::Map());
}

// Where a page begins, and how many a page may have.
struct Page {
    std::string after;
    std::uint32_t items_max = 100;
};
Result<Page> read_page(const Value& input);

}  // namespace onput::gateway::scheduler
