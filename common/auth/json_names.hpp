// JSON that decides access must say one thing. A member that is there twice means the first to one
// reader and the last to another. Pure.
#pragma once

#include <string_view>

namespace onput::auth {

// Whether any object of this JSON has two members of one name, escapes decoded. What is no JSON has
// none: its parser says what is wrong with it.
bool has_repeated_name(std::string_view json);

}  // namespace onput::auth
