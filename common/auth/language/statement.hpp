// What documents of all policies have in common: fields, texts or lists of them, X or NotX. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/json/value.hpp"

namespace onput::auth {

bool is_text(const json::Value& value, std::string_view text);

// malformed_policy: a field that is none of the known ones.
Result<void> check_fields(const json::Object& object,
                          std::initializer_list<std::string_view> known);

// A text, or an array of texts that is not empty; else malformed_policy with this refusal.
Result<std::vector<std::string>> texts_of(const json::Value& value, std::string_view refusal);

}  // namespace onput::auth
