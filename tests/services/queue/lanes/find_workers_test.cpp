#include <gtest/gtest.h>

#include "services/queue/lanes/lanes.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

TEST(FindWorkers, finds_who_takes_calls_while_it_is_there) {
    Station station;
    const auto found = [&station] {
        return station.ask(schema::FindWorkers{.worker = "tts"})->workers;
    };
    TestWorker silent(station, "silent", 1);
    silent.kind = "tts";
    silent.hello();
    EXPECT_TRUE(found().empty()) << "it takes no calls";
    TestWorker other(station, "other", 1);
    other.kind = "image";
    other.call_endpoint = "ipc:///other";
    other.hello();
    TestWorker speaker(station, "speaker", 1);
    speaker.kind = "tts";
    speaker.call_endpoint = "ipc:///speaker";
    speaker.hello();
    const schema::CallPlace place{
        .worker_id = "speaker", .endpoint = "ipc:///speaker", .places = 4};
    EXPECT_EQ(found(), std::vector{place});
    speaker.call_endpoint = "ipc:///moved";
    speaker.hello();
    ASSERT_EQ(found().size(), 1U);
    EXPECT_EQ(found()[0].endpoint, "ipc:///moved");
    speaker.bye({});
    EXPECT_TRUE(found().empty()) << "it is leaving";
    speaker.start_anew();
    EXPECT_EQ(found().size(), 1U);
    station.pass(lane_silence + std::chrono::seconds(1));
    EXPECT_TRUE(found().empty()) << "it is dead";
}

}  // namespace
}  // namespace onput::queue
