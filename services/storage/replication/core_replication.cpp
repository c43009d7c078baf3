// The side of the original: how a version becomes pending, and what it says when it is replicated.
// The commit that makes a version writes what is due of it as well, so no crash loses any.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/storage/lifecycle/own_trace.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/changes.hpp"
#include "services/storage/replication/replication.hpp"
#include "services/storage/replication/rules.hpp"
#include "services/storage/replication/sent_replica.hpp"

namespace onput::storage {
namespace {

using schema::ReplicatedPart;
using schema::ReplicationStatus;
using schema::ReplicationTarget;

constexpr std::string_view failed_event = "Replication:OperationFailedReplication";
constexpr std::string_view missed_event = "Replication:OperationMissedThreshold";
constexpr std::string_view late_event = "Replication:OperationReplicatedAfterThreshold";
constexpr std::string_view untracked_event = "Replication:OperationNotTracked";

// <bucket>/<key>\0<age> at the end of a row.
Result<DueReplica> parse_version(std::string_view text) {
    ONPUT_TRY(const auto split, split_tail(text, age_bytes));
    ONPUT_TRY(const std::uint64_t complement, parse_number_bytes(split.tail));
    const std::size_t slash = split.key.find('/');
    if (slash == std::string_view::npos)
        return fail(ErrorCode::corruption, "a row of a replica names no object");
    return DueReplica{.bucket = std::string(split.key.substr(0, slash)),
                      .key = std::string(split.key.substr(slash + 1)),
                      .sequencer = ~complement};
}

// <to>/<bucket>/<key>\0<age>
Result<DueReplica> parse_late_version(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos)
        return fail(ErrorCode::corruption, "a row of a late replica names no bucket");
    ONPUT_TRY(auto replica, parse_version(text.substr(slash + 1)));
    replica.destination = text.substr(0, slash);
    return replica;
}

Result<Timestamp> parse_time(std::string_view text) {
    ONPUT_TRY(const std::uint64_t time, parse_number_bytes(text.substr(0, sizeof(std::uint64_t))));
    return from_micros(static_cast<std::int64_t>(time));
}

std::uint64_t milliseconds_of(Duration duration) {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 0));
}

ReplicationTarget* find_target(ObjectRecord& record, std::string_view destination) {
    auto& targets = record.replication.targets;
    const auto found = std::ranges::find(targets, destination, &ReplicationTarget::destination);
    return found == targets.end() ? nullptr : &*found;
}

// Null: it is not there. One whose row cannot be read may be.
Result<const Bucket*> find_bucket(const BucketTable& buckets, const std::string& name) {
    auto found = buckets.find_for_anybody(name);
    if (!found && found.error().code == ErrorCode::not_found) return nullptr;
    return found;
}

bool is_pending(const ReplicationTarget& target) {
    return target.status == ReplicationStatus::pending && target.due_at != Timestamp{};
}

Duration retry_delay(std::uint32_t attempts) {
    Duration delay = replica_retry_min;
    for (std::uint32_t i = 1; i < attempts && delay < replica_retry_max; ++i) delay *= 2;
    return std::min(delay, replica_retry_max);
}

}  // namespace

// --- Becoming pending --------------------------------------------------------------------------

void Replication::schedule(const Place& place, const ObjectRecord& record,
                           ReplicationTarget& target, const Times& times, store::Batch& batch) {
    const ReplicaRow row{.destination = target.destination,
                         .bucket = place.bucket,
                         .key = place.key,
                         .sequencer = record.sequencer};
    if (target.due_at != times.due_at) {
        if (target.due_at != Timestamp{}) batch.remove(replica_due_row(row, target.due_at));
        if (times.due_at != Timestamp{})
            batch.put(replica_due_row(row, times.due_at), number_bytes(record.size_bytes));
        target.due_at = times.due_at;
    }
    if (target.threshold_at == times.late_at) return;
    if (target.threshold_at != Timestamp{})
        batch.remove(replica_late_row(row, target.threshold_at));
    if (times.late_at != Timestamp{}) batch.put(replica_late_row(row, times.late_at), {});
    target.threshold_at = times.late_at;
}

void Replication::make_pending(const Place& place, const ObjectRecord& record,
                               ReplicationTarget& target, const schema::ReplicationRule& rule,
                               const PendingReason& reason, store::Batch& batch) {
    // What failed is still lacking, and no more: the whole version would bring a replica back that
    // was deleted.
    const bool goes_on = target.status == ReplicationStatus::failed;
    if (goes_on) name_changes(target);
    if (!goes_on) target.changes.clear();
    if (target.changes.empty()) target.operation = operation_of(reason.change.part, record);
    add_change(target, reason.change);
    target.status = ReplicationStatus::pending;
    target.rule_id = rule.id;
    target.requested_at = reason.now;
    target.has_missed_threshold = false;
    target.has_metrics = has_metrics(rule);
    target.attempts = 0;
    target.depth = reason.depth + 1;
    const Timestamp due = core_.age_now(reason.now);
    schedule(place, record, target,
             {.due_at = due,
              .late_at = is_timed(rule) ? due + core_.options_.replication_threshold : Timestamp{}},
             batch);
}

// One more, in the place of one that is settled and in no rule any more where there are many.
Result<ReplicationTarget*> Replication::add_target(const Place& place, ObjectRecord& record,
                                                   std::string_view destination,
                                                   const schema::ReplicationConfiguration& rules) {
    auto& targets = record.replication.targets;
    if (targets.size() >= schema::replication_destinations_max) {
        const auto is_over = [&rules](const ReplicationTarget& target) {
            return target.due_at == Timestamp{} && target.threshold_at == Timestamp{} &&
                   std::ranges::none_of(rules.rules, [&target](const auto& rule) {
                       return destination_of(rule) == target.destination;
                   });
        };
        const auto over = std::ranges::find_if(targets, is_over);
        if (over == targets.end()) {
            return fail(ErrorCode::resource_exhausted,
                        fmt::format("s3://{}/{} is replicated to {} buckets already, and to no "
                                    "more: remove rules, or wait for what is pending",
                                    place.bucket, place.key, targets.size()));
        }
        targets.erase(over);
    }
    auto& target = targets.emplace_back();
    target.destination = destination;
    return &target;
}

Result<bool> Replication::has_rules(const std::string& bucket) {
    ONPUT_TRY(const auto* const rules, rules_.of(bucket));
    return rules != nullptr;
}

Result<void> Replication::plan(const Place& place, ObjectRecord& record, const Caller& caller,
                               store::Batch& batch) {
    // What came from another instance would come back if it were sent on.
    record.replication.is_replica = is_sent_replica(caller.access);
    if (record.replication.is_replica) return {};
    ONPUT_TRY(const auto* const rules, rules_.of(std::string(place.bucket)));
    if (rules == nullptr || !record.has_version_id) return {};
    for (const auto* rule : rules_for(*rules, place.key, record)) {
        auto& target = record.replication.targets.emplace_back();
        target.destination = destination_of(*rule);
        make_pending(place, record, target, *rule,
                     {.change = {.part = ReplicatedPart::whole, .sequencer = record.sequencer},
                      .now = caller.now,
                      .depth = caller.trace.depth},
                     batch);
    }
    return {};
}

Result<void> Replication::replan(const Place& place, ObjectRecord& record, ReplicatedPart part,
                                 const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(const auto* const rules, rules_.of(std::string(place.bucket)));
    if (rules == nullptr) return {};
    const PendingReason reason{
        .change = {.part = part, .sequencer = core_.next_sequencer(caller.now)},
        .now = caller.now,
        .depth = caller.trace.depth};
    for (const auto* rule : rules_for_part(*rules, place.key, record, part)) {
        auto* target = find_target(record, destination_of(*rule));
        // What was there before its rule is replicated in a batch only.
        if (target == nullptr && !record.replication.is_replica) continue;
        if (target == nullptr) {
            ONPUT_TRY(target, add_target(place, record, destination_of(*rule), *rules));
        }
        if (!is_pending(*target)) {
            make_pending(place, record, *target, *rule, reason, batch);
            continue;
        }
        name_changes(*target);
        add_change(*target, reason.change);
    }
    return {};
}

void Replication::forget(const Place& place, const ObjectRecord& record, store::Batch& batch) {
    for (auto target : record.replication.targets) schedule(place, record, target, {}, batch);
}

// --- What is due -------------------------------------------------------------------------------

// The rows of a range from there on, as long as they are due.
Result<DuePage> Replication::read_due(store::Range range, const std::string& from, RowFloor& floor,
                                      Timestamp now, ParseRow parse) const {
    if (floor.is_empty()) return DuePage{.next = range.from, .is_last = true};
    const std::size_t prefix = range.from.size();
    const bool is_whole = from <= floor.row();
    range.from = std::max({range.from, from, floor.row()});
    // What is damaged among them holds up nothing.
    ONPUT_TRY(const auto rows, core_.start_view().scan(partition, range, due_rows_max));
    if (is_whole) floor.raise(rows);
    const Timestamp age = core_.age_.clock().at(now);
    DuePage page{.next = range.from, .is_last = rows.size() < due_rows_max};
    for (const auto& row : rows) {
        const std::string_view rest = std::string_view(row.key).substr(prefix);
        const auto due_at = parse_time(rest);
        if (due_at && *due_at > age) {
            page.is_last = true;
            break;
        }
        page.next = row.key + '\0';
        auto replica = due_at ? parse(rest.substr(sizeof(std::uint64_t))) : Result<DueReplica>();
        if (!due_at || !replica) {
            page.damaged.push_back(row.key);
            continue;
        }
        replica->due_at = *due_at;
        replica->size_bytes = parse_number_bytes(row.value).value_or(0);
        replica->row = row.key;
        page.due.push_back(*std::move(replica));
    }
    return page;
}

Result<DuePage> Replication::due(const std::string& destination, const std::string& from,
                                 Timestamp now) {
    ONPUT_TRY(auto page, read_due(replica_due_rows(destination), from, pending_.floor(destination),
                                  now, &parse_version));
    for (auto& replica : page.due) replica.destination = destination;
    return page;
}

// A row that fits no version any more is removed. The destination is `open`'s.
Result<std::optional<Replication::Case>> Replication::find(const DueReplica& due,
                                                           Effects& effects) {
    ONPUT_TRY(const Bucket* const source, find_bucket(core_.buckets_, due.bucket));
    ONPUT_TRY(auto version, KeyRows(core_.view_, due.bucket, due.key).at(due.sequencer));
    ReplicationTarget* target = version ? find_target(version->record, due.destination) : nullptr;
    if (source == nullptr || target == nullptr || target->due_at != due.due_at) {
        effects.batch_of(partition).remove(due.row);
        return std::nullopt;
    }
    const auto index =
        static_cast<std::size_t>(target - version->record.replication.targets.data());
    return Case{.key = due.key, .source = source, .version = *std::move(version), .target = index};
}

Result<std::optional<Replication::Case>> Replication::open(const DueReplica& due,
                                                           Effects& effects) {
    ONPUT_TRY(auto found, find(due, effects));
    if (!found) return found;
    ONPUT_TRY(const auto* const rules, rules_.of(due.bucket));
    found->rule = rule_of(rules, found->key, found->version.record, found->chosen());
    found->endpoint = core_.options_.endpoints.find(due.destination);
    if (found->endpoint != nullptr) return found;
    ONPUT_TRY(found->destination, find_bucket(core_.buckets_, due.destination));
    return found;
}

Result<void> Replication::postpone(const DueReplica& due, Timestamp now, Effects& effects) {
    ONPUT_TRY(auto opened, find(due, effects));
    if (!opened) return {};
    auto& target = opened->chosen();
    ++target.attempts;
    auto& batch = effects.batch_of(partition);
    schedule(opened->place(), opened->version.record, target,
             {.due_at = core_.age_now(now) + retry_delay(target.attempts),
              .late_at = target.threshold_at},
             batch);
    opened->rows(core_.view_).rewrite(opened->version, batch);
    return {};
}

Result<void> Replication::fail_case(Case& replica, std::string_view reason, Timestamp now,
                                    Effects& effects) {
    auto& target = replica.chosen();
    const bool has_event = target.has_metrics;
    target.status = ReplicationStatus::failed;
    store::Batch rows{std::string(partition)};
    schedule(replica.place(), replica.version.record, target, {}, rows);
    replica.rows(core_.view_).rewrite(replica.version, rows);
    replica.outcome = {.kind = ReplicaOutcome::Kind::failed, .reason = reason};
    if (!has_event) {
        effects.changes.push_back({{std::move(rows)}});
        return {};
    }
    ONPUT_TRY(auto change, begin_event(failed_event, replica, now));
    change.event.replication->failure_reason = reason;
    change.commit.batch = std::move(rows);
    static_cast<void>(core_.commit_change(std::move(change), {}, effects));
    return {};
}

void Replication::complete(Case& replica, Timestamp now, store::Batch& batch) {
    auto& target = replica.chosen();
    target.status = ReplicationStatus::completed;
    target.changes.clear();
    schedule(replica.place(), replica.version.record, target, {}, batch);
    replica.rows(core_.view_).rewrite(replica.version, batch);
    replica.outcome = {.kind = ReplicaOutcome::Kind::completed,
                       .latency = now - target.requested_at};
}

// Behind the change that completed it.
Result<void> Replication::tell_late_completion(Case& replica, Timestamp now, Effects& effects) {
    const auto& target = replica.chosen();
    if (!target.has_missed_threshold) return {};
    ONPUT_TRY(auto change, begin_event(late_event, replica, now));
    change.event.replication->threshold_ms = milliseconds_of(core_.options_.replication_threshold);
    change.event.replication->replicated_ms = milliseconds_of(now - target.requested_at);
    core_.join_change(std::move(change), effects);
    return {};
}

// The rule has no metrics any more: what becomes of the version is told to nobody.
Result<void> Replication::untrack(Case& replica, Timestamp now, Effects& effects) {
    auto& target = replica.chosen();
    ONPUT_TRY(auto change, begin_event(untracked_event, replica, now));
    target.has_metrics = false;
    target.has_missed_threshold = false;
    schedule(replica.place(), replica.version.record, target, {.due_at = target.due_at},
             change.commit.batch);
    replica.rows(core_.view_).rewrite(replica.version, change.commit.batch);
    static_cast<void>(core_.commit_change(std::move(change), {}, effects));
    return {};
}

Result<Replication::ObjectChange> Replication::begin_event(std::string_view name,
                                                           const Case& replica, Timestamp now) {
    const ObjectRecord& record = replica.version.record;
    const auto& target = replica.chosen();
    Caller caller = StorageCore::own_caller(*replica.source, now);
    caller.trace = own_trace(record);
    caller.trace.depth = target.depth;
    ONPUT_TRY(auto change, core_.begin_change(
                               StorageCore::own_event(name, *replica.source, replica.key), caller));
    change.describe(*replica.source, record);
    change.event.replication = schema::ReplicationEvent{
        .rule_id = target.rule_id,
        .destination_bucket = fmt::format("{}{}", schema::bucket_arn_prefix, target.destination),
        .operation = target.operation,
        .requested_at = target.requested_at};
    return change;
}

// --- What is late ------------------------------------------------------------------------------

Result<DuePage> Replication::late(const std::string& from, Timestamp now) {
    return read_due(replica_late_rows(), from, pending_.late_floor(), now, &parse_late_version);
}

Result<void> Replication::tell_late(const DueReplica& late, Timestamp now, Effects& effects) {
    ONPUT_TRY(const Bucket* const source, find_bucket(core_.buckets_, late.bucket));
    ONPUT_TRY(auto version, KeyRows(core_.view_, late.bucket, late.key).at(late.sequencer));
    auto* target = version ? find_target(version->record, late.destination) : nullptr;
    if (source == nullptr || target == nullptr || target->threshold_at != late.due_at) {
        effects.batch_of(partition).remove(late.row);
        return {};
    }
    const auto index =
        static_cast<std::size_t>(target - version->record.replication.targets.data());
    Case replica{
        .key = late.key, .source = source, .version = *std::move(version), .target = index};
    auto& chosen = replica.chosen();
    ONPUT_TRY(auto change, begin_event(missed_event, replica, now));
    change.event.replication->threshold_ms = milliseconds_of(core_.options_.replication_threshold);
    chosen.has_missed_threshold = true;
    schedule(replica.place(), replica.version.record, chosen, {.due_at = chosen.due_at},
             change.commit.batch);
    replica.rows(core_.view_).rewrite(replica.version, change.commit.batch);
    static_cast<void>(core_.commit_change(std::move(change), {}, effects));
    return {};
}

Result<void> Replication::check_rows() const {
    std::size_t due = 0;
    std::size_t late = 0;
    const auto count = [&](const store::Row& row) -> Result<void> {
        ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
        for (const auto& target : record.replication.targets) {
            const bool is_pending = target.status == ReplicationStatus::pending;
            if (is_pending != (target.due_at != Timestamp{}))
                return onput::fail(ErrorCode::corruption, "a pending replica is not due");
            due += is_pending ? 1 : 0;
            late += target.threshold_at != Timestamp{} ? 1 : 0;
        }
        return {};
    };
    ONPUT_TRY_VOID(service::for_each_row(core_.view_, partition, object_rows(), count));
    ONPUT_TRY_VOID(service::for_each_row(core_.view_, partition, version_rows(), count));
    const auto tick = [](std::size_t& left) {
        return [&left](const store::Row&) -> Result<void> {
            if (left-- > 0) return {};
            return onput::fail(ErrorCode::corruption, "a row of a replica has no version");
        };
    };
    ONPUT_TRY_VOID(service::for_each_row(core_.view_, partition, replica_due_rows(), tick(due)));
    ONPUT_TRY_VOID(service::for_each_row(core_.view_, partition, replica_late_rows(), tick(late)));
    if (due != 0 || late != 0)
        return onput::fail(ErrorCode::corruption, "a version's replication has no row");
    PendingReplicas anew(core_.options_.inline_bytes_max);
    ONPUT_TRY_VOID(anew.restore(core_.view_));
    if (anew.all() == pending_.all()) return {};
    return onput::fail(ErrorCode::corruption, "what is to be replicated is miscounted");
}

// --- What is there already ---------------------------------------------------------------------

Result<schema::ObjectsReplicated> Replication::replicate_objects(
    const schema::ReplicateObjects& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, core_.buckets_.find(request.bucket, caller));
    ONPUT_TRY(const auto* const rules, rules_.of(request.bucket));
    if (rules == nullptr)
        return fail(ErrorCode::not_found,
                    fmt::format("bucket {} has no replication configuration: put one first",
                                request.bucket),
                    "no_replication_configuration");
    if (!request.is_dry_run) ONPUT_TRY_VOID(core_.room_.check());
    schema::ObjectsReplicated page;
    const bool goes_on = request.from >= request.prefix;
    VersionWalk walk(bucket->record.name, goes_on ? request.from : request.prefix,
                     goes_on ? request.from_sequencer : 0);
    bool is_last = false;
    while (!is_last && page.examined < replicate_page_rows) {
        ONPUT_TRY(auto read, walk.next(core_.view_, replicate_page_rows));
        is_last = read.is_last;
        for (auto& version : read.versions) {
            if (!version.key.starts_with(request.prefix)) {
                is_last = is_last || version.key > request.prefix;
                continue;
            }
            ++page.examined;
            ONPUT_TRY_VOID(replicate_again(*rules, version, request, caller, {page, effects}));
        }
    }
    if (is_last) return page;
    page.next = walk.from();
    page.next_sequencer = walk.behind();
    return page;
}

Result<void> Replication::replicate_again(const schema::ReplicationConfiguration& rules,
                                          const WalkedVersion& walked,
                                          const schema::ReplicateObjects& request,
                                          const Caller& caller, const Page& page) {
    if (walked.record.replication.is_replica) return {};
    KeyRows::Version version{.record = walked.record};
    const Place place{.bucket = request.bucket, .key = walked.key};
    store::Batch batch{std::string(partition)};
    for (const auto* rule : rules_for(rules, walked.key, walked.record)) {
        auto* target = find_target(version.record, destination_of(*rule));
        if (target != nullptr && target->status != ReplicationStatus::failed) continue;
        if (target == nullptr && request.is_failed_only) continue;
        schema::ReplicatedChange change{.sequencer = walked.record.sequencer};
        if (target == nullptr) {
            ONPUT_TRY(target, add_target(place, version.record, destination_of(*rule), rules));
        } else {
            // The parts that failed are tried again.
            name_changes(*target);
            if (!target->changes.empty()) change = target->changes.front();
        }
        make_pending(place, version.record, *target, *rule, {.change = change, .now = caller.now},
                     batch);
    }
    if (batch.empty()) return {};
    ++page.answer.queued;
    page.answer.queued_bytes += walked.record.size_bytes;
    if (request.is_dry_run) return {};
    const KeyRows rows(core_.view_, request.bucket, walked.key);
    ONPUT_TRY(const auto there, rows.at(walked.record.sequencer));
    ONPUT_CHECK(there.has_value());
    version.is_current = there->is_current;
    auto& all = page.effects.batch_of(partition);
    for (const auto& change : batch.changes()) {
        if (change.value) all.put(change.key, *change.value);
    }
    rows.rewrite(version, all);
    return {};
}

}  // namespace onput::storage
