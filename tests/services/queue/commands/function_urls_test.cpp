#include "services/queue/commands/function_urls.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr const char* arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* other_account = "111111111111";

class FunctionUrlsTest : public testing::Test {
protected:
    FunctionUrlsTest() {
        schema::FunctionInfo function;
        function.name = "f";
        function.worker = "function";
        function.handler = {.runtime = "python3.11",
                            .handler = "app.lambda_handler",
                            .code = {.bucket = "code", .key = "f.zip", .sha256 = "AA=="}};
        station.put_function(function);
        EXPECT_TRUE(station.ask(schema::PublishFunctionVersion{.name = "f"}));
        EXPECT_TRUE(station.ask(
            schema::PutFunctionAlias{.function = "f", .alias = {.name = "live", .version = "1"}}));
    }

    static schema::FunctionUrl url(const std::string& auth_type = "NONE",
                                   const std::string& qualifier = {}) {
        return {.function = "f", .qualifier = qualifier, .auth_type = auth_type};
    }
    std::string put(const schema::FunctionUrl& wanted,
                    schema::PutMode mode = schema::PutMode::create_or_replace) {
        const auto made = station.ask(schema::PutFunctionUrl{.url = wanted, .mode = mode});
        return made ? made->id : made.error().reason;
    }
    void permit(const std::string& principal, const std::string& condition = {},
                const std::string& qualifier = {}) {
        const std::string resource = qualifier.empty() ? arn : std::string(arn) + ":" + qualifier;
        const std::string statement = R"({"Sid":"s","Effect":"Allow","Principal":)" + principal +
                                      R"(,"Action":"lambda:InvokeFunctionUrl","Resource":")" +
                                      resource + "\"" + condition + "}";
        ASSERT_TRUE(station.ask(schema::AddFunctionPermission{
            .name = "f", .qualifier = qualifier, .statement_id = "s", .statement = statement}));
    }
    Caller somebody(const std::string& account, const std::string& user = {},
                    schema::Grant grant = schema::Grant::allowed) {
        Caller caller = station.caller(account);
        if (account.empty()) caller.principal = {};
        if (user.empty()) return caller;
        caller.principal.user = user;
        caller.principal.limited = schema::LimitedIdentity{.grant = grant};
        return caller;
    }
    // "1", a version that would run, or the reason why not.
    std::string invoke(const std::string& id, const Caller& caller) {
        const auto prepared = station.ask(schema::PrepareUrlInvocation{.id = id}, caller);
        return prepared ? prepared->version : prepared.error().reason;
    }
    std::string invoke(const std::string& id) { return invoke(id, somebody({})); }
    std::string found(const std::string& id) {
        const auto url = station.ask(schema::FindFunctionUrl{.id = id}, somebody({}));
        return url ? url->function_arn : url.error().reason;
    }

    Station station;
};

TEST_F(FunctionUrlsTest, a_url_is_found_by_its_id_and_keeps_it) {
    const std::string id = put(url());
    EXPECT_EQ(id.size(), schema::function_url_id_digits);
    EXPECT_EQ(found(id), arn);
    EXPECT_EQ(put(url("AWS_IAM")), id);
    const std::string alias = put(url("NONE", "live"));
    EXPECT_NE(alias, id);
    EXPECT_EQ(found(alias), std::string(arn) + ":live");
    station.restart();
    EXPECT_EQ(found(id), arn);
    EXPECT_EQ(found(alias), std::string(arn) + ":live");
    const auto list = station.ask(schema::ListFunctionUrls{.function = "f"});
    ASSERT_TRUE(list);
    ASSERT_EQ(list->urls.size(), 2U);
    EXPECT_EQ(list->urls[0].auth_type, "AWS_IAM");
    EXPECT_EQ(list->urls[1].qualifier, "live");
}

TEST_F(FunctionUrlsTest, creating_and_replacing_are_told_apart) {
    EXPECT_EQ(put(url(), schema::PutMode::replace), "ResourceNotFound");
    const std::string id = put(url("NONE", "$LATEST"), schema::PutMode::create);
    EXPECT_EQ(put(url(), schema::PutMode::create), "ResourceConflict");
    EXPECT_EQ(put(url(), schema::PutMode::replace), id);
}

TEST_F(FunctionUrlsTest, a_url_that_has_changed_meanwhile_is_not_replaced) {
    ASSERT_EQ(put(url()).size(), schema::function_url_id_digits);
    const auto replace = [this](Timestamp modified_at) {
        return station.ask(schema::PutFunctionUrl{
            .url = url(), .mode = schema::PutMode::replace, .modified_at = modified_at});
    };
    const auto first = station.ask(schema::ListFunctionUrls{.function = "f"})->urls.at(0);
    const auto second = replace(first.modified_at);
    ASSERT_TRUE(second);
    // At the same time by the clock.
    EXPECT_GT(second->modified_at, first.modified_at);
    EXPECT_EQ(replace(first.modified_at).error().reason, "PreconditionFailed");
    EXPECT_TRUE(replace(second->modified_at));
    EXPECT_TRUE(replace({}));
}

TEST_F(FunctionUrlsTest, a_url_goes_with_its_function_alias_or_by_itself) {
    const std::string id = put(url());
    const std::string alias = put(url("NONE", "live"));
    const schema::DeleteFunctionUrl remove{.function = "f"};
    ASSERT_TRUE(station.ask(remove));
    EXPECT_EQ(station.ask(remove).error().reason, "ResourceNotFound");
    EXPECT_EQ(found(id), "ResourceNotFound");
    ASSERT_TRUE(station.ask(schema::DeleteFunctionAlias{.function = "f", .name = "live"}));
    EXPECT_EQ(found(alias), "ResourceNotFound");
    const std::string again = put(url());
    EXPECT_NE(again, id);
    ASSERT_TRUE(station.ask(schema::DeleteFunction{.name = "f"}));
    EXPECT_EQ(found(again), "ResourceNotFound");
    station.restart();
    EXPECT_EQ(found(again), "ResourceNotFound");
}

TEST_F(FunctionUrlsTest, what_lambda_does_not_take_is_refused) {
    EXPECT_EQ(put(url("NONE", "1")), "InvalidParameterValue");
    EXPECT_EQ(put(url("NONE", "none")), "ResourceNotFound");
    EXPECT_EQ(put(url("")), "InvalidParameterValue");
    EXPECT_EQ(put(url("none")), "InvalidParameterValue");
    const auto with = [&](auto change) {
        schema::FunctionUrl wanted = url();
        wanted.has_cors = true;
        change(wanted.cors);
        return put(wanted);
    };
    EXPECT_EQ(with([](auto& cors) { cors.methods = {"get"}; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.methods.assign(7, "GET"); }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.origins = {"a\nb"}; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.headers = {""}; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.exposed = {std::string(1025, 'x')}; }),
              "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.origins.assign(101, "x"); }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) { cors.max_age_s = 86'401; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& cors) {
                  cors.methods.assign(6, "GET");
                  cors.origins.assign(100, "x");
                  cors.exposed = {std::string(1024, 'x')};
                  cors.max_age_s = 86'400;
              }).size(),
              schema::function_url_id_digits);
    schema::FunctionInfo speech;
    speech.name = "speech";
    speech.worker = "tts";
    station.put_function(speech);
    schema::FunctionUrl unanswered = url();
    unanswered.function = "speech";
    EXPECT_EQ(put(unanswered), "InvalidParameterValue");
    unanswered.function = "absent";
    EXPECT_EQ(put(unanswered), "ResourceNotFound");
}

TEST_F(FunctionUrlsTest, what_a_function_s_row_has_no_room_for_is_refused_and_changes_nothing) {
    schema::FunctionUrl full = url();
    full.has_cors = true;
    for (auto* items : {&full.cors.headers, &full.cors.origins, &full.cors.exposed})
        items->assign(schema::function_url_cors_items_max,
                      std::string(schema::function_url_cors_item_bytes_max, 'x'));
    const auto qualifier_of = [](std::size_t i) { return "a" + std::to_string(i); };
    constexpr std::size_t more_than_fit = 8;
    std::size_t made = 0;
    std::string last;
    for (std::size_t i = 0; i < more_than_fit; ++i) {
        full.qualifier = qualifier_of(i);
        const schema::FunctionAlias alias{.name = full.qualifier, .version = "1"};
        ASSERT_TRUE(station.ask(schema::PutFunctionAlias{.function = "f", .alias = alias}));
        last = put(full);
        if (last == "OverLimit") break;
        ++made;
    }
    EXPECT_EQ(last, "OverLimit");
    EXPECT_GT(made, 0U);
    const auto count = [this] {
        return station.ask(schema::ListFunctionUrls{.function = "f"})->urls.size();
    };
    EXPECT_EQ(count(), made);
    station.restart();
    EXPECT_EQ(count(), made);
    // One that gets smaller makes room.
    EXPECT_NE(put(url("NONE", qualifier_of(0))), "OverLimit");
    EXPECT_NE(put(full), "OverLimit");
    EXPECT_EQ(count(), made + 1);
}

TEST_F(FunctionUrlsTest, an_open_url_lets_in_whom_the_policy_lets_in) {
    const std::string id = put(url());
    EXPECT_EQ(invoke(id), "AccessDenied");
    permit("\"*\"", R"(,"Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}})");
    EXPECT_EQ(invoke(id), "$LATEST");
    // The condition holds for as long as the URL is open.
    EXPECT_EQ(put(url("AWS_IAM")), id);
    EXPECT_EQ(invoke(id), "AccessDenied");
    EXPECT_EQ(invoke("absent"), "ResourceNotFound");
}

TEST_F(FunctionUrlsTest, who_is_kept_from_the_function_is_kept_from_its_url) {
    const std::string id = put(url());
    permit("\"*\"");
    EXPECT_EQ(invoke(id), "$LATEST");
    const std::string statement =
        R"({"Sid":"d","Effect":"Deny","Principal":"*","Action":"lambda:InvokeFunction",)"
        R"("Resource":")" +
        std::string(arn) + R"(","Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}})";
    ASSERT_TRUE(station.ask(
        schema::AddFunctionPermission{.name = "f", .statement_id = "d", .statement = statement}));
    EXPECT_EQ(invoke(id), "AccessDenied");
}

TEST_F(FunctionUrlsTest, who_finds_a_url_may_ask_whether_he_would_be_let_in) {
    const schema::FindFunctionUrl question{.id = put(url()), .asks_access = true};
    EXPECT_EQ(station.ask(question, somebody({})).error().reason, "AccessDenied");
    EXPECT_EQ(found(question.id), arn);
    permit("\"*\"");
    EXPECT_TRUE(station.ask(question, somebody({})));
}

TEST_F(FunctionUrlsTest, each_qualifier_has_a_policy_of_its_own) {
    const std::string id = put(url());
    const std::string alias = put(url("NONE", "live"));
    permit("\"*\"", {}, "live");
    EXPECT_EQ(invoke(id), "AccessDenied");
    EXPECT_EQ(invoke(alias), "1");
}

TEST_F(FunctionUrlsTest, a_signed_url_asks_the_policies_of_who_signs_or_the_function_s) {
    const std::string id = put(url("AWS_IAM"));
    using schema::Grant;
    EXPECT_EQ(invoke(id, somebody(test_account)), "$LATEST");
    EXPECT_EQ(invoke(id, somebody(test_account, "u")), "$LATEST");
    EXPECT_EQ(invoke(id, somebody(test_account, "u", Grant::not_allowed)), "AccessDenied");
    EXPECT_EQ(invoke(id, somebody(other_account)), "AccessDenied");
    EXPECT_EQ(invoke(id), "AccessDenied");
    permit(R"({"AWS":["arn:aws:iam::000000000000:user/u","arn:aws:iam::111111111111:root"]})");
    EXPECT_EQ(invoke(id, somebody(test_account, "u", Grant::not_allowed)), "$LATEST");
    EXPECT_EQ(invoke(id, somebody(test_account, "u", Grant::denied)), "AccessDenied");
    EXPECT_EQ(invoke(id, somebody(other_account)), "$LATEST");
    EXPECT_EQ(invoke(id, somebody(other_account, "v", Grant::not_allowed)), "AccessDenied");
    EXPECT_EQ(invoke(id), "AccessDenied");
}

TEST_F(FunctionUrlsTest, everybody_is_not_nobody_where_a_signature_is_asked_for) {
    const std::string id = put(url("AWS_IAM"));
    permit("\"*\"");
    EXPECT_EQ(invoke(id), "AccessDenied");
    EXPECT_EQ(invoke(id, somebody(other_account)), "$LATEST");
}

TEST_F(FunctionUrlsTest, a_condition_that_says_by_url_lets_no_other_invocation_in) {
    const std::string statement =
        R"({"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
        R"("Action":"lambda:InvokeFunction","Resource":")" +
        std::string(arn) + R"(","Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}})";
    ASSERT_TRUE(station.ask(
        schema::AddFunctionPermission{.name = "f", .statement_id = "s", .statement = statement}));
    const schema::AuthorizeDelivery request{.destination_arn = arn,
                                            .service = "s3.amazonaws.com",
                                            .source_arn = "arn:aws:s3:::b",
                                            .source_account = other_account};
    EXPECT_FALSE(station.ask(request));
}

}  // namespace
}  // namespace onput::queue
