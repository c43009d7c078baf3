// The EventBridge operations that exist here. Each turns its input into one message for the
// notifier, and describes the notifier's answer as a tree.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/schema/event_bus.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::events {

using aws::Call;
using aws::Outcome;
using aws::Value;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);

Outcome create_event_bus(Call& call);
Outcome delete_event_bus(Call& call);
Outcome describe_event_bus(Call& call);
Outcome list_event_buses(Call& call);
Outcome update_event_bus(Call& call);
Outcome put_permission(Call& call);
Outcome remove_permission(Call& call);
Outcome create_connection(Call& call);
Outcome update_connection(Call& call);
Outcome delete_connection(Call& call);
Outcome deauthorize_connection(Call& call);
Outcome describe_connection(Call& call);
Outcome list_connections(Call& call);
Outcome create_api_destination(Call& call);
Outcome update_api_destination(Call& call);
Outcome delete_api_destination(Call& call);
Outcome describe_api_destination(Call& call);
Outcome list_api_destinations(Call& call);
Outcome create_archive(Call& call);
Outcome update_archive(Call& call);
Outcome delete_archive(Call& call);
Outcome describe_archive(Call& call);
Outcome list_archives(Call& call);
Outcome start_replay(Call& call);
Outcome cancel_replay(Call& call);
Outcome describe_replay(Call& call);
Outcome list_replays(Call& call);
Outcome put_rule(Call& call);
Outcome delete_rule(Call& call);
Outcome describe_rule(Call& call);
Outcome disable_rule(Call& call);
Outcome enable_rule(Call& call);
Outcome list_rules(Call& call);
Outcome list_rule_names_by_target(Call& call);
Outcome put_targets(Call& call);
Outcome remove_targets(Call& call);
Outcome list_targets_by_rule(Call& call);
Outcome put_events(Call& call);
Outcome test_event_pattern(Call& call);
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

// For operations that have no result.
template <typename Reply>
Value describe_nothing(const Reply&) {
    return {};
}

// Where a page begins, and how many a page may have.
struct Page {
    std::string after;
    std::uint32_t items_max = schema::event_page_max;
};
Result<Page> read_page(const Value& input);

Result<std::map<std::string, std::string>> read_tags(const Value& input);

}  // namespace onput::gateway::events
