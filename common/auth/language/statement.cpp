#include "common/auth/language/statement.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/language/malformed.hpp"

namespace onput::auth {

bool is_text(const json::Value& value, std::string_view text) {
    return value.text() != nullptr && *value.text() == text;
}

Result<void> check_fields(const json::Object& object,
                          std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object) {
        if (std::ranges::find(known, std::string_view(name)) == known.end())
            return malformed(fmt::format("Unknown field {}", name.substr(0, 64)));
    }
    return {};
}

Result<std::vector<std::string>> texts_of(const json::Value& value, std::string_view refusal) {
    std::vector<std::string> texts;
    if (const auto* text = value.text()) {
        texts.push_back(*text);
    } else if (const auto* items = value.array()) {
        for (const json::Value& item : *items) {
            if (item.text() == nullptr) return malformed(std::string(refusal));
            texts.push_back(*item.text());
        }
    }
    if (texts.empty()) return malformed(std::string(refusal));
    return texts;
}

}  // namespace onput::auth
