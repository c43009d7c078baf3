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

TEST_F(FunctionsTest, a_handler_is_kept_and_its_limits_are_checked) {
    schema::FunctionInfo own = speech();
    own.worker = "function";
    own.handler = {.runtime = "python3.11",
                   .handler = "app.lambda_handler",
                   .code = {.bucket = "code", .key = "own/1.zip", .sha256 = "AA=="}};
    EXPECT_EQ(station.put_function(own).handler, own.handler);
    const auto with = [&](auto change) {
        schema::FunctionInfo function = own;
        change(function.handler);
        return put(function);
    };
    EXPECT_EQ(with([](auto& h) { h.runtime = "nodejs20.x"; }), "put");
    EXPECT_EQ(with([](auto& h) { h.runtime = "provided.al2023", h.handler = ""; }), "put");
    for (const char* runtime : {"", "python2.7", "python3.", "python3.x", "java21", "nodejs20.x "})
        EXPECT_EQ(with([&](auto& h) { h.runtime = runtime; }), "InvalidParameterValue") << runtime;
    EXPECT_EQ(with([](auto& h) { h.handler = ""; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.handler = std::string(129, 'h'); }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.memory_mb = 127; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.memory_mb = 10'241; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.ephemeral_mb = 511; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.ephemeral_mb = 10'241; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.description = std::string(257, 'd'); }),
              "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.log_format = "XML"; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.code.key = ""; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& h) { h.code.sha256 = ""; }), "InvalidParameterValue");
}

TEST_F(FunctionsTest, a_built_in_worker_takes_no_handler) {
    schema::FunctionInfo function = speech();
    function.handler.runtime = "python3.11";
    EXPECT_EQ(put(function), "InvalidParameterValue");
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

TEST_F(FunctionsTest, a_dead_letter_queue_is_of_the_same_account_and_region) {
    station.create_queue("dead");
    const auto with_dead_letters_at = [this](const std::string& arn) {
        schema::FunctionInfo function = speech();
        function.dead_letter_arn = arn;
        return put(function);
    };
    ASSERT_TRUE(station.ask(schema::CreateQueue{.name = "theirs"}, "111111111111"));
    EXPECT_EQ(with_dead_letters_at("arn:aws:sqs:us-east-1:111111111111:theirs"),
              "InvalidParameterValue");
    EXPECT_EQ(with_dead_letters_at("arn:aws:sqs:eu-west-1:000000000000:dead"),
              "InvalidParameterValue");
    EXPECT_EQ(with_dead_letters_at("arn:aws:sqs:us-east-1:000000000000:dead"), "put");
}

TEST_F(FunctionsTest, topics_are_named_by_their_arns) {
    const auto told = [this](const std::string& arn) {
        schema::FunctionInfo function = speech();
        function.success_topic_arn = arn;
        const std::string success = put(function);
        std::swap(function.success_topic_arn, function.failure_topic_arn);
        EXPECT_EQ(put(function), success);
        return success;
    };
    EXPECT_EQ(told("arn:aws:sns:us-east-1:000000000000:media"), "put");
    EXPECT_EQ(told("arn:aws:sns:us-east-1:123456789012:" + std::string(256, 'a')), "put");
    // Another region's topics are other topics.
    EXPECT_EQ(told("arn:aws:sns:eu-west-1:000000000000:media"), "InvalidParameterValue");
    for (const std::string& arn :
         {std::string("media"), std::string("arn:aws:sqs:us-east-1:000000000000:media"),
          std::string("arn:aws:sns::000000000000:media"), std::string("arn:aws:sns:us-east-1"),
          std::string("arn:aws:sns:us-east-1::media"),
          std::string("arn:aws:sns:us-east-1:00000000000x:media"),
          std::string("arn:aws:sns:us-east-1:000000000000:"),
          std::string("arn:aws:sns:us-east-1:000000000000"),
          std::string("arn:aws:sns:us-east-1:000000000000:a:b"),
          std::string("arn:aws:sns:us-east-1:000000000000:media.fifo"),
          "arn:aws:sns:us-east-1:000000000000:" + std::string(257, 'a')}) {
        EXPECT_EQ(told(arn), "InvalidParameterValue") << arn;
    }
}

TEST_F(FunctionsTest, topics_are_refused_when_there_is_no_notifier) {
    Station lonely({.region = "us-east-1", .topics = Topics::unreachable});
    schema::FunctionInfo function = speech();
    EXPECT_TRUE(lonely.ask(schema::PutFunction{.function = function}));
    function.failure_topic_arn = "arn:aws:sns:us-east-1:000000000000:media";
    const auto refused = lonely.ask(schema::PutFunction{.function = function});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "InvalidParameterValue");
    EXPECT_EQ(refused.error().message,
              "a function cannot tell the topic arn:aws:sns:us-east-1:000000000000:media: the "
              "queue service has no notifier (option notifier_endpoint)");
}

TEST_F(FunctionsTest, only_an_image_function_has_a_configuration_and_it_is_checked) {
    schema::FunctionInfo function = speech();
    function.configuration = "{}";
    EXPECT_EQ(put(function), "InvalidParameterValue");
    function.worker = "image";
    EXPECT_EQ(put(function), "InvalidParameterValue");
    function.configuration = R"({"output":{"bucket":"outbox"},"derivatives":[)"
                             R"({"name":"small","steps":[{"fit":{"width":32,"height":32}}]}]})";
    EXPECT_EQ(put(function), "put");
    EXPECT_EQ(station.ask(schema::GetFunction{.name = "speech"})->configuration,
              function.configuration);
    function.configuration.append(schema::function_configuration_bytes_max, ' ');
    EXPECT_EQ(put(function), "InvalidParameterValue");
}

TEST_F(FunctionsTest, a_mistake_in_a_configuration_is_told_by_step_and_field) {
    schema::FunctionInfo function = speech();
    function.worker = "image";
    function.configuration = R"({"output":{"bucket":"outbox"},"derivatives":[)"
                             R"({"name":"web","steps":[{"resize":{"width":10}},)"
                             R"({"format":{"type":"webp","quality":101}}]}]})";
    const auto refused = station.ask(schema::PutFunction{.function = function});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    for (const char* part : {"web", "format", "quality"}) {
        EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
    }
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

TEST_F(FunctionsTest, jobs_that_fail_for_good_are_counted_beside_their_function_s_row) {
    schema::FunctionInfo function = speech();
    TestWorker worker{station, "w", 4};
    worker.kind = "tts";
    function.retries_max = 0;
    station.put_function(function);
    const auto row = [this] {
        return station.store().get(partition, function_key(test_account, "speech")).value();
    };
    const auto count = [this] {
        return station.ask(schema::ListFunctions{})->functions[0].dead_lettered;
    };
    const auto before = row();
    worker.hello();
    for (std::uint64_t number = 1; number <= 2; ++number) {
        station.invoke("speech", number, "the event");
        worker.nack(worker.look().at(0).lease, "text.undecodable");
    }
    EXPECT_EQ(row(), before);
    station.restart();
    EXPECT_EQ(count(), 2U);
    station.put_function(function);
    station.restart();
    EXPECT_EQ(count(), 2U);
    const auto number = schema::decode<FunctionRecord>(*before)->number;
    ASSERT_TRUE(station.ask(schema::DeleteFunction{.name = "speech"}));
    EXPECT_FALSE(station.store().get(partition, failures_key(QueueNumber(number))).value());
}

// A function with one place, and what its calls are told.
class ReservedTest : public FunctionsTest {
protected:
    ReservedTest() {
        schema::FunctionInfo function = speech();
        function.management.reserved_concurrency = 1;
        EXPECT_TRUE(station.ask(schema::PutFunction{.function = function, .manages = true}));
    }
    Result<schema::InvocationPrepared> prepare(bool takes_place = true) {
        return station.ask(schema::PrepareInvocation{.name = "speech", .takes_place = takes_place});
    }
};

TEST_F(ReservedTest, calls_of_all_workers_share_the_places) {
    const auto first = prepare();
    ASSERT_TRUE(first);
    EXPECT_NE(first->place, "");
    EXPECT_EQ(prepare().error().reason, "TooManyRequests");
    ASSERT_TRUE(station.ask(schema::EndInvocation{.place = first->place}));
    const auto second = prepare();
    ASSERT_TRUE(second);
    // Given back twice, it is not two places.
    ASSERT_TRUE(station.ask(schema::EndInvocation{.place = first->place}));
    EXPECT_EQ(prepare().error().reason, "TooManyRequests");
}

TEST_F(ReservedTest, a_place_has_the_name_that_its_caller_gives_it) {
    const schema::PrepareInvocation call{
        .name = "speech", .takes_place = true, .account = {}, .place = "mine"};
    EXPECT_EQ(station.ask(call)->place, "mine");
    EXPECT_EQ(prepare().error().reason, "TooManyRequests");
    // Who has not seen the answer can give it back all the same.
    ASSERT_TRUE(station.ask(schema::EndInvocation{.place = "mine"}));
    EXPECT_EQ(station.ask(call)->place, "mine");
    ASSERT_TRUE(station.ask(schema::EndInvocation{.place = "mine"}));
    EXPECT_TRUE(prepare());
}

TEST_F(ReservedTest, a_look_takes_no_place) {
    ASSERT_TRUE(prepare(false));
    EXPECT_EQ(prepare(false)->place, "");
    EXPECT_TRUE(prepare());
    EXPECT_EQ(prepare(false).error().reason, "TooManyRequests");
}

TEST_F(ReservedTest, a_place_that_nobody_gives_back_is_free_after_its_time) {
    ASSERT_TRUE(prepare());
    station.pass(std::chrono::seconds(speech().timeout_s) + call_start_max);
    EXPECT_TRUE(prepare());
}

TEST_F(ReservedTest, a_job_waits_for_the_end_of_a_call) {
    TestWorker worker(station, "w", 2);
    worker.kind = "tts";
    worker.hello();
    const auto call = prepare();
    station.invoke("speech", 1, "{}");
    EXPECT_TRUE(worker.look().empty());
    ASSERT_TRUE(station.ask(schema::EndInvocation{.place = call->place}));
    ASSERT_EQ(worker.look().size(), 1U);
    EXPECT_EQ(prepare().error().reason, "TooManyRequests");
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
