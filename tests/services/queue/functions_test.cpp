#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

class FunctionsTest : public testing::Test {
protected:
    static schema::FunctionInfo speech() {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.environment["VOICE"] = "vi";
        return function;
    }
    std::string put(const schema::FunctionInfo& function) {
        const auto result = station.ask(schema::PutFunction{.function = function});
        return result ? "put" : result.error().reason;
    }

    Station station;
};

TEST_F(FunctionsTest, a_function_gets_its_account_and_arn) {
    const auto info = station.put_function(speech());
    EXPECT_EQ(info.account, test_account);
    EXPECT_EQ(info.arn, "arn:aws:lambda:us-east-1:000000000000:function:speech");
}

TEST_F(FunctionsTest, putting_again_replaces_and_survives_a_restart) {
    station.put_function(speech());
    schema::FunctionInfo changed = speech();
    changed.environment["VOICE"] = "de";
    station.put_function(changed);
    station.restart();
    const auto got = station.ask(schema::GetFunction{.name = "speech"});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->environment.at("VOICE"), "de");
}

TEST_F(FunctionsTest, every_limit_is_checked) {
    const auto with = [](auto change) {
        schema::FunctionInfo function = speech();
        change(function);
        return function;
    };
    EXPECT_EQ(put(with([](auto& f) { f.name = ""; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.name = std::string(65, 'a'); })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.name = "a b"; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.worker = ""; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.timeout_s = 0; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.timeout_s = 901; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.retries_max = 11; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.retry_delay_s = 3601; })), "InvalidParameterValue");
    EXPECT_EQ(put(with([](auto& f) { f.environment["A"] = std::string(4096, 'x'); })),
              "InvalidParameterValue");
    EXPECT_EQ(
        put(with([](auto& f) { f.dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:none"; })),
        "InvalidParameterValue");
    EXPECT_EQ(put(speech()), "put");
}

TEST_F(FunctionsTest, an_unknown_function_is_named) {
    const auto got = station.ask(schema::GetFunction{.name = "none"});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().reason, "ResourceNotFound");
    EXPECT_EQ(got.error().message,
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none");
}

TEST_F(FunctionsTest, the_list_says_how_each_queue_stands) {
    station.put_function(speech());
    station.invoke("speech", 1, "{}");
    station.invoke("speech", 2, "{}");
    TestWorker worker(station, "w", 1);
    worker.kind = "tts";
    worker.hello();
    const auto list = station.ask(schema::ListFunctions{});
    ASSERT_EQ(list->functions.size(), 1U);
    EXPECT_EQ(list->functions[0].waiting, 1U);
    EXPECT_EQ(list->functions[0].running, 1U);
    EXPECT_EQ(list->functions[0].workers, 1U);
    EXPECT_TRUE(station.ask(schema::ListFunctions{}, "111111111111")->functions.empty());
}

TEST_F(FunctionsTest, a_function_with_jobs_is_not_deleted) {
    station.put_function(speech());
    station.invoke("speech", 1, "{}");
    const auto refused = station.ask(schema::DeleteFunction{.name = "speech"});
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(refused.error().reason, "FunctionNotEmpty");
    TestWorker worker(station, "w", 1);
    worker.kind = "tts";
    worker.hello();
    worker.ack(worker.look().at(0).lease);
    EXPECT_TRUE(station.ask(schema::DeleteFunction{.name = "speech"}));
    EXPECT_FALSE(station.ask(schema::GetFunction{.name = "speech"}));
}

}  // namespace
}  // namespace onput::queue
