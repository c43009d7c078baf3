// Random appends, failures, lost answers, crashes and clock jumps from one seed, against these
// promises:
//   1. Every event that was answered as appended reaches each destination it is owed.
//   2. Per destination, the messages that a queue keeps are in the order of the journal.
//   3. A repeated message carries the same number and id; a number never means another message.
//   4. Sequences have no gaps, and a record that was published is never another one later.
//   5. Every message that was answered as published reaches each confirmed subscription, or its
//      dead-letter queue, or is kept as undelivered; and so does every message of an event.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

constexpr std::uint64_t seeds = 40;
constexpr int steps_per_seed = 250;
constexpr int settle_turns_max = 1000;
constexpr std::size_t destinations_used = 4;

const std::string dead_queue = "arn:aws:sqs:us-east-1:000000000000:dead";
const std::string picky_queue = "arn:aws:sqs:us-east-1:000000000000:picky";
const std::string plain_queue = "arn:aws:sqs:us-east-1:000000000000:plain";

// A queue service as the notifier may rely on it: durable, and it remembers the last number, and
// what it refused. The picky queue takes nothing that ends with a seven.
struct FakeQueue {
    struct Mark {
        std::uint64_t through = 0;
        std::vector<std::string> kept;  // Event ids with rule, in order.
        std::set<std::string> refused;
    };
    std::map<std::string, Mark> marks;  // By source and destination.
    std::map<std::pair<std::string, std::uint64_t>, std::string> id_of_number;

    static std::string name(const std::string& source, const std::string& destination) {
        return source + " to " + destination;
    }

    schema::Delivered take(const schema::Deliver& message, std::size_t items_max) {
        const std::string key = name(message.source, message.destination_arn);
        Mark& mark = marks[key];
        std::size_t taken = 0;
        for (const auto& item : message.items) {
            const auto [known, is_new] =
                id_of_number.emplace(std::pair(key, item.number), item.message_id + item.event_id);
            EXPECT_EQ(known->second, item.message_id + item.event_id);
            if (taken++ == items_max) break;
            if (item.number > mark.through) take_new(mark, message, item);
        }
        schema::Delivered delivered{.through = mark.through};
        for (const auto& item : message.items) {
            if (item.number > mark.through || !mark.refused.contains(item.event_id)) continue;
            delivered.refused.push_back(
                {.id = item.event_id, .error_reason = "AccessDenied", .error_message = "a seven"});
        }
        return delivered;
    }
    static void take_new(Mark& mark, const schema::Deliver& message,
                         const schema::DeliverItem& item) {
        mark.through = item.number;
        if (message.destination_arn == picky_queue && item.body.ends_with('7')) {
            mark.refused.insert(item.event_id);
        } else {
            mark.kept.push_back(item.event_id);
        }
    }
};

class RandomLife : public NotifierTest {
public:
    explicit RandomLife(std::uint64_t seed) : random_(seed) {}
    void TestBody() override {}

    void run() {
        set_up();
        for (int i = 0; i < steps_per_seed && !HasFailure(); ++i) step();
        settle();
        check_promises();
    }

private:
    struct Outbox {
        std::map<std::uint64_t, schema::ObjectEvent> rows;
        std::uint64_t awaited = 0;  // Number that the next sync acknowledges.
    };

    // Two queues and two webhooks; one of each has a dead-letter queue.
    void set_up() {
        const std::string redrive = R"({"deadLetterTargetArn":")" + dead_queue + R"("})";
        create_topic(
            "t", {{"Policy", R"({"Statement":[{"Effect":"Allow","Principal":{"Service":)"
                             R"("s3.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]})"}});
        subscribe("sqs", plain_queue);
        subscribe("sqs", picky_queue, {{"RedrivePolicy", redrive}});
        subscribe_webhook("https://example.com/plain");
        subscribe_webhook(
            "https://example.com/redriven",
            {{"RedrivePolicy", redrive},
             {"DeliveryPolicy", R"({"healthyRetryPolicy":{"numRetries":2,"minDelayTarget":1,)"
                                R"("maxDelayTarget":1}})"}});
        sync();
    }

    void step() {
        switch (random_.below(18)) {
            case 12:
            case 13: return publish_some();
            case 14:
            case 15:
            case 16:
            case 17: return answer_outside();
            case 0:
            case 1:
            case 2: return append_some();
            case 3:
            case 4: return finish_sync();
            case 5:
            case 6:
            case 7: return send();
            case 8:
            case 9: return answer_one();
            case 10: return tick();
            default:
                if (random_.chance(1, 4)) die();
        }
    }

    static std::string arn(std::uint64_t i) { return queue_a + std::to_string(i); }

    // An outbox sends rows again until it is told that they are durable. There are several, so that
    // what a crash took back comes again in another order.
    void append_some() {
        Outbox& outbox = outboxes_[random_.below(outboxes_.size())];
        const std::size_t fresh = random_.below(6);
        for (std::size_t i = 0; i < fresh; ++i) {
            std::vector<schema::OwedDestination> owed;
            for (std::uint64_t d = 0; d < destinations_used; ++d) {
                if (random_.chance(1, 2)) owed.push_back(owe(arn(d)));
            }
            if (random_.chance(1, 4)) owed.push_back(owe(topic_t));
            outbox.rows.emplace(++last_number, event(owed));
        }
        append_from(outbox, random_.below(outbox.rows.size() + 1));
    }

    void publish_some() {
        for (std::uint64_t left = random_.below(4); left > 0; --left) {
            unanswered_.push_back(publish("message " + std::to_string(++messages_made_)));
        }
    }

    void append_from(Outbox& outbox, std::size_t count) {
        std::vector<std::uint64_t> numbers;
        std::vector<schema::ObjectEvent> events;
        for (const auto& [number, one] : outbox.rows) {
            if (numbers.size() == count) break;
            numbers.push_back(number);
            events.push_back(one);
        }
        const auto source = "outbox-" + std::to_string(&outbox - outboxes_.data());
        const auto result = try_append(numbers, events, source);
        ASSERT_TRUE(result);
        outbox.awaited = std::max(outbox.awaited, result->through);
    }

    void finish_sync() {
        const std::uint64_t head = core->head();
        store.sync();
        store.complete_sync();
        core->on_durable(head);
        answered_.insert(unanswered_.begin(), unanswered_.end());
        unanswered_.clear();
        for (Outbox& outbox : outboxes_) {
            while (!outbox.rows.empty() && outbox.rows.begin()->first <= outbox.awaited) {
                acknowledged_.push_back(outbox.rows.begin()->second);
                outbox.rows.erase(outbox.rows.begin());
            }
        }
    }

    void send() {
        for (auto& delivery : due()) on_their_way_.push_back(std::move(delivery));
        for (auto& delivery : outbound_due()) outside_.push_back(std::move(delivery));
    }

    void receive(const OutboundDelivery& delivery) {
        received_.emplace(delivery.subscription_arn, text_of(delivery));
    }

    void answer_outside() {
        if (outside_.empty()) return;
        const std::size_t which = random_.below(outside_.size());
        const OutboundDelivery delivery = std::move(outside_[which]);
        outside_.erase(outside_.begin() + static_cast<std::ptrdiff_t>(which));
        const std::uint64_t fate = random_.below(8);
        if (fate == 0) return answer(delivery, OutboundVerdict::refused, 404);
        if (fate <= 2) return fail_once(delivery);
        receive(delivery);
        if (fate == 3) return fail_once(delivery);  // The answer was lost.
        take(delivery);
    }

    void answer_one() {
        if (on_their_way_.empty()) return;
        const std::size_t which = random_.below(on_their_way_.size());
        const Delivery delivery = std::move(on_their_way_[which]);
        on_their_way_.erase(on_their_way_.begin() + static_cast<std::ptrdiff_t>(which));
        const std::size_t items_max = random_.chance(1, 3) ? random_.below(5) : 1000;
        switch (random_.below(4)) {
            case 0: return reject(delivery, ErrorCode::unavailable);  // It did not arrive.
            case 1:
                queue_.take(delivery.message, items_max);  // It did, the answer did not.
                return reject(delivery, ErrorCode::timeout);
            default: return answer(delivery, queue_.take(delivery.message, items_max));
        }
    }

    void tick() {
        const auto millis = static_cast<std::int64_t>(random_.below(3000));
        now += std::chrono::milliseconds(random_.chance(1, 10) ? -millis * 100 : millis);
        run_timers();
    }

    void die() {
        // Some that were on their way still arrive.
        for (const auto& delivery : on_their_way_) {
            if (random_.chance(1, 2)) queue_.take(delivery.message, 1000);
        }
        on_their_way_.clear();
        for (const auto& delivery : outside_) {
            if (random_.chance(1, 2)) receive(delivery);
        }
        outside_.clear();
        unanswered_.clear();
        core.reset();
        if (random_.chance(1, 2)) {
            store.crash();
        } else {
            const auto lost = store.last_ticket() - store.durable();
            store.crash_keeping(store.durable() + random_.below(lost + 1));
        }
        for (Outbox& outbox : outboxes_) outbox.awaited = 0;
        start();
    }

    [[nodiscard]] bool is_settled() const {
        const auto list = core->list_destinations();
        const bool is_handed_over = std::ranges::all_of(
            outboxes_, [](const Outbox& outbox) { return outbox.rows.empty(); });
        return is_handed_over && std::ranges::all_of(list.destinations, [](const auto& state) {
                   return state.owed == 0;
               });
    }

    void settle() {
        for (int i = 0; i < settle_turns_max && !is_settled(); ++i) {
            for (Outbox& outbox : outboxes_) append_from(outbox, outbox.rows.size());
            finish_sync();
            send();
            for (const auto& delivery : on_their_way_) {
                answer(delivery, queue_.take(delivery.message, 1000));
            }
            on_their_way_.clear();
            for (const auto& delivery : outside_) {
                receive(delivery);
                take(delivery);
            }
            outside_.clear();
            now += std::chrono::minutes(2);
            run_timers();
        }
    }

    void check_promises() {
        EXPECT_TRUE(is_settled());
        std::map<std::string, std::vector<std::string>> expected;
        std::set<std::string> journaled_ids;
        std::set<std::string> journaled_messages;
        for (std::uint64_t at = 1; at <= core->head();) {
            const auto next = core->fetch({.from_sequence = at, .records_max = 500});
            ASSERT_TRUE(next);
            for (const auto& bytes : next->records) {
                const auto record = schema::decode<schema::JournalRecord>(bytes);
                ASSERT_EQ(record->sequence, at++);
                const auto body = decode_body(record->body);
                ASSERT_TRUE(body);
                if (std::holds_alternative<schema::DeliveryAttempt>(*body)) continue;
                EXPECT_TRUE(journaled_ids.insert(event_id_of(*body)).second) << "journaled twice";
                if (const auto* message = std::get_if<schema::TopicMessage>(&*body)) {
                    journaled_messages.insert(message->message_id);
                    check_message(*message);
                    continue;
                }
                const auto& one = std::get<schema::ObjectEvent>(*body);
                for (const auto& owed : one.owed) {
                    if (owed.arn != topic_t) expected[owed.arn].push_back(one.event_id);
                }
            }
        }
        for (const auto& one : acknowledged_) EXPECT_TRUE(journaled_ids.contains(one.event_id));
        for (const auto& id : answered_) EXPECT_TRUE(journaled_messages.contains(id));
        for (const auto& [name, ids] : expected) {
            EXPECT_EQ(queue_.marks[FakeQueue::name(core->epoch(), name)].kept, ids) << name;
        }
    }

    void check_message(const schema::TopicMessage& message) {
        if (message.type != schema::TopicMessageType::notification) return;
        EXPECT_GE(message.owed.size(), 4u);
        for (const std::uint64_t number : message.owed) {
            const Subscription* subscription = core->topics().find_subscription(number);
            ASSERT_TRUE(subscription);
            EXPECT_TRUE(has_ended(message, *subscription))
                << message.message << " is lost for " << subscription->endpoint;
        }
    }
    bool has_ended(const schema::TopicMessage& message, const Subscription& subscription) {
        const std::string source = core->epoch() + '/' + std::to_string(subscription.number);
        const auto kept = [&](const std::string& from, const std::string& to) {
            const auto& ids = queue_.marks[FakeQueue::name(from, to)].kept;
            return std::ranges::count(ids, message.event_id);
        };
        // An endpoint's dead letter may come twice: what was settled before an older one, and then
        // forgotten in a crash, is tried again.
        EXPECT_LE(kept(source, subscription.endpoint), 1) << "kept twice";
        const bool is_undelivered = std::ranges::any_of(undeliverable, [&](const auto& lost) {
            return lost.event_id == message.event_id && lost.arn == subscription.arn;
        });
        return received_.contains({subscription.arn, message.message}) || is_undelivered ||
               kept(source, subscription.endpoint) > 0 || kept(source + "/dlq", dead_queue) > 0;
    }

    Random random_;
    FakeQueue queue_;
    std::array<Outbox, 3> outboxes_;
    std::vector<schema::ObjectEvent> acknowledged_;
    std::vector<Delivery> on_their_way_;
    std::vector<OutboundDelivery> outside_;
    std::set<std::pair<std::string, std::string>> received_;  // Subscription and text.
    std::vector<std::string> unanswered_;                     // Ids of messages.
    std::set<std::string> answered_;
    std::uint64_t messages_made_ = 0;
};

TEST(NotifierProperty, every_owed_event_is_delivered_in_order_through_failures_and_crashes) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomLife life(seed);
        life.run();
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace onput::notifier
