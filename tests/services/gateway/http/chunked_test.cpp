#include "services/gateway/http/chunked.hpp"

#include <string>

#include <gtest/gtest.h>

namespace onput::http {
namespace {

struct Outcome {
    std::string data;
    std::string rest;  // What was not consumed.
    bool ended = false;
    bool failed = false;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `step` bytes at a time and takes `produced_max` at a time, as a connection would.
Outcome decode(std::string_view input, std::size_t step, std::size_t produced_max) {
    ChunkedDecoder decoder;
    Outcome outcome;
    std::string buffer;
    while (true) {
        const auto decoded = decoder.decode(buffer, produced_max);
        if (!decoded) {
            EXPECT_EQ(decoded.error().reason, "malformed_body");
            outcome.failed = true;
            return outcome;
        }
        outcome.data.append(buffer, 0, decoded->produced);
        buffer.erase(0, decoded->consumed);
        if (decoder.ended()) break;
        if (decoded->consumed > 0) continue;
        if (input.empty()) break;
        buffer.append(input.substr(0, step));
        input.remove_prefix(std::min(step, input.size()));
    }
    outcome.ended = decoder.ended();
    outcome.rest = buffer + std::string(input);
    return outcome;
}

Outcome decode(std::string_view input) {
    return decode(input, input.size(), input.size());
}

TEST(Chunked, chunks_become_one_run_of_data) {
    const Outcome outcome = decode("5\r\nhello\r\n1;name=value\r\n \r\n5\r\nworld\r\n0\r\n\r\n");
    EXPECT_EQ(outcome, (Outcome{.data = "hello world", .rest = "", .ended = true}));
}

TEST(Chunked, every_way_of_cutting_the_bytes_gives_the_same) {
    const std::string input =
        "A\r\n0123456789\r\n0f ; x\r\nabcdefghijklmno\r\n000\r\nx-checksum: 1\r\ny: 2\r\n\r\n";
    for (std::size_t step = 1; step <= input.size(); ++step) {
        for (const std::size_t produced_max : {1U, 3U, 7U, 100U}) {
            const Outcome outcome = decode(input, step, produced_max);
            EXPECT_EQ(outcome.data, "0123456789abcdefghijklmno");
            EXPECT_TRUE(outcome.ended);
        }
    }
}

TEST(Chunked, what_follows_the_body_is_left_alone) {
    EXPECT_EQ(decode("1\r\nx\r\n0\r\n\r\nGET /").rest, "GET /");
}

TEST(Chunked, an_unfinished_body_has_not_ended) {
    for (const std::string_view input : {"", "5", "5\r\nhel", "1\r\nx\r\n", "0\r\n", "0\r\n\r"}) {
        const Outcome outcome = decode(input);
        EXPECT_FALSE(outcome.ended) << input;
        EXPECT_FALSE(outcome.failed) << input;
    }
}

TEST(Chunked, what_is_not_this_coding_is_malformed) {
    for (const std::string_view input :
         {"\r\n", "x\r\n", "-1\r\n", "+1\r\nx", " 1\r\nx", "0x1\r\nx", "1\nx\r\n", "1\r\nxy\r\n",
          "1\r\nx\n0\r\n\r\n", "1\rx", "1;a\nb\r\nx", "1;\x01\r\nx", "5\r\nhello0\r\n\r\n",
          "0\r\na: b\n\r\n", "0\r\n\rX", "0\r\nA\x01\r\n\r\n"}) {
        EXPECT_TRUE(decode(input).failed) << input;
    }
}

TEST(Chunked, a_size_that_could_overflow_is_malformed) {
    EXPECT_TRUE(decode("fffffffffffffffff\r\nx").failed);
    EXPECT_TRUE(decode("0000000000000001\r\nx").failed);
    EXPECT_FALSE(decode("fffffffffffffff\r\nx").failed);
}

TEST(Chunked, extensions_and_trailers_have_limits) {
    const std::string line(ChunkedDecoder::chunk_line_bytes_max, 'e');
    EXPECT_FALSE(decode("1;" + line + "\r\nx").failed);
    EXPECT_TRUE(decode("1;" + line + "e\r\nx").failed);

    const std::string half(ChunkedDecoder::trailer_bytes_max / 2, 't');
    EXPECT_TRUE(decode("0\r\n" + half + "\r\n" + half + "\r\n\r\n").ended);
    EXPECT_TRUE(decode("0\r\n" + half + "\r\n" + half + "t\r\n\r\n").failed);
}

TEST(Chunked, a_failure_is_for_ever) {
    ChunkedDecoder decoder;
    std::string bad = "zz";
    EXPECT_FALSE(decoder.decode(bad, 10));
    std::string good = "0\r\n\r\n";
    EXPECT_FALSE(decoder.decode(good, 10));
    EXPECT_FALSE(decoder.ended());
}

}  // namespace
}  // namespace onput::http
