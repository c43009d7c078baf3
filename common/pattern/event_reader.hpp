// EventReader: the values of an event's JSON that patterns look at, each with its path and the
// element of an array that it is in. Passes over everything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/pattern/filter_condition.hpp"
#include "common/pattern/path_names.hpp"

namespace onput::pattern {

// An object in an array, numbered in the order of the text: a parent comes before what is in it.
struct ArrayElement {
    std::uint32_t parent = 0;
    std::uint32_t array = 0;  // The arrays of an event have numbers.
};

struct EventValue {
    PathNames::Path path = 0;
    std::uint32_t element = 0;  // 0: it is in no array's object.
    FilterValue value;
};

class EventReader {
public:
    // Reads `event` into what `values` and `elements` give, until the next call. False, and no
    // values, when it is no JSON object, or is nested deeper than json_depth_max. What is passed
    // over is looked at no closer than that takes: it is not proof of good JSON. Views point into
    // the event and the reader.
    bool read(std::string_view event, const PathNames& names);

    [[nodiscard]] const std::vector<EventValue>& values() const { return values_; }
    // The first stands for the event as a whole.
    [[nodiscard]] const std::vector<ArrayElement>& elements() const { return elements_; }

private:
    struct Place {
        PathNames::Node node = PathNames::root;
        std::uint32_t element = 0;
        std::size_t depth = 0;
    };

    bool value(const Place& place);
    bool object(const Place& place);
    bool array(const Place& place);
    bool text(std::string_view& content);
    bool unescape(std::string_view raw, std::string_view& content);
    bool scalar(FilterValue& value);
    bool skip_text();
    bool skip_value(std::size_t depth);
    void skip_space();
    bool take(char c);
    void add(const Place& place, const FilterValue& value);

    const PathNames* names_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    std::uint32_t arrays_ = 0;
    std::vector<EventValue> values_;
    std::vector<ArrayElement> elements_;
    // Texts with escapes, as they are meant. Each has its own allocation: views of them stay.
    std::vector<std::unique_ptr<std::string>> unescaped_;
};

}  // namespace onput::pattern
