#include "common/pattern/filter_policy.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace onput::pattern {
namespace {

using enum FilterScope;

FilterPolicy policy(std::string_view json, FilterScope scope) {
    auto parsed = FilterPolicy::parse(json, scope);
    EXPECT_TRUE(parsed) << json << ": " << parsed.error().message;
    return parsed ? *parsed : FilterPolicy::parse("{}", scope).value();
}

bool accepts(std::string_view json, std::vector<FilterAttribute> attributes) {
    return policy(json, message_attributes).matches(attributes);
}

bool accepts_body(std::string_view json, std::string_view body) {
    return policy(json, message_body).matches_body(body);
}

FilterAttribute text(std::string_view value, std::string_view name = "k") {
    return {.name = name, .type = "String", .value = value};
}
FilterAttribute number(std::string_view value) {
    return {.name = "k", .type = "Number", .value = value};
}
FilterAttribute array(std::string_view value) {
    return {.name = "k", .type = "String.Array", .value = value};
}

TEST(FilterPolicy, an_empty_policy_accepts_everything) {
    EXPECT_TRUE(accepts(" { } ", {}));
    EXPECT_TRUE(accepts("{}", {text("x")}));
    EXPECT_TRUE(accepts_body("{}", "{}"));
    EXPECT_FALSE(accepts_body("{}", "[]"));
}

TEST(FilterPolicy, the_scope_is_the_one_it_was_parsed_with) {
    EXPECT_EQ(policy("{}", message_body).scope(), message_body);
    EXPECT_EQ(policy("{}", message_attributes).scope(), message_attributes);
}

struct Case {
    std::string_view values;  // The policy's, of one key.
    std::vector<FilterAttribute> accepted;
    std::vector<FilterAttribute> refused;
};

TEST(FilterPolicy, each_operator_accepts_its_own_attributes) {
    const std::vector<Case> cases{
        {R"("x")",
         {text("x"), array(R"(["y","x"])")},
         {text("X"), text("xx"), text(""), array("x")}},
        {R"("")", {text("")}, {text("x")}},
        {R"("1")", {text("1"), array(R"(["1"])")}, {number("1"), array("[1]")}},
        {"1",
         {number("1"), number("1.0"), number("10e-1"), array("[1.0]")},
         {text("1"), number("2"), number(" 1"), number("+1"), number("1x"), number(""),
          number("0x1")}},
        {"0", {number("0"), number("-0")}, {number("nan"), number("inf")}},
        {"300.5", {number("3.005e2")}, {number("300.50001")}},
        {"true", {array("[false,true]")}, {text("true"), number("1"), array(R"(["true"])")}},
        {"false", {array("[false]")}, {array("[true,null,0]")}},
        {"null", {array("[null]")}, {text("null"), text(""), array("[]")}},
        {R"({"prefix":"ab"})",
         {text("ab"), text("abc"), array(R"([1,"abc"])")},
         {text("a"), text("Abc"), number("1")}},
        {R"({"suffix":"bc"})", {text("bc"), text("abc")}, {text("c"), text("aBC")}},
        {R"({"equals-ignore-case":"aBc"})", {text("abc"), text("ABC")}, {text("abcd"), text("ab")}},
        {R"({"anything-but":"x"})",
         {text("y"), text(""), number("1"), array(R"(["x","y"])")},
         {text("x"), array(R"(["x"])"), array("[]")}},
        {R"({"anything-but":["x","y"]})", {text("z")}, {text("x"), text("y")}},
        {R"({"anything-but":1})", {number("2"), text("1")}, {number("1.0")}},
        {R"({"anything-but":[3,1,2]})", {number("4")}, {number("1"), number("2"), number("3")}},
        {R"({"anything-but":{"prefix":"x-"}})", {text("y"), text("x")}, {text("x-"), text("x-1")}},
        {R"({"numeric":["=",5]})", {number("5.0")}, {number("5.1"), text("5")}},
        {R"({"numeric":["<",5]})", {number("4.9"), number("-1e9")}, {number("5")}},
        {R"({"numeric":["<=",5]})", {number("5")}, {number("5.00001")}},
        {R"({"numeric":[">",5]})", {number("5.1")}, {number("5")}},
        {R"({"numeric":[">=",5]})", {number("5"), number("1e300")}, {number("4")}},
        {R"({"numeric":[">",0,"<=",100]})",
         {number("0.1"), number("100")},
         {number("0"), number("100.1")}},
        {R"({"numeric":[">=",0,"<",1]})", {number("0")}, {number("1")}},
        {R"({"exists":true})",
         {text(""), number("x"), array("["), {.name = "k", .type = "Binary", .value = "\xff"}},
         {text("x", "other")}},
        {R"({"exists":false})", {text("x", "other")}, {text(""), array("[]")}},
        {R"({"exists":false},"x")", {text("x", "other"), text("x")}, {text("y")}},
        {R"({"cidr":"10.0.0.0/24"})",
         {text("10.0.0.0"), text("10.0.0.255")},
         {text("10.0.1.0"), text("10.0.0"), text("::a00:1"), text("10.0.0.1 "), number("10")}},
        {R"({"cidr":"10.0.0.1/32"})", {text("10.0.0.1")}, {text("10.0.0.2")}},
        {R"({"cidr":"10.128.0.0/9"})", {text("10.200.1.1")}, {text("10.127.1.1")}},
        {R"({"cidr":"0.0.0.0/0"})", {text("255.1.1.1")}, {text("::1")}},
        {R"({"cidr":"2001:db8::/33"})",
         {text("2001:db8:7fff::1"), text("2001:DB8::")},
         {text("2001:db8:8000::1"), text("10.0.0.1")}},
        {R"("x",1,{"prefix":"y"})", {text("x"), number("1"), text("yes")}, {text("1"), text("z")}},
    };
    for (const auto& [values, accepted, refused] : cases) {
        const std::string json = R"({"k":[)" + std::string(values) + "]}";
        for (const auto& attribute : accepted) {
            EXPECT_TRUE(accepts(json, {attribute})) << json << " " << attribute.value;
        }
        for (const auto& attribute : refused) {
            EXPECT_FALSE(accepts(json, {attribute})) << json << " " << attribute.value;
        }
    }
}

TEST(FilterPolicy, an_attribute_type_may_carry_a_suffix_of_its_own) {
    EXPECT_TRUE(accepts(R"({"k":[1]})", {{.name = "k", .type = "Number.int", .value = "1"}}));
    EXPECT_TRUE(accepts(R"({"k":["1"]})", {{.name = "k", .type = "String.id", .value = "1"}}));
    EXPECT_TRUE(
        accepts(R"({"k":["1"]})", {{.name = "k", .type = "String.Array.x", .value = R"(["1"])"}}));
    EXPECT_FALSE(accepts(R"({"k":["1"]})", {{.name = "k", .type = "Strings", .value = "1"}}));
}

TEST(FilterPolicy, a_binary_attribute_matches_nothing_but_exists) {
    const std::vector<FilterAttribute> binary{{.name = "k", .type = "Binary.png", .value = "x"}};
    EXPECT_FALSE(accepts(R"({"k":["x",{"anything-but":"y"},{"prefix":""}]})", binary));
    EXPECT_TRUE(accepts(R"({"k":[{"exists":true}]})", binary));
    EXPECT_FALSE(accepts(R"({"k":[{"exists":false}]})", binary));
}

TEST(FilterPolicy, an_array_attribute_that_is_no_json_array_matches_nothing) {
    for (const std::string_view value :
         {"", "x", R"("x")", R"(["x")", R"(["x"]])", R"({"a":"x"})"}) {
        EXPECT_FALSE(accepts(R"({"k":["x",{"anything-but":"q"}]})", {array(value)})) << value;
    }
    EXPECT_TRUE(accepts(R"({"k":["x"]})", {array(R"([["y"],{"a":"z"},"x"])")}));
    EXPECT_FALSE(accepts(R"({"k":["y","z"]})", {array(R"([["y"],{"a":"z"},"x"])")}));
}

TEST(FilterPolicy, all_keys_have_to_match) {
    const std::string_view both = R"({"k":["x"],"l":[{"prefix":"y"}]})";
    EXPECT_TRUE(accepts(both, {text("yes", "l"), text("x")}));
    EXPECT_FALSE(accepts(both, {text("x")}));
    EXPECT_FALSE(accepts(both, {text("x"), text("no", "l")}));
}

TEST(FilterPolicy, one_alternative_has_to_match_and_the_keys_beside_it) {
    const std::string_view offered =
        R"({"k":["x"],"$or":[{"a":["1"]},{"b":["1"],"c":["1"]},{"d":[{"exists":false}]}]})";
    EXPECT_TRUE(accepts(offered, {text("x"), text("1", "a"), text("", "d")}));
    EXPECT_TRUE(accepts(offered, {text("x"), text("1", "b"), text("1", "c"), text("", "d")}));
    EXPECT_TRUE(accepts(offered, {text("x")}));
    EXPECT_FALSE(accepts(offered, {text("x"), text("1", "b"), text("", "d")}));
    EXPECT_FALSE(accepts(offered, {text("y"), text("1", "a")}));
}

TEST(FilterPolicy, or_without_alternatives_is_a_key_like_any_other) {
    EXPECT_TRUE(accepts(R"({"$or":["x","y"]})", {text("y", "$or")}));
    EXPECT_FALSE(accepts(R"({"$or":["x","y"]})", {}));
}

TEST(FilterPolicy, of_a_key_that_is_given_twice_the_last_counts) {
    EXPECT_TRUE(accepts(R"({"k":["x"],"k":["y"]})", {text("y")}));
    EXPECT_FALSE(accepts(R"({"k":["x"],"k":["y"]})", {text("x")}));
    EXPECT_TRUE(accepts_body(R"({"a":{"b":[1]},"a":{"c":[1]}})", R"({"a":{"c":1}})"));
    EXPECT_TRUE(accepts_body(R"({"a.b":[1],"a":{"b":[2]}})", R"({"a":{"b":2}})"));
    EXPECT_FALSE(accepts_body(R"({"a":[1]})", R"({"a":1,"a":2})"));
    EXPECT_TRUE(accepts_body(R"({"a":[2]})", R"({"a":1,"a":2})"));
}

TEST(FilterPolicy, attribute_names_and_values_compare_as_their_unescaped_text) {
    EXPECT_TRUE(accepts(R"({"\u006b":["\ud83d\ude00\n\"\\\/"]})", {text("\U0001F600\n\"\\/")}));
    EXPECT_TRUE(accepts(R"({"k":["\ud83dx"]})", {text("\xEF\xBF\xBDx")}));
    EXPECT_TRUE(accepts_body(R"({"k":["é"]})", R"({"\u006b":"\u00e9"})"));
}

struct BodyCase {
    std::string_view json;
    std::vector<std::string> accepted;
    std::vector<std::string> refused;
};

void expect_bodies(const std::vector<BodyCase>& cases) {
    for (const auto& [json, accepted, refused] : cases) {
        const FilterPolicy parsed = policy(json, message_body);
        for (const auto& body : accepted) EXPECT_TRUE(parsed.matches_body(body)) << json << body;
        for (const auto& body : refused) EXPECT_FALSE(parsed.matches_body(body)) << json << body;
    }
}

TEST(FilterPolicy, a_body_matches_by_its_values) {
    expect_bodies({
        {R"({"k":["x"]})",
         {R"({"k":"x"})", R"({"k":["y","x"]})", R"({"k":[[["x"]]]})"},
         {R"({"k":"y"})", R"({})", R"("x")", R"(["x"])", "", "x", R"({"k":"x")", R"({"k":"x"} 1)",
          R"({"k":{"x":1}})", R"({"j":{"k":"x"}})"}},
        {R"({"k":[1]})", {R"({"k":1})", R"({"k":1.0e0})"}, {R"({"k":"1"})", R"({"k":true})"}},
        {R"({"k":[true]})", {R"({"k":true})"}, {R"({"k":"true"})", R"({"k":false})"}},
        {R"({"k":[null]})", {R"({"k":null})"}, {R"({})", R"({"k":""})", R"({"k":0})"}},
        {R"({"k":[{"anything-but":"x"}]})",
         {R"({"k":"y"})", R"({"k":null})", R"({"k":["x",1]})"},
         {R"({"k":"x"})", R"({})", R"({"k":{}})", R"({"k":[]})"}},
        {R"({"k":[{"exists":true}]})",
         {R"({"k":null})", R"({"k":[0]})"},
         {R"({})", R"({"k":{}})", R"({"k":[]})", R"({"k":{"a":1}})"}},
        {R"({"k":[{"exists":false}]})",
         {R"({})", R"({"k":{}})", R"({"k":[]})", R"({"k":{"a":1}})"},
         {R"({"k":null})", R"({"k":[0]})"}},
        {R"({"k":[{"exists":false},"x"]})", {R"({})", R"({"k":["y","x"]})"}, {R"({"k":"y"})"}},
    });
}

TEST(FilterPolicy, nested_and_dotted_keys_are_the_same) {
    const std::vector<std::string> accepted{R"({"a":{"b":{"c":1}}})", R"({"a.b.c":1})",
                                            R"({"a.b":{"c":1}})", R"({"a":{"b.c":1}})"};
    const std::vector<std::string> refused{R"({"a":{"b":{"c":2}}})", R"({"a":{"b":1}})",
                                           R"({"a":{"c":1}})", R"({"a.b.cc":1})",
                                           R"({"a":{"b":{"c":{"d":1}}}})"};
    expect_bodies({{R"({"a":{"b":{"c":[1]}}})", accepted, refused},
                   {R"({"a.b.c":[1]})", accepted, refused},
                   {R"({"a.b":{"c":[1]}})", accepted, refused}});
}

TEST(FilterPolicy, members_with_a_dotted_beginning_in_common_add_up) {
    expect_bodies({{R"({"l":{"app.io/name":["x"],"app.io/part":["y"],"app":["z"]}})",
                    {R"({"l":{"app.io/name":"x","app.io/part":"y","app":"z"}})"},
                    {R"({"l":{"app.io/name":"x","app":"z"}})"}}});
}

TEST(FilterPolicy, an_empty_key_is_a_key) {
    expect_bodies({{R"({"":["x"]})", {R"({"":"x"})"}, {R"({"a":"x"})"}},
                   {R"({"a":{"":["x"]}})", {R"({"a":{"":"x"}})"}, {R"({"a":"x"})"}}});
}

TEST(FilterPolicy, values_of_different_elements_of_an_array_never_combine) {
    const auto records = [](std::string_view first, std::string_view second) {
        return R"({"Records":[)" + std::string(first) + "," + std::string(second) + "]}";
    };
    const std::string_view created = R"({"eventName":"ObjectCreated:Put","s3":{"object":)"
                                     R"([[{"key":"auto-1"}]]}})";
    const std::string_view removed = R"({"eventName":"ObjectRemoved:Delete","s3":{"object":)"
                                     R"({"key":"auto-1"}}})";
    const std::string_view home = R"({"eventName":"ObjectCreated:Put","s3":{"object":)"
                                  R"({"key":"home-1"}}})";
    expect_bodies({
        {R"({"Records":{"s3":{"object":{"key":[{"prefix":"auto-"}]}},)"
         R"("eventName":[{"prefix":"ObjectCreated:"}]}})",
         {records(removed, created)},
         {records(home, removed), R"({"Records":[]})"}},
        {R"({"a":{"x":[1],"y":[{"exists":false}]}})",
         {R"({"a":[{"x":1,"y":1},{"x":1}]})"},
         {R"({"a":[{"x":1,"y":1},{"x":2}]})"}},
        // The alternative's key leads into the same array as the key beside it.
        {R"({"a.x":[1],"$or":[{"a.y":[1]},{"b":[1]}]})",
         {R"({"a":[{"x":1,"y":1}]})", R"({"a":[{"x":1},{"y":1}],"b":1})"},
         {R"({"a":[{"x":1},{"y":1}]})"}},
        {R"({"a":{"x":[1]},"b":{"y":[1]}})",
         {R"({"a":[{"x":0},{"x":1}],"b":[{"y":1}]})"},
         {R"({"a":[{"x":1}],"b":[{"y":0}]})"}},
    });
}

TEST(FilterPolicy, alternatives_stand_at_any_depth) {
    expect_bodies(
        {{R"({"$or":[{"name":["a","b"]},{"space":["c"]}],"detail":{"scope":["s"],)"
          R"("$or":[{"source":["x"]},{"type":["y"]}]}})",
          {R"({"name":"a","detail":{"scope":"s","source":"x"}})",
           R"({"space":"c","detail":{"scope":"s","type":"y"}})"},
          {R"({"name":"a","detail":{"scope":"s","type":"x"}})",
           R"({"name":"a","detail":{"type":"y"}})", R"({"detail":{"scope":"s","type":"y"}})"}}});
}

// A value as a test knows it, without parsing.
struct Known {
    std::string json;
    bool is_text = false;  // Otherwise a number.
};

struct KnownCondition {
    std::string json;
    std::function<bool(const Known&)> holds;
};

// A body as the flat list of its values: the path, and which element of which array each is in.
struct KnownBody {
    struct Leaf {
        std::string path;
        std::map<int, int> elements;
        Known value;
    };
    std::string json;
    std::vector<Leaf> leaves;
    int arrays = 0;
};

class RandomPolicy {
public:
    explicit RandomPolicy(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }

    Known value() {
        if (below(2) == 0) {
            return {.json = std::to_string(below(4)) + ".0", .is_text = false};
        }
        return {.json = "\"" + word() + "\"", .is_text = true};
    }

    std::string word() { return std::string(1 + below(2), below(2) == 0 ? 'x' : 'y'); }

    KnownCondition condition() {
        const std::string one = word();
        const double number = static_cast<double>(below(4));
        const std::string quoted = "\"" + one + "\"";
        switch (below(6)) {
            case 0: return {quoted, [=](const Known& v) { return v.json == quoted; }};
            case 1:
                return {R"({"prefix":)" + quoted + "}", [=](const Known& v) {
                            return v.is_text && v.json.starts_with("\"" + one);
                        }};
            case 2:
                return {R"({"suffix":)" + quoted + "}",
                        [=](const Known& v) { return v.is_text && v.json.ends_with(one + "\""); }};
            case 3:
                return {R"({"anything-but":)" + quoted + "}",
                        [=](const Known& v) { return v.json != quoted; }};
            case 4:
                return {R"({"numeric":["<",)" + std::to_string(number) + "]}",
                        [=](const Known& v) { return !v.is_text && std::stod(v.json) < number; }};
            default:
                return {std::to_string(number),
                        [=](const Known& v) { return !v.is_text && std::stod(v.json) == number; }};
        }
    }

    // An object with some of the keys a and b, whose values are scalars, objects or arrays.
    std::string object(KnownBody& body, const std::string& prefix,
                       const std::map<int, int>& elements, int depth) {
        std::string json;
        for (const std::string key : {"a", "b"}) {
            if (below(4) == 0) continue;
            json += (json.empty() ? "\"" : ",\"") + key +
                    "\":" + any(body, prefix.empty() ? key : prefix + "." + key, elements, depth);
        }
        return "{" + json + "}";
    }

private:
    std::string any(KnownBody& body, const std::string& path, std::map<int, int> elements,
                    int depth) {
        const std::size_t kind = depth == 0 ? 0 : below(3);
        if (kind == 1) return object(body, path, elements, depth - 1);
        if (kind == 2) {
            const int array = body.arrays++;
            std::string json;
            const std::size_t count = below(4);
            for (std::size_t i = 0; i < count; ++i) {
                elements[array] = static_cast<int>(i);
                json += (i == 0 ? "" : ",") + any(body, path, elements, depth - 1);
            }
            return "[" + json + "]";
        }
        Known known = value();
        body.leaves.push_back({.path = path, .elements = std::move(elements), .value = known});
        return known.json;
    }

    std::mt19937_64 random_;
};

struct KnownKey {
    std::string path;
    std::vector<KnownCondition> conditions;
};

// Chooses a value for one key after the other, so that no array gives two elements.
bool can_hold(const std::vector<KnownKey>& keys, const KnownBody& body, std::size_t at,
              const std::map<int, int>& chosen) {
    if (at == keys.size()) return true;
    return std::ranges::any_of(body.leaves, [&](const KnownBody::Leaf& leaf) {
        if (leaf.path != keys[at].path) return false;
        std::map<int, int> together = chosen;
        for (const auto& [array, element] : leaf.elements) {
            if (together.emplace(array, element).first->second != element) return false;
        }
        const bool holds = std::ranges::any_of(keys[at].conditions, [&](const auto& condition) {
            return condition.holds(leaf.value);
        });
        return holds && can_hold(keys, body, at + 1, together);
    });
}

TEST(FilterPolicy, any_policy_agrees_with_brute_force_over_any_body) {
    int matched = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        RandomPolicy random(seed);
        std::vector<KnownKey> keys;
        std::string json;
        for (const std::string path : {"a", "b", "a.a", "a.b", "b.a.b"}) {
            if (random.below(3) != 0) continue;
            KnownKey key{.path = path};
            std::string values;
            const std::size_t count = 1 + random.below(2);  // Of five keys at most 32 combinations.
            for (std::size_t i = 0; i < count; ++i) {
                key.conditions.push_back(random.condition());
                values += (i == 0 ? "" : ",") + key.conditions.back().json;
            }
            json += (json.empty() ? "\"" : ",\"") + path + "\":[" + values + "]";
            keys.push_back(std::move(key));
        }
        KnownBody body;
        body.json = random.object(body, "", {}, 4);
        const bool expected = can_hold(keys, body, 0, {});
        matched += expected && !keys.empty() ? 1 : 0;
        EXPECT_EQ(accepts_body("{" + json + "}", body.json), expected)
            << "seed " << seed << " {" << json << "} " << body.json;
    }
    EXPECT_GT(matched, 100);
}

}  // namespace
}  // namespace onput::pattern
