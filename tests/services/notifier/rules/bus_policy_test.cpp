// Policies of buses: whom they let put events, and how statements come and go.
#include "services/notifier/rules/bus_policy.hpp"

#include "common/json/reader.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

const std::string bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/own";
const std::string other = "111111111111";

class BusPolicyTest : public NotifierTest {
protected:
    void SetUp() override { ASSERT_TRUE(apply(schema::CreateBus{.name = "own"})); }
    // The error of an event that this account puts; empty: none.
    std::string put_as(const std::string& caller, const std::string& bus = bus_arn) {
        Caller who = owner();
        who.principal = {.account = caller, .id = "AKID"};
        Effects effects;
        const auto answer = ready().apply(
            schema::PutEvents{
                .entries = {{.bus = bus, .source = "s", .detail_type = "d", .detail = "{}"}}},
            who, effects);
        commit(std::move(effects));
        ONPUT_CHECK(answer.has_value());
        return answer->results[0].code;
    }
    void permit(const std::string& principal, const std::string& id = "one") {
        ASSERT_TRUE(apply(schema::PutBusPermission{.bus = "own",
                                                   .statement_id = id,
                                                   .principal = principal,
                                                   .action = "events:PutEvents"}));
    }
    [[nodiscard]] std::string policy() const {
        return core->rules().describe_bus({.name = "own"}, owner()).value().policy;
    }
    template <typename M>
    std::string refusal(const M& request) {
        const auto answer = apply(request);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().reason + ": " + answer.error().message;
    }
};

TEST_F(BusPolicyTest, another_account_needs_the_policy_to_let_it_in) {
    EXPECT_EQ(put_as(account), "");
    EXPECT_EQ(put_as(other), "AccessDeniedException");
    permit(other);
    EXPECT_EQ(put_as(other), "");
    EXPECT_EQ(put_as("222222222222"), "AccessDeniedException");
    ASSERT_TRUE(apply(schema::RemoveBusPermission{.bus = "own", .statement_id = "one"}));
    EXPECT_EQ(put_as(other), "AccessDeniedException");
}

TEST_F(BusPolicyTest, an_event_of_another_account_says_whose_it_is) {
    permit("*");
    ASSERT_TRUE(apply(
        schema::PutRule{.bus = "own", .name = "r", .pattern = R"({"account":["111111111111"]})"}));
    ASSERT_TRUE(apply(
        schema::PutTargets{.bus = "own", .rule = "r", .targets = {{.id = "t", .arn = queue_a}}}));
    EXPECT_EQ(put_as(other), "");
    EXPECT_EQ(put_as(account), "");
    sync();
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(BusPolicyTest, a_denial_holds_for_the_owners_account) {
    ASSERT_TRUE(apply(schema::PutBusPermission{
        .bus = "own",
        .policy = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*",)"
                  R"("Action":"events:PutEvents","Resource":")" +
                  bus_arn + R"("}})"}));
    EXPECT_EQ(put_as(account), "AccessDeniedException");
    ASSERT_TRUE(apply(schema::RemoveBusPermission{.bus = "own", .is_all = true}));
    EXPECT_EQ(put_as(account), "");
    EXPECT_EQ(policy(), "");
}

TEST_F(BusPolicyTest, a_policy_survives_a_crash) {
    permit(other);
    sync();
    crash();
    EXPECT_EQ(put_as(other), "");
}

TEST_F(BusPolicyTest, a_statement_replaces_the_one_of_its_id) {
    permit(other);
    permit("*", "two");
    permit("222222222222");
    const auto document = json::read(policy());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->find("Statement")->array()->size(), 2u);
    EXPECT_FALSE(policy().contains(other));
}

TEST_F(BusPolicyTest, what_is_no_permission_is_refused) {
    schema::PutBusPermission request{
        .bus = "own", .statement_id = "one", .principal = "x", .action = "events:PutEvents"};
    EXPECT_EQ(refusal(request),
              "ValidationException: Parameter Principal is not valid. Reason: it is * or an "
              "account.");
    request.principal = "*";
    request.action = "events:PutRule";
    EXPECT_TRUE(refusal(request).starts_with("ValidationException: Parameter Action"));
    EXPECT_TRUE(refusal(schema::PutBusPermission{.bus = "own", .policy = "{"})
                    .starts_with("ValidationException: Parameter Policy is not valid."));
    EXPECT_TRUE(refusal(schema::PutBusPermission{.bus = "own", .policy = std::string(10'241, ' ')})
                    .starts_with("PolicyLengthExceededException"));
    EXPECT_EQ(refusal(schema::RemoveBusPermission{.bus = "own", .statement_id = "two"}),
              "ResourceNotFoundException: Statement with the provided id two does not exist.");
    EXPECT_EQ(policy(), "");
}

TEST_F(BusPolicyTest, a_bus_whose_policy_denies_a_function_gets_nothing_of_its_end) {
    const std::string function = "arn:aws:lambda:us-east-1:000000000000:function:";
    ASSERT_TRUE(apply(schema::PutBusPermission{
        .bus = "own",
        .policy = R"({"Statement":{"Effect":"Deny","Principal":{"Service":"lambda.amazonaws.com"},)"
                  R"("Action":"events:PutEvents","Resource":"*","Condition":{"ArnEquals":)"
                  R"({"aws:SourceArn":")" +
                  function + R"(f"}}}})"}));
    schema::BusEvent told{.event_id = "0123456789abcdef0123456789abcdef",
                          .bus_arn = bus_arn,
                          .account = account,
                          .source = "lambda",
                          .detail_type = "Lambda Function Invocation Result - Success",
                          .resources = {function + "f:$LATEST", bus_arn},
                          .detail = "{}"};
    ASSERT_TRUE(try_append_bytes({++last_number}, {schema::encode(told)}));
    EXPECT_TRUE(journaled<schema::BusEvent>().empty());
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].protocol, "outbox");
    told.event_id.back() = '0';
    told.resources.front() = function + "g:$LATEST";
    ASSERT_TRUE(try_append_bytes({++last_number}, {schema::encode(told)}));
    EXPECT_EQ(journaled<schema::BusEvent>().size(), 1u);
}

}  // namespace
}  // namespace onput::notifier
