// Schedules, of rules and of Scheduler: the book, the timetable and the targets in step, and what
// is put on a bus or owed when one is due. A due time is taken in the batch of what it causes.
#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/core.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/target_input.hpp"
#include "services/notifier/schedules/schedule_check.hpp"

namespace onput::notifier {
namespace {

constexpr std::string_view due_type = "Scheduled Event";

TimePlan plan_of_rule(const std::string& text) {
    auto expression = ScheduleExpression::parse(text);
    ONPUT_CHECK(expression.has_value());  // A rule is put with a valid one.
    return {.expression = *std::move(expression)};
}

schema::EventTarget target_of(const schema::ScheduleTarget& target) {
    return {.id = "target",
            .arn = target.arn,
            .role_arn = target.role_arn,
            .input = target.input,
            .dead_letter_arn = target.dead_letter_arn,
            .retries_max = target.retries_max,
            .age_seconds_max = target.age_seconds_max};
}

// Whether two versions of a schedule are due at the same times.
bool has_same_times(const schema::ScheduleInfo& a, const schema::ScheduleInfo& b) {
    return a.expression == b.expression && a.time_zone == b.time_zone && a.start == b.start &&
           a.end == b.end && a.window_minutes == b.window_minutes && a.is_enabled == b.is_enabled &&
           a.target.age_seconds_max == b.target.age_seconds_max;
}

}  // namespace

Result<void> NotifierCore::restore_schedules(Timestamp now, store::Batch& batch) {
    ONPUT_TRY_VOID(schedules_.restore());
    std::vector<ScheduleCursor> cursors;
    ONPUT_TRY_VOID(service::for_each_row(
        view_, partition, cursor_rows(), [&cursors](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto cursor, read_row<ScheduleCursor>(row.key, row.value));
            cursors.push_back(std::move(cursor));
            return {};
        }));
    timetable_.restore(std::move(cursors));
    for (const auto& rule : rules_.scheduled_rules()) {
        timetable_.set_restored(rule.arn, plan_of_rule(rule.expression), now);
    }
    for (const auto& [arn, schedule] : schedules_.schedules()) {
        if (!schedule.is_enabled) continue;
        // A zone that is no longer installed: it waits for a start that has it.
        auto plan = schedules_.plan_of(schedule);
        if (!plan) {
            timetable_.keep_restored(arn);
            continue;
        }
        timetable_.set_restored(arn, *std::move(plan), now);
        if (schedule.is_deleted_after && timetable_.is_over(arn)) ending_.insert(arn);
    }
    timetable_.end_restore(batch);
    restore_own_targets(batch);
    return {};
}

// A target without its schedule goes; a schedule whose target is lost with damaged rows gets it
// anew.
void NotifierCore::restore_own_targets(store::Batch& batch) {
    for (const std::uint64_t number : rules_.own_targets()) {
        const auto* schedule = schedules_.find(rules_.find_target(number)->rule_arn);
        if (schedule == nullptr || schedule->target_number != number) {
            rules_.remove_own_target(number, batch);
        }
    }
    std::vector<schema::ScheduleInfo> without;
    for (const auto& [arn, schedule] : schedules_.schedules()) {
        if (rules_.find_target(schedule.target_number) == nullptr) without.push_back(schedule);
    }
    for (auto& schedule : without) {
        schedule.target_number = rules_.put_own_target({.number = 0,
                                                        .rule_arn = schedule.arn,
                                                        .rule_name = schedule.name,
                                                        .account = schedule.account,
                                                        .target = target_of(schedule.target)},
                                                       batch);
        schedules_.keep(std::move(schedule), batch);
    }
}

void NotifierCore::set_rule_schedule(const schema::RuleInfo& rule, Timestamp now,
                                     store::Batch& batch) {
    if (rule.expression.empty() || !rule.is_enabled) return timetable_.remove(rule.arn, batch);
    timetable_.set(rule.arn, plan_of_rule(rule.expression), now, batch);
}

// --- Commands ---------------------------------------------------------------------------------

Result<schema::ScheduleInfo> NotifierCore::apply(const schema::PutSchedule& request,
                                                 const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY(auto checked, schedules_.check(request, caller));
    schema::ScheduleInfo& info = checked.info;
    if (checked.is_repeated) return info;
    // As long as it gets when its placeholders are filled in.
    const std::string input = schedule_input(
        info.target.input,
        {.schedule_arn = info.arn, .due_at = caller.now, .execution_id = std::string(32, '0')});
    if (input.size() > schedule_input_bytes_max) {
        return invalid_schedule(
            fmt::format("The input of the target has {} bytes with its context attributes, and {} "
                        "are the most.",
                        input.size(), schedule_input_bytes_max));
    }
    ONPUT_TRY(auto plan, schedules_.plan_of(info));
    store::Batch batch{std::string(partition)};
    const auto* before = schedules_.find(info.arn);
    const bool is_same = before != nullptr && has_same_times(*before, info);
    info.target_number = rules_.put_own_target({.number = info.target_number,
                                                .rule_arn = info.arn,
                                                .rule_name = info.name,
                                                .account = info.account,
                                                .target = target_of(info.target)},
                                               batch);
    schedules_.keep(info, batch);
    if (!info.is_enabled) {
        timetable_.remove(info.arn, batch);
    } else if (!is_same) {
        timetable_.set(info.arn, std::move(plan), caller.now, batch);
    }
    ending_.erase(info.arn);
    if (info.is_deleted_after && timetable_.is_over(info.arn)) ending_.insert(info.arn);
    effects.add(std::move(batch));
    return info;
}

void NotifierCore::remove_schedule(const std::string& arn, store::Batch& batch) {
    const auto* schedule = schedules_.find(arn);
    ONPUT_CHECK(schedule != nullptr);
    rules_.remove_own_target(schedule->target_number, batch);
    timetable_.remove(arn, batch);
    ending_.erase(arn);
    schedules_.remove(arn, batch);
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteSchedule& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY(const auto schedule,
              schedules_.get({.group = request.group, .name = request.name}, caller));
    store::Batch batch{std::string(partition)};
    remove_schedule(schedule.arn, batch);
    effects.add(std::move(batch));
    deliveries_.remove_orphans();
    return schema::Empty{};
}

Result<schema::ScheduleGroup> NotifierCore::apply(const schema::CreateScheduleGroup& request,
                                                  const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = schedules_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteScheduleGroup& request,
                                          const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = schedules_.remove(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

// --- What is due ------------------------------------------------------------------------------

Result<void> NotifierCore::fire_due(Timestamp now, Effects& effects) {
    // Without room nothing is journaled: what is due waits, as late as it may be.
    if (!has_room()) return {};
    store::Batch batch{std::string(partition)};
    const auto due = timetable_.take_due(now, schedules_per_turn, batch);
    if (due.empty()) return {};
    for (const auto& one : due) fire(one, now, batch, effects);
    fired_ += due.size();
    return close_batch(std::move(batch), effects);
}

void NotifierCore::fire(const Timetable::Due& due, Timestamp now, store::Batch& batch,
                        Effects& effects) {
    if (const auto* schedule = schedules_.find(due.arn)) {
        return fire_schedule(*schedule, due, now, batch, effects);
    }
    const auto rule = rules_.find_rule(due.arn);
    ONPUT_CHECK(rule.has_value());
    fire_rule(*rule, due, now, batch, effects);
}

void NotifierCore::fire_rule(const schema::RuleInfo& rule, const Timetable::Due& due, Timestamp now,
                             store::Batch& batch, Effects& effects) {
    const auto bus = rules_.find_bus(rule.bus, rule.account);
    ONPUT_CHECK(bus.has_value());
    schema::BusEvent event{.event_id = random_.hex(32),
                           .bus_arn = *bus,
                           .account = rule.account,
                           .region = rules_.region(),
                           .source = "aws.events",
                           .detail_type = std::string(due_type),
                           .time = due.due_at,
                           .resources = {rule.arn},
                           .detail = "{}",
                           .trace = {.trace_id = random_.hex(32), .cause_event_id = {}}};
    router_.publish_to(std::move(event), rules_.targets_of(rule), now, batch, effects);
}

void NotifierCore::fire_schedule(const schema::ScheduleInfo& schedule, const Timetable::Due& due,
                                 Timestamp now, store::Batch& batch, Effects& effects) {
    // As Scheduler's own event has it: a text.
    schema::BusEvent event{.event_id = random_.hex(32),
                           .bus_arn = schedule.arn,
                           .account = schedule.account,
                           .region = rules_.region(),
                           .source = "aws.scheduler",
                           .detail_type = std::string(due_type),
                           .time = due.due_at,
                           .resources = {schedule.arn},
                           .detail = R"("{}")",
                           .trace = {.trace_id = random_.hex(32), .cause_event_id = {}}};
    if (is_bus_arn(schedule.target.arn)) {
        event.source = schedule.target.source;
        event.detail_type = schedule.target.detail_type;
        event.resources.clear();
        event.detail = schedule_input(
            schedule.target.input.empty() ? "{}" : schedule.target.input,
            {.schedule_arn = schedule.arn, .due_at = due.due_at, .execution_id = event.event_id});
    }
    const BusTarget* target = rules_.find_target(schedule.target_number);
    ONPUT_CHECK(target != nullptr);
    router_.publish_to(std::move(event), {target}, now, batch, effects);
    if (schedule.is_deleted_after && timetable_.is_over(schedule.arn)) {
        ending_.insert(schedule.arn);
    }
}

void NotifierCore::end_schedules(store::Batch& batch) {
    for (const auto& arn : schedules_.take_deleted(batch)) remove_schedule(arn, batch);
    std::vector<std::string> ended;
    for (const auto& arn : ending_) {
        if (ended.size() == schedules_removed_per_turn) break;
        const BusTarget* target = rules_.find_target(schedules_.find(arn)->target_number);
        // What it owes, and its dead letter, would go with it.
        const auto owes = [this](std::string_view name) {
            const Destination* destination = deliveries_.find(name);
            return destination != nullptr && destination->owed() > 0;
        };
        if (!owes(target->name()) && !owes(dead_letters_of(target->name()))) ended.push_back(arn);
    }
    for (const auto& arn : ended) remove_schedule(arn, batch);
}

}  // namespace onput::notifier
