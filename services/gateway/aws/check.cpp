#include "services/gateway/aws/check.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/check.hpp"
#include "common/base/utf8.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::aws {
namespace {

constexpr std::size_t shown_bytes_max = 256;

std::string lower_first(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

std::string shown(const Value& value) {
    std::string text;
    if (const auto* list = value.list()) {
        for (const auto& item : *list) {
            if (text.size() > shown_bytes_max) break;
            if (!text.empty()) text += ", ";
            text += item.scalar_text().value_or("{...}");
        }
        text = fmt::format("[{}]", text);
    } else if (value.map() != nullptr) {
        text = "{...}";
    } else {
        text = value.scalar_text().value_or("null");
    }
    if (text.size() <= shown_bytes_max) return text;
    return std::string(utf8_prefix(text, shown_bytes_max)) + "...";
}

// The names that AWS's parsers have for what JSON can hold.
std::string_view type_of(const Value& value) {
    if (value.text() != nullptr) return "STRING_VALUE";
    if (const auto* flag = value.flag()) return *flag ? "TRUE_VALUE" : "FALSE_VALUE";
    if (value.list() != nullptr) return "START_ARRAY";
    return value.map() != nullptr ? "START_OBJECT" : "NUMBER_VALUE";
}

bool is_flag(const Value& value) {
    const auto* text = value.text();
    return value.flag() != nullptr ||
           (text != nullptr && (http::equal_ignoring_case(*text, "true") ||
                                http::equal_ignoring_case(*text, "false")));
}

bool has_type(const Value& value, Kind kind) {
    switch (kind) {
        case Kind::string:
        case Kind::blob: return value.text() != nullptr;
        case Kind::integer: return value.number().has_value();
        case Kind::real: return value.real().has_value();
        case Kind::timestamp: return value.text() != nullptr || value.real().has_value();
        case Kind::boolean: return is_flag(value);
        case Kind::structure:
        case Kind::map: return value.map() != nullptr;
        case Kind::list: return value.list() != nullptr;
        case Kind::any: return true;
    }
    return false;
}

// Characters of a text, items of a list or map; the value of a number.
std::optional<double> measure_of(const Value& value, Kind kind) {
    switch (kind) {
        case Kind::integer:
        case Kind::real: return value.real();
        case Kind::list: return static_cast<double>(value.list()->size());
        case Kind::map: return static_cast<double>(value.map()->size());
        case Kind::blob: {
            const std::size_t bytes = value.text()->size() / 4 * 3;  // Of base64.
            return static_cast<double>(bytes);
        }
        case Kind::string:
            return static_cast<double>(std::ranges::count_if(*value.text(), [](char c) {
                return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
            }));
        default: return std::nullopt;
    }
}

// AWS's patterns are Java's. What the C++ library cannot read is not judged: those with classes of
// Unicode, mostly. Its ordinary matcher recurses once a character; this one takes memory and time
// in proportion to the text.
bool matches(std::string_view pattern, const std::string& text) {
    static std::mutex mutex;
    static std::map<std::string_view, std::unique_ptr<const std::regex>> compiled;
    if (text.size() > pattern_text_bytes_max || pattern.contains("\\p") || pattern.contains("\\u"))
        return true;
    const std::regex* found = nullptr;
    {
        const std::lock_guard lock(mutex);
        auto [place, is_new] = compiled.try_emplace(pattern);
        if (is_new) {
            try {
                constexpr auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
                place->second =
                    std::make_unique<const std::regex>(pattern.begin(), pattern.end(), flags);
            } catch (const std::regex_error&) {
                place->second = nullptr;
            }
        }
        found = place->second.get();
    }
    return found == nullptr || std::regex_match(text, *found);
}

class Checker {
public:
    explicit Checker(const CheckRules& rules) : rules_(rules) {}

    void check_members(Value& value, const Shape& shape) {
        auto* map = value.map();
        if (map == nullptr) return;
        std::erase_if(*map, [&shape](const auto& entry) {
            return shape.find_member(entry.first) == nullptr;
        });
        const bool is_top = path_.empty();
        for (const auto& member : shape.members) {
            if (is_top) is_own_ = contains(rules_.own_members, member.name);
            const auto found = map->find(member.name);
            Value* held = found != map->end() ? &found->second : nullptr;
            path_.push_back({.name = member.name});
            if (member.is_required && !is_own_ && is_missing(held)) {
                note(Violation::Kind::missing, *member.shape, nullptr);
            } else if (held != nullptr) {
                check_value(*held, *member.shape);
            }
            path_.pop_back();
        }
    }
    std::vector<Violation> take() { return std::move(violations_); }

private:
    // A step from a tree to one of its parts; texts are made of them only when something is wrong.
    struct Step {
        std::string_view name{};  // Of a member, or the key of an entry.
        std::size_t number = 0;   // Of a list's item, from 1.
        enum class Kind : std::uint8_t { member, item, key, entry } kind = Kind::member;
    };

    static bool contains(std::span<const std::string_view> names, std::string_view name) {
        return std::ranges::find(names, name) != names.end();
    }

    [[nodiscard]] std::string path_text() const {
        std::string text;
        for (const auto& step : path_) {
            if (!text.empty()) text += '.';
            switch (step.kind) {
                case Step::Kind::member: text += lower_first(step.name); break;
                case Step::Kind::item: text += fmt::format("{}.member", step.number); break;
                case Step::Kind::key: text += "key"; break;
                case Step::Kind::entry: text += fmt::format("{}.member", step.name); break;
            }
        }
        return text;
    }

    void note(Violation::Kind kind, const Shape& shape, const Value* value) {
        if (violations_.size() >= violations_max) return;
        const auto member =
            std::ranges::find(path_.rbegin(), path_.rend(), Step::Kind::member, &Step::kind);
        violations_.push_back({.kind = kind,
                               .path = path_text(),
                               .member = member->name,
                               .value = value != nullptr ? shown(*value) : "",
                               .type = value != nullptr ? type_of(*value) : "",
                               .shape = &shape});
    }

    [[nodiscard]] bool is_missing(const Value* value) const {
        if (value == nullptr || value->is_null()) return true;
        return rules_.wants_required_texts && value->text() != nullptr && value->text()->empty();
    }

    // A text where a number should be, which a service that judges limits judges as well.
    [[nodiscard]] bool is_left(const Value& value, Kind kind) const {
        return rules_.leaves_limits && value.text() != nullptr &&
               (kind == Kind::integer || kind == Kind::real);
    }

    void check_value(Value& value, const Shape& shape) {
        if (!has_type(value, shape.kind)) {
            if (!is_left(value, shape.kind)) note(Violation::Kind::mistyped, shape, &value);
            return;
        }
        check_limits(value, shape);
        if (shape.kind == Kind::structure) check_members(value, shape);
        if (shape.kind == Kind::list) check_items(*value.list(), *shape.item);
        if (shape.kind == Kind::map) check_entries(*value.map(), shape);
    }

    void check_items(Value::List& list, const Shape& item) {
        std::size_t number = 0;
        for (auto& held : list) {
            path_.push_back({.number = ++number, .kind = Step::Kind::item});
            check_value(held, item);
            path_.pop_back();
        }
    }

    void check_entries(Value::Map& map, const Shape& shape) {
        for (auto& [name, held] : map) {
            if (has_limits(*shape.key)) {
                path_.push_back({.name = name, .kind = Step::Kind::key});
                check_limits(Value(name), *shape.key);
                path_.pop_back();
            }
            path_.push_back({.name = name, .kind = Step::Kind::entry});
            check_value(held, *shape.item);
            path_.pop_back();
        }
    }

    static bool has_limits(const Shape& shape) {
        return shape.least || shape.most || !shape.choices.empty() || !shape.pattern.empty();
    }

    void check_limits(const Value& value, const Shape& shape) {
        if (rules_.leaves_limits || is_own_ || !has_limits(shape)) return;
        const auto measure = measure_of(value, shape.kind);
        if (measure && shape.least && *measure < *shape.least)
            note(Violation::Kind::too_small, shape, &value);
        if (measure && shape.most && *measure > *shape.most)
            note(Violation::Kind::too_large, shape, &value);
        const auto* text = value.text();
        if (text == nullptr) return;
        if (!shape.choices.empty() && !contains(shape.choices, *text))
            note(Violation::Kind::choice, shape, &value);
        if (!shape.pattern.empty() && !matches(shape.pattern, *text))
            note(Violation::Kind::pattern, shape, &value);
    }

    const CheckRules& rules_;
    std::vector<Step> path_;
    bool is_own_ = false;  // Below a member that the service judges itself: only types count.
    std::vector<Violation> violations_;
};

std::string_view type_name(Kind kind) {
    switch (kind) {
        case Kind::string: return "a String";
        case Kind::integer: return "an Integer";
        case Kind::real: return "a Double";
        case Kind::boolean: return "a Boolean";
        case Kind::blob: return "a Blob";
        case Kind::timestamp: return "a Timestamp";
        case Kind::list: return "a List";
        case Kind::map: return "a Map";
        case Kind::structure:
        case Kind::any: break;
    }
    return "a Structure";
}

std::string constraint_of(const Violation& violation) {
    const Shape& shape = *violation.shape;
    const bool is_number = shape.kind == Kind::integer || shape.kind == Kind::real;
    const std::string_view what = is_number ? "value" : "length";
    switch (violation.kind) {
        case Violation::Kind::too_small:
            return fmt::format("Member must have {} greater than or equal to {}", what,
                               shape.least.value_or(0));
        case Violation::Kind::too_large:
            return fmt::format("Member must have {} less than or equal to {}", what,
                               shape.most.value_or(0));
        case Violation::Kind::pattern:
            return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern);
        case Violation::Kind::choice:
            return fmt::format("Member must satisfy enum value set: [{}]",
                               fmt::join(shape.choices, ", "));
        case Violation::Kind::missing:
        case Violation::Kind::mistyped: break;
    }
    return "Member must not be null";
}

}  // namespace

std::vector<Violation> check(Value& input, const Shape& shape, const CheckRules& rules) {
    Checker checker(rules);
    checker.check_members(input, shape);
    return checker.take();
}

Error error_of(std::span<const Violation> violations) {
    ONPUT_CHECK(!violations.empty());
    std::string texts;
    for (const auto& violation : violations) {
        if (violation.kind == Violation::Kind::mistyped) {
            return {.code = ErrorCode::invalid_argument,
                    .message = fmt::format("{} can not be converted to {}", violation.type,
                                           type_name(violation.shape->kind)),
                    .reason = "SerializationException",
                    .details = {}};
        }
        const bool is_null = violation.kind == Violation::Kind::missing;
        const std::string value = is_null ? "null" : fmt::format("'{}'", violation.value);
        texts +=
            fmt::format("{}Value {} at '{}' failed to satisfy constraint: {}",
                        texts.empty() ? "" : "; ", value, violation.path, constraint_of(violation));
    }
    return {.code = ErrorCode::invalid_argument,
            .message = fmt::format("{} validation error{} detected: {}", violations.size(),
                                   violations.size() == 1 ? "" : "s", texts),
            .reason = "ValidationException",
            .details = {}};
}

}  // namespace onput::gateway::aws
