#include "common/json/value.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/json/writer.hpp"

namespace onput::json {
namespace {

// On both sides of where the index begins.
const std::size_t sizes[] = {3, Object::searched_members_max, Object::searched_members_max + 1,
                             200};

std::string name_of(std::size_t number) {
    return fmt::format("m{}", number * 7919 % 1009);
}

Object object_of(std::size_t size) {
    Object object;
    for (std::size_t i = 0; i < size; ++i) object[name_of(i)] = i;
    return object;
}

TEST(JsonValue, leaves_are_what_they_were_made_of) {
    EXPECT_TRUE(Value().is_null());
    EXPECT_NE(Value("a").text(), nullptr);
    EXPECT_NE(Value(true).flag(), nullptr);
    EXPECT_EQ(Value(true).integer(), nullptr);
    EXPECT_EQ(*Value(7U).integer(), 7);
    EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).integer(), nullptr);
    EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).real(), 18446744073709551615.0);
    EXPECT_EQ(Value(1.0).integer(), nullptr);
    EXPECT_EQ(Value(2).real(), 2.0);
    EXPECT_EQ(Value("2").real(), std::nullopt);
}

TEST(JsonValue, null_becomes_what_is_added_to_it) {
    Value value;
    value["a"].push_back(1);
    value["b"]["c"] = "x";
    EXPECT_EQ(write(value), R"({"a":[1],"b":{"c":"x"}})");
    EXPECT_EQ(value.find("b")->text_of("c"), "x");
    EXPECT_EQ(value.text_of("a"), "");
    EXPECT_EQ(value.text_of("absent"), "");
}

TEST(JsonValue, equality_does_not_ask_for_the_order_of_members) {
    EXPECT_EQ(Value(Object{{"a", 1}, {"b", 2}}), Value(Object{{"b", 2}, {"a", 1}}));
    EXPECT_NE(Value(Object{{"a", 1}, {"b", 2}}), Value(Object{{"a", 1}, {"c", 2}}));
    EXPECT_NE(Value(Object{{"a", 1}}), Value(Object{{"a", 1}, {"b", 2}}));
    EXPECT_NE(Value(Value::Array{1, 2}), Value(Value::Array{2, 1}));
}

TEST(JsonObject, members_are_found_and_keep_their_order) {
    for (const std::size_t size : sizes) {
        const Object object = object_of(size);
        ASSERT_EQ(object.size(), size);
        std::size_t i = 0;
        for (const auto& [name, value] : object) {
            EXPECT_EQ(name, name_of(i));
            EXPECT_EQ(*value.integer(), static_cast<std::int64_t>(i++));
            EXPECT_EQ(object.find(name), &value);
        }
        EXPECT_FALSE(object.contains("m"));
        EXPECT_FALSE(object.contains("mm"));
    }
}

TEST(JsonObject, a_name_is_there_once) {
    for (const std::size_t size : sizes) {
        Object object = object_of(size);
        EXPECT_FALSE(object.emplace(name_of(1), "other"));
        EXPECT_EQ(*object.find(name_of(1))->integer(), 1);
        object[name_of(1)] = "other";
        EXPECT_EQ(object.size(), size);
        EXPECT_EQ(*object.find(name_of(1))->text(), "other");
        EXPECT_TRUE(object.emplace("new", 1));
        EXPECT_EQ(object.size(), size + 1);
    }
    EXPECT_EQ(write(Object{{"a", 1}, {"b", 2}, {"a", 3}, {"a", 4}}), R"({"a":4,"b":2})");
}

TEST(JsonObject, members_are_erased_and_renamed_in_place) {
    for (const std::size_t size : sizes) {
        Object object = object_of(size);
        EXPECT_FALSE(object.rename("absent", "new"));
        EXPECT_FALSE(object.rename(name_of(0), name_of(1)));
        EXPECT_TRUE(object.rename(name_of(1), "new"));
        EXPECT_EQ((object.begin() + 1)->name, "new");
        EXPECT_EQ(object.find(name_of(1)), nullptr);
        EXPECT_EQ(*object.find("new")->integer(), 1);
        EXPECT_FALSE(object.erase("absent"));
        EXPECT_TRUE(object.erase(name_of(0)));
        EXPECT_EQ(object.begin()->name, "new");
        EXPECT_EQ(object.size(), size - 1);
        for (std::size_t i = 2; i < size; ++i) EXPECT_TRUE(object.contains(name_of(i)));
        object.erase_if([](const Member& member) { return *member.value.integer() % 2 == 0; });
        EXPECT_TRUE(object.contains("new"));
        EXPECT_FALSE(object.contains(name_of(2)));
    }
}

TEST(JsonObject, sorted_members_are_still_found) {
    for (const std::size_t size : sizes) {
        Object object = object_of(size);
        object.sort();
        EXPECT_TRUE(std::ranges::is_sorted(object, {}, &Member::name));
        for (std::size_t i = 0; i < size; ++i)
            EXPECT_EQ(*object.find(name_of(i))->integer(), static_cast<std::int64_t>(i));
    }
}

}  // namespace
}  // namespace onput::json
