#include "common/recipe/json_value.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace onput::recipe {
namespace {

using Json = nlohmann::json;

// Builds the tree while the parser reads. `open_` holds what is being filled, outermost first.
class TreeBuilder : public nlohmann::json_sax<Json> {
public:
    bool null() override { return add({}); }
    bool boolean(bool value) override { return add({value}); }
    bool number_integer(number_integer_t value) override {
        return add({JsonNumber{static_cast<double>(value), true, std::to_string(value)}});
    }
    bool number_unsigned(number_unsigned_t value) override {
        return add({JsonNumber{static_cast<double>(value), true, std::to_string(value)}});
    }
    bool number_float(number_float_t value, const string_t& text) override {
        return add({JsonNumber{value, false, text}});
    }
    bool string(string_t& value) override { return add({std::move(value)}); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*elements*/) override { return open({JsonObject()}); }
    bool start_array(std::size_t /*elements*/) override { return open({JsonArray()}); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        names_.back() = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) override {
        message_ = fmt::format("not JSON: mistake at byte {}", position);
        return false;
    }

    [[nodiscard]] const std::string& message() const { return message_; }
    JsonValue take() { return std::move(root_); }

private:
    bool add(JsonValue value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return true;
        }
        auto& content = open_.back().content;
        if (auto* array = std::get_if<JsonArray>(&content)) {
            array->push_back(std::move(value));
        } else {
            std::get<JsonObject>(content).push_back(
                {.name = std::move(names_.back()), .value = std::move(value)});
        }
        return true;
    }
    bool open(JsonValue value) {
        if (open_.size() == json_depth_max) {
            message_ = fmt::format("nested deeper than {} levels", json_depth_max);
            return false;
        }
        open_.push_back(std::move(value));
        names_.emplace_back();
        return true;
    }
    bool close() {
        JsonValue value = std::move(open_.back());
        open_.pop_back();
        names_.pop_back();
        return add(std::move(value));
    }

    JsonValue root_;
    std::vector<JsonValue> open_;
    std::vector<std::string> names_;  // One per open value: the field that is being read.
    std::string message_;
};

}  // namespace

Result<JsonValue> parse_json(std::string_view text) {
    TreeBuilder builder;
    if (!Json::sax_parse(text, &builder)) {
        return fail(ErrorCode::invalid_argument, builder.message(), "bad_recipe");
    }
    return builder.take();
}

std::string shown(std::string_view text) {
    std::size_t end = std::min(text.size(), quoted_bytes_max);
    // Not within a character: the bytes that continue one start with the bits 10.
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
        --end;
    std::string result(text.substr(0, end));
    std::ranges::replace_if(
        result, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    if (end < text.size()) result += "...";
    return result;
}

}  // namespace onput::recipe
