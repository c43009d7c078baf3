#include "services/queue/commands/function_versions.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

class FunctionVersionsTest : public testing::Test {
protected:
    FunctionVersionsTest() { put("first"); }

    void put(const std::string& description) {
        schema::FunctionInfo function;
        function.name = "f";
        function.worker = "function";
        function.handler = {.runtime = "python3.11",
                            .handler = "app.run",
                            .code = {.bucket = "c", .key = "k", .sha256 = description}};
        station.put_function(function);
    }
    std::string publish(const schema::PublishFunctionVersion& request = {.name = "f"}) {
        const auto published = station.ask(request);
        return published ? published->management.version : published.error().reason;
    }
    std::string put_alias(schema::FunctionAlias alias,
                          schema::PutMode mode = schema::PutMode::create_or_replace) {
        const schema::PutFunctionAlias request{
            .function = "f", .alias = std::move(alias), .mode = mode};
        const auto put = station.ask(request);
        return put ? put->version : put.error().reason;
    }
    // What the qualifier runs: the digest of its code.
    std::string code(const std::string& qualifier) {
        const auto got = station.ask(schema::GetFunction{.name = "f", .qualifier = qualifier});
        return got ? got->handler.code.sha256 : got.error().reason;
    }

    Station station;
};

TEST_F(FunctionVersionsTest, a_version_stays_what_it_was) {
    EXPECT_EQ(publish(), "1");
    put("second");
    EXPECT_EQ(publish(), "2");
    station.restart();
    EXPECT_EQ(code("1"), "first");
    EXPECT_EQ(code("2"), "second");
    EXPECT_EQ(code("$LATEST"), "second");
    EXPECT_EQ(code("3"), "ResourceNotFound");
}

TEST_F(FunctionVersionsTest, what_has_not_changed_is_no_new_version_and_no_number_is_used_twice) {
    EXPECT_EQ(publish(), "1");
    EXPECT_EQ(publish(), "1");
    ASSERT_TRUE(station.ask(schema::DeleteFunction{.name = "f", .version = "1"}));
    station.restart();
    EXPECT_EQ(publish(), "2");
}

TEST_F(FunctionVersionsTest, publishing_is_guarded_by_digest_and_revision) {
    EXPECT_EQ(publish({.name = "f", .code_sha256 = "other"}), "InvalidParameterValue");
    EXPECT_EQ(publish({.name = "f", .revision_id = "other"}), "PreconditionFailed");
    const auto now = station.ask(schema::GetFunction{.name = "f"});
    EXPECT_EQ(
        publish({.name = "f", .code_sha256 = "first", .revision_id = now->management.revision_id}),
        "1");
}

TEST_F(FunctionVersionsTest, versions_are_listed_by_number_and_not_among_functions) {
    for (int i = 0; i < 11; ++i) {
        put("code " + std::to_string(i));
        publish();
    }
    const auto list = station.ask(schema::ListFunctionVersions{.name = "f"});
    ASSERT_EQ(list->functions.size(), 12U);
    EXPECT_EQ(list->functions.front().function.management.version, "");
    EXPECT_EQ(list->functions.at(2).function.management.version, "2");
    EXPECT_EQ(list->functions.back().function.management.version, "11");
    EXPECT_EQ(station.ask(schema::ListFunctions{})->functions.size(), 1U);
}

TEST_F(FunctionVersionsTest, an_alias_names_a_version_that_is_there) {
    publish();
    EXPECT_EQ(put_alias({.name = "live", .version = "1"}), "1");
    EXPECT_EQ(code("live"), "first");
    EXPECT_EQ(put_alias({.name = "live", .version = "2"}), "ResourceNotFound");
    EXPECT_EQ(put_alias({.name = "7", .version = "1"}), "InvalidParameterValue");
    EXPECT_EQ(put_alias({.name = "a b", .version = "1"}), "InvalidParameterValue");
    EXPECT_EQ(put_alias({.name = "live", .version = "1"}, schema::PutMode::create),
              "ResourceConflict");
    EXPECT_EQ(put_alias({.name = "next", .version = "1"}, schema::PutMode::replace),
              "ResourceNotFound");
    station.restart();
    const auto got = station.ask(schema::GetFunction{.name = "f", .qualifier = "live"});
    EXPECT_EQ(got->arn, "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    EXPECT_EQ(station.ask(schema::DeleteFunction{.name = "f", .version = "1"}).error().code,
              ErrorCode::conflict);
    ASSERT_TRUE(station.ask(schema::DeleteFunctionAlias{.function = "f", .name = "live"}));
    EXPECT_EQ(code("live"), "ResourceNotFound");
}

TEST_F(FunctionVersionsTest, weights_share_invocations) {
    publish();
    put("second");
    publish();
    EXPECT_EQ(put_alias({.name = "live", .version = "1", .weights = {{"2", 0.25}}}), "1");
    std::map<std::string, int> drawn;
    for (int i = 0; i < 1000; ++i) {
        const schema::PrepareInvocation request{.name = "f", .qualifier = "live"};
        ++drawn[station.ask(request)->version];
    }
    EXPECT_GT(drawn["2"], 150);
    EXPECT_GT(drawn["1"], 600);
    EXPECT_EQ(put_alias({.name = "live", .version = "$LATEST", .weights = {{"2", 0.5}}}),
              "InvalidParameterValue");
    EXPECT_EQ(put_alias({.name = "live", .version = "1", .weights = {{"1", 0.5}}}),
              "InvalidParameterValue");
    EXPECT_EQ(put_alias({.name = "live", .version = "1", .weights = {{"2", 1.5}}}),
              "InvalidParameterValue");
}

TEST_F(FunctionVersionsTest, there_are_not_more_aliases_than_allowed) {
    publish();
    for (std::size_t i = 0; i < schema::function_aliases_max; ++i)
        ASSERT_EQ(put_alias({.name = "a" + std::to_string(i), .version = "1"}), "1");
    EXPECT_EQ(put_alias({.name = "more", .version = "1"}), "OverLimit");
    EXPECT_EQ(put_alias({.name = "a0", .version = "1"}), "1");
}

TEST_F(FunctionVersionsTest, an_event_goes_to_the_worker_with_the_version_it_was_sent_to) {
    publish();
    put("second");
    TestWorker worker(station, "w", 4);
    worker.kind = "function";
    worker.hello();
    const schema::InvokeEvent event{.name = "f", .qualifier = "1", .payload = "{}"};
    ASSERT_TRUE(station.ask(event));
    ASSERT_EQ(station.grants.size(), 1U);
    const schema::LaneGrants& grants = station.grants.front();
    EXPECT_EQ(grants.function, "f");
    EXPECT_EQ(grants.version, "1");
    EXPECT_EQ(grants.handler.code.sha256, "first");
    EXPECT_EQ(grants.arn, "arn:aws:lambda:us-east-1:000000000000:function:f:1");
}

TEST_F(FunctionVersionsTest, a_function_goes_with_its_versions_unless_one_has_jobs) {
    publish();
    const schema::InvokeEvent event{.name = "f", .qualifier = "1", .payload = "{}"};
    ASSERT_TRUE(station.ask(event));
    EXPECT_EQ(station.ask(schema::DeleteFunction{.name = "f"}).error().reason, "FunctionNotEmpty");
    EXPECT_EQ(code("$LATEST"), "first");
    TestWorker worker(station, "w", 4);
    worker.kind = "function";
    worker.hello();
    worker.ack(worker.look().at(0).lease);
    ASSERT_TRUE(station.ask(schema::DeleteFunction{.name = "f"}));
    station.restart();
    EXPECT_EQ(code("1"), "ResourceNotFound");
}

TEST_F(FunctionVersionsTest, reserved_concurrency_bounds_all_versions_together) {
    publish();
    auto function = *station.ask(schema::GetFunction{.name = "f"});
    function.management.reserved_concurrency = 2;
    ASSERT_TRUE(station.ask(schema::PutFunction{.function = function, .manages = true}));
    TestWorker worker(station, "w", 8);
    worker.kind = "function";
    worker.hello();
    for (const char* qualifier : {"1", "", "1", ""}) {
        const schema::InvokeEvent event{.name = "f", .qualifier = qualifier, .payload = "{}"};
        ASSERT_TRUE(station.ask(event));
    }
    const auto granted = worker.look();
    EXPECT_EQ(granted.size(), 2U);
    const schema::PrepareInvocation call{.name = "f"};
    EXPECT_EQ(station.ask(call).error().reason, "TooManyRequests");
    worker.ack(granted.at(0).lease);
    EXPECT_EQ(worker.look().size(), 1U);
    function.management.reserved_concurrency = 0;
    ASSERT_TRUE(station.ask(schema::PutFunction{.function = function, .manages = true}));
    EXPECT_EQ(station.ask(call).error().reason, "TooManyRequests");
}

TEST_F(FunctionVersionsTest, who_knows_nothing_of_management_leaves_it_as_it_is) {
    auto function = *station.ask(schema::GetFunction{.name = "f"});
    function.management.tags["a"] = "b";
    const auto managed = *station.ask(schema::PutFunction{.function = function, .manages = true});
    EXPECT_EQ(station
                  .ask(schema::PutFunction{.function = function,
                                           .mode = schema::PutMode::replace,
                                           .revision_id = function.management.revision_id})
                  .error()
                  .reason,
              "PreconditionFailed");
    put("second");
    const auto now = *station.ask(schema::GetFunction{.name = "f"});
    EXPECT_EQ(now.management.tags.at("a"), "b");
    EXPECT_NE(now.management.revision_id, managed.management.revision_id);
}

}  // namespace
}  // namespace onput::queue
