// What is true of every message of the registry.
#include <set>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "tests/common/schema/sample.hpp"

namespace onput::schema {
namespace {

// `message` with its fields as `change` leaves them: a writer of another version.
template <typename M>
std::string encode_as(std::uint16_t version, std::uint16_t compatible, std::size_t fields,
                      std::size_t extra, const M& message) {
    Encoder out;
    out.array(4);
    out.natural(static_cast<std::uint64_t>(M::info.kind));
    out.natural(version);
    out.natural(compatible);
    out.array(fields + extra);
    std::size_t index = 0;
    M::visit_fields(message, [&](std::string_view, const auto& field) {
        if (index++ < fields) detail::write_value(out, field);
    });
    for (std::size_t i = 0; i < extra; ++i) {
        out.array(2);
        out.text("of a later version");
        out.nil();
    }
    return out.take();
}

TEST(EveryMessage, has_a_kind_of_its_own) {
    std::set<Kind> kinds;
    for_each_message([&]<typename M>(std::type_identity<M> type) {
        EXPECT_TRUE(kinds.insert(M::info.kind).second) << name_of(type);
    });
}

TEST(EveryMessage, is_read_as_it_was_written) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const M message = sample<M>(SampleStyle::wild, seed);
            const auto read = decode<M>(encode(message));
            ASSERT_TRUE(read) << name_of(type) << ": " << read.error().message;
            EXPECT_EQ(*read, message) << name_of(type) << ", seed " << seed;
        }
    });
}

TEST(EveryMessage, is_found_by_its_kind) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const auto bytes = encode(sample<M>(SampleStyle::representative, 1));
        EXPECT_EQ(kind_of(bytes), M::info.kind) << name_of(type);
        EXPECT_TRUE(describe(bytes)) << name_of(type);
    });
}

TEST(EveryMessage, keeps_the_defaults_of_fields_that_an_older_writer_did_not_know) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const M full = sample<M>(SampleStyle::representative, 2);
        const std::size_t count = detail::count_fields(full);
        for (std::size_t known = 0; known <= count; ++known) {
            const auto read = decode<M>(encode_as(1, 1, known, 0, full));
            ASSERT_TRUE(read) << name_of(type);
            // What was not written is as in a fresh message: written again with as many fields,
            // both give the same bytes.
            EXPECT_EQ(encode_as(1, 1, known, 0, *read), encode_as(1, 1, known, 0, full));
            EXPECT_TRUE(known > 0 || *read == M()) << name_of(type);
        }
    });
}

TEST(EveryMessage, skips_fields_of_a_newer_writer) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const M message = sample<M>(SampleStyle::representative, 3);
        const std::size_t count = detail::count_fields(message);
        const auto read = decode<M>(encode_as(9999, M::info.version, count, 2, message));
        ASSERT_TRUE(read) << name_of(type);
        EXPECT_EQ(*read, message) << name_of(type);
    });
}

TEST(EveryMessage, is_refused_when_it_needs_a_newer_reader) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const M message = sample<M>(SampleStyle::representative, 4);
        const std::uint16_t needed = M::info.version + 1;
        const auto read =
            decode<M>(encode_as(needed, needed, detail::count_fields(message), 0, message));
        ASSERT_FALSE(read) << name_of(type);
        EXPECT_EQ(read.error().code, ErrorCode::corruption);
    });
}

TEST(EveryMessage, is_not_taken_for_another) {
    const auto bytes = encode(sample<LaneBye>(SampleStyle::representative, 5));
    for_each_message([&]<typename M>(std::type_identity<M> type) {
        EXPECT_EQ(decode<M>(bytes).has_value(), M::info.kind == Kind::lane_bye) << name_of(type);
    });
}

TEST(EveryMessage, cut_at_any_byte_is_corruption) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const auto bytes = encode(sample<M>(SampleStyle::representative, 6));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto read = decode<M>(std::string_view(bytes).substr(0, size));
            ASSERT_FALSE(read) << name_of(type) << " cut at " << size;
            EXPECT_EQ(read.error().code, ErrorCode::corruption);
        }
    });
}

TEST(EveryMessage, with_any_byte_changed_is_refused_or_read_but_never_crashes) {
    Random random(7);
    for_each_message([&]<typename M>(std::type_identity<M>) {
        const auto good = encode(sample<M>(SampleStyle::representative, 7));
        // Of a long one some of its bytes, others each time it grows.
        constexpr std::size_t changes_max = 500;
        const std::size_t step = 1 + good.size() / changes_max;
        for (std::size_t i = 0; i < good.size(); i += step) {
            std::string bad = good;
            bad[i] = static_cast<char>(random.next());
            const auto read = decode<M>(bad);
            if (read) {
                // What is read can be written and read again.
                EXPECT_TRUE(decode<M>(encode(*read)));
            } else {
                EXPECT_EQ(read.error().code, ErrorCode::corruption);
            }
            static_cast<void>(describe(bad));
        }
    });
}

TEST(EveryMessage, of_random_bytes_is_refused_or_read_but_never_crashes) {
    Random random(8);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(random.below(48), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.next());
        EXPECT_FALSE(describe(bytes));
    }
}

}  // namespace
}  // namespace onput::schema
