#include "services/ctl/failures_text.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

schema::DeadLetter letter(const std::string& key) {
    return {.queue = "speech-dead-letters",
            .message_id = "0b4e",
            .source_arn = "arn:aws:lambda:us-east-1:000000000000:function:speech",
            .bucket = "inbox",
            .key = key,
            .code = "text.no_voice",
            .reason = "no voice speaks this language",
            .dead_lettered_at = from_seconds(1'800'000'000),
            .attempts = 3};
}

TEST(FailuresText, says_what_failed_when_why_and_how_often_it_was_tried) {
    auto by_hand = letter("");
    by_hand.queue = "zoo";
    by_hand.source_arn.clear();
    by_hand.code.clear();
    by_hand.dead_lettered_at = {};
    by_hand.attempts = 0;
    by_hand.is_in_flight = true;
    EXPECT_EQ(failures_text({letter("book.txt"), by_hand}, false),
              "queue speech-dead-letters\n"
              "\n"
              "WHEN (UTC)        FROM             TRIES  OBJECT\n"
              "2027-01-15 08:00  function:speech  3      s3://inbox/book.txt\n"
              "    text.no_voice: no voice speaks this language\n"
              "\n"
              "queue zoo\n"
              "\n"
              "WHEN (UTC)  FROM  TRIES  OBJECT\n"
              "-           -     -      message 0b4e\n"
              "    sent here by a client or a topic (a receiver has it now)\n");
    EXPECT_EQ(failures_text({}, false), "");
}

TEST(FailuresText, fits_80_columns_however_long_names_are) {
    auto wordy = letter(std::string(1000, 'k') + ".txt");
    wordy.source_arn += std::string(64, 'f');
    wordy.queue = std::string(80, 'q');
    for (int i = 0; i < 50; ++i) wordy.reason += " because";
    std::istringstream lines(failures_text({wordy}, false));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(FailuresText, what_a_terminal_obeys_is_shown) {
    auto evil = letter("a\x1b[2J");
    evil.reason = "\x1b]0;x";
    EXPECT_FALSE(failures_text({evil}, false).contains('\x1b'));
}

TEST(FailuresText, json_has_null_for_times_that_are_not_known) {
    auto unknown = letter("book.txt");
    unknown.dead_lettered_at = {};
    const std::string json = failures_json({unknown}, false);
    EXPECT_TRUE(json.contains(R"("dead_lettered_at":null,"attempts":3,"is_in_flight":false)"))
        << json;
    EXPECT_TRUE(json.ends_with(R"(],"complete":false})")) << json;
}

TEST(RedriveText, says_why_messages_stayed) {
    schema::MoveTaskInfo task{
        .status = "COMPLETED", .source_arn = "arn:aws:sqs:us-east-1:000000000000:dead", .moved = 1};
    EXPECT_EQ(redrive_text(task), "moved 1 message from dead back to where each came from\n");
    task.status = "FAILED";
    task.failure_reason = "AWS.SimpleQueueService.NonExistentQueue";
    task.destination_arn = "arn:aws:sqs:us-east-1:000000000000:parked";
    EXPECT_EQ(redrive_text(task),
              "moved 1 message from dead to parked\nthe others stay: the queue or function of one "
              "or more is gone; --to QUEUE takes them\n");
}

TEST(Shortened, loses_the_middle_and_no_half_letter) {
    EXPECT_EQ(shortened("0123456789", 10), "0123456789");
    EXPECT_EQ(shortened("0123456789x", 10), "012...789x");
    EXPECT_EQ(shortened("äöüäöüäöüäöü", 9), "äöü...äöü");
    EXPECT_EQ(shortened("abcdef", 2), "ab");
}

TEST(Wrapped, breaks_between_words) {
    EXPECT_EQ(wrapped("", 2), "");
    EXPECT_EQ(wrapped("a b", 2), "  a b\n");
    EXPECT_EQ(wrapped(std::string(70, 'a') + " " + std::string(10, 'b'), 2),
              "  " + std::string(70, 'a') + "\n  " + std::string(10, 'b') + "\n");
}

}  // namespace
}  // namespace onput::ctl
