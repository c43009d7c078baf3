// A notifier's core on a store that forgets, with time as a variable, in the words of its tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/store/readable_view.hpp"
#include "services/notifier/core.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::notifier {

inline const std::string queue_a = "arn:aws:sqs:us-east-1:000000000000:a";
inline const std::string queue_b = "arn:aws:sqs:us-east-1:000000000000:b";

inline const std::string account = "000000000000";
inline const std::string topic_t = "arn:aws:sns:us-east-1:000000000000:t";

// Says what it is given, without a signature.
class PlainWriter : public MessageWriter {
public:
    Result<std::string> queue_body(const schema::TopicMessage& message, const Topic&,
                                   const Subscription&) override {
        return message.message;
    }
    Result<OutboundMessage> outbound(const schema::TopicMessage& message, const Topic&,
                                     const Subscription& subscription) override {
        if (is_impossible) return fail(ErrorCode::invalid_argument, "nobody could send this");
        if (subscription.protocol.starts_with("http")) {
            return HttpRequest{
                .url = subscription.endpoint, .body = message.message, .is_to_operator = false};
        }
        return Mail{
            .from = "onput@localhost", .to = subscription.endpoint, .text = message.message};
    }
    bool is_impossible = false;
};

class NotifierTest : public testing::Test {
protected:
    using MemoryStore = support::MemoryStore;

    NotifierTest() {
        options.connections.new_secret = [this](std::size_t bytes) {
            return std::string(bytes, static_cast<char>(++secrets_made));
        };
        start();
    }

    // The core, told both clocks as its host does before each command.
    NotifierCore& ready() {
        core->on_clock(now, (now - set_by).time_since_epoch());
        return *core;
    }
    void start() {
        readable = std::make_unique<store::ReadableView>(store, nullptr);
        core = std::make_unique<NotifierCore>(options, *readable, Random(++lives), writer);
        Effects effects;
        ASSERT_TRUE(ready().restore(now, effects));
        commit(std::move(effects));
        sync();
    }
    // What was not synced is gone.
    void crash() {
        core.reset();
        store.crash();
        start();
    }
    void restart_with(const CoreOptions& changed) {
        sync();
        options = changed;
        crash();
    }

    void commit(Effects effects) {
        for (auto& change : effects.changes) {
            ONPUT_CHECK(store.commit(std::move(change.batch)).has_value());
        }
        for (auto& lost : effects.undeliverable) undeliverable.push_back(std::move(lost));
        for (auto& record : effects.published) published.push_back(std::move(record));
    }
    void sync() {
        const std::uint64_t head = core->head();
        store.sync();
        store.complete_sync();
        core->on_durable(head);
        core->check_invariants();
    }

    static schema::OwedDestination owe(const std::string& arn, std::string rule = "rule") {
        return {.arn = arn, .rule_id = std::move(rule)};
    }
    schema::ObjectEvent event(std::vector<schema::OwedDestination> owed = {}) {
        schema::ObjectEvent made;
        const std::uint64_t n = ++events_made;
        made.event_id = "event-" + std::to_string(n);
        made.event_name = "ObjectCreated:Put";
        made.time = now;
        made.bucket = "b";
        made.bucket_owner = "000000000000";
        made.key = "k" + std::to_string(n);
        made.trace.trace_id = trace_id;
        made.owed = std::move(owed);
        return made;
    }

    Result<schema::EventsAppended> try_append(std::vector<std::uint64_t> numbers,
                                              const std::vector<schema::ObjectEvent>& events,
                                              std::string source = "outbox") {
        std::vector<std::string> encoded;
        for (const auto& one : events) encoded.push_back(schema::encode(one));
        return try_append_bytes(std::move(numbers), encoded, std::move(source));
    }
    Result<schema::EventsAppended> try_append_bytes(std::vector<std::uint64_t> numbers,
                                                    const std::vector<std::string>& encoded,
                                                    std::string source = "outbox") {
        const std::vector<std::string_view> views(encoded.begin(), encoded.end());
        Effects effects;
        auto result = ready().append({.source = std::move(source), .numbers = std::move(numbers)},
                                     views, {.now = now}, effects);
        commit(std::move(effects));
        core->check_invariants();
        return result;
    }
    // Appends under the next number, without a sync.
    void append(const schema::ObjectEvent& one) { ASSERT_TRUE(try_append({++last_number}, {one})); }
    void append_durably(const std::vector<schema::OwedDestination>& owed, std::size_t count = 1) {
        for (std::size_t done = 0; done < count;) {
            const std::size_t part = std::min<std::size_t>(count - done, 1000);
            std::vector<std::uint64_t> numbers;
            std::vector<schema::ObjectEvent> events;
            for (std::size_t i = 0; i < part; ++i) {
                numbers.push_back(++last_number);
                events.push_back(event(owed));
            }
            ASSERT_TRUE(try_append(std::move(numbers), events));
            done += part;
        }
        sync();
    }

    std::vector<Delivery> due() {
        auto deliveries = ready().due(now);
        ONPUT_CHECK(deliveries.has_value());
        return *std::move(deliveries);
    }
    void answer(const Delivery& delivery, Result<schema::Delivered> result) {
        Effects effects;
        ASSERT_TRUE(
            ready().on_delivered({.id = delivery.id, .result = std::move(result)}, now, effects));
        commit(std::move(effects));
        // It walks over all destinations, which may be thousands: not at each of as many answers.
        if (++answers < 1000 || answers % 100 == 0) core->check_invariants();
    }
    void accept(const Delivery& delivery) {
        answer(delivery, schema::Delivered{.through = delivery.message.items.back().number});
    }
    void reject(const Delivery& delivery, ErrorCode code) { answer(delivery, fail(code, "no")); }
    // Sends whatever is due, and takes it, until nothing is; returns the event ids in order.
    std::vector<std::string> deliver_all() {
        std::vector<std::string> ids;
        for (auto deliveries = due(); !deliveries.empty(); deliveries = due()) {
            for (const auto& delivery : deliveries) {
                for (const auto& item : delivery.message.items) ids.push_back(item.event_id);
                accept(delivery);
            }
        }
        return ids;
    }
    // Fails whatever is due for `arn`, again and again, until it has failed so often.
    void fail_times(const std::string& arn, std::uint32_t failures, ErrorCode code) {
        while (state_of(arn).failures < failures) {
            for (const auto& delivery : due()) {
                if (delivery.message.destination_arn == arn) {
                    reject(delivery, code);
                } else {
                    accept(delivery);
                }
            }
            now += std::chrono::seconds(1);
        }
    }
    // Sets the wall clock; the other one goes on.
    void jump(Duration by) {
        now += by;
        set_by += by;
    }
    void pass(Duration time) {
        now += time;
        run_timers();
    }
    // Until the core has nothing to do at this moment.
    void run_timers() {
        for (int i = 0; i < 10'000; ++i) {
            Effects effects;
            ONPUT_CHECK(ready().on_time(now, effects).has_value());
            const bool is_idle = effects.changes.empty();
            commit(std::move(effects));
            core->check_invariants();
            if (is_idle) return;
        }
        FAIL() << "the core never comes to rest";
    }
    schema::DestinationState state_of(const std::string& arn) {
        for (auto& state : core->list_destinations().destinations) {
            if (state.arn == arn) return state;
        }
        return {};
    }

    // Topics.
    [[nodiscard]] Caller owner() const {
        return {.principal = {.account = account, .id = "AKID"},
                .trace = {.trace_id = trace_id, .depth = 0},
                .now = now,
                .trace_header = trace_header};
    }
    template <typename M>
    auto apply(const M& request) {
        Effects effects;
        auto answer = ready().apply(request, owner(), effects);
        commit(std::move(effects));
        core->check_invariants();
        return answer;
    }
    void create_topic(const std::string& name = "t",
                      std::map<std::string, std::string> attributes = {}) {
        ASSERT_TRUE(apply(schema::CreateTopic{.name = name, .attributes = std::move(attributes)}));
    }
    // Its ARN. One that must confirm stays pending.
    std::string subscribe(const std::string& protocol, const std::string& endpoint,
                          std::map<std::string, std::string> attributes = {}) {
        const auto info = apply(schema::Subscribe{.topic_arn = topic_t,
                                                  .protocol = protocol,
                                                  .endpoint = endpoint,
                                                  .attributes = std::move(attributes)});
        ONPUT_CHECK(info.has_value());
        return info->arn;
    }
    const Subscription* find_subscription(const std::string& arn) const {
        for (const auto& [number, one] : core->topics().subscriptions()) {
            if (one.arn == arn) return &one;
        }
        return nullptr;
    }
    // Subscribed and confirmed, its confirmation taken.
    std::string subscribe_webhook(const std::string& endpoint,
                                  std::map<std::string, std::string> attributes = {},
                                  const std::string& protocol = "https") {
        const std::string arn = subscribe(protocol, endpoint, std::move(attributes));
        sync();
        for (const auto& delivery : outbound_due()) take(delivery);
        const auto confirmed = apply(schema::ConfirmSubscription{
            .topic_arn = topic_t, .token = find_subscription(arn)->token});
        ONPUT_CHECK(confirmed.has_value());
        return arn;
    }
    // Answers the message's id; not durable yet.
    std::string publish(const std::string& text) {
        const auto answered = apply(schema::PublishMessages{
            .topic_arn = topic_t, .entries = {schema::PublishEntry{.id = "1", .message = text}}});
        ONPUT_CHECK(answered.has_value());
        return answered->entries[0].message_id;
    }
    std::vector<OutboundDelivery> outbound_due() {
        Effects effects;
        auto deliveries = ready().outbound_due(now, effects);
        ONPUT_CHECK(deliveries.has_value());
        commit(std::move(effects));
        core->check_invariants();
        return *std::move(deliveries);
    }
    void answer(const OutboundDelivery& delivery, OutboundVerdict verdict, std::int32_t status,
                std::optional<std::int64_t> retry_after_s = {}) {
        Effects effects;
        ASSERT_TRUE(
            ready().on_sent({.id = delivery.id,
                             .verdict = verdict,
                             .status_code = status,
                             .latency = std::chrono::milliseconds(12),
                             .error = status == 200 ? "" : "status " + std::to_string(status),
                             .retry_after_s = retry_after_s},
                            now, effects));
        commit(std::move(effects));
        core->check_invariants();
    }
    void take(const OutboundDelivery& delivery) {
        answer(delivery, OutboundVerdict::delivered, 200);
    }
    void fail_once(const OutboundDelivery& delivery) {
        answer(delivery, OutboundVerdict::failed, 503);
    }
    static std::string text_of(const OutboundDelivery& delivery) {
        if (const auto* mail = std::get_if<Mail>(&delivery.message)) return mail->text;
        return std::get<HttpRequest>(delivery.message).body;
    }
    // Texts of what is due at this moment, in order; it stays on its way.
    static std::vector<std::string> texts(const std::vector<OutboundDelivery>& deliveries) {
        std::vector<std::string> result;
        for (const auto& delivery : deliveries) result.push_back(text_of(delivery));
        return result;
    }
    // The bodies of this kind that were published on the bus.
    template <typename M>
    std::vector<M> journaled() const {
        std::vector<M> bodies;
        for (const auto& record : published) {
            if (auto body = schema::decode<M>(record.body)) bodies.push_back(*std::move(body));
        }
        return bodies;
    }

    // Limits::rados checks that no batch grows beyond what a distributed engine takes.
    MemoryStore store{{.sync = support::MemoryStoreOptions::Sync::manual,
                       .limits = support::MemoryStoreOptions::Limits::rados}};
    CoreOptions options;
    PlainWriter writer;
    std::size_t answers = 0;
    std::unique_ptr<store::ReadableView> readable;
    std::unique_ptr<NotifierCore> core;
    Timestamp now = from_seconds(1'800'000'000);
    Duration set_by{};
    std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    std::string trace_header;  // Of the owner's requests.
    std::vector<schema::JournalRecord> published;
    std::vector<Undeliverable> undeliverable;
    std::uint64_t last_number = 0;
    std::uint64_t events_made = 0;
    std::uint64_t lives = 0;
    std::uint64_t secrets_made = 0;
};

}  // namespace onput::notifier
