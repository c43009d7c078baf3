#include "services/gateway/tail/query.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

const Timestamp now = *parse_iso8601("2026-01-31T12:00:00Z");

Result<StreamQuery> read(std::string_view query, std::string_view last_event_id = {}) {
    const auto parameters = parse_query(query);
    EXPECT_TRUE(parameters) << query;
    return read_stream_query(*parameters, last_event_id, now);
}

schema::JournalRecord upload(std::string key = "a.txt") {
    schema::ObjectEvent event;
    event.event_name = "ObjectCreated:Put";
    event.bucket = "inbox";
    event.bucket_owner = "000000000000";
    event.key = std::move(key);
    schema::JournalRecord record;
    record.sequence = 42;
    record.type = "s3.ObjectCreated.Put";
    record.body = schema::encode(event);
    return record;
}

TEST(StreamQuery, takes_the_filters_of_the_tail) {
    const auto query = read("type=s3%3AObjectCreated%3A*&bucket=inbox&key=*.txt&X-Amz-Date=x");
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_TRUE(stream_text(*query, "", "abc", upload()));
    EXPECT_FALSE(stream_text(*query, "", "abc", upload("a.jpg")));
}

TEST(StreamQuery, a_client_that_comes_back_goes_on_behind_its_last_event) {
    const auto query = read("since=10m&from-seq=3", "abc/41");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->after, (StreamPosition{.epoch = "abc", .sequence = 41}));
    EXPECT_EQ(read("from-seq=3")->after, (StreamPosition{.epoch = "", .sequence = 2}));
    EXPECT_EQ(read("lastEventId=abc%2F7")->after, (StreamPosition{.epoch = "abc", .sequence = 7}));
    EXPECT_EQ(*read("since=10m")->since, now - std::chrono::minutes(10));
}

TEST(StreamQuery, what_is_wrong_is_named) {
    const auto expect = [](std::string_view query, std::string_view id, std::string_view words) {
        const auto refused = read(query, id);
        ASSERT_FALSE(refused) << query;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
        EXPECT_NE(refused.error().message.find(words), std::string::npos)
            << refused.error().message;
    };
    expect("colour=red", "", "there is no parameter 'colour'");
    expect("format=xml", "", "format 'xml'");
    expect("from-seq=0", "", "from-seq '0'");
    expect("from-seq=-1", "", "from-seq '-1'");
    expect("since=yesterday", "", "yesterday");
    expect("status=broken", "", "status 'broken'");
    expect("pattern=%7B", "", "Event pattern is not valid");
    expect("", "41", "'41' is the id of no event");
    expect("lastEventId=/1", "", "'/1' is the id of no event");
}

TEST(StreamText, is_one_event_with_its_id) {
    const auto text = stream_text(*read(""), "000000000000", "abc", upload());
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with("id: abc/42\ndata: {\"sequence\":42,")) << *text;
    EXPECT_TRUE(text->ends_with("}\n\n")) << *text;
}

TEST(StreamText, another_account_s_events_are_nobody_s) {
    EXPECT_FALSE(stream_text(*read(""), "111111111111", "abc", upload()));
    schema::JournalRecord unread = upload();
    unread.body = "nonsense";
    EXPECT_FALSE(stream_text(*read(""), "", "abc", unread));
}

TEST(StreamText, a_line_break_in_the_data_ends_no_event) {
    schema::BusEvent event{.event_id = "e", .account = "000000000000", .source = "shop"};
    event.detail = "{\n\n\"a\":\r1}";
    schema::JournalRecord record;
    record.sequence = 7;
    record.type = "events.Put";
    record.body = schema::encode(event);
    const auto text = stream_text(*read("format=cloudevent"), "000000000000", "abc", record);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find("\n\n"), text->size() - 2) << *text;
    EXPECT_EQ(text->find('\r'), std::string::npos);
}

TEST(EventId, is_read_back_as_it_was_written) {
    const StreamPosition position{.epoch = "abc", .sequence = 7};
    EXPECT_EQ(parse_event_id(format_event_id(position)), position);
    for (const char* text : {"", "7", "/7", "abc/", "abc/x", "abc/7/8"}) {
        EXPECT_FALSE(parse_event_id(text)) << text;
    }
    EXPECT_FALSE(parse_event_id(std::string(65, 'a') + "/7"));
}

}  // namespace
}  // namespace onput::gateway
