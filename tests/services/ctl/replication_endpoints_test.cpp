// What status and doctor say of an endpoint.
#include "services/ctl/replication_endpoints.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

schema::ReplicationEndpoint endpoint() {
    return {.buckets = "backup*", .url = "https://there.example"};
}

TEST(ReplicationEndpoints, nothing_is_said_of_one_that_was_not_asked_or_answers) {
    auto there = endpoint();
    EXPECT_EQ(state_of(there), "not asked yet");
    EXPECT_EQ(complaint_of(there), "");
    there.failed_at = from_seconds(10);
    there.answered_at = from_seconds(11);
    EXPECT_EQ(state_of(there), "answers");
    EXPECT_EQ(complaint_of(there), "");
}

TEST(ReplicationEndpoints, what_waits_for_one_that_fails_is_said) {
    auto there = endpoint();
    there.answered_at = from_seconds(10);
    there.failed_at = from_seconds(11);
    there.last_error = "backup-a: no answer in time";
    EXPECT_EQ(state_of(there), "fails");
    EXPECT_EQ(complaint_of(there),
              "nothing waits for https://there.example; backup-a: no answer in time");
    there.pending_versions = 1;
    there.pending_bytes = 512;
    there.is_held_off = true;
    EXPECT_EQ(state_of(there), "left alone");
    EXPECT_EQ(complaint_of(there),
              "1 version (512 B) waits for https://there.example; backup-a: no answer in time");
    there.pending_versions = 2;
    EXPECT_TRUE(complaint_of(there).starts_with("2 versions (512 B) wait for "));
}

}  // namespace
}  // namespace onput::ctl
