#include "services/storage/transfers/sessions.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

SessionCaller caller_at(Duration now, std::string account = std::string(owner_account)) {
    return {.account = std::move(account), .now = now};
}

class Writes : public testing::Test {
protected:
    std::uint64_t open(std::optional<std::uint64_t> size = {}) {
        return sessions.open({.bucket = "b", .key = "k", .size_bytes = size}, caller_at(now))
            ->write_id;
    }
    Result<schema::WriteAppended> append(std::uint64_t id, std::uint64_t offset,
                                         std::size_t bytes) {
        return sessions.append({.write_id = id, .offset = offset}, bytes, caller_at(now));
    }
    Result<void> finish(std::uint64_t id, std::uint64_t size, const std::string& key = "k") {
        schema::FinishWrite request;
        request.write_id = id;
        request.object.bucket = "b";
        request.object.key = key;
        request.object.size_bytes = size;
        return sessions.finish(request, caller_at(now));
    }

    WriteSessions sessions{Random(1)};
    Duration now = std::chrono::seconds(1'000);
};

TEST_F(Writes, pieces_follow_each_other) {
    const auto id = open();
    EXPECT_EQ(append(id, 0, 10)->received_bytes, 10U);
    EXPECT_EQ(append(id, 10, 5)->received_bytes, 15U);
    EXPECT_TRUE(finish(id, 15));
}

TEST_F(Writes, a_hole_or_an_overlap_is_refused) {
    const auto id = open();
    append(id, 0, 10);
    EXPECT_EQ(reason_of(append(id, 11, 1)), "invalid_argument");
    EXPECT_EQ(reason_of(append(id, 0, 10)), "invalid_argument");
    EXPECT_TRUE(append(id, 10, 1));
}

TEST_F(Writes, a_piece_has_a_bounded_size) {
    const auto id = open();
    EXPECT_EQ(reason_of(append(id, 0, 0)), "invalid_argument");
    EXPECT_EQ(reason_of(append(id, 0, schema::chunk_bytes_max + 1)), "invalid_argument");
    EXPECT_TRUE(append(id, 0, schema::chunk_bytes_max));
}

TEST_F(Writes, more_unanswered_pieces_than_the_credit_are_refused) {
    const auto id = open();
    for (std::uint32_t i = 0; i < write_credit; ++i) EXPECT_TRUE(append(id, i, 1));
    EXPECT_EQ(reason_of(append(id, write_credit, 1)), "invalid_argument");
    sessions.appended(id);
    EXPECT_TRUE(append(id, write_credit, 1));
}

TEST_F(Writes, more_than_was_announced_or_is_allowed_is_too_large) {
    const auto announced = open(10);
    EXPECT_EQ(reason_of(append(announced, 0, 11)), "entity_too_large");
    EXPECT_TRUE(append(announced, 0, 10));
    const auto unsized = open();
    std::uint64_t offset = 0;
    for (; offset < schema::put_bytes_max; offset += schema::chunk_bytes_max) {
        ASSERT_TRUE(append(unsized, offset, schema::chunk_bytes_max));
        sessions.appended(unsized);
    }
    EXPECT_EQ(reason_of(append(unsized, offset, 1)), "entity_too_large");
}

TEST_F(Writes, a_finish_must_be_of_what_was_written) {
    const auto id = open();
    append(id, 0, 10);
    EXPECT_EQ(reason_of(finish(id, 9)), "incomplete_body");
    EXPECT_EQ(reason_of(finish(id, 10, "other")), "invalid_argument");
    EXPECT_TRUE(finish(id, 10));
}

TEST_F(Writes, nothing_is_taken_after_the_finish) {
    const auto id = open();
    EXPECT_TRUE(finish(id, 0));
    EXPECT_EQ(reason_of(append(id, 0, 1)), "no_such_session");
    EXPECT_EQ(reason_of(finish(id, 0)), "no_such_session");
    EXPECT_EQ(reason_of(sessions.abort({.write_id = id}, caller_at(now))), "no_such_session");
}

TEST_F(Writes, an_abort_ends_it_and_may_be_repeated) {
    const auto id = open();
    EXPECT_TRUE(sessions.abort({.write_id = id}, caller_at(now)));
    EXPECT_TRUE(sessions.abort({.write_id = id}, caller_at(now)));
    EXPECT_EQ(reason_of(append(id, 0, 1)), "no_such_session");
    sessions.appended(id);  // The answer of the disk may come late.
}

TEST_F(Writes, belong_to_the_account_that_opened_them) {
    const auto id = open();
    const auto other = caller_at(now, "111111111111");
    EXPECT_EQ(reason_of(sessions.append({.write_id = id, .offset = 0}, 1, other)),
              "no_such_session");
    EXPECT_EQ(reason_of(sessions.abort({.write_id = id}, other)), "no_such_session");
}

TEST_F(Writes, silence_ends_them_but_not_while_finishing) {
    const auto silent = open();
    const auto finishing = open();
    EXPECT_TRUE(finish(finishing, 0));
    now += write_idle_max / 2;
    const auto fresh = open();
    now += write_idle_max / 2;
    EXPECT_EQ(sessions.expire(now), std::vector{silent});
    EXPECT_TRUE(append(fresh, 0, 1));
    EXPECT_EQ(sessions.size(), 2U);
}

TEST_F(Writes, are_bounded_in_number) {
    for (std::size_t i = 0; i < write_sessions_max; ++i) open();
    const auto refused = sessions.open({.bucket = "b", .key = "k"}, caller_at(now));
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(reason_of(refused), "slow_down");
}

class Reads : public testing::Test {
protected:
    std::uint64_t open() { return *sessions.open(source, caller_at(now)); }
    Result<StoredBytes> read(std::uint64_t id, std::uint64_t offset, std::uint32_t length) {
        const auto found =
            sessions.read({.read_id = id, .offset = offset, .length = length}, caller_at(now));
        if (!found) return std::unexpected(found.error());
        return found->stored;
    }

    ReadSessions sessions{Random(1)};
    const store::BlobRef blob{.segment = 0, .id = 7, .length = 1000};
    const ReadSessions::Source source{.object = "s3://b/k",
                                      .stored = {.blob = blob},
                                      .segments = {{.offset = 0, .blob = blob}},
                                      .offset = 100,
                                      .length = 50};
    Duration now = std::chrono::seconds(1'000);
};

TEST_F(Reads, give_the_blob_for_pieces_inside_what_was_opened) {
    const auto id = open();
    EXPECT_EQ(read(id, 100, 50), source.stored);
    EXPECT_EQ(read(id, 149, 1), source.stored);
    for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint32_t>>{
             {99, 1}, {150, 1}, {149, 2}, {~0ULL, 1}, {100, 0}, {100, 51}}) {
        EXPECT_EQ(reason_of(read(id, offset, length)), "invalid_range") << offset;
    }
}

TEST_F(Reads, a_piece_has_a_bounded_size) {
    const auto id = *sessions.open({.object = {},
                                    .stored = source.stored,
                                    .segments = source.segments,
                                    .offset = 0,
                                    .length = ~0ULL},
                                   caller_at(now));
    EXPECT_TRUE(read(id, 0, schema::chunk_bytes_max));
    EXPECT_EQ(reason_of(read(id, 0, schema::chunk_bytes_max + 1)), "invalid_range");
}

TEST_F(Reads, close_gives_the_blob_once) {
    const auto id = open();
    EXPECT_EQ(*sessions.close({.read_id = id}, caller_at(now)), source.stored);
    EXPECT_EQ(*sessions.close({.read_id = id}, caller_at(now)), std::nullopt);
    EXPECT_EQ(reason_of(read(id, 100, 1)), "no_such_session");
}

TEST_F(Reads, belong_to_the_account_that_opened_them) {
    const auto id = open();
    const auto other = caller_at(now, "111111111111");
    EXPECT_EQ(reason_of(sessions.read({.read_id = id, .offset = 100, .length = 1}, other)),
              "no_such_session");
    EXPECT_EQ(reason_of(sessions.close({.read_id = id}, other)), "no_such_session");
}

TEST_F(Reads, silence_ends_them) {
    open();
    now += read_idle_max;
    const auto fresh = open();
    EXPECT_EQ(sessions.expire(now), std::vector{source.stored});
    EXPECT_TRUE(read(fresh, 100, 1));
}

TEST_F(Reads, read_the_segments_that_have_the_piece) {
    auto parts = source;
    const store::BlobRef second{.segment = 0, .id = 8, .length = 1000};
    parts.segments = {{.offset = 0, .blob = blob}, {.offset = 1000, .blob = second}};
    parts.offset = 0;
    parts.length = 2000;
    const auto id = *sessions.open(parts, caller_at(now));
    const auto pieces = [&](std::uint64_t offset, std::uint32_t length) {
        return sessions.read({.read_id = id, .offset = offset, .length = length}, caller_at(now))
            ->segments;
    };
    EXPECT_EQ(pieces(0, 1000), (std::vector<SegmentPiece>{{blob, 0, 1000}}));
    EXPECT_EQ(pieces(999, 2), (std::vector<SegmentPiece>{
                                  {.blob = blob, .offset = 999, .length = 1, .nonce_offset = 999},
                                  {.blob = second, .offset = 0, .length = 1}}));
    EXPECT_EQ(pieces(1500, 500),
              (std::vector<SegmentPiece>{
                  {.blob = second, .offset = 500, .length = 500, .nonce_offset = 500}}));
}

TEST_F(Reads, are_bounded_in_segments) {
    auto parts = source;
    parts.segments.assign(read_segments_max / 2, {.offset = 0, .blob = blob});
    const auto first = sessions.open(parts, caller_at(now));
    ASSERT_TRUE(sessions.open(parts, caller_at(now)));
    EXPECT_EQ(reason_of(sessions.open(source, caller_at(now))), "slow_down");
    ASSERT_TRUE(sessions.close({.read_id = *first}, caller_at(now)));
    EXPECT_TRUE(sessions.open(source, caller_at(now)));
}

TEST_F(Reads, are_bounded_in_number) {
    for (std::size_t i = 0; i < read_sessions_max; ++i) open();
    EXPECT_EQ(reason_of(sessions.open(source, caller_at(now))), "slow_down");
}

}  // namespace
}  // namespace onput::storage
