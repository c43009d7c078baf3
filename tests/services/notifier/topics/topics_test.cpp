#include "services/notifier/topics/topic_records.hpp"
#include "tests/services/notifier/topics/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

std::string statement(const std::string& body) {
    return R"({"Version": "2012-10-17", "Statement": [{)" + body + "}]}";
}

std::string allow(const std::string& principal, const std::string& action) {
    return statement(R"("Effect": "Allow", "Principal": )" + principal + R"(, "Action": ")" +
                     action + R"(", "Resource": "*")");
}

TEST_F(TopicTest, names_are_checked_and_fifo_is_refused_clearly) {
    EXPECT_EQ(create("News_and-more9")->arn, "arn:aws:sns:us-east-1:000000000000:News_and-more9");
    EXPECT_EQ(outcome(create(std::string(256, 'a'))), "fine");
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a.b"), std::string("a:b"),
          std::string(257, 'a'), std::string("nul\0", 4), std::string(".fifo")}) {
        EXPECT_EQ(outcome(create(name)), "InvalidParameter: Invalid parameter: Topic Name") << name;
    }
    EXPECT_EQ(outcome(create("orders.fifo")),
              "InvalidParameter: Invalid parameter: Topic Name Reason: FIFO topics are not "
              "supported here");
}

TEST_F(TopicTest, creating_it_again_answers_it_if_what_is_given_agrees) {
    const Texts attributes{{"DisplayName", "News"}};
    const std::string arn = create("news", attributes, {{"team", "a"}})->arn;
    EXPECT_EQ(create("news")->arn, arn);
    EXPECT_EQ(create("news", attributes, {{"team", "a"}})->arn, arn);
    // What is the default agrees with what was never set.
    EXPECT_EQ(create("news", {{"SignatureVersion", "1"}, {"TracingConfig", "PassThrough"}})->arn,
              arn);
    EXPECT_EQ(create("news", {{"Policy", attributes_of(arn)["Policy"]}})->arn, arn);
    EXPECT_EQ(outcome(create("news", {{"DisplayName", "Other"}})),
              "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with "
              "different attributes");
    EXPECT_EQ(outcome(create("news", {}, {{"team", "b"}})),
              "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with "
              "different tags");
}

TEST_F(TopicTest, attributes_that_nothing_would_act_on_are_refused) {
    const std::string arn = topic();
    const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> cases{
        {{"KmsMasterKeyId", "alias/aws/sns"},
         "KmsMasterKeyId: encryption by KMS is not supported "
         "here"},
        {{"FifoTopic", "true"}, "FifoTopic: FIFO topics are not supported here"},
        {{"ContentBasedDeduplication", "true"},
         "ContentBasedDeduplication: FIFO topics are not supported here"},
        {{"TracingConfig", "Active"}, "TracingConfig: Active tracing is not supported here"},
        {{"TracingConfig", "Sometimes"},
         "TracingConfig: Invalid value [Sometimes]. Must be PassThrough or Active."},
        {{"SignatureVersion", "3"}, "SignatureVersion: Invalid value [3]. Must be 1 or 2."},
        {{"SQSSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/r"},
         "SQSSuccessFeedbackRoleArn: delivery status logs are not supported here; see onput tail"},
        {{"DisplayName", std::string(101, 'x')}, "DisplayName"},
        {{"DisplayName", "two\nlines"}, "DisplayName"},
        {{"DeliveryPolicy", "[]"}, "DeliveryPolicy: "},
    };
    for (const auto& [attribute, text] : cases) {
        const auto& [name, value] = attribute;
        EXPECT_TRUE(outcome(set(arn, name, value))
                        .starts_with("InvalidParameter: Invalid parameter: " + text))
            << outcome(set(arn, name, value));
        EXPECT_TRUE(
            outcome(create("other", {attribute}))
                .starts_with("InvalidParameter: Invalid parameter: Attributes Reason: " + text))
            << outcome(create("other", {attribute}));
    }
    EXPECT_EQ(outcome(set(arn, "Owner", "x")),
              "InvalidParameter: Invalid parameter: AttributeName");
    EXPECT_EQ(outcome(create("other", {{"Colour", "red"}})),
              "InvalidParameter: Invalid parameter: Attributes Reason: Unknown attribute Colour");
    EXPECT_EQ(outcome(create("plain", {{"FifoTopic", "false"}, {"KmsMasterKeyId", ""}})), "fine");
}

TEST_F(TopicTest, a_fresh_topic_shows_what_aws_shows) {
    const std::string arn = topic();
    const Texts shown = attributes_of(arn);
    EXPECT_EQ(shown.at("TopicArn"), arn);
    EXPECT_EQ(shown.at("Owner"), owner);
    EXPECT_EQ(shown.at("DisplayName"), "");
    EXPECT_EQ(shown.at("SubscriptionsConfirmed"), "0");
    EXPECT_EQ(shown.at("SubscriptionsPending"), "0");
    EXPECT_EQ(shown.at("SubscriptionsDeleted"), "0");
    EXPECT_NE(shown.at("EffectiveDeliveryPolicy").find(R"("numRetries":3)"), std::string::npos);
    EXPECT_EQ(shown.at("Policy"),
              R"({"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":)"
              R"("__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":)"
              R"(["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
              R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",)"
              R"("SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":")" +
                  arn + R"(","Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]})");
    EXPECT_EQ(shown.size(), 8U);
}

TEST_F(TopicTest, the_default_policy_set_as_it_is_shown_changes_nothing) {
    const std::string arn = topic();
    EXPECT_EQ(outcome(set(arn, "Policy", attributes_of(arn)["Policy"])), "fine");
    EXPECT_EQ(outcome(set(arn, "DisplayName", "x")), "fine");
    EXPECT_TRUE(outcome(set(arn, "DisplayName", "x", stranger)).starts_with("AuthorizationError"));
    const schema::TopicMessage from_bucket{.topic_arn = arn,
                                           .service = "s3.amazonaws.com",
                                           .source_arn = "arn:aws:s3:::b",
                                           .source_account = owner};
    EXPECT_TRUE(outcome(book->authorize_publish(from_bucket)).starts_with("AuthorizationError"));
}

TEST_F(TopicTest, set_attributes_are_shown_and_empty_ones_are_reset) {
    const std::string arn = topic();
    EXPECT_EQ(outcome(set(arn, "DisplayName", "Ä news")), "fine");
    EXPECT_EQ(outcome(set(arn, "SignatureVersion", "2")), "fine");
    EXPECT_EQ(outcome(set(arn, "TracingConfig", "PassThrough")), "fine");
    EXPECT_EQ(outcome(set(arn, "Policy", allow("\"*\"", "sns:Publish"))), "fine");
    Texts shown = attributes_of(arn);
    EXPECT_EQ(shown["DisplayName"], "Ä news");
    EXPECT_EQ(shown["SignatureVersion"], "2");
    EXPECT_EQ(shown["TracingConfig"], "PassThrough");
    EXPECT_EQ(shown["Policy"], allow("\"*\"", "sns:Publish"));
    EXPECT_EQ(book->find(arn)->signature_version, 2);
    EXPECT_EQ(book->find(arn)->display_name, "Ä news");
    EXPECT_TRUE(book->find(arn)->policy.has_value());
    set(arn, "Policy", "");
    set(arn, "DisplayName", "");
    EXPECT_FALSE(book->find(arn)->policy.has_value());
    EXPECT_EQ(attributes_of(arn)["DisplayName"], "");
}

TEST_F(TopicTest, an_attribute_that_is_not_as_expected_is_left_alone) {
    const std::string arn = topic();
    const std::string shown = attributes_of(arn)["Policy"];
    const std::string first = allow("\"*\"", "sns:Publish");
    EXPECT_EQ(outcome(set_if(arn, "Policy", first, shown)), "fine");
    const auto late = set_if(arn, "Policy", allow("\"*\"", "sns:Subscribe"), shown);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
    EXPECT_EQ(late.error().reason, "attribute_changed");
    EXPECT_EQ(attributes_of(arn)["Policy"], first);
}

TEST_F(TopicTest, a_policy_is_parsed_when_it_is_set) {
    const std::string arn = topic();
    const std::string out_of_scope = "Policy statement action out of service scope!";
    for (const char* action : {"sqs:SendMessage", "s3:*", "*", "sns:ListTopics", "sns:Nothing*"}) {
        EXPECT_EQ(outcome(set(arn, "Policy", allow("\"*\"", action))),
                  "InvalidParameter: Invalid parameter: " + out_of_scope)
            << action;
    }
    EXPECT_EQ(outcome(create("b", {{"Policy", allow("\"*\"", "sqs:SendMessage")}})),
              "InvalidParameter: Invalid parameter: Attributes Reason: " + out_of_scope);
    for (const char* action : {"SNS:Publish", "sns:publish", "SNS:*", "sns:Get*"}) {
        EXPECT_EQ(outcome(set(arn, "Policy", allow("\"*\"", action))), "fine") << action;
    }
    for (const std::string& policy :
         {std::string("nonsense"), std::string("[]"), statement(R"("Effect": "Allow")"),
          std::string(30'000, ' ')}) {
        EXPECT_TRUE(outcome(set(arn, "Policy", policy))
                        .starts_with("InvalidParameter: Invalid parameter: Policy Error: "))
            << outcome(set(arn, "Policy", policy));
    }
    // One statement that is not in a list is checked as well.
    EXPECT_EQ(outcome(set(arn, "Policy",
                          R"({"Statement": {"Effect": "Deny", "Principal": "*", "Resource": "*",
                              "Action": ["sns:Publish", "sqs:SendMessage"]}})")),
              "InvalidParameter: Invalid parameter: " + out_of_scope);
}

TEST_F(TopicTest, other_accounts_may_do_what_the_policy_allows_and_nothing_else) {
    const std::string arn = topic();
    const auto get = [&](const std::string& account) {
        return outcome(book->get({.arn = arn}, by(account)));
    };
    EXPECT_EQ(get(stranger),
              "AuthorizationError: User: arn:aws:iam::111111111111:root is not authorized to "
              "perform: SNS:GetTopicAttributes on resource: " +
                  arn +
                  " because no resource-based policy allows the SNS:GetTopicAttributes action");
    EXPECT_TRUE(outcome(remove(arn, stranger)).starts_with("AuthorizationError"));
    EXPECT_TRUE(outcome(set(arn, "DisplayName", "x", stranger)).starts_with("AuthorizationError"));
    EXPECT_TRUE(
        outcome(subscribe(arn, "sqs", queue_arn, {}, stranger)).starts_with("AuthorizationError"));
    set(arn, "Policy", allow(R"({"AWS": "111111111111"})", "SNS:Get*"));
    EXPECT_EQ(get(stranger), "fine");
    EXPECT_TRUE(get("222222222222").starts_with("AuthorizationError"));
    EXPECT_TRUE(outcome(remove(arn, stranger)).starts_with("AuthorizationError"));
    // Everybody is not an anonymous caller: only publishing is open to those.
    set(arn, "Policy", allow("\"*\"", "SNS:*"));
    EXPECT_TRUE(get("").starts_with("AuthorizationError: User: anonymous"));
    EXPECT_EQ(outcome(book->authorize_publish({.topic_arn = arn})), "fine");
}

TEST_F(TopicTest, a_denial_holds_for_the_owner_as_well) {
    const std::string arn = topic();
    set(arn, "Policy", statement(R"("Effect": "Deny", "Principal": "*", "Action": "SNS:Subscribe",
                     "Resource": "*")"));
    EXPECT_EQ(outcome(subscribe(arn, "sqs", queue_arn)),
              "AuthorizationError: User: arn:aws:iam::000000000000:root is not authorized to "
              "perform: SNS:Subscribe on resource: " +
                  arn + " with an explicit deny in a resource-based policy");
    EXPECT_EQ(outcome(set(arn, "Policy", "")), "fine");
}

TEST_F(TopicTest, no_policy_locks_the_owners_root_out_of_the_policy) {
    const std::string arn = topic();
    set(arn, "Policy",
        statement(R"("Effect": "Deny", "Principal": "*", "Action": "SNS:*", "Resource": "*")"));
    Caller ann = by(owner);
    ann.principal.user = "ann";
    EXPECT_TRUE(outcome(book->get({.arn = arn}, ann)).starts_with("AuthorizationError"));
    EXPECT_EQ(outcome(book->get({.arn = arn}, by(owner))), "fine");
    EXPECT_EQ(outcome(set(arn, "Policy", "")), "fine");
    EXPECT_EQ(outcome(book->get({.arn = arn}, ann)), "fine");
}

TEST_F(TopicTest, conditions_see_the_subscriber_and_where_he_comes_from) {
    const std::string arn = topic();
    EXPECT_EQ(outcome(set(arn, "Policy", R"({"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"111111111111"},"NotAction":"SNS:Publish",
         "Resource":"*","Condition":{"StringEquals":{"SNS:Protocol":"sqs"},
                                     "Bool":{"aws:SecureTransport":"true"}}}]})")),
              "fine");
    const auto subscribe = [&](const std::string& protocol, const std::string& endpoint,
                               schema::AccessContext from) {
        Caller caller = by(stranger);
        caller.access = std::move(from);
        const auto done = run([&](store::Batch& batch) {
            return book->subscribe({.topic_arn = arn, .protocol = protocol, .endpoint = endpoint},
                                   caller, batch);
        });
        return done ? "fine" : done.error().reason;
    };
    const std::string queue = "arn:aws:sqs:us-east-1:111111111111:q";
    EXPECT_EQ(subscribe("sqs", queue, {.is_secure = true}), "fine");
    EXPECT_EQ(subscribe("sqs", queue, {.is_secure = false}), "AuthorizationError");
    EXPECT_EQ(subscribe("https", "https://a.example/", {.is_secure = true}), "AuthorizationError");
    EXPECT_TRUE(outcome(set(arn, "Policy", R"({"Statement":{"Effect":"Deny","Principal":"*",
        "NotAction":"sqs:*","Resource":"*"}})"))
                    .contains("Policy statement action out of service scope!"));
}

TEST_F(TopicTest, a_policy_can_speak_of_one_user) {
    const std::string arn = topic();
    const auto publish = [&](const std::string& account, const std::string& user) {
        Caller caller = by(account);
        caller.principal.user = user;
        return outcome(book->authorize_publish(arn, caller));
    };
    set(arn, "Policy", allow(R"({"AWS": "arn:aws:iam::111111111111:user/ann"})", "SNS:Publish"));
    EXPECT_EQ(publish(stranger, "ann"), "fine");
    EXPECT_TRUE(publish(stranger, "bob").starts_with("AuthorizationError"));
    EXPECT_TRUE(publish(stranger, "").starts_with("AuthorizationError"));
    set(arn, "Policy",
        statement(R"("Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:user/ann"},
                     "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": "*")"));
    EXPECT_EQ(publish(owner, "ann"),
              "AuthorizationError: User: arn:aws:iam::000000000000:user/ann is not authorized to "
              "perform: SNS:Publish on resource: " +
                  arn + " with an explicit deny in a resource-based policy");
    EXPECT_EQ(publish(owner, "bob"), "fine");
    EXPECT_EQ(publish(owner, ""), "fine");
    Caller ann = by(owner);
    ann.principal.user = "ann";
    const auto subscribed = run([&](store::Batch& batch) {
        return book->subscribe({.topic_arn = arn, .protocol = "sqs", .endpoint = queue_arn}, ann,
                               batch);
    });
    EXPECT_TRUE(outcome(subscribed).starts_with("AuthorizationError"));
}

TEST_F(TopicTest, services_publish_by_policy_and_own_functions_without) {
    const std::string arn = topic();
    const auto publish = [&](const std::string& service, const std::string& source,
                             const std::string& account) {
        return outcome(book->authorize_publish({.topic_arn = arn,
                                                .service = service,
                                                .source_arn = source,
                                                .source_account = account}));
    };
    const std::string function = "arn:aws:lambda:us-east-1:000000000000:function:tts";
    EXPECT_EQ(publish("lambda.amazonaws.com", function, owner), "fine");
    EXPECT_TRUE(
        publish("lambda.amazonaws.com", function, stranger).starts_with("AuthorizationError"));
    EXPECT_TRUE(publish("lambda.amazonaws.com", function, "").starts_with("AuthorizationError"));
    EXPECT_EQ(publish("polly.amazonaws.com", function, owner), "fine");
    EXPECT_TRUE(
        publish("polly.amazonaws.com", function, stranger).starts_with("AuthorizationError"));
    EXPECT_TRUE(publish("s3.amazonaws.com", "arn:aws:s3:::photos", owner)
                    .starts_with("AuthorizationError: User: s3.amazonaws.com is not authorized"));
    set(arn, "Policy",
        statement(R"("Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                     "Action": "SNS:Publish", "Resource": ")" +
                  arn + R"(", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"},
                     "StringEquals": {"aws:SourceAccount": "000000000000"}})"));
    EXPECT_EQ(publish("s3.amazonaws.com", "arn:aws:s3:::photos", owner), "fine");
    EXPECT_TRUE(
        publish("s3.amazonaws.com", "arn:aws:s3:::other", owner).starts_with("AuthorizationError"));
    EXPECT_TRUE(publish("s3.amazonaws.com", "arn:aws:s3:::photos", stranger)
                    .starts_with("AuthorizationError"));
    EXPECT_EQ(publish("lambda.amazonaws.com", function, owner), "fine");
    set(arn, "Policy",
        statement(R"("Effect": "Deny", "Principal": {"Service": "lambda.amazonaws.com"},
                     "Action": "SNS:Publish", "Resource": "*")"));
    EXPECT_TRUE(publish("lambda.amazonaws.com", function, owner).starts_with("AuthorizationError"));
    EXPECT_EQ(outcome(book->authorize_publish({.topic_arn = arn, .account = owner})), "fine");
    EXPECT_TRUE(outcome(book->authorize_publish({.topic_arn = arn, .account = stranger}))
                    .starts_with("AuthorizationError"));
}

TEST_F(TopicTest, what_does_not_exist_is_said_in_snss_words) {
    const std::string missing = "arn:aws:sns:us-east-1:000000000000:missing";
    EXPECT_EQ(outcome(book->get({.arn = missing}, by(owner))), "NotFound: Topic does not exist");
    EXPECT_EQ(outcome(set(missing, "DisplayName", "x")), "NotFound: Topic does not exist");
    EXPECT_EQ(outcome(change_tags(missing, {{"a", "b"}})), "NotFound: Topic does not exist");
    EXPECT_EQ(outcome(subscribe(missing, "sqs", queue_arn)), "NotFound: Topic does not exist");
    EXPECT_EQ(outcome(confirm(missing, "abc")), "InvalidParameter: Invalid parameter: Token");
    EXPECT_EQ(outcome(book->authorize_publish({.topic_arn = missing, .account = owner})),
              "NotFound: Topic does not exist");
    EXPECT_EQ(outcome(remove(missing)), "fine");
    EXPECT_EQ(outcome(remove("a:b:c")),
              "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 "
              "elements, not 3");
    EXPECT_EQ(outcome(book->get({.arn = ""}, by(owner))),
              "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 "
              "elements, not 1");
}

TEST_F(TopicTest, removing_a_topic_removes_its_subscriptions) {
    const std::string arn = topic();
    const std::string other = topic("other");
    subscribed(arn);
    subscribed(arn, "https", "https://example.org/hook");
    const std::string kept = subscribed(other);
    EXPECT_EQ(outcome(remove(arn)), "fine");
    EXPECT_EQ(removed, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(book->find(arn), nullptr);
    EXPECT_EQ(book->find_subscription(1), nullptr);
    EXPECT_EQ(book->find_subscription(3)->arn, kept);
    restart();
    EXPECT_EQ(book->find(arn), nullptr);
    EXPECT_EQ(book->subscriptions().size(), 1U);
    EXPECT_EQ(store.row_count(partition), 3U);
}

TEST_F(TopicTest, tags_are_set_removed_and_bounded) {
    const std::string arn = topic();
    EXPECT_EQ(outcome(change_tags(arn, {{"a", "1"}, {"b", ""}})), "fine");
    EXPECT_EQ(outcome(change_tags(arn, {{"a", "2"}}, {"b", "none"})), "fine");
    EXPECT_EQ(book->get({.arn = arn}, by(owner))->tags, (Texts{{"a", "2"}}));
    EXPECT_TRUE(outcome(change_tags(arn, {{"", "x"}})).starts_with("InvalidParameter"));
    EXPECT_TRUE(outcome(change_tags(arn, {{"aws:x", "x"}})).starts_with("InvalidParameter"));
    EXPECT_TRUE(
        outcome(change_tags(arn, {{std::string(129, 'k'), "x"}})).starts_with("InvalidParameter"));
    EXPECT_TRUE(
        outcome(change_tags(arn, {{"k", std::string(257, 'v')}})).starts_with("InvalidParameter"));
    EXPECT_TRUE(outcome(change_tags(arn, {{"k", "\xFF"}})).starts_with("InvalidParameter"));
    Texts many;
    for (int i = 0; i < 50; ++i) many["k" + std::to_string(i)] = "v";
    EXPECT_EQ(outcome(change_tags(arn, many)),
              "TagLimitExceeded: Could not complete request: tag quota of per resource exceeded");
    EXPECT_EQ(outcome(change_tags(arn, many, {"a"})), "fine");
}

TEST_F(TopicTest, an_account_lists_its_own_topics_in_pages) {
    create("foreign", {}, {}, stranger);
    for (int i = 0; i < 205; ++i) topic("t" + std::to_string(1000 + i));
    std::vector<std::string> all;
    std::vector<std::size_t> pages;
    std::string after;
    do {
        const auto page = book->list({.after = after}, by(owner));
        ASSERT_TRUE(page);
        all.insert(all.end(), page->arns.begin(), page->arns.end());
        pages.push_back(page->arns.size());
        after = page->next;
    } while (!after.empty());
    EXPECT_EQ(pages, (std::vector<std::size_t>{100, 100, 5}));
    EXPECT_EQ(all.front(), "arn:aws:sns:us-east-1:000000000000:t1000");
    EXPECT_EQ(all.back(), "arn:aws:sns:us-east-1:000000000000:t1204");
    EXPECT_TRUE(outcome(book->list({}, by(""))).starts_with("AuthorizationError"));
}

TEST_F(TopicTest, a_topic_of_another_region_is_no_topic_of_this_one) {
    topic("news");
    const std::string elsewhere = "arn:aws:sns:eu-west-1:000000000000:news";
    const std::string refused = "InvalidParameter: Invalid parameter: TopicArn";
    EXPECT_EQ(outcome(book->authorize_publish({.topic_arn = elsewhere, .account = owner})),
              refused);
    EXPECT_EQ(outcome(book->get({.arn = elsewhere}, by(owner))), refused);
    EXPECT_EQ(outcome(subscribe(elsewhere, "sqs", queue_arn)), refused);
    EXPECT_EQ(outcome(remove(elsewhere)), refused);
}

TEST_F(TopicTest, there_are_only_so_many_topics) {
    options.topics_per_account_max = 2;
    start();
    topic("a");
    topic("b");
    EXPECT_EQ(outcome(create("c")), "TopicLimitExceeded: Topic limit exceeded");
    EXPECT_EQ(outcome(create("a")), "fine");
    // Nobody uses up what another account needs, after a restart either.
    EXPECT_EQ(outcome(create("c", {}, {}, stranger)), "fine");
    restart();
    EXPECT_EQ(outcome(create("c")), "TopicLimitExceeded: Topic limit exceeded");
    remove("arn:aws:sns:us-east-1:000000000000:a");
    EXPECT_EQ(outcome(create("c")), "fine");
}

TEST_F(TopicTest, rows_that_do_not_fit_together_are_corruption) {
    subscribed(topic());
    const auto rows = store.scan(partition, subscription_rows(), 1);
    store::Batch batch{std::string(partition)};
    batch.put(subscription_key(99), rows->front().value);
    ASSERT_TRUE(store.commit(std::move(batch)));
    TopicBook again(options, store, age, Random(7));
    EXPECT_EQ(again.restore().error().code, ErrorCode::corruption);
}

TEST_F(TopicTest, a_subscription_whose_topic_was_lost_is_left_out) {
    const std::string arn = topic();
    subscribed(arn);
    store::Batch batch{std::string(partition)};
    batch.remove("n/" + arn);
    ASSERT_TRUE(store.commit(std::move(batch)));
    TopicBook again(options, store, age, Random(7));
    ASSERT_TRUE(again.restore());
    EXPECT_TRUE(again.subscriptions().empty());
}

}  // namespace
}  // namespace onput::notifier
