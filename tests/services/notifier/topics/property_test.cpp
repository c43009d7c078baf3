// Random commands with restarts: what a restart reads back is what was there, a crash takes whole
// commands away, and no number is ever given twice to what survives.
//
//     notifier_topics_property_test      a failure prints the seed that repeats it
#include "tests/services/notifier/topics/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seeds = 12;
constexpr int steps = 250;
const std::string open_policy =
    R"({"Statement": {"Effect": "Allow", "Principal": "*", "Resource": "*",
        "Action": ["SNS:Subscribe", "SNS:Publish"]}})";

class TopicProperty : public TopicTest {
protected:
    // Everything that can be asked for, as one text. Asked at the beginning of time, when no
    // token has expired yet: what is hidden counts as well.
    std::string dump() const {
        const auto at_first = [](const std::string& account) {
            return Caller{.principal = {.account = account}};
        };
        std::string all;
        const auto add = [&all](const auto& text) {
            all += text;
            all += '\n';
        };
        for (const std::string& account : {owner, stranger}) {
            const auto page = book->list({}, at_first(account));
            for (const auto& arn : page->arns) {
                const auto info = book->get({.arn = arn}, at_first(account));
                add(info ? schema::encode(*info) : info.error().message);
                const Topic* topic = book->find(arn);
                add(topic->display_name + std::to_string(topic->signature_version));
                add(topic->policy ? "policy" : "none");
                add(format_effective_policy(topic->http_policy, true));
                add(arn + std::to_string(book->match({.topic_arn = arn, .message = "m"}).size()));
            }
        }
        for (const auto& [number, one] : book->subscriptions()) {
            add(std::to_string(number) + one.token + std::to_string(to_micros(one.token_made_at)));
            add(one.dead_letter_arn + (one.is_raw ? "raw" : "") + (one.filter ? "filter" : ""));
            add(one.authenticate_on_unsubscribe ? "signed" : "open");
            add(format_effective_policy(one.delivery_policy, false));
            const auto info = book->get_subscription({.arn = one.arn}, at_first(owner));
            add(info ? schema::encode(*info) : info.error().message);
        }
        return all;
    }

    std::string one_of(const std::vector<std::string>& choices) {
        return choices[random.below(choices.size())];
    }
    std::string some_topic() {
        return "arn:aws:sns:us-east-1:" + some_account() + ":" + one_of({"a", "b", "c"});
    }
    std::string some_account() { return random.chance(1, 5) ? stranger : owner; }
    std::string some_subscription() {
        const auto& all = book->subscriptions();
        if (all.empty()) return "arn:aws:sns:us-east-1:000000000000:a:none";
        auto at = all.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(all.size())));
        return at->second.arn;
    }

    void change_a_topic() {
        switch (random.below(5)) {
            case 0:
                static_cast<void>(
                    create(one_of({"a", "b", "c"}),
                           random.chance(1, 3) ? Texts{{"DisplayName", "x"}} : Texts{},
                           random.chance(1, 3) ? Texts{{"t", "1"}} : Texts{}, some_account()));
                break;
            case 1:
                if (random.chance(1, 4)) static_cast<void>(remove(some_topic(), some_account()));
                break;
            case 2:
                static_cast<void>(set(some_topic(), "Policy", one_of({"", "nonsense", open_policy}),
                                      some_account()));
                break;
            case 3:
                static_cast<void>(
                    set(some_topic(), "DeliveryPolicy",
                        one_of({"", topic_retries(5),
                                R"({"http": {"disableSubscriptionOverrides": true}})"}),
                        some_account()));
                break;
            default:
                static_cast<void>(
                    change_tags(some_topic(), {{one_of({"t", "u"}), "2"}}, {one_of({"t", "u"})}));
        }
    }
    void change_a_subscription() {
        const std::string arn = some_subscription();
        switch (random.below(6)) {
            case 0:
            case 1: {
                const std::string endpoint = one_of({"1", "2", "3", "4"});
                const bool is_queue = random.chance(1, 2);
                static_cast<void>(
                    subscribe(some_topic(), is_queue ? "sqs" : "http",
                              is_queue ? queue_arn + endpoint : "http://h" + endpoint + "/",
                              random.chance(1, 3) ? Texts{{"RawMessageDelivery", "true"}} : Texts{},
                              some_account()));
                break;
            }
            case 2: {
                if (book->subscriptions().empty()) break;
                const Subscription one = find(arn);
                const auto done = confirm(one.topic_arn, one.token,
                                          random.chance(1, 2) ? owner : "", random.chance(1, 2));
                if (!one.is_confirmed && done) ++confirmed;
                break;
            }
            case 3:
                static_cast<void>(unsubscribe(arn, random.chance(1, 3) ? "" : some_account()));
                break;
            case 4:
                static_cast<void>(set_subscription(
                    arn, one_of({"FilterPolicy", "RawMessageDelivery", "FilterPolicyScope"}),
                    one_of({"", R"({"a": ["b"]})", "true", "false", "MessageBody"})));
                break;
            default:
                static_cast<void>(set_subscription(
                    arn, one_of({"RedrivePolicy", "DeliveryPolicy"}),
                    one_of({"",
                            R"({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"})",
                            retries(9)})));
        }
    }

    void play(std::uint64_t seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        random = Random(seed);
        sync();
        std::string durable = dump();
        for (int step = 0; step < steps; ++step) {
            random.chance(1, 3) ? change_a_topic() : change_a_subscription();
            if (random.chance(1, 50)) now += 20h;
            if (random.chance(1, 10)) {
                sync();
                durable = dump();
                for (const auto& [number, one] : book->subscriptions()) {
                    EXPECT_EQ(numbers.try_emplace(number, one.arn).first->second, one.arn);
                }
            }
            if (random.chance(1, 20)) {
                crash();
                ASSERT_EQ(dump(), durable);
            }
            if (random.chance(1, 20)) {
                sync();
                const std::string before = dump();
                crash();
                ASSERT_EQ(dump(), before);
                durable = before;
            }
        }
    }

    Random random{0};
    std::map<std::uint64_t, std::string> numbers;  // Of what was ever durable, with its ARN.
    std::size_t confirmed = 0;
};

TEST_F(TopicProperty, a_restart_reads_back_what_was_there) {
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) play(seed);
    // The commands came far enough for this to have meant something.
    EXPECT_GT(numbers.size(), 50U);
    EXPECT_GT(confirmed, 20U);
}

}  // namespace
}  // namespace onput::notifier
