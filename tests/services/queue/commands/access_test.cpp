#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr const char* stranger = "111111111111";

class AccessTest : public testing::Test {
protected:
    Station station;

    static std::string policy(const std::string& effect, const std::string& principal,
                              const std::string& action) {
        return R"({"Version":"2012-10-17","Statement":[{"Effect":")" + effect +
               R"(","Principal":)" + principal + R"(,"Action":")" + action +
               R"(","Resource":"*"}]})";
    }
    template <typename Request>
    auto ask_as(const Request& request, const std::string& account, const std::string& user) {
        Caller caller = station.caller(account);
        caller.principal.user = user;
        return station.ask(request, caller);
    }
    std::string send_as(const std::string& account, const std::string& user = {}) {
        schema::SendMessages request{.account = test_account, .name = "q"};
        request.entries.emplace_back().body = "hello";
        const auto sent = ask_as(request, account, user);
        return sent ? "sent" : sent.error().reason;
    }
};

TEST_F(AccessTest, a_queue_is_its_accounts_own) {
    station.create_queue("q");
    EXPECT_EQ(send_as(test_account), "sent");
    EXPECT_EQ(send_as(stranger), "AccessDenied");
    EXPECT_EQ(send_as(""), "sent");  // A service that acts for no account.
}

TEST_F(AccessTest, a_policy_lets_another_account_do_what_it_names) {
    station.create_queue(
        "q", {{"Policy", policy("Allow", R"({"AWS":"111111111111"})", "sqs:SendMessage")}});
    EXPECT_EQ(send_as(stranger), "sent");
    EXPECT_EQ(send_as("222222222222"), "AccessDenied");
    schema::ReceiveMessages receive;
    receive.account = test_account;
    receive.name = "q";
    EXPECT_EQ(station.ask(receive, stranger).error().reason, "AccessDenied");
}

TEST_F(AccessTest, a_policy_can_deny_the_owner) {
    station.create_queue("q", {{"Policy", policy("Deny", R"("*")", "sqs:SendMessage")}});
    EXPECT_EQ(send_as(test_account), "AccessDenied");
}

TEST_F(AccessTest, conditions_see_where_a_request_comes_from) {
    const auto sent_from = [this](const std::string& address) {
        Caller caller = station.caller(stranger);
        caller.access = schema::AccessContext{.source_ip = address};
        schema::SendMessages request{.account = test_account, .name = "q"};
        request.entries.emplace_back().body = "hello";
        return station.ask(request, caller).has_value();
    };
    station.create_queue("q", {{"Policy", R"({"Version":"2012-10-17","Statement":{
        "Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sqs:SendMessage",
        "Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}})"}});
    EXPECT_TRUE(sent_from("10.1.2.3"));
    EXPECT_FALSE(sent_from("11.1.2.3"));
    EXPECT_EQ(send_as(stranger), "AccessDenied");  // It is not known from where.
}

TEST_F(AccessTest, no_policy_lets_a_stranger_change_or_delete_a_queue) {
    station.create_queue("q", {{"Policy", policy("Allow", R"("*")", "sqs:*")}});
    EXPECT_EQ(station.ask(schema::DeleteQueue{.account = test_account, .name = "q"}, stranger)
                  .error()
                  .reason,
              "AccessDenied");
    EXPECT_EQ(
        station.ask(schema::SetQueueAttributes{.account = test_account, .name = "q"}, stranger)
            .error()
            .reason,
        "AccessDenied");
}

TEST_F(AccessTest, no_policy_locks_the_owner_out_of_the_policy) {
    station.create_queue("q", {{"Policy", policy("Deny", R"("*")", "sqs:*")}});
    EXPECT_TRUE(station.ask(schema::DescribeQueue{.name = "q"}));
    EXPECT_EQ(ask_as(schema::DescribeQueue{.name = "q"}, test_account, "ann").error().reason,
              "AccessDenied");
    EXPECT_TRUE(
        station.ask(schema::SetQueueAttributes{.name = "q", .attributes = {{"Policy", ""}}}));
    EXPECT_EQ(send_as(test_account), "sent");
}

TEST_F(AccessTest, a_policy_lets_in_one_user_of_another_account) {
    station.create_queue(
        "q", {{"Policy", policy("Allow", R"({"AWS":"arn:aws:iam::111111111111:user/ann"})",
                                "sqs:SendMessage")}});
    EXPECT_EQ(send_as(stranger, "ann"), "sent");
    EXPECT_EQ(send_as(stranger, "bob"), "AccessDenied");
    EXPECT_EQ(send_as(stranger), "AccessDenied");
    EXPECT_EQ(send_as("222222222222", "ann"), "AccessDenied");
}

TEST_F(AccessTest, a_denial_of_a_user_denies_that_user_only) {
    station.create_queue(
        "q",
        {{"Policy", policy("Deny", R"({"AWS":"arn:aws:iam::000000000000:user/ann"})", "sqs:*")}});
    EXPECT_EQ(send_as(test_account, "ann"), "AccessDenied");
    EXPECT_EQ(send_as(test_account, "bob"), "sent");
    EXPECT_EQ(send_as(test_account), "sent");
}

TEST_F(AccessTest, a_user_who_is_denied_cannot_take_the_denial_away) {
    station.create_queue(
        "q",
        {{"Policy", policy("Deny", R"({"AWS":"arn:aws:iam::000000000000:user/ann"})", "sqs:*")}});
    const schema::SetQueueAttributes set{.name = "q", .attributes = {{"Policy", ""}}};
    const schema::DeleteQueue remove{.account = test_account, .name = "q"};
    EXPECT_EQ(ask_as(set, test_account, "ann").error().reason, "AccessDenied");
    EXPECT_EQ(ask_as(remove, test_account, "ann").error().reason, "AccessDenied");
    EXPECT_TRUE(ask_as(set, test_account, "bob"));
    EXPECT_EQ(send_as(test_account, "ann"), "sent");
}

TEST_F(AccessTest, a_caller_without_account_and_name_is_a_stranger) {
    station.create_queue("q");
    schema::DescribeQueue request{.account = test_account, .name = "q"};
    Effects effects;
    const auto described = station.core().execute(request, {.now = station.now}, effects);
    EXPECT_EQ(described.error().reason, "AccessDenied");
}

}  // namespace
}  // namespace onput::queue
