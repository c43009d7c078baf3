#include "services/ctl/output.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

using namespace std::chrono_literals;

TEST(Table, columns_are_aligned_and_the_last_is_not_padded) {
    Table table({"NAME", "SIZE"});
    table.add({"a", "1"});
    table.add({"longer", "22"});
    EXPECT_EQ(table.text(), "NAME    SIZE\na       1\nlonger  22\n");
}

TEST(Table, what_a_terminal_obeys_is_shown) {
    Table table({"KEY", "X"});
    table.add({"a\x1b[2J\n", "1"});
    EXPECT_EQ(table.text(), "KEY         X\na\\x1b[2J\\n  1\n");
}

TEST(Table, colours_take_no_columns_and_are_left_out_where_there_are_none) {
    Table table({"NAME", "X"});
    table.add({"a", "1"}, Tone::bad);
    EXPECT_EQ(table.text(true), "NAME  X\n\033[31ma     1\033[0m\n");
    EXPECT_EQ(table.text(false), "NAME  X\na     1\n");
}

TEST(Table, a_long_last_cell_continues_below_itself_on_a_terminal) {
    Table table({"NAME", "DETAIL"});
    table.add({"a", "one two three four five six"});
    EXPECT_EQ(table.text(false, 0), "NAME  DETAIL\na     one two three four five six\n");
    EXPECT_EQ(table.text(false, 32), "NAME  DETAIL\na     one two three four five\n      six\n");
    EXPECT_EQ(table.text(false, 200), table.text(false, 0));
}

TEST(Table, a_long_last_cell_goes_below_its_row_where_little_room_is_left) {
    Table table({"NAME", "DETAIL"});
    table.add({"a-long-name-of-it", "one two three four five six"}, Tone::bad);
    EXPECT_EQ(
        table.text(false, 30),
        "NAME               DETAIL\na-long-name-of-it\n    one two three four five\n    six\n");
    EXPECT_TRUE(table.text(true, 30).ends_with("\033[31m    six\033[0m\n"));
}

TEST(Colours, are_for_terminals_that_want_them) {
    EXPECT_TRUE(has_colours({.is_terminal = true, .term = "xterm"}));
    EXPECT_TRUE(has_colours({.is_terminal = true, .no_color = "", .term = "xterm"}));
    EXPECT_FALSE(has_colours({.is_terminal = false, .term = "xterm"}));
    EXPECT_FALSE(has_colours({.is_terminal = true, .no_color = "1", .term = "xterm"}));
    EXPECT_FALSE(has_colours({.is_terminal = true, .term = "dumb"}));
    EXPECT_FALSE(has_colours({.is_terminal = true}));
}

TEST(ShortArn, what_all_arns_share_is_left_out) {
    EXPECT_EQ(short_arn("arn:aws:sqs:us-east-1:000000000000:jobs"), "sqs:jobs");
    EXPECT_EQ(short_arn("arn:aws:lambda:us-east-1:000000000000:function:speech"),
              "function:speech");
    EXPECT_EQ(short_arn("arn:aws:sns:us-east-1:000000000000:media:0b4e"), "sns:media:0b4e");
    for (const char* other : {"", "jobs", "someone@example.com", "http://a:1/b:c:d:e:f"}) {
        EXPECT_EQ(short_arn(other), other);
    }
}

TEST(Table, without_rows_it_is_its_header) {
    EXPECT_EQ(Table({"NAME"}).text(), "NAME\n");
}

TEST(Table, letters_beyond_ascii_take_one_column) {
    Table table({"KEY", "X"});
    table.add(
        {"s\xC3\xA1"
         "ch",
         "1"});
    EXPECT_EQ(table.text(),
              "KEY   X\ns\xC3\xA1"
              "ch  1\n");
}

TEST(HumanDuration, grows_through_its_units) {
    EXPECT_EQ(human_duration(0us), "0.0 ms");
    EXPECT_EQ(human_duration(12'340us), "12.3 ms");
    EXPECT_EQ(human_duration(4'100ms), "4.1 s");
    EXPECT_EQ(human_duration(60s), "1 min 0 s");
    EXPECT_EQ(human_duration(125s), "2 min 5 s");
}

TEST(HumanBytes, grows_through_its_units) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(999), "999 B");
    EXPECT_EQ(human_bytes(1000), "1.0 kB");
    EXPECT_EQ(human_bytes(1'300'000), "1.3 MB");
    EXPECT_EQ(human_bytes(5'000'000'000), "5.0 GB");
}

TEST(ObjectUrl, a_bucket_and_a_key_are_told_apart_at_the_first_slash) {
    const auto url = parse_object_url("s3://inbox/in/a.txt");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->bucket, "inbox");
    EXPECT_EQ(url->key, "in/a.txt");
}

TEST(ObjectUrl, anything_else_is_refused) {
    for (const std::string text : {"", "inbox/a", "s3:/inbox/a", "s3://", "s3://inbox", "s3:///a",
                                   "s3://inbox/", "S3://inbox/a"}) {
        const auto url = parse_object_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, ErrorCode::invalid_argument);
    }
}

}  // namespace
}  // namespace onput::ctl
