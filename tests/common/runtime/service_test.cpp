// The life of a real service process.
#include "common/runtime/service.hpp"

#include <fstream>
#include <sstream>

#include "common/runtime/child.hpp"
#include "tests/common/transport/harness.hpp"

namespace onput::runtime {
namespace {

using transport::TestFolder;
using transport::TestLoop;

class ServiceTest : public testing::Test {
protected:
    void start(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), ONPUT_TEST_SERVICE);
        auto started = Child::start(
            {.arguments = std::move(arguments), .environment = environment, .log_file = log});
        ASSERT_TRUE(started) << started.error().message;
        child.emplace(std::move(*started));
        loop.get().watch(child->end_fd(), [this] {
            loop.get().unwatch(child->end_fd());
            end = child->take_end();
        });
    }
    void start_well(std::vector<std::string> arguments = {}) {
        arguments.push_back("--endpoint=" + endpoint);
        start(std::move(arguments));
        ASSERT_TRUE(wait_for_output("started"));
    }
    bool wait_for_output(const std::string& text) {
        return loop.run_until([&] { return output().find(text) != std::string::npos; });
    }
    std::string output() {
        std::ifstream in(log);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    void expect_end(const std::string& how) {
        ASSERT_TRUE(loop.run_until([this] { return end.has_value(); })) << output();
        EXPECT_EQ(*end, how) << output();
    }
    void expect_output(const std::string& text) {
        EXPECT_NE(output().find(text), std::string::npos) << output();
    }
    Result<schema::ServiceStatusReply> ask_status() {
        const auto client = transport::RequestClient::connect(loop.get(), endpoint);
        std::optional<Result<schema::ServiceStatusReply>> status;
        transport::call(*client, schema::ServiceStatus{}, {},
                        [&](Result<schema::ServiceStatusReply> reply, const auto&) {
                            status.emplace(std::move(reply));
                        });
        EXPECT_TRUE(loop.run_until([&] { return status.has_value(); }));
        return *status;
    }

    TestFolder folder;
    std::string log = folder.file("log");
    std::string endpoint = folder.ipc("s");
    std::vector<std::string> environment;
    TestLoop loop;
    std::optional<Child> child;
    std::optional<std::string> end;
};

TEST_F(ServiceTest, help_and_version_end_with_0) {
    start({"--help"});
    expect_end("exit status 0");
    expect_output("a service for tests");
    expect_output("--drain-timeout-ms VALUE");
    end.reset();
    start({"--version"});
    expect_end("exit status 0");
    expect_output("onput-test " + std::string(version));
}

TEST_F(ServiceTest, a_configuration_fault_ends_with_2_and_tells_all_faults) {
    start({"--log-level=loud", "--log-format=poem"});
    expect_end("exit status 2");
    expect_output("log_level is none of");
    expect_output("log_format is neither");
    expect_output("endpoint is empty\nand that is a second fault");
}

TEST_F(ServiceTest, a_service_that_cannot_open_ends_with_1) {
    start({"--endpoint=" + endpoint, "--fails-to-open"});
    expect_end("exit status 1");
    expect_output("no luck today");
}

TEST_F(ServiceTest, a_failed_process_ends_with_1) {
    start({"--endpoint=" + endpoint, "--fails-later"});
    expect_end("exit status 1");
    expect_output("the disk is gone");
}

TEST_F(ServiceTest, it_answers_its_status) {
    start_well();
    const auto status = ask_status();
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->service, "test");
    EXPECT_EQ(status->process_id, static_cast<std::uint32_t>(child->pid()));
    EXPECT_FALSE(status->is_ready);
    EXPECT_EQ(status->waiting_for, (std::vector<std::string>{"the moon"}));
    // Its own, then what every process tells.
    ASSERT_EQ(status->metrics.size(), 4U);
    EXPECT_EQ(status->metrics.back().name, "process_resident_memory_bytes");
    EXPECT_GT(status->metrics.back().value, 0);
}

TEST_F(ServiceTest, a_place_for_health_that_is_none_ends_it_with_1) {
    start({"--endpoint=" + endpoint, "--health-listen=nowhere"});
    expect_end("exit status 1");
    expect_output("health_listen 'nowhere' is no address and port");
}

TEST_F(ServiceTest, sigterm_drains_and_ends_with_0) {
    start_well();
    child->signal(SIGTERM);
    expect_end("exit status 0");
    expect_output("draining");
}

TEST_F(ServiceTest, sigint_does_the_same) {
    start_well();
    child->signal(SIGINT);
    expect_end("exit status 0");
}

TEST_F(ServiceTest, work_that_does_not_end_is_left_after_the_drain_timeout) {
    start_well({"--never-drains", "--drain-timeout-ms=20"});
    child->signal(SIGTERM);
    expect_end("exit status 0");
    expect_output("drain timeout is over");
}

TEST_F(ServiceTest, a_second_signal_ends_at_once) {
    start_well({"--never-drains", "--drain-timeout-ms=3600000"});
    child->signal(SIGTERM);
    ASSERT_TRUE(wait_for_output("draining"));
    child->signal(SIGTERM);
    expect_end("exit status 0");
}

TEST_F(ServiceTest, the_configuration_is_logged_without_secrets) {
    environment = {"ONPUT_ACCESS_SECRET=hush-hush"};
    start_well({"--log-format=json"});
    expect_output("endpoint=" + endpoint);
    expect_output("access_secret=***");
    EXPECT_EQ(output().find("hush-hush"), std::string::npos);
}

}  // namespace
}  // namespace onput::runtime
