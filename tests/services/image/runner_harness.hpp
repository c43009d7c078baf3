// The runner with storage in memory. The zygote is made first: no threads are allowed before it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/image/runner.hpp"
#include "tests/common/transport/harness.hpp"
#include "tests/common/worker/fake_storage.hpp"
#include "tests/common/worker/test_process.hpp"

namespace onput::image {

using worker::FakeStorage;

// A runner with a zygote of the test's choice, and the messages that it is given.
class RunnerHarness : public testing::Test {
protected:
    explicit RunnerHarness(Result<std::unique_ptr<worker::JobZygote>> zygote) {
        EXPECT_TRUE(zygote);
        config.storage_endpoint = folder.ipc("storage");
        loop = std::make_unique<transport::TestLoop>();  // Threads, so after the zygote.
        storage = std::make_unique<FakeStorage>(loop->get(), config.storage_endpoint);
        process = std::make_unique<worker::TestProcess>(loop->get(), "image");
        runner = make_image_runner(*process, config, *std::move(zygote));
        configuration = configure(R"("invalid": "keep")");
    }

    static std::string configure(const std::string& fields) {
        return R"({"output": {"bucket": "outbox", "prefix": "p/"}, "derivatives": [
            {"name": "small", "steps": []}, {"name": "web", "steps": []}], )" +
               fields + "}";
    }
    static std::string quarantining() {
        return configure(
            R"("invalid": "quarantine", "quarantine": {"bucket": "jail", "prefix": "q/"})");
    }
    // An upload of now; its ETag goes into later events.
    void upload(const std::string& bytes, std::map<std::string, std::string> metadata = {}) {
        storage->add({"inbox", key}, bytes, std::move(metadata));
        etag = storage->objects.at({"inbox", key}).info.etag;
        size_bytes = bytes.size();
    }
    worker::JobEnd run() {
        worker::LaneJob job;
        job.grant.lease = ++lease;
        job.grant.message_id = "message-1";
        job.grant.event_id = event_id;
        job.grant.trace = {.trace_id = "t", .cause_event_id = event_id, .depth = depth};
        job.grant.body = fmt::format(
            R"({{"Records": [{{"eventName": "{}", "s3": {{"bucket": {{"name": "inbox"}},
                "object": {{"key": "{}", "eTag": "{}", "size": {}}}}}}}]}})",
            event_name, key, etag, size_bytes);
        job.function = "photos";
        job.account = "000000000000";
        job.timeout_s = 20;
        job.configuration = configuration;
        std::optional<worker::JobEnd> result;
        runner->run(std::move(job),
                    worker::JobReply([&](worker::JobEnd end) { result = std::move(end); }));
        EXPECT_TRUE(loop->run_until([&] { return result.has_value(); }));
        return result.value();
    }
    // How a failed run ends: reason, words, disposition, and whether that is the end of it.
    struct Failed {
        ErrorCode code = ErrorCode::internal;
        std::string reason;
        std::string message;
        std::string disposition;
        bool is_settled = false;
        friend bool operator==(const Failed&, const Failed&) = default;
    };
    Failed run_failing() {
        const auto ended = run();
        EXPECT_FALSE(ended) << ended.value().summary;
        const auto& failure = ended.error();
        return {failure.error.code, failure.error.reason, failure.error.message,
                failure.disposition, failure.is_settled};
    }
    // Fails the n-th request of this method from now on, once: as if the worker died there.
    void die_at(std::string_view method, int number = 1) {
        storage->fault = [method, number](std::string_view asked,
                                          const std::string&) mutable -> std::optional<Error> {
            if (asked != method || --number != 0) return {};
            return Error{.code = ErrorCode::unavailable, .message = ""};
        };
    }
    const FakeStorage::Object& object(const std::string& bucket, const std::string& name) {
        return storage->objects.at({bucket, name});
    }

    transport::TestFolder folder;
    Config config;
    std::unique_ptr<transport::TestLoop> loop;
    std::unique_ptr<FakeStorage> storage;
    std::unique_ptr<worker::TestProcess> process;
    std::unique_ptr<worker::Runner> runner;
    std::string configuration;
    std::string key = "cats/tom.jpg";
    std::string etag;
    std::string event_name = "ObjectCreated:Put";
    std::string event_id = "event-1";
    std::uint64_t size_bytes = 0;
    std::uint64_t lease = 0;
    std::uint32_t depth = 1;
};

}  // namespace onput::image
