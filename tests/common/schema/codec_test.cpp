#include "common/schema/codec.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "common/schema/fields.hpp"

namespace onput::schema {
namespace {

enum class Colour : std::uint8_t { red = 1, blue = 2 };

struct Inner {
    std::string name;
    std::int32_t number = 5;

    ONPUT_FIELDS(name, number)
    friend bool operator==(const Inner&, const Inner&) = default;
};

// One field of each type that there is.
struct Everything {
    static constexpr MessageInfo info{
        .kind = static_cast<Kind>(60'000), .version = 3, .compatible = 2};

    bool flag = false;
    std::uint8_t tiny = 0;
    std::uint64_t natural = 0;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
    Colour colour = Colour::red;
    Timestamp time;
    Duration duration{0};
    std::optional<std::string> maybe;
    std::vector<Inner> list;
    std::map<std::string, std::uint32_t> map;
    Inner inner;

    ONPUT_FIELDS(flag, tiny, natural, integer, real, text, colour, time, duration, maybe, list, map,
                 inner)
    friend bool operator==(const Everything&, const Everything&) = default;
};

Everything full() {
    return {.flag = true,
            .tiny = 255,
            .natural = std::numeric_limits<std::uint64_t>::max(),
            .integer = std::numeric_limits<std::int64_t>::min(),
            .real = 0.1,
            .text = std::string("\0\xff raw", 6),
            .colour = Colour::blue,
            .time = from_micros(-1),
            .duration = Duration(7),
            .maybe = "",
            .list = {{"a", 1}, {"b", -2}},
            .map = {{"x", 1}, {"", 2}},
            .inner = {"c", std::numeric_limits<std::int32_t>::max()}};
}

// The fields of an Everything that has just these values, as msgpack.
std::string with_fields(const std::function<void(Encoder&)>& write) {
    Encoder out;
    out.array(4);
    out.natural(60'000);
    out.natural(3);
    out.natural(2);
    write(out);
    return out.take();
}

void expect_corruption(std::string_view bytes) {
    const auto read = decode<Everything>(bytes);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::corruption);
}

TEST(Codec, every_type_of_field_comes_back) {
    EXPECT_EQ(decode<Everything>(encode(full())), full());
    EXPECT_EQ(decode<Everything>(encode(Everything())), Everything());
}

TEST(Codec, a_message_begins_with_kind_version_and_compatible) {
    const auto bytes = encode(full());
    const auto document = Document::parse(bytes);
    ASSERT_TRUE(document);
    const Value root = document->root();
    ASSERT_EQ(root.array_size(), 4U);
    EXPECT_EQ(root.at(0).natural(), 60'000U);
    EXPECT_EQ(root.at(1).natural(), 3U);
    EXPECT_EQ(root.at(2).natural(), 2U);
    EXPECT_EQ(root.at(3).array_size(), 13U);
}

TEST(Codec, whole_and_extreme_doubles_come_back) {
    for (const double value :
         {0.0, 3.0, -3.0, 1e300, -1e-300, 18446744073709551616.0, 9007199254740993.0}) {
        Everything message;
        message.real = value;
        const auto read = decode<Everything>(encode(message));
        ASSERT_TRUE(read) << value;
        EXPECT_EQ(read->real, value);
    }
}

TEST(Codec, an_absent_optional_differs_from_an_empty_one) {
    Everything message;
    EXPECT_EQ(decode<Everything>(encode(message))->maybe, std::nullopt);
    message.maybe = "";
    EXPECT_EQ(decode<Everything>(encode(message))->maybe, "");
}

TEST(Codec, an_unknown_enumerator_is_kept) {
    Everything message;
    message.colour = static_cast<Colour>(77);
    EXPECT_EQ(decode<Everything>(encode(message))->colour, static_cast<Colour>(77));
}

TEST(Codec, a_number_that_does_not_fit_is_corruption) {
    expect_corruption(with_fields([](Encoder& out) {
        out.array(2);
        out.boolean(true);
        out.natural(256);
    }));
    expect_corruption(with_fields([](Encoder& out) {
        out.array(2);
        out.boolean(true);
        out.integer(-1);
    }));
}

TEST(Codec, a_value_of_another_type_is_corruption) {
    expect_corruption(with_fields([](Encoder& out) {
        out.array(1);
        out.text("true");
    }));
    expect_corruption(with_fields([](Encoder& out) {
        out.array(1);
        out.nil();
    }));
    expect_corruption(with_fields([](Encoder& out) { out.map(0); }));
}

TEST(Codec, bytes_after_the_message_are_corruption) {
    expect_corruption(encode(full()) + "x");
    expect_corruption(encode(full()) + encode(full()));
}

TEST(Codec, what_is_no_message_is_corruption) {
    expect_corruption("");
    expect_corruption("hello");
    expect_corruption(std::string(1, '\xc1'));  // The one byte that msgpack never uses.
    Encoder three;
    three.array(3);
    for (int i = 0; i < 3; ++i) three.natural(1);
    expect_corruption(three.take());
}

TEST(Codec, deep_nesting_is_corruption) {
    std::string bytes(100'000, '\x91');
    bytes += '\xc0';
    expect_corruption(bytes);
    EXPECT_FALSE(kind_of(bytes));
}

TEST(Codec, counts_that_the_bytes_cannot_hold_are_corruption) {
    expect_corruption(std::string("\xdd\xff\xff\xff\xff", 5));
    expect_corruption(std::string("\xdf\xff\xff\xff\xff", 5));
    expect_corruption(std::string("\xdb\xff\xff\xff\xff", 5));
    expect_corruption(std::string("\xc9\xff\xff\xff\xff\x01", 6));
}

TEST(Codec, more_items_than_the_limit_are_corruption) {
    // Written by hand: the encoder itself refuses it.
    std::string bytes("\xdd\x00\x01\x86\xa1", 5);
    static_assert(array_items_max == 0x186a0);
    bytes += std::string(array_items_max + 1, '\xc0');
    const auto parsed = Document::parse(bytes);
    ASSERT_FALSE(parsed);
    bytes[4] = '\xa0';
    bytes.pop_back();
    EXPECT_TRUE(Document::parse(bytes));
}

TEST(Codec, a_message_above_the_size_limit_is_corruption) {
    Everything message;
    message.text.assign(message_bytes_max, 'x');
    expect_corruption(encode(message));
}

TEST(Codec, a_repeated_key_of_a_map_is_read_once) {
    const auto bytes = with_fields([](Encoder& out) {
        out.array(12);
        const auto whole = full();
        std::size_t index = 0;
        Everything::visit_fields(whole, [&](std::string_view, const auto& field) {
            if (index++ < 11) detail::write_value(out, field);
        });
        out.map(2);
        for (const std::uint64_t value : {1U, 2U}) {
            out.text("same");
            out.natural(value);
        }
    });
    const auto read = decode<Everything>(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->map.size(), 1U);
}

TEST(Codec, binary_values_are_read_as_text) {
    const auto bytes = with_fields([](Encoder& out) {
        out.array(6);
        const auto whole = full();
        std::size_t index = 0;
        Everything::visit_fields(whole, [&](std::string_view, const auto& field) {
            if (index++ < 5) detail::write_value(out, field);
        });
    });
    const auto read = decode<Everything>(bytes + std::string("\xc4\x02hi", 4));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text, "hi");
}

}  // namespace
}  // namespace onput::schema
