#include "services/ctl/story.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

const std::string function_arn = "arn:aws:lambda:us-east-1:000000000000:function:speech";
const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";

RecordBody event_owed_to(const std::vector<std::string>& arns) {
    schema::ObjectEvent event;
    for (const auto& arn : arns) event.owed.push_back({.arn = arn, .rule_id = "r"});
    return event;
}

std::vector<schema::TraceStep> steps(const std::vector<std::string>& whats) {
    std::vector<schema::TraceStep> made;
    for (const auto& what : whats) made.emplace_back().what = what;
    return made;
}

TEST(StoryOutcome, an_upload_that_no_rule_matched_is_the_whole_story) {
    EXPECT_EQ(outcome_of(steps({"journaled"}), {event_owed_to({})}), StoryOutcome::nothing_owed);
}

TEST(StoryOutcome, what_is_not_delivered_yet_is_running) {
    EXPECT_EQ(outcome_of(steps({"journaled"}), {event_owed_to({queue_arn})}),
              StoryOutcome::running);
}

TEST(StoryOutcome, an_event_of_a_queue_is_done_when_it_is_delivered) {
    EXPECT_EQ(outcome_of(steps({"journaled", "delivered"}), {event_owed_to({queue_arn})}),
              StoryOutcome::done);
}

TEST(StoryOutcome, a_function_is_done_when_its_job_has_succeeded) {
    const std::vector events{event_owed_to({function_arn})};
    EXPECT_EQ(outcome_of(steps({"delivered", "leased", "failed"}), events), StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"delivered", "leased", "succeeded"}), events), StoryOutcome::done);
}

TEST(StoryOutcome, every_event_of_the_chain_must_have_arrived) {
    const std::vector events{event_owed_to({function_arn}), event_owed_to({queue_arn})};
    EXPECT_EQ(outcome_of(steps({"delivered", "succeeded"}), events), StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"delivered", "succeeded", "delivered"}), events),
              StoryOutcome::done);
}

TEST(StoryOutcome, a_dead_letter_that_went_back_to_its_function_runs_until_it_ends_again) {
    const std::vector<RecordBody> owed{event_owed_to({function_arn})};
    EXPECT_EQ(outcome_of(steps({"delivered", "dead-lettered", "redriven", "queued"}), owed),
              StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"delivered", "dead-lettered", "redriven", "succeeded"}), owed),
              StoryOutcome::done);
    EXPECT_EQ(outcome_of(steps({"delivered", "dead-lettered", "redriven", "dead-lettered"}), owed),
              StoryOutcome::dead_lettered);
}

TEST(StoryOutcome, a_job_that_was_given_up_is_dead_lettered) {
    EXPECT_EQ(outcome_of(steps({"delivered", "dead-lettered"}), {event_owed_to({function_arn})}),
              StoryOutcome::dead_lettered);
}

TEST(StoryOutcome, an_input_that_was_refused_and_dealt_with_ends_its_job) {
    const std::vector events{event_owed_to({function_arn}), event_owed_to({queue_arn})};
    EXPECT_EQ(outcome_of(steps({"delivered", "refused"}), events), StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"delivered", "refused", "delivered"}), events),
              StoryOutcome::refused);
    EXPECT_EQ(to_string(StoryOutcome::refused), "refused");
}

TEST(StoryOutcome, what_was_withheld_is_not_owed) {
    auto event = std::get<schema::ObjectEvent>(event_owed_to({function_arn}));
    event.owed[0].withheld = "the chain is too long";
    EXPECT_EQ(outcome_of(steps({"journaled"}), {event}), StoryOutcome::nothing_owed);
}

schema::DeliveryAttempt last_attempt(const std::string& protocol) {
    schema::DeliveryAttempt attempt;
    attempt.protocol = protocol;
    attempt.error = "the endpoint answered 404";
    return attempt;
}

TEST(StoryOutcome, a_message_that_an_endpoint_refused_for_good_is_given_up) {
    schema::TopicMessage message;
    message.owed = {1, 2};
    const auto attempt = last_attempt("http");
    EXPECT_EQ(outcome_of(steps({"published", "delivery failed"}), {message, attempt}),
              StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"published", "delivery failed", "delivered"}), {message, attempt}),
              StoryOutcome::given_up);
}

TEST(StoryOutcome, an_attempt_that_is_made_again_ends_nothing) {
    schema::TopicMessage message;
    message.owed = {1};
    auto attempt = last_attempt("http");
    attempt.next_attempt_at = Timestamp{};
    EXPECT_EQ(outcome_of(steps({"published", "delivery failed"}), {message, attempt}),
              StoryOutcome::running);
}

TEST(StoryOutcome, a_dead_letter_is_delivered_before_it_is_over) {
    schema::TopicMessage message;
    message.owed = {1};
    auto attempt = last_attempt("http");
    attempt.dead_letter_arn = queue_arn;
    EXPECT_EQ(outcome_of(steps({"published", "delivery failed"}), {message, attempt}),
              StoryOutcome::running);
    EXPECT_EQ(outcome_of(steps({"published", "delivery failed", "delivered"}), {message, attempt}),
              StoryOutcome::done);
}

TEST(StoryOutcome, an_event_that_its_topic_did_not_take_is_given_up) {
    const std::vector<RecordBody> records{
        event_owed_to({"arn:aws:sns:us-east-1:000000000000:gone"}), last_attempt("topic")};
    EXPECT_EQ(outcome_of(steps({"journaled", "delivery failed"}), records), StoryOutcome::given_up);
}

TEST(StoryOutcome, what_a_queue_refused_for_good_is_given_up) {
    auto told = steps({"journaled", "delivery failed"});
    told[1].detail = "3 attempts, tried again: the queue is gone";
    EXPECT_EQ(outcome_of(told, {event_owed_to({queue_arn})}), StoryOutcome::running);
    told[1].detail = "given up after 4 attempts: the queue is gone";
    EXPECT_EQ(outcome_of(told, {event_owed_to({queue_arn})}), StoryOutcome::given_up);
}

TEST(StoryOutcome, a_story_whose_events_are_gone_is_running) {
    EXPECT_EQ(outcome_of(steps({"queued"}), {}), StoryOutcome::running);
}

TEST(StoryOutcome, each_has_its_word) {
    EXPECT_EQ(to_string(StoryOutcome::nothing_owed), "nothing owed");
    EXPECT_EQ(to_string(StoryOutcome::running), "running");
    EXPECT_EQ(to_string(StoryOutcome::done), "done");
    EXPECT_EQ(to_string(StoryOutcome::given_up), "given up");
    EXPECT_EQ(to_string(StoryOutcome::dead_lettered), "dead-lettered");
}

}  // namespace
}  // namespace onput::ctl
