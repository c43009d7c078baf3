#include "common/worker/job_worker.hpp"

#include <array>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::worker {
namespace {

TEST(AdvertisedEndpoint, it_is_the_address_bound_unless_another_host_is_named) {
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", ""), "tcp://0.0.0.0:7110");
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", "worker-3"), "tcp://worker-3:7110");
    EXPECT_EQ(advertised_endpoint("tcp://[::]:7110", "worker-3"), "tcp://worker-3:7110");
    EXPECT_EQ(advertised_endpoint("ipc:///run/a.sock", "worker-3"), "ipc:///run/a.sock");
    std::array<char, 256> own{};
    ASSERT_EQ(gethostname(own.data(), own.size()), 0);
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", "{hostname}"),
              "tcp://" + std::string(own.data()) + ":7110");
}

}  // namespace
}  // namespace onput::worker
