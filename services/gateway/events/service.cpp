#include "services/gateway/events/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

constexpr std::array handlers{
    aws::Handler{"CancelReplay", &cancel_replay},
    aws::Handler{"CreateApiDestination", &create_api_destination},
    aws::Handler{"CreateArchive", &create_archive},
    aws::Handler{"CreateConnection", &create_connection},
    aws::Handler{"CreateEventBus", &create_event_bus},
    aws::Handler{"DeauthorizeConnection", &deauthorize_connection},
    aws::Handler{"DeleteApiDestination", &delete_api_destination},
    aws::Handler{"DeleteArchive", &delete_archive},
    aws::Handler{"DeleteConnection", &delete_connection},
    aws::Handler{"DeleteEventBus", &delete_event_bus},
    aws::Handler{"DeleteRule", &delete_rule},
    aws::Handler{"DescribeApiDestination", &describe_api_destination},
    aws::Handler{"DescribeArchive", &describe_archive},
    aws::Handler{"DescribeConnection", &describe_connection},
    aws::Handler{"DescribeEventBus", &describe_event_bus},
    aws::Handler{"DescribeReplay", &describe_replay},
    aws::Handler{"DescribeRule", &describe_rule},
    aws::Handler{"DisableRule", &disable_rule},
    aws::Handler{"EnableRule", &enable_rule},
    aws::Handler{"ListApiDestinations", &list_api_destinations},
    aws::Handler{"ListArchives", &list_archives},
    aws::Handler{"ListConnections", &list_connections},
    aws::Handler{"ListEventBuses", &list_event_buses},
    aws::Handler{"ListReplays", &list_replays},
    aws::Handler{"ListRuleNamesByTarget", &list_rule_names_by_target},
    aws::Handler{"ListRules", &list_rules},
    aws::Handler{"ListTagsForResource", &list_tags_for_resource},
    aws::Handler{"ListTargetsByRule", &list_targets_by_rule},
    aws::Handler{"PutEvents", &put_events},
    aws::Handler{"PutPermission", &put_permission},
    aws::Handler{"PutRule", &put_rule},
    aws::Handler{"PutTargets", &put_targets},
    aws::Handler{"RemovePermission", &remove_permission},
    aws::Handler{"RemoveTargets", &remove_targets},
    aws::Handler{"StartReplay", &start_replay},
    aws::Handler{"TagResource", &tag_resource},
    aws::Handler{"TestEventPattern", &test_event_pattern},
    aws::Handler{"UntagResource", &untag_resource},
    aws::Handler{"UpdateApiDestination", &update_api_destination},
    aws::Handler{"UpdateArchive", &update_archive},
    aws::Handler{"UpdateConnection", &update_connection},
    aws::Handler{"UpdateEventBus", &update_event_bus},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

}  // namespace

const aws::Service& service() {
    static const aws::Service events{
        .name = "events",
        .model = &aws::events_model,
        .handlers = handlers,
        .asks = &asks,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "UnknownOperationException",
        .tells_origin = true,
    };
    return events;
}

}  // namespace onput::gateway::events
