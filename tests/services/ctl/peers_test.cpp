#include "services/ctl/peers.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

using namespace std::chrono_literals;

TEST(Peers, an_answer_that_comes_after_the_loop_was_stopped_is_dropped) {
    const support::TempDirectory folder;
    const std::string nobody = "ipc://" + folder.path_of("nobody.sock");
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, {.storage_endpoint = nobody,
                       .notifier_endpoint = nobody,
                       .queue_endpoint = nobody,
                       .bus_endpoint = nobody,
                       .lane_endpoint = nobody});
    loop.after(1ms, [&loop] { loop.stop(); });
    const auto answer = peers.ask(peers.queue(), schema::ServiceStatus{}, 20ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    // The request times out while the loop does something else: it neither ends that nor writes to
    // the variables of the call that is over.
    bool is_done = false;
    loop.after(60ms, [&] {
        is_done = true;
        loop.stop();
    });
    loop.run();
    EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace onput::ctl
