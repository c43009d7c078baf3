#include "tests/sim/storage_node.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/objects/records.hpp"
#include "tests/sim/notifier_node.hpp"

namespace onput::sim {
namespace {

constexpr std::uint64_t untidy_rows_max = 1000;

schema::NotificationRule rule(std::string arn, std::string prefix,
                              std::vector<std::string> events) {
    schema::NotificationRule made;
    made.id = "rule-" + prefix;
    using Kind = schema::DestinationKind;
    made.kind = arn == speech_arn ? Kind::function : arn == news_arn ? Kind::topic : Kind::queue;
    made.destination_arn = std::move(arn);
    made.events = std::move(events);
    if (!prefix.empty()) made.filter = {{.name = "prefix", .value = std::move(prefix)}};
    return made;
}

}  // namespace

void StorageNode::connect(NotifierNode& notifier) {
    relay_.connect(notifier, [&notifier](const auto& request, const auto& events, auto answer) {
        notifier.append(request, events, std::move(answer));
    });
}

void StorageNode::open() {
    core_ = std::make_unique<storage::StorageCore>(
        store_,
        storage::StorageCore::Options{
            .region = "us-east-1", .inline_bytes_max = 8192, .free_bytes_min = 0},
        Random(world_.random.next()));
    synced_ = 0;
    events_followed_ = 0;
    storage::Effects effects;
    const auto restored = core_->restore(world_.wall(), effects);
    ONPUT_CHECK(restored.has_value());
    commit_effects(effects);
    changes_.check_objects(*core_);
    every(seconds(1), [this] {
        storage::Effects tidied;
        if (core_->tidy(pins_, tidied)) commit_effects(tidied);
    });
    relay_.start(core_->outbox(), core_->source());
}

void StorageNode::set_up() {
    const auto with_rules = [this](const std::string& bucket,
                                   std::vector<schema::NotificationRule> rules) {
        storage::Effects created;
        ONPUT_CHECK(core_->create_bucket({.name = bucket, .region = {}}, caller(), created));
        commit_effects(created);
        schema::PutNotification request;
        request.bucket = bucket;
        request.configuration.rules = std::move(rules);
        request.skip_destination_validation = true;
        const auto checked = core_->check_notification(request, caller());
        ONPUT_CHECK(checked.has_value());
        storage::Effects effects;
        ONPUT_CHECK(core_->put_notification(bucket, *checked, {}, caller(), effects));
        commit_effects(effects);
    };
    const std::vector<std::string> created{"s3:ObjectCreated:*"};
    const std::vector<std::string> both{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"};
    with_rules(inbox, {rule(speech_arn, "text/", created), rule(changes_arn, "log/", both),
                       rule(bulk_arn, "bulk/", both), rule(news_arn, "news/", created)});
    with_rules(outbox, {rule(changes_arn, "", both)});
    store_.sync();
    store_.complete_sync();
}

storage::Caller StorageNode::caller(schema::TraceContext trace) const {
    return {.principal = {.account = account, .id = "AKID"},
            .trace = std::move(trace),
            .now = world_.wall()};
}

void StorageNode::commit_effects(storage::Effects& effects) {
    for (auto& batch : effects.batches) commit(std::move(batch));
}

// Tells the checker what was committed.
void StorageNode::follow(const storage::Effects& effects, const PutCommand& command) {
    if (effects.event_number == 0 || is_failing()) return;
    const auto row = store_.get(storage::partition, storage::outbox_row(effects.event_number));
    ONPUT_CHECK(row && *row);
    const auto event = schema::decode<schema::ObjectEvent>(**row);
    ONPUT_CHECK(event.has_value());
    changes_.committed({.number = effects.event_number,
                        .ticket = store_.last_ticket(),
                        .event = *event,
                        .body = command.bytes,
                        .idempotency_key = command.object.idempotency_key},
                       command.object.conditions);
}

void StorageNode::put(const PutCommand& command, Answer<schema::ObjectPut> answer) {
    storage::Effects effects;
    auto reply = core_->put_object(command.object, {.bytes = command.bytes, .blob = {}},
                                   caller(command.trace), effects);
    commit_effects(effects);
    follow(effects, command);
    answer_when_durable(std::move(answer), std::move(reply));
}

void StorageNode::remove(const schema::DeleteObject& request,
                         Answer<schema::ObjectDeleted> answer) {
    storage::Effects effects;
    auto reply = core_->delete_object(request, caller(), effects);
    commit_effects(effects);
    follow(effects, {});
    answer_when_durable(std::move(answer), std::move(reply));
}

void StorageNode::get(const schema::GetObject& request, Answer<storage::Reading> answer) {
    answer_when_durable(std::move(answer), core_->get_object(request, caller()));
}

void StorageNode::on_turn_end() {
    const bool has_commits = store_.last_ticket() > synced_;
    if (has_commits || core_->outbox().untidy() >= untidy_rows_max) {
        storage::Effects effects;
        if (core_->tidy(pins_, effects)) commit_effects(effects);
    }
    core_->check_invariants();
    if (store_.last_ticket() == synced_) return;
    synced_ = store_.last_ticket();
    sync();
    const std::uint64_t last = core_->last_event();
    if (last == events_followed_) return;
    events_followed_ = last;
    when_durable([this, last] {
        core_->on_durable(last);
        relay_.pump();
    });
}

bool StorageNode::is_idle() const {
    return core_ && core_->outbox().waiting() == 0 && held() == 0;
}

void StorageNode::check() {
    changes_.check_objects(*core_);
    const auto rows = core_->check_rows();
    world_.expect(rows.has_value(), "storage's rows fit each other");
}

}  // namespace onput::sim
