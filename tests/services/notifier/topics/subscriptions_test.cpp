#include "tests/services/notifier/topics/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

const std::string url = "https://user:secret@example.org:8443/hook?a=b";

TEST_F(TopicTest, queues_and_telephones_are_confirmed_at_once) {
    const std::string arn = topic();
    for (const auto& [protocol, endpoint] : std::vector<std::pair<std::string, std::string>>{
             {"sqs", queue_arn}, {"sms", "+4915112345678"}}) {
        const auto made = subscribe(arn, protocol, endpoint);
        ASSERT_TRUE(made) << outcome(made);
        EXPECT_FALSE(made->owed.has_value());
        EXPECT_FALSE(made->info.is_pending);
        EXPECT_TRUE(made->info.arn.starts_with(arn + ":"));
        EXPECT_EQ(made->info.arn.size(), arn.size() + 37);
        EXPECT_EQ(made->info.attributes.at("PendingConfirmation"), "false");
        EXPECT_EQ(made->info.attributes.at("ConfirmationWasAuthenticated"), "true");
    }
}

TEST_F(TopicTest, other_endpoints_are_owed_a_confirmation_with_a_token) {
    const std::string arn = topic();
    std::set<std::string> tokens;
    for (const auto& [protocol, endpoint] :
         std::vector<std::pair<std::string, std::string>>{{"http", "http://127.0.0.1:8080/"},
                                                          {"https", url},
                                                          {"email", "a.b+c@example.org"},
                                                          {"email-json", "root@localhost"}}) {
        const auto made = subscribe(arn, protocol, endpoint);
        ASSERT_TRUE(made) << outcome(made);
        EXPECT_TRUE(made->info.is_pending);
        ASSERT_TRUE(made->owed.has_value());
        const Subscription& subscription = find(made->info.arn);
        EXPECT_EQ(made->owed->type, schema::TopicMessageType::subscription_confirmation);
        EXPECT_EQ(made->owed->owed, std::vector<std::uint64_t>{subscription.number});
        EXPECT_EQ(made->owed->topic_arn, arn);
        EXPECT_EQ(made->owed->time, now);
        EXPECT_EQ(made->owed->event_id.size(), 32U);
        EXPECT_EQ(made->owed->message_id.size(), 36U);
        EXPECT_GE(subscription.token.size(), 64U);
        EXPECT_EQ(subscription.token.find_first_not_of("0123456789abcdef"), std::string::npos);
        tokens.insert(subscription.token);
        EXPECT_TRUE(book->match({.topic_arn = arn, .message = "m"}).empty());
    }
    EXPECT_EQ(tokens.size(), 4U);
}

TEST_F(TopicTest, subscribing_again_answers_the_same_if_what_is_given_agrees) {
    const std::string arn = topic();
    const Texts filter{{"FilterPolicy", R"({"a": ["b"]})"}};
    const std::string one = subscribed(arn, "sqs", queue_arn, filter);
    EXPECT_EQ(subscribed(arn), one);
    EXPECT_EQ(subscribed(arn, "sqs", queue_arn, {{"FilterPolicy", R"({ "a":["b"] })"}}), one);
    EXPECT_EQ(subscribed(arn, "sqs", queue_arn, {{"RawMessageDelivery", "false"}}), one);
    const std::string differs =
        "InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with "
        "different attributes";
    EXPECT_EQ(outcome(subscribe(arn, "sqs", queue_arn, {{"FilterPolicy", R"({"a": ["c"]})"}})),
              differs);
    EXPECT_EQ(outcome(subscribe(arn, "sqs", queue_arn, {{"RawMessageDelivery", "true"}})), differs);
    EXPECT_EQ(book->subscriptions().size(), 1U);
    EXPECT_NE(subscribed(topic("other")), one);
}

TEST_F(TopicTest, subscribing_a_pending_one_again_sends_its_token_again) {
    const std::string arn = topic();
    const auto first = subscribe(arn, "https", url);
    const std::string token = find(first->info.arn).token;
    now += 47h;
    const auto second = subscribe(arn, "https", url);
    ASSERT_TRUE(second && second->owed);
    EXPECT_EQ(second->info.arn, first->info.arn);
    EXPECT_EQ(second->owed->owed, first->owed->owed);
    EXPECT_NE(second->owed->event_id, first->owed->event_id);
    EXPECT_NE(second->owed->message_id, first->owed->message_id);
    // The token counts its two days from when it was sent last.
    now += 47h;
    EXPECT_EQ(confirm(arn, token)->arn, first->info.arn);
    EXPECT_FALSE(subscribe(arn, "https", url)->owed.has_value());
}

TEST_F(TopicTest, a_token_confirms_once_and_then_answers_the_same) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    const std::string token = find(hook).token;
    for (const std::string& wrong : {std::string(), std::string("abc"), token + "0",
                                     std::string(token.size(), '0'), token.substr(1)}) {
        EXPECT_EQ(outcome(confirm(arn, wrong)), "InvalidParameter: Invalid parameter: Token");
    }
    EXPECT_EQ(outcome(confirm(topic("other"), token)),
              "InvalidParameter: Invalid parameter: Token");
    EXPECT_TRUE(find(hook).token == token && !find(hook).is_confirmed);
    EXPECT_EQ(confirm(arn, token)->arn, hook);
    EXPECT_TRUE(find(hook).is_confirmed);
    EXPECT_EQ(find(hook).is_confirmation_authenticated, false);
    EXPECT_EQ(book->match({.topic_arn = arn, .message = "m"}), std::vector<std::uint64_t>{1});
    restart();
    EXPECT_EQ(confirm(arn, token, owner, true)->arn, hook);
    EXPECT_FALSE(find(hook).authenticate_on_unsubscribe);
    EXPECT_EQ(attributes_of(arn)["SubscriptionsConfirmed"], "1");
}

TEST_F(TopicTest, a_token_expires_after_two_days_and_its_subscription_with_it) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    const std::string token = find(hook).token;
    EXPECT_EQ(attributes_of(arn)["SubscriptionsPending"], "1");
    now += 48h;
    EXPECT_EQ(outcome(confirm(arn, token)), "InvalidParameter: Invalid parameter: Token");
    EXPECT_EQ(outcome(book->get_subscription({.arn = hook}, by(owner))),
              "NotFound: Subscription does not exist");
    EXPECT_EQ(outcome(set_subscription(hook, "RawMessageDelivery", "true")),
              "NotFound: Subscription does not exist");
    EXPECT_TRUE(book->list_subscriptions({.topic_arn = arn}, by(owner))->subscriptions.empty());
    // A new one, with a new number and token.
    const std::string again = subscribed(arn, "https", url);
    EXPECT_NE(again, hook);
    EXPECT_EQ(book->find_subscription(1), nullptr);
    EXPECT_EQ(find(again).number, 2U);
    EXPECT_NE(find(again).token, token);
}

TEST_F(TopicTest, expired_ones_are_removed_in_bounded_steps) {
    const std::string arn = topic();
    for (int i = 0; i < 150; ++i) subscribed(arn, "http", "http://h" + std::to_string(i) + "/");
    subscribed(arn);
    now += 48h;
    const std::string last = subscribed(arn, "http", "http://h149/");
    // 64 of the oldest, and the one that was subscribed again.
    EXPECT_EQ(book->subscriptions().size(), 151U - 65U + 1U);
    const auto expire = [this] {
        store::Batch batch{std::string(partition)};
        book->expire(now, batch, removed);
        ASSERT_TRUE(store.commit(std::move(batch)));
    };
    expire();
    EXPECT_EQ(removed.size(), 64U);
    EXPECT_EQ(removed.front(), 65U);
    expire();
    expire();
    book->check_invariants();
    EXPECT_EQ(book->subscriptions().size(), 2U);
    restart();
    EXPECT_EQ(book->subscriptions().size(), 2U);
    EXPECT_EQ(find(last).number, 152U);
}

TEST_F(TopicTest, owners_unsubscribe_and_so_does_whoever_has_the_link) {
    const std::string arn = topic();
    const std::string everybody =
        R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "SNS:Subscribe",
            "Resource": "*"}})";
    set(arn, "Policy", everybody);
    const auto foreign = [&] {
        const auto made = subscribe(arn, "sqs", queue_arn, {}, stranger);
        EXPECT_EQ(outcome(made), "fine");
        return made->info.arn;
    };
    std::string one = foreign();
    EXPECT_EQ(find(one).account, stranger);
    EXPECT_TRUE(outcome(unsubscribe(one, "222222222222")).starts_with("AuthorizationError"));
    for (const std::string& account : {stranger, owner, std::string()}) {
        EXPECT_EQ(outcome(unsubscribe(one, account)), "fine");
        EXPECT_TRUE(book->subscriptions().empty());
        one = foreign();
    }
    EXPECT_EQ(removed, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(attributes_of(arn)["SubscriptionsDeleted"], "3");
    EXPECT_EQ(outcome(unsubscribe(arn + ":8c5a4c5e-8f7e-4d3c-9b1a-2f6d7e8a9b0c")), "fine");
    EXPECT_EQ(outcome(unsubscribe(arn)), "InvalidParameter: Invalid parameter: SubscriptionId");
    EXPECT_EQ(outcome(unsubscribe("PendingConfirmation")),
              "InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at "
              "least 6 elements, not 1");
}

TEST_F(TopicTest, a_subscription_may_demand_a_signature_to_unsubscribe) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(hook).token, owner, true));
    EXPECT_TRUE(find(hook).is_confirmation_authenticated);
    EXPECT_TRUE(outcome(unsubscribe(hook, "")).starts_with("AuthorizationError: User: anonymous"));
    restart();
    EXPECT_TRUE(outcome(unsubscribe(hook, "")).starts_with("AuthorizationError: User: anonymous"));
    EXPECT_EQ(outcome(unsubscribe(hook)), "fine");
    // Who confirms without a signature cannot demand one.
    const std::string other = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(other).token, "", true));
    EXPECT_EQ(outcome(unsubscribe(other, "")), "fine");
}

TEST_F(TopicTest, whoever_follows_the_link_of_an_end_is_told_and_can_take_it_back) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(hook).token));
    const std::string first_token = find(hook).token;
    ASSERT_TRUE(unsubscribe(hook, ""));
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->type, schema::TopicMessageType::unsubscribe_confirmation);
    EXPECT_EQ(notice->topic_arn, arn);
    // Its own number: what was owed to the first is owed no more.
    EXPECT_EQ(removed, (std::vector<std::uint64_t>{1}));
    EXPECT_EQ(notice->owed, (std::vector<std::uint64_t>{2}));
    EXPECT_TRUE(notice->message.contains(hook)) << notice->message;

    restart();
    // For everybody else it is gone.
    EXPECT_TRUE(outcome(book->get_subscription({.arn = hook}, by(owner))).starts_with("NotFound"));
    EXPECT_TRUE(
        outcome(set_subscription(hook, "RawMessageDelivery", "true")).starts_with("NotFound"));
    EXPECT_TRUE(book->list_subscriptions({.topic_arn = arn}, by(owner))->subscriptions.empty());
    EXPECT_TRUE(book->match({.topic_arn = arn, .message = "m"}).empty());
    EXPECT_EQ(attributes_of(arn)["SubscriptionsPending"], "0");
    EXPECT_EQ(attributes_of(arn)["SubscriptionsDeleted"], "1");
    ASSERT_TRUE(unsubscribe(hook, ""));
    EXPECT_FALSE(notice) << "it ends once";

    EXPECT_EQ(outcome(confirm(arn, first_token)), "InvalidParameter: Invalid parameter: Token");
    const Subscription left = *book->find_subscription(2);
    EXPECT_TRUE(
        outcome(book->get_subscription({.arn = left.arn}, by(owner))).starts_with("NotFound"));
    ASSERT_TRUE(unsubscribe(left.arn, ""));
    ASSERT_TRUE(confirm(arn, left.token));
    EXPECT_EQ(book->match({.topic_arn = arn, .message = "m"}), (std::vector<std::uint64_t>{2}));
    EXPECT_EQ(outcome(book->get_subscription({.arn = left.arn}, by(owner))), "fine");
}

TEST_F(TopicTest, an_end_that_nobody_takes_back_is_final) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(hook).token));
    ASSERT_TRUE(unsubscribe(hook, ""));
    const std::string token = book->find_subscription(2)->token;
    now += 48h;
    EXPECT_EQ(outcome(confirm(arn, token)), "InvalidParameter: Invalid parameter: Token");
    subscribed(arn);
    EXPECT_EQ(book->subscriptions().size(), 1U);
    EXPECT_EQ(book->subscriptions().begin()->second.protocol, "sqs");
}

TEST_F(TopicTest, who_was_unsubscribed_can_be_subscribed_anew) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(hook).token));
    ASSERT_TRUE(unsubscribe(hook, ""));
    EXPECT_NE(subscribed(arn, "https", url), hook);
    EXPECT_EQ(book->subscriptions().size(), 1U);
}

TEST_F(TopicTest, a_signed_end_and_the_end_of_a_queues_subscription_owe_no_notice) {
    const std::string arn = topic();
    const std::string hook = subscribed(arn, "https", url);
    ASSERT_TRUE(confirm(arn, find(hook).token));
    ASSERT_TRUE(unsubscribe(hook));
    EXPECT_FALSE(notice);
    ASSERT_TRUE(unsubscribe(subscribed(arn), ""));
    EXPECT_FALSE(notice);
    EXPECT_TRUE(book->subscriptions().empty());
}

TEST_F(TopicTest, a_key_of_a_user_is_named_after_the_user) {
    const std::string arn = topic();
    Caller alice = by(owner);
    alice.principal.user = "alice";
    const auto made = run([&](store::Batch& batch) {
        return book->subscribe({.topic_arn = arn, .protocol = "sqs", .endpoint = queue_arn}, alice,
                               batch);
    });
    ASSERT_TRUE(made);
    restart();
    const auto info = book->get_subscription({.arn = made->info.arn}, by(owner));
    EXPECT_EQ(info->attributes.at("SubscriptionPrincipal"), "arn:aws:iam::000000000000:user/alice");
    alice.principal.account = stranger;
    EXPECT_TRUE(outcome(book->get({.arn = arn}, alice))
                    .contains("User: arn:aws:iam::111111111111:user/alice is not authorized"));
}

TEST_F(TopicTest, a_token_that_is_none_is_told_from_one_that_nobody_has) {
    const std::string arn = topic();
    EXPECT_EQ(outcome(confirm(arn, "nonsense")), "InvalidParameter: Invalid token");
    const std::string unknown(128, 'a');
    EXPECT_EQ(outcome(confirm(arn, unknown)), "InvalidParameter: Invalid parameter: Token");
    EXPECT_EQ(outcome(confirm(arn + "x", unknown)), "InvalidParameter: Invalid parameter: Token");
}

TEST_F(TopicTest, subscriptions_are_shown_to_their_owners_only) {
    const std::string arn = topic();
    const std::string one = subscribed(arn);
    EXPECT_TRUE(outcome(book->get_subscription({.arn = one}, by(stranger)))
                    .starts_with("AuthorizationError"));
    EXPECT_TRUE(
        outcome(book->get_subscription({.arn = one}, by(""))).starts_with("AuthorizationError"));
    EXPECT_TRUE(outcome(set_subscription(one, "RawMessageDelivery", "true", stranger))
                    .starts_with("AuthorizationError"));
    EXPECT_EQ(outcome(book->get_subscription({.arn = arn + ":x"}, by(owner))),
              "NotFound: Subscription does not exist");
    EXPECT_EQ(outcome(set_subscription(arn + ":x", "RawMessageDelivery", "true")),
              "NotFound: Subscription does not exist");
    EXPECT_TRUE(book->list_subscriptions({}, by(stranger))->subscriptions.empty());
    EXPECT_TRUE(outcome(book->list_subscriptions({}, by(""))).starts_with("AuthorizationError"));
    EXPECT_TRUE(outcome(book->list_subscriptions({.topic_arn = arn}, by(stranger)))
                    .starts_with("AuthorizationError"));
}

TEST_F(TopicTest, subscriptions_are_listed_in_pages) {
    const std::string a = topic("a");
    const std::string b = topic("b");
    for (int i = 0; i < 105; ++i) {
        subscribed(a, "sqs", queue_arn + std::to_string(i));
        subscribed(b, "http", "http://h" + std::to_string(i) + "/");
    }
    const auto count = [&](const std::string& arn) {
        std::vector<std::size_t> pages;
        std::set<std::string> seen;
        std::string after;
        do {
            const auto page =
                book->list_subscriptions({.topic_arn = arn, .after = after}, by(owner));
            EXPECT_TRUE(page);
            if (!page) break;
            pages.push_back(page->subscriptions.size());
            for (const auto& one : page->subscriptions) seen.insert(one.arn);
            after = page->next;
        } while (!after.empty());
        pages.push_back(seen.size());
        return pages;
    };
    EXPECT_EQ(count(a), (std::vector<std::size_t>{100, 5, 105}));
    EXPECT_EQ(count(""), (std::vector<std::size_t>{100, 100, 10, 210}));
    const auto page = book->list_subscriptions({.topic_arn = b}, by(owner));
    EXPECT_TRUE(page->subscriptions.front().is_pending);
    EXPECT_TRUE(page->subscriptions.front().attributes.empty());
    EXPECT_EQ(outcome(book->list_subscriptions({.topic_arn = a, .after = "x"}, by(owner))),
              "InvalidParameter: Invalid parameter: NextToken");
}

TEST_F(TopicTest, there_are_only_so_many_subscriptions) {
    options.subscriptions_per_topic_max = 2;
    options.subscriptions_per_account_max = 3;
    start();
    const std::string a = topic("a");
    const std::string b = topic("b");
    subscribed(a, "http", "http://1/");
    subscribed(a, "sqs", queue_arn);
    EXPECT_EQ(outcome(subscribe(a, "sms", "+49123")),
              "SubscriptionLimitExceeded: Subscription limit of the topic exceeded");
    EXPECT_EQ(outcome(subscribe(a, "sqs", queue_arn)), "fine");
    subscribed(b);
    EXPECT_EQ(outcome(subscribe(b, "sms", "+49123")),
              "SubscriptionLimitExceeded: Subscription limit exceeded");
    const std::string foreign = create("foreign", {}, {}, stranger)->arn;
    EXPECT_EQ(outcome(subscribe(foreign, "sms", "+49123", {}, stranger)), "fine");
    // What has expired makes room.
    now += 48h;
    EXPECT_EQ(outcome(subscribe(a, "sms", "+49123")), "fine");
    EXPECT_EQ(book->subscriptions().size(), 4U);
}

TEST_F(TopicTest, a_number_is_never_used_again) {
    const std::string arn = topic();
    const std::string one = subscribed(arn);
    unsubscribe(one);
    restart();
    EXPECT_EQ(find(subscribed(arn)).number, 2U);
    remove(arn);
    restart();
    EXPECT_EQ(find(subscribed(topic())).number, 3U);
}

TEST_F(TopicTest, ids_differ_from_life_to_life_even_with_the_same_seed) {
    const std::string arn = topic();
    const std::string one = subscribed(arn, "http", "http://1/");
    const std::string token = find(one).token;
    lives = 0;
    restart();
    const std::string two = subscribed(arn, "http", "http://2/");
    EXPECT_NE(one, two);
    EXPECT_NE(token, find(two).token);
}

}  // namespace
}  // namespace onput::notifier
