#include "services/notifier/core.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/notifier/journal/trace.hpp"

namespace onput::notifier {

NotifierCore::NotifierCore(const CoreOptions& options, const store::View& view, Random random,
                           MessageWriter& writer)
    : options_(options),
      view_(view),
      random_(random),
      age_(std::string(partition), age_key(), options_.boot),
      room_(options_.free_bytes_min),
      journal_(view),
      recorder_(journal_, age_.clock()),
      topics_(options.topics, view, age_.clock(), Random(random_.next())),
      rules_(options.rules, view),
      archives_(options.archives, view),
      connections_(options.connections, view),
      schedules_(options.schedules, view),
      parts_{.view = view,
             .recorder = recorder_,
             .topics = topics_,
             .rules = rules_,
             .connections = connections_,
             .writer = writer,
             .owed_rows = owed_rows_,
             .age = age_.clock()},
      deliveries_(options.deliveries, parts_, Random(random_.next())),
      fanout_(parts_, deliveries_),
      router_(parts_, rules_, archives_, deliveries_, fanout_),
      resends_(view) {}

Result<void> NotifierCore::restore(Timestamp now, Effects& effects) {
    std::vector<store::Batch> batches;
    ONPUT_TRY_VOID(age_.restore(view_));
    ONPUT_TRY_VOID(journal_.restore(random_.hex(32), batches));
    ONPUT_TRY_VOID(topics_.restore());
    ONPUT_TRY_VOID(rules_.restore());
    ONPUT_TRY_VOID(archives_.restore());
    ONPUT_TRY_VOID(connections_.restore());
    ONPUT_TRY_VOID(restore_schedules(now, batches.emplace_back(std::string(partition))));
    ONPUT_TRY_VOID(resends_.restore());
    ONPUT_TRY_VOID(deliveries_.restore());
    ONPUT_TRY_VOID(restore_owed());
    for (auto& batch : batches) effects.add(std::move(batch));
    check_invariants();
    return {};
}

// What the newest messages owe to subscriptions, and events to targets, was not yet in their rows.
Result<void> NotifierCore::restore_owed() {
    if (topics_.subscriptions().empty() && !rules_.has_targets()) return {};
    std::uint64_t from = std::max(journal_.owed_through() + 1, journal_.first());
    while (from <= journal_.head()) {
        ONPUT_TRY(const auto entries,
                  journal_.read_from(from, {refill_records_per_turn, refill_bytes_per_turn}));
        if (entries.empty()) {
            if (!view_.is_complete()) return {};
            return fail(ErrorCode::corruption, "the journal lacks its newest records");
        }
        for (const auto& entry : entries) {
            fanout_.owe(entry);
            router_.owe(entry);
        }
        from = entries.back().sequence + 1;
    }
    return {};
}

Result<void> NotifierCore::close_batch(store::Batch batch, Effects& effects) {
    if (owed_rows_.is_empty()) journal_.set_owed_through(journal_.head());
    ONPUT_TRY_VOID(deliveries_.write_owed(batch));
    recorder_.close(batch);
    effects.add(std::move(batch));
    return {};
}

void NotifierCore::keep_jump(Effects& effects) {
    store::Batch batch{std::string(partition)};
    age_.keep_jump([&batch]() -> store::Batch& { return batch; });
    effects.add(std::move(batch));
}

void NotifierCore::on_durable(std::uint64_t sequence) {
    ONPUT_CHECK(sequence <= journal_.head());
    durable_ = std::max(durable_, sequence);
    deliveries_.set_durable(durable_);
}

Result<std::vector<Delivery>> NotifierCore::due(Timestamp now) {
    Effects none;  // Batches are never settled before they are sent.
    ONPUT_TRY(auto due, deliveries_.due(SendPolicy::ordered_batch, now, none));
    std::vector<Delivery> deliveries;
    for (auto& [id, name, sending] : due) {
        deliveries.push_back(
            {.id = id, .message = std::get<schema::Deliver>(std::move(sending.message))});
    }
    return deliveries;
}

Result<std::vector<OutboundDelivery>> NotifierCore::outbound_due(Timestamp now, Effects& effects) {
    effects.may_sync_late = true;
    keep_jump(effects);
    ONPUT_TRY(auto due, deliveries_.due(SendPolicy::one_by_one, now, effects));
    std::vector<OutboundDelivery> deliveries;
    for (auto& [id, name, sending] : due) {
        deliveries.push_back({.id = id,
                              .subscription_arn = std::move(name),
                              .message = std::get<OutboundMessage>(std::move(sending.message))});
    }
    return deliveries;
}

// True: rows are still behind.
Result<bool> NotifierCore::write_owed_rows(store::Batch& batch) {
    if (!owed_rows_.is_open()) {
        if (owed_rows_.is_empty()) return false;
        owed_rows_.begin(journal_.head());
    }
    for (const auto& name : owed_rows_.take(owed_rows_per_turn)) {
        if (const auto* destination = deliveries_.find(name)) {
            batch.put(destination_key(name), schema::encode(destination->record()));
        }
    }
    if (!owed_rows_.finish()) return true;
    journal_.set_owed_through(std::max(owed_rows_.head(), journal_.owed_through()));
    recorder_.close(batch);
    return false;
}

// Of what is not durable readers of the bus may still be on their way to it, and what is not in
// the rows of subscriptions a start reads.
std::uint64_t NotifierCore::needed_from() const {
    const std::uint64_t all = std::min(durable_, journal_.owed_through()) + 1;
    return std::min(all, deliveries_.needed_from().value_or(all));
}

Result<void> NotifierCore::trim(Timestamp now, store::Batch& batch) {
    std::vector<std::uint64_t> removed;
    topics_.expire(now, batch, removed);
    deliveries_.remove_orphans();
    ONPUT_TRY(const bool has_rows_behind, write_owed_rows(batch));
    if (owed_rows_.is_empty()) journal_.set_owed_through(journal_.head());
    ONPUT_TRY(const bool has_more_records,
              journal_.trim({.older_than = age_.clock().at(now) - options_.retention_age,
                             .records_max = options_.retention_records_max,
                             .bytes_max = options_.retention_bytes_max,
                             .needed_from = needed_from()},
                            batch));
    has_more_to_do_ = has_rows_behind || has_more_records;
    return {};
}

Result<void> NotifierCore::end_turn(Timestamp now, Effects& effects) {
    effects.may_sync_late = true;
    if (now < next_wakeup(now)) return {};
    return on_time(now, effects);
}

Result<void> NotifierCore::on_time(Timestamp now, Effects& effects) {
    ONPUT_TRY_VOID(deliveries_.expire(now, effects));
    ONPUT_TRY_VOID(fire_due(now, effects));
    ONPUT_TRY_VOID(replay_some(now, effects));
    const bool is_time = now >= trimmed_at_ + trim_interval || now < trimmed_at_;
    if (!is_time && !has_more_to_do_) return {};
    trimmed_at_ = now;
    // Two batches: together they may be more than one takes.
    store::Batch trimmed{std::string(partition)};
    ONPUT_TRY_VOID(trim(now, trimmed));
    effects.add(std::move(trimmed));
    store::Batch rows{std::string(partition)};
    end_schedules(rows);
    ONPUT_TRY(const bool has_more_archived, archives_.trim(age_.clock().at(now), rows));
    age_.keep([&rows]() -> store::Batch& { return rows; });
    ONPUT_TRY(const bool has_more_rows, deliveries_.remove_rows(now, rows));
    effects.add(std::move(rows));
    has_more_to_do_ =
        has_more_to_do_ || has_more_rows || schedules_.has_deleted() || has_more_archived;
    return {};
}

Timestamp NotifierCore::next_wakeup(Timestamp now) const {
    if (has_more_to_do_ || now < trimmed_at_) return now;
    if (archives_.is_replaying() && has_room()) return now;
    const Timestamp trim_at = trimmed_at_ + trim_interval;
    const Timestamp due_at = has_room() ? timetable_.next_wakeup().value_or(trim_at) : trim_at;
    return std::max(now,
                    std::min({trim_at, due_at, deliveries_.next_wakeup(now).value_or(trim_at)}));
}

Result<schema::TraceStory> NotifierCore::trace(const schema::TraceQuery& query) const {
    return trace_story({.view = view_,
                        .journal = journal_,
                        .deliveries = deliveries_,
                        .topics = topics_,
                        .rules = rules_},
                       query.trace_id);
}

schema::BusHead NotifierCore::durable_head(Timestamp now) const {
    return {.epoch = journal_.epoch(), .sequence = durable_, .time = now, .type = "head"};
}

std::vector<schema::Metric> NotifierCore::metrics(Timestamp now) const {
    std::vector<schema::Metric> metrics;
    const auto add = [&metrics](std::string name, std::uint64_t value) {
        metrics.push_back({.name = std::move(name), .value = static_cast<double>(value)});
    };
    recorder_.add_metrics(metrics);
    add("onput_journal_repeated_total", repeated_);
    add("onput_journal_head_sequence", journal_.head());
    add("onput_journal_records", journal_.head() + 1 - journal_.first());
    add("onput_journal_bytes", journal_.bytes());
    add("onput_subscriptions", topics_.subscriptions().size());
    add("onput_schedules", timetable_.size());
    add("onput_schedules_fired_total", fired_);
    add("onput_schedules_passed_over_total", timetable_.passed_over());
    TargetMetrics targets;
    deliveries_.add_metrics(now, targets);
    std::move(targets).write(metrics);
    return metrics;
}

void NotifierCore::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    journal_.check_invariants();
    topics_.check_invariants();
    rules_.check_invariants();
    timetable_.check_invariants();
    deliveries_.check_invariants();
}

}  // namespace onput::notifier
