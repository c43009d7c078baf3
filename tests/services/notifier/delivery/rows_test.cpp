// The rows of destinations as a store has them: an existing one must open, so neither keys nor
// values may change.
#include <map>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

class DeliveryRowsTest : public NotifierTest {
protected:
    using Rows = std::map<std::string, std::string>;

    static std::string key(const std::string& kind, const std::string& name, std::uint64_t number) {
        std::string result = kind + "/" + name + '\0';
        for (int shift = 56; shift >= 0; shift -= 8) {
            result += static_cast<char>((number >> shift) & 0xff);
        }
        return result;
    }
    // The number of what a record owes first.
    static std::uint64_t number(std::uint64_t sequence) { return sequence * 128; }
    // All rows of destinations.
    Rows rows() const {
        Rows found;
        for (const std::string kind : {"a", "b", "d", "u"}) {
            const auto page = store.scan("notifier", {.from = kind + "/", .to = kind + "0"}, 100);
            for (const auto& row : *page) found.emplace(row.key, row.value);
        }
        return found;
    }
};

TEST_F(DeliveryRowsTest, a_queue_has_its_cursor_one_row_per_batch_and_one_per_refused_event) {
    append_durably({owe(queue_a, "r")}, 3);
    const auto delivery = due()[0];
    schema::Delivered delivered{.through = delivery.message.items[2].number, .refused = {}};
    delivered.refused.push_back({.id = delivery.message.items[1].event_id,
                                 .message_id = {},
                                 .error_reason = "TooLong",
                                 .error_message = "no"});
    const Timestamp answered_at = now;
    answer(delivery, delivered);
    append(event({owe(queue_a, "r")}));
    DestinationRecord cursor{.arn = queue_a};
    cursor.settled_number = number(3);
    cursor.last_number = number(5);  // The fourth record says that one was refused.
    cursor.owed_total = 4;
    cursor.settled_total = 3;
    cursor.undelivered = 1;
    const DeliveryRecord batch{
        .first_number = number(1), .last_number = number(3), .time = answered_at, .attempts = 1};
    UndeliveredRecord refused;
    refused.arn = queue_a;
    refused.rule_id = "r";
    refused.sequence = 2;
    refused.event_id = "event-2";
    refused.time = answered_at;
    refused.attempts = 1;
    refused.error = "TooLong: no";
    refused.event =
        schema::decode<UndeliveredRecord>(rows().at(key("u", queue_a, number(2))))->event;
    EXPECT_EQ(schema::decode<schema::ObjectEvent>(refused.event)->key, "k2");
    EXPECT_EQ(rows(), (Rows{{"d/" + queue_a, schema::encode(cursor)},
                            {key("b", queue_a, number(3)), schema::encode(batch)},
                            {key("u", queue_a, number(2)), schema::encode(refused)}}));
}

TEST_F(DeliveryRowsTest, an_endpoint_has_its_cursor_and_one_row_per_message_that_waits) {
    create_topic();
    const std::string arn = subscribe_webhook("https://example.com/a");
    publish("first");
    publish("second");
    publish("third");
    sync();
    const auto sent = outbound_due();
    ASSERT_EQ(sent.size(), 3u);
    const std::uint64_t first = core->head() - 2;
    fail_once(sent[1]);
    take(sent[0]);
    DestinationRecord cursor{.arn = arn};
    cursor.settled_number = number(first + 2) - 1;  // The third is still in flight.
    cursor.last_number = number(first + 2);
    cursor.owed_total = 4;  // With the confirmation.
    cursor.settled_total = 2;
    cursor.subscription = 1;
    const std::string waiting = key("a", arn, number(first + 1));
    AttemptRecord attempt;
    attempt.attempts = 1;
    attempt.time = now;
    attempt.failed_at = now;
    attempt.next_at = schema::decode<AttemptRecord>(rows().at(waiting))->next_at;
    attempt.last_error = "status 503";
    EXPECT_EQ(rows(),
              (Rows{{"d/" + arn, schema::encode(cursor)}, {waiting, schema::encode(attempt)}}));
    // A row settled early counts once the cursor has passed it.
    take(sent[2]);
    cursor.settled_number = number(first + 2);
    cursor.settled_total = 3;
    EXPECT_EQ(rows().at("d/" + arn), schema::encode(cursor));
    sync();
    crash();
    EXPECT_EQ(state_of(arn).owed, 1u);
    now = attempt.next_at;
    const auto again = outbound_due();
    ASSERT_EQ(again.size(), 1u);
    take(again[0]);
    cursor.settled_total = 4;
    EXPECT_EQ(rows(), (Rows{{"d/" + arn, schema::encode(cursor)}}));
}

TEST_F(DeliveryRowsTest, dead_letters_have_a_destination_of_their_own) {
    create_topic();
    const std::string arn =
        subscribe_webhook("https://example.com/a",
                          {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    publish("hello");
    sync();
    const std::uint64_t message = core->head();
    answer(outbound_due()[0], OutboundVerdict::refused, 404);
    DestinationRecord cursor{.arn = arn};
    cursor.settled_number = number(message);
    cursor.last_number = number(message);
    cursor.owed_total = 2;
    cursor.settled_total = 2;
    cursor.subscription = 1;
    DestinationRecord letters{.arn = arn + "/dlq"};
    letters.settled_number = number(message + 1) - 1;
    letters.last_number = number(message + 1);
    letters.owed_total = 1;
    letters.subscription = 1;
    letters.is_dead_letter = true;
    letters.needed_sequence = message;
    EXPECT_EQ(rows(), (Rows{{"d/" + arn, schema::encode(cursor)},
                            {"d/" + arn + "/dlq", schema::encode(letters)}}));
}

}  // namespace
}  // namespace onput::notifier
