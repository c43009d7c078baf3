#include "services/ctl/reconcile_text.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

Reconciliation found(std::initializer_list<UploadState> states) {
    Reconciliation all{.bucket = "inbox", .against = "outbox"};
    for (const UploadState state : states) all.add({.key = "k", .state = state});
    return all;
}

using enum UploadState;

TEST(Reconciliation, counts_all_and_lists_what_has_no_result) {
    const auto all = found({has_result, has_result, failed, running, unwanted, missing});
    EXPECT_EQ(all.total(), 6U);
    EXPECT_EQ(all.uploads.size(), 4U);
    EXPECT_EQ(summary_of(all),
              "inbox: 6 uploads: 2 have results in outbox, 1 failed, 1 still running, 1 matched no "
              "rule, 1 missing");
    EXPECT_NE(json_of(all).find(R"("missing":1)"), std::string::npos);
    EXPECT_NE(json_of(all).find(R"({"key":"k","state":"failed")"), std::string::npos);
}

TEST(Reconciliation, its_status_says_whether_all_is_accounted_for) {
    EXPECT_EQ(exit_code_of(found({})), ExitCode::ok);
    EXPECT_EQ(exit_code_of(found({has_result, failed, unwanted})), ExitCode::ok);
    EXPECT_EQ(exit_code_of(found({has_result, running})), ExitCode::wait_not_met);
    EXPECT_EQ(exit_code_of(found({has_result, running, missing})), ExitCode::failed);
    auto resent = found({missing});
    resent.resent = 1;
    EXPECT_EQ(exit_code_of(resent), ExitCode::wait_not_met);
}

TEST(StateOf, every_end_of_a_story_is_one) {
    EXPECT_EQ(state_of(StoryOutcome::nothing_owed), unwanted);
    EXPECT_EQ(state_of(StoryOutcome::running), running);
    EXPECT_EQ(state_of(StoryOutcome::given_up), failed);
    EXPECT_EQ(state_of(StoryOutcome::refused), failed);
    EXPECT_EQ(state_of(StoryOutcome::dead_lettered), failed);
    EXPECT_EQ(state_of(StoryOutcome::done), missing);
}

}  // namespace
}  // namespace onput::ctl
