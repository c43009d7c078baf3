#include "services/queue/commands/function_permissions.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr const char* arn = "arn:aws:lambda:us-east-1:000000000000:function:f";

class FunctionPermissionsTest : public testing::Test {
protected:
    FunctionPermissionsTest() { put(true); }

    void put(bool needs_permission) {  // NOLINT: the value itself, not a mode.
        schema::FunctionInfo function;
        function.name = "f";
        function.worker = "tts";
        function.management.needs_permission = needs_permission;
        static_cast<void>(station.ask(schema::PutFunction{.function = function, .manages = true}));
    }
    std::string add(const std::string& sid, const std::string& source_arn,
                    const std::string& qualifier = {}) {
        const std::string resource = qualifier.empty() ? arn : std::string(arn) + ":" + qualifier;
        const std::string statement =
            R"({"Sid":")" + sid +
            R"(","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)" +
            R"("Action":"lambda:InvokeFunction","Resource":")" + resource +
            R"(","Condition":{"ArnLike":{"AWS:SourceArn":")" + source_arn + R"("}}})";
        const auto added = station.ask(schema::AddFunctionPermission{
            .name = "f", .qualifier = qualifier, .statement_id = sid, .statement = statement});
        return added ? "added" : added.error().reason;
    }
    // Whether a bucket may invoke it.
    bool admits(const std::string& bucket, const std::string& qualifier = {},
                const std::string& account = test_account) {
        const schema::AuthorizeDelivery request{
            .destination_arn = qualifier.empty() ? arn : std::string(arn) + ":" + qualifier,
            .service = "s3.amazonaws.com",
            .source_arn = "arn:aws:s3:::" + bucket,
            .source_account = account};
        return station.ask(request).has_value();
    }

    Station station;
};

TEST_F(FunctionPermissionsTest, a_function_admits_what_its_statements_allow) {
    EXPECT_FALSE(admits("photos"));
    EXPECT_EQ(add("a", "arn:aws:s3:::photos"), "added");
    EXPECT_TRUE(admits("photos"));
    EXPECT_TRUE(admits("photos", "$LATEST"));
    EXPECT_FALSE(admits("other"));
    station.restart();
    EXPECT_TRUE(admits("photos"));
    EXPECT_EQ(add("a", "arn:aws:s3:::other"), "ResourceConflict");
    EXPECT_EQ(add("b", "arn:aws:s3:::other"), "added");
    EXPECT_TRUE(admits("other"));
    ASSERT_TRUE(station.ask(schema::RemoveFunctionPermission{.name = "f", .statement_id = "a"}));
    EXPECT_FALSE(admits("photos"));
    EXPECT_TRUE(admits("other"));
}

TEST_F(FunctionPermissionsTest, a_function_that_needs_none_admits_its_own_account) {
    put(false);
    EXPECT_TRUE(admits("photos"));
    EXPECT_FALSE(admits("photos", {}, "111111111111"));
    EXPECT_EQ(add("a", "arn:aws:s3:::theirs"), "added");
    EXPECT_TRUE(admits("theirs", {}, "111111111111"));
}

TEST_F(FunctionPermissionsTest, users_and_other_accounts_invoke_what_policies_let_them) {
    constexpr const char* stranger = "111111111111";
    // What `user` of an account is told whose own policies say so.
    const auto invoke = [this](const std::string& account, schema::Grant grant) {
        Caller caller = station.caller(account);
        caller.principal.user = "ann";
        caller.principal.limited = schema::LimitedIdentity{.id = "AIDAANN", .path = "/"};
        caller.principal.limited->grant = grant;
        const schema::PrepareInvocation call{.name = "f", .account = test_account};
        const schema::InvokeEvent event{.name = "f", .payload = "{}", .account = test_account};
        const auto prepared = station.ask(call, caller);
        const auto sent = station.ask(event, caller);
        EXPECT_EQ(prepared.has_value(), sent.has_value());
        return prepared ? "invoked" : prepared.error().reason;
    };
    const auto admit = [this](const std::string& sid, const std::string& principal) {
        const std::string statement =
            R"({"Sid":")" + sid + R"(","Effect":"Allow","Principal":{"AWS":")" + principal +
            R"("},"Action":"lambda:InvokeFunction","Resource":")" + arn + R"("})";
        ASSERT_TRUE(station.ask(schema::AddFunctionPermission{
            .name = "f", .statement_id = sid, .statement = statement}));
    };
    using schema::Grant;
    EXPECT_EQ(invoke(test_account, Grant::allowed), "invoked");
    EXPECT_EQ(invoke(test_account, Grant::not_allowed), "AccessDenied");
    EXPECT_EQ(invoke(stranger, Grant::allowed), "AccessDenied");
    // The account alone leaves it to its own policies.
    admit("account", test_account);
    EXPECT_EQ(invoke(test_account, Grant::not_allowed), "AccessDenied");
    admit("ann", "arn:aws:iam::000000000000:user/ann");
    EXPECT_EQ(invoke(test_account, Grant::not_allowed), "invoked");
    EXPECT_EQ(invoke(test_account, Grant::denied), "AccessDenied");
    admit("stranger", stranger);
    EXPECT_EQ(invoke(stranger, Grant::allowed), "invoked");
    EXPECT_EQ(invoke(stranger, Grant::not_allowed), "AccessDenied");
    // Which functions there are is not for everybody.
    const auto absent =
        station.ask(schema::PrepareInvocation{.name = "absent", .account = test_account}, stranger);
    EXPECT_EQ(absent.error().reason, "AccessDenied");
    EXPECT_EQ(absent.error().message,
              "User: arn:aws:iam::111111111111:root is not authorized to perform: "
              "lambda:InvokeFunction on resource: "
              "arn:aws:lambda:us-east-1:000000000000:function:absent because no resource-based "
              "policy allows the lambda:InvokeFunction action");
}

TEST_F(FunctionPermissionsTest, each_qualifier_has_permissions_of_its_own) {
    ASSERT_TRUE(station.ask(schema::PublishFunctionVersion{.name = "f"}));
    EXPECT_EQ(add("a", "arn:aws:s3:::photos"), "added");
    EXPECT_FALSE(admits("photos", "1"));
    EXPECT_EQ(add("a", "arn:aws:s3:::photos", "1"), "added");
    EXPECT_TRUE(admits("photos", "1"));
    EXPECT_EQ(add("a", "arn:aws:s3:::photos", "2"), "ResourceNotFound");
}

TEST_F(FunctionPermissionsTest, the_policy_of_a_version_goes_with_it) {
    ASSERT_TRUE(station.ask(schema::PublishFunctionVersion{.name = "f"}));
    EXPECT_EQ(add("a", "arn:aws:s3:::photos"), "added");
    EXPECT_EQ(add("a", "arn:aws:s3:::photos", "1"), "added");
    ASSERT_TRUE(station.ask(schema::DeleteFunction{.name = "f", .version = "1"}));
    const auto row = station.store().get(partition, function_key(test_account, "f"));
    ASSERT_TRUE(row && *row);
    const auto record = schema::decode<FunctionRecord>(**row);
    ASSERT_TRUE(record);
    EXPECT_FALSE(record->policies.contains("1"));
    EXPECT_TRUE(record->policies.contains(""));
    EXPECT_FALSE(admits("photos", "1"));
    EXPECT_TRUE(admits("photos"));
}

TEST_F(FunctionPermissionsTest, a_policy_is_shown_until_its_last_statement_goes) {
    const schema::GetFunctionPolicy get{.name = "f"};
    EXPECT_EQ(station.ask(get).error().reason, "ResourceNotFound");
    add("a", "arn:aws:s3:::photos");
    EXPECT_EQ(station.ask(get)->statements.size(), 1U);
    const schema::RemoveFunctionPermission remove{.name = "f", .statement_id = "a"};
    const schema::RemoveFunctionPermission guarded{
        .name = "f", .statement_id = "a", .revision_id = "another"};
    EXPECT_EQ(station.ask(guarded).error().reason, "PreconditionFailed");
    ASSERT_TRUE(station.ask(remove));
    EXPECT_EQ(station.ask(get).error().reason, "ResourceNotFound");
    EXPECT_EQ(station.ask(remove).error().reason, "ResourceNotFound");
}

TEST_F(FunctionPermissionsTest, a_policy_has_a_size_and_must_be_understood) {
    EXPECT_EQ(add("big", "arn:aws:s3:::" + std::string(21'000, 'b')), "PolicyLengthExceeded");
    EXPECT_EQ(station
                  .ask(schema::AddFunctionPermission{
                      .name = "f", .statement_id = "x", .statement = "{\"Effect\":\"Allow\"}"})
                  .error()
                  .reason,
              "InvalidParameterValue");
    EXPECT_FALSE(admits("photos"));
}

}  // namespace
}  // namespace onput::queue
