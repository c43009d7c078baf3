// The methods of the notifier about buses, rules, archives, API destinations and schedules.
#include "services/notifier/service.hpp"

namespace onput::notifier {

void NotifierService::add_event_methods(service::Methods& methods) {
    const auto add_commands = [this, &methods]<schema::Message... M>() {
        (methods.add(apply<M>()), ...);
    };
    // A query of one of the core's books.
    const auto add_query = [this, &methods]<schema::Message M, typename Book, typename Run>(
                               Book book, Run run) {
        methods.add(
            query<M>([book, run](const NotifierCore& core, const M& message, const Caller& caller) {
                return ((core.*book)().*run)(message, caller);
            }));
    };
    add_commands.operator()<
        schema::PutEvents, schema::CreateBus, schema::UpdateBus, schema::DeleteBus,
        schema::PutBusPermission, schema::RemoveBusPermission, schema::PutRule, schema::DeleteRule,
        schema::SetRuleState, schema::PutTargets, schema::RemoveTargets, schema::ChangeEventTags>();
    const auto rules = &NotifierCore::rules;
    add_query.operator()<schema::DescribeBus>(rules, &RuleBook::describe_bus);
    add_query.operator()<schema::ListBuses>(rules, &RuleBook::list_buses);
    add_query.operator()<schema::DescribeRule>(rules, &RuleBook::describe_rule);
    add_query.operator()<schema::ListRules>(rules, &RuleBook::list_rules);
    add_query.operator()<schema::ListTargets>(rules, &RuleBook::list_targets);
    methods.add(query<schema::GetEventTags>(
        [](const NotifierCore& core, const auto& message, const Caller& caller) {
            return core.event_tags(message, caller);
        }));

    add_commands.operator()<schema::CreateArchive, schema::UpdateArchive, schema::DeleteArchive,
                            schema::StartReplay, schema::CancelReplay>();
    const auto archives = &NotifierCore::archives;
    add_query.operator()<schema::GetArchive>(archives, &ArchiveBook::get);
    add_query.operator()<schema::ListArchives>(archives, &ArchiveBook::list);
    add_query.operator()<schema::GetReplay>(archives, &ArchiveBook::get_replay);
    add_query.operator()<schema::ListReplays>(archives, &ArchiveBook::list_replays);

    add_commands
        .operator()<schema::CreateConnection, schema::UpdateConnection, schema::DeleteConnection,
                    schema::DeauthorizeConnection, schema::CreateApiDestination,
                    schema::UpdateApiDestination, schema::DeleteApiDestination>();
    const auto connections = &NotifierCore::connections;
    add_query.operator()<schema::GetConnection>(connections, &ConnectionBook::get);
    add_query.operator()<schema::ListConnections>(connections, &ConnectionBook::list);
    add_query.operator()<schema::GetApiDestination>(connections, &ConnectionBook::get_destination);
    add_query.operator()<schema::ListApiDestinations>(connections,
                                                      &ConnectionBook::list_destinations);

    add_commands.operator()<schema::PutSchedule, schema::DeleteSchedule,
                            schema::CreateScheduleGroup, schema::DeleteScheduleGroup>();
    const auto schedules = &NotifierCore::schedules;
    add_query.operator()<schema::GetSchedule>(schedules, &ScheduleBook::get);
    add_query.operator()<schema::ListSchedules>(schedules, &ScheduleBook::list);
    add_query.operator()<schema::GetScheduleGroup>(schedules, &ScheduleBook::get_group);
    add_query.operator()<schema::ListScheduleGroups>(schedules, &ScheduleBook::list_groups);
}

}  // namespace onput::notifier
