// {"operator": operand}: one match expression of a filter policy or an event pattern. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/pattern/filter_compiler.hpp"
#include "common/pattern/filter_condition.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::pattern {

class OperatorReader {
public:
    // `reader` reads `json`; both outlive it.
    OperatorReader(std::string_view json, FilterLanguage language, JsonReader& reader)
        : json_(json), language_(language), reader_(reader) {}

    // After the opening brace; adds what the expression accepts to the leaf.
    Result<void> read(FilterLeaf& leaf);

private:
    Result<FilterCondition> condition(std::string_view name, const JsonToken& at);
    Result<FilterCondition> text_condition(std::string_view name);
    Result<FilterCondition> end_ignoring_case(std::string_view name);
    Result<FilterCondition> wildcard();
    Result<FilterCondition> anything_but();
    Result<FilterCondition> anything_but_operator();
    Result<FilterCondition> anything_but_texts(std::string_view name, const JsonToken& operand);
    Result<FilterCondition> anything_but_list();
    Result<FilterCondition> anything_but_numbers(std::vector<std::string> numbers,
                                                 const JsonToken& at);
    Result<FilterCondition> numeric();
    struct Bounds {
        std::string bottom;  // A number as it is written; empty: none.
        std::string top;
        bool bottom_included = true;
        bool top_included = true;
    };
    Result<void> upper_bound(Bounds& bounds);
    Result<FilterCondition> range_of(const Bounds& bounds, const JsonToken& at) const;
    Result<FilterCondition> address_block();
    Result<void> end_expression(std::string_view otherwise);

    [[nodiscard]] bool is_of_events() const { return language_ == FilterLanguage::events; }
    // With the position to which one had read when `at` was known.
    [[nodiscard]] std::unexpected<Error> refuse(const JsonToken& at, std::string_view text) const;
    [[nodiscard]] std::unexpected<Error> refuse_behind(const JsonToken& at,
                                                       std::string_view text) const;

    std::string_view json_;
    FilterLanguage language_;
    JsonReader& reader_;
};

}  // namespace onput::pattern
