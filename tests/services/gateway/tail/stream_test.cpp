#include "services/gateway/tail/stream.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

TEST(OpenStreams, one_account_takes_no_stream_of_another) {
    OpenStreams streams;
    for (std::uint32_t i = 0; i < event_streams_max; ++i) ASSERT_TRUE(streams.open("a"));
    const auto refused = streams.open("a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(refused.error().message, "100 streams of events of this account are open");
    EXPECT_TRUE(streams.open("b"));
    streams.close("a");
    EXPECT_TRUE(streams.open("a"));
}

TEST(OpenStreams, all_of_them_have_a_limit) {
    OpenStreams streams;
    for (std::uint32_t i = 0; i < event_streams_of_all_max; ++i) {
        ASSERT_TRUE(streams.open("account " + std::to_string(i % 20)));
    }
    EXPECT_EQ(streams.open("new").error().message, "1000 streams of events are open");
    streams.close("account 1");
    EXPECT_TRUE(streams.open("new"));
}

}  // namespace
}  // namespace onput::gateway
