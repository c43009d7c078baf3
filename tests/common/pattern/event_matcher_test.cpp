// Many patterns and one event: the answer is that of a matcher that tries every choice of values,
// whatever the patterns and the event are.
#include "common/pattern/event_matcher.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace onput::pattern {
namespace {

using Membership = std::map<int, int>;  // Array and element.

struct Field {
    std::string path;
    std::string text;  // As JSON.
    Membership membership;
};

std::optional<Membership> combine(const Membership& a, const Membership& b) {
    Membership both = a;
    for (const auto& [array, element] : b) {
        if (!both.emplace(array, element).second && both[array] != element) return std::nullopt;
    }
    return both;
}

FilterValue value_of(const std::string& json) {
    if (json == "true") return {.kind = JsonKind::literal_true, .text = json};
    if (json == "null") return {.kind = JsonKind::literal_null, .text = json};
    if (json.front() != '"') return {.kind = JsonKind::number, .text = json};
    return {.kind = JsonKind::text, .text = std::string_view(json).substr(1, json.size() - 2)};
}

// Tries every choice of values, key by key in the order of their names.
class Naive {
public:
    Naive(const CompiledFilter& filter, const std::vector<Field>& fields)
        : filter_(filter), fields_(fields) {}

    bool matches() {
        for (const auto& alternative : filter_.alternatives) {
            keys_.clear();
            for (const std::size_t leaf : alternative) keys_.push_back(&filter_.leaves[leaf]);
            std::ranges::sort(keys_, {}, &FilterLeaf::path);
            if (try_from(0, {})) return true;
        }
        return false;
    }

private:
    bool try_from(std::size_t index, const Membership& chosen) {
        if (index == keys_.size()) return true;
        const FilterLeaf& leaf = *keys_[index];
        bool is_there = false;
        for (const auto& field : fields_) {
            if (field.path != leaf.path) continue;
            const auto both = combine(chosen, field.membership);
            if (!both) continue;
            is_there = true;
            bool accepted = leaf.accepts_present;
            for (const auto& condition : leaf.conditions) {
                accepted = accepted || pattern::matches(condition, value_of(field.text));
            }
            if (accepted && try_from(index + 1, *both)) return true;
        }
        return leaf.accepts_absent && !is_there && try_from(index + 1, chosen);
    }

    const CompiledFilter& filter_;
    const std::vector<Field>& fields_;
    std::vector<const FilterLeaf*> keys_;
};

// Events and patterns over few names and values, so that they often meet.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::string event() {
        fields.clear();
        arrays_ = 0;
        return object("", {}, 0);
    }

    std::string pattern() { return pattern_object(0); }

    std::vector<Field> fields;  // Of the event.

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

    std::string name() { return std::string(1, static_cast<char>('a' + below(4))); }

    std::string scalar() {
        static const std::vector<std::string> all{"1",
                                                  "2",
                                                  "1.0",
                                                  "20e-1",
                                                  "7000000000",
                                                  "true",
                                                  "null",
                                                  R"("in/a.txt")",
                                                  R"("in/b.TXT")",
                                                  R"("out/a.txt")",
                                                  R"("")",
                                                  R"("10.0.0.7")"};
        return all[below(all.size())];
    }

    std::string value(const std::string& path, const Membership& in, int depth) {
        if (depth < 4 && chance(3)) return object(path, in, depth + 1);
        if (depth < 4 && chance(3)) return array(path, in, depth + 1);
        fields.push_back({.path = path, .text = scalar(), .membership = in});
        return fields.back().text;
    }

    std::string object(const std::string& path, const Membership& in, int depth) {
        std::map<std::string, std::string> members;
        for (std::uint64_t i = below(4); i > 0; --i) {
            const std::string key = name();
            if (members.contains(key)) continue;
            const std::string below_it = path.empty() ? key : path + "." + key;
            members[key] = value(below_it, in, depth);
        }
        std::vector<std::string> texts;
        for (const auto& [key, text] : members) {
            texts.push_back(fmt::format("\"{}\": {}", key, text));
        }
        return fmt::format("{{{}}}", fmt::join(texts, ","));
    }

    std::string array(const std::string& path, const Membership& in, int depth) {
        const int number = arrays_++;
        std::vector<std::string> texts;
        for (int i = 0; i < static_cast<int>(below(4)); ++i) {
            Membership inside = in;
            inside[number] = i;
            texts.push_back(chance(3) ? value(path, in, 9) : object(path, inside, depth));
        }
        return fmt::format("[ {} ]", fmt::join(texts, " , "));
    }

    std::string condition() {
        static const std::vector<std::string> all{R"({"prefix":"in/"})",
                                                  R"({"suffix":".txt"})",
                                                  R"({"suffix":{"equals-ignore-case":".txt"}})",
                                                  R"({"prefix":{"equals-ignore-case":"IN"}})",
                                                  R"({"equals-ignore-case":"IN/B.txt"})",
                                                  R"({"wildcard":"in/*.txt"})",
                                                  R"({"wildcard":"*a*"})",
                                                  R"({"anything-but":1})",
                                                  R"({"anything-but":["in/a.txt"]})",
                                                  R"({"anything-but":{"prefix":"out"}})",
                                                  R"({"anything-but":{"wildcard":"*b*"}})",
                                                  R"({"numeric":[">",1]})",
                                                  R"({"numeric":["=",2]})",
                                                  R"({"cidr":"10.0.0.0/8"})",
                                                  R"({"exists":true})",
                                                  R"({"exists":false})"};
        return chance(2) ? scalar() : all[below(all.size())];
    }

    std::string pattern_object(int depth) {
        std::map<std::string, std::string> members;
        for (std::uint64_t i = 1 + below(3); i > 0; --i) {
            std::string key = name();
            if (chance(5)) key += "." + name();
            if (depth < 3 && chance(2)) {
                members[key] = pattern_object(depth + 1);
                continue;
            }
            std::string texts = condition();
            if (chance(3)) texts += "," + condition();
            members[key] = "[" + texts + "]";
        }
        if (depth < 2 && chance(6)) {
            members["$or"] =
                fmt::format("[{},{}]", pattern_object(depth + 1), pattern_object(depth + 1));
        }
        std::vector<std::string> texts;
        for (const auto& [key, text] : members)
            texts.push_back(fmt::format("\"{}\":{}", key, text));
        return fmt::format("{{{}}}", fmt::join(texts, ","));
    }

    Random random_;
    int arrays_ = 0;
};

TEST(EventMatcher, answers_as_one_that_tries_every_choice) {
    EventScratch scratch;
    std::size_t matched = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Generator generate(seed);
        std::vector<EventPattern> patterns;
        std::vector<std::string> texts;
        while (patterns.size() < 40) {
            texts.push_back(generate.pattern());
            auto pattern = EventPattern::parse(texts.back());
            ASSERT_TRUE(pattern) << texts.back() << pattern.error().message;
            patterns.push_back(*std::move(pattern));
        }
        const EventMatcher matcher(patterns);
        for (int i = 0; i < 40; ++i) {
            const std::string event = generate.event();
            const auto found = matcher.match(event, scratch);
            const std::set<std::uint32_t> all(found.begin(), found.end());
            ASSERT_EQ(all.size(), found.size());
            matched += all.size();
            for (std::uint32_t k = 0; k < patterns.size(); ++k) {
                ASSERT_EQ(all.contains(k), Naive(patterns[k].filter(), generate.fields).matches())
                    << "seed " << seed << ": " << texts[k] << " of " << event;
            }
        }
    }
    EXPECT_GT(matched, 5'000U);
}

TEST(EventMatcher, of_no_patterns_matches_nothing) {
    EventScratch scratch;
    EXPECT_TRUE(EventMatcher({}).match(R"({"a":1})", scratch).empty());
}

TEST(EventMatcher, names_the_patterns_by_their_places) {
    std::vector<EventPattern> patterns;
    for (const auto* json : {R"({"a":[1]})", R"({"b":[{"exists":false}]})", R"({"a":[2]})",
                             R"({"a":[{"numeric":["<",5]}]})"}) {
        patterns.push_back(*EventPattern::parse(json));
    }
    const EventMatcher matcher(std::move(patterns));
    EventScratch scratch;
    const auto found = matcher.match(R"({"a":2})", scratch);
    EXPECT_EQ(std::vector(found.begin(), found.end()), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(EventMatcher, a_scratch_serves_several_matchers) {
    const EventMatcher one({*EventPattern::parse(R"({"a":[1]})")});
    const EventMatcher two(
        {*EventPattern::parse(R"({"b":[1]})"), *EventPattern::parse(R"({"a":[1]})")});
    EventScratch scratch;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(one.match(R"({"a":1})", scratch).size(), 1U);
        EXPECT_EQ(two.match(R"({"a":1,"b":1})", scratch).size(), 2U);
        EXPECT_EQ(two.match(R"({"a":1,"b":2})", scratch).size(), 1U);
    }
}

TEST(EventMatcher, an_event_nested_too_deeply_matches_nothing) {
    const EventMatcher matcher({*EventPattern::parse(R"({"a":[1]})")});
    EventScratch scratch;
    const auto nested = [](std::size_t depth) {
        return R"({"a":1,"b":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_EQ(matcher.match(nested(json_depth_max - 1), scratch).size(), 1U);
    EXPECT_EQ(matcher.match(nested(json_depth_max), scratch).size(), 0U);
    EXPECT_EQ(matcher.match(R"({"a":1,"b":)" + std::string(1'000'000, '['), scratch).size(), 0U);
}

}  // namespace
}  // namespace onput::pattern
